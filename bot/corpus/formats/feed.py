"""A podcast's feed: what it says of each episode, and where transcripts and chapters are."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import time
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, SubElement, tostring

from bot.corpus.files import door
from bot.corpus.formats.oddities import fit
from bot.corpus.formats.stamps import number, seconds
from bot.corpus.formats.transcript_file import decode
from bot.corpus.names import LONGEST_TITLE, tidy
from bot.corpus.transcript import Chapter, Person, Stated
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["Feed", "FeedItem", "TranscriptLink", "read_feed", "sniff"]


@dataclass(frozen=True, slots=True)
class TranscriptLink:
    """Where a transcript of an episode is."""

    url: str
    type: str
    language: str | None = None
    captions: bool = False


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One episode as the feed announces it; `id` is the same whenever the feed is read."""

    stated: Stated
    id: str = ""
    transcripts: tuple[TranscriptLink, ...] = ()
    chapters_url: str | None = None
    chapters: tuple[Chapter, ...] = ()

    @property
    def key(self) -> str:
        """What tells the item from the others of its feed whenever it is read, also where it states no `id`."""
        stated = self.stated
        addresses = (stated.media, stated.page, *(link.url for link in self.transcripts))
        found = next(filter(None, (self.id, *addresses, stated.title)), "")
        return found if len(found) <= _LONGEST_KEY else hashlib.blake2s(found.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Feed:
    """A podcast's feed: what it says of the show, and its episodes, newest first as a rule."""

    title: str
    page: str | None
    language: str | None
    items: tuple[FeedItem, ...]


_SHOWN = {"title": LONGEST_TITLE * 20, "pubdate": 100, "published": 100, "issued": 100, "duration": 100}
"""What feedparser is shown of an item, and so many characters of it; a title may be HTML."""

_LONGEST_LANGUAGE = 35
_LONGEST_KEY = 200
_BASE, _LANGUAGE = (f"{{http://www.w3.org/XML/1998/namespace}}{name}" for name in ("base", "lang"))
_EACH = 3
"""Elements of one name that it is shown of an item: title, itunes:title, media:title."""


def sniff(file: TranscriptFile) -> bool:
    """Say whether a text is RSS or Atom."""
    return file.root in {"rss", "feed", "rdf:rdf"}


@door
def read_feed(data: bytes, name: str, address: str = "") -> Feed:
    """Return a feed; raises TranscriptError when it is none, or its XML is broken.

    `address` is where the feed was; what it refers to by a relative address is looked for from there, from the address
    that it gives for itself, and from each `xml:base`.

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
    channel = next((child for child in root if _local(child) == "channel"), root)
    base = _base(root, _base(channel, address or _own_address(channel)))
    people = fit(tuple(_people(channel)))
    language = _first(channel, "language") or root.get(_LANGUAGE, "")
    return Feed(
        title=tidy(_first(channel, "title"), LONGEST_TITLE),
        page=_page(channel, base),
        language=language.strip()[:_LONGEST_LANGUAGE] or None,
        items=tuple(
            _with_people(_item(entry, element, _base(element, base)), people)
            for entry, element in zip(parsed["entries"], elements, strict=True)
        ),
    )


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


def _item(entry: Any, element: Element, base: str) -> FeedItem:
    """Put together what feedparser and the `podcast:` elements say of an episode."""
    links = {
        url: TranscriptLink(url, link.get("type") or "", link.get("language"), link.get("rel") == "captions")
        for link in _children(element, "transcript")
        if (url := _join(base, link.get("url")))
    }
    media = _media(element, base)
    stated = Stated(
        title=tidy(entry.get("title") or "", LONGEST_TITLE) or None,
        number=_number(element, "episode"),
        season=_number(element, "season"),
        published=_published(entry),
        duration=_duration(entry.get("itunes_duration")),
        people=fit(tuple(_people(element))),
        page=_page(element, base),
        media=media,
        recording=media is not None,
    )
    return FeedItem(
        stated,
        _first(element, "guid") or _first(element, "id"),
        tuple(links.values()),
        next((found for child in _children(element, "chapters") if (found := _join(base, child.get("url")))), None),
        tuple(_chapters(element)),
    )


def _with_people(item: FeedItem, people: tuple[Person, ...]) -> FeedItem:
    """Return an item with the people of its show where it names none of its own."""
    return item if item.stated.people else replace(item, stated=replace(item.stated, people=people))


def _published(entry: Any) -> str | None:
    """Return when an item came out, in the time zone of whoever published it: its day is the one they name."""
    told = str(entry.get("published") or "")[:100]
    for read in (parsedate_to_datetime, dt.datetime.fromisoformat):
        try:
            return read(told.strip()).isoformat()
        except (ValueError, TypeError, OverflowError):
            continue
    parsed = entry.get("published_parsed")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", parsed) if parsed else None


def _base(element: Element, before: str) -> str:
    """Return the address that relative ones in an element are seen from."""
    return _join(before, element.get(_BASE)) or before


def _join(base: str, address: str | None) -> str:
    """Return an address seen from another; "" for none, and the address itself where that cannot be done."""
    found = (address or "").strip()
    try:
        return urljoin(base, found) if found else ""
    except ValueError:
        return found


def _own_address(channel: Element) -> str:
    """Return the address that a feed gives for itself, or ""."""
    return next((link.get("href") or "" for link in _children(channel, "link") if link.get("rel") == "self"), "")


def _page(element: Element, base: str) -> str | None:
    """Return the address of the page of a feed or an item: RSS has it as the text, Atom as an attribute."""
    for link in _children(element, "link"):
        address = link.get("href") if link.get("rel", "alternate") == "alternate" else None
        if found := _join(base, address or ("" if link.attrib else _words(link))):
            return found
    return None


def _media(element: Element, base: str) -> str | None:
    """Return the address of the recording of an item."""
    linked = [link.get("href") for link in _children(element, "link") if link.get("rel") == "enclosure"]
    given = [child.get("url") for name in ("enclosure", "content") for child in _children(element, name)]
    return next((found for address in (*given, *linked) if (found := _join(base, address))), None)


def _first(element: Element, name: str) -> str:
    """Return the words of the first child with a name, or ""."""
    return next((_words(child) for child in _children(element, name)), "")


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _children(element: Element, name: str) -> list[Element]:
    """Return the children with a name, whatever the address of their namespace is this year."""
    return [child for child in element if _local(child) == name]


def _words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _number(element: Element, name: str) -> int | None:
    """Return the number of an episode or season: a whole number from 0 on."""
    texts = [_words(child) for child in _children(element, name)]
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
