"""Word-level JSON: segments by one speaker with a `wdlist` of words and times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.corpus.formats.cues import from_words
from bot.corpus.formats.jsons import first_has, objects, string, timed_words, without_text
from bot.corpus.transcript import Segment, Transcript

if TYPE_CHECKING:
    from bot.corpus.formats.source import Source

__all__ = ["read", "sniff"]


def sniff(source: Source) -> bool:
    """Say whether the JSON has segments with a word list."""
    return first_has(objects(source.json, "segments"), "wdlist")


def read(source: Source) -> Transcript:
    """Return the words in segments of a sentence; an id stands for a speaker without a name."""
    segments: list[Segment] = []
    empty = 0
    languages: list[str] = []
    for item in objects(source.json, "segments"):
        name = string(item.get("speaker_name")) or string(item.get("speaker_id")) or None
        found = from_words(timed_words(objects(item, "wdlist"), lambda _, name=name: name))  # type: ignore[misc]
        segments += found
        empty += not found
        languages.append(string(item.get("lang")))
    language = next(filter(None, languages), None)
    return Transcript(tuple(segments), language=language, oddities=without_text(empty))
