"""Choosing the sentence that was meant among the candidates, and the exact span to show.

Each candidate gets FEATURES, evidence from words, letters and (when the models are there) meaning. Their weights come
from `weights.json`, written with its provenance by `benchmarks/train_lookup.py`; a gate, how much of the line's letters
the best sentence has, mixes two sets of weights: one for lines remembered by their words, one for lines retold.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from bot.corpus import fold, words
from bot.language.likeness import letters_alike, pair_words, same_words
from bot.search.quote.query import remembered
from bot.search.scope import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.corpus import Corpus, Passage, Word
    from bot.search.index.embeddings import Meaning
    from bot.search.index.words import WordIndex
    from bot.search.quote.query import Remembered
    from bot.search.scope import Scope

__all__ = ["FEATURES", "FOUND", "FROM_WORDS", "Hit", "Weighed", "rank", "weigh"]

FEATURES = (
    "words", "letters", "near", "covered", "covered near", "fit", "fit near", "letters of best", "words of best",
    "length", "speaker fits", "speaker differs", "meaning", "meaning near", "meaning of best",
    "tokens", "tokens of best",
)  # fmt: skip
"""Evidence in the order of the weights; the last five need the models."""

FOUND = 0.5
"""Chance from which a passage is shown as a match: more likely than not, a claim never made weighing thrice."""

FROM_WORDS = 12
"""How many features, the first ones, need no model."""

CANDIDATES = 20
"""Sentences taken from each way of searching; with 20 the meant sentence is among them in 99 of 100 (measured)."""

SCORED = 60
"""Sentences each way of searching gives a score; the others have none of its evidence."""

LARGE = 100_000
"""Sentences from which a library is so large that a line one sentence plainly has is not looked for any further."""

OBVIOUS = 0.85
"""Likeness of letters from which a sentence plainly has a line: twelve words with two typos have 0.93 to 0.98."""

MOST_OBVIOUS = 100
"""Sentences by words that are looked at for it."""

REPEATED, SHORTEST_REPEAT = 0.95, 40
"""Likeness of letters, and characters, from which a passage is another one said again; only the first is shown."""

DEEPER = 10
"""How many times more candidates are taken when only some places will do."""

_JOINS = 0.2
"""A neighbouring sentence belongs to the span when it adds at least this share of the query's weight."""

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that may be meant.

    `score` is the chance that it is the one, 0..1 (calibrated on the development set); `marked` are the matching words
    as [start, end) offsets in its text.
    """

    passage: Passage
    score: float
    marked: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """The candidates of one line with their evidence: a row of FEATURES each, and the gate's value."""

    places: tuple[Place, ...]
    rows: tuple[tuple[float, ...], ...]
    gate: float


@dataclass(frozen=True, slots=True)
class _Asked:
    """A line taken apart: words with what finding each is worth, and letters."""

    letters: str
    wanted: tuple[str, ...]
    weights: tuple[float, ...]
    speaker: str | None


def rank(  # noqa: PLR0913, PLR0917 - what to search with, for what, where
    corpus: Corpus, index: WordIndex, line: str, limit: int, meaning: Meaning | None, scope: Scope = EVERYWHERE
) -> list[Hit]:
    """Return up to `limit` passages for a half-remembered line, best first, no two of them sharing a sentence."""
    read = remembered(line, corpus.speakers)
    asked = _asked(index, read)
    if not asked.wanted:
        return []
    if index.size > LARGE and scope == EVERYWHERE and (obvious := _obvious(corpus, index, read.words, asked, limit)):
        return obvious
    weighed = weigh(corpus, index, read, meaning, scope)
    weights = _weights()["meaning" if meaning else "words"]
    scores = [_scored(row, weighed.gate, weights) for row in weighed.rows]
    order = sorted(range(len(scores)), key=lambda number: -scores[number])
    if not order:
        return []
    hits: list[Hit] = []
    for number in order:
        episode, sentence = weighed.places[number]
        single = corpus.episode(episode).passage(sentence, sentence)
        if all(_apart(single, other.passage) and not _repeats(single, other.passage) for other in hits):
            behind = scores[order[0]] - scores[number]
            chance = _chance(weighed.rows[number], weighed.gate, weights) * math.exp(-min(behind, 50.0))
            hits.append(_span(single, chance, asked, hits))
        if len(hits) == limit:
            break
    return hits


