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
from bot.policy.texts import say

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
    (feed.sniff, "feed"),
    (chapters.sniff, "chapters"),
    (lambda source: source.root == "tt", "ttml"),
    (lambda source: source.root == "opml", "opml"),
    (lambda source: "[Script Info]" in source.text[:400], "ass"),
)
_WORD = re.compile(r"[^\W_]")


def read_transcript(data: bytes, name: str) -> Transcript:
    """Return what a transcript file says; `name` serves messages, and tells Markdown from plain text.

    Raises TranscriptError, and nothing else, for whatever cannot be read: with the file, the reason, what to do, and
    the line where there is one.
    """
    source = decode(data, name)
    for sniff, kind in _OTHERS:
        if sniff(source):
            raise TranscriptError(name, say(f"format.is-{kind}"), 1)
    reader = next(reader for reader in READERS if reader.sniff(source))
    _refuse_unknown(source, reader)
    transcript = checked(reader.read(source), source.oddities)
    if not any(_WORD.search(segment.text) for segment in transcript.segments):
        raise TranscriptError(name, say("format.no-words", format=reader.name), 1)
    return transcript


def _refuse_unknown(source: Source, reader: Reader) -> None:
    """Raise TranscriptError for JSON or XML that no reader of its kind knows: it is not prose."""
    prose = reader.read in {plain.read, labelled.read}
    kind = "JSON" if source.json is not None else "XML" if source.text.lstrip().startswith("<?xml") else ""
    if prose and kind:
        names = ", ".join(each.name for each in READERS if kind in each.name)
        raise TranscriptError(source.name, say("format.unknown", kind=kind, names=names), 1)
