"""Work that goes on after an acknowledgement: tasks that are held, counted, and waited for at the end."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from bot.adapters.slack.inbound import Asked
    from bot.store import Store

__all__ = ["Seen", "Taken", "Work"]

_log = logging.getLogger(__name__)

MOST_TASKS = 200
"""Answers under way at once; a question beyond that is told to come back."""

REMEMBERED = 10_000
"""Ids kept in memory: an hour at three questions a second."""

KEPT_SECONDS = 24 * 60 * 60
"""How long the store knows a delivery; Slack tries again within minutes."""

STORE_SECONDS = 1.5
"""How long recording may take before an acknowledgement, which Slack waits for three seconds."""


class Work:
    """A bounded set of tasks."""

    def __init__(self, most: int = MOST_TASKS) -> None:
        """Take how many may run at once."""
        self._most = most
        self._tasks: set[asyncio.Task[object]] = set()

    @property
    def full(self) -> bool:
        """Whether another task would be one too many."""
        return len(self._tasks) >= self._most

    def start(self, coroutine: Coroutine[Any, Any, object], *, spare: bool = False) -> bool:
        """Run a coroutine to its end; False, and not run, when full. `spare` allows half as many again."""
        if len(self._tasks) >= (self._most * 3 // 2 if spare else self._most):
            coroutine.close()
            return False
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return True

    async def drain(self, seconds: float) -> None:
        """Wait that long for what runs, then cancel the rest."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        while self._tasks and loop.time() < ends:
            await asyncio.wait(self._tasks, timeout=ends - loop.time(), return_when=asyncio.FIRST_COMPLETED)
        late = set(self._tasks)
        for task in late:
            task.cancel()
        if late:
            _log.warning("stopped with %d answers unfinished", len(late))
            await asyncio.wait(late, timeout=1)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            _log.error("an answer on Slack broke", exc_info=task.exception())


class Taken(Enum):
    """What came of recording a question."""

    NEW = "new"
    KNOWN = "known"
    UNSURE = "unsure"


class Seen:
    """What has arrived before: in the store when there is one, always in memory too."""

    def __init__(self, store: Store | None) -> None:
        """Take the store; None keeps to memory."""
        self._store = store
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._owed: OrderedDict[str, None] = OrderedDict()
        self._broken = False

    def fresh(self, name: str) -> bool:
        """Remember an id in memory; False when it was there. An empty id is always fresh."""
        if name and name in self._ids:
            return False
        if name:
            _remember(self._ids, name)
        return True

    def owes(self, asked: Asked) -> bool:
        """Say whether a question came before, was not recorded, and is not known to be answered."""
        return asked.id in self._owed

    async def take(self, asked: Asked) -> Taken:
        """Record a question before it is acknowledged; KNOWN when it was recorded before, under any of its ids.

        UNSURE when the store fails or takes too long, which is said once in the log: memory has it, and until it is
        `settled` the same question may come again.
        """
        if not self.owes(asked) and not all(self.fresh(name) for name in (asked.id, *asked.marks)):
            return Taken.KNOWN
        store = self._store
        if store is None:
            return Taken.NEW

        async def record() -> bool:
            if not await store.inbox.take("slack", asked.id, "asked", asked.kept(), KEPT_SECONDS):
                return False
            for mark in asked.marks:
                if not await store.inbox.take("slack", mark, "mark", {}, KEPT_SECONDS):
                    await store.inbox.done("slack", asked.id)
                    return False
            return True

        answer = await self._tried("record an event", record)
        if answer is None:
            _remember(self._owed, asked.id)
            return Taken.UNSURE
        self.settled(asked)
        return Taken.NEW if answer else Taken.KNOWN

    def settled(self, asked: Asked) -> None:
        """Note that a question need not come again: it is recorded, or answered."""
        self._owed.pop(asked.id, None)

    async def done(self, asked: Asked) -> None:
        """Record that a question is answered."""
        store = self._store
        if store is None:
            return

        async def record() -> bool:
            for name in (asked.id, *asked.marks):
                await store.inbox.done("slack", name)
            return True

        await self._tried("record an answer", record)

    async def _tried(self, what: str, work: Callable[[], Coroutine[Any, Any, bool]]) -> bool | None:
        """Run a call of the store within its time; None when it failed."""
        try:
            async with asyncio.timeout(STORE_SECONDS):
                answer = await work()
        except Exception as error:  # a store in trouble must not keep members from their answers
            if not self._broken:
                _log.warning(
                    "the database could not %s (%s); answering from memory", what, error or type(error).__name__
                )
            self._broken = True
            return None
        self._broken = False
        return answer


def _remember(ids: OrderedDict[str, None], name: str) -> None:
    """Add an id, and drop the oldest beyond `REMEMBERED`."""
    ids[name] = None
    while len(ids) > REMEMBERED:
        ids.popitem(last=False)
