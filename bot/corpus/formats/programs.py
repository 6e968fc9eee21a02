"""What programs write above, below and between the words, as data: `programs.toml`. It is left out and told of."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from importlib import resources
from typing import TYPE_CHECKING

from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.corpus.transcript import Segment

__all__ = ["program_line", "without_programs"]

_LONGEST = 200
_EDGE = 12
"""Lines above and below which may be a program's."""

_WILD = "*[]?"


@dataclass(frozen=True, slots=True)
class _Row:
    """Lines of a kind: where they stand, what they look like, whether those below or above belong to them."""

    where: str
    like: tuple[str, ...]
    unless: tuple[str, ...]
    following: bool
    above: bool


def _rows() -> tuple[_Row, ...]:
    table = tomllib.loads(resources.files("bot.corpus.formats").joinpath("programs.toml").read_text("utf-8"))
    return tuple(
        _Row(
            row["where"],
            tuple(row["like"]),
            tuple(row.get("unless", ())),
            row.get("next", False),
            row.get("above", False),
        )
        for row in table["line"]
    )


_ROWS = _rows()
# What every line of a row anywhere has: its longest part without wild cards; so most lines are seen to be none at once.
_PARTS = tuple(
    max(like.translate(str.maketrans(_WILD, "\n" * len(_WILD))).split("\n"), key=len)
    for row in _ROWS
    if row.where == "anywhere"
    for like in row.like
)


def program_line(line: str, places: Iterable[str]) -> _Row | None:
    """Return the row that says that a line at one of these places (head, foot, anywhere) is a program's, or None."""
    plain = " ".join(line.casefold().split())
    if not plain or len(plain) > _LONGEST:
        return None
    for row in _ROWS:
        if row.where in places and any(fnmatchcase(plain, like) for like in row.like):
            return None if any(fnmatchcase(plain, like) for like in row.unless) else row
    return None


def without_programs(segments: Sequence[Segment]) -> tuple[list[Segment], list[str]]:
    """Return segments without the lines of programs, and what to tell of them."""
    left: list[Segment] = []
    dropped: list[str] = []
    head = _EDGE
    foot = _foot(segments)
    below = False
    for number, segment in enumerate(segments):
        edge = head > 0 or number >= foot
        if not edge and (segment.start is None or len(segment.text) > _LONGEST or not _may_be(segment.text)):
            left.append(segment)
            continue
        kept: list[str] = []
        for line in segment.text.split("\n"):
            places = ["anywhere", *(["head"] if head > 0 and not segment.speaker else [])]
            row = program_line(line, [*places, *(["foot"] if number >= foot else [])])
            if row or (below and not segment.speaker):
                dropped.append(line)
            else:
                kept.append(line)
            below = bool(row and row.following)
            if row and row.above and not any(each.speaker or each.start is not None for each in left):
                dropped[:0] = [*(each.text for each in left), *kept]
                left, kept = [], []
            head -= 1
        text = "\n".join(kept).strip()
        if text:
            left.append(segment if text == segment.text.strip() else replace(segment, text=text))
    if not dropped or not left:
        return list(segments), []
    return left, [say("format.programs", count=len(dropped), text=" ".join(dropped[0].split())[:60])]


def _foot(segments: Sequence[Segment]) -> int:
    """Return the number of the segment from which on the last lines stand."""
    lines = 0
    for number in range(len(segments) - 1, -1, -1):
        lines += segments[number].text.count("\n") + 1
        if lines >= _EDGE:
            return number
    return 0


def _may_be(text: str) -> bool:
    plain = text.casefold()
    for part in _PARTS:  # noqa: SIM110 - a generator takes twice the time, for every cue
        if part in plain:
            return True
    return False
