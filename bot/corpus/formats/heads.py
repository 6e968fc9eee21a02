"""The head of a line: a time, a label, or both, with the marks around them, in whatever form a transcript writes them.

What is found here only looks like a label. Whether it is one, the whole file decides (`labels`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum, auto

from bot.corpus.formats.stamps import STAMP, seconds

__all__ = ["BOXED", "Form", "Head", "head_of", "loose_head"]


class Form(Enum):
    """How a label is written; the surer the form, the less the rest of the file must say for it."""

    MARKED = auto()
    """In bold or italics, with a colon."""

    TIMED = auto()
    """With a time beside it."""

    COLON = auto()
    """Before a colon."""

    BOXED = auto()
    """In brackets before the words, or on a line of its own."""

    ALONE = auto()
    """On a line of its own: a heading, in bold, or bare."""

    OTHER = auto()
    """Parted from the words by any other sign."""

    STRANGE = auto()
    """Among signs that no form has: never read, but told."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the head of a line, a time, a label or both, and the rest of it.

    `label` is as written, without marks and time; `start` is in seconds; `boxed` times are in brackets; `mark` is what
    stands around or before a label, such as `**`, `###` or the `-` of a list; `turn` says that the line begins with
    `>>`, another voice; `before` is the head without its label.
    """

    label: str | None
    start: float | None
    rest: str
    form: Form = Form.COLON
    boxed: bool = False
    mark: str = ""
    turn: bool = False
    linked: bool = False
    before: Head | None = None


_WIDTH = 160
"""Characters of a line in which its head ends."""

_OPENING = frozenset("[(\u3010\u300c")
_SHORT = 60
"""Characters of a line that may be a name and nothing else."""

_MOST_WORDS = 8
_FEW = 3
"""Words of a name without capitals."""

_NO_WIDTH = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SPACES = str.maketrans(
    dict.fromkeys("\u00a0\u1680\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " ")
)
_SPAN = rf"{STAMP}(?:[ ]{{0,2}}(?:-{{1,2}}>?|[\u2013\u2014\u2192])[ ]{{0,2}}{STAMP})?"
BOXED = rf"\\?\[?\\?[\[(]{_SPAN}\\?[\])]\]?(?:\([^()\s]{{0,300}}\))?"
"""A pattern for a time, or the times from and to, in brackets, which may be a link."""

_TIME = rf"(?:{BOXED}|{_SPAN})"
_END = r"(?=\s|$)"
_COLON = rf"(?::{{1,2}}{_END}|\uff1a)"
# What may part a name from its time.
_SIGN = r"(?:[|\u2022\u00b7;/\u2013\u2014-][ \t]{0,8})?"
# What no name has, and no colon: a name ends before it.
_LABEL = r"[\w@$'\u2019][^\n:\uff1a*<>|?!;{}=\t]{0,79}?"
_LEAD = re.compile(
    rf"(?:\*\*|__|`)?(?P<time>{_TIME})(?:\*\*|__|`)?(?:[ \t]{{0,4}}[-\u2013\u2014|:,;\u2022]{_END})?"
    r"(?:[ \t]{1,20}|$|(?<=[\])])(?=[^\W\d]|\*\*))"
)
_SHARP = re.compile(r"#{1,6}[ \t]+")
_TURN = re.compile(r">{2,4}[ \t]*")
_ITEM = re.compile(r"(?:[-\u2013\u2014\u2022*+>]|\d{1,3}[.)])[ \t]{1,8}")
# Inside of the marks there may be a star, as behind a name with a footnote.
_MARK = re.compile(
    r"(?P<mark>\*{1,3}|_{1,3})(?=[^\s*_])(?P<inner>(?:[^*_\\\n]{1,120}+|\\.|[*_](?![*_])){1,30}?)(?P=mark)"
    rf"(?:(?<=\*)|(?![^\W_]))(?P<note>[ ]?\([^()\d\n]{{1,40}}\)(?=[ ]?[:\uff1a]))?"
    rf"(?:[ ]?[*_`]{{0,2}}(?P<late>{_TIME})[*_`]{{0,2}})?(?P<colon>[ ]?[:\uff1a])?[ \t]*"
)
_FIRST = re.compile(rf"[ ]{{0,3}}(?P<time>{_TIME})[ ]{{1,3}}")
_LAST = re.compile(rf"[ ]{{1,4}}{_SIGN}(?P<time>{_TIME})$")
_BOX = re.compile(
    rf"[\[(\u3010\u300c](?P<label>[^\[\]()\n\u3011\u300d]{{1,60}})[\])\u3011\u300d](?P<link>\([^()\s]{{0,300}}\))?"
    rf"(?:[ \t]{{0,8}}(?P<time>{_TIME})(?=[ \t:\uff1a]|$))?(?P<colon>[ ]?{_COLON})?[ \t]*"
)
_PLAIN = re.compile(rf"(?P<label>{_LABEL})(?:[ ]{{0,8}}{_SIGN}(?P<time>{_TIME}))?[ ]?{_COLON}[ \t]*")
_TIMED = re.compile(
    rf"(?P<label>{_LABEL})[ \t]{{0,8}}(?P<time>{BOXED})(?:[ \t]?[:\uff1a\u2013\u2014-]{_END}|{_END})[ \t]*"
)
_STAMPED = re.compile(rf"(?P<label>{_LABEL}):?[ \t]{{1,8}}{_SIGN}(?P<time>{_SPAN})(?:$|[ ]?\t[ \t]{{0,8}}|[ ]{{2,8}})")
_LATE = re.compile(rf"(?P<time>{BOXED}{_END}|{STAMP}$)(?:[ \t]*[-\u2013\u2014]{_END})?[ \t]*")
_BARE = re.compile(rf"(?P<label>[\w@$'\u2019][^\n:\uff1a*<>|\"\u201c\u201d?!;{{}}=\t#`]{{0,{_SHORT - 1}}})")
_OTHER = re.compile(
    r"<(?:v(?:\.[^\s<>]{0,80})?[ \t]{1,9}(?P<voice>[^<>\n]{1,80})|(?P<angled>[^<>\n/]{1,40}))>[ \t]*"
    r"|\{(?P<braced>[^{}\n]{1,40})\}[ \t]*"
    r"|(?P<label>[^\W_][\w ,.'\u2019&-]{0,40}?)"
    r"(?:\t[ \t]{0,20}|[ ]{2,20}|"
    r"[ ]?[|>\u00bb~=/\u2022;\u2192]{1,3}[ \t]{0,20}|[ ]?[-\u2013\u2014][ \t]{1,20}|:(?=[^\s/:\d]))"
)
_STRANGE = re.compile(
    r"(?:<[^<>\n]{1,30}>[ ]?){0,2}[^\w\n]{0,12}(?:\d[\d.:,]{0,12}[^\w\n]{0,12})?"
    r"(?P<label>[^\W\d_][\w.'\u2019-]{0,20}(?:[ ][^\W\d_a-z][\w.'\u2019-]{0,20}){0,3})"
    r"[ ]{0,2}[^\w\s,.'\u2019!?\u2026]"
)
# A name in bold that ends as a sentence does.
_STOPPED = re.compile(r"(?:[^\W\d_a-z][\w'\u2019-]{1,24} ){0,2}[^\W\d_a-z][\w'\u2019-]{1,24}\.")
# As plays are printed.
_PLAY = re.compile(r"(?P<label>[^\W\d_][\w '\u2019&-]{0,40})\.[ \t]{1,20}")


def head_of(line: str) -> Head | None:
    """Return the head of a line, or None when it has neither a time nor what looks like a label."""
    text = _visible(line)
    if text[:1].isalpha() and text.find(":", 0, _WIDTH) < 0 and text.find("\uff1a", 0, _WIDTH) < 0:
        return _alone(text, None)
    sharp = _SHARP.match(text)
    if sharp:
        found = _unmarked(text[sharp.end() :])
        mark = sharp.group().strip()
        return replace(found, form=Form.ALONE, mark=mark) if found and found.label and not found.rest else None
    turn = _TURN.match(text)
    if turn:
        text = text[turn.end() :]
        found = _unmarked(text)
        return replace(found, turn=True) if found else Head(None, None, text, turn=True)
    item = _ITEM.match(text)
    found = _unmarked(text[item.end() :]) if item else None
    if item:
        return found.before if found and found.form is Form.ALONE else found and replace(found, mark="-")
    return _unmarked(text)


def loose_head(line: str) -> Head | None:
    """Return what stands before the first sign of a line, or among signs, which in some files is who speaks."""
    text = _visible(line)
    lead = _LEAD.match(text)
    start = seconds(lead["time"]) if lead else None
    text = text[lead.end() :] if lead else text
    match = _OTHER.match(text)
    before = Head(None, start, text, Form.TIMED, boxed=not lead["time"][:1].isdigit()) if lead else None
    if match and (match["voice"] or "</" not in text):
        label = match["voice"] or match["angled"] or match["braced"] or match["label"] or ""
        rest = text[match.end() :].removesuffix("</v>").rstrip()
        return Head(label.strip(), start, rest, Form.OTHER, before=before)
    play = _PLAY.match(text)
    if play and play["label"].isupper():
        return Head(play["label"], start, text[play.end() :], Form.OTHER, before=before)
    strange = _STRANGE.match(text)
    return Head(strange["label"], None, text[strange.end() :], Form.STRANGE) if strange else None


def _visible(line: str) -> str:
    """Return a line without what nobody sees, with plain spaces in its head."""
    text = line.strip()
    if text.isascii():
        return text
    if _NO_WIDTH.search(text, 0, _WIDTH):
        text = _NO_WIDTH.sub("", text).strip()
    return text[:_WIDTH].translate(_SPACES) + text[_WIDTH:]


def _unmarked(text: str) -> Head | None:
    """Return the head of a line without what makes it a heading, an item of a list, or a turn."""
    if text[:1] in {"*", "_"} and (found := _marked(text, None)):
        return found
    lead = _LEAD.match(text)
    if not lead:
        return _labelled(text, None)
    rest = text[lead.end() :]
    before = Head(None, seconds(lead["time"]), rest, Form.TIMED, boxed=not lead["time"][:1].isdigit())
    found = _marked(rest, before) if rest[:1] in {"*", "_"} else _labelled(rest, before)
    return found or before


def _marked(text: str, before: Head | None) -> Head | None:
    """Return a label in bold or italics, with its colon, its time, or nothing after it."""
    match = _MARK.match(text)
    if not match:
        return None
    inside, first, late, colon = _inside(match["inner"])
    if len(match["mark"]) > 1 and _STOPPED.fullmatch(inside):
        inside = inside[:-1]
    if not any(map(str.isalpha, inside)):
        return None
    rest = text[match.end() :]
    stamp = first or late or match["late"]
    colon = colon or bool(match["colon"])
    if not colon and not stamp and not before and len(match["mark"]) == 1:
        return None
    form = Form.MARKED if colon else Form.TIMED if stamp else Form.ALONE if not rest else Form.OTHER
    inside += match["note"] or ""
    return _with_time(Head(inside, None, rest, form, mark=match["mark"], before=before), stamp)


def _inside(text: str) -> tuple[str, str, str, bool]:
    """Return what stands in bold: the label, a time before it, a time after it, whether a colon ends it."""
    label = text.rstrip(": \uff1a")
    colon = not text.rstrip().endswith(label) if label else False
    first = late = ""
    if "0" <= label[-1:] <= "9" or label[-1:] in {"]", ")"}:
        found = _LAST.search(label)
        if found:
            late, label = found["time"], label[: found.start()].rstrip(": \uff1a")
    if not label[:1].isalpha():
        found = _FIRST.match(label)
        if found:
            first, label = found["time"], label[found.end() :]
    return label, first, late, colon


def _labelled(text: str, before: Head | None) -> Head | None:
    """Return a label that is not in bold."""
    if text[:1] in _OPENING:
        match = _BOX.match(text)
        if not match or (match["link"] and not match["colon"] and not match["time"]):
            return None
        form = Form.COLON if match["colon"] or match["link"] else Form.BOXED
        rest = text[match.end() :]
        label, first, late, _ = _inside(match["label"])
        head = Head(label, None, rest, form, linked=bool(match["link"]), before=before)
        if first or late:
            # As `[inaudible 0:10]` is written too: the time makes such a label no surer.
            return replace(head, start=seconds(first or late))
        return _with_time(head, match["time"])
    for pattern in (_PLAIN, _TIMED, _STAMPED):
        match = pattern.match(text)
        if match:
            stamp = match["time"]
            linked = bool(stamp) and stamp.endswith(")") and "](" in stamp
            form = Form.TIMED if stamp or before else Form.COLON
            return _with_time(
                Head(match["label"], None, text[match.end() :], form, linked=linked, before=before), stamp
            )
    return _alone(text, before)


def _alone(text: str, before: Head | None) -> Head | None:
    """Return a line that may be a name and nothing else: few words, of which most begin with a capital, or none."""
    if not 0 < len(text) <= _SHORT or text.count(" ") >= _MOST_WORDS or not _BARE.fullmatch(text):
        return None
    words = text.split()
    small = sum(word[0].islower() for word in words)
    if small * 2 > len(words) and (small < len(words) or small > _FEW):
        return None
    return Head(text, before.start if before else None, "", Form.ALONE, before=before)


def _with_time(head: Head, stamp: str | None) -> Head:
    """Give a head the time in it, right after it, or before it."""
    late = _LATE.match(head.rest) if not stamp else None
    if late:
        stamp, head = late["time"], replace(head, rest=head.rest[late.end() :])
    start = seconds(stamp) if stamp else head.before.start if head.before else None
    timed = bool(stamp) and head.form in {Form.COLON, Form.BOXED, Form.ALONE}
    return replace(head, label=(head.label or "").strip(), start=start, form=Form.TIMED if timed else head.form)
