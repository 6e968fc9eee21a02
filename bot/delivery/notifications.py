"""Telling admins how posts ended, and the log; whoever cannot be reached is tried for a day, ever more rarely."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bot.delivery.timing import AT_ONCE, Timing
from bot.policy.texts import listed, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.contract import Adapter, Channel
    from bot.store import PostRow, Store

__all__ = ["Notifications"]

_log = logging.getLogger(__name__)

TELL_FOR = 86_400.0
"""Seconds for which an admin who cannot be reached is tried."""

MOST_LOGGED = 1_000
"""Sentences remembered, so that one that is tried again and again is logged once."""


class Notifications:
    """What is said to admins and to the log; `name` returns what people call a post."""

    def __init__(
        self, store: Store, adapters: Mapping[str, Adapter], timing: Timing, name: Callable[[PostRow], str]
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._timing = timing
        self._name = name
        self._logged: set[str] = set()

    async def ends(self, now: float) -> None:
        """Tell the admins of posts that wait for them, were held, failed or left out.

        What ended in one channel for one reason is told at once.
        """
        together: dict[tuple[Channel, str, str, str], list[PostRow]] = {}
        waits = self._timing.look_again, self._timing.tell_again
        for row in await self._store.posts.take_ends(now, waits, AT_ONCE, tuple(self._adapters)):
            kind = row.local_date if row.waits else "episode" if row.episode else "end"
            together.setdefault((row.settings.channel, row.state, row.reason, kind), []).append(row)
        for (channel, *_), rows in together.items():
            told = await self.say(channel, self._end(rows))
            if told or now - min(row.due_at for row in rows) > TELL_FOR:
                await self._store.posts.mark_told(rows)

    def _end(self, rows: Sequence[PostRow]) -> str:
        """Return how posts of one channel ended, all for one reason; of one that waits, what to do."""
        first, names = rows[0], listed(sorted(map(self._name, rows)))
        settings = first.settings
        if first.waits:
            return say("delivery.waits", name=names, id=first.code, channel=settings.channel.id)
        count, reason = len(rows), first.reason.rstrip(".")
        if first.episode:
            sentence = say(f"delivery.episode-{first.state}", count=count, names=names, reason=reason)
        else:
            sentence = say(f"delivery.end-{first.state}", count=count, names=names, reason=reason)
        if not settings.disabled:
            return sentence
        again = say("delivery.off-until") if settings.daily else say("delivery.not-announced-until")
        return f"{sentence} {again}"

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
