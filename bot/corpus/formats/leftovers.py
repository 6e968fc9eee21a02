"""What still looks like times after reading: refused beyond a share, told of below it, never words in silence."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus.formats.timelines import plain_marks
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["refuse_conflicts", "tell_of_times"]

_POINT = r"\d{1,3}\s?:\s?\d{1,2}(?:\s?:\s?\d{1,2})?(?:\s?[.,:;]\s?\d{1,9})?"
_EXACT = r"\d{1,3}\s?:\s?\d{2}(?:\s?:\s?\d{2}(?:\s?[.,:;]\s?\d{1,9})?|\s?[.,;]\s?\d{1,9})"
_MARK = r"\s{0,4}(?:[-\u2013\u2014=]{1,2}(?:>|&gt;)?|[\u2192\u27f6\u2794\u279c,;|\t~/]|to\b)?\s{0,4}"
# Two times with hardly anything between them, or one to the fraction, wherever they stand.
_ANYWHERE = re.compile(
    rf"\b{_EXACT}{_MARK}{_EXACT}|\b\d{{1,3}}:\d{{2}}:\d{{2}}\s?[.,:;]\d{{1,9}}"
    rf"|\d\s{{0,4}}[-\u2013\u2014=]{{1,2}}(?:>|&gt;)\s{{0,4}}\d"
)
# At the head: two points and an arrow, a whole time, a time in brackets, columns of numbers, frames in braces,
# and columns of numbers behind the names of a recording and a channel.
_AT_HEAD = (
    re.compile(rf"\W{{0,4}}{_POINT}\W{{0,4}}[-\u2013\u2014=]{{1,2}}(?:>|&gt;)\s{{0,4}}\d"),
    re.compile(rf"[^\w\n]{{0,4}}{_EXACT}(?!\d)"),
    re.compile(rf"\\?[\[(<{{]\s?{_POINT}\s?\\?[\])>}}]"),
    re.compile(r"\d{1,9}(?:[.,]\d{1,9})?\s{0,2}[\t;|]\s{0,2}\d{1,9}"),
    re.compile(r"\d{1,9}[.,]\d{1,9}[\t ,;|]{1,3}\d{1,9}[.,]\d{1,9}\b"),
    re.compile(r"\d{1,9},\d{1,9},[\"\w]"),
    re.compile(r"\{\d{1,9}\}\s?\{\d{0,9}\}"),
    re.compile(r"\S{1,60}\s\S{1,12}\s\d{1,6}\.\d{1,6}\s\d{1,6}\.\d{1,6}\s"),
)
_ENDING = re.compile(rf"\b{_EXACT}\W{{0,4}}\Z|\d{{1,2}} minutes? \d{{1,2}} seconds?\W{{0,4}}\Z")
_LONGEST_HEAD = 80
"""Characters of a line that is only a name and a time."""

_SOME = re.compile(r"\d")
_BEGINNINGS = frozenset(" \t0123456789{[(<#")
"""What lines that begin with numbers begin with; one with a colon is looked at whatever it begins with."""

_BARE = re.compile(r"\W{0,4}\d{1,3}:\d{2}(?!\d)|(?:\d{1,2} (?:hours?|minutes?|seconds?),? ?){1,3}$")
_WHOLE = re.compile(r"\b\d{1,3}:\d{2}:\d{2}\b")
_NUMERAL = re.compile(r"\d{1,6}")
_FEW = 3
"""Lines that have a bare time, or are a number, before they count: speech has one now and then."""

_SHARE = 6
"""One line in so many that still holds times is too many."""

_CONFLICT = re.compile(r"^(?:<{7} \S.*|<{7})$", re.MULTILINE)
_SHOWN = 60
# A clock anywhere; at the head a number with a fraction, or minutes and seconds.
_ANY = re.compile(
    r"\d{1,3}:\d{2}(?::\d{2})?(?!\d)|^\W{0,3}\d{1,6}[.,]\d{1,6}(?!\d)|^\W{0,3}\d{1,3} ?m\w{0,6}\W{0,2}\d{1,2} ?s"
)
_DIGITS = re.compile(r"\d{1,9}")
_SERIES = 4
"""Times that rise from line to line before they count as a series."""


_FASTEST = 5
"""Words a second that nobody speaks."""

_MANY = 12
"""Times that rise through running words before they are those of a player; a timetable has fewer, or rounder ones."""

_ROUND = 5
"""Minutes that people part an hour into; the seconds of a player are seldom whole fives."""

_INSIDE = re.compile(r"(?<![\d:.])\d{1,3}:\d{2}(?::\d{2})?(?![\d:])")
_SPREAD = 3
"""Places with times from which on they are no list that stands in one place, as one of chapters does."""


class _Line(NamedTuple):
    number: int
    text: str
    certain: bool


def refuse_conflicts(file: TranscriptFile) -> None:
    """Raise TranscriptError for the marks that Git leaves where two versions disagree."""
    found = _CONFLICT.search(file.text) if "<<<<<<<" in file.text and ">>>>>>>" in file.text else None
    if found:
        raise TranscriptError(file.name, say("format.conflict"), file.text.count("\n", 0, found.start()) + 1)


def tell_of_times(file: TranscriptFile, texts: Iterable[str]) -> tuple[str, ...]:
    """Return what to tell of lines that still look like times.

    Raises TranscriptError where they are a sixth of all, and for times that run through the words.
    """
    texts = list(texts)
    _refuse_running(file, texts)
    lines = 0
    suspects: list[_Line] = []
    heads: list[_Line] = []
    for text in texts:
        if "\n" in text or _may_be(text):
            for number, part in enumerate(text.split("\n"), lines):
                line = part.strip()
                if _may_be(part) and _SOME.search(line):
                    heads.append(_Line(number, line, certain=True))
                    suspects += _suspect(number, line)
        lines += text.count("\n") + 1
    bare = sum(1 for line in suspects if not line.certain)
    counts = bare >= _FEW and bare * _SHARE >= lines
    left = [line for line in suspects if line.certain or counts]
    if len(left) * _SHARE < lines:
        left = _rising(heads, lines) or left
    if not left:
        return ()
    count, first = len(left), left[0].text
    place = file.text.find(first)
    number = file.text.count("\n", 0, place) + 1 if place >= 0 else 0
    shown = " ".join(first.split())[:_SHOWN]
    if _are_too_many(left, lines):
        problem = say("format.times-left", count=count, lines=lines, text=shown)
        raise TranscriptError(file.name, problem, number or None)
    where = say("format.at-line", number=number) if number else say("format.at-no-line")
    return (say("format.some-times-left", count=count, text=shown, where=where),)


def _refuse_running(file: TranscriptFile, texts: Iterable[str]) -> None:
    """Raise TranscriptError where times rise through running words at the pace of speech."""
    told: list[tuple[float, int]] = []
    spoken = 0
    first = ""
    for text in texts:
        for found in _INSIDE.finditer(text) if ":" in text else ():
            told.append((_instant(found), spoken + text.count(" ", 0, found.start())))
            first = first or text[found.start() :][:_SHOWN]
        spoken += text.count(" ") + 1
    if len(told) < _MANY:
        return
    lasts, words = (after - before for before, after in zip(told[0], told[-1], strict=True))
    rises = sum(1 for before, after in pairwise(told) if after[0] >= before[0])
    exact = sum(1 for time, _ in told if time % _ROUND)
    if rises * 10 >= (len(told) - 1) * 9 and exact * 2 >= len(told) and lasts <= words * 2 <= lasts * _FASTEST * 2:
        place = file.text.find(" ".join(first.split()[:1]))
        number = file.text.count("\n", 0, place) + 1 if place >= 0 else None
        raise TranscriptError(file.name, say("format.running-times", count=len(told), text=first), number)


def _are_too_many(left: Sequence[_Line], lines: int) -> bool:
    """Say whether lines are a share of all, in several places or most of the text: a list of chapters is neither."""
    count = len(left)
    places = 1 + sum(1 for before, after in pairwise(left) if after.number > before.number + 1)
    return (count > 1 or lines == 1) and count * _SHARE >= lines and (places >= _SPREAD or count * 2 >= lines)


def _rising(heads: Sequence[_Line], lines: int) -> list[_Line]:
    """Return the lines that have a time of any kind, where half of all lines do and the times hardly ever fall.

    Numbers that leave no time for the words between them are of something else, such as verses.
    """
    if len(heads) < _SERIES or len(heads) * 2 < lines:
        return []
    timed = [(line, found) for line in heads if (found := _ANY.search(plain_marks(line.text)))]
    if len(timed) < _SERIES or len(timed) * 2 < lines:
        return []
    words = sum(line.text.count(" ") for line, _ in timed)
    readings = ([_instant(found) for _, found in timed], [_instant(found, parted=60) for _, found in timed])
    return [line for line, _ in timed] if any(_are_spoken(times, words) for times in readings) else []


def _are_spoken(times: Sequence[float], words: int) -> bool:
    """Say whether times rise, with time enough between the first and the last for so many words."""
    rises = sum(1 for before, after in pairwise(times) if after >= before)
    lasts = times[-1] - times[0]
    return lasts > 0 and rises * 10 >= (len(times) - 1) * 9 and words <= lasts * _FASTEST


def _instant(found: re.Match[str], parted: int = 1) -> float:
    """Return the seconds of a time, be it a clock, a number with a fraction, or minutes and seconds.

    `parted` is what a number with a fraction counts: 1 for seconds and parts of them, 60 for minutes and seconds.
    """
    text = found.group()
    parts = [int(part) for part in _DIGITS.findall(text)]
    if ":" not in text and "m" not in text:
        return float(f"{parts[0]}.{parts[1]}") if parted == 1 else float(parts[0] * parted + parts[1])
    return float(sum(part * 60**place for place, part in enumerate(reversed(parts))))


def _may_be(line: str) -> bool:
    """Say whether a line can look like times at all; most are seen to be none at once."""
    return (
        ":" in line
        or line[:1] in _BEGINNINGS
        or "\uff1a" in line
        or "second" in line
        or (len(line) < _LONGEST_HEAD and line.count(".") > 1)
    )


def _suspect(number: int, line: str) -> list[_Line]:
    """Return a line that looks like times, and whether it is certain; nothing for any other."""
    plain = plain_marks(line)
    certain = _ANYWHERE.search(plain) is not None or any(form.match(plain) for form in _AT_HEAD)
    if not certain and len(plain) < _LONGEST_HEAD and not plain.endswith((".", "?", "!")):
        certain = _ENDING.search(plain) is not None
    bare = certain or _BARE.match(plain) or _WHOLE.search(plain) or _NUMERAL.fullmatch(plain)
    return [_Line(number, line, certain)] if bare else []
