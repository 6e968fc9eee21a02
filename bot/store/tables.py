"""The schema, for SQLite and PostgreSQL alike. Moments are seconds since 1970 (UTC), dates are ISO text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    text,
)

if TYPE_CHECKING:
    from bot.contract import Author, Channel

__all__ = [
    "audit",
    "channels",
    "conversations",
    "inbox",
    "key_of",
    "kv",
    "leases",
    "metadata",
    "of_channel",
    "of_member",
    "of_tenant",
    "posts",
    "queue",
    "votes",
]

metadata = MetaData()

channels = Table(
    "channels",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("tenant", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("daily", Boolean, nullable=False),
    Column("time", String(5), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("days", String(7), nullable=False),
    Column("shows", JSON, nullable=False),
    Column("answers", String(16), nullable=False),
    Column("thread", Boolean, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("skip_date", String(10)),
    Column("disabled", Text, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("next_date", String(10)),
    Column("next_at", Double),
    Column("language", String(8), nullable=False, server_default=text("'en'")),
    Column("episodes_since", Double),
    Column("approve", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("platform", "tenant", "ref"),
)
"""One channel's settings.

`next_date` and `next_at` are the next local date to post for and the moment it is due; `episodes_since` is the moment
after which new episodes are announced, None for none, and `approve` whether an admin approves each of them first.
"""

Index("channels_due", channels.c.next_at)

STATES = ("pending", "sending", "unknown", "sent", "held", "failed", "skipped")
"""How a post can stand."""

_STATES = ", ".join(f"'{state}'" for state in STATES)

posts = Table(
    "posts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel_id", Integer, ForeignKey("channels.id", ondelete="CASCADE"), nullable=False),
    Column("local_date", String(10), nullable=False),
    Column("due_at", Double, nullable=False),
    Column("state", String(8), CheckConstraint(f"state IN ({_STATES})"), nullable=False),
    Column("key", String(24), nullable=False, unique=True),
    Column("passage_id", String(64)),
    Column("payload", JSON),
    Column("cycle", Integer, nullable=False, server_default=text("0")),
    Column("lease_owner", String(64)),
    Column("lease_until", Double),
    Column("fence", Integer, nullable=False, server_default=text("0")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_at", Double),
    Column("first_try_at", Double),
    Column("last_try_at", Double),
    Column("clear_at", Double),
    Column("sweep_at", Double),
    Column("sweeps", Integer, nullable=False, server_default=text("0")),
    Column("sent_at", Double),
    Column("message_ref", String(128)),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("tell_at", Double),
    Column("thread_at", Double),
    Column("episode", Text),
    UniqueConstraint("channel_id", "local_date"),
    UniqueConstraint("channel_id", "cycle", "passage_id"),
)
"""The ledger of posts: daily quotes, and announcements of an `episode` ("show/episode", None for a daily quote).

Of an announcement `local_date` is no date, but what stands for its episode there (`episode_slot`), and `passage_id` is
None: so the version before reads its dates as before, and posts no quote in its place.
`next_at` is when a post is to be worked on, None at its end; `clear_at` when history was first read without finding the
message; `tell_at` when its end happened, None once an admin was told; `thread_at` when the thread that it owes is to be
worked on, None where none is owed.
"""

# What waits for nothing has no moment, so that a plain index finds what waits at once however long the ledger is.
Index("posts_open", posts.c.next_at)
Index("posts_sweep", posts.c.sweep_at)
Index("posts_tell", posts.c.tell_at)
Index("posts_thread", posts.c.thread_at)

queue = Table(
    "queue",
    metadata,
    Column("channel_id", Integer, ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True),
    Column("passage_id", String(64), primary_key=True),
    Column("mark", String(8), CheckConstraint("mark IN ('approved', 'pinned', 'dropped')"), nullable=False),
    Column("at", Double, nullable=False),
)
"""What admins said of coming highlights: approved, pinned (next) or dropped (never)."""

votes = Table(
    "votes",
    metadata,
    Column("platform", String(16), primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("passage_id", String(64), primary_key=True),
    Column("member", Text, primary_key=True),
    Column("value", Integer, CheckConstraint("value IN (-1, 1)"), nullable=False),
    Column("at", Double, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("platform", String(16), primary_key=True),
    Column("delivery_id", Text, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("payload", JSON),
    Column("done", Boolean, nullable=False),
    Column("lease_until", Double, nullable=False),
    Column("received_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("shown_at", Double),
)
"""What arrived, for answering it once; the payload is cleared when it is answered.

`shown_at` is when a process began to show an answer that cannot be looked for afterwards.
"""

Index("inbox_expiry", inbox.c.expires_at)

conversations = Table(
    "conversations",
    metadata,
    Column("platform", String(16), primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("ref", Text, primary_key=True),
    Column("thread", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("member", Text, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("expires_at", Double, nullable=False),
)
"""What a follow-up goes on from: an answer, whose it is, and the name it is found by."""

Index("conversations_expiry", conversations.c.expires_at)
Index("conversations_member", conversations.c.platform, conversations.c.member)

kv = Table(
    "notes",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("value", Text, nullable=False),
)
"""Small facts the process must not forget: the hash of the synced commands, the last tick."""

leases = Table(
    "shard_leases",
    metadata,
    Column("shard", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("until", Double, nullable=False),
    Column("fence", Integer, nullable=False),
)
"""Which process holds a gateway shard, and until when."""

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("tenant", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("change", Text, nullable=False),
)
"""Who changed which setting, when."""


def key_of(channel: Channel) -> dict[str, str]:
    """Return the columns that name a channel of a tenant."""
    return {"platform": channel.platform, "tenant": channel.tenant, "ref": channel.id}


def of_tenant(table: Table, channel: Channel) -> ColumnElement[bool]:
    """Return the condition that a row is of a channel's tenant; every query has it."""
    return and_(table.c.platform == channel.platform, table.c.tenant == channel.tenant)


def of_member(table: Table, channel: Channel, author: Author) -> ColumnElement[bool]:
    """Return the condition that a row names a member: in every tenant of the platform where that is the same member."""
    mine = and_(table.c.platform == channel.platform, table.c.member == author.id)
    return and_(mine, table.c.tenant == author.tenant) if author.tenant else mine


def of_channel(table: Table, channel: Channel) -> ColumnElement[bool]:
    """Return the condition that a row is of this channel, of this tenant."""
    return and_(of_tenant(table, channel), table.c.ref == channel.id)
