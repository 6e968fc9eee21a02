"""Channels and their settings, what their admins queued, and who changed what; every query names the tenant."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bot.contract import Channel
from bot.store.tables import audit, channels, key_of, of_channel, of_member, of_tenant, queue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.contract import Author
    from bot.store.database import Database

__all__ = ["ChannelSettings", "Channels"]


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """One channel's settings; `id` is None until they are saved.

    `days` are seven flags, Monday first. `shows` are the shows served, () for all. `answers` is "mentions" or "off".
    `language` is that of the words around what is posted. `disabled` is "" or why posting there was switched off by
    itself. `next_date` and `next_at` (UTC seconds) are the coming post. `cycle` counts how often the pool of highlights
    was spent. Episodes that came after `episodes_since` (UTC seconds) are announced, none where it is None; with
    `approve` an admin approves each of them first.
    """

    channel: Channel
    id: int | None = None
    daily: bool = False
    time: str = "09:00"
    zone: str = "UTC"
    days: str = "1111111"
    shows: tuple[str, ...] = ()
    answers: str = "mentions"
    thread: bool = False
    paused: bool = False
    skip_date: str | None = None
    disabled: str = ""
    refusals: int = 0
    cycle: int = 0
    version: int = 0
    next_date: str | None = None
    next_at: float | None = None
    language: str = "en"
    episodes_since: float | None = None
    approve: bool = False

    def announces(self, show: str) -> bool:
        """Say whether new episodes of a show are announced in the channel."""
        return self.episodes_since is not None and not self.disabled and (not self.shows or show in self.shows)


_COLUMNS = tuple(field.name for field in dataclasses.fields(ChannelSettings) if field.name not in {"channel", "id"})


def settings_of(found: Mapping[Any, Any]) -> ChannelSettings:
    """Return the settings in a row of `channels`, given by its columns' names."""
    values = {name: found[name] for name in _COLUMNS}
    values["shows"] = tuple(values["shows"])
    return ChannelSettings(Channel(found["platform"], found["ref"], found["tenant"]), id=found["id"], **values)


class Channels:
    """The settings of channels."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def get(self, channel: Channel) -> ChannelSettings:
        """Return a channel's settings; what was never set has its default."""
        chosen = sa.select(channels).where(of_channel(channels, channel))
        row = await self._db.read(lambda db: db.execute(chosen).mappings().one_or_none())
        return settings_of(row) if row else ChannelSettings(dataclasses.replace(channel, thread=""))

    async def of_tenant(self, channel: Channel) -> list[ChannelSettings]:
        """Return the settings of every configured channel of this channel's tenant."""
        chosen = sa.select(channels).where(of_tenant(channels, channel))
        rows = await self._db.read(lambda db: db.execute(chosen.order_by(channels.c.id).limit(100)).mappings().all())
        return [settings_of(row) for row in rows]

    async def save(self, settings: ChannelSettings, member: str, change: str, now: float) -> ChannelSettings | None:
        """Write settings whole, and in the audit who changed what; returns them as stored.

        None, and nothing written, when they were changed since they were read. The cycle is the ledger's to count.
        """
        channel = settings.channel
        values = {name: getattr(settings, name) for name in _COLUMNS} | {"shows": list(settings.shows)}
        key = key_of(channel)
        put = self._db.insert(channels).values(**key, **values)
        update = {name: value for name, value in values.items() if name != "cycle"}
        update["version"] = channels.c.version + 1
        put = put.on_conflict_do_update(
            index_elements=list(key), set_=update, where=channels.c.version == settings.version
        ).returning(channels)

        def work(db: sa.Connection) -> sa.RowMapping | None:
            written = db.execute(put).mappings().one_or_none()
            if written is not None:
                db.execute(audit.insert().values(**key, member=member, at=now, change=change))
            return written

        written = await self._db.write(work)
        return settings_of(written) if written is not None else None

    async def due(self, now: float, limit: int, platforms: Sequence[str]) -> list[ChannelSettings]:
        """Return channels of those platforms whose next post is due, the longest due first."""
        chosen = (
            sa.select(channels)
            .where(
                channels.c.next_at <= now,
                channels.c.daily,
                channels.c.disabled == "",
                channels.c.platform.in_(platforms),
            )
            .order_by(channels.c.next_at, channels.c.id)
            .limit(limit)
        )
        rows = await self._db.read(lambda db: db.execute(chosen).mappings().all())
        return [settings_of(row) for row in rows]

    async def disable(self, channel: Channel, reason: str) -> None:
        """Switch what is posted in a channel off by itself, with the reason."""
        off = (
            sa.update(channels)
            .where(of_channel(channels, channel))
            .values(disabled=reason, version=channels.c.version + 1)
        )
        await self._db.write(lambda db: db.execute(off))

    async def count_refusal(self, channel: Channel, reason: str, limit: int) -> bool:
        """Count a refusal by the channel; at the limit it is disabled with the reason (then True)."""
        counted = (
            sa.update(channels)
            .where(of_channel(channels, channel))
            .values(
                refusals=channels.c.refusals + 1,
                disabled=sa.case((channels.c.refusals + 1 >= limit, reason), else_=channels.c.disabled),
                version=channels.c.version + 1,
            )
            .returning(channels.c.disabled)
        )
        return bool(await self._db.write(lambda db: db.scalar(counted)))

    async def forget_refusals(self, channel: Channel) -> None:
        """Forget earlier refusals of a channel that took a post."""
        forget = (
            sa.update(channels)
            .where(of_channel(channels, channel), channels.c.refusals > 0)
            .values(refusals=0, version=channels.c.version + 1)
        )
        await self._db.write(lambda db: db.execute(forget))

    async def mark(self, settings: ChannelSettings, passage_id: str, mark: str, member: str, now: float) -> None:
        """Note an admin's word on a coming highlight: approved, pinned or dropped; a later word replaces it."""
        channel = settings.channel
        put = self._db.insert(queue).values(channel_id=settings.id, passage_id=passage_id, mark=mark, at=now)
        put = put.on_conflict_do_update(index_elements=["channel_id", "passage_id"], set_={"mark": mark, "at": now})
        log = audit.insert().values(**key_of(channel), member=member, at=now, change=f"{mark} {passage_id}")
        await self._db.write(lambda db: (db.execute(put), db.execute(log)))

    async def note(self, channel: Channel, member: str, change: str, now: float) -> None:
        """Write in the audit what an admin did besides changing settings."""
        log = audit.insert().values(**key_of(channel), member=member, at=now, change=change)
        await self._db.write(lambda db: db.execute(log))

    async def marks(self, settings: ChannelSettings) -> dict[str, str]:
        """Return the admins' marks by passage id, in the order they were made."""
        if settings.id is None:
            return {}
        chosen = sa.select(queue.c.passage_id, queue.c.mark).where(queue.c.channel_id == settings.id)
        rows = await self._db.read(lambda db: db.execute(chosen.order_by(queue.c.at)).all())
        return {row.passage_id: row.mark for row in rows}

    async def last_admin(self, channel: Channel) -> str:
        """Return the member who last changed a channel's settings and is still named there, "" when nobody is."""
        chosen = sa.select(audit.c.member).where(of_channel(audit, channel), audit.c.member != "")
        return await self._db.read(lambda db: db.scalar(chosen.order_by(audit.c.id.desc()).limit(1))) or ""

    async def forget_member(self, channel: Channel, author: Author) -> int:
        """Take a member's name from the changes they made; return how many there were."""
        unnamed = sa.update(audit).where(of_member(audit, channel, author)).values(member="")
        return await self._db.write(lambda db: db.execute(unnamed).rowcount)
