"""What each channel is served: its settings, read from the store and remembered for some seconds."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from bot.errors import StoreError
from bot.intake import Bounded
from bot.store import ChannelSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.contract import Channel
    from bot.store import Store

__all__ = ["ServedChannels"]

FRESH = 5.0
"""Seconds for which settings are believed without asking the store again: a change takes that long to count."""

PATIENCE = 1.0
"""Seconds a member waits for a database that says nothing; it is asked again when what is known is stale."""

MOST = 5_000
"""Channels remembered at once."""


class ServedChannels:
    """The settings of the channels that ask; a database that fails leaves the last ones known, or the defaults."""

    def __init__(self, store: Store | None, clock: Callable[[], float]) -> None:
        """Take the store, if there is one, and a clock in seconds."""
        self._store = store
        self._clock = clock
        self._known: Bounded[Channel, tuple[float, ChannelSettings]] = Bounded(MOST)

    async def settings(self, channel: Channel) -> ChannelSettings:
        """Return the settings of a channel, for its threads too."""
        whole = channel.home
        then, known = self._known.get(whole, (0.0, ChannelSettings(whole)))
        if self._store is None or abs(self._clock() - then) < FRESH:
            return known
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                known = await self._store.channels.get(whole)
        self._known[whole] = (self._clock(), known)
        return known
