"""Whether a speaker goes by a name that is written beside a claim."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.corpus import fold, names_somebody
from bot.language import plain_letters, read_table, same_words, weight

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["Names", "all_go_by", "bare", "is_by", "looks_like_a_name"]

_QUOTES = "\"'“”‘’„«»`*_"
_LEAST_NAME, _LEAST_LETTERS, _SHORTEST = 0.6, 4, 3
_LETTERS = re.compile(r"[^\W\d_]+")


class Names:
    """The people who speak in a corpus, asked for by any of their names."""

    def __init__(self, speakers: Iterable[str]) -> None:
        """Take the full names."""
        self._speakers = [_parts(speaker) for speaker in speakers if names_somebody(speaker)]
        self._known = {part for parts in self._speakers for part in parts}
        self._beginnings = {part[:_LEAST_LETTERS] for part in self._known if len(part) > _LEAST_LETTERS}
        self._joined = {"".join(parts) for parts in self._speakers}

    def knows(self, name: str) -> bool:
        """Say whether somebody goes by a name: full, first, last or short, with a title or as a handle."""
        parts = _parts(name)
        if not parts or (len(parts) == 1 and len(parts[0]) < _SHORTEST and parts[0] not in self._known):
            return False
        if "".join(parts) in self._joined:
            return True
        # Only where each part begins as a known one does is it worth going through all.
        likely = all(part in self._known or part[:_LEAST_LETTERS] in self._beginnings for part in parts)
        return likely and any(_goes_by(full, parts) for full in self._speakers)


def bare(text: str) -> str:
    """Take off quotation marks and white space around a claim."""
    return text.strip().lstrip(">").strip(_QUOTES + " \t\r\n")


def all_go_by(speakers: Iterable[str], name: str | None) -> bool:
    """Say whether each of some speakers may be who a name means: Mark, zuck, Zuckerburg; no name means anybody."""
    parts = _parts(name or "")
    return not parts or all(_goes_by(_parts(speaker), parts) for speaker in speakers)


def is_by(voices: Collection[str | None], name: str | None) -> bool | None:
    """Say whether words of these voices are those of a person; None when the transcript names one of them nowhere."""
    if not name:
        return True
    named = [voice for voice in voices if voice and names_somebody(voice)]
    if not all_go_by(named, name):
        return False
    return True if len(named) == len(voices) else None


def _goes_by(full: list[str], parts: list[str]) -> bool:
    """Say whether each given part of a name is, begins or nearly is one of a speaker's; a handle is all in one."""
    return "".join(full) == "".join(parts) or all(
        any(name.startswith(part) for name in full) or (len(part) >= _LEAST_LETTERS and any(same_words([part], full)))
        for part in parts
    )


def looks_like_a_name(text: str, particles: Collection[str] = ()) -> bool:
    """Say whether words may be somebody's name: none of them is one that only holds a sentence together."""
    parts = [part for part in text.split() if part.casefold() not in particles]
    return bool(parts) and all(weight(fold(part)) > _LEAST_NAME and part[:1].isalpha() for part in parts)


def _parts(name: str) -> list[str]:
    """Return the parts of a name in lower case, without accents and without titles unless it has nothing else."""
    found = _LETTERS.findall(plain_letters(fold(name)))
    return [part for part in found if part not in _titles()] or found


@lru_cache(maxsize=1)
def _titles() -> frozenset[str]:
    titles: str = read_table("bot.search.verify", "claim.toml")["titles"]
    return frozenset(titles.split())
