"""Transcripts in JSON: Podcasting 2.0, word lists, Whisper and its kin; any part may be missing or wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.corpus.formats.cues import TimedWord, from_words, label_cues
from bot.corpus.formats.stamps import number
from bot.corpus.transcript import Segment, Stated, Transcript
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = [
    "first_has",
    "objects",
    "read_podcast",
    "read_whisper",
    "read_word_list",
    "sniff_podcast",
    "sniff_whisper",
    "sniff_word_list",
    "string",
]


def objects(value: object, key: str | None = None) -> list[dict[str, Any]]:
    """Return the objects of a list, or of the list at a key; anything else counts as none."""
    if key is not None:
        value = value.get(key) if isinstance(value, dict) else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def string(value: object) -> str:
    """Return a value if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def first_has(items: Sequence[dict[str, Any]], *keys: str) -> bool:
    """Say whether one of the first objects has all keys."""
    return any(all(key in item for key in keys) for item in items[:5])


def _without_text(count: int) -> tuple[str, ...]:
    return (say("format.no-text", count=count),) if count else ()


def _timed_words(items: Iterable[dict[str, Any]], speaker: str | None) -> list[TimedWord]:
    """Return `word`, `start`, `end` objects as timed words, by that speaker where they do not name their own."""
    return [
        TimedWord(text, number(item.get("start")), number(item.get("end")), string(item.get("speaker")) or speaker)
        for item in items
        if (text := string(item.get("word"))).strip()
    ]


def sniff_podcast(file: TranscriptFile) -> bool:
    """Say whether the JSON has segments with a body."""
    return first_has(objects(file.json, "segments"), "body")


def read_podcast(file: TranscriptFile) -> Transcript:
    """Return the segments, often one a word."""
    items = objects(file.json, "segments")
    segments = tuple(
        Segment(body, number(item.get("startTime")), number(item.get("endTime")), string(item.get("speaker")) or None)
        for item in items
        if (body := string(item.get("body"))).strip()
    )
    return Transcript(segments, oddities=_without_text(len(items) - len(segments)))


def sniff_word_list(file: TranscriptFile) -> bool:
    """Say whether the JSON has segments with a word list."""
    return first_has(objects(file.json, "segments"), "wdlist")


def read_word_list(file: TranscriptFile) -> Transcript:
    """Return the words in segments of a sentence; an id stands for a speaker without a name."""
    items = objects(file.json, "segments")
    names = [string(item.get("speaker_name")) or string(item.get("speaker_id")) or None for item in items]
    found = [from_words(_timed_words(objects(item, "wdlist"), name)) for item, name in zip(items, names, strict=True)]
    language = next((language for item in items if (language := string(item.get("lang")))), None)
    segments = tuple(segment for segments in found for segment in segments)
    return Transcript(segments, oddities=_without_text(found.count([])), stated=Stated(language=language))


def sniff_whisper(file: TranscriptFile) -> bool:
    """Say whether the JSON is, or has, a list of segments with a text and a start."""
    return first_has(_items(file), "text", "start")


def read_whisper(file: TranscriptFile) -> Transcript:
    """Return the segments, cut into sentences where words have times."""
    found = [_segments(item) for item in _items(file)]
    labelled, oddities = label_cues([segment for segments in found for segment in segments])
    language = string(file.json.get("language")) if isinstance(file.json, dict) else ""
    told = (*oddities, *_without_text(found.count([])))
    return Transcript(tuple(labelled), oddities=told, stated=Stated(language=language or None))


def _items(file: TranscriptFile) -> list[dict[str, Any]]:
    """Return the segments of the file: at `segments`, or the whole file."""
    return objects(file.json, "segments") or objects(file.json)


def _segments(item: dict[str, Any]) -> list[Segment]:
    """Return one segment of the file as one or more; its words are used when they say the same as its text."""
    text = string(item.get("text")).strip()
    speaker = string(item.get("speaker")) or None
    words = _timed_words(objects(item, "words"), speaker)
    parts = from_words(words)
    if parts and " ".join(part.text for part in parts).split() == text.split():
        return parts
    start, end, length = (number(item.get(key)) for key in ("start", "end", "duration"))
    if end is None and start is not None and length is not None:
        end = start + length
    return [Segment(text, start, end, speaker)] if text else []
