"""Labels of key passages and titles of chapters: how near in meaning they are to what somebody asks."""

from __future__ import annotations

import hashlib
import json
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bot.corpus import key_passages
from bot.language.linear import standard
from bot.search.index.models import WIDTH
from bot.search.index.vectors import write_whole
from bot.search.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bot.corpus import Corpus
    from bot.search.index.embeddings import Embeddings, View

__all__ = ["LabelLikeness", "label_columns", "label_likeness"]

MOST_LABELLED = 16
"""Episodes of a library up to which the labels of key passages help to find answers: their vectors are kept."""

_BESIDE_KEY = 2
"""Sentences beside a key passage that its label still tells of, less with each."""

_LAYOUT = "1"
_CHECKSUM = 4
"""Bytes of the checksum before the vectors in a file."""


@dataclass(frozen=True, slots=True)
class LabelLikeness:
    """How near an episode's labels and chapter titles are to a topic in meaning, standardised over several episodes.

    `label` and `title` are the likeness of the nearest ones, 0..1.
    """

    labels: NDArray[np.float64]
    titles: NDArray[np.float64]
    label: float
    title: float


def label_likeness(
    corpus: Corpus, embeddings: Embeddings | None, numbers: Sequence[int], wordings: Sequence[str]
) -> list[LabelLikeness | None]:
    """Return how near the labels and titles of some episodes are to any of a topic's wordings; None without models."""
    if embeddings is None or not wordings:
        return [None] * len(numbers)
    wanted = embeddings.dense.passages(wordings)
    found = [_vectors(corpus, embeddings, number) for number in numbers]
    near = [(vectors @ wanted.T).max(1).astype(float) for vectors, _ in found]
    labels = standard(np.concatenate([own[:count] for own, (_, count) in zip(near, found, strict=True)]))
    titles = standard(np.concatenate([own[count:] for own, (_, count) in zip(near, found, strict=True)]))
    result: list[LabelLikeness | None] = []
    for own, (_, count) in zip(near, found, strict=True):
        label, title = (float(names.max(initial=0.0)) for names in (own[:count], own[count:]))
        result.append(LabelLikeness(labels[:count], titles[: len(own) - count], label, title))
        labels, titles = labels[count:], titles[len(own) - count :]
    return result


def label_columns(corpus: Corpus, view: View, numbers: Sequence[int]) -> dict[int, NDArray[np.float64]]:
    """Return for each sentence of some episodes how near the label of the key passage it is in, or beside, is.

    In deviations above the mean of all labels of these episodes, 0 below; episodes without labels are left out, and so
    are all in a library of more than MOST_LABELLED.
    """
    if len(corpus.entries) > MOST_LABELLED:
        return {}
    labels = {}
    for number in numbers:
        vectors, count = _vectors(corpus, view.embeddings, number)
        if count:
            labels[number] = vectors[:count] @ view.vector
    everything = np.concatenate([*labels.values(), np.zeros(0)])
    found = {}
    for number, likeness in labels.items():
        near = np.maximum(0.0, (likeness - everything.mean()) / (everything.std() + 1e-6))
        sentences, keys, fades = _beside_keys(corpus, number)
        column = np.zeros(len(corpus.episode(number).sentences))
        np.maximum.at(column, sentences, fades * near[keys])
        found[number] = column
    return found


@remembered(MOST_LABELLED)
def _beside_keys(corpus: Corpus, number: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return each pair of a sentence and a key passage it is in or beside, and what its label counts there."""
    episode = corpus.episode(number)
    pairs = [
        (sentence, key, float(np.exp(-max(passage.first - sentence, sentence - passage.last, 0))))
        for key, passage in enumerate(each.passage for each in key_passages(corpus.folder, episode))
        for sentence in range(passage.first - _BESIDE_KEY, passage.last + _BESIDE_KEY + 1)
        if 0 <= sentence < len(episode.sentences)
    ]
    sentences, keys, fades = zip(*pairs, strict=True)
    return np.array(sentences), np.array(keys), np.array(fades)


@remembered(MOST_LABELLED)
def _vectors(corpus: Corpus, embeddings: Embeddings, number: int) -> tuple[NDArray[np.float32], int]:
    """Return the vectors of an episode's labels, then of its chapters' titles, and how many are labels.

    An episode with neither has none. They are made at 1,000 names a second, and kept beside the vectors of sentences.
    """
    episode = corpus.episode(number)
    labels = [key.point for key in key_passages(corpus.folder, episode)]
    names = [*labels, *(chapter.title for chapter in episode.chapters)]
    folder = embeddings.shelf.folder
    if folder is None or not names:
        return embeddings.dense.passages(names), len(labels)
    owner = _digest(episode.show.id, episode.id)[:12]
    path = folder / f"labels-{_LAYOUT}-{owner}-{_digest(embeddings.dense.name, *names)[:24]}.bin"
    vectors = _read(path, len(names))
    if vectors is None:
        vectors = embeddings.dense.passages(names)
        with suppress(OSError):  # they are made anew next time
            _keep(path, owner, vectors)
    return vectors, len(labels)


def _digest(*texts: str) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def _read(path: Path, count: int) -> NDArray[np.float32] | None:
    """Return that many vectors from a file, or None when there is none, or no whole one."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    checksum, rows = data[:_CHECKSUM], data[_CHECKSUM:]
    if len(rows) != count * WIDTH * np.dtype(np.float32).itemsize or checksum != _checksum(rows):
        return None
    return np.frombuffer(rows, np.float32).reshape(count, WIDTH)


def _keep(path: Path, owner: str, vectors: NDArray[np.float32]) -> None:
    """Write an episode's vectors, and remove those of the names it had before."""
    rows = vectors.tobytes()
    write_whole(path, _checksum(rows), rows)
    for other in path.parent.glob(f"labels-*-{owner}-*.bin"):
        if other != path:
            other.unlink(missing_ok=True)


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(_CHECKSUM, "big")
