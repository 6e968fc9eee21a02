"""Negations that a claim was cut off from: words that were said, and say the opposite without what stood beside."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.language import is_negation, read_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.search.verify.region import Region

__all__ = ["cut_off"]

_LOOK_BACK = 6
"""Words before a claim among which a negation is looked for."""

_MUCH = 5
"""Words of a claim that are much of it, and so are more than half of them."""


def cut_off(region: Region, first: int, last: int) -> tuple[range, range]:
    """Return the words just before and behind region.tokens[first : last + 1] without which these say the opposite.

    That is a negation and what stands between. It denies all that follows (I don't think that …), or the first clause:
    that counts where it is much of the words and can be read as a statement: “the ability to” behind “you don't have”
    is none. Behind a claim it denies where it breaks off at a verb that takes it: he said it is … not.
    """
    heard = [place for place in range(first, last + 1) if not region.tokens[place].free] or [first]
    before = _negation_before(region, first)
    if before and not _is_denied(region, before, heard, last):
        before = range(0)
    follows = region.tokens[last + 1 : last + 2]
    beside = follows and region.sentences[last + 1] == region.sentences[last] and not follows[0].gap
    ends = [form for place in heard if not _is_between(form := region.tokens[place].form)]
    taken = beside and is_negation(follows[0].form) and ends[-1:] and ends[-1] in _words()["verbs"]
    denied = taken and _is_much(_clause(region, heard[::-1]), heard)
    return before, range(last + 1, last + 2) if denied else range(0)


def _is_denied(region: Region, before: range, heard: Sequence[int], last: int) -> bool:
    """Say whether words that begin with a negation deny what stands behind them, up to a place.

    What goes on past the end of its sentence is a stretch: there an opinion that nobody has (I don't think …) turns it,
    and a clause that can be read as a statement.
    """
    forms = {region.tokens[place].form for place in before}
    if not forms.isdisjoint(_words()["opinions"]):
        return True
    if region.sentences[last] != region.sentences[before.stop]:
        return _states(region, before) and _denies_clause(region, heard, before, last)
    return not forms.isdisjoint(_words()["whole"]) or _denies_clause(region, heard, before, last)


def _states(region: Region, before: range) -> bool:
    """Say whether the first word behind a negation can begin a statement."""
    return region.tokens[before.stop].form not in _words()["joints"] | _words()["articles"]


def _is_between(form: str) -> bool:
    """Say whether a word may stand between a verb and its negation: definitely, just."""
    return form.endswith("ly") or form in _words()["adverbs"]


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
        if token.form not in _words()["between"] | _words()["whole"] | _words()["opinions"]:
            break
        right, stop, filled = place, token.gap, False
    return range(0)


def _denies_clause(region: Region, heard: Sequence[int], before: range, last: int) -> bool:
    """Say whether much of a claim is a clause that a negation before it denies, whole or begun like a statement."""
    if any(token.gap for token in region.tokens[before.stop + 1 : heard[0] + 1]):
        return False
    count = _clause(region, heard)
    ends = last + 1 == len(region.tokens) or region.sentences[last + 1] != region.sentences[last]
    is_whole = count < len(heard) or ends or bool(region.tokens[last + 1].gap)
    return _is_much(count, heard) and (_states(region, before) or is_whole)


def _clause(region: Region, heard: Sequence[int]) -> int:
    """Return how many of some words, read from one end, are in the first clause: up to a stop or to a joint."""
    for count, (one, other) in enumerate(pairwise(heard), 1):
        earlier, later = min(one, other), max(one, other)
        if (
            region.sentences[one] != region.sentences[other]
            or any(token.gap for token in region.tokens[earlier + 1 : later + 1])
            or region.tokens[later].form in _words()["clauses"]
        ):
            return count
    return len(heard)


@lru_cache(maxsize=1)
def _words() -> dict[str, frozenset[str]]:
    return read_words("bot.search.verify", "cut.toml")
