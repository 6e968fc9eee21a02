"""Where an episode talks about a topic: how much each sentence makes a point on it, and which passages to show.

The features of sentences, and the signs that it is talked about at all, are weighed by `weights.json`, which
`python -m benchmarks.topics --train` writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from bot.language.linear import Linear, read_weights
from bot.search.topic.features import OF_MEANING, OF_SENTENCE, OF_WORDS, is_filler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bot.corpus import Episode, Passage
    from bot.search.topic.features import OnTopic, Profile

    Column = NDArray[np.float64]

__all__ = ["Sureness", "by_speaker", "gains_of", "inside", "pick", "shorten", "signs", "sureness", "trim"]

LENGTH = 12
"""Sentences of a passage, at most."""

MAIN = 9
"""Key passages of a chapter that are its main points: a little more than a summary's passages can touch."""

_LESSER = 0.4
"""What a chapter's other key passages count beside its main ones."""

WORDS = 120
"""Words of a passage, at most, unless one sentence alone has more: a minute of speech."""

TOGETHER = 2_950
"""Characters of all passages of a page: what the tightest platform shows of six beside their sources."""

_FADES = 60
"""Sentences over which a chapter's beginning counts for more: it is named after what it begins with."""

_FLOOR = 0.02
"""Passages worth less than this share of the best one are not shown on any page."""

_AS_MUCH = 0.5
"""Share of the best passage's worth that the best one of an episode must have for the episode to be shown."""

_BESIDE, _BESIDE_WORTH = 2, 0.6
"""Sentences beside a chosen passage that count for less, and what the next one is still worth."""

_TAIL = 10


@dataclass(frozen=True, slots=True)
class Sureness:
    """How sure it is that a topic is talked about, by a linear score: from `found` on it is, below `missed` it is not.

    Between them the nearest passages are shown, and that they may be about something else is said.
    """

    score: Linear
    found: float
    missed: float


SIGNS = ("said together", "likeness", "label")
"""What tells whether a topic is talked about: the largest share of its words that one place has, how near in meaning
the nearest sentence is, and how much nearer than NAMED the nearest label."""

NAMED = 0.7
"""Likeness of a label to a topic from which it may be its name."""


def signs(together: float, likeness: float, label: float) -> dict[str, float]:
    """Return SIGNS by name."""
    return dict(zip(SIGNS, (together, likeness, max(0.0, label - NAMED)), strict=True))


@lru_cache(maxsize=2)
def sureness(*, models: bool) -> Sureness:
    """Return how sureness is told, with the models or from words alone, read when first needed."""
    table = read_weights("bot.search.topic")["sureness"]["models" if models else "words"]
    linear = Linear(table, SIGNS if models else SIGNS[:1], "bot/search/topic")
    return Sureness(linear, table["found"], table["missed"])


@lru_cache(maxsize=2)
def _weights(*, models: bool) -> Linear:
    """Return the trained weights of sentences, read when first needed."""
    table = read_weights("bot.search.topic")["sentences"]["models" if models else "words"]
    features = OF_WORDS.keys() | OF_SENTENCE.keys() | (OF_MEANING.keys() if models else set())
    return Linear(table, features, "bot/search/topic")


def _chance(score: Column, worth: Column) -> Column:
    return np.asarray(worth / (1 + np.exp(-score)))


def gains_of(topic: OnTopic, *, models: bool) -> list[Column]:
    """Return what showing each sentence is worth: the chance that a listener points to it, for each episode."""
    chance = _chance(_weights(models=models).score(topic.features()), topic.join(lambda profile: profile.worth))
    return topic.parts(chance)


def inside(profile: Profile, gain: Column, chapter: str, *, whole: bool) -> Column:
    """Return what sentences are worth for a topic that is a chapter: only its own, its key passages first.

    A chapter is named after what it begins with, so when the topic has the whole title, its beginning counts for more.
    """
    titles = [each.title for each in profile.episode.chapters]
    own = profile.chapters == titles.index(chapter) if chapter in titles else np.zeros(len(gain), bool)
    keys = np.zeros(len(gain))
    for key in profile.keys:
        if key.chapter == chapter:
            span = slice(key.passage.first, key.passage.last + 1)
            keys[span] = np.maximum(keys[span], 1.0 if key.rank < MAIN else _LESSER)
    own = own | (keys > 0)
    if not own.any():
        return np.zeros(len(gain))
    odds = np.log(np.maximum(gain, 1e-9))
    level = (odds - odds[own].mean()) / max(1e-6, float(odds[own].std()))
    early = np.exp(-(np.arange(len(gain)) - int(np.flatnonzero(own)[0])) / _FADES) if whole else 1.0
    value = np.maximum(0.05, 1 + level + 1.5 * keys - 0.3 * profile.asks) * early * np.minimum(1, profile.worth)
    return np.where(own, value, 0.0)


