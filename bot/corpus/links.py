"""Links: from the address of a recording, as a file or feed states it, to a cut, and from a cut to its link."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from bot.corpus.edition import Cut
from bot.corpus.names import web_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.corpus.transcript import Stated

__all__ = ["MEDIA", "PAGE", "cut_of", "cuts_of", "hosts", "link_of"]

MEDIA, PAGE = "media", "page"
"""Names of the cuts whose id is a whole address: a file of sound or pictures, and a page that knows no times."""

_HOSTS = Path(__file__).with_name("hosts.toml")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SAME = ("www.", "m.", "music.")
"""What stands before a host's name without making it another."""


@lru_cache(maxsize=1)
def hosts() -> dict[str, dict[str, Any]]:
    """Return the table of hosts: for each cut's name its forms of address and its links."""
    return tomllib.loads(_HOSTS.read_text("utf-8"))


def cuts_of(stated: Stated) -> tuple[Cut, ...]:
    """Return the cuts that a file or feed states, the one first that its times are taken to belong to: the video.

    A page comes last, and only one; what is no address of the web, or a too long one, is left out.
    """
    found: dict[str, Cut] = {}
    for cut in _stated_cuts(stated):
        found.setdefault(cut.name, cut)
    page = found.pop(PAGE, None)
    return (*found.values(), *((page,) if page else ()))


def _stated_cuts(stated: Stated) -> Iterator[Cut]:
    if stated.video:
        cut = cut_of(stated.video) or _video_by_id(stated.video)
        if cut:
            yield cut
    if stated.media and (cut := cut_of(stated.media, media=stated.recording)):
        yield cut
    if stated.page and (address := web_address(stated.page)):
        yield Cut(PAGE, address)


def _video_by_id(text: str) -> Cut | None:
    """Return the cut of a bare id, which is YouTube's when it is as long as those are."""
    (name, host) = next((name, host) for name, host in hosts().items() if "length" in host)
    return Cut(name, text) if len(text) == host["length"] and _ID.fullmatch(text) else None


def cut_of(address: str, *, media: bool = False) -> Cut | None:
    """Return the cut that an address is of; None for what is no address. `media` says that a recording is behind it."""
    known = web_address(address)
    if known is None:
        return None
    for name, host in hosts().items():
        for form in host.get("addresses", ()):
            if found := _id_in(known, form, host.get("length")):
                return Cut(name, found)
    whole = known.partition("#")[0]
    if media or PurePosixPath(urlsplit(whole).path).suffix.lower() in hosts()[MEDIA]["endings"]:
        return Cut(MEDIA, whole)
    return Cut(PAGE, known)


def _id_in(address: str, form: str, length: int | None) -> str | None:
    """Return the id in an address that has a form such as `youtube.com/watch?v={id}`, else None."""
    parts, wanted = urlsplit(address), urlsplit(f"https://{form}")
    host = (parts.hostname or "").lower()
    bare = next((host.removeprefix(prefix) for prefix in _SAME if host.startswith(prefix)), host)
    if wanted.hostname not in {host, bare}:
        return None
    if wanted.query:
        there = parts.path.rstrip("/") == wanted.path
        found = parse_qs(parts.query).get(wanted.query.partition("=")[0], [""])[0]
    else:
        before = wanted.path.partition("{id}")[0]
        there = parts.path.startswith(before)
        found = parts.path[len(before) :].rstrip("/")
    fits = there and _ID.fullmatch(found) and (length is None or len(found) == length)
    return found if fits else None


def link_of(cut: Cut, seconds: float | None, pattern: str | None = None) -> str | None:
    """Return the address that opens a cut at a time, or anywhere when the time is None; None when nobody knows how.

    `pattern` is the show's own, with `{id}` and `{seconds}` in it.
    """
    if cut.id is None:
        return None
    if pattern is not None:
        return pattern.replace("{id}", cut.id).replace("{seconds}", str(int(seconds))) if seconds is not None else None
    host = hosts().get(cut.name)
    if host is None:
        return None
    form: str = host["plain" if seconds is None else "link"]
    return web_address(form.replace("{id}", cut.id).replace("{seconds}", str(int(seconds or 0))))
