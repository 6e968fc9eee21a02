"""Laying a claim along what was said near it: the regions, the best place in them, and what differs there."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.corpus import is_direction
from bot.language import Gap, Token, is_content, is_negation, look_alike, stop_words, tokens, weight, word_set
from bot.search.verify.diff import Pair, align, is_same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from bot.corpus import Episode, Passage

__all__ = [
    "TELLING_RUN",
    "Fit",
    "Region",
    "Runs",
    "Verdict",
    "fit",
    "fits",
    "fits_with_omissions",
    "is_found",
    "lean",
    "longest_runs",
    "read_regions",
    "set_phrases",
]

Runs = list[tuple[int, int]]
"""For each word of a claim the longest run of equal words that begins there: how many, and where in the region."""

FOUND_SHARE, SURE_SHARE = 0.46, 0.75
"""A line is there when this much of the claim's weight stands in it with a run of equal words, or so much without.

Measured in a first lab (RETRIEVAL.md section 2), and kept after a look at two thirds of the development claims: there
claims that were never made reach 0.43 with a run of 2, lines that were said 0.49 and more with a run of 4.
"""

RUNS, LONG_RUN = ((4, 2), (9, 3)), 4
"""The run that is asked for: 2 equal words in claims of up to 4, 3 up to 9, else 4 (same provenance)."""

TELLING_RUN, TELLING_SHARE = 6, 0.33
"""So long a run with so much of the weight says by itself that a line is there (same provenance: 4 at most)."""

STATED_SHARE, STATED_RUN = 0.6, 5
"""A sentence makes a claim's statement when it has this share of its pieces, or so many one after another.

A piece is a word, or a name or set phrase that the corpus has more than once. Measured on seven shows: of 573 lines of
up to twelve words with one fact changed 567 have the share, of 222 set phrases with other words behind them 13 have,
and of 69 short claims that were never made 3 (`python -m benchmarks.claims`).
"""

LOOKS_ALIKE = 0.6
"""What counts of a word when the said word is spelt nearly so, or both are numbers: a slip of the ear or of a phone."""

HOPELESS = 0.25
"""A stretch that holds less of the claim's weight, in any order, is not looked at (nothing found had less than 0.4)."""

_MOST_WINDOWS, _MOST_LITERAL = 3, 48
"""Places where a claim is laid along what was said; more where its very words stand, as each may be another voice's."""

_CONDITIONS = word_set("if unless except only")
_MOST_LEFT_OUT = 80
"""Words that may be left out at one mark; what is further apart comes from two places."""

_NOTE = re.compile(r"\[[^\[\]]{1,60}\]|\([^()]{1,40}\)")
_MARGIN = 8
_LONGEST_PHRASE = 2
MOST_SKIPPED = 3
"""Words left out, and a quarter of all, that still make one place of what a claim has."""

_LOOK_BACK = 6
_SUBJECTS = word_set("i we you they he she it there")
# What may stand between a negation and the words it turns into their opposite: I don't think that …, it's not like …
_GOVERNING = (
    word_set(
        "think thinks thought believe believes say says said saying mean know knows want wants wanted feel feels "
        "see agree claim suggest suggesting expect guess imagine assume going go like that to really necessarily "
        "actually even exactly always quite very all so a the be been have about because true clear certain "
        "convinced sure is are was were do does did will would can could should just ever need try trying"
    )
    | _SUBJECTS
)


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
class Region:
    """Neighbouring sentences as one row of tokens; `begins` and `sentences` say where each token's sentence is."""

    episode: Episode
    tokens: list[Token] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)

    def place(self) -> list[Token]:
        """Return the tokens with their places in the episode's text and their words numbered through."""
        return [
            token._replace(begin=token.begin + begin, end=token.end + begin, word=token.word + begin)
            for token, begin in zip(self.tokens, self.begins, strict=True)
        ]


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


