"""Where a claim and what was said agree: alignment word by word, and the differences to show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from bot.language import pair_words, weight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.language import Token

__all__ = ["Difference", "Kind", "Pair", "align", "differences", "is_same"]


class Kind(StrEnum):
    """Whose words a stretch of a comparison is: both sides', only what was said, or only what was claimed."""

    SAME = "same"
    SAID = "said"
    CLAIMED = "claimed"


@dataclass(frozen=True, slots=True)
class Difference:
    """A stretch of a comparison in reading order: SAME and SAID make the passage's words, SAME and CLAIMED the claim's.

    SAME is written as in the passage.
    """

    kind: Kind
    text: str


class Pair(NamedTuple):
    """One step of an alignment: numbers of a claimed and a said token, None where the other side has none."""

    claimed: int | None
    said: int | None

    def shift(self, claimed: int, said: int) -> Pair:
        """Return the step so many tokens further on, on either side."""
        return Pair(
            None if self.claimed is None else self.claimed + claimed, None if self.said is None else self.said + said
        )


_MISMATCH, _OPEN, _EXTEND, _FREE = -0.5, -0.7, -0.12, -0.02
"""What it costs to pair two different words, to leave words out, to go on doing so, to leave out fillers.

Set by hand on two thirds of the development claims; they only shape the alignment, thresholds are in `verdict`.
"""

_MOST_CELLS = 30_000
"""Cells up to which words are aligned with gaps; beyond, only what stands in the same order is paired (RapidFuzz)."""

_IMPOSSIBLE = -1e9


def align(claimed: Sequence[Token], said: Sequence[Token]) -> list[Pair]:
    """Lay all of a claim along a part of what was said: semi-global, affine gaps, fillers nearly free."""
    if len(claimed) * len(said) > _MOST_CELLS:
        return _in_order(claimed, said)
    places: dict[str, list[int]] = {}
    for place, token in enumerate(said, 1):
        places.setdefault(token.form, []).append(place)
    width = len(said) + 1
    opened = [_IMPOSSIBLE, *(_FREE if token.free else _OPEN for token in said)]
    longer = [_IMPOSSIBLE, *(_FREE if token.free else _EXTEND for token in said)]
    best, skipped = [0.0] * width, [_IMPOSSIBLE] * width
    steps: list[bytearray] = []
    for token in claimed:
        scores = [_MISMATCH] * width
        for place in places.get(token.form, ()):
            scores[place] = weight(token.form)
        gap = (_FREE, _FREE) if token.free else (_OPEN, _EXTEND)
        best, skipped, row = _row(best, skipped, scores, gap, (opened, longer))
        steps.append(row)
    end = max(range(width), key=best.__getitem__)
    return _trace(steps, end)


def _row(
    above: list[float],
    skipped: list[float],
    scores: list[float],
    gap: tuple[float, float],
    said_gaps: tuple[list[float], list[float]],
) -> tuple[list[float], list[float], bytearray]:
    """Compute one claimed word's row: the best score of each cell, the best with the word left out, and the steps.

    A step is 0 for a pair, 1 for a claimed word left out, 2 for a said one, plus 4 and 8 where that gap goes on.
    """
    opened, longer = said_gaps
    gap_open, gap_longer = gap
    first = max(above[0] + gap_open, skipped[0] + gap_longer)
    best, left_out, row = [first], [first], bytearray([1 if above[0] + gap_open >= first else 5])
    passed = _IMPOSSIBLE
    for place in range(1, len(above)):
        step = 0
        score, kind = above[place - 1] + scores[place], 0
        out, on = above[place] + gap_open, skipped[place] + gap_longer
        if on > out:
            out, step = on, 4
        begun, passed = best[place - 1] + opened[place], passed + longer[place]
        if passed > begun:
            step += 8
        else:
            passed = begun
        if out > score:
            score, kind = out, 1
        if passed > score:
            score, kind = passed, 2
        best.append(score)
        left_out.append(out)
        row.append(step + kind)
    return best, left_out, row


def _trace(steps: list[bytearray], place: int) -> list[Pair]:
    """Walk back from the last row's best cell to the first row."""
    pairs: list[Pair] = []
    row = len(steps)
    kind = -1
    while row:
        step = steps[row - 1][place]
        if kind < 0:
            kind = step & 3
        if kind == 0:
            row, place = row - 1, place - 1
            pairs.append(Pair(row, place))
            kind = -1
        elif kind == 1:
            row -= 1
            pairs.append(Pair(row, None))
            kind = 1 if step & 4 else -1
        else:
            place -= 1
            pairs.append(Pair(None, place))
            kind = 2 if step & 8 else -1
    return pairs[::-1]


def _in_order(claimed: Sequence[Token], said: Sequence[Token]) -> list[Pair]:
    """Pair equal words in the same order, for texts too long to weigh every gap."""
    forms = [token.form for token in claimed]
    matched = pair_words(forms, [token.form for token in said], [{}] * len(forms))
    pairs: list[Pair] = []
    own, place = 0, matched[0][1] if matched else 0
    for number, found in matched:
        pairs.extend(Pair(left, None) for left in range(own, number))
        pairs.extend(Pair(None, left) for left in range(place, found))
        pairs.append(Pair(number, found))
        own, place = number + 1, found + 1
    pairs.extend(Pair(left, None) for left in range(own, len(claimed)))
    return pairs


def differences(
    pairs: Sequence[Pair], claimed: Sequence[Token], said: Sequence[Token], claim: str, passage: str
) -> tuple[Difference, ...]:
    """Return the stretches of an alignment in reading order, whole words at a time; tokens are positions in texts."""
    held: dict[tuple[bool, int], int] = {}
    for number, pair in enumerate(pairs):
        if pair.claimed is not None:
            held[False, claimed[pair.claimed].word] = number
        if pair.said is not None:
            held[True, said[pair.said].word] = number
    stretches: list[tuple[bool, list[Pair]]] = []
    atom: list[Pair] = []
    until = 0
    for number, pair in enumerate(pairs):
        atom.append(pair)
        if pair.claimed is not None:
            until = max(until, held[False, claimed[pair.claimed].word])
        if pair.said is not None:
            until = max(until, held[True, said[pair.said].word])
        if number >= until:
            same = all(is_same(each, claimed, said) for each in atom)
            if stretches and stretches[-1][0] is same:
                stretches[-1][1].extend(atom)
            else:
                stretches.append((same, atom))
            atom, until = [], number + 1
    shown: list[Difference] = []
    for same, stretch in stretches:
        ours = _slice(passage, [said[pair.said] for pair in stretch if pair.said is not None])
        theirs = _slice(claim, [claimed[pair.claimed] for pair in stretch if pair.claimed is not None])
        kinds = ((Kind.SAME, ours),) if same else ((Kind.SAID, ours), (Kind.CLAIMED, theirs))
        shown.extend(Difference(kind, text) for kind, text in kinds if text)
    return tuple(shown)


def is_same(pair: Pair, claimed: Sequence[Token], said: Sequence[Token]) -> bool:
    """Say whether a step pairs one word with itself, written alike."""
    if pair.claimed is None or pair.said is None:
        return False
    one, other = claimed[pair.claimed], said[pair.said]
    return one.form == other.form and one.surface == other.surface


def _slice(text: str, part: list[Token]) -> str:
    """Return the text from the first token to the last."""
    return text[part[0].begin : part[-1].end] if part else ""
