"""A watchdog of the event loop: it names, in the log, what keeps everybody else waiting.

It measures each step of the loop (one run of one of its handles) by the processor time of the loop's own thread: a step
that waits for its turn on a busy machine holds up nothing that is ours to mend. That costs one look at a clock a step,
0.6 µs, and nothing while the loop rests.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import math
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import CodeType

__all__ = ["LONGEST_STEP", "Held", "Watchdog"]

_log = logging.getLogger(__name__)

LONGEST_STEP = 0.05
"""Seconds of processor time that one step may take."""

BEAT_SECONDS = 1.0
"""How often the loop's lag is measured."""

SILENCE_SECONDS = 600.0
"""For how long a step that was named is not named again."""

MOST_NAMED = 100
"""Steps that are remembered as named; beyond that, all may be named again."""

GARBAGE = "gc.collect"
"""The name of a step most of which was one: what it ran is innocent."""


@dataclass(slots=True)
class Held:
    """How the loop was held, in seconds: steps by processor time, lag by waiting."""

    steps: int = 0
    """How many steps took longer than they may."""
    longest: float = 0.0
    """What the longest of them took."""
    name: str = ""
    """What the longest of them was."""
    lag: float = 0.0
    """How late the loop's last beat came."""
    longest_lag: float = 0.0


class Watchdog:
    """Watches the loops of one thread."""

    def __init__(self) -> None:
        self.held = Held()
        self._named: dict[str, float] = {}
        self._thread = threading.get_ident()
        self._collecting = self._collected = 0.0
        self._due = math.inf

    def lag(self) -> float:
        """Return by how many seconds the loop is late: with its last beat, or with the one that is due."""
        return max(self.held.lag, time.monotonic() - self._due)

    @contextlib.asynccontextmanager
    async def watch(self) -> AsyncIterator[None]:
        """Watch the loop that runs this until the block ends."""
        run, clock = asyncio.Handle._run, time.thread_time  # noqa: SLF001 - asyncio has no door to its steps
        last = clock()

        def timed(handle: asyncio.Handle) -> None:
            nonlocal last
            run(handle)
            before, last = last, clock()
            # Since the end of the step before: the loop's own work between two is some 10 µs.
            if last - before > LONGEST_STEP:
                self._tell(GARBAGE if self._collected * 2 > last - before else _name(handle), last - before)
            self._collected = 0.0

        asyncio.Handle._run = timed  # type: ignore[assignment, method-assign]  # noqa: SLF001 - as above
        gc.callbacks.append(self._collection)
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            gc.callbacks.remove(self._collection)
            asyncio.Handle._run = run  # type: ignore[method-assign]  # noqa: SLF001 - as above

    async def _beat(self) -> None:
        """Measure how late the loop comes back to what waits for its time."""
        while True:
            self._due = time.monotonic() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            self.held.lag = max(0.0, time.monotonic() - self._due)
            self.held.longest_lag = max(self.held.longest_lag, self.held.lag)

    def _collection(self, phase: str, _: dict[str, int]) -> None:
        """Add up what collections of garbage take of a step."""
        if threading.get_ident() == self._thread:
            if phase == "start":
                self._collecting = time.thread_time()
            else:
                self._collected += time.thread_time() - self._collecting

    def _tell(self, name: str, seconds: float) -> None:
        """Count a step that took longer than it may, and name it in the log, unless it was named a while ago."""
        self.held.steps += 1
        if seconds > self.held.longest:
            self.held.longest, self.held.name = seconds, name
        now = time.monotonic()
        if now - self._named.get(name, -SILENCE_SECONDS) < SILENCE_SECONDS:
            return
        if len(self._named) >= MOST_NAMED:
            self._named.clear()
        self._named[name] = now
        _log.warning("everything else waited %.0f ms for one step: %s", seconds * 1000, name)


def _name(handle: asyncio.Handle) -> str:
    """Return what a handle ran: a function; or a task's coroutine, and where in the bot it is after the step."""
    callback: Any = handle._callback  # type: ignore[attr-defined]  # noqa: SLF001 - it has no door
    task = getattr(callback, "__self__", None)
    if not isinstance(task, asyncio.Task):
        code = getattr(getattr(callback, "func", callback), "__code__", None)
        return _place(code, code.co_firstlineno) if code else type(callback).__qualname__
    awaited: Any = task.get_coro()
    places = [awaited.__qualname__]
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None)
        if frame is not None and Path(frame.f_code.co_filename).is_relative_to(ROOT):
            places[1:] = [_place(frame.f_code, frame.f_lineno)]
        awaited = getattr(awaited, "cr_await", None)
    return ", before ".join(places)


def _place(code: CodeType, line: int) -> str:
    """Return a function and its line: `Core.answer (bot/core/answer.py:120)`."""
    path = Path(code.co_filename)
    inside = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(*path.parts[-2:])
    return f"{code.co_qualname} ({inside.as_posix()}:{line})"
