"""Installing in several workspaces: Slack's OAuth flow, its state signed and short-lived, tokens into the store."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.adapters.slack.api import quiet_logger, web_client
from bot.adapters.slack.manifest import SCOPES
from bot.adapters.slack.workspaces import Workspace

if TYPE_CHECKING:
    from logging import Logger

    from slack_sdk.oauth.installation_store import Installation

    from bot.adapters.slack.workspaces import Installs
    from bot.intake import Cipher
    from bot.settings import Settings

__all__ = ["States", "install_flow"]

_log = logging.getLogger(__name__)

_STATE_SECONDS: Final = 600


class States(AsyncOAuthStateStore):
    """States that prove themselves: a time and a nonce under our key, so that any replica can check them.

    Bolt also holds the state against a cookie, so one cannot be used from another browser.
    """

    def __init__(self, cipher: Cipher) -> None:
        """Take the cipher whose key signs."""
        self._cipher = cipher

    @property
    def logger(self) -> Logger:
        """The logger of the flow."""
        return quiet_logger("bolt")

    async def async_issue(self, *_args: object, **_kwargs: object) -> str:
        """Return a state that is good for ten minutes."""
        body = f"{int(time.time()) + _STATE_SECONDS}.{secrets.token_hex(16)}"
        return f"{body}.{self._mac(body)}"

    async def async_consume(self, state: str) -> bool:
        """Say whether a state is ours and still good."""
        body, _, given = state.rpartition(".")
        until, _, _ = body.partition(".")
        right = self._mac(body)
        return hmac.compare_digest(right.encode(), given.encode("utf-8", "replace")) and time.time() < int(until)

    def _mac(self, body: str) -> str:
        return hmac.new(self._cipher.key, b"slack-state:" + body.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


class _Installations(AsyncInstallationStore):
    """Puts an installation into the project's store; reading is `Installs`' part."""

    def __init__(self, installs: Installs) -> None:
        self._installs = installs

    @property
    def logger(self) -> Logger:
        return quiet_logger("bolt")

    async def async_save(self, installation: Installation) -> None:
        enterprise = installation.enterprise_id or ""
        team = (enterprise if installation.is_enterprise_install else "") or installation.team_id or ""
        workspace = Workspace(
            installation.bot_token or "",
            team=team,
            name=installation.team_name or "",
            bot_user=installation.bot_user_id or "",
            bot_id=installation.bot_id or "",
            scopes=frozenset(installation.bot_scopes or ()),
            enterprise=enterprise,
        )
        await self._installs.put(workspace)
        _log.warning("workspace %s installed the app", team)


def install_flow(settings: Settings, installs: Installs, cipher: Cipher) -> AsyncOAuthFlow:
    """Return the flow behind /slack/install and /slack/oauth_redirect."""
    site = settings.slack_api_base_url if settings.slack_api_base_url.startswith("https:") else "https://slack.com/"
    return AsyncOAuthFlow(
        client=web_client(settings.slack_api_base_url),
        logger=quiet_logger("bolt"),
        settings=AsyncOAuthSettings(
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret,
            scopes=[scope.name for scope in SCOPES],
            user_scopes=[],
            authorization_url=urljoin(site, "/oauth/v2/authorize"),
            installation_store=_Installations(installs),
            installation_store_bot_only=True,
            state_store=States(cipher),
            state_expiration_seconds=_STATE_SECONDS,
        ),
    )
