"""However long a text is and whatever it is made of: it is refused at the door, or read in a moment."""

from __future__ import annotations

import dataclasses
import json
import re
import threading
import time
from typing import TYPE_CHECKING, Any, cast

import pytest

from bot.adapters.console.draw import in_plain
from bot.adapters.discord import inbound as discord_inbound
from bot.adapters.discord.render import render
from bot.adapters.discord.views import as_view
from bot.adapters.slack import inbound as slack_inbound
from bot.adapters.slack.render import message
from bot.commands import COMMANDS, lines_of
from bot.contract import (
    LONGEST_MESSAGE,
    LONGEST_TEXT,
    Author,
    Card,
    Channel,
    Citation,
    Outcome,
    Quote,
    Reply,
    Request,
    Role,
    Source,
    Span,
    Style,
    overlong_sentence,
    parse_line,
)
from bot.core import Core
from bot.core.follow_up import read_following
from bot.intake import overlong

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.corpus import Corpus
    from bot.search import Searcher

UNITS = {
    "words": "why does he train ",
    "one word": "a",
    "emoji": "\U0001f600",
    "marks": "e\u0301\u0323",
    "marks alone": "\u0301",
    "turned": "\u202ea",
    "quotes": '" ',
    "curly": "“a” ",
    "backslashes": "\\",
    "options": "ab:x ",
    "open options": "ab:“ ",
    "mentions": "<@U1> ",
    "torn mentions": "<@U1|",
    "torn links": "<http://a",
    "entities": "&amp;",
    "backticks": "`",
    "asterisks": "*",
    "colons": ":a",
    "apostrophes": "' ",
    "blanks": " ",
    "lines": "-\n",
    "signs": "!",
}
"""What long texts are made of."""

STEP = 0.050
"""Seconds of processor time for which one step may hold the event loop."""

LINES = lines_of(COMMANDS)
LONG = 40_000
"""Characters of Slack's longest message."""


def _seconds(work: Callable[[str], object], text: str) -> float:
    """Return the processor time of some work, the least of three: other processes take the caches away."""
    least = float("inf")
    for _ in range(3):
        began = time.thread_time()
        work(text)
        least = min(least, time.thread_time() - began)
    return least


def _made(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]


SOURCE = Source("show/1/edition.md", ((0, 1),))


def _shown(text: str) -> tuple[Reply, ...]:
    """Return replies that show a text everywhere: as lead, title, quote, body, fields, in one piece and in many."""
    words = tuple(
        Span(text[at : at + 4], Style.MARK if at % 8 else Style.PLAIN) for at in range(0, min(len(text), 2_000), 4)
    )
    quote = Quote("show:1", text, Citation("Show", text, 0.5, speaker=text), SOURCE)
    return (
        Reply(text, Outcome.FOUND, aside=text),
        Reply("", Outcome.FOUND, cards=(Card(Role.MATCH, title=text, quote=quote),)),
        Reply("", Outcome.FOUND, cards=(Card(Role.INFO, body=(Span(text),), fields=((text, text),)),)),
        Reply("", Outcome.FOUND, cards=(Card(Role.INFO, body=words),)),
    )


READ: dict[str, Callable[[str], object]] = {
    "a line": lambda text: parse_line(f"/quote {text}"),
    "a follow-up": lambda text: read_following(f"what about {text}a", ("Ada",)),
    "another follow-up": lambda text: read_following(f"and {text}!x", ("Ada",)),
    "a message with options": lambda text: parse_line(text, {"": ("ab", "speaker")}),
    "what Slack sends": slack_inbound.read_text,
    "what Discord sends": lambda text: discord_inbound.strip_mention(text, 1),
}


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
@pytest.mark.parametrize("work", READ.values(), ids=READ)
def test_no_text_is_so_made_that_reading_it_holds_the_event_loop(work: Callable[[str], object], unit: str) -> None:
    for before in ("", " ", "\n"):
        assert _seconds(work, before + _made(unit, LONGEST_MESSAGE)) < STEP


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
@pytest.mark.parametrize("length", [2_000, 28_000])
def test_no_text_is_so_made_that_drawing_it_holds_the_event_loop(unit: str, length: int) -> None:
    for number, reply in enumerate(_shown(_made(unit, length))):
        for draw in (lambda shown: as_view(render(shown)), message, in_plain):
            taken = _seconds(lambda _, draw=draw, reply=reply: draw(reply), "")  # type: ignore[misc]

            assert taken < STEP, number


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_no_event_of_slack_is_so_long_that_reading_it_holds_the_event_loop(unit: str) -> None:
    for text in (_made(unit, LONG), f"<@U0BOT> {_made(unit, LONG)}", _made(unit, LONGEST_MESSAGE)):
        assert _seconds(lambda given: slack_inbound.read_event(_event(given)), text) < STEP


