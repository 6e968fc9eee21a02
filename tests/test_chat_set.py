"""The messages of members are well formed, and hold next to no words of a show that is not ours."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from benchmarks.chat import FRESH, KINDS, ROWS, SHIPPED, Answered, misses, visible
from benchmarks.sets import load_set
from benchmarks.shows import INVENTED, REAL, SHARED, open_library
from bot.commands import COMMANDS
from bot.contract import Outcome

PARTS = {"any", "all", "none", "most", "cards", "outcome", "commands"}
LONGEST_WANTED = 3
LONGEST_REPEATED = 5
"""Words in a row of a real show that a row may want, and that a message may have."""

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


@pytest.mark.parametrize("name", [ROWS, FRESH])
def test_every_row_says_who_asks_where_and_what_the_answer_must_have(name: str) -> None:
    rows = load_set(name)
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        want = row["want"]
        assert row["kind"] in KINDS
        assert row["show"] in {SHIPPED, *INVENTED, *REAL}
        assert row["author"]
        assert row["channel"]
        assert set(want) <= PARTS
        assert want["most"] > 0
        assert set(want.get("outcome", ())) <= {outcome.value for outcome in Outcome}
        assert set(want.get("commands", ())) <= {command.name for command in COMMANDS}


def test_a_row_replies_to_an_earlier_one_of_its_room() -> None:
    rooms: dict[str, str] = {}
    for row in load_set(ROWS):
        assert rooms.get(row.get("reply_to", ""), row["channel"]) == row["channel"]
        assert "reply_to" not in row or row["reply_to"] in rooms
        rooms[row["id"]] = row["channel"]


def test_the_set_is_large_and_a_third_of_it_is_kept_aside() -> None:
    rows = load_set(ROWS)
    of_show = Counter(row["show"] for row in rows)
    assert of_show[SHIPPED] >= 260
    assert sum(of_show[show] for show in (*INVENTED, *REAL)) >= 140
    assert 0.28 < sum(row.get("aside", False) for row in rows) / len(rows) < 0.4


def test_the_other_set_is_new_half_of_it_on_the_shipped_show_and_half_kept_aside() -> None:
    rows = load_set(FRESH)
    for part in ("id", "text"):
        assert not {row[part].casefold() for row in rows} & {row[part].casefold() for row in load_set(ROWS)}
    assert 0.45 < sum(row["show"] == SHIPPED for row in rows) / len(rows) < 0.55
    assert {row["show"] for row in rows} == {SHIPPED, *INVENTED, *REAL}
    assert 0.45 < sum(row.get("aside", False) for row in rows) / len(rows) < 0.55


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared shows are not on this machine")
@pytest.mark.parametrize("show", REAL)
def test_messages_on_a_real_show_have_next_to_no_words_of_it(show: str) -> None:
    library = open_library(show, models=False)
    assert library is not None
    said = set()
    for number in range(len(library.corpus.entries)):
        episode = library.corpus.episode(number)
        words = _words(" ".join(episode.passage(at, at).text for at in range(len(episode.sentences))))
        said |= set(_runs(words, LONGEST_REPEATED + 1))
    for row in (*load_set(ROWS), *load_set(FRESH)):
        if row["show"] == show:
            assert not said & set(_runs(_words(row["text"]), LONGEST_REPEATED + 1)), row["id"]
            wanted = [word for part in ("any", "all") for word in row["want"].get(part, ())]
            assert all(len(_words(word)) <= LONGEST_WANTED for word in wanted), row["id"]


def test_what_a_reply_lacks_or_has_too_much_of_is_named() -> None:
    row = {"want": {"any": ["yes"], "all": ["Lex"], "none": ["no "], "most": 10, "cards": 0, "outcome": ["found"]}}
    card = {"quote": "no"}

    assert not list(misses(Answered(row, _reply("Yes, lex."))))
    asked = {"want": {"most": 10, "commands": ["ask"]}}
    assert list(misses(Answered(asked, _reply("Hello!")))) == ["/talk, not ask"]
    assert list(misses(Answered({"want": {"most": 10}}, _reply(" ")))) == ["a word"]
    assert list(misses(Answered(row, _reply("no way, none of that", card, outcome="none")))) == [
        "any of ['yes']",
        "'Lex'",
        "no 'no '",
        "20 of 10 characters",
        "1 of 0 passages",
        "none, not found",
    ]


def test_the_address_of_a_link_is_not_read() -> None:
    assert visible("▶ 4:10  https://example.org/x?t=250s\n\nMore") == "▶ 4:10 More"


def _reply(text: str, *cards: dict[str, Any], outcome: str = "found") -> dict[str, Any]:
    return {"command": "talk", "text": text, "cards": list(cards), "outcome": outcome}


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold().replace("\u2019", "'"))


def _runs(words: list[str], length: int) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + length]) for at in range(len(words) - length + 1)]
