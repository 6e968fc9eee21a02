"""Which points to show on a topic: a sentence or two each that stand alone, and together fit into one answer."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.search.alone import asks, leans, loose_ends, one_voice, speaker_of, stand_alone, trails

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from bot.corpus import Episode, Passage
    from bot.search.topic.features import Profile

    Column = NDArray[np.float64]

__all__ = ["LONGEST", "MOST", "ROOM", "Page", "Point", "choose_points"]

MOST = 6
"""Points of a page."""

ROOM = 1_420
"""Characters of a page's points with their sources: an answer of 1,500 has a line beside them."""

LONGEST = 300
"""Characters of a point; a longer sentence is cut at a clause where it is shown."""

_SOURCE = 24
"""Characters of a source beside its name and link: marks, and a time of more than an hour."""

_BETWEEN = 3
"""Characters between a name and what follows."""

_TURN = 80
"""Characters that a question and its answer take beside their words: two names, and a source of its own."""

_FEWEST = 25
"""Characters below which a sentence says little."""

_LOOKED_AT = 40
"""Sentences of an episode, the ones worth most, that points are made from."""

_SECOND = 0.75
"""What the lesser sentences of a point count beside its best: they mostly make the same point."""

_LEANING, _TRAILING, _OPEN, _LOOSE, _CUT, _LITTLE, _TURNS = 0.6, 0.5, 0.3, 0.85, 0.4, 0.4, 0.7
"""What a point is still worth that leans on what was said before it, ends in the middle, ends with a question, points
at what it does not name, has to be cut, has few words, or is a question with its answer."""

_NO_KEY = 0.5
"""What sentences that nobody picked by hand count for, in an episode of which some are picked."""

_BESIDE, _BESIDE_WORTH = 4, 0.6
"""Sentences beside a chosen point that count for less, and what the next one is still worth."""

_AS_MUCH = 0.5
"""Share of the best point's worth that the best one of an episode must have for the episode to be shown."""

_FLOOR = 0.03
"""Points worth less than this share of the best one are not shown on any page."""


class Point(NamedTuple):
    """Sentences first..last of the episode with that place among those that are looked at."""

    at: int
    first: int
    last: int


class Page(NamedTuple):
    """The points of a page, best first; `more` says that there is another, `pages` how many there are up to it."""

    points: list[Point]
    more: bool
    pages: int


class _Run(NamedTuple):
    """Sentences that may be a point: how far what they look like lowers their worth, and the room they take.

    `speaker` is the number of who says them, less than 0 where that is nobody or several, and `name` the room of that.
    """

    point: Point
    sound: float
    cost: int
    speaker: int
    name: int


def choose_points(gains: Sequence[Column], profiles: Sequence[Profile], page: int = 1, room: int = ROOM) -> Page:
    """Return the points of a page (from 1); none of one that is too far on.

    No two pages share a sentence. What is next to a chosen point counts for less, so they spread over the region.
    """
    left = [_prefer_picked(profile, gain) for profile, gain in zip(profiles, gains, strict=True)]
    named = len(profiles) > 1
    runs = [run for at, profile in enumerate(profiles) for run in _runs_of(at, profile, left[at], named=named)]
    best: dict[int, float] = {}
    for run in runs:
        best[run.point.at] = max(best.get(run.point.at, 0.0), _worth(run, left))
    most = max(best.values(), default=0.0)
    runs = [run for run in runs if best[run.point.at] >= _AS_MUCH * most > 0]
    chosen: list[Point] = []
    for number in range(page):
        chosen = _fill(runs, left, room, _FLOOR * most)
        if not chosen:
            return Page([], more=False, pages=number)
    return Page(chosen, any(_worth(run, left) >= _FLOOR * most > 0 for run in runs), page)


def _prefer_picked(profile: Profile, gain: Column) -> Column:
    """Return a copy of what sentences are worth, those that were picked by hand first."""
    return gain * np.where(profile.key > 0, 1.0, _NO_KEY) if profile.keys else gain.copy()


