"""What a follow-up refers to, for all replicas: ids and the last question, for hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.store.tables import conversations, key_of, of_channel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.contract import Channel
    from bot.store.database import Database

__all__ = ["LastAnswers"]


class LastAnswers:
    """The last answer of each channel or thread."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def remember(self, channel: Channel, question: str, passage_ids: Sequence[str], expires_at: float) -> None:
        """Keep the last answer of a channel in place of the one before."""
        key = key_of(channel) | {"thread": channel.thread}
        values = {"question": question, "passage_ids": list(passage_ids), "expires_at": expires_at}
        put = self._db.insert(conversations).values(**key, **values)
        put = put.on_conflict_do_update(index_elements=list(key), set_=values)
        await self._db.write(lambda db: db.execute(put))

    async def last(self, channel: Channel, now: float) -> tuple[str, tuple[str, ...]] | None:
        """Return the last question and passage ids of a channel, unless they have expired."""
        chosen = sa.select(conversations.c.question, conversations.c.passage_ids).where(
            of_channel(conversations, channel),
            conversations.c.thread == channel.thread,
            conversations.c.expires_at > now,
        )
        row = await self._db.read(lambda db: db.execute(chosen).one_or_none())
        return (row.question, tuple(row.passage_ids)) if row else None

    async def forget(self, channel: Channel) -> None:
        """Delete the last answer of a channel or thread."""
        gone = sa.delete(conversations).where(
            of_channel(conversations, channel), conversations.c.thread == channel.thread
        )
        await self._db.write(lambda db: db.execute(gone))

    async def expire(self, now: float) -> int:
        """Delete what has expired; return how many."""
        gone = sa.delete(conversations).where(conversations.c.expires_at <= now)
        return await self._db.write(lambda db: db.execute(gone).rowcount)
