"""Transcript formats: one reader a file, found by what a file holds and not by what it is called."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus.files import door
from bot.corpus.formats import (
    captions,
    chapters,
    feed,
    labelled,
    listed,
    lrc,
    page,
    plain,
    shapes,
    tables,
    turns,
    youtube,
)
from bot.corpus.formats.chapters import read_chapters
from bot.corpus.formats.feed import Feed, FeedItem, TranscriptLink, read_feed
from bot.corpus.formats.labels import settle
from bot.corpus.formats.leftovers import refuse_conflicts, tell_of_times
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
    *(
        Reader(shape.name, partial(shapes.sniff, shape), partial(shapes.read, shape), (".json",))
        for shape in shapes.SHAPES
    ),
    Reader("YouTube JSON", youtube.sniff_json, youtube.read_json, (".json",)),
    Reader("timed JSON", shapes.sniff_any, shapes.read_any, (".json",)),
    Reader("front matter", listed.sniff, listed.read, (".md",)),
    Reader("YouTube XML", youtube.sniff_xml, youtube.read_xml, (".xml", ".ytt")),
    Reader("HTML", page.sniff, page.read, (".html",)),
    Reader("SubRip", captions.sniff_srt, captions.read_srt, (".srt",)),
    Reader("pairs of times", captions.sniff_ranges, captions.read_ranges, (".sbv",)),
    Reader("table", tables.sniff, tables.read, (".tsv", ".csv")),
    Reader("LRC", lrc.sniff, lrc.read, (".lrc",)),
    Reader("turns of a meeting", turns.sniff, turns.read, (".txt",)),
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
_LONE_TIME = re.compile(r"\n([^\S\n]{0,4})(\d{1,2}:\d{2}:\d{2})(?=[^\S\n]{0,4}(?:\n|\Z))")
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
    refuse_conflicts(file)
    file = _with_boxed_times(file)
    reader = next(reader for reader in READERS if reader.sniff(file))
    _refuse_unknown(file, reader)
    transcript = clean(settle(reader.read(file)), file.oddities)
    if not any(_WORD.search(segment.text) for segment in transcript.segments):
        raise TranscriptError(name, say("format.no-words", format=reader.name), 1)
    left = tell_of_times(file, (segment.text for segment in transcript.segments))
    return replace(transcript, oddities=(*transcript.oddities, *left)) if left else transcript


def _with_boxed_times(file: TranscriptFile) -> TranscriptFile:
    """Put a time that stands alone on a line, as every few minutes of a meeting's, into brackets: nobody said it."""
    text = f"\n{file.text}"
    if "-->" in text or not _LONE_TIME.search(text):
        return file
    return replace(file, text=_LONE_TIME.sub(r"\n\1[\2]", text)[1:])


def _refuse_unknown(file: TranscriptFile, reader: Reader) -> None:
    """Raise TranscriptError for JSON or XML that no reader of its kind knows: it is not prose."""
    prose = reader.read in {plain.read, labelled.read}
    element = file.root if file.root != "v" else ""  # a voice, as captions write it
    xml = file.text.lstrip().startswith("<?xml") or (element and f"</{element}" in file.text.lower())
    kind = "JSON" if file.json is not None else "XML" if xml else ""
    if prose and kind:
        names = ", ".join(each.name for each in READERS if kind in each.name)
        raise TranscriptError(file.name, say("format.unknown", kind=kind, names=names), 1)
