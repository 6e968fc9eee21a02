"""The core: a Request in, a Reply out, the same for every platform."""

from __future__ import annotations

import dataclasses
import difflib
import logging
import re
import secrets
from typing import TYPE_CHECKING, Protocol

from bot.command import Command, Context
from bot.conversation import Conversations, Last, follow_up
from bot.errors import UserError
from bot.grammar import Line, format_line, parse_line
from bot.intent import read_intent
from bot.message import Button, Card, Channel, Outcome, Reply, Request, Role
from bot.offers import LONGEST_LINE
from bot.refusals import hostile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.corpus import Corpus
    from bot.intent import Intent
    from bot.post import Post, Posted, Seen
    from bot.search import Searcher

__all__ = ["Adapter", "Core"]

_log = logging.getLogger(__name__)

_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|["
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_READINGS = {
    "quote": "I read this as a line you remember.",
    "verify": "I read this as a quote to check.",
    "ask": "I read this as a question.",
    "topic": "I read this as a topic.",
}
_OTHER_READINGS = {
    "quote": "Find it as a quote",
    "verify": "Check it as a quote",
    "ask": "Ask it as a question",
    "topic": "Open it as a topic",
}
MOST_COMPLETIONS = 25
"""Suggestions at once: what Discord's autocomplete shows."""


class Adapter(Protocol):
    """A platform: it turns events into Requests, draws Replies, and posts what nobody asked for."""

    platform: str
    """What `Channel.platform` says of this adapter's channels."""

    async def run(self) -> None:
        """Serve until told to stop or until the input ends; an OperatorError says what only the operator can mend."""

    async def check(self, channel: Channel) -> str:
        """Return "" when the bot may post in the channel and read its own messages there, else a sentence: what lacks.

        The sentence is for an admin and names the permission or the step to take.
        """

    async def post(self, channel: Channel, post: Post) -> Posted:
        """Try once to send a message; never raises for what the platform does."""

    async def find(self, channel: Channel, post: Post) -> Seen:
        """Look for the bot's messages with the post's key, from a minute before its first try."""

    async def delete(self, channel: Channel, ref: str) -> bool:
        """Delete one of the bot's own messages; True when it is gone."""


class Core:
    """Answers requests with the commands it was given."""

    def __init__(self, corpus: Corpus, search: Searcher, commands: Sequence[Command]) -> None:
        """Take what the commands work with, and the commands."""
        self._corpus = corpus
        self._search = search
        self._commands = {command.name: command for command in commands}
        self._conversations = Conversations()

    @property
    def commands(self) -> tuple[Command, ...]:
        """The commands as declared, in the order `/help` lists them."""
        return tuple(self._commands.values())

    async def answer(self, request: Request) -> Reply:
        """Answer a request; never raises.

        A UserError becomes a private reply; anything else is logged under a short reference, which the member gets.
        """
        name = request.command or ""
        try:
            line, intent = self._reading(request)
            name = line.name
            command = self._known(name)
            if command.admin and not request.author.admin:
                sentence = f"/{name} is for the people who run this server. Ask one of them."
                raise UserError(sentence)  # noqa: TRY301 - one way out for every sentence to a member
            reply = await command.handler(self._context(request), **command.arguments(self._given(command, line)))
            kept = tuple(card for card in reply.cards if self._is_verbatim(card))
            reply = dataclasses.replace(reply, command=name, cards=kept, private=reply.private or command.private)
            self._remember(request.channel, line, reply)
            return _with_other_readings(reply, intent) if intent else reply
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

    def _reading(self, request: Request) -> tuple[Line, Intent | None]:
        """Return the command line that was asked for; a free message also with how it was read."""
        if request.command is not None:
            return Line(request.command, "", tuple((key, _printable(v)) for key, v in request.args.items())), None
        line = parse_line(_printable(request.text))
        if line.name:
            return line, None
        last = self._conversations.last(request.channel)
        followed = follow_up(line.words, last, self._corpus.speakers) if last else None
        if followed is not None and followed.name in self._commands:
            return followed, None
        if hostile(line.words, self._corpus.speakers):
            return Line("ask", line.words), None
        intent = read_intent(line.words, self._search.topic_names(), self._search.weight)
        return Line(intent.command if intent.command in self._commands else "quote", intent.words), intent

    def _given(self, command: Command, line: Line) -> dict[str, str]:
        """Return a line's arguments as texts by name."""
        given = dict(line.options)
        if line.words:
            if command.free is None:
                sentence = f"/{command.name} takes no words. Type {command.usage}."
                raise UserError(sentence)
            given[command.free.name] = line.words
        return given

    def _remember(self, channel: Channel, line: Line, reply: Reply) -> None:
        """Keep what a short message may go on from: the question, and the passages behind the answer."""
        shown = [card.quote.id for card in reply.cards if card.quote]
        if shown:
            before = self._conversations.last(channel)
            asked = line.words or dict(line.options).get("question", "")
            question = asked if line.name == "ask" else before.question if before else ""
            self._conversations.remember(channel, Last(question, tuple(shown)))

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


def _with_other_readings(reply: Reply, intent: Intent) -> Reply:
    """Say how a free message was read, and offer to read it otherwise."""
    offers = tuple(
        Button(_OTHER_READINGS[other], line)
        for other in intent.others
        if other in _OTHER_READINGS and len(line := format_line(Line(other, intent.words))) <= LONGEST_LINE
    )
    aside = _READINGS.get(reply.command, "") if offers else ""
    return dataclasses.replace(reply, aside=aside, buttons=(*reply.buttons, *offers))


def _printable(text: str) -> str:
    """Return text with control sequences, control and direction-changing characters as spaces."""
    return _CONTROL.sub(" ", text)
