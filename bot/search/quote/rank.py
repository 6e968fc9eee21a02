"""Choosing the sentence that was meant among the candidates, and the exact span to show.

Their features are weighed by `weights.json`, which `benchmarks/train_lookup.py` writes with its provenance; a gate, how
much of the line's letters the best sentence has, mixes two sets of weights: one for lines remembered by their words,
one for lines retold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.corpus import fold
from bot.language import join_marks, letters_alike, pair_words, place_letters, same_words
from bot.language.linear import Linear, logistic, read_weights
from bot.search.index.words import SHORTEST_RUN
from bot.search.quote.features import (
    FROM_ANSWERER,
    FROM_MODELS,
    FROM_WORDS,
    SCORED,
    TAKEN,
    RememberedLine,
    find_candidates,
    words_of,
)
from bot.search.quote.query import LONGEST_QUERY, read_line
from bot.search.said import find_said
from bot.search.scope import EVERYWHERE, narrow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.corpus import Corpus, Passage
    from bot.search.index.embeddings import Embeddings
    from bot.search.index.words import Place, WordIndex
    from bot.search.scope import Scope

__all__ = ["FOUND", "Hit", "rank", "split_by_gate"]

FOUND = 0.5
"""Chance from which a passage is shown as a match: more likely than not, a claim never made weighing thrice."""

LARGE = 10_000
"""Sentences from which a library is so large that a line one sentence plainly has is not looked for any further.

There short sentences with a part of it are many, and the search by letters and neighbours takes five times as long. In
a smaller one the other places it brings to mind are found by words alone.
"""

OBVIOUS = 0.85
"""Likeness of letters from which a sentence plainly has a line: twelve words with two typos have 0.93 to 0.98."""

MOST_SAID = 60
"""Stretches in which the very words of a line are looked for."""

REPEATED, SHORTEST_REPEAT = 0.95, 40
"""Likeness of letters, and characters, from which a passage is another one said again; only the first is shown."""

_RETOLD = {name: f"{name}, retold" for name in FROM_WORDS | FROM_MODELS | FROM_ANSWERER}
"""How each feature goes by name where it counts for lines retold."""

_JOINS = 0.2
"""A neighbouring sentence belongs to the span when it adds at least this share of the query's weight."""


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
class _Weights:
    """The weights with or without the models: which candidate of a line comes first, and whether that one is meant."""

    gate: tuple[float, float]
    order: Linear
    chance: Linear

    @classmethod
    @lru_cache(maxsize=2)
    def read(cls, *, models: bool) -> _Weights:
        """Read them, when first needed."""
        table = read_weights("bot.search.quote")["models" if models else "words"]
        features = FROM_WORDS.keys() | (FROM_MODELS.keys() | FROM_ANSWERER.keys() if models else ())
        names = features | {_RETOLD[name] for name in features}
        order, chance = (Linear(table[name], names, "bot/search/quote") for name in ("order", "chance"))
        return cls(table["gate"], order, chance)


def split_by_gate(features: dict[str, float], gate: float, shape: Sequence[float]) -> dict[str, float]:
    """Return each feature twice, by the share that a gate's value opens a gate of that centre and width, and the rest.

    The gate opens for lines remembered by their words; the rest counts for lines retold.
    """
    share = 1 / (1 + math.exp(-(gate - shape[0]) / shape[1]))
    retold = {_RETOLD[name]: value * (1 - share) for name, value in features.items()}
    return {name: value * share for name, value in features.items()} | retold


def rank(  # noqa: PLR0913, PLR0917 - what to search with, for what, where
    corpus: Corpus, index: WordIndex, text: str, limit: int, embeddings: Embeddings | None, scope: Scope = EVERYWHERE
) -> list[Hit]:
    """Return up to `limit` passages for a half-remembered line, best first, no two of them sharing a sentence."""
    index = narrow(corpus, index, scope)
    line = RememberedLine.of(index, text, read_line(text, corpus.speakers))
    if not line.wanted:
        return []
    said = _said(corpus, index, line, text, scope)
    first = (place for _, place in index.top("words", line.text, SCORED)[:TAKEN])
    sure = [hit for _, hit in said] or _obvious(corpus, line, first, limit, scope)
    if sure and index.size > LARGE:
        return sure[:limit]
    models = None if sure else embeddings
    found = find_candidates(corpus, index, line, models, scope)
    if index.size > LARGE:
        sure = _obvious(corpus, line, found.places, limit, scope)
        if sure:
            return sure
    weights = _Weights.read(models=models is not None)
    features = [split_by_gate(own, found.gate, weights.gate) for own in found.features]
    scores = [weights.order.score(own) for own in features]
    by_place = dict(zip(found.places, scores, strict=True))
    typed = (_forms(text), _forms(line.text))
    said.sort(key=lambda item: (_forms(item[1].passage.text) not in typed, -_best_score(item[0], item[1], by_place)))
    hits = ([hit for _, hit in said] or sure)[:limit]
    order = sorted(range(len(scores)), key=lambda number: -scores[number])
    # One order, one chance: that of the best one, and as much less for each of the others as it is behind.
    chance = logistic(weights.chance.score(features[order[0]])) if order else 0.0
    chance = min(chance, 1 - hits[0].score) if hits else chance
    for number in order:
        if len(hits) == limit:
            break
        episode, sentence = found.places[number]
        single = corpus.episode(episode).passage(sentence, sentence)
        if _is_new(single, hits):
            behind = min(scores[order[0]] - scores[number], 50.0)
            hits.append(_span(single, min(chance * math.exp(-behind), hits[-1].score if hits else 1.0), line, hits))
    return hits


