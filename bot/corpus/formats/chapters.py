"""Chapters of an episode as Podcasting 2.0 publishes them: JSON with a start and a title each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.corpus.files import door
from bot.corpus.formats.jsons import objects, string
from bot.corpus.formats.stamps import number
from bot.corpus.formats.transcript_file import decode
from bot.corpus.names import LONGEST_TITLE, tidy
from bot.corpus.transcript import Chapter
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["read_chapters", "sniff"]


def sniff(file: TranscriptFile) -> bool:
    """Say whether the JSON has a list of chapters and no transcript."""
    value = file.json
    return isinstance(value, dict) and isinstance(value.get("chapters"), list) and "segments" not in value


@door
def read_chapters(data: bytes, name: str) -> tuple[Chapter, ...]:
    """Return the chapters by time: those with a title and a start that are in the table of contents.

    Raises TranscriptError for anything that is no chapters file.
    """
    file = decode(data, name)
    if not sniff(file):
        raise TranscriptError(name, say("format.no-chapters"))
    found = [
        Chapter(title, start)
        for item in objects(file.json, "chapters")
        if (title := tidy(string(item.get("title")), LONGEST_TITLE))
        and (start := number(item.get("startTime"))) is not None
        and item.get("toc") is not False
    ]
    return tuple(sorted(found, key=lambda chapter: chapter.start or 0.0))
