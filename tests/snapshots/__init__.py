"""The main replies as each platform draws them, kept as files that somebody looked at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bot.commands import COMMAND_LINES, COMMANDS
from bot.contract import Author, Channel, Request
from bot.core import Core
from bot.delivery import Daily
from bot.highlights import Highlights
from bot.settings import ROOT
from bot.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from bot.contract import Reply
    from bot.corpus import Corpus
    from bot.search import Searcher

FOLDER = ROOT / "tests" / "snapshots"
RENEW = "RENEW_SNAPSHOTS"
"""Set in the environment, it writes the snapshots anew: look at what changed before keeping it."""

NOW = 1_795_424_400.0
"""The moment of every reply: a Monday morning."""

NEXT = ("thphm-v0tg4v", "thphm-43dg7p", "thphm-3n5g91")
"""The quotes an admin pinned, so that no better ranking changes what is kept."""

LINES = {
    "quote": "/quote people who train need to not have pride",
    "verify-exact": "/verify language is an imperfect way for people to express thoughts and ideas",
    "verify-altered": "/verify language is a perfect way for people to express thoughts and ideas",
    "verify-not-found": "/verify Zuckerberg: building superintelligence will take exactly ten years",
    "ask": "/ask why does he train jiu-jitsu",
    "free": "why does he train jiu-jitsu",
    "topic": "/topic remote work",
    "decline": "/ask what is the weather in Paris tomorrow",
    "help": "/help",
    "error": "/show nothing-like-that",
    "settings": "/settings daily on time:09:00 zone:Europe/Berlin thread:yes",
    "queue": "/settings queue",
    "vote": f"/vote up id:{NEXT[0]}",
}
DAILY = "daily"
NAMES = (*LINES, DAILY)


async def main_reply(name: str, corpus: Corpus, search: Searcher, folder: Path) -> Reply:
    """Return the reply of that name, for an admin in a channel with nothing set but three pinned quotes."""
    if name == DAILY:
        passage = corpus.passage(NEXT[0])
        assert passage
        return Daily(None, Highlights(corpus), corpus, COMMAND_LINES).reply(Highlights(corpus).of(passage))
    store = open_store(f"sqlite:///{folder}/snapshot.db")
    try:
        core = Core(corpus, search, COMMANDS, store=store, clock=lambda: NOW)
        lines = [f"/settings pin id:{passage_id}" for passage_id in NEXT] if name in {"settings", "queue"} else []
        for line in (*lines, LINES[name]):
            reply = await core.answer(Request(Channel("test", "room", "server"), Author("admin", admin=True), line))
    finally:
        store.close()
    return reply


def compare(path: Path, text: str) -> None:
    """Hold a drawn reply against the file kept of it."""
    if os.environ.get(RENEW):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text, f"{path.name}: look at the change, then set {RENEW}=1 to keep it"
