"""The log: to standard error, with what is secret left out, in tracebacks too."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Discreet", "set_up"]

_LOGIN = r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
"""The user and password in an address."""

SHORTEST_SECRET = 8
"""Characters of a value that is hidden wherever it stands; a shorter one would be found inside of words."""


class Discreet(logging.Formatter):
    """Formats a record without secrets: those it was told, and whatever has the shape of one."""

    def __init__(self, shapes: Iterable[str]) -> None:
        """Take patterns of secrets: a token in a library's traceback has no name beside it."""
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self._shapes = (_LOGIN, *shapes)
        self._hidden = re.compile("|".join(self._shapes))

    def hide(self, secrets: Iterable[str]) -> None:
        """Leave these values out too, whatever their shape."""
        values = sorted((value for value in secrets if len(value) >= SHORTEST_SECRET), key=len, reverse=True)
        self._hidden = re.compile("|".join((*map(re.escape, values), *self._shapes)))

    def format(self, record: logging.LogRecord) -> str:
        """Return the line or lines of a record."""
        return self._hidden.sub("…", super().format(record))


def set_up(shapes: Iterable[str]) -> Discreet:
    """Send warnings and errors to standard error; return what formats them."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = Discreet(shapes)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    return formatter
