"""What an episode is about: its chapters in order, each with a sentence of it that says most."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.search.alone import asks, leans, loose_ends, trails
from bot.search.remembered import remembered
from bot.search.topic.features import look_at, share_of
from bot.search.topic.scoring import by_itself

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bot.corpus import Chapter, Corpus, Passage
    from bot.search.index.words import WordIndex
    from bot.search.topic.features import Profile

    Column = NDArray[np.float64]

__all__ = ["Part", "summarise"]

_PICKED, _NAMED = 4.0, 1.5
"""What a sentence is worth more that makes the first point of a chapter, and that has all words of its title."""

_ASKS = 1.5
"""How much more often than all together somebody asks who hosts."""

PARTS = 8
"""Parts that an episode without chapters is told in."""

SHORT, LONG = 40, 140
"""Characters of a sentence that says something, and is read at a glance; others are worth less."""

_LESS = 0.4
"""What a sentence is still worth that leans, asks, ends in the middle, or is too short or too long."""


class Part(NamedTuple):
    """A chapter, or a part of an episode that has none, and the sentence that says most; None where nothing is said."""

    chapter: Chapter | None
    key: Passage | None


@remembered(64)
def summarise(corpus: Corpus, index: WordIndex, number: int) -> tuple[Part, ...]:
    """Return the parts of the episode with that number, in order."""
    profile = look_at(corpus, index, number)
    titled = [(chapter, profile.chapters == at) for at, chapter in enumerate(profile.episode.chapters)]
    parts = np.array_split(np.arange(len(profile)), PARTS)
    untitled = [(None, np.isin(np.arange(len(profile)), part)) for part in parts if part.size]
    worth = by_itself(profile) * _first(profile)
    worth *= [_sound(profile, sentence) for sentence in range(len(profile))]
    worth *= np.where(_asked(profile), _LESS, 1.0)
    worth *= [1 + _NAMED * share for share in _shares(profile, index)]
    return tuple(
        Part(chapter, profile.episode.passage(best, best) if talk[best] else None)
        for chapter, inside in titled or untitled
        for talk in [inside & profile.talk]
        for best in [int(np.where(talk, worth, -1.0).argmax())]
    )


def _first(profile: Profile) -> Column:
    """Return for each sentence how early somebody names its point, who picked the points of a chapter by hand."""
    found = np.ones(len(profile))
    for key in profile.keys:
        span = slice(key.passage.first, key.passage.last + 1)
        found[span] = np.maximum(found[span], 1 + _PICKED / (1 + key.rank))
    return found


def _asked(profile: Profile) -> NDArray[np.bool_]:
    """Say of each sentence whether somebody says it who asks more than all together: a summary is of the answers."""
    numbers = profile.episode.sentences.paragraphs
    voices = np.asarray(profile.episode.paragraphs.speakers)[np.asarray(numbers)]
    asking = [
        voice for voice in np.unique(voices) if profile.asks[voices == voice].mean() > _ASKS * profile.asks.mean()
    ]
    return np.isin(voices, asking)


def _shares(profile: Profile, index: WordIndex) -> Iterator[float]:
    """Yield for each sentence the share of the words of its chapter's title that it has."""
    titles = [index.stems(chapter.title) for chapter in profile.episode.chapters]
    for sentence, chapter in enumerate(profile.chapters.tolist()):
        text = profile.episode.passage(sentence, sentence).text
        yield share_of(titles[chapter], index.stems(text), index) if chapter >= 0 else 0.0


def _sound(profile: Profile, sentence: int) -> float:
    """Return how well a sentence stands alone on a line, 0..1."""
    episode = profile.episode
    text = episode.passage(sentence, sentence).text
    faults = (
        leans(episode, sentence),
        asks(episode, sentence),
        trails(episode, sentence),
        not SHORT <= len(text) <= LONG,
    )
    return float(_LESS ** sum(faults) * 0.8 ** loose_ends(text))
