"""How much is answered at once, and how often one member may ask."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

__all__ = ["BUSY", "Buckets", "BusyError", "Gate", "SeenOnce", "slow_down"]

AT_ONCE = 16
"""Answers worked on at the same time."""

MOST_WAITING = 128
"""Answers that may wait for their turn; more are told to come back."""

BURST, PER_SECONDS = 60, 20.0
"""A member's questions: so many at once, and again as many within so many seconds; more is a machine at work."""

MOST_REMEMBERED = 10_000
"""Members, messages or channels remembered; the oldest are forgotten first."""

BUSY = "I'm busy right now. Try again in a few seconds."


class BusyError(Exception):
    """More is waiting than can be answered soon."""


def slow_down(seconds: float) -> str:
    """Return the sentence for a member who asks too often."""
    wait = max(1, round(seconds + 0.5))
    return f"That's a lot of questions at once. Try again in {wait} second{'' if wait == 1 else 's'}."


class Gate:
    """Lets a bounded number in at once and a bounded number wait."""

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        """Take the two bounds."""
        self._turns = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._most_waiting = most_waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, or raise BusyError where too many wait already."""
        if self._turns.locked() and self._waiting >= self._most_waiting:
            raise BusyError
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()


class Buckets:
    """A token bucket for each member."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take a clock (seconds)."""
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, member: str) -> float:
        """Take one token of a member and return 0, or the seconds until there is one."""
        now = self._clock()
        left, since = self._left.pop(member, (float(BURST), now))
        left = min(float(BURST), left + (now - since) * BURST / PER_SECONDS)
        taken = left >= 1
        self._left[member] = (left - 1 if taken else left, now)
        if len(self._left) > MOST_REMEMBERED:
            self._left.popitem(last=False)
        return 0.0 if taken else (1 - left) * PER_SECONDS / BURST


class SeenOnce:
    """Remembers names, up to a bound, so that each counts once."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        """Take how many to remember."""
        self._most = most
        self._seen: OrderedDict[str, None] = OrderedDict()

    def take(self, name: str) -> bool:
        """Return whether a name is new, and remember it."""
        if name in self._seen:
            return False
        self._seen[name] = None
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return True
