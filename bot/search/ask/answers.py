"""Answering a question with what was said: up to a few passages, best first, and how sure it is that they answer.

A question is read, every sentence gets a chance to answer it, passages are cut around the likeliest, and the answer is
put into a band: sure, closest, or declined.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.corpus import Section, words
from bot.language.linear import logistic
from bot.search.ask.extracts import extracts
from bot.search.ask.question import read
from bot.search.excerpt import LONGEST_EXCERPT, best_sentences
from bot.search.scope import EVERYWHERE, narrow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from bot.corpus import Corpus, Passage
    from bot.search.ask.extracts import Extract
    from bot.search.ask.features import Absent
    from bot.search.ask.question import Question
    from bot.search.index.embeddings import Embeddings
    from bot.search.index.words import Place, WordIndex
    from bot.search.scope import Scope

__all__ = ["Answer", "Answered", "Band", "answer", "may_stand"]

_MISSING, _NEAR = 0.5, 0.6
"""Share of a declined question's weight that no sentence has, and likeness in meaning up to which nothing is near it.

With these 48 of the 84 questions of the development sets about something else are left without passages, and 5 of the
514 that the shipped show answers, each declined anyway.
"""

SIGNALLED = 3
"""Passages whose chances together say how sure the answer is, however many are shown."""


class Band(StrEnum):
    """How sure it is that the passages answer: `closest` ones may not, those with `declined` most likely do not."""

    ANSWERS = "answers"
    CLOSEST = "closest"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Answer:
    """A passage, the [begin, end) in its text of the sentence that answers, and a score, 0..1.

    `shown` are the sentences of it that most likely answer, `telling` the [begin, end) in its text of the words that
    the question has too, `chances` those of its sentences by number, `likeliest` the number of the likeliest.
    """

    passage: Passage
    sentence: tuple[int, int]
    score: float
    shown: Passage
    telling: tuple[tuple[int, int], ...]
    likeliest: int
    chances: Mapping[int, float]

    def within(self, most: int) -> Passage:
        """Return the sentences that most likely answer, of at most `most` characters, but for a longer single one."""
        return _within(best_sentences(self.passage, self.likeliest, self.chances, most), self.passage)


@dataclass(frozen=True, slots=True)
class Answered:
    """Passages for a question, best first; with `declined` they are merely what is nearest, if anything is near."""

    band: Band
    hits: tuple[Answer, ...]


def answer(  # noqa: PLR0913, PLR0917 - what to search with, for what, where
    corpus: Corpus,
    index: WordIndex,
    embeddings: Embeddings | None,
    text: str,
    limit: int,
    scope: Scope = EVERYWHERE,
    wordings: Sequence[str] = (),
) -> Answered:
    """Return up to `limit` passages that may answer a question, best first, and how sure that is.

    Other `wordings` are searched for too. They are nobody's question, so what stands on top with their help is never
    sure.
    """
    from bot.search.ask.answerability import Likelihoods, Weights, signals  # noqa: PLC0415 - NumPy; a start needs none
    from bot.search.ask.features import find_candidates  # noqa: PLC0415

    index = narrow(corpus, index, scope)
    question = read(corpus, index, text)
    others = [read(corpus, index, each) for each in wordings]
    candidates = find_candidates(corpus, index, embeddings, question, scope, others) if question.plain else None
    if candidates is None:
        return Answered(Band.DECLINED, ())
    weights = Weights.read(models=embeddings is not None)
    likely = Likelihoods(question, candidates, weights.order)
    cuts = extracts(corpus, likely.chances, candidates.admitted, max(limit, SIGNALLED), candidates.leading)
    if not cuts:
        return Answered(Band.DECLINED, ())
    found = signals(likely, cuts)
    some = logistic(weights.any.score(found))
    chance = some * logistic(weights.first.score(found))
    best = cuts[0].mass or 1.0
    shares = accumulate((cut.mass / best for cut in cuts[:limit]), min)
    stems = {stem for term in question.terms for stem in (*term.stems, *(s for _, own in term.others for s in own))}
    own = [_chances(cut, likely.chances) for cut in cuts[:limit]]
    chosen = [_with_shown(cut, chances, cuts) for cut, chances in zip(cuts, own, strict=False)]
    hits = tuple(
        Answer(
            passage,
            _place(cut, passage),
            chance * share,
            shown,
            _telling(passage, index, stems),
            cut.sentence,
            chances,
        )
        for cut, (passage, shown), share, chances in zip(cuts, chosen, shares, own, strict=False)
    )
    if some < weights.declined_below:
        return Answered(Band.DECLINED, hits if _is_near(found) else ())
    stands = may_stand(question, candidates.absent, cuts[0]) and not wordings
    return Answered(Band.ANSWERS if chance >= weights.answers_from and stands else Band.CLOSEST, hits)


def may_stand(question: Question, absent: Absent, cut: Extract) -> bool:
    """Say whether a passage may stand as the answer to a question.

    What opens or closes an episode, or sells something, may not; nobody's view may where the reader's is asked for, and
    nothing where a name is asked about that is said nowhere.
    """
    asked = (not question.yours or question.about_somebody) and not absent.names
    return asked and all(paragraph.section is Section.CONVERSATION for paragraph in cut.passage.paragraphs)


def _is_near(found: Mapping[str, float]) -> bool:
    """Say whether anything is near a question: it asks about the speakers, or most of it or its meaning is said."""
    likely = found.get("meaning best", 0.0) >= _NEAR
    return bool(found["about them"]) or found["missing"] < _MISSING or likely


def _chances(cut: Extract, chances: Mapping[Place, float]) -> dict[int, float]:
    """Return the chances of a passage's sentences by number."""
    return {at: chances.get((cut.number, at), 0.0) for at in range(cut.passage.first, cut.passage.last + 1)}


def _with_shown(cut: Extract, chances: Mapping[int, float], cuts: Sequence[Extract]) -> tuple[Passage, Passage]:
    """Return a passage, and what is shown of it: the sentences that most likely answer, so that they stand alone.

    What they lean on may stand before the passage, which then begins there, if no other passage has it.
    """
    passage, episode = cut.passage, cut.passage.episode
    shown = best_sentences(passage, cut.sentence, chances, LONGEST_EXCERPT)
    first, last = min(passage.first, shown.first), max(passage.last, shown.last)
    taken = (other.passage for other in cuts if other is not cut and other.passage.episode is episode)
    if any(first <= other.last and other.first <= last for other in taken) or not episode.is_whole(first, last):
        return passage, _within(shown, passage)
    return episode.passage(first, last), shown


def _within(shown: Passage, passage: Passage) -> Passage:
    """Return the sentences of one that are in the other."""
    return passage.episode.passage(max(shown.first, passage.first), min(shown.last, passage.last))


def _telling(passage: Passage, index: WordIndex, stems: AbstractSet[str]) -> tuple[tuple[int, int], ...]:
    """Return where a passage has the words of a question."""
    said = words(passage.text)
    return tuple((word.begin, word.end) for word in said if not stems.isdisjoint(index.stems(word.form)))


def _place(cut: Extract, passage: Passage) -> tuple[int, int]:
    """Return where the likeliest sentence stands in a passage's text."""
    own = passage.episode.passage(cut.sentence, cut.sentence)
    return own.begin - passage.begin, own.end - passage.begin
