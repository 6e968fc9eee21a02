"""YAML front matter: title, speakers, date and language at the top of a text file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml  # type: ignore[import-untyped, unused-ignore]

from bot.corpus.files import LONGEST_FRONT_MATTER, read_yaml
from bot.corpus.transcript import Person, Stated
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["FrontMatter", "front_matter"]

_FENCED = re.compile(r"\s*---[ \t]*\n(?=[A-Za-z_][\w -]{0,40}:)")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_ROLES = {"speakers": "", "speaker": "", "hosts": "host", "host": "host", "guests": "guest", "guest": "guest"}


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
    people = {
        name: Person(name, role)
        for key, role in _ROLES.items()
        for value in [fields.get(key)]
        for name in _names(value)
    }
    return FrontMatter(
        file.text[closed.end() :],
        Stated(
            title=_scalar(fields.get("title")),
            published=_scalar(fields.get("date")) or _scalar(fields.get("published")),
            language=_scalar(fields.get("language")) or _scalar(fields.get("lang")),
            people=tuple(people.values()),
        ),
        found=True,
    )


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
    return value.strip() or None if isinstance(value, str) else None


def _names(value: object) -> list[str]:
    """Return the names of a list, or of one text with commas."""
    if isinstance(value, str):
        value = value.split(",")
    return [item.strip() for item in value if isinstance(item, str) and item.strip()] if isinstance(value, list) else []
