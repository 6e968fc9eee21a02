"""What members go on from, for all replicas and for hours, by name: answers, and which of them were shown to all."""

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
    """Answers as JSON, each under names of its channel or thread; a later one takes the place of an earlier.

    A name can also be claimed, for what is done once: by one caller, until it is settled, let go, or late.
    """

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
            _named(channel, name), conversations.c.expires_at > now
        )
        row = await self._db.read(lambda db: db.execute(chosen).one_or_none())
        return (row.member, row.answer) if row else None

    async def claim(self, channel: Channel, name: str, lease: float, keep: float) -> tuple[bool, Mapping[str, object]]:
        """Claim a name of a channel for `lease` seconds; return whether it is the caller's, and what stood there.

        That is nothing for a new one, `since` (UTC seconds) for one whose claim ran out before it was settled, and for
        one that is not the caller's `since`, or what it was settled with. It is known for `keep` seconds.
        """
        now = await self._db.now()
        row = key_of(channel) | {"thread": channel.thread, "name": name}
        named = _named(channel, name)
        fresh = {"member": "", "answer": {"since": now, "until": now + lease}, "expires_at": now + keep}
        put = self._db.insert(conversations).values(**row, **fresh)
        put = put.on_conflict_do_nothing().returning(conversations.c.name)
        chosen = sa.select(conversations.c.answer, conversations.c.expires_at).where(named).with_for_update()

        def work(db: sa.Connection) -> tuple[bool, Mapping[str, object]]:
            if db.scalar(put) is not None:
                return True, {}
            found = db.execute(chosen).one_or_none()
            if found is None or found.expires_at <= now:
                db.execute(sa.delete(conversations).where(named))
                return db.scalar(put) is not None, {}
            until = found.answer.get("until")
            if until is None or until > now:
                return False, found.answer
            again = {**found.answer, "until": now + lease}
            db.execute(sa.update(conversations).where(named).values(answer=again))
            return True, {"since": found.answer["since"]}

        return await self._db.write(work)

    async def settle(self, channel: Channel, name: str, answer: Mapping[str, object]) -> None:
        """Write how what was claimed ended, for as long as the claim is known."""
        put = sa.update(conversations).where(_named(channel, name)).values(answer=dict(answer))
        await self._db.write(lambda db: db.execute(put))

    async def let_go(self, channel: Channel, name: str) -> None:
        """Give a claim back: what it was for was not done."""
        gone = sa.delete(conversations).where(_named(channel, name))
        await self._db.write(lambda db: db.execute(gone))

    async def forget_member(self, channel: Channel, author: Author) -> int:
        """Delete what a member was answered, in all tenants where that is the same member; return how many rows."""
        gone = sa.delete(conversations).where(of_member(conversations, channel, author))
        return await self._db.write(lambda db: db.execute(gone).rowcount)

    async def expire(self, now: float) -> int:
        """Delete what has expired; return how many."""
        gone = sa.delete(conversations).where(conversations.c.expires_at <= now)
        return await self._db.write(lambda db: db.execute(gone).rowcount)


def _named(channel: Channel, name: str) -> sa.ColumnElement[bool]:
    """Return the condition that a row stands under a name of a channel or thread."""
    return sa.and_(
        of_channel(conversations, channel),
        conversations.c.thread == channel.thread,
        conversations.c.name == name,
    )
