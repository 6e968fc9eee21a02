"""Nearness to examples: every row of the kinds is tried, and real questions and lines are never taken for talk."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.routing import Nearness, read_nearness
from bot.language import read_table
from bot.settings import ROOT

KINDS: list[dict[str, Any]] = read_table("bot.core.routing", "kinds.toml")["kind"]
KNOWN = read_nearness("bot.core.routing", "kinds.toml")

WORDS = Nearness(
    {"greeting": ["hello", "good morning"], "length": ["how long is the boat"]},
    {"greeting": ["good morning routine"]},
    {"hullo": "hello"},
    ["please", "the"],
)


@pytest.mark.parametrize("row", KINDS, ids=[row["key"] for row in KINDS])
def test_an_example_is_nearest_to_its_kind_and_what_only_looks_like_it_is_not(row: dict[str, Any]) -> None:
    found = {text: KNOWN.near(text) for text in row["examples"]}

    assert [text for text, near in found.items() if near is None or (near.key, near.rest) != (row["key"], ())] == []
    assert [text for text, near in found.items() if near is None or near.margin <= 0] == []
    assert row["but"]
    assert [text for text in row["but"] if (near := KNOWN.near(text)) and near.score >= 1 and near.margin > 0] == []


def test_no_kind_stands_twice() -> None:
    assert len({row["key"] for row in KINDS}) == len(KINDS)


@pytest.mark.parametrize(
    ("text", "key", "score"),
    [
        ("hello", "greeting", 1.0),
        ("HELLOOOO!!", "greeting", 1.0),
        ("hullo", "greeting", 1.0),
        ("how lnog is teh boat", "length", 0.7),
        ("please, how long is the boat?", "length", 0.9),
    ],
)
def test_slips_drawn_out_letters_and_fillers_hardly_count(text: str, key: str, score: float) -> None:
    found = WORDS.near(text)

    assert found is not None
    assert found.key == key
    assert found.score >= score


def test_what_only_looks_like_a_kind_has_no_margin() -> None:
    found = WORDS.near("good morning routine")

    assert found is not None
    assert found.margin < 0


def test_words_that_the_example_lacks_are_told() -> None:
    found = WORDS.near("how long is the rope please")

    assert found is not None
    assert found.rest == ("rope",)


@pytest.mark.parametrize("text", ["", "?!", "\u2764\ufe0f", "zebra", "word " * 40])
def test_a_text_without_words_or_with_too_many_is_near_to_nothing(text: str) -> None:
    assert WORDS.near(text) is None


@given(st.text(max_size=4_000))
def test_any_text_has_a_nearness(text: str) -> None:
    found = KNOWN.near(text)

    assert found is None or (0 <= found.score <= 1.001 and found.margin <= found.score)


@pytest.mark.parametrize(
    "name", ["questions", "quotes", "fresh_questions", "fresh_lines", "shows_questions", "shows_lines"]
)
def test_questions_and_lines_are_hardly_ever_near_a_kind(name: str) -> None:
    rows = (ROOT / f"tests/sets/{name}.jsonl").read_text("utf-8").splitlines()
    found = [KNOWN.near(json.loads(row)["query"]) for row in rows]
    swallowed = [near for near in found if near and near.score >= 0.75 and near.margin > 0 and not near.rest]

    assert len(swallowed) <= 0.005 * len(rows)