def by_speaker(profile: Profile, speaker: str) -> Column:
    """Return what sentences are worth for a speaker as the topic: points that person makes, first about themselves.

    They come from all over: away from the best place of each chapter they count for less.
    """
    said = np.array([speaker == profile.episode.paragraphs[p].speaker for p in profile.episode.sentences.paragraphs])
    score = _weights(models=False).score(dict.fromkeys(OF_WORDS, np.zeros(len(said))) | profile.features)
    value = _chance(score, profile.worth)
    value *= (1 + 4 * profile.key) * (1 + 2 * profile.own)
    value = np.where(said & (profile.asks == 0), value, 0.0)
    wide = np.convolve(value, np.ones(2 * _BESIDE + 1), "same")[: len(value)]
    at = np.arange(len(value))
    for number in np.unique(profile.chapters):
        here = profile.chapters == number
        best = int(np.where(here, wide, -1.0).argmax())
        value[here & (np.abs(at - best) > _BESIDE)] *= 0.5
    return value


def pick(gains: Sequence[Column], profiles: Sequence[Profile], most: int) -> list[tuple[int, int, int]]:
    """Return up to `most` passages (episode's place, first and last sentence), best first, that share no sentence.

    They come from the episodes that say about as much as the one that says most. What is next to a chosen passage
    counts for less, so the choice spreads over the region.
    """
    left = [gain.copy() for gain in gains]
    best = [_best(gain, profile) for gain, profile in zip(left, profiles, strict=True)]
    least = _AS_MUCH * max((value for value, *_ in best), default=0.0)
    best = [each if each[0] >= least else (-1.0, 0, 0) for each in best]
    chosen: list[tuple[int, int, int]] = []
    floor = 0.0
    while best and len(chosen) < most:
        at = max(range(len(best)), key=lambda at: best[at][0])
        value, first, last = best[at]
        if value <= 0 or value < floor:
            break
        floor = max(floor, _FLOOR * value)
        gain = left[at]
        chosen.append((at, first, last))
        for away in range(1, _BESIDE + 1):
            for sentence in (first - away, last + away):
                if 0 <= sentence < len(gain) and gain[sentence] > 0:
                    gain[sentence] *= _BESIDE_WORTH ** (1 - (away - 1) / _BESIDE)
        gain[first : last + 1] = -1e6
        best[at] = _best(gain, profiles[at])
    return chosen


def shorten(
    places: Sequence[tuple[int, int, int]], gains: Sequence[Column], profiles: Sequence[Profile]
) -> list[tuple[int, int, int]]:
    """Return passages without those sentences at their edges that are worth least for their length, until all fit.

    Together they have TOGETHER characters then, or a sentence each.
    """
    left = list(places)
    spare = sum(int(profiles[at].lengths[first : last + 1].sum()) for at, first, last in left) - TOGETHER
    while spare > 0:
        edges = [
            (float(gains[at][edge] / profiles[at].lengths[edge]), number, edge)
            for number, (at, first, last) in enumerate(left)
            if first < last
            for edge in (first, last)
        ]
        if not edges:
            break
        _, number, edge = min(edges)
        at, first, last = left[number]
        left[number] = (at, first + 1, last) if edge == first else (at, first, last - 1)
        spare -= int(profiles[at].lengths[edge])
    return left


def _best(gain: Column, profile: Profile) -> tuple[float, int, int]:
    """Return the best run of sentences that fits a passage, with its value; “That …” first is worth less."""
    found = (-1.0, 0, 0)
    for length in range(1, min(LENGTH, len(gain)) + 1):
        totals = np.convolve(gain, np.ones(length), "valid") * (1 - 0.1 * profile.dangling[: len(gain) - length + 1])
        if length > 1:
            totals[np.convolve(profile.counts, np.ones(length), "valid") > WORDS] = -1.0
        first = int(totals.argmax())
        found = max(found, (float(totals[first]), first, first + length - 1))
    return found


def trim(passage: Passage) -> Passage:
    """Return a passage without filler, or the tail of somebody's interrupted sentence, at its edges."""
    first, last = passage.first, passage.last
    while first < last and _says_nothing(passage.episode, first):
        first += 1
    while first < last and _says_nothing(passage.episode, last):
        last -= 1
    return passage.episode.passage(first, last)


def _says_nothing(episode: Episode, sentence: int) -> bool:
    text = episode.passage(sentence, sentence).text
    return is_filler(text) or (text[:1].islower() and len(text.split()) < _TAIL)
