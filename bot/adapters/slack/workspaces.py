"""The workspaces the bot serves: one by its token, or several that installed it, their tokens encrypted at rest."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.adapters.slack.api import trouble
from bot.contract import Later, Refused, Unclear

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from bot.adapters.slack.api import Api
    from bot.intake import Intake

__all__ = ["Installs", "Vault", "Workspace", "Workspaces"]

_log = logging.getLogger(__name__)

_CACHE_SECONDS: Final = 10.0
"""How long an installation is believed to be good; after a new one the old token is dead."""

_MISS_SECONDS: Final = 1.0
"""How long a workspace is believed not to have installed the app, which it may do any moment."""

_MOST_CACHED: Final = 1_000
_NONCE: Final = 12
_KEY: Final = 32
_USE: Final = b"verbatim: tokens of Slack's workspaces, 1"
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


class Vault:
    """Encrypts with AES-GCM under a key that every replica derives (HKDF-SHA-256) from the app's client secret."""

    def __init__(self, secret: str) -> None:
        """Take the client secret."""
        self._secret = secret.encode()
        self._key = b""

    def key(self) -> bytes:
        """Return the key, derived with its first use."""
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - one workspace never needs it
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

        if not self._key:
            self._key = HKDF(SHA256(), _KEY, salt=None, info=_USE).derive(self._secret)
        return self._key

    def lock(self, text: str, name: str) -> str:
        """Return text encrypted, good only under that name."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

        nonce = secrets.token_bytes(_NONCE)
        return base64.b64encode(nonce + AESGCM(self.key()).encrypt(nonce, text.encode(), name.encode())).decode()

    def unlock(self, locked: str, name: str) -> str:
        """Return what was locked under that name; ValueError when it does not open."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        raw = base64.b64decode(locked)
        try:
            return AESGCM(self.key()).decrypt(raw[:_NONCE], raw[_NONCE:], name.encode()).decode()
        except InvalidTag as error:
            message = f"{name} does not open with this SLACK_CLIENT_SECRET"
            raise ValueError(message) from error


class Installs:
    """The workspaces that installed the app, as notes of the store; an organisation's one installation by its id."""

    def __init__(self, intake: Intake, vault: Vault) -> None:
        """Take what keeps them and the vault."""
        self._intake = intake
        self._vault = vault
        self.changed: Callable[[], None] = lambda: None

    async def get(self, team: str, enterprise: str = "") -> Workspace | None:
        """Return a workspace's installation, or else its organisation's; None when there is none or it does not open.

        That a workspace is served by its organisation's is noted, for whoever knows the workspace alone.
        """
        found = await self._kept(team)
        if found is not None:
            return found
        noted = await self._intake.read(_member(team))
        found = await self._kept(enterprise or noted or "")
        if found is not None and team and noted != found.team:
            await self._intake.write(_member(team), found.team)
            await self._intake.tenant_is_back(team)
        return found

    async def put(self, workspace: Workspace) -> None:
        """Keep a workspace, and take back that its data is to go."""
        kept = {name: getattr(workspace, name) for name in Workspace.__slots__} | {"scopes": sorted(workspace.scopes)}
        locked = await asyncio.to_thread(self._vault.lock, json.dumps(kept), _note(workspace.team))
        await self._intake.write(_note(workspace.team), locked)
        await self._intake.tenant_is_back(workspace.team)
        self.changed()

    async def served_by(self, name: str) -> list[str]:
        """Return the workspaces that an installation is known to serve."""
        noted = await self._intake.named(_MEMBER)
        return [team.removeprefix(_MEMBER) for team, by in noted.items() if by == name] or [name]

    async def forget(self, name: str) -> None:
        """Drop the token of a workspace or organisation."""
        await self._intake.write(_note(name), "")
        for team in await self.served_by(name):
            await self._intake.write(_member(team), "")

    async def _kept(self, name: str) -> Workspace | None:
        """Return the installation kept under a workspace's or organisation's id."""
        locked = await self._intake.read(_note(name)) if name else None
        if not locked:
            return None
        try:
            kept = json.loads(await asyncio.to_thread(self._vault.unlock, locked, _note(name)))
        except ValueError as error:
            _log.error("%s; install the app there again", error)
            return None
        return Workspace(**kept | {"scopes": frozenset(kept["scopes"])})


class Workspaces:
    """Which token answers for which workspace."""

    def __init__(self, api: Api, token: str, installs: Installs | None) -> None:
        """Take the one token, "" for none, and the installations, None for one workspace only."""
        self._api = api
        self._own = Workspace(token) if token else None
        self._installs = installs
        self._known: OrderedDict[tuple[str, str], tuple[float, Workspace | None]] = OrderedDict()
        self._asking = asyncio.Lock()
        if installs is not None:
            installs.changed = self._known.clear

    @property
    def several(self) -> bool:
        """Whether workspaces can install the app themselves."""
        return self._installs is not None

    async def identify(self) -> Workspace | Later | Refused | Unclear | None:
        """Ask Slack who the one token is; None when there is no token."""
        async with self._asking:
            if self._own is None or self._own.team:
                return self._own
            found = await self.known_by(self._own.token)
            if isinstance(found, Workspace):
                self._own = found
            return found

    async def known_by(self, token: str) -> Workspace | Later | Refused | Unclear:
        """Ask Slack which workspace a token is of, who the bot is there and what it may do."""
        answer = await trouble(self._api.reader(token).auth_test())
        if isinstance(answer, Later | Refused | Unclear):
            return answer
        return _workspace(token, answer)

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
            while len(self._known) > _MOST_CACHED:
                self._known.popitem(last=False)
        return known

    async def served_by(self, name: str) -> list[str]:
        """Return the workspaces that the installation of a workspace or an organisation serves."""
        return [name] if self._installs is None else await self._installs.served_by(name)

    async def forget(self, name: str) -> None:
        """Drop what is known of a workspace or organisation that removed the app."""
        for place in [place for place, (_, known) in self._known.items() if name in place or _is_of(known, name)]:
            del self._known[place]
        if self._installs is not None:
            await self._installs.forget(name)


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
