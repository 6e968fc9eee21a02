"""HTML: the podcast transcript of `cite`, `time` and `p`, or the paragraphs of any page.

html.parser takes time that grows with the square of a page of `<!--`; tags are found by one pattern here.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from bot.corpus.formats import labelled
from bot.corpus.formats.entities import unescape
from bot.corpus.formats.stamps import seconds
from bot.corpus.transcript import Chapter, Segment, Stated, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["read", "sniff"]

_FIRST = "html body main article section div p cite time h1 h2 h3 span blockquote"
_UNSEEN = "head script style nav header footer aside template noscript svg button select"
_PARAGRAPHS = """address article blockquote body dd div dl dt figure h1 h2 h3 h4 h5 h6 hr html li main ol p pre section
table td th tr ul"""
_ROOTS, _HIDDEN, _BLOCKS = (frozenset(names.split()) for names in (_FIRST, _UNSEEN, _PARAGRAPHS))
_TOKEN = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})\b[^<>]*>|<[!?/][^<>]*>|[^<]+|<")
# One that is never closed hides the rest.
_COMMENT = re.compile(r"<!(?=--).*?(?:-->|\Z)", re.DOTALL)
_FIELDS = frozenset({"cite", "time", "title"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_HEAD = 65_536
"""Characters at the beginning of a page among which its head is."""

_ABOUT = re.compile(r"<(html|link|meta)\b([^<>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\b(lang|rel|href|property|content)=\"([^\"<>]{1,1000})\"", re.IGNORECASE)


def sniff(file: TranscriptFile) -> bool:
    """Say whether a text begins with an element of HTML."""
    return file.root in _ROOTS


def read(file: TranscriptFile) -> Transcript:
    """Return the paragraphs, each by the `cite` before it and at the `time` before it; headings begin chapters.

    A page without `cite` is read by its labels, or as plain paragraphs. The first heading of the first depth is the
    title, where the page's own does not say more than the name of a site beside it.
    """
    segments: list[Segment] = []
    chapters: list[Chapter] = []
    heading: str | None = None
    lines: list[str] = []
    speaker: str | None = None
    start: float | None = None
    title: str | None = None
    cited = False
    for field, text in _fields(file.text):
        if field == "title":
            title = title or text
        elif field == "cite":
            speaker, cited = text.rstrip(":").strip() or None, True
        elif field == "time":
            start = seconds(text)
        elif field == "h1" and heading is None:
            heading = text
        elif field in _HEADINGS:
            depth = int(field[1:])
            chapters.append(Chapter(text, segment=len(segments), depth=depth))
            lines.append(f"{'#' * depth} {text}")
        else:
            lines.append(text)
            segments.append(Segment(text, start, None, speaker))
            start = None
    stated = _stated(file.text, title, heading)
    if cited or any(segment.start is not None for segment in segments):
        return Transcript(tuple(segments), tuple(chapters), stated=stated)
    read = labelled.read(replace(file, text="\n\n".join(lines), laid_out=bool(chapters)))
    # What the page's head states counts before what its text does.
    said = {each.name: getattr(stated, each.name) for each in fields(Stated)}
    return replace(read, stated=replace(read.stated, **{name: value for name, value in said.items() if value}))


def _stated(text: str, title: str | None, heading: str | None) -> Stated:
    """Return what the head of a page and its first heading state: its title, language, address and date."""
    found: dict[str, str] = {}
    for element in _ABOUT.finditer(text, 0, _HEAD):
        told = {name.lower(): unescape(value).strip() for name, value in _ATTRIBUTE.findall(element[2])}
        if told.get("rel", "").lower() == "canonical":
            found.setdefault("page", told.get("href", ""))
        found.setdefault(told.get("property", "").lower(), told.get("content", ""))
        if element[1].lower() == "html":
            found.setdefault("language", told.get("lang", ""))
    title = found.get("og:title") or title
    return Stated(
        title=heading if heading and (title is None or heading in title) else title,
        language=found.get("language") or None,
        page=found.get("page") or found.get("og:url") or None,
        published=found.get("article:published_time") or None,
    )


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Yield (cite, time, title, a heading's element or "", its text) in order, without what a browser does not show.

    A `cite` or `time` that follows words of its paragraph is part of what is said.
    """
    field = ""
    held: list[str] = []
    hidden: Counter[str] = Counter()
    for token in _TOKEN.finditer(_COMMENT.sub("", text)):
        name, closing = (token[2] or "").lower(), token[1] == "/"
        plain = token.group()
        if name in _HIDDEN:
            hidden[name] = max(0, hidden[name] + (-1 if closing else 1))
        elif name == "br":
            held.append("\n")
        elif not name:
            shown = plain == "<" or not plain.startswith("<")
            if shown and (held or not plain.isspace()) and (field == "title" or not hidden.total()):
                held.append(unescape(plain))
        elif name in _BLOCKS or (name in _FIELDS and (field == name if closing else not held)):
            if words := " ".join("".join(held).split()):
                yield field, words
            held = []
            field = name if name in _FIELDS | _HEADINGS and not closing else ""
    if words := " ".join("".join(held).split()):
        yield field, words
