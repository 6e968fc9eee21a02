"""What speaks for each sentence as one that makes a point on a topic.

Sentences of all episodes that are looked at stand in one column, episode after episode. A feature is a row of
OF_SENTENCE, whatever the topic, or of OF_WORDS or OF_MEANING: how near its words and its meaning are to the topic,
alone, with what is around it, and over the whole stretch it is in. `bot.search.topic.scoring` weighs them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bot.corpus import Section, key_passages
from bot.language.linear import standard
from bot.search.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from bot.corpus import Corpus, Episode, KeyPassage, Passage
    from bot.search.index.embeddings import Embeddings
    from bot.search.index.labels import LabelLikeness
    from bot.search.index.words import WordIndex

    Column = NDArray[np.float64]

__all__ = [
    "OF_MEANING", "OF_SENTENCE", "OF_WORDS", "Heard", "OnTopic", "Profile", "hear", "is_filler", "look_at",
    "said_together", "share_of",
]  # fmt: skip

SEARCHED = 600
"""Sentences that searching words gives a score; the others have none."""

COMPARED = 600
"""Sentences that are compared token by token; enough for every place that words or meaning hint at."""

PLACES = 40
"""Places among which the one is looked for that has most of a topic's words together."""

AROUND = 4
"""Sentences around one in which words count as said together."""

ASIDE = 0.4
"""What a sentence of an introduction, an ad or an outro is worth against one of the conversation."""

NOTHING = 0.1
"""What filler is worth less than: “Yeah.” says nothing on any topic."""

_RAREST = 5
"""Words of a sentence, the rarest, by which its rarity is told."""

_PEAK = 10
"""Sentences, the nearest ones, by which it is told how near an episode is."""

_OWN = re.compile(r"\b(?:I|I['’](?:m|ve|d)|me|my|myself)\b")
"""Words by which people speak of themselves; two in a sentence are enough."""

_FILLER = re.compile(
    r"(?:(?:yeah|yes|no|right|sure|okay|ok|um|uh|absolutely|exactly|well|oh|wow|thank you|thanks|i mean)\W*)+$",
    re.IGNORECASE,
)


class Profile:
    """An episode's sentences, with what is known of them whatever the topic: columns with a value a sentence.

    `talk` is conversation without filler, `worth` what a sentence is worth at most, `counts` its words, `own` how
    much its speaker speaks of themselves; `nearest` is the number of the nearest key passage, `apart` how many
    sentences away it is.
    """

    def __init__(self, episode: Episode, number: int, keys: tuple[KeyPassage, ...], index: WordIndex) -> None:
        self.episode, self.number, self.keys = episode, number, keys
        texts = [episode.passage(s, s).text for s in range(len(episode.sentences))]
        paragraphs = [episode.paragraphs[p] for p in episode.sentences.paragraphs]
        talk = np.array([p.section is Section.CONVERSATION for p in paragraphs])
        filler = np.array([is_filler(text) for text in texts])
        words = [text.casefold().split() for text in texts]
        self.chapters = np.array([-1 if p.chapter is None else p.chapter for p in paragraphs])
        self.talk = talk & ~filler
        self.worth = np.where(talk, 1, ASIDE) * np.where(filler, NOTHING / 2, 1)
        self.counts = np.array([len(own) for own in words])
        self.own = np.array([min(1.0, len(_OWN.findall(text)) / 2) for text in texts])
        self.nearest, self.apart = _nearest(len(texts), [key.passage for key in keys])
        self.key = ((self.apart == 0) & bool(keys)).astype(float)
        self.asks = np.array([float(text.rstrip("\"”'’)").endswith("?")) for text in texts])
        rarity = {word: _rarity(index, word) for word in set().union(*words)}
        rarest = [sorted(map(rarity.__getitem__, set(own)))[-_RAREST:] for own in words]
        self.rare: Column = np.array([sum(own) / len(own) if own else 0.0 for own in rarest])

    @cached_property
    def features(self) -> dict[str, Column]:
        """The features of OF_SENTENCE by name."""
        return {name: of(self) for name, of in OF_SENTENCE.items()}

    def __len__(self) -> int:
        """Return how many sentences there are."""
        return len(self.counts)


@remembered(32)
def look_at(corpus: Corpus, index: WordIndex, number: int) -> Profile:
    """Look at an episode's sentences, once."""
    episode = corpus.episode(number)
    return Profile(episode, number, key_passages(corpus.folder, episode), index)


