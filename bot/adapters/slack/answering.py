"""From what a member asked to the answer where it belongs: request, core, drawing, sending, and the record of it."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import hashlib
import logging
import math
import time
from typing import TYPE_CHECKING, Final

from bot.adapters.slack.inbound import Way
from bot.adapters.slack.pending import Keeping
from bot.adapters.slack.views import home_view
from bot.contract.grammar import parse_line
from bot.contract.message import Author, Channel, Outcome, Reply, Request
from bot.contract.post import Later, Refused, Sent, Unclear

if TYPE_CHECKING:
    from bot.adapters.slack.inbound import Asked, Place
    from bot.adapters.slack.parts import Parts
    from bot.adapters.slack.workspaces import Workspace
    from bot.contract.post import Posted
    from bot.store import ChannelSettings, Store

__all__ = ["EARLY_SECONDS", "LOOK_SECONDS", "Answering", "busy", "not_opened", "stale", "wordless"]

_log = logging.getLogger(__name__)

_REPLY_EVENT: Final = "verbatim_reply"
_MOST_TRIES: Final = 3
_MOST_COUNTED: Final = 1_000
LOOK_SECONDS: Final = 5.0
"""How often what some process left unanswered is looked for."""

EARLY_SECONDS: Final = 10.0
"""By so much the inbox's lease (30 s) is cut short: what was left is found 20 to 25 s after it was asked."""

_ANSWER_SECONDS: Final = 14.0
"""Seconds after which an answer is given up."""

_OURS_SECONDS: Final = 17.0
"""Seconds after which an answer is not shown any more: another process may be about to."""

_BY_EVENT: Final = frozenset({Way.MENTION, Way.DIRECT})
_TOLD_SECONDS: Final = 3_600
"""A member reads once an hour why the bot cannot answer in a channel."""

_AT_HOME: Final = frozenset({Way.MODAL, Way.HOME})


def busy() -> Reply:
    """Return what a member reads when too much is going on."""
    return Reply("That's a lot of questions at once. Try again in a few seconds.", Outcome.ERROR, private=True)


def too_long() -> Reply:
    """Return what a member reads when an answer was given up."""
    return Reply("That took too long, and I gave up. Ask for less at once.", Outcome.ERROR, private=True)


def lost() -> Reply:
    """Return what a member reads when nobody knows whether their answer is shown to all."""
    return Reply("Slack lost my answer on the way; ask me once more.", Outcome.ERROR, private=True)


def unsure() -> Reply:
    """Return what a member reads when Slack does not say whether they are an admin."""
    sentence = "Slack did not tell me whether you are an admin. Try again in a minute."
    return Reply(sentence, Outcome.ERROR, private=True)


def not_opened() -> Reply:
    """Return what a member reads when Slack refused to open the window for a question."""
    sentence = "Slack did not let me open the window for your question. Try once more, or ask me here."
    return Reply(sentence, Outcome.ERROR, private=True)


def not_installed() -> Reply:
    """Return what a member reads where the app's installation is gone."""
    sentence = "I am not installed in this workspace any more. Ask an admin to install me again."
    return Reply(sentence, Outcome.ERROR, private=True)


def wordless() -> Reply:
    """Return what a member reads who asks about a message without words, such as a picture."""
    sentence = "That message has no words I could check. Type /verify and the words."
    return Reply(sentence, Outcome.ERROR, private=True)


def stale() -> Reply:
    """Return what a member reads on pressing a button that means nothing any more."""
    sentence = "This button is from an older message and no longer works. Ask again, or type /help."
    return Reply(sentence, Outcome.ERROR, private=True)


