"""Times as transcripts write them."""

from __future__ import annotations

import re

__all__ = ["LATEST", "STAMP", "clock", "number", "seconds"]

LATEST = 100 * 3600 - 1.0
"""Seconds: 99:59:59, the latest time that an edition can write; a later one is no time of a transcript."""

STAMP = r"(?:\d{1,3}:)?\d{1,3}:\d{2}(?:[.,]\d{1,3})?"
"""A pattern for 4:10, 01:57:37 and 00:00:01,500."""

_PARTS = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:[.,](\d{1,3}))?")
_NUMERAL = re.compile(r"\d{1,12}(?:\.\d{1,18})?")


def seconds(stamp: str) -> float | None:
    """Return the seconds of the first time in a text, or None when there is none."""
    match = _PARTS.search(stamp)
    if not match:
        return None
    hours, minutes, rest, fraction = match.groups()
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(rest)
    found = whole + int(fraction.ljust(3, "0")) / 1000 if fraction else float(whole)
    return found if found <= LATEST else None


def number(value: object, parts: float = 1) -> float | None:
    """Return a JSON or XML value in so many parts of a second as seconds; None when it is no time from 0 to LATEST."""
    if isinstance(value, str) and _NUMERAL.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value) / parts
    except OverflowError:
        return None
    return found if 0 <= found <= LATEST else None


def clock(time: float) -> str:
    """Write seconds as 01:02:03."""
    whole = int(time)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
