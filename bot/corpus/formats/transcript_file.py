"""A transcript file in memory: its bytes decoded, and parsed as JSON or XML when it is that."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import TreeBuilder

from defusedxml import DefusedXmlException  # type: ignore[import-untyped, unused-ignore]
from defusedxml.ElementTree import DefusedXMLParser, ParseError  # type: ignore[import-untyped, unused-ignore]

from bot.corpus.files import LONGEST_FILE
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["TranscriptFile", "decode"]

# The longer mark comes first: UTF-32 begins like UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OTHER_FILES = (
    (b"%PDF", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"{\\rtf", "rtf"),
    (b"ID3", "mp3"),
    (b"RIFF", "riff"),
    (b"OggS", "sound"),
    (b"fLaC", "sound"),
    (b"\x1f\x8b", "gzip"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*(?:\{\s*\"|\]))")
_ROOT = re.compile(r"(?:\s*<[?!][^>\[]*(?:\[[^\]]*\][^>\[]*)?>)*\s*<([A-Za-z][\w:.-]*)")
_HEAD = 8192
_DEEPEST = 100
"""Levels of XML; what walks over it may call itself as often."""

_MOST_ELEMENTS = 1_000_000
"""Elements of XML, of which each takes some 300 bytes of memory; captions of a day, timed by words, have fewer."""

_CONTROLS_IN_TEXT = 1000
"""One control character in so many characters is dirt; more is a binary file."""


class _TooMuchError(Exception):
    """XML is nested deeper, or has more elements, than anything that is read here."""


class _Builder(TreeBuilder):
    """Builds elements as long as they are neither too deep nor too many."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        """Begin an element."""
        self._depth += 1
        self._count += 1
        if self._depth > _DEEPEST or self._count > _MOST_ELEMENTS:
            raise _TooMuchError
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """End an element."""
        self._depth -= 1
        return super().end(tag)


@dataclass(frozen=True)
class TranscriptFile:
    """A file to read: its name for messages, its text with line feeds only, what was odd in decoding it.

    `laid_out` says that its text is Markdown whatever its name says.
    """

    name: str
    text: str
    oddities: tuple[str, ...] = ()
    laid_out: bool = False

    @property
    def is_markdown(self) -> bool:
        """Whether the file's name says that it is Markdown, or its text is."""
        return self.laid_out or self.name.lower().endswith((".md", ".markdown"))

    @cached_property
    def json(self) -> Any:
        """The parsed JSON, or None for a text that does not begin like JSON; broken JSON raises TranscriptError.

        Where the beginning leaves it open, as of `[[`, the file's name decides.
        """
        named = self.name.lower().endswith(".json") and self.text.lstrip()[:1] in {"{", "["}
        if not named and not _JSON.match(self.text):
            return None
        try:
            return json.loads(self.text)
        except json.JSONDecodeError as error:
            if (rows := _json_lines(self.text, error)) is not None:
                return rows
            raise TranscriptError(
                self.name, say("format.bad-json", column=error.colno, problem=error.msg), error.lineno
            ) from error
        except (RecursionError, ValueError) as error:
            raise TranscriptError(self.name, say("format.deep-json")) from error

    @cached_property
    def root(self) -> str:
        """The name of the first element, in lower case, or "" for a text that does not begin with one."""
        match = _ROOT.match(self.text[:_HEAD])
        return match[1].lower() if match else ""

    @cached_property
    def xml(self) -> Element:
        """The parsed XML; raises TranscriptError when it is broken or has entities of its own."""
        parser = DefusedXMLParser(target=_Builder())
        try:
            parser.feed(self.text)
            element: Element = parser.close()
        except _TooMuchError as error:
            raise TranscriptError(self.name, say("format.deep-xml", deepest=_DEEPEST, most=_MOST_ELEMENTS)) from error
        except ParseError as error:
            line, column = error.position
            raise TranscriptError(self.name, say("format.bad-xml", column=column + 1), line) from error
        except (DefusedXmlException, ValueError) as error:
            raise TranscriptError(self.name, say("format.entities")) from error
        return element


def _json_lines(text: str, error: json.JSONDecodeError) -> list[Any] | None:
    """Return the objects of a text that has one a line; None for any other."""
    rows = [line for line in text.split("\n") if line.strip()]
    if error.msg != "Extra data" or not all(row.lstrip().startswith("{") for row in rows):
        return None
    try:
        return [json.loads(row) for row in rows]
    except (ValueError, RecursionError):
        return None


def decode(data: bytes, name: str) -> TranscriptFile:
    """Return a file's text, or raise TranscriptError when it is too long, empty, binary or in no known encoding.

    UTF-8, UTF-16 and UTF-32 with a byte-order mark and UTF-8 without one are read; anything else is taken as
    Windows-1252, with an oddity that says so.
    """
    if len(data) > LONGEST_FILE:
        most = LONGEST_FILE // 1_048_576
        raise TranscriptError(name, say("corpus.too-large", size=len(data) / 1_048_576, most=most))
    for magic, kind in _OTHER_FILES:
        if data.startswith(magic):
            raise TranscriptError(name, say(f"format.file-{kind}"))
    text, oddities = _text(data, name)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    _refuse_binary(text, name)
    if not text.strip():
        raise TranscriptError(name, say("format.empty"), 1)
    return TranscriptFile(name, text, oddities)


def _text(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Decode by byte-order mark, as UTF-8, or as Windows-1252."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_marked(data[len(mark) :], encoding, name), ()
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        first = error
    line = data.count(b"\n", 0, first.start) + 1
    byte = data[first.start]
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise TranscriptError(name, say("format.no-encoding", byte=byte), line) from error
    odd = say("format.windows", line=line, byte=byte)
    return text, (odd,)


def _decode_marked(data: bytes, encoding: str, name: str) -> str:
    """Decode what follows a byte-order mark."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "ignore").count("\n") + 1
        raise TranscriptError(name, say("format.half-encoded", encoding=encoding.upper()), line) from error


def _refuse_binary(text: str, name: str) -> None:
    """Raise TranscriptError for NUL characters, or more control characters than any text has."""
    nul = text.find("\x00")
    if nul >= 0:
        raise TranscriptError(name, say("format.nul"), text.count("\n", 0, nul) + 1)
    first = _CONTROL.search(text)
    if first and len(_CONTROL.findall(text)) * _CONTROLS_IN_TEXT > len(text):
        raise TranscriptError(
            name, say("format.control", character=first.group()), text.count("\n", 0, first.start()) + 1
        )
