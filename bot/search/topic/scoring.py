"""Where an episode talks about a topic: how much each sentence makes a point on it, whatever is shown of it.

The features of sentences, and the signs that it is talked about at all, are weighed by `weights.json`, which
`python -m benchmarks.topics --train` writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from bot.language.linear import Linear, read_weights
from bot.search.topic.features import OF_MEANING, OF_SENTENCE, OF_WORDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.search.topic.features import OnTopic, Profile

    Column = NDArray[np.float64]

__all__ = ["Sureness", "by_itself", "by_speaker", "gains_of", "inside", "signs", "sureness"]

MAIN = 9
"""Key passages of a chapter that are its main points: a little more than a summary's passages can touch."""

_LESSER = 0.4
"""What a chapter's other key passages count beside its main ones."""

_FADES = 60
"""Sentences over which a chapter's beginning counts for more: it is named after what it begins with."""

_BESIDE = 2
"""Sentences beside the best place of a chapter that count as much for a person who is the topic."""


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


def by_itself(profile: Profile) -> Column:
    """Return what sentences are worth whatever the topic: points that somebody picked by hand, then telling ones."""
    zeros = np.zeros(len(profile))
    score = _weights(models=False).score(dict.fromkeys(OF_WORDS, zeros) | profile.features)
    return np.asarray(_chance(score, profile.worth) * (1 + 4 * profile.key))


def by_speaker(profile: Profile, speaker: str) -> Column:
    """Return what sentences are worth for a speaker as the topic: points that person makes, first about themselves.

    They come from all over: away from the best place of each chapter they count for less.
    """
    said = np.array([speaker == profile.episode.paragraphs[p].speaker for p in profile.episode.sentences.paragraphs])
    value = by_itself(profile) * (1 + 2 * profile.own)
    value = np.where(said & (profile.asks == 0), value, 0.0)
    wide = np.convolve(value, np.ones(2 * _BESIDE + 1), "same")[: len(value)]
    at = np.arange(len(value))
    for number in np.unique(profile.chapters):
        here = profile.chapters == number
        best = int(np.where(here, wide, -1.0).argmax())
        value[here & (np.abs(at - best) > _BESIDE)] *= 0.5
    return value
