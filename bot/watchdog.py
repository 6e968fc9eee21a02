"""A watchdog of the event loop: it names, in the log, what keeps everybody else waiting.

From a thread of its own it looks whether one step of the loop (one run of one of its handles) goes on from look to
look, and how much processor time of the loop's own thread that takes: a step that waits for its turn on a busy machine
holds up nothing that is ours to mend.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import FrameType

__all__ = ["LONGEST_STEP", "Held", "Watchdog"]

_log = logging.getLogger(__name__)

LONGEST_STEP = 0.05
"""Seconds of processor time that one step may take."""

LOOK_SECONDS, CLOSE_LOOK_SECONDS = 0.1, 0.01
"""How often is looked, and how often while the loop works: a step of 160 ms is found wherever it begins."""

WORKED_SECONDS = 0.001
"""Of processor time since the last look, from which on the loop works and its stack is looked at."""

BEAT_SECONDS = 1.0
"""How often the loop's lag is measured."""

GOES_ON_SECONDS = 2.0
"""After how much processor time a step is named although it still goes on."""

SILENCE_SECONDS = 600.0
"""For how long a step that was named is not named again."""

MOST_NAMED = 100
"""Steps that are remembered as named; beyond that, all may be named again."""

_BOT = str(Path(__file__).parent)
_STEP = asyncio.Handle._run.__code__  # noqa: SLF001 - by its code a step is known in a stack


@dataclass(slots=True)
class Held:
    """How the loop was held, in seconds: steps by processor time and at least, as they are seen in looks."""

    steps: int = 0
    """How many steps took longer than they may."""
    longest: float = 0.0
    """What the longest of them took."""
    name: str = ""
    """What the longest of them was in."""
    lag: float = 0.0
    """How late the loop's last beat came."""
    longest_lag: float = 0.0


@dataclass(slots=True)
class _Step:
    """A step under way: its frame, when it was first seen, for how long, and how often in which place."""

    frame: FrameType
    since: float
    seconds: float = 0.0
    named: bool = False
    places: Counter[str] = field(default_factory=Counter)


class Watchdog:
    """Watches a loop; it sees no steps where a thread's processor time cannot be read (Windows, macOS)."""

    def __init__(self) -> None:
        self.held = Held()
        self._named: dict[str, float] = {}

    @contextlib.asynccontextmanager
    async def watch(self) -> AsyncIterator[None]:
        """Watch the loop that runs this until the block ends."""
        beating = asyncio.create_task(self._beat())
        running = threading.Lock()  # waiting for one costs half of what waiting for an event does
        running.acquire()
        clock_of = getattr(time, "pthread_getcpuclockid", None)
        looking: threading.Thread | None = None
        if clock_of is not None:
            own = threading.get_ident()
            given = own, clock_of(own), running
            looking = threading.Thread(target=self._watch, args=given, name="watchdog", daemon=True)
            looking.start()
        try:
            yield
        finally:
            beating.cancel()
            running.release()
            if looking is not None:
                looking.join()

    async def _beat(self) -> None:
        """Measure how late the loop comes back to what waits for its time."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            self.held.lag = max(0.0, loop.time() - due)
            self.held.longest_lag = max(self.held.longest_lag, self.held.lag)

    def _watch(self, thread: int, clock: int, running: threading.Lock) -> None:
        """Look at a thread, which has that clock of processor time, while another holds `running`."""
        worked = time.clock_gettime(clock)
        step: _Step | None = None
        pause = LOOK_SECONDS
        while not running.acquire(timeout=pause):
            before, worked = worked, time.clock_gettime(clock)
            works = worked - before > WORKED_SECONDS
            pause = CLOSE_LOOK_SECONDS if works else LOOK_SECONDS
            # A loop at rest is not looked into.
            if works or step is not None:
                step = self._follow(step, sys._current_frames().get(thread), worked)  # noqa: SLF001 - there is no other door

    def _follow(self, step: _Step | None, stack: FrameType | None, worked: float) -> _Step | None:
        """Return the step that a stack is in: the one seen before, or another, and then that one has ended."""
        frame, place = _look(stack)
        if step is not None and step.frame is not frame:
            self._end(step)
            step = None
        if frame is None:
            return None
        step = step or _Step(frame, worked)
        step.seconds = worked - step.since
        step.places[place] += 1
        if step.seconds > GOES_ON_SECONDS:
            self._name(step)
        return step

    def _end(self, step: _Step) -> None:
        """Count and name a step that took longer than it may."""
        if step.seconds > LONGEST_STEP:
            self.held.steps += 1
            if step.seconds > self.held.longest:
                self.held.longest, self.held.name = step.seconds, _most(step)
            self._name(step)

    def _name(self, step: _Step) -> None:
        """Name a step in the log once, unless it was named a while ago."""
        place = _most(step)
        now = time.monotonic()
        if step.named or now - self._named.get(place, -SILENCE_SECONDS) < SILENCE_SECONDS:
            return
        step.named = True
        if len(self._named) >= MOST_NAMED:
            self._named.clear()
        self._named[place] = now
        _log.warning("everything else waited for one step, %.0f ms or more: %s", step.seconds * 1000, place)


def _most(step: _Step) -> str:
    return step.places.most_common(1)[0][0]


def _look(stack: FrameType | None) -> tuple[FrameType | None, str]:
    """Return the frame of the step that a stack is in, and where the bot is in it; None between steps.

    Where a step is in nothing of the bot's, it is named by its innermost function.
    """
    frame, place = stack, ""
    while frame is not None and frame.f_code is not _STEP:
        if frame.f_code.co_filename.startswith(_BOT):
            place = place or _place(frame)
        frame = frame.f_back
    return frame, place or (_place(stack) if stack is not None else "")


def _place(frame: FrameType) -> str:
    """Return a function and its file: `Core.complete in bot/core/answer.py`."""
    path = Path(frame.f_code.co_filename)
    inside = path.relative_to(Path(_BOT).parent) if path.is_relative_to(_BOT) else Path(*path.parts[-2:])
    return f"{frame.f_code.co_qualname} in {inside.as_posix()}"
