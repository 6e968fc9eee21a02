"""Asking a language model, ahead of any member, which questions each passage of a library answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.file_lock import lock
from bot.policy.texts import say
from bot.search.episodes import newest_first
from bot.search.index.models import WIDTH
from bot.search.meaning import wanted
from bot.search.model.api import UnsaidError, UnusableError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from bot.corpus import Corpus
    from bot.search.index.embeddings import Embeddings
    from bot.search.index.models import Dense
    from bot.search.index.proposed import Proposed
    from bot.search.model.language_model import LanguageModel

__all__ = ["ask_ahead"]

TRIES = 3
"""Calls about a passage without any reply after which it ends; the next start goes on there."""

_LOOK_SECONDS = 0.1
_LOCK = "asking.lock"
"""Held by the one process that asks for a data folder."""


def ask_ahead(  # noqa: PLR0913, PLR0917 - whom about what, what keeps it, what hears of it and ends it, how much
    corpus: Corpus,
    model: LanguageModel | None,
    embeddings: Embeddings | None,
    notice: Callable[[str], None],
    stopped: Callable[[], bool] = lambda: False,
    most: int = 0,
) -> None:
    """Ask which questions the passages of the `most` newest episodes (0: all) answer, where that is not known.

    One call a passage, one after another, the newest episode first; all that was said is kept, and a passage is never
    asked about twice. `stopped` is asked some ten times a second and may wait. Raises OSError when the folder cannot be
    written. Does nothing without a model that is asked for questions, or without meaning.
    """
    proposed = embeddings.proposed if embeddings else None
    if model is None or embeddings is None or proposed is None:
        return
    from bot.search.index.proposed import passages_of  # noqa: PLC0415 - NumPy, which words alone never need

    with lock(proposed.folder / _LOCK, lambda: notice(say("search.waiting-for-questions")), stopped):
        proposed.grow()
        missing = [number for number in newest_first(corpus, wanted(corpus, most)) if number not in proposed.known]
        for at, number in enumerate(missing, 1):
            if stopped():
                return
            passages = passages_of(corpus.episode(number))
            told = say("search.asking", number=at, count=len(missing), passages=len(passages))
            notice(f"{told} {corpus.entries[number].id}")
            try:
                if not _ask_about(corpus, model, proposed, number, passages, stopped):
                    return
            except UnsaidError as error:
                notice(say("search.no-questions", error=error))
                return
            rows = [(span, each) for span, row in proposed.said(number).items() for each in row.questions]
            vectors = _vectors(embeddings.dense, [each for _, each in rows], stopped)
            if vectors is None:
                return
            proposed.keep(number, [span for span, _ in rows], vectors)


def _ask_about(  # noqa: PLR0913, PLR0917 - as above
    corpus: Corpus,
    model: LanguageModel,
    proposed: Proposed,
    number: int,
    passages: list[tuple[int, int]],
    stopped: Callable[[], bool],
) -> bool:
    """Ask about each passage of an episode and note what is said; False when stopped, UnsaidError for silence."""
    from bot.search.index.proposed import Answered  # noqa: PLC0415 - as above

    known = proposed.said(number)
    for first, last in passages:
        if (first, last) in known:
            continue
        text = corpus.episode(number).passage(first, last).text
        questions = asyncio.run(_ask(model, text, stopped))
        if questions is None:
            return False
        proposed.note(number, Answered(first, last, questions))
    return True


async def _ask(model: LanguageModel, text: str, stopped: Callable[[], bool]) -> tuple[str, ...] | None:
    """Return the questions a passage answers, none for what is unusable; None when it was stopped."""
    for left in reversed(range(TRIES)):
        call = asyncio.ensure_future(model.questions(text))
        while not call.done():
            if stopped():
                return None
            await asyncio.wait({call}, timeout=_LOOK_SECONDS)
        try:
            return call.result()
        except UnsaidError:
            if not left:
                raise
        except UnusableError:
            break
    return ()


def _vectors(dense: Dense, texts: list[str], stopped: Callable[[], bool]) -> NDArray[np.float32] | None:
    """Return a row a text, or None when it was stopped."""
    import numpy as np  # noqa: PLC0415 - as above

    vectors = np.zeros((len(texts), WIDTH), np.float32)
    for number, vector in dense.each(texts):
        if stopped():
            return None
        vectors[number] = vector
    return vectors
