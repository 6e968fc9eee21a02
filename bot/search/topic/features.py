"""What speaks for each sentence of an episode as one that makes a point on a topic.

A feature is a row of OF_SENTENCE, whatever the topic, or of OF_TOPIC: relevance by words and meaning, smoothed over
what is said before and after (an answer follows its question), words of the topic close by, hand-picked key passages
and their labels. `bot.search.topic.scoring` weighs them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from bot.corpus import Section
from bot.language.linear import standard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from bot.corpus import Episode, KeyPassage, Passage
    from bot.search.index.embeddings import Embeddings
    from bot.search.index.labels import LabelLikeness
    from bot.search.index.words import WordIndex

    Column = NDArray[np.float64]

__all__ = [
    "OF_SENTENCE", "OF_TOPIC", "OnTopic", "Profile", "around", "is_filler", "relevance_of", "share_of", "within",
]  # fmt: skip

SEARCHED = 600
"""Sentences that searching words gives a score; the others have none."""

COMPARED = 200
"""Sentences that are compared token by token; enough for every place that words or meaning hint at."""

ASIDE = 0.4
"""What a sentence of an introduction, an ad or an outro is worth against one of the conversation."""

NOTHING = 0.1
"""What filler is worth less than: “Yeah.” says nothing on any topic."""

_LONG, _SHORT = 18, 5
_DANGLING = re.compile(
    r"(?:that|it|this|and|but|so|yeah|which|because|they|those|these|or|he|she|right|well|um|uh|no|yes)\b",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:I|I['’](?:m|ve|d)|me|my|myself)\b")
"""Words by which people speak of themselves; two in a sentence are enough."""

_FILLER = re.compile(
    r"(?:(?:yeah|yes|no|right|sure|okay|ok|um|uh|absolutely|exactly|well|oh|wow|thank you|thanks|i mean)\W*)+$",
    re.IGNORECASE,
)


class Profile:
    """An episode's sentences, with what is known of them whatever the topic: columns with a value a sentence.

    `talk` is conversation without filler, `worth` what a sentence is worth at most, `own` how much its speaker speaks
    of themselves; `nearest` is the number of the nearest key passage, `apart` how many sentences away it is.
    """

    def __init__(self, episode: Episode, number: int, keys: tuple[KeyPassage, ...], index: WordIndex) -> None:
        self.episode, self.number, self.keys = episode, number, keys
        texts = [episode.passage(s, s).text for s in range(len(episode.sentences))]
        paragraphs = [episode.paragraphs[p] for p in episode.sentences.paragraphs]
        talk = np.array([p.section is Section.CONVERSATION for p in paragraphs])
        filler = np.array([is_filler(text) for text in texts])
        self.stems = tuple(frozenset(index.stems(text)) for text in texts)
        self.chapters = np.array([-1 if p.chapter is None else p.chapter for p in paragraphs])
        self.talk = talk & ~filler
        self.worth = np.where(talk, 1, ASIDE) * np.where(filler, NOTHING / 2, 1)
        self.dangling = np.array([float(bool(_DANGLING.match(text))) for text in texts])
        self.counts = np.array([len(text.split()) for text in texts])
        self.own = np.array([min(1.0, len(_OWN.findall(text)) / 2) for text in texts])
        self.nearest, self.apart = _nearest(len(texts), [key.passage for key in keys])
        self.key = ((self.apart == 0) & bool(keys)).astype(float)
        self.asks = np.array([float(text.rstrip("\"”'’)").endswith("?")) for text in texts])
        rarities = [sorted(map(index.rarity, own))[-5:] for own in self.stems]
        self.rare = np.array([np.mean(found) if found else 0.0 for found in rarities])

    @cached_property
    def features(self) -> dict[str, Column]:
        """The features of OF_SENTENCE by name."""
        return {name: of(self) for name, of in OF_SENTENCE.items()}


OF_SENTENCE: dict[str, Callable[[Profile], Column]] = {
    "long": lambda profile: np.minimum(1, profile.counts / _LONG),
    "very short": lambda profile: (profile.counts < _SHORT).astype(float),
    "rare words": lambda profile: profile.rare,
    "key": lambda profile: profile.key,
    "question": lambda profile: profile.asks,
}


def _nearest(count: int, passages: Sequence[Passage]) -> tuple[NDArray[np.int64], Column]:
    """Return for each sentence the nearest key passage and how many sentences away it is."""
    if not passages:
        return np.zeros(count, np.int64), np.full(count, 1e6)
    at = np.arange(count)[:, None]
    first = np.array([passage.first for passage in passages])
    last = np.array([passage.last for passage in passages])
    away = np.maximum(np.maximum(first - at, at - last), 0)
    return away.argmin(1), away.min(1).astype(float)


def relevance_of(
    profiles: Sequence[Profile], wording: str, index: WordIndex, embeddings: Embeddings | None
) -> list[Column]:
    """Return for each episode how relevant its sentences are to a wording, standardised over all of them."""
    places = {profile.number: at for at, profile in enumerate(profiles)}
    counts = [len(profile.stems) for profile in profiles]
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    part = index.part(places.keys(), None, None)
    columns = []
    for field in ("near", "words"):
        column = np.zeros(starts[-1])
        for score, (episode, sentence) in part.top(field, wording, SEARCHED):
            if episode in places:
                column[starts[places[episode]] + sentence] = score
        columns.append(standard(column))
    if embeddings is not None and profiles:
        columns += _by_meaning(profiles, wording, embeddings, columns[0] + columns[1])
    total = standard(np.sum(columns, 0))
    return [total[begin:end] for begin, end in pairwise(starts)]


def _by_meaning(profiles: Sequence[Profile], wording: str, embeddings: Embeddings, words: Column) -> list[Column]:
    """Return likeness of sentences with their neighbours, alone, and token by token."""
    view = embeddings.view(wording)
    flat = [(profile.number, sentence) for profile in profiles for sentence in range(len(profile.stems))]
    wide, alone = view.wide(flat).astype(float), view.alone(flat).astype(float)
    hinted = np.argsort(-(standard(wide) + standard(alone) + words))[:COMPARED]
    seen = [likeness.tokens for likeness in view.similarities([flat[place] for place in hinted])]
    token = np.full(len(flat), min(seen, default=0.0))
    token[hinted] = seen
    return [standard(wide), 0.7 * standard(alone), standard(token)]


def spread(values: Column, before: float, after: float) -> Column:
    """Return for each sentence the mean of the values around it: those before it fade over `before` sentences."""
    offsets = np.arange(-int(3 * after), int(3 * before) + 1)
    fades = np.exp(-np.abs(offsets) / np.where(offsets > 0, before, after))
    total, weight = np.zeros(len(values)), np.zeros(len(values))
    for offset, fade in zip(offsets.tolist(), fades.tolist(), strict=True):
        low, high = max(0, offset), min(len(values), len(values) + offset)
        if low < high:
            total[low:high] += fade * values[low - offset : high - offset]
            weight[low:high] += fade
    return total / weight


def around(relevance: Column) -> Column:
    """Return how relevant the sentences around each one are."""
    return spread(relevance, 5, 5)


def coverage(profile: Profile, wanted: Iterable[str], index: WordIndex, width: int) -> Column:
    """Return the share of some stems' rarity that is within `width` sentences of each sentence."""
    stems = list(dict.fromkeys(wanted))
    total = sum(map(index.rarity, stems))
    found = np.zeros(len(profile.stems))
    for stem in stems if total else ():
        here = np.array([stem in own for own in profile.stems], float)
        there = np.convolve(here, np.ones(2 * width + 1), "same")[: len(here)] > 0
        found += there * index.rarity(stem) / total
    return found


