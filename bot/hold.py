"""Holding what only one process may: a lease in the store, renewed while it is used, given back at the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Self

from bot.errors import StoreError

if TYPE_CHECKING:
    from types import TracebackType

    from bot.store import Store

__all__ = ["Hold"]

_log = logging.getLogger(__name__)


class Hold:
    """A lease by name. Entering waits until it is ours; `lost` is set when it may be another's.

    A holder that cannot renew stops before the lease ends for the others: it counts from before it asked, by a clock
    that no one sets. Another process takes over at most `seconds` plus `every` after the last renewal.
    """

    def __init__(self, store: Store, name: str, owner: str, seconds: float = 30.0, every: float = 5.0) -> None:
        """Take the store, the lease's name, this process's, how long a lease lasts and how often it is renewed."""
        self._store = store
        self._name = name
        self._owner = owner
        self._seconds = seconds
        self._every = every
        self._renewing: asyncio.Task[None] | None = None
        self.lost = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Wait until the lease is ours, and renew it from then on."""
        waited = False
        while True:
            asked = time.monotonic()
            try:
                if await self._store.leases.hold(self._name, self._owner, self._seconds) is not None:
                    break
            except StoreError as error:
                _log.warning("the lease %s cannot be asked for: %s", self._name, error)
            if not waited:
                _log.warning("standing by: another process holds %s", self._name)
            waited = True
            await asyncio.sleep(self._every)
        if waited:
            _log.warning("taking over %s", self._name)
        self.lost.clear()
        self._renewing = asyncio.create_task(self._renew(asked))
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

    async def _renew(self, held: float) -> None:
        """Renew until the lease is lost, or so old that another may have it soon."""
        while time.monotonic() - held < self._seconds - self._every:
            await asyncio.sleep(self._every)
            asked = time.monotonic()
            try:
                async with asyncio.timeout(self._every):
                    if await self._store.leases.hold(self._name, self._owner, self._seconds) is None:
                        break
                held = asked
            except (StoreError, TimeoutError) as error:
                _log.warning("the lease %s was not renewed: %s", self._name, error or "the database is slow")
        _log.error("%s is lost; this process lets it go", self._name)
        self.lost.set()