OF_SENTENCE: dict[str, Callable[[Profile], Column]] = {
    "length": lambda profile: np.log1p(profile.counts),
    "rare words": lambda profile: profile.rare,
    "question": lambda profile: profile.asks,
}


@remembered(50_000)
def _rarity(index: WordIndex, word: str) -> float:
    """Return how rare a word is; episodes of a library have most of their words in common."""
    return index.mean_rarity(index.stems(word))


def _nearest(count: int, passages: Sequence[Passage]) -> tuple[NDArray[np.int64], Column]:
    """Return for each sentence the nearest key passage and how many sentences away it is."""
    if not passages:
        return np.zeros(count, np.int64), np.full(count, 1e6)
    at = np.arange(count)[:, None]
    first = np.array([passage.first for passage in passages])
    last = np.array([passage.last for passage in passages])
    away = np.maximum(np.maximum(first - at, at - last), 0)
    return away.argmin(1), away.min(1).astype(float)


@dataclass(frozen=True, slots=True)
class Heard:
    """How near each sentence is to a wording, standardised over all episodes: by words, by meaning (0 without models).

    `likeness` is that of the nearest sentence of the conversation by itself, 0..1.
    """

    words: Column
    meant: Column
    likeness: float = 0.0

    def mixed(self, other: Heard, share: float) -> Heard:
        """Return this and another wording of the same topic in one, the other for a share."""
        words = (1 - share) * self.words + share * other.words
        return Heard(words, (1 - share) * self.meant + share * other.meant, max(self.likeness, other.likeness))

    def nearer(self, other: Heard) -> Heard:
        """Return for each sentence the wording it is nearer to."""
        words, meant = np.maximum(self.words, other.words), np.maximum(self.meant, other.meant)
        return Heard(words, meant, max(self.likeness, other.likeness))


def hear(profiles: Sequence[Profile], wording: str, index: WordIndex, embeddings: Embeddings | None) -> Heard:
    """Return how near the sentences of some episodes are to a wording."""
    places = {profile.number: at for at, profile in enumerate(profiles)}
    starts = np.concatenate([[0], np.cumsum([len(profile) for profile in profiles], dtype=np.int64)])
    part = index.part(places.keys(), None, None)
    columns = []
    for field in ("near", "words"):
        column = np.zeros(starts[-1])
        for score, (episode, sentence) in part.top(field, wording, SEARCHED):
            column[starts[places[episode]] + sentence] = score
        columns.append(standard(column))
    words = standard(columns[0] + columns[1])
    if embeddings is None:
        return Heard(words, np.zeros(len(words)))
    view = embeddings.view(wording, frozenset(places))
    flat = [(profile.number, sentence) for profile in profiles for sentence in range(len(profile))]
    wide, alone = view.wide(flat).astype(float), view.alone(flat).astype(float)
    hinted = np.argsort(-(standard(wide) + standard(alone) + words))[:COMPARED]
    seen = [likeness.tokens for likeness in view.similarities([flat[place] for place in hinted])]
    token = np.full(len(flat), min(seen, default=0.0))
    token[hinted] = seen
    talk = np.concatenate([profile.talk for profile in profiles])
    likeness = float(alone[talk].max(initial=0.0))
    return Heard(words, standard(standard(wide) + 0.7 * standard(alone) + standard(token)), likeness)


