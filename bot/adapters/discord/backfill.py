"""Mentions that came while no process listened: looked for when one listens again.

Messages are never acknowledged and a session dies with its process, so Discord does not send them again. The moment
until which messages were heard is kept; from a minute before it the channels that the bot is set up in are read.
Direct messages and threads are not: the bot keeps no list of them.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from typing import TYPE_CHECKING

import discord

from bot.adapters.discord.inbound import NAME
from bot.adapters.discord.wire import TROUBLE, why
from bot.contract import Channel

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.intake import Intake

__all__ = ["Backfill"]

_log = logging.getLogger(__name__)

LONGEST_AGO = 3600.0
"""Seconds after which nobody waits for an answer any more."""

MARGIN = 60.0
"""Seconds before the note that are read again: a dead socket is noticed that late. Each message is answered once."""

MOST_GUILDS, MOST_CHANNELS, MOST_READ, MOST_ANSWERED = 500, 50, 300, 20
READ_SECONDS = 30.0


class Backfill:
    """Keeps the moment until which messages were heard, and answers what came after it."""

    def __init__(
        self,
        client: discord.Client,
        intake: Intake,
        hear: Callable[[discord.Message], Awaitable[bool]],
        leads: Callable[[], bool],
        alive: float,
    ) -> None:
        """Take the client, what events go through, what answers messages, and what says that the gateway is ours.

        The moment is noted every `alive` seconds.
        """
        self._client = client
        self._intake = intake
        self._hear = hear
        self._leads = leads
        self._alive = alive
        self._hears = False

    def deaf(self) -> None:
        """Take note that messages may be missed from now on."""
        self._hears = False

    def resume(self) -> None:
        """Take note that Discord sent what was missed."""
        self._hears = True

    async def note(self) -> None:
        """Write down that messages are heard up to now, if they are."""
        if not self._intake.has_store or not self._hears or not self._leads():
            return
        try:
            await self._intake.write(self._key(), repr(await self._intake.now()))
        except Exception as error:  # the earlier note means a longer look, no more
            _log.warning("the moment could not be noted: %s", why(error))

    async def watch(self) -> None:
        """Note the moment again and again."""
        while True:
            await asyncio.sleep(self._alive)
            await self.note()

    async def catch_up(self) -> None:
        """Answer what was missed, then count as hearing."""
        if not self._intake.has_store:
            return
        try:
            kept, now = await self._intake.read(self._key()), await self._intake.now()
            if kept and now - float(kept) <= LONGEST_AGO:
                since = dt.datetime.fromtimestamp(float(kept) - MARGIN, dt.UTC)
                for channel in await self._channels():
                    await self._answer(channel, since)
        except Exception as error:  # the bot answers what it hears from now on
            _log.warning("missed messages could not be looked up: %s", why(error))
        self._hears = True
        await self.note()

    def _key(self) -> str:
        return f"discord-alive:{self._client.application_id}"

    async def _channels(self) -> list[discord.TextChannel]:
        """Return the channels that the bot is set up in and answers in."""
        found: list[discord.TextChannel] = []
        for guild in self._client.guilds[:MOST_GUILDS]:
            for settings in await self._intake.channels(Channel(NAME, "", str(guild.id))):
                place = guild.get_channel(int(settings.channel.id)) if settings.channel.id.isdecimal() else None
                if settings.answers != "off" and isinstance(place, discord.TextChannel):
                    found.append(place)
            if len(found) >= MOST_CHANNELS:
                break
        return found[:MOST_CHANNELS]

    async def _answer(self, channel: discord.TextChannel, since: dt.datetime) -> None:
        """Answer the messages of a channel that are for the bot, unless its answer stands below them."""
        me = self._client.user
        read: list[discord.Message] = []
        try:
            async with asyncio.timeout(READ_SECONDS):
                async for message in channel.history(limit=MOST_READ, after=since, oldest_first=True):
                    read.append(message)  # noqa: PERF401 - an asynchronous comprehension would lose what was read
        except TROUBLE as error:
            _log.warning("channel %s could not be read: %s", channel.id, why(error))
        answered = {
            message.reference.message_id for message in read if message.reference and me and message.author.id == me.id
        }
        count = 0
        for message in read:
            if message.id in answered or count >= MOST_ANSWERED:
                continue
            count += await self._hear(message)
        if count:
            _log.info("answered %d missed messages in channel %s", count, channel.id)
