"""Discord as a platform of the bot: it logs in, serves until told to stop, drains, and posts.

Replicas on one shared database: every one logs in for requests and can post and finish what another left, and one is
connected to the gateway, under a lease for all its shards together; the others stand by. One process for all shards is
enough up to some ten thousand servers.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING

import discord

from bot.adapters.discord.client import VerbatimClient
from bot.adapters.discord.inbound import NAME
from bot.adapters.discord.pace import Pace
from bot.adapters.discord.post import Poster
from bot.adapters.discord.ready import announce, announce_without_gateway
from bot.adapters.discord.wire import TROUBLE, aim, why
from bot.contract import Connection
from bot.errors import OperatorError
from bot.intake import Intake
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core import Core
    from bot.intake import Store, Turns
    from bot.settings import Settings

__all__ = ["Discord"]

_log = logging.getLogger(__name__)

CLOSE_SECONDS = 5.0
CHECK_SECONDS = 15.0
UNAUTHORIZED = 401
LOGIN_WAITS = (2.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds between tries to log in while Discord cannot be reached; the last one goes on."""

BAD_TOKEN, DISALLOWED_INTENTS = 4004, 4014
"""Close codes of the gateway that no second try mends: topics/opcodes-and-status-codes."""


class Discord(Poster):
    """The Discord adapter: it posts, and serves."""

    platform = NAME
    resend_within = 60.0
    _client: VerbatimClient | None

    def __init__(  # noqa: PLR0913 - each is one thing the adapter can be given
        self,
        settings: Settings,
        core: Core,
        store: Store | None = None,
        *,
        presence: Callable[[], str] = lambda: "",
        announced: Callable[[discord.Client], None] = announce,
        gateway: bool = True,
        name: str = "",
        pace: Pace | None = None,
        turns: Turns | None = None,
    ) -> None:
        """Take settings, core and store; `presence` tells what the bot listens to, `announced` is called when ready.

        Without `gateway` it only logs in, to post and to finish what others left. `name` is this process's in leases,
        no other's past or present. `turns` is as for `Intake`.
        """
        super().__init__(None)
        self._settings = settings
        self._core = core
        self._pace = pace or Pace()
        self._intake = Intake(
            NAME, store, settings.discord_token, look=self._pace.look, early=self._pace.early, turns=turns
        )
        self._presence = presence
        self._announced = announced
        self._gateway = gateway
        self._name = name or secrets.token_hex(8)
        self._stands_by = False
        self._stopping = asyncio.Event()
        self._doubted = asyncio.Event()

    async def run(self) -> None:
        """Serve until stopped or cancelled; then finish the answers in work, within 15 seconds, and disconnect."""
        if not self._settings.discord_token:
            raise OperatorError(say("discord.no-token"))
        aim(self._settings)
        serving = asyncio.create_task(self._serve())
        stopping = asyncio.create_task(self._stopping.wait())
        doubting = asyncio.create_task(self._until_refused())
        try:
            await asyncio.wait({serving, stopping, doubting}, return_when=asyncio.FIRST_COMPLETED)
            for ended in (serving, doubting):
                if ended.done():
                    ended.result()
        finally:
            stopping.cancel()
            doubting.cancel()
            if self._client and not self._client.is_closed():
                await self._client.drain()
            serving.cancel()
            await asyncio.wait({serving, stopping, doubting})
            await self._leave()

    def stop(self) -> None:
        """Ask `run` to end."""
        self._stopping.set()

    def connection(self) -> Connection:
        """Return how it stands to Discord: connected with all its shards; one that ends is away."""
        client = self._client
        if client is None or client.user is None or self._stopping.is_set():
            return Connection.AWAY
        if self._stands_by:
            return Connection.STANDS_BY
        if not self._gateway:
            return Connection.POSTS
        return Connection.CONNECTED if client.is_connected() else Connection.AWAY

    async def _until_refused(self) -> None:
        """Raise OperatorError once Discord refuses the token it took before; after a 401 it is asked about again."""
        while True:
            await self._doubted.wait()
            self._doubted.clear()
            client = self._client
            if client is None or client.user is None:
                continue  # logging in tells by itself
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await client.http.request(discord.http.Route("GET", "/users/@me"))
            except discord.HTTPException as error:
                if error.status == UNAUTHORIZED:
                    raise OperatorError(say("discord.bad-token")) from None
            except TROUBLE as error:
                _log.warning("Discord does not say whether the token is good: %s", why(error))
            await asyncio.sleep(CHECK_SECONDS)

    async def _serve(self) -> None:
        """Log in, as often as it takes while Discord is away, and serve."""
        if self._gateway and self._intake.is_shared:
            while await self._take_turns():
                await self._leave()
            return
        client = await self._log_in()
        if self._gateway:
            await _connect(client)
        else:
            announce_without_gateway(client, standby=False)
            await asyncio.Event().wait()

    async def _take_turns(self) -> bool:
        """Stand by until the gateway is ours, then serve; True when it was lost to another process."""
        client = await self._log_in()
        announce_without_gateway(client, standby=True)
        name = f"discord-gateway:{client.application_id}"
        self._stands_by = True
        async with self._intake.lease(name, self._name, self._pace.lease, self._pace.renew) as lease:
            self._stands_by = False
            client.leads = lease.is_ours
            connecting = asyncio.create_task(_connect(client))
            losing = asyncio.create_task(lease.lost.wait())
            try:
                await asyncio.wait({connecting, losing}, return_when=asyncio.FIRST_COMPLETED)
                if connecting.done() and not lease.lost.is_set():
                    connecting.result()
            finally:
                # Before the lease is given back: two connected processes would both answer.
                client.leads = _never
                losing.cancel()
                connecting.cancel()
                await _close(client)
                await asyncio.wait({connecting, losing})
        return lease.lost.is_set()

    async def _log_in(self) -> VerbatimClient:
        """Return a client that is logged in for requests, and post through it from now on."""
        waits = iter(LOGIN_WAITS)
        wait = 0.0
        while True:
            client = VerbatimClient(
                self._settings,
                self._core,
                self._intake,
                presence=self._presence,
                announce=self._announced,
                pace=self._pace,
                name=self._name,
                gateway=self._gateway,
            )
            client.breaker.doubted = self._doubted
            self._client = client
            try:
                await client.login(self._settings.discord_token)
                break
            except discord.LoginFailure:
                raise OperatorError(say("discord.bad-token")) from None
            except TROUBLE as error:
                if isinstance(error, discord.HTTPException) and error.status == UNAUTHORIZED:
                    raise OperatorError(say("discord.bad-token")) from None
                wait = next(waits, wait)
                _log.warning("Discord cannot be reached (%s); next try in %.0f s", why(error), wait)
            await self._leave()
            await asyncio.sleep(wait)
        return client

    async def _leave(self) -> None:
        """Disconnect and forget the client."""
        client, self._client = self._client, None
        if client:
            await client.close()


async def _connect(client: VerbatimClient) -> None:
    """Serve the gateway until it closes for good; OperatorError says what only the operator can mend."""
    try:
        await client.connect()
    except discord.PrivilegedIntentsRequired:
        raise OperatorError(say("discord.intents")) from None
    except discord.ConnectionClosed as error:
        if error.code == BAD_TOKEN:
            raise OperatorError(say("discord.bad-token")) from None
        if error.code == DISALLOWED_INTENTS:
            raise OperatorError(say("discord.intents")) from None
        raise OperatorError(say("discord.closed", code=error.code)) from None


async def _close(client: VerbatimClient) -> None:
    """Disconnect, in bounded time: a network that is gone must not keep the lease from the others."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await client.close()
    except TimeoutError:
        _log.warning("Discord did not take leave within %.0f s", CLOSE_SECONDS)


def _never() -> bool:
    return False
