"""Blocks of captions with a time line, as SubRip and WebVTT have them.

webvtt-py drops a cue whose times are written with commas without telling, and pysubs2 takes a last line that is a
number for an index and braces for styles; so the blocks are found here, and nothing is lost in silence.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.corpus.formats.stamps import STAMP, seconds
from bot.errors import TranscriptError
from bot.policy.texts import say

__all__ = ["Cue", "cues", "has_cues"]

_TIMES = re.compile(rf"\s{{0,9}}({STAMP})\s{{0,9}}-->\s{{0,9}}({STAMP})(?!\S)")
_NEARLY = re.compile(r"\s{0,9}[\d:.,]{1,20}\s{0,9}--?>")
_INDEX = re.compile(r"[0-9]{1,9}")
_ANY = re.compile(rf"^[^\S\n]{{0,9}}{STAMP}[^\S\n]{{0,9}}-->[^\S\n]{{0,9}}{STAMP}", re.MULTILINE)


class Cue(NamedTuple):
    """One cue as it stands in the file: number, times, all lines up to the next cue, and its time line's number."""

    number: int | None
    start: float | None
    end: float | None
    lines: list[str]
    line: int


def has_cues(text: str) -> bool:
    """Say whether a text has a time line anywhere."""
    return "-->" in text and _ANY.search(text) is not None


def cues(text: str, name: str, *, named: bool) -> tuple[list[str], list[Cue]]:
    """Return the lines before the first cue, and all cues; raises TranscriptError for a time line that is not one.

    `named` says that any line between a blank line and a time line is a cue's name, not only a number.
    """
    header: list[str] = []
    found: list[Cue] = []
    for number, line in enumerate(text.split("\n"), 1):
        current = found[-1].lines if found else header
        match = _TIMES.match(line) if "-->" in line else None
        if match:
            index = _take_index(current, found[-1].number if found else None, named=named or not found)
            found.append(Cue(index, seconds(match[1]), seconds(match[2]), [], number))
        elif "->" in line and _NEARLY.match(line):
            raise TranscriptError(name, say("format.no-time-line", line=line.strip()[:60]), number)
        else:
            current.append(line)
    return header, found


def _take_index(lines: list[str], before: int | None, *, named: bool) -> int | None:
    """Take the next cue's number or name off the end of the lines before its time line, and return the number."""
    last = lines[-1].strip() if lines else ""
    if not last:
        return None
    index = int(last) if _INDEX.fullmatch(last) else None
    parted = len(lines) == 1 and before is None if len(lines) < 2 else not lines[-2].strip()  # noqa: PLR2004
    follows = index is not None and before is not None and index == before + 1
    if follows or (parted and (named or index is not None)):
        lines.pop()
    return index
