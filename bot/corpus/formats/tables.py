"""Tables: a cue a row, parted by tabs, commas, semicolons or bars, its columns known by their headings or content."""

from __future__ import annotations

import csv
import re
from itertools import islice
from typing import TYPE_CHECKING

from bot.corpus.formats.columns import columns_of
from bot.corpus.formats.cues import label_cues, plain_text
from bot.corpus.formats.stamps import number
from bot.corpus.formats.timelines import moment
from bot.corpus.transcript import Segment, Transcript
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["read", "sniff"]

_MARKS = "\t,;|"
_EARLY = 3
"""Rows among which the headings stand."""

_FIRST = 6
_HEAD = 4_000
_SLOWEST = 0.3
"""Words a second; speech that seems slower, at whole numbers, was timed in thousandths."""

_MILLISECONDS = re.compile(r"ms|milli", re.IGNORECASE)
_WHOLE = re.compile(r"\d{1,10}")


def sniff(file: TranscriptFile) -> bool:
    """Say whether a text is a table with a column of words and one of times."""
    return _layout(file) is not None


def _rows(file: TranscriptFile, mark: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with the number of the line that each ends in."""
    reader = csv.reader(file.text.splitlines(keepends=True), delimiter=mark, strict=False)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise TranscriptError(file.name, say("format.no-row"), reader.line_num) from error


def _layout(file: TranscriptFile) -> tuple[str, int, dict[str, int]] | None:
    """Return the mark between cells, how many rows stand before the cues, and where each column is."""
    head = "\n".join(file.text[:_HEAD].split("\n")[: -1 if len(file.text) > _HEAD else None][:_FIRST])
    for mark in _MARKS:
        if mark not in head:
            continue
        rows = list(islice(csv.reader(head.split("\n"), delimiter=mark), _FIRST))
        filled = [row for row in rows if any(cell.strip() for cell in row)]
        for place, row in enumerate(filled[:_EARLY]):
            found = columns_of(row)
            following = filled[place + 1 :]
            if {"text", "start"} <= found.keys() and following and all(_time(r, found["start"]) for r in following[:2]):
                return mark, place + 1, found
        if len(filled) > 1 and all(_is_label_row(row) for row in filled):
            return mark, 0, {"start": 0, "end": 1, "text": 2}
    return None


def _time(row: Sequence[str], place: int) -> bool:
    return place < len(row) and _seconds(row[place], 1) is not None


def _is_label_row(row: Sequence[str]) -> bool:
    """Say whether a row is two times and a text, as Audacity writes its labels."""
    return len(row) == 3 and _time(row, 0) and _time(row, 1) and not _time(row, 2)  # noqa: PLR2004


def _seconds(cell: str, unit: float) -> float | None:
    found = number(cell.strip().replace(",", "."), unit)
    return moment(cell) if found is None else found


def read(file: TranscriptFile) -> Transcript:
    """Return the rows that have words; their unit of time stands in the heading, or is found out by the pace."""
    layout = _layout(file)
    if layout is None:
        return Transcript(())
    mark, skipped, places = layout
    rows = [row for _, row in _rows(file, mark)]
    head, body = rows[:skipped], rows[skipped:]
    unit = _unit(head[-1] if head else [], body, places)
    segments: list[Segment] = []
    empty = 0
    for row in body:
        text = plain_text(" ".join(_cell(row, places, "text").split()))
        start, end, length = (_seconds(_cell(row, places, kind), unit) for kind in ("start", "end", "length"))
        if end is None and start is not None and length is not None:
            end = start + length
        if text:
            segments.append(Segment(text, start, end, _cell(row, places, "speaker").strip().rstrip(":") or None))
        else:
            empty += 1
    labelled, oddities = label_cues(segments)
    told = (say("format.no-text", count=empty),) if empty else ()
    return Transcript(tuple(labelled), oddities=(*oddities, *told))


def _cell(row: Sequence[str], places: Mapping[str, int], kind: str) -> str:
    place = places.get(kind, len(row))
    return row[place] if place < len(row) else ""


def _unit(headings: Sequence[str], rows: Sequence[Sequence[str]], places: Mapping[str, int]) -> float:
    """Return 1000 where the heading says thousandths, or where whole numbers as seconds make the speech too slow."""
    if _MILLISECONDS.search(_cell(headings, places, "start")[:80]):
        return 1000
    starts = [_cell(row, places, "start").strip() for row in rows]
    if not all(_WHOLE.fullmatch(start) for start in starts if start):
        return 1
    whole = [int(start) for start in starts if start]
    words = sum(len(_cell(row, places, "text").split()) for row in rows)
    return 1000 if whole and words < _SLOWEST * (max(whole) - min(whole)) else 1
