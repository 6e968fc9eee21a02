"""JSON lines for scripts: one request object a line in, one reply object a line out, in order.

In: `{"text": "…"}` (a typed line or a mention) or `{"command": "quote", "args": {"words": "…"}}`, optionally with
`channel`, `server`, `author`, `admin`, `locale`, `now` (a moment like 2026-11-24T09:00+01:00). Out: see `reply_object`.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, TextIO

from bot.adapters.console.talk import LONGEST_LINE
from bot.contract import Author, Card, Channel, Outcome, Reply, Request, read_moment
from bot.intake import Admission
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core import Core

__all__ = ["JsonLines", "reply_object"]


class JsonLines:
    """Standard input and output as a platform that speaks JSON lines."""

    def __init__(self, core: Core, stdin: TextIO, stdout: TextIO) -> None:
        self._core = core
        self._now = 0.0
        self._admission = Admission(lambda: self._now)
        self._in = stdin
        self._out = stdout

    async def run(self) -> None:
        """Answer each line; a line that is no request gets an answer with outcome "error"."""
        for line in _lines(self._in):
            started = time.perf_counter()
            request = _request(line)
            reply = (
                request if isinstance(request, Reply) else self._refusal(request) or await self._core.answer(request)
            )
            self._write(reply, (time.perf_counter() - started) * 1000)

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


def _request(line: str) -> Request | Reply:
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
    command = given.get("command")
    return Request(
        Channel("jsonl", str(given.get("channel", "jsonl")), str(given.get("server", ""))),
        Author(str(given.get("author", "script")), admin=bool(given.get("admin", False))),
        text=str(given.get("text", "")),
        command=None if command is None else str(command).removeprefix("/").casefold(),
        args={str(name): _text(value) for name, value in args.items() if value is not None},
        locale=str(given.get("locale", "en")),
        now=moment,
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
