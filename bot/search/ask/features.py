"""What speaks for each sentence as the answer to a question.

Each candidate sentence and its neighbours get EVIDENCE: from words, from form (who speaks, is it a question, is there
the number that was asked for), and from meaning when the models are there. `bot.search.ask.answerability` weighs it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.corpus import Section, fold, words
from bot.language.likeness import same_words
from bot.language.tokens import word_set
from bot.search.index.phrases import labels_meant
from bot.search.scope import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bot.corpus import Corpus, Episode, Passage
    from bot.search.ask.question import Question
    from bot.search.index.embeddings import Meaning, View
    from bot.search.index.words import WordIndex
    from bot.search.scope import Scope

    Column = NDArray[np.float64]

__all__ = ["EVIDENCE", "FROM_WORDS", "Gathered", "gather"]

EVIDENCE = (
    "words", "near", "covered", "covered 1", "covered 2", "covered 4", "covered 8", "chapter",
    "short", "content", "question", "host asks", "since", "ad", "opening", "speaker fits", "speaker differs",
    "host asked", "host unasked", "number", "number unasked", "time", "money", "money unasked", "name", "name unasked",
    "meaning", "meaning near", "meaning behind", "meaning near behind", "meaning smooth behind", "meaning before",
    "meaning of chapter", "meaning led", "label meant",
    "tokens", "tokens behind", "tokens 1", "tokens 2", "tokens telling", "tokens telling 1", "tokens spread 1",
    "tokens led",
)  # fmt: skip
"""Evidence in the order of the weights; a number is how many sentences on either side are looked at with it.

`led` looks at the sentences before: an answer follows the words that the question shares. `label meant` is how near the
label of a hand-picked key passage is.
"""

FROM_WORDS = 26
"""How much of the evidence, the first part, needs no model."""

CANDIDATES = 25
"""Sentences taken from each way of searching."""

SCORED = 80
DEEPER = 10
"""How many times more candidates are taken when only some places will do."""

MOST_CANDIDATES = 150
LEADING, LEADING_TOKENS = 4, 5
"""Sentences before one that may lead to it."""

AROUND, REGION = 2, 8
"""Sentences either side of a candidate that are candidates too, and that are looked at."""

REPAIRED = 0.9
"""What a word spelled nearly as asked counts, times its likeness."""

_SHORTEST_REPAIRED = 4
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundreds?|"
    r"thousands?|millions?|billions?|dozens?|half|quarter|twice|couple|percent|first|second|third)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:years?|months?|weeks?|days?|hours?|minutes?|today|tomorrow|yesterday|january|february|march|april|may|june|"
    r"july|august|september|october|november|december|fall|spring|summer|winter|monday|tuesday|wednesday|thursday|"
    r"friday|saturday|sunday|morning|night|(?:19|20)\d\d|when|before|after|until|ago|early|late|later|soon|last|next)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(r"\$|\b(?:dollars?|bucks|priced?|costs?|million|billion|cents?)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")
_TAG = re.compile(r"\b(?:right|you know|okay)\?$")
_CAPITAL = re.compile(r"(?<=\s)[A-Z][A-Za-z]+")
_FILLERS = word_set(
    "the a an and or but so to of in on at it is was that this i you we they he she yeah um uh right okay well "
    "actually basically know like just be are for with as not do have mean think"
)
_FEW_WORDS, _MANY_WORDS = 2, 20

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Said:
    """What a sentence is like, whatever was asked."""

    stems: frozenset[str]
    forms: frozenset[str]
    content: int
    asks: bool
    speaker: str | None
    host: bool
    section: Section
    number: bool
    time: bool
    money: bool
    name: bool


@dataclass(frozen=True, slots=True)
class Gathered:
    """The sentences that may answer, with their EVIDENCE in rows; `admitted` of them are candidates.

    `absent` says what of the question occurs nowhere: the share of its weight, that without words spelled nearly
    so, how many words, whether it has names, how many of them. `likeness` has, with the models, a row a sentence and a
    column a token of the question.
    """

    places: tuple[Place, ...]
    admitted: frozenset[Place]
    rows: NDArray[np.float64]
    absent: tuple[float, ...]
    likeness: NDArray[np.float64] | None = None


class _Region:
    """The candidates and what stands around them, in order, with what each sentence is like."""

    def __init__(self, corpus: Corpus, index: WordIndex, pool: set[Place]) -> None:
        """Take the candidates and look REGION sentences around each."""
        self.episodes = {number: corpus.episode(number) for number in {number for number, _ in pool}}
        counts = {number: len(episode.sentences) for number, episode in self.episodes.items()}
        around = {(n, s) for n, at in pool for s in range(max(0, at - REGION), min(counts[n], at + REGION + 1))}
        self.places = sorted(around)
        self.inner = np.array([number for number, place in enumerate(self.places) if place in pool])
        self.episode = np.array([number for number, _ in self.places])
        self.sentence = np.array([sentence for _, sentence in self.places])
        self.said = [_said(index, self.episodes[n].passage(s, s)) for n, s in self.places]

    def chapters(self) -> list[tuple[int, int]]:
        """Return each sentence's episode and chapter."""
        of = {number: _chapters(episode) for number, episode in self.episodes.items()}
        return [(number, of[number][sentence]) for number, sentence in self.places]

    def flags(self, flag: Any) -> Column:
        """Return a column of what a function says of each sentence."""
        return np.array([float(flag(said)) for said in self.said])

    def shifted(self, values: NDArray[np.float64], step: int) -> NDArray[np.float64]:
        """Return each sentence's value of the sentence `step` further on, 0 where there is none."""
        result = np.zeros_like(values)
        if 0 < abs(step) < len(self.places):
            here, there = (
                (slice(None, -step), slice(step, None)) if step > 0 else (slice(-step, None), slice(None, step))
            )
            known = (self.episode[here] == self.episode[there]) & (self.sentence[here] + step == self.sentence[there])
            result[here][known] = values[there][known]
        return result if step else values

    def most(self, values: NDArray[np.float64], before: int, after: int, fade: float = 0.0) -> NDArray[np.float64]:
        """Return the most of the values of so many sentences before and after, those further off faded."""
        steps = range(-before, after + 1)
        shifted = [self.shifted(values, step) * (1 - fade * abs(step)) for step in steps]
        result: NDArray[np.float64] = np.maximum.reduce(shifted)
        return result


