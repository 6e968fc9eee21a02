"""Whether a content folder changed: a digest of its files' names, sizes and times, without reading any of them."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from bot.corpus.files import is_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["state_of"]


def state_of(folder: Path) -> str:
    """Return a digest that is another one as soon as a file of a show or an episode comes, goes or changes.

    Takes some 8 µs a file. Names that begin with a dot are left out: what is being imported lies there. A folder that
    cannot be read counts as empty, which opening it then says.
    """
    state = hashlib.blake2s()
    _note(state, str(folder), 2)
    return state.hexdigest()


def _note(state: hashlib.blake2s, folder: str, deeper: int) -> None:
    """Note what lies in a folder, and in those inside it so many levels deep."""
    rows: list[str] = []
    folders: list[str] = []
    try:
        with os.scandir(folder) as found:
            for item in found:
                if item.name.startswith("."):
                    continue
                if not is_folder(item):
                    rows.append(_row(item))
                elif deeper:
                    folders.append(item.path)
    except OSError as error:
        rows.append(f"{error.errno}")
    state.update("\n".join((folder, *sorted(rows), "")).encode("utf-8", "surrogatepass"))
    for path in sorted(folders):
        _note(state, path, deeper - 1)


def _row(item: os.DirEntry[str]) -> str:
    """Return a file's name, size and time."""
    try:
        status = item.stat()
    except OSError as error:
        return f"{item.name} {error.errno}"
    return f"{item.name} {status.st_size} {status.st_mtime_ns}"
