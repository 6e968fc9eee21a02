"""Which files of a folder are transcripts, and of which episodes: also below it, and several of one episode."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus.files import read_bytes
from bot.corpus.formats import ENDINGS
from bot.corpus.naming import without_kind, words_for
from bot.errors import OperatorError, TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Found", "ending", "find_transcripts", "titles_of"]

_DEEPEST = 8
"""Folders below folders that are looked into."""

_HEAD = 4_096
"""Bytes of a file among which its title stands."""

_TITLE = re.compile(
    r"^[\s\"*_-]{0,8}title[\"*_]{0,3}[ \t]{0,4}[:=][ \t*_]{0,8}[\"']?([^\"'\n<]{1,300})|^#[ \t]{1,4}(\S.{0,300})"
    r"|<title>([^<]{1,300})",
    re.IGNORECASE | re.MULTILINE,
)
_SAME = {".markdown": ".md", ".htm": ".html", ".xhtml": ".html", ".text": ".txt"}


@dataclass(frozen=True, slots=True)
class Found:
    """The files of one episode, and its name: the file's, or that of its folder where the file's is no name."""

    name: str
    paths: tuple[Path, ...]


def ending(name: str) -> str:
    """Return what a file's name ends in, as the readers know it; "" for no ending of a transcript."""
    suffix = Path(name).suffix.lower()
    suffix = _SAME.get(suffix, suffix)
    return suffix if suffix in ENDINGS else ""


class Search(NamedTuple):
    """What was found in a folder: its episodes in order, the files that are no transcripts by their names, and errors.

    There is one for each folder below it that cannot be read.
    """

    found: list[Found]
    beside: list[Path]
    unread: list[TranscriptError]


def find_transcripts(folder: Path) -> Search:
    """Return the episodes of a folder and of those below it; raises OSError when the folder itself cannot be read.

    A file is named by its folder when its own name says only what it is, as `transcript.md`, or stands in several
    folders.
    """
    groups: dict[tuple[Path, str], list[Path]] = {}
    beside: list[Path] = []
    unread: list[TranscriptError] = []
    for path in _files(folder, unread):
        if path.stem.casefold() in words_for("beside"):
            beside.append(path)
        else:
            groups.setdefault((path.parent, without_kind(path.stem).casefold()), []).append(path)
    often = Counter(key for _, key in groups)
    shared = Counter(parent for parent, _ in groups)
    found = []
    for (parent, key), paths in groups.items():
        own = list(parent.relative_to(folder).parts)
        name = without_kind(paths[0].stem)
        if own and (not key or often[key] > 1):
            name = "-".join(own if shared[parent] == 1 or not key else [*own, key])
        found.append(Found(name or paths[0].stem, tuple(paths)))
    return Search(found, beside, unread)


def titles_of(found: Iterable[Found]) -> Iterator[str]:
    """Yield the titles that the heads of files state; to compare them no more is read."""
    for each in found:
        path = each.paths[0]
        if not path.is_symlink():
            try:
                head = read_bytes(path)[:_HEAD].decode("utf-8", "replace")
            except OperatorError:  # told when it is its turn
                continue
            if match := _TITLE.search(head):
                yield next(title for title in match.groups() if title).strip()


def _files(folder: Path, unread: list[TranscriptError], depth: int = 0) -> Iterator[Path]:
    """Yield the files that may be transcripts, in order; hidden ones and links to folders are not looked at."""
    try:
        with os.scandir(folder) as items:
            children = sorted((item for item in items if not item.name.startswith(".")), key=lambda item: item.name)
    except OSError as error:
        if not depth:
            raise
        unread.append(TranscriptError(str(folder), say("corpus.unreadable", error=error.strerror)))
        return
    for child in children:
        if child.is_dir(follow_symlinks=False):
            if depth < _DEEPEST:
                yield from _files(Path(child.path), unread, depth + 1)
        elif ending(child.name):
            yield Path(child.path)
