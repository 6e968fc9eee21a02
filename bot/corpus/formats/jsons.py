"""What is read of JSON of which any part may be missing or wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["first_has", "objects", "string"]


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
