"""What tools call the columns of a table of cues, as data: `columns.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["columns_of"]

_BRACKETS = re.compile(r"[(\[][^()\[\]]{0,40}[)\]]")
_PARTS = re.compile(r"[\W_]+")


@lru_cache(maxsize=1)
def _names() -> Mapping[str, tuple[str, ...]]:
    """Return the names of each column, the commonest first."""
    table = tomllib.loads(resources.files("bot.corpus.formats").joinpath("columns.toml").read_text("utf-8"))
    return {key: tuple(names.split()) for key, names in table.items()}


def _column(heading: str) -> str:
    """Return a heading as the data write it: lower case, without spaces, hyphens and what stands in brackets."""
    return _PARTS.sub("", _BRACKETS.sub("", heading[:80]).casefold())


def columns_of(headings: Sequence[str]) -> dict[str, int]:
    """Return which of some headings stands for which column."""
    found = [_column(heading) for heading in headings]
    first = {kind: next((name for name in names if name in found), None) for kind, names in _names().items()}
    return {kind: found.index(name) for kind, name in first.items() if name is not None}
