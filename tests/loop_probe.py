"""A probe of the event loop: which step of ours holds it, and for how much processor time.

A step is one run of one of the loop's handles. Its processor time is the loop's thread's own, so a busy machine is no
fault of ours, and collections of garbage are left out: the heap they walk is the tests'.

Whose a step is, samples of the thread's stack tell; each answers for the time since the sample before. It is the bot's
when the innermost function of this project is the bot's, and a test's when that is a test's: so the local platforms,
which share the loop, answer for themselves. A module's body counts for whoever imports it, so that a library the bot
first loads while it serves is the bot's. What a test calls without awaiting it (opening a store, making a core) is what
serving does before it serves, and the test's. What only libraries do is the bot's, unless a test's coroutine ran it or
has just ended: what it made is freed then.
"""

from __future__ import annotations

import _thread
import asyncio
import gc
import inspect
import signal
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

    _Place: TypeAlias = tuple[CodeType, int]

LIMIT = 0.05
"""Seconds of processor time that one step of ours may take."""

EVERY = 0.004
"""Seconds between two samples: some more than the 5 ms after which the interpreter lets another thread run."""

AWAITED = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
"""Flags of a function that runs when it is awaited."""

SAMPLE: signal.Signals | None = getattr(signal, "SIGRTMAX", None)
"""The signal whose handler samples the stack; nobody sends it."""

OURS = f"{ROOT / 'bot'}/"
THEIRS = tuple(f"{ROOT / name}/" for name in ("tests", "benchmarks"))


class LoopHeldError(AssertionError):
    """A test had steps of ours that took longer than they may; `pyproject.toml` has pytest try it again by this name.

    A host that takes a core away counts it as the thread's own time, so a step is too long when it is so each time.
    """


@dataclass(frozen=True, slots=True)
class Step:
    """A step of ours: what ran, where it was for longest, and its seconds of processor time."""

    name: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.seconds * 1000:.0f} ms: {self.name}"


class LoopProbe:
    """Measures every step that runs in this thread while it is on."""

    def __init__(self, least: float = LIMIT) -> None:
        """Take from how many seconds on a step of ours is kept."""
        self._least = least
        self._thread = threading.get_ident()
        self._begun: float | None = None
        self._collecting = 0.0
        self._collected = 0.0
        self._samples: list[tuple[float, _Place, bool | None]] = []
        self._off = threading.Event()
        self.longest = Step("nothing ran", 0.0)
        self.held: list[Step] = []

    @contextmanager
    def on(self) -> Iterator[LoopProbe]:
        """Measure until the block ends; nothing where there are no signals to spare (Windows, macOS)."""
        if SAMPLE is None:
            yield self
            return
        before = asyncio.Handle._run  # noqa: SLF001 - a step has no other door
        watching = threading.Thread(target=self._watch, args=(SAMPLE,), name="loop probe", daemon=True)

        def timed(handle: asyncio.Handle) -> None:
            if threading.get_ident() != self._thread or self._begun is not None:
                _RUN(handle)
                return
            begins = _at(handle)
            self._samples.clear()
            self._collected = 0.0
            self._begun = begun = time.thread_time()
            try:
                _RUN(handle)
            finally:
                self._begun = None
                taken = time.thread_time() - begun
                if taken - self._collected > max(EVERY, min(self.longest.seconds, self._least)):
                    self._judge(handle, begins, begun, taken)

        asyncio.Handle._run = timed  # type: ignore[assignment, method-assign]  # noqa: SLF001 - as above
        gc.callbacks.append(self._collection)
        handled = signal.signal(SAMPLE, self._sample)
        watching.start()
        try:
            yield self
        finally:
            self._off.set()
            watching.join()
            signal.signal(SAMPLE, handled)
            gc.callbacks.remove(self._collection)
            asyncio.Handle._run = before  # type: ignore[method-assign]  # noqa: SLF001 - as above

    def _judge(self, handle: asyncio.Handle, begins: _Place | None, begun: float, taken: float) -> None:
        """Keep a step that is ours and longer than the others, or longer than it may be."""
        name, theirs = _named(handle, begins)
        ours: dict[str, float] = defaultdict(float)
        before = begun
        samples = [
            (at, _said(place), not theirs if is_ours is None else is_ours)
            for at, place, is_ours in self._samples
            if at >= begun
        ]
        last = samples[-1][1:] if samples else ("", not theirs)
        for at, place, is_ours in (*samples, (begun + taken, *last)):
            if is_ours:
                ours[place] += at - before
            before = at
        seconds = min(sum(ours.values()), taken - self._collected)
        place = max(ours, key=lambda each: ours[each], default="")
        step = Step(f"{name}; longest in {place}" if place else name, seconds)
        if seconds > self.longest.seconds:
            self.longest = step
        if seconds > self._least:
            self.held.append(step)

    def _watch(self, number: signal.Signals) -> None:
        """Have samples taken of a step that is under way.

        The thread takes them itself, in a signal's handler: another one that walks its stack meanwhile would crash.
        """
        while not self._off.wait(EVERY):
            if self._begun is not None:
                _thread.interrupt_main(number)

    def _sample(self, _: int, frame: FrameType | None) -> None:
        """Note where the step is, and how much processor time this thread has used."""
        if self._begun is not None:
            found = _owner(frame)
            if found is not None:
                self._samples.append((time.thread_time(), *found))

    def _collection(self, phase: str, _: dict[str, int]) -> None:
        """Count the processor time of a collection of garbage."""
        if threading.get_ident() == self._thread:
            if phase == "start":
                self._collecting = time.thread_time()
            else:
                self._collected += time.thread_time() - self._collecting


