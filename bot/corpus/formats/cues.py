"""What timed captions share: their tags, labels inside them, lines that roll, words with times."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING

from bot.corpus.formats.entities import unescape
from bot.corpus.formats.heads import Head, head_of, loose_head
from bot.corpus.formats.labels import TURN, Labels, Sight, learn
from bot.corpus.formats.stamps import clock
from bot.corpus.transcript import Segment
from bot.corpus.words import ends_sentence
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TimedWord", "clip", "from_words", "label_cues", "plain_text", "spread", "unroll"]

_TAG = re.compile(
    r"</?(?:b|c|em|font|i|lang|rp|rt|ruby|s|span|strong|sub|sup|u|v)(?:[\s.][^<>]*)?/?>|<[\d:.]{5,16}>|\{\\[^{}]*\}",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br\s{0,4}/?>", re.IGNORECASE)
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u2060\ufeff]")
_PAUSE = 1.5
_LONG = 30
_WINDOW = 6


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word of a word-level format; its text keeps the white space that the format puts around it."""

    text: str
    start: float | None
    end: float | None
    speaker: str | None = None


def plain_text(text: str) -> str:
    """Return a caption's text without tags, entities and characters of no width."""
    if "<" in text or "{" in text:
        text = _TAG.sub("", _BREAK.sub(" ", text))
    return visible(unescape(text))


def visible(text: str) -> str:
    """Return a text without characters of no width, and without white space at its ends."""
    return _INVISIBLE.sub("", text).strip()


def spread(pieces: Sequence[tuple[str, str | None]], start: float | None, end: float | None) -> list[Segment]:
    """Return pieces of one cue, (text, speaker) each, as segments that share its time by their length."""
    total = sum(len(text) for text, _ in pieces) or 1
    segments: list[Segment] = []
    at = 0
    for text, speaker in pieces:
        begin = start
        stop = end
        if start is not None and end is not None and len(pieces) > 1:
            begin = start + (end - start) * at / total
            stop = start + (end - start) * (at + len(text)) / total
        at += len(text)
        segments.append(Segment(text, begin, stop, speaker))
    return segments


def label_cues(cues: Sequence[Segment]) -> tuple[list[Segment], tuple[str, ...]]:
    """Move labels such as `Name:` from the lines of cues to their speaker.

    A label holds until the next one. Where most cues have one, those without are told of in an oddity. Raises
    TranscriptError where much looks like labels in no form known here.
    """
    if any(cue.speaker for cue in cues):
        return list(cues), ()
    heads = [[head_of(line) for line in cue.text.split("\n")] for cue in cues]
    labels = learn(_sights(heads), len(cues))
    if not labels:
        loose = [[loose_head(line) for line in cue.text.split("\n")[:1]] for cue in cues]
        other = learn(_sights(loose), len(cues))
        heads, labels = (loose, other) if other else (heads, labels)
    unread = labels.unread
    oddities: tuple[str, ...] = ()
    if unread:
        oddities = (
            say("format.cue-labels-left", count=unread.count, start=_at(cues, unread.line), label=unread.label),
        )
    if not labels:
        return list(cues), oddities
    segments: list[Segment] = []
    speaker: str | None = None
    bare = 0
    turns = any(head.turn and labels.begin(head, n) for n, found in enumerate(heads) for head in found if head)
    for number, (cue, found) in enumerate(zip(cues, heads, strict=True)):
        pieces = _pieces_by_label(cue.text, found, labels, turns=turns, number=number)
        bare += pieces[0][1] == "" and cue.text != ""
        named = [(text, speaker if label == "" else label) for text, label in pieces]
        speaker = named[-1][1]
        segments.extend(spread([piece for piece in named if piece[0]], cue.start, cue.end))
    if 0 < bare * 2 <= len(cues):
        oddities = (say("format.few-speakers", bare=bare, count=len(cues)), *oddities)
    return segments, oddities


def _at(cues: Sequence[Segment], number: int) -> str:
    return clock(cues[number].start or 0.0)


