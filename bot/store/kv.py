"""Small facts the process must not forget, and leases on what only one process may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.store.tables import kv, leases

if TYPE_CHECKING:
    from bot.store.database import Database

__all__ = ["LAST_TICK", "KeyValues", "Leases"]


LAST_TICK = "last-tick"
"""Name of the note with the moment (UTC seconds) delivery last looked at what is due."""


class KeyValues:
    """Texts by name."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def get(self, key: str) -> str | None:
        """Return the text of that name."""
        chosen = sa.select(kv.c.value).where(kv.c.key == key)
        return await self._db.read(lambda db: db.scalar(chosen))

    async def put(self, key: str, value: str) -> None:
        """Write the text of that name in place of an earlier one."""
        put = self._db.insert(kv).values(key=key, value=value)
        put = put.on_conflict_do_update(index_elements=["key"], set_={"value": value})
        await self._db.write(lambda db: db.execute(put))

    async def named(self, prefix: str) -> dict[str, str]:
        """Return the texts whose name begins so."""
        return await self._choose(kv.c.key.startswith(prefix, autoescape=True))

    async def containing(self, part: str) -> dict[str, str]:
        """Return the texts whose name has that part."""
        return await self._choose(kv.c.key.contains(part, autoescape=True))

    async def delete(self, key: str) -> None:
        """Forget the text of that name."""
        await self._db.write(lambda db: db.execute(sa.delete(kv).where(kv.c.key == key)))

    async def _choose(self, condition: sa.ColumnElement[bool]) -> dict[str, str]:
        chosen = sa.select(kv.c.key, kv.c.value).where(condition).limit(10_000)
        return await self._db.read(lambda db: {row.key: row.value for row in db.execute(chosen)})


class Leases:
    """Who holds what, until when by the clock that all replicas share. The fence grows with every new holder."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def hold(self, name: str, owner: str, seconds: float) -> int | None:
        """Take or renew a lease for so many seconds; return its fence, None while another holds it."""
        now = await self._db.now()
        put = self._db.insert(leases).values(shard=name, owner=owner, until=now + seconds, fence=1)
        mine = leases.c.owner == owner
        put = put.on_conflict_do_update(
            index_elements=["shard"],
            set_={
                "owner": owner,
                "until": now + seconds,
                "fence": sa.case((mine, leases.c.fence), else_=leases.c.fence + 1),
            },
            where=sa.or_(mine, leases.c.until < now),
        ).returning(leases.c.fence)
        return await self._db.write(lambda db: db.scalar(put))

    async def let_go(self, name: str, owner: str) -> None:
        """Give a lease back before its time."""
        free = sa.update(leases).where(leases.c.shard == name, leases.c.owner == owner)
        await self._db.write(lambda db: db.execute(free.values(until=0.0)))
