"""Was it said? A claim is laid along what was said near it, and what differs decides."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.corpus import word_forms
from bot.language import Token, is_content, is_negation, join_marks, respell, tokens, weight
from bot.search.verify.alignment import (
    Fit,
    Verdict,
    fit,
    fits,
    fits_with_omissions,
)
from bot.search.verify.diff import Difference, Kind, align, differences
from bot.search.verify.region import lean, longest_runs, read_regions
from bot.search.verify.speakers import bare, is_by
from bot.search.verify.statement import TELLING_RUN, is_found, set_phrases

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.corpus import Passage
    from bot.search.verify.region import Region, Runs

__all__ = ["LONGEST_CLAIM", "Difference", "Judgement", "Kind", "Verdict", "join", "judge", "stands_beside"]

LONGEST_CLAIM = 4_000
"""Characters of a claim that is judged; a longer one is not found."""

_REACH, _WORDS_A_SENTENCE = 2, 12
_MOST_PLACES, _FEW_PLACES, _MANY_WORDS = 24, 4, 100
"""Places that a claim is compared with: fewer, but wider around, when it has many words."""

_LAID_ALONG = 10
"""Places of these that a claim is laid along: those that have most of its words."""

_LEAST_WORDS, _LEAST_EMPTY = 3, 5
"""Words that a claim has at least, and one without a word of content: of that only the very row of words counts."""

_LEAST_PIECE, _LEAST_PIECE_WEIGHT, _MOST_PIECES = 3, 1.6, 4
"""Words and weight that a piece of a stitched claim has at least, and how many pieces are looked for."""

_MOST_EPISODES = 3
"""Episodes near a claim whose words are never read as misspelt, the nearest first."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its places (several when stitched, the nearest or none when not found).

    `marked` are for each passage the [start, end) of its words that are in the claim; `differences` read in order;
    `too_little` says that the claim is too short to be judged, `unasked` that a message has no words to check. `words`
    is the verdict whoever said it, `by` says whether the claimed speaker did: None where the transcript names nobody.
    `beside` is where somebody else, by name, says what the transcript gives to nobody at the first place. `claim` has
    the words of a message that were not found, without the talk around them.
    """

    verdict: Verdict
    passages: tuple[Passage, ...] = ()
    differences: tuple[Difference, ...] = ()
    marked: tuple[tuple[tuple[int, int], ...], ...] = ()
    too_little: bool = False
    unasked: bool = False
    beside: Judgement | None = None
    words: Verdict | None = None
    by: bool | None = True
    claim: str = ""


_FINAL = frozenset({Verdict.EXACT, Verdict.OTHER_SPEAKER, Verdict.UNATTRIBUTED})
"""Verdicts on words that stand in the edition as claimed: what was printed before it was mended changes nothing."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A claim: its words, its tokens and who is said to have said it."""

    text: str
    tokens: tuple[Token, ...]
    speaker: str | None


def judge(
    claim: str,
    near: Sequence[Passage],
    *,
    speaker: str | None = None,
    printed: Callable[[Passage], str] | None = None,
) -> Judgement:
    """Say whether a claim was made in one of the sentences `near` (best first) or around them.

    `printed` returns a sentence as its source had it before the declared errata: a claim that has the source's words is
    as good as one that has the edition's.
    """
    text = bare(claim)
    asked = tokens(text) if len(text) <= LONGEST_CLAIM else ()
    if not _says_enough(asked):
        return _not_found(near, too_little=len(text) <= LONGEST_CLAIM)
    # Speakers stutter, claims do not: a negation or a word of content that a claim has twice was meant twice.
    asked = tuple(
        token._replace(free=token.free and not (is_negation(token.form) or is_content(token.form))) for token in asked
    )
    whole = _Claim(text, asked, speaker)
    judged = _compare(whole, near, None)
    hopeless = judged.verdict is Verdict.NOT_FOUND and len(asked) > _MANY_WORDS
    if not _has_content(asked) and not _is_word_for_word(judged):
        return _not_found(near, too_little=True)
    if printed is None or hopeless or judged.verdict in _FINAL:
        return judged
    # Only where errata touch it does a place read otherwise as printed.
    mended = [place for place in near if (wide := place.widen(1)).text.split() != printed(wide).split()]
    again = _compare(whole, mended, printed)
    if again.verdict in (_FINAL | {Verdict.CLOSE}) - {judged.verdict}:
        return judged if _states_otherwise(again.differences) else again
    return again if judged.verdict is Verdict.NOT_FOUND and again.verdict is not Verdict.NOT_FOUND else judged


