"""Transcript formats: one reader a file, found by what a file holds and not by what it is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus.files import door
from bot.corpus.formats import (
    captions,
    chapters,
    feed,
    jsons,
    labelled,
    page,
    plain,
    youtube,
)
from bot.corpus.formats.chapters import read_chapters
from bot.corpus.formats.feed import Feed, FeedItem, TranscriptLink, read_feed
from bot.corpus.formats.labels import is_anonymous
from bot.corpus.formats.oddities import clean
from bot.corpus.formats.transcript_file import TranscriptFile, decode
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.corpus.transcript import Transcript

__all__ = [
    "ENDINGS",
    "READERS",
    "Feed",
    "FeedItem",
    "Reader",
    "TranscriptLink",
    "is_anonymous",
    "read_chapters",
    "read_feed",
    "read_transcript",
]


class Reader(NamedTuple):
    """A format: its name, whether a file is in it, how to read it, and the endings its files have."""

    name: str
    sniff: Callable[[TranscriptFile], bool]
    read: Callable[[TranscriptFile], Transcript]
    endings: tuple[str, ...]


READERS = (
    Reader("WebVTT", captions.sniff_vtt, captions.read_vtt, (".vtt",)),
    Reader("Podcasting 2.0 JSON", jsons.sniff_podcast, jsons.read_podcast, (".json",)),
    Reader("word-level JSON", jsons.sniff_word_list, jsons.read_word_list, (".json",)),
    Reader("Whisper JSON", jsons.sniff_whisper, jsons.read_whisper, (".json",)),
    Reader("YouTube JSON", youtube.sniff_json, youtube.read_json, (".json",)),
    Reader("YouTube XML", youtube.sniff_xml, youtube.read_xml, (".xml", ".ytt")),
    Reader("HTML", page.sniff, page.read, (".html",)),
    Reader("SubRip", captions.sniff_srt, captions.read_srt, (".srt",)),
    Reader("labelled text", labelled.sniff, labelled.read, (".txt", ".md")),
    Reader("plain text", plain.sniff, plain.read, (".txt", ".md")),
)
"""Every format, in the order in which they are asked; the first that knows a file reads it."""

ENDINGS = frozenset(ending for reader in READERS for ending in reader.endings)
"""What a file of a folder ends in when it may be a transcript."""

_OTHERS: tuple[tuple[Callable[[TranscriptFile], bool], str], ...] = (
    (feed.sniff, "feed"),
    (chapters.sniff, "chapters"),
    (lambda file: file.root == "tt", "ttml"),
    (lambda file: file.root == "opml", "opml"),
    (lambda file: "[Script Info]" in file.text[:400], "ass"),
)
_WORD = re.compile(r"[^\W_]")


@door
def read_transcript(data: bytes, name: str) -> Transcript:
    """Return what a transcript file says; `name` serves messages, and tells Markdown from plain text.

    Raises TranscriptError, and nothing else, for whatever cannot be read: with the file, the reason, what to do, and
    the line where there is one.
    """
    file = decode(data, name)
    for sniff, kind in _OTHERS:
        if sniff(file):
            raise TranscriptError(name, say(f"format.is-{kind}"), 1)
    reader = next(reader for reader in READERS if reader.sniff(file))
    _refuse_unknown(file, reader)
    transcript = clean(reader.read(file), file.oddities)
    if not any(_WORD.search(segment.text) for segment in transcript.segments):
        raise TranscriptError(name, say("format.no-words", format=reader.name), 1)
    return transcript


def _refuse_unknown(file: TranscriptFile, reader: Reader) -> None:
    """Raise TranscriptError for JSON or XML that no reader of its kind knows: it is not prose."""
    prose = reader.read in {plain.read, labelled.read}
    kind = "JSON" if file.json is not None else "XML" if file.text.lstrip().startswith("<?xml") else ""
    if prose and kind:
        names = ", ".join(each.name for each in READERS if kind in each.name)
        raise TranscriptError(file.name, say("format.unknown", kind=kind, names=names), 1)
