"""The way from an event to its answer: taken once, let in, answered within its time, finished or left to another."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from typing import TYPE_CHECKING

from bot.intake.admission import Admission
from bot.intake.cipher import Cipher
from bot.intake.inbox import MARK, Inbox
from bot.intake.lease import Lease, turn
from bot.intake.sentences import busy, too_long
from bot.intake.turns import BusyError, Turns
from bot.intake.work import Work
from bot.logs import outline

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from bot.contract import Channel, Reply
    from bot.store import ChannelSettings, Inbound, Store

__all__ = ["ANSWER_SECONDS", "EARLY_SECONDS", "LOOK_SECONDS", "SHOW_SECONDS", "Intake", "make_turns"]

_log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""How often what some process left unanswered is looked for."""

EARLY_SECONDS = 10.0
"""By so much the inbox's lease (30 s) is cut short: what was left is found 20 to 25 s after it was asked."""

ANSWER_SECONDS = 14.0
"""How long an answer may take before it is given up."""

SHOW_SECONDS = 17.0
"""How long after it was asked an answer may begin to be shown: after 20 another process takes it for abandoned."""

AT_ONCE, MOST_WAITING = 16, 128
"""Answers worked on at the same time, and those that may wait for it; whoever asks beyond is told to come back."""

DRAIN_SECONDS = 15.0
"""How long the end waits for answers in work; what was recorded and takes longer, another process finishes."""

NOTE_SECONDS = 5.0


