"""How often may be asked: a token bucket for each member, and one for each server or workspace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bot.intake.memory import MOST_REMEMBERED, Bounded, Memory
from bot.intake.sentences import slow_down

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.contract import Channel, Reply

__all__ = ["MEMBER_BURST", "PER_SECONDS", "TENANT_BURST", "Admission"]

MEMBER_BURST, TENANT_BURST, PER_SECONDS = 60, 600, 20.0
"""Questions of a member and of a server: so many at once, and again as many within so many seconds."""


class Buckets:
    """A token bucket a name; of the names, the latest `MOST_REMEMBERED` are known."""

    def __init__(self, burst: int, clock: Callable[[], float]) -> None:
        """Take how many tokens a bucket holds and a clock (seconds)."""
        self._burst = burst
        self._clock = clock
        self._left: Bounded[str, tuple[float, float]] = Bounded(MOST_REMEMBERED)

    def wait(self, name: str) -> float:
        """Return the seconds until there is a token, 0 when there is one."""
        left = self._tokens(name)
        return 0.0 if left >= 1 else (1 - left) * PER_SECONDS / self._burst

    def take(self, name: str) -> None:
        """Take a token."""
        left = self._tokens(name) - 1
        self._left[name] = (left, self._clock())

    def _tokens(self, name: str) -> float:
        now = self._clock()
        left, since = self._left.get(name, (float(self._burst), now))
        return min(float(self._burst), left + max(0.0, now - since) * self._burst / PER_SECONDS)


class Admission:
    """Who may ask now."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take a clock (seconds)."""
        self._clock = clock
        self._members = Buckets(MEMBER_BURST, clock)
        self._tenants = Buckets(TENANT_BURST, clock)
        self._told = Memory()

    def refusal(self, place: Channel, member: str) -> Reply | None:
        """Count a question and return None; or return what a member who asks too often reads instead of an answer."""
        wait = self.wait(place, member)
        return slow_down(wait) if wait else None

    def wait(self, place: Channel, member: str) -> float:
        """Count a question and return 0, or return the seconds until this member may ask here again.

        A direct message, which belongs to no server, counts for its member alone.
        """
        wait = max(self._members.wait(member), self._tenants.wait(place.tenant) if place.tenant else 0.0)
        if not wait:
            self._members.take(member)
            if place.tenant:
                self._tenants.take(place.tenant)
        return wait

    def is_first(self, member: str) -> bool:
        """Say whether a member who asks too often is told so for the first time in a while.

        Where every answer is a message of its own, those who asked nothing would wait behind a hundred of these.
        """
        return self._told.take(f"{member}:{self._clock() // PER_SECONDS:g}")
