"""YAML front matter: title, number, date, language, people and addresses at the top of a text file."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml  # type: ignore[import-untyped, unused-ignore]

from bot.corpus.files import LONGEST_FRONT_MATTER, read_yaml
from bot.corpus.formats.stamps import number, seconds
from bot.corpus.naming import read_number
from bot.corpus.transcript import Person, Stated
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["FrontMatter", "front_matter", "people_named"]

_FENCED = re.compile(r"\s*---[ \t]*\n(?=[A-Za-z_][\w -]{0,40}:)")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_KEY = re.compile(r"[\s_-]+")
_JOINED = re.compile(r"[,;]|\s(?:&|and)\s")
_DEGREE = re.compile(r"(?:[A-Z][A-Za-z]{0,3}\.?){1,3}")
_LINKED = re.compile(r"\[([^\[\]]{1,100})\]\([^()\s]{0,500}\)")
_MAIL = re.compile(r"<[^<>]{1,200}>")
_TABLE = Path(__file__).with_name("front_matter.toml")


class FrontMatter(NamedTuple):
    """What the front matter says, and the text after it."""

    text: str
    stated: Stated = Stated()
    found: bool = False


def front_matter(file: TranscriptFile) -> FrontMatter:
    """Return a text's front matter; a text without any comes back whole. Broken YAML raises TranscriptError."""
    opened = _FENCED.match(file.text)
    closed = _CLOSE.search(file.text, opened.end(), opened.end() + LONGEST_FRONT_MATTER) if opened else None
    if not opened or not closed:
        return FrontMatter(file.text)
    fields = _fields(file, file.text[opened.end() : closed.start()], file.text.count("\n", 0, opened.end()))
    if fields is None:
        return FrontMatter(file.text)
    return FrontMatter(file.text[closed.end() :], _stated(fields), found=True)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(_TABLE.read_text("utf-8"))


def _stated(fields: dict[Any, Any]) -> Stated:
    known = {_KEY.sub("", str(name)).casefold(): value for name, value in reversed(fields.items())}
    found = {
        field: next((value for name in names if (value := _scalar(known.get(name)))), None)
        for field, names in _table()["fields"].items()
    }
    season, episode = read_number(found["number"] or "")
    dated = next((text for text in (found["published"], found["number"]) if text and episode is None), None)
    duration = found["duration"] or ""
    return Stated(
        title=found["title"],
        number=episode,
        season=season if season is not None else read_number(found["season"] or "")[1],
        published=found["published"] or dated,
        language=found["language"],
        duration=seconds(duration) if ":" in duration else number(duration),
        people=tuple(_people(known)),
        page=found["page"],
        media=found["media"],
        video=found["video"],
    )


def _people(known: dict[str, Any]) -> Iterator[Person]:
    """Yield everybody who is named, each once; a part that is told later counts where none was told before."""
    people: dict[str, Person] = {}
    for key, part in _table()["people"].items():
        for each in people_named(known.get(key)):
            before = people.get(each.name)
            if before is None or not before.role:
                people[each.name] = Person(each.name, each.role or part)
    yield from people.values()


def _fields(file: TranscriptFile, text: str, line: int) -> dict[Any, Any] | None:
    """Load YAML that begins after `line` lines; None when it is no mapping."""
    try:
        fields = read_yaml(text, plain=True)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark.line if error.problem_mark else 0
        raise TranscriptError(file.name, say("format.front-matter", problem=error.problem), line + at + 1) from error
    except (yaml.YAMLError, ValueError) as error:
        raise TranscriptError(file.name, say("format.front-matter-at-all"), line + 1) from error
    return fields if isinstance(fields, dict) else None


def _scalar(value: object) -> str | None:
    """Return a text; of a table its address, of a list its first entry."""
    if isinstance(value, dict):
        value = next((value[key] for key in _table()["inside"]["address"] if key in value), None)
    if isinstance(value, list):
        value = value[0] if value else None
    return value.strip() or None if isinstance(value, str) else None


def people_named(value: object) -> list[Person]:
    """Return the people of a list, of a table of names, or of one text with commas; a degree is no name of its own."""
    if isinstance(value, str):
        names: list[str] = []
        for part in _JOINED.split(_plain(value)):
            name = part.strip()
            if names and _DEGREE.fullmatch(name) and (sum(map(str.isupper, name)) > 1 or name.endswith(".")):
                names[-1] += f", {name}"
            elif name:
                names.append(name)
        return [Person(name) for name in names]
    if isinstance(value, dict):
        inside = _table()["inside"]
        name = next((_text(value[key]) for key in inside["name"] if key in value), "")
        if name:
            return [Person(name, next((_text(value[key]) for key in inside["role"] if key in value), ""))]
        return [Person(_text(key), _text(role)) for key, role in value.items() if _text(key)]
    if isinstance(value, list):
        return [
            person
            for item in value
            for person in ([Person(_text(item))] if isinstance(item, str) and _text(item) else people_named(item))
            if not isinstance(item, list)
        ]
    return []


def _text(value: object) -> str:
    return _plain(value).strip() if isinstance(value, str) else ""


def _plain(text: str) -> str:
    """Return a name without a link or an address of mail around or behind it."""
    return _MAIL.sub("", _LINKED.sub(r"\1", text)) if "<" in text or "](" in text else text
