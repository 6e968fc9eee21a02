"""JSON of Whisper and its kin: segments with a text and times, and words with their own when they were aligned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.corpus.formats.cues import from_words, label_cues
from bot.corpus.formats.jsons import first_has, objects, string, timed_words, without_text
from bot.corpus.formats.stamps import number
from bot.corpus.transcript import Segment, Transcript

if TYPE_CHECKING:
    from bot.corpus.formats.source import Source

__all__ = ["read", "sniff"]


def sniff(source: Source) -> bool:
    """Say whether the JSON is, or has, a list of segments with a text and a start."""
    return first_has(_items(source), "text", "start")


def read(source: Source) -> Transcript:
    """Return the segments, cut into sentences where words have times."""
    items = _items(source)
    segments: list[Segment] = []
    empty = 0
    for item in items:
        found = _segments(item)
        segments += found
        empty += not found
    labelled, oddities = label_cues(segments)
    language = string(source.json.get("language")) if isinstance(source.json, dict) else ""
    return Transcript(tuple(labelled), language=language or None, oddities=(*oddities, *without_text(empty)))


def _items(source: Source) -> list[dict[str, Any]]:
    """Return the segments of the file: at `segments`, or the whole file."""
    return objects(source.json, "segments") or objects(source.json)


def _segments(item: dict[str, Any]) -> list[Segment]:
    """Return one segment of the file as one or more; its words are used when they say the same as its text."""
    text = string(item.get("text")).strip()
    speaker = string(item.get("speaker")) or None
    words = timed_words(objects(item, "words"), lambda word: string(word.get("speaker")) or speaker)
    parts = from_words(words)
    if parts and " ".join(part.text for part in parts).split() == text.split():
        return parts
    start, end, length = (number(item.get(key)) for key in ("start", "end", "duration"))
    if end is None and start is not None and length is not None:
        end = start + length
    return [Segment(text, start, end, speaker)] if text else []
