"""Starting a session: never so often that Discord resets the token.

Discord allows 1,000 IDENTIFYs a day and resets the token of a bot that needs more (events/gateway, session start
limit). A bot that crashes over and over, or that several replicas take turns in, is kept far below by the moments of
the last starts, which all of them share in the store.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import TYPE_CHECKING

import discord
import yarl
from discord.gateway import DiscordWebSocket

from bot.adapters.discord.limits import IDENTIFY_RESERVE
from bot.adapters.discord.wire import why
from bot.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.adapters.discord.pace import Pace
    from bot.adapters.discord.wire import Breaker
    from bot.intake import Intake

__all__ = ["PatientClient", "Starts", "look_at_limits"]

_log = logging.getLogger(__name__)

_A_DAY = 24 * 3600.0
_AN_HOUR = 3600.0

FREE_STARTS = 8
"""Starts of a shard within an hour that wait for nothing: a day of upgrades, a gateway that changes hands."""

FIRST_GAP, LONGEST_GAP = 5.0, 300.0
"""Seconds between starts after these, twice as long each time: a bot that crashes over and over starts 22 times in the
first hour and 12 in each later one, where Discord resets the token at 1,000 a day."""

LAUNCH_WAITS = (0.0, 0.0, 5.0, 15.0, 30.0, 55.0)
"""Seconds between tries to connect a shard, beside the library's five; the last one goes on."""


class _AgainError(Exception):
    """The library wants to try once more."""


class PatientClient(discord.AutoShardedClient):
    """A client that can wait for the gateway for days.

    discord.py connects a shard by calling itself for every next try, after 5 s, and a thousand calls inside each other
    are too many for Python.
    """

    breaker: Breaker
    _launching: frozenset[int] = frozenset()

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect a shard, however often it takes, more and more rarely."""
        if shard_id in self._launching:
            raise _AgainError
        self._launching |= {shard_id}
        waits = iter(LAUNCH_WAITS)
        try:
            while True:
                try:
                    await super().launch_shard(gateway, shard_id, initial=initial)
                    break
                except _AgainError:
                    await asyncio.sleep(next(waits, LAUNCH_WAITS[-1]))
        finally:
            self._launching -= {shard_id}


class Starts:
    """The sessions started within a day, by every process; what the store cannot say, memory does."""

    def __init__(self, intake: Intake, pace: Pace, clock: Callable[[], float] = time.time) -> None:
        """Take what keeps the moments, how many starts within how long, and a clock (UTC seconds)."""
        self._intake = intake
        self._pace = pace
        self._clock = clock
        self._moments: list[float] = []

    async def wait(self, application: int, shards: int) -> None:
        """Wait until one more start is allowed, saying so once."""
        told = False
        while True:
            moments = await self._recent(application)
            seconds = self.seconds_left(moments, shards)
            if seconds <= 0:
                return
            if not told:
                _log.warning(
                    "the bot began %d sessions within a day, too many of them lately; waiting %.0f s before the "
                    "next, so that Discord does not reset its token. Find out why it restarts so often.",
                    len(moments),
                    seconds,
                )
                told = True
            await asyncio.sleep(max(0.05, seconds))

    def seconds_left(self, moments: Sequence[float], shards: int) -> float:
        """Return the seconds until one more start of so many shards, after starts at these moments, is good."""
        now, allowed = self._clock(), self._pace.starts * shards
        recent = sum(at > now - _AN_HOUR for at in moments) // shards
        gap = min(FIRST_GAP * 2.0 ** (recent - FREE_STARTS), LONGEST_GAP) if recent >= FREE_STARTS else 0.0
        seconds = moments[-1] + gap - now if moments else 0.0
        if len(moments) >= allowed:
            seconds = max(seconds, moments[-allowed] + self._pace.starts_within - now)
        return seconds

    async def count(self, application: int, shards: int) -> None:
        """Write down that a session is about to be started."""
        moments = [*await self._recent(application), round(self._clock(), 3)][-self._pace.starts * shards :]
        self._moments = moments
        try:
            await self._intake.write(_note(application), json.dumps(moments))
        except Exception as error:  # a database in trouble must not keep the bot away
            _log.warning("the start of a session could not be written down: %s", why(error))

    async def _recent(self, application: int) -> list[float]:
        """Return the moments of the starts within that time, oldest first."""
        moments = self._moments
        try:
            kept = await self._intake.read(_note(application))
            moments = sorted({*moments, *map(float, json.loads(kept or "[]"))})
        except Exception as error:  # as above
            _log.warning("earlier starts could not be read: %s", why(error))
        now = self._clock()
        return [at for at in moments if now - self._pace.starts_within < at <= now + 1]


async def look_at_limits(client: discord.AutoShardedClient, settings: Settings) -> None:
    """Wait while hardly any session starts are left, and take Discord's number of shards; without its word go on."""
    try:
        shards, url, limit = await client.http.get_bot_gateway()
        remaining, seconds = int(limit["remaining"]), float(limit["reset_after"]) / 1000
    except Exception as error:  # what cannot be asked is not waited for, whatever its error is
        _log.warning("Discord does not say how many starts are left: %s", why(error))
        return
    if remaining < IDENTIFY_RESERVE:
        _log.warning(
            "Discord allows %s more starts today; waiting %.0f s until it allows more. Find out why the bot restarts "
            "so often.",
            remaining,
            seconds,
        )
        await asyncio.sleep(min(seconds, _A_DAY))
    client.shard_count = shards
    if settings.discord_gateway_url == Settings().discord_gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)


def _note(application: int) -> str:
    return f"discord-identifies:{application}"
