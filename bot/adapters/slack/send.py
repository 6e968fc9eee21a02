"""Sending a drawn reply once: by response_url, or into a channel."""

from __future__ import annotations

import asyncio
import logging
import math
import re
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bot.adapters.slack import limits
from bot.adapters.slack.api import CALL_SECONDS, NOT_REACHED, Api, Throttle, is_loopback, retry_after, trouble
from bot.adapters.slack.naming import Naming
from bot.adapters.slack.render import message
from bot.contract import Failure, Later, Refused, Sent, Unclear
from bot.intake import read_http_date
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.adapters.slack.workspaces import Workspace
    from bot.contract import Posted, Reply

__all__ = ["Sender"]

_log = logging.getLogger(__name__)

_PATIENCE: Final = 20.0
"""Seconds an answer waits for its channel or a rate limit."""

_PARENT_SECONDS: Final = 2.0
"""How long an answer waits for the message above it; a rate limit is not waited for."""

_GRACE_SECONDS: Final = 2.5
"""By so much a call that began in time may outlast the end of its time; others wait three seconds for that."""

_TRIES: Final = 3
_OK: Final = 200
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_UNHAPPY: Final = re.compile(r'"ok":\s*false')


class Sender:
    """Sends replies; nothing here is sent twice unless the platform said that it took nothing."""

    def __init__(
        self, api: Api, response_hosts: frozenset[str], *, local: bool = False, naming: Naming | None = None
    ) -> None:
        """Take the API, the hosts a response_url may name, and how commands are named.

        `local` says that the API is on this machine, and so may be any response_url.
        """
        self._naming = naming or Naming()
        self._local = local
        self._api = api
        self._hosts = response_hosts
        self._throttle = Throttle()
        self._cited = True

    async def say(  # noqa: PLR0913 - where a message goes is that many things on Slack
        self,
        workspace: Workspace,
        reply: Reply,
        channel: str,
        *,
        thread: str = "",
        only: str = "",
        metadata: dict[str, Any] | None = None,
        patience: float = _PATIENCE,
        tries: int = _TRIES,
        until: float = math.inf,
    ) -> Posted:
        """Post a reply in a channel, to all or to `only` one member; wait for its turn at most `patience` seconds.

        After `until` (the monotonic clock's) nothing is begun any more, and it is Later: another process may begin.
        """
        reply = self._naming.write(reply)
        result: Posted = Later(1.0, say("slack.not-tried"))
        tried = 0
        while tried < tries:
            ahead = self._throttle.ahead(channel)
            if ahead > patience or time.monotonic() + ahead > until:
                self._throttle.give_back(channel)
                return Later(max(ahead, 1.0), say("slack.one-a-second") if ahead else say("slack.late"))
            await asyncio.sleep(ahead)
            body: dict[str, Any] = message(reply, share=bool(only), cited=self._cited)
            body |= {"channel": channel, "link_names": False, "parse": "none"}
            body |= {"thread_ts": thread} if thread else {}
            client = self._api.writer(workspace.token)
            if only:
                call = client.api_call("chat.postEphemeral", json=_as_ephemeral(body) | {"user": only})
            else:
                call = client.api_call("chat.postMessage", json=body | ({"metadata": metadata} if metadata else {}))
            answer = await trouble(call, workspace.bot_name, _seconds(until))
            if self._cited and isinstance(answer, Refused) and "invalid_blocks" in answer.why:
                self._cited = False  # a workspace that does not know citation elements took nothing
                continue
            tried += 1
            if isinstance(answer, Later):
                self._throttle.hold(channel, answer.seconds)
                result = answer
                continue
            if isinstance(answer, Refused | Unclear):
                return answer
            return Sent(
                str(answer.get("ts") or answer.get("message_ts") or ""), read_http_date(answer.headers.get("Date"))
            )
        return result

    async def respond(  # noqa: PLR0913 - as above
        self,
        url: str,
        reply: Reply,
        *,
        private: bool,
        replace: bool = False,
        thread: str = "",
        until: float = math.inf,
    ) -> Posted:
        """Post to a response_url, at most four of its five uses; for `until` see `say`.

        Refused when nothing was shown and it is to be said otherwise; Unclear when it may be shown.
        """
        if not self.may_answer_at(url):
            _log.warning("a response_url names a host that SLACK_RESPONSE_HOSTS does not list; answering otherwise")
            return Refused(say("slack.not-slacks"))
        reply = self._naming.write(reply)
        sent: Posted = Later(1.0, say("slack.late"))
        for _ in range(limits.REPLY_USES - 1):
            if time.monotonic() > until:
                return sent
            body: dict[str, Any] = message(reply, share=private, cited=self._cited)
            body |= {"response_type": "ephemeral" if private else "in_channel", "replace_original": replace}
            body |= {"thread_ts": thread} if thread and not replace else {}
            sent = await self._hook_once(url, body, _seconds(until))
            if self._cited and isinstance(sent, Refused) and "invalid_blocks" in sent.why:
                self._cited = False
                continue
            if not isinstance(sent, Later):
                break
            wait = min(_PATIENCE, sent.seconds)
            if time.monotonic() + wait > until:
                return sent
            await asyncio.sleep(wait)
        if isinstance(sent, Refused | Unclear):
            _log.warning("a response_url took no answer: %s", sent.why)
        return Refused(say("slack.asks-to-slow-down")) if isinstance(sent, Later) else sent

    async def _hook_once(self, url: str, body: dict[str, Any], seconds: float) -> Posted:
        """Post once to a response_url."""
        try:
            async with asyncio.timeout(seconds):
                answer = await self._api.hook(url).send_dict(body)
        except NOT_REACHED as error:
            return Refused(say("slack.hook-not-reached", error=type(error).__name__))
        except Exception as error:  # a connection cut half-way, or no answer in time
            return Unclear(say("slack.hook-lost", error=type(error).__name__))
        if answer.status_code == _OK and not _UNHAPPY.search(answer.body):
            return Sent("")
        if answer.status_code == _TOO_MANY:
            return Later(retry_after(answer.headers), say("slack.slow-down"))
        if answer.status_code >= _SERVER_ERROR:
            return Unclear(say("slack.hook-failed", status=answer.status_code))
        why = " (invalid_blocks)" if "invalid_blocks" in answer.body else ""
        return Refused(say("slack.hook-refused", status=answer.status_code, why=why))

    def may_answer_at(self, url: str) -> bool:
        """Say whether a response_url may be posted to: a listed host, by https unless it is this machine."""
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").casefold()
        except ValueError:
            return False
        own = is_loopback(url)
        listed = host in self._hosts or (self._local and own)
        return listed and (parts.scheme == "https" or (parts.scheme == "http" and own))

    async def is_shown(self, workspace: Workspace, channel: str, thread: str, since: float, key: str) -> bool | None:
        """Say whether the bot's message with that key stands in a channel or thread; None when it cannot be read."""
        window: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{since:.6f}",
            "include_all_metadata": True,
            "limit": limits.HISTORY_PAGE,
        }
        client = self._api.reader(workspace.token)
        if thread:
            answer = await trouble(client.conversations_replies(ts=thread, **window))
        else:
            answer = await trouble(client.conversations_history(**window))
        if isinstance(answer, Failure):
            return None
        return bool(own_keys(answer.get("messages") or [], workspace, key))

    async def parent(self, workspace: Workspace, channel: str, thread: str) -> dict[str, Any] | None:
        """Return the message that a thread hangs under; None where it cannot be read soon."""
        call = self._api.writer(workspace.token).conversations_replies(channel=channel, ts=thread, limit=1)
        answer = await trouble(call, workspace.bot_name, _PARENT_SECONDS)
        found = [] if isinstance(answer, Failure) else answer.get("messages") or []
        return next((each for each in found if isinstance(each, dict) and each.get("ts") == thread), None)


def own_keys(messages: Sequence[dict[str, Any]], workspace: Workspace, key: str) -> list[str]:
    """Return the timestamps of the bot's own messages that carry the key."""
    return [
        str(message.get("ts"))
        for message in messages
        if ((message.get("metadata") or {}).get("event_payload") or {}).get("key") == key
        and (
            (workspace.bot_id and message.get("bot_id") == workspace.bot_id)
            or (workspace.bot_user and message.get("user") == workspace.bot_user)
        )
    ]


def _seconds(until: float) -> float:
    """Return how long a call may take that is to be over soon after `until`."""
    return min(CALL_SECONDS, until - time.monotonic() + _GRACE_SECONDS)


def _as_ephemeral(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body without what chat.postEphemeral does not take."""
    return {name: value for name, value in body.items() if name not in {"mrkdwn", "unfurl_links", "unfurl_media"}}
