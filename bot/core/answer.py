"""The core: a Request in, a Reply out, the same for every platform."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import logging
import re
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.commands import Command, Context, Place, Use, lines_of, public_commands
from bot.contract import (
    LONGEST_LINE,
    LONGEST_MESSAGE,
    LONGEST_TEXT,
    Button,
    Channel,
    Line,
    Outcome,
    Reply,
    Request,
    Role,
    format_line,
    likely_options,
    overlong_sentence,
    parse_line,
    shorten,
)
from bot.core.channel_settings import ServedChannels
from bot.core.completion import complete, suggestions
from bot.core.conversation import Conversations, Exchange, is_turn
from bot.core.follow_up import ASKING
from bot.core.library import Library
from bot.core.options import hint_of, known_options, read_line
from bot.core.routing import asks
from bot.core.sharing import Sharing
from bot.delivery import Daily
from bot.errors import StoreError, UserError
from bot.highlights import Highlights
from bot.language import nearest, only_words
from bot.logs import outline
from bot.policy.refusals import refusal
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bot.commands import Suggestion
    from bot.contract import Adapter, Author, Card, Posting
    from bot.core.routing import Intent
    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.store import Store

__all__ = ["SHARE", "Answered", "Core"]

SHARE = "share"
"""What a press on *Share* is counted as; it is no command."""

_log = logging.getLogger(__name__)

_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|["
    r"\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_UNSEEN = re.compile(r"[\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
MOST_READINGS = 1
"""Other readings of a message that are offered."""


NOT_SHARED = frozenset({Role.NEAREST, Role.INFO})
"""Cards that by themselves make no answer worth showing to others."""


UNSURE = frozenset({Outcome.NEAREST, Outcome.NONE})
"""How an answer ends that found nothing sure: what it was asked may be shared all the same, such as a verdict."""

DOUBTFUL = UNSURE | {Outcome.DECLINED}
"""How an answer ends that a command shows to its asker alone: wrong guesses fill no channel."""


LONGEST_SHARED = 200
"""Characters of what was asked that everyone is shown with an answer that stands under no message."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What may be told of an answer to whoever runs the bot: nothing of what was typed, and of nobody."""

    command: str
    """The command's name, `SHARE` for a press on *Share*, "" where none was found."""
    platform: str
    outcome: Outcome
    seconds: float
    """From when its turn came."""
    reference: str = ""
    """What a member was told to name when something broke."""


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
        heard: Callable[[Answered], object] = lambda _: None,
    ) -> None:
        """Take what the commands work with, and the commands.

        Without a store nothing is kept past the process. `adapters` by platform may be filled in later; `clock` gives
        UTC seconds; `heard` is told of each answer and returns at once.
        """
        self._heard = heard
        self._commands = {command.name: command for command in commands}
        self.lines = lines_of(commands)
        self._options = known_options(commands)
        self._store = store
        self._library = self._made_of(corpus, search, daily)
        self._adapters = adapters if adapters is not None else {}
        self._clock = clock
        self._conversations = Conversations(store, clock)
        self._sharing = Sharing(store, clock, self.lines, self._kept)
        self._served = ServedChannels(store, clock)

    @property
    def commands(self) -> tuple[Command, ...]:
        """The commands as declared, in the order `/help` lists them."""
        return tuple(self._commands.values())

    def begin_afresh(self) -> None:
        """Go on from nothing that was asked before, and keep what is asked from now on in this process."""
        self._conversations = Conversations(None, self._clock)

    @property
    def daily(self) -> Daily:
        """What chooses quotes of the day now."""
        return self._library.daily

    def replace(self, corpus: Corpus, search: Searcher) -> Library:
        """Answer from another library from now on, and return the one before, which may still be in use."""
        before, self._library = self._library, self._made_of(corpus, search, None)
        return before

    def _made_of(self, corpus: Corpus, search: Searcher, daily: Daily | None) -> Library:
        daily = daily or Daily(self._store, Highlights(corpus), corpus, self.lines)
        return Library(corpus, search, daily, self.lines, self._options)

    def _kept(self, cards: Sequence[Card]) -> tuple[Card, ...]:
        """Return the cards that are verbatim now."""
        return self._library.kept(cards)

    async def answer(self, request: Request) -> Reply:
        """Answer a request; never raises.

        A UserError becomes a private reply; anything else is logged under a short reference, which the member gets.
        """
        began = time.perf_counter()
        with self._present() as library:
            reply, reference = await self._answer(request, library)
        name = reply.command if reply.command in self._commands else ""
        self._tell(Answered(name, request.channel.platform, reply.outcome, time.perf_counter() - began, reference))
        return reply

    @contextmanager
    def _present(self) -> Iterator[Library]:
        """Use the library that is served: one that was replaced before its use began may be closed already."""
        while True:
            with self._library as library:
                if library is self._library:
                    yield library
                    return

    async def _answer(self, request: Request, library: Library) -> tuple[Reply, str]:
        """Return an answer from a library, and the reference of what broke, "" for nothing."""
        name, hint = request.command or "", hint_of(_printable(request.text[:LONGEST_MESSAGE]), self._options)
        try:
            if request.length > LONGEST_MESSAGE:
                raise UserError(overlong_sentence(request.length))  # noqa: TRY301 - one way out for every sentence to a member
            line, intent, before = await self._read(request, library)
            name = line.name
            command = self._find(name)
            if command.admin and not request.author.admin:
                where = "here" if request.channel.tenant else "elsewhere"
                raise UserError(say(f"answer.admin-{where}", command=name))  # noqa: TRY301 - one way out for every sentence to a member
            given = _arguments(command, line)
            if command.reading and command.free and command.use is not Use.CLAIM and command.free.name in given:
                # Its rules take a while to read: not on the event loop.
                typed_words, asking = given[command.free.name], command.use is Use.QUESTION
                given[command.free.name] = await asyncio.to_thread(_spoken, typed_words, may_order=asking)
            settings = await self._served.settings(request.channel)
            if settings.answers == "off" and not command.always:
                declined = refusal("off-here").reply(self.lines, private=True, feature="answers")
                return dataclasses.replace(declined, command=name), ""
            typed = dict(given)
            narrowing = command.narrowing(Place.SHOW)
            if settings.shows and narrowing and narrowing not in given:
                given[narrowing] = ",".join(settings.shows)
            reply = await command.handler(self._context(request, library), **command.arguments(given))
            kept, key, shown = await asyncio.to_thread(library.verbatim, reply.cards)
            alone = reply.private or command.private or (before is not None and before.private)
            alone = alone or (reply.outcome in DOUBTFUL and request.by_command)
            reply = dataclasses.replace(reply, command=name, cards=kept, private=alone)
            before = before or await self._answer_before(request, command, typed)
            # Together, as writes that wait for the database at one time share a transaction.
            reply, _ = await asyncio.gather(
                self._to_share(reply, request, command, given, before),
                self._remember(request, command, typed, reply, shown, key, before),
            )
            read = self._with_other_readings(reply, command, intent) if intent else reply
            return dataclasses.replace(read, aside="\n".join(filter(None, (read.aside, hint)))), ""
        except Exception as error:  # answer never raises
            return _told(error, name, hint)

    async def share(self, request: Request, posting: Posting) -> Reply:
        """Show everyone, once, what a member saw alone; `request.share` names it, `posting` posts there; never raises.

        Returns what whoever pressed is told; where the bot may not post, the answer itself, for everyone.
        """
        began = time.perf_counter()
        reply, reference = await self._share(request, posting)
        self._tell(Answered(SHARE, request.channel.platform, reply.outcome, time.perf_counter() - began, reference))
        return reply

    async def _share(self, request: Request, posting: Posting) -> tuple[Reply, str]:
        """Return what whoever pressed is told, and the reference of what broke, "" for nothing."""
        try:
            settings = await self._served.settings(request.channel)
            if settings.answers == "off":
                return refusal("off-here").reply(self.lines, private=True, feature="answers"), ""
            return await self._sharing.show(request, posting), ""
        except Exception as error:  # as above
            return _told(error)

    def _tell(self, answered: Answered) -> None:
        """Tell whoever counts of an answer, which it does not cost when counting breaks."""
        try:
            self._heard(answered)
        except Exception:
            _log.exception("an answer was not counted")

    async def suggest(self, request: Request, option: str) -> list[Suggestion]:
        """Return values of an option of the request's command for what is typed of it, `request.text`, best first.

        They are found beside the event loop: a large library has many thousands of names.
        """
        command = self._commands.get(request.command or "")
        parameter = next((each for each in command.parameters if each.name == option), None) if command else None
        if parameter is None or request.length > LONGEST_MESSAGE:
            return []
        try:
            with self._present() as library:
                context = self._context(request, library)
                return await library.search.run(lambda: suggestions(parameter, context, request.text))
        except UserError:  # too much waits already
            return []

    def complete(self, request: Request) -> list[str]:
        """Return whole lines that the unfinished line in `request.text` could become, at most 25."""
        if request.length > LONGEST_MESSAGE:
            return []
        return complete(request.text, tuple(self._commands.values()), self._context(request, self._library))

    def _context(self, request: Request, library: Library) -> Context:
        asked = request.now or dt.datetime.fromtimestamp(self._clock(), dt.UTC)
        return Context(
            request,
            library.corpus,
            library.search,
            self.commands,
            self.lines,
            asked,
            library.daily,
            self._check,
            self._store,
            self._forget,
        )

    def _forget(self, channel: Channel, author: Author | None) -> None:
        """Forget in this process what a member was answered; None is a whole tenant."""
        self._conversations.forget(channel, author)
        self._sharing.forget(channel, author)

    async def _check(self, channel: Channel) -> str:
        """Ask a channel's platform whether the bot may post there."""
        adapter = self._adapters.get(channel.platform)
        return await adapter.check(channel) if adapter else ""

    async def _read(self, request: Request, library: Library) -> tuple[Line, Intent | None, Exchange | None]:
        """Return the command line that was asked for.

        A free message has also how it was read; one that goes on from an answer has that answer.
        """
        if request.command is not None:
            args = tuple((key, _printable(value)) for key, value in request.args.items())
            return Line(request.command, "", args), None, None
        text = _printable(request.text)
        line = read_line(text, self._options)
        if line.name:
            return line, None, None
        if len(text) > LONGEST_TEXT:
            raise UserError(overlong_sentence(len(text)))
        before = await self._conversations.recall(request, self.lines)
        return await library.read(text, line, before, request.reference)

    async def _answer_before(self, request: Request, command: Command, given: Mapping[str, str]) -> Exchange | None:
        """Return the answer whose passage a button shows more of, or tells something of; None for what stands alone."""
        if command.use not in {Use.PASSAGE, Use.DETAIL} or command.free is None:
            return None
        before = await self._conversations.recall(request, self.lines)
        ids = set(given.get(command.free.name, "").split())
        return before if before and ids & {*before.shown, *_ids(before)} else None

    async def _remember(  # noqa: PLR0913, PLR0917 - an answer is made of that much
        self,
        request: Request,
        command: Command,
        given: Mapping[str, str],
        reply: Reply,
        shown: tuple[str, ...],
        key: str,
        before: Exchange | None,
    ) -> None:
        """Keep what a short message may go on from; what tells one thing of an answer leaves that answer in its place.

        `shown` are the ids of what is on screen, `key` is that of the sentence that matters; `before` is what this
        answer went on from.
        """
        words = given.get(command.free.name, "") if command.free else ""
        options = tuple(each for each in given.items() if command.free is None or each[0] != command.free.name)
        line = format_line(Line(command.name, words, options))
        offered = [button.line for button in reply.buttons if button.line]
        turns = tuple(each for each in offered if each == line or is_turn(parse_line(each), self.lines))
        private = reply.private or request.private
        if before is not None and before.private and not private:
            before = None  # what is shown to all goes on from nothing that one member saw
        about = request.about or (before.about if before else "")
        if command.use is Use.DETAIL:
            shown = tuple(words.split())
            answered = before or Exchange(shown=shown, turns=turns)
            answered = dataclasses.replace(answered, private=private or answered.private)
        elif command.use in ASKING:
            answered = Exchange(line, line, shown, key, turns, reply.outcome, private, about)
        else:
            asked = before.asked if before else ""
            answered = Exchange(asked, line, shown, key, turns, reply.outcome, private, about)
        if answered.shown or answered.turns or answered.asked:
            await self._conversations.remember(request, answered)

    def _with_other_readings(self, reply: Reply, command: Command, intent: Intent) -> Reply:
        """Offer to read a free message otherwise, and say how it was read where that may be wrong."""
        offers = tuple(
            Button(other.reading.label, line)
            for use in intent.others
            if (other := self._commands.get(self.lines.line(use).name)) and other.reading
            if len(line := self.lines.to(use, intent.asked or intent.words)) <= LONGEST_LINE
        )[:MOST_READINGS]
        doubtful = intent.guess and reply.outcome is not Outcome.FOUND
        aside = say("answer.reading", noun=command.reading.noun) if doubtful and command.reading else reply.aside
        return dataclasses.replace(reply, aside=aside, buttons=(*reply.buttons, *offers))

    async def _to_share(
        self, reply: Reply, request: Request, command: Command, given: Mapping[str, str], before: Exchange | None
    ) -> Reply:
        """Return a reply that its asker may show to everyone, if it is one of those.

        What goes on from an answer is about the same message as that.
        """
        found = any(card.quote and card.role not in NOT_SHARED for card in reply.cards)
        unsure = reply.outcome in UNSURE and command.reading is not None and not command.private
        shared = not command.admin and (unsure or (reply.outcome is Outcome.FOUND and found))
        if not shared or not (reply.private or request.private):
            return reply
        words = given.get(command.free.name, "") if command.free and command.reading else ""
        how = "checked" if command.use is Use.CLAIM else "asked"
        told = say(f"share.words-{how}", words=shorten(" ".join(words.split()), LONGEST_SHARED)) if words else ""
        about = request.about or (before.about if before else "")
        return await self._sharing.offer(dataclasses.replace(request, about=about), reply, told)

    def _find(self, name: str) -> Command:
        """Return the command of that name, or raise a UserError naming the nearest."""
        if name in self._commands:
            return self._commands[name]
        near = nearest(name, [known.name for known in public_commands(self._commands.values())], 0.5)
        hint = (
            say("hint.did-you-mean", names=f"/{near[0]}")
            if near
            else say("answer.try-help", help=self.lines.to(Use.HELP))
        )
        raise UserError(say("answer.no-command", name=name[:40], hint=hint))


