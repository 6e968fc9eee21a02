"""The feed that a web page names, for whoever gave the page's address in its place."""

from __future__ import annotations

import contextlib
from html.parser import HTMLParser
from urllib.parse import urljoin

__all__ = ["feed_of_page", "is_page"]

_HEAD = 65_536
"""Bytes of a page among which its head is looked for."""

_FEEDS = ("application/rss+xml", "application/atom+xml")
_LONGEST_ADDRESS = 300


def is_page(data: bytes) -> bool:
    """Say whether a file is a web page."""
    head = data[:_HEAD].lower()
    return b"<html" in head or b"<!doctype html" in head


def feed_of_page(data: bytes, address: str) -> str:
    """Return the address of the first feed that a page at an address names in its head; "" for none."""
    reader = _Links()
    with contextlib.suppress(AssertionError):  # html.parser's own, of a broken declaration; what came before it counts
        reader.feed(data[:_HEAD].decode("utf-8", "replace"))
    for link in reader.found:
        try:
            found = urljoin(address, link)
        except ValueError:
            continue
        if found.startswith(("https://", "http://")) and found.isprintable() and len(found) <= _LONGEST_ADDRESS:
            return found
    return ""


class _Links(HTMLParser):
    """Collects where `<link rel="alternate">` of a feed's type leads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a link to a feed."""
        given = {name: value or "" for name, value in attrs}
        if tag == "link" and "alternate" in given.get("rel", "").lower() and given.get("type", "").lower() in _FEEDS:
            self.found.append(given.get("href", ""))
