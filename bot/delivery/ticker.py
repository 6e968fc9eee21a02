"""The clock's tick: APScheduler calls one function every few seconds; what is due is the store's to say."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from apscheduler.schedulers.asyncio import AsyncIOScheduler
    from apscheduler.triggers.interval import IntervalTrigger

__all__ = ["ticking"]

_log = logging.getLogger(__name__)

PERIOD = 5.0
"""Seconds between two looks at what is due."""


def ticking(work: Callable[[], Awaitable[object]], period: float = PERIOD) -> AbstractAsyncContextManager[None]:
    """Call `work` at once and then every `period` seconds while the block runs, never twice at a time.

    The schedule lives in memory and holds this one job: a late tick runs (no misfire), missed ones become one, and a
    moved wall clock changes nothing, because what is due is read from the store at each tick. At the end of the block
    a tick that runs is let finish.
    """
    # Only a process that posts needs it, and loads it here, before it serves anybody.
    from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415
    from apscheduler.triggers.interval import IntervalTrigger  # noqa: PLC0415

    return _ticking(AsyncIOScheduler(timezone="UTC"), IntervalTrigger(seconds=period, timezone="UTC"), work)


@asynccontextmanager
async def _ticking(
    scheduler: AsyncIOScheduler, trigger: IntervalTrigger, work: Callable[[], Awaitable[object]]
) -> AsyncIterator[None]:
    running: set[asyncio.Task[None]] = set()

    async def once() -> None:
        try:
            await work()
        except Exception:  # one failed tick must not end the ticking; the next tries again
            _log.exception("a look at what is due failed")

    async def tick() -> None:
        # A task of its own, which the scheduler's end does not cancel; a tick that comes while one runs is that one.
        if not running:
            task = asyncio.create_task(once())
            running.add(task)
            task.add_done_callback(running.discard)

    scheduler.add_job(tick, trigger, max_instances=1, coalesce=True, misfire_grace_time=None)
    await tick()
    await asyncio.wait(running)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
        if running:
            await asyncio.wait(running)
