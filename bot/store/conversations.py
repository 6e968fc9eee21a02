"""What a follow-up goes on from, for all replicas: answers as lines and ids, for hours, by what they are found by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.store.tables import conversations, key_of, of_channel, of_member

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.contract import Author, Channel
    from bot.store.database import Database

__all__ = ["Recollections"]


class Recollections:
    """Answers as JSON, each under names of its channel or thread; a later one takes the place of an earlier."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def remember(
        self, names: Sequence[tuple[Channel, str]], member: str, answer: Mapping[str, object], expires_at: float
    ) -> None:
        """Keep a member's answer under each name of a channel or thread, in place of what stood there."""
        values = {"member": member, "answer": dict(answer), "expires_at": expires_at}
        rows = [key_of(channel) | {"thread": channel.thread, "name": name} for channel, name in names]
        puts = [
            self._db.insert(conversations)
            .values(**row, **values)
            .on_conflict_do_update(index_elements=list(row), set_=values)
            for row in rows
        ]

        def work(db: sa.Connection) -> None:
            for put in puts:
                db.execute(put)

        await self._db.write(work)

    async def find(self, channel: Channel, name: str, now: float) -> tuple[str, Mapping[str, object]] | None:
        """Return whose answer stands under a name of a channel or thread, and the answer, unless it has expired."""
        chosen = sa.select(conversations.c.member, conversations.c.answer).where(
            of_channel(conversations, channel),
            conversations.c.thread == channel.thread,
            conversations.c.name == name,
            conversations.c.expires_at > now,
        )
        row = await self._db.read(lambda db: db.execute(chosen).one_or_none())
        return (row.member, row.answer) if row else None

    async def forget_member(self, channel: Channel, author: Author) -> int:
        """Delete what a member was answered, in all tenants where that is the same member; return how many rows."""
        gone = sa.delete(conversations).where(of_member(conversations, channel, author))
        return await self._db.write(lambda db: db.execute(gone).rowcount)

    async def expire(self, now: float) -> int:
        """Delete what has expired; return how many."""
        gone = sa.delete(conversations).where(conversations.c.expires_at <= now)
        return await self._db.write(lambda db: db.execute(gone).rowcount)
