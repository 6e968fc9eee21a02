"""Who may use an admin's commands: asked of Slack when one is used, known for a minute, or not known."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.adapters.slack.api import trouble
from bot.contract import Failure
from bot.intake import Bounded

if TYPE_CHECKING:
    from bot.adapters.slack.api import Api
    from bot.adapters.slack.workspaces import Workspace

__all__ = ["People"]

_log = logging.getLogger(__name__)

_KNOWN_SECONDS: Final = 60.0
_MOST_KNOWN: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Person:
    """What is known of a member: whether they are an admin, and their time zone, "" when Slack does not say."""

    admin: bool
    zone: str


class People:
    """The members of the workspaces."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: Bounded[tuple[str, str, str], tuple[float, _Person]] = Bounded(_MOST_KNOWN)

    async def is_admin(self, workspace: Workspace, user: str, team: str = "") -> bool | None:
        """Say whether a member is an admin or owner of this workspace; None when Slack does not say.

        `team` tells which workspace is meant where one installation serves an organisation. Guests and people of other
        organisations are none.
        """
        found = await self._person(workspace, user, team)
        return found.admin if found else None

    async def zone(self, workspace: Workspace, user: str, team: str = "") -> str:
        """Return a member's time zone, "" when it is not known."""
        found = await self._person(workspace, user, team)
        return found.zone if found else ""

    async def _person(self, workspace: Workspace, user: str, team: str) -> _Person | None:
        """Return a member, asked of Slack when it was not lately; None when Slack does not say."""
        now = asyncio.get_running_loop().time()
        key = (workspace.team, team, user)
        until, known = self._known.get(key, (0.0, None))
        if until > now:
            return known
        answer = await trouble(self._api.reader(workspace.token).users_info(user=user))
        if isinstance(answer, Failure):
            _log.warning("Slack did not tell whether a member is an admin: %s", answer.why)
            return None
        given = answer.get("user") or {}
        found = _Person(_is_admin(given, workspace, team), str(given.get("tz") or ""))
        self._known[key] = (now + _KNOWN_SECONDS, found)
        return found


def _is_admin(user: dict[str, Any], workspace: Workspace, team: str) -> bool:
    """Read users.info, whose flags are those of the token's workspace (docs.slack.dev, user object).

    The token of a whole organisation has no such workspace: there they count for the member's own one alone. The
    organisation's own admins and owners are admins in each of its workspaces.
    """
    barred = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
    if any(user.get(name) for name in barred):
        return False
    given = user.get("enterprise_user")
    grid: dict[str, Any] = given if isinstance(given, dict) else {}
    colleague = bool(workspace.enterprise) and grid.get("enterprise_id") == workspace.enterprise
    if colleague and (grid.get("is_admin") is True or grid.get("is_owner") is True):
        return True
    home = user.get("team_id")
    here = team if workspace.org_wide else workspace.team
    member = colleague and not workspace.org_wide and here in (grid.get("teams") or ())
    if not (home is None or home == here or not here or member):
        return False
    return any(user.get(name) is True for name in ("is_admin", "is_owner", "is_primary_owner"))
