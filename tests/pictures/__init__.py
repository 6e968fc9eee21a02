"""Replies of every kind as Discord and Slack show them, drawn from what the renderers make: `docs/pictures`.

They are drawn at the width of a telephone and of a window, by `python -m tests.generate`; look at them one by one
beside what changed.
"""

from __future__ import annotations

import asyncio
import tempfile
from functools import lru_cache
from typing import TYPE_CHECKING

from benchmarks.shows import open_library
from bot.adapters.discord.render import render
from bot.adapters.slack.render import message
from bot.commands import COMMANDS
from bot.contract import Author, Channel, Request
from bot.core import Core
from bot.search import Searcher
from bot.store import open_store
from tests.pictures.discord_sheet import draw_discord
from tests.pictures.sheet import Sheet
from tests.pictures.slack_sheet import draw_slack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.contract import Reply

__all__ = ["FOLDER", "KINDS", "NAMES", "page", "picture"]

FOLDER = "docs/pictures"
WIDTHS = (390, 680)
PLATFORMS = ("discord", "slack")

NOW = 1_795_424_400.0
"""The moment of every reply: a Monday morning."""

KINDS: Mapping[str, tuple[str, str]] = {
    "greeting": ("A greeting", "hi"),
    "help": ("What it can do", "what can you do?"),
    "fact": ("A fact of the library", "what is this episode about"),
    "quote": ("A line", "/quote he spends way too much time building a tight core team"),
    "answer": ("An answer", "why does he train jiu-jitsu?"),
    "not-sure": ("Not sure", "does he like surfing?"),
    "no": ("A no", "did they talk about the roman empire?"),
    "topic": ("A topic", "/topic remote work"),
    "verdict-exact": (
        "A verdict: word for word",
        "/verify language is an imperfect way for people to express thoughts and ideas",
    ),
    "verdict-altered": (
        "A verdict: not quite",
        "/verify language is a perfect way for people to express thoughts and ideas",
    ),
    "verdict-not-found": (
        "A verdict: not found",
        "/verify Zuckerberg: building superintelligence will take exactly ten years",
    ),
    "daily": ("The quote of the day", "/highlight"),
    "episodes": ("The episodes", "/episodes"),
    "moment": ("A moment", "what do they say at 1:32:00"),
}
"""Each kind: its title, and what a member types."""

NAMES = tuple(f"{FOLDER}/{kind}-{platform}-{width}.svg" for kind in KINDS for platform in PLATFORMS for width in WIDTHS)


def picture(name: str) -> str:
    """Return the drawing of that name in NAMES."""
    kind, platform, width = name.removeprefix(f"{FOLDER}/").removesuffix(".svg").rsplit("-", 2)
    title, asked = KINDS[kind]
    reply = _replies()[kind]
    sheet = Sheet(int(width))
    if platform == "discord":
        draw_discord(sheet, asked, render(reply, share=reply.private), private=reply.private)
    else:
        draw_slack(sheet, asked, message(reply, share=reply.private)["blocks"], private=reply.private)
    return sheet.svg(f"{title}, {platform.title()}")


def page() -> str:
    """Return the drawings by kind, as Markdown."""
    parts = []
    for kind, (title, asked) in KINDS.items():
        parts.append(f"## {title}\n\n`{asked}`\n")
        for platform in PLATFORMS:
            shown = " ".join(
                f"![{title}, {platform.title()}, {width} pixels](pictures/{kind}-{platform}-{width}.svg)"
                for width in WIDTHS
            )
            parts.append(f"{shown}\n")
    return "\n".join(parts)


@lru_cache(maxsize=1)
def _replies() -> dict[str, Reply]:
    """Return the reply of each kind about the shipped show, each to another member in a channel with nothing set."""
    library = open_library("shipped")
    assert library
    search = Searcher(library.corpus, library.index, lambda _: library.embeddings)
    search.warm()

    async def replies(core: Core) -> dict[str, Reply]:
        return {
            kind: await core.answer(Request(Channel("test", kind, "server"), Author(kind), asked))
            for kind, (_, asked) in KINDS.items()
        }

    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/pictures.db")
        try:
            return asyncio.run(replies(Core(library.corpus, search, COMMANDS, store=store, clock=lambda: NOW)))
        finally:
            store.close()
