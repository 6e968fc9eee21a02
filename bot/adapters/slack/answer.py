"""From what a member asked to the answer where it belongs: request, core, drawing, sending, and the record of it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import time
from typing import TYPE_CHECKING, Final

from bot.adapters.slack.inbound import NAME, Way, inquiry_from, read_parent
from bot.adapters.slack.views import home_view
from bot.contract import (
    Author,
    Channel,
    Failure,
    Later,
    Reference,
    Refused,
    Reply,
    Request,
    Sent,
    Unclear,
    Use,
    parse_line,
)
from bot.intake import SHOW_SECONDS, Bounded, busy, overlong, to_member, too_long
from bot.logs import conceal, outline
from bot.policy.texts import say

if TYPE_CHECKING:
    from bot.adapters.slack.inbound import Inquiry, Team
    from bot.adapters.slack.naming import Naming
    from bot.adapters.slack.people import People
    from bot.adapters.slack.send import Sender
    from bot.adapters.slack.surfaces import Surfaces
    from bot.adapters.slack.workspaces import Workspace, Workspaces
    from bot.contract import Posted, Posting
    from bot.core import Core
    from bot.intake import ChannelSettings, Inbound, Intake, Pending

__all__ = ["Answers"]

_log = logging.getLogger(__name__)

KIND: Final = "command"
"""The inbox's word for commands, buttons, shortcuts and modals, which Slack never sends again; events are of another
kind."""

SECRETS: Final = ("reply_url",)
KEPT_SECONDS: Final = 1_500.0
"""Five minutes less than a response_url lives."""

_REPLY_EVENT: Final = "verbatim_reply"
_MOST_TRIES: Final = 3
_MOST_COUNTED: Final = 1_000
_BY_EVENT: Final = frozenset({Way.MENTION, Way.DIRECT})
_TOLD_SECONDS: Final = 3_600
"""A member reads once an hour why the bot cannot answer in a channel."""

_AT_HOME: Final = frozenset({Way.MODAL, Way.HOME})


class Answers:
    """Answers one question after the other, as many at a time as there is room for."""

    def __init__(  # noqa: PLR0913 - an answer is made of that many things on Slack
        self,
        core: Core,
        intake: Intake,
        *,
        workspaces: Workspaces,
        sender: Sender,
        surfaces: Surfaces,
        people: People,
        naming: Naming,
        posting: Posting,
        prefix: str,
    ) -> None:
        """Take the core, what events go through, what shows answers and what posts; `prefix` stands before commands."""
        self.core = core
        self.intake = intake
        self.workspaces = workspaces
        self.sender = sender
        self.surfaces = surfaces
        self.people = people
        self.naming = naming
        self._posting = posting
        self._prefix = prefix
        self._tries: Bounded[str, int] = Bounded(_MOST_COUNTED)

    def refusal(self, question: Inquiry) -> Reply | None:
        """Count a question and return None, or what its asker reads instead of an answer."""
        return self.intake.refusal(_place(question), question.user)

    def refuse(self, question: Inquiry, refusal: Reply) -> None:
        """Tell a member why they are not answered, once in a while: a message each would only keep others waiting."""
        if self.intake.tells(question.user):
            self.intake.work.start(self._tell(question, refusal), instead=True)

    def begin(self, question: Inquiry, *, again: bool = False, after: float = 0.0) -> None:
        """Answer in a task of its own, in `after` seconds; what is recorded and finds no room waits for a quieter time.

        Any other is told so.
        """
        if self.intake.work.start(self.answer(question, again=again, after=after)):
            return
        if not (question.way in _BY_EVENT and self.intake.has_store):
            self.refuse(question, busy())

    async def _tell(self, question: Inquiry, reply: Reply) -> None:
        workspace = await self.workspaces.of(question.team, question.enterprise)
        if workspace is not None:
            await self.deliver(workspace, question, reply)

    async def settles(self, question: Inquiry, seconds: float, *, again: bool = False) -> bool:
        """Answer a question that could not be recorded; say whether it is settled within so many seconds.

        It is answered to the end all the same; one that is not settled is asked for once more.
        """
        ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            settled = await self.answer(question, again=again)
            if settled:
                self.intake.inbox.settle(question.id)
            if not ended.done():
                ended.set_result(settled)

        if not self.intake.work.start(work()):
            return False
        await asyncio.wait({ended}, timeout=seconds)
        return ended.done() and ended.result()

    async def answer(self, question: Inquiry, *, again: bool = False, after: float = 0.0) -> bool:
        """Answer a question and record that it is; `again` looks first whether its answer already stands.

        False when nothing came of it that a second try would not better.
        """
        inbox = self.intake.inbox
        if inbox.is_under_way(question.id):
            return False
        began = time.monotonic()
        recorded = again or question.way in _BY_EVENT
        with inbox.hold(question.id):
            if not recorded:
                await self.intake.turns.calm()
            pending = None if recorded else inbox.keep(question.id, KIND, question.as_json(), SECRETS, KEPT_SECONDS)
            await asyncio.sleep(after)
            return await self._answer(question, pending, began, again=again)

    async def finish(self, left: Inbound) -> None:
        """Answer a question that some process recorded and never answered."""
        inbox = self.intake.inbox
        question = inquiry_from(inbox.unseal(left, SECRETS) if left.kind == KIND else left.payload)
        if question is None:
            await inbox.done(left.delivery_id)
        elif left.shown:
            await inbox.done(left.delivery_id)  # before it is said, which cannot be looked for either
            workspace = await self.workspaces.of(question.team, question.enterprise)
            if workspace is not None:
                await self._interrupted(workspace, question)
        else:
            await self._answer(question, None, time.monotonic(), again=True)

    async def _answer(self, question: Inquiry, pending: Pending | None, began: float, *, again: bool) -> bool:
        """Answer a question whose name is held; `pending` is its record being written, if it needs one.

        `began` is when it was taken up (the monotonic clock's).
        """
        conceal(question.reply_url.partition("//")[2].partition("/")[2])  # its path; its host is Slack's
        result: Posted
        try:
            workspace = await self.workspaces.of(question.team, question.enterprise)
            if workspace is None:
                _log.warning("a question came from a workspace that did not install the app: %s", question.team)
                if question.reply_url:  # which needs no token
                    thread = question.asked_in
                    await self.sender.respond(
                        question.reply_url, to_member(say("slack.not-installed")), private=True, thread=thread
                    )
                result = Refused("not installed")
            elif again and (stands := await self._stands(workspace, question)):
                result = stands
            else:
                reply = await self._reply(workspace, question, again=again)
                if reply is None:
                    return False
                if pending and not await pending.is_ours():
                    return True
                alone = not self.intake.has_store or (pending is not None and pending.has_failed)
                until = math.inf if alone else began + SHOW_SECONDS
                if time.monotonic() > until:
                    _log.warning("an answer came late and was left to another process")
                    return False
                result = await self.deliver(workspace, question, reply, until)
        except Exception as error:  # an event that breaks us is not taken up again and again
            _log.error("an answer on Slack broke\n%s", outline(error))
            result = Refused("it broke")
        await self._record(question, result, pending)
        if question.way in _AT_HOME and parse_line(question.line).name == self.core.lines.line(Use.SETTINGS).name:
            await self.home((question.team, question.enterprise), question.user)  # which shows what was set
        return isinstance(result, Sent | Refused)

    async def _reply(self, workspace: Workspace, question: Inquiry, *, again: bool) -> Reply | None:
        """Return what to answer; None for a question that is better answered later.

        When Slack sends an event again that the database did not take, it may take it; a recorded one waits for a
        quieter moment.
        """
        if refused := overlong(question.overlong):
            return refused
        reply = await self.intake.answer(lambda: self._ask(workspace, question), _place(question), question.user)
        owed = self.intake.inbox.owes(question.id) and not again
        waits = question.way in _BY_EVENT and self.intake.has_store
        return None if (reply == too_long() and owed) or (reply == busy() and waits) else reply

    async def _ask(self, workspace: Workspace, question: Inquiry) -> Reply:
        if question.way is Way.SHARE:
            place = Channel(NAME, question.channel, question.team, question.thread)
            shown = Request(place, Author(question.user, tenant=question.team), share=question.line)
            return await self.core.share(shown, self._posting)
        request = await self._request(workspace, question)
        return to_member(say("slack.unsure")) if request is None else await self.core.answer(request)

    async def deliver(self, workspace: Workspace, question: Inquiry, reply: Reply, until: float = math.inf) -> Posted:
        """Show a reply where it was asked for; nothing is begun after `until` (the monotonic clock's).

        What cannot be looked for afterwards is written down as about to be shown, and is Later where another process
        wrote that first.
        """
        if question.way in _BY_EVENT and not (question.way is Way.MENTION and reply.private):
            metadata = {"event_type": _REPLY_EVENT, "event_payload": {"key": _key(question)}}
            thread = question.thread
            sent = await self.sender.say(
                workspace, reply, question.channel, thread=thread, metadata=metadata, until=until
            )
            return await self._or_aside(workspace, question, sent, until)
        if question.way is Way.MODAL and question.view and await self.surfaces.answer(workspace, question.view, reply):
            return Sent("")
        if not await self.intake.inbox.show(question.id):
            return Later(1.0, say("slack.late"))
        sent = await self._once(workspace, question, reply, until)
        if isinstance(sent, Later):
            await self.intake.inbox.hide(question.id)
        return sent

    async def _once(self, workspace: Workspace, question: Inquiry, reply: Reply, until: float = math.inf) -> Posted:
        """Show a reply that cannot be looked for afterwards; its asker is told when it may be lost."""
        thread, sent = question.asked_in, None
        if question.way is Way.MENTION:
            sent = await self.sender.say(
                workspace, reply, question.channel, thread=thread, only=question.user, until=until
            )
            if not isinstance(sent, Unclear):
                return await self._or_aside(workspace, question, sent, until)
        elif question.reply_url:
            private = _is_private(question, reply)
            replace = bool(reply.cards) and (question.way is Way.OWN_BUTTON or self._turns(question))
            sent = await self.sender.respond(
                question.reply_url, reply, private=private, replace=replace, thread=thread, until=until
            )
            if isinstance(sent, Sent | Later):
                return sent
        if isinstance(sent, Unclear):
            await self._otherwise(workspace, question, to_member(say("slack.lost-answer")), until)
            return Refused(sent.why)
        return await self._otherwise(workspace, question, reply, until)

    def _turns(self, question: Inquiry) -> bool:
        """Say whether a press turns a page where nobody else reads along: in the member's messages with the bot."""
        line = parse_line(question.line)
        here = question.way is Way.BUTTON and question.channel.startswith("D")
        return here and any(known.name == line.name and known.turns(line) for known in self.core.commands)

    async def _or_aside(self, workspace: Workspace, question: Inquiry, sent: Posted, until: float) -> Posted:
        """Tell a member in private, once in a while, that the channel they mentioned the bot in refuses it."""
        if not isinstance(sent, Refused) or question.way is not Way.MENTION:
            return sent
        if self.intake.inbox.is_new(
            f"refused:{question.channel}:{question.user}:{sent.why}:{time.time() // _TOLD_SECONDS}"
        ):
            told = to_member(say("slack.mentioned-elsewhere", why=sent.why))
            await self.sender.say(workspace, told, question.user, until=until)
        return sent

    async def _interrupted(self, workspace: Workspace, question: Inquiry) -> None:
        """Tell a member that a process ended over their question, whose answer may stand or not."""
        told = to_member(say("intake.interrupted"))
        if question.way is Way.DIRECT:
            await self.sender.say(workspace, told, question.channel, thread=question.thread)
        elif not question.view or not await self.surfaces.answer(workspace, question.view, told):
            await self._once(workspace, question, told)

    async def home(self, place: Team, user: str) -> None:
        """Show a member their Home tab."""
        workspace = await self.workspaces.of(*place)
        if workspace is None:
            return
        team, _ = place
        admin = bool(await self.people.is_admin(workspace, user, team))
        where = Channel(NAME, user, team)
        author = Author(user, admin=admin, tenant=where.tenant)
        headings = {Use.DAILY: say("slack.quote-of-the-day"), Use.HELP: say("slack.what-i-can-do")}
        shown = {
            heading: self.naming.write(
                await self.core.answer(Request(where, author, command=self.core.lines.names[use], private=True))
            )
            for use, heading in headings.items()
            if use in self.core.lines.names
        }
        channels = await self._channels(team) if Use.SETTINGS in self.core.lines.names else None
        view = home_view(self.core.lines, self._prefix, shown, channels, admin=admin)
        await self.surfaces.home(workspace, user, view)

    async def _channels(self, team: str) -> list[ChannelSettings] | None:
        """Return the configured channels of a workspace; None without a database that answers."""
        try:
            return await self.intake.channels(Channel(NAME, "", team)) if self.intake.has_store else None
        except Exception as error:
            _log.warning("the channels' settings could not be read (%s)", type(error).__name__)
            return None

    async def _request(self, workspace: Workspace, question: Inquiry) -> Request | None:
        """Return the core's request; None when its author must be an admin and Slack does not say.

        Slack is asked only for an admin's command.
        """
        name = question.command or parse_line(question.line).name
        command = next((known for known in self.core.commands if known.name == name), None)
        own = question.home_team in {"", question.team, workspace.team} or bool(workspace.enterprise)
        closed = bool(command and command.admin and own)
        admin = await self.people.is_admin(workspace, question.user, question.team) if closed else False
        if admin is None:
            return None
        channel = Channel(NAME, question.channel or question.user, question.team, question.thread)
        author = Author(question.user, admin=admin, tenant=question.team)
        private = _is_shown_alone(question)
        if question.command:
            args = {command.free.name: question.line} if command and command.free else {}
            return Request(channel, author, command=question.command, args=args, private=private, about=question.about)
        reference = await self._reference(workspace, question)
        slash = question.way is Way.SLASH
        return Request(channel, author, text=question.line, reference=reference, private=private, slash=slash)

    async def _reference(self, workspace: Workspace, question: Inquiry) -> Reference | None:
        """Return the message that a question's thread hangs under, read for what is no command; None outside one."""
        thread = question.asked_in
        if not thread:
            return None
        free = question.way in _BY_EVENT and not parse_line(question.line).name
        parent = await self.sender.parent(workspace, question.channel, thread) if free else None
        if parent is None:
            return Reference(thread)
        return read_parent(parent, thread, workspace.bot_user, workspace.bot_id)

    async def _otherwise(self, workspace: Workspace, question: Inquiry, reply: Reply, until: float) -> Posted:
        """Show a reply without a response_url: to the asker in the channel, else in their messages with the bot."""
        if question.channel and not question.channel.startswith("D"):
            public = question.way in {Way.SLASH, Way.SHARE} and not reply.private
            only = "" if public else question.user
            thread = question.asked_in
            sent = await self.sender.say(workspace, reply, question.channel, thread=thread, only=only, until=until)
            if not isinstance(sent, Refused):
                return sent
        return await self.sender.say(workspace, reply, question.user, until=until)

    async def _stands(self, workspace: Workspace, question: Inquiry) -> Posted | None:
        """Return Sent when the answer to an event stands already, None when it does not.

        A channel that cannot be read is waited for; at last the question is asked for again.
        """
        try:
            since = float(question.ts)
        except ValueError:
            return None
        shown = await self.sender.is_shown(workspace, question.channel, question.thread, since, _key(question))
        if shown is None and self._may_wait(question):
            return Later(1.0, say("slack.late"))
        if shown is None:
            await self.intake.inbox.done(question.id, question.marks)
            await self._interrupted(workspace, question)
        return None if shown is False else Sent("")

    def _may_wait(self, question: Inquiry) -> bool:
        """Say whether a question may be tried once more later."""
        return self.intake.has_store and self._tries.get(question.id, 0) + 1 < _MOST_TRIES

    async def _record(self, question: Inquiry, result: Posted, pending: Pending | None) -> None:
        """Record a question as answered, unless it is to be tried again: nothing was shown, or it can be looked for."""
        by_event = question.way in _BY_EVENT
        waits = isinstance(result, Later) or (by_event and isinstance(result, Unclear))
        if isinstance(result, Failure) and waits and self._may_wait(question):
            self._tries[question.id] = self._tries.get(question.id, 0) + 1
            _log.warning("an answer waits: %s", result.why)
            return
        if isinstance(result, Failure):
            _log.warning("an answer was not shown: %s", result.why)
        self._tries.pop(question.id, None)
        if by_event:
            await self.intake.inbox.done(question.id, question.marks)
        elif pending:
            await pending.end(answered=True)
        else:
            await self.intake.inbox.done(question.id)


def _place(question: Inquiry) -> Channel:
    """Return where a question was asked, as far as limits and turns go."""
    return Channel(NAME, question.channel or question.user, question.team)


def _is_private(question: Inquiry, reply: Reply) -> bool:
    """Say whether a reply by the response_url is for the asker alone."""
    return reply.private or _is_shown_alone(question)


def _is_shown_alone(question: Inquiry) -> bool:
    """Say whether the asker alone sees any answer; where two see a button's anyway, it is not hidden."""
    if question.way is Way.BUTTON:
        return not question.channel.startswith("D")
    return question.way in {Way.OWN_BUTTON, Way.SHORTCUT, Way.MODAL, Way.HOME}


def _key(question: Inquiry) -> str:
    """Return the mark by which the answer to an event is known again, whichever of its deliveries was answered."""
    name = question.marks[0] if question.marks else question.id
    return hashlib.blake2s(name.encode(), digest_size=12).hexdigest()
