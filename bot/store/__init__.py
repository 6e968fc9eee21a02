"""Settings, deliveries, votes and what arrived: one schema on SQLite and on PostgreSQL."""

from bot.store.backup import backup, restore
from bot.store.channels import ChannelSettings
from bot.store.database import AwayError
from bot.store.inbox import Inbound, Stage
from bot.store.kv import LAST_TICK
from bot.store.migrate import HEAD
from bot.store.posts import COUNTED, Planned, PostRow, episode_slot, post_key
from bot.store.store import Store, find_schema, open_store
from bot.store.tables import STATES

__all__ = [
    "COUNTED",
    "HEAD",
    "LAST_TICK",
    "STATES",
    "AwayError",
    "ChannelSettings",
    "Inbound",
    "Planned",
    "PostRow",
    "Stage",
    "Store",
    "backup",
    "episode_slot",
    "find_schema",
    "open_store",
    "post_key",
    "restore",
]
