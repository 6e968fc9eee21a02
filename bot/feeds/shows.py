"""Which shows follow a feed: a line in `show.toml`, which a person may write or take out as well."""

from __future__ import annotations

import json
import os
import re
import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.corpus import read_show
from bot.errors import OperatorError, TranscriptError
from bot.feeds.state import STATE, FeedState
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.corpus import Show

__all__ = ["SHOW", "Stamp", "followed", "remembered", "stamp", "write_feed"]

SHOW = "show.toml"
"""Name of the file in a show's folder."""

Stamp = tuple[int, int]
"""Time and size of a file, which tell that it changed."""

_LINE = re.compile(r"^feed[ \t]*=.*\n?", re.MULTILINE)
_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)


def followed(content: Path) -> Iterator[Show]:
    """Yield every show that follows a feed, in order; one whose `show.toml` cannot be read is left to `check`."""
    try:
        with os.scandir(content) as found:
            names = sorted(item.name for item in found if not item.name.startswith("."))
    except OSError:
        return
    for folder in map(content.joinpath, names):
        changed = stamp(folder / SHOW)
        show = _show(folder, changed) if changed else None
        if show is not None and show.feed:
            yield show


def stamp(path: Path) -> Stamp | None:
    """Return what tells whether a file changed; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4096)
def _show(folder: Path, _changed: Stamp) -> Show | None:
    """Return a show, read once for each change of its file."""
    try:
        return read_show(folder)
    except TranscriptError:
        return None


def remembered(content: Path, show: Show) -> FeedState:
    """Return what is known of a show's feed, read once for each change of its file; not to be changed."""
    folder = content / show.id
    changed = stamp(folder / STATE)
    return _state(folder, show.feed, changed) if changed else FeedState(show.feed)


_states: dict[Path, tuple[str, Stamp, FeedState]] = {}
"""What was last read of each folder's feed: one state a folder, however often it changes."""


def _state(folder: Path, feed: str, changed: Stamp) -> FeedState:
    known = _states.get(folder)
    if known is None or known[:2] != (feed, changed):
        known = _states[folder] = (feed, changed, FeedState.of(folder, feed))
    return known[2]


def write_feed(folder: Path, feed: str) -> None:
    """Write the line `feed = "…"` into a show's `show.toml`, another in its place, or none for "".

    All else stays as it is. Raises OperatorError where the file cannot be written, or the line has no clear place.
    """
    path = folder / SHOW
    try:
        text = path.read_bytes().decode("utf-8-sig")
        before = tomllib.loads(text)
        end = "\r\n" if "\r\n" in text else "\n"
        line = f"feed = {json.dumps(feed)}{end}" if feed else ""
        head = _TABLE.search(text)
        top = text[: head.start()] if head else text
        rest = text[len(top) :]
        if _LINE.search(top):
            top = _LINE.sub(lambda _: line, top, count=1)
        elif line:
            above = top.rstrip()
            top = f"{above}{end}{line}{top[len(above) :].removeprefix(end)}"
        wanted = {key: value for key, value in before.items() if key != "feed"} | ({"feed": feed} if feed else {})
        if tomllib.loads(top + rest) != wanted:
            raise OperatorError(say("follow.no-line", path=path, feed=feed))
        unfinished = path.with_name(f".{path.name}.new")
        unfinished.write_bytes((top + rest).encode())
        unfinished.chmod(path.stat().st_mode)
        unfinished.replace(path)
    except OSError as error:
        raise OperatorError(say("import.cannot-write", path=path, error=error.strerror)) from error
    except ValueError as error:
        raise OperatorError(say("follow.no-line", path=path, feed=feed)) from error
