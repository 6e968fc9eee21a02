"""Serving: the parts put together, on the platforms that tokens are set for, or in this terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.adapters.console import Console, JsonLines
from bot.commands import COMMANDS
from bot.core import Core
from bot.daily import Daily
from bot.delivery import Delivery, ticking
from bot.errors import OperatorError
from bot.highlights import Highlights
from bot.message import Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from bot.core import Adapter
    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.settings import Settings
    from bot.store import Store

__all__ = ["EXIT_STATUS", "Parts", "Server"]

EXIT_STATUS = {Outcome.FOUND: 0, Outcome.NEAREST: 1, Outcome.NONE: 1, Outcome.DECLINED: 1, Outcome.ERROR: 2}
"""What `--once` ends with for each outcome; 2 is also a mistake of the operator's."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What serving is made of; `ahead` is how many seconds the clock was set ahead for trying, 0 for not."""

    settings: Settings
    corpus: Corpus
    search: Searcher
    store: Store | None
    ahead: float = 0.0

    def clock(self) -> float:
        """Return the moment (UTC seconds)."""
        return time.time() + self.ahead


class Server:
    """One process of the bot."""

    def __init__(self, parts: Parts) -> None:
        """Take the parts and put the core over them."""
        self._parts = parts
        self._adapters: dict[str, Adapter] = {}
        self._daily = Daily(parts.store, Highlights(parts.corpus), parts.corpus)
        self._core = Core(
            parts.corpus,
            parts.search,
            COMMANDS,
            store=parts.store,
            daily=self._daily,
            adapters=self._adapters,
            clock=parts.clock,
        )
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"

    async def json_lines(self) -> int:
        """Answer JSON lines from standard input until it ends."""
        await JsonLines(self._core, sys.stdin, sys.stdout).run()
        return 0

    async def deliver(self, channels: Path | None) -> int:
        """Post what is due on the platforms that tokens are set for, or in this terminal, once."""
        self._console(None, channels)
        await self._delivery()()
        return 0

    async def once(self, line: str, channels: Path | None) -> int:
        """Answer one line, and post what is due."""
        console = self._console(None, channels)
        status = EXIT_STATUS[(await console.say(line)).outcome]
        await self._delivery()()
        return status

    async def console(self, history: Path | None, channels: Path | None) -> int:
        """Talk in this terminal until the input ends, and post what is due meanwhile."""
        console = self._console(history, channels)
        tick = self._delivery()
        async with ticking(tick):
            await console.run()
        await tick()
        return 0

    async def platforms(self) -> int:
        """Serve Discord and Slack, as tokens are set, until a signal says to stop; then finish what is in work."""
        self._adapters.update(_platforms(self._parts, self._core))
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):  # Windows has no handlers in its loop: Ctrl-C raises there
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        stopping = asyncio.create_task(stop.wait())
        async with ticking(self._delivery()):
            running = {asyncio.create_task(adapter.run()) for adapter in self._adapters.values()}
            await asyncio.wait({stopping, *running}, return_when=asyncio.FIRST_COMPLETED)
            for adapter in self._adapters.values():
                adapter.stop()
            ended = await asyncio.gather(*running, return_exceptions=True)
        stopping.cancel()
        for error in ended:
            if isinstance(error, BaseException):
                raise error
        return 0

    def _console(self, history: Path | None, channels: Path | None) -> Console:
        console = Console(self._core, history, folder=channels)
        self._adapters[console.platform] = console
        return console

    def _delivery(self) -> Callable[[], Awaitable[object]]:
        """Return the function that posts what is due; without a database nothing is."""
        parts = self._parts
        if parts.store is None:
            return _nothing

        async def tried() -> float:
            return parts.clock()

        return Delivery(parts.store, self._daily, self._adapters, self.name, clock=tried if parts.ahead else None).tick


def _platforms(parts: Parts, core: Core) -> dict[str, Adapter]:
    """Return the adapters that tokens are set for; each library is imported when its platform is served."""
    settings, store = parts.settings, parts.store
    adapters: dict[str, Adapter] = {}
    if settings.serves_discord:
        from bot.adapters.discord import Discord  # noqa: PLC0415 - 0.4 s of import only this platform needs

        adapters["discord"] = Discord(settings, core, store, presence=_shows(parts.corpus))
    if settings.serves_slack:
        from bot.adapters.slack import Slack  # noqa: PLC0415 - 0.3 s of import only this platform needs

        adapters["slack"] = Slack(settings, core, store)
    if not adapters:
        sentence = "No token is set. Set DISCORD_TOKEN, or SLACK_BOT_TOKEN and SLACK_APP_TOKEN."
        raise OperatorError(sentence)
    return adapters


def _shows(corpus: Corpus) -> str:
    """Return what the bot listens to: the one show, or how many there are."""
    shows = corpus.shows
    return shows[0].title if len(shows) == 1 else f"{len(shows)} shows"


async def _nothing() -> None:
    """Do nothing: there is no database to say what is due."""
