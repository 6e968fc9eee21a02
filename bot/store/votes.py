"""Members' votes on highlights: one a member and passage, changeable; kept by the platform's ids, never names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.store.tables import of_member, of_tenant, votes

if TYPE_CHECKING:
    from bot.contract import Author, Channel
    from bot.store.database import Database

__all__ = ["Votes"]


class Votes:
    """The votes of one tenant at a time."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def cast(self, channel: Channel, author: Author, passage_id: str, value: int, now: float) -> tuple[int, int]:
        """Count a member's vote, 1 or -1, in place of an earlier one; return how many are for and against."""
        key = {"platform": channel.platform, "tenant": channel.tenant, "passage_id": passage_id, "member": author.id}
        put = self._db.insert(votes).values(**key, value=value, at=now)
        put = put.on_conflict_do_update(index_elements=list(key), set_={"value": value, "at": now})
        count = (
            sa.select(votes.c.value, sa.func.count())
            .where(of_tenant(votes, channel), votes.c.passage_id == passage_id)
            .group_by(votes.c.value)
        )

        def work(db: sa.Connection) -> dict[int, int]:
            db.execute(put)
            return {value: int(number) for value, number in db.execute(count)}

        found = await self._db.write(work)
        return found.get(1, 0), found.get(-1, 0)

    async def totals(self, channel: Channel) -> dict[str, int]:
        """Return the votes of a channel's tenant: for less against, by passage id."""
        chosen = sa.select(votes.c.passage_id, sa.func.sum(votes.c.value)).where(of_tenant(votes, channel))
        rows = await self._db.read(lambda db: db.execute(chosen.group_by(votes.c.passage_id)).all())
        return {name: int(total) for name, total in rows}

    async def of_member(self, channel: Channel, author: Author) -> dict[str, int]:
        """Return one member's own votes by passage id, in all tenants where that is the same member."""
        chosen = sa.select(votes.c.passage_id, votes.c.value).where(of_member(votes, channel, author))
        rows = await self._db.read(lambda db: db.execute(chosen.order_by(votes.c.at).limit(1000)).all())
        return {name: int(value) for name, value in rows}

    async def forget_member(self, channel: Channel, author: Author) -> int:
        """Delete one member's votes; return how many there were."""
        gone = sa.delete(votes).where(of_member(votes, channel, author))
        return await self._db.write(lambda db: db.execute(gone).rowcount)
