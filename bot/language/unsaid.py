"""What stands in a message and nobody says, as `unsaid.toml` has it: emoji, links, mentions and times of platforms."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.language.patterns import Row, read_rows

__all__ = ["only_words"]

_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


def only_words(text: str) -> str:
    """Return a message without what nobody says in it, accented letters as one character; lines stay apart."""
    kept = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    for row in _rows():
        kept = row.pattern.sub(lambda found: f" {found[1]} " if found.lastindex else " ", kept)
    return "\n".join(line for each in kept.splitlines() if (line := " ".join(each.split())))


@lru_cache(maxsize=1)
def _rows() -> tuple[Row, ...]:
    return read_rows("bot.language", "unsaid.toml", re.IGNORECASE)
