"""Loading the models and each episode's vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.policy.texts import say
from bot.search.index.models import Dense, Late, weights_folder
from bot.settings import program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search.index.embeddings import Embeddings

__all__ = ["load_embeddings"]

MOST_TOKENS_FOR = 20_000
"""Sentences up to which every token gets a vector (9 kB a sentence on disk); larger libraries do without."""


def load_embeddings(
    corpus: Corpus,
    folder: Path | None,
    notice: Callable[[str], None],
    *,
    build: bool = True,
    stopped: Callable[[], bool] = lambda: False,
) -> Embeddings | None:
    """Load the models and each episode's vectors, making those that are missing; None when that cannot be done.

    `folder` keeps the vectors (None: make them in memory). `notice` hears of progress and of missing weights. Without
    `build`, missing vectors are not made. It ends early when `stopped` says so; what was made for whole episodes stays.
    """
    from bot.search.index.embeddings import Embeddings  # noqa: PLC0415 - NumPy, which words alone never need
    from bot.search.index.vectors import build_vectors, load_vectors, save_vectors  # noqa: PLC0415

    weights = weights_folder()
    if weights is None:
        notice(say("search.no-models"))
        return None
    count = sum(entry.sentences for entry in corpus.entries)
    dense = Dense(weights)
    late = Late(weights) if count <= MOST_TOKENS_FOR else None
    found = []
    for number, entry in enumerate(corpus.entries):
        episode = corpus.episode(number)
        vectors = load_vectors(folder, episode) if folder else None
        if vectors is None:
            if not build:
                notice(say("search.no-meaning", program=program()))
                return None
            notice(
                say(
                    "search.working-out",
                    number=number + 1,
                    count=len(corpus.entries),
                    sentences=entry.sentences,
                    episode=entry.id,
                )
            )
            vectors = build_vectors(episode, dense, late, stopped)
            if vectors is None:
                return None
            if folder:
                save_vectors(folder, episode, vectors)
        found.append(vectors)
    return Embeddings(dense, late, found)
