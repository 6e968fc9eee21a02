"""Sections of a text that nobody said: notes, links and the like beside the transcript, by their headings."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.corpus.formats.markdown import heading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["is_section", "unsaid"]

_TABLE = Path(__file__).with_name("sections.toml")
_LONGEST = 60


@lru_cache(maxsize=2)
def _like(kind: str) -> tuple[str, ...]:
    return tuple(tomllib.loads(_TABLE.read_text("utf-8"))[kind]["like"])


def is_section(kind: str, words: str) -> bool:
    """Say whether a heading says that what is below it is the "transcript", or stands "beside" it."""
    plain = " ".join(words.casefold().split()).rstrip(":.")
    return len(plain) <= _LONGEST and any(fnmatchcase(plain, like) for like in _like(kind))


def unsaid(lines: Sequence[str], speaks: Callable[[int], bool]) -> frozenset[int]:
    """Return the lines that stand beside the transcript, with their headings; `speaks` says whether somebody is named.

    A section is one of these by its heading, where nobody is named in it but somebody is elsewhere, or a heading says
    where the transcript begins; so is what stands before that heading, where that is less than follows it. That heading
    goes too; a title of the first depth stays.
    """
    heads = [(number, *found) for number, line in enumerate(lines) if line.startswith("#") and (found := heading(line))]
    heads = [head for head in heads if not speaks(head[0])]
    begins = [number for number, _, words in heads if is_section("transcript", words)]
    beside = [(number, depth) for number, depth, words in heads if is_section("beside", words)]
    if not begins and not beside:
        return frozenset()
    named = [number for number in range(len(lines)) if speaks(number)]
    out = set(begins[:1])
    if begins and _is_before(begins[0], lines, named):
        out.update(number for number in range(begins[0]) if not lines[number].startswith("# "))
    for number, depth in beside if begins or named else []:
        end = next((n for n, other, _ in heads if n > number and other <= depth), len(lines))
        if not any(number <= n < end for n in named):
            out.update(range(number, end))
    rest = [n for n, line in enumerate(lines) if n not in out and line.strip() and not line.startswith("#")]
    return frozenset(out) if rest else frozenset()


def _is_before(begin: int, lines: Sequence[str], named: Sequence[int]) -> bool:
    """Say whether what stands before a line is no part of what is said after it."""
    if named:
        return named[0] > begin
    return sum(map(len, lines[:begin])) < sum(map(len, lines[begin:]))
