"""Reading files of an episode, with sentences for what is wrong with them."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["LONGEST_FILE", "read_bytes", "read_text", "read_toml", "rows_of"]

LONGEST_FILE = 20 * 1024 * 1024
"""Bytes of one transcript file; a three-hour word-level JSON is under 3 MB."""

_AT_LINE = re.compile(r"at line (\d+)")


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes, or raise TranscriptError when it is missing, unreadable or over LONGEST_FILE."""
    try:
        size = path.stat().st_size
        if size > LONGEST_FILE:
            most = LONGEST_FILE // 1_048_576
            raise TranscriptError(str(path), say("corpus.too-large", size=size / 1_048_576, most=most))
        return path.read_bytes()
    except OSError as error:
        raise TranscriptError(str(path), say("corpus.unreadable", error=error.strerror)) from error


def read_text(path: Path) -> str:
    """Return a file's text, decoded as UTF-8 with or without a byte-order mark, newlines kept as they are."""
    data = read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TranscriptError(str(path), say("corpus.not-utf8", byte=data[error.start]), line) from error


def read_toml(path: Path, sentence: Callable[[Exception], str]) -> tuple[str, dict[str, Any]]:
    """Return a TOML file's text and its table, or raise TranscriptError with the sentence for what is wrong with it."""
    text = read_text(path)
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _AT_LINE.search(str(error))
        raise TranscriptError(str(path), sentence(error), int(line[1]) if line else None) from error


def rows_of(text: str, path: str, header: str) -> Iterator[tuple[int, str]]:
    """Yield the rows of a table with that first line, each with its line's number; blank lines count for nothing."""
    lines = text.splitlines()
    if not lines or lines[0] != header:
        raise TranscriptError(path, say("table.header", header=header), 1)
    yield from ((number, row) for number, row in enumerate(lines[1:], 2) if row.strip())
