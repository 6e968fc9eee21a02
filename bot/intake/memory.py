"""What this process has seen and knows, up to a bound."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

__all__ = ["MOST_REMEMBERED", "Bounded", "Memory"]

MOST_REMEMBERED = 10_000
"""Names remembered, an hour at three a second; the oldest are forgotten first."""

K = TypeVar("K")
V = TypeVar("V")


class Bounded(OrderedDict[K, V]):
    """A mapping of so many entries at most; the one written longest ago goes first."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)


class Memory:
    """Names, so that each counts once."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._names: Bounded[str, None] = Bounded(most)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def take(self, name: str) -> bool:
        """Return whether a name is new, and remember it; an empty one is always new."""
        if name in self._names:
            return False
        if name:
            self._names[name] = None
        return True

    def forget(self, name: str) -> None:
        """Count a name as new again."""
        self._names.pop(name, None)
