"""Laying a claim along what was said near it: the best place, and what differs there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.language import Gap, is_negation, look_alike, stop_words, weight, word_set
from bot.search.verify.cut import cut_off
from bot.search.verify.diff import Pair, align, is_same
from bot.search.verify.region import lean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.language import Token
    from bot.search.verify.region import Region, Runs

__all__ = [
    "LONG_RUN",
    "LOOKS_ALIKE",
    "MOST_SKIPPED",
    "SURE_SHARE",
    "Fit",
    "Verdict",
    "fit",
    "fits",
    "fits_with_omissions",
]

SURE_SHARE = 0.75
"""So much of a claim's weight stands in one place only where the line is there (RETRIEVAL.md section 2)."""

LONG_RUN = 4
"""Equal words in a row from which a stretch of a claim counts by itself (same provenance)."""

LOOKS_ALIKE = 0.6
"""What counts of a word when the said word is spelt nearly so, or both are numbers: a slip of the ear or of a phone."""

HOPELESS = 0.25
"""A stretch that holds less of the claim's weight, in any order, is not looked at (nothing found had less than 0.4)."""

_MOST_WINDOWS, _MOST_LITERAL = 3, 48
"""Places where a claim is laid along what was said; more where its very words stand, as each may be another voice's."""

_CONDITIONS = word_set("if unless except only")
_MOST_LEFT_OUT = 80
"""Words that may be left out at one mark; what is further apart comes from two places."""

_MARGIN = 8
MOST_SKIPPED = 3
"""Words left out, and a quarter of all, that still make one place of what a claim has."""


class Verdict(StrEnum):
    """What is true of a claimed quote."""

    EXACT = "exact"
    CLOSE = "close"
    OMITTED = "omitted"
    ALTERED = "altered"
    STITCHED = "stitched"
    OTHER_SPEAKER = "other-speaker"
    UNATTRIBUTED = "unattributed"
    NOT_FOUND = "not-found"


@dataclass(frozen=True, slots=True)
class Fit:
    """A claim laid along a region: the steps (numbers of the region's tokens) and how good that is."""

    region: Region
    pairs: list[Pair]
    verdict: Verdict
    share: float
    run: int

    def said(self) -> list[int]:
        """Return the region's tokens that are in the claim."""
        return [pair.said for pair in self.pairs if pair.said is not None and pair.claimed is not None]

    def sentences(self) -> tuple[int, int]:
        """Return the first and the last sentence that are in the claim."""
        said = self.said()
        return self.region.sentences[said[0]], self.region.sentences[said[-1]]

    def is_one_place(self) -> bool:
        """Say whether nearly all of the claim stands together here, changed or not, rather than in two places."""
        skipped = sum(1 for pair in self.pairs if pair.claimed is None)
        return self.share >= SURE_SHARE and skipped <= MOST_SKIPPED + len(self.pairs) // 4

    def goodness(self) -> tuple[bool, bool, float, int]:
        """Return what makes one fit better than another."""
        return self.verdict is Verdict.EXACT, self.verdict is Verdict.CLOSE, self.share, self.run


def fits(asked: tuple[Token, ...], regions: Sequence[Region], runs: Sequence[Runs]) -> list[Fit]:
    """Lay the claim along the parts of the regions where it is most likely to fit; the best comes first."""
    wanted = Counter(token.form for token in asked)
    count = len(lean(asked))
    windows: list[tuple[float, int, int, Region]] = []
    literal = f" {' '.join(token.form for token in asked)} "
    for region, ((run, place), *_) in zip(regions, runs, strict=True):
        row = f" {' '.join(token.form for token in region.tokens)} "
        begins = _literal_places(literal, row)
        windows += [(float(3 * len(asked)), begin, begin + len(asked), region) for begin in begins]
        if begins:
            continue
        if run == count:
            places = lean(region.tokens)[place : place + run]
            windows.append((float(2 * len(asked)), max(0, places[0] - _MARGIN), places[-1] + _MARGIN, region))
        else:
            windows.append((*_window(wanted, len(asked), region), region))
    windows.sort(key=lambda window: -window[0])
    whole = sum(window[0] == 3 * len(asked) for window in windows)
    least = HOPELESS * sum(weight(token.form) for token in asked)
    looked_at = windows[: max(_MOST_WINDOWS, min(whole, _MOST_LITERAL))]
    found = [fit(asked, region, begin, end) for score, begin, end, region in looked_at if score >= least]
    return sorted(found, key=Fit.goodness, reverse=True)


def fits_with_omissions(parts: Sequence[tuple[int, tuple[Token, ...]]], region: Region) -> Fit | None:
    """Lay the parts of a claim between marks of omission along a region, in order; None unless each was said so.

    A part comes with the number of its first token in the claim. What is left out must not turn the sense: no negation
    or condition of a sentence of which something is kept.
    """
    pairs: list[Pair] = []
    at = 0
    for first, part in parts:
        laid = [pair.shift(0, at) for pair in align(part, region.tokens[at:])]
        said = [pair.said for pair in laid if pair.said is not None]
        if not said or _verdict(part, region.tokens, laid) not in {Verdict.EXACT, Verdict.CLOSE}:
            return None
        left_out = range(at, said[0]) if pairs else range(0)
        if len(left_out) > _MOST_LEFT_OUT:
            return None
        pairs += [Pair(None, place) for place in left_out]
        pairs += [pair.shift(first, 0) for pair in laid]
        at = said[-1] + 1
    found = Fit(region, pairs, Verdict.OMITTED, 1.0, 0)
    own = found.said()
    kept = {region.sentences[place] for place in own}
    turned = any(
        region.sentences[pair.said] in kept and _turns(region.tokens[pair.said].form)
        for pair in pairs
        if pair.claimed is None and pair.said is not None
    )
    before, after = cut_off(region, own[0], own[-1])
    return None if turned or before or after else found