def _event(text: str) -> dict[str, Any]:
    event = {"type": "message", "channel": "C1", "user": "U1", "ts": "1.2", "text": text, "channel_type": "channel"}
    return {"event_id": "E1", "team_id": "T1", "event": event, "authorizations": [{"user_id": "U0BOT"}]}


def _slack(text: str) -> dict[str, slack_inbound.Inquiry | None]:
    """Return a text as each way of asking on Slack gives it."""
    values = {"q": {"q": {"value": text}}}
    where = {"user": {"id": "U1"}, "team": {"id": "T1"}}
    action = {"action_id": "line:0", "action_ts": "1", "value": text}
    setup = {"channel": {"channel": {"value": "C1"}}, "zone": {"zone": {"value": text}}}
    return {
        "slash": slack_inbound.read_slash({"command": "/quote", "user_id": "U1", "text": text}, ""),
        "mention": slack_inbound.read_event(_event(f"<@U0BOT> {text}")),
        "shortcut": slack_inbound.read_shortcut(where | {"message": {"text": text}}, "verify"),
        "button": slack_inbound.read_action(where | {"actions": [action]}),
        "modal": slack_inbound.read_view(where | {"view": {"id": "V1", "state": {"values": values}}}),
        "setup": slack_inbound.read_setup(where | {"view": {"id": "V1", "state": {"values": setup}}}, LINES),
    }


@pytest.mark.parametrize("way", list(_slack("x")))
def test_what_is_too_long_on_slack_is_neither_read_nor_kept_but_counted(way: str) -> None:
    asked = _slack("word " * 2_000)[way]

    assert asked
    assert (asked.line, asked.overlong >= 9_999) == ("", True)
    assert len(json.dumps(asked.as_json())) < 1_000
    assert overlong(asked.overlong) == overlong(asked.overlong) is not None


@pytest.mark.parametrize("way", list(_slack("x")))
def test_what_is_short_on_slack_is_read(way: str) -> None:
    asked = _slack("word")[way]

    assert asked
    assert ("word" in asked.line, asked.overlong) == (True, 0)


REQUESTS = {
    "a message": lambda text: {"text": text},
    "a typed command": lambda text: {"text": f"/quote {text}"},
    "a command": lambda text: {"command": "quote", "args": {"words": text}},
    "an option": lambda text: {"command": "quote", "args": {"words": "cold is not the enemy", "speaker": text}},
    "options without end": lambda text: {"command": "quote", "args": dict.fromkeys(text[n:] for n in range(0, 900, 3))},
}


@pytest.mark.parametrize("given", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("length", [LONGEST_TEXT + 5, LONGEST_MESSAGE + 5, 1_000_000])
async def test_the_core_answers_what_is_too_long_with_one_sentence(
    core: Core, given: Callable[[str], dict[str, Any]], length: int
) -> None:
    text = _made("cold ", length)
    more = given(text)
    more["args"] = {name: value or "" for name, value in more.get("args", {}).items()}
    reply = await core.answer(Request(Channel("test", "1"), Author("a"), **more))

    count = int(re.findall(r"[\d,]+", reply.text)[0].replace(",", ""))
    assert count >= length - 1
    assert reply.text == overlong_sentence(count)
    assert (reply.outcome, reply.private) == (Outcome.ERROR, True)


def test_the_door_says_what_the_core_says_and_lets_the_rest_through() -> None:
    assert overlong(LONGEST_MESSAGE) is None
    refused = overlong(LONGEST_MESSAGE + 1)

    assert refused
    assert (
        refused.text
        == overlong_sentence(4_001)
        == ("That's 4,001 characters; I can take 2,000. Send the part that matters most.")
    )


async def test_nothing_is_suggested_for_a_line_too_long_to_be_read(core: Core) -> None:
    asked = Request(Channel("test", "1"), Author("a"), text="/quote x episode:" + "3" * LONGEST_MESSAGE)

    assert core.complete(asked) == []
    assert await core.suggest(dataclasses.replace(asked, command="quote"), "episode") == []


class _Watched:
    """A searcher that notes in which thread it is asked for the names of topics."""

    def __init__(self, search: Searcher) -> None:
        self._search = search
        self.threads: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._search, name)

    def topic_names(self) -> tuple[str, ...]:
        self.threads.add(threading.current_thread().name)
        return self._search.topic_names()


async def test_what_goes_through_all_names_of_a_library_is_done_beside_the_event_loop(
    corpus: Corpus, search: Searcher
) -> None:
    watched = _Watched(search)
    core = Core(corpus, cast("Searcher", watched), COMMANDS)
    here = Channel("test", "1"), Author("a")
    await core.answer(Request(*here, text="tell me about jiu-jitsu"))
    await core.suggest(Request(*here, text="jiu", command="topic"), "name")

    assert watched.threads
    assert threading.current_thread().name not in watched.threads
