"""Transcript formats: one reader a file, found by what a file holds and not by what it is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus.formats import (
    chapters,
    feed,
    labelled,
    page,
    plain,
    podcast_json,
    srt,
    vtt,
    whisper,
    word_list,
    youtube,
)
from bot.corpus.formats.chapters import read_chapters
from bot.corpus.formats.feed import Feed, FeedItem, Soundbite, TranscriptLink, read_feed
from bot.corpus.formats.oddities import checked
from bot.corpus.formats.source import Source, decode
from bot.errors import TranscriptError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.corpus.transcript import Transcript

__all__ = [
    "READERS",
    "Feed",
    "FeedItem",
    "Reader",
    "Soundbite",
    "TranscriptLink",
    "read_chapters",
    "read_feed",
    "read_transcript",
]


class Reader(NamedTuple):
    """A format: its name, whether a file is in it, and how to read it."""

    name: str
    sniff: Callable[[Source], bool]
    read: Callable[[Source], Transcript]


READERS = (
    Reader("WebVTT", vtt.sniff, vtt.read),
    Reader("Podcasting 2.0 JSON", podcast_json.sniff, podcast_json.read),
    Reader("word-level JSON", word_list.sniff, word_list.read),
    Reader("Whisper JSON", whisper.sniff, whisper.read),
    Reader("YouTube JSON", youtube.sniff_json, youtube.read_json),
    Reader("YouTube XML", youtube.sniff_xml, youtube.read_xml),
    Reader("HTML", page.sniff, page.read),
    Reader("SubRip", srt.sniff, srt.read),
    Reader("labelled text", labelled.sniff, labelled.read),
    Reader("plain text", plain.sniff, plain.read),
)
"""Every format, in the order in which they are asked; the first that knows a file reads it."""

_OTHERS: tuple[tuple[Callable[[Source], bool], str], ...] = (
    (feed.sniff, "this is a feed, not a transcript. Import a transcript that it links to."),
    (chapters.sniff, "this is a chapters file, not a transcript. Import the transcript, and the chapters beside it."),
    (lambda source: source.root == "tt", "this is TTML. Save it as WebVTT or SubRip and import that."),
    (lambda source: source.root == "opml", "this is a list of feeds, not a transcript."),
    (lambda source: "[Script Info]" in source.text[:400], "this is ASS or SSA. Save it as WebVTT or SubRip."),
)
_WORD = re.compile(r"[^\W_]")
_UNKNOWN = "this {kind} is in no format known here. Known are {names}."


def read_transcript(data: bytes, name: str) -> Transcript:
    """Return what a transcript file says; `name` serves messages, and tells Markdown from plain text.

    Raises TranscriptError, and nothing else, for whatever cannot be read: with the file, the reason, what to do, and
    the line where there is one.
    """
    source = decode(data, name)
    for sniff, reason in _OTHERS:
        if sniff(source):
            raise TranscriptError(name, reason, 1)
    reader = next(reader for reader in READERS if reader.sniff(source))
    _refuse_unknown(source, reader)
    transcript = checked(reader.read(source), source.oddities)
    if not any(_WORD.search(segment.text) for segment in transcript.segments):
        raise TranscriptError(name, f"read as {reader.name}, it has no words that were said. Export it again.", 1)
    return transcript


def _refuse_unknown(source: Source, reader: Reader) -> None:
    """Raise TranscriptError for JSON or XML that no reader of its kind knows: it is not prose."""
    prose = reader.read in {plain.read, labelled.read}
    kind = "JSON" if source.json is not None else "XML" if source.text.lstrip().startswith("<?xml") else ""
    if prose and kind:
        names = ", ".join(each.name for each in READERS if kind in each.name)
        raise TranscriptError(source.name, _UNKNOWN.format(kind=kind, names=names), 1)