def _at(handle: asyncio.Handle) -> _Place | None:
    """Return where the coroutine goes on that a handle is about to run, None where it runs a function."""
    task = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]  # noqa: SLF001 - it has no door
    if not isinstance(task, asyncio.Task):
        return None
    awaited: Any = task.get_coro()
    while hasattr(inner := getattr(awaited, "cr_await", None), "cr_frame"):
        awaited = inner
    frame = getattr(awaited, "cr_frame", None)
    return (frame.f_code, frame.f_lineno) if frame is not None else None


def _named(handle: asyncio.Handle, begins: _Place | None) -> tuple[str, bool]:
    """Return what a handle ran, and whether it is a test's own."""
    callback: Any = handle._callback  # type: ignore[attr-defined]  # noqa: SLF001 - as above
    task = getattr(callback, "__self__", None)
    code = getattr(getattr(callback, "func", callback), "__code__", None)
    if isinstance(task, asyncio.Task):
        coroutine: Any = task.get_coro()
        code, name = getattr(coroutine, "cr_code", None), coroutine.__qualname__
    else:
        name = getattr(callback, "__qualname__", type(callback).__qualname__)
        begins = (code, code.co_firstlineno) if code else None
    place = f"{name}, from {_said(begins)}" if begins else name
    return place, bool(code and code.co_filename.startswith(THEIRS))


def _owner(frame: FrameType | None) -> tuple[_Place, bool | None] | None:
    """Return the place of the project's innermost function and whether its time is the bot's; None between steps.

    Where only libraries run, as when what a coroutine leaves behind is freed, it is whose the step is: None.
    """
    innermost = named = called = None
    is_ours: bool | None = None
    while frame is not None and frame.f_code is not _RUN.__code__:
        innermost = innermost or frame
        code = frame.f_code
        if code.co_name != "<module>" and code.co_filename != __file__:
            if code.co_filename.startswith(OURS):
                named, called, is_ours = named or frame, frame, True
            elif code.co_filename.startswith(THEIRS):
                is_ours = called is not None and bool(called.f_code.co_flags & AWAITED)
                named = named or frame
                break
        frame = frame.f_back
    if frame is None or innermost is None:
        return None
    place = named or innermost
    return (place.f_code, place.f_lineno), is_ours


_RUN = asyncio.Handle._run  # noqa: SLF001 - by its code a step is known in a stack


def _said(place: _Place) -> str:
    code, line = place
    path = Path(code.co_filename)
    return f"{code.co_qualname} ({path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}:{line})"