@lru_cache(maxsize=2048)
def _sentence(text: str) -> tuple[Token, ...]:
    """Return the tokens of a sentence, those of stage directions free; many claims meet the same ones."""
    row = tokens(text)
    notes = (
        [note.span() for note in _NOTE.finditer(text) if is_direction(note[0])] if "[" in text or "(" in text else []
    )
    if not notes:
        return row
    heard = [any(begin <= token.begin < end for begin, end in notes) for token in row]
    return tuple(token._replace(free=token.free or unsaid) for token, unsaid in zip(row, heard, strict=True))


def read_regions(near: Sequence[Passage], reach: int, read: Callable[[Passage], str] | None) -> Iterator[Region]:
    """Yield each candidate with so many sentences on either side, those that touch as one, best candidates first.

    `read` returns the words of a sentence when they are not the edition's.
    """
    spans: list[tuple[Episode, int, int]] = []
    for passage in near:
        wide = passage.widen(reach)
        first, last = wide.first, wide.last
        for number, (episode, begin, end) in enumerate(spans):
            touching = episode is wide.episode and first <= end + 1 and begin <= last + 1
            if touching and episode.is_whole(min(first, begin), max(last, end)):
                spans[number] = episode, min(first, begin), max(last, end)
                break
        else:
            spans.append((wide.episode, first, last))
    for episode, first, last in spans:
        region = Region(episode)
        for sentence in range(first, last + 1):
            passage = episode.passage(sentence, sentence)
            row = _sentence(read(passage) if read else passage.text)
            region.tokens.extend(row)
            region.begins.extend([passage.begin] * len(row))
            region.sentences.extend([sentence] * len(row))
        yield region


def lean(row: Sequence[Token]) -> list[int]:
    """Return the numbers of the tokens that are not free."""
    return [number for number, token in enumerate(row) if not token.free]


def longest_runs(forms: Sequence[str], region: Region) -> Runs:
    """Return for each word the longest run of equal words that begins there; free words of the region do not count."""
    places: dict[str, list[int]] = {}
    for place, number in enumerate(lean(region.tokens)):
        places.setdefault(region.tokens[number].form, []).append(place)
    runs: Runs = []
    after: dict[int, int] = {}
    for form in reversed(forms):
        here = {place: after.get(place + 1, 0) + 1 for place in places.get(form, ())}
        best = max(here, key=here.__getitem__, default=0)
        runs.append((here.get(best, 0), best))
        after = here
    return runs[::-1]


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
    before, after = _cut_off(region, own[0], own[-1])
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
        before, after = _cut_off(region, equal[0], equal[-1])
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


def set_phrases(regions: Sequence[Region]) -> AbstractSet[tuple[str, str]]:
    """Return the pairs of neighbouring words that more than one sentence has: names, phrases that come back."""
    once: set[tuple[str, str]] = set()
    often: set[tuple[str, str]] = set()
    for region in regions:
        heard = ((region.tokens[number].form, region.sentences[number]) for number in lean(region.tokens))
        pairs = {(one, other, at) for (one, at), (other, beside) in pairwise(heard) if at == beside}
        for one, other, _ in pairs:
            (often if (one, other) in once else once).add((one, other))
    return often


def is_found(best: Fit, asked: Sequence[Token], phrases: AbstractSet[tuple[str, str]]) -> bool:
    """Say whether the line is there, changed or not: more of its statement than a name or one of some set phrases."""
    if not any(is_content(asked[pair.claimed].form) for pair in best.pairs if pair.claimed is not None):
        return False
    if not _is_stated(best, asked, phrases):
        return False
    needed = next((run for most, run in RUNS if len(asked) <= most), LONG_RUN)
    if best.share >= FOUND_SHARE and (best.run >= needed or best.share >= SURE_SHARE):
        return True
    return best.share >= TELLING_SHARE and best.run >= TELLING_RUN


