"""What programs write above, below and between the words, as data: `programs.toml`. It is left out and told of."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
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


@lru_cache(maxsize=1)
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


@lru_cache(maxsize=1)
def _parts() -> tuple[str, ...]:
    """Return what a line of a row anywhere has, its longest part without wild cards: so most are seen to be none."""
    plain = str.maketrans(_WILD, "\n" * len(_WILD))
    rows = (row for row in _rows() if row.where == "anywhere")
    return tuple(max(like.translate(plain).split("\n"), key=len) for row in rows for like in row.like)


def program_line(line: str, places: Iterable[str]) -> _Row | None:
    """Return the row that says that a line at one of these places (head, foot, anywhere) is a program's, or None."""
    plain = " ".join(line.casefold().split())
    if not plain or len(plain) > _LONGEST:
        return None
    for row in _rows():
        if row.where in places and any(fnmatchcase(plain, like) for like in row.like):
            return None if any(fnmatchcase(plain, like) for like in row.unless) else row
    return None


def without_programs(segments: Sequence[Segment]) -> tuple[list[Segment], list[str]]:
    """Return segments without the lines of programs, and what to tell of them."""
    left: list[Segment] = []
    dropped: list[str] = []
    lines = sum(segment.text.count("\n") + 1 for segment in segments)
    seen = 0
    below = False
    for segment in segments:
        size = segment.text.count("\n") + 1
        edge = seen < _EDGE or seen + size > lines - _EDGE
        if not edge and (segment.start is None or len(segment.text) > _LONGEST or not _may_be(segment.text)):
            left.append(segment)
            seen += size
            continue
        kept: list[str] = []
        for line in segment.text.split("\n"):
            places = ["anywhere"] if _may_be(line) else []
            if seen < _EDGE and not segment.speaker:
                places.append("head")
            if seen >= lines - _EDGE:
                places.append("foot")
            row = program_line(line, places) if places else None
            if row or (below and not segment.speaker):
                dropped.append(line)
            else:
                kept.append(line)
            below = bool(row and row.following)
            if row and row.above and not any(each.speaker or each.start is not None for each in left):
                dropped[:0] = [*(each.text for each in left), *kept]
                left, kept = [], []
            seen += 1
        text = "\n".join(kept).strip()
        if text:
            left.append(segment if text == segment.text.strip() else replace(segment, text=text))
    if not dropped or not left:
        return list(segments), []
    return left, [say("format.programs", count=len(dropped), text=" ".join(dropped[0].split())[:60])]


def _may_be(text: str) -> bool:
    plain = text.casefold()
    for part in _parts():  # noqa: SIM110 - a generator takes twice the time, for every cue
        if part in plain:
            return True
    return False