_WORST = (
    Verdict.NOT_FOUND,
    Verdict.ALTERED,
    Verdict.OTHER_SPEAKER,
    Verdict.STITCHED,
    Verdict.OMITTED,
    Verdict.UNATTRIBUTED,
    Verdict.CLOSE,
    Verdict.EXACT,
)
"""Verdicts in the order in which one of several lines counts for all."""


def join(judged: Sequence[Judgement]) -> Judgement:
    """Return one judgement of several lines, at least one: all of them when all were said, else the worst."""
    judged = [each for each in judged if not each.too_little] or judged
    # A line that several quotes are part of was judged whole for each.
    telling = list({tuple(passage.id for passage in each.passages): each for each in judged}.values())
    worst = min(telling, key=lambda each: _WORST.index(each.verdict))
    if worst.verdict not in {Verdict.EXACT, Verdict.CLOSE}:
        return worst
    return Judgement(
        worst.verdict,
        tuple(passage for each in telling for passage in each.passages),
        tuple(part for each in telling for part in each.differences),
        tuple(marked for each in telling for marked in each.marked),
        words=worst.verdict,
    )


def stands_beside(words: str, judged: Judgement) -> bool:
    """Say whether words that were taken for talk were said where a claim was found, or in the sentence beside it."""
    forms = [token.form for token in tokens(words)]
    wide = judged.passages[0].widen(1) if judged.passages else None
    if wide is None or not any(is_content(form) for form in forms):
        return False
    said = {token.form for token in tokens(wide.text)} - {
        token.form
        for passage, marked in zip(judged.passages, judged.marked, strict=True)
        for begin, end in marked
        for token in tokens(passage.text[begin:end])
    }
    found = [form for form in forms if form in said]
    return 2 * len(found) >= len(forms) and any(is_content(form) for form in found)


def _states_otherwise(parts: Sequence[Difference]) -> bool:
    """Say whether a mending of the source, which a claim goes without, is one of a number or a negation."""
    facts: dict[Kind, list[str]] = {Kind.SAID: [], Kind.CLAIMED: []}
    for part in parts:
        if part.kind in facts:
            found = (token.form for token in tokens(part.text))
            facts[part.kind].extend(form for form in found if is_negation(form) or form.startswith("#"))
    return facts[Kind.SAID] != facts[Kind.CLAIMED]


def _says_enough(asked: Sequence[Token]) -> bool:
    """Say whether there are three words, one of them with content, or five."""
    written = {token.word: token.surface.count(" ") + 1 for token in asked}
    return sum(written.values()) >= (_LEAST_WORDS if _has_content(asked) else _LEAST_EMPTY)


def _has_content(asked: Sequence[Token]) -> bool:
    """Say whether a claim has a word of content."""
    return any(is_content(token.form) for token in asked if not token.free)


def _is_word_for_word(judged: Judgement) -> bool:
    """Say whether a claim stands there with all its words and no other, fillers too."""
    return judged.verdict in _FINAL and all(part.kind is Kind.SAME for part in judged.differences)


def _not_found(near: Sequence[Passage], *, too_little: bool = False) -> Judgement:
    """Return that a claim is not there, with the nearest place."""
    nearest = tuple(near[:1])
    return Judgement(Verdict.NOT_FOUND, nearest, marked=((),) * len(nearest), too_little=too_little)


