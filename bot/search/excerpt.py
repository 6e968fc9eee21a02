"""What of a passage is shown where there is little room: whole sentences, or the clauses that tell most."""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.contract import Quote
    from bot.corpus import Passage

__all__ = ["LONGEST_CLAUSES", "best_clauses", "best_sentence", "excerpt"]

LONGEST_CLAUSES = 110
"""Characters of a quote on one line: with who, when and a link it takes two lines of a phone."""

LONGEST_LOOKED_AT = 4_000
"""Characters of a sentence that are looked at; no one speaks a longer one."""

_CLAUSE_END = re.compile(r"[,;:\u2014\u2013.?!…][\"'”’)]?\s+|\s+(?=(?:and|but|because|so|which|when|if|that|or)\s)")
_BLANK = re.compile(r"\s+")


def best_clauses(
    text: str, begin: int, end: int, marked: Sequence[tuple[int, int]], most: int = LONGEST_CLAUSES
) -> tuple[int, int]:
    """Return the run of whole clauses of text[begin:end] that has most of what is marked, of at most `most` characters.

    Of equal ones it is the longest, then the first. Where a single clause is longer, words are what is cut.
    """
    if end - begin <= most:
        return begin, end
    end = min(end, begin + LONGEST_LOOKED_AT)
    inside = [(max(first, begin), min(last, end)) for first, last in marked if first < end and last > begin]
    found = _best_run(text, (begin, end), inside, most, _CLAUSE_END)
    enough = max((_covered(inside, first, first + most) for first, _ in inside), default=0) // 2
    if found is not None and _covered(inside, *found) >= enough and found[1] - found[0] >= most // 3:
        return found
    return _best_run(text, (begin, end), inside, most, _BLANK) or (begin, begin + most)


def _best_run(
    text: str, span: tuple[int, int], marked: Sequence[tuple[int, int]], most: int, stops: re.Pattern[str]
) -> tuple[int, int] | None:
    """Return the best run between stops, None where every piece is too long."""
    begin, end = span
    pieces = [(stop.start() + len(stop[0].rstrip()), stop.end()) for stop in stops.finditer(text, begin, end)]
    begins, ends = [begin, *(after for _, after in pieces)], [*(before for before, _ in pieces), end]
    best: tuple[int, int, int] | None = None
    run: tuple[int, int] | None = None
    last = 0
    for first, start in enumerate(begins):
        last = max(last, first)
        while last + 1 < len(ends) and ends[last + 1] - start <= most:
            last += 1
        stop = ends[last]
        if not 0 < stop - start <= most:
            continue
        worth = (_covered(marked, start, stop), stop - start, -start)
        if best is None or worth > best:
            best, run = worth, (start, stop)
    return run


def _covered(marked: Sequence[tuple[int, int]], begin: int, end: int) -> int:
    """Return how many marked characters text[begin:end] has."""
    return sum(max(0, min(last, end) - max(first, begin)) for first, last in marked)


def best_sentence(passage: Passage, marked: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return where in a passage's text the first sentence with most of what is marked stands."""
    sentences = passage.episode.sentences
    places = [
        (sentences.begins[at] - passage.begin, sentences.ends[at] - passage.begin)
        for at in range(passage.first, passage.last + 1)
    ]
    return max(places, key=lambda place: _covered(marked, *place))


def excerpt(passage: Passage, quote: Quote, part: tuple[int, int]) -> tuple[Quote, tuple[int, int] | None]:
    """Return a passage's quote with who says a part of it and when, and the part, None where it is all of it."""
    begin, end = part
    sentences = passage.episode.sentences
    first = bisect_right(sentences.begins, passage.begin + begin) - 1
    last = max(first, bisect_left(sentences.begins, passage.begin + end) - 1)
    cited = dataclasses.replace(quote, citation=passage.episode.passage(first, last).citation())
    return cited, part if part != (0, len(quote.text)) else None
