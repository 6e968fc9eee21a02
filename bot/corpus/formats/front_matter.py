"""What stands at the top of a text: title, number, date, language, people and addresses, in YAML, TOML or lines."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml  # type: ignore[import-untyped, unused-ignore]

from bot.corpus.files import LONGEST_FRONT_MATTER, read_yaml
from bot.corpus.formats.labels import is_name, with_part
from bot.corpus.formats.preamble import Fact, Preamble, preamble
from bot.corpus.formats.stamps import number, seconds
from bot.corpus.names import LONGEST_TITLE
from bot.corpus.naming import read_date, read_number
from bot.corpus.transcript import Person, Stated
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["FrontMatter", "front_matter", "people_named"]

_FENCED = re.compile(r"\s*---[ \t]*\n(?=[A-Za-z_][\w -]{0,40}:)")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_TOML_FENCED = re.compile(r"\s*\+\+\+[ \t]*\n(?=\s{0,20}[\w\[\"'#-])")
_TOML_CLOSE = re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE)
_TOML_LINE = re.compile(r"at line (\d{1,9})")
_KEY = re.compile(r"[\s_-]+")
_JOINED = re.compile(r"[,;]|\s(?:&|and)\s")
_DEGREE = re.compile(r"(?:[A-Z][A-Za-z]{0,3}\.?){1,3}")
_LINKED = re.compile(r"\[([^\[\]]{1,100})\]\([^()\s]{0,500}\)")
_MAIL = re.compile(r"<[^<>]{1,200}>")
_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"]{1,1000}")
_SURE = frozenset({"published", "duration", "page", "media", "video"})
"""Fields whose value cannot be taken for anything else."""

_FEW, _MOST_WORDS = 3, 8
_DEEPEST = 20
"""Levels of a table that are looked into."""

_LONGEST_LANGUAGE = 20
"""Characters of a language in a line at the top."""

_TABLE = Path(__file__).with_name("front_matter.toml")


class FrontMatter(NamedTuple):
    """What the top of a file says, and the text after it; `fenced` when it stands between lines of its own.

    `told` are sentences on what was left out of the lines at the top.
    """

    text: str
    stated: Stated = Stated()
    found: bool = False
    fenced: bool = False
    told: tuple[str, ...] = ()


def front_matter(file: TranscriptFile) -> FrontMatter:
    """Return what a text states at its top; a text without any comes back whole.

    Lines that state something are blank in what comes back. Broken YAML or TOML raises TranscriptError.
    """
    fenced, text = _fenced(file)
    above = preamble(text, _fact)
    if not above.lines:
        return FrontMatter(text, _stated(fenced or {}), fenced is not None, fenced is not None)
    lines = text.split("\n")
    for taken in above.lines:
        lines[taken] = ""
    # What stands between fences counts before what stands in lines.
    stated = _stated({**above.fields, **{_key(name): value for name, value in (fenced or {}).items()}})
    return FrontMatter("\n".join(lines), stated, found=True, fenced=fenced is not None, told=_told(above))


def _told(above: Preamble) -> tuple[str, ...]:
    return (say("format.head-left", count=len(above.left), text=above.left[0]),) if above.left else ()


def _fenced(file: TranscriptFile) -> tuple[dict[Any, Any] | None, str]:
    """Return what stands between the fences of YAML or TOML, and the text after them; None where there are none."""
    kinds = ((_FENCED.match(file.text), _CLOSE, _fields), (_TOML_FENCED.match(file.text), _TOML_CLOSE, _toml))
    for opened, closes, read in kinds:
        closed = closes.search(file.text, opened.end(), opened.end() + LONGEST_FRONT_MATTER) if opened else None
        if opened and closed:
            inside = file.text[opened.end() : closed.start()]
            fields = read(file, inside, file.text.count("\n", 0, opened.end()))
            if fields is not None:
                return fields, file.text[closed.end() :]
    return None, file.text


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(_TABLE.read_text("utf-8"))


def _key(name: object) -> str:
    return _KEY.sub("", str(name)).casefold()


def _stated(fields: dict[Any, Any]) -> Stated:
    known = {_key(name): value for name, value in reversed(fields.items())}
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
        show=found["show"],
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


def _toml(file: TranscriptFile, text: str, line: int) -> dict[Any, Any]:
    """Load TOML that begins after `line` lines, with the tables that generators keep what is stated in."""
    try:
        fields = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        at = _TOML_LINE.search(str(error))
        raise TranscriptError(file.name, say("format.front-matter-toml"), line + int(at[1] if at else 1)) from error
    inside = [fields[name] for name in _table()["inside"]["fields"] if isinstance(fields.get(name), dict)]
    together: dict[Any, Any] = _texts({key: value for table in (*inside, fields) for key, value in table.items()})
    return together


def _texts(value: object, deep: int = 0) -> Any:
    """Return a value with every scalar as a text, as YAML gives them."""
    if isinstance(value, dict) and deep < _DEEPEST:
        return {key: _texts(each, deep + 1) for key, each in value.items()}
    if isinstance(value, list) and deep < _DEEPEST:
        return [_texts(each, deep + 1) for each in value]
    return str(value)


def _fact(key: str, value: str) -> Fact | None:
    """Return what a line at the top states under a key, or under none; None where no top has such a line."""
    if not key:
        return _line_fact(value)
    table, name = _table(), _key(key)
    if read_number(key)[1] is not None and not key.isdecimal():  # as in `Episode 42: Title`
        return Fact("title", _value("title", f"{key}: {value}"))
    field = next((field for field, names in table["fields"].items() if name in names), "")
    if field == "number" and read_number(value)[1] is None:
        field = "title"
    if field:
        return Fact(field, _value(field, value), field in _SURE)
    if name in table["people"]:
        people = [person for person in people_named(value) if is_name(person.name)]
        told = [f"{person.name} ({person.role})" if person.role else person.name for person in people]
        return Fact(name, ", ".join(told) or None, person=True)
    return Fact("", value) if name in table["beside"]["keys"] else None


def _line_fact(line: str) -> Fact | None:
    """Return what a line without a colon states: a day, a length, or who did something to the text."""
    if read_date(line):
        return Fact("published", line, sure=True)
    beside, words = _table()["beside"], line.split()
    name = _key(words[0]) if words else ""
    joined = len(words) > 1 and words[1].casefold() in beside["joints"]
    value = " ".join(words[1 + joined :])
    if name in _table()["fields"]["published"] and read_date(value):
        return Fact("published", value, sure=True)
    if name in _table()["fields"]["duration"] and seconds(value) is not None and len(words) <= _FEW:
        return Fact("duration", value, sure=True)
    by = joined and len(words) <= _MOST_WORDS and not line.endswith((".", "?", "!"))
    return Fact("", line, sure=True) if name in beside["words"] and (read_date(value) or by) else None


def _value(field: str, value: str) -> str | None:
    """Return a value as front matter would have it, None where it is no value of that field."""
    if field in {"title", "show"}:
        return None if value.endswith(".") or len(value) > LONGEST_TITLE else value or None
    if field in {"page", "media", "video"}:
        address = _ADDRESS.search(value)
        return address.group() if address else None
    if field == "published":
        return value if read_date(value) else None
    if field == "duration":
        return value if seconds(value) is not None else None
    if field == "language":
        return value if 0 < len(value) <= _LONGEST_LANGUAGE and " " not in value else None
    return value if read_number(value)[1] is not None else None


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
        return [with_part(name) for name in names]
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
            for person in ([with_part(_text(item))] if isinstance(item, str) and _text(item) else people_named(item))
            if not isinstance(item, list)
        ]
    return []


def _text(value: object) -> str:
    return _plain(value).strip() if isinstance(value, str) else ""


def _plain(text: str) -> str:
    """Return a name without a link or an address of mail around or behind it."""
    return _MAIL.sub("", _LINKED.sub(r"\1", text)) if "<" in text or "](" in text else text
