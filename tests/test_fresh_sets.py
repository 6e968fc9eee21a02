"""Fresh sets: what answers is where they say, half of each is kept unseen, and nobody's transcript is in them."""

from __future__ import annotations

import json

import pytest

from benchmarks.sets import load_set
from benchmarks.shows import SHARED, SHOWS, fresh_rows, open_library, places_of
from bot.settings import ROOT

NAMES = ("lines", "questions", "unanswerable", "topics")
OWN = ("shipped", "salt-and-small-change", "the-long-throw")


@pytest.mark.parametrize("show", OWN)
def test_every_answer_of_a_fresh_set_stands_in_its_show(show: str) -> None:
    library = open_library(show, models=False)
    assert library is not None
    for name in ("lines", "questions"):
        for row in fresh_rows(name, show) + fresh_rows(name, show, unseen=True):
            assert places_of(library, row["gold"]), row["query"]
    own = [row for row in load_set("own_topics.jsonl") if row["show"] == show]
    for row in fresh_rows("topics", show) + fresh_rows("topics", show, unseen=True) + own:
        assert all(places_of(library, point["gold"]) for point in row["points"]), row["topic"]


@pytest.mark.parametrize("name", NAMES)
def test_half_of_each_fresh_set_stays_unseen_until_it_is_measured(name: str) -> None:
    for show in {row["show"] for row in map(json.loads, _lines(name))}:
        seen, unseen = len(fresh_rows(name, show)), len(fresh_rows(name, show, unseen=True))
        assert abs(seen - unseen) <= 2, show


@pytest.mark.parametrize("name", NAMES)
def test_fresh_sets_have_no_words_of_a_show_that_is_not_ours(name: str) -> None:
    for row in map(json.loads, _lines(name)):
        assert row["show"] in SHOWS
        for point in row.get("points", [row]):
            assert all(len(gold) == 2 and len(gold[1]) == 16 for gold in point.get("gold", []))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared shows are not on this machine")
def test_every_show_to_measure_on_opens() -> None:
    assert open_library("chaincode", models=False) is not None


def _lines(name: str) -> list[str]:
    return (ROOT / f"tests/sets/fresh_{name}.jsonl").read_text("utf-8").splitlines()
