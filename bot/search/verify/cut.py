"""Negations that a claim was cut off from: words that were said, and say the opposite without what stood beside."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.language import is_negation, read_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.search.verify.alignment import Region

__all__ = ["cut_off"]

_LOOK_BACK = 6
"""Words before a claim among which a negation is looked for."""

_MUCH = 5
"""Words of a claim that are much of it, and so are more than half of them."""


def cut_off(region: Region, first: int, last: int) -> tuple[range, range]:
    """Return the words just before and behind region.tokens[first : last + 1] without which these say the opposite.

    That is a negation and what stands between, where a good part of the words is in the clause that it denies and can
    be read as a statement: “the ability to” behind “you don't have” is none.
    """
    heard = [place for place in range(first, last + 1) if not region.tokens[place].free] or [first]
    before = _negation_before(region, first)
    clause = 0 if any(token.gap for token in region.tokens[first + 1 : heard[0] + 1]) else _clause(region, heard)
    if not (_is_much(clause, heard) and (_is_whole(region, heard, clause) or _begins_statement(region, before))):
        before = range(0)
    follows = region.tokens[last + 1 : last + 2]
    beside = follows and region.sentences[last + 1] == region.sentences[last] and not follows[0].gap
    denied = beside and is_negation(follows[0].form) and _is_much(_clause(region, heard[::-1]), heard)
    return before, range(last + 1, last + 2) if denied else range(0)


def _is_much(count: int, heard: Sequence[int]) -> bool:
    """Say whether so many of some words are much of them."""
    return count >= _MUCH or 2 * count > len(heard)


def _negation_before(region: Region, first: int) -> range:
    """Return the words from a negation up to a claim that begins at a place and is denied by it; none where none is."""
    right, stop, filled = first, region.tokens[first].gap, False
    for place in range(first - 1, max(-1, first - 1 - _LOOK_BACK), -1):
        token = region.tokens[place]
        if region.sentences[place] != region.sentences[first]:
            break
        if token.free:
            stop, filled = max(stop, token.gap), True
            continue
        if stop and (not filled or region.tokens[right].form in _words()["subjects"]):
            break
        if is_negation(token.form):
            return range(place, first) if token.form not in _words()["things"] else range(0)
        if token.form not in _words()["between"] | _words()["opinions"]:
            break
        right, stop, filled = place, token.gap, False
    return range(0)


def _begins_statement(region: Region, before: range) -> bool:
    """Say whether what follows on these words, a negation the first of them, can be read as the beginning of one."""
    begins = region.tokens[before.stop].form
    opinion = any(region.tokens[place].form in _words()["opinions"] for place in before)
    return begins not in _words()["joints"] and (opinion or begins not in _words()["articles"])


def _is_whole(region: Region, heard: Sequence[int], count: int) -> bool:
    """Say whether the first clause of some words, is whole: words go on behind it, or a stop follows."""
    behind = heard[-1] + 1
    ends = behind == len(region.tokens) or region.sentences[behind] != region.sentences[heard[-1]]
    return count < len(heard) or ends or bool(region.tokens[behind].gap)


def _clause(region: Region, heard: Sequence[int]) -> int:
    """Return how many of some words, read from one end, are in the first clause: up to a stop or to a joint."""
    for count, (one, other) in enumerate(pairwise(heard), 1):
        earlier, later = min(one, other), max(one, other)
        if (
            region.sentences[one] != region.sentences[other]
            or (later == earlier + 1 and region.tokens[later].gap)
            or region.tokens[later].form in _words()["clauses"]
        ):
            return count
    return len(heard)


@lru_cache(maxsize=1)
def _words() -> dict[str, frozenset[str]]:
    return read_words("bot.search.verify", "cut.toml")
