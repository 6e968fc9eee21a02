"""The core: a Request in, a Reply out, the same for every platform."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import logging
import re
import secrets
import time
from typing import TYPE_CHECKING

from bot.commands import Command, Context, Place, Use, lines_of, public_commands
from bot.contract import (
    LONGEST_LINE,
    LONGEST_MESSAGE,
    LONGEST_TEXT,
    Button,
    Card,
    Channel,
    Line,
    Outcome,
    Reply,
    Request,
    Role,
    format_line,
    format_option,
    overlong_sentence,
    parse_line,
)
from bot.core.channel_settings import ServedChannels
from bot.core.conversation import Conversations, Last, follow_up
from bot.core.routing import asks, join_words, read_intent
from bot.delivery import Daily
from bot.errors import StoreError, UserError
from bot.highlights import Highlights
from bot.language import named_speaker, nearest, only_words
from bot.policy.refusals import hostile, refusal
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.commands import Param
    from bot.contract import Adapter
    from bot.core.routing import Intent
    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.store import Store

__all__ = ["Core"]

_log = logging.getLogger(__name__)

_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|["
    r"\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_UNSEEN = re.compile(r"[\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
# An option and the quote that its value begins with.
_QUOTED_VALUE = re.compile(r'(?:^|(?<=\s))[a-z][a-z_-]*+:["“]')
MOST_COMPLETIONS = 25
"""Suggestions at once: what Discord's autocomplete shows."""


NOT_SHARED = frozenset({Role.NEAREST, Role.INFO})
"""What a card tells its asker alone: it is no answer that others should see."""


DOUBTFUL = frozenset({Outcome.NEAREST, Outcome.NONE, Outcome.DECLINED})
"""How an answer ends that a command shows to its asker alone, who may share it: wrong guesses fill no channel."""


