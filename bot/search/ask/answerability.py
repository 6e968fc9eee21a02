"""Whether anything found answers a question, and whether what stands on top does.

Every sentence gets a chance to be the one that answers, from its features. Signals of the whole search, rows of
SIGNALS_FROM_WORDS and SIGNALS_FROM_MODELS, give the chance that any does; how the chances are spread over the passages,
rows of SPREAD, gives the chance that then the first passage does. Weights and the thresholds of the bands are those of
`weights.json`, written with its provenance by `benchmarks/train_answers.py`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.corpus import fold
from bot.language.linear import Linear, read_weights
from bot.search.ask.features import FROM_MODELS, FROM_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from bot.search.ask.extracts import Extract
    from bot.search.ask.features import Candidates
    from bot.search.ask.question import Question
    from bot.search.index.words import Place

    Column = NDArray[np.float64]

__all__ = ["SIGNALS_FROM_MODELS", "SIGNALS_FROM_WORDS", "SPREAD", "Likelihoods", "Weights", "signals"]

_ORDER = re.compile(
    r"(?:can you |could you |i need )?(?:write|fix|give|tell|translate|solve|integrate|explain|play|remind|book|make|"
    r"do|show|help|list|compute|calculate|summarize|generate|create|draw|recommend|convert|define|send|post|print|repeat|"
    r"ignore|act|pretend|reply|say|an?)\b"
)
_TO_ME = re.compile(r"\b(?:you|your|my|me|i)\b")
_NOW = re.compile(
    r"\b(?:today|tonight|tomorrow|right now|last night|latest|next|currently)\b|\d ?(?:times|[x+*/-]) ?\d"
)
_ABOUT_THEM = re.compile(r"\b(?:he|his|him|she|her|they|them|their|host|guest|podcast|episode|conversation)\b")
_WHO = re.compile(r"\bwho(?:se|m)?\b")
_WHY = re.compile(r"\bwhy\b|\bhow (?:do|does|did|could|can|will|would|is|are)\b|\breasons?\b")
_YES_NO = re.compile(
    r"(?:so |and |but )?(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|had|may)\b"
)
_MANY_TERMS = 8
_LEAST = 1e-4
_MEASURES = frozenset({"number", "duration", "date", "money"})
_GAP = 11
"""The best sentence is compared with the one in this place."""

_MARKS = 3
"""Tokens around the question's own: two before, one after."""

_UNTOLD = 0.8
"""How alike a term is when nothing tells: about what a term of an answered question is."""

_PART = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights with or without the models: of sentences against each other, of whether any answers, and the first.

    With a chance below `declined_below` that any answers a question is declined; from a chance of `answers_from` that
    the first passage does, passages are shown as the answer.
    """

    order: Linear
    any: Linear
    first: Linear
    declined_below: float
    answers_from: float

    @classmethod
    @lru_cache(maxsize=2)
    def read(cls, *, models: bool) -> Weights:
        """Read them, when first needed."""
        table = read_weights("bot.search.ask")["models" if models else "words"]
        features = {
            "order": FROM_WORDS.keys() | (FROM_MODELS.keys() if models else ()),
            "any": SIGNALS_FROM_WORDS.keys() | (SIGNALS_FROM_MODELS.keys() if models else ()),
            "first": SPREAD.keys(),
        }
        linear = {name: Linear(table[name], wanted, "bot/search/ask") for name, wanted in features.items()}
        return cls(**linear, declined_below=table["declined below"], answers_from=table["answers from"])


class Likelihoods:
    """How likely each candidate is to answer a question: its score among them, and by place its chance."""

    def __init__(self, question: Question, candidates: Candidates, order: Linear) -> None:
        self.question, self.candidates = question, candidates
        self.scores = order.score({**candidates.features, **candidates.reworded})
        shares = np.exp(self.scores - self.scores.max())
        self.chances: dict[Place, float] = dict(zip(candidates.places, (shares / shares.sum()).tolist(), strict=True))


class _Terms(NamedTuple):
    """How alike the terms of a question are to what was said: the least, the mean by weight, the rarest term's."""

    least: float
    mean: float
    rarest: float


