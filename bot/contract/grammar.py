r"""The one text grammar: `/command free words option:value`, for the console, Slack, mentions and buttons.

Options stand before, between or after the free words. Words or a value with spaces stand in quotes of any kind; inside
straight double quotes `\"` and `\\` are the characters themselves. What stands in quotes is no option. Every text has
a reading.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["Line", "Lines", "Use", "format_line", "format_option", "likely_options", "parse_line", "split_unfinished"]

_COMMAND = re.compile(r"/([^\s/]{1,64})(?=\s|$)")
_NAME = re.compile(r"([A-Za-z][A-Za-z0-9_-]{1,31}):")
_TOKEN = re.compile(r"\S+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BARE_VALUE = re.compile(r"[^\s\"“”„«»\u2039›‘’\u201a':/,.;!?)(][^\s\"“”„«»]*")
_AFTER = ",;.!?"
"""What ends a sentence or parts a list, not a value."""

_CLOSES = {
    '"': '"',
    "“": "”“",
    "„": "”“",
    "”": "”“",
    "«": "»",
    "»": "«",
    "\u2039": "›",
    "›": "\u2039",
    "'": "'’",
    "‘": "’‘",
    "\u201a": "’‘",
    "’": "’",
}
"""The marks that close what each mark opens, in the ways of several languages."""

# A mark closes where a word may end, so that an apostrophe does not. What is escaped closes nothing.
_CLOSING = re.compile(r"\\.|[\"”“»«›\u2039'’‘](?=[\s,;.!?:)]|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Line:
    """A typed line: the command's name ("" for a free message), its free words, its options in order."""

    name: str
    words: str
    options: tuple[tuple[str, str], ...] = ()


def parse_line(text: str, known: Mapping[str, Collection[str]] | None = None) -> Line:
    """Read a line; total over any text, in time that grows with its length.

    `known` are the names of each command's options, and under "" those of a free message: a `name:value` of no known
    name is words. Without it every one is an option of a command's line, and a free message is all words.
    """
    text = text.strip()
    command = _COMMAND.match(text)
    name = command[1].casefold() if command else ""
    if not name and known is None:
        return Line("", text)
    rest = text[command.end() :].strip() if command else text
    words, options = _split(rest, None if known is None else known.get(name, ()))
    return Line(name, _unquote(words) if name else words, options)


def format_line(line: Line) -> str:
    """Write a line so that `parse_line` reads the same line from it, where it has a command's name."""
    options = [format_option(name, value) for name, value in line.options]
    if not line.name:
        return " ".join([line.words, *options])
    if not line.words:
        return " ".join([f"/{line.name}", *options])
    bare = " ".join([f"/{line.name}", line.words, *options])
    return bare if parse_line(bare) == line else " ".join([f"/{line.name}", _quote(line.words), *options])


def format_option(name: str, value: str) -> str:
    """Write one option so that `parse_line` reads it, its value in quotes where it needs them."""
    plain = _BARE_VALUE.fullmatch(value) and value[-1] not in _AFTER
    return f"{name}:{value if plain else _quote(value)}"


def likely_options(text: str) -> tuple[tuple[str, str], ...]:
    """Return the name and the value of all that looks like an option in a line or a message, in order."""
    command = _COMMAND.match(text.strip())
    return _split(text.strip()[command.end() :] if command else text.strip(), None)[1]


def split_unfinished(text: str, known: Collection[str]) -> tuple[str, str]:
    """Return what stands before the piece that is being typed, and that: a word, or an option with an open quote."""
    marks = _closing(text)
    last = at = 0
    while token := _TOKEN.search(text, at):
        last, name = token.start(), _NAME.match(text, token.start())
        if name is not None and name[1].casefold() in known:
            end = _closed(text, name.end(), marks)
            if not end and text[name.end() : name.end() + 1] in _CLOSES:
                return text[:last], text[last:]
            at = end or token.end()
        else:
            at = _closed(text, last, marks) or token.end()
    return (text, "") if at < len(text) else (text[:last], text[last:])


def _split(text: str, known: Collection[str] | None) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the words of a text and its options, of any name where `known` is None."""
    marks = _closing(text)
    words: list[str] = []
    options: list[tuple[str, str]] = []
    begin = at = 0
    while token := _TOKEN.search(text, at):
        start = token.start()
        name = _NAME.match(text, start)
        if name is not None and (known is None or name[1].casefold() in known):
            end = _closed(text, name.end(), marks)
            bare = None if end else _BARE_VALUE.match(text, name.end())
            if end or (bare and bare.end() == token.end()):
                value = _unquote(text[name.end() : end]) if end else text[name.end() : token.end()].rstrip(_AFTER)
                options.append((name[1].casefold(), value))
                words.append(text[begin:start].strip())
                begin = at = _past(text, end or token.end())
                continue
        at = _closed(text, start, marks) or token.end()
    words.append(text[begin:].strip())
    return " ".join(filter(None, words)), tuple(options)


def _closing(text: str) -> dict[str, list[int]]:
    """Return the places of the marks in a text that may close a quote, by the mark."""
    places: dict[str, list[int]] = {}
    for found in _CLOSING.finditer(text):
        places.setdefault(found[0], []).append(found.start())
    return places


def _closed(text: str, opens: int, marks: Mapping[str, list[int]]) -> int:
    """Return where the quote ends that begins at a place in a text; 0 where none begins or it has no end."""
    ends = []
    for mark in _CLOSES.get(text[opens : opens + 1], ""):
        places = marks.get(mark, [])
        after = bisect_right(places, opens)
        ends += places[after : after + 1]
    return min(ends) + 1 if ends else 0


def _past(text: str, end: int) -> int:
    """Return the place after the marks of a sentence that follow an option."""
    while text[end : end + 1] and text[end] in _AFTER:
        end += 1
    return end


def _unquote(text: str) -> str:
    """Return the inside of a text that is one quoted piece, or the text."""
    if not text or _closed(text, 0, _closing(text)) != len(text):
        return text
    return _ESCAPE.sub(r"\1", text[1:-1]) if text[0] == '"' else text[1:-1]


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
    DETAIL = "detail"
    PROOF = "proof"
    LIBRARY = "library"
    MOMENT = "moment"
    TALK = "talk"
    DAILY = "daily"
    VOTE = "vote"
    SETTINGS = "settings"
    SETUP = "setup"
    SETUP_STEP = "setup-step"
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
