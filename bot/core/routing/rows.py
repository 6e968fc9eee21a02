"""The rows of `intents.toml`, which say how a message is put."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.language import read_rows

__all__ = ["asks", "pattern", "wonders"]


def pattern(key: str) -> re.Pattern[str]:
    """Return the pattern of the row with that key."""
    return _patterns()[key]


def asks(words: str) -> bool:
    """Say whether a message asks something."""
    return words.rstrip().endswith("?") or pattern("asks").match(words) is not None


@lru_cache(maxsize=5_000)
def wonders(words: str) -> str:
    """Return what a message that asks something begins with, such as “who”; "" for any other."""
    found = pattern("wonders").match(words)
    if found is None:
        return ""
    if found.lastgroup == "word":
        return found["word"].casefold()
    return _ASKED_AS[found.lastgroup or ""]


_ASKED_AS = {"which": "what", "whose": "who", "y": "why", "tell": "tell", "aux": "aux"}


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    return {row.key: row.pattern for row in read_rows("bot.core.routing", "intents.toml", re.IGNORECASE)}
