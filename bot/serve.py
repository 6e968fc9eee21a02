"""Serving: the parts put together, on the platforms that tokens are set for, or in this terminal."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gc
import logging
import os
import secrets
import signal
import sys
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bot.adapters import PLATFORMS
from bot.adapters.console import Console, JsonLines, Screen
from bot.commands import COMMANDS
from bot.contract import Outcome
from bot.core import Core
from bot.delivery import Delivery, ticking
from bot.errors import OperatorError, StoreError
from bot.feeds import Follower, fresh_episodes
from bot.health import REQUESTS, Meters, Vitals, Watchdog
from bot.intake import make_turns
from bot.operating import examples, off, welcome, working_out
from bot.policy.texts import listed, say
from bot.renewal import Renewal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from pathlib import Path

    from bot.contract import Adapter, Platform
    from bot.core import Library
    from bot.corpus import Corpus
    from bot.intake import Turns
    from bot.renewal import Opener
    from bot.search import Searcher
    from bot.settings import Settings
    from bot.store import Store

__all__ = ["EXIT_STATUS", "Parts", "Server"]

_log = logging.getLogger(__name__)

EXIT_STATUS = {Outcome.FOUND: 0, Outcome.NEAREST: 1, Outcome.NONE: 1, Outcome.DECLINED: 1, Outcome.ERROR: 2}
"""What `--once` ends with for each outcome; 2 is also a mistake of the operator's."""


POST_SECONDS = 5.0
"""How long the end waits for a post that is being sent; one that takes longer is looked for by whoever goes on."""


SETTLED_SECONDS = 3.0
"""How long a start has stood when it says what is off: one that cannot serve has ended, with its one sentence."""

SWITCH_SECONDS = 0.0005
"""How long a thread that searches may keep the loop from what it must acknowledge; Python's own 5 ms add up."""


@dataclass(slots=True)
class Parts:
    """What serving is made of; `ahead` is how many seconds the clock was set ahead for trying, 0 for not.

    `corpus` and `search` are the present ones, which others take the place of where an `opener` says how.
    """

    settings: Settings
    corpus: Corpus
    search: Searcher
    store: Store | None
    ahead: float = 0.0
    opener: Opener | None = None

    def clock(self) -> float:
        """Return the moment (UTC seconds)."""
        return time.time() + self.ahead


