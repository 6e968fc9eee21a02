"""The core: a Request in, a Reply out, the same for every platform."""

from __future__ import annotations

import dataclasses
import difflib
import logging
import re
import secrets
from typing import TYPE_CHECKING, Protocol

from bot.command import Command, Context
from bot.errors import UserError
from bot.grammar import parse_line
from bot.message import Card, Channel, Outcome, Reply, Request, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.corpus import Corpus
    from bot.search import Searcher

__all__ = ["Adapter", "Core"]

_log = logging.getLogger(__name__)

_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|["
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
MOST_COMPLETIONS = 25
"""Suggestions at once: what Discord's autocomplete shows."""


class Adapter(Protocol):
    """A platform: it turns events into Requests, and draws Replies."""

    async def run(self) -> None:
        """Serve until told to stop or until the input ends."""

    async def post(self, channel: Channel, reply: Reply) -> str:
        """Send a reply nobody asked for into a channel; return the platform's name for the message."""


class Core:
    """Answers requests with the commands it was given."""

    def __init__(self, corpus: Corpus, search: Searcher, commands: Sequence[Command]) -> None:
        """Take what the commands work with, and the commands."""
        self._corpus = corpus
        self._search = search
        self._commands = {command.name: command for command in commands}

    async def answer(self, request: Request) -> Reply:
        """Answer a request; never raises.

        A UserError becomes a private reply; anything else is logged under a short reference, which the member gets.
        """
        name = request.command or ""
        try:
            name, given = self._reading(request)
            command = self._known(name)
            if command.admin and not request.author.admin:
                sentence = f"/{name} is for the people who run this server. Ask one of them."
                raise UserError(sentence)  # noqa: TRY301 - one way out for every sentence to a member
            reply = await command.handler(self._context(request), **command.arguments(given))
            kept = tuple(card for card in reply.cards if self._is_verbatim(card))
            return dataclasses.replace(reply, command=name, cards=kept, private=reply.private or command.private)
        except UserError as error:
            return Reply(str(error), Outcome.ERROR, name, private=True)
        except Exception:  # answer never raises: what broke goes to the log, a reference to the member
            reference = secrets.token_hex(3)
            _log.exception("request failed, reference %s, command %r", reference, name)
            sentence = f"Something broke on my side. If it happens again, tell whoever runs me: reference {reference}."
            return Reply(sentence, Outcome.ERROR, name, private=True)

    def complete(self, request: Request) -> list[str]:
        """Return whole lines that the unfinished line in `request.text` could become, at most 25."""
        text = request.text.lstrip()
        if not text.startswith("/"):
            return []
        name, space, rest = text[1:].partition(" ")
        if not space:
            return [f"/{known} " for known in self._commands if known.startswith(name.casefold())]
        command = self._commands.get(name.casefold())
        if command is None:
            return []
        before, _, word = rest.rpartition(" ")
        start = f"/{name} {before} ".replace("  ", " ")
        context = self._context(request)
        lines: list[str] = []
        for parameter in command.parameters:
            option = "" if parameter.free else f"{parameter.name}:"
            if word.startswith(option):
                typed = word[len(option) :].casefold()
                about = parameter.about
                values = about.complete(context, typed) if about.complete else about.choices
                lines += [f"{start}{option}{value}" for value in values if value.casefold().startswith(typed)]
            if option.startswith(word) and word != option:
                lines.append(start + option)
        return lines[:MOST_COMPLETIONS]

    def _context(self, request: Request) -> Context:
        return Context(request, self._corpus, self._search, tuple(self._commands.values()))

    def _reading(self, request: Request) -> tuple[str, dict[str, str]]:
        """Return the command that was asked for and its arguments as texts."""
        if request.command is not None:
            return request.command, {key: _printable(value) for key, value in request.args.items()}
        line = parse_line(_printable(request.text))
        if not line.name:
            return "quote", {"words": line.words}
        given = dict(line.options)
        command = self._commands.get(line.name)
        if line.words:
            if command is not None and command.free is None:
                sentence = f"/{line.name} takes no words. Type {command.usage}."
                raise UserError(sentence)
            given[command.free.name if command and command.free else "words"] = line.words
        return line.name, given

    def _known(self, name: str) -> Command:
        """Return the command of that name, or raise a UserError naming the nearest."""
        if name in self._commands:
            return self._commands[name]
        near = difflib.get_close_matches(name, self._commands, n=1, cutoff=0.5)
        hint = f"Did you mean /{near[0]}?" if near else "Type /help for what I can do."
        sentence = f"I have no command /{name[:40]}. {hint}"
        raise UserError(sentence)

    def _is_verbatim(self, card: Card) -> bool:
        """Say whether a card's quote is the very words its id and source point to; log and refuse it otherwise."""
        if card.quote is None:
            return card.role is Role.INFO
        passage = self._corpus.passage(card.quote.id)
        good = passage is not None and passage.text == card.quote.text and passage.source() == card.quote.source
        if not good:
            _log.error("dropped a quote that its source does not have: %s", card.quote.id)
        return good


def _printable(text: str) -> str:
    """Return text with control sequences, control and direction-changing characters as spaces."""
    return _CONTROL.sub(" ", text)
