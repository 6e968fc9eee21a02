r"""The one text grammar: `/command free words option:value`, for the console, Slack, mentions and buttons.

Free words come first, options after them. Words or a value with spaces stand in quotes, straight or curly; inside
straight quotes `\"` and `\\` are the characters themselves. Every text has a reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Line", "Lines", "Use", "format_line", "format_option", "parse_line"]

_COMMAND = re.compile(r"/([^\s/]{1,64})(?=\s|$)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|[“„”]([^“”„"]*)[”“]', re.DOTALL)
_STRAIGHT = re.compile(r'\\.|"', re.DOTALL)
_MARK = re.compile(r'["“”„]')
_NAME = re.compile(r"([a-z][a-z_-]{1,31}):")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BARE_VALUE = re.compile(r'[^\s"“”„:/,.;!?)(][^\s"“”„]*')


@dataclass(frozen=True, slots=True)
class Line:
    """A typed line: the command's name ("" for a free message), its free words, its options in order."""

    name: str
    words: str
    options: tuple[tuple[str, str], ...] = ()


def parse_line(text: str) -> Line:
    """Read a line; total over any text.

    Options are the unbroken run of `name:value` at the end. A text that does not begin with `/` is all words.
    """
    text = text.strip()
    command = _COMMAND.match(text)
    if not command:
        return Line("", text)
    rest = text[command.end() :].strip()
    begins, options = _options(rest)
    return Line(command[1].casefold(), _unquote(rest[:begins].rstrip()), options)


def format_line(line: Line) -> str:
    """Write a line so that `parse_line` reads the same line from it."""
    if not line.name:
        return line.words
    parts = [f"/{line.name}"]
    if line.words:
        bare = parse_line(f"/{line.name} {line.words}")
        parts.append(line.words if bare == Line(line.name, line.words) else _quote(line.words))
    parts.extend(format_option(name, value) for name, value in line.options)
    return " ".join(parts)


def format_option(name: str, value: str) -> str:
    """Write one option so that `parse_line` reads it, its value in quotes where it needs them."""
    return f"{name}:{value if _BARE_VALUE.fullmatch(value) else _quote(value)}"


def _options(text: str) -> tuple[int, tuple[tuple[str, str], ...]]:
    """Return where the options that a text ends in begin, and the options.

    It is read from its end, where a value's last character says where the value begins: a quotation mark at the one
    before it, any other after a blank. So each character is looked at a few times, however long the text is.
    """
    straight = [sign.start() for sign in _STRAIGHT.finditer(text) if sign[0] == '"']
    marks = [sign.start() for sign in _MARK.finditer(text)]
    found: list[tuple[str, str]] = []
    begins = end = len(text)
    while end:
        signs = straight if text[end - 1] == '"' else marks if text[end - 1] in "”“" else []
        opens = _opening(signs, end) if signs else end
        begin = opens
        while begin and not text[begin - 1].isspace():
            begin -= 1
        name = _NAME.match(text, begin, opens)
        value = text[name.end() : end] if name else ""
        if name is None or not (_BARE_VALUE if opens == end else _QUOTED).fullmatch(value):
            break
        found.append((name[1], _unquote(value)))
        begins = end = begin
        while end and text[end - 1].isspace():
            end -= 1
    return begins, tuple(reversed(found))


def _opening(signs: list[int], end: int) -> int:
    """Return the place of the mark before the one that ends a value, or its end; forget the marks from there on."""
    while signs and signs[-1] >= end:
        signs.pop()
    return signs[-2] if len(signs) > 1 and signs[-1] == end - 1 else end


def _unquote(text: str) -> str:
    """Return the inside of a text that is one quoted piece, or the text."""
    match = _QUOTED.fullmatch(text)
    if not match:
        return text
    return _ESCAPE.sub(r"\1", match[1]) if match[1] is not None else match[2]


def _quote(text: str) -> str:
    """Put a text in straight quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Use(StrEnum):
    """What the bot needs a command for; the command that serves it says so, and nobody else knows its name."""

    LINE = "line"
    CLAIM = "claim"
    QUESTION = "question"
    TOPIC = "topic"
    PASSAGE = "passage"
    LIBRARY = "library"
    MOMENT = "moment"
    TALK = "talk"
    DAILY = "daily"
    VOTE = "vote"
    SETTINGS = "settings"
    HELP = "help"
    ABOUT = "about"
    PRIVACY = "privacy"


@dataclass(frozen=True, slots=True)
class Lines:
    """How to type what buttons and sentences offer: the name of the command for each use."""

    names: Mapping[Use, str]

    def line(self, use: Use, words: str = "", **options: str | int) -> Line:
        """Return the line of that use, options without a value left out."""
        given = tuple((name, str(value)) for name, value in options.items() if value != "")
        return Line(self.names.get(use, use.value), words, given)

    def to(self, use: Use, words: str = "", **options: str | int) -> str:
        """Return the line of that use as text that `parse_line` reads."""
        return format_line(self.line(use, words, **options))
