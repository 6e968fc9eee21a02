"""What speaks for each sentence as the answer to a question: from words, from form, from meaning.

A feature is a row of FROM_WORDS or, when the models are there, of FROM_MODELS; `bot.search.ask.answerability` weighs
them. A number in a name is how many sentences on either side are looked at with it. `behind` is behind the best
candidate, `led` looks at the sentences before: an answer follows the words that the question shares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.corpus import Section, advert_words, fold
from bot.language import same_words
from bot.search.ask.region import REGION, Region, chapters_of
from bot.search.index.embeddings import fill
from bot.search.index.labels import label_columns
from bot.search.index.models import WIDTH
from bot.search.remembered import remembered
from bot.search.scope import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from bot.corpus import Corpus, Episode
    from bot.search.ask.question import Question, Term
    from bot.search.ask.region import Utterance
    from bot.search.index.embeddings import Embeddings, View
    from bot.search.index.words import Place, WordIndex
    from bot.search.scope import Scope

    Column = NDArray[np.float64]

__all__ = ["FROM_MODELS", "FROM_WORDS", "LEADING", "Candidates", "find_candidates"]

CANDIDATES = 25
"""Sentences taken from each way of searching."""

WORDED, PROPOSED, MOST_MORE = 8, 6, 90
"""What a language model adds.

Sentences taken from each way of searching for a wording, passages taken by their proposed questions, sentences of both
at most.
"""

SCORED = 80
MOST_CANDIDATES = 150
AROUND = 2
"""Sentences either side of a candidate that are candidates too."""

LEADING, LEADING_TOKENS = 4, 5
"""Sentences before one that may lead to it."""

REPAIRED = 0.9
"""What a word spelled nearly as asked counts, times its likeness."""

SLIP = 0.8
"""Likeness from which a name that nobody says is one that somebody does, misspelled."""

ABOUT_ADVERTS = 0.3
"""The share of a question's weight that only ads say, from which on it is about what they sell."""

ASKED, ANNOUNCED = 0.75, 0.5
"""How much of the chance of a sentence that asks, or announces, to answer belongs to what follows it."""

_SHORTEST_REPAIRED = 4
_FEW_WORDS, _MANY_WORDS = 2, 20
_PITCHES = frozenset({Section.AD, Section.PROMOTION})
_CAPITAL = re.compile(r"(?<=\s)[A-Z][A-Za-z]+")


class Absent(NamedTuple):
    """What of a question occurs nowhere.

    The share of its weight, that without words spelled nearly so, how many words; whether the question has names, and
    how many of them.
    """

    share: float
    unlike: float
    words: int
    named: bool
    names: int


