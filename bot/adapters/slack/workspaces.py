"""The workspaces the bot serves: one by its token, or several that installed it, their tokens encrypted at rest."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.adapters.slack.api import trouble
from bot.contract import Failure, Refused
from bot.intake import Bounded, Cipher
from bot.logs import conceal
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from bot.adapters.slack.api import Api
    from bot.intake import Intake

__all__ = ["Installs", "Workspace", "Workspaces", "vault"]

_log = logging.getLogger(__name__)

_CACHE_SECONDS: Final = 10.0
"""How long an installation is believed to be good; after a new one the old token is dead."""

_MISS_SECONDS: Final = 1.0
"""How long a workspace is believed not to have installed the app, which it may do any moment."""

_MOST_CACHED: Final = 1_000
_MEMBER: Final = "slack-org:"


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace: its token and who the bot is there."""

    token: str
    team: str = ""
    name: str = ""
    bot_user: str = ""
    bot_id: str = ""
    bot_name: str = "Verbatim"
    scopes: frozenset[str] = frozenset()
    enterprise: str = ""

    @property
    def org_wide(self) -> bool:
        """Whether its token is good in every workspace of an organisation; `team` is then the organisation's id."""
        return bool(self.enterprise) and self.team == self.enterprise


def vault(secret: str) -> Cipher:
    """Return what seals tokens, by a key from the app's client secret."""
    return Cipher(secret, b"verbatim: tokens of Slack's workspaces, 1")


class Installs:
    """The workspaces that installed the app, as notes of the store; an organisation's one installation by its id."""

    def __init__(self, intake: Intake, cipher: Cipher) -> None:
        self._intake = intake
        self._cipher = cipher
        self.changed: Callable[[], None] = lambda: None

    async def get(self, team: str, enterprise: str = "") -> Workspace | None:
        """Return a workspace's installation, or else its organisation's; None when there is none or it does not open.

        That a workspace is served by its organisation's is noted, for whoever knows the workspace alone.
        """
        found = await self._load(team)
        if found is not None:
            return found
        noted = await self._intake.read(_member(team))
        found = await self._load(enterprise or noted or "")
        if found is not None and team and noted != found.team:
            await self._intake.write(_member(team), found.team)
            await self._intake.tenant_is_back(team)
        return found

    async def put(self, workspace: Workspace) -> None:
        """Keep a workspace, and take back that its data is to go."""
        conceal(workspace.token)
        kept = {name: getattr(workspace, name) for name in Workspace.__slots__} | {"scopes": sorted(workspace.scopes)}
        locked = self._cipher.seal(json.dumps(kept), _note(workspace.team))
        await self._intake.write(_note(workspace.team), locked)
        await self._intake.tenant_is_back(workspace.team)
        self.changed()

    async def served_by(self, name: str) -> list[str]:
        """Return the workspaces that an installation is known to serve."""
        noted = await self._intake.notes(_MEMBER)
        return [team.removeprefix(_MEMBER) for team, by in noted.items() if by == name] or [name]

    async def all(self) -> list[Workspace]:
        """Return every installation that opens."""
        names = [
            note.removeprefix(_note("")) for note, locked in (await self._intake.notes(_note(""))).items() if locked
        ]
        return [found for name in names if (found := await self._load(name)) is not None]

    async def leave(self, name: str) -> list[str]:
        """Schedule the data of all workspaces that an installation served for deletion; return them."""
        served = await self.served_by(name)
        for team in served:
            await self._intake.tenant_left(team)
        return served

    async def forget(self, name: str) -> None:
        """Drop the token of a workspace or organisation."""
        await self._intake.write(_note(name), "")
        for team in await self.served_by(name):
            await self._intake.write(_member(team), "")

    async def _load(self, name: str) -> Workspace | None:
        """Return the installation kept under a workspace's or organisation's id."""
        locked = await self._intake.read(_note(name)) if name else None
        if not locked:
            return None
        opened = self._cipher.open(locked, _note(name))
        if opened is None:
            _log.error("%s does not open with this SLACK_CLIENT_SECRET; install the app there again", _note(name))
            return None
        kept = json.loads(opened)
        conceal(kept["token"])
        return Workspace(**kept | {"scopes": frozenset(kept["scopes"])})