class Intake:
    """What one platform's events go through. Without a store everything is kept in this process's memory."""

    def __init__(  # noqa: PLR0913 - each is one thing a platform's intake can be given
        self,
        platform: str,
        store: Store | None,
        secret: str = "",
        *,
        look: float = LOOK_SECONDS,
        early: float = EARLY_SECONDS,
        turns: Turns | None = None,
    ) -> None:
        """Take the platform's name, the store, and a secret that all replicas share, for what is sealed there.

        `look` is how often leftovers are looked for (seconds), and by `early` their lease is cut short. `turns` is what
        the platforms of a process share; None where there is no other.
        """
        self._platform = platform
        self.inbox = Inbox(platform, store, Cipher(secret))
        self.work = Work()
        self.draining = False
        self._store = store
        self._look = look
        self._early = early
        self._admission = Admission()
        self.turns = turns or make_turns()
        self._notes: dict[str, str] = {}
        self._in_order = asyncio.Lock()

    @property
    def has_store(self) -> bool:
        """Whether anything outlives this process."""
        return self._store is not None

    @property
    def is_shared(self) -> bool:
        """Whether several replicas may work on one store."""
        return self._store is not None and self._store.shared

    def refusal(self, place: Channel, member: str) -> Reply | None:
        """Count a question and return None; or return what a member reads who asks too often, or when all is full."""
        refused = self._admission.refusal(place, member)
        if refused is not None:
            self.turns.turned_away["asked-too-often"] += 1
        elif self.work.is_full:
            self.turns.turned_away["process-full"] += 1
            refused = busy()
        return refused

    def tells(self, member: str) -> bool:
        """Say whether a refused member is told so by a message of its own: once in a while."""
        return self._admission.is_first(member)

    async def answer(
        self, ask: Callable[[], Awaitable[Reply]], place: Channel | None = None, member: str = ""
    ) -> Reply:
        """Return what `ask` gives when the turn of the member who asked in a place comes, or a sentence instead.

        That is `busy` when too many wait or the turn does not come in time, `too_long` when the answer does not.
        """
        began = False
        whose = place.tenant if place and place.tenant else f"@{member}"  # direct messages are their member's own
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                self.turns.turn(f"{self._platform}:{whose}", f"{self._platform}:{member}"),
            ):
                began = True
                return await ask()
        except BusyError:
            self.turns.turned_away["queue-full"] += 1
            return busy()
        except TimeoutError:
            self.turns.turned_away["took-too-long" if began else "waited-too-long"] += 1
            if not began:
                return busy()
            _log.warning("an answer took more than %g s", ANSWER_SECONDS)
            return too_long()

    async def leftovers(self, finish: Callable[[Inbound], Awaitable[object]]) -> None:
        """Take up, again and again, what some process recorded and never answered."""
        while True:
            if self._store is not None and not self.draining and await self.inbox.catch_up():
                try:
                    now = await self._store.now() + self._early
                    for left in await self._store.inbox.unfinished(self._platform, 0.0, now):
                        # A mark's question stands under its own name.
                        if left.kind == MARK or self.inbox.is_done(left.delivery_id):
                            await self.inbox.done(left.delivery_id)
                        elif not self.inbox.is_under_way(left.delivery_id):
                            self.work.start(self._finish(left, finish))
                except Exception as error:  # the database may be away for a while
                    why = str(error) or type(error).__name__
                    _log.warning("what was left unanswered could not be looked up: %s", why)
            await asyncio.sleep(self._look)

    async def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Take on nothing new and finish what is being answered, within so many seconds."""
        self.draining = True
        await self.work.drain(seconds)
        if not await self.inbox.catch_up():
            _log.error("the database did not take which questions are answered; the next start may answer some again")

    async def _finish(self, left: Inbound, finish: Callable[[Inbound], Awaitable[object]]) -> None:
        """Finish one thing; the name is held meanwhile, and what breaks does not keep the others."""
        with self.inbox.hold(left.delivery_id):
            try:
                await finish(left)
            except Exception as error:
                _log.error("%s could not be finished\n%s", left.delivery_id, outline(error))

    async def tenant_left(self, tenant: str) -> None:
        """Schedule what is kept of a tenant for deletion; an admin may have erred, and asks the bot back."""
        if tenant:
            async with self._in_order:
                since = dt.datetime.fromtimestamp(await self.now(), dt.UTC)
                await self.write(self._gone(tenant), since.isoformat())

    async def tenant_is_back(self, tenant: str) -> None:
        """Take back that the data of a server or workspace is to go."""
        async with self._in_order:
            if tenant and await self.read(self._gone(tenant)):
                await self.write(self._gone(tenant), "")

    async def tenants_left(self) -> list[str]:
        """Return the servers or workspaces whose data is to go."""
        prefix = self._gone("")
        return [name.removeprefix(prefix) for name, since in (await self.notes(prefix)).items() if since]

    async def tenants(self) -> set[str]:
        """Return the servers or workspaces that anything is kept of; none without a store."""
        return set() if self._store is None else await self._store.tenants(self._platform)

    def _gone(self, tenant: str) -> str:
        return f"{self._platform}-gone:{tenant}"

    async def read(self, name: str) -> str | None:
        """Return a small fact that outlives the process; StoreError or TimeoutError when the store fails."""
        if self._store is None:
            return self._notes.get(name)
        async with asyncio.timeout(NOTE_SECONDS):
            return await self._store.kv.get(name)

    async def write(self, name: str, text: str) -> None:
        """Write a small fact in place of an earlier one; fails as `read` does."""
        if self._store is None:
            self._notes[name] = text
            return
        async with asyncio.timeout(NOTE_SECONDS):
            await self._store.kv.put(name, text)

    async def notes(self, prefix: str) -> dict[str, str]:
        """Return the facts whose name begins so; fails as `read` does."""
        if self._store is None:
            return {name: text for name, text in self._notes.items() if name.startswith(prefix)}
        async with asyncio.timeout(NOTE_SECONDS):
            return await self._store.kv.named(prefix)

    async def now(self) -> float:
        """Return the moment (UTC seconds) by the clock that all replicas share."""
        return await self._store.now() if self._store is not None else dt.datetime.now(dt.UTC).timestamp()

    async def channels(self, tenant: Channel) -> list[ChannelSettings]:
        """Return the channels that the bot is set up in; [] without a store."""
        return [] if self._store is None else await self._store.channels.of_tenant(tenant)

    def lease(self, name: str, owner: str, seconds: float, every: float) -> Lease:
        """Return a lease on what only one replica may hold; ValueError without a store."""
        if self._store is None:
            message = "a lease needs a store"
            raise ValueError(message)
        return Lease(self._store, name, owner, seconds, every)

    def turn(self, name: str, owner: str, seconds: float) -> AbstractAsyncContextManager[None]:
        """Wait for this process's turn at short work that each replica would do."""
        return turn(self._store, name, owner, seconds)


def make_turns() -> Turns:
    """Return the turns of one process."""
    return Turns(AT_ONCE, MOST_WAITING)
