"""How it stands with the feeds that are followed, for people."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.feeds.shows import followed, remembered
from bot.feeds.state import ItemState
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["FeedStatus", "feed_statuses", "host_of", "status_lines"]

_MOST_TITLES = 5
"""Items named of those that wait for a transcript."""


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


def status_lines(status: FeedStatus, now: float) -> Iterator[str]:
    """Yield how it stands with a followed feed at a moment (UTC seconds), in some words each."""
    if status.withdrawn:
        yield say("follow.withdrawn")
    elif not status.looked:
        yield say("follow.not-yet")
    elif status.following:
        following = say("follow.soon") if status.following <= now else _moment(status.following)
        yield say("follow.looked", looked=_moment(status.looked), following=following)
    else:
        yield say("follow.looked-last", looked=_moment(status.looked))
    yield say("episodes.count", count=status.episodes)
    if status.waiting:
        titles = ", ".join(f"“{title}”" for title in status.waiting[:_MOST_TITLES])
        if len(status.waiting) > _MOST_TITLES:
            titles = say("follow.waiting-more", titles=titles, count=len(status.waiting) - _MOST_TITLES)
        yield say("follow.waiting", count=len(status.waiting), titles=titles)
    if status.error:
        yield say("follow.last-error", error=status.error)


def _moment(moment: float) -> str:
    """Return a moment as people read it."""
    told = dt.datetime.fromtimestamp(moment, dt.UTC)
    return say("follow.at", day=f"{told:%Y-%m-%d}", time=f"{told:%H:%M}")