def _compare(claim: _Claim, near: Sequence[Passage], printed: Callable[[Passage], str] | None) -> Judgement:
    """Judge a claim against the edition's words, or those that were printed."""
    count = len(claim.tokens)
    reach = _REACH + count // _WORDS_A_SENTENCE
    places = _likeliest(claim, near[: _FEW_PLACES if count > _MANY_WORDS else _MOST_PLACES], reach)
    regions = list(read_regions(places, reach, printed))
    episodes = list(dict.fromkeys(region.episode for region in regions))[:_MOST_EPISODES]

    def known(word: str) -> bool:
        written = (word, word.capitalize(), word.upper())
        return any(_stands_in(form, episode.text) for episode in episodes for form in written)

    asked = respell(claim.tokens, [region.tokens for region in regions], known)
    claim = _Claim(claim.text, asked, claim.speaker)
    forms = [asked[number].form for number in lean(asked)]
    runs = [longest_runs(forms, region) for region in regions]
    if count > _MANY_WORDS and max((run for of in runs for run, _ in of), default=0) < TELLING_RUN:
        return _not_found(near)
    found = fits(asked, regions, runs)
    confirmed = [each for each in found if each.verdict in {Verdict.EXACT, Verdict.CLOSE}]
    if confirmed:
        return _attribute(claim, confirmed, printed)
    parts = _parts_between_marks(claim)
    shortened = (fits_with_omissions(parts, region) for region in regions) if parts else ()
    if whole := next((each for each in shortened if each), None):
        return _attribute(claim, [whole], printed)
    pieces = [] if found and found[0].is_one_place() else _pieces(asked, regions, runs)
    if pieces:
        return _join_pieces(claim, pieces, printed)
    phrases = set_phrases(regions)
    altered = [each for each in found if is_found(each, asked, phrases)]
    return _locate(claim, _theirs(claim, altered), Verdict.ALTERED, printed) if altered else _not_found(near)


def _likeliest(claim: _Claim, near: Sequence[Passage], reach: int) -> Sequence[Passage]:
    """Return those of some places that have a claim's words in a row, or most of its weight around; in their order.

    Counting words costs a twentieth of laying a claim along them.
    """
    if len(near) <= _LAID_ALONG:
        return near
    run = word_forms(claim.text)
    wanted = {form: weight(form) for form in run}

    def share(number: int) -> tuple[bool, float]:
        said = word_forms(near[number].widen(reach).text)
        in_a_row = f" {' '.join(run)} " in f" {' '.join(said)} "
        return in_a_row, sum(wanted[form] for form in wanted.keys() & frozenset(said))

    kept = sorted(range(len(near)), key=share, reverse=True)[:_LAID_ALONG]
    return [near[number] for number in sorted(kept)]


def _parts_between_marks(claim: _Claim) -> list[tuple[int, tuple[Token, ...]]]:
    """Return what stands between the marks of omission in a claim, each part with the number of its first token.

    Nothing when there is no mark, or a part is too little to be found by itself.
    """
    row = claim.tokens
    gaps = (
        (number, claim.text[one.end : other.begin]) for number, (one, other) in enumerate(itertools.pairwise(row), 1)
    )
    cuts = [0, *(number for number, between in gaps if "…" in between or "..." in between), len(row)]
    parts = [(begin, row[begin:end]) for begin, end in itertools.pairwise(cuts)]
    told = all(
        len(part) >= _LEAST_PIECE and sum(weight(token.form) for token in part) >= _LEAST_PIECE_WEIGHT
        for _, part in parts
    )
    return parts if len(parts) > 1 and told else []