class Workspaces:
    """Which token answers for which workspace."""

    def __init__(self, api: Api, token: str, installs: Installs | None) -> None:
        """Take the one token, "" for none, and the installations, None for one workspace only."""
        self._api = api
        self._own = Workspace(token) if token else None
        self._installs = installs
        self._known: Bounded[tuple[str, str], tuple[float, Workspace | None]] = Bounded(_MOST_CACHED)
        self._asking = asyncio.Lock()
        if installs is not None:
            installs.changed = self._known.clear

    async def identify(self) -> Workspace | Failure | None:
        """Ask Slack who the one token is; None when there is no token."""
        async with self._asking:
            if self._own is None or self._own.team:
                return self._own
            answer = await trouble(self._api.reader(self._own.token).auth_test())
            if isinstance(answer, Failure):
                return answer
            self._own = _workspace(self._own.token, answer)
            return self._own

    async def of(self, team: str, enterprise: str = "") -> Workspace | None:
        """Return the workspace of a team's id, or its organisation's; None when the app is not installed there."""
        if self._own is not None and not self._own.team:
            await self.identify()
        place = (team, enterprise)
        if self._installs is None or not any(place) or (self._own and self._own.team and self._own.team in place):
            return self._own
        now = asyncio.get_running_loop().time()
        until, known = self._known.get(place, (0.0, None))
        if until < now:
            known = await self._installs.get(*place)
            self._known[place] = (now + (_CACHE_SECONDS if known else _MISS_SECONDS), known)
        return known

    async def served_by(self, name: str) -> list[str]:
        """Return the workspaces that the installation of a workspace or an organisation serves."""
        return [name] if self._installs is None else await self._installs.served_by(name)

    async def reconcile(self) -> None:
        """Note which workspaces removed the app while no process listened: their tokens are good for nothing more."""
        if self._installs is None:
            return
        try:
            for workspace in await self._installs.all():
                if await _is_removed(self._api, workspace):
                    for team in await self._installs.leave(workspace.team):
                        _log.warning("workspace %s was left; what is kept of it is scheduled for deletion", team)
                    await self.forget(workspace.team)
        except Exception as error:  # asked again at the next start
            _log.warning("workspaces that went could not be looked up: %s", error or type(error).__name__)

    async def forget(self, name: str) -> None:
        """Drop what is known of a workspace or organisation that removed the app."""
        for place in [place for place, (_, known) in self._known.items() if name in place or _is_of(known, name)]:
            del self._known[place]
        if self._installs is not None:
            await self._installs.forget(name)


async def _is_removed(api: Api, workspace: Workspace) -> bool:
    """Ask Slack whether the app is installed no more; whatever else goes wrong says nothing."""
    refused = await trouble(api.reader(workspace.token).auth_test())
    return isinstance(refused, Refused) and refused.why in _removals()


def _removals() -> set[str]:
    return {say(f"slack.token-{name}") for name in ("account_inactive", "token_revoked")}


def _is_of(workspace: Workspace | None, name: str) -> bool:
    return workspace is not None and workspace.team == name


def _workspace(token: str, answer: AsyncSlackResponse) -> Workspace:
    """Read an auth.test."""
    granted = answer.headers.get("x-oauth-scopes") or ""
    enterprise = answer.get("enterprise_id") or ""
    whole = bool(answer.get("is_enterprise_install")) or not answer.get("team_id")
    return Workspace(
        token,
        team=(enterprise if whole else "") or answer.get("team_id") or "",
        name=answer.get("team") or "",
        bot_user=answer.get("user_id") or "",
        bot_id=answer.get("bot_id") or "",
        bot_name=answer.get("user") or "Verbatim",
        scopes=frozenset(scope.strip() for scope in granted.split(",") if scope.strip()),
        enterprise=enterprise,
    )


def _note(team: str) -> str:
    return f"slack-install:{team}"


def _member(team: str) -> str:
    return f"{_MEMBER}{team}"
