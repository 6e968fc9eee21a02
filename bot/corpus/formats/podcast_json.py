"""The JSON transcript of Podcasting 2.0: segments with a speaker, times and a body, often one a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.corpus.formats.jsons import first_has, objects, string, without_text
from bot.corpus.formats.stamps import number
from bot.corpus.transcript import Segment, Transcript

if TYPE_CHECKING:
    from bot.corpus.formats.source import Source

__all__ = ["read", "sniff"]


def sniff(source: Source) -> bool:
    """Say whether the JSON has segments with a body."""
    return first_has(objects(source.json, "segments"), "body")


def read(source: Source) -> Transcript:
    """Return the segments."""
    items = objects(source.json, "segments")
    segments = tuple(
        Segment(body, number(item.get("startTime")), number(item.get("endTime")), string(item.get("speaker")) or None)
        for item in items
        if (body := string(item.get("body"))).strip()
    )
    return Transcript(segments, oddities=without_text(len(items) - len(segments)))
