"""Slack as a platform: one app, by Socket Mode or HTTP, from start to drained end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from typing import TYPE_CHECKING, Any, Final, TextIO

from bot.adapters.slack.answer import Answers
from bot.adapters.slack.api import Api, is_loopback
from bot.adapters.slack.examine import missing_setting
from bot.adapters.slack.inbound import NAME
from bot.adapters.slack.install import install_flow
from bot.adapters.slack.listeners import Listeners
from bot.adapters.slack.manifest import missing_scopes
from bot.adapters.slack.naming import Naming
from bot.adapters.slack.people import People
from bot.adapters.slack.post import Poster
from bot.adapters.slack.send import Sender
from bot.adapters.slack.socket_mode import SILENCE_SECONDS, Sockets
from bot.adapters.slack.surfaces import Surfaces
from bot.adapters.slack.web import WebServer
from bot.adapters.slack.workspaces import Installs, Workspace, Workspaces, vault
from bot.contract import Connection, Later, Refused
from bot.errors import OperatorError
from bot.intake import EARLY_SECONDS, LOOK_SECONDS, Intake
from bot.policy.texts import say
from bot.port import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from bot.core import Core
    from bot.intake import Store, Turns
    from bot.settings import Settings

__all__ = ["Slack"]

_log = logging.getLogger(__name__)

_LONGEST_WAIT: Final = 60.0


class Slack(Poster):
    """The Slack adapter: it posts, and serves."""

    platform = NAME
    resend_within = 0.0

    def __init__(  # noqa: PLR0913 - each is one thing the adapter can be given
        self,
        settings: Settings,
        core: Core,
        store: Store | None,
        *,
        out: TextIO | None = None,
        silence: float = SILENCE_SECONDS,
        listens: bool = True,
        look: float = LOOK_SECONDS,
        early: float = EARLY_SECONDS,
        turns: Turns | None = None,
    ) -> None:
        """Take the settings, the core, the store (None: memory only), and where the ready line is written.

        `silence` is how many seconds a socket may go without a pong. One that does not `listens` only posts, and
        finishes what others left; for `look`, `early` and `turns` see `Intake`.
        """
        self._settings = settings
        self._out = out or sys.stdout
        self._silence = silence
        self._listens = listens
        self._api = Api(settings.slack_api_base_url)
        self._cipher = vault(settings.slack_client_secret)
        secret = settings.slack_bot_token or settings.slack_client_secret
        self._intake = Intake(NAME, store, secret, look=look, early=early, turns=turns)
        several = settings.slack_mode == "http" and settings.slack_client_id and settings.slack_client_secret
        self._installs = Installs(self._intake, self._cipher) if several and self._intake.has_store else None
        self._workspaces = Workspaces(self._api, settings.slack_bot_token, self._installs)
        naming = Naming(settings.slack_command_prefix, [command.name for command in core.commands])
        sender = Sender(
            self._api, settings.slack_response_hosts, local=is_loopback(settings.slack_api_base_url), naming=naming
        )
        super().__init__(self._api, self._workspaces, sender)
        self._answers = Answers(
            core,
            self._intake,
            workspaces=self._workspaces,
            sender=sender,
            surfaces=Surfaces(self._api, naming),
            people=People(self._api),
            naming=naming,
            posting=self,
            prefix=settings.slack_command_prefix,
        )
        self.app = Listeners(settings, self._answers).app()
        self._connection: Callable[[], Connection] = lambda: Connection.AWAY
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Serve until `stop` or cancelled, then finish what is under way; OperatorError names what to mend."""
        try:
            self._require()
            if not self._listens:
                await self._until_stopped(self._by_nothing())
            elif self._settings.slack_mode == "http":
                await self._until_stopped(self._by_http())
            else:
                await self._until_stopped(self._by_socket())
        finally:
            await asyncio.shield(self._end())

    def stop(self) -> None:
        """Tell `run` to end."""
        self._stop.set()

    def connection(self) -> Connection:
        """Return how it stands to Slack; one that listens over HTTP counts as connected, one that ends as away."""
        return Connection.AWAY if self._stop.is_set() else self._connection()

    async def close(self) -> None:
        """Close what calls without `run` opened."""
        await self._end()

    def _require(self) -> None:
        """Raise OperatorError for a setting that is missing."""
        missing = missing_setting(self._settings, several=self._installs is not None, listens=self._listens)
        if missing:
            raise OperatorError(missing)

    async def _identify(self) -> Workspace | None:
        """Ask Slack who the bot is, for as long as it cannot be reached; say what it lacks."""
        wait = 1.0
        while True:
            found = await self._workspaces.identify()
            if found is None:
                return None
            if isinstance(found, Workspace):
                break
            if isinstance(found, Refused):
                raise OperatorError(found.why)
            _log.warning("%s Trying again in %g s.", found.why, wait)
            await asyncio.sleep(max(wait, found.seconds) if isinstance(found, Later) else wait)
            wait = min(wait * 2, _LONGEST_WAIT)
        lacking = _missing_scopes(found)
        if lacking:
            _log.warning(
                "Slack: %s has not granted %s. Add %s under OAuth & Permissions → Bot Token Scopes, then reinstall.",
                found.name or say("slack.the-workspace"),
                ", ".join(lacking),
                "them" if len(lacking) > 1 else "it",
            )
        with contextlib.suppress(Exception):  # a database in trouble is told of when it is needed
            await self._intake.tenant_is_back(found.team)
        return found

    async def _by_socket(self) -> None:
        given = self._settings
        sockets = Sockets(
            self.app,
            given.slack_app_token,
            given.slack_api_base_url,
            given.slack_ping_interval,
            self._silence,
            turns=self._intake.turns,
        )
        workspace = await self._identify()
        try:
            await sockets.open()
            self._connection = lambda: Connection.CONNECTED if sockets.is_open() else Connection.AWAY
            self._ready(workspace)
            await asyncio.gather(sockets.watch(), self._intake.leftovers(self._answers.finish))
        finally:
            await sockets.close()

    async def _by_http(self) -> None:
        given = self._settings
        flow = None
        if self._installs is not None:
            flow = install_flow(given, self._installs, self._cipher)
        server = WebServer(self.app, given.slack_signing_secret, flow, self._intake.turns, patience=Patience())
        workspace = await self._identify()
        try:
            listening = await server.open(given.slack_http_host, given.slack_http_port)
            self._connection = lambda: Connection.CONNECTED
            self._ready(workspace, address=f"{given.slack_http_host}:{listening}")
            await asyncio.gather(self._workspaces.reconcile(), self._intake.leftovers(self._answers.finish))
        finally:
            await server.close()

    async def _by_nothing(self) -> None:
        """Post, and finish what others left."""
        self._ready(await self._identify())
        self._connection = lambda: Connection.POSTS
        await self._intake.leftovers(self._answers.finish)

    async def _until_stopped(self, serving: Coroutine[Any, Any, None]) -> None:
        """Serve until told to stop; raises what serving raised."""
        tasks = asyncio.create_task(serving), asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _ready(self, workspace: Workspace | None, **more: Any) -> None:
        """Say, for people and for machines, that the bot serves."""
        name = workspace.name if workspace else say("slack.every-workspace")
        mode = self._settings.slack_mode if self._listens else "posts"
        how = say("slack.serving", mode=mode) if self._listens else say("environment.posting-only")
        how = say("slack.listening", how=how, address=more["address"]) if more else how
        sys.stderr.write(f"{say('slack.ready', workspace=name, how=how)}\n")
        line: dict[str, Any] = {
            "event": "ready",
            "platform": self.platform,
            "mode": mode,
            "workspace": name,
        }
        line["missing_scopes"] = list(_missing_scopes(workspace))
        self._out.write(json.dumps(line | more, ensure_ascii=False) + "\n")
        self._out.flush()

    async def _end(self) -> None:
        """Wait for answers under way and close the connections."""
        await self._intake.drain()
        await self._api.close()


def _missing_scopes(workspace: Workspace | None) -> tuple[str, ...]:
    """Return the scopes a workspace has not granted; none where Slack does not say what it granted."""
    return missing_scopes(workspace.scopes) if workspace and workspace.scopes else ()