class _ByWords:
    """A region as a question's words and its form meet it."""

    def __init__(
        self, index: WordIndex, question: Question, region: Region, hits: Mapping[str, Sequence[tuple[float, Place]]]
    ) -> None:
        """Take a question, a region, and the best sentences by words and by near words with their scores."""
        self.question, self.region = question, region
        self._index, self._hits = index, hits

    def share(self, field: str) -> Column:
        """Return the score in a field as a share of the question's weight."""
        score = {place: score for score, place in self._hits[field]}
        return np.array([score.get(place, 0.0) for place in self.region.places]) / self.question.weight

    @cached_property
    def _unknown(self) -> list[Term]:
        """The terms that nobody says, in these or other words."""
        count = self._index.count
        return [term for term in self.question.terms if not term.others and not any(map(count, term.stems))]

    @cached_property
    def _repairs(self) -> dict[str, dict[str, float]]:
        """For each unknown term the words of the region it may stand for, and what finding them counts."""
        long = [term.form for term in self._unknown if len(term.form) >= _SHORTEST_REPAIRED]
        vocabulary = sorted(frozenset().union(*(said.forms for said in self.region.said))) if long else []
        return {
            form: {word: REPAIRED * like for word, like in options.items() if word[0] == form[0]}
            for form, options in zip(long, same_words(long, vocabulary), strict=True)
        }

    @cached_property
    def terms(self) -> NDArray[np.float64]:
        """Which terms (columns) stand in which sentence (rows), typos at a discount."""
        found = np.zeros((len(self.region.said), max(1, len(self.question.terms))))
        for column, term in enumerate(self.question.terms):
            ways = [frozenset(stems) for stems in (term.stems, *dict(term.others).values())]
            repaired = self._repairs.get(term.form, {})
            for row, said in enumerate(self.region.said):
                if any(stems <= said.stems for stems in ways):
                    found[row, column] = 1
                elif repaired:
                    found[row, column] = max((repaired[word] for word in repaired.keys() & said.forms), default=0.0)
        return found

    @cached_property
    def weights(self) -> Column:
        """What each term is worth; together 1."""
        weights = np.array([term.weight for term in self.question.terms] or [1.0])
        return weights / (weights.sum() or 1.0)

    def coverage(self, before: int, after: int, fade: float = 0.0) -> Column:
        """Return the share of the question's weight in each sentence and so many around it."""
        return self.region.most(self.terms, before, after, fade) @ self.weights

    def in_title(self) -> Column:
        """Return the share of the question's weight in the title of each sentence's chapter."""
        titles: dict[tuple[int, int], float] = {}
        chapters = self.region.chapters()
        for number, chapter in set(chapters):
            title = self.region.episodes[number].chapters[chapter].title if chapter >= 0 else ""
            stems = frozenset(self._index.stems(title))
            shares = zip(self.question.terms, self.weights, strict=False)
            titles[number, chapter] = float(sum(share for term, share in shares if stems.issuperset(term.stems)))
        return np.array([titles[key] for key in chapters])

    def adverts(self) -> frozenset[Place]:
        """Return the sentences of ads that may not answer: all of them, unless the question is about such a thing.

        It is when it has a word for advertising, or when a good part of it is said in ads and not in the conversation.
        """
        pitched = self.flags(lambda said: said.section in _PITCHES).astype(bool)
        if not pitched.any() or not advert_words().isdisjoint(map(fold, self.question.plain.split())):
            return frozenset()
        talk = self.flags(lambda said: said.section is Section.CONVERSATION).astype(bool)
        said = self.terms > 0
        own = said[pitched].any(axis=0) & ~said[talk].any(axis=0)
        if float(self.weights[own].sum()) >= ABOUT_ADVERTS:
            return frozenset()
        return frozenset(place for place, pitch in zip(self.region.places, pitched, strict=True) if pitch)

    def _is_slip(self, term: Term) -> bool:
        """Say whether a term that nobody says is a name misspelled: a word of the region is as near as a slip."""
        return max(self._repairs.get(term.form, {}).values(), default=0.0) >= REPAIRED * SLIP

    def absent(self) -> Absent:
        """Return what of the question occurs nowhere."""
        unlike = [term for term in self._unknown if not self._repairs.get(term.form)]
        forms = {term.form for term in self.question.terms}
        names = [fold(name) for name in _CAPITAL.findall(self.question.text)]
        return Absent(
            sum(term.weight for term in self._unknown) / self.question.weight,
            sum(term.weight for term in unlike) / self.question.weight,
            len(self._unknown),
            any(name in forms for name in names),
            sum(term.form in names and not self._is_slip(term) for term in self._unknown),
        )

    def flags(self, flag: Callable[[Utterance], object]) -> Column:
        """Return a column of what a function says of each sentence."""
        return np.array([float(bool(flag(said))) for said in self.region.said])

    @cached_property
    def host(self) -> Column:
        """Whether the host speaks."""
        return self.flags(lambda said: said.host)

    @cached_property
    def asks(self) -> Column:
        """Whether the sentence is a question."""
        return self.flags(lambda said: said.asks)

    @cached_property
    def fits(self) -> Column:
        """Whether it is that person who speaks."""
        speaker, role = self.question.speaker, self.question.role
        if speaker is not None:
            return self.flags(lambda said: said.speaker == speaker)
        return self.flags(lambda said: role and said.speaker is not None and said.host == (role == "host"))

    def _part(self, wanted: Sequence[bool], before: int, after: int) -> Column:
        """Return the share in some terms' weight that each sentence and so many around it have; 0 without terms."""
        chosen = np.array(wanted or [False])
        weights = self.weights * chosen
        if not weights.sum():
            return np.zeros(len(self.region.said))
        return np.asarray(self.region.most(self.terms, before, after, 0.1) @ (weights / weights.sum()))

    @cached_property
    def names(self) -> list[bool]:
        """Which terms are names here: mostly written with a capital within sentences."""
        found = []
        for term in self.question.terms:
            said = [each for each in self.region.said if term.form in each.forms]
            found.append(bool(said) and 2 * sum(term.form in each.names for each in said) >= len(said))
        return found

    def named(self, width: int) -> Column:
        """Return the share of the question's names around each sentence."""
        return self._part(self.names, width, width)

    def rarest(self, width: int) -> Column:
        """Return whether the rarest term that is said is around each sentence."""
        said = self.terms.max(axis=0, initial=0.0) > 0
        weights = [term.weight if known else 0.0 for term, known in zip(self.question.terms, said, strict=False)]
        top = max(weights, default=0.0)
        return self._part([weight > 0 and weight >= top for weight in weights], width, width)

    def asked(self) -> Column:
        """Return the share of the question's weight in the question that each sentence may answer."""
        rows, near = self.region.asked
        return np.asarray((self.terms @ self.weights)[rows] * near)

    @cached_property
    def counts(self) -> Column:
        """Whether a sentence counts what the question asks the number of."""
        wanted = self.question.counted
        return self.flags(lambda said: wanted & said.counted) if wanted else np.zeros(len(self.region.said))

    def new_name(self) -> Column:
        """Return whether a sentence that may say who has a name that the question has not."""
        if "name" not in self.question.wants:
            return np.zeros(len(self.region.said))
        own = {term.form for term in self.question.terms}
        return self.flags(lambda said: said.names - own)

    def has(self, kind: str, *, asked: bool) -> Column:
        """Return whether there is a number, a time, money, a name, if the question asks for one (or does not)."""
        if asked != (kind in self.question.wants):
            return np.zeros(len(self.region.said))
        return self.flags(lambda said: kind in said.kinds)


