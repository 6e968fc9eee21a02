"""WebVTT, with voices, notes, styles, and the rolling lines of YouTube's automatic captions."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from bot.corpus.formats.captions import Cue, cues
from bot.corpus.formats.cues import label_cues, plain_text, spread, unrolled
from bot.corpus.transcript import Segment, Transcript
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.corpus.formats.source import Source

__all__ = ["read", "sniff"]

_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,80})?[ \t]+([^<>]{1,200})>")
_VOICE_END = re.compile(r"</v\s{0,4}>")
_WORD_TIME = re.compile(r"<[\d:.]{5,16}>")
_BLOCKS = ("NOTE", "STYLE", "REGION")
_LANGUAGE = re.compile(r"Language:\s{0,9}([A-Za-z0-9-]{2,35})\s*")


def sniff(source: Source) -> bool:
    """Say whether a text begins as WebVTT does."""
    return source.text.lstrip().startswith("WEBVTT")


def read(source: Source) -> Transcript:
    """Return the cues, cut where another voice begins; notes, styles and regions are no speech."""
    header, found = cues(source.text, source.name, named=True)
    bodies = [_body(cue) for cue in found]
    voiced = [[_pieces(line) for line in lines] for lines, _ in bodies]
    texts = [["\n".join(text for text, _ in pieces).strip() for pieces in lines] for lines in voiced]
    fresh = [[bool(_WORD_TIME.search(line)) for line in lines] for lines, _ in bodies]
    kept = unrolled(texts, fresh)
    segments: list[Segment] = []
    for cue, lines, left in zip(found, voiced, kept, strict=True):
        segments.extend(_segments(cue, lines[len(lines) - len(left) :]))
    labelled, oddities = label_cues(segments)
    lost = sum(skipped for _, skipped in bodies)
    if lost:
        oddities = (*oddities, say("format.lost-lines", count=lost))
    language = next((match[1] for line in header if (match := _LANGUAGE.fullmatch(line))), None)
    return Transcript(tuple(labelled), language=language, oddities=oddities)


def _body(cue: Cue) -> tuple[list[str], int]:
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
        pieces.append((plain_text(inside), html.unescape(name)))
        pieces.extend((plain_text(rest), None) for rest in outside)
    return [(text, name) for text, name in pieces if text]


def _segments(cue: Cue, lines: Sequence[Sequence[tuple[str, str | None]]]) -> list[Segment]:
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