class Core:
    """Answers requests with the commands it was given."""

    def __init__(  # noqa: PLR0913 - what the commands work with
        self,
        corpus: Corpus,
        search: Searcher,
        commands: Sequence[Command],
        *,
        store: Store | None = None,
        daily: Daily | None = None,
        adapters: Mapping[str, Adapter] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take what the commands work with, and the commands.

        Without a store nothing is kept past the process. `adapters` by platform may be filled in later; `clock` gives
        UTC seconds.
        """
        self._corpus = corpus
        self._search = search
        self._commands = {command.name: command for command in commands}
        self.lines = lines_of(commands)
        self._store = store
        self._daily = daily or Daily(store, Highlights(corpus), corpus, self.lines)
        self._adapters = adapters if adapters is not None else {}
        self._clock = clock
        self._conversations = Conversations(store, clock)
        self._served = ServedChannels(store, clock)

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
            if request.length > LONGEST_MESSAGE:
                raise UserError(overlong_sentence(request.length))  # noqa: TRY301 - one way out for every sentence to a member
            line, intent = await self._read(request)
            name = line.name
            command = self._find(name)
            if command.admin and not request.author.admin:
                where = "here" if request.channel.tenant else "elsewhere"
                raise UserError(say(f"answer.admin-{where}", command=name))  # noqa: TRY301 - one way out for every sentence to a member
            given = _arguments(command, line)
            if command.reading and command.free and command.use is not Use.CLAIM:
                asked = given.get(command.free.name, "")
                spoken = only_words(asked) or asked
                if asked and (command.use is not Use.QUESTION or _is_plain(asked, spoken)):
                    given |= {command.free.name: spoken}
            settings = await self._served.settings(request.channel)
            if settings.answers == "off" and not command.always:
                declined = refusal("off-here").reply(self.lines, private=True, feature="answers")
                return dataclasses.replace(declined, command=name)
            narrowing = command.narrowing(Place.SHOW)
            if settings.shows and narrowing and narrowing not in given:
                given[narrowing] = ",".join(settings.shows)
            reply = await command.handler(self._context(request), **command.arguments(given))
            kept = await asyncio.to_thread(self._verbatim, reply.cards)
            reply = dataclasses.replace(reply, command=name, cards=kept, private=reply.private or command.private)
            reply = self._to_share(reply, request, line)
            await self._remember(request.channel, command, given, reply)
            return self._with_other_readings(reply, command, intent) if intent else reply
        except UserError as error:
            return Reply(str(error), Outcome.ERROR, name, private=True)
        except StoreError as error:
            _log.error("the database failed: %s", error)
            return Reply(say("answer.no-database"), Outcome.ERROR, name, private=True)
        except Exception:  # answer never raises: what broke goes to the log, a reference to the member
            reference = secrets.token_hex(3)
            _log.exception("request failed, reference %s, command %r", reference, name)
            return Reply(say("answer.broke", reference=reference), Outcome.ERROR, name, private=True)

    def _menu(self) -> list[str]:
        """Return the names of the commands that menus show."""
        return [command.name for command in public_commands(self._commands.values())]

    async def suggest(self, request: Request) -> list[str]:
        """Return what `complete` does, found beside the event loop: a large library has many thousands of names."""
        try:
            return await self._search.run(lambda: self.complete(request))
        except UserError:  # too much waits already
            return []

    def complete(self, request: Request) -> list[str]:
        """Return whole lines that the unfinished line in `request.text` could become, at most 25."""
        text = request.text.lstrip()
        if not text.startswith("/") or request.length > LONGEST_MESSAGE:
            return []
        name, space, rest = text[1:].partition(" ")
        if not space:
            return [f"/{known} " for known in self._menu() if known.startswith(name.casefold())]
        command = self._commands.get(name.casefold())
        if command is None:
            return []
        closed = max(rest.rfind('"'), rest.rfind("”"))
        opened = next((value for value in _QUOTED_VALUE.finditer(rest) if value.end() > closed), None)
        at = opened.start() if opened else rest.rfind(" ") + 1
        before, word = rest[:at].rstrip(), rest[at:]
        start = f"/{name} {before} ".replace("  ", " ")
        options = tuple(f"{parameter.name}:" for parameter in command.parameters if not parameter.free)
        context = self._context(request)
        lines: list[str] = []
        for parameter in command.parameters:
            about, option = parameter.about, "" if parameter.free else f"{parameter.name}:"
            if parameter.free and not any(each.startswith(options) for each in before.split()):
                # Free words are one value, however many are typed; they end where the first option begins.
                values = _suggestions(about, context, rest.strip())
                lines += [format_line(Line(name, value)) for value in values]
            elif option and word.startswith(option):
                values = _suggestions(about, context, word[len(option) :].lstrip('"“'))
                lines += [start + format_option(parameter.name, value) for value in values]
            if option.startswith(word) and word != option:
                lines.append(start + option)
        return lines[:MOST_COMPLETIONS]

    def _context(self, request: Request) -> Context:
        asked = request.now or dt.datetime.fromtimestamp(self._clock(), dt.UTC)
        return Context(
            request,
            self._corpus,
            self._search,
            self.commands,
            self.lines,
            asked,
            self._daily,
            self._check,
            self._store,
            self._conversations.forget,
        )

    async def _check(self, channel: Channel) -> str:
        """Ask a channel's platform whether the bot may post there."""
        adapter = self._adapters.get(channel.platform)
        return await adapter.check(channel) if adapter else ""

    async def _read(self, request: Request) -> tuple[Line, Intent | None]:
        """Return the command line that was asked for; a free message also with how it was read."""
        if request.command is not None:
            return Line(request.command, "", tuple((key, _printable(v)) for key, v in request.args.items())), None
        line = parse_line(_printable(request.text))
        if line.name:
            return line, None
        if len(line.words) > LONGEST_TEXT:
            raise UserError(overlong_sentence(len(line.words)))
        last = await self._conversations.last(request.channel)
        # Rules, names and topics of a large library take some milliseconds: not on the event loop.
        return await self._search.run(lambda: self._understand(line.words, last))

    def _understand(self, words: str, last: Last | None) -> tuple[Line, Intent | None]:
        """Return the command line that a free message stands for, and how it was read if it stands alone."""
        speakers = self._corpus.speakers
        followed = follow_up(words, last, speakers, self.lines) if last else None
        if followed is not None and followed.name in self._commands:
            return followed, None
        spoken = only_words(words) or words
        if hostile(spoken if _is_plain(words, spoken) else words, speakers, self._search.says):
            return self.lines.line(Use.QUESTION, words), None
        shows = [name for show in self._corpus.shows for name in (show.title, show.id)]
        intent = read_intent(spoken, self._search.topic_names(), self._search.weight, shows)
        use = intent.use if intent.use in self.lines.names else Use.LINE
        who = named_speaker(intent.who, speakers) or (intent.who if intent.who.istitle() else "")
        return self.lines.line(use, f"{intent.words} \u2014 {who}" if who else intent.words), intent

    async def _remember(self, channel: Channel, command: Command, given: Mapping[str, str], reply: Reply) -> None:
        """Keep what a short message may go on from: the question, and the passages behind the answer."""
        shown = [card.quote.id for card in reply.cards if card.quote]
        if shown:
            before = await self._conversations.last(channel)
            asked = given.get(command.free.name, "") if command.free and command.use is Use.QUESTION else None
            question = asked if asked is not None else before.question if before else ""
            await self._conversations.remember(channel, Last(question, tuple(shown)))

    def _with_other_readings(self, reply: Reply, command: Command, intent: Intent) -> Reply:
        """Say how a free message was read, and offer to read it otherwise."""
        offers = tuple(
            Button(other.reading.label, line)
            for use in intent.others
            if (other := self._commands.get(self.lines.line(use).name)) and other.reading
            if len(line := self.lines.to(use, intent.asked or intent.words)) <= LONGEST_LINE
        )
        aside = say("answer.reading", noun=command.reading.noun) if offers and command.reading else ""
        return dataclasses.replace(reply, aside=aside, buttons=(*reply.buttons, *offers))

    def _to_share(self, reply: Reply, request: Request, line: Line) -> Reply:
        """Return a reply with the line that shows it to everyone; a command's doubtful one is for its asker alone."""
        if reply.outcome in DOUBTFUL and request.command is not None and not reply.private:
            again = format_line(line)
            return dataclasses.replace(reply, private=True, share=again if len(again) <= LONGEST_LINE else "")
        shared = next((card.quote.id for card in reply.cards if card.quote and card.role not in NOT_SHARED), "")
        return dataclasses.replace(reply, share=self.lines.to(Use.PASSAGE, shared) if shared else "")

    def _find(self, name: str) -> Command:
        """Return the command of that name, or raise a UserError naming the nearest."""
        if name in self._commands:
            return self._commands[name]
        near = nearest(name, self._menu(), 0.5)
        hint = (
            say("hint.did-you-mean", names=f"/{near[0]}")
            if near
            else say("answer.try-help", help=self.lines.to(Use.HELP))
        )
        raise UserError(say("answer.no-command", name=name[:40], hint=hint))

    def _verbatim(self, cards: Sequence[Card]) -> tuple[Card, ...]:
        """Return the cards that are verbatim; the episode of each may have to be read again."""
        return tuple(card for card in cards if self._is_verbatim(card))

    def _is_verbatim(self, card: Card) -> bool:
        """Say whether a card's quote is the very words its id and source point to; log and refuse it otherwise."""
        if card.quote is None:
            return card.role is Role.INFO
        passage = self._corpus.passage(card.quote.id)
        good = passage is not None and passage.text == card.quote.text and passage.source() == card.quote.source
        if not good:
            _log.error("dropped a quote that its source does not have: %s", card.quote.id)
        return good


def _arguments(command: Command, line: Line) -> dict[str, str]:
    """Return a line's arguments as texts by name."""
    given = dict(line.options)
    if line.words:
        if command.free is None:
            raise UserError(say("answer.no-free-words", command=command.name, usage=command.usage))
        given[command.free.name] = line.words
    return given


def _suggestions(about: Param, context: Context, typed: str) -> list[str]:
    """Return the values of which a word begins what is typed, those first that begin so; case and marks do not matter.

    jiu-jitsu is typed as “jiu jitsu” too.
    """
    values = about.suggest(context, typed.casefold()) if about.suggest else about.choices
    begun = f" {join_words(typed)}"
    found = [(f" {join_words(value)}".find(begun), value) for value in values]
    return [value for at, value in found if at == 0] + [value for at, value in found if at > 0]


def _is_plain(words: str, spoken: str) -> bool:
    """Say whether what stands beside spoken words is none: they ask. What does not, or is about a link, may order."""
    return asks(spoken) and "://" not in words


def _printable(text: str) -> str:
    """Return text without invisible characters, control sequences as spaces, half characters as ?."""
    return _CONTROL.sub(" ", _UNSEEN.sub("", text.encode("utf-8", "replace").decode("utf-8")))
