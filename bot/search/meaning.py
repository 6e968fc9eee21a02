"""What sentences mean: opening what is known of a library, and working out the rest, the newest episode first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.file_lock import lock
from bot.policy.texts import say
from bot.search.episodes import newest_first
from bot.search.index.models import THREADS, Dense, Late, weights_folder
from bot.settings import started_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search.index.embeddings import Embeddings
    from bot.search.index.vectors import Shelf

__all__ = ["load_embeddings", "open_embeddings", "progress", "texts_of", "wanted", "work_out"]

_BLOCK = 3
"""Sentences of a block, as `vectors.BLOCK`, which is not loaded here: it needs NumPy."""

_LOCK = "building.lock"
"""Held by the one process that works something out for a data folder."""


def open_embeddings(corpus: Corpus, folder: Path | None, notice: Callable[[str], None]) -> Embeddings | None:
    """Load the models and what is known of a library; None, with a notice, when the weights are not installed.

    `folder` keeps the vectors (None: they are kept in memory). Takes 0.3 s, and a second more for 2,000 episodes.
    """
    from bot.search.index.embeddings import Embeddings  # noqa: PLC0415 - NumPy, which words alone never need
    from bot.search.index.vectors import Shelf  # noqa: PLC0415

    weights = weights_folder()
    if weights is None:
        notice(say("search.no-models"))
        return None
    return Embeddings(Dense(weights), Late(weights), Shelf(folder, corpus.entries))


def load_embeddings(  # noqa: PLR0913 - what and where, what hears of it, how much
    corpus: Corpus,
    folder: Path | None,
    notice: Callable[[str], None],
    *,
    build: bool = True,
    stopped: Callable[[], bool] = lambda: False,
    most: int = 0,
    sentences: int = 0,
) -> Embeddings | None:
    """Open what is known, and work out what is missing of the `most` newest episodes (0: all), in the calling thread.

    None when the weights are not installed. `notice` hears of that and of each episode. Without `build` nothing is
    worked out, and of more than so many `sentences` (0: any number) only the newest. It ends early when `stopped` says
    so; what was made of whole episodes stays.
    """
    embeddings = open_embeddings(corpus, folder, notice)
    if embeddings is None:
        return None
    if build and wanted(corpus, most) - embeddings.known:
        work_out(corpus, embeddings.shelf, notice, stopped, most=most, sentences=sentences)
        embeddings.grow()
    if wanted(corpus, most) - embeddings.known:
        notice(f"{progress(corpus, len(embeddings.known))} {say('search.rest', program=started_by())}")
    return embeddings


def wanted(corpus: Corpus, most: int) -> frozenset[int]:
    """Return the numbers of the `most` newest episodes (0: all)."""
    return frozenset(newest_first(corpus, range(len(corpus.entries)))[: most or None])


def texts_of(sentences: int) -> int:
    """Return how many texts the models read of an episode with so many sentences: each twice, and blocks of them."""
    return 2 * sentences + -(-sentences // _BLOCK)


def progress(corpus: Corpus, known: int) -> str:
    """Return for how many episodes meaning is known."""
    return say("search.known", known=known, count=len(corpus.entries))


def work_out(  # noqa: PLR0913, PLR0917 - what and where, what hears of it, how much
    corpus: Corpus,
    shelf: Shelf,
    notice: Callable[[str], None],
    stopped: Callable[[], bool],
    threads: int = THREADS,
    most: int = 0,
    sentences: int = 0,
) -> None:
    """Make the vectors that are missing of the `most` newest episodes (0: all), the newest first.

    With `sentences`, no more than so many are looked at, and one episode at least.

    One process at a time does that for a folder; the others wait, and make what that one has not. `stopped` is asked
    some ten times a second and may wait. Raises OSError when the folder cannot be written.
    """
    from bot.search.index.vectors import build_vectors  # noqa: PLC0415 - NumPy, which words alone never need

    weights = weights_folder()
    if weights is None:
        return
    with lock(
        shelf.folder / _LOCK if shelf.folder else None, lambda: notice(say("search.waiting-for-meaning")), stopped
    ):
        there = shelf.look()
        missing = [n for n in newest_first(corpus, wanted(corpus, most)) if n not in there]
        if stopped() or not missing:
            return
        dense, late = Dense(weights, threads), Late(weights, threads)
        total = sum(corpus.entries[number].sentences for number in missing)
        done = 0
        for at, number in enumerate(missing, 1):
            entry = corpus.entries[number]
            if sentences and done and done + entry.sentences > sentences:
                return
            share = done / max(total, 1)
            told = say("search.working-out", number=at, count=len(missing), share=share, sentences=entry.sentences)
            notice(f"{told} {entry.id}")
            vectors = build_vectors(corpus.episode(number), dense, late, stopped)
            if vectors is None:
                return
            shelf.keep(number, vectors)
            done += entry.sentences
