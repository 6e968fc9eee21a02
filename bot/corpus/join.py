"""From cues to paragraphs: cues joined into sentences, sentences into blocks by one speaker."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus.transcript import Block, Said
from bot.corpus.words import TOKEN, ends_sentence, sentence_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.corpus.transcript import Segment

__all__ = ["blocks"]

_PARAGRAPH = 120
_SHORT = 40
_SENTENCE = 30
_BREATHLESS = 45
_LONGEST = 240
_PAUSE = 1.5
# A line of a caption with which another voice begins: “- No, it is not.”, “>> And you?”
_OTHER_VOICE = re.compile(r"^(?:>{2,3}|[-\u2013\u2014]) ?(?=[^\W\d_a-z])", re.MULTILINE)
_PUNCTUATION = re.compile(r"[.?!…,;:。！？、\uff0c]")


class _Run(NamedTuple):
    """Consecutive segments of one paragraph or speech: their text on one line, and where each begins in it."""

    text: str
    segments: Sequence[Segment]
    offsets: list[int]
    after: Segment | None

    def start(self, offset: int) -> float | None:
        """Return when the character at an offset is said, interpolated inside its cue."""
        number = bisect_right(self.offsets, offset) - 1
        segment = self.segments[number]
        within = offset - self.offsets[number]
        if segment.start is None or within <= 0:
            return segment.start
        end = segment.end
        following = self.segments[number + 1] if number + 1 < len(self.segments) else self.after
        if end is None and following:
            end = following.start
        if end is None or end < segment.start:
            return None
        stop = self.offsets[number + 1] - 1 if number + 1 < len(self.offsets) else len(self.text)
        return segment.start + (end - segment.start) * within / max(1, stop - self.offsets[number])

    def pauses(self) -> list[int]:
        """Return the offsets of the segments before which nobody speaks for a while."""
        return [
            offset
            for before, segment, offset in zip(self.segments, self.segments[1:], self.offsets[1:], strict=False)
            if before.end is not None and segment.start is not None and segment.start - before.end > _PAUSE
        ]


def blocks(segments: Sequence[Segment]) -> tuple[Block, ...]:
    """Return segments as paragraphs of sentences, with the time at which each sentence begins.

    A block ends with its speaker, where a caption begins another voice with a dash, after about 120 words, and where a
    paragraph without times ended a sentence.
    Sentences without any punctuation, as of automatic captions, end at a pause or after about 30 words. Words stay as
    they are and where they are; times that would go back are held at the last one that fits the others.
    """
    made: list[tuple[str | None, list[Said]]] = []
    for run in _runs(segments):
        pauses = run.pauses()
        sentences = [Said(run.text[begin:end], run.start(begin)) for begin, end in _sentences(run.text, pauses)]
        made.extend((run.segments[0].speaker, part) for part in _paragraphs(sentences))
    times = iter(_rising_times([said.start for _, part in made for said in part]))
    return tuple(Block(tuple(Said(said.text, next(times)) for said in part), speaker) for speaker, part in made)


def _runs(segments: Sequence[Segment]) -> Iterator[_Run]:
    """Yield what belongs together: one speaker, and no end of a paragraph in between."""
    spoken = [part for segment in segments if segment.text.strip() for part in _voices(segment)]
    first = 0
    for index, segment in enumerate(spoken):
        following = spoken[index + 1] if index + 1 < len(spoken) else None
        if following and following.speaker == segment.speaker and not _ends_paragraph(segment, following):
            continue
        group = spoken[first : index + 1]
        texts = [" ".join(each.text.split()) for each in group]
        offsets = [0, *accumulate(len(text) + 1 for text in texts[:-1])]
        yield _Run(" ".join(texts), group, offsets, following)
        first = index + 1


def _voices(segment: Segment) -> list[Segment]:
    """Return a caption that names nobody cut where another voice begins, its time shared by length."""
    if segment.start is None or segment.speaker is not None:
        return [segment]
    text = segment.text.strip()
    cuts = [match.start() for match in _OTHER_VOICE.finditer(text) if match.start()]
    if not cuts:
        return [segment]
    edges = [0, *cuts, len(text)]
    lasts = (segment.end or segment.start) - segment.start
    times = [segment.start + lasts * edge / len(text) for edge in edges]
    return [
        replace(segment, text=text[begin:stop], start=start, end=None if segment.end is None else end)
        for (begin, stop), (start, end) in zip(pairwise(edges), pairwise(times), strict=True)
    ]


def _ends_paragraph(segment: Segment, following: Segment) -> bool:
    """Say whether a paragraph ends here: cues with times say nothing of paragraphs, and a headline has no full stop."""
    if segment.start is not None and following.start is not None:
        return following.speaker is None and _OTHER_VOICE.match(following.text.lstrip()) is not None
    headline = segment.start is None and following.start is None and following.text.lstrip()[:1].isupper()
    return headline or ends_sentence(segment.text)


def _sentences(text: str, pauses: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield [begin, end) of each sentence; none ends inside a word."""
    begin: int | None = None
    for first, end in sentence_spans(text):
        begin = first if begin is None else begin
        if end == len(text) or text[end] == " ":
            yield from _breaths(text, begin, end, pauses)
            begin = None


