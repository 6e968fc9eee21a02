"""What arrived from a platform, recorded so that it is answered once, by whichever process lives to do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bot.store.tables import inbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.store.database import Database

__all__ = ["Arrivals", "Inbound"]

LEASE = 30.0
"""Seconds in which whoever took an event should have answered it; then another process may."""

_MOST = 100
"""Unanswered events taken up at once."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """An event that was recorded and not answered."""

    delivery_id: str
    kind: str
    payload: Mapping[str, Any]


class Arrivals:
    """The events of the last day or so."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def take(self, platform: str, delivery_id: str, kind: str, payload: Mapping[str, Any], keep: float) -> bool:
        """Record an event for `keep` seconds; True when it is new and the caller is to answer it."""
        now = self._db.moment()
        put = (
            self._db.insert(inbox)
            .values(
                platform=platform,
                delivery_id=delivery_id,
                kind=kind,
                payload=dict(payload),
                done=False,
                lease_until=now + LEASE,
                received_at=now,
                expires_at=now + keep,
            )
            .on_conflict_do_nothing()
            .returning(inbox.c.delivery_id)
        )
        return await self._db.write(lambda db: db.scalar(put)) is not None

    async def done(self, platform: str, delivery_id: str) -> None:
        """Record that an event was answered, and forget what it said."""
        put = (
            sa.update(inbox)
            .where(inbox.c.platform == platform, inbox.c.delivery_id == delivery_id)
            .values(done=True, payload=None)
        )
        await self._db.write(lambda db: db.execute(put))

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
            return [Inbound(row.delivery_id, row.kind, row.payload or {}) for row in rows]

        return await self._db.write(work)

    async def expire(self, now: float) -> int:
        """Delete events whose time to be kept is over; return how many."""
        return await self._db.write(lambda db: db.execute(sa.delete(inbox).where(inbox.c.expires_at <= now)).rowcount)
