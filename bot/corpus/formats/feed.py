"""A podcast's feed: what it says of each episode, and where transcripts and chapters are."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement, tostring

from bot.corpus.files import door
from bot.corpus.formats.oddities import fit
from bot.corpus.formats.stamps import number, seconds
from bot.corpus.formats.transcript_file import decode
from bot.corpus.names import LONGEST_TITLE, tidy
from bot.corpus.transcript import Chapter, Person
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["FeedItem", "TranscriptLink", "read_feed", "sniff"]


@dataclass(frozen=True, slots=True)
class TranscriptLink:
    """Where a transcript of an episode is."""

    url: str
    type: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One episode as the feed announces it: `published` is in ISO 8601, `duration` in seconds."""

    title: str
    number: int | None
    published: str | None
    duration: float | None
    transcripts: tuple[TranscriptLink, ...] = ()
    chapters_url: str | None = None
    chapters: tuple[Chapter, ...] = ()
    people: tuple[Person, ...] = ()


_SHOWN = {"title": LONGEST_TITLE * 20, "pubdate": 100, "published": 100, "issued": 100, "duration": 100}
"""What feedparser is shown of an item, and so many characters of it; a title may be HTML."""

_EACH = 3
"""Elements of one name that it is shown of an item: title, itunes:title, media:title."""


def sniff(file: TranscriptFile) -> bool:
    """Say whether a text is RSS or Atom."""
    return file.root in {"rss", "feed", "rdf:rdf"}


@door
def read_feed(data: bytes, name: str) -> tuple[FeedItem, ...]:
    """Return a feed's episodes, newest first as a rule; raises TranscriptError when it is none, or its XML is broken.

    feedparser sees only what it is needed for, titles and times, as a stream: bytes it would try as a file's name. Its
    time grows with the square of an element's attributes and categories, and it keeps one of several `podcast:`
    elements, so everything else is read here.
    """
    file = decode(data, name)
    if not sniff(file):
        raise TranscriptError(name, say("format.no-feed"))
    root = file.xml
    elements = [element for element in root.iter() if _local(element) in {"item", "entry"}]
    if any(_local(inner) in {"item", "entry"} for element in elements for inner in element):
        raise TranscriptError(name, say("format.nested-items"))
    parsed = _feedparser(tostring(_excerpt(root, elements)), name)
    if len(elements) != len(parsed["entries"]):
        raise TranscriptError(name, say("format.nested-items"))
    return tuple(_item(entry, element) for entry, element in zip(parsed["entries"], elements, strict=True))


def _excerpt(root: Element, elements: list[Element]) -> Element:
    """Return a feed of the same kind with the items one after the other, and of each what feedparser is needed for."""
    feed = Element(root.tag, {"version": root.get("version", "2.0")[:10]})
    parent = SubElement(feed, "channel") if _local(root) == "rss" else feed
    for element in elements:
        item = SubElement(parent, element.tag)
        seen: dict[str, int] = {}
        for child in element:
            name = _local(child)
            seen[name] = seen.get(name, 0) + 1
            if name in _SHOWN and seen[name] <= _EACH:
                copy = SubElement(
                    item, child.tag, {key: child.get(key, "")[:40] for key in ("type", "mode") if key in child.attrib}
                )
                copy.text = "".join(child.itertext())[: _SHOWN[name]]
    return feed


def _feedparser(data: bytes, name: str) -> Any:
    """Run feedparser, which is slow to import, on well-formed XML."""
    import feedparser  # type: ignore[import-untyped, unused-ignore]  # noqa: PLC0415

    try:
        return feedparser.parse(io.BytesIO(data))
    except Exception as error:
        raise TranscriptError(name, say("format.bad-feed", error=type(error).__name__)) from error


def _item(entry: Any, element: Element) -> FeedItem:
    """Put together what feedparser and the `podcast:` elements say of an episode."""
    parsed = entry.get("published_parsed")
    return FeedItem(
        title=tidy(entry.get("title") or "", LONGEST_TITLE),
        number=_number(element),
        published=time.strftime("%Y-%m-%dT%H:%M:%SZ", parsed) if parsed else None,
        duration=_duration(entry.get("itunes_duration")),
        transcripts=tuple(
            TranscriptLink(url, link.get("type") or "", link.get("language"))
            for link in _children(element, "transcript")
            if (url := (link.get("url") or "").strip())
        ),
        chapters_url=next((found for child in _children(element, "chapters") if (found := child.get("url"))), None),
        chapters=tuple(_chapters(element)),
        people=fit(tuple(_people(element))),
    )


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _children(element: Element, name: str) -> list[Element]:
    """Return the children with a name, whatever the address of their namespace is this year."""
    return [child for child in element if _local(child) == name]


def _words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _number(element: Element) -> int | None:
    """Return the episode's number: a whole number from 0 on."""
    texts = [_words(child) for child in _children(element, "episode")]
    return next((int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10), None)  # noqa: PLR2004


def _duration(text: str | None) -> float | None:
    """Return the seconds of 3600, 60:00 or 1:00:00."""
    return number(text) if text is None or ":" not in text else seconds(text)


def _chapters(element: Element) -> Iterator[Chapter]:
    """Yield Podlove's simple chapters, whose starts are written 01:02:03.500, or in seconds."""
    for outer in _children(element, "chapters"):
        for chapter in _children(outer, "chapter"):
            if title := tidy(chapter.get("title") or "", LONGEST_TITLE):
                yield Chapter(title, _duration(chapter.get("start")))


def _people(element: Element) -> Iterator[Person]:
    """Yield those who speak: a person of another group, such as a cover artist, is not heard."""
    for child in _children(element, "person"):
        if (name := _words(child)) and (child.get("group") or "cast").strip().lower() == "cast":
            yield Person(name, (child.get("role") or "host").strip().lower())