def _said(corpus: Corpus, index: WordIndex, line: RememberedLine, text: str, scope: Scope) -> list[tuple[int, Hit]]:
    """Return the passages, each with the number of its episode, in which the very words of a line stand as typed.

    When they stand nowhere as typed, it is looked for what of them was read as the line. What says just that comes
    first, then the likest letters.
    """
    for words in dict.fromkeys((text[:LONGEST_QUERY], line.text)):
        letters, forms = fold(words), _forms(words)
        found = [place for place in find_said(corpus, index, words, MOST_SAID) if scope.admits(*place)]
        found.sort(key=lambda place: -letters_alike(letters, fold(place[1].text)))
        found.sort(key=lambda place: _forms(place[1].text) != forms)
        kept: list[tuple[int, Passage]] = []
        for number, passage in found:
            if all(_apart(passage, other) and not _repeats(passage, other) for _, other in kept):
                kept.append((number, passage))
        just = sum(_forms(passage.text) == forms for _, passage in kept)
        chances = [max(FOUND, 1 / just) if at < just else max(FOUND, 1 / len(kept)) for at in range(len(kept))]
        if kept:
            return [
                (number, Hit(passage, chance, _marks(passage, words)))
                for (number, passage), chance in zip(kept, chances, strict=True)
            ]
    return []


def _forms(text: str) -> list[str]:
    """Return the words of a text as compared."""
    return [word.form for word in words_of(text)]


def _best_score(number: int, hit: Hit, scores: Mapping[Place, float]) -> float:
    """Return the best score among a passage's sentences."""
    sentences = range(hit.passage.first, hit.passage.last + 1)
    return max(scores.get((number, sentence), -math.inf) for sentence in sentences)


def _marks(passage: Passage, line: str) -> tuple[tuple[int, int], ...]:
    """Return where a passage has the words of a line in their order."""
    wanted, forms = _forms(line), words_of(passage.text)
    alike = same_words(wanted, sorted({word.form for word in forms}))
    pairs = pair_words(wanted, [word.form for word in forms], alike)
    return join_marks(passage.text, [(forms[found].begin, forms[found].end) for _, found in pairs])


def _obvious(corpus: Corpus, line: RememberedLine, places: Iterable[Place], limit: int, scope: Scope) -> list[Hit]:
    """Return the passages at or beside some places that have a line nearly letter by letter, if there are any.

    A passage stands for the sentence that has most of the line, of those it runs over. No model is asked then. A line
    of fewer than three words has none: those stand somewhere in any library.
    """
    if len(line.wanted) < SHORTEST_RUN:
        return []
    fits: dict[Place, tuple[float, Passage]] = {}
    for episode, sentence in places:
        placed = _place(corpus.episode(episode).passage(sentence, sentence), line.letters)
        if placed and scope.admits(episode, placed[1]):
            fits.setdefault((episode, placed[1].first), placed)
    hits: list[Hit] = []
    for fit, single in sorted(fits.values(), key=lambda item: -item[0]):
        if len(hits) < limit and _is_new(single, hits):
            hits.append(_span(single, fit, line, hits))
    return hits


def _place(single: Passage, letters: str) -> tuple[float, Passage] | None:
    """Return how well a line's letters fit in a sentence with its neighbours, and which of them has most of it.

    None when they do not plainly fit.
    """
    wide = single.widen(1)
    rows = [single.episode.passage(sentence, sentence) for sentence in range(wide.first, wide.last + 1)]
    spoken = [fold(row.text) for row in rows]
    placed = place_letters(letters, " ".join(spoken), OBVIOUS)
    if placed is None:
        return None
    fit, begin, end = placed
    shares: list[int] = []
    at = 0
    for said in spoken:
        shares.append(min(end, at + len(said)) - max(begin, at))
        at += len(said) + 1
    return fit, rows[shares.index(max(shares))]


def _span(single: Passage, score: float, line: RememberedLine, taken: Sequence[Hit]) -> Hit:
    """Widen the sentence by a neighbour that holds part of the line, and mark the words that match."""
    wide = single.widen(1)
    forms = words_of(wide.text)
    alike = same_words(line.wanted, sorted({word.form for word in forms}))
    pairs = pair_words(line.wanted, [word.form for word in forms], alike)
    total = sum(line.weights) or 1.0
    first, last = single.first, single.last
    for sentence in range(wide.first, wide.last + 1):
        own = single.episode.passage(sentence, sentence)
        begin, end = own.begin - wide.begin, own.end - wide.begin
        gained = sum(line.weights[wanted] for wanted, found in pairs if begin <= forms[found].begin < end)
        if gained / total >= _JOINS and all(_apart(own, other.passage) for other in taken):
            first, last = min(first, sentence), max(last, sentence)
    passage = single.episode.passage(first, last)
    shift = wide.begin - passage.begin
    marked = [
        (forms[found].begin + shift, forms[found].end + shift)
        for _, found in pairs
        if passage.begin <= forms[found].begin + wide.begin < passage.end
    ]
    return Hit(passage, score, join_marks(passage.text, marked))


def _is_new(single: Passage, taken: Sequence[Hit]) -> bool:
    """Say whether a sentence is in none of the passages taken, and says something else."""
    return all(_apart(single, other.passage) and not _repeats(single, other.passage) for other in taken)


def _repeats(one: Passage, other: Passage) -> bool:
    """Say whether a passage says nearly letter by letter what another one says: an ad or a trailer, played again."""
    length = min(len(one.text), len(other.text))
    return length >= SHORTEST_REPEAT and letters_alike(fold(one.text), fold(other.text)) >= REPEATED


def _apart(one: Passage, other: Passage) -> bool:
    """Say whether two passages share no sentence."""
    return one.episode is not other.episode or one.last < other.first or other.last < one.first
