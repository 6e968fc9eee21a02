"""Every sentence that people read, as data: `<language>/<room>.toml`, one key a sentence.

A row is `key = "text with {blanks}"`; one that counts has the forms `one` and `other`, and `none` where zero reads
differently, chosen by the blank `count`. This module imports nothing of the bot, so every room may use it.
"""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ENGLISH", "languages", "listed", "say"]

ENGLISH = "en"
"""The language that has every text; what another lacks is said in it."""

_FOLDER = Path(__file__).parent


def say(key: str, /, language: str = ENGLISH, **blanks: object) -> str:
    """Return the text of a key, `room.name`, with its blanks filled; KeyError for a key that English lacks."""
    room, _, name = key.partition(".")
    text: str | Mapping[str, str] = _room(language, room).get(name) or _room(ENGLISH, room)[name]
    if not isinstance(text, str):
        text = text[_form(blanks["count"], text)]
    return text.format_map(blanks)


def listed(names: Sequence[str], by: str = "and") -> str:
    """Return names as a list in words: A, B and C; or with `by` as "or"."""
    *first, last = names or ("",)
    return say(f"list.{by}", names=", ".join(first), last=last) if first else last


@functools.cache
def languages() -> tuple[str, ...]:
    """Return the codes of the languages that have texts (ISO 639-1), English first."""
    found = sorted(folder.name for folder in _FOLDER.iterdir() if (folder / "language.toml").is_file())
    return (ENGLISH, *(code for code in found if code != ENGLISH))


@functools.cache
def _room(language: str, room: str) -> Mapping[str, Any]:
    """Return a room's texts in a language, read when the first of them is said."""
    path = _FOLDER / language / f"{room}.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


def _form(count: object, forms: Mapping[str, str]) -> str:
    """Return the name of the form for a number, as English counts."""
    if count == 0 and "none" in forms:
        return "none"
    return "one" if count == 1 else "other"