def gather(
    corpus: Corpus, index: WordIndex, meaning: Meaning | None, asked: Question, scope: Scope = EVERYWHERE
) -> Gathered | None:
    """Return the sentences that may answer with their evidence, or None when there is none."""
    view = meaning.view(asked.text) if meaning else None
    lexical = " ".join(text for term in asked.terms for text in (term.form, *dict(term.others))) or asked.plain
    deep = 1 if scope == EVERYWHERE else DEEPER
    found = {field: index.top(field, lexical, SCORED * deep) for field in ("words", "near", "grams")}
    places = dict.fromkeys(place for hits in found.values() for _, place in hits[: CANDIDATES * deep])
    if view:
        places.update(dict.fromkeys(view.candidates(CANDIDATES * deep)))
    admits = _admits(corpus, scope)
    core = [place for place in places if admits(place)][: MOST_CANDIDATES * deep]
    counts = {number: len(corpus.episode(number).sentences) for number in {number for number, _ in core}}
    pool = {(n, s) for n, at in core for s in range(max(0, at - AROUND), min(counts[n], at + AROUND + 1))}
    if not pool:
        return None
    region = _Region(corpus, index, pool)
    covered, absent = _covered(index, asked, region)
    whole = sum(term.weight for term in asked.terms) or 1.0
    columns = [_share(region, found["words"], whole), _share(region, found["near"], whole)]
    columns += _coverage(index, asked, region, covered) + _form(asked, region)
    likeness = None
    if view:
        more, likeness = _meant(corpus, view, region)
        columns += more
    inner = [region.places[number] for number in region.inner]
    rows = np.column_stack(columns)[region.inner]
    return Gathered(tuple(inner), frozenset(filter(admits, inner)), rows, absent, likeness)


def _admits(corpus: Corpus, scope: Scope) -> Any:
    """Return the test whether a place may be returned."""
    if scope == EVERYWHERE:
        return lambda _: True
    return lambda place: scope.admits(place[0], corpus.episode(place[0]).passage(place[1], place[1]))