def _obvious(corpus: Corpus, index: WordIndex, line: str, asked: _Asked, limit: int) -> list[Hit]:
    """Return the passages of a line that a sentence among the first by words has nearly letter by letter, or nothing.

    In a large library this spares the search by letters and by neighbours, which takes five times as long.
    """
    fits: list[tuple[float, Passage]] = []
    for number, (_, (episode, sentence)) in enumerate(index.top("words", line, MOST_OBVIOUS)):
        if number >= CANDIDATES and max((fit for fit, _ in fits), default=0.0) >= OBVIOUS:
            break
        single = corpus.episode(episode).passage(sentence, sentence)
        if len(single.text) >= len(asked.letters) / 2:
            fits.append((letters_alike(asked.letters, fold(single.text)), single))
    fits.sort(key=lambda item: -item[0])
    if not fits or fits[0][0] < OBVIOUS:
        return []
    hits: list[Hit] = []
    for fit, single in fits:
        if len(hits) < limit and all(
            _apart(single, other.passage) and not _repeats(single, other.passage) for other in hits
        ):
            hits.append(_span(single, fit, asked, hits))
    return hits


def weigh(
    corpus: Corpus, index: WordIndex, read: Remembered, meaning: Meaning | None, scope: Scope = EVERYWHERE
) -> Weighed:
    """Gather candidates and their evidence."""
    asked = _asked(index, read)
    deep = 1 if scope == EVERYWHERE else DEEPER
    found = {field: index.top(field, read.words, SCORED * deep) for field in ("words", "grams", "near")}
    places: dict[Place, None] = {}
    for hits in found.values():
        places.update(dict.fromkeys(place for _, place in hits[: CANDIDATES * deep]))
    view = meaning.view(read.words) if meaning else None
    if view:
        places.update(dict.fromkeys(view.candidates(CANDIDATES * deep)))
    looked = {place: corpus.episode(place[0]).passage(place[1], place[1]) for place in places}
    admitted = {place: single for place, single in looked.items() if scope.admits(place[0], single)}
    chosen, singles = tuple(admitted), list(admitted.values())
    alike = same_words(asked.wanted, sorted(frozenset().union(*(_vocabulary(p.widened(1).text) for p in singles))))
    whole = {field: max(1e-6, index.self_score(field, read.words)) for field in ("words", "grams")}
    best = {field: max((score for score, _ in hits), default=1e-6) for field, hits in found.items()}
    score_of = {field: {place: score for score, place in hits} for field, hits in found.items()}
    similar = view.similarities(chosen) if view else [()] * len(chosen)
    rows = tuple(
        (
            score_of["words"].get(place, 0.0) / whole["words"],
            score_of["grams"].get(place, 0.0) / whole["grams"],
            score_of["near"].get(place, 0.0) / whole["words"],
            *_by_words(single, asked, alike),
            score_of["grams"].get(place, 0.0) / best["grams"],
            score_of["words"].get(place, 0.0) / best["words"],
            math.log(1 + len(single.text)) / 5,
            float(asked.speaker is not None and asked.speaker in single.speakers),
            float(asked.speaker is not None and asked.speaker not in single.speakers),
            *near,
        )
        for place, single, near in zip(chosen, singles, similar, strict=True)
    )
    return Weighed(chosen, rows, best["grams"] / whole["grams"])


def _by_words(single: Passage, asked: _Asked, alike: Sequence[dict[str, float]]) -> tuple[float, float, float, float]:
    """Return how much of the line's weight is in a sentence and around it, and how its letters fit there."""
    wide = single.widened(1)
    here, near = _covered(single, asked.weights, alike), _covered(wide, asked.weights, alike)
    long_enough = len(single.text) >= len(asked.letters) / 2
    fit = letters_alike(asked.letters, fold(single.text)) if long_enough else 0.0
    return here, near, fit, letters_alike(asked.letters, fold(wide.text))


def _asked(index: WordIndex, read: Remembered) -> _Asked:
    wanted = tuple(word.form for word in words(read.words))
    return _Asked(fold(read.words), wanted, tuple(_weight(index, word) for word in wanted), read.speaker)


