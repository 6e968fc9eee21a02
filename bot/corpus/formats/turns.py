"""Text of meetings' programs: a line with a name and a time begins a turn, what stands below or behind it is said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.corpus.formats.front_matter import front_matter
from bot.corpus.formats.labels import is_name
from bot.corpus.formats.stamps import STAMP, clock, seconds
from bot.corpus.transcript import Segment, Transcript
from bot.corpus.words import ends_sentence
from bot.policy.texts import say

if TYPE_CHECKING:
    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["read", "sniff"]

_WHO = r"(?P<name>[^\W\d_][^\n\[\]:<>]{0,78}?)"
_FORMS = (
    # Teams, pasted: Ada Lovelace   1 hour 2 minutes 3 seconds
    re.compile(
        rf"{_WHO}\s{{1,9}}(?:(?P<hours>\d{{1,3}}) hours? )?(?:(?P<minutes>\d{{1,3}}) minutes? )?"
        r"(?P<rest>\d{1,2}) seconds?"
    ),
    # Zoom, saved: [Ada Lovelace] 10:02:03
    re.compile(rf"\[(?P<name>[^\[\]\n]{{1,80}})\]\s{{1,4}}(?P<time>{STAMP})(?:\s{{1,4}}(?P<words>\S.*))?"),
    # Recognisers' own lines: SPEAKER_00 [00:00.000 --> 00:02.000] words, Ada Lovelace (0:00 - 0:02): words
    re.compile(
        rf"{_WHO}\s{{0,9}}[\[(]?(?P<time>{STAMP})\s{{0,4}}(?:--?>|[\u2013\u2014\u2192-])\s{{0,4}}{STAMP}[\])]?\s?:?"
        r"(?:\s{1,9}(?P<words>\S.*))?"
    ),
    # Zoom, chat: 10:02:03 From Ada Lovelace to Everyone: words
    re.compile(
        rf"(?P<time>{STAMP})\s{{1,4}}[Ff]rom\s{{1,4}}(?P<name>[^\n:]{{1,80}}?)"
        r"(?:\s{1,4}[Tt]o\s[^\n:]{1,80})?\s?:(?:\s(?P<words>.*))?"
    ),
)
_LONE = re.compile(r"\n\s{0,4}\[?(?:\d{1,2}:)?\d{1,3}:\d{2}\]?[^\S\n]{0,4}(?=\n|\Z)")
_MAY_BE = re.compile(r"\d:\d|\d seconds?")
_HEAD = 200
"""Characters in which a turn's name and time stand."""

_CLOCK_TIMES = 3600.0
"""Seconds; what begins later was timed by the clock on the wall."""

_DAY = 24 * 3600.0
_EARLY = 12
"""Filled lines among which the first turn begins."""


@dataclass(slots=True)
class _Turn:
    """A turn that is being read: who, when, and the lines said."""

    name: str
    start: float | None
    lines: list[str]


def _head(line: str) -> _Turn | None:
    """Return the turn that a line begins, or None."""
    text = line.strip()
    if not _MAY_BE.search(text[:_HEAD]):
        return None
    for form in _FORMS:
        match = form.fullmatch(text)
        if match:
            parts = match.groupdict()
            words = (parts.get("words") or "").strip()
            start = seconds(parts["time"]) if parts.get("time") else _spelt(parts)
            return _Turn(match["name"].strip(), start, [words] if words else [])
    return None


def _spelt(parts: dict[str, str | None]) -> float:
    hours, minutes, rest = (int(parts.get(key) or 0) for key in ("hours", "minutes", "rest"))
    return float(hours * 3600 + minutes * 60 + rest)


def _paired(text: str) -> list[str]:
    """Return the lines of a text, with names on a line above a time's put beside it, where each time has one above."""
    lines = text.split("\n")
    if not _LONE.search(text):
        return lines
    filled = [number for number, line in enumerate(lines) if line.strip()]
    timed = [number for number in filled if _LONE.fullmatch(f"\n{lines[number]}")]
    pairs = [(number - 1, number) for number in timed if number and lines[number - 1].strip()]
    named = [pair for pair in pairs if _is_alone(lines[pair[0]].strip())]
    names = {lines[above].strip() for above, _ in named}
    if len(named) < 2 or len(named) < len(pairs) or len(names) * 2 > len(named) + 1:  # noqa: PLR2004
        return lines
    for above, below in named:
        lines[below] = f"[{lines[above].strip()}] {lines[below].strip(' []')}"
        lines[above] = ""
    return lines


def _is_alone(line: str) -> bool:
    return is_name(line.rstrip(":")) and not ends_sentence(line.rstrip(":"))


def sniff(file: TranscriptFile) -> bool:
    """Say whether turns begin early in the text, and more than one does."""
    if not _MAY_BE.search(file.text):
        return False
    lines = [line for line in _paired(file.text) if line.strip()]
    return any(map(_head, lines[:_EARLY])) and sum(1 for line in lines if _head(line)) > 1


def read(file: TranscriptFile) -> Transcript:
    """Return the turns; times of the clock on the wall are counted from the first. What stands before is told of."""
    turns: list[_Turn] = []
    front = front_matter(file)
    before = 0
    for line in _paired(front.text):
        if turn := _head(line):
            turns.append(turn)
        elif turns:
            turns[-1].lines.append(line.strip())
        else:
            before += bool(line.strip())
    told = [*front.told, *([say("format.before-first", count=before)] if before else [])]
    first = next((turn.start for turn in turns if turn.start is not None), None)
    if first is not None and first >= _CLOCK_TIMES:
        told.append(say("format.clock-times", start=clock(first)))
        for turn in turns:
            turn.start = None if turn.start is None else (turn.start - first) % _DAY
    segments = [
        Segment("\n".join(lines), turn.start, None, turn.name)
        for turn in turns
        if (lines := [line for line in turn.lines if line])
    ]
    return Transcript(tuple(segments), oddities=tuple(told), stated=front.stated)
