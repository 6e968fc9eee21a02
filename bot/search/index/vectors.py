"""Vectors of an episode's sentences: made once, kept as files in the data folder, opened by memory map.

A file is named by the digest of the episode's words, written whole beside its name and moved there, so a half-written
one is never opened, several processes may share them, and building can be stopped and resumed at any episode.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bot.search.index.models import WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bot.corpus import Episode
    from bot.search.index.models import Dense, Late

__all__ = ["EpisodeVectors", "build_vectors", "load_vectors", "save_vectors"]

_LAYOUT = "1"
_HEADER = 256
_AT_ONCE = 64
"""Sentences between two looks at whether to stop; a second of work."""


@dataclass(frozen=True, slots=True)
class EpisodeVectors:
    """Vectors of one episode.

    `sentences` and `windows` (a sentence with its neighbours) have a row a sentence, float16 of length 1. `tokens` has
    a row for each token of each sentence, int8 (127 is 1.0); sentence i owns rows edges[i]..edges[i + 1]. A library too
    large for token vectors has no rows in `tokens`.
    """

    sentences: NDArray[np.float16]
    windows: NDArray[np.float16]
    tokens: NDArray[np.int8]
    edges: NDArray[np.int32]


def build_vectors(
    episode: Episode, dense: Dense, late: Late | None, stopped: Callable[[], bool]
) -> EpisodeVectors | None:
    """Make an episode's vectors, or return None as soon as `stopped` says so; 20 s for three hours on two cores."""
    count = len(episode.sentences)
    sentences = np.zeros((count, WIDTH), np.float32)
    windows = np.zeros((count, WIDTH), np.float32)
    matrices: list[NDArray[np.float32]] = []
    for begin in range(0, count, _AT_ONCE):
        if stopped():
            return None
        numbers = range(begin, min(count, begin + _AT_ONCE))
        alone = [episode.passage(number, number).text for number in numbers]
        sentences[begin : numbers.stop] = dense.passages(alone)
        windows[begin : numbers.stop] = dense.passages([episode.passage(n - 1, n + 1).text for n in numbers])
        matrices += late.passages(alone) if late else []
    lengths = [len(matrix) for matrix in matrices] if late else [0] * count
    edges = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    tokens = np.concatenate(matrices) if matrices else np.zeros((0, WIDTH), np.float32)
    return EpisodeVectors(
        sentences.astype(np.float16), windows.astype(np.float16), np.round(tokens * 127).astype(np.int8), edges
    )


def _path(folder: Path, episode: Episode) -> Path:
    return folder / f"vectors-{_LAYOUT}-{episode.digest[:24]}.bin"


def save_vectors(folder: Path, episode: Episode, vectors: EpisodeVectors) -> None:
    """Write an episode's vectors whole or not at all; raises OSError when the folder cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = {"sentences": len(vectors.sentences), "tokens": len(vectors.tokens)}
    descriptor, unfinished = tempfile.mkstemp(prefix="building-", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(shape).encode().ljust(_HEADER))
            for part in (vectors.sentences, vectors.windows, vectors.edges, vectors.tokens):
                file.write(part.tobytes())
        Path(unfinished).replace(_path(folder, episode))
    finally:
        Path(unfinished).unlink(missing_ok=True)


def load_vectors(folder: Path, episode: Episode) -> EpisodeVectors | None:
    """Open an episode's vectors by memory map, or return None when there are none, or not whole ones."""
    path = _path(folder, episode)
    try:
        with path.open("rb") as file:
            shape = json.loads(file.read(_HEADER))
        count, tokens = int(shape["sentences"]), int(shape["tokens"])
        sizes = [count * WIDTH * 2, count * WIDTH * 2, (count + 1) * 4, tokens * WIDTH]
        if count != len(episode.sentences) or path.stat().st_size != _HEADER + sum(sizes):
            return None
        data = np.memmap(path, np.uint8, "r", _HEADER)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    first, second, third, _ = np.cumsum(sizes)
    return EpisodeVectors(
        data[:first].view(np.float16).reshape(count, WIDTH),
        data[first:second].view(np.float16).reshape(count, WIDTH),
        data[third:].view(np.int8).reshape(tokens, WIDTH),
        data[second:third].view(np.int32),
    )