class Server:
    """One process of the bot."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._adapters: dict[str, Adapter] = {}
        self.meters = Meters((command.name for command in COMMANDS), (platform.name for platform in PLATFORMS))
        self._core = Core(
            parts.corpus,
            parts.search,
            COMMANDS,
            store=parts.store,
            adapters=self._adapters,
            clock=parts.clock,
            heard=self.meters.answered,
        )
        self._posting: Delivery | None = None
        opener = parts.opener
        self.renewal = Renewal(opener, parts.corpus, parts.search, self._replace) if opener else None
        """What takes in the changes of the content folder; `renewal.now()` looks at once."""
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        if parts.settings.verbatim_log == "json":
            REQUESTS.setLevel(logging.INFO)
        self.watchdog = Watchdog()
        self._turns = make_turns()

    async def json_lines(self) -> int:
        """Answer JSON lines from standard input until it ends; a script gets the same answers every time."""
        self._core.begin_afresh()
        await JsonLines(self._core, sys.stdin, sys.stdout).run()
        return 0

    async def deliver(self, channels: Path | None) -> int:
        """Post what is due in this terminal's channels, once; 1 when some of it is to be tried again.

        OperatorError without a database, or when it fails.
        """
        store = self._parts.store
        if store is None:
            raise OperatorError(say("serve.no-database"))
        self._console(None, channels)
        try:
            now = self._parts.clock() if self._parts.ahead else await store.now()
            await self._deliveries(store).deliver_due(now)
            left = await store.posts.count_open(tuple(self._adapters))
        except StoreError as error:
            raise OperatorError(say("serve.not-all", error=error)) from error
        if left:
            sys.stderr.write(f"{say('serve.left', count=left)}\n")
        return 1 if left else 0

    async def once(self, line: str, channels: Path | None) -> int:
        """Answer one line, and post what is due."""
        console = self._console(None, channels)
        status = EXIT_STATUS[(await console.say(line)).outcome]
        await self._delivery()()
        return status

    async def console(self, history: Path | None, channels: Path | None) -> int:
        """Talk in this terminal until the input ends, and post what is due meanwhile."""
        parts = self._parts
        most = parts.settings.verbatim_semantic_episodes
        day = dt.datetime.fromtimestamp(parts.clock(), dt.UTC).date()
        screen = Screen(
            welcome(parts.corpus),
            lambda: examples(parts.corpus, parts.search, self._core.daily, day),
            lambda: working_out(parts.search, parts.corpus, most),
        )
        console = self._console(history, channels, screen)
        tick = self._delivery()
        # At a prompt a person is typing: nothing is said. A script has one library from its beginning to its end.
        follows = self._following(lambda _: None) if sys.stdin.isatty() else contextlib.nullcontext()
        async with ticking(tick):
            with follows:
                await self._until_one_ends(console.run())
        await tick()
        return 0

    async def platforms(self) -> int:
        """Do this process's roles until a signal says to stop; then finish what is in work, within 20 seconds."""
        sys.setswitchinterval(SWITCH_SECONDS)
        roles = self._parts.settings.verbatim_roles
        self._adapters.update(_platforms(self._parts, self._core, self.name, self._turns))
        ticks = ticking(self._delivery() if "worker" in roles else _no_work)
        follows = self._following() if "worker" in roles else contextlib.nullcontext()
        gc.freeze()  # what a start made stays: looking through all of it for garbage would hold the loop for 0.1 s
        async with self.watchdog.watch(), self._health():
            with follows:
                await self._run(ticks)
        return 0

    async def _run(self, ticks: AbstractAsyncContextManager[None]) -> None:
        """Run the adapters, and what ticks, until a signal says to stop."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):  # Windows has no handlers in its loop: Ctrl-C raises there
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        stopping = asyncio.create_task(stop.wait())
        posting = asyncio.create_task(_post_until(stop, ticks))
        running = {asyncio.create_task(adapter.run()) for adapter in self._adapters.values()}
        renewing = self._renewing()
        ending = {stopping, posting, *running, *renewing}
        try:
            ended, _ = await asyncio.wait(ending, timeout=SETTLED_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not ended:
                self._say_what_is_off()
                await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            # A post that is being sent ends first, over connections that still stand.
            await asyncio.wait({posting}, timeout=POST_SECONDS)
            posting.cancel()
            for adapter in self._adapters.values():
                adapter.stop()
            for task in renewing:
                task.cancel()
            outcomes = await asyncio.gather(*running, *renewing, posting, return_exceptions=True)
            stopping.cancel()
        for error in outcomes:
            if isinstance(error, BaseException) and not isinstance(error, asyncio.CancelledError):
                raise error

    async def _until_one_ends(self, talk: Coroutine[object, object, None]) -> None:
        """Talk until that ends, or nothing is left to answer from."""
        running = {asyncio.create_task(talk), *self._renewing()}
        try:
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        for task in done:
            task.result()

    def _renewing(self) -> set[asyncio.Task[None]]:
        """Begin to look whether the content folder changes, where that is wanted."""
        return {asyncio.create_task(self.renewal.run())} if self.renewal is not None else set()

    def _replace(self, corpus: Corpus, search: Searcher) -> Library:
        """Answer and post from another library from now on; return the one before."""
        before = self._core.replace(corpus, search)
        if self._posting is not None:
            self._posting.daily = self._core.daily
        self._parts.corpus, self._parts.search = corpus, search
        return before

    def _health(self) -> AbstractAsyncContextManager[None]:
        """Return what tells how this process is while it serves; a person at a prompt sees that without."""
        from bot.health.server import served  # noqa: PLC0415 - aiohttp, which only a process that serves needs

        parts = self._parts
        vitals = Vitals(self.meters, self.watchdog, parts, parts.store, self._adapters, self._turns)
        return served(vitals, parts.settings.verbatim_health, lambda told: sys.stderr.write(f"{told}\n"))

    def _say_what_is_off(self) -> None:
        """Name what is switched off here, if anything is."""
        told = off(self._parts.settings, has_store=self._parts.store is not None)
        if told:
            sys.stderr.write(f"{told}\n")

    def _console(self, history: Path | None, channels: Path | None, screen: Screen | None = None) -> Console:
        console = Console(self._core, history, folder=channels, screen=screen)
        self._adapters[console.platform] = console
        return console

    def _following(self, tell: Callable[[str], None] = _log.warning) -> AbstractContextManager[None]:
        """Return what looks at the followed feeds meanwhile; nothing, where the clock was set for trying."""
        parts = self._parts
        if parts.ahead:
            return contextlib.nullcontext()
        settings, renewal = parts.settings, self.renewal
        hosts = settings.verbatim_feed_hosts
        follower = Follower(settings.content_dir, hosts, tell=tell, count=self.meters.polled)
        return follower.running(parts.clock, changed=renewal.now) if renewal else follower.running(parts.clock)

    def _delivery(self) -> Callable[[], Awaitable[object]]:
        """Return the function that posts what is due; without a database nothing is."""
        store = self._parts.store
        return _no_work if store is None else self._deliveries(store).tick

    def _deliveries(self, store: Store) -> Delivery:
        """Return what posts, by the clock that was set for trying or by the database's."""
        parts = self._parts

        async def clock() -> float:
            return parts.clock()

        self._posting = Delivery(
            store,
            self._core.daily,
            self._adapters,
            self.name,
            fresh=partial(fresh_episodes, parts.corpus.folder),
            clock=clock if parts.ahead else None,
            tidies=not parts.ahead,
        )
        return self._posting


