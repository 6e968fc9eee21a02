"""What is being answered: so much at once, and all of it waited for at the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from bot.logs import outline

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

__all__ = ["Work"]

_log = logging.getLogger(__name__)

MOST_TASKS, MOST_TOLD = 1_000, 200
"""Tasks at once, and those beyond that only tell a member that the bot is busy."""

CANCEL_SECONDS = 1.0


class Work:
    """What is under way: tasks of our own, and whatever else counts itself in."""

    def __init__(self, most: int = MOST_TASKS) -> None:
        """Take how many tasks may run at once."""
        self._most = most
        self._tasks: set[asyncio.Task[object]] = set()
        self._counted = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @contextlib.contextmanager
    def count(self) -> Iterator[None]:
        """Count what is done inside, so that draining waits for it."""
        self._begin()
        try:
            yield
        finally:
            self._end()

    @property
    def is_full(self) -> bool:
        """Whether so much is under way that nothing more should begin."""
        return self._counted >= self._most

    def start(self, coroutine: Coroutine[Any, Any, object], *, instead: bool = False) -> bool:
        """Run a coroutine to its end in a task; False, and not run, when there are too many.

        There is more room for one that only says something `instead` of an answer.
        """
        if len(self._tasks) >= self._most + MOST_TOLD * instead:
            coroutine.close()
            return False
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        self._begin()
        task.add_done_callback(self._end_task)
        return True

    async def drain(self, seconds: float) -> None:
        """Wait so long for what is under way, then cancel the tasks that are left."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        late = set(self._tasks)
        for task in late:
            task.cancel()
        if late:
            _log.warning("stopped with %d answers unfinished", len(late))
            await asyncio.wait(late, timeout=CANCEL_SECONDS)

    def _end_task(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        self._end()
        if not task.cancelled() and (error := task.exception()):
            _log.error("an answer broke\n%s", outline(error))

    def _begin(self) -> None:
        self._counted += 1
        self._idle.clear()

    def _end(self) -> None:
        self._counted -= 1
        if not self._counted:
            self._idle.set()
