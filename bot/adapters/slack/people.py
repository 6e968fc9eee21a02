"""Who may use an admin's commands: asked of Slack when one is used, known for a minute, or not known."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from bot.adapters.slack.api import trouble
from bot.post import Later, Refused, Unclear

if TYPE_CHECKING:
    from bot.adapters.slack.api import Api
    from bot.adapters.slack.teams import Workspace

__all__ = ["People"]

_log = logging.getLogger(__name__)

_KNOWN_SECONDS: Final = 60.0
_MOST_KNOWN: Final = 1_000


class People:
    """The admins of the workspaces."""

    def __init__(self, api: Api) -> None:
        """Take the API."""
        self._api = api
        self._known: OrderedDict[tuple[str, str], tuple[float, bool]] = OrderedDict()

    async def is_admin(self, workspace: Workspace, user: str) -> bool | None:
        """Say whether a member is an admin or owner of this workspace; None when Slack does not say.

        Guests and other workspaces' people are not.
        """
        now = asyncio.get_running_loop().time()
        key = (workspace.team, user)
        until, admin = self._known.get(key, (0.0, False))
        if until > now:
            return admin
        answer = await trouble(self._api.reader(workspace.token).users_info(user=user))
        if isinstance(answer, Later | Refused | Unclear):
            _log.warning("Slack did not tell whether a member is an admin: %s", answer.why)
            return None
        admin = _is_admin(answer.get("user") or {}, workspace.team)
        self._known[key] = (now + _KNOWN_SECONDS, admin)
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return admin


def _is_admin(user: dict[str, Any], team: str) -> bool:
    """Read users.info."""
    barred = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
    if any(user.get(name) for name in barred) or (team and user.get("team_id") not in {team, None}):
        return False
    return any(user.get(name) is True for name in ("is_admin", "is_owner", "is_primary_owner"))
