"""Vectors of an episode's sentences: made once, kept as files in the data folder, opened by memory map.

A file is named by the digest of the episode's words, written whole beside its name and moved there, so a half-written
one is never opened, several processes may share them, and building can be stopped and resumed at any episode.

The meaning model reads each sentence alone, and each block of BLOCK sentences: a block costs a third of reading each
sentence with its neighbours, and tells as much of what is around one (measured). Both are kept as int8.
"""

from __future__ import annotations

import json
import mmap
import os
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bot.search.index.models import TOKEN_WIDTH, WIDTH
from bot.search.index.nearest import CODE_WORDS, Codes, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from io import FileIO

    from numpy.typing import NDArray

    from bot.corpus import Episode, EpisodeEntry
    from bot.search.index.models import Dense, Late

__all__ = ["BLOCK", "EpisodeVectors", "Shelf", "build_vectors", "save_vectors", "write_whole"]

BLOCK = 3
"""Sentences that are read together for what is meant around each of them."""

_LAYOUT = "2"
_HEADER = 256
_OPENED = 48
"""Files that are mapped at once; each takes a descriptor."""


@dataclass(frozen=True, slots=True)
class EpisodeVectors:
    """Vectors of one episode of n sentences, and so of b = n / BLOCK blocks, rounded up.

    `rows` (n + b, WIDTH) has a row a sentence, then one a block, int8; times the scales of `codes` each has length 1.
    `tokens` has a row for each token of each sentence, int8 (127 is 1.0); sentence i owns rows edges[i]..edges[i + 1].
    """

    rows: NDArray[np.int8]
    codes: Codes
    tokens: NDArray[np.int8]
    edges: NDArray[np.int32]

    @property
    def count(self) -> int:
        """How many sentences there are."""
        return len(self.edges) - 1

    @property
    def sentences(self) -> NDArray[np.float32]:
        """A row a sentence, of length 1."""
        return self.rows[: self.count] * self.codes.scales[: self.count, None]

    @property
    def windows(self) -> NDArray[np.float32]:
        """A row a sentence: what it means with those around it, of length 1."""
        blocks: NDArray[np.float32] = self.rows[self.count :] * self.codes.scales[self.count :, None]
        return np.repeat(blocks, BLOCK, axis=0)[: self.count]

    def tokens_of(self, sentence: int) -> NDArray[np.int8]:
        """Return the rows of a sentence's tokens."""
        return self.tokens[self.edges[sentence] : self.edges[sentence + 1]]

    def alone(self, sentences: NDArray[np.int64], vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how near each of some sentences is to a vector."""
        return self._near(sentences, vector)

    def wide(self, sentences: NDArray[np.int64], vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how near each of some sentences is with those around it."""
        blocks, which = np.unique(sentences // BLOCK, return_inverse=True)
        return self._near(self.count + blocks, vector)[which]

    def _near(self, rows: NDArray[np.int64], vector: NDArray[np.float32]) -> NDArray[np.float32]:
        return (self.rows[rows].astype(np.float32) @ vector) * self.codes.scales[rows]


def build_vectors(
    episode: Episode, dense: Dense, late: Late, stopped: Callable[[], bool] = lambda: False
) -> EpisodeVectors | None:
    """Make an episode's vectors, or return None as soon as `stopped` says so; it is asked some ten times a second."""
    count = len(episode.sentences)
    alone = [episode.passage(number, number).text for number in range(count)]
    blocks = [episode.passage(n, min(n + BLOCK, count) - 1).text for n in range(0, count, BLOCK)]
    vectors = np.zeros((count + len(blocks), WIDTH), np.float32)
    for number, vector in dense.each([*alone, *blocks]):
        if stopped():
            return None
        vectors[number] = vector
    matrices: list[NDArray[np.int8]] = [np.zeros((0, TOKEN_WIDTH), np.int8)] * count
    for number, matrix in late.each(alone):
        if stopped():
            return None
        matrices[number] = np.round(matrix * 127).astype(np.int8)
    edges = np.cumsum([0, *map(len, matrices)]).astype(np.int32)
    scales = np.abs(vectors).max(axis=1, initial=1e-6) / 127
    rows = np.round(vectors / scales[:, None]).astype(np.int8)
    tokens = np.concatenate([np.zeros((0, TOKEN_WIDTH), np.int8), *matrices])
    return EpisodeVectors(rows, encode(vectors, scales.astype(np.float32)), tokens, edges)


def _path(folder: Path, digest: str) -> Path:
    return folder / f"vectors-{_LAYOUT}-{digest[:24]}.bin"


def save_vectors(folder: Path, digest: str, vectors: EpisodeVectors) -> None:
    """Write the vectors of the episode with a digest whole or not at all; OSError when the folder cannot be written."""
    shape = {"sentences": vectors.count, "tokens": len(vectors.tokens)}
    codes = vectors.codes
    parts = (codes.bits, codes.factors, codes.scales, vectors.edges, vectors.rows, vectors.tokens)
    write_whole(_path(folder, digest), json.dumps(shape).encode().ljust(_HEADER), *(part.tobytes() for part in parts))


def write_whole(path: Path, *parts: bytes) -> None:
    """Write a file whole or not at all, and its folder where there is none; OSError when that cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(prefix="building-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(parts)
        Path(unfinished).replace(path)
    finally:
        Path(unfinished).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the parts of a file begin that has so many sentences, and tokens of them."""

    sentences: int
    tokens: int

    @classmethod
    def read(cls, head: bytes, sentences: int) -> _Layout:
        """Read the header of a file for that many sentences; ValueError or KeyError when it is of another."""
        shape = json.loads(head)
        if not isinstance(shape, dict) or shape["sentences"] != sentences or not isinstance(shape["tokens"], int):
            raise ValueError
        return cls(sentences, shape["tokens"])

    @property
    def texts(self) -> int:
        """How many sentences and blocks there are."""
        return self.sentences + -(-self.sentences // BLOCK)

    @property
    def edges(self) -> tuple[int, ...]:
        """The byte at which each part begins (bits, factors, scales, edges, rows, tokens), and the file's length."""
        texts = self.texts
        lengths = (CODE_WORDS * 8 * texts, 4 * texts, 4 * texts, 4 * (self.sentences + 1), WIDTH * texts)
        return tuple(accumulate((_HEADER, *lengths, TOKEN_WIDTH * self.tokens)))

    @property
    def rows(self) -> int:
        """The byte at which the rows begin."""
        return self.edges[4]


def _codes(data: NDArray[np.uint8], layout: _Layout) -> Codes:
    """Return the codes in a file's bytes."""
    first, second, third, fourth, *_ = layout.edges
    bits = data[first:second].view(np.uint64).reshape(CODE_WORDS, layout.texts)
    return Codes(bits, data[second:third].view(np.float32), data[third:fourth].view(np.float32))


def _read_codes(path: Path, sentences: int) -> Codes | None:
    """Return the codes of an episode's file, or None when there is none, or no whole one."""
    try:
        with path.open("rb") as file:
            layout = _Layout.read(head := file.read(_HEADER), sentences)
            if os.fstat(file.fileno()).st_size != layout.edges[-1]:
                return None
            data = head + file.read(layout.edges[3] - _HEADER)
    except (OSError, ValueError, KeyError):
        return None
    return _codes(np.frombuffer(data, np.uint8), layout)


def _open_file(path: Path, sentences: int) -> EpisodeVectors | None:
    """Open an episode's file by memory map, or return None when there is none, or no whole one."""
    try:
        with path.open("rb") as file:
            layout = _Layout.read(file.read(_HEADER), sentences)
            if os.fstat(file.fileno()).st_size != layout.edges[-1]:
                return None
            data = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    except (OSError, ValueError, KeyError):
        return None
    *_, begin, rows, tokens, end = layout.edges
    return EpisodeVectors(
        data[rows:tokens].view(np.int8).reshape(layout.texts, WIDTH),
        _codes(data, layout),
        data[tokens:end].view(np.int8).reshape(layout.tokens, TOKEN_WIDTH),
        data[begin:rows].view(np.int32),
    )


class Shelf:
    """The vectors of a library's episodes, by their numbers; files are opened when they are needed.

    Safe to share between threads. Without a folder they are kept in memory.
    """

    def __init__(self, folder: Path | None, entries: Sequence[EpisodeEntry]) -> None:
        """Take the folder of the files and the corpus's episodes; nothing is read yet."""
        self.folder = folder
        self.entries = entries
        self._made: dict[int, EpisodeVectors] = {}
        self._paths: dict[int, Path] = {}
        self._opened = lru_cache(maxsize=_OPENED)(_open_known)

    def over(self, entries: Sequence[EpisodeEntry]) -> Shelf:
        """Return the vectors of another library's episodes from the same folder, with those that are kept in memory."""
        shelf = Shelf(self.folder, entries)
        made = {self.entries[number].digest: vectors for number, vectors in self._made.items()}
        shelf._made = {n: made[entry.digest] for n, entry in enumerate(entries) if entry.digest in made}
        return shelf

    def look(self, known: Collection[int] = ()) -> dict[int, Codes]:
        """Return the codes of each episode that has vectors, besides those known; reads part of each file."""
        found = {number: each.codes for number, each in self._made.items() if number not in known}
        try:
            names = frozenset(self.folder.iterdir()) if self.folder else frozenset()
        except OSError:
            names = frozenset()
        for number, entry in enumerate(self.entries if names else ()):
            if number not in known and (path := self._path(number)) in names:
                codes = _read_codes(path, entry.sentences)
                if codes is not None:
                    found[number] = codes
        return found

    def keep(self, number: int, vectors: EpisodeVectors) -> None:
        """Keep an episode's vectors. Raises OSError when the folder cannot be written."""
        if self.folder:
            save_vectors(self.folder, self.entries[number].digest, vectors)
        else:
            self._made[number] = vectors

    def vectors(self, number: int) -> EpisodeVectors | None:
        """Return the vectors of an episode, or None when it has none, or its file is gone since."""
        try:
            return self._made.get(number) or self._open(number)
        except LookupError:  # which is not remembered
            return None

    def rows(self, number: int, rows: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return some rows (k, WIDTH) of an episode's vectors; zeros when its file is gone since.

        Of a large library they are read and not mapped: a search looks at a few rows of hundreds of files.
        """
        if self.folder is None or len(self.entries) <= _OPENED:
            vectors = self.vectors(number)
            return np.zeros((len(rows), WIDTH), np.int8) if vectors is None else vectors.rows[rows]
        begin = _Layout(self.entries[number].sentences, 0).rows
        try:
            with self._path(number).open("rb", buffering=0) as file:
                data = b"".join(_read(file, begin + row * WIDTH) for row in rows.tolist())
            return np.frombuffer(data, np.int8).reshape(len(rows), WIDTH)
        except (OSError, ValueError):
            return np.zeros((len(rows), WIDTH), np.int8)

    def _path(self, number: int) -> Path:
        """Return where an episode's file is, made once: all are gone through while others are being worked out."""
        if number not in self._paths:
            self._paths[number] = _path(self.folder or Path(), self.entries[number].digest)
        return self._paths[number]

    def _open(self, number: int) -> EpisodeVectors:
        """Open an episode's file; LookupError when there is none, or no whole one."""
        if self.folder is None:
            raise LookupError
        return self._opened(self._path(number), self.entries[number].sentences)


def _open_known(path: Path, sentences: int) -> EpisodeVectors:
    """Open a file; LookupError when there is none, or no whole one."""
    vectors = _open_file(path, sentences)
    if vectors is None:
        raise LookupError
    return vectors


def _read(file: FileIO, begin: int) -> bytes:
    """Return the bytes of a row that begins at one of a file."""
    file.seek(begin)
    return file.read(WIDTH)
