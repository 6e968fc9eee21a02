"""Errata: every difference in words between a source and its edition, declared (where, wrong, right, why)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from bot.corpus.files import door, rows_of
from bot.errors import TranscriptError
from bot.policy.texts import say

__all__ = ["HEADER", "Erratum", "Mended", "mend", "read_errata"]

HEADER = "where\twrong\tright\twhy"
"""First line of an errata file; `where` is line:column in the source, both counted from 1."""


@dataclass(frozen=True, slots=True)
class Erratum:
    """One mending: the characters `wrong` at [begin, end) of the source read as `right`; `line` is the errata's own."""

    begin: int
    end: int
    wrong: str
    right: str
    why: str
    line: int


@dataclass(frozen=True, slots=True)
class Mended:
    """A source text with its errata applied, and the way back to the source's offsets."""

    text: str
    errata: tuple[Erratum, ...]
    _starts: tuple[int, ...]
    _sources: tuple[int, ...]
    _replaced: tuple[int, ...]

    def source_begin(self, offset: int) -> int:
        """Return where in the source the character at `offset` of the mended text comes from."""
        piece = bisect_right(self._starts, offset) - 1
        within = offset - self._starts[piece]
        return self._sources[piece] if self._replaced[piece] >= 0 else self._sources[piece] + within

    def source_end(self, offset: int) -> int:
        """Return where in the source the text that ends at `offset` of the mended text ends."""
        piece = bisect_right(self._starts, offset - 1) - 1
        within = offset - self._starts[piece]
        return self._replaced[piece] if self._replaced[piece] >= 0 else self._sources[piece] + within


@door
def read_errata(text: str, path: str, source: str) -> tuple[Erratum, ...]:
    """Read an errata file against its source; raises TranscriptError naming the line that does not fit."""
    starts = [0]
    for row in source.split("\n"):
        starts.append(starts[-1] + len(row) + 1)
    found: list[Erratum] = []
    for number, row in rows_of(text, path, HEADER):
        erratum = _erratum(row, number, path, source, starts)
        if found and erratum.begin < found[-1].end:
            raise TranscriptError(path, say("errata.order", line=found[-1].line), number)
        found.append(erratum)
    return tuple(found)


def _erratum(row: str, number: int, path: str, source: str, starts: list[int]) -> Erratum:
    """Read one row, or raise TranscriptError with what the source has at that place."""
    cells = row.split("\t")
    if len(cells) != HEADER.count("\t") + 1:
        raise TranscriptError(path, say("errata.columns", count=len(cells)), number)
    where, wrong, right, why = cells
    line, _, column = where.partition(":")
    if not (line.isdecimal() and column.isdecimal() and 0 < int(line) < len(starts)):
        raise TranscriptError(path, say("errata.no-place", where=where), number)
    begin = starts[int(line) - 1] + int(column) - 1
    if not wrong or source[begin : begin + len(wrong)] != wrong:
        there = source[begin : begin + max(20, len(wrong))]
        raise TranscriptError(path, say("errata.not-there", there=there, where=where, wrong=wrong), number)
    if not why.strip():
        raise TranscriptError(path, say("errata.no-reason", wrong=wrong, right=right), number)
    return Erratum(begin, begin + len(wrong), wrong, right, why, number)


def mend(source: str, errata: tuple[Erratum, ...]) -> Mended:
    """Apply errata to a source."""
    pieces: list[str] = []
    starts: list[int] = []
    sources: list[int] = []
    replaced: list[int] = []
    at = length = 0
    for erratum in errata:
        for piece, source_begin, source_end in (
            (source[at : erratum.begin], at, -1),
            (erratum.right, erratum.begin, erratum.end),
        ):
            if piece:
                pieces.append(piece)
                starts.append(length)
                sources.append(source_begin)
                replaced.append(source_end)
                length += len(piece)
        at = erratum.end
    pieces.append(source[at:])
    starts.append(length)
    sources.append(at)
    replaced.append(-1)
    return Mended("".join(pieces), errata, tuple(starts), tuple(sources), tuple(replaced))
