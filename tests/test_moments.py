"""Moments of a recording: read as people write them, and answered with what is said there."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import COMMANDS
from bot.contract import Author, Channel, Outcome, Request
from bot.core import Core
from bot.corpus import Corpus
from bot.language import MOMENT, find_moment, read_moment
from bot.policy.texts import say
from bot.search import Searcher
from tests.conftest import Ask


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1:32:00", 5520),
        ("4:10", 250),
        ("minute 45", 2700),
        ("minute twenty", 1200),
        ("45 minutes in", 2700),
        ("20th minute", 1200),
        ("1h32m", 5520),
        ("2h36m30s", 9390),
        ("1h 5", 3900),
        ("half an hour in", 1800),
        ("an hour and a half in", 5400),
        ("two and a half hours in", 9000),
        ("1 hour and 20 minutes in", 4800),
        ("90s", 90),
        ("92", 5520),
        ("https://youtu.be/Ab3-_9xYz01?t=194", 194),
        ("https://www.youtube.com/watch?v=Ab3-_9xYz01&t=3m14s", 194),
        ("https://example.org/a#t=12s", 12),
    ],
)
def test_a_moment_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert read_moment(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1:75", "10:5", "what did he say at 4:10", "five people", "1:2:3:4"])
def test_what_is_no_moment_is_none(text: str) -> None:
    assert read_moment(text) is None


def test_a_moment_within_a_text_leaves_a_sign_in_its_place() -> None:
    assert find_moment("what was said at the 20 min mark?") == (1200.0, f"what was said at the {MOMENT} mark?")
    assert find_moment("what did he say about five people") is None


@given(st.text(max_size=4_000))
def test_any_text_has_a_moment_or_none(text: str) -> None:
    found = find_moment(text)

    assert found is None or found[0] >= 0
    assert read_moment(text) is None or found is not None or text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "what was said at 1:32:00",
        "around minute 92",
        "what do they say at the 92 min mark?",
        "https://youtu.be/Ff4fRgnuFgQ?t=5520",
        "at 1:32:00 in episode 383",
        "/moment 1:32:00",
    ],
)
async def test_a_moment_is_answered_with_what_is_said_there(ask: Ask, text: str) -> None:
    reply = await ask(text)
    start = reply.cards[0].quote.citation.start if reply.cards[0].quote else None

    assert (reply.command, reply.outcome) == ("moment", Outcome.FOUND)
    assert start is not None
    assert 5_500 <= start <= 5_520
    assert len(reply.cards[0].quote.text if reply.cards[0].quote else "") <= 400


async def test_a_moment_past_the_end_says_how_long_the_episode_is(ask: Ask) -> None:
    reply = await ask("what was said at 5:00:00")

    assert (reply.outcome, reply.cards) == (Outcome.NONE, ())
    assert "2:41:00" in reply.text


async def test_a_link_to_nothing_known_says_so(ask: Ask) -> None:
    assert "don't know" in (await ask("https://youtu.be/AAAAAAAAAAA?t=20")).text


async def test_what_is_no_time_is_told_how_to_type_one(ask: Ask) -> None:
    reply = await ask("/moment soon")

    assert reply.outcome is Outcome.ERROR
    assert "1:32:00" in reply.text


async def test_a_question_with_a_time_in_it_is_a_question(ask: Ask) -> None:
    assert (await ask("why does he wake up at 5:30")).command == "ask"


async def test_an_episode_without_times_says_so(corpus: Corpus, search: Searcher) -> None:
    entry = dataclasses.replace(corpus.entries[0], lasts=None)
    timeless = Corpus(corpus.folder, (entry,), corpus.loader)
    core = Core(timeless, search, COMMANDS)
    reply = await core.answer(Request(Channel("test", "room"), Author("member"), text="/moment 1:00"))

    assert reply.outcome is Outcome.NONE
    assert reply.lead == say("moment.no-times", episode="Lex Fridman Podcast #383")
