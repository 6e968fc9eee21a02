from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import COMMANDS
from bot.contract import Use
from bot.core.routing import Known, read_message
from bot.core.routing.reading import read_intent
from bot.core.routing.rows import wonders
from bot.language import Row, read_rows, read_table, stop_words
from bot.settings import ROOT

if TYPE_CHECKING:
    from bot.search import Searcher

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (ROOT / "tests/sets/intents.jsonl").read_text("utf-8").splitlines()
]
KNOWN = (
    "Censorship", "Apple Vision Pro", "Layoffs and firing", "Murph challenge", "open source", "BJJ", "AGI timeline",
    "Faith", "AI existential risk", "existential risk", "data centers", "Elon Musk", "Quest 3", "Hiring", "Bots",
    "Power", "remote work", "Remote work stays, but not fully remote",
)  # fmt: skip
PATTERNS = read_rows("bot.core.routing", "intents.toml", re.IGNORECASE)
USES = {command.name: command.use for command in COMMANDS if command.use}


def count_words(line: str) -> float:
    """Weigh words as if every one told something."""
    return float(len(line.split()))


NOTHING = Known((), count_words)


def known_by(search: Searcher) -> Known:
    return Known(
        KNOWN,
        search.weight,
        speakers=("Lex Fridman", "Mark Zuckerberg"),
        says_word=search.says_word,
        says=search.says,
    )


@pytest.mark.parametrize("row", ROWS, ids=[row["text"][:60] for row in ROWS])
def test_a_free_message_is_read_as_a_person_would_read_it(search: Searcher, row: dict[str, Any]) -> None:
    found = read_message(row["text"], known_by(search))

    assert found.use is USES[row["command"]]
    assert found.words == row.get("words", found.words)


@pytest.mark.parametrize("row", PATTERNS, ids=[row.key for row in PATTERNS])
def test_a_pattern_matches_its_examples_and_not_what_only_looks_like_them(row: Row) -> None:
    assert [text for text in row.examples if not row.pattern.search(text)] == []
    assert row.but
    assert [text for text in row.but if row.pattern.search(text)] == []


@pytest.mark.parametrize("piece", ["a ", "so ", "the ", '"', "'", "right!", "when he ", "?", "<@", "did he say "])
def test_no_pattern_takes_long_over_a_long_text(piece: str) -> None:
    assert read_intent((piece * 2_000)[:2_000], Known(KNOWN, count_words)).use in USES.values()


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("who is the guest of harbour talk 20", "20 of The Harbour Talk"),
        ("who was on HarbourTalk #9?", "9 of The Harbour Talk"),
        ("when did the harbour talk 33 come out", "33 of The Harbour Talk"),
        ("what is the latest harbour talk episode", "latest of The Harbour Talk"),
        ("who hosts harbour talk", "The Harbour Talk"),
    ],
)
def test_an_episode_is_named_by_its_show_as_members_spell_it(text: str, sought: str) -> None:
    found = read_intent(text, Known((), count_words, shows=["The Harbour Talk"]))

    assert (found.use, found.words) == (Use.LIBRARY, sought)


@pytest.mark.parametrize("text", ["how long is route 66", "what is the latest lighthouse episode", "who hosts dinner"])
def test_what_only_looks_like_a_shows_name_is_none(text: str) -> None:
    assert read_intent(text, Known((), count_words, shows=["The Harbour Talk"])).use is not Use.LIBRARY


def test_the_table_has_rows_for_every_reading() -> None:
    assert len(ROWS) >= 80
    assert {row["command"] for row in ROWS} >= {command.name for command in COMMANDS if command.reading}


def test_questions_are_hardly_ever_read_as_anything_else(search: Searcher) -> None:
    questions = (ROOT / "tests/sets/questions.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["query"] for line in questions]

    known = known_by(search)

    assert sum(read_message(text, known).use is not Use.QUESTION for text in texts) <= len(texts) * 0.02


def test_a_topic_that_nobody_knows_is_a_question() -> None:
    assert read_intent("remote work", NOTHING).use is Use.QUESTION


@pytest.mark.parametrize(
    "text",
    ["when Ada says engines weave algebraical patterns", "where did grace say compilers are useless machines"],
)
def test_a_line_is_looked_for_whoever_is_named(text: str) -> None:
    assert read_intent(text, NOTHING).use is Use.LINE


@given(st.text(max_size=300))
def test_every_text_has_a_reading_and_other_readings_to_offer(text: str) -> None:
    found = read_message(text, Known(KNOWN, count_words))

    assert {found.use, *found.others} <= set(USES.values())
    assert found.use not in found.others


ASKING = (
    "what is {}",
    "what is {}?",
    "who is {}?",
    "why {}?",
    "what does he think about {}",
    "tell me about {}",
    "{}?",
)
SAID_TO_A_BOT = {Use.TALK, Use.HELP, Use.PRIVACY}


@pytest.mark.parametrize("form", ASKING)
def test_what_the_shows_say_is_asked_about_though_a_bot_is_told_it_too(search: Searcher, form: str) -> None:
    known = known_by(search)
    table = read_table("bot.core.routing", "kinds.toml")
    rows = table["kind"]
    examples = [text.casefold() for row in rows if row["key"].startswith(("talk.", "bot.")) for text in row["examples"]]
    alone = {
        text for row in rows if row["key"] in {"talk.hello", "talk.thanks", "bot.help"} for text in row["examples"]
    }
    asked = {word for text in examples for word in re.findall(r"[a-z]+", text) if wonders(text)}
    said = {word for text in examples for word in re.findall(r"[a-z]+", text)} - set(table["fillers"].split())
    said -= stop_words("commonest", "function", "contraction", "filler", "sound")
    telling = sorted(
        word for word in said if len(word) > 1 and known.tells(word) and word not in (alone if form == "{}?" else asked)
    )

    assert len(telling) > 100
    assert [word for word in telling if read_message(form.format(word), known).use in SAID_TO_A_BOT] == []
