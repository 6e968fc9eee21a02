"""What arrived from a platform, recorded so that it is answered once, by whichever process lives to do it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bot.store.tables import inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bot.store.database import Database

__all__ = ["TOLD", "Arrivals", "Inbound", "Stage"]

LEASE = 30.0
"""Seconds in which whoever took an event should have answered it; then another process may."""

TOLD = "told"
"""The kind of a note that somebody was told something; its parts stand between colons."""

KEPT = 86_400.0
"""Seconds for which it is known that something was answered whose arrival was never recorded."""

_ANSWERED = "answered"
"""The kind of what was answered before its arrival was recorded."""

_MOST = 100
"""Unanswered events taken up at once."""


class Stage(IntEnum):
    """How far something that arrived has come."""

    TAKEN = 0
    SHOWN = 1
    DONE = 2


@dataclass(frozen=True, slots=True)
class Inbound:
    """An event that was recorded and not answered; `shown` when a process had begun to show an answer of it."""

    delivery_id: str
    kind: str
    payload: Mapping[str, Any]
    shown: bool = False


class Arrivals:
    """The events of the last day or so."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def take(  # noqa: PLR0913, PLR0917 - a row is that many things
        self,
        platform: str,
        delivery_id: str,
        kind: str,
        payload: Mapping[str, Any],
        keep: float,
        stage: Callable[[], Stage] = lambda: Stage.TAKEN,
    ) -> bool:
        """Record an event for `keep` seconds; True when it is new and the caller is to answer it.

        A write may have to wait for the database, until after the answer that did not wait for it. So `stage` is asked
        when the write is made, from another thread, and the event is recorded as what it has become by then.
        """
        now = self._db.moment()

        def work(db: sa.Connection) -> bool:
            come = stage()
            put = (
                self._db.insert(inbox)
                .values(
                    platform=platform,
                    delivery_id=delivery_id,
                    kind=kind,
                    payload=dict(payload) if come is not Stage.DONE else None,
                    done=come is Stage.DONE,
                    lease_until=now + LEASE,
                    received_at=now,
                    expires_at=now + keep,
                    shown_at=now if come is Stage.SHOWN else None,
                )
                .on_conflict_do_nothing()
                .returning(inbox.c.delivery_id)
            )
            return db.scalar(put) is not None

        return await self._db.write(work)

    async def done(self, platform: str, *delivery_ids: str) -> None:
        """Record that events were answered, and forget what they said.

        One that is not there leaves a mark for a day: whoever records it later finds it done.
        """
        now = self._db.moment()
        put = self._db.insert(inbox).values(
            platform=platform,
            delivery_id=sa.bindparam("name"),
            kind=_ANSWERED,
            payload=None,
            done=True,
            lease_until=now,
            received_at=now,
            expires_at=now + KEPT,
        )
        put = put.on_conflict_do_update(
            index_elements=["platform", "delivery_id"], set_={"done": True, "payload": put.excluded.payload}
        )
        # In order, as two processes that lock the same rows in another order each would wait for the other.
        rows = [{"name": name} for name in sorted(set(delivery_ids))]
        if rows:
            await self._db.write(lambda db: db.execute(put, rows))

    async def show(self, platform: str, delivery_id: str) -> bool | None:
        """Write that an answer is about to be shown; False when another process shows or showed one.

        None when the event is not there. The caller has it for a lease from now on.
        """
        now = self._db.moment()
        named = sa.and_(inbox.c.platform == platform, inbox.c.delivery_id == delivery_id)
        put = sa.update(inbox).where(named, sa.not_(inbox.c.done), inbox.c.shown_at.is_(None))
        put = put.values(shown_at=now, lease_until=now + LEASE)
        known = sa.select(inbox.c.delivery_id).where(named)

        def work(db: sa.Connection) -> bool | None:
            if db.execute(put).rowcount == 1:
                return True
            return None if db.scalar(known) is None else False

        return await self._db.write(work)

    async def hide(self, platform: str, delivery_id: str) -> None:
        """Take back that an answer is about to be shown: nothing was."""
        put = sa.update(inbox).where(inbox.c.platform == platform, inbox.c.delivery_id == delivery_id)
        await self._db.write(lambda db: db.execute(put.values(shown_at=None)))

    async def unfinished(self, platform: str, older: float, now: float) -> list[Inbound]:
        """Return events received over `older` seconds ago and never answered; they are the caller's for a while.

        `now` is the moment (UTC seconds) by the clock that all replicas share.
        """
        ready = (
            sa.select(inbox.c.delivery_id)
            .where(
                inbox.c.platform == platform,
                sa.not_(inbox.c.done),
                inbox.c.received_at <= now - older,
                inbox.c.lease_until < now,
                inbox.c.expires_at > now,
            )
            .order_by(inbox.c.received_at)
            .limit(_MOST)
            .with_for_update(skip_locked=True)
        )
        take = sa.update(inbox).where(inbox.c.platform == platform).values(lease_until=now + LEASE)

        def work(db: sa.Connection) -> list[Inbound]:
            ids = list(db.scalars(ready))
            rows = db.execute(take.where(inbox.c.delivery_id.in_(ids)).returning(inbox)) if ids else ()
            return [
                Inbound(row.delivery_id, row.kind, row.payload or {}, shown=row.shown_at is not None) for row in rows
            ]

        return await self._db.write(work)

    async def expire(self, now: float) -> int:
        """Delete events whose time to be kept is over; return how many."""
        return await self._db.write(lambda db: db.execute(sa.delete(inbox).where(inbox.c.expires_at <= now)).rowcount)

    async def forget(self, platform: str, *names: str) -> int:
        """Delete what names all of these and was not answered yet, and notes of what they were told; return how many.

        What was answered names nobody: its payload is gone.
        """
        is_open = sa.or_(sa.not_(inbox.c.done), inbox.c.kind == TOLD)
        chosen = sa.select(inbox.c.delivery_id, inbox.c.payload).where(inbox.c.platform == platform, is_open)
        gone = sa.delete(inbox).where(inbox.c.platform == platform, inbox.c.delivery_id == sa.bindparam("named"))

        def work(db: sa.Connection) -> int:
            found = [
                {"named": row.delivery_id}
                for row in db.execute(chosen)
                if set(names) <= {*row.delivery_id.split(":"), *_texts(row.payload)}
            ]
            if found:
                db.execute(gone, found)
            return len(found)

        return await self._db.write(work)


def _texts(payload: Any) -> Iterator[str]:
    """Give every text in a payload."""
    parts = payload.values() if isinstance(payload, dict) else payload if isinstance(payload, list) else ()
    for part in parts:
        if isinstance(part, str):
            yield part
        else:
            yield from _texts(part)
