"""JSON lines for scripts: one request object a line in, one reply object a line out, in order.

In: `{"text": "…"}` (a typed line or a mention) or `{"command": "quote", "args": {"words": "…"}}`, optionally with
`channel`, `server`, `author`, `admin`, `locale`, `now` (a moment like 2026-11-24T09:00+01:00) and `reply_to` (what the
message replies to: the number of an answer of this run, counted from 1, or the words of somebody else's message, ""
where they are withheld). Out: see `reply_object`.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, TextIO

from bot.adapters.console.talk import LONGEST_LINE
from bot.contract import Author, Card, Channel, Outcome, Reference, Reply, Request, read_moment
from bot.intake import Admission, Bounded
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.core import Core

__all__ = ["JsonLines", "reply_object"]

MOST_ANSWERS = 10_000
"""Answers that a later line can reply to; the first ones are forgotten first."""

LONGEST_NUMBER = 10
"""Digits that no number of an answer has."""


class JsonLines:
    """Standard input and output as a platform that speaks JSON lines."""

    def __init__(self, core: Core, stdin: TextIO, stdout: TextIO) -> None:
        self._core = core
        self._now = 0.0
        self._admission = Admission(lambda: self._now)
        self._in = stdin
        self._out = stdout
        self._answers: Bounded[int, tuple[Request, Reply]] = Bounded(MOST_ANSWERS)

    async def run(self) -> None:
        """Answer each line; a line that is no request gets an answer with outcome "error"."""
        for number, line in enumerate(_lines(self._in), 1):
            started = time.perf_counter()
            request = _request(line, number, self._referred)
            if isinstance(request, Reply):
                reply = request
            else:
                reply = self._refusal(request) or await self._core.answer(request)
                self._answers[number] = (request, reply)
            self._write(reply, (time.perf_counter() - started) * 1000)

    def _referred(self, channel: Channel, author: Author, given: object) -> Reference:
        """Return what a request replies to; a private answer is no message to anyone but its asker."""
        told = str(given)
        number = int(told) if told.isdecimal() and len(told) < LONGEST_NUMBER else 0
        if not number:
            return Reference("", text=told)
        asked, reply = self._answers.get(number, (None, None))
        if asked is None or reply is None or asked.channel != channel:
            return Reference(str(number), own=True)
        if reply.private and asked.author.id != author.id:
            return Reference(str(number), own=True)
        lines = tuple(button.line for button in reply.buttons if button.line)
        return Reference(str(number), own=True, text=reply.text, lines=lines, answers=asked.id)

    def _refusal(self, request: Request) -> Reply | None:
        """Return what a member who asks too often in a server reads; a script that names no server is no member."""
        if not request.channel.tenant:
            return None
        self._now = request.now.timestamp() if request.now else time.time()
        return self._admission.refusal(request.channel, request.author.id)

    def _write(self, reply: Reply, milliseconds: float) -> None:
        self._out.write(json.dumps(reply_object(reply, milliseconds), ensure_ascii=False) + "\n")
        self._out.flush()


def _lines(stream: TextIO) -> Iterator[str]:
    """Yield lines that are not blank; the part of a line past LONGEST_LINE is dropped."""
    while line := stream.readline(LONGEST_LINE):
        rest = line
        while rest and not rest.endswith("\n") and len(rest) >= LONGEST_LINE:
            rest = stream.readline(LONGEST_LINE)
        if line.strip():
            yield line


def _request(line: str, number: int, refer: Callable[[Channel, Author, object], Reference]) -> Request | Reply:
    """Read one request, or return the reply that says what is wrong with the line."""
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        return Reply(say("console.no-json"), Outcome.ERROR)
    if not isinstance(given, dict) or not ("text" in given or "command" in given):
        return Reply(say("console.no-request"), Outcome.ERROR)
    args = given.get("args") or {}
    if not isinstance(args, dict):
        return Reply(say("console.no-args"), Outcome.ERROR)
    try:
        moment = read_moment(str(given["now"])) if given.get("now") else None
    except ValueError:
        return Reply(say("console.no-moment"), Outcome.ERROR)
    command, told = given.get("command"), given.get("reply_to")
    channel = Channel("jsonl", str(given.get("channel", "jsonl")), str(given.get("server", "")))
    author = Author(str(given.get("author", "script")), admin=bool(given.get("admin", False)))
    return Request(
        channel,
        author,
        text=str(given.get("text", "")),
        command=None if command is None else str(command).removeprefix("/").casefold(),
        args={str(name): _text(value) for name, value in args.items() if value is not None},
        locale=str(given.get("locale", "en")),
        now=moment,
        reference=None if told is None else refer(channel, author, told),
        id=str(number),
    )


def _text(value: object) -> str:
    """Return an argument as the text a member would have typed."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def reply_object(reply: Reply, milliseconds: float) -> dict[str, Any]:
    """Return a reply as the documented object; the shape is stable.

    `score` is 0..1, `source.spans` are offsets in the decoded source file, `marked` in `quote`, `ms` is the time taken.
    """
    return {
        "command": reply.command,
        "outcome": reply.outcome.value,
        "private": reply.private,
        "text": reply.text,
        "cards": [_card_object(card) for card in reply.cards],
        "buttons": [{"label": button.label, "line": button.line} for button in reply.buttons if button.line],
        "ms": round(milliseconds, 2),
    }


def _card_object(card: Card) -> dict[str, Any]:
    quote = card.quote
    if quote is None:
        return {"role": card.role.value, "quote": None, "id": None, "verdict": None, "score": card.score} | {
            "citation": None,
            "source": None,
            "marked": [],
        }
    citation = {
        name: getattr(quote.citation, name)
        for name in ("show", "episode", "chapter", "speaker", "start", "approximate", "url")
    }
    source = {"path": quote.source.path, "spans": [list(span) for span in quote.source.spans]} if quote.source else None
    return {
        "role": card.role.value,
        "quote": quote.text,
        "id": quote.id,
        "verdict": quote.verdict,
        "score": quote.score,
        "citation": citation,
        "source": source,
        "marked": [list(span) for span in quote.marked],
    }