@lru_cache(maxsize=1)
def _weights() -> dict[str, Any]:
    """Return the trained weights, read when first needed."""
    table: dict[str, Any] = json.loads(resources.files("bot.search.quote").joinpath("weights.json").read_text("utf-8"))
    return table


def _mixed(row: Sequence[float], gate: float, weights: dict[str, Any]) -> list[float]:
    """Return the evidence twice, by the gate's share and by the rest, each standardised as in training."""
    share = 1 / (1 + math.exp(-(gate - weights["gate"][0]) / weights["gate"][1]))
    both = [value * share for value in row] + [value * (1 - share) for value in row]
    return [(value - mean) / scale for value, mean, scale in zip(both, weights["mean"], weights["scale"], strict=True)]


def _scored(row: Sequence[float], gate: float, weights: dict[str, Any]) -> float:
    """Return the score by which candidates of one line are ordered."""
    mixed = _mixed(row, gate, weights)
    return float(sum(value * weight for value, weight in zip(mixed, weights["order"], strict=True)))


def _chance(row: Sequence[float], gate: float, weights: dict[str, Any]) -> float:
    """Return the chance that the best candidate of a line is the one meant."""
    mixed = _mixed(row, gate, weights)
    total = weights["chance"][-1] + sum(v * w for v, w in zip(mixed, weights["chance"][:-1], strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@lru_cache(maxsize=4096)
def _words(text: str) -> list[Word]:
    """Return the words of a passage; many searches meet the same ones."""
    return words(text)


@lru_cache(maxsize=4096)
def _vocabulary(text: str) -> frozenset[str]:
    """Return the different words of a passage."""
    return frozenset(word.form for word in _words(text))


def _weight(index: WordIndex, word: str) -> float:
    """Return what finding a word is worth: its rarity, the mean of its stems."""
    stems = index.stems(word)
    return sum(index.rarity(stem) for stem in stems) / len(stems) if stems else 0.0


def _covered(passage: Passage, weights: Sequence[float], alike: Sequence[dict[str, float]]) -> float:
    """Return the share of the query's weight whose words stand in a passage, typos at a discount."""
    present = _vocabulary(passage.text)
    total = sum(weights)
    gained = sum(
        weight * max((likeness for word, likeness in options.items() if word in present), default=0.0)
        for weight, options in zip(weights, alike, strict=True)
    )
    return gained / total if total else 0.0


def _span(single: Passage, score: float, asked: _Asked, taken: Sequence[Hit]) -> Hit:
    """Widen the sentence by a neighbour that holds part of the line, and mark the words that match."""
    wide = single.widened(1)
    forms = _words(wide.text)
    alike = same_words(asked.wanted, sorted(_vocabulary(wide.text)))
    pairs = pair_words(asked.wanted, [word.form for word in forms], alike)
    total = sum(asked.weights) or 1.0
    first, last = single.first, single.last
    for sentence in range(wide.first, wide.last + 1):
        own = single.episode.passage(sentence, sentence)
        begin, end = own.begin - wide.begin, own.end - wide.begin
        gained = sum(asked.weights[wanted] for wanted, found in pairs if begin <= forms[found].begin < end)
        if gained / total >= _JOINS and all(_apart(own, other.passage) for other in taken):
            first, last = min(first, sentence), max(last, sentence)
    passage = single.episode.passage(first, last)
    shift = wide.begin - passage.begin
    marked = [
        (forms[found].begin + shift, forms[found].end + shift)
        for _, found in pairs
        if passage.begin <= forms[found].begin + wide.begin < passage.end
    ]
    return Hit(passage, score, _joined(passage.text, marked))


def _joined(text: str, marked: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Join marks with nothing but spaces and punctuation between them."""
    joined: list[tuple[int, int]] = []
    for begin, end in marked:
        if joined and not any(character.isalnum() for character in text[joined[-1][1] : begin]):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return tuple(joined)


def _repeats(one: Passage, other: Passage) -> bool:
    """Say whether a passage says nearly letter by letter what another one says: an ad or a trailer, played again."""
    length = min(len(one.text), len(other.text))
    return length >= SHORTEST_REPEAT and letters_alike(fold(one.text), fold(other.text)) >= REPEATED


def _apart(one: Passage, other: Passage) -> bool:
    """Say whether two passages share no sentence."""
    return one.episode is not other.episode or one.last < other.first or other.last < one.first