def _platforms(parts: Parts, core: Core, name: str, turns: Turns) -> dict[str, Adapter]:
    """Return the adapters that tokens are set for and roles are about; each library is imported when it is served.

    `name` is this process's in leases, `turns` what they share. OperatorError when there is nothing to do.
    """
    settings, store = parts.settings, parts.store
    roles = settings.verbatim_roles
    posts = "worker" in roles and store is not None
    parts.search.wait_first = turns.wait_for_calm
    adapters: dict[str, Adapter] = {}
    for platform in _with_tokens(settings):
        listens = platform.role(settings) in roles
        if platform.connect and (listens or posts):
            adapters[platform.name] = platform.connect(
                settings, core, store, listens=listens, presence=lambda: _shows(parts.corpus), name=name, turns=turns
            )
    if not adapters:
        raise OperatorError(_nothing_to_do(settings))
    return adapters


def _with_tokens(settings: Settings) -> list[Platform]:
    """Return the platforms that tokens are set for."""
    return [platform for platform in PLATFORMS if settings.gives(platform.tokens)]


def _nothing_to_do(settings: Settings) -> str:
    """Say why a process has nothing to do, and what to set."""
    served = _with_tokens(settings)
    if not served:
        return say("serve.no-token")
    given = ", ".join(sorted(settings.verbatim_roles))
    if "worker" in settings.verbatim_roles:
        return say("serve.no-posting", roles=given)
    needed = sorted({platform.role(settings) for platform in served})
    return say("serve.nothing-to-do", roles=given, missing=listed((*needed, "worker"), "or"))


def _shows(corpus: Corpus) -> str:
    """Return what the bot listens to: the one show, or how many there are."""
    shows = corpus.shows
    return shows[0].title if len(shows) == 1 else say("serve.shows", count=len(shows))


async def _no_work() -> None:
    """Do nothing: there is no database to say what is due."""


async def _post_until(stop: asyncio.Event, ticks: AbstractAsyncContextManager[None]) -> None:
    """Post what is due until told to stop; what is being posted then ends."""
    async with ticks:
        await stop.wait()
