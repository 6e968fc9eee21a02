"""Fuzz guided by coverage, of all that reads what strangers write: `python -m benchmarks.fuzz [--seconds N]`.

Whatever reaches lines in an order not seen before is kept and changed further. A fault is any error that is not this
project's own, one of its own that nobody foresaw, or more time than a file's size allows; with one it exits with 1.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.quote import machine
from bot.adapters.discord import inbound as discord_inbound
from bot.adapters.discord.render import render
from bot.adapters.slack import inbound as slack_inbound
from bot.adapters.slack.render import message
from bot.commands import COMMANDS
from bot.contract import Button, Card, Citation, Outcome, Quote, Reply, Role, format_line, parse_line
from bot.corpus.edition import read_edition
from bot.corpus.formats import read_chapters, read_feed, read_transcript
from bot.corpus.join import blocks
from bot.errors import VerbatimError
from bot.policy.texts import say
from bot.settings import ROOT
from tests.hostile_files import SEEDS, TOKENS, mutate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType, FrameType

Json = dict[str, Any]
Arc = tuple["CodeType", int, int]

HERE = str(ROOT / "bot")
UNFORESEEN = say("corpus.unforeseen", error="").partition("(")[0]
LONGEST = 20_000
"""Bytes of an input: a tracer makes everything ten times slower."""

A_KILOBYTE, BEGIN = 0.05, 0.5
"""Seconds of processor without the tracer that a kilobyte may cost, and so many to begin with."""

MOST_KEPT = 5_000
MOST_TOLD = 10


@dataclass(frozen=True)
class Target:
    """What is tried: a function of bytes, inputs to begin with, and how an input is changed."""

    run: Callable[[bytes], object]
    seeds: Sequence[bytes]
    change: Callable[[bytes, random.Random], bytes]


@dataclass
class Found:
    """What came of one target."""

    executions: int = 0
    begun: int = 0
    arcs: set[Arc] = field(default_factory=set)
    kept: list[bytes] = field(default_factory=list)
    faults: dict[str, bytes] = field(default_factory=dict)


class Tracer:
    """Notes which line of this project followed which."""

    def __init__(self) -> None:
        self.arcs: set[Arc] = set()

    def __call__(self, frame: FrameType, event: str, _arg: object) -> Any:
        """Trace a function if it is ours."""
        if event != "call" or not frame.f_code.co_filename.startswith(HERE):
            return None
        code, arcs = frame.f_code, self.arcs
        before = -1

        def line(frame: FrameType, event: str, _arg: object) -> Any:
            nonlocal before
            if event == "line":
                arcs.add((code, before, frame.f_lineno))
                before = frame.f_lineno
            return line

        return line


def change_text(data: bytes, chance: random.Random) -> bytes:
    """Return a line with one change."""
    text = data.decode("utf-8", "replace")
    place, end = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
    token = chance.choice((*TOKENS, *LINES, '"', ":", "speaker:", "“", "”"))
    kinds = (
        text[:place] + text[end:],
        text[:place] + text[place:end] * 3 + text[end:],
        text[:place] + token + text[place:],
    )
    return chance.choice(kinds).encode("utf-8", "replace")


def change_json(data: bytes, chance: random.Random) -> bytes:
    """Return a payload with one value or key changed, left out, or put elsewhere."""
    body = json.loads(data)
    places = list(_places(body))
    holder, key = chance.choice(places) if places else ({}, "a")
    given = holder.get(key) if isinstance(holder, dict) else holder[key]
    text = given if isinstance(given, str) else "a"
    values: list[Any] = [None, True, 0, -1, 10**30, 1.5, "", [], {}, [given], {"a": given}, [given, given], text * 300]
    values += [
        change_text(text.encode("utf-8", "replace"), chance).decode("utf-8", "replace"),
        "\ud800",
        chance.choice(TOKENS),
    ]
    other, there = chance.choice(places) if places else ({}, "a")
    values.append(json.loads(json.dumps(other.get(there) if isinstance(other, dict) else other[there])))
    if isinstance(holder, dict) and chance.random() < 0.2:  # noqa: PLR2004
        holder.pop(key, None)
        if chance.random() < 0.5:  # noqa: PLR2004
            holder[chance.choice([str(name) for _, name in places] or ["a"])] = given
    else:
        holder[key] = chance.choice(values)
    made = json.dumps(body).encode()
    return made if len(made) <= LONGEST else data


def _places(part: Any) -> Any:
    """Yield every object or list of a payload with each of its keys."""
    if isinstance(part, dict | list):
        for key in part if isinstance(part, dict) else range(len(part)):
            yield part, key
            yield from _places(part[key])


def _transcript(data: bytes, name: str) -> object:
    return blocks(read_transcript(data, name).segments)


def _line(data: bytes) -> object:
    line = parse_line(data.decode("utf-8", "replace"))
    return parse_line(format_line(line)) if line.name else line


def _reply(data: bytes) -> Reply:
    """Make a reply of a payload, whose texts stand in every place of it."""
    texts = [place[0][place[1]] for place in _places(json.loads(data)) if isinstance(place[0][place[1]], str)] or ["a"]

    def text(number: int) -> str:
        return str(texts[number % len(texts)])

    citation = Citation(text(0), text(1), 0.5, chapter=text(2), speaker=text(3), start=9.0, url=text(4), note=text(5))
    length = len(text(6))
    quote = Quote(
        text(7), text(6), citation, None, ((length // 3, length // 2),), turns=((0, text(3)), (length // 2, text(8)))
    )
    cards = tuple(
        Card(Role.MATCH, text(n), fields=((text(n + 1), text(n + 2)),), quote=quote) for n in range(len(texts) % 9)
    )
    buttons = tuple(Button(text(n), text(n + 1), text(n + 2) if n % 2 else None) for n in range(len(texts) % 12))
    return Reply(text(9), Outcome.FOUND, "quote", cards, buttons, aside=text(10), share=text(11))


def _discord(body: Json) -> None:
    """Read a payload in every way that Discord's are."""
    data = body.get("data", body)
    if isinstance(data, dict):
        discord_inbound.options(data)
        discord_inbound.focused_option(data)
        discord_inbound.menu_words(data)
        discord_inbound.message_words(data)
        discord_inbound.modal_text(data)
        discord_inbound.split_mark(str(data.get("custom_id")))


