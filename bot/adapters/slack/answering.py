"""From what a member asked to the answer where it belongs: request, core, drawing, sending, and the record of it."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import logging
import time
from typing import TYPE_CHECKING, Final

from bot.adapters.slack.inbound import Asked, Way, asked_from
from bot.adapters.slack.views import home_view
from bot.grammar import parse_line
from bot.message import Author, Channel, Outcome, Reply, Request
from bot.post import Later, Refused, Sent, Unclear

if TYPE_CHECKING:
    from bot.adapters.slack.parts import Parts
    from bot.adapters.slack.teams import Workspace
    from bot.post import Posted
    from bot.store import ChannelSettings, Store

__all__ = ["Answering", "busy", "stale"]

_log = logging.getLogger(__name__)

_REPLY_EVENT: Final = "verbatim_reply"
_MOST_TRIES: Final = 3
_MOST_COUNTED: Final = 1_000
_UNFINISHED_SECONDS: Final = 5.0
"""How often events that some process left unanswered are looked for."""

_BY_EVENT: Final = frozenset({Way.MENTION, Way.DIRECT})


def busy() -> Reply:
    """Return what a member reads when too much is going on."""
    return Reply("That's a lot of questions at once. Try again in a few seconds.", Outcome.ERROR, private=True)


def stale() -> Reply:
    """Return what a member reads on pressing a button that means nothing any more."""
    sentence = "This button is from an older message and no longer works. Ask again, or type /help."
    return Reply(sentence, Outcome.ERROR, private=True)


class Answering:
    """Answers one question after the other, as many at a time as there is room for."""

    def __init__(self, parts: Parts) -> None:
        """Take the parts."""
        self._core = parts.core
        self._workspaces = parts.workspaces
        self._sending = parts.sending
        self._people = parts.people
        self._work = parts.work
        self._seen = parts.seen
        self._store = parts.store
        self._under_way: set[str] = set()
        self._tries: dict[str, int] = {}

    def begin(self, asked: Asked) -> None:
        """Answer in a task of its own; beyond the room for that, tell the member to come back."""
        if not self._work.start(self.answer(asked)):
            self._work.start(self._put_off(asked), spare=True)

    async def answer(self, asked: Asked, *, again: bool = False) -> None:
        """Answer a question and record that it is; `again` looks first whether its answer already stands."""
        if asked.id in self._under_way:
            return
        self._under_way.add(asked.id)
        try:
            workspace = await self._workspaces.of(asked.team)
            if workspace is None:
                _log.warning("a question came from a workspace that did not install the app: %s", asked.team)
                result: Posted = Refused("not installed")
            elif again and await self._stands(workspace, asked):
                result = Sent("")
            else:
                reply = await self._core.answer(await self._request(workspace, asked))
                result = await self.deliver(workspace, asked, reply)
        except Exception:  # an event that breaks us is not taken up again and again
            _log.exception("an answer on Slack broke")
            result = Refused("it broke")
        finally:
            self._under_way.discard(asked.id)
        await self._record(asked, result)

    async def deliver(self, workspace: Workspace, asked: Asked, reply: Reply) -> Posted:
        """Show a reply where it was asked for."""
        if asked.way in _BY_EVENT:
            if asked.way is Way.MENTION and reply.private:
                return await self._sending.say(workspace, reply, asked.channel, thread=asked.asked_in, only=asked.user)
            metadata = {"event_type": _REPLY_EVENT, "event_payload": {"key": _key(asked)}}
            return await self._sending.say(workspace, reply, asked.channel, thread=asked.thread, metadata=metadata)
        if asked.way is Way.MODAL and asked.view and await self._sending.into_view(workspace, asked.view, reply):
            return Sent("")
        if asked.reply_url and await self._respond(asked, reply):
            return Sent("")
        return await self._otherwise(workspace, asked, reply)

    async def leftovers(self) -> None:
        """Take up, again and again, what some process recorded and never answered."""
        while True:
            try:
                if self._store is not None:
                    await self._take_up(self._store)
            except Exception as error:  # the store may be away for a while
                _log.warning("unanswered events could not be read (%s)", type(error).__name__)
            await asyncio.sleep(_UNFINISHED_SECONDS)

    async def _take_up(self, store: Store) -> None:
        """Answer what is left over."""
        for left in await store.inbox.unfinished("slack", _UNFINISHED_SECONDS, time.time()):
            asked = asked_from(left.payload)
            if asked is None:
                await store.inbox.done("slack", left.delivery_id)
            elif asked.id not in self._under_way:
                self._work.start(self.answer(asked, again=True))

    async def home(self, team: str, user: str, prefix: str) -> None:
        """Show a member their Home tab."""
        workspace = await self._workspaces.of(team)
        if workspace is None:
            return
        admin = await self._people.is_admin(workspace, user)
        names = {command.name for command in self._core.commands}
        where = Channel("slack", user)
        highlight = None
        if "highlight" in names:
            highlight = await self._core.answer(Request(where, Author(user, admin=admin), command="highlight"))
        channels = await self._channels(team) if "settings" in names else None
        view = home_view(self._core.commands, prefix, highlight, channels, admin=admin)
        await self._sending.home(workspace, user, view)

    async def _channels(self, team: str) -> list[ChannelSettings] | None:
        """Return the configured channels of a workspace; None without a database that answers."""
        try:
            return await self._store.channels.of_tenant(Channel("slack", "", team)) if self._store else None
        except Exception as error:
            _log.warning("the channels' settings could not be read (%s)", type(error).__name__)
            return None

    async def _request(self, workspace: Workspace, asked: Asked) -> Request:
        """Return the core's request; whether its author is an admin is asked only for an admin's command."""
        name = asked.command or parse_line(asked.line).name
        command = next((known for known in self._core.commands if known.name == name), None)
        own = asked.home_team in {"", asked.team, workspace.team, workspace.enterprise}
        admin = bool(command and command.admin and own and await self._people.is_admin(workspace, asked.user))
        direct = not asked.channel or asked.channel.startswith("D")
        channel = Channel("slack", asked.channel or asked.user, "" if direct else asked.team, asked.thread)
        author = Author(asked.user, admin=admin)
        if asked.command:
            free = command.free.name if command and command.free else "claim"
            return Request(channel, author, command=asked.command, args={free: asked.line})
        return Request(channel, author, text=asked.line)

    async def _respond(self, asked: Asked, reply: Reply) -> bool:
        """Show a reply by the response_url."""
        direct = asked.channel.startswith("D")
        private = {
            Way.SLASH: reply.private,
            Way.SHARE: reply.private,
            Way.BUTTON: not direct or reply.private,
        }.get(asked.way, True)
        replace = asked.way is Way.OWN_BUTTON
        return await self._sending.respond(
            asked.reply_url, reply, private=private, replace=replace, thread=asked.asked_in
        )

    async def _otherwise(self, workspace: Workspace, asked: Asked, reply: Reply) -> Posted:
        """Show a reply without a response_url: to the asker in the channel, else in their messages with the bot."""
        if asked.channel and not asked.channel.startswith("D"):
            public = asked.way in {Way.SLASH, Way.SHARE} and not reply.private
            only = "" if public else asked.user
            sent = await self._sending.say(workspace, reply, asked.channel, thread=asked.asked_in, only=only)
            if not isinstance(sent, Refused):
                return sent
        return await self._sending.say(workspace, reply, asked.user)

    async def _put_off(self, asked: Asked) -> None:
        """Tell a member that too much is going on; a recorded event waits for a quieter moment instead."""
        if asked.way in _BY_EVENT and self._store is not None:
            return
        workspace = await self._workspaces.of(asked.team)
        if workspace is not None:
            await self.deliver(workspace, dataclasses.replace(asked, way=_quiet_way(asked.way)), busy())

    async def _stands(self, workspace: Workspace, asked: Asked) -> bool:
        """Say whether the answer to an event was posted before the process that owed it ended."""
        try:
            since = float(asked.ts)
        except ValueError:
            return False
        return bool(await self._sending.is_shown(workspace, asked.channel, asked.thread, since, _key(asked)))

    async def _record(self, asked: Asked, result: Posted) -> None:
        """Record an event as answered, unless it is to be tried again: nothing was shown, or nobody knows."""
        if asked.way not in _BY_EVENT:
            return
        if isinstance(result, Later | Unclear):
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
        await self._seen.done(asked)


def _quiet_way(way: Way) -> Way:
    """Return the way on which a notice is for the asker alone and replaces nothing."""
    return Way.BUTTON if way in {Way.OWN_BUTTON, Way.SHARE} else way


def _key(asked: Asked) -> str:
    """Return the mark by which the answer to an event is known again."""
    return hashlib.blake2s(asked.id.encode(), digest_size=12).hexdigest()
