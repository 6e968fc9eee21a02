"""Words and phrases that tell a quotable line from small talk, as a person sorted them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bot.language import read_rows, read_words, stop_words

if TYPE_CHECKING:
    import re

__all__ = ["common_words", "kinds_by_word", "phrases", "words_by_kind"]


def common_words() -> frozenset[str]:
    """Return the commonest words of talk."""
    return stop_words("commonest", "function", "contraction", "filler", "sound", "light", "plain", "usual")


@lru_cache(maxsize=1)
def words_by_kind() -> dict[str, frozenset[str]]:
    """Return the words of each kind in `lexicon.toml`, read when first needed."""
    return read_words("bot.highlights", "lexicon.toml")


@lru_cache(maxsize=1)
def kinds_by_word() -> dict[str, tuple[str, ...]]:
    """Return for a word the kinds it belongs to."""
    kinds = words_by_kind()
    return {
        word: tuple(kind for kind, words in kinds.items() if word in words)
        for word in frozenset().union(*kinds.values())
    }


@lru_cache(maxsize=1)
def phrases() -> dict[str, re.Pattern[str]]:
    """Return the pattern of each kind of phrases in `phrases.toml`, read when first needed."""
    return {row.key: row.pattern for row in read_rows("bot.highlights", "phrases.toml")}