def _told(error: Exception, name: str = "", hint: str = "") -> tuple[Reply, str]:
    """Return what a member is told of an error, and its reference; what broke goes to the log under that."""
    if isinstance(error, UserError):
        return Reply(str(error), Outcome.ERROR, name, private=True, aside=hint), ""
    if isinstance(error, StoreError):
        _log.error("the database failed: %s", error)
        return Reply(say("answer.no-database"), Outcome.ERROR, name, private=True), ""
    reference = secrets.token_hex(3)
    _log.error("request failed, reference %s, command %r\n%s", reference, name, outline(error))
    return Reply(say("answer.broke", reference=reference), Outcome.ERROR, name, private=True), reference


def _arguments(command: Command, line: Line) -> dict[str, str]:
    """Return a line's arguments as texts by name."""
    given = dict(line.options)
    if line.words:
        if command.free is None:
            for unknown, _ in likely_options(line.words):
                raise UserError(command.unknown_option(unknown))
            raise UserError(say("answer.no-free-words", command=command.name, usage=command.usage))
        given[command.free.name] = line.words
    return given


def _ids(answered: Exchange) -> set[str]:
    """Return the passages behind an answer's buttons."""
    return {each for turn in answered.turns for each in parse_line(turn).words.split()}


def _spoken(words: str, *, may_order: bool) -> str:
    """Return words without what is none, such as a mention, left as they are where what is none may order something.

    What asks does not order, unless it is about a link.
    """
    spoken = only_words(words) or words
    return words if may_order and not (asks(spoken) and "://" not in words) else spoken


def _printable(text: str) -> str:
    """Return text without invisible characters, control sequences as spaces, half characters as ?."""
    return _CONTROL.sub(" ", _UNSEEN.sub("", text.encode("utf-8", "replace").decode("utf-8")))
