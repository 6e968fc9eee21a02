"""The edition: a transcript as a Markdown file that people can read and correct.

Front matter (YAML) tells of the episode. `## 1:57:37 Title` begins a chapter, `### Ad: Name` (or `### Introduction`,
`### Conversation`, `### Outro`) says what kind of speech follows, `**Name:** words` is a paragraph by a speaker. A time
in square brackets before a sentence, `[12:34.5]`, is exact. A backslash takes a character's meaning away.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from bot.contract import clock
from bot.corpus.files import door, read_yaml
from bot.corpus.names import LONGEST_ADDRESS, LONGEST_PERSON, LONGEST_TITLE, MOST_CHAPTERS, one_line
from bot.corpus.transcript import Block, Chapter, Person, Said, Section
from bot.corpus.words import sentence_spans
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Cut", "Edition", "Meta", "parse_time", "read_edition", "write_edition"]

_FRONT = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
_CHAPTER = re.compile(r"##[ \t]+(?:(\d{1,2}(?::\d{2}){1,2}(?:\.\d+)?)[ \t]+)?(\S(?:.*[^ \t])?)[ \t]*$")
_SECTION = re.compile(r"###[ \t]+([A-Za-z]+)(?::[ \t]*(\S(?:.*[^ \t])?))?[ \t]*$")
_SPEAKER = re.compile(r"\*\*([^*\n]{1,80}?):\*\*[ \t]*")
_STAMP = re.compile(r"(?<!\\)\[(\d{1,2}(?::\d{2}){1,2}(?:\.\d+)?)\][ \t]?")
_ESCAPED = re.compile(r"\\([\\\[\]#*>-])")
_TIME = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2}(?:\.\d+)?)")
_TIMELY = re.compile(r"\\?\d{1,2}:\d")
_LARGEST_NUMBER = 10**9
_LATEST_SECOND = 10**7
_SECTIONS = {section.value: section for section in Section}


@dataclass(frozen=True, slots=True)
class Cut:
    """One published form of the episode.

    `id` is what the show's link for this cut needs; what is said at second t >= `after` of the edition is heard
    `later` seconds later in this cut.
    """

    name: str
    id: str | None = None
    later: float = 0.0
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Meta:
    """What the front matter says. The edition's times are those of the first cut."""

    title: str | None = None
    number: int | None = None
    season: int | None = None
    published: dt.date | None = None
    language: str | None = None
    duration: float | None = None
    people: tuple[Person, ...] = ()
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition file as read: front matter, chapters in order, paragraphs, and the file's line of each paragraph.

    `sectioned` says that somebody has marked which kinds of speech it has.
    """

    meta: Meta
    chapters: tuple[Chapter, ...]
    blocks: tuple[Block, ...]
    lines: tuple[int, ...]
    sectioned: bool = field(default=False, compare=False)


def parse_time(text: str) -> float | None:
    """Return the seconds of 4:10, 1:57:37 or 0:01.5, or None when the text is no such time."""
    match = _TIME.fullmatch(text.strip())
    if not match or float(match[3]) >= 60:  # noqa: PLR2004 - seconds in a minute
        return None
    return int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3])


@door
def read_edition(text: str, path: str) -> Edition:
    """Read an edition; raises TranscriptError naming the line that is not well-formed."""
    front = _FRONT.match(text)
    meta = _meta(front[1], path) if front else Meta()
    first_line = text.count("\n", 0, front.end()) + 1 if front else 1
    chapters: list[Chapter] = []
    blocks: list[Block] = []
    lines: list[int] = []
    latest = 0.0
    section, sponsor, sectioned = Section.CONVERSATION, None, False
    for number, paragraph in _paragraphs(text[front.end() if front else 0 :], first_line):
        if paragraph.startswith("### "):
            section, sponsor = _section(paragraph, path, number)
            sectioned = True
        elif paragraph.startswith("## "):
            chapters.append(_chapter(paragraph, path, number, latest))
            latest = chapters[-1].start or latest
            if len(chapters) > MOST_CHAPTERS:
                raise TranscriptError(path, say("edition.many-chapters", most=MOST_CHAPTERS), number)
        elif paragraph.startswith("#"):
            raise TranscriptError(path, say("edition.heading"), number)
        else:
            speaker = _SPEAKER.match(paragraph)
            said = _sentences(paragraph[speaker.end() if speaker else 0 :])
            if said:
                name = one_line(speaker[1]) or None if speaker else None
                blocks.append(Block(said, name, len(chapters) - 1 if chapters else None, section, sponsor))
                lines.append(number)
    if not blocks:
        raise TranscriptError(path, say("edition.empty"), first_line)
    return Edition(meta, tuple(chapters), tuple(blocks), tuple(lines), sectioned)


def _paragraphs(text: str, line: int) -> Iterator[tuple[int, str]]:
    """Yield (line, paragraph): headings alone, other lines joined until a blank one."""
    held: list[str] = []
    begun = line
    for number, row in enumerate(text.split("\n"), line):
        row_text = row.strip()
        if held and (not row_text or row_text.startswith("#")):
            yield begun, " ".join(held)
            held = []
        if row_text.startswith("#"):
            yield number, row_text
        elif row_text:
            begun = begun if held else number
            held.append(row_text)
    if held:
        yield begun, " ".join(held)


def _chapter(row: str, path: str, line: int, latest: float) -> Chapter:
    match = _CHAPTER.match(row)
    if not match:
        raise TranscriptError(path, say("edition.chapter"), line)
    start = parse_time(match[1]) if match[1] else None
    if match[1] and start is None:
        raise TranscriptError(path, say("edition.no-time", time=match[1]), line)
    if start is not None and start < latest:
        raise TranscriptError(path, say("edition.times-order", start=match[1], before=clock(latest)), line)
    title = match[2][1:] if match[2].startswith("\\") and _TIMELY.match(match[2]) else match[2]
    return Chapter(_name(title, LONGEST_TITLE, path, line), start)


def _name(text: str, most: int, path: str, line: int) -> str:
    """Return a name as it can be shown, or raise TranscriptError for one that is too long for that."""
    name = one_line(text)
    if len(name) > most:
        raise TranscriptError(path, say("edition.long-name", count=len(name), most=most), line)
    return name


def _section(row: str, path: str, line: int) -> tuple[Section, str | None]:
    match = _SECTION.match(row)
    section = _SECTIONS.get(match[1].casefold()) if match else None
    if match is None or section is None:
        raise TranscriptError(path, say("edition.section"), line)
    return section, _name(match[2], LONGEST_PERSON, path, line) if match[2] else None


def _sentences(text: str) -> tuple[Said, ...]:
    """Split a paragraph into sentences; a stamp begins a sentence and times it."""
    said: list[Said] = []
    start: float | None = None
    at = 0
    for match in [*_STAMP.finditer(text), None]:
        piece = _ESCAPED.sub(r"\1", text[at : match.start() if match else len(text)])
        begun: int | None = None
        for begin, end in sentence_spans(piece):
            begun = begin if begun is None else begun
            if end == len(piece) or piece[end].isspace():  # none ends inside a word
                said.append(Said(piece[begun:end], start))
                begun = start = None
        if match:
            start, at = parse_time(match[1]), match.end()
    return tuple(said)


def _meta(front: str, path: str) -> Meta:
    try:
        table = read_yaml(front)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise TranscriptError(path, say("edition.no-yaml", problem=problem), mark.line + 2 if mark else 1) from error
    if not isinstance(table, dict):
        raise TranscriptError(path, say("edition.no-table"), 1)
    unknown = sorted(set(map(str, table)) - set(_FIELDS))
    if unknown:
        raise TranscriptError(path, say("edition.unknown", name=unknown[0], known=", ".join(_FIELDS)), 1)
    values: dict[str, Any] = {}
    for name, value in table.items():
        if value is None:
            continue
        try:
            target, convert = _FIELDS[name]
            values[target] = convert(value)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            needs = say(f"edition.needs-{name}")
            raise TranscriptError(
                path, say("edition.unreadable", name=name, value=_beginning(value), needs=needs), 1
            ) from error
    return Meta(**values)


def _beginning(value: object) -> str:
    """Return how a value begins; a number of thousands of digits has none that Python writes."""
    try:
        return str(value)[:_SHOWN]
    except ValueError:
        return "…"


def _seconds(value: object) -> float:
    """Return seconds; YAML 1.1 reads an unquoted 5:10 as 310 and 2:41:00 as 9660, which is what is meant."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds: float | None = float(value)
    else:
        seconds = parse_time(str(value))
    if seconds is None or not 0 <= seconds < _LATEST_SECOND:
        raise ValueError
    return seconds