class Answering:
    """Answers one question after the other, as many at a time as there is room for."""

    def __init__(self, parts: Parts, look: float = LOOK_SECONDS, early: float = EARLY_SECONDS) -> None:
        """Take the parts, how often to look for what was left (seconds), and by how much its lease is cut short."""
        self._look = look
        self._early = early
        self._core = parts.core
        self._workspaces = parts.workspaces
        self._sending = parts.sending
        self._surfaces = parts.surfaces
        self._people = parts.people
        self._naming = parts.naming
        self._prefix = parts.prefix
        self._work = parts.work
        self._seen = parts.seen
        self._kept = parts.kept
        self._store = parts.store
        self._under_way: set[str] = set()
        self._tries: dict[str, int] = {}

    def begin(self, asked: Asked, *, again: bool = False, after: float = 0.0) -> None:
        """Answer in a task of its own, in `after` seconds; beyond the room for that, tell the member to come back."""
        if not self._work.start(self.answer(asked, again=again, after=after)):
            self._work.start(self._put_off(asked), spare=True)

    async def settles(self, asked: Asked, seconds: float, *, again: bool = False) -> bool:
        """Answer a question that could not be recorded; say whether it is settled within so many seconds.

        It is answered to the end all the same; one that is not settled is asked for once more.
        """
        ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            settled = await self.answer(asked, again=again)
            if settled:
                self._seen.settled(asked)
            if not ended.done():
                ended.set_result(settled)

        if not self._work.start(work()):
            return False
        await asyncio.wait({ended}, timeout=seconds)
        return ended.done() and ended.result()

    async def answer(self, asked: Asked, *, again: bool = False, after: float = 0.0) -> bool:
        """Answer a question and record that it is; `again` looks first whether its answer already stands.

        False when nothing came of it that a second try would not better.
        """
        if asked.id in self._under_way:
            return False
        self._under_way.add(asked.id)
        began = time.monotonic()
        keeping = None if again or asked.way in _BY_EVENT else Keeping(self._kept, asked)
        result: Posted
        try:
            await asyncio.sleep(after)
            workspace = await self._workspaces.of(asked.team, asked.enterprise)
            if workspace is None:
                _log.warning("a question came from a workspace that did not install the app: %s", asked.team)
                if asked.reply_url:  # which needs no token
                    await self._sending.respond(asked.reply_url, not_installed(), private=True, thread=asked.asked_in)
                result = Refused("not installed")
            elif again and await self._stands(workspace, asked):
                result = Sent("")
            else:
                reply = await self._reply(workspace, asked)
                if reply is None and self._seen.owes(asked) and not again:
                    return False  # the database is in trouble; by the time Slack sends it again it may not be
                reply = reply or too_long()
                if keeping and not await keeping.is_ours():
                    return True
                alone = self._store is None or (keeping is not None and keeping.failed)
                until = math.inf if alone else began + _OURS_SECONDS
                if time.monotonic() > until:
                    _log.warning("an answer came late and was left to another process")
                    return False
                result = await self.deliver(workspace, asked, reply, until)
        except Exception:  # an event that breaks us is not taken up again and again
            _log.exception("an answer on Slack broke")
            result = Refused("it broke")
        finally:
            self._under_way.discard(asked.id)
        await self._record(asked, result, keeping)
        if asked.way in _AT_HOME and parse_line(asked.line).name == "settings":
            await self.home((asked.team, asked.enterprise), asked.user)  # which shows what was set
        return isinstance(result, Sent | Refused)

    async def _reply(self, workspace: Workspace, asked: Asked) -> Reply | None:
        """Return the core's reply, None when it takes too long."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                request = await self._request(workspace, asked)
                return unsure() if request is None else await self._core.answer(request)
        except TimeoutError:
            _log.warning("an answer took more than %g s", _ANSWER_SECONDS)
            return None

    async def deliver(self, workspace: Workspace, asked: Asked, reply: Reply, until: float = math.inf) -> Posted:
        """Show a reply where it was asked for; nothing is begun after `until` (the monotonic clock's)."""
        if asked.way in _BY_EVENT:
            return await self._to_event(workspace, asked, reply, until)
        if asked.way is Way.MODAL and asked.view and await self._surfaces.answer(workspace, asked.view, reply):
            return Sent("")
        if asked.reply_url:
            private = _is_private(asked, reply)
            replace = asked.way is Way.OWN_BUTTON and bool(reply.cards)
            sent = await self._sending.respond(
                asked.reply_url, reply, private=private, replace=replace, thread=asked.asked_in, until=until
            )
            if isinstance(sent, Sent | Later):
                return sent
            if isinstance(sent, Unclear) and not private:
                await self._otherwise(workspace, asked, lost(), until)
                return sent
        return await self._otherwise(workspace, asked, reply, until)

    async def _to_event(self, workspace: Workspace, asked: Asked, reply: Reply, until: float) -> Posted:
        """Show a reply to a mention or a direct message; that a channel refuses it is told in private."""
        say = functools.partial(self._sending.say, workspace, reply, asked.channel, until=until)
        if asked.way is Way.MENTION and reply.private:
            sent = await say(thread=asked.asked_in, only=asked.user)
        else:
            metadata = {"event_type": _REPLY_EVENT, "event_payload": {"key": _key(asked)}}
            sent = await say(thread=asked.thread, metadata=metadata)
        if not isinstance(sent, Refused) or asked.way is not Way.MENTION:
            return sent
        if self._seen.fresh(f"refused:{asked.channel}:{asked.user}:{sent.why}:{time.time() // _TOLD_SECONDS}"):
            told = Reply(f"I could not answer where you mentioned me. {sent.why}", Outcome.ERROR, private=True)
            await self._sending.say(workspace, told, asked.user, until=until)
        return sent

    async def leftovers(self) -> None:
        """Take up, again and again, what some process recorded and never answered."""
        while True:
            try:
                if self._store is not None:
                    await self._take_up(self._store)
            except Exception as error:  # the store may be away for a while
                _log.warning("unanswered events could not be read (%s)", type(error).__name__)
            await asyncio.sleep(self._look)

    async def _take_up(self, store: Store) -> None:
        """Answer what is left over."""
        for left in await store.inbox.unfinished("slack", 0.0, await store.now() + self._early):
            asked = self._kept.opened(left)
            if asked is None:
                await store.inbox.done("slack", left.delivery_id)
            elif asked.id not in self._under_way:
                self._work.start(self.answer(asked, again=True))

    async def home(self, place: Place, user: str) -> None:
        """Show a member their Home tab."""
        workspace = await self._workspaces.of(*place)
        if workspace is None:
            return
        team, _ = place
        admin = bool(await self._people.is_admin(workspace, user, team))
        names = {command.name for command in self._core.commands}
        where = Channel("slack", user, team)
        highlight = None
        if "highlight" in names:
            shown = await self._core.answer(Request(where, Author(user, admin=admin), command="highlight"))
            highlight = self._naming.written(shown)
        channels = await self._channels(team) if "settings" in names else None
        view = home_view(self._core.commands, self._prefix, highlight, channels, admin=admin)
        await self._surfaces.home(workspace, user, view)

    async def _channels(self, team: str) -> list[ChannelSettings] | None:
        """Return the configured channels of a workspace; None without a database that answers."""
        try:
            return await self._store.channels.of_tenant(Channel("slack", "", team)) if self._store else None
        except Exception as error:
            _log.warning("the channels' settings could not be read (%s)", type(error).__name__)
            return None

    async def _request(self, workspace: Workspace, asked: Asked) -> Request | None:
        """Return the core's request; None when its author must be an admin and Slack does not say.

        Slack is asked only for an admin's command.
        """
        name = asked.command or parse_line(asked.line).name
        command = next((known for known in self._core.commands if known.name == name), None)
        own = asked.home_team in {"", asked.team, workspace.team} or bool(workspace.enterprise)
        closed = bool(command and command.admin and own)
        admin = await self._people.is_admin(workspace, asked.user, asked.team) if closed else False
        if admin is None:
            return None
        channel = Channel("slack", asked.channel or asked.user, asked.team, asked.thread)
        author = Author(asked.user, admin=admin)
        if asked.command:
            free = command.free.name if command and command.free else "claim"
            return Request(channel, author, command=asked.command, args={free: asked.line})
        return Request(channel, author, text=asked.line)

    async def _otherwise(self, workspace: Workspace, asked: Asked, reply: Reply, until: float) -> Posted:
        """Show a reply without a response_url: to the asker in the channel, else in their messages with the bot."""
        if asked.channel and not asked.channel.startswith("D"):
            public = asked.way in {Way.SLASH, Way.SHARE} and not reply.private
            only = "" if public else asked.user
            thread = asked.asked_in
            sent = await self._sending.say(workspace, reply, asked.channel, thread=thread, only=only, until=until)
            if not isinstance(sent, Refused):
                return sent
        return await self._sending.say(workspace, reply, asked.user, until=until)

    async def _put_off(self, asked: Asked) -> None:
        """Tell a member that too much is going on; a recorded event waits for a quieter moment instead."""
        if asked.way in _BY_EVENT and self._store is not None:
            return
        workspace = await self._workspaces.of(asked.team, asked.enterprise)
        if workspace is not None:
            await self.deliver(workspace, dataclasses.replace(asked, way=_quiet_way(asked.way)), busy())

    async def _stands(self, workspace: Workspace, asked: Asked) -> bool:
        """Say whether the answer to an event was posted before the process that owed it ended."""
        try:
            since = float(asked.ts)
        except ValueError:
            return False
        return bool(await self._sending.is_shown(workspace, asked.channel, asked.thread, since, _key(asked)))

    async def _record(self, asked: Asked, result: Posted, keeping: Keeping | None) -> None:
        """Record a question as answered, unless it is to be tried again: nothing was shown, or it can be looked for."""
        by_event = asked.way in _BY_EVENT
        if isinstance(result, Later) or (by_event and isinstance(result, Unclear)):
            tries = self._tries.get(asked.id, 0) + 1
            if self._store is not None and tries < _MOST_TRIES:
                if len(self._tries) >= _MOST_COUNTED:
                    self._tries.clear()
                self._tries[asked.id] = tries
                _log.warning("an answer waits: %s", result.why)
                return
        if isinstance(result, Later | Refused | Unclear):
            _log.warning("an answer was not shown: %s", result.why)
        self._tries.pop(asked.id, None)
        if by_event:
            await self._seen.done(asked)
        elif keeping:
            await keeping.done()
        else:
            await self._kept.done(asked.id)


def _is_private(asked: Asked, reply: Reply) -> bool:
    """Say whether a reply by the response_url is for the asker alone; where two see it anyway, a button's is not."""
    if asked.way in {Way.SLASH, Way.SHARE}:
        return reply.private
    return asked.way is not Way.BUTTON or not asked.channel.startswith("D") or reply.private


def _quiet_way(way: Way) -> Way:
    """Return the way on which a notice is for the asker alone and replaces nothing."""
    return Way.BUTTON if way in {Way.OWN_BUTTON, Way.SHARE} else way


def _key(asked: Asked) -> str:
    """Return the mark by which the answer to an event is known again, whichever of its deliveries was answered."""
    name = asked.marks[0] if asked.marks else asked.id
    return hashlib.blake2s(name.encode(), digest_size=12).hexdigest()
