"""Time lines of captions in all the ways that programs and people write them: two times, and what stands after."""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.corpus.formats.stamps import LATEST

__all__ = ["NEARLY", "TimeLine", "moment", "plain_marks", "time_line"]

_POINT = r"(?:\d{1,3}(?:\s?:\s?\d{1,2}){1,2}(?:\s?[.,:;]\s?\d{1,9})?|\d{1,6}(?:[.,]\d{1,9})?s|\d{1,6}[.,]\d{1,9})"
_ARROW = r"(?:[-\u2013\u2014=]{1,2}(?:>|&gt;)|[\u2192\u27f6\u2794\u279c])"
_LINE = re.compile(
    rf"\s{{0,9}}(?P<box>[\[(])?\s?(?P<start>{_POINT})\s{{0,9}}(?:(?P<arrow>{_ARROW})|[,~]|[\u2013\u2014-]{{1,2}}|to\b)\s{{0,9}}"
    rf"(?P<end>{_POINT})(?:\s?[\])]|(?!\S))"
)
NEARLY = re.compile(rf"\s{{0,9}}[\[(]?\d[\d:.,; ]{{0,29}}{_ARROW}")
"""What begins as a time line with an arrow does."""

_WHISPERX = "Transcript: "
"""What WhisperX prints before the times of each line."""

_SETTING = re.compile(r"[A-Za-z]\w{0,20}:\S{0,80}")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:([.,:;])(\d{1,9}))?")
_SECONDS = re.compile(r"(\d{1,9}(?:[.,]\d{1,9})?)s?")
_ISO = re.compile(r"PT(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,6}(?:\.\d{1,9})?)S)?")
_PLAIN = str.maketrans("\uff1a\uff0c\uff0e\uff1b\u3010\u3011\uff08\uff09\uff1e\ufe55", ":,.;[]()>:")
_FRACTION = 3
"""Digits behind a colon that are a fraction of a second; fewer count frames."""


class TimeLine(NamedTuple):
    """Two times in seconds, the frames in each when it counts frames (else -1), and the words behind them."""

    start: float | None
    end: float | None
    frames: tuple[int, int]
    rest: str
    arrow: bool
    boxed: bool

    def at_rate(self, rate: float) -> TimeLine:
        """Return the line with its frames as parts of a second."""
        first, last = (frame / rate if frame > 0 else 0.0 for frame in self.frames)
        start = None if self.start is None else self.start + first
        return self._replace(start=start, end=None if self.end is None else self.end + last)


def plain_marks(text: str) -> str:
    """Return a text with the full-width marks of a time as the usual ones; its length stays."""
    return text if text.isascii() else text.translate(_PLAIN)


def time_line(line: str) -> TimeLine | None:
    """Return the times that a line begins with, or None when it does not begin with two."""
    line = line.removeprefix(_WHISPERX)
    begin = line.lstrip()[:1]
    if not begin or not (begin.isdigit() or begin in "[(\u3010\uff08"):
        return None
    match = _LINE.match(plain_marks(line))
    if not match:
        return None
    first, last = _point(match["start"]), _point(match["end"])
    if (first[1] < 0) != (last[1] < 0):
        return None
    rest = line[match.end() :].strip()
    boxed = match["box"] is not None
    if not boxed and all(map(_SETTING.fullmatch, rest.split())):
        rest = ""
    return TimeLine(first[0], last[0], (first[1], last[1]), rest, match["arrow"] is not None, boxed)


def moment(text: str) -> float | None:
    """Return a time written as a clock, as seconds (`1.2s`) or as ISO 8601 (`PT1.2S`) in seconds; None for no time."""
    plain = plain_marks(text.strip())
    if found := _ISO.fullmatch(plain):
        hours, minutes, rest = found.groups()
        whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest or 0)
        return whole if whole <= LATEST else None
    if not _CLOCK.fullmatch(plain) and not _SECONDS.fullmatch(plain):
        return None
    return _point(plain)[0]


def _point(text: str) -> tuple[float | None, int]:
    """Return the seconds of one time, and its frames or -1."""
    plain = "".join(text.split())
    clock = _CLOCK.fullmatch(plain)
    frames = -1
    if clock:
        hours, minutes, rest, mark, part = clock.groups()
        whole = float(int(hours or 0) * 3600 + int(minutes) * 60 + int(rest))
        if part and mark in ":;" and len(part) < _FRACTION:
            frames = int(part)
        elif part:
            whole += int(part) / 10 ** len(part)
    else:
        whole = float(plain.rstrip("s").replace(",", "."))
    return (whole if whole <= LATEST else None), frames
