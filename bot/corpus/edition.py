"""The edition: a transcript as a Markdown file that people can read and correct.

Front matter (YAML) tells of the episode. `## 1:57:37 Title` begins a chapter, `### Ad: Name` (or `### Introduction`,
`### Conversation`, `### Outro`) says what kind of speech follows, `**Name:** words` is a paragraph by a speaker. A time
in square brackets before a sentence, `[12:34.5]`, is exact. A backslash takes a character's meaning away.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from bot.contract import clock
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
    published: dt.date | None = None
    language: str | None = None
    duration: float | None = None
    people: tuple[Person, ...] = ()
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition file as read: front matter, chapters in order, paragraphs, and the file's line of each paragraph."""

    meta: Meta
    chapters: tuple[Chapter, ...]
    blocks: tuple[Block, ...]
    lines: tuple[int, ...]


def parse_time(text: str) -> float | None:
    """Return the seconds of 4:10, 1:57:37 or 0:01.5, or None when the text is no such time."""
    match = _TIME.fullmatch(text.strip())
    if not match or float(match[3]) >= 60:  # noqa: PLR2004 - seconds in a minute
        return None
    return int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3])


def read_edition(text: str, path: str) -> Edition:
    """Read an edition; raises TranscriptError naming the line that is not well-formed."""
    front = _FRONT.match(text)
    meta = _meta(front[1], path) if front else Meta()
    first_line = text.count("\n", 0, front.end()) + 1 if front else 1
    chapters: list[Chapter] = []
    blocks: list[Block] = []
    lines: list[int] = []
    section, sponsor = Section.CONVERSATION, None
    for number, paragraph in _paragraphs(text[front.end() if front else 0 :], first_line):
        if paragraph.startswith("### "):
            section, sponsor = _section(paragraph, path, number)
        elif paragraph.startswith("## "):
            chapters.append(_chapter(paragraph, path, number, chapters))
        elif paragraph.startswith("#"):
            raise TranscriptError(path, say("edition.heading"), number)
        else:
            speaker = _SPEAKER.match(paragraph)
            said = _sentences(paragraph[speaker.end() if speaker else 0 :])
            if said:
                name = speaker[1].strip() if speaker else None
                blocks.append(Block(said, name, len(chapters) - 1 if chapters else None, section, sponsor))
                lines.append(number)
    if not blocks:
        raise TranscriptError(path, say("edition.empty"), first_line)
    return Edition(meta, tuple(chapters), tuple(blocks), tuple(lines))


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


def _chapter(row: str, path: str, line: int, before: list[Chapter]) -> Chapter:
    match = _CHAPTER.match(row)
    if not match:
        raise TranscriptError(path, say("edition.chapter"), line)
    start = parse_time(match[1]) if match[1] else None
    if match[1] and start is None:
        raise TranscriptError(path, say("edition.no-time", time=match[1]), line)
    known = [chapter.start for chapter in before if chapter.start is not None]
    if start is not None and known and start < known[-1]:
        raise TranscriptError(path, say("edition.times-order", start=match[1], before=clock(known[-1])), line)
    return Chapter(match[2], start)


def _section(row: str, path: str, line: int) -> tuple[Section, str | None]:
    match = _SECTION.match(row)
    section = _SECTIONS.get(match[1].casefold()) if match else None
    if match is None or section is None:
        raise TranscriptError(path, say("edition.section"), line)
    return section, match[2]


def _sentences(text: str) -> tuple[Said, ...]:
    """Split a paragraph into sentences; a stamp begins a sentence and times it."""
    said: list[Said] = []
    start: float | None = None
    at = 0
    for match in [*_STAMP.finditer(text), None]:
        piece = _ESCAPED.sub(r"\1", text[at : match.start() if match else len(text)])
        for begin, end in sentence_spans(piece):
            said.append(Said(piece[begin:end], start))
            start = None
        if match:
            start, at = parse_time(match[1]), match.end()
    return tuple(said)


def _meta(front: str, path: str) -> Meta:
    try:
        table = yaml.load(front, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are the safe loader
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
        except (ValueError, TypeError, AttributeError) as error:
            raise TranscriptError(
                path, say("edition.unreadable", name=name, value=value, needs=say(f"edition.needs-{name}")), 1
            ) from error
    return Meta(**values)


def _seconds(value: object) -> float:
    """Return seconds; YAML 1.1 reads an unquoted 5:10 as 310 and 2:41:00 as 9660, which is what is meant."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    seconds = parse_time(str(value))
    if seconds is None:
        raise ValueError
    return seconds


def _date(value: object) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))


def _people(value: dict[str, str | None] | list[str]) -> tuple[Person, ...]:
    if isinstance(value, list):
        return tuple(Person(str(name)) for name in value)
    return tuple(Person(str(name), str(role or "")) for name, role in value.items())


def _cuts(value: dict[str, dict[str, Any] | None]) -> tuple[Cut, ...]:
    cuts = []
    for name, table in value.items():
        known = dict(table or {})
        cut = Cut(
            str(name),
            str(known.pop("id")) if "id" in known else None,
            _seconds(known.pop("later", 0)),
            _seconds(known.pop("after", 0)),
        )
        if known:
            raise ValueError
        cuts.append(cut)
    return tuple(cuts)


_FIELDS: dict[str, tuple[str, Any]] = {
    "title": ("title", str),
    "number": ("number", int),
    "published": ("published", _date),
    "language": ("language", str),
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
        "published": meta.published,
        "language": meta.language,
        "duration": clock(meta.duration) if meta.duration is not None else None,
        "speakers": {person.name: person.role or None for person in meta.people} or None,
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


def _cut(cut: Cut) -> dict[str, str]:
    known = {
        "id": cut.id,
        "later": clock(cut.later) if cut.later else None,
        "after": clock(cut.after) if cut.after else None,
    }
    return {name: value for name, value in known.items() if value is not None}


def _heading(chapter: Chapter) -> str:
    time = f"{clock(chapter.start)} " if chapter.start is not None else ""
    return f"## {time}{' '.join(chapter.title.split())}"


def _sentence(said: Said) -> str:
    """Write a sentence with its stamp; characters that mean something get a backslash."""
    text = re.sub(r"\\(?=[\\\[\]#*>-])", r"\\\\", said.text).replace("[", "\\[")
    text = re.sub(r"^([#*>-])", r"\\\1", text)
    if said.start is None:
        return text
    tenths = round(said.start * 10)
    return f"[{clock(tenths // 10)}{f'.{tenths % 10}' if tenths % 10 else ''}] {text}"
