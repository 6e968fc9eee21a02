"""Names as files give them, of people, episodes, chapters and shows: on one line, and no longer than can be shown."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

__all__ = [
    "LONGEST_ADDRESS",
    "LONGEST_PERSON",
    "LONGEST_TITLE",
    "MOST_CHAPTERS",
    "MOST_PEOPLE",
    "mend",
    "one_line",
    "person",
    "tidy",
    "web_address",
]

LONGEST_ADDRESS = 500
"""Characters of an address that is linked to; Discord takes 512 under a button."""

LONGEST_PERSON = 80
"""Characters of who speaks."""

LONGEST_TITLE = 300
"""Characters of a title of a show, an episode or a chapter; Apple takes 255."""

MOST_CHAPTERS = 5_000
"""Chapters of an episode; a transcript with a heading for each turn of ten hours has as many."""

MOST_PEOPLE = 200
"""People that an episode names beside its words."""

# NUL and halves of surrogate pairs get into text through escapes of JSON and YAML; nothing can store them.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# What a terminal obeys, and what turns round the words beside it.
_UNSHOWN = re.compile(r"[\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def mend(text: str) -> str:
    """Return a text with a mark in place of what cannot be stored."""
    return _UNSTORABLE.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Return a name without line breaks, and without what cannot be stored or must not be shown."""
    return " ".join(_UNSHOWN.sub("", mend(text)).split())


def tidy(text: str, most: int) -> str:
    """Return a name on one line, cut to so many characters."""
    line = one_line(text)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def web_address(text: str) -> str | None:
    """Return an address of the web that can be linked to, or None: another scheme, blanks, no host, too long."""
    address = f"https:{text.strip()}" if text.strip().startswith("//") else text.strip()
    if not 0 < len(address) <= LONGEST_ADDRESS or not address.isascii() or not address.isprintable():
        return None
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and parts.username is None
    except ValueError:
        return None
    return address if named and " " not in address and parts.scheme.lower() in {"https", "http"} else None


def person(text: str) -> str:
    """Return the name of somebody who speaks; "" when nothing is left. Asterisks would end it in an edition."""
    return tidy(text.replace("*", ""), LONGEST_PERSON)
