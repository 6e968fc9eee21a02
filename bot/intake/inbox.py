"""What arrived, so that it is answered once: in this process's memory always, in the store where there is one."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from bot.intake.memory import MOST_REMEMBERED, Bounded, Memory
from bot.store import Stage

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine, Iterator, Mapping

    from bot.intake.cipher import Cipher
    from bot.store import Inbound, Store

__all__ = ["KEPT_SECONDS", "Inbox", "Pending", "Taken"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

KEPT_SECONDS = 86_400.0
"""How long the store knows what arrived; platforms send the same again within minutes."""

STORE_SECONDS = 1.5
"""How long a member waits for the store: an acknowledgement is due within three seconds."""

LONGEST_WRITE = 12.0
"""How long a write that nobody waits for may take; the database itself gives up after ten."""

MARK_SECONDS = 0.3
"""How long an answer waits for the mark that it is about to be shown."""

_MOST_TOGETHER = 500
"""Answers recorded in one transaction."""

MARK = "mark"
"""The store's word for another id of what was recorded under its first."""


class Taken(Enum):
    """What came of recording something that arrived."""

    NEW = "new"
    KNOWN = "known"
    UNSURE = "unsure"


class Inbox:
    """What arrived from one platform.

    A store in trouble takes its writes late, or not at all. What this process answered it knows itself: it never takes
    it up again, tells so to the write that records its arrival late, and records it again and again until it stands.
    """

    def __init__(self, platform: str, store: Store | None, cipher: Cipher) -> None:
        """Take the platform's name, the store (None: memory alone) and what seals secrets."""
        self._platform = platform
        self._store = store
        self._cipher = cipher
        self._seen = Memory()
        self._owed = Memory()
        self._stages: Bounded[str, Stage] = Bounded(MOST_REMEMBERED)
        self._unrecorded: Bounded[str, tuple[str, ...]] = Bounded(MOST_REMEMBERED)
        self._recording = asyncio.Lock()
        self._broken = False
        self._under_way: set[str] = set()

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Hold a name as being answered by this process, so that no look for leftovers takes it up."""
        self._under_way.add(name)
        try:
            yield
        finally:
            self._under_way.discard(name)

    def is_under_way(self, name: str) -> bool:
        """Say whether this process is answering something."""
        return name in self._under_way

    def is_new(self, name: str) -> bool:
        """Remember a name in this process; False when it was there. An empty one is always new."""
        return self._seen.take(name)

    def knows(self, name: str) -> bool:
        """Say whether something came to this process before."""
        return name in self._seen

    def owes(self, name: str) -> bool:
        """Say whether something came before, was not recorded, and is not known to be answered."""
        return name in self._owed

    async def take(
        self,
        name: str,
        kind: str,
        payload: Mapping[str, Any],
        marks: Collection[str] = (),
        keep: float = KEPT_SECONDS,
    ) -> Taken:
        """Record what arrived, before its answer; KNOWN when it was recorded before under its name or one of its marks.

        UNSURE when the store fails or is slow: memory has it, and until it is `settled` the same may come again.
        """
        if not self.owes(name) and not all(self.is_new(known) for known in (name, *marks)):
            return Taken.KNOWN
        store = self._store
        if store is None:
            return Taken.NEW

        async def record() -> bool:
            if not await store.inbox.take(self._platform, name, kind, payload, keep, lambda: self._stage(name)):
                return False
            for mark in marks:
                if not await store.inbox.take(self._platform, mark, MARK, {}, keep, lambda: self._stage(name)):
                    await store.inbox.done(self._platform, name)
                    return False
            return True

        is_first = await self._try("record an event", record(), STORE_SECONDS)
        if is_first is None:
            self._owed.take(name)
            return Taken.UNSURE
        self.settle(name)
        return Taken.NEW if is_first else Taken.KNOWN

    def settle(self, name: str) -> None:
        """Note that something need not come again: it is recorded, or answered."""
        self._owed.forget(name)

    async def done(self, name: str, marks: Collection[str] = ()) -> None:
        """Record that something is answered; what the store does not take now is written again until it does."""
        if self._store is None:
            return
        self._unrecorded[name] = (name, *marks)
        for known in (name, *marks):
            self._stages[known] = Stage.DONE
        await self._record((name,), STORE_SECONDS)

    def is_done(self, name: str) -> bool:
        """Say whether this process answered something, whatever the store says of it."""
        return self._stage(name) is Stage.DONE

    async def catch_up(self) -> bool:
        """Record what was answered and could not be recorded; False when the store does not take it yet.

        One call at a time: a store in trouble is not asked for the same twice.
        """
        async with self._recording:
            while self._unrecorded:
                if not await self._record(tuple(self._unrecorded)[:_MOST_TOGETHER], LONGEST_WRITE):
                    return False
        return True

    async def _record(self, answered: Collection[str], seconds: float) -> bool:
        """Record answers, each with its marks, within so many seconds; True when the store has them."""
        if self._store is None:
            return True
        names = [known for name in answered for known in self._unrecorded.get(name, ())]
        work = self._store.inbox.done(self._platform, *names)
        if await self._try("record an answer", _yes(work), seconds) is None:
            return False
        for name in answered:
            self._unrecorded.pop(name, None)
        return True

    async def show(self, name: str) -> bool:
        """Write that an answer is about to be shown that cannot be looked for afterwards; False when another has it.

        It waits a moment at most: a store in trouble keeps nobody from an answer.
        """
        if self._store is None:
            return True
        if self._stage(name) is Stage.TAKEN:
            self._stages[name] = Stage.SHOWN
        marking = self._store.inbox.show(self._platform, name)
        return await self._try("record a showing", _or(marking, otherwise=True), MARK_SECONDS) is not False

    async def hide(self, name: str) -> None:
        """Take back that an answer is about to be shown: nothing was, and it is to be tried again."""
        if self._store is None or self._stage(name) is Stage.DONE:
            return
        self._stages.pop(name, None)
        await self._try("record a withdrawal", _yes(self._store.inbox.hide(self._platform, name)), STORE_SECONDS)

    def _stage(self, name: str) -> Stage:
        """Return how far this process has brought something; asked from the store's threads too."""
        return self._stages.get(name, Stage.TAKEN)

    def keep(
        self, name: str, kind: str, payload: Mapping[str, Any], secrets: Collection[str], seconds: float
    ) -> Pending:
        """Begin to write down what was acknowledged, which its platform never sends again, for so many seconds.

        The fields of the payload that are `secrets` are sealed.
        """
        sealed = {field: self._cipher.seal(str(payload[field])) for field in secrets if payload.get(field)}
        return Pending(self, name, self._write(name, kind, {**payload, **sealed}, seconds))

    def unseal(self, left: Inbound, secrets: Collection[str]) -> dict[str, Any]:
        """Return what `keep` wrote; a secret that this process cannot open is ""."""
        open_ = self._cipher.open
        return {**left.payload, **{field: open_(str(left.payload.get(field) or "")) or "" for field in secrets}}

    async def _write(self, name: str, kind: str, payload: Mapping[str, Any], seconds: float) -> bool | None:
        """Write down what was acknowledged; False when another process did, None when nobody knows."""
        if self._store is None:
            return None
        take = self._store.inbox.take(self._platform, name, kind, payload, seconds, lambda: self._stage(name))
        return await self._try("record a command", take, LONGEST_WRITE)

    async def _try(self, what: str, work: Coroutine[Any, Any, T], seconds: float) -> T | None:
        """Run a call of the store within its time; None when it failed, which is said once in the log."""
        try:
            async with asyncio.timeout(seconds):
                answer = await work
        except Exception as error:  # a store in trouble must not keep members from their answers
            if not self._broken:
                why = str(error) or type(error).__name__
                _log.warning("the database could not %s (%s); answering from memory", what, why)
            self._broken = True
            return None
        self._broken = False
        return answer


