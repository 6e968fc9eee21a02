"""Stop words: what is left out where it tells nothing, from `stop.toml`, read when first needed.

A tier is a set of words, every English word in one; what a use leaves out is a union of tiers, named where it is used.
"""

from __future__ import annotations

from functools import lru_cache

from bot.language.patterns import read_words

__all__ = ["stop_words"]


@lru_cache(maxsize=64)
def stop_words(*tiers: str) -> frozenset[str]:
    """Return the words of all these tiers together."""
    return frozenset().union(*(_tiers()[tier] for tier in tiers))


@lru_cache(maxsize=1)
def _tiers() -> dict[str, frozenset[str]]:
    return read_words("bot.language", "stop.toml")