def _breaths(text: str, begin: int, end: int, pauses: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Cut a sentence without punctuation at its pauses, and again where about thirty words have gone by."""
    sentence = text[begin:end]
    words = sentence.count(" ") + 1
    ended = ends_sentence(sentence)
    marks = len(_PUNCTUATION.findall(sentence)) - ended
    if words <= _LONGEST and (words <= _BREATHLESS * (marks + 1) if marks or ended else False):
        yield begin, end
        return
    inner = pauses[bisect_right(pauses, begin) : bisect_right(pauses, end - 1)]
    for first, last in zip([begin, *inner], [*inner, end + 1], strict=True):
        tokens = list(TOKEN.finditer(text, first, last - 1))
        size = -(-len(tokens) // max(1, round(len(tokens) / _SENTENCE)))
        for number in range(0, len(tokens), size):
            group = tokens[number : number + size]
            yield group[0].start(), group[-1].end()


def _paragraphs(sentences: Sequence[Said]) -> list[list[Said]]:
    """Part sentences about every 120 words; a short rest stays with what it follows."""
    parts: list[list[Said]] = [[]]
    words = 0
    for said in sentences:
        if words >= _PARAGRAPH:
            parts.append([])
            words = 0
        parts[-1].append(said)
        words += said.text.count(" ") + 1
    if len(parts) > 1 and words < _SHORT:
        rest = parts.pop()
        parts[-1].extend(rest)
    return [part for part in parts if part]


def _rising_times(times: Sequence[float | None]) -> list[float | None]:
    """Return times that never fall.

    The longest series of known times that rises is kept; a time out of it becomes that of the one before it, or of
    the first.
    """
    kept = _longest_rise(times)
    known = [time for index, time in enumerate(times) if index in kept]
    risen: list[float | None] = []
    last = known[0] if known else None
    for index, time in enumerate(times):
        last = time if index in kept else last
        risen.append(None if time is None else last)
    return risen


def _longest_rise(times: Sequence[float | None]) -> frozenset[int]:
    """Return the indexes of a longest series of times of which none is before its predecessor."""
    ends: list[float] = []
    places: list[int] = []
    previous: list[int] = [-1] * len(times)
    for index, time in enumerate(times):
        if time is None:
            continue
        size = bisect_right(ends, time)
        previous[index] = places[size - 1] if size else -1
        ends[size : size + 1] = [time]
        places[size : size + 1] = [index]
    chain: list[int] = []
    index = places[-1] if places else -1
    while index >= 0:
        chain.append(index)
        index = previous[index]
    return frozenset(chain)