def _number(value: object) -> int:
    number = int(value)  # type: ignore[call-overload]  # a TypeError is what tells
    if abs(number) >= _LARGEST_NUMBER:
        raise ValueError
    return int(number)


def _date(value: object) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))


def _text(value: object, most: int = LONGEST_TITLE) -> str:
    """Return one value as a name; raises ValueError for several values, or a name too long to be shown."""
    text = one_line(str(value))
    if isinstance(value, (list, tuple, dict, set)) or len(text) > most:
        raise ValueError
    return text


def _people(value: dict[str, str | None] | list[str]) -> tuple[Person, ...]:
    if isinstance(value, list):
        return tuple(Person(_text(name, LONGEST_PERSON)) for name in value)
    people = ((name, _text(role, LONGEST_PERSON) if role else "") for name, role in value.items())
    return tuple(Person(_text(name, LONGEST_PERSON), role) for name, role in people)


def _cuts(value: dict[str, dict[str, Any] | None]) -> tuple[Cut, ...]:
    cuts = []
    for name, table in value.items():
        known = dict(table or {})
        cut = Cut(
            _text(name),
            _text(known.pop("id"), LONGEST_ADDRESS) if "id" in known else None,
            _seconds(known.pop("later", 0)),
            _seconds(known.pop("after", 0)),
        )
        if known:
            raise ValueError
        cuts.append(cut)
    return tuple(cuts)