def _is_stated(best: Fit, asked: Sequence[Token], phrases: AbstractSet[tuple[str, str]]) -> bool:
    """Say whether the statement of a claim, or of a long stretch of one that breaks off, is made in one place."""
    row = lean(asked)
    stretches: list[list[int]] = [[]]
    for number in row:
        if asked[number].gap is Gap.BREAK and len(stretches[-1]) >= LONG_RUN:
            stretches.append([])
        stretches[-1].append(number)
    whole = [row, *(stretch for stretch in stretches if len(stretch) >= LONG_RUN)]
    return any(
        _has_most_pieces(stretch, equal, best, asked, phrases) for equal in _places(best, asked) for stretch in whole
    )


def _places(best: Fit, asked: Sequence[Token]) -> list[dict[int, int]]:
    """Return which words of a claim are which of the region, for each place apart: another sentence, not close by.

    A word that means nothing by itself counts only close to another that is in the claim.
    """
    said, sentences = best.region.tokens, best.region.sentences
    equal = [
        (pair.claimed, pair.said)
        for pair in best.pairs
        if pair.claimed is not None and pair.said is not None and asked[pair.claimed].form == said[pair.said].form
    ]
    places: list[dict[int, int]] = [{}]
    before = -MOST_SKIPPED
    for number, (claimed, place) in enumerate(equal):
        after = equal[number + 1][1] if number + 1 < len(equal) else place + MOST_SKIPPED
        if places[-1] and place - before > MOST_SKIPPED and sentences[place] != sentences[before]:
            places.append({})
        if min(place - before, after - place) <= MOST_SKIPPED or is_content(asked[claimed].form):
            places[-1][claimed] = place
        before = place
    return places


def _has_most_pieces(
    row: Sequence[int], equal: Mapping[int, int], best: Fit, asked: Sequence[Token], phrases: AbstractSet[tuple[str, str]]
) -> bool:
    """Say whether enough pieces of these words of a claim were said in a place, of all or one after another."""
    said, sentences = best.region.tokens, best.region.sentences
    own = {sentences[place] for place in equal.values()}
    here = {token.form for token, sentence in zip(said, sentences, strict=True) if sentence in own}
    mates = {pair.claimed: said[pair.said].form for pair in best.pairs if pair.said is not None and sentences[pair.said] in own}
    pieces: list[float] = []
    telling: set[int] = set()
    run = longest = held = 0
    before = -1
    for number in row:
        form, told, goes_on = asked[number].form, number in equal, before in equal
        means = is_content(form)
        alike = told or look_alike(form, mates.get(number, "")) or (means and form in here)
        phrase = told is goes_on and (asked[before].form, form) in phrases and held + means <= _LONGEST_PHRASE
        if not phrase:
            pieces.append(1.0 if told else LOOKS_ALIKE * alike)
        held = held * phrase + means
        if means and alike:
            telling.add(len(pieces))
        if not told or (goes_on and equal[number] - equal[before] > MOST_SKIPPED):
            run = 0
        run += told and not phrase
        longest, before = max(longest, run), number
    told_words = len(equal.keys() & set(row))
    framed = len(telling) > 1 or pieces.count(1.0) > _LONGEST_PHRASE or (row[0] in equal and row[-1] in equal) or told_words > .8 * len(row)
    return (framed and sum(pieces) >= STATED_SHARE * len(pieces)) or longest >= STATED_RUN


def _cut_off(region: Region, first: int, last: int) -> tuple[range, range]:
    """Return the words beside a fragment without which it says the opposite: a negation and what it governs."""
    before = after = range(0)
    right, stop, filled = first, region.tokens[first].gap, False
    for place in range(first - 1, max(-1, first - 1 - _LOOK_BACK), -1):
        token = region.tokens[place]
        if region.sentences[place] != region.sentences[first]:
            break
        if not token.free:
            if stop and (not filled or region.tokens[right].form in _SUBJECTS):
                break
            if is_negation(token.form):
                before = range(place, first)
                break
            if token.form not in _GOVERNING:
                break
            right, stop, filled = place, token.gap, False
        else:
            stop, filled = max(stop, token.gap), True
    follows = region.tokens[last + 1 : last + 2]
    same = follows and region.sentences[last + 1] == region.sentences[last] and not follows[0].gap
    if same and is_negation(follows[0].form):
        after = range(last + 1, last + 2)
    return before, after