def _sights(heads: Sequence[Sequence[Head | None]]) -> list[Sight]:
    """Return what looks like labels in cues, each in its cue."""
    return [
        Sight(
            head.label,
            head.form,
            number,
            number,
            spoken=bool(head.rest) or line + 1 < len(found),
            mark=TURN if head.turn else "",
        )
        for number, found in enumerate(heads)
        for line, head in enumerate(found)
        if head and head.label
    ]


def _pieces_by_label(
    text: str, heads: Sequence[Head | None], labels: Labels, *, turns: bool, number: int
) -> list[tuple[str, str | None]]:
    """Cut a cue's text at the lines that begin with a label; "" is the speaker of what stands before the first.

    Where labels follow `>>`, one without a name is a voice that nobody named.
    """
    pieces: list[tuple[list[str], str | None]] = [([], "")]
    for line, head in zip_longest(text.split("\n"), heads):
        if head and labels.begin(head, number):
            pieces.append(([head.rest], None if labels.silence(head, number) else head.label))
        elif head and head.turn and turns:
            pieces.append(([line.lstrip("> ")], None))
        else:
            pieces[-1][0].append(line)
    if not pieces[0][0]:
        del pieces[0]
    return [
        (words.strip(), label or speaker)
        for lines, speaker in pieces
        for words, label in labels.inside("\n".join(lines))
    ]


def unroll(cues: Sequence[Sequence[str]], fresh: Sequence[Sequence[bool]]) -> list[list[str]]:
    """Return the lines that each cue adds to the one before it.

    Automatic captions roll: a cue shows the line before again. `fresh` marks lines that carry times inside, which are
    always new. Files that do not roll are returned as they are.
    """
    repeats = sum(1 for before, after in pairwise(cues) if before and len(after) > 1 and before[-1] == after[0])
    several = sum(1 for lines in cues if len(lines) > 1)
    if not any(any(marks) for marks in fresh) and not (repeats > 2 and repeats * 2 > several):  # noqa: PLR2004
        return [list(lines) for lines in cues]
    added: list[list[str]] = []
    shown: Sequence[str] = ()
    for lines, marks in zip(cues, fresh, strict=True):
        old = next((index for index, mark in enumerate(marks) if mark), len(lines))
        size = next((size for size in range(min(old, len(shown), _WINDOW), 0, -1) if shown[-size:] == lines[:size]), 0)
        added.append(list(lines[size:]))
        shown = lines
    return added


def clip(cues: Sequence[Segment]) -> list[Segment]:
    """End each cue where the next begins: captions of a video stay on the screen beyond their words."""
    kept = list(cues)
    for index, (cue, following) in enumerate(pairwise(cues)):
        over = cue.end is not None and following.start is not None and following.start < cue.end
        if over and cue.start is not None and following.start is not None and following.start > cue.start:
            kept[index] = replace(cue, end=following.start)
    return kept


def from_words(words: Sequence[TimedWord]) -> list[Segment]:
    """Return timed words as segments that end with a sentence, a pause, a change of speaker or thirty words."""
    glued = any(word.text[:1].isspace() or word.text[-1:].isspace() for word in words)
    segments: list[Segment] = []
    group: list[TimedWord] = []
    for word in words:
        if group and _parts(group, word, glued=glued):
            segments.append(_segment(group, glued=glued))
            group = []
        group.append(word)
    if group:
        segments.append(_segment(group, glued=glued))
    return [segment for segment in segments if segment.text]


def _parts(group: Sequence[TimedWord], word: TimedWord, *, glued: bool) -> bool:
    """Say whether a segment ends between a group of words and the next word."""
    last = group[-1]
    pause = word.start is not None and last.end is not None and word.start - last.end > _PAUSE
    apart = not glued or last.text[-1:].isspace() or word.text[:1].isspace()
    return apart and (pause or word.speaker != last.speaker or len(group) >= _LONG or ends_sentence(last.text))


def _segment(group: Sequence[TimedWord], *, glued: bool) -> Segment:
    """Make one segment of words; its times are the first and last that are known."""
    text = ("" if glued else " ").join(word.text for word in group).strip()
    start = next((word.start for word in group if word.start is not None), None)
    end = next((word.end for word in reversed(group) if word.end is not None), None)
    return Segment(text, start, end, group[0].speaker)
