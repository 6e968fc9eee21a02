"""Compiled episodes: what was read from a folder's files, kept in the data folder so that it is not read again.

One file an episode, named by a digest of the files it was read from: a checksum, a header (JSON), columns of numbers,
the text. A list (JSON) says what can be quoted without opening any of them. Whatever is missing, cut or changed here
counts as not there; the folder can be deleted at any time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import sys
import time
import zlib
from array import array
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.corpus.edition import Cut, Meta
from bot.corpus.episode import EDITION, ERRATA
from bot.corpus.model import Episode, Paragraphs, Sentences, TokenMap
from bot.corpus.transcript import Chapter, Person
from bot.corpus.withdrawn import refuse_misnamed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.corpus.model import Show
    from bot.corpus.withdrawn import Withdrawal

__all__ = ["EpisodeCache", "pack", "read_meta", "signature", "unpack", "write_meta"]

_LAYOUT = f"4 {sys.byteorder}"
"""Part of every name; raise it when the layout of these files changes. What reads transcripts is part of it too."""

_HEAD = 8
"""Bytes before the header: a checksum of what follows it, and the header's length."""

_LIST = "list.json"
_SET_ASIDE = ".old"
_KEPT_ASIDE = 2 * 24 * 3600
"""Seconds for which a file nobody needs any more stays: a bot that is running may still serve the words in it."""

_SETTLED = 2_000_000_000
"""Nanoseconds: a file changed less than this ago may change again without its time telling."""


