"""What speaks for each sentence as the line somebody half remembers, from words, letters and (with models) meaning.

A feature is a row of FROM_WORDS or FROM_MODELS. `bot.search.quote.rank` weighs them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from bot.corpus import fold, word_forms, words
from bot.language import letters_alike, same_words
from bot.search.ask import answer_chances
from bot.search.scope import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.corpus import Corpus, Passage, Word
    from bot.search.index.embeddings import Embeddings, Likeness
    from bot.search.index.words import Place, WordIndex
    from bot.search.quote.query import Remembered
    from bot.search.scope import Scope

__all__ = [
    "FROM_MODELS",
    "FROM_WORDS",
    "SCORED",
    "TAKEN",
    "LineCandidates",
    "RememberedLine",
    "find_candidates",
    "words_of",
]

TAKEN = 20
"""Sentences taken from each way of searching; with 20 the meant sentence is among them in 99 of 100 (measured)."""

MEANT = 40
"""Sentences taken that are nearest in meaning, alone and with their neighbours each."""

LIKELIEST = 20
"""Sentences taken that most likely answer the line, read as a question."""

LEAST_CHANCE = math.exp(-12)
"""What counts as no chance that a sentence answers the line."""

SCORED = 60
"""Sentences each way of searching gives a score; the others have none of its features."""


@dataclass(frozen=True, slots=True)
class RememberedLine:
    """A line as typed and taken apart: words with what finding each is worth, and letters."""

    typed: str
    text: str
    letters: str
    wanted: tuple[str, ...]
    weights: tuple[float, ...]
    speaker: str | None

    @classmethod
    def of(cls, index: WordIndex, typed: str, read: Remembered) -> RememberedLine:
        """Take apart a line as read from what was typed."""
        wanted = tuple(word.form for word in words(read.words))
        weights = tuple(index.mean_rarity(index.stems(word)) for word in wanted)
        return cls(typed, read.words, fold(read.words), wanted, weights, read.speaker)


@dataclass(frozen=True, slots=True)
class _Search:
    """What the candidates of a line share: by field the score of places, the best one, and that of the line itself.

    `covered` has for each word of the line how likely it stands in each sentence in and beside the candidates.
    """

    line: RememberedLine
    scores: dict[str, dict[Place, float]]
    best: dict[str, float]
    whole: dict[str, float]
    covered: Sequence[dict[Place, float]]


class _Candidate:
    """A sentence that may be meant, in the search that found it."""

    def __init__(self, search: _Search, place: Place, single: Passage) -> None:
        self.line, self.single = search.line, single
        self._search, self._place = search, place

    @cached_property
    def wide(self) -> Passage:
        """The sentence with its neighbours."""
        return self.single.widen(1)

    def of_whole(self, field: str) -> float:
        """Return the score in a field, as a share of what the line itself would score among words or letters."""
        whole = self._search.whole["grams" if field == "grams" else "words"]
        return self._search.scores[field].get(self._place, 0.0) / whole

    def of_best(self, field: str) -> float:
        """Return the score in a field, as a share of the best one's."""
        return self._search.scores[field].get(self._place, 0.0) / self._search.best[field]

    def coverage(self, passage: Passage) -> float:
        """Return the share of the line's weight whose words stand in a passage, typos at a discount."""
        places = [(self._place[0], sentence) for sentence in range(passage.first, passage.last + 1)]
        total = sum(self.line.weights)
        gained = sum(
            weight * max(stands.get(place, 0.0) for place in places)
            for weight, stands in zip(self.line.weights, self._search.covered, strict=True)
            if stands
        )
        return gained / total if total else 0.0

    def fit(self, passage: Passage) -> float:
        """Return how well the line's letters fit into a passage."""
        return letters_alike(self.line.letters, fold(passage.text))

    def long_enough(self) -> bool:
        """Say whether the sentence has half the line's letters."""
        return len(self.single.text) >= len(self.line.letters) / 2


FROM_WORDS: dict[str, Callable[[_Candidate], float]] = {
    "words": lambda c: c.of_whole("words"),
    "letters": lambda c: c.of_whole("grams"),
    "near": lambda c: c.of_whole("near"),
    "covered": lambda c: c.coverage(c.single),
    "covered near": lambda c: c.coverage(c.wide),
    "fit": lambda c: c.fit(c.single) if c.long_enough() else 0.0,
    "fit near": lambda c: c.fit(c.wide),
    "letters of best": lambda c: c.of_best("grams"),
    "words of best": lambda c: c.of_best("words"),
    "length": lambda c: math.log(1 + len(c.single.text)) / 5,
    "speaker fits": lambda c: float(c.line.speaker is not None and c.line.speaker in c.single.speakers),
    "speaker differs": lambda c: float(c.line.speaker is not None and c.line.speaker not in c.single.speakers),
}

