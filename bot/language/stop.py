"""Stop words: what is left out where it tells nothing, from `stop.toml`, read when first needed.

A tier is a set of words, every English word in one; what a use leaves out is a union of tiers, named where it is used.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources

__all__ = ["stop_words"]


@lru_cache(maxsize=64)
def stop_words(*tiers: str) -> frozenset[str]:
    """Return the words of all these tiers together."""
    return frozenset().union(*(_tiers()[tier] for tier in tiers))


@lru_cache(maxsize=1)
def _tiers() -> dict[str, frozenset[str]]:
    table: dict[str, str] = tomllib.loads(resources.files("bot.language").joinpath("stop.toml").read_text("utf-8"))
    return {tier: frozenset(words.split()) for tier, words in table.items()}