REWORDED = ("words", "near", "covered", "covered 1", "covered 2", "covered 4", "covered 8")
"""Features of which a sentence has the better of the question's and of its other wordings'.

What a wording's words are worth beside the question's is what they count: common ones find much and tell little.
"""

FROM_WORDS: dict[str, Callable[[_ByWords], Column]] = {
    "words": lambda by: by.share("words"),
    "near": lambda by: by.share("near"),
    "covered": lambda by: by.terms @ by.weights,
    "covered 1": lambda by: by.coverage(1, 1, fade=0.1),
    "covered 2": lambda by: by.coverage(2, 2, fade=0.1),
    "covered 4": lambda by: by.coverage(4, 2),
    "covered 8": lambda by: by.coverage(REGION, 5),
    "chapter": lambda by: by.in_title(),
    "short": lambda by: by.flags(lambda said: said.content <= _FEW_WORDS),
    "content": lambda by: np.array([min(said.content, _MANY_WORDS) / 10 for said in by.region.said]),
    "question": lambda by: by.asks,
    "host asks": lambda by: by.asks * by.host,
    "since": lambda by: by.region.since(),
    "ad": lambda by: by.flags(lambda said: said.section in _PITCHES),
    "opening": lambda by: by.flags(lambda said: said.opening),
    "announces": lambda by: by.flags(lambda said: said.announces),
    "speaker fits": lambda by: by.fits,
    "speaker differs": lambda by: (1 - by.fits) * by.question.about_somebody,
    "host asked": lambda by: by.fits * by.host,
    "host unasked": lambda by: by.host * (not by.question.about_somebody),
    "number": lambda by: by.has("number", asked=True),
    "number unasked": lambda by: by.has("number", asked=False),
    "time": lambda by: by.has("time", asked=True),
    "money": lambda by: by.has("money", asked=True),
    "money unasked": lambda by: by.has("money", asked=False),
    "name": lambda by: by.new_name(),
    "counted": lambda by: by.counts,
    "counted 1": lambda by: by.region.most(by.counts, 1, 1),
    "duration": lambda by: by.has("duration", asked=True),
    "date": lambda by: by.has("date", asked=True),
    "place": lambda by: by.has("place", asked=True),
    "rarest 1": lambda by: by.rarest(1),
    "rarest 4": lambda by: by.rarest(4),
    "named 2": lambda by: by.named(2),
    "named 8": lambda by: by.named(REGION),
    "asked": lambda by: by.asked(),
    "replies": lambda by: by.region.asked[1],
}


