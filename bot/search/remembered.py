"""What is worked out of one library and remembered, until another takes its place."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from functools import _lru_cache_wrapper

__all__ = ["forget", "remembered"]

_Found = TypeVar("_Found")

_forgetting: list[Callable[[], None]] = []


def remembered(most: int) -> Callable[[Callable[..., _Found]], _lru_cache_wrapper[_Found]]:
    """Return a decorator that remembers the latest `most` results of a function of a corpus, its index or its vectors.

    Without `forget` these results would hold a library in memory that nobody asks any more.
    """

    def keep(function: Callable[..., _Found]) -> _lru_cache_wrapper[_Found]:
        kept = lru_cache(maxsize=most)(function)
        _forgetting.append(kept.cache_clear)
        return kept

    return keep


def forget() -> None:
    """Let go of all that is remembered; it is worked out again when it is needed."""
    for each in _forgetting:
        each()
