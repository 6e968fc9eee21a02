"""Where an index is kept: generations, each a folder that is whole before anyone is pointed to it.

A library's index is `words-<layout>-<library>-<generation>/`; a pointer file names the generation in use and is
replaced at once when the next is whole. A lock file lets one process build at a time. Each generation has a manifest:
which episodes it holds, and a checksum for every block of every file. At each opening the sizes of all files are
compared, and the checksums of up to 32 MiB: all blocks of a small index, of a large one both ends of every file and
blocks drawn anew each time.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.file_lock import lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Generations", "Held", "Manifest"]

BLOCK = 1024 * 1024
CHECKED = 32
"""Blocks whose checksums are compared at each opening; about 40 ms."""

_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Held:
    """An episode in an index: the number its documents carry, its folders, its digest, how many documents."""

    ordinal: int
    show: str
    episode: str
    digest: str
    documents: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index holds; `following` is the next free ordinal, `dead` counts documents that were taken out."""

    episodes: tuple[Held, ...]
    following: int
    dead: int


class Generations:
    """The generations of one library's index in a folder."""

    def __init__(self, folder: Path, library: str, layout: str) -> None:
        """Take the folder of all indexes, a name for the library and the layout that is understood."""
        self.folder = folder
        self._prefix = f"words-{layout}-{library}-"
        self._pointer = folder / f"words-{layout}-{library}.current"
        self._lock = folder / f"words-{layout}-{library}.lock"

    def current(self) -> Path | None:
        """Return the generation that is pointed to, whole or not; None when there is none."""
        try:
            name = self._pointer.read_text("utf-8").strip()
        except (OSError, ValueError):
            return None
        return self.folder / name if name.startswith(self._prefix) and "/" not in name else None

    def manifest(self, place: Path) -> Manifest | None:
        """Return what a generation holds, or None when it is not whole."""
        try:
            table = json.loads((place / _MANIFEST).read_text("utf-8"))
            if not _is_whole(place, table["files"]):
                return None
            return Manifest(tuple(Held(*row) for row in table["episodes"]), table["following"], table["dead"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @contextmanager
    def alone(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Keep other processes from building; calls `waiting` once when one of them is at it."""
        with lock(self._lock, waiting):
            yield

    @contextmanager
    def following(self, before: Path | None) -> Iterator[Path]:
        """Give a folder for the next generation, with the files of the one before; removed unless `switch` was called.

        Files of an index are written once and then replaced, never changed, so both generations can share them.
        """
        number = max((int(path.name[len(self._prefix) :]) for path in self._all()), default=0) + 1
        place = self.folder / f"{self._prefix}{number:06}"
        place.mkdir()
        try:
            for path in sorted(before.iterdir()) if before else ():
                if path.name != _MANIFEST and not path.name.endswith(".lock"):
                    _link(path, place / path.name)
            yield place
        finally:
            if self.current() != place:
                shutil.rmtree(place, ignore_errors=True)

    def switch(self, place: Path, manifest: Manifest) -> None:
        """Point to a finished generation, and remove the others; a process that has one of them open keeps it."""
        table: dict[str, Any] = {
            "episodes": [[h.ordinal, h.show, h.episode, h.digest, h.documents] for h in manifest.episodes],
            "following": manifest.following,
            "dead": manifest.dead,
            "files": {path.name: _sums(path) for path in _files(place)},
        }
        _replace(place / _MANIFEST, json.dumps(table, separators=(",", ":")))
        _replace(self._pointer, place.name)
        for path in self._all():
            if path != place:
                shutil.rmtree(path, ignore_errors=True)

    def _all(self) -> list[Path]:
        """Return every generation that lies here, pointed to or left over."""
        length = len(self._prefix)
        return [path for path in self.folder.glob(f"{self._prefix}*") if path.name[length:].isdecimal()]


def _files(place: Path) -> list[Path]:
    """Return the files that belong to an index."""
    return [
        path for path in sorted(place.iterdir()) if path.name != _MANIFEST and not path.name.endswith((".lock", ".tmp"))
    ]


def _sums(path: Path) -> list[int]:
    """Return a file's size and the checksum of each of its blocks."""
    sums = [path.stat().st_size]
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            sums.append(zlib.crc32(block))
    return sums


def _is_whole(place: Path, files: dict[str, list[int]]) -> bool:
    """Say whether every file is there in its size, and the blocks that are looked at are unchanged."""
    if {path.name: path.stat().st_size for path in _files(place)} != {name: sums[0] for name, sums in files.items()}:
        return False
    ends = {(name, number) for name, sums in files.items() for number in (1, len(sums) - 1) if len(sums) > 1}
    inner = [(name, number) for name, sums in files.items() for number in range(2, len(sums) - 1)]
    drawn = random.sample(inner, min(len(inner), max(0, CHECKED - len(ends))))
    for name, number in sorted(ends | set(drawn)):
        with (place / name).open("rb") as file:
            file.seek((number - 1) * BLOCK)
            if zlib.crc32(file.read(BLOCK)) != files[name][number]:
                return False
    return True


def _link(path: Path, target: Path) -> None:
    """Let a file stand in two folders, or copy it where that is not possible."""
    try:
        target.hardlink_to(path)
    except (OSError, NotImplementedError):
        shutil.copy2(path, target)


def _replace(path: Path, text: str) -> None:
    """Write a file whole."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)
