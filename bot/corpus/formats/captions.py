"""SubRip and WebVTT: blocks of text under a time line.

webvtt-py drops a cue whose times are written with commas without telling, and pysubs2 takes a last line that is a
number for an index and braces for styles; so the blocks are found here, and nothing is lost in silence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus.formats.cues import label_cues, plain_text, spread, unroll
from bot.corpus.formats.entities import unescape
from bot.corpus.formats.stamps import STAMP, seconds
from bot.corpus.transcript import Segment, Stated, Transcript
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["read_srt", "read_vtt", "sniff_srt", "sniff_vtt"]

_TIMES = re.compile(rf"\s{{0,9}}({STAMP})\s{{0,9}}-->\s{{0,9}}({STAMP})(?!\S)")
_NEARLY = re.compile(r"\s{0,9}[\d:.,]{1,20}\s{0,9}--?>")
_INDEX = re.compile(r"[0-9]{1,9}")
_ANY = re.compile(rf"^[^\S\n]{{0,9}}{STAMP}[^\S\n]{{0,9}}-->[^\S\n]{{0,9}}{STAMP}", re.MULTILINE)


class _Cue(NamedTuple):
    """One cue as it stands in the file: number, times, all lines up to the next cue, and its time line's number."""

    number: int | None
    start: float | None
    end: float | None
    lines: list[str]
    line: int


def _cues(text: str, name: str, *, named: bool) -> tuple[list[str], list[_Cue]]:
    """Return the lines before the first cue, and all cues; raises TranscriptError for a time line that is not one.

    `named` says that any line between a blank line and a time line is a cue's name, not only a number.
    """
    header: list[str] = []
    found: list[_Cue] = []
    for number, line in enumerate(text.split("\n"), 1):
        current = found[-1].lines if found else header
        match = _TIMES.match(line) if "-->" in line else None
        if match:
            index = _take_index(current, found[-1].number if found else None, named=named or not found)
            found.append(_Cue(index, seconds(match[1]), seconds(match[2]), [], number))
        elif "->" in line and _NEARLY.match(line):
            raise TranscriptError(name, say("format.no-time-line", line=line.strip()[:60]), number)
        else:
            current.append(line)
    return header, found


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
    """Say whether a text has time lines."""
    return "-->" in file.text and _ANY.search(file.text) is not None


def read_srt(file: TranscriptFile) -> Transcript:
    """Return the cues; numbers may be missing, labels may stand in the text; what stands before is told of."""
    header, found = _cues(file.text, file.name, named=False)
    lines = [[line for line in map(plain_text, cue.lines) if line] for cue in found]
    added = unroll(lines, [[False] * len(cue) for cue in lines])
    segments = [Segment("\n".join(text), cue.start, cue.end) for cue, text in zip(found, added, strict=True) if text]
    labelled, oddities = label_cues(segments)
    before = sum(1 for line in header if line.strip())
    if before:
        oddities = (*oddities, say("format.before-first", count=before))
    return Transcript(tuple(labelled), oddities=oddities)


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
    header, found = _cues(file.text, file.name, named=True)
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
    return Transcript(tuple(labelled), oddities=oddities, stated=Stated(language=language))


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
