"""What is remembered of a followed feed: a small file in the show's folder, beside what an import remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from bot.corpus.seen import read_table, write_table

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MOST_ITEMS", "STATE", "FeedState", "Item", "ItemState"]

STATE = ".feed.json"
"""Name of the file in a show's folder; without it everything in the feed counts as its back catalogue."""

MOST_ITEMS = 10_000
"""Items of a feed that are remembered; the longest running dailies have some 5,000."""

_LATEST = 1e11
"""UTC seconds; what says it is later is no moment."""

_RowT = TypeVar("_RowT")


class ItemState(StrEnum):
    """What became of an item: nothing is expected of it, its transcript is, it is an episode, it is withdrawn."""

    KNOWN = "known"
    WAITING = "waiting"
    IMPORTED = "imported"
    WITHDRAWN = "withdrawn"


@dataclass(slots=True)
class Item:
    """An item of a feed: when it was first `seen` and when it `came` as an episode, in UTC seconds.

    `episode` is its folder, `new` whether it came by following. `edition` is the digest of the edition as it was
    written, "" where that is not known; `why` says why there is none yet, and `links` where it may be by now.
    """

    state: ItemState = ItemState.KNOWN
    seen: float = 0.0
    title: str = ""
    published: str = ""
    episode: str = ""
    came: float = 0.0
    new: bool = False
    edition: str = ""
    why: str = ""
    links: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FeedState:
    """What is known of the feed at an address; moments are UTC seconds.

    `followed` is when it was read first, 0 for not yet; `looked` the last look, `whole` the last one at which also what
    is imported was asked after, `following` the next one. `failures` counts looks in a row that failed with `error`;
    `gone` when its server says that it is gone for good.
    """

    feed: str = ""
    followed: float = 0.0
    looked: float = 0.0
    whole: float = 0.0
    following: float = 0.0
    failures: int = 0
    error: str = ""
    gone: bool = False
    etag: str = ""
    modified: str = ""
    items: dict[str, Item] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, feed: str) -> FeedState:
        """Read what is known of a show's feed; at another address than before, what it holds is known all the same."""
        table = read_table(folder / STATE)
        rows = table.pop("items", {})
        state = _read(cls(), table)
        if isinstance(rows, dict):
            state.items = {key: _read(Item(), row) for key, row in rows.items() if isinstance(row, dict)}
        if state.feed != feed:
            state = cls(feed, state.followed, items=state.items)
        return state

    def save(self, folder: Path) -> None:
        """Write the file; raises OSError and leaves what was there."""
        rows = {key: _table(row, _NOTHING) for key, row in self.items.items()}
        write_table(folder / STATE, {**_table(self, FeedState()), "items": rows})


_NOTHING = Item()
_STATES = frozenset(ItemState)


def _table(row: _RowT, nothing: _RowT) -> dict[str, Any]:
    """Return what a row says beside nothing; `asdict` copies, which takes longer than all the rest of a look."""
    names = row.__slots__  # type: ignore[attr-defined]  # both rows have them
    return {name: value for name in names if (value := getattr(row, name)) != getattr(nothing, name)}


def _read(row: _RowT, table: dict[str, Any]) -> _RowT:
    """Fill a row with what a table says, where it is of the row's type."""
    for name in row.__slots__:  # type: ignore[attr-defined]  # both rows have them
        if name not in table:
            continue
        default, value = getattr(row, name), table[name]
        if isinstance(default, float):
            value = float(value) if type(value) in {int, float} and 0 <= value <= _LATEST else default
        elif isinstance(default, ItemState):
            value = ItemState(value) if isinstance(value, str) and value in _STATES else default
        elif isinstance(default, list):
            value = [each for each in value if isinstance(each, str)] if isinstance(value, list) else default
        if type(value) is type(default):
            setattr(row, name, value)
    return row
