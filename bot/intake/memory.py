"""What this process has seen: names, up to a bound."""

from __future__ import annotations

from collections import OrderedDict

__all__ = ["MOST_REMEMBERED", "Memory"]

MOST_REMEMBERED = 10_000
"""Names remembered, an hour at three a second; the oldest are forgotten first."""


class Memory:
    """Names, so that each counts once."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        """Take how many to remember."""
        self._most = most
        self._names: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def take(self, name: str) -> bool:
        """Return whether a name is new, and remember it; an empty one is always new."""
        if name in self._names:
            return False
        if name:
            self._names[name] = None
            if len(self._names) > self._most:
                self._names.popitem(last=False)
        return True

    def forget(self, name: str) -> None:
        """Count a name as new again."""
        self._names.pop(name, None)