def _slack(body: Json) -> None:
    """Read a payload in every way that Slack's are."""
    slack_inbound.read_event(body)
    slack_inbound.read_action(body)
    slack_inbound.read_shortcut(body, "verify")
    slack_inbound.read_slash(body, "")
    slack_inbound.read_view(body)
    slack_inbound.read_team(body)
    slack_inbound.installed_by(body)
    slack_inbound.inquiry_from(body)


LINES = [f"/{example}" for command in COMMANDS for example in command.examples]
SLACK = """
{"command": "/quote", "text": "it <#C1|general> computes", "user_id": "U1", "team_id": "T1", "channel_id": "C1"}
{"event": {"type": "app_mention", "text": "<@U0> who computes", "user": "U1", "channel": "C1", "ts": "1.2"},
 "team_id": "T1"}
{"event": {"type": "message", "text": "who", "user": "U1", "channel": "D1", "ts": "1.2", "channel_type": "im"},
 "authorizations": [{"user_id": "U0", "is_bot": true, "team_id": "T1"}], "event_id": "Ev1"}
{"actions": [{"action_id": "line:0", "value": "/quote a"}], "user": {"id": "U1", "team_id": "T1", "name": "ada"},
 "team": {"id": "T1"}, "channel": {"id": "C1"}, "response_url": "https://a.example", "message": {"ts": "1.2"},
 "container": {"message_ts": "1.2", "channel_id": "C1", "is_ephemeral": true, "thread_ts": "1.1"}}
{"message": {"text": "> “it computes”", "ts": "1.2", "thread_ts": "1.1"}, "user": {"id": "U1"},
 "channel": {"id": "C1"}}
{"view": {"id": "V1", "hash": "h", "state": {"values": {"a": {"a": {"value": "it computes"}}}}},
 "user": {"id": "U1"}, "team": {"id": "T1"}}
"""
DISCORD = """
{"data": {"name": "quote", "options": [{"name": "words", "value": "it", "focused": true}, {"name": "at", "value": 2}]}}
{"data": {"resolved": {"messages": {"1": {"content": "", "embeds": [{"title": "a", "description": "b"}]}}}}}
{"data": {"components": [{"type": 17, "components": [{"type": 10, "content": "> **it** computes"},
 {"type": 1, "components": [{"type": 2, "custom_id": "v:/quote a"}]}]}]}}
{"data": {"message_snapshots": [{"message": {"content": "passed on"}}], "custom_id": "ask:/quote a"}}
{"data": {"components": [{"type": 18, "component": {"type": 4, "value": "it"}},
 {"type": 1, "components": [{"value": "a"}]}]}}
"""
TEXTS = """
{"texts": ["it computes", "Ada", "https://a.example/x?t=1", "*a* _b_ <@1> <!channel> [x](https://b.example)", "“so”",
 "e\\u0301e\\u0301e\\u0301", "\\u202e", "/quote it computes", "/show a-1 at:2"]}
"""


