"""Whether a sentence makes a claim's statement, with something changed, or has only a name or a set phrase of it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from bot.language import Gap, is_content, look_alike
from bot.search.verify.alignment import LONG_RUN, LOOKS_ALIKE, MOST_SKIPPED, SURE_SHARE
from bot.search.verify.region import lean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from bot.language import Token
    from bot.search.verify.alignment import Fit
    from bot.search.verify.region import Region

    Phrases = AbstractSet[tuple[str, str]]

__all__ = ["TELLING_RUN", "is_found", "set_phrases"]

FOUND_SHARE = 0.46
"""A line is there when this much of the claim's weight stands in it with a run of equal words, or so much without.

Measured in a first lab (RETRIEVAL.md section 2), and kept after a look at two thirds of the development claims: there
claims that were never made reach 0.43 with a run of 2, lines that were said 0.49 and more with a run of 4.
"""

RUNS = ((4, 2), (9, 3))
"""The run that is asked for: 2 equal words in claims of up to 4, 3 up to 9, else LONG_RUN (same provenance)."""

TELLING_RUN, TELLING_SHARE = 6, 0.33
"""So long a run with so much of the weight says by itself that a line is there (same provenance: 4 at most)."""

STATED_SHARE, STATED_RUN = 0.6, 5
"""A sentence makes a claim's statement when it has this share of its pieces, or so many one after another.

A piece is a word, or words that the corpus has side by side in another sentence too: a name, part of a set phrase.
Measured on seven shows (`python -m benchmarks.claims`, and before that 420 set phrases with another show's words behind
them): of lines with one fact changed 2 in 100 have less, of claims with but a name or a phrase 4 in 100 have it.
"""

_FRAME, _ALL_BUT_ONE = 3, 0.8
"""Pieces that are more than a name when one is changed, and more than these when several are; share of all words."""

_SHORT = 12
"""Words of a claim up to which a name or a set phrase can be so much of it that it is taken for the line."""

_LONGEST_PHRASE = 2
"""Words that mean something which one piece has at most: three that come back are a line that was said twice."""


def set_phrases(regions: Sequence[Region]) -> Phrases:
    """Return the pairs of neighbouring words that more than one sentence has."""
    once: set[tuple[str, str]] = set()
    often: set[tuple[str, str]] = set()
    for region in regions:
        heard = ((region.tokens[number].form, region.sentences[number]) for number in lean(region.tokens))
        for one, other, _ in {(one, other, at) for (one, at), (other, beside) in pairwise(heard) if at == beside}:
            (often if (one, other) in once else once).add((one, other))
    return often


def is_found(best: Fit, asked: Sequence[Token], phrases: Phrases) -> bool:
    """Say whether the line is there, changed or not."""
    if not any(is_content(asked[pair.claimed].form) for pair in best.pairs if pair.claimed is not None):
        return False
    needed = next((run for most, run in RUNS if len(asked) <= most), LONG_RUN)
    found = best.share >= FOUND_SHARE and (best.run >= needed or best.share >= SURE_SHARE)
    telling = best.share >= TELLING_SHARE and best.run >= TELLING_RUN
    return (found or telling) and (len(lean(asked)) > _SHORT or _is_stated(best, asked, phrases))


def _is_stated(best: Fit, asked: Sequence[Token], phrases: Phrases) -> bool:
    """Say whether the statement of a claim, or of a long stretch of one that breaks off, is made in one place."""
    row = lean(asked)
    stretches: list[list[int]] = [[]]
    for number in row:
        if asked[number].gap is Gap.BREAK and len(stretches[-1]) >= LONG_RUN:
            stretches.append([])
        stretches[-1].append(number)
    whole = [row, *(stretch for stretch in stretches if len(stretch) >= LONG_RUN)]
    return any(_is_made(stretch, equal, best, asked, phrases) for equal in _places(best, asked) for stretch in whole)


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


def _is_made(row: Sequence[int], equal: Mapping[int, int], best: Fit, asked: Sequence[Token], phrases: Phrases) -> bool:
    """Say whether enough pieces of these words of a claim were said in a place, of all or one after another."""
    said, sentences = best.region.tokens, best.region.sentences
    own = {sentences[place] for place in equal.values()}
    here = {token.form for token, sentence in zip(said, sentences, strict=True) if sentence in own}
    mates = {
        claimed: said[place].form for claimed, place in best.pairs if place is not None and sentences[place] in own
    }

    def worth(number: int) -> float:
        form = asked[number].form
        nearly = look_alike(form, mates.get(number, "")) or (is_content(form) and form in here)
        return 1.0 if number in equal else LOOKS_ALIKE * nearly

    pieces = _pieces(row, equal, asked, phrases)
    worths = [max(map(worth, piece)) for piece in pieces]
    if _longest_run(pieces, equal) >= STATED_RUN:
        return True
    told = worths.count(1.0)
    telling = sum(any(is_content(asked[number].form) and worth(number) for number in piece) for piece in pieces)
    framed = (
        (row[0] in equal and row[-1] in equal)
        or len(equal.keys() & set(row)) > _ALL_BUT_ONE * len(row)
        or told > _FRAME
        or (len(pieces) - told == 1 and (told == _FRAME or telling > 1))
    )
    return framed and sum(worths) >= STATED_SHARE * len(pieces)


def _pieces(row: Sequence[int], equal: Mapping[int, int], asked: Sequence[Token], phrases: Phrases) -> list[list[int]]:
    """Part words of a claim into pieces; in each either all words were said or none."""
    pieces: list[list[int]] = []
    for number in row:
        last = pieces[-1] if pieces else []
        content = sum(is_content(asked[each].form) for each in (*last, number))
        goes_on = last and (asked[last[-1]].form, asked[number].form) in phrases and content <= _LONGEST_PHRASE
        if goes_on and (number in equal) is (last[-1] in equal):
            last.append(number)
        else:
            pieces.append([number])
    return pieces


def _longest_run(pieces: Sequence[Sequence[int]], equal: Mapping[int, int]) -> int:
    """Return how many pieces that were said stand together at most, with few words between them."""
    run = longest = 0
    before = -1
    for piece in pieces:
        if piece[0] not in equal or (run and equal[piece[0]] - before > MOST_SKIPPED):
            run = 0
        if piece[0] in equal:
            run, before = run + 1, equal[piece[-1]]
        longest = max(longest, run)
    return longest