FROM_MODELS: dict[str, Callable[[Likeness], float]] = {
    "meaning": lambda likeness: likeness.alone,
    "meaning near": lambda likeness: likeness.wide,
    "meaning of best": lambda likeness: likeness.behind,
    "tokens": lambda likeness: likeness.tokens,
    "tokens of best": lambda likeness: likeness.tokens_behind,
}


@dataclass(frozen=True, slots=True)
class _Answering:
    """How likely a sentence is to answer the line, read as a question: log of its chance, the same less the best's."""

    chance: float
    behind: float


FROM_ANSWERER: dict[str, Callable[[_Answering], float]] = {
    "answers": lambda own: own.chance,
    "answers of best": lambda own: own.behind,
    "answers best": lambda own: float(own.behind >= 0),
}


@dataclass(frozen=True, slots=True)
class LineCandidates:
    """The sentences that may be meant: their places, the features of each by name, and the gate.

    The gate is how much of the line's letters the best sentence has.
    """

    places: tuple[Place, ...]
    features: tuple[dict[str, float], ...]
    gate: float


def find_candidates(
    corpus: Corpus, index: WordIndex, line: RememberedLine, embeddings: Embeddings | None, scope: Scope = EVERYWHERE
) -> LineCandidates:
    """Find the sentences that may be meant by a line, with their features; `index` is the part in the scope."""
    deep = scope.depth
    wide = deep if scope.chapter else 1
    found = {field: index.top(field, line.text, SCORED * wide) for field in ("words", "grams", "near")}
    places = dict.fromkeys(place for hits in found.values() for _, place in hits[: TAKEN * wide])
    view = embeddings.view(line.text, scope.episodes) if embeddings else None
    if view:
        places.update(dict.fromkeys(view.candidates(MEANT * deep)))
    chances = answer_chances(corpus, index, embeddings, line.typed, scope) if view else {}
    places.update(dict.fromkeys(sorted(chances, key=lambda place: -chances[place])[:LIKELIEST]))
    looked = {place: corpus.episode(place[0]).passage(place[1], place[1]) for place in places}
    admitted = {place: single for place, single in looked.items() if scope.admits(place[0], single)}
    search = _Search(
        line,
        {field: {place: score for score, place in hits} for field, hits in found.items()},
        {field: max((score for score, _ in hits), default=1e-6) for field, hits in found.items()},
        {field: max(1e-6, index.self_score(field, line.text)) for field in ("words", "grams")},
        _covered(corpus, line, admitted),
    )
    candidates = [_Candidate(search, place, single) for place, single in admitted.items()]
    features = [{name: of(candidate) for name, of in FROM_WORDS.items()} for candidate in candidates]
    if view:
        for own, likeness in zip(features, view.similarities(tuple(admitted)), strict=True):
            own.update((name, of(likeness)) for name, of in FROM_MODELS.items())
        logs = [math.log(max(LEAST_CHANCE, chances.get(place, 0.0))) for place in admitted]
        for own, chance in zip(features, logs, strict=True):
            answering = _Answering(chance, chance - max(logs))
            own.update((name, of(answering)) for name, of in FROM_ANSWERER.items())
    return LineCandidates(tuple(admitted), tuple(features), search.best["grams"] / search.whole["grams"])


@lru_cache(maxsize=4096)
def words_of(text: str) -> list[Word]:
    """Return the words of a passage; many searches meet the same ones."""
    return words(text)


def _covered(corpus: Corpus, line: RememberedLine, admitted: Mapping[Place, Passage]) -> list[dict[Place, float]]:
    """Return for each word of a line how likely it stands in each sentence in and beside some, where it may at all."""
    near: dict[Place, None] = {}
    for (number, _), single in admitted.items():
        wide = single.widen(1)
        near.update(((number, sentence), None) for sentence in range(wide.first, wide.last + 1))
    having: dict[str, list[Place]] = {}
    for number, sentence in near:
        for form in vocabulary_of(corpus.episode(number).passage(sentence, sentence).text):
            having.setdefault(form, []).append((number, sentence))
    covered: list[dict[Place, float]] = []
    for options in same_words(line.wanted, sorted(having)):
        stands: dict[Place, float] = {}
        for form in sorted(options, key=options.__getitem__):
            stands.update(dict.fromkeys(having[form], options[form]))
        covered.append(stands)
    return covered


@lru_cache(maxsize=16_384)
def vocabulary_of(text: str) -> frozenset[str]:
    """Return the different words of a sentence; many searches meet the same ones."""
    return frozenset(word_forms(text))
