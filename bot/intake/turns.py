"""Whose turn it is to be answered: one queue for all platforms of a process, fair to servers and to their members."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["TURNED_AWAY", "BusyError", "Turns"]

TENANT_AT_ONCE = 4
"""Answers of one server worked on at the same time: one whose answers are slow leaves room to the others."""

TURNED_AWAY = ("asked-too-often", "process-full", "queue-full", "waited-too-long", "took-too-long")
"""Why nobody was given an answer that was asked for."""

HOLD_SECONDS = 2.5
"""How long a search waits for acknowledgements, which are due within three; then something else is the matter."""


class BusyError(Exception):
    """More is waiting than can be answered soon."""


@dataclass(eq=False, slots=True)
class _Waiter:
    """Somebody who waits for a turn."""

    tenant: str
    member: str
    turn: asyncio.Future[None]


@dataclass(slots=True)
class _Line:
    """Who waits of one tenant, by member; the member whose turn comes first stands first."""

    members: dict[str, deque[_Waiter]] = field(default_factory=dict)
    length: int = 0


class Turns:
    """Lets a bounded number in at once and a bounded number wait.

    The servers that wait take turns, and in each of them its members do. A member has one answer in work and a server
    a few, so that what is slow for one keeps nobody else. Where too many wait, the newest in the longest line goes.
    """

    def __init__(self, at_once: int, most_waiting: int) -> None:
        """Take how many are let in at once, and how many may wait."""
        self._at_once = at_once
        self._most_waiting = most_waiting
        self._lines: dict[str, _Line] = {}
        self._waiting = 0
        self._in_work = 0
        self._of_tenant: Counter[str] = Counter()
        self._of_member: Counter[str] = Counter()
        self._asking = 0
        self._owed: dict[int, None] = {}
        self._latest = 0
        self._calming: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._given = threading.Condition()
        self.turned_away: Counter[str] = Counter()
        """How many were given no answer, by the reasons of `TURNED_AWAY`."""
        self.company = asyncio.Event()
        """Set once somebody waits for an acknowledgement who was not the only one to ask."""

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return self._waiting

    @property
    def in_work(self) -> int:
        """How many answers are being worked on."""
        return self._in_work

    @contextlib.asynccontextmanager
    async def turn(self, tenant: str, member: str) -> AsyncIterator[None]:
        """Wait for a member's turn; BusyError where too many wait, and none of them in a longer line."""
        waiter = _Waiter(tenant, member, asyncio.get_running_loop().create_future())
        self._join(waiter)
        self._let_in()
        if self._waiting > self._most_waiting:
            self._give_way(waiter)
        try:
            await waiter.turn
        except BaseException:
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self._end(waiter)  # its turn came in the moment in which it was given up
            else:
                self._leave(waiter)
            raise
        try:
            yield
        finally:
            self._end(waiter)

    @contextlib.contextmanager
    def acknowledging(self) -> Iterator[bool]:
        """Count an acknowledgement that is due, so that searches wait for it; gives whether nobody asks besides.

        Who asks alone may be answered at once: a search does not wait for its acknowledgement.
        """
        alone = not (self._asking or self._waiting or self._in_work)
        self._asking += 1
        self._latest += 1
        mine = self._latest
        if not alone:
            with self._given:  # which is asked for the oldest from another thread
                self._owed[mine] = None
            self.company.set()
        try:
            yield alone
        finally:
            self._asking -= 1
            if not alone:
                self._give(mine)

    async def calm(self) -> None:
        """Wait, a moment at most, until every acknowledgement that is due now is given; not for later ones.

        Somebody who asks without end would otherwise keep all others waiting.
        """
        if not self._owed:
            return
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._calming.append((self._latest, given))
        await asyncio.wait({given}, timeout=HOLD_SECONDS)
        given.cancel()

    def wait_for_calm(self) -> None:
        """Keep the calling thread waiting for the same."""
        with self._given:
            latest = self._latest
            self._given.wait_for(lambda: self._oldest > latest, HOLD_SECONDS)

    @property
    def _oldest(self) -> float:
        """The number of the acknowledgement that is due for longest; infinite where none is."""
        return next(iter(self._owed), math.inf)

    def _give(self, mine: int) -> None:
        """Note that an acknowledgement is given, and let go on what waited for it and the ones before."""
        with self._given:
            del self._owed[mine]
            self._given.notify_all()
        oldest = self._oldest
        while self._calming and self._calming[0][0] < oldest:
            _, given = self._calming.popleft()
            if not given.done():
                given.set_result(None)
        if not self._owed:
            self.company.clear()

    def _join(self, waiter: _Waiter) -> None:
        line = self._lines.setdefault(waiter.tenant, _Line())
        line.members.setdefault(waiter.member, deque()).append(waiter)
        line.length += 1
        self._waiting += 1

    def _leave(self, waiter: _Waiter) -> None:
        """Take one who waits out of the line; one who does not stand there already left it."""
        line = self._lines.get(waiter.tenant)
        own = line.members.get(waiter.member) if line else None
        if line is None or own is None or waiter not in own:
            return
        own.remove(waiter)
        if not own:
            del line.members[waiter.member]
        line.length -= 1
        if not line.length:
            del self._lines[waiter.tenant]
        self._waiting -= 1

    def _let_in(self) -> None:
        """Give turns for as long as there is room and somebody whose turn it is."""
        while self._in_work < self._at_once and (waiter := self._next()):
            self._leave(waiter)
            if waiter.turn.done():  # given up, and about to leave by itself
                continue
            self._in_work += 1
            self._of_tenant[waiter.tenant] += 1
            self._of_member[waiter.member] += 1
            self._to_the_end(waiter)
            waiter.turn.set_result(None)

    def _next(self) -> _Waiter | None:
        """Return whose turn it is, None where all who wait have as much in work as they may.

        Somebody who would be sent away for want of room to wait may have a second answer in work.
        """
        most = 1 if self._waiting <= self._most_waiting else self._at_once
        for tenant, line in self._lines.items():
            if self._of_tenant[tenant] < TENANT_AT_ONCE:
                for member, own in line.members.items():
                    if self._of_member[member] < most:
                        return own[0]
        return None

    def _to_the_end(self, waiter: _Waiter) -> None:
        """Put a tenant, and within it a member, behind the others who wait."""
        line = self._lines.pop(waiter.tenant, None)
        if line is None:
            return
        self._lines[waiter.tenant] = line
        own = line.members.pop(waiter.member, None)
        if own is not None:
            line.members[waiter.member] = own

    def _give_way(self, newest: _Waiter) -> None:
        """Send the newest of the longest line away; of lines as long as the newcomer's, that is the newcomer's."""
        tenant = max(self._lines, key=lambda name: (self._lines[name].length, name == newest.tenant))
        members = self._lines[tenant].members
        member = max(members, key=lambda name: (len(members[name]), name == newest.member))
        last = members[member][-1]
        self._leave(last)
        last.turn.set_exception(BusyError())

    def _end(self, waiter: _Waiter) -> None:
        self._in_work -= 1
        for counter, name in ((self._of_tenant, waiter.tenant), (self._of_member, waiter.member)):
            counter[name] -= 1
            if not counter[name]:
                del counter[name]
        self._to_the_end(waiter)  # whoever came while it was in work had none yet
        self._let_in()
