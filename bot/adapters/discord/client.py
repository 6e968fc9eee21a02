"""The client: one connection to Discord, whose events go to what answers them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

import discord

from bot.adapters.discord.backfill import Backfill
from bot.adapters.discord.declare import sync
from bot.adapters.discord.events import guard_events
from bot.adapters.discord.inbound import NAME
from bot.adapters.discord.interactions import Interactions
from bot.adapters.discord.messages import Messages
from bot.adapters.discord.pace import Pace
from bot.adapters.discord.pending import KIND
from bot.adapters.discord.sessions import PatientClient, Starts, look_at_limits
from bot.adapters.discord.wire import TROUBLE, Breaker, aim, why
from bot.intake import Intake

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core import Core
    from bot.intake import Inbound, Store
    from bot.settings import Settings

__all__ = ["VerbatimClient", "create_discord_client"]

MOST_ASKED = 100
"""Servers that Discord is asked about at one start; the rest at the next."""

_NOT_THERE = frozenset({10_004, 50_001})
"""Unknown Guild, Missing Access: topics/opcodes-and-status-codes."""

_log = logging.getLogger(__name__)


class VerbatimClient(PatientClient):
    """A client that knows nothing but the core: no member list, no message cache, no message content."""

    def __init__(  # noqa: PLR0913 - each is one thing a client can be given
        self,
        settings: Settings,
        core: Core,
        intake: Intake | None,
        *,
        presence: Callable[[], str] = lambda: "",
        announce: Callable[[discord.Client], None] | None = None,
        pace: Pace | None = None,
        name: str = "",
        gateway: bool = True,
    ) -> None:
        """Take the core and what events go through (None: memory alone).

        `presence` tells what the bot listens to, `announce` is called once when ready. `name` is this process's among
        replicas; one that never connects to the `gateway` leaves the commands as they are.
        """
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        self.breaker = Breaker()
        super().__init__(
            intents=intents,
            shard_count=1,  # until Discord says how many it wants
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.5,
            max_ratelimit_timeout=30.0,
            http_trace=self.breaker.trace(),
            proxy=settings.discord_proxy or None,
            status=discord.Status.online,
            activity=_listening(told := presence()),
        )
        guard_events(self)
        pace = pace or Pace()
        self._presence, self._told, self._look_again = presence, told, pace.alive
        self.leads: Callable[[], bool] = lambda: True
        self._intake = intake or Intake(NAME, None, settings.discord_token)
        self._core = core
        self._settings = settings
        self._announce = announce
        self._name = name
        self._gateway = gateway
        self._interactions = Interactions(self, core, self._intake)
        self._messages = Messages(self, core, self._intake, self._is_leading)
        self._backfill = Backfill(self, self._intake, self._messages.hear, self._is_leading, pace.alive)
        self._starts = Starts(self._intake, pace)
        self._tasks: list[asyncio.Task[None]] = []
        self._left: set[int] = set()
        self._away: set[int] = set()

    async def setup_hook(self) -> None:
        """Start syncing the commands and looking for what was left over."""
        self._tasks = [asyncio.create_task(self._intake.leftovers(self._finish))]
        if self._gateway:
            syncing = sync(self, self._intake, self._core.commands, self._name)
            keeping = (syncing, self._backfill.watch(), self._keep_presence())
            self._tasks += map(asyncio.create_task, keeping)

    async def _keep_presence(self) -> None:
        """Say what the bot listens to as soon as that is something else: shows come and go while it serves."""
        while True:
            await asyncio.sleep(self._look_again)
            if self.is_ready() and (told := self._presence()) != self._told:
                self._told = told
                self.activity = activity = _listening(told)  # for shards that connect from now on
                with contextlib.suppress(discord.ConnectionClosed, *TROUBLE):
                    await self.change_presence(activity=activity)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Look at the gateway's limits and at our own, then connect."""
        await look_at_limits(self, self._settings)
        await self._starts.wait(self.application_id or 0, self.shard_count or 1)
        await super().connect(reconnect=reconnect)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Start no more sessions than are good for the token."""
        await super().before_identify_hook(shard_id, initial=initial)
        await self._starts.wait(self.application_id or 0, self.shard_count or 1)
        await self._starts.count(self.application_id or 0, self.shard_count or 1)

    async def close(self) -> None:
        """Stop what runs in the background and disconnect."""
        for task in self._tasks:
            task.cancel()
        await super().close()

    async def drain(self) -> None:
        """Take on nothing new and wait for the answers that are being worked on."""
        self._intake.draining = True
        await self._backfill.note()
        self._backfill.deaf()
        await self._intake.drain()

    async def on_ready(self) -> None:
        """Say once who is connected; answer what was missed since some process was."""
        announce, self._announce = self._announce, None
        if announce:
            announce(self)
        with self._intake.work.count():
            await self._backfill.catch_up()
        await self._reconcile()

    async def on_resumed(self) -> None:
        """Go on: Discord sent what was missed."""
        self._backfill.resume()

    async def on_disconnect(self) -> None:
        """Take note that messages are not heard now."""
        self._backfill.deaf()

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log what broke; what breaks because the gateway went to another process, that one finishes."""
        if self.is_closed():
            _log.warning("an answer was left to another process")
        else:
            await super().on_error(event_method, *args, **kwargs)

    async def on_guild_remove(self, guild: discord.abc.Snowflake) -> None:
        """Schedule what is kept of a server that threw the bot out for deletion."""
        self._left.add(guild.id)
        try:
            with self._intake.work.count():
                await self._intake.tenant_left(str(guild.id))
        except Exception as error:
            _log.warning("that server %s is left could not be noted: %s", guild.id, why(error))

    async def on_guild_join(self, guild: discord.abc.Snowflake) -> None:
        """Keep what is known of a server that asked the bot back."""
        self._left.discard(guild.id)
        try:
            with self._intake.work.count():
                await self._intake.tenant_is_back(str(guild.id))
        except Exception as error:
            _log.warning("that server %s is back could not be noted: %s", guild.id, why(error))

    async def on_guild_away(self, guild: discord.abc.Snowflake) -> None:
        """Take a server that READY left out, and that is away for a while, for one where the bot is."""
        self._away.add(guild.id)
        await self.on_guild_join(guild)

    async def on_guild_available(self, guild: discord.abc.Snowflake) -> None:
        """Take a server that left and is there again for one that asked the bot back, however Discord tells of it."""
        if guild.id in self._left:
            await self.on_guild_join(guild)

    async def on_message(self, message: discord.Message) -> None:
        """Answer a mention, a reply to the bot or a direct message."""
        with self._intake.work.count():
            await self._messages.hear(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Answer a message to which a mention was added."""
        with self._intake.work.count():
            await self._messages.hear_edit(payload.message)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Answer what a member does beside writing."""
        if self.leads():
            with self._intake.work.count():
                await self._interactions.answer(interaction)

    def _is_leading(self) -> bool:
        """Say whether the gateway is this process's; `leads` changes while it serves."""
        return self.leads()

    async def _reconcile(self) -> None:
        """Note which servers asked the bot back, and which threw it out, while no process listened.

        One that is away for a while counts as there. What READY left out may be a shard that is missing, so Discord is
        asked of each.
        """
        try:
            left = set(await self._intake.tenants_left())
            known = {tenant for tenant in left | await self._intake.tenants() if tenant.isdecimal()}
            there = {tenant for tenant in known if self.get_guild(int(tenant)) is not None}
            for tenant in left & there:
                await self._intake.tenant_is_back(tenant)
            for tenant in sorted(known - there - left)[:MOST_ASKED]:
                if await self._has_left(int(tenant)) and self.is_connected() and int(tenant) not in self._away:
                    _log.warning("server %s was left; what is kept of it is scheduled for deletion", tenant)
                    await self._intake.tenant_left(tenant)
        except Exception as error:  # asked again at the next start; what is kept stays for days
            _log.warning("servers that came or went could not be looked up: %s", why(error))

    def is_connected(self) -> bool:
        """Say whether every shard is connected, so that each server would be known."""
        return len(self.shards) == self.shard_count and not any(shard.is_closed() for shard in self.shards.values())

    async def _has_left(self, guild: int) -> bool:
        """Ask Discord whether the bot is in a server no more."""
        try:
            await self.http.get_guild(guild, with_counts=False)
        except (discord.NotFound, discord.Forbidden) as error:
            return error.code in _NOT_THERE
        except discord.HTTPException:
            return False
        return False

    async def _finish(self, left: Inbound) -> None:
        """Finish one interaction or message; the gateway is not needed for it."""
        await (self._interactions.finish(left) if left.kind == KIND else self._messages.finish(left))


def _listening(told: str) -> discord.Activity | None:
    """Return what a member sees the bot listen to; None where nothing is told."""
    return discord.Activity(type=discord.ActivityType.listening, name=told) if told else None


def create_discord_client(
    settings: Settings,
    core: Core,
    store: Store | None = None,
    *,
    presence: Callable[[], str] = lambda: "",
    announce: Callable[[discord.Client], None] | None = None,
) -> discord.Client:
    """Return a client that answers through the core, not logged in; the library is pointed where the settings say."""
    aim(settings)
    intake = Intake(NAME, store, settings.discord_token)
    return VerbatimClient(settings, core, intake, presence=presence, announce=announce)
