"""What a process counts while it serves, by labels that are few: never what was typed, and nobody's name."""

from __future__ import annotations

import bisect
import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.core import SHARE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core import Answered

__all__ = ["BOUNDS", "OTHER", "POLLS", "REQUESTS", "Histogram", "Meters"]

REQUESTS: Final = logging.getLogger("bot.requests")
"""Gets one record an answer, where the log is JSON."""

BOUNDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds up to which answers are counted together; a platform gives up after three, the bot after fourteen."""

OTHER: Final = "other"
"""The label of what has none of its own, such as a command that there is not."""

POLLS: Final = ("new", "unchanged", "failed")
"""How a look at a feed can end."""


@dataclass(slots=True)
class Histogram:
    """Seconds by the bound that they stay below; the last count has no bound."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect.bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


class Meters:
    """The counts of one process; reading them costs nothing while nobody asks."""

    def __init__(self, commands: Iterable[str], platforms: Iterable[str]) -> None:
        """Take the names that requests are counted by."""
        self._commands = frozenset((*commands, SHARE))
        self._platforms = frozenset(platforms)
        self.requests: Counter[tuple[str, str, str]] = Counter()
        """Answers by command, platform and outcome."""
        self.seconds = {name: Histogram() for name in sorted((*self._commands, OTHER))}
        """What answers took, by command."""
        self.polls: Counter[str] = Counter(dict.fromkeys(POLLS, 0))
        """Looks at feeds, by how they ended."""

    def answered(self, answered: Answered) -> None:
        """Count an answer, and write its line where the log has one for each."""
        command = answered.command if answered.command in self._commands else OTHER
        platform = answered.platform if answered.platform in self._platforms else OTHER
        outcome = answered.outcome.value
        self.requests[command, platform, outcome] += 1
        self.seconds[command].add(answered.seconds)
        if REQUESTS.isEnabledFor(logging.INFO):
            fields = {
                "command": command,
                "platform": platform,
                "outcome": outcome,
                "milliseconds": round(answered.seconds * 1000, 1),
                "reference": answered.reference,
            }
            REQUESTS.info("answer", extra={"fields": fields})

    def polled(self, outcome: str) -> None:
        """Count a look at a feed, by one of `POLLS`."""
        self.polls[outcome if outcome in POLLS else "failed"] += 1