@dataclass(frozen=True, slots=True)
class OnTopic:
    """Some episodes as a topic meets them: how near their sentences are; `labels` are those of each episode.

    `wordings` are the stems of each way to say the topic.
    """

    profiles: Sequence[Profile]
    heard: Heard
    wordings: Sequence[Sequence[str]]
    index: WordIndex
    labels: Sequence[LabelLikeness | None]

    def features(self) -> dict[str, Column]:
        """Return all features by name."""
        found = {name: of(self) for name, of in (OF_WORDS | OF_MEANING).items()}
        return found | {name: self.join(lambda p, name=name: p.features[name]) for name in OF_SENTENCE}  # type: ignore[misc]

    def join(self, of: Callable[[Profile], Column]) -> Column:
        """Return a column of each episode in one."""
        return np.concatenate([of(profile) for profile in self.profiles])

    def parts(self, column: Column) -> list[Column]:
        """Return a column's part of each episode."""
        return np.split(column, np.cumsum([len(profile) for profile in self.profiles])[:-1])

    def spread(self, column: Column, before: float, after: float) -> Column:
        """Return for each sentence the standardised mean of those around it in its episode; see `spread`."""
        return standard(np.concatenate([spread(own, before, after) for own in self.parts(column)]))

    @property
    def near(self) -> Column:
        """How near each sentence is by words and meaning together."""
        return standard(self.heard.words + 1.5 * self.heard.meant)

    def label(self) -> Column:
        """Return how near the label of the nearest key passage is, less the further away that is."""
        found = []
        for profile, likeness in zip(self.profiles, self.labels, strict=True):
            names = likeness.labels if likeness else self._shares(key.point for key in profile.keys)
            own = names[profile.nearest] * np.exp(-profile.apart / 4) if len(names) else np.zeros(len(profile))
            found.append(own)
        return np.concatenate(found)

    def title(self) -> Column:
        """Return how near the title of each sentence's chapter is."""
        found = []
        for profile, likeness in zip(self.profiles, self.labels, strict=True):
            names = likeness.titles if likeness else self._shares(each.title for each in profile.episode.chapters)
            found.append(np.append(names, 0.0)[profile.chapters] if len(names) else np.zeros(len(profile)))
        return np.concatenate(found)

    def _shares(self, names: Iterable[str]) -> Column:
        """Return for each name what share of the topic's words it has: 3 for all, as near as a label can be."""
        stems = [self.index.stems(name) for name in names]
        return np.array([3 * max(share_of(own, each, self.index) for own in self.wordings) for each in stems])

    def episode(self) -> Column:
        """Return how near the nearest sentences of each one's episode are, less those of the nearest episode."""
        peaks = np.array([np.sort(own)[-_PEAK:].mean() for own in self.parts(self.spread(self.near, 5, 5))])
        return np.repeat(peaks - peaks.max(), [len(profile) for profile in self.profiles])


OF_WORDS: dict[str, Callable[[OnTopic], Column]] = {
    "words around": lambda topic: topic.spread(topic.heard.words, 5, 5),
    "label": lambda topic: topic.label(),
    "title": lambda topic: topic.title(),
    "episode": lambda topic: topic.episode(),
}

OF_MEANING: dict[str, Callable[[OnTopic], Column]] = {
    "meant": lambda topic: topic.heard.meant,
    "meant around": lambda topic: topic.spread(topic.heard.meant, 4, 4),
    "meant before": lambda topic: topic.spread(topic.heard.meant, 12, 2),
    "meant in the stretch": lambda topic: topic.spread(topic.heard.meant, 20, 20),
}


def spread(values: Column, before: float, after: float) -> Column:
    """Return for each sentence the mean of the values around it: those before it fade over `before` sentences."""
    offsets = np.arange(-int(3 * after), int(3 * before) + 1)
    fades = np.exp(-np.abs(offsets) / np.where(offsets > 0, before, after))
    first = -int(offsets[0])
    total = np.convolve(values, fades)[first : first + len(values)]
    weight = np.convolve(np.ones(len(values)), fades)[first : first + len(values)]
    return np.asarray(total / weight)


def said_together(profiles: Sequence[Profile], wording: str, index: WordIndex) -> float:
    """Return the largest share of a wording's words, by rarity, that one place has: said there, or written on it."""
    stems = list(dict.fromkeys(index.stems(wording)))
    by_number = {profile.number: profile for profile in profiles}
    best = 0.0
    for _, (number, sentence) in index.part(by_number.keys(), None, None).top("near", wording, PLACES):
        profile = by_number[number]
        if profile.worth[sentence] <= NOTHING:
            continue
        there = profile.episode.passage(sentence, sentence).widen(AROUND)
        titled = f"{there.chapter.title} " if there.chapter else ""
        labelled = profile.keys[profile.nearest[sentence]].point if profile.apart[sentence] <= AROUND else ""
        best = max(best, share_of(stems, index.stems(f"{titled}{labelled} {there.text}"), index))
    return best


def share_of(stems: Sequence[str], others: Iterable[str], index: WordIndex) -> float:
    """Return the share of some stems' rarity that others have too."""
    rarities = {stem: index.rarity(stem) for stem in stems}
    total = sum(rarities.values())
    theirs = set(others)
    return sum(rarity for stem, rarity in rarities.items() if stem in theirs) / total if total else 0.0


def is_filler(text: str) -> bool:
    """Say whether a text says nothing on any topic."""
    return _FILLER.fullmatch(text) is not None
