"""Which episode it is: what titles, files and folders say of number, season and date, and the title without them.

A date is no number, and neither is a year without a word such as Episode before it.
"""

from __future__ import annotations

import datetime as dt
import re
import time
import tomllib
from collections import Counter
from dataclasses import dataclass, replace
from email.utils import parsedate
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = [
    "Named",
    "numbered_prefixes",
    "read_date",
    "read_name",
    "read_number",
    "read_title",
    "recurring",
    "without_kind",
    "words_for",
]

_WORDS = Path(__file__).with_name("naming.toml")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})[-._/ ]?(\d{2})[-._/ ]?(\d{2})(?!\d)")
_WRITTEN = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d")
"""Ways in which a date is written that can be misread by nobody."""

_DAY = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?[ ]{1,3}", re.IGNORECASE)
_LONGEST_DATE = 60
_VIDEO = re.compile(r"[ _]?\[([A-Za-z0-9_-]{11})\]$")
"""How programs that save captions name a file: `Title [id]`."""

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_PIECE = re.compile(r"\s{0,4}[|:#()\[\]\u2013\u2014]\s{0,4}|\s-{1,2}\s")
"""What parts a title from its show's name and number."""

_DOUBLED = re.compile(
    r"\D{1,80}?(?<!\d)(\d{1,5})\s{0,3}[:|.,\u2013\u2014-]\s{0,3}(?=(?:[^\W\d]{1,10}[.:]?\s{0,2})?#?(\d{1,5})(?!\d))"
)
"""A name with a number behind which the same number stands again."""

_TAIL = re.compile(r"[|(\[\u2013\u2014#:,-]")
_ENDING = re.compile(r"\D*(?:\d+\D+){0,8}?(\d{1,5})")
_JOINTS = " \t:.|,;/\u2013\u2014-_"
_BRACKETS = "()[]"
_AHEAD = 12
"""Tokens at the beginning of a title among which a number's mark stands."""

_LARGEST = 99_999
_YEARS = range(1900, 2100)
_OFTEN = 3
"""Files whose names end in a number behind the same words: then these are an episode's numbers."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a name tells of an episode; `title` is what is left of it, "" when nothing is, `video` an id at YouTube."""

    title: str = ""
    number: int | None = None
    season: int | None = None
    published: dt.date | None = None
    video: str | None = None


@lru_cache(maxsize=8)
def words_for(use: str) -> frozenset[str]:
    """Return a list of words in `naming.toml`."""
    found: str = tomllib.loads(_WORDS.read_text("utf-8"))[use]
    return frozenset(found.split())


def read_number(text: str) -> tuple[int | None, int | None]:
    """Return the (season, number) that a field for the number says: 7, #7, Episode 7, S02E07; a date says neither."""
    if _date_in(text):
        return None, None
    mark = _mark(text, bare=True)
    whole = mark and not text[mark[2] :].strip(_JOINTS + _BRACKETS)
    if mark and whole:
        return mark[0], mark[1]
    plain = text.strip()
    number = int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= len(str(_LARGEST)) else None
    return None, number


def read_title(title: str, shows: Collection[str] = (), number: int | None = None) -> Named:
    """Return a title without its show's name, number and date at either end, and these.

    Of a number other than the one that is known, nothing is taken away: it is part of the title.
    """
    told = Named(title.strip())
    rest, published = _without_date(told.title)
    rest = _without_doubled(_without_show(rest, shows), number)
    found = told
    while (mark := _mark(rest, bare=True)) and _fits(mark[1], found.number, number):
        found = replace(found, season=mark[0] or found.season, number=mark[1])
        rest = _without_show(rest[mark[2] :].lstrip(_JOINTS + ")]"), shows)
        if not rest:
            break
    rest, found = _without_tail(rest, shows, found, number)
    return replace(found, title=rest or told.title, published=published)


def _without_doubled(title: str, known: int | None) -> str:
    """Return a title without the name and number before the same number, as in `Show #42: 42: Title`."""
    twice = _DOUBLED.match(title)
    if not twice or int(twice[1]) != int(twice[2]):
        return title
    rest = title[twice.end() :]
    mark = _mark(rest, bare=True)
    return rest if mark and mark[1] == int(twice[1]) and _fits(mark[1], None, known) else title


def recurring(titles: Iterable[str]) -> frozenset[str]:
    """Return what stands before the first joint or behind the last one of many titles: the show's name, not theirs."""
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    total = 0
    for title in titles:
        total += 1
        pieces = [name for piece in _PIECE.split(_without_date(title)[0]) if (name := _unnumbered(piece))]
        for name in {pieces[0], pieces[-1]} if len(pieces) > 1 else ():
            counts[name.casefold()] += 1
            shown.setdefault(name.casefold(), name)
    return frozenset(shown[name] for name, count in counts.items() if count >= _OFTEN and count * 2 >= total)


