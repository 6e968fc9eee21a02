"""How it stands with the feeds that are followed, for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.feeds.shows import followed, remembered
from bot.feeds.state import ItemState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["FeedStatus", "feed_statuses", "host_of"]


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """How it stands with one followed feed: its show's folder and its host, which is all that may be told of it.

    `looked` and `following` are the last look and the next one, UTC seconds, 0 for not yet and for none; `waiting` are
    titles of items without a transcript; `episodes` counts those imported; `error` is why the last look failed, "" if
    it did not; `gone` when the feed is no more.
    """

    show: str
    host: str
    looked: float
    following: float
    episodes: int
    waiting: tuple[str, ...]
    error: str
    gone: bool
    withdrawn: bool


def feed_statuses(content: Path) -> tuple[FeedStatus, ...]:
    """Return how it stands with every followed feed, in order of their shows."""
    return tuple(_statuses(content))


def _statuses(content: Path) -> Iterator[FeedStatus]:
    for show in followed(content):
        state = remembered(content, show)
        rows = state.items.values()
        yield FeedStatus(
            show.id,
            host_of(show.feed),
            state.looked,
            0.0 if state.gone or show.withdrawn else state.following,
            sum(row.state is ItemState.IMPORTED for row in rows),
            tuple(row.title for row in rows if row.state is ItemState.WAITING),
            state.error,
            state.gone,
            show.withdrawn,
        )


def host_of(address: str) -> str:
    """Return all of an address that may be told: paths and queries can hold secrets."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2] or address[:20]
    except ValueError:
        return address[:20]
