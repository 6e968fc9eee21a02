"""Embeddings: how near sentences are to what a line means, by the models' vectors.

Only some episodes may have vectors yet. Their sentences are found by meaning; what was found by words anywhere else is
as like to a line as what it is compared with, on average, so that meaning speaks neither for it nor against it.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from bot.search.index.nearest import Near, Nearest
from bot.search.index.proposed import Proposed
from bot.search.index.vectors import BLOCK, EpisodeVectors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from numpy.typing import NDArray

    from bot.corpus import EpisodeEntry
    from bot.search.index.models import Dense, Late
    from bot.search.index.vectors import Shelf
    from bot.search.index.words import Place

    Column = NDArray[np.float32]

_Float = TypeVar("_Float", np.float32, np.float64)

__all__ = ["Embeddings", "Likeness", "View", "fill"]

_COMPARED, _BLOCKS_COMPARED = 512, 128
"""Sentences and blocks nearest by their codes that are compared as they are, at least."""

_QUERIES = 8
"""Lines whose vectors are remembered: one is read as a line, as a question and by its page's next."""

_UNKNOWN = 0.6
"""How like a sentence is to a line where nothing is known of any: about that of two which share a subject."""


class Likeness(NamedTuple):
    """How like a sentence is to a line: alone, with those around it, behind the best; by tokens, behind the best."""

    alone: float
    wide: float
    behind: float
    tokens: float
    tokens_behind: float


class Embeddings:
    """The models, and the vectors of every episode that has them; safe to share between threads.

    `known` are the numbers of these episodes.
    """

    def __init__(self, dense: Dense, late: Late, shelf: Shelf) -> None:
        """Take the models, and the vectors that are there."""
        self.dense = dense
        self.late = late
        self.shelf = shelf
        self.sentences = Nearest()
        self.blocks = Nearest()
        self.known: frozenset[int] = frozenset()
        self.proposed: Proposed | None = None
        """Questions that a language model proposed, if one was asked."""
        self.vector = lru_cache(maxsize=_QUERIES)(dense.query)
        self._tokens = lru_cache(maxsize=_QUERIES)(late.query)
        self.grow()

    def grow(self) -> None:
        """Take in the vectors that are there and were not before; only one thread may."""
        found = self.shelf.look(self.known)
        if found:
            counts = {number: self.shelf.entries[number].sentences for number in found}
            self.sentences.add({number: codes.part(0, counts[number]) for number, codes in found.items()})
            blocks = {number: codes.part(counts[number], len(codes.factors)) for number, codes in found.items()}
            self.blocks.add(blocks)
            self.known |= found.keys()

    def over(self, entries: Sequence[EpisodeEntry]) -> Embeddings:
        """Return the same models, with the vectors of another library's episodes; a second for 2,000 of them."""
        return Embeddings(self.dense, self.late, self.shelf.over(entries))

    def take_proposed(self, model: str) -> None:
        """Take in the questions that a language model of that name proposed; they are kept beside the vectors."""
        if self.shelf.folder is not None:
            self.proposed = Proposed(self.shelf.folder, model, self.shelf.entries)

    def vectors(self, number: int) -> EpisodeVectors | None:
        """Return an episode's vectors, or None when it has none yet."""
        return self.shelf.vectors(number) if number in self.known else None

    def view(self, line: str, episodes: Collection[int] | None = None) -> View:
        """Return how everything in some episodes (None: all) looks from one line."""
        return View(self, self.vector(line), self._tokens(line), episodes)


