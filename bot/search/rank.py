"""Choosing the sentence that was meant among the candidates, and the exact span to show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.corpus import fold, words
from bot.search.align import letters_alike, pair_words, same_words
from bot.search.query import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.corpus import Corpus, Passage, Word
    from bot.search.index import WordIndex

__all__ = ["FOUND", "Hit", "rank"]

FOUND = 0.6
"""Hits scoring at least this are shown as a match, weaker ones as nearest (set by hand; issue C calibrates it)."""

CANDIDATES = 20
"""Sentences taken from each way of searching."""

_COVERED, _LETTERS, _NEAR = 0.55, 0.35, 0.10
"""What the share of words found here, the likeness of letters and the share found next door are worth."""

_JOINS = 0.2
"""A neighbouring sentence belongs to the span when it adds at least this share of the query's weight."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that may be meant: score in 0..1, `marked` the matching words as [start, end) offsets in its text."""

    passage: Passage
    score: float
    marked: tuple[tuple[int, int], ...]


def rank(corpus: Corpus, index: WordIndex, query: str, limit: int) -> list[Hit]:
    """Return up to `limit` passages for a half-remembered line, best first, no two of them overlapping."""
    cleaned = clean(query)
    wanted = [word.form for word in words(cleaned)]
    if not wanted:
        return []
    weights = [_weight(index, word) for word in wanted]
    places = index.candidates(cleaned, CANDIDATES)
    singles = [corpus.episodes[number].passage(sentence, sentence) for number, sentence in places]
    near = [single.widened(1) for single in singles]
    vocabulary = sorted(frozenset().union(*map(_vocabulary, near)))
    alike = same_words(wanted, vocabulary)
    letters = fold(cleaned)
    scored = sorted(
        ((_score(single, letters, wanted, weights, alike), single) for single in singles), key=lambda item: -item[0]
    )
    hits: list[Hit] = []
    for score, single in scored:
        hit = _span(single, score, wanted, weights, alike)
        if all(_apart(hit.passage, other.passage) for other in hits):
            hits.append(hit)
        if len(hits) == limit:
            break
    return hits


@lru_cache(maxsize=4096)
def _words(passage: Passage) -> list[Word]:
    """Return the words of a passage; many searches meet the same ones."""
    return words(passage.text)


@lru_cache(maxsize=4096)
def _vocabulary(passage: Passage) -> frozenset[str]:
    """Return the different words of a passage."""
    return frozenset(word.form for word in _words(passage))


def _weight(index: WordIndex, word: str) -> float:
    """Return what finding a word is worth: its rarity, the mean of its stems."""
    stems = index.stems(word)
    return sum(index.rarity(stem) for stem in stems) / len(stems) if stems else 0.0


def _score(
    single: Passage, letters: str, wanted: Sequence[str], weights: Sequence[float], alike: Sequence[dict[str, float]]
) -> float:
    """Return how well one sentence fits, 0..1, with a little for what its neighbours hold."""
    here = _covered(single, weights, alike)
    near = _covered(single.widened(1), weights, alike)
    fit = letters_alike(letters, fold(single.text)) if len(single.text) >= len(letters) / 2 else 0.0
    return _COVERED * here + _LETTERS * fit + _NEAR * near if wanted else 0.0


def _covered(passage: Passage, weights: Sequence[float], alike: Sequence[dict[str, float]]) -> float:
    """Return the share of the query's weight whose words stand in a passage, typos at a discount."""
    present = _vocabulary(passage)
    total = sum(weights)
    gained = sum(
        weight * max((likeness for word, likeness in options.items() if word in present), default=0.0)
        for weight, options in zip(weights, alike, strict=True)
    )
    return gained / total if total else 0.0


def _span(
    single: Passage, score: float, wanted: Sequence[str], weights: Sequence[float], alike: Sequence[dict[str, float]]
) -> Hit:
    """Widen the sentence by a neighbour that holds part of the line, and mark the words that match."""
    wide = single.widened(1)
    forms = _words(wide)
    pairs = pair_words(wanted, [word.form for word in forms], alike)
    total = sum(weights) or 1.0
    first, last = single.first, single.last
    for sentence in range(wide.first, wide.last + 1):
        own = single.episode.passage(sentence, sentence)
        begin, end = own.begin - wide.begin, own.end - wide.begin
        gained = sum(weights[asked] for asked, found in pairs if begin <= forms[found].begin < end)
        if gained / total >= _JOINS:
            first, last = min(first, sentence), max(last, sentence)
    passage = single.episode.passage(first, last)
    shift = wide.begin - passage.begin
    marked = [
        (forms[found].begin + shift, forms[found].end + shift)
        for _, found in pairs
        if passage.begin <= forms[found].begin + wide.begin < passage.end
    ]
    return Hit(passage, min(1.0, score), _joined(passage.text, marked))


def _joined(text: str, marked: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Join marks with nothing but spaces and punctuation between them."""
    joined: list[tuple[int, int]] = []
    for begin, end in marked:
        if joined and not any(character.isalnum() for character in text[joined[-1][1] : begin]):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return tuple(joined)


def _apart(one: Passage, other: Passage) -> bool:
    """Say whether two passages share no sentence."""
    return one.episode is not other.episode or one.last < other.first or other.last < one.first
