"""Which episodes came new by following a feed: what may be announced."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.corpus import WITHDRAWN, read_show, withdrawn_of
from bot.errors import TranscriptError
from bot.feeds.shows import SHOW, Stamp, followed, remembered, stamp
from bot.feeds.state import STATE, ItemState

if TYPE_CHECKING:
    from pathlib import Path

    from bot.corpus import Show

__all__ = ["Fresh", "fresh_episodes"]


@dataclass(frozen=True, slots=True)
class Fresh:
    """An episode that came by following: the folders of its show and its own, and when it came, in UTC seconds."""

    show: str
    episode: str
    seen_at: float


def fresh_episodes(content: Path) -> tuple[Fresh, ...]:
    """Return the episodes that came new by following in the last thirty days, the newest last.

    None of the back catalogue, and nothing that is withdrawn. Reads a feed's small files when they change and looks at
    their times otherwise, some 0.1 ms a feed, so it may be asked often.
    """
    found: list[Fresh] = []
    for show in followed(content):
        folder = content / show.id
        changed = stamp(folder / STATE)
        rows = _new(content, show, changed) if changed else ()
        if rows:
            gone = _withdrawn(folder, (changed, *(stamp(folder / name) for name in (SHOW, WITHDRAWN))))
            found += [each for each in rows if each.episode not in gone]
    here = (each for each in found if (content / each.show / each.episode).is_dir())
    return tuple(sorted(here, key=lambda each: (each.seen_at, each.show, each.episode)))


@lru_cache(maxsize=1024)
def _new(content: Path, show: Show, _changed: Stamp) -> tuple[Fresh, ...]:
    """Return what came by following a show's feed, read once for each change of what is remembered."""
    rows = remembered(content, show).items.values()
    return tuple(Fresh(show.id, row.episode, row.came) for row in rows if row.new and row.state is ItemState.IMPORTED)


@lru_cache(maxsize=1024)
def _withdrawn(folder: Path, _changed: tuple[Stamp | None, ...]) -> frozenset[str]:
    """Return the episodes of a show that are withdrawn; all of them while it is not clear which."""
    names = {path.name for path in folder.iterdir() if path.is_dir()}
    try:
        return frozenset(withdrawn_of(read_show(folder), folder, names).whole)
    except TranscriptError:  # what is unclear is not shown
        return frozenset(names)
