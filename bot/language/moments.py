"""Moments in a recording as people write them: 1:32:00, minute 45, an hour in, a link that ends in t=194s."""

from __future__ import annotations

import re

__all__ = ["MOMENT", "find_moment", "read_moment"]

MOMENT = "{moment}"
"""What stands in a text in place of the moment that was found in it."""

_LONGEST = 400
"""Characters of a text in which a moment is looked for."""

_WORDS = {
    word: number
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
} | {"a": 1, "an": 1, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_UNIT = frozenset({"h", "hr", "hrs", "hour", "hours", "min", "mins", "minute", "minutes"})
_HALF = re.compile(r"\bhalf an hour\b", re.IGNORECASE)
_AND_A_HALF = re.compile(r"\b(\d{1,2}) (?:hours? and a half|and a half hours?)\b", re.IGNORECASE)

_ADDRESS = re.compile(r"(?<![\w.])(?:https?://|www\.)[^\s<>\"“”|]{1,1500}", re.IGNORECASE)
_IN_LINK = re.compile(
    r"[?&#;](?:t|start|time_continue)=(?:(?P<h>\d{1,2})h)?(?:(?P<m>\d{1,4})m)?(?:(?P<s>\d{1,6})s?)?(?![\w:])",
    re.IGNORECASE,
)
_SPELT = (
    re.compile(r"(?<![\d:.])(?:(?P<h>\d{1,2}):)?(?P<m>\d{1,3}):(?P<s>[0-5]\d)(?![\d:])"),
    re.compile(
        r"(?<![\w.,:])(?P<h>\d{1,2})\s?(?:h|hrs?|hours?)"
        r"(?:[\s,]{0,2}(?:and )?(?P<m>\d{1,3})(?:\s?(?:m|mins?|minutes?))?)?"
        r"(?:[\s,]{0,2}(?:and )?(?P<s>\d{1,2})\s?(?:s|secs?|seconds?))?(?![\w:])",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![\w.,:])(?P<h>)(?P<m>\d{1,4})(?:st|nd|rd|th)?[\s-]?(?:m|mins?|minutes?)"
        r"(?:[\s,]{0,2}(?:and )?(?P<s>\d{1,2})\s?(?:s|secs?|seconds?))?(?!\w)",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:hour (?P<h>\d)|min(?:ute)?s? (?P<m>\d{1,4}))(?P<s>)(?![\w:])", re.IGNORECASE),
    re.compile(r"(?<![\w.,:])(?P<h>)(?P<m>)(?P<s>\d{2,6})\s?(?:s|secs?|seconds?)(?!\w)", re.IGNORECASE),
)
_BARE = re.compile(r"\d{1,4}")
_BESIDE = frozenset({"at", "around", "about", "the", "mark", "in", "into", "it", "~", "≈"})
"""Words beside a moment that say nothing else."""

_EDGES = " \t\n~≈@.,?!()[]"


def read_moment(text: str) -> float | None:
    """Return the seconds of a moment that a text is, a bare number being minutes; None for any other text."""
    words = text.strip().strip(_EDGES).casefold()
    if _BARE.fullmatch(words):
        return 60.0 * int(words)
    found = find_moment(words)
    rest = set(found[1].replace(MOMENT, " ").split()) if found else {""}
    return found[0] if found and rest <= _BESIDE else None


def find_moment(text: str) -> tuple[float, str] | None:
    """Return the seconds of the first moment in a text, and the text with a sign in its place; None without one."""
    address = _ADDRESS.search(text[: 5 * _LONGEST])
    linked = _IN_LINK.search(address[0]) if address else None
    if address and linked and any(linked[part] for part in ("h", "m", "s")):
        return _seconds(linked["h"], linked["m"], linked["s"]), _replaced(text, *address.span())
    if len(text) > _LONGEST:
        return None
    words = _AND_A_HALF.sub(_and_a_half, _digits(_HALF.sub("30 minutes", text)))
    found = next(filter(None, (spelt.search(words) for spelt in _SPELT)), None)
    return (_seconds(found["h"], found["m"], found["s"]), _replaced(words, *found.span())) if found else None


def _digits(text: str) -> str:
    """Return a text with the numbers beside a unit of time, or before “and a half”, in digits."""
    words = list(_WORD.finditer(text))
    kept: list[str] = []
    at = 0
    for number, word in enumerate(words):
        before = words[number - 1][0].casefold() if number else ""
        after = [each[0].casefold() for each in words[number + 1 : number + 4]]
        value = _WORDS.get(word[0].casefold())
        follows = before in {"minute", "hour"} and word[0].casefold() not in {"a", "an"}
        if value is not None and (set(after[:1]) & _UNIT or after == ["and", "a", "half"] or follows):
            kept += [text[at : word.start()], str(value)]
            at = word.end()
    return "".join([*kept, text[at:]])


def _and_a_half(found: re.Match[str]) -> str:
    """Return hours and a half in minutes."""
    return f"{60 * int(found[1]) + 30} minutes"


def _seconds(hours: str | None, minutes: str | None, seconds: str | None) -> float:
    return 3600.0 * int(hours or 0) + 60 * int(minutes or 0) + int(seconds or 0)


def _replaced(text: str, begin: int, end: int) -> str:
    return f"{text[:begin]}{MOMENT}{text[end:]}"