class _ByMeaning:
    """A region as the models see it from a question."""

    def __init__(self, corpus: Corpus, view: View, region: Region) -> None:
        self.region = region
        self._corpus, self._view = corpus, view

    def _each(self, of: Callable[[int, NDArray[np.int64]], NDArray[np.floating]]) -> Column:
        """Return a column of what a function says of sentences, by the number of their episode and theirs in it."""
        column = np.zeros(len(self.region.places))
        for number in self.region.episodes:
            here = self.region.episode == number
            column[here] = of(number, self.region.sentence[here])
        return column

    @cached_property
    def alone(self) -> Column:
        """How near each sentence is to the question."""
        return self._view.alone(self.region.places).astype(float)

    @cached_property
    def wide(self) -> Column:
        """How near each sentence with its neighbours is."""
        return self._view.wide(self.region.places).astype(float)

    def asked(self) -> Column:
        """Return how near the question is that each sentence may answer, less the further away that stands."""
        rows, near = self.region.asked
        return np.maximum(0.0, self.alone[rows] - 0.5) * near

    def chapter(self) -> Column:
        """Return how near each sentence's chapter is."""
        column = np.full(len(self.region.places), np.nan)
        for number, episode in self.region.episodes.items():
            if number in self._view.embeddings.known:
                here = self.region.episode == number
                near = _chapter_means(self._view.embeddings, number, episode) @ self._view.vector
                column[here] = near[np.array(chapters_of(episode))[self.region.sentence[here]]]
        return fill(column)

    def label(self) -> Column:
        """Return how near the label of the key passage is that each sentence is in or beside."""
        labels = label_columns(self._corpus, self._view, sorted(self.region.episodes))
        return self._each(lambda number, rows: labels[number][rows] if number in labels else np.zeros(len(rows)))

    @cached_property
    def likeness(self) -> NDArray[np.float64] | None:
        """The likeness of the candidates (rows) to each token of the question; None without vectors of tokens."""
        found = self._view.by_token([self.region.places[row] for row in self.region.inner])
        return None if found is None else found.astype(float)

    @cached_property
    def tokens(self) -> NDArray[np.float64]:
        """The same, with a row for every sentence of the region, 0 where it is not known."""
        known = self.likeness
        tokens = np.zeros((len(self.region.places), 1 if known is None else known.shape[1]))
        if known is not None:
            tokens[self.region.inner] = known
        return tokens

    @cached_property
    def tokens_near(self) -> NDArray[np.float64]:
        """The most of each token's likeness in a sentence and its neighbours."""
        return self.region.most(self.tokens, 1, 1)

    @cached_property
    def telling(self) -> Column:
        """What each token tells, together 1: more the less alike it is to all candidates."""
        telling: Column = 1 - np.clip(self.tokens[self.region.inner].mean(axis=0), 0, 1)
        telling /= telling.sum() or 1.0
        return telling

    def spread(self) -> Column:
        """Return by how much each token tells the candidates apart, together 1."""
        spread: Column = self.tokens[self.region.inner].std(axis=0)
        spread /= spread.sum() or 1.0
        return spread

    def before(self, values: Column, step: int = 1) -> Column:
        """Return for each sentence the value of the one so many before it."""
        return self.region.shift(values, -step)

    def behind(self, values: Column, best: Column | None = None) -> Column:
        """Return by how much each value is behind the best candidate's value of these, or of others."""
        return values - float((values if best is None else best)[self.region.inner].max())


FROM_MODELS: dict[str, Callable[[_ByMeaning], Column]] = {
    "meaning": lambda by: by.alone,
    "meaning near": lambda by: by.wide,
    "meaning behind": lambda by: by.behind(by.alone),
    "meaning near behind": lambda by: by.behind(by.wide),
    "meaning smooth behind": lambda by: by.behind((by.before(by.wide, 2) + by.wide + by.before(by.wide, -2)) / 3),
    "meaning before": lambda by: by.before(by.alone),
    "meaning of chapter": lambda by: by.behind(by.chapter()),
    "meaning led": lambda by: by.behind(by.region.most(by.before(by.wide), LEADING - 1, 0), by.wide),
    "label meant": lambda by: by.label(),
    "asked meant": lambda by: by.asked(),
    "meaning after": lambda by: by.behind(by.region.most(by.alone, 0, 3)),
    "tokens": lambda by: by.tokens.mean(axis=1),
    "tokens behind": lambda by: by.behind(by.tokens.mean(axis=1)),
    "tokens 1": lambda by: by.behind(by.tokens_near.mean(axis=1)),
    "tokens 2": lambda by: by.behind(by.region.most(by.tokens, 2, 2).mean(axis=1)),
    "tokens telling": lambda by: by.behind(by.tokens @ by.telling),
    "tokens telling 1": lambda by: by.behind(by.tokens_near @ by.telling),
    "tokens spread 1": lambda by: by.behind(by.tokens_near @ by.spread()),
    "tokens led": lambda by: by.behind(by.region.most(by.tokens, LEADING_TOKENS, 0).mean(axis=1)),
}