async def _yes(work: Coroutine[Any, Any, object]) -> bool:
    """Return True when some work is done."""
    await work
    return True


async def _or(work: Coroutine[Any, Any, bool | None], *, otherwise: bool) -> bool:
    """Return what some work says, or `otherwise` where it says nothing."""
    said = await work
    return otherwise if said is None else said


class Pending:
    """One acknowledged question being written down: a process that dies over it leaves it to another.

    What cannot be looked for afterwards is shown between `show` and `end`. A process that dies between the two leaves a
    question of which nobody knows whether its answer stands: the next asks for it once more, and does not answer.
    """

    def __init__(self, inbox: Inbox, name: str, writing: Coroutine[Any, Any, bool | None]) -> None:
        """Begin to write."""
        self._inbox = inbox
        self._name = name
        self._writing = asyncio.create_task(writing)

    async def is_ours(self) -> bool:
        """Say whether no other process has it; one whose database does not answer believes so."""
        await asyncio.wait({self._writing}, timeout=STORE_SECONDS)
        return not self._writing.done() or self._writing.result() is not False

    @property
    def has_failed(self) -> bool:
        """Whether it could not be written down, so that nobody else will answer it."""
        return self._writing.done() and self._writing.result() is None

    async def show(self) -> bool:
        """Write that its answer is about to be shown; False when another process has it."""
        return await self._inbox.show(self._name)

    async def end(self, *, answered: bool) -> None:
        """Record that it is answered; what is not is left to the next look, of this process or another.

        A write whose end nobody saw may have been made all the same, so it is ended too.
        """
        if not answered:
            await asyncio.wait({self._writing})
        elif not self._writing.done() or self._writing.result() is not False:
            await self._inbox.done(self._name)
