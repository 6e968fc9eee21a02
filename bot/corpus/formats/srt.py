"""SubRip: numbered cues with a time line; numbers may be missing, labels may stand in the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.corpus.formats.captions import cues, has_cues
from bot.corpus.formats.cues import label_cues, plain_text, unrolled
from bot.corpus.transcript import Segment, Transcript
from bot.policy.texts import say

if TYPE_CHECKING:
    from bot.corpus.formats.source import Source

__all__ = ["read", "sniff"]


def sniff(source: Source) -> bool:
    """Say whether a text has time lines."""
    return has_cues(source.text)


def read(source: Source) -> Transcript:
    """Return the cues; what stands before the first one is told of."""
    header, found = cues(source.text, source.name, named=False)
    lines = [[line for line in map(plain_text, cue.lines) if line] for cue in found]
    added = unrolled(lines, [[False] * len(cue) for cue in lines])
    segments = [Segment("\n".join(text), cue.start, cue.end) for cue, text in zip(found, added, strict=True) if text]
    labelled, oddities = label_cues(segments)
    before = sum(1 for line in header if line.strip())
    if before:
        oddities = (*oddities, say("format.before-first", count=before))
    return Transcript(tuple(labelled), oddities=oddities)