@lru_cache(maxsize=8192)
def _said(index: WordIndex, single: Passage) -> _Said:
    """Return what a sentence is like; many searches meet the same ones."""
    text = single.text
    forms = frozenset(word.form for word in words(text))
    (paragraph,) = single.paragraphs
    return _Said(
        frozenset(index.stems(text)),
        forms,
        len(forms - _FILLERS),
        text.rstrip().endswith("?") and not _TAG.search(text),
        paragraph.speaker,
        paragraph.speaker in _hosts(single.episode),
        paragraph.section,
        bool(_NUMBER.search(text)),
        bool(_TIME.search(text)),
        bool(_MONEY.search(text)),
        bool(_NAME.search(text[1:])),
    )


def _hosts(episode: Episode) -> frozenset[str]:
    return frozenset(person.name for person in episode.meta.people if person.role == "host")


def _share(region: _Region, hits: Sequence[tuple[float, Place]], whole: float) -> Column:
    score = {place: score for score, place in hits}
    return np.array([score.get(place, 0.0) for place in region.places]) / whole


def _covered(index: WordIndex, asked: Question, region: _Region) -> tuple[NDArray[np.float64], tuple[float, ...]]:
    """Return which terms stand in which sentence (typos at a discount), and what occurs nowhere."""
    nowhere = index.rarity("\0")
    unknown = [t for t in asked.terms if not t.others and all(index.rarity(stem) >= nowhere for stem in t.stems)]
    long = [term.form for term in unknown if len(term.form) >= _SHORTEST_REPAIRED]
    vocabulary = sorted(frozenset().union(*(said.forms for said in region.said))) if long else []
    repairs = {
        form: {word: REPAIRED * like for word, like in options.items() if word[0] == form[0]}
        for form, options in zip(long, same_words(long, vocabulary), strict=True)
    }
    covered = np.zeros((len(region.said), max(1, len(asked.terms))))
    for column, term in enumerate(asked.terms):
        ways, repaired = (
            [frozenset(stems) for stems in (term.stems, *dict(term.others).values())],
            repairs.get(term.form, {}),
        )
        for row, said in enumerate(region.said):
            if any(stems <= said.stems for stems in ways):
                covered[row, column] = 1
            elif repaired:
                covered[row, column] = max((repaired[word] for word in repaired.keys() & said.forms), default=0.0)
    whole = sum(term.weight for term in asked.terms) or 1.0
    unlike = [term for term in unknown if not repairs.get(term.form)]
    forms = {term.form for term in asked.terms}
    names = [fold(name) for name in _CAPITAL.findall(asked.text)]
    absent = (
        sum(term.weight for term in unknown) / whole,
        sum(term.weight for term in unlike) / whole,
        float(len(unknown)),
        float(any(name in forms for name in names)),
        float(sum(term.form in names for term in unlike)),
    )
    return covered, absent


def _coverage(index: WordIndex, asked: Question, region: _Region, covered: NDArray[np.float64]) -> list[Column]:
    """Return the share of the question's weight in a sentence, around it, and in its chapter's title."""
    weights = np.array([term.weight for term in asked.terms] or [1.0])
    weights /= weights.sum() or 1.0
    wide = [region.most(covered, reach, reach, 0.1) for reach in (1, 2)]
    wide += [region.most(covered, 4, 2), region.most(covered, REGION, 5)]
    titles: dict[tuple[int, int], float] = {}
    chapters = region.chapters()
    for number, chapter in set(chapters):
        title = region.episodes[number].chapters[chapter].title if chapter >= 0 else ""
        stems = frozenset(index.stems(title))
        shares = (share for term, share in zip(asked.terms, weights, strict=False) if stems.issuperset(term.stems))
        titles[number, chapter] = float(sum(shares))
    return [covered @ weights, *(each @ weights for each in wide), np.array([titles[key] for key in chapters])]


@lru_cache(maxsize=256)
def _chapters(episode: Episode) -> tuple[int, ...]:
    """Return the number of each sentence's chapter, -1 without one."""
    paragraphs = [-1 if paragraph.chapter is None else paragraph.chapter for paragraph in episode.paragraphs]
    return tuple(paragraphs[number] for number in episode.sentences.paragraphs)