def _unnumbered(piece: str) -> str:
    """Return a part of a title without a number, and a word for one, at its end: "" when nothing else is in it."""
    words = piece.split()
    if words and words[-1].isdigit():
        words.pop()
    if words and words[-1].casefold().rstrip(".") in words_for("episode") | words_for("abbreviated") | words_for(
        "season"
    ):
        words.pop()
    return " ".join(words).strip(_JOINTS)


def _fits(found: int, before: int | None, known: int | None) -> bool:
    """Say whether a number may be that of the episode, by the one that was found before and the one that is known."""
    return found == before if before is not None else known is None or found == known


def _without_tail(rest: str, shows: Collection[str], found: Named, known: int | None) -> tuple[str, Named]:
    """Return a title without a show's name or a number after its last joint."""
    for joint in [match.start() for match in _TAIL.finditer(rest)][-3:]:
        tail = _without_show(rest[joint:].strip(_JOINTS + _BRACKETS), shows)
        marked = rest[joint:].strip(_JOINTS + _BRACKETS) if tail else ""
        mark = _mark(tail, bare=marked != tail)
        before = rest[:joint].rstrip(_JOINTS + _BRACKETS)
        if not before:
            continue
        if not tail:
            return before, found
        over = mark and not tail[mark[2] :].strip(_JOINTS + _BRACKETS)
        if mark and over and _fits(mark[1], found.number, known):
            return before, replace(found, season=mark[0] or found.season, number=mark[1])
    return rest, found


def _without_show(text: str, shows: Collection[str]) -> str:
    """Return a text without its show's name at the beginning, where a joint or a number follows it or nothing does."""
    for show in sorted(shows, key=len, reverse=True):
        rest = _after(text, show)
        if rest is not None:
            bare = rest.lstrip(_JOINTS)
            joined = rest.lstrip()[:1] in set(_JOINTS.strip()) or bare[:1] == "#"
            if not bare or joined or (rest != bare and _mark(bare, bare=True)):
                return bare
    return text


def _after(text: str, name: str) -> str | None:
    """Return what follows a name with which a text begins, whatever its letters' case and the blanks between them."""
    at = 0
    letters = [letter for letter in name.casefold() if letter.isalnum()]
    for letter in letters:
        while at < len(text) and not text[at].isalnum():
            at += 1
        if at == len(text) or text[at].casefold() != letter:
            return None
        at += 1
    return text[at:] if letters and not text[at : at + 1].isalnum() else None


def read_name(stem: str, prefixes: Collection[str] = ()) -> Named:
    """Return what the name of a file or folder tells; `prefixes` are words behind which a number is the episode's."""
    video = _VIDEO.search(stem)
    if video and _is_mixed(video[1]):
        return replace(read_title(stem[: video.start()], prefixes), video=video[1])
    text = " ".join(stem.replace("_", " ").split())
    rest, published = _without_date(text)
    rest = " ".join(rest.replace("-", " ").split())
    season = number = None
    for prefix in sorted(prefixes, key=len, reverse=True):
        behind = _after(rest, prefix)
        if behind and _mark(behind.lstrip(), loose=True):
            rest = behind.lstrip()
            break
    if mark := _mark(rest, loose=True):
        season, number = mark[0], mark[1]
        rest = rest[mark[2] :].lstrip(_JOINTS)
    return Named(rest.title(), number, season, published)


def _is_mixed(text: str) -> bool:
    """Say whether letters stand as in no word: with a figure or a sign, or a capital behind a small one."""
    return not text.isalpha() or (text != text.capitalize() and not text.isupper() and not text.islower())


def numbered_prefixes(stems: Iterable[str]) -> frozenset[str]:
    """Return the words behind which many names of a folder have a number: `go-time-126` and its like say go time."""
    counts: Counter[str] = Counter()
    total = 0
    for stem in stems:
        total += 1
        text = " ".join(stem.casefold().replace("_", " ").replace("-", " ").split())
        if (match := _ENDING.fullmatch(text)) and not _DATE.search(text):
            counts[text[: match.start(1)].strip()] += 1
    return frozenset(prefix for prefix, count in counts.items() if prefix and count >= _OFTEN and count * 2 >= total)


def without_kind(stem: str) -> str:
    """Return a file's name without the words at its end that say what the file is: "" for `transcript.en`."""
    text = stem
    while True:
        head, joint, last = _split_last(text)
        if last.casefold() not in words_for("kinds") and not (joint == "." and _is_language(last)):
            return text
        text = head


def _split_last(text: str) -> tuple[str, str, str]:
    """Part a name at its last joint: (before, joint, last word)."""
    at = max(text.rfind(joint) for joint in "-_. ")
    return (text[:at], text[at], text[at + 1 :]) if at >= 0 else ("", "", text)


def _is_language(text: str) -> bool:
    return len(text) == 2 and text.isalpha()  # noqa: PLR2004 - ISO 639-1