def within(profile: Profile, wanted: Sequence[str], index: WordIndex, width: int) -> float:
    """Return the largest share of some stems' rarity that is said, or written on a label, around one sentence."""
    stems = list(dict.fromkeys(wanted))
    total = sum(map(index.rarity, stems))
    if not total:
        return 0.0
    titles = [set(index.stems(chapter.title)) for chapter in profile.episode.chapters]
    labels = [set(index.stems(key.point)) for key in profile.keys]
    found = np.zeros(len(profile.stems))
    for stem in stems:
        titled = np.array([stem in title for title in titles] + [False])[profile.chapters]
        labelled = np.array([stem in label for label in labels] or [False])[profile.nearest] & (profile.apart <= width)
        said = coverage(profile, [stem], index, width) > 0
        found += (said | titled | labelled) * index.rarity(stem) / total
    return float((found * (profile.worth > NOTHING)).max(initial=0.0))


@dataclass(frozen=True, slots=True)
class OnTopic:
    """An episode as a topic meets it: `wordings` are the stems of each way to say it, `labels` what is like it."""

    profile: Profile
    relevance: Column
    wordings: Sequence[Sequence[str]]
    index: WordIndex
    labels: LabelLikeness | None = None

    def features(self) -> dict[str, Column]:
        """Return all features by name."""
        return {name: of(self) for name, of in OF_TOPIC.items()} | self.profile.features

    def near(self) -> Column:
        """Return the share of the topic's words in each sentence."""
        return np.asarray(np.max([coverage(self.profile, stems, self.index, 0) for stems in self.wordings], 0))

    def _beside_key(self, labels: Column) -> Column:
        """Return what the label of the nearest key passage says of each sentence, less the further away it is."""
        column: Column = labels[self.profile.nearest] * np.exp(-self.profile.apart / 4)
        return column

    def label(self) -> Column:
        """Return the share of the topic's words in the label of the nearest key passage."""
        labels = [
            max(share_of(stems, self.index.stems(key.point), self.index) for stems in self.wordings)
            for key in self.profile.keys
        ]
        return 3 * self._beside_key(np.array(labels or [0.0]))

    def label_meaning(self) -> Column:
        """Return how near in meaning the label of the nearest key passage is."""
        if self.labels is None or not len(self.labels.labels):
            return np.zeros(len(self.relevance))
        return self._beside_key(self.labels.labels)

    def title_meaning(self) -> Column:
        """Return how near in meaning the title of each sentence's chapter is."""
        if self.labels is None or not len(self.labels.titles):
            return np.zeros(len(self.relevance))
        return np.asarray(np.append(self.labels.titles, 0.0)[self.profile.chapters])

    def chapter(self) -> Column:
        """Return how relevant the most relevant sentences of each one's chapter are."""
        column = np.zeros(len(self.relevance))
        for number in np.unique(self.profile.chapters):
            own = self.profile.chapters == number
            column[own] = np.sort(self.relevance[own])[-5:].mean()
        return column


OF_TOPIC: dict[str, Callable[[OnTopic], Column]] = {
    "around": lambda topic: standard(around(topic.relevance)),
    "before it": lambda topic: standard(spread(topic.relevance, 15, 1)),
    "after it": lambda topic: standard(spread(topic.relevance, 1, 4)),
    "words near": lambda topic: standard(spread(topic.near() ** 3, 10, 4)),
    "label": lambda topic: topic.label(),
    "label meant": lambda topic: topic.label_meaning(),
    "title meant": lambda topic: topic.title_meaning(),
    "chapter": lambda topic: topic.chapter(),
}


def share_of(stems: Sequence[str], others: Iterable[str], index: WordIndex) -> float:
    """Return the share of some stems' rarity that others have too."""
    rarities = {stem: index.rarity(stem) for stem in stems}
    total = sum(rarities.values())
    theirs = set(others)
    return sum(rarity for stem, rarity in rarities.items() if stem in theirs) / total if total else 0.0


def is_filler(text: str) -> bool:
    """Say whether a text says nothing on any topic."""
    return _FILLER.fullmatch(text) is not None
