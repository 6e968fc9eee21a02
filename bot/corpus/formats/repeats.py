"""Words that stand there more than once and were said once: captions that roll, recognisers that repeat themselves."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus.formats.stamps import clock
from bot.corpus.words import TOKEN
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.corpus.transcript import Segment

__all__ = ["without_loops", "without_rolling"]

_AROUND = '.,?!;:…-"“”‘’()[]'
_SIGNS = re.compile(r"[^\w']+")
_ROLLS = 3
"""Cues that show again what the one before shows, before captions roll at all."""

_SAMPLES = 300
"""Cues looked at before all are: of those that do not roll, most files are."""

_GAP = 10.0
"""Seconds after which a cue does not roll on from the one before."""

_SENTENCE, _TIMES, _TIMES_OF_FEW = 3, 5, 10
"""Words of a sentence, how often on end it is a loop, and how often fewer words are: people say "no, no, no"."""

_PERIOD = 30
_CUES = 4
"""The most words inside a cue, and cues, that a loop is of."""

_SAMPLE = 20
_OFTEN = 4
_NEAR = 240
"""Characters by which a loop is told: of its end or middle, how often that stands there, and how soon again."""

_SHOWN = 60


class _Loop(NamedTuple):
    """Where a loop begins, how many items are said again, and how often."""

    begin: int
    size: int
    times: int


def without_rolling(segments: Sequence[Segment]) -> tuple[list[Segment], list[str]]:
    """Leave out what cues show again of the cue before, where most cues of a file do: those captions roll.

    Returns the segments and what to tell. A cue that shows nothing new goes.
    """
    timed = sum(1 for segment in segments if segment.start is not None)
    if timed <= _ROLLS:
        return list(segments), []
    step = max(1, len(segments) // _SAMPLES)
    sample = [_shown_again(segments[number], segments[number + 1]) > 0 for number in range(0, len(segments) - 1, step)]
    if sum(sample) * 4 < len(sample):
        return list(segments), []
    again = [0, *(_shown_again(before, after) for before, after in pairwise(segments))]
    rolling = [segment.text for segment, size in zip(segments, again, strict=True) if size]
    # Where it is one text that stands there again and again, nothing rolls: a recogniser repeats itself.
    most = max(Counter(rolling).values(), default=0)
    if len(rolling) < _ROLLS or len(rolling) * 2 < timed - 1 or most * 2 > len(rolling):
        return list(segments), []
    left: list[Segment] = []
    for segment, size in zip(segments, again, strict=True):
        text = _after(segment.text, size)
        if text:
            left.append(segment if not size else replace(segment, text=text))
    return left, [say("format.rolling", count=len(rolling))]


def _words(text: str) -> list[str]:
    """Return the words of a text as they are compared; what has no letter is compared as it is."""
    return [_SIGNS.sub("", token) or token for token in text.casefold().split()]


def _shown_again(before: Segment, after: Segment) -> int:
    """Return how many words at the beginning of a cue are the last ones of the cue before."""
    if before.start is None or after.start is None or before.speaker != after.speaker:
        return 0
    if not -_GAP < after.start - (before.end if before.end is not None else before.start) < _GAP:
        return 0
    if after.text.split(None, 1)[0].casefold().strip(_AROUND) not in before.text.casefold():
        return 0
    shown = _words(before.text)
    size = _overlap(shown, _words(after.text))
    return size if size > 1 or size == len(shown) else 0


def _overlap(shown: Sequence[str], new: Sequence[str]) -> int:
    """Return the size of the longest end of one list that the other begins with, in time that grows as they do."""
    if not new or new[0] not in shown:
        return 0
    borders = [0] * len(new)
    size = 0
    for place in range(1, len(new)):
        while size and new[place] != new[size]:
            size = borders[size - 1]
        size += new[place] == new[size]
        borders[place] = size
    size = 0
    for word in shown:
        if size == len(new):
            size = borders[size - 1]
        while size and word != new[size]:
            size = borders[size - 1]
        size += word == new[size]
    return size


def _after(text: str, words: int) -> str:
    """Return a text from after its first words on, as it stands there."""
    if not words:
        return text
    for number, token in enumerate(TOKEN.finditer(text)):
        if number == words:
            return text[token.start() :]
    return ""


def without_loops(segments: Sequence[Segment]) -> tuple[list[Segment], list[str]]:
    """Keep one of what a recogniser says again and again, inside a cue and over cues with times; returns what to tell.

    In text without times, where somebody may have meant it, it is only told of.
    """
    told: list[str] = []
    inner = list(segments)
    for number, segment in enumerate(segments):
        timed = segment.start is not None
        found = _inside(segment.text) if _may_loop(segment.text, timed=timed) else None
        if found:
            kept, loop, text = found
            told.append(_sentence(text, segment.start, loop.times))
            inner[number] = replace(segment, text=kept) if timed else segment
    if not any(segment.start is not None for segment in inner):
        return inner, told
    keys = [number if segment.start is None else segment.text for number, segment in enumerate(inner)]
    words = [segment.text.count(" ") + segment.text.count("\n") + 1 for segment in inner]
    left: list[Segment] = []
    at = 0
    for loop in _loops(keys, words, _CUES):
        stop = loop.begin + loop.size
        left.extend(inner[at:stop])
        at = stop + loop.size * (loop.times - 1)
        text = " ".join(each.text for each in inner[loop.begin : stop])
        told.append(_sentence(text, inner[loop.begin].start, loop.times))
    return [*left, *inner[at:]], told


def _may_loop(text: str, *, timed: bool) -> bool:
    """Say whether a text's end, or with times its middle, soon stands there again, and often."""
    if len(text) < _OFTEN * _SAMPLE // 2:
        return False
    last = text[-_SAMPLE:]
    if last in text[-_NEAR:-1]:
        return text.count(last) >= _OFTEN
    half = len(text) // 2
    middle = text[half : half + _SAMPLE]
    return timed and text.find(middle, half + 1, half + _NEAR) >= 0 and text.count(middle) >= _OFTEN


