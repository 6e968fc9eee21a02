r"""Text for Discord: transcripts escaped so that they show character for character, styles put on after that.

Discord's Markdown shows `\x` as `x` for every `x` that is not a letter, a digit or a blank, so each character that
could begin markup, a mention, a timestamp, an emoji or a link gets a backslash. The library's own `escape_markdown`
leaves the second masked link of a line alive.
"""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.adapters.discord.limits import LONGEST_URL, units
from bot.contract import Span, Style

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ELLIPSIS", "block", "cut", "escape", "fit", "markdown"]

ELLIPSIS = "…"

# Control characters, and those that turn the direction of text: a transcript must not rearrange a message.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NEWLINE = re.compile(r"\r\n?")
# Inline: emphasis, spoilers, code, masked links, mentions and everything else in angle brackets, @everyone and @here.
_INLINE = re.compile(r"[\\*_~|`\[\]<>@]")
# `:smile:` becomes an emoji, `https:` before `//` a link; 1:57:37 is neither.
_COLON = re.compile(r":(?=//|(?:100|1234|[\d+-]*+[^\W\d][\w+-]*+|[+-]1):)")
# At the start of a line: headings, lists, small text, numbered lists. Block quotes begin with `>`, escaped above.
_MARKER = re.compile(r"^[^\S\n]*[-+#]", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s<>\\]+")
"""What may stand in the angle brackets of a masked link."""

_NUMBER = re.compile(r"^[^\S\n]*\d+[.)]", re.MULTILINE)


def escape(text: str) -> str:
    """Return text that Discord shows as it is; characters that must not be shown become U+FFFD."""
    return markdown((Span(text),))


def markdown(spans: Iterable[Span]) -> str:
    """Return styled runs as Markdown: marked and strong words bold, code as code, linked ones a masked link."""
    runs = _merge(spans)
    live = _live("".join(text for text, _, _ in runs))
    parts: list[str] = []
    start = 0
    for text, style, url in runs:
        end = start + len(text)
        own = live[bisect_left(live, start) : bisect_left(live, end)]
        escaped = _escape(text, [place - start for place in own])
        start = end
        if url and text.strip() and "\n" not in text:
            parts.append(f"[{escaped}](<{url}>)")
        elif style is Style.PLAIN:
            parts.append(escaped)
        elif style is Style.CODE and "`" not in text and "\n" not in text and text.strip():
            parts.append(f"`{text}`")
        else:
            parts.append("\n".join(map(_bold, escaped.split("\n"))))
    return "".join(parts)


def block(text: str) -> str:
    """Return Markdown as a block quote."""
    return "\n".join(f"> {line}" for line in text.split("\n"))


def cut(text: str, most: int) -> str:
    """Return at most `most` UTF-16 units of a plain text, ended by an ellipsis where something is missing."""
    if units(text) <= most:
        return text
    kept = text[: max(0, most - 1)]
    while units(kept) > most - 1:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def fit(spans: tuple[Span, ...], most: int) -> str:
    """Return styled runs as Markdown of at most `most` UTF-16 units, cut between words where they are longer."""
    # What is longer is not looked at; only a line break, which may be two characters, is drawn as fewer.
    shown = (dataclasses.replace(span, text=_clean(span.text)) for span in _first(spans, 2 * most + 2))
    spans = tuple(_first(shown, most + 1))
    whole = markdown(spans)
    if units(whole) <= most:
        return whole
    low = _most_that_fits(spans, most - len(ELLIPSIS) - 1, units(whole))
    text = "".join(span.text for span in spans)
    space = text.rfind(" ", 0, low + 1)
    shortened = markdown(_first(spans, space if space > low // 2 else low)).rstrip()
    return f"{shortened} {ELLIPSIS}" if shortened and units(shortened) + len(ELLIPSIS) + 1 <= most else ""


def _most_that_fits(spans: tuple[Span, ...], most: int, whole: int) -> int:
    """Return how many characters of styled runs are at most `most` UTF-16 units as Markdown; all of them are `whole`.

    By turns the guess is as if all characters took the same room, and the middle; a hundredth of the room may be left.
    """
    fitting, beyond = 0, sum(len(span.text) for span in spans) + 1
    least, greatest = 0, whole
    even = True
    while beyond - fitting > 1:
        share = (most - least) / max(1, greatest - least) if even else 0.5
        guess = min(beyond - 1, max(fitting + 1, fitting + int(share * (beyond - fitting))))
        size = units(markdown(_first(spans, guess)))
        if most - most // 100 <= size <= most:
            return guess
        if size <= most:
            fitting, least = guess, size
        else:
            beyond, greatest = guess, size
        even = not even
    return fitting


def _live(text: str) -> list[int]:
    """Return the places of the characters that need a backslash.

    They are sought in the whole text: a link or the name of an emoji may reach over two runs.
    """
    ends = (found.end() - 1 for pattern in (_INLINE, _MARKER, _NUMBER) for found in pattern.finditer(text))
    colons = (found.start() for found in _COLON.finditer(text))
    return sorted({*ends, *colons})


def _escape(text: str, places: list[int]) -> str:
    """Return text with a backslash before the character at each of the places."""
    return "\\".join(text[here:there] for here, there in pairwise([0, *places, len(text)]))


def _clean(text: str) -> str:
    """Return text with one kind of line break and nothing that rearranges a message."""
    return _UNSAFE.sub("\ufffd", _NEWLINE.sub("\n", text))


def _bold(line: str) -> str:
    """Return an escaped line in bold, the blanks around it outside."""
    words = line.strip()
    if not words:
        return line
    before, after = line[: line.index(words[0])], line[len(line.rstrip()) :]
    return f"{before}**{words}**{after}"


def _first(spans: Iterable[Span], length: int) -> list[Span]:
    """Return the first `length` characters of styled runs."""
    kept: list[Span] = []
    for span in spans:
        if length <= 0:
            break
        kept.append(dataclasses.replace(span, text=span.text[:length]))
        length -= len(span.text)
    return kept


def _merge(spans: Iterable[Span]) -> list[tuple[str, Style, str]]:
    """Return the runs with neighbours that look alike joined: `**a****b**` would show its asterisks."""
    runs: list[tuple[str, Style, str]] = []
    for span in spans:
        text = _clean(span.text)
        if not text:
            continue
        style = Style.MARK if span.style in {Style.STRONG, Style.CLAIM} else span.style
        url = span.url if span.url and len(span.url) <= LONGEST_URL and _ADDRESS.fullmatch(span.url) else ""
        if runs and runs[-1][1:] == (style, url):
            runs[-1] = (runs[-1][0] + text, style, url)
        else:
            runs.append((text, style, url))
    return runs
