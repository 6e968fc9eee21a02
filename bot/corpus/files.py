"""Reading files of a content folder, whatever is in them, with sentences for what is wrong."""

from __future__ import annotations

import functools
import os
import re
import stat
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import yaml

from bot.errors import TranscriptError, VerbatimError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "LONGEST_FILE",
    "door",
    "is_folder",
    "is_there",
    "read_bytes",
    "read_text",
    "read_toml",
    "read_yaml",
    "reading",
    "rows_of",
]

LONGEST_FILE = 20 * 1024 * 1024
"""Bytes of one transcript file; a three-hour word-level JSON is under 3 MB."""

LONGEST_FRONT_MATTER = 65_536
"""Characters of YAML; a page of names."""

_DEEPEST = 20
"""Levels of YAML; ours has three."""

# The time tomllib takes for a dotted name grows with the square of its parts.
_DOTTED = re.compile(r"(?<![\w.\"'-])(?:[\w\"'-]+[ \t]*\.[ \t]*){50}")
_AT_LINE = re.compile(r"at line (\d+)")
_P = ParamSpec("_P")
_ResultT = TypeVar("_ResultT")


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Let nothing out of what reads a file but this project's own errors, whatever is in the file."""
    try:
        yield
    except VerbatimError:
        raise
    except RecursionError as error:
        raise TranscriptError(path, say("corpus.too-deep")) from error
    except OSError as error:
        raise TranscriptError(path, say("corpus.unreadable", error=error.strerror or type(error).__name__)) from error
    except Exception as error:
        raise TranscriptError(path, say("corpus.unforeseen", error=type(error).__name__)) from error


def door(read: Callable[_P, _ResultT]) -> Callable[_P, _ResultT]:
    """Make a function that reads a file one that raises this project's own errors and nothing else.

    The file is named by the first argument when that is a path, else by the second.
    """

    @functools.wraps(read)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _ResultT:
        with reading(str(args[0] if isinstance(args[0], Path) else args[1])):
            return read(*args, **kwargs)

    return guarded


def is_folder(item: os.DirEntry[str]) -> bool:
    """Say whether an item of a folder is one; a link that leads round in a circle is none."""
    try:
        return item.is_dir()
    except OSError:
        return False


@door
def is_there(path: Path) -> bool:
    """Say whether something of that name is there, be it a file or not; raises TranscriptError if nobody can say."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


@door
def read_bytes(path: Path) -> bytes:
    """Return a file's bytes, or raise TranscriptError when it is missing, unreadable, no file or over LONGEST_FILE.

    A pipe or a device would never end, and a file may grow while it is read.
    """
    # Opening a pipe would wait for somebody to write into it.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise TranscriptError(str(path), say("corpus.no-file"))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(LONGEST_FILE + 1) if status.st_size <= LONGEST_FILE else b""
    finally:
        os.close(descriptor)
    size = max(len(data), status.st_size)
    if size > LONGEST_FILE:
        most = LONGEST_FILE // 1_048_576
        raise TranscriptError(str(path), say("corpus.too-large", size=size / 1_048_576, most=most))
    return data


def read_text(path: Path) -> str:
    """Return a file's text, decoded as UTF-8 with or without a byte-order mark, newlines kept as they are."""
    data = read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TranscriptError(str(path), say("corpus.not-utf8", byte=data[error.start]), line) from error


@door
def read_toml(path: Path, sentence: Callable[[Exception], str]) -> tuple[str, dict[str, Any]]:
    """Return a TOML file's text and its table, or raise TranscriptError with the sentence for what is wrong with it."""
    text = read_text(path)
    if _DOTTED.search(text):
        raise TranscriptError(str(path), say("corpus.too-deep"))
    try:
        return text, tomllib.loads(text)
    except ValueError as error:  # tomllib's own, and Python's of a number with thousands of digits
        line = _AT_LINE.search(str(error))
        raise TranscriptError(str(path), sentence(error), int(line[1]) if line else None) from error


def read_yaml(text: str, *, plain: bool = False, most: int = LONGEST_FRONT_MATTER) -> Any:
    """Return what YAML of at most so many characters says; `plain` leaves every scalar a string.

    Raises yaml.YAMLError for what is no YAML, too long or too deep, or refers to parts of itself: a few lines of
    references are billions of values.
    """
    if len(text) > most:
        raise yaml.YAMLError(say("corpus.long-yaml", count=len(text), most=most))
    kind = "BaseLoader" if plain else "SafeLoader"
    loader = getattr(yaml, f"C{kind}", getattr(yaml, kind))
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST or isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError(say("corpus.deep-yaml"))
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506 - both are safe
    except (AttributeError, LookupError) as error:  # what PyYAML makes of `!!bool x` and `!!timestamp x`
        raise yaml.YAMLError(say("corpus.tagged-yaml")) from error


def rows_of(text: str, path: str, header: str) -> Iterator[tuple[int, str]]:
    """Yield the rows of a table with that first line, each with its line's number; blank lines count for nothing."""
    lines = text.splitlines()
    if not lines or lines[0] != header:
        raise TranscriptError(path, say("table.header", header=header), 1)
    yield from ((number, row) for number, row in enumerate(lines[1:], 2) if row.strip())
