"""Notifications admins how posts ended, and the log; whoever cannot be reached is tried for a day, ever more rarely."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bot.delivery.timing import AT_ONCE, Timing
from bot.policy.texts import listed, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.contract import Adapter, Channel
    from bot.store import PostRow, Store

__all__ = ["Notifications"]

_log = logging.getLogger(__name__)

TELL_FOR = 86_400.0
"""Seconds for which an admin who cannot be reached is tried."""

MOST_LOGGED = 1_000
"""Sentences remembered, so that one that is tried again and again is logged once."""


class Notifications:
    """What is said to admins and to the log."""

    def __init__(self, store: Store, adapters: Mapping[str, Adapter], timing: Timing) -> None:
        self._store = store
        self._adapters = adapters
        self._timing = timing
        self._logged: set[str] = set()

    async def ends(self, now: float) -> None:
        """Tell the admins of posts that were held, failed or left out: of a channel's and a reason's at once."""
        together: dict[tuple[Channel, str, str], list[PostRow]] = {}
        waits = self._timing.look_again, self._timing.tell_again
        for row in await self._store.posts.take_ends(now, waits, AT_ONCE, tuple(self._adapters)):
            together.setdefault((row.settings.channel, row.state, row.reason), []).append(row)
        for (channel, state, reason), rows in together.items():
            dates = sorted(row.local_date for row in rows)
            sentence = say(f"delivery.end-{state}", count=len(dates), dates=listed(dates), reason=reason.rstrip("."))
            if rows[0].settings.disabled:
                sentence = f"{sentence} {say('delivery.off-until')}"
            told = await self.say(channel, sentence)
            if told or now - min(row.due_at for row in rows) > TELL_FOR:
                await self._store.posts.mark_told(rows)

    async def say(self, channel: Channel, sentence: str) -> bool:
        """Tell a channel's last admin something, and the log; True when the platform took it."""
        self.log(f"{channel.platform} {channel.id}: {sentence}")
        member = await self._store.channels.last_admin(channel)
        try:
            adapter = self._adapters[channel.platform]
            return await asyncio.wait_for(adapter.tell(channel, member, sentence), self._timing.send_within)
        except Exception:  # an admin who cannot be told must not keep posts from being sent
            _log.exception("an admin of %s could not be told", channel.platform)
            return False

    def log(self, sentence: str) -> None:
        """Write a sentence for the operator once, however often it comes again."""
        if sentence in self._logged:
            return
        if len(self._logged) >= MOST_LOGGED:
            self._logged.clear()
        self._logged.add(sentence)
        _log.warning("%s", sentence)
