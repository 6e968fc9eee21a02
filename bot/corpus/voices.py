"""Who speaks: labels that name somebody, and those that only tell one voice from another (Speaker 2, Unknown)."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources

__all__ = ["names_somebody", "numbers_voices"]

_PART = re.compile(r"[^\W\d_]+|\d+")

_MOST_LABELS = 50_000
"""Labels that are remembered; a library has as many people."""


@lru_cache(maxsize=1)
def _table() -> dict[str, frozenset[str]]:
    """Return the words that stand where a name would: `voices`, which programs write, and all `words`."""
    table = tomllib.loads(resources.files("bot.corpus").joinpath("unnamed.toml").read_text("utf-8"))
    voices, words = (frozenset(str(table[key]).split()) for key in ("voices", "words"))
    return {"voices": voices, "words": voices | words}


@lru_cache(maxsize=_MOST_LABELS)
def names_somebody(label: str) -> bool:
    """Say whether a label is somebody's name; `unnamed.toml` says which are not, and so does one without a letter."""
    parts = _PART.findall(label.casefold())
    letters = [part for part in parts if len(part) == 1 and part.isalpha() and part.isascii()]
    known = [part for part in parts if part in _table()["words"]]
    if len(known) + len(letters) + sum(map(str.isdecimal, parts)) < len(parts):
        return True
    return not known and len(letters) > 1


def numbers_voices(label: str) -> bool:
    """Say whether a label is of those by which programs tell voices apart, as Speaker 2 and Unknown."""
    return not names_somebody(label) and not _table()["voices"].isdisjoint(_PART.findall(label.casefold()))