def _form(asked: Question, region: _Region) -> list[Column]:
    """Return what speaks for a sentence by who says it and what kind of words it has."""
    someone = asked.speaker is not None or asked.role is not None

    def fits(said: _Said) -> bool:
        by_role = asked.role is not None and said.speaker is not None and said.host == (asked.role == "host")
        return by_role if asked.speaker is None else said.speaker == asked.speaker

    fitting, host = region.flags(fits), region.flags(lambda said: said.host)
    asks = region.flags(lambda said: said.asks)
    number, time = region.flags(lambda said: said.number), region.flags(lambda said: said.time)
    money, name = region.flags(lambda said: said.money), region.flags(lambda said: said.name)
    wants = {want: float(want in asked.wants) for want in ("number", "time", "money", "name")}
    return [
        region.flags(lambda said: said.content <= _FEW_WORDS),
        region.flags(lambda said: min(said.content, _MANY_WORDS) / 10),
        asks,
        asks * host,
        _since(region),
        region.flags(lambda said: said.section is Section.AD),
        region.flags(lambda said: said.section in {Section.INTRODUCTION, Section.OUTRO}),
        fitting,
        (1 - fitting) * someone,
        fitting * host,
        host * (not someone),
        number * wants["number"],
        number * (1 - wants["number"]),
        time * wants["time"],
        money * wants["money"],
        money * (1 - wants["money"]),
        name * wants["name"],
        name * (1 - wants["name"]),
    ]


def _since(region: _Region) -> Column:
    """Return how long ago the speaker began, in tens of sentences, up to one."""
    result = np.zeros(len(region.places))
    for row in range(1, len(result)):
        same = (
            region.said[row].speaker == region.said[row - 1].speaker
            and region.sentence[row - 1] + 1 == region.sentence[row]
        )
        result[row] = min(1.0, result[row - 1] + 0.1) if same else 0.0
    return result


def _meant(corpus: Corpus, view: View, region: _Region) -> tuple[list[Column], NDArray[np.float64] | None]:
    """Return how near each sentence is to what the question means, and its tokens' likeness to the candidates'."""
    alone, wide = np.zeros(len(region.places)), np.zeros(len(region.places))
    chapter, label = np.zeros(len(region.places)), np.zeros(len(region.places))
    labels = labels_meant(corpus, view, sorted(region.episodes))
    for number in np.unique(region.episode):
        rows = region.episode == number
        vectors, sentences = view.meaning.episodes[number], region.sentence[rows]
        alone[rows] = vectors.sentences[sentences].astype(np.float32) @ view.vector
        wide[rows] = vectors.windows[sentences].astype(np.float32) @ view.vector
        episode = region.episodes[int(number)]
        means = _chapter_means(view.meaning, int(number), episode) @ view.vector
        chapter[rows] = means[np.array(_chapters(episode))[sentences]]
        if int(number) in labels:
            label[rows] = labels[int(number)][sentences]
    inner = region.inner
    smooth = (region.shifted(wide, -2) + wide + region.shifted(wide, 2)) / 3
    columns = [
        alone,
        wide,
        alone - alone[inner].max(),
        wide - wide[inner].max(),
        smooth - smooth[inner].max(),
        region.shifted(alone, -1),
        chapter - chapter[inner].max(),
        region.most(region.shifted(wide, -1), LEADING - 1, 0) - wide[inner].max(),
        label,
    ]
    found = view.by_token([region.places[row] for row in inner])
    if found is None:
        return columns + [np.zeros(len(region.places))] * (len(EVIDENCE) - FROM_WORDS - len(columns)), None
    likeness = np.zeros((len(region.places), found.shape[1]))
    likeness[inner] = found
    telling = 1 - np.clip(likeness[inner].mean(axis=0), 0, 1)
    telling /= telling.sum() or 1.0
    spread = likeness[inner].std(axis=0)
    spread /= spread.sum() or 1.0
    near, wider = region.most(likeness, 1, 1), region.most(likeness, 2, 2)
    led = region.most(likeness, LEADING_TOKENS, 0)
    columns.append(likeness.mean(axis=1))
    of_tokens = (likeness.mean(axis=1), near.mean(axis=1), wider.mean(axis=1), likeness @ telling, near @ telling)
    columns += [each - each[inner].max() for each in (*of_tokens, near @ spread, led.mean(axis=1))]
    return columns, likeness[inner]


@lru_cache(maxsize=256)
def _chapter_means(meaning: Meaning, number: int, episode: Episode) -> NDArray[np.float32]:
    """Return a vector for each chapter of an episode, of what its sentences mean together; the last for no chapter."""
    chapters = np.array(_chapters(episode))
    windows = np.asarray(meaning.episodes[number].windows, np.float32)
    means = np.tile(windows.mean(axis=0), (chapters.max() + 2, 1))
    for chapter in np.unique(chapters):
        means[chapter] = windows[chapters == chapter].mean(axis=0)
    return means
