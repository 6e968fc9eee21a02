"""Where an episode talks about a topic: how much each sentence makes a point on it, and which passages to show.

The features of sentences are weighed by `weights.json`, which `python -m benchmarks.topics --train` writes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from bot.language.linear import Linear, read_weights
from bot.search.topic.features import OF_SENTENCE, OF_TOPIC, OnTopic, is_filler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bot.corpus import Episode, Passage
    from bot.search.index.labels import LabelLikeness
    from bot.search.index.words import WordIndex
    from bot.search.topic.features import Profile

    Column = NDArray[np.float64]

__all__ = ["by_speaker", "gains_of", "inside", "pick", "trim"]

LENGTH = 4
"""Sentences of a passage, at most."""

MAIN = 9
"""Key passages of a chapter that are its main points: a little more than a summary's passages can touch."""

_LESSER = 0.4
"""What a chapter's other key passages count beside its main ones."""

WORDS = 120
"""Words of a passage, at most, unless one sentence alone has more: a minute of speech."""

_FADES = 60
"""Sentences over which a chapter's beginning counts for more: it is named after what it begins with."""

_FLOOR = 0.15
"""Passages worth less than this share of the best one are not shown on any page."""

_BESIDE, _BESIDE_WORTH = 4, 0.6
"""Sentences beside a chosen passage that count for less, and what the next one is still worth."""

_TAIL = 10


def _worth(profile: Profile, features: dict[str, Column]) -> Column:
    """Return the chance of each sentence to be one that a listener points to."""
    return np.asarray(profile.worth * (1 / (1 + np.exp(-_weights().score(features)))))


@lru_cache(maxsize=1)
def _weights() -> Linear:
    """Return the trained weights, read when first needed."""
    return Linear(read_weights("bot.search.topic"), OF_TOPIC.keys() | OF_SENTENCE.keys(), "bot/search/topic")


def gains_of(
    profiles: Sequence[Profile],
    relevance: Sequence[Column],
    wordings: Sequence[Sequence[str]],
    index: WordIndex,
    labels: Sequence[LabelLikeness | None],
) -> list[Column]:
    """Return what showing each sentence is worth: its chance, more in a chapter that says much about the topic."""
    chances = [
        _worth(profile, OnTopic(profile, own, wordings, index, names).features())
        for profile, own, names in zip(profiles, relevance, labels, strict=True)
    ]
    edge = sorted(np.concatenate(chances))[-15:][0]
    total = sum(float(chance[chance >= edge].sum()) for chance in chances)
    gains = []
    for profile, chance in zip(profiles, chances, strict=True):
        share = np.zeros(len(chance))
        for number in np.unique(profile.chapters):
            own = profile.chapters == number
            share[own] = chance[own & (chance >= edge)].sum() / total
        gains.append(chance * (0.1 + share))
    return gains


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
    value = _worth(profile, dict.fromkeys(OF_TOPIC, np.zeros(len(said))) | profile.features)
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

    What is next to a chosen passage counts for less, so the choice spreads over the region.
    """
    left = [gain.copy() for gain in gains]
    chosen: list[tuple[int, int, int]] = []
    floor = 0.0
    for _ in range(most):
        best = max(
            ((*_best(gain, profile), at) for at, (gain, profile) in enumerate(zip(left, profiles, strict=True))),
            default=None,
        )
        if best is None or best[0] <= 0 or best[0] < floor:
            break
        floor = max(floor, _FLOOR * best[0])
        _, first, last, at = best
        gain = left[at]
        chosen.append((at, first, last))
        for away in range(1, _BESIDE + 1):
            for sentence in (first - away, last + away):
                if 0 <= sentence < len(gain) and gain[sentence] > 0:
                    gain[sentence] *= _BESIDE_WORTH ** (1 - (away - 1) / _BESIDE)
        gain[first : last + 1] = -1e6
    return chosen


def _best(gain: Column, profile: Profile) -> tuple[float, int, int]:
    """Return the best run of up to LENGTH sentences with its value; one that begins with “That …” is worth less."""
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