def _turns(form: str) -> bool:
    return is_negation(form) or form in _CONDITIONS


def _literal_places(literal: str, row: str) -> list[int]:
    """Return the numbers of the tokens at which a row of words has these words; a space is around each word."""
    begins: list[int] = []
    at = row.find(literal)
    while at >= 0 and len(begins) < _MOST_LITERAL:
        begins.append(row.count(" ", 0, at + 1) - 1)
        at = row.find(literal, at + 1)
    return begins


def _window(wanted: Counter[str], count: int, region: Region) -> tuple[float, int, int]:
    """Return the stretch of a region that has most of the claim's weight: that weight, begin and end."""
    length = 2 * count + 20
    have: Counter[str] = Counter()
    score = best = 0.0
    best_end = 0
    for end, token in enumerate(region.tokens):
        if end >= length:
            gone = region.tokens[end - length].form
            if gone in wanted:
                have[gone] -= 1
                score -= weight(gone) * (have[gone] < wanted[gone])
        if token.form in wanted:
            score += weight(token.form) * (have[token.form] < wanted[token.form])
            have[token.form] += 1
        if score > best:
            best, best_end = score, end
    return best, max(0, best_end - length - _MARGIN), min(len(region.tokens), best_end + _MARGIN)


def fit(asked: tuple[Token, ...], region: Region, begin: int, end: int) -> Fit:
    """Lay a claim along part of a region, and judge it without regard to who spoke."""
    said = region.tokens
    laid = [pair.shift(0, begin) for pair in align(asked, said[begin:end])]
    equal = [
        pair.said
        for pair in laid
        if pair.said is not None and pair.claimed is not None and said[pair.said].form == asked[pair.claimed].form
    ]
    if not equal:
        return Fit(region, [], Verdict.NOT_FOUND, 0.0, 0)
    first, last = region.sentences[equal[0]], region.sentences[equal[-1]]
    pairs = [
        pair if pair.said is None or first <= region.sentences[pair.said] <= last else Pair(pair.claimed, None)
        for pair in laid
    ]
    pairs = [pair for pair in pairs if pair != (None, None)]
    verdict = _verdict(asked, said, pairs)
    if verdict in {Verdict.EXACT, Verdict.CLOSE}:
        before, after = cut_off(region, equal[0], equal[-1])
        if before or after:
            verdict = Verdict.ALTERED
            pairs = [*(Pair(None, place) for place in before), *pairs, *(Pair(None, place) for place in after)]
    return Fit(region, pairs, verdict, *_likeness(asked, said, pairs))


def _verdict(asked: Sequence[Token], said: Sequence[Token], pairs: Sequence[Pair]) -> Verdict:
    """Return exact, close or altered for a claim that is laid along what was said."""
    verdict = Verdict.EXACT
    for pair in pairs:
        both = [side[place] for side, place in ((asked, pair.claimed), (said, pair.said)) if place is not None]
        if len({token.form for token in both}) == len(both) and not all(token.free for token in both):
            return Verdict.ALTERED
        added = pair.said is None and pair.claimed is not None and asked[pair.claimed].form not in stop_words("sound")
        if added or (len(both) > 1 and not is_same(pair, asked, said)):
            verdict = Verdict.CLOSE
    ours, theirs = [pair.said for pair in pairs], [pair.claimed for pair in pairs]
    return Verdict.ALTERED if _halves(asked, theirs, ours) or _halves(said, ours, theirs) else verdict


def _halves(row: Sequence[Token], own: Sequence[int | None], other: Sequence[int | None]) -> bool:
    """Say whether one word of a "you know" or "I mean" is on both sides and the other is not: you mean, I know."""
    paired = {number: mate is not None for number, mate in zip(own, other, strict=True) if number is not None}
    return any(
        row[number].free
        and row[number].form in {"i", "you"}
        and row[number + 1].form in {"know", "mean"}
        and both is not paired.get(number + 1, both)
        for number, both in paired.items()
        if number + 1 < len(row)
    )


def _likeness(asked: Sequence[Token], said: Sequence[Token], pairs: Sequence[Pair]) -> tuple[float, int]:
    """Return the share of a claim's weight that was said, and its longest run of equal words.

    Of a claim that breaks off (an emoji, a bracket, a new line) the stretch that was said best is what counts.
    """
    stretches: list[tuple[float, float, int]] = []
    total = matched = 0.0
    run = longest = most = count = 0
    for pair in pairs:
        token = None if pair.claimed is None else asked[pair.claimed]
        other = None if pair.said is None else said[pair.said]
        if token and token.gap is Gap.BREAK and count >= LONG_RUN:
            stretches.append((matched, total, longest))
            matched, total, count, longest = 0.0, 0.0, 0, 0
        if token and other and token.form == other.form:
            run += 1
            matched += weight(token.form) * (not token.free)
        elif any(each and not each.free for each in (token, other)):
            alike = token and other and look_alike(token.form, other.form)
            matched += LOOKS_ALIKE * weight(token.form) if token and alike else 0.0
            run = 0
        longest, most = max(longest, run), max(most, run)
        total += weight(token.form) * (not token.free) if token else 0.0
        count += token is not None
    stretches.append((matched, total, longest if count >= LONG_RUN else 0))
    whole = sum(stretch[0] for stretch in stretches) / (sum(stretch[1] for stretch in stretches) or 1.0)
    parts = [part / (of or 1.0) for part, of, longest in stretches if longest >= LONG_RUN]
    return max([whole, *(part for part in parts if part >= SURE_SHARE)]), most