def _stands_in(word: str, text: str) -> bool:
    """Say whether a word stands in a text, written just so."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
            return True
        at = text.find(word, end)
    return False


def _attribute(claim: _Claim, found: Sequence[Fit], printed: Callable[[Passage], str] | None) -> Judgement:
    """Judge who said a claim whose words stand in these places, best first: one place that is theirs is enough."""
    by: dict[bool | None, Judgement] = {}
    for each in found:
        theirs = is_by(_voices(each), claim.speaker)
        if theirs not in by:
            by[theirs] = _locate(claim, each, each.verdict, printed)
    if True in by:
        return by[True]
    others = replace(by[False], verdict=Verdict.OTHER_SPEAKER) if False in by else None
    return replace(by[None], verdict=Verdict.UNATTRIBUTED, beside=others) if others is None or None in by else others


def _theirs(claim: _Claim, found: Sequence[Fit]) -> Fit:
    """Return the first of some places, best first, or one as good that the claimed speaker says."""
    as_good = (each for each in found if each.goodness() >= found[0].goodness())
    return next((each for each in as_good if is_by(_voices(each), claim.speaker)), found[0])


def _voices(found: Fit) -> set[str | None]:
    """Return the labels of everybody who says part of a claim."""
    episode = found.region.episode
    sentences = {found.region.sentences[place] for place in found.said()}
    return {voice for sentence in sentences for voice in episode.passage(sentence, sentence).voices}


def _pieces(asked: tuple[Token, ...], regions: Sequence[Region], runs: Sequence[Runs]) -> list[Fit]:
    """Return the places apart that a claim is put together from, each word for word; empty when it is not."""
    numbers = lean(asked)
    pieces: list[Fit] = []
    at = 0
    while at < len(numbers) and len(pieces) < _MOST_PIECES:
        (length, place), best = max(
            ((of[at], number) for number, of in enumerate(runs)),
            key=lambda run: (run[0][0], -run[1]),
            default=((0, 0), 0),
        )
        until = at + length
        if length < _LEAST_PIECE or sum(weight(asked[each].form) for each in numbers[at:until]) < _LEAST_PIECE_WEIGHT:
            return []
        region = regions[best]
        spots = lean(region.tokens)[place : place + length]
        begin, end = numbers[at] if at else 0, numbers[until] if until < len(numbers) else len(asked)
        laid = align(asked[begin:end], region.tokens[spots[0] : spots[-1] + 1])
        pieces.append(Fit(region, [pair.shift(begin, spots[0]) for pair in laid], Verdict.STITCHED, 1.0, length))
        at = until
    apart = any(_apart(one, other) for one, other in itertools.pairwise(pieces))
    return pieces if apart and at == len(numbers) else []


def _apart(one: Fit, other: Fit) -> bool:
    """Say whether a piece does not go on in the sentence of the piece before it, or in the one after that."""
    if one.region.episode is not other.region.episode:
        return True
    return not 0 <= other.sentences()[0] - one.sentences()[1] <= 1


def _join_pieces(claim: _Claim, pieces: Sequence[Fit], printed: Callable[[Passage], str] | None) -> Judgement:
    """Return the judgement that shows each piece's place."""
    shown = [_locate(claim, piece, Verdict.STITCHED, printed) for piece in pieces]
    return Judgement(
        Verdict.STITCHED,
        tuple(each.passages[0] for each in shown),
        tuple(part for each in shown for part in each.differences),
        tuple(each.marked[0] for each in shown),
        words=Verdict.STITCHED,
        by=_all_by([each.by for each in shown]),
    )


def _all_by(theirs: Sequence[bool | None]) -> bool | None:
    """Return whether all of some places are the claimed speaker's: one that is not decides, then one without a name."""
    return False if False in theirs else None if None in theirs else True


def _locate(claim: _Claim, found: Fit, verdict: Verdict, printed: Callable[[Passage], str] | None) -> Judgement:
    """Return the judgement that shows where a claim fits, in the edition's words."""
    passage = found.region.episode.passage(*found.sentences())
    if printed is not None:
        claimed = sorted(pair.claimed for pair in found.pairs if pair.claimed is not None)
        part = claim.tokens[claimed[0] : claimed[-1] + 1]
        (region,) = read_regions([passage], 0, None)
        again = fit(part, region, 0, len(region.tokens))
        found = Fit(region, [pair.shift(claimed[0], 0) for pair in again.pairs], verdict, again.share, again.run)
    row = found.region.place()
    same = (
        row[pair.said]
        for pair in found.pairs
        if pair.said is not None and pair.claimed is not None and row[pair.said].form == claim.tokens[pair.claimed].form
    )
    marked = join_marks(passage.text, ((token.begin - passage.begin, token.end - passage.begin) for token in same))
    shown = differences(found.pairs, claim.tokens, row, claim.text, passage.episode.text)
    return Judgement(verdict, (passage,), shown, (marked,), words=verdict, by=is_by(_voices(found), claim.speaker))