def _inside(text: str) -> tuple[str, _Loop, str] | None:
    """Return a text with one of what it says on end, its first loop, and what that says; None without a loop."""
    places = [token.start() for token in TOKEN.finditer(text)]
    keys = _words(text)
    found = list(_loops(keys, [1] * len(keys), _PERIOD))
    if not found:
        return None
    ends = [*places, len(text)]
    pieces: list[str] = []
    at = 0
    for loop in found:
        stop = loop.begin + loop.size
        pieces.append(text[at : ends[stop]])
        rest = stop + loop.size * (loop.times - 1)
        # The last time may have been cut off.
        broken = rest < len(keys) and keys[rest:] == keys[loop.begin : loop.begin + len(keys) - rest]
        at = len(text) if broken else ends[rest]
    first = found[0]
    said = text[ends[first.begin] : ends[first.begin + first.size]]
    return "".join([*pieces, text[at:]]).strip(), first, said


def _loops(keys: Sequence[object], words: Sequence[int], most: int) -> Iterator[_Loop]:
    """Yield what stands on end often enough, in order; `words` are those of each key, `most` keys are said again."""
    at = 0
    while at < len(keys):
        for size in range(1, min(most, (len(keys) - at) // _TIMES) + 1):
            if keys[at] != keys[at + size]:
                continue
            unit = keys[at : at + size]
            times = 1
            while keys[at + size * times : at + size * (times + 1)] == unit:
                times += 1
            if times >= (_TIMES if sum(words[at : at + size]) >= _SENTENCE else _TIMES_OF_FEW):
                yield _Loop(at, size, times)
                at += size * times - 1
                break
        at += 1


def _sentence(text: str, start: float | None, times: int) -> str:
    shown = " ".join(text.split())[:_SHOWN]
    if start is None:
        return say("format.repeats-untimed", text=shown, times=times)
    return say("format.repeats", text=shown, times=times, start=clock(start))
