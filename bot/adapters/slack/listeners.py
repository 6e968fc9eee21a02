"""The one set of listeners, for Socket Mode and HTTP alike: acknowledge, then go on in tasks of our own.

Bolt runs its listeners as tasks nobody holds, so they only hand over. Events are recorded before they are acknowledged;
commands, buttons and views, which Slack never sends twice, are acknowledged first.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import re
import time
from typing import TYPE_CHECKING, Any

from slack_bolt import BoltResponse
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.answering import not_opened, stale
from bot.adapters.slack.api import quiet
from bot.adapters.slack.inbound import Asked, Way, read_action, read_event, read_shortcut, read_slash, read_view
from bot.adapters.slack.prompts import prompts
from bot.adapters.slack.views import ASK, ask_view, waiting_view

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from slack_bolt.context.ack.async_ack import AsyncAck
    from slack_bolt.context.async_context import AsyncBoltContext

    from bot.adapters.slack.answering import Answering
    from bot.adapters.slack.parts import Parts
    from bot.settings import Settings

__all__ = ["Listeners"]

_log = logging.getLogger(__name__)

_ANY = re.compile(r".*", re.DOTALL)
_LINK = "link:"
_ACK_SECONDS = 0.7
_SAME_SECONDS = 600
"""Two events tell of one removal; within so long they get one log line."""

_ASKED = "verbatim_asked"


class Listeners:
    """What the app listens to."""

    def __init__(self, settings: Settings, parts: Parts, answering: Answering) -> None:
        """Take the settings, the parts that events touch, and what answers."""
        self._settings = settings
        self._answering = answering
        self._workspaces = parts.workspaces
        self._sending = parts.sending
        self._work = parts.work
        self._seen = parts.seen
        self._store = parts.store
        self._prompts = prompts(parts.core.commands)

    def app(self) -> AsyncApp:
        """Return a Bolt app with the listeners; it connects to nothing by itself.

        Authorization is left to the tasks, so that no look-up stands before an acknowledgement.
        """
        app = AsyncApp(
            name="verbatim",
            logger=quiet("bolt"),
            signing_secret=self._settings.slack_signing_secret,
            client=AsyncWebClient(base_url=self._settings.slack_api_base_url, logger=quiet("web"), retry_handlers=[]),
            authorize=_authorize,
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        app.middleware(self._record)
        app.event(_ANY)(self._event)
        app.command(_ANY)(self._slash)
        app.action(_ANY)(self._action)
        app.shortcut(_ANY)(self._shortcut)
        app.view(_ANY)(self._view)
        return app

    async def _record(
        self, body: dict[str, Any], context: AsyncBoltContext, next_: Callable[[], Awaitable[None]]
    ) -> BoltResponse | None:
        """Record a question before it is acknowledged; acknowledge at once what was recorded before."""
        if body.get("type") == "event_callback":
            asked = read_event(body)
            if asked is not None:
                if not await self._seen.take(asked):
                    return BoltResponse(status=200, body="")
                context[_ASKED] = asked
        await next_()
        return None

    async def _event(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        asked = context.get(_ASKED)
        if isinstance(asked, Asked):
            self._answering.begin(asked)
            return
        event = body.get("event")
        if isinstance(event, dict):
            self._work.start(self._told(str(body.get("team_id") or ""), event))

    async def _told(self, team: str, event: dict[str, Any]) -> None:
        """Do what events ask for that are no questions."""
        kind = event.get("type")
        if kind == "app_home_opened" and event.get("tab") == "messages":
            await self._suggest(team, str(event.get("channel") or ""), "")
        elif kind == "app_home_opened" and event.get("user"):
            await self._answering.home(team, str(event["user"]), self._settings.slack_command_prefix)
        elif kind == "assistant_thread_started":
            thread = event.get("assistant_thread")
            if isinstance(thread, dict):
                await self._suggest(team, str(thread.get("channel_id") or ""), str(thread.get("thread_ts") or ""))
        elif kind == "app_uninstalled" or (kind == "tokens_revoked" and _bot_revoked(event)):
            await self._gone(team, str(kind))

    async def _suggest(self, team: str, channel: str, thread: str) -> None:
        workspace = await self._workspaces.of(team)
        if workspace is not None and channel:
            await self._sending.prompts(workspace, channel, thread, self._prompts)

    async def _gone(self, team: str, why: str) -> None:
        """Schedule a workspace's data for deletion."""
        if not team:
            _log.warning("%s came without a workspace; nothing is done", why)
            return
        if self._seen.fresh(f"gone:{team}:{time.time() // _SAME_SECONDS}"):
            _log.warning("workspace %s: %s; what is kept of it is scheduled for deletion", team, why)
        if self._store is not None:
            await self._store.notes.put(f"slack-gone:{team}", dt.datetime.now(dt.UTC).isoformat())
        await self._workspaces.forget(team)

    async def _slash(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        self._begin(read_slash(body, self._settings.slack_command_prefix))

    async def _action(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        asked = read_action(body)
        if asked is not None:
            self._begin(asked)
        elif not _is_link(body):
            self._work.start(self._stale(body))

    async def _stale(self, body: dict[str, Any]) -> None:
        """Say that a button means nothing any more."""
        asked = read_action({**body, "actions": [{"action_id": "line:0", "value": "/help"}]})
        workspace = await self._workspaces.of(asked.team) if asked else None
        if asked is not None and workspace is not None:
            quiet_way = Way.BUTTON if asked.way is Way.OWN_BUTTON else asked.way
            await self._answering.deliver(workspace, dataclasses.replace(asked, way=quiet_way), stale())

    async def _shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if body.get("type") == "message_action":
            self._begin(read_shortcut(body, "verify"))
        elif body.get("callback_id") == ASK and self._seen.fresh(f"{body.get('trigger_id')}:{body.get('action_ts')}"):
            self._work.start(self._ask(body))

    async def _ask(self, body: Mapping[str, Any]) -> None:
        """Open the modal for a question."""
        team = body.get("team")
        workspace = await self._workspaces.of(str(team.get("id") or "") if isinstance(team, dict) else "")
        if workspace is None or await self._sending.modal(workspace, str(body.get("trigger_id") or ""), ask_view()):
            return
        user = body.get("user")
        if isinstance(user, dict) and user.get("id"):
            await self._sending.say(workspace, not_opened(), str(user["id"]))

    async def _view(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        asked = read_view(body)
        if asked is None:
            await ack()
            return
        await ack(response_action="update", view=waiting_view())
        # Slack has surely shown the waiting modal by then, which would otherwise come over the answer.
        self._begin(asked, after=_ACK_SECONDS)

    def _begin(self, asked: Asked | None, *, after: float = 0.0) -> None:
        """Answer what was asked, in `after` seconds, unless the same request was sent once more."""
        if asked is not None and asked.user and self._seen.fresh(asked.id):
            self._answering.begin(asked, after=after)


async def _authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    """Let every delivery through to the listeners, which know the workspaces."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token="")


def _bot_revoked(event: Mapping[str, Any]) -> bool:
    """Say whether the bot's token is among the revoked ones; members' own are none of ours."""
    tokens = event.get("tokens")
    return not isinstance(tokens, dict) or bool(tokens.get("bot"))


def _is_link(body: Mapping[str, Any]) -> bool:
    """Say whether a press only opened a link, which Slack tells us about all the same."""
    actions = body.get("actions")
    action = actions[0] if isinstance(actions, list) and actions else None
    return isinstance(action, dict) and (
        str(action.get("action_id") or "").startswith(_LINK) or bool(action.get("url"))
    )
