"""A transcript in the front matter of a page: a list of what each says, as sites made of files keep it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped, unused-ignore]

from bot.corpus.files import read_yaml
from bot.corpus.formats import shapes
from bot.corpus.formats.front_matter import front_matter

if TYPE_CHECKING:
    from bot.corpus.formats.transcript_file import TranscriptFile
    from bot.corpus.transcript import Transcript

__all__ = ["read", "sniff"]

_FENCE = re.compile(r"\s{0,9}---[ \t]{0,9}\n")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[ \t]{0,9}$", re.MULTILINE)
_ITEM = re.compile(r"^[ ]{0,8}- [\"']?[A-Za-z_]\w{0,30}[\"']?:", re.MULTILINE)
_LONGEST = 4_000_000
"""Characters of front matter that are read: a day of speech."""


def sniff(file: TranscriptFile) -> bool:
    """Say whether the front matter of a text holds a list of timed texts."""
    found = _mapping(file)
    return found is not None and shapes.sniff_any(_as_json(file, found))


def read(file: TranscriptFile) -> Transcript:
    """Return the list, and what the rest of the front matter states; the page below it is no speech."""
    found = _mapping(file) or {}
    facts = {key: value for key, value in found.items() if not (isinstance(value, list) and any(map(_is_row, value)))}
    stated = front_matter(replace(file, text=f"---\n{yaml.safe_dump(facts, allow_unicode=True)}---\n")).stated
    return replace(shapes.read_any(_as_json(file, found)), stated=stated)


def _is_row(value: object) -> bool:
    return isinstance(value, dict)


def _as_json(file: TranscriptFile, found: dict[str, Any]) -> TranscriptFile:
    return replace(file, text=json.dumps(found))


def _mapping(file: TranscriptFile) -> dict[str, Any] | None:
    """Return the front matter of a text that has lists of mappings in it, or None."""
    opened = _FENCE.match(file.text)
    closed = _CLOSE.search(file.text, opened.end()) if opened else None
    if not opened or not closed or not _ITEM.search(file.text, opened.end(), closed.start()):
        return None
    try:
        found = read_yaml(file.text[opened.end() : closed.start()], plain=True, most=_LONGEST)
    except (yaml.YAMLError, ValueError):
        return None
    return found if isinstance(found, dict) else None
