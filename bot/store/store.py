"""The store: one database, and a room for each thing kept in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store.channels import Channels
from bot.store.conversations import KeptConversations
from bot.store.database import Database, connect
from bot.store.inbox import Inbox
from bot.store.migrate import migrate
from bot.store.notes import Leases, Notes
from bot.store.posts import SWEEP_AFTER, Ledger
from bot.store.votes import Votes

if TYPE_CHECKING:
    from bot.message import Channel

__all__ = ["Store", "open_store"]


class Store:
    """Everything the bot keeps. A StoreError from any room means that the database failed meanwhile."""

    def __init__(self, database: Database, sweep_after: float = SWEEP_AFTER) -> None:
        """Take an open database at this version's schema; for `sweep_after` see the ledger."""
        self._db = database
        self.channels = Channels(database)
        self.posts = Ledger(database, sweep_after)
        self.votes = Votes(database)
        self.inbox = Inbox(database)
        self.conversations = KeptConversations(database)
        self.notes = Notes(database)
        self.leases = Leases(database)

    @property
    def shared(self) -> bool:
        """Whether several replicas can work on this database."""
        return self._db.dialect == "postgresql"

    async def now(self) -> float:
        """Return the moment (UTC seconds) by the clock that all replicas share."""
        return await self._db.now()

    async def forget_tenant(self, channel: Channel) -> None:
        """Delete everything kept of a guild or workspace."""
        await self.channels.forget_tenant(channel.platform, channel.tenant)
        await self.votes.forget_tenant(channel.platform, channel.tenant)

    async def tidy(self, now: float) -> int:
        """Delete what was to be kept only for a time; return how many rows."""
        return await self.inbox.expire(now) + await self.conversations.expire(now)

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
