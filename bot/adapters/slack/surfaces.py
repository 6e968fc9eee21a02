"""What a member sees beside messages, shown: modals, the Home tab, suggestions.

Unlike a message, each of these stands once however often it is sent, so that a call may be repeated.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from bot.adapters.slack.api import trouble
from bot.adapters.slack.views import answer_view
from bot.contract import Failure, Later, Refused, Unclear

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from bot.adapters.slack.api import Api
    from bot.adapters.slack.naming import Naming
    from bot.adapters.slack.workspaces import Workspace
    from bot.contract import Reply

__all__ = ["Surfaces"]

_log = logging.getLogger(__name__)

_PATIENCE: Final = 20.0
"""Seconds that a call waits in all for a rate limit or a server that fails."""

_TRIGGER_SECONDS: Final = 2.5
"""A trigger_id opens a view for three seconds (docs.slack.dev, modals)."""

_PAUSE: Final = 1.0


class Surfaces:
    """Shows views and suggestions."""

    def __init__(self, api: Api, naming: Naming) -> None:
        """Take the API, and how commands are named."""
        self._api = api
        self._naming = naming
        self._cited = True

    async def open(self, workspace: Workspace, trigger: str, view: dict[str, Any]) -> str | None:
        """Open a modal; return its id, "" when it may be open all the same, None when it is not."""
        client = self._api.writer(workspace.token)
        answer = await _insist(lambda: client.views_open(trigger_id=trigger, view=view), _TRIGGER_SECONDS, again=False)
        if isinstance(answer, Failure):
            _log.warning("a modal was not opened: %s", answer.why)
            return "" if isinstance(answer, Unclear) else None
        return str((answer.get("view") or {}).get("id") or "")

    async def answer(self, workspace: Workspace, view: str, reply: Reply) -> bool:
        """Show a reply in an open modal; False when it was closed meanwhile."""
        client = self._api.writer(workspace.token)
        reply = self._naming.write(reply)

        def update() -> Awaitable[AsyncSlackResponse]:
            return client.views_update(view_id=view, view=answer_view(reply, cited=self._cited))

        answer = await _insist(update, _PATIENCE)
        if self._cited and isinstance(answer, Refused) and "invalid" in answer.why:
            self._cited = False  # a workspace that does not know citation elements took nothing
            answer = await _insist(update, _PATIENCE)
        return not isinstance(answer, Failure)

    async def home(self, workspace: Workspace, user: str, view: dict[str, Any]) -> None:
        """Show a member the Home tab."""
        client = self._api.writer(workspace.token)
        answer = await _insist(lambda: client.views_publish(user_id=user, view=view), _PATIENCE)
        if isinstance(answer, Failure):
            _log.warning("the Home tab was not shown: %s", answer.why)

    async def prompts(self, workspace: Workspace, channel: str, thread: str, prompts: Sequence[dict[str, str]]) -> None:
        """Suggest what to ask in the agent's messages; `thread` is for the older assistant view alone."""
        client = self._api.writer(workspace.token)
        where = {"thread_ts": thread} if thread else {}
        answer = await _insist(
            lambda: client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=list(prompts), **where),
            _PATIENCE,
        )
        if isinstance(answer, Failure):
            _log.info("prompts were not suggested: %s", answer.why)


async def _insist(
    call: Callable[[], Awaitable[AsyncSlackResponse]], patience: float, *, again: bool = True
) -> AsyncSlackResponse | Failure:
    """Await a call, and again after a rate limit or (`again`) a lost answer, within `patience` seconds."""
    ends = time.monotonic() + patience
    while True:
        answer = await trouble(call())
        wait = answer.seconds if isinstance(answer, Later) else _PAUSE
        repeatable = isinstance(answer, Later) or (again and isinstance(answer, Unclear))
        if not repeatable or time.monotonic() + wait > ends:
            return answer
        await asyncio.sleep(wait)
