"""Lines above the words that state something of the episode: `Date: 2024-05-01`, `*Published 2 May 2024*`, a title.

Nobody said them. They are told from a conversation between “Host:” and “Guest:” by what stands behind the colons.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus.words import ends_sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Fact", "Preamble", "is_rule", "preamble"]

_MARKS = "*_` \t"
_ITEM = re.compile(r"[-*+\u2022][ \t]{1,4}(?=\S)")
_PARTS = re.compile(r"\s[|\u00b7\u2022]\s")
_RULE = re.compile(r"[-*_=~\u2013\u2014]{3,200}")
_SHARP = re.compile(r"#{1,6}[ \t]+\S")
_MOST_LINES = 60
"""Lines from the first on among which the top of a file ends."""

_LONGEST_KEY = 30
_LONGEST_TITLE = 160
_MOST_KEY_WORDS = 3


class Fact(NamedTuple):
    """What one line states: the key under which front matter would have it, and its value.

    A value of None is none that such a key can have. `key` is "" where nothing of it is kept; `sure` says that a line
    alone can be nothing else, `person` that it names people.
    """

    key: str
    value: str | None
    sure: bool = False
    person: bool = False


@dataclass(frozen=True, slots=True)
class Preamble:
    """What the lines above the words state, by key, and their numbers; `left` are those of which nothing is kept."""

    fields: dict[str, str] = field(default_factory=dict)
    lines: tuple[int, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line at the top: its number, words, key, and what it states if that is known."""

    number: int
    text: str
    key: str
    fact: Fact | None


def preamble(text: str, known: Callable[[str, str], Fact | None]) -> Preamble:
    """Return what the lines at the top of a text state; `known` says what a key and its value do.

    A key of "" comes with a whole line without a colon. Most lines must be known ones, and two of them, or one that
    can be nothing else.
    """
    lines, below = _with_lists(text.split("\n", _MOST_LINES)[:_MOST_LINES])
    filled = [number for number, line in enumerate(lines) if line.strip()]
    if not filled:
        return Preamble()
    first = lines[filled[0]].strip()
    title = None if _line(filled[0], first, known) or not _is_title(first) else first
    begun = filled[0] + (title is not None or bool(_SHARP.match(first)))
    found = list(_top(lines, begun, known))
    while found and found[-1].fact is None and not _belongs(found[-1], lines, text):
        found.pop()
    facts = [line.fact for line in found if line.fact]
    certain = any(fact.sure for fact in facts) or (len(facts) > 1 and not all(fact.person for fact in facts))
    named = len(facts) > 1 and all(" " in (fact.value or "") for fact in facts)
    if not (certain or named) or len(facts) * 2 <= len(found):
        return Preamble()
    fields: dict[str, str] = {}
    for fact in facts:
        if fact.key and fact.value:
            before = fields.get(fact.key)
            fields[fact.key] = f"{before}, {fact.value}" if before and fact.person else before or fact.value
    taken = [number for line in found for number in (line.number, *below.get(line.number, ()))]
    if title is not None:
        fields.setdefault("title", title)
        taken.insert(0, filled[0])
    end = next((n for n in filled if n > taken[-1] and not is_rule(lines[n])), len(lines))
    rules = [n for n in range(begun, end) if is_rule(lines[n])]
    left = tuple(line.text for line in found if line.fact is None or not line.fact.key)
    return Preamble(fields, tuple(sorted({*taken, *rules})), left)


def _with_lists(lines: list[str]) -> tuple[list[str], dict[int, list[int]]]:
    """Return lines with the lists below keys beside them, as `Guests:` has, and which lines those were."""
    together = list(lines)
    below: dict[int, list[int]] = {}
    key: int | None = None
    for number, line in enumerate(lines):
        item = _ITEM.match(line.strip())
        if key is not None and item:
            below.setdefault(key, []).append(number)
            together[key] += f"{',' if len(below[key]) > 1 else ''} {line.strip()[item.end() :]}"
            together[number] = ""
        else:
            key = number if line.strip(_MARKS).endswith(":") else None
    return together, below


def is_rule(line: str) -> bool:
    """Say whether a line is a rule drawn with signs, which is no word."""
    return bool(_RULE.fullmatch(line.strip().replace(" ", "")))


def _is_title(line: str) -> bool:
    """Say whether a first line may be the title of what follows it."""
    plain = line.strip(_MARKS)
    return 0 < len(plain) <= _LONGEST_TITLE and not line.startswith("#") and not plain.endswith((".", ":", ","))


def _top(lines: list[str], begun: int, known: Callable[[str, str], Fact | None]) -> Iterator[_Line]:
    """Yield the lines that have a key or state something, up to the first that does neither.

    After a blank line only what is known goes on.
    """
    apart = True
    for number in range(begun, len(lines)):
        text = lines[number].strip()
        if not text or is_rule(text):
            apart = True
            continue
        parts = [_line(number, part, known) for part in _PARTS.split(text)]
        found = [part for part in parts if part and part.fact]
        line = _line(number, text, known)
        if len(parts) > 1 and len(found) == len(parts):
            yield from found
        elif line is None or (apart and line.fact is None):
            return
        else:
            yield line
        apart = False


def _line(number: int, line: str, known: Callable[[str, str], Fact | None]) -> _Line | None:
    """Return a line with its key; one without a colon only when it states something by itself."""
    text = line.strip()
    item = _ITEM.match(text)
    text = text[item.end() :] if item else text
    plain = text.strip(_MARKS)
    key, colon, value = plain.replace("\uff1a", ": ", 1).partition(":")
    key = key.strip(_MARKS)
    keyed = colon and 0 < len(key) <= _LONGEST_KEY and len(key.split()) <= _MOST_KEY_WORDS
    if keyed and (not value or value[0] in _MARKS):
        fact = known(key, value.strip(_MARKS).strip("\"'\u201c\u201d"))
        return _Line(number, plain, key, fact if fact and fact.value is not None else None)
    fact = known("", plain.strip("()[]"))
    return _Line(number, plain, "", fact) if fact and fact.value is not None else None


def _belongs(line: _Line, lines: list[str], text: str) -> bool:
    """Say whether a line with an unknown key behind the known ones still stands at the top: nobody's label does."""
    after = lines[line.number + 1] if line.number + 1 < len(lines) else "words"
    ended = not after.strip() or is_rule(after)
    return bool(ended) and text.count(f"{line.key}:") == 1 and not ends_sentence(line.text)
