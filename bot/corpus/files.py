"""Reading files of an episode, with sentences for what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import TranscriptError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LONGEST_FILE", "read_bytes", "read_text"]

LONGEST_FILE = 20 * 1024 * 1024
"""Bytes of one transcript file; a three-hour word-level JSON is under 3 MB."""


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes, or raise TranscriptError when it is missing, unreadable or over LONGEST_FILE."""
    try:
        size = path.stat().st_size
        if size > LONGEST_FILE:
            most = LONGEST_FILE // 1_048_576
            raise TranscriptError(str(path), f"the file has {size / 1_048_576:.1f} MiB; the most is {most}. Split it.")
        return path.read_bytes()
    except OSError as error:
        reason = f"cannot be read ({error.strerror}). Check that it exists and its permissions."
        raise TranscriptError(str(path), reason) from error


def read_text(path: Path) -> str:
    """Return a file's text, decoded as UTF-8 with or without a byte-order mark, newlines kept as they are."""
    data = read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"byte {data[error.start]:#04x} is not UTF-8 text. Save the file as UTF-8."
        raise TranscriptError(str(path), reason, line) from error
