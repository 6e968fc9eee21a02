"""Holding what only one process may: a lease in the store, renewed while it is used, given back at the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Self

from bot.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from bot.store import Store

__all__ = ["Lease", "turn"]

_log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often a process that stands by looks whether the lease is free: members wait for as long after a restart."""


class Lease:
    """A lease by name. Entering waits until it is ours; `lost` is set when it may be another's.

    A holder that cannot renew stops before the lease ends for the others: it counts from before it asked, by a clock
    that no one sets. Another process takes over at most `seconds` plus `every` after the last renewal. `is_ours` knows
    the same at once, also in a process that was frozen and whose timers have not run yet.
    """

    def __init__(self, store: Store, name: str, owner: str, seconds: float = 30.0, every: float = 5.0) -> None:
        """Take the store, the lease's name, this process's, how long a lease lasts and how often it is renewed."""
        self._store = store
        self._name = name
        self._owner = owner
        self._seconds = seconds
        self._every = every
        self._renewing: asyncio.Task[None] | None = None
        self._held = 0.0
        self._fence: int | None = None
        self.lost = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Wait until the lease is ours, and renew it from then on."""
        waited = False
        while True:
            asked = _moment()
            try:
                self._fence = await self._store.leases.hold(self._name, self._owner, self._seconds)
                if self._fence is not None:
                    break
            except StoreError as error:
                _log.warning("the lease %s cannot be asked for: %s", self._name, error)
            if not waited:
                _log.warning("standing by: another process holds %s", self._name)
            waited = True
            await asyncio.sleep(min(self._every, LOOK_SECONDS))
        if waited:
            _log.warning("taking over %s", self._name)
        self.lost.clear()
        self._held = asked
        self._renewing = asyncio.create_task(self._renew())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lease back, if the store can be reached."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait({self._renewing})
        if not self.lost.is_set():
            with contextlib.suppress(StoreError, TimeoutError):
                await asyncio.wait_for(self._store.leases.let_go(self._name, self._owner), self._every)

    def is_ours(self) -> bool:
        """Say whether the lease is ours for certain, by the clock alone."""
        return not self.lost.is_set() and self._left() > 0

    def _left(self) -> float:
        """Return the seconds until we let the lease go if it is not renewed."""
        return self._seconds - self._every - (_moment() - self._held)

    async def _renew(self) -> None:
        """Renew until the lease is lost, or so old that another may have it soon."""
        while True:
            await asyncio.sleep(max(0.0, min(self._every, self._left())))
            left, asked = self._left(), _moment()
            if left <= 0:
                break
            try:
                async with asyncio.timeout(min(self._every, left)):
                    fence = await self._store.leases.hold(self._name, self._owner, self._seconds)
            except (StoreError, TimeoutError) as error:
                _log.warning("the lease %s was not renewed: %s", self._name, error or "the database is slow")
                continue
            if fence != self._fence:  # another has it, or had it meanwhile
                break
            self._held = asked
        _log.error("%s is lost; this process lets it go", self._name)
        self.lost.set()


@contextlib.asynccontextmanager
async def turn(store: Store | None, name: str, owner: str, seconds: float) -> AsyncIterator[None]:
    """Wait for this process's turn at short work that each replica would do, of so many seconds at most."""
    if store is None or not store.shared:
        yield
        return
    while True:
        if await store.leases.hold(name, owner, seconds) is not None:
            break
        await asyncio.sleep(LOOK_SECONDS)
    try:
        yield
    finally:
        with contextlib.suppress(StoreError):
            await store.leases.let_go(name, owner)


def _moment() -> float:
    """Return seconds by a clock that nobody sets, and that goes on while the machine sleeps where there is such one."""
    awake = getattr(time, "CLOCK_BOOTTIME", None)  # Linux alone has it: clock_gettime(2)
    return time.monotonic() if awake is None else time.clock_gettime(awake)
