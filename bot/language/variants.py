"""One spelling for words that have two: colour and color, realise and realize, from `variants.toml`."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.language.patterns import read_table

__all__ = ["one_spelling"]

_IZE = re.compile(r"(?<=[a-z]{3})iz(?=(?:e|ed|es|er|ers|ing|ation|ations)$)")
_SHORTEST = 3


@lru_cache(maxsize=4096)
def one_spelling(form: str) -> str:
    """Return the spelling that stands for all spellings of a word in lower case."""
    whole, begins = _spellings()
    if form in whole:
        return whole[form]
    for length in range(min(len(form), max(map(len, begins))), _SHORTEST, -1):
        if stem := begins.get(form[:length]):
            return stem + form[length:]
    return _IZE.sub("is", form)


@lru_cache(maxsize=1)
def _spellings() -> tuple[dict[str, str], dict[str, str]]:
    table: dict[str, dict[str, str]] = read_table("bot.language", "variants.toml")
    return table["whole"], table["begins"]