class _Outcome:
    """What a search came to: the likelihoods, and the passages cut by them, best first."""

    def __init__(self, likely: Likelihoods, cuts: Sequence[Extract]) -> None:
        self.question, self.candidates, self.scores = likely.question, likely.candidates, likely.scores
        self.chances = likely.chances
        self.absent = likely.candidates.absent
        self.cuts = cuts
        self.low = fold(self.question.plain)

    @cached_property
    def _inside(self) -> list[int]:
        """The rows of the sentences in the best passage."""
        best = self.cuts[0]
        first, last = (best.number, best.passage.first), (best.number, best.passage.last)
        return [row for row, place in enumerate(self.candidates.places) if first <= place <= last]

    def anywhere(self, feature: str) -> float:
        """Return the most of a feature."""
        return float(self.candidates.features[feature].max())

    def inside(self, feature: str) -> float:
        """Return the most of a feature in the best passage."""
        return float(self.candidates.features[feature][self._inside].max())

    def gap(self, feature: str) -> float:
        """Return how far the sentence in place _GAP is behind the best one."""
        values = self.candidates.features[feature]
        return float(values.max() - np.sort(values)[-min(_GAP, len(values))])

    @cached_property
    def shares(self) -> Column:
        """The chances of all sentences, the largest first."""
        return np.sort(np.array(list(self.chances.values())))[::-1]

    def mass(self, rank: int) -> float:
        """Return the chance in the passage of a rank, from 0; 0 without one."""
        return self.cuts[rank].mass if rank < len(self.cuts) else 0.0

    def unmet(self) -> bool:
        """Say whether the best passage lacks what the question asks for: a number, a time, money, what it counts."""
        wanted = self.question.wants & _MEASURES
        counted = bool(self.question.counted) and not self.inside("counted 1")
        return counted or (bool(wanted) and not any(self.inside(kind) for kind in wanted))

    @cached_property
    def terms_inside(self) -> _Terms:
        """How alike the question's terms are to the best passage."""
        likeness = self.candidates.likeness
        return self._terms(None if likeness is None else likeness[self._inside])

    @cached_property
    def terms_anywhere(self) -> _Terms:
        """How alike the question's terms are to anything."""
        return self._terms(self.candidates.likeness)

    def _terms(self, likeness: NDArray[np.float64] | None) -> _Terms:
        """Return how alike the terms are to the most alike of some sentences."""
        if likeness is None:
            return _Terms(_UNTOLD, _UNTOLD, _UNTOLD)
        columns = _columns(self.question, likeness.shape[1])
        best = likeness.max(axis=0)
        terms = [term for term in self.question.terms if term.form in columns]
        alike = [float(best[columns[term.form]].mean()) for term in terms] or [_UNTOLD]
        weights = [term.weight for term in terms] or [1.0]
        mean = sum(one * weight for one, weight in zip(alike, weights, strict=True)) / (sum(weights) or 1.0)
        return _Terms(min(alike), mean, alike[weights.index(max(weights))])


SPREAD: dict[str, Callable[[_Outcome], float]] = {
    "mass": lambda o: o.mass(0),
    "log mass": lambda o: math.log(o.mass(0) + _LEAST),
    "lead": lambda o: o.mass(0) - o.mass(1),
    "ratio": lambda o: math.log((o.mass(0) + _LEAST) / (o.mass(1) + _LEAST)),
    "peak": lambda o: float(o.shares[0]),
    "entropy": lambda o: -float((o.shares * np.log(o.shares + 1e-12)).sum()),
    "top": lambda o: float(o.scores.max()),
}

