"""Words and patterns as data: TOML files beside the code that reads them. Examples of a pattern are its test."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

__all__ = ["Row", "read_rows", "read_table", "read_words"]

_PART = re.compile(r"\(\?&(\w+)\)")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its key, what it matches, and for which texts it does not count.

    `examples` are texts that it matches, `but` such as only look like them.
    """

    key: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None
    examples: tuple[str, ...]
    but: tuple[str, ...]


def read_table(package: str, name: str) -> dict[str, Any]:
    """Return what a TOML file beside a package's code holds."""
    return tomllib.loads(resources.files(package).joinpath(name).read_text("utf-8"))


def read_words(package: str, name: str) -> dict[str, frozenset[str]]:
    """Return the lists of words in a TOML file beside a package's code, by their names."""
    return {key: frozenset(words.split()) for key, words in read_table(package, name).items()}


def read_rows(package: str, name: str, flags: re.RegexFlag = re.NOFLAG) -> tuple[Row, ...]:
    """Return the rows of a file beside a package's code, in order; `(?&part)` stands for a row of its table `parts`."""
    table = read_table(package, name)
    parts: dict[str, str] = table["parts"]

    def compile_pattern(pattern: str) -> re.Pattern[str]:
        while _PART.search(pattern):
            pattern = _PART.sub(lambda match: parts[match[1]], pattern)
        return re.compile(pattern, flags)

    def row(given: dict[str, Any]) -> Row:
        pattern = compile_pattern(given["pattern"])
        unless = compile_pattern(given["unless"]) if "unless" in given else None
        return Row(given["key"], pattern, unless, tuple(given["examples"]), tuple(given["but"]))

    return tuple(row(given) for given in table["rule"])