class View:
    """A library, or some episodes of it, seen from one line: `vector` is the line's, `tokens` have a row a token."""

    def __init__(
        self,
        embeddings: Embeddings,
        vector: NDArray[np.float32],
        tokens: NDArray[np.float32],
        episodes: Collection[int] | None = None,
    ) -> None:
        self.embeddings = embeddings
        self.vector = vector
        self.tokens = tokens
        self._among = episodes
        self._opened: dict[int, EpisodeVectors | None] = {}

    @cached_property
    def _sentences(self) -> Near:
        return self.embeddings.sentences.search(self.vector, self._among)

    @cached_property
    def _blocks(self) -> Near:
        return self.embeddings.blocks.search(self.vector, self._among)

    @cached_property
    def best(self) -> float:
        """How like the sentence nearest to the line is; 0 where there is none."""
        likeness, _ = self._compare(self._sentences, 1, blocks=False)
        return float(likeness.max(initial=0.0))

    def candidates(self, limit: int) -> list[Place]:
        """Return the sentences nearest in meaning, alone and with those around them, up to about `limit` each."""
        _, places = self._compare(self._sentences, limit, blocks=False)
        found = dict.fromkeys(places[:limit])
        _, places = self._compare(self._blocks, -(-limit // BLOCK), blocks=True)
        for number, block in places[: -(-limit // BLOCK)]:
            end = min((block + 1) * BLOCK, self.embeddings.shelf.entries[number].sentences)
            found.update(((number, sentence), None) for sentence in range(block * BLOCK, end))
        return list(found)

    def answering(self, limit: int) -> list[Place]:
        """Return the sentences of up to `limit` passages for which a question like the line was proposed."""
        proposed = self.embeddings.proposed
        return proposed.near(self.vector, limit, self._among) if proposed else []

    def _compare(self, near: Near, limit: int, *, blocks: bool) -> tuple[Column, list[Place]]:
        """Return how like the nearest vectors are, and their episodes and numbers in these, the most alike first."""
        most = max(_BLOCKS_COMPARED if blocks else _COMPARED, 2 * limit)
        episodes, numbers = near.episodes[:most], near.numbers[:most]
        likeness = np.zeros(len(numbers), np.float32)
        for number in dict.fromkeys(episodes.tolist()):
            here = episodes == number
            first = self.embeddings.shelf.entries[number].sentences if blocks else 0
            rows = self.embeddings.shelf.rows(number, first + numbers[here])
            likeness[here] = (rows.astype(np.float32) @ self.vector) * near.scales[:most][here]
        order = np.argsort(-likeness, kind="stable")
        return likeness[order], list(zip(episodes[order].tolist(), numbers[order].tolist(), strict=True))

    def similarities(self, places: Sequence[Place]) -> list[Likeness]:
        """Return how like the sentences at some places are; the best one by tokens is the best of these."""
        alone, wide = self.alone(places), self.wide(places)
        by_token = self.by_token(places)
        # The mean, over the line's tokens, of the likeness of the most alike token (MaxSim).
        token = np.zeros(len(places), np.float32) if by_token is None else by_token.mean(axis=1)
        behind = alone - max(self.best, float(alone.max(initial=0.0)))
        columns = (alone, wide, behind, token, token - token.max(initial=0.0))
        return [Likeness(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]

    def alone(self, places: Sequence[Place]) -> Column:
        """Return how near the sentences at some places are to the line."""
        return self._column(places, EpisodeVectors.alone)

    def wide(self, places: Sequence[Place]) -> Column:
        """Return how near the sentences at some places are with those around them."""
        return self._column(places, EpisodeVectors.wide)

    def _column(
        self, places: Sequence[Place], near: Callable[[EpisodeVectors, NDArray[np.int64], NDArray[np.float32]], Column]
    ) -> Column:
        """Return how near the sentences at some places are; the mean of the others where it is not known."""
        column = np.full(len(places), np.nan, np.float32)
        for number, rows in _by_episode(places).items():
            vectors = self._vectors(number)
            if vectors is not None:
                column[rows] = near(vectors, np.array([places[row][1] for row in rows]), self.vector)
        return fill(column)

    def _vectors(self, number: int) -> EpisodeVectors | None:
        """Return an episode's vectors, opened once for a line, which looks at a hundred episodes three times."""
        if number not in self._opened:
            self._opened[number] = self.embeddings.vectors(number)
        return self._opened[number]

    def by_token(self, places: Sequence[Place]) -> NDArray[np.float32] | None:
        """Return for each place (rows) how alike its most alike token is to each token of the line (columns).

        The mean of the others where it is not known; None where it is known of none.
        """
        pieces: dict[int, NDArray[np.int8]] = {}
        for number, rows in _by_episode(places).items():
            vectors = self._vectors(number)
            if vectors is not None:
                pieces |= {row: vectors.tokens_of(places[row][1]) for row in rows}
        pieces = {row: piece for row, piece in pieces.items() if len(piece)}
        if not pieces or not len(self.tokens):
            return None
        likeness = np.concatenate(list(pieces.values())).astype(np.float32) @ (self.tokens.T / 127)
        starts = np.cumsum([0, *(len(piece) for piece in pieces.values())])[:-1]
        most: NDArray[np.float32] = np.maximum.reduceat(likeness, starts, axis=0)
        found = np.tile(most.mean(axis=0), (len(places), 1))
        found[list(pieces)] = most
        return found


def fill(column: NDArray[_Float]) -> NDArray[_Float]:
    """Return a column of likeness with the mean of what is known where it is NaN."""
    unknown = np.isnan(column)
    if unknown.any():
        column[unknown] = _UNKNOWN if unknown.all() else column[~unknown].mean()
    return column


def _by_episode(places: Sequence[Place]) -> dict[int, list[int]]:
    """Return which of some places are in each episode."""
    found: dict[int, list[int]] = defaultdict(list)
    for row, (number, _) in enumerate(places):
        found[number].append(row)
    return found
