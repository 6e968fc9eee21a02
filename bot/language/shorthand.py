"""Shorthand: what typed forms are said as, from `shorthand.toml`, read when first needed."""

from __future__ import annotations

from functools import lru_cache

from bot.language.patterns import read_table

__all__ = ["ENDINGS", "shorthand"]

ENDINGS = {"n't": "not", "'m": "am", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would", "'s": "is"}
"""Endings of contractions and the words that they are."""


@lru_cache(maxsize=8)
def shorthand(*tables: str) -> dict[str, str]:
    """Return what the forms of these tables are said as; nothing for those that say nothing."""
    return {form: said for table in tables for form, said in _tables()[table].items()}


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = read_table("bot.language", "shorthand.toml")
    silent, bare = (found[table]["words"].split() for table in ("silent", "bare"))
    return found | {"silent": dict.fromkeys(silent, ""), "bare": {form: _with_apostrophe(form) for form in bare}}


def _with_apostrophe(form: str) -> str:
    """Put the apostrophe back: dont, im, theyre."""
    ending = next(ending for ending in ENDINGS if form.endswith(ending.replace("'", "")))
    return form[: len(form) - len(ending) + 1] + ending
