"""Looking through millions of vectors for those nearest to one, by codes of one bit a number.

Bits that differ are counted over all codes (exclusive or, population count: 1.4 million in some 20 ms on one core), the
nearest 4,096 are estimated from their bits and a factor, and whoever searches compares the best of these as they are. A
code is 56 bytes of memory; nothing is trained, an episode more is a copy, and some episodes are searched by leaving the
others out. An inverted file or a graph would be quicker and must be built, kept, and widened for every filter
(docs/measured.md has them side by side).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.search.index.models import WIDTH, read_projection

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Column = NDArray[np.float32]

__all__ = ["CODE_WORDS", "Codes", "Near", "Nearest", "encode"]

CODE_WORDS = WIDTH // 64
"""Words of 64 bits in a code: a bit for each number of a vector, set where it is above the mean."""

ESTIMATED = 4096
"""Vectors nearest by their bits whose likeness is estimated."""

_PART = 1 << 15
"""Codes that are counted at once: they stay in the processor's cache."""


class Codes(NamedTuple):
    """What is looked through for the nearest of n vectors.

    A vector is about the mean and `factors` (n) times a step up or down in each direction, as its `bits` say
    (CODE_WORDS, n). `scales` (n) is what 1 stands for in its row of int8.
    """

    bits: NDArray[np.uint64]
    factors: Column
    scales: Column

    def part(self, begin: int, end: int) -> Codes:
        """Return the codes of some vectors."""
        return Codes(self.bits[:, begin:end], self.factors[begin:end], self.scales[begin:end])


class Near(NamedTuple):
    """Vectors near to one, the nearest first as far as their codes tell: their episodes, numbers in these, scales."""

    episodes: Numbers
    numbers: Numbers
    scales: Column


class _Held(NamedTuple):
    """The codes of several episodes one after another: where each begins, and the last ends; the episodes' numbers."""

    codes: Codes
    starts: Numbers
    episodes: Numbers


class Nearest:
    """The codes of a library's vectors. One thread may add to them while others search."""

    def __init__(self) -> None:
        self._space = _room(0)
        self._held = _Held(self._space, np.zeros(1, np.int64), np.zeros(0, np.int64))

    def add(self, more: Mapping[int, Codes]) -> None:
        """Add the codes of episodes, by their numbers."""
        held = self._held
        ends = held.starts[-1] + np.cumsum([len(codes.factors) for codes in more.values()], dtype=np.int64)
        starts = np.concatenate([held.starts, ends])
        used, needed = int(held.starts[-1]), int(starts[-1])
        if needed > len(self._space.factors):
            space = _room(max(needed, used * 5 // 4))
            _copy(held.codes, space.part(0, used))
            self._space = space
        for begin, end, codes in zip(starts[len(held.episodes) :], ends, more.values(), strict=False):
            _copy(codes, self._space.part(int(begin), int(end)))
        episodes = np.concatenate([held.episodes, np.fromiter(more, np.int64, len(more))])
        self._held = _Held(self._space.part(0, needed), starts, episodes)

    def search(self, vector: NDArray[np.float32], among: Collection[int] | None = None) -> Near:
        """Return the vectors nearest to one, at least ESTIMATED if there are so many, of some episodes (None: all)."""
        held = self._held
        if among is None:
            rows = _nearest(held.codes.bits, vector)
        else:
            wanted = np.isin(held.episodes, np.fromiter(among, np.int64, len(among)))
            spans = zip(held.starts[:-1][wanted], held.starts[1:][wanted], strict=True)
            within = np.concatenate([np.zeros(0, np.int64), *(np.arange(*span) for span in spans)])
            rows = within[_nearest(held.codes.bits[:, within], vector)]
        rows = rows[np.argsort(-_estimate(held.codes, rows, vector), kind="stable")]
        own = np.searchsorted(held.starts, rows, "right") - 1
        return Near(held.episodes[own], rows - held.starts[own], held.codes.scales[rows])


def encode(vectors: NDArray[np.float32], scales: Column) -> Codes:
    """Return the codes of vectors (n, WIDTH) of length 1, whose rows of int8 have these scales (n)."""
    apart = vectors - read_projection()[0]
    bits = np.packbits(apart > 0, axis=1).view(np.uint64)
    factors = (apart**2).sum(axis=1) / np.maximum(np.abs(apart).sum(axis=1), 1e-6)
    return Codes(np.ascontiguousarray(bits.T), factors.astype(np.float32), scales)


def _room(count: int) -> Codes:
    """Return room for so many codes."""
    return Codes(np.zeros((CODE_WORDS, count), np.uint64), np.zeros(count, np.float32), np.zeros(count, np.float32))


def _copy(codes: Codes, room: Codes) -> None:
    """Put codes into room for as many."""
    room.bits[:] = codes.bits
    room.factors[:] = codes.factors
    room.scales[:] = codes.scales


def _nearest(bits: NDArray[np.uint64], vector: NDArray[np.float32]) -> Numbers:
    """Return the columns whose bits differ least from a vector's, in ascending order: ESTIMATED and those as near."""
    count = bits.shape[1]
    if count <= ESTIMATED:
        return np.arange(count)
    own = np.packbits(vector > read_projection()[0]).view(np.uint64)
    apart = np.zeros(count, np.uint16)
    for begin in range(0, count, _PART):
        part = slice(begin, begin + _PART)
        for word in range(CODE_WORDS):
            apart[part] += np.bitwise_count(bits[word, part] ^ own[word])
    furthest = np.searchsorted(np.cumsum(np.bincount(apart)), ESTIMATED)
    return np.flatnonzero(apart <= furthest)


def _estimate(codes: Codes, rows: Numbers, vector: NDArray[np.float32]) -> Column:
    """Return about how near vectors are to one, as their codes tell."""
    signs = np.unpackbits(np.ascontiguousarray(codes.bits[:, rows].T).view(np.uint8), axis=1)
    steps = 2 * (signs.astype(np.float32) @ vector) - vector.sum()
    return np.asarray(read_projection()[0] @ vector + codes.factors[rows] * steps, np.float32)
