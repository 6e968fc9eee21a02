"""A platform's clock, by the `Date` of its answers: nothing is posted while it is far from this machine's."""

from __future__ import annotations

import email.utils
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["PlatformClock", "read_http_date"]

DOUBTED_SECONDS = 5.0
"""How long a look is good for when it says that the clocks differ: this machine may have slept since."""

BIG_SKEW = 60.0
"""Seconds of difference that are asked about again."""


class PlatformClock:
    """What a platform's clock shows, as far as it was heard."""

    def __init__(self, good_for: float) -> None:
        """Take for how many seconds a look is good."""
        self._good_for = good_for
        self._beyond: float | None = None
        self.heard_at = -float("inf")
        """When an answer last had a date, by the monotonic clock."""

    @property
    def ahead(self) -> float | None:
        """Seconds that it is ahead of this machine's, None when it was never heard.

        The time that passed since is the monotonic clock's, so that a wall clock that was moved is noticed at once.
        """
        return None if self._beyond is None else self._beyond + time.monotonic() - time.time()

    @property
    def is_stale(self) -> bool:
        """Whether it is to be looked at again."""
        good_for = DOUBTED_SECONDS if abs(self.ahead or 0.0) > BIG_SKEW else self._good_for
        return time.monotonic() - self.heard_at > good_for

    def hear(self, date: dt.datetime | None) -> None:
        """Take the time from an answer's date, which has whole seconds."""
        if date is not None:
            self.heard_at = time.monotonic()
            self._beyond = date.timestamp() + 0.5 - self.heard_at


def read_http_date(given: str | None) -> dt.datetime | None:
    """Return the moment in a `Date` header, None for none."""
    try:
        return email.utils.parsedate_to_datetime(given) if given else None
    except ValueError:
        return None
