"""Where an episode talks about a topic, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.search.topic.features import spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bot.search.topic.features import Profile

    Column = NDArray[np.float64]

__all__ = ["Stretch", "find_stretch"]

_AROUND = 5
"""Sentences around one over which it is told how much is said on a topic there."""

_MUCH = 0.25
"""Share of the densest place's worth from which a sentence is part of a stretch."""

_APART = 6
"""Sentences between two stretches that are one."""


class Stretch(NamedTuple):
    """Where the episode with that number talks about a topic: most of it from `start` to `end`.

    `total` is how long it does in all; all are in seconds. `approximate` says that times are interpolated.
    """

    number: int
    start: float
    end: float
    total: float
    approximate: bool


def find_stretch(profile: Profile, gain: Column, chapter: str | None) -> Stretch | None:
    """Return where an episode talks about a topic: in the chapter of that title, or where it says much.

    None where no time is known, or nothing is said.
    """
    titles = [each.title for each in profile.episode.chapters]
    if chapter in titles:
        runs = _runs(profile.chapters == titles.index(chapter), 0)
    else:
        dense = spread(np.maximum(gain, 0.0), _AROUND, _AROUND)
        runs = _runs((dense > 0) & (dense >= _MUCH * dense.max()), _APART)
    starts = np.asarray(profile.episode.sentences.starts)
    ends = np.append(starts[1:], profile.episode.meta.duration or starts[-1])
    spans = [(float(starts[first]), float(ends[last]), first) for first, last in runs]
    spans = [span for span in spans if span[0] < span[1]]
    if not spans:
        return None
    start, end, first = max(spans, key=lambda span: span[1] - span[0])
    total = sum(end - start for start, end, _ in spans)
    return Stretch(profile.number, start, end, total, bool(profile.episode.sentences.approximate[first]))


def _runs(inside: NDArray[np.bool_], apart: int) -> Sequence[tuple[int, int]]:
    """Return the first and the last sentence of each run of sentences, those close to each other in one."""
    found: list[tuple[int, int]] = []
    for at in np.flatnonzero(inside).tolist():
        if found and at - found[-1][1] <= apart + 1:
            found[-1] = found[-1][0], at
        else:
            found.append((at, at))
    return found
