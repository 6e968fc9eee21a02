"""How likely sentences are to answer a line that is read as a question, for other rooms that look for what is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.search.ask.question import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.corpus import Corpus
    from bot.search.index.embeddings import Embeddings
    from bot.search.index.words import Place, WordIndex
    from bot.search.scope import Scope

__all__ = ["answer_chances"]


def answer_chances(
    corpus: Corpus, index: WordIndex, embeddings: Embeddings | None, text: str, scope: Scope
) -> Mapping[Place, float]:
    """Return by place the chance that a sentence is the one that answers, among those near a text; together 1.

    `index` is the part that is in the scope. Empty when nothing is near.
    """
    from bot.search.ask.answerability import Likelihoods, Weights  # noqa: PLC0415 - NumPy; a start needs none
    from bot.search.ask.features import find_candidates  # noqa: PLC0415

    question = read(corpus, index, text)
    found = find_candidates(corpus, index, embeddings, question, scope) if question.plain else None
    if found is None:
        return {}
    return Likelihoods(question, found, Weights.read(models=embeddings is not None).order).chances
