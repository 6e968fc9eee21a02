"""An episode without what is withdrawn of it: the words are gone, everything else keeps its place."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.contract.message import clock
from bot.corpus.columns import Paragraph, Paragraphs, Sentences, TokenMap
from bot.corpus.words import words
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.corpus.model import Episode
    from bot.corpus.withdrawn import Withdrawal

__all__ = ["named", "without"]

_SHOWN = 60
"""Characters of words that an error repeats."""


def without(episode: Episode, withdrawals: Sequence[Withdrawal]) -> Episode:
    """Return an episode without the sentences that withdrawals touch.

    In the text, line breaks stand in their place, as many as they had characters: all offsets and ids stay, and what
    stood on either side is still apart. Raises SpanError for a withdrawal that is not clear, or when nothing is left.
    """
    gone = sorted({number for each in withdrawals for number in named(episode, each)})
    if not gone:
        return episode
    if len(gone) == len(episode.sentences):
        raise withdrawals[-1].unclear(say("withdrawn.nothing-left"))
    begins, ends = episode.sentences.begins, episode.sentences.ends
    spans = [(begins[first], ends[last]) for first, last in _runs(gone)]
    text = episode.text
    for begin, end in spans:
        text = text[:begin] + "\n" * (end - begin) + text[end:]
    paragraphs, numbers, chapters = _paragraphs(episode, frozenset(gone))
    kept = [replace(episode.sentences[number], paragraph=paragraph) for number, paragraph in numbers.items()]
    return replace(
        episode,
        text=text,
        paragraphs=Paragraphs.of(paragraphs),
        sentences=Sentences.of(kept),
        tokens=_tokens(episode.tokens, text, spans),
        digest=hashlib.blake2s(repr((episode.digest, spans)).encode()).hexdigest(),
        chapters=tuple(episode.chapters[number] for number in chapters),
        withdrawn=tuple(_in_source(episode.tokens, begin, end) for begin, end in spans),
    )


def named(episode: Episode, withdrawal: Withdrawal) -> range:
    """Return the numbers of the sentences that a withdrawal touches; raises SpanError when that is not clear."""
    timed = withdrawal.begin is not None or withdrawal.end is not None
    if timed and (withdrawal.words or withdrawal.occurrence):
        raise withdrawal.unclear(say("withdrawn.times-and-words"))
    return _by_times(episode, withdrawal) if timed else _by_words(episode, withdrawal)


def _by_times(episode: Episode, withdrawal: Withdrawal) -> range:
    """Return the sentences of which any part is said between two times, and those without a time among them."""
    begin, end = withdrawal.begin, withdrawal.end
    if begin is None or end is None:
        raise withdrawal.unclear(say("withdrawn.both-times"))
    if begin >= end:
        raise withdrawal.unclear(say("withdrawn.times-order", begin=clock(begin), end=clock(end)))
    timed = [(s.start, number) for number, s in enumerate(episode.sentences) if s.start is not None]
    if not timed:
        raise withdrawal.unclear(say("withdrawn.no-times"))
    starts = sorted({start for start, _ in timed})
    found = [
        number
        for start, number in timed
        if start < end and (bisect_right(starts, start) == len(starts) or starts[bisect_right(starts, start)] > begin)
    ]
    duration = episode.meta.duration
    if not found or (duration is not None and begin >= duration):
        last = clock(duration if duration is not None else starts[-1])
        raise withdrawal.unclear(say("withdrawn.nothing-said", begin=clock(begin), end=clock(end), last=last))
    return range(min(found), max(found) + 1)


def _by_words(episode: Episode, withdrawal: Withdrawal) -> range:
    """Return the sentences that have the words; case, punctuation and line breaks do not matter."""
    wanted = [word.form for word in words(withdrawal.words)]
    shown = withdrawal.words if len(withdrawal.words) <= _SHOWN else f"{withdrawal.words[:_SHOWN]}…"
    if not wanted:
        raise withdrawal.unclear(say("withdrawn.needs-words"))
    said = words(episode.text)
    forms = [word.form for word in said]
    size = len(wanted)
    places = [at for at, form in enumerate(forms) if form == wanted[0] and forms[at : at + size] == wanted]
    if not places:
        raise withdrawal.unclear(say("withdrawn.not-there", words=shown))
    if len(places) > 1 and not withdrawal.occurrence:
        raise withdrawal.unclear(say("withdrawn.several", words=shown, count=len(places)))
    if withdrawal.occurrence > len(places):
        raise withdrawal.unclear(
            say("withdrawn.no-such-occurrence", words=shown, count=len(places), occurrence=withdrawal.occurrence)
        )
    at = places[max(0, withdrawal.occurrence - 1)]
    first = bisect_right(episode.sentences.begins, said[at].begin) - 1
    return range(first, bisect_left(episode.sentences.ends, said[at + size - 1].end) + 1)


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and last of each run of consecutive numbers."""
    firsts = [numbers[0], *(after for before, after in pairwise(numbers) if after != before + 1)]
    lasts = [*(before for before, after in pairwise(numbers) if after != before + 1), numbers[-1]]
    return list(zip(firsts, lasts, strict=True))


def _paragraphs(episode: Episode, gone: frozenset[int]) -> tuple[list[Paragraph], dict[int, int], list[int]]:
    """Return the paragraphs that are left, of each sentence that is left its paragraph, and the chapters that are left.

    A paragraph is parted where a sentence is gone; a chapter goes with its last word.
    """
    made: list[Paragraph] = []
    numbers: dict[int, int] = {}
    before: int | None = None
    for number, sentence in enumerate(episode.sentences):
        if number in gone:
            before = None
            continue
        if sentence.paragraph == before:
            made[-1] = replace(made[-1], end=sentence.end)
        else:
            made.append(replace(episode.paragraphs[sentence.paragraph], begin=sentence.begin, end=sentence.end))
        before = sentence.paragraph
        numbers[number] = len(made) - 1
    lost = {paragraph.chapter for paragraph in episode.paragraphs} - {paragraph.chapter for paragraph in made}
    chapters = [number for number in range(len(episode.chapters)) if number not in lost]
    places = {number: place for place, number in enumerate(chapters)}
    moved = [replace(each, chapter=None if each.chapter is None else places[each.chapter]) for each in made]
    return moved, numbers, chapters


def _tokens(tokens: TokenMap, text: str, spans: Sequence[tuple[int, int]]) -> TokenMap:
    """Return the map of the tokens that are left; `text` is the text without the spans."""
    if tokens.source is None:
        return TokenMap(text)
    starts = [begin for begin, _ in spans]

    def stays(place: int) -> bool:
        span = bisect_right(starts, place) - 1
        return span < 0 or place >= spans[span][1]

    kept = [number for number, begin in enumerate(tokens.begins) if stays(begin)]
    begins, ends = (array("I", [column[number] for number in kept]) for column in tokens.source)
    return TokenMap(text, tokens.path, (begins, ends))


def _in_source(tokens: TokenMap, begin: int, end: int) -> tuple[int, int]:
    """Return where in the source text[begin:end] stands."""
    return tokens.source_begins[bisect_left(tokens.begins, begin)], tokens.source_ends[bisect_left(tokens.ends, end)]