def read_date(text: str) -> dt.date | None:
    """Return a date as ISO 8601 or RFC 5322 write it, or with the month's name; one that may mean two days is none."""
    given = text.strip()[:_LONGEST_DATE]
    if not given[:1].isalnum():
        return None
    try:
        return dt.date.fromisoformat(given[:10])
    except ValueError:
        plain = _DAY.sub("", _WEEKDAY.sub("", given, count=1))
    for form in _WRITTEN:
        try:
            return dt.date(*time.strptime(plain, form)[:3])
        except ValueError:
            continue
    try:
        parsed = parsedate(given)
        return dt.date(*parsed[:3]) if parsed else None
    except (ValueError, TypeError, OverflowError):
        return None


def _date_in(text: str) -> dt.date | None:
    match = _DATE.search(text)
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def _without_date(text: str) -> tuple[str, dt.date | None]:
    """Return a text without the date at its beginning or end, and the date; a date elsewhere stays where it is."""
    found = _date_in(text)
    match = _DATE.search(text)
    if found is None or match is None:
        return text, None
    before, after = text[: match.start()].strip(_JOINTS + _BRACKETS), text[match.end() :].strip(_JOINTS + _BRACKETS)
    if before and after:
        return text, found
    return before or after, found


def _mark(text: str, *, bare: bool = False, loose: bool = False) -> tuple[int | None, int, int] | None:
    """Return (season, number, offset behind it) of the number with which a text begins, or None.

    It has a word or a # before it, or with `bare` a joint behind it, or with `loose` a blank or nothing behind it.
    """
    tokens = [match for match, _ in zip(_TOKEN.finditer(text), range(_AHEAD), strict=False)]
    at = 0
    while at < len(tokens) and tokens[at].group() in _BRACKETS:
        at += 1
    season, at = _season(tokens, at)
    number_at = _behind_word(tokens, at, seasoned=season is not None)
    if number_at is None and season is None:
        return _unmarked(text, tokens, at, bare=bare, loose=loose)
    if number_at is None:
        return None
    return season, int(tokens[number_at].group()), tokens[number_at].end()


def _season(tokens: list[re.Match[str]], at: int) -> tuple[int | None, int]:
    """Return the season that stands at a token and where the next part begins: `Season 2,`, `S02`, `2x`."""
    words = [token.group().casefold() for token in tokens]
    if at + 1 >= len(tokens):
        return None, at
    near = tokens[at].end() == tokens[at + 1].start()
    if (words[at] in words_for("season") or (words[at] == "s" and near)) and _is_number(words[at + 1]):
        after = at + 2
        while after < len(tokens) and words[after] in set(_JOINTS):
            after += 1
        return int(words[at + 1]), after
    crossed = at + 2 < len(tokens) and near and tokens[at + 1].end() == tokens[at + 2].start()
    if crossed and words[at + 1] == "x" and _is_number(words[at]) and _is_number(words[at + 2]):
        return int(words[at]), at + 1
    return None, at


def _behind_word(tokens: list[re.Match[str]], at: int, *, seasoned: bool) -> int | None:
    """Return which token is the number behind a word for episode or a #."""
    words = [token.group().casefold() for token in tokens]
    if at >= len(tokens):
        return None
    begun = at
    if words[at] in words_for("episode") or words[at] in words_for("abbreviated") or words[at] in {"e", "x"}:
        at += 1
    marks = 0
    while at < len(tokens) and words[at] in {".", "#", ":"} and marks <= 2:  # noqa: PLR2004 - as in `Ep. #7`
        at += 1
        marks += 1
    if at == begun or at >= len(tokens) or not _is_number(words[at]):
        return None
    if words[begun] in {"e", "x"} and not (
        tokens[begun].end() == tokens[at].start() and (seasoned or words[begun] == "e")
    ):
        return None
    unmarked = words[begun] in words_for("abbreviated") and not marks
    stray = words[begun] in {".", ":"}
    return None if unmarked or stray else at


def _unmarked(
    text: str, tokens: list[re.Match[str]], at: int, *, bare: bool, loose: bool
) -> tuple[int | None, int, int] | None:
    """Return a number that stands there without a word before it."""
    if not (bare or loose) or at >= len(tokens) or not _is_number(tokens[at].group()):
        return None
    number, end = int(tokens[at].group()), tokens[at].end()
    behind = text[end : end + 2]
    joined = behind[:1] in {":", "|", ")", "]", ".", "\u2013", "\u2014", "-"} and not behind[1:].strip()
    spaced = behind[:1].isspace() and text[end:].lstrip()[:1] in set(":|\u2013\u2014-")
    apart = not behind.strip() or behind[:1].isspace()
    fits = (bare and (joined or spaced)) or (loose and apart)
    return (None, number, end) if fits and number not in _YEARS else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST))