_SHOWN = 60
"""Characters of a value that an error repeats."""

_FIELDS: dict[str, tuple[str, Any]] = {
    "title": ("title", _text),
    "number": ("number", _number),
    "season": ("season", _number),
    "published": ("published", _date),
    "language": ("language", _text),
    "duration": ("duration", _seconds),
    "speakers": ("people", _people),
    "cuts": ("cuts", _cuts),
}


def write_edition(edition: Edition) -> str:
    """Return the Markdown of an edition, so that `read_edition` reads the same from it."""
    meta = edition.meta
    front: dict[str, Any] = {
        "title": meta.title,
        "number": meta.number,
        "season": meta.season,
        "published": meta.published,
        "language": meta.language,
        "duration": clock(meta.duration) if meta.duration is not None else None,
        "speakers": _people_told(meta.people) or None,
        "cuts": {cut.name: _cut(cut) for cut in meta.cuts} or None,
    }
    known = {name: value for name, value in front.items() if value is not None}
    parts = [f"---\n{yaml.safe_dump(known, allow_unicode=True, sort_keys=False, width=1000)}---"]
    chapter, section, sponsor = None, Section.CONVERSATION, None
    for block in edition.blocks:
        while block.chapter is not None and (chapter is None or chapter < block.chapter):
            chapter = 0 if chapter is None else chapter + 1
            parts.append(_heading(edition.chapters[chapter]))
        if (block.section, block.sponsor) != (section, sponsor):
            section, sponsor = block.section, block.sponsor
            parts.append(f"### {section.value.capitalize()}{f': {sponsor}' if sponsor else ''}")
        label = f"**{block.speaker}:** " if block.speaker else ""
        parts.append(label + " ".join(_sentence(said) for said in block.said))
    return "\n\n".join(parts) + "\n"


def _people_told(people: tuple[Person, ...]) -> dict[str, str | None] | list[str]:
    """Return the people with their parts, or only their names where nobody's part is known."""
    if any(person.role for person in people):
        return {person.name: person.role or None for person in people}
    return [person.name for person in people]


def _cut(cut: Cut) -> dict[str, str]:
    known = {
        "id": cut.id,
        "later": clock(cut.later) if cut.later else None,
        "after": clock(cut.after) if cut.after else None,
    }
    return {name: value for name, value in known.items() if value is not None}


def _heading(chapter: Chapter) -> str:
    time = f"{clock(chapter.start)} " if chapter.start is not None else ""
    title = " ".join(chapter.title.split())
    # Without a time of its own, a title that begins with one would lose it.
    return f"## {time}{'' if time or not _TIMELY.match(title) else chr(92)}{title}"


def _sentence(said: Said) -> str:
    """Write a sentence with its stamp; characters that mean something get a backslash."""
    text = re.sub(r"\\(?=[\\\[\]#*>-])", r"\\\\", said.text).replace("[", "\\[")
    text = re.sub(r"^([#*>-])", r"\\\1", text)
    if said.start is None:
        return text
    tenths = round(said.start * 10)
    return f"[{clock(tenths // 10)}{f'.{tenths % 10}' if tenths % 10 else ''}] {text}"
