"""The store: one database, and a room for each thing kept in it."""

from __future__ import annotations

import datetime as dt

from bot.contract import Channel
from bot.store.channels import Channels
from bot.store.conversations import LastAnswers
from bot.store.database import Database, connect
from bot.store.inbox import Arrivals
from bot.store.kv import KeyValues, Leases
from bot.store.migrate import migrate
from bot.store.posts import SWEEP_AFTER, Ledger
from bot.store.votes import Votes

__all__ = ["Store", "open_store"]

KEPT_AFTER_REMOVAL = 7 * 86400.0
"""Seconds for which a server's settings outlive the bot's removal: an admin may have erred."""


class Store:
    """Everything the bot keeps. A StoreError from any room means that the database failed meanwhile."""

    def __init__(self, database: Database, sweep_after: float = SWEEP_AFTER) -> None:
        self._db = database
        self.channels = Channels(database)
        self.posts = Ledger(database, sweep_after)
        self.votes = Votes(database)
        self.inbox = Arrivals(database)
        self.conversations = LastAnswers(database)
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
        await self.channels.forget_tenant(channel)
        await self.votes.forget_tenant(channel)

    async def tidy(self, now: float) -> int:
        """Delete what was to be kept only for a time; return how many rows and servers.

        A server that the bot was removed from is noted as `PLATFORM-gone:TENANT` with the moment (ISO, UTC), "" when it
        came back.
        """
        gone = 0
        for name, since in (await self.kv.containing("-gone:")).items():
            platform, _, tenant = name.partition("-gone:")
            if since and now - dt.datetime.fromisoformat(since).timestamp() > KEPT_AFTER_REMOVAL:
                await self.forget_tenant(Channel(platform, "", tenant))
                await self.kv.delete(name)
                gone += 1
        return gone + await self.inbox.expire(now) + await self.conversations.expire(now)

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
