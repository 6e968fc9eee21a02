"""The store: one database, and a room for each thing kept in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.contract import Channel
from bot.store.channels import Channels
from bot.store.conversations import Recollections
from bot.store.database import Database, connect, is_missing
from bot.store.inbox import Arrivals
from bot.store.kv import KeyValues, Leases
from bot.store.migrate import migrate, schema_of
from bot.store.posts import SWEEP_AFTER, Ledger
from bot.store.tables import kv, metadata, of_tenant
from bot.store.votes import Votes

if TYPE_CHECKING:
    from bot.contract import Author

__all__ = ["Forgotten", "Store", "find_schema", "open_store"]

KEPT_AFTER_REMOVAL = 7 * 86400.0
"""Seconds for which a server's settings outlive the bot's removal: an admin may have erred."""


_OF_TENANTS = tuple(table for table in metadata.sorted_tables if "tenant" in table.c)
"""The tables whose rows say whose they are; what hangs on a channel goes with it."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much named a member: votes, changes of settings (which stay without the name), what arrived, and answers."""

    votes: int
    changes: int
    arrivals: int
    answers: int


class Store:
    """Everything the bot keeps. A StoreError from any room means that the database failed meanwhile."""

    def __init__(self, database: Database, sweep_after: float = SWEEP_AFTER) -> None:
        self._db = database
        self.channels = Channels(database)
        self.posts = Ledger(database, sweep_after)
        self.votes = Votes(database)
        self.inbox = Arrivals(database)
        self.conversations = Recollections(database)
        self.kv = KeyValues(database)
        self.leases = Leases(database)

    @property
    def shared(self) -> bool:
        """Whether several replicas can work on this database."""
        return self._db.dialect == "postgresql"

    async def now(self) -> float:
        """Return the moment (UTC seconds) by the clock that all replicas share."""
        return await self._db.now()

    async def forget_tenant(self, channel: Channel) -> None:
        """Delete everything kept of a channel's guild or workspace."""
        await self._db.write(lambda db: _forget(db, channel))
        await self.inbox.forget(channel.platform, channel.tenant)

    async def forget_member(self, channel: Channel, author: Author) -> Forgotten:
        """Delete everything that names a member, in all tenants of the platform where that is the same one."""
        names = (author.id, author.tenant) if author.tenant else (author.id,)
        return Forgotten(
            votes=await self.votes.forget_member(channel, author),
            changes=await self.channels.forget_member(channel, author),
            arrivals=await self.inbox.forget(channel.platform, *names),
            answers=await self.conversations.forget_member(channel, author),
        )

    async def tenants(self, platform: str) -> set[str]:
        """Return the guilds or workspaces of a platform that anything is kept of."""
        chosen = sa.union(*(sa.select(table.c.tenant).where(table.c.platform == platform) for table in _OF_TENANTS))
        return set(await self._db.read(lambda db: db.scalars(chosen).all())) - {""}

    async def tidy(self, now: float) -> int:
        """Delete what was to be kept only for a time; return how many rows and servers.

        A server that the bot was removed from is noted as `PLATFORM-gone:TENANT` with the moment (ISO, UTC), "" when it
        came back.
        """
        gone = 0
        for name, since in (await self.kv.containing("-gone:")).items():
            platform, _, tenant = name.partition("-gone:")
            if since and now - dt.datetime.fromisoformat(since).timestamp() > KEPT_AFTER_REMOVAL:
                gone += await self._let_go(Channel(platform, "", tenant), name, since)
        return gone + await self.inbox.expire(now) + await self.conversations.expire(now)

    async def _let_go(self, channel: Channel, name: str, since: str) -> int:
        """Delete a server that left, with its notes; 0 when it came back meanwhile."""
        still = sa.delete(kv).where(kv.c.key == name, kv.c.value == since)
        of_platform = kv.c.key.startswith(f"{channel.platform}-", autoescape=True)
        notes = sa.delete(kv).where(of_platform, kv.c.key.endswith(f":{channel.tenant}", autoescape=True))

        def work(db: sa.Connection) -> int:
            if not db.execute(still).rowcount:
                return 0
            _forget(db, channel)
            db.execute(notes)
            return 1

        gone = await self._db.write(work)
        if gone:
            await self.inbox.forget(channel.platform, channel.tenant)
        return gone

    def close(self) -> None:
        """Let what was begun end, and close the connections."""
        self._db.close()


def open_store(url: str, sweep_after: float = SWEEP_AFTER) -> Store:
    """Open the database at a URL, at this version's schema; OperatorError says what to mend."""
    database = connect(url)
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return Store(database, sweep_after)


def find_schema(url: str) -> str | None:
    """Return the schema of the database at a URL without changing it, None where there is none yet.

    OperatorError says why it cannot be opened.
    """
    if is_missing(url):
        return None
    database = connect(url)
    try:
        return schema_of(database)
    finally:
        database.close()


def _forget(db: sa.Connection, channel: Channel) -> None:
    """Delete the rows of a channel's tenant."""
    for table in _OF_TENANTS:
        db.execute(sa.delete(table).where(of_tenant(table, channel)))
