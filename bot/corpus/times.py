"""When a sentence was said: exact where a format knows, interpolated by words between what is known."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from bot.corpus.transcript import Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.corpus.transcript import Block, Chapter

__all__ = ["sentence_times"]

_WORDS_A_SECOND = 2.8
"""Speech of podcasts, for what follows the last known time; Lex Fridman Podcast #383 has 2.8."""


def sentence_times(
    blocks: Sequence[Block], chapters: Sequence[Chapter], duration: float | None
) -> list[tuple[float | None, bool]]:
    """Return for every sentence of all blocks its start in seconds (or None) and whether that is interpolated.

    Known are the starts the format gives, the first sentence of each chapter with a time, and the episode's end. Ad
    reads of an edition without exact times are spliced in and take no time of the cut that the times belong to, so
    their sentences get none.
    """
    exact = any(said.start is not None for block in blocks for said in block.said)
    starts: list[float | None] = []
    positions: list[int] = []
    anchors: list[tuple[int, float]] = []
    chapter: int | None = None
    position = 0
    for block in blocks:
        spliced = block.section is Section.AD and not exact
        for said in block.said:
            known = said.start
            if block.chapter != chapter and block.chapter is not None:
                known = chapters[block.chapter].start if known is None else known
                chapter = block.chapter
            if known is not None and (not anchors or known >= anchors[-1][1]):
                anchors.append((position, known))
            starts.append(said.start)
            positions.append(-1 if spliced else position)
            position += 0 if spliced else len(said.text.split())
    if anchors:
        end = duration if duration is not None else anchors[-1][1] + (position - anchors[-1][0]) / _WORDS_A_SECOND
        anchors.append((position, max(end, anchors[-1][1])))
    return _filled(starts, positions, anchors)


def _filled(
    starts: Sequence[float | None], positions: Sequence[int], anchors: Sequence[tuple[int, float]]
) -> list[tuple[float | None, bool]]:
    """Put an interpolated start where none is known; positions and anchors are counted in words."""
    filled: list[tuple[float | None, bool]] = []
    spans = iter(pairwise(anchors))
    span = next(spans, None)
    for start, position in zip(starts, positions, strict=True):
        while span and position >= span[1][0] and (following := next(spans, None)):
            span = following
        if start is not None or span is None or position < span[0][0]:
            filled.append((start, False))
            continue
        (first, begin), (last, end) = span
        share = (position - first) / (last - first) if last > first else 0.0
        filled.append((begin + (end - begin) * min(1.0, share), True))
    return filled
