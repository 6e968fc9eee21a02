"""Makes the content folders of the invented shows from their raw files: `python -m tests.shows.make`.

The football show comes as a feed. Its addresses lead to no real host, so each is answered with the file of that name
beside the feed; what is done with it is what `run_bot.py import https://…` does.
"""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from bot.corpus.fetch import Fetched
from bot.corpus.importing import Importer
from bot.settings import ROOT

__all__ = ["CONTENT", "RAW", "make"]

SHOWS = ROOT / "tests" / "shows"
RAW, CONTENT = SHOWS / "raw", SHOWS / "content"
FEED = "https://longthrow.example/feed/feed.xml"
FOOTBALL, COOKING = "the-long-throw", "salt-and-small-change"


def _beside(url: str) -> Fetched:
    """Answer an address of the feed with the file of its name."""
    return Fetched(url, (RAW / FOOTBALL / PurePosixPath(urlsplit(url).path).name).read_bytes())


def make(content: Path) -> list[str]:
    """Import both shows into a content folder, over what is there; return what the importer told, line by line."""
    told: list[str] = []
    for show, target in ((FOOTBALL, FEED), (COOKING, str(RAW / COOKING))):
        for result in Importer(content, show, force=True, say=told.append, get=_beside).run(target, None):
            told += [f"    {line}" for line in getattr(result, "lines", (str(result),))]
    return told


if __name__ == "__main__":
    sys.stdout.write("\n".join([*make(CONTENT), ""]))
