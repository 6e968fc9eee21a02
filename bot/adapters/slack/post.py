"""Posting what nobody asked for, once: one try, what it came to, and looking for it afterwards.

Slack has no key that keeps a message from being sent twice. Every post carries its key as message metadata, and history
tells whether it stands. What remains: a worker frozen between its last check and the socket for longer than its lease
shows a post twice until delivery deletes the later one.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from bot.adapters.slack import limits
from bot.adapters.slack.api import Api, is_about_the_token, trouble
from bot.adapters.slack.send import Sender, own_keys
from bot.contract import Blind, Failure, Found, Later, Outcome, Refused, Reply, Sent, Unclear
from bot.policy.texts import say

if TYPE_CHECKING:
    from bot.adapters.slack.workspaces import Workspaces
    from bot.contract import Channel, Post, Posted, Seen

__all__ = ["Poster"]

POST_EVENT: Final = "verbatim_post"
_BEFORE: Final = dt.timedelta(seconds=60)
_AFTER: Final = dt.timedelta(seconds=120)
_MOST_PAGES: Final = 20
_TOKEN_SECONDS: Final = 300.0
_PATIENCE: Final = 5.0
_LINK_SECONDS: Final = 2.0
"""How long whoever shared something waits for the way there."""

_THREAD_MARK: Final = "t"
"""What a thread's key has after its post's."""


class Poster:
    """Sends, finds and deletes posts."""

    def __init__(self, api: Api, workspaces: Workspaces, sender: Sender) -> None:
        self._api = api
        self._workspaces = workspaces
        self._sender = sender

    async def check(self, channel: Channel) -> str:
        """Return "" when the bot may post in the channel and read its posts back, else what to do."""
        workspace = await self._workspaces.of(channel.tenant)
        if workspace is None:
            return say("slack.token-team_access_not_granted")
        reader = self._api.reader(workspace.token)
        answer = await trouble(reader.conversations_info(channel=channel.id), workspace.bot_name)
        if isinstance(answer, Failure):
            return answer.why
        found: dict[str, Any] = answer.get("channel") or {}
        if found.get("is_archived"):
            return say("slack.channel-is_archived")
        if not found.get("is_im") and not found.get("is_member"):
            return say("slack.channel-not_in_channel", bot=workspace.bot_name)
        seen = await trouble(reader.conversations_history(channel=channel.id, limit=1), workspace.bot_name)
        return seen.why if isinstance(seen, Failure) else ""

    async def post(self, channel: Channel, post: Post) -> Posted:
        """Try once to send a post; with a token that Slack refuses it waits for a new one."""
        workspace = await self._workspaces.of(channel.tenant)
        if workspace is None:
            return Refused(say("slack.token-team_access_not_granted"))
        sent = await self._sender.say(
            workspace,
            post.reply,
            channel.id,
            thread=channel.thread or post.about,
            metadata={"event_type": POST_EVENT, "event_payload": {"key": post.key}},
            patience=_PATIENCE,
            tries=1,
        )
        return _unless_token(sent)

    async def open_thread(self, channel: Channel, post: Post, ref: str, *, again: bool) -> Posted:
        """Post the prompt under a post, with a key of its own; look for that first where it may stand."""
        workspace = await self._workspaces.of(channel.tenant)
        if workspace is None:
            return Refused(say("slack.token-team_access_not_granted"))
        key = f"{post.key}{_THREAD_MARK}"
        shown = await self._sender.is_shown(workspace, channel.id, ref, float(ref), key) if again else False
        if shown is None:
            return Later(0.0, say("slack.no-messages"))
        if shown:
            return Sent(ref)
        sent = await self._sender.say(
            workspace,
            Reply(post.prompt, Outcome.FOUND),
            channel.id,
            thread=ref,
            metadata={"event_type": POST_EVENT, "event_payload": {"key": key}},
            patience=_PATIENCE,
            tries=1,
        )
        return _unless_token(sent)

    async def find(self, channel: Channel, post: Post) -> Seen:
        """Read the channel's history, or that of the thread it stands in, around the tries for the post's key."""
        workspace = await self._workspaces.of(channel.tenant)
        if workspace is None:
            return Blind(say("slack.token-team_access_not_granted"))
        now = dt.datetime.now(dt.UTC)
        oldest = (post.first_try or now) - _BEFORE
        latest = (post.last_try or now) + _AFTER
        window: dict[str, Any] = {
            "channel": channel.id,
            "oldest": f"{oldest.timestamp():.6f}",
            "latest": f"{latest.timestamp():.6f}",
            "limit": limits.HISTORY_PAGE,
            "include_all_metadata": True,
        }
        thread = channel.thread or post.about
        window |= {"ts": thread} if thread else {}
        if not workspace.bot_id and not workspace.bot_user:
            return Blind(say("slack.not-mine"))
        reader = self._api.reader(workspace.token)
        refs: list[str] = []
        for _ in range(_MOST_PAGES):
            read = reader.conversations_replies if thread else reader.conversations_history
            answer = await trouble(read(**window), workspace.bot_name)
            if isinstance(answer, Failure):
                return Blind(answer.why)
            if not isinstance(answer.get("messages"), list):
                return Blind(say("slack.no-messages"))
            refs += own_keys(answer["messages"], workspace, post.key)
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return Found(tuple(sorted(refs, key=float)))
            window["cursor"] = cursor
        return Blind(say("slack.too-many", most=_MOST_PAGES * limits.HISTORY_PAGE))

    async def link(self, channel: Channel, ref: str) -> str:
        """Return Slack's own address of a message, "" where it does not tell."""
        workspace = await self._workspaces.of(channel.tenant)
        if workspace is None:
            return ""
        call = self._api.writer(workspace.token).chat_getPermalink(channel=channel.id, message_ts=ref)
        answer = await trouble(call, workspace.bot_name, _LINK_SECONDS)
        return "" if isinstance(answer, Failure) else str(answer.get("permalink") or "")

    async def delete(self, channel: Channel, ref: str) -> bool:
        """Delete one of the bot's messages; True when it is gone."""
        workspace = await self._workspaces.of(channel.tenant)
        if workspace is None:
            return False
        answer = await trouble(self._api.writer(workspace.token).chat_delete(channel=channel.id, ts=ref))
        if isinstance(answer, Refused):
            return answer.why == say("slack.refused", error="message_not_found")
        return not isinstance(answer, Later | Unclear)

    async def tell(self, channel: Channel, member: str, sentence: str) -> bool:
        """Tell a member something in the app's own direct messages; True when Slack took it."""
        workspace = await self._workspaces.of(channel.tenant)
        if workspace is None or not member:
            return False
        told = Reply(sentence, Outcome.FOUND)
        return isinstance(await self._sender.say(workspace, told, member, patience=_PATIENCE, tries=1), Sent)

    async def clock_ahead(self) -> float | None:
        """Return by how many seconds Slack's clock is ahead of this one, None when it is not known."""
        return await self._api.clock_ahead()


def _unless_token(sent: Posted) -> Posted:
    """Return how a send ended; with a token that Slack refuses it waits for a new one."""
    return Later(_TOKEN_SECONDS, sent.why) if isinstance(sent, Refused) and is_about_the_token(sent) else sent
