"""What the readers of JSON share: lists of objects of which any part may be missing or wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.corpus.formats.cues import TimedWord
from bot.corpus.formats.stamps import number
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["first_has", "objects", "string", "timed_words", "without_text"]


def objects(value: object, key: str | None = None) -> list[dict[str, Any]]:
    """Return the objects of a list, or of the list at a key; anything else counts as none."""
    if key is not None:
        value = value.get(key) if isinstance(value, dict) else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def string(value: object) -> str:
    """Return a value if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def first_has(items: Sequence[dict[str, Any]], *keys: str) -> bool:
    """Say whether one of the first objects has all keys."""
    return any(all(key in item for key in keys) for item in items[:5])


def without_text(count: int) -> tuple[str, ...]:
    """Return the oddity for entries that were skipped."""
    return (say("format.no-text", count=count),) if count else ()


def timed_words(items: Iterable[dict[str, Any]], speaker: Callable[[dict[str, Any]], str | None]) -> list[TimedWord]:
    """Return `word`, `start`, `end` objects as timed words."""
    return [
        TimedWord(text, number(item.get("start")), number(item.get("end")), speaker(item))
        for item in items
        if (text := string(item.get("word"))).strip()
    ]
