"""What stands at the head of a line: a time, a speaker label, or both, in each of the usual styles."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.corpus.formats.labels import NAME
from bot.corpus.formats.stamps import STAMP, seconds

__all__ = ["Head", "head_of"]

_BOXED = rf"\\?[\[(]{STAMP}\\?[\])]"
_TIME = rf"(?:{_BOXED}|{STAMP})"
_ALIAS = r"(?: ?\((?P<alias>[^\W\d_][\w.]{0,11})\))?"
_LEAD = re.compile(rf"(?:\*\*|__)?(?P<time>{_TIME})(?:\*\*|__)?(?:[ \t]*[-\u2013\u2014|:](?=\s|$))?(?:[ \t]+|$)")
# In bold with a colon inside or outside of it, the time inside, outside or instead of the colon.
_BOLD = (
    rf"(?P<bold>\*\*|__)(?P<name>{NAME}){_ALIAS}(?: ?(?P<time>{_TIME}))?"
    rf"(?: ?:(?:\*\*|__)|(?:\*\*|__)(?: ?(?P<late>{_TIME}))? ?:|(?:\*\*|__) ?(?P<last>{_TIME})$)(?:\s+|$)"
)
# With a time in brackets before a colon, a dash or the end of the line.
_TIMED = rf"(?P<name>{NAME}){_ALIAS}[ \t]{{0,4}}(?P<time>{_BOXED})[ \t]?(?:[:\u2013\u2014-](?=\s|$)|$)[ \t]*"
# With a bare time, alone on its line.
_ALONE = rf"(?P<name>{NAME}){_ALIAS}:?[ \t]{{1,8}}(?P<time>{STAMP})$"
_WEAK = re.compile(rf"(?P<name>{NAME}){_ALIAS}(?: ?:(?:[ \t]+|$)|\uff1a[ \t]*)")
_STYLES = (re.compile(_BOLD), re.compile(_TIMED), re.compile(_ALONE), _WEAK)


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a line and the rest of it.

    `strong` labels have a time or are bold; `boxed` times are in brackets; `before` is the head without its label.
    """

    name: str | None
    start: float | None
    rest: str
    alias: str | None = None
    strong: bool = False
    bold: bool = False
    boxed: bool = False
    before: Head | None = None


def head_of(line: str) -> Head | None:
    """Return the head of a line, or None when it has neither a time nor what looks like a label."""
    text = line.strip()
    lead = _LEAD.match(text)
    before: Head | None = None
    if lead:
        text = text[lead.end() :]
        before = Head(None, seconds(lead["time"]), text, boxed=not lead["time"][:1].isdigit())
    elif ":" not in text and "\uff1a" not in text:
        return None
    for style in _STYLES:
        match = style.match(text)
        if match:
            return _labelled(match, text[match.end() :], before)
    return before


def _labelled(match: re.Match[str], rest: str, before: Head | None) -> Head:
    """Make a head of a label; a time in brackets right after it is its time."""
    parts = match.groupdict()
    stamp = parts.get("time") or parts.get("late") or parts.get("last")
    start = seconds(stamp) if stamp else before.start if before else None
    strong = match.re is not _WEAK or before is not None
    lead = _LEAD.match(rest)
    if start is None and lead and not lead["time"][:1].isdigit():
        start, rest = seconds(lead["time"]), rest[lead.end() :]
    return Head(match["name"], start, rest, parts.get("alias"), strong, bool(parts.get("bold")), before=before)
