"""A podcast's feed: what it says of each episode, and where transcripts and chapters are."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, tostring

from bot.corpus.formats.source import decode
from bot.corpus.formats.stamps import number, seconds
from bot.corpus.transcript import Chapter, Person
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.corpus.formats.source import Source

__all__ = ["Feed", "FeedItem", "Soundbite", "TranscriptLink", "read_feed", "sniff"]


@dataclass(frozen=True, slots=True)
class TranscriptLink:
    """Where a transcript of an episode is; `rel` is "captions" when it is meant to be shown in time."""

    url: str
    type: str
    language: str | None = None
    rel: str | None = None


@dataclass(frozen=True, slots=True)
class Soundbite:
    """A part of an episode that its makers recommend, in seconds."""

    start: float
    duration: float
    title: str | None = None


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One episode as the feed announces it: `published` is in ISO 8601, `duration` in seconds."""

    title: str
    guid: str | None
    number: int | None
    published: str | None
    link: str | None
    enclosure_url: str | None
    duration: float | None
    transcripts: tuple[TranscriptLink, ...] = ()
    chapters_url: str | None = None
    chapters: tuple[Chapter, ...] = ()
    people: tuple[Person, ...] = ()
    soundbites: tuple[Soundbite, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's title, web page and episodes, newest first as a rule."""

    title: str
    link: str | None
    items: tuple[FeedItem, ...]


def sniff(source: Source) -> bool:
    """Say whether a text is RSS or Atom."""
    return source.root in {"rss", "feed", "rdf:rdf"}


def read_feed(data: bytes, name: str) -> Feed:
    """Return what a feed says; raises TranscriptError when it is none, or its XML is broken.

    feedparser sees only XML that defusedxml has read, as a stream: bytes it would try as a file's name. It keeps one
    of several `podcast:` elements and takes a live item's link for the feed's, so those are read, and left out, here.
    """
    source = decode(data, name)
    if not sniff(source):
        raise TranscriptError(name, say("format.no-feed"))
    root = source.xml
    for parent in list(root.iter()):
        for child in [child for child in parent if _local(child) == "liveitem"]:
            parent.remove(child)
    parsed = _feedparser(tostring(root), name)
    elements = [element for element in root.iter() if _local(element) in {"item", "entry"}]
    if len(elements) != len(parsed["entries"]):
        raise TranscriptError(name, say("format.nested-items"))
    items = tuple(_item(entry, element) for entry, element in zip(parsed["entries"], elements, strict=True))
    channel = parsed["feed"]
    return Feed(channel.get("title") or "", channel.get("link") or None, items)


def _feedparser(data: bytes, name: str) -> Any:
    """Run feedparser, which is slow to import, on well-formed XML."""
    import feedparser  # type: ignore[import-untyped, unused-ignore]  # noqa: PLC0415

    try:
        return feedparser.parse(io.BytesIO(data))
    except Exception as error:
        raise TranscriptError(name, say("format.bad-feed", error=type(error).__name__)) from error


def _item(entry: Any, element: Element) -> FeedItem:
    """Put together what feedparser and the `podcast:` elements say of an episode."""
    enclosures = [link for link in entry.get("links", []) if link.get("rel") == "enclosure" and link.get("href")]
    parsed = entry.get("published_parsed")
    chapters = _first(element, "chapters", "url")
    return FeedItem(
        title=entry.get("title") or "",
        guid=entry.get("id") or None,
        number=_number(element),
        published=time.strftime("%Y-%m-%dT%H:%M:%SZ", parsed) if parsed else None,
        link=entry.get("link") or None,
        enclosure_url=enclosures[0]["href"] if enclosures else None,
        duration=_duration(entry.get("itunes_duration")),
        transcripts=tuple(
            TranscriptLink(url, link.get("type") or "", link.get("language"), link.get("rel"))
            for link in _children(element, "transcript")
            if (url := (link.get("url") or "").strip())
        ),
        chapters_url=chapters,
        chapters=tuple(_chapters(element)),
        people=tuple(_people(element)),
        soundbites=tuple(_soundbites(element)),
    )


def _local(element: Element) -> str:
    """Return an element's name without its namespace, in lower case."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _children(element: Element, name: str) -> list[Element]:
    """Return the children with a name, whatever the address of their namespace is this year."""
    return [child for child in element if _local(child) == name]


def _first(element: Element, name: str, attribute: str) -> str | None:
    """Return an attribute of the first child that has it."""
    return next((value for child in _children(element, name) if (value := child.get(attribute))), None)


def _words(element: Element) -> str:
    """Return an element's text with single spaces."""
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
            if title := " ".join((chapter.get("title") or "").split()):
                yield Chapter(title, _duration(chapter.get("start")))


def _people(element: Element) -> Iterator[Person]:
    """Yield those who speak: a person of another group, such as a cover artist, is not heard."""
    for child in _children(element, "person"):
        if (name := _words(child)) and (child.get("group") or "cast").strip().lower() == "cast":
            yield Person(name, (child.get("role") or "host").strip().lower())


def _soundbites(element: Element) -> Iterator[Soundbite]:
    """Yield the soundbites that have both times."""
    for child in _children(element, "soundbite"):
        start, length = number(child.get("startTime")), number(child.get("duration"))
        if start is not None and length is not None:
            yield Soundbite(start, length, _words(child) or None)