@dataclass(frozen=True, slots=True)
class Candidates:
    """The sentences that may answer, with a column for each feature by its name; `admitted` may be shown.

    `leading` says how much of the chance of those that ask, or announce, belongs to what follows them. `likeness` has,
    with the models, a row a sentence and a column a token of the question. `reworded` has the features that other
    wordings of the question may make larger; they count for the order.
    """

    places: tuple[Place, ...]
    admitted: frozenset[Place]
    features: dict[str, Column]
    absent: Absent
    leading: Mapping[Place, float]
    likeness: NDArray[np.float64] | None = None
    reworded: Mapping[str, Column] = field(default_factory=dict)


def find_candidates(  # noqa: PLR0913, PLR0917 - what to search with, for what, where
    corpus: Corpus,
    index: WordIndex,
    embeddings: Embeddings | None,
    question: Question,
    scope: Scope = EVERYWHERE,
    wordings: Sequence[Question] = (),
) -> Candidates | None:
    """Find the sentences that may answer, with their features, or None when there is none.

    `index` is the part that is in the scope. What other `wordings` of the question find is among them.
    """
    view = embeddings.view(question.text, scope.episodes) if embeddings else None
    deep = scope.depth
    hits = _hits(index, question)
    admits = _admits(corpus, scope)
    core = list(filter(admits, _places(hits, view, CANDIDATES, deep)))[: MOST_CANDIDATES * deep]
    others = [(each, _hits(index, each)) for each in wordings]
    more = dict.fromkeys(view.answering(PROPOSED * deep)) if view else {}
    for other, found in others:
        other_view = embeddings.view(other.text, scope.episodes) if embeddings else None
        more.update(_places(found, other_view, WORDED, deep))
    core += [place for place in more if place not in core and admits(place)][: MOST_MORE * deep]
    counts = {number: len(corpus.episode(number).sentences) for number in {number for number, _ in core}}
    pool = {(n, s) for n, at in core for s in range(max(0, at - AROUND), min(counts[n], at + AROUND + 1))}
    if not pool:
        return None
    region = Region(corpus, index, pool)
    words = _ByWords(index, question, region, hits)
    features = {name: of(words)[region.inner] for name, of in FROM_WORDS.items()}
    reworded = {name: features[name] for name in REWORDED if others}
    for other, found in others:
        by = _ByWords(index, other, region, found)
        part = min(1.0, other.weight / question.weight)
        reworded = {
            name: np.maximum(best, part * FROM_WORDS[name](by)[region.inner]) for name, best in reworded.items()
        }
    likeness = None
    if view:
        meaning = _ByMeaning(corpus, view, region)
        features |= {name: of(meaning)[region.inner] for name, of in FROM_MODELS.items()}
        likeness = meaning.likeness
    inner = [region.places[number] for number in region.inner]
    said = {region.places[number]: region.said[number] for number in region.inner}
    leads = {place: ASKED if each.asks else ANNOUNCED for place, each in said.items() if each.asks or each.announces}
    admitted = frozenset(filter(admits, inner)) - words.adverts()
    return Candidates(tuple(inner), admitted, features, words.absent(), leads, likeness, reworded)


def _hits(index: WordIndex, question: Question) -> dict[str, Sequence[tuple[float, Place]]]:
    """Return the best sentences by each way of searching words, with their scores."""
    text = " ".join(text for term in question.terms for text in (term.form, *dict(term.others))) or question.plain
    return {field: index.top(field, text, SCORED) for field in ("words", "near", "grams")}


def _places(
    hits: Mapping[str, Sequence[tuple[float, Place]]], view: View | None, limit: int, deep: int
) -> dict[Place, None]:
    """Return up to `limit` sentences of each way of searching, `deep` times as many by meaning."""
    places = dict.fromkeys(place for found in hits.values() for _, place in found[:limit])
    if view:
        places.update(dict.fromkeys(view.candidates(limit * deep)))
    return places


def _admits(corpus: Corpus, scope: Scope) -> Callable[[Place], bool]:
    """Return the test whether a place may be shown."""
    if scope == EVERYWHERE:
        return lambda _: True
    return lambda place: scope.admits(place[0], corpus.episode(place[0]).passage(place[1], place[1]))


@remembered(256)
def _chapter_means(embeddings: Embeddings, number: int, episode: Episode) -> NDArray[np.float32]:
    """Return a vector for each chapter of an episode, of what its sentences mean together; the last for no chapter."""
    chapters = np.array(chapters_of(episode))
    vectors = embeddings.vectors(number)
    windows = np.zeros((len(chapters), WIDTH), np.float32) if vectors is None else vectors.windows
    means = np.tile(windows.mean(axis=0), (chapters.max() + 2, 1))
    for chapter in np.unique(chapters):
        means[chapter] = windows[chapters == chapter].mean(axis=0)
    return means
