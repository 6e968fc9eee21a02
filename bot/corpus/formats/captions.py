"""SubRip, WebVTT and their kin: blocks of text under a time line.

webvtt-py drops a cue whose times are written with commas without telling, and pysubs2 takes a last line that is a
number for an index and braces for styles; so the blocks are found here, and nothing is lost in silence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus.formats.cues import label_cues, plain_text, spread, unroll
from bot.corpus.formats.entities import unescape
from bot.corpus.formats.timelines import NEARLY, TimeLine, plain_marks, time_line
from bot.corpus.transcript import Segment, Stated, Transcript
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["read_ranges", "read_srt", "read_vtt", "sniff_ranges", "sniff_srt", "sniff_vtt"]

_POINTED = ("->", "=>", "&gt;", "\u2013>", "\u2014>")
_DRAWN = ("\u2192", "\u27f6", "\u2794", "\u279c")
"""Arrows between two times."""

_EARLY = 8
"""Lines among which the first pair of times stands."""

_MOST_LINES = 8
"""Lines of a cue, with its times and the blank ones left out."""

_INDEX = re.compile(r"[0-9]{1,9}")
_RATE = re.compile(
    r"(?:\b|[^a-z])(\d{2}(?:\.\d{1,3})?) ?fps\b|\b(?:fps|frame ?rate)\b[:= ]{1,3}(\d{2}(?:\.\d{1,3})?)", re.IGNORECASE
)
_RATES = (25, 30, 60)
"""Frames a second where the file does not say: the first that its highest frame is below."""

_HEAD = 500
_JUNK = re.compile(r"WEBVTT(?:\s.{0,80})?|X-TIMESTAMP-MAP=.{0,80}")
"""Lines of a second WebVTT file that was put behind the first."""


class _Cue(NamedTuple):
    """One cue as it stands in the file: number, times, all lines up to the next cue, and its time line's number."""

    number: int | None
    times: TimeLine
    lines: list[str]
    line: int

    @property
    def start(self) -> float | None:
        """When it begins, in seconds."""
        return self.times.start

    @property
    def end(self) -> float | None:
        """When it ends, in seconds."""
        return self.times.end


class _Cues(NamedTuple):
    """The lines before the first cue, all cues, and what was odd about their times."""

    header: list[str]
    found: list[_Cue]
    oddities: tuple[str, ...]


def _cues(text: str, name: str, *, named: bool, arrows: bool = True) -> _Cues:
    """Return the cues of a text; raises TranscriptError for a time line that is not one.

    `named` says that any line between a blank line and a time line is a cue's name, not only a number, `arrows` that
    only lines with an arrow are time lines.
    """
    header: list[str] = []
    found: list[_Cue] = []
    for number, line in enumerate(text.split("\n"), 1):
        current = found[-1].lines if found else header
        times = time_line(line)
        if times and (times.arrow or not arrows):
            index = _take_index(current, found[-1].number if found else None, named=named or not found)
            found.append(_Cue(index, times, [times.rest] if times.rest else [], number))
        elif NEARLY.match(plain_marks(line)):
            raise TranscriptError(name, say("format.no-time-line", line=line.strip()[:60]), number)
        else:
            current.append(line)
    most = max((frame for cue in found for frame in cue.times.frames), default=-1)
    if most < 0:
        return _Cues(header, found, ())
    told = _RATE.search(text[:_HEAD])
    rate = float(told[1] or told[2]) if told else next((rate for rate in _RATES if most < rate), most + 1)
    counted = [cue._replace(times=cue.times.at_rate(rate)) for cue in found]
    return _Cues(header, counted, () if told else (say("format.frames", rate=rate),))


def _take_index(lines: list[str], before: int | None, *, named: bool) -> int | None:
    """Take the next cue's number or name off the end of the lines before its time line, and return the number."""
    last = lines[-1].strip() if lines else ""
    if not last:
        return None
    index = int(last) if _INDEX.fullmatch(last) else None
    parted = len(lines) == 1 and before is None if len(lines) < 2 else not lines[-2].strip()  # noqa: PLR2004
    follows = index is not None and before is not None and index == before + 1
    if follows or (parted and (named or index is not None)):
        lines.pop()
    return index


def sniff_srt(file: TranscriptFile) -> bool:
    """Say whether a text has time lines with arrows of any kind."""
    text = file.text
    arrows = (*(_POINTED if ">" in text or "&gt;" in text else ()), *(() if text.isascii() else _DRAWN))
    return any(arrow in text for arrow in arrows) and any(
        times.arrow for line in file.text.split("\n") if (times := time_line(line))
    )


def read_srt(file: TranscriptFile) -> Transcript:
    """Return the cues; numbers may be missing, labels may stand in the text; what stands before is told of."""
    return _plain_cues(file, arrows=True)


