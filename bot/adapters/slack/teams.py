"""The workspaces the bot serves: one by its token, or several that installed it, their tokens encrypted at rest."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.adapters.slack.api import trouble
from bot.post import Later, Refused, Unclear

if TYPE_CHECKING:
    from pathlib import Path

    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from bot.adapters.slack.api import Api
    from bot.store import Store

__all__ = ["Installs", "Vault", "Workspace", "Workspaces"]

_log = logging.getLogger(__name__)

_CACHE_SECONDS: Final = 60.0
_MOST_CACHED: Final = 1_000
_NONCE: Final = 12
_KEY: Final = 32


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


class Vault:
    """Encrypts with AES-GCM; the key is a file of the data folder that only its owner may read."""

    def __init__(self, folder: Path) -> None:
        """Take the data folder; the key is made with the first use."""
        self._path = folder / "slack.key"
        self._key = b""

    def key(self) -> bytes:
        """Return the key, made when there is none."""
        if not self._key:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with os.fdopen(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                    file.write(secrets.token_bytes(_KEY))
            except FileExistsError:
                pass  # made before, here or by another process
            self._key = self._path.read_bytes()
        return self._key

    def lock(self, text: str, name: str) -> str:
        """Return text encrypted, good only under that name."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - one workspace never needs it

        nonce = secrets.token_bytes(_NONCE)
        return base64.b64encode(nonce + AESGCM(self.key()).encrypt(nonce, text.encode(), name.encode())).decode()

    def unlock(self, locked: str, name: str) -> str:
        """Return what was locked under that name; ValueError when it was not."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        raw = base64.b64decode(locked)
        try:
            return AESGCM(self.key()).decrypt(raw[:_NONCE], raw[_NONCE:], name.encode()).decode()
        except InvalidTag:
            message = f"{name} does not open with {self._path}"
            raise ValueError(message) from None


class Installs:
    """The workspaces that installed the app, as notes of the store."""

    def __init__(self, store: Store, vault: Vault) -> None:
        """Take the store and the vault."""
        self._store = store
        self._vault = vault

    async def get(self, team: str) -> Workspace | None:
        """Return a workspace; None when it did not install the app or its record does not open."""
        locked = await self._store.notes.get(_note(team))
        if not locked:
            return None
        try:
            kept = json.loads(await asyncio.to_thread(self._vault.unlock, locked, _note(team)))
        except ValueError as error:
            _log.error("%s; install the app there again", error)
            return None
        return Workspace(**kept | {"scopes": frozenset(kept["scopes"])})

    async def put(self, workspace: Workspace) -> None:
        """Keep a workspace, and take back that its data is to go."""
        kept = {name: getattr(workspace, name) for name in Workspace.__slots__} | {"scopes": sorted(workspace.scopes)}
        locked = await asyncio.to_thread(self._vault.lock, json.dumps(kept), _note(workspace.team))
        await self._store.notes.put(_note(workspace.team), locked)

    async def forget(self, team: str) -> None:
        """Drop a workspace's token."""
        await self._store.notes.put(_note(team), "")


class Workspaces:
    """Which token answers for which workspace."""

    def __init__(self, api: Api, token: str, installs: Installs | None) -> None:
        """Take the one token, "" for none, and the installations, None for one workspace only."""
        self._api = api
        self._own = Workspace(token) if token else None
        self._installs = installs
        self._known: OrderedDict[str, tuple[float, Workspace | None]] = OrderedDict()
        self._asking = asyncio.Lock()

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

    async def of(self, team: str) -> Workspace | None:
        """Return the workspace of a team's id; None when the app is not installed there."""
        if self._own is not None and not self._own.team:
            await self.identify()
        if self._installs is None or not team or (self._own is not None and self._own.team == team):
            return self._own
        now = asyncio.get_running_loop().time()
        until, known = self._known.get(team, (0.0, None))
        if until < now:
            known = await self._installs.get(team)
            self._known[team] = (now + _CACHE_SECONDS, known)
            while len(self._known) > _MOST_CACHED:
                self._known.popitem(last=False)
        return known

    async def forget(self, team: str) -> None:
        """Drop what is known of a workspace that removed the app."""
        self._known.pop(team, None)
        if self._installs is not None:
            await self._installs.forget(team)


def _workspace(token: str, answer: AsyncSlackResponse) -> Workspace:
    """Read an auth.test."""
    granted = answer.headers.get("x-oauth-scopes") or ""
    return Workspace(
        token,
        team=answer.get("team_id") or "",
        name=answer.get("team") or "",
        bot_user=answer.get("user_id") or "",
        bot_id=answer.get("bot_id") or "",
        bot_name=answer.get("user") or "Verbatim",
        scopes=frozenset(scope.strip() for scope in granted.split(",") if scope.strip()),
        enterprise=answer.get("enterprise_id") or "",
    )


def _note(team: str) -> str:
    return f"slack-install:{team}"