def _bodies(listed: str) -> list[bytes]:
    """Return the payloads of a list, each of which begins a line."""
    return [part.encode() for part in listed.strip().replace("\n ", " ").splitlines()]


TARGETS = {
    "transcripts": Target(lambda data: _transcript(data, "a"), SEEDS, mutate),
    "transcripts in Markdown": Target(lambda data: _transcript(data, "a.md"), SEEDS, mutate),
    "feeds": Target(lambda data: read_feed(data, "a"), SEEDS, mutate),
    "chapters": Target(lambda data: read_chapters(data, "a"), SEEDS, mutate),
    "editions": Target(lambda data: read_edition(data.decode("utf-8", "replace"), "a"), SEEDS, mutate),
    "grammar": Target(_line, [line.encode() for line in LINES], change_text),
    "Slack's payloads": Target(lambda data: _slack(json.loads(data)), _bodies(SLACK), change_json),
    "Discord's payloads": Target(lambda data: _discord(json.loads(data)), _bodies(DISCORD), change_json),
    "Discord's drawing": Target(lambda data: render(_reply(data), share=True), _bodies(TEXTS), change_json),
    "Slack's drawing": Target(lambda data: message(_reply(data), share=True), _bodies(TEXTS), change_json),
}
"""Everything that is tried; a new reader of what strangers write is a row."""


def fuzz(target: Target, seconds: float, seed: int) -> Found:
    """Try a target for so many seconds."""
    chance = random.Random(seed)  # noqa: S311 - a seed makes the same inputs
    found = Found()
    for data in target.seeds:
        _try(target, data[:LONGEST] if target.change is mutate else data, found)
    found.begun = len(found.arcs)
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        # The latest reached what nothing had reached before: they are changed as often as all the others.
        pool = found.kept[-30:] if chance.random() < 0.5 else found.kept  # noqa: PLR2004
        data = chance.choice(pool)
        for _ in range(chance.choice((1, 1, 2, 4))):
            data = target.change(data, chance)
        _try(target, data[:LONGEST] if target.change is mutate else data, found)
    return found


def _try(target: Target, data: bytes, found: Found) -> None:
    """Run one input; note new arcs and faults."""
    found.executions += 1
    tracer = Tracer()
    began = time.thread_time()
    sys.settrace(tracer)
    try:
        target.run(data)
    except VerbatimError as error:
        sys.settrace(None)
        if UNFORESEEN in str(error):
            found.faults.setdefault(_place(error.__cause__ or error), data)
    except Exception as error:
        sys.settrace(None)
        found.faults.setdefault(_place(error), data)
    finally:
        sys.settrace(None)
    if time.thread_time() - began > BEGIN:
        _time(target, data, found)
    if not tracer.arcs <= found.arcs:
        found.arcs |= tracer.arcs
        if len(found.kept) < MOST_KEPT:
            found.kept.append(data)


def _time(target: Target, data: bytes, found: Found) -> None:
    """Run a slow input again without the tracer, and note it if it is slow by itself."""
    began = time.thread_time()
    try:
        target.run(data)
    except VerbatimError:
        pass
    except Exception as error:
        found.faults.setdefault(_place(error), data)
    took = time.thread_time() - began
    if took > BEGIN + A_KILOBYTE * len(data) / 1_000:
        found.faults.setdefault(f"slow: {took:.1f} s for {len(data):,} bytes", data)


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(HERE)] or frames
    return f"{type(error).__name__} at {ours[-1].filename.removeprefix(str(ROOT) + '/')}:{ours[-1].lineno}"


def main() -> int:
    """Try each target, print the table, and the faults with an input each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=30.0, help="for each target")
    parser.add_argument("--only", choices=TARGETS, help="this target alone")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print("| Target | executions | a second | arcs of the samples | arcs reached | inputs kept | faults |")
    print("|---|---|---|---|---|---|---|")
    faults: list[tuple[str, str, bytes]] = []
    for name in [options.only] if options.only else TARGETS:
        found = fuzz(TARGETS[name], options.seconds, options.seed)
        rate = found.executions / options.seconds
        counts = f"{found.begun:,} | {len(found.arcs):,} | {len(found.kept):,} | {len(found.faults)}"
        print(f"| {name} | {found.executions:,} | {rate:,.0f} | {counts} |", flush=True)
        faults += [(name, place, data) for place, data in found.faults.items()]
    print(f"\n{options.seconds:.0f} s each, seed {options.seed}; {machine()}")
    for name, place, data in faults[:MOST_TOLD]:
        print(f"\n{name}: {place}\n{data[:400]!r}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