def signature(
    folder: Path, withdrawn: Sequence[Withdrawal] = (), people: Mapping[str, str] | None = None
) -> tuple[str, bool]:
    """Return a name for the files of an episode's folder as they are now, and whether it can be relied on later.

    What is withdrawn of the episode, and who is who in its show, is part of the name. Raises TranscriptError when the
    former is declared in this folder.
    """
    parts = [_LAYOUT, _readers(), str(folder), *(each.span for each in withdrawn)]
    parts += [repr(sorted((people or {}).items()))]
    latest = 0
    items = _items(folder)
    refuse_misnamed(folder, (item.name for item in items))
    for item in items:
        if item.name in {EDITION, ERRATA} or item.name.startswith("source."):
            try:
                status = item.stat()
            except OSError:
                continue
            parts.append(f"{item.name} {status.st_size} {status.st_mtime_ns}")
            latest = max(latest, status.st_mtime_ns)
    name = hashlib.blake2s("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return name, abs(time.time_ns() - latest) > _SETTLED


@cache
def _readers() -> str:
    """Return a name for the code that makes an episode of files: after an upgrade everything is read again."""
    here = Path(__file__).parent
    modules = [
        item for folder in (here, here / "formats") for item in _items(folder) if item.name.endswith((".py", ".toml"))
    ]
    return " ".join(f"{item.stat().st_size} {item.stat().st_mtime_ns}" for item in modules)


def _items(folder: Path) -> list[os.DirEntry[str]]:
    """Return what lies in a folder by name; nothing when it cannot be read, which reading it then says."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda item: item.name)
    except OSError:
        return []


def pack(episode: Episode, *, settled: bool) -> bytes:
    """Return the bytes of a compiled episode; `settled` says whether its files' signature can be relied on."""
    source = episode.tokens.source or ()
    header = {
        "id": episode.id,
        "title": episode.title,
        "digest": episode.digest,
        "settled": settled,
        "withdrawn": episode.withdrawn,
        "meta": write_meta(episode.meta),
        "chapters": [[chapter.title, chapter.start] for chapter in episode.chapters],
        "names": episode.paragraphs.names,
        "path": episode.tokens.path,
        "sizes": [len(episode.sentences), len(episode.paragraphs), len(source[0]) if source else 0],
    }
    head = json.dumps(header, separators=(",", ":")).encode()
    said = episode.sentences
    columns = [said.begins, said.ends, said.paragraphs, said.starts, *episode.paragraphs.columns, *source]
    body = b"".join([*columns, said.approximate, episode.text.encode("utf-8", "surrogatepass")])
    rest = len(head).to_bytes(4, "little") + head + body
    return zlib.crc32(rest).to_bytes(4, "little") + rest


def unpack(data: bytes, show: Show) -> tuple[Episode, bool] | None:
    """Return the episode that was packed and whether it was settled, or None when the bytes are not what was packed."""
    if len(data) <= _HEAD or zlib.crc32(memoryview(data)[4:]) != int.from_bytes(data[:4], "little"):
        return None
    at = _HEAD + int.from_bytes(data[4:_HEAD], "little")
    header: dict[str, Any] = json.loads(data[_HEAD:at])
    sentences, paragraphs, tokens = header["sizes"]
    rest = io.BytesIO(data)
    rest.seek(at)

    def column(kind: str, length: int) -> array[Any]:
        numbers: array[Any] = array(kind)
        numbers.frombytes(rest.read(length * numbers.itemsize))
        return numbers

    begins, ends, inside = (column("I", sentences) for _ in range(3))
    starts = column("d", sentences)
    spoken = [column("i", paragraphs) for _ in range(6)]
    source = (column("I", tokens), column("I", tokens)) if header["path"] is not None else None
    approximate = rest.read(sentences)
    text = str(rest.read(), "utf-8", "surrogatepass")
    episode = Episode(
        show,
        header["id"],
        header["title"],
        text,
        Paragraphs(tuple(header["names"]), *spoken),
        Sentences(begins, ends, inside, starts, approximate),
        TokenMap(text, header["path"], source),
        header["digest"],
        tuple(Chapter(title, start) for title, start in header["chapters"]),
        read_meta(header["meta"]),
        tuple((begin, end) for begin, end in header["withdrawn"]),
    )
    return episode, header["settled"]


def write_meta(meta: Meta) -> dict[str, Any]:
    """Return what is known of an episode as data that JSON can carry."""
    table = asdict(meta)
    return table | {"published": meta.published.isoformat() if meta.published else None}


def read_meta(table: dict[str, Any]) -> Meta:
    """Return what `write_meta` wrote; the table is used up."""
    published = table.pop("published")
    people = tuple(Person(**person) for person in table.pop("people"))
    cuts = tuple(Cut(**cut) for cut in table.pop("cuts"))
    return Meta(**table, published=dt.date.fromisoformat(published) if published else None, people=people, cuts=cuts)


class EpisodeCache:
    """The compiled episodes of one content folder, in a folder of their own; several processes may use it at once.

    A file that cannot be written raises OSError; one that cannot be read is as good as missing.
    """

    def __init__(self, folder: Path, content: Path) -> None:
        library = hashlib.blake2s(str(content.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self.folder = folder / library
        self.folder.mkdir(parents=True, exist_ok=True)

    def names(self) -> set[str]:
        """Return the names of all files there."""
        return set(os.listdir(self.folder))  # noqa: PTH208 - names are what is wanted, of thousands of files

    def load(self, name: str, show: Show) -> tuple[Episode, bool] | None:
        """Return the episode of that name (`unpack` says what comes with it), or None when there is none that is whole.

        One that was set aside since this process began still counts.
        """
        for kept in (name, name + _SET_ASIDE):
            try:
                found = unpack((self.folder / kept).read_bytes(), show)
            except OSError:
                continue
            if found is not None:
                return found
        return None

    def save(self, name: str, episode: Episode, *, settled: bool) -> None:
        """Keep an episode under a name."""
        self._write(name, pack(episode, settled=settled))

    def drop(self, name: str) -> None:
        """Forget an episode, so that the next start reads it."""
        with suppress(OSError):
            (self.folder / name).unlink()

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the list, none when there is no whole list."""
        try:
            checksum, _, rows = (self.folder / _LIST).read_bytes().partition(b"\n")
            if int(checksum, 16) != zlib.crc32(rows):
                return []
            found: list[dict[str, Any]] = json.loads(rows)
        except (OSError, ValueError):
            return []
        return found

    def save_rows(self, rows: list[dict[str, Any]]) -> None:
        """Write the list."""
        data = json.dumps(rows, separators=(",", ":")).encode()
        self._write(_LIST, b"%08x\n%s" % (zlib.crc32(data), data))

    def sweep(self, needed: Iterable[str], *, aside: bool = True) -> None:
        """Set aside what is not needed, and remove what was set aside long ago; without `aside` remove it at once."""
        wanted = {_LIST, *needed}
        for name in self.names() - wanted:
            path = self.folder / name
            try:
                if not aside:
                    path.unlink()
                elif name.endswith(_SET_ASIDE):
                    if time.time() - path.stat().st_mtime > _KEPT_ASIDE:
                        path.unlink()
                else:
                    os.utime(path)
                    path.replace(self.folder / (name + _SET_ASIDE))
            except OSError:
                continue  # another process was faster, or still reads it

    def _write(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all."""
        path = self.folder / name
        unfinished = self.folder / f"{name}.{os.getpid()}{_SET_ASIDE}"
        try:
            unfinished.write_bytes(data)
            unfinished.replace(path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            if not path.exists():
                raise