SIGNALS_FROM_WORDS: dict[str, Callable[[_Outcome], float]] = SPREAD | {
    "mass of three": lambda o: sum(cut.mass for cut in o.cuts[:3]),
    "covered 2 best": lambda o: o.anywhere("covered 2"),
    "covered 2": lambda o: o.inside("covered 2"),
    "covered 4": lambda o: o.inside("covered 4"),
    "covered 8": lambda o: o.inside("covered 8"),
    "rarest 4": lambda o: o.inside("rarest 4"),
    "named 2": lambda o: o.inside("named 2"),
    "asked": lambda o: o.inside("asked"),
    "replies": lambda o: o.inside("replies"),
    "opening": lambda o: o.inside("opening"),
    "unmet": lambda o: o.unmet(),
    "missing": lambda o: o.absent.share,
    "missing unlike": lambda o: o.absent.unlike,
    "missing count": lambda o: o.absent.words,
    "terms": lambda o: min(len(o.question.terms), _MANY_TERMS),
    "order": lambda o: not o.question.about_somebody and _ORDER.match(o.low) is not None,
    "to me": lambda o: not o.question.about_somebody and _TO_ME.search(o.low) is not None,
    "now": lambda o: _NOW.search(o.low) is not None,
    "about them": lambda o: o.question.about_somebody or _ABOUT_THEM.search(o.low) is not None,
    "names": lambda o: o.absent.named,
    "names missing": lambda o: o.absent.names,
    "speaker": lambda o: o.question.speaker is not None,
    "who": lambda o: _WHO.search(o.low) is not None,
    "number": lambda o: "number" in o.question.wants,
    "time": lambda o: "time" in o.question.wants,
    "why": lambda o: _WHY.search(o.low) is not None,
    "yes or no": lambda o: _YES_NO.match(o.low) is not None,
    "length": lambda o: math.log1p(len(o.low.split())),
}

SIGNALS_FROM_MODELS: dict[str, Callable[[_Outcome], float]] = {
    "meaning best": lambda o: o.anywhere("meaning"),
    "meaning near best": lambda o: o.anywhere("meaning near"),
    "meaning gap": lambda o: o.gap("meaning near"),
    "meaning": lambda o: o.inside("meaning"),
    "meaning near": lambda o: o.inside("meaning near"),
    "tokens best": lambda o: o.anywhere("tokens"),
    "tokens 2 best": lambda o: o.inside("tokens 2"),
    "term least": lambda o: o.terms_inside.least,
    "term mean": lambda o: o.terms_inside.mean,
    "term rarest": lambda o: o.terms_inside.rarest,
    "term least anywhere": lambda o: o.terms_anywhere.least,
    "term mean anywhere": lambda o: o.terms_anywhere.mean,
    "term rarest anywhere": lambda o: o.terms_anywhere.rarest,
}


def signals(likely: Likelihoods, cuts: Sequence[Extract]) -> dict[str, float]:
    """Return the signals of a search by name, for the passages cut; those of the models if they were there."""
    outcome = _Outcome(likely, cuts)
    models = FROM_MODELS.keys() <= likely.candidates.features.keys()
    table = SIGNALS_FROM_WORDS | (SIGNALS_FROM_MODELS if models else {})
    return {name: float(of(outcome)) for name, of in table.items()}


def _columns(question: Question, width: int) -> dict[str, list[int]]:
    """Return which tokens of the question, of that many, are those of each term.

    The model's tokens are words and marks, and pieces of words it does not know; how many more there are than words and
    marks tells how many pieces there are, and the longest terms are taken to be the ones in pieces (right for three
    terms in four; knowing it exactly made no difference that could be measured).
    """
    parts = [match.group() for match in _PART.finditer(fold(question.text))]
    terms = {term.form for term in question.terms}
    longest = sorted(range(len(parts)), key=lambda number: (parts[number] not in terms, -len(parts[number]), number))
    pieces = [1] * len(parts)
    for extra in range(width - _MARKS - len(parts)):
        pieces[longest[extra % len(longest)]] += 1
    columns: dict[str, list[int]] = {}
    at = _MARKS - 1
    for part, count in zip(parts, pieces, strict=True):
        if part in terms and at + count < width:
            columns.setdefault(part, list(range(at, at + count)))
        at += count
    return columns
