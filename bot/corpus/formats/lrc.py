"""LRC: a line of words after its times, `[01:02.50] words`, words too with `<01:02.90>`; tags such as `[ti:Title]`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.corpus.formats.cues import TimedWord, from_words, label_cues, plain_text
from bot.corpus.formats.stamps import seconds
from bot.corpus.transcript import Segment, Stated, Transcript

if TYPE_CHECKING:
    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["read", "sniff"]

_TIME = r"\d{1,3}:\d{2}(?:\.\d{2,3}|(?=\]\S))"
_LINE = re.compile(rf"((?:\[{_TIME}\]){{1,20}})(.*)")
_STAMP = re.compile(r"\[(\d{1,3}:\d{2}(?:\.\d{2,3})?)\]")
_WORD = re.compile(r"<(\d{1,3}:\d{2}\.\d{2,3})>")
_TAG = re.compile(r"\[([a-zA-Z#]{1,12}):([^\[\]]{0,300})\]")


def sniff(file: TranscriptFile) -> bool:
    """Say whether each line is a time to the hundredth, or close to its words, or a tag."""
    if not file.text.lstrip().startswith("["):
        return False
    lines = [line.strip() for line in file.text.split("\n") if line.strip()]
    return any(map(_LINE.fullmatch, lines)) and all(_LINE.fullmatch(line) or _TAG.fullmatch(line) for line in lines)


def read(file: TranscriptFile) -> Transcript:
    """Return the lines that have words, as often as they have times, and the title."""
    segments: list[Segment] = []
    title = ""
    for line in map(str.strip, file.text.split("\n")):
        if found := _LINE.fullmatch(line):
            segments.extend(_segments([seconds(stamp) for stamp in _STAMP.findall(found[1])], found[2].strip()))
        elif tag := _TAG.fullmatch(line):
            title = title or (tag[2].strip() if tag[1].casefold() == "ti" else "")
    labelled, oddities = label_cues(sorted(segments, key=lambda each: each.start or 0.0))
    return Transcript(tuple(labelled), stated=Stated(title=title or None), oddities=oddities)


def _segments(starts: list[float | None], text: str) -> list[Segment]:
    parts = _WORD.split(text)
    if len(parts) == 1 or len(starts) > 1:
        words = plain_text(text)
        return [Segment(words, start) for start in starts] if words else []
    first = [TimedWord(parts[0], starts[0], None)] if parts[0].strip() else []
    rest = [
        TimedWord(word, seconds(at), None) for at, word in zip(parts[1::2], parts[2::2], strict=True) if word.strip()
    ]
    return from_words([*first, *rest])
