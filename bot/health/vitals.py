"""What can be told of a process that serves: whether its loop beats, whether it can answer, and what it counted."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from bot.contract import Connection
from bot.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.contract import Adapter
    from bot.corpus import Corpus
    from bot.health.meters import Meters
    from bot.health.watchdog import Watchdog
    from bot.intake import Turns
    from bot.search import Searcher
    from bot.store import Store

__all__ = ["LATEST_BEAT", "Vitals"]

LATEST_BEAT: Final = 10.0
"""Seconds by which a loop may be late and still count as alive: Discord gives its heartbeat 41."""

_STORE_SECONDS: Final = 2.0
"""How long the database may take to answer before it counts as silent: half of what a probe waits."""

_ASKED_EVERY: Final = 5.0
"""Seconds for which an answer of the database is good: whoever knocks often asks it no more."""

_COUNTED_EVERY: Final = 15.0
"""Seconds for which counts of posts are good: some tables are long, and Prometheus looks every 15 seconds or less."""

_NOTE: Final = "health"
"""The note that is written to see whether the database can be written."""

T = TypeVar("T")


class Look(Generic[T]):
    """A look at something that may be slow: one at a time, and not again for a while."""

    def __init__(self, ask: Callable[[], Awaitable[T]], good_for: float) -> None:
        """Take what asks, and for how many seconds its answer is good."""
        self._ask = ask
        self._good_for = good_for
        self._asking: asyncio.Task[T | None] | None = None
        self._since = 0.0

    async def see(self) -> T | None:
        """Return what was found, None where it failed or takes too long."""
        now = time.monotonic()
        if self._asking is None or (self._asking.done() and now - self._since > self._good_for):
            self._since, self._asking = now, asyncio.create_task(self._safely())
        done, _ = await asyncio.wait({self._asking}, timeout=_STORE_SECONDS)
        return self._asking.result() if done else None

    async def _safely(self) -> T | None:
        try:
            return await self._ask()
        except StoreError:
            return None


class Library(Protocol):
    """What is answered from; another corpus takes its place when the content folder changes."""

    @property
    def corpus(self) -> Corpus:
        """Every episode that can be quoted."""

    @property
    def search(self) -> Searcher:
        """What searches it."""


@dataclass
class Vitals:
    """The parts of a process that health looks at."""

    meters: Meters
    watchdog: Watchdog
    library: Library
    store: Store | None
    adapters: Mapping[str, Adapter]
    turns: Turns
    _writable: Look[bool] = field(init=False)
    _posts: Look[dict[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        self._writable = Look(self._write, _ASKED_EVERY)
        self._posts = Look(self._count, _COUNTED_EVERY)

    def alive(self) -> tuple[bool, dict[str, object]]:
        """Return whether the loop beats, and what is told of that.

        Platforms and the database do not count: a process that was started anew would find them as they are, and each
        start costs one of the sessions that Discord grants a token a day.
        """
        lag = self.watchdog.lag()
        alive = lag <= LATEST_BEAT
        return alive, {"alive": alive, "lag": round(lag, 3)}

    async def ready(self) -> tuple[bool, dict[str, object]]:
        """Return whether members can be answered here, and what is told of each part.

        An outage of one platform leaves a process ready that others reach: a load balancer goes on to send it Slack's
        requests while Discord is away. Where every platform is away nobody is answered, and saying so costs nothing.
        """
        connections = {name: adapter.connection() for name, adapter in self.adapters.items()}
        reached = any(each is not Connection.AWAY for each in connections.values())
        database = await self.database()
        ready = bool(self.library.corpus.entries) and reached and database != "silent"
        return ready, {
            "ready": ready,
            "episodes": len(self.library.corpus.entries),
            "meaning": self.library.search.known,
            "database": database,
            "platforms": {name: str(each) for name, each in connections.items()},
        }

    async def database(self) -> str:
        """Return `off` without a database, else `answers` where it can be written, or `silent`."""
        if self.store is None:
            return "off"
        return "answers" if await self._writable.see() else "silent"

    async def posts(self) -> Mapping[str, int] | None:
        """Return how many daily posts are in each state, None where that is not known."""
        return None if self.store is None else await self._posts.see()

    async def _write(self) -> bool:
        """Write a note: a full disk and a file that is read-only can still be read."""
        if self.store is not None:
            await self.store.kv.put(_NOTE, str(await self.store.now()))
        return True

    async def _count(self) -> dict[str, int]:
        return await self.store.posts.counts() if self.store is not None else {}