def _fill(runs: Sequence[_Run], left: Sequence[Column], room: int, floor: float) -> list[Point]:
    """Return the best points that fit into the room, and take what they say from what is left."""
    chosen: list[_Run] = []
    while len(chosen) < MOST:
        worth = {run: own for run in runs if (own := _worth(run, left)) >= floor and own > 0}
        ordered = sorted(worth, key=lambda run: -worth[run])
        best = next((run for run in ordered if _size([*chosen, run]) <= room), None)
        if best is None:
            break
        chosen.append(best)
        _take(left[best.point.at], best.point)
    return [run.point for run in chosen]


def _size(runs: Sequence[_Run]) -> int:
    """Return the room that runs take together; who speaks is named where somebody else did before."""
    ordered = sorted(runs, key=lambda run: run.point)
    before = [None, *((run.point.at, run.speaker) for run in ordered)]
    named = sum(run.name for run, by in zip(ordered, before, strict=False) if (run.point.at, run.speaker) != by)
    return named + sum(run.cost for run in ordered)


def _take(gain: Column, point: Point) -> None:
    """Count what is beside a point for less, and its own sentences for nothing."""
    for away in range(1, _BESIDE + 1):
        for sentence in (point.first - away, point.last + away):
            if 0 <= sentence < len(gain):
                gain[sentence] *= _BESIDE_WORTH ** (1 - (away - 1) / _BESIDE)
    gain[point.first : point.last + 1] = -1.0


def _worth(run: _Run, left: Sequence[Column]) -> float:
    """Return what a run is worth now; less than nothing when some of it is shown."""
    own = left[run.point.at][run.point.first : run.point.last + 1]
    if own.min() < 0:
        return -1.0
    most = float(own.max())
    return run.sound * (most + _SECOND * (float(own.sum()) - most))


def _runs_of(at: int, profile: Profile, gain: Column, *, named: bool) -> Iterator[_Run]:
    """Yield the runs of sentences that may be points, around the sentences of an episode that are worth most.

    `named` says that each is shown with its episode's name.
    """
    source = _source(profile.episode) + named * len(f"{profile.episode.label}: ")
    seen: set[tuple[int, int]] = set()
    for sentence in np.argsort(-gain)[:_LOOKED_AT].tolist():
        if gain[sentence] <= 0:
            break
        for first, last, sound, cost in _shapes(profile.episode, sentence):
            if (first, last) not in seen:
                seen.add((first, last))
                speaker = speaker_of(profile.episode, first) if one_voice(profile.episode, first, last) else -1
                name = len(profile.episode.paragraphs.names[speaker] or "") if speaker >= 0 else 0
                yield _Run(Point(at, first, last), sound, cost + source, speaker, name + _BETWEEN * (name > 0))


@lru_cache(maxsize=50_000)
def _shapes(episode: Episode, sentence: int) -> tuple[tuple[int, int, float, int], ...]:
    """Return the runs around a sentence: first and last, how sound they are, how many characters they have."""
    last = len(episode.sentences) - 1
    pairs = [(sentence, sentence), (max(0, sentence - 1), sentence), (sentence, min(last, sentence + 1))]
    whole = [stand_alone(episode, *pair, LONGEST) for pair in pairs if one_voice(episode, *pair)]
    found = {(each.first, each.last): each for each in (*whole, episode.passage(sentence, sentence))}
    return tuple((*place, *_look_at(passage)) for place, passage in found.items())


def _look_at(passage: Passage) -> tuple[float, int]:
    """Return how sound sentences are as a point of their own, 0..1, and how many characters they take."""
    episode, first, last, text = passage.episode, passage.first, passage.last, passage.text
    sound = _LOOSE ** min(3, loose_ends(text))
    sound *= _LEANING if leans(episode, first) else 1.0
    sound *= _TRAILING if trails(episode, last) else 1.0
    sound *= _OPEN if asks(episode, last) else 1.0
    sound *= _CUT if len(text) > LONGEST else 1.0
    sound *= _LITTLE if len(text) < _FEWEST else 1.0
    sound *= 2 / max(2, last - first + 1)
    if one_voice(episode, first, last):
        return sound, min(len(text), LONGEST)
    return sound * _TURNS, min(len(text), LONGEST) + _TURN


@lru_cache(maxsize=256)
def _source(episode: Episode) -> int:
    """Return how many characters the source of a point of an episode takes beside a name: a time, a link."""
    middle = episode.sentences[len(episode.sentences) // 2].start
    return _SOURCE + len(episode.link(middle) or "")
