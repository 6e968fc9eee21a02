"""Episodes that came new by following a feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Fresh", "fresh_episodes"]


@dataclass(frozen=True, slots=True)
class Fresh:
    """An episode that came new: its show's folder, its own, and when it was seen (UTC seconds)."""

    show: str
    episode: str
    seen_at: float


def fresh_episodes(content: Path) -> tuple[Fresh, ...]:  # noqa: ARG001 - nothing is followed yet
    """Return the episodes of a content folder that came new by following a feed."""
    return ()