def sniff_ranges(file: TranscriptFile) -> bool:
    """Say whether a text is made of pairs of times without an arrow, as SBV and Premiere write them."""
    lines = [line for line in file.text.split("\n") if line.strip()]
    early = any(map(time_line, lines[:_EARLY]))
    found = [times for line in lines if (times := time_line(line))] if early else []
    alone = sum(1 for times in found if not times.rest)
    boxed = sum(1 for times in found if times.boxed and times.rest)
    return (alone > 0 and alone * _MOST_LINES >= len(lines)) or (boxed > 1 and boxed * 2 >= len(lines))


def read_ranges(file: TranscriptFile) -> Transcript:
    """Return what stands under, or behind, each pair of times."""
    return _plain_cues(file, arrows=False)


def _plain_cues(file: TranscriptFile, *, arrows: bool) -> Transcript:
    header, found, told = _cues(file.text, file.name, named=False, arrows=arrows)
    lines = [[line for line in map(plain_text, cue.lines) if line and not _JUNK.fullmatch(line)] for cue in found]
    added = unroll(lines, [[False] * len(cue) for cue in lines])
    segments = [Segment("\n".join(text), cue.start, cue.end) for cue, text in zip(found, added, strict=True) if text]
    labelled, oddities = label_cues(segments)
    before = sum(1 for line in header if line.strip())
    if before:
        oddities = (*oddities, say("format.before-first", count=before))
    return Transcript(tuple(labelled), oddities=(*told, *_rolled(lines, added), *oddities))


def _rolled(lines: Sequence[Sequence[object]], added: Sequence[Sequence[object]]) -> tuple[str, ...]:
    """Tell of the cues that showed lines again."""
    count = sum(1 for shown, new in zip(lines, added, strict=True) if len(new) < len(shown))
    return (say("format.rolling", count=count),) if count else ()


_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,80})?[ \t]++([^<>]{1,200})>")
_VOICE_END = re.compile(r"</v\s{0,4}>")
_WORD_TIME = re.compile(r"<[\d:.]{5,16}>")
_BLOCKS = ("NOTE", "STYLE", "REGION")
_LANGUAGE = re.compile(r"Language:\s{0,9}([A-Za-z0-9-]{2,35})\s*")


def sniff_vtt(file: TranscriptFile) -> bool:
    """Say whether a text begins as WebVTT does."""
    return file.text.lstrip().startswith("WEBVTT")


def read_vtt(file: TranscriptFile) -> Transcript:
    """Return the cues, cut where another voice begins; notes, styles and regions are no speech."""
    header, found, told = _cues(file.text, file.name, named=True)
    bodies = [_body(cue) for cue in found]
    voiced = [[_pieces(line) for line in lines] for lines, _ in bodies]
    texts = [["\n".join(text for text, _ in pieces).strip() for pieces in lines] for lines in voiced]
    fresh = [[bool(_WORD_TIME.search(line)) for line in lines] for lines, _ in bodies]
    kept = unroll(texts, fresh)
    segments: list[Segment] = []
    for cue, lines, left in zip(found, voiced, kept, strict=True):
        segments.extend(_segments(cue, lines[len(lines) - len(left) :]))
    labelled, oddities = label_cues(segments)
    lost = sum(skipped for _, skipped in bodies)
    if lost:
        oddities = (*oddities, say("format.lost-lines", count=lost))
    language = next((match[1] for line in header if (match := _LANGUAGE.fullmatch(line))), None)
    stated = Stated(language=language)
    return Transcript(tuple(labelled), oddities=(*told, *_rolled(texts, kept), *oddities), stated=stated)


def _body(cue: _Cue) -> tuple[list[str], int]:
    """Return a cue's lines up to the first blank one, and how many lines after it are neither note nor style."""
    stop = next((index for index, line in enumerate(cue.lines) if not line), len(cue.lines))
    skipped = 0
    block = False
    for before, line in zip(["", *cue.lines[stop:]], cue.lines[stop:], strict=False):
        if line and not before:
            block = line.startswith(_BLOCKS)
        skipped += bool(line.strip()) and not block
    return [line for line in cue.lines[:stop] if plain_text(line)], skipped


def _pieces(line: str) -> list[tuple[str, str | None]]:
    """Cut a line into (text, speaker) at its voice tags; "" is the speaker when the line names none."""
    parts = _VOICE.split(line)
    named = [("", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]
    pieces: list[tuple[str, str | None]] = []
    for name, text in named:
        inside, *outside = _VOICE_END.split(text)
        pieces.append((plain_text(inside), unescape(name)))
        pieces.extend((plain_text(rest), None) for rest in outside)
    return [(text, name) for text, name in pieces if text]


def _segments(cue: _Cue, lines: Sequence[Sequence[tuple[str, str | None]]]) -> list[Segment]:
    """Return a cue's text as one segment a voice; a line without a voice goes on with that of the line before."""
    turns: list[tuple[list[str], str | None]] = []
    for pieces in lines:
        for text, name in pieces:
            speaker = (turns[-1][1] if turns else None) if name == "" else name
            if turns and turns[-1][1] == speaker:
                turns[-1][0].append(text)
            else:
                turns.append(([text], speaker))
    return spread([("\n".join(texts), speaker) for texts, speaker in turns], cue.start, cue.end)
