"""Whether anything found answers a question at all: weighing the evidence, and declining when it is too little.

Weights give every sentence a chance to be the one that answers; SIGNALS of the whole search give the chance that any
does. Weights and the thresholds of the bands come from `weights.json`, written with its provenance by
`benchmarks/train_answers.py`.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.corpus import fold
from bot.search.ask.features import EVIDENCE, FROM_WORDS, gather

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from bot.corpus import Corpus
    from bot.search.ask.extracts import Extract
    from bot.search.ask.features import Gathered
    from bot.search.ask.question import Question
    from bot.search.index.embeddings import Meaning
    from bot.search.index.words import WordIndex
    from bot.search.scope import Scope

    Column = NDArray[np.float64]

__all__ = ["SIGNALS", "SIGNALS_FROM_WORDS", "Likelihoods", "likelihoods", "logistic", "signals"]

SIGNALS = (
    "mass", "mass of three", "top", "covered 2 best", "covered 2", "covered 4", "missing", "missing unlike",
    "missing count", "terms", "order", "to me", "now", "about them", "names", "names missing", "speaker", "who",
    "number", "time", "why", "yes or no", "length",
    "meaning best", "meaning near best", "meaning gap", "meaning", "meaning near", "tokens 2 best",
    "term least", "term mean", "term rarest", "term least anywhere", "term mean anywhere", "term rarest anywhere",
)  # fmt: skip
"""Signals in the order of the weights."""

SIGNALS_FROM_WORDS = 23
"""How many of the signals, the first part, need no model."""

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
_GAP = 11
"""The best sentence is compared with the one in this place."""

_MARKS = 3
"""Tokens around the question's own: two before, one after."""

_UNTOLD = 0.8
"""How alike a term is when nothing tells: about what a term of an answered question is."""

_PART = re.compile(r"\w+|[^\w\s]")

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Likelihoods:
    """The chance of each sentence, and how sure it is that the passages cut from them answer."""

    chances: dict[Place, float]
    admitted: frozenset[Place]
    asked: Question
    gathered: Gathered
    scores: Column
    weights: dict[str, Any]

    def sure(self, cuts: Sequence[Extract]) -> float:
        """Return the chance that passages hold an answer."""
        found = signals(self.asked, self.gathered, self.scores, cuts)
        return logistic(found, self.weights["sure"])

    @property
    def declined_below(self) -> float:
        """Chance under which a question is declined."""
        return float(self.weights["declined below"])

    @property
    def answers_from(self) -> float:
        """Chance from which passages are shown as the answer."""
        return float(self.weights["answers from"])


def likelihoods(
    corpus: Corpus, index: WordIndex, meaning: Meaning | None, asked: Question, scope: Scope
) -> Likelihoods | None:
    """Return how likely each sentence is to answer, or None when there is none to choose from."""
    gathered = gather(corpus, index, meaning, asked, scope)
    if gathered is None:
        return None
    weights = _weights()["meaning" if meaning else "words"]
    order = weights["order"]
    scores = ((gathered.rows - np.array(order["mean"])) / np.array(order["scale"])) @ np.array(order["weights"])
    shares = np.exp(scores - scores.max())
    chances = dict(zip(gathered.places, (shares / shares.sum()).tolist(), strict=True))
    return Likelihoods(chances, gathered.admitted, asked, gathered, scores, weights)


def signals(asked: Question, gathered: Gathered, scores: Column, cuts: Sequence[Extract]) -> list[float]:
    """Return the SIGNALS of a search: of the passages cut, of what was found at all, of the question's form."""
    best = cuts[0]
    first, last = (best.number, best.passage.first), (best.number, best.passage.last)
    inside = [row for row, place in enumerate(gathered.places) if first <= place <= last]
    covered = gathered.rows[:, EVIDENCE.index("covered 2")]

    def most(name: str) -> float:
        return float(gathered.rows[inside, EVIDENCE.index(name)].max())

    found = [
        best.mass,
        sum(cut.mass for cut in cuts[:3]),
        float(scores.max()),
        float(covered.max()),
        most("covered 2"),
        most("covered 4"),
        *gathered.absent[:3],
        float(min(len(asked.terms), _MANY_TERMS)),
        *_of_form(asked, gathered.absent),
    ]
    if gathered.rows.shape[1] > FROM_WORDS:
        found += _of_meaning(asked, gathered, inside, most)
    return found


def _of_form(asked: Question, absent: Sequence[float]) -> list[float]:
    """Return the signals of how a question is put: an order to a bot, or a question about the speakers."""
    low = fold(asked.plain)
    theirs = asked.speaker is not None or asked.role is not None
    return [
        float(_ORDER.match(low) is not None and not theirs),
        float(_TO_ME.search(low) is not None and not theirs),
        float(_NOW.search(low) is not None),
        float(theirs or _ABOUT_THEM.search(low) is not None),
        *absent[3:],
        float(asked.speaker is not None),
        float(_WHO.search(low) is not None),
        float("number" in asked.wants),
        float("time" in asked.wants),
        float(_WHY.search(low) is not None),
        float(_YES_NO.match(low) is not None),
        math.log1p(len(low.split())),
    ]


def _of_meaning(
    asked: Question, gathered: Gathered, inside: Sequence[int], most: Callable[[str], float]
) -> list[float]:
    """Return the signals of likeness: of the best there is, of the best passage, of each term in it and anywhere."""
    alone, wide = (gathered.rows[:, EVIDENCE.index(name)] for name in ("meaning", "meaning near"))
    gap = float(wide.max() - np.sort(wide)[-min(_GAP, len(wide))])
    found = [float(alone.max()), float(wide.max()), gap, most("meaning"), most("meaning near")]
    found.append(most("tokens 2"))
    if gathered.likeness is None:
        return [*found, *[_UNTOLD] * 6]
    columns = _columns(asked, gathered.likeness.shape[1])
    weights = [term.weight for term in asked.terms if term.form in columns] or [1.0]
    for part in (gathered.likeness[inside], gathered.likeness):
        best = part.max(axis=0)
        alike = [float(best[columns[term.form]].mean()) for term in asked.terms if term.form in columns] or [_UNTOLD]
        mean = sum(one * weight for one, weight in zip(alike, weights, strict=True)) / (sum(weights) or 1.0)
        found += [min(alike), mean, alike[weights.index(max(weights))]]
    return found


def _columns(asked: Question, width: int) -> dict[str, list[int]]:
    """Return which tokens of the question, of that many, are those of each term.

    The model's tokens are words and marks, and pieces of words it does not know; how many more there are than words and
    marks tells how many pieces there are, and the longest terms are taken to be the ones in pieces (right for three
    terms in four; knowing it exactly made no difference that could be measured).
    """
    parts = [match.group() for match in _PART.finditer(fold(asked.text))]
    terms = {term.form for term in asked.terms}
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


def logistic(values: Sequence[float], weights: dict[str, Any]) -> float:
    """Return the chance a logistic regression gives to values that are standardised first."""
    columns = zip(values, weights["mean"], weights["scale"], weights["weights"], strict=True)
    total = weights["constant"] + sum((value - mean) / scale * weight for value, mean, scale, weight in columns)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@lru_cache(maxsize=1)
def _weights() -> dict[str, Any]:
    """Return the trained weights, read when first needed."""
    table: dict[str, Any] = json.loads(resources.files("bot.search.ask").joinpath("weights.json").read_text("utf-8"))
    return table
