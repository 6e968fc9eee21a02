"""Embeddings: how near sentences are to what a line means, by the models' vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bot.search.index.models import Dense, Late
    from bot.search.index.vectors import EpisodeVectors
    from bot.search.index.words import Place

__all__ = ["Embeddings", "Likeness", "View"]

MOST_SEARCHED = 50_000
"""Sentences that are compared one by one (150 MB, 10 ms); in a larger library meaning only orders what words found."""


class Likeness(NamedTuple):
    """How like a sentence is to a line: alone, with its neighbours, behind the best; by tokens, and behind the best."""

    alone: float
    wide: float
    behind: float
    tokens: float
    tokens_behind: float


class Embeddings:
    """The models and the vectors of every episode; safe to share between threads."""

    def __init__(self, dense: Dense, late: Late | None, episodes: Sequence[EpisodeVectors]) -> None:
        """Take the models and the vectors in the corpus's order of episodes."""
        self.dense = dense
        self.late = late
        self.episodes = episodes
        counts = [len(vectors.sentences) for vectors in episodes]
        self.starts = np.concatenate([[0], np.cumsum(counts)])
        self.searched = int(self.starts[-1]) <= MOST_SEARCHED
        if self.searched:
            self.sentences = np.concatenate([np.asarray(v.sentences, np.float32) for v in episodes])
            self.windows = np.concatenate([np.asarray(v.windows, np.float32) for v in episodes])

    def view(self, line: str) -> View:
        """Return how everything looks from one line."""
        vector = self.dense.query(line)
        tokens = self.late.query(line) if self.late else None
        if not self.searched:
            return View(self, vector, tokens, None, None)
        return View(self, vector, tokens, self.sentences @ vector, self.windows @ vector)


@dataclass(frozen=True, slots=True)
class View:
    """The library seen from one line: its vectors and, in a small library, every sentence's likeness to it."""

    embeddings: Embeddings
    vector: NDArray[np.float32]
    tokens: NDArray[np.float32] | None
    sentences: NDArray[np.float32] | None
    windows: NDArray[np.float32] | None

    def candidates(self, limit: int) -> list[Place]:
        """Return the sentences nearest in meaning, alone and with their neighbours, up to `limit` each."""
        found: list[Place] = []
        for likeness in (self.sentences, self.windows):
            if likeness is not None:
                best = np.argpartition(-likeness, min(limit, len(likeness) - 1))[:limit]
                for number in best[np.argsort(-likeness[best])]:
                    episode = int(np.searchsorted(self.embeddings.starts, number, "right")) - 1
                    found.append((episode, int(number - self.embeddings.starts[episode])))
        return found

    def similarities(self, places: Sequence[Place]) -> list[Likeness]:
        """Return how like the sentences at some places are; the best one by tokens is the best of these."""
        alone = [float(self.embeddings.episodes[e].sentences[s].astype(np.float32) @ self.vector) for e, s in places]
        wide = [float(self.embeddings.episodes[e].windows[s].astype(np.float32) @ self.vector) for e, s in places]
        by_token = self.by_token(places)
        # The mean, over the line's tokens, of the likeness of the most alike token (MaxSim).
        token = [0.0] * len(places) if by_token is None else [float(value) for value in by_token.mean(axis=1)]
        best = max(alone, default=0.0) if self.sentences is None else float(self.sentences.max())
        best_token = max(token, default=0.0)
        return [Likeness(a, w, a - best, t, t - best_token) for a, w, t in zip(alone, wide, token, strict=True)]

    def by_token(self, places: Sequence[Place]) -> NDArray[np.float32] | None:
        """Return for each place (rows) how alike its most alike token is to each token of the line (columns).

        None when there are no vectors of tokens.
        """
        if self.tokens is None or not len(self.tokens):
            return None
        pieces = []
        for episode, sentence in places:
            vectors = self.embeddings.episodes[episode]
            pieces.append(vectors.tokens[vectors.edges[sentence] : vectors.edges[sentence + 1]])
        lengths = [len(piece) for piece in pieces]
        if not lengths or not all(lengths):
            return None
        likeness = np.concatenate(pieces).astype(np.float32) @ (self.tokens.T / 127)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        most: NDArray[np.float32] = np.maximum.reduceat(likeness, starts, axis=0)
        return most
