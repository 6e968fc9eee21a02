"""The ledger of posts: planned, claimed under a lease, intended before they are sent, recorded after.

A daily quote is one row for each channel and local date, an announcement one for each channel and episode. Every change
after the claim names the fence that the claim gave, so a process that was frozen past its lease changes nothing.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.store.channels import ChannelSettings, settings_of
from bot.store.kv import LAST_TICK
from bot.store.tables import STATES, channels, kv, of_channel, posts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.contract import Channel
    from bot.store.database import Database

__all__ = ["COUNTED", "Ledger", "Planned", "PostRow", "Waiting", "episode_slot", "post_key"]

WAITING = "waiting"
"""What announcements that wait for approval are counted as."""

COUNTED = (*STATES, WAITING)
"""What posts are counted by."""

SWEEP_AFTER = 300.0
"""Seconds after a doubtful send until its channel is searched for a second copy."""

_SLOT = "0"
"""What stands for an episode begins with it, and so is in order before every date."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A post to plan, and what the channel's next date and moment then are.

    Of an announcement `episode` is the episode, and `local_date` what stands for it.
    """

    settings: ChannelSettings
    local_date: str
    due_at: float
    next_date: str | None
    next_at: float | None
    state: str = "pending"
    reason: str = ""
    told: bool = False
    """Whether nobody needs to be told of how it ended."""
    episode: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whether posts are to be worked on, swept, told of, or owe a thread; whether channels are due; the last tick."""

    posts: bool
    sweeps: bool
    ends: bool
    threads: bool
    channels: bool
    last_tick: float | None


@dataclass(frozen=True, slots=True)
class PostRow:
    """One row of the ledger, with its channel's settings; moments are UTC seconds.

    `episode` is "show/episode" for an announcement, whose `local_date` is what stands for that, None for a daily quote.
    """

    id: int
    settings: ChannelSettings
    local_date: str
    due_at: float
    state: str
    key: str
    passage_id: str | None
    payload: Mapping[str, Any] | None
    cycle: int
    fence: int
    attempts: int
    next_at: float | None
    first_try_at: float | None
    last_try_at: float | None
    clear_at: float | None
    sweeps: int
    sent_at: float | None
    message_ref: str | None
    reason: str
    lease_until: float | None
    episode: str | None

    @property
    def waits(self) -> bool:
        """Whether it is an announcement that waits for an admin's approval: no end but that has no reason."""
        return self.episode is not None and self.state == "held" and not self.reason

    @property
    def code(self) -> str:
        """Nine characters by which an admin names an announcement."""
        return self.local_date[len(_SLOT) :]


_COLUMNS = tuple(field.name for field in dataclasses.fields(PostRow) if field.name != "settings")
_JOINED = (
    sa.select(posts, channels)
    .join(channels, posts.c.channel_id == channels.c.id)
    .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
)


def episode_slot(episode: str) -> str:
    """Return ten characters that stand for an episode ("show/episode") where a daily quote has its date.

    A version that knows dates alone finds none in them, and sorts them behind every date.
    """
    digest = hashlib.blake2s(episode.encode(), digest_size=6).digest()
    return f"{_SLOT}{base64.b32encode(digest).decode().lower()[:9]}"


def post_key(channel: Channel, local_date: str) -> str:
    """Return the 24 characters that name a channel's post of a date, the same in every deployment and backup."""
    text = f"{channel.platform}\x1f{channel.tenant}\x1f{channel.id}\x1f{local_date}"
    return hashlib.blake2s(text.encode(), digest_size=12).hexdigest()


class Ledger:
    """The posts; `sweep_after` seconds after a doubtful send its channel is searched for a second copy."""

    def __init__(self, database: Database, sweep_after: float = SWEEP_AFTER) -> None:
        self._db = database
        self._sweep_after = sweep_after

    async def plan(self, planned: Sequence[Planned]) -> None:
        """Write rows for posts that are due and move their channels on; a row that is there stays as it is.

        One transaction: whoever plans keeps to so many that no other writer waits long.
        """
        if not planned:
            return
        rows = [
            {
                "channel_id": plan.settings.id,
                "local_date": plan.local_date,
                "due_at": plan.due_at,
                "state": plan.state,
                "reason": plan.reason,
                "tell_at": plan.due_at if plan.state == "skipped" and not plan.told else None,
                "key": post_key(plan.settings.channel, plan.local_date),
                "next_at": plan.due_at if plan.state == "pending" else None,
                "episode": plan.episode,
            }
            for plan in planned
        ]
        moves = [
            {"of": plan.settings.id, "then": plan.settings.next_at, "date": plan.next_date, "at": plan.next_at}
            for plan in planned
        ]
        # A channel whose settings changed meanwhile has another next_at and is left to the next tick.
        move = (
            sa.update(channels)
            .where(channels.c.id == sa.bindparam("of"), channels.c.next_at == sa.bindparam("then"))
            .values(next_date=sa.bindparam("date"), next_at=sa.bindparam("at"))
        )
        put = self._db.insert(posts).on_conflict_do_nothing()
        await self._db.write(lambda db: (db.execute(put, rows), db.execute(move, moves)))

    async def claim(self, now: float, owner: str, lease: float, limit: int, platforms: Sequence[str]) -> list[PostRow]:
        """Take up to `limit` open posts of those platforms whose time has come, for `lease` seconds.

        A post found `sending` was left by a process that died or froze: it becomes `unknown` and is marked for a sweep.
        """
        was_sending = posts.c.state == "sending"
        taken = sa.update(posts).values(
            lease_owner=owner,
            lease_until=now + lease,
            next_at=now + lease,
            fence=posts.c.fence + 1,
            state=sa.case((was_sending, "unknown"), else_=posts.c.state),
            sweep_at=sa.case((was_sending, now + self._sweep_after), else_=posts.c.sweep_at),
        )
        return await self._take(_due(posts.c.next_at, now, limit, platforms), taken, posts.c.id)

    async def _take(self, due: sa.Select[Any], taken: sa.Update, order: sa.ColumnElement[Any]) -> list[PostRow]:
        """Select posts' ids for update, update those posts, and return them in an order."""

        def work(db: sa.Connection) -> Sequence[sa.RowMapping]:
            ids = list(db.scalars(due))
            if not ids:
                return ()
            db.execute(taken.where(posts.c.id.in_(ids)))
            return db.execute(_JOINED.where(posts.c.id.in_(ids)).order_by(order)).mappings().all()

        return [_row(found) for found in await self._db.write(work)]

    async def choose(
        self,
        row: PostRow,
        passage_id: str | None,
        cycle: int,
        payload: Mapping[str, Any],
        *,
        ask_at: float | None = None,
    ) -> bool:
        """Freeze what an untried post says; False when the lease was lost or the passage was used meanwhile.

        With `ask_at` it is held, an admin is asked from then on, and `approve` lets it go.
        """
        untried = sa.update(posts).where(_is_ours(row), posts.c.state == "pending", posts.c.first_try_at.is_(None))
        values = untried.values(passage_id=passage_id, cycle=cycle, payload=dict(payload))
        if ask_at is not None:
            values = values.values(
                state="held", reason="", due_at=ask_at, next_at=None, tell_at=ask_at, lease_until=None
            )
        move = sa.update(channels).where(channels.c.id == row.settings.id, channels.c.cycle < cycle).values(cycle=cycle)

        def work(db: sa.Connection) -> bool:
            try:
                with db.begin_nested():
                    done = db.execute(values).rowcount == 1
            except IntegrityError:
                return False
            db.execute(move)
            return done

        return await self._db.write(work)

    async def intend(self, row: PostRow, now: float) -> bool:
        """Write that a send begins, before it does; False when the lease was lost."""
        begin = sa.update(posts).where(_is_ours(row), posts.c.state.in_(("pending", "unknown")))
        values = begin.values(
            state="sending",
            attempts=posts.c.attempts + 1,
            first_try_at=sa.func.coalesce(posts.c.first_try_at, now),
            last_try_at=now,
            clear_at=None,
        )
        return await self._db.write(lambda db: db.execute(values).rowcount == 1)

    async def record_sent(
        self, row: PostRow, now: float, message_ref: str, *, sweep: bool = False, thread_at: float | None = None
    ) -> bool:
        """Record that the message stands; False (and a sweep is due) when the lease was lost meanwhile.

        `sweep` asks for a search for a second copy all the same. A message that owes a thread is the caller's until
        `thread_at`; then whoever comes opens it.
        """
        values = {"state": "sent", "sent_at": now, "message_ref": message_ref, "reason": "", "next_at": None}
        values |= {"sweep_at": now + self._sweep_after} if sweep else {}
        return await self._record(row, now, values | ({"thread_at": thread_at} if thread_at is not None else {}))

    async def take_threads(self, now: float, lease: float, limit: int, platforms: Sequence[str]) -> list[PostRow]:
        """Take posts that owe a thread whose time has come, for `lease` seconds."""
        taken = sa.update(posts).values(thread_at=now + lease)
        return await self._take(_due(posts.c.thread_at, now, limit, platforms), taken, posts.c.id)

    async def record_thread(self, row: PostRow, again_at: float | None) -> None:
        """Record when a thread is to be tried again, or None: it stands, or is given up."""
        put = sa.update(posts).where(posts.c.id == row.id).values(thread_at=again_at)
        await self._db.write(lambda db: db.execute(put))

    async def postpone(self, row: PostRow, now: float, state: str, seconds: float, reason: str, **more: object) -> bool:
        """Record that a post is to be looked at again in so many seconds: `pending` (not sent) or `unknown`."""
        values = {"state": state, "next_at": now + seconds, "reason": reason, "lease_until": None, **more}
        return await self._record(row, now, values)

    async def end(self, row: PostRow, now: float, state: str, reason: str, *, told: bool = False) -> bool:
        """Record an end without a message that is known to stand: `failed`, `skipped` or `held`.

        `told` says that nobody needs to be told of it.
        """
        tell_at = None if told else now
        return await self._record(row, now, {"state": state, "reason": reason, "next_at": None, "tell_at": tell_at})

    async def _record(self, row: PostRow, now: float, values: Mapping[str, object]) -> bool:
        record = sa.update(posts).where(_is_ours(row), posts.c.state != "sent").values(**values)
        sweep = sa.update(posts).where(posts.c.id == row.id).values(sweep_at=now + self._sweep_after, sweeps=0)

        def work(db: sa.Connection) -> bool:
            if db.execute(record).rowcount == 1:
                return True
            db.execute(sweep)
            return False

        return await self._db.write(work)

    async def to_sweep(self, now: float, limit: int, platforms: Sequence[str]) -> list[PostRow]:
        """Return posts whose channel is to be searched for a second copy."""
        chosen = _JOINED.where(
            channels.c.platform.in_(platforms),
            posts.c.sweep_at.is_not(None),
            posts.c.sweep_at <= now,
            posts.c.last_try_at.is_not(None),
        )
        rows = await self._db.read(
            lambda db: db.execute(chosen.order_by(posts.c.sweep_at).limit(limit)).mappings().all()
        )
        return [_row(row) for row in rows]

    async def record_sweep(self, row: PostRow, again_at: float | None, stands: str | None = None) -> None:
        """Record a pass of the sweeper; `again_at` is its next, `stands` the message that it left."""
        values = {"sweep_at": again_at, "sweeps": posts.c.sweeps + 1} | ({"message_ref": stands} if stands else {})
        await self._db.write(lambda db: db.execute(sa.update(posts).where(posts.c.id == row.id).values(**values)))

    async def recent(self, channel: Channel, limit: int = 7) -> list[PostRow]:
        """Return a channel's last daily quotes, newest first."""
        chosen = _JOINED.where(of_channel(channels, channel), posts.c.episode.is_(None))
        return await self._rows(chosen.order_by(posts.c.local_date.desc()).limit(limit))

    async def announcements(self, channel: Channel, limit: int = 7) -> list[PostRow]:
        """Return a channel's last announcements, newest first."""
        chosen = _JOINED.where(of_channel(channels, channel), posts.c.episode.is_not(None))
        return await self._rows(chosen.order_by(posts.c.id.desc()).limit(limit))

    async def _rows(self, chosen: sa.Select[Any]) -> list[PostRow]:
        return [_row(row) for row in await self._db.read(lambda db: db.execute(chosen).mappings().all())]

    async def unannounced(
        self, episode: str, since: float, platforms: Sequence[str], limit: int, beyond: int = 0
    ) -> list[ChannelSettings]:
        """Return channels of those platforms that announce what came at `since`, and have no row for that episode.

        They come in the order of their ids, those `beyond` one.
        """
        stands = sa.exists().where(posts.c.channel_id == channels.c.id, posts.c.local_date == episode_slot(episode))
        chosen = (
            sa.select(channels)
            .where(
                channels.c.episodes_since < since,
                channels.c.disabled == "",
                channels.c.platform.in_(platforms),
                channels.c.id > beyond,
                ~stands,
            )
            .order_by(channels.c.id)
            .limit(limit)
        )
        rows = await self._db.read(lambda db: db.execute(chosen).mappings().all())
        return [settings_of(row) for row in rows]

    async def announcement(self, channel: Channel, code: str) -> PostRow | None:
        """Return a channel's announcement by its `PostRow.code`."""
        found = await self.of_date(channel, f"{_SLOT}{code}")
        return found if found is not None and found.episode is not None else None

    async def approve(self, row: PostRow, now: float) -> bool:
        """Let an announcement go that waits for that, or failed or was left out; False when it does so no more."""
        failed = posts.c.state.in_(("failed", "skipped"))
        again = _announced(row).where(posts.c.payload.is_not(None), sa.or_(_WAITS, failed))
        values = {"state": "pending", "due_at": now, "next_at": now, "tell_at": None, "reason": ""}
        return await self._db.write(lambda db: db.execute(again.values(**values)).rowcount == 1)

    async def drop(self, row: PostRow, reason: str) -> bool:
        """Leave out an announcement that certainly was not sent; False when it may have been, or ended."""
        off = _announced(row).where(sa.or_(_WAITS, posts.c.state == "pending"))
        values = {"state": "skipped", "next_at": None, "tell_at": None, "reason": reason}
        return await self._db.write(lambda db: db.execute(off.values(**values)).rowcount == 1)

    async def of_date(self, channel: Channel, local_date: str) -> PostRow | None:
        """Return a channel's post of a local date."""
        chosen = _JOINED.where(of_channel(channels, channel), posts.c.local_date == local_date)
        row = await self._db.read(lambda db: db.execute(chosen).mappings().one_or_none())
        return _row(row) if row else None

    async def used_passages(self, channel: Channel, cycle: int) -> list[str]:
        """Return the passages a channel's posts used in a cycle, oldest first."""
        chosen = (
            sa.select(posts.c.passage_id)
            .join(channels, posts.c.channel_id == channels.c.id)
            .where(of_channel(channels, channel), posts.c.cycle == cycle, posts.c.passage_id.is_not(None))
            .order_by(posts.c.local_date)
        )
        return await self._db.read(lambda db: [str(name) for name in db.scalars(chosen)])

    async def cycle_began(self, channel: Channel, cycle: int) -> str | None:
        """Return the local date of a channel's first post in a cycle; None when there was none."""
        chosen = (
            sa.select(sa.func.min(posts.c.local_date))
            .join(channels, posts.c.channel_id == channels.c.id)
            .where(of_channel(channels, channel), posts.c.cycle == cycle, posts.c.passage_id.is_not(None))
        )
        return await self._db.read(lambda db: db.scalar(chosen))

    async def request_now(self, settings: ChannelSettings, local_date: str, now: float) -> bool:
        """Plan a post for a date at once; False when that date has one that stands, may stand, or is on its way."""
        key = post_key(settings.channel, local_date)
        values = {"channel_id": settings.id, "local_date": local_date, "due_at": now, "state": "pending", "key": key}
        put = self._db.insert(posts).values(**values, next_at=now, reason="")
        # What failed or was left out is known not to stand.
        gone = posts.c.state.in_(("failed", "skipped"))
        waiting = sa.and_(posts.c.state == "pending", posts.c.first_try_at.is_(None))
        again = {"state": "pending", "due_at": now, "next_at": now, "tell_at": None, "reason": ""}
        put = put.on_conflict_do_update(
            index_elements=["channel_id", "local_date"], set_=again, where=sa.or_(gone, waiting)
        )
        return await self._db.write(lambda db: db.scalar(put.returning(posts.c.id))) is not None

    async def cancel(self, settings: ChannelSettings, reason: str, *, announcements: bool = False) -> None:
        """Leave out a channel's daily quotes, or its announcements, that are due and certainly were not sent."""
        which = posts.c.episode.is_not(None) if announcements else posts.c.episode.is_(None)
        unsent = sa.or_(_WAITS, posts.c.state == "pending")
        off = sa.update(posts).where(posts.c.channel_id == settings.id, which, unsent)
        values = {"state": "skipped", "next_at": None, "tell_at": None, "reason": reason}
        await self._db.write(lambda db: db.execute(off.values(**values)))

    async def waiting(self, now: float) -> Waiting:
        """Return what is to be done at all, in one read: mostly nothing is."""
        chosen = sa.select(
            sa.exists(sa.select(posts.c.id).where(posts.c.next_at <= now)),
            sa.exists(sa.select(posts.c.id).where(posts.c.sweep_at <= now)),
            sa.exists(sa.select(posts.c.id).where(posts.c.tell_at <= now)),
            sa.exists(sa.select(posts.c.id).where(posts.c.thread_at <= now)),
            sa.exists(sa.select(channels.c.id).where(channels.c.next_at <= now)),
            sa.select(kv.c.value).where(kv.c.key == LAST_TICK).scalar_subquery(),
        )
        row = await self._db.read(lambda db: db.execute(chosen).one())
        posting, sweeps, ends, threads, due = map(bool, row[:5])
        return Waiting(posting, sweeps, ends, threads, due, float(row[5]) if row[5] else None)

    async def take_ends(
        self, now: float, waits: tuple[float, float], limit: int, platforms: Sequence[str]
    ) -> list[PostRow]:
        """Take posts that were held, failed or left out, of which an admin is to be told.

        They come again after half their age, in seconds between the two `waits`.
        """
        soonest, latest = waits
        half = (now - posts.c.due_at) / 2
        wait = sa.case((half < soonest, soonest), (half > latest, latest), else_=half)
        taken = sa.update(posts).values(tell_at=now + wait)
        return await self._take(_due(posts.c.tell_at, now, limit, platforms), taken, posts.c.local_date)

    async def mark_told(self, rows: Sequence[PostRow]) -> None:
        """Record that an admin was told of how posts ended."""
        put = sa.update(posts).where(posts.c.id.in_([row.id for row in rows])).values(tell_at=None)
        await self._db.write(lambda db: db.execute(put))

    async def count_open(self, platforms: Sequence[str]) -> int:
        """Return how many posts of those platforms are due and neither stand nor have ended otherwise."""
        chosen = (
            sa.select(sa.func.count())
            .select_from(posts.join(channels, posts.c.channel_id == channels.c.id))
            .where(channels.c.platform.in_(platforms), posts.c.next_at.is_not(None))
        )
        return await self._db.read(lambda db: int(db.scalar(chosen) or 0))

    async def counts(self) -> dict[str, int]:
        """Return how many posts are in each state; announcements that wait for approval are WAITING."""
        state = sa.case((_WAITS, WAITING), else_=posts.c.state)
        chosen = sa.select(state, sa.func.count()).group_by(state)
        return await self._db.read(lambda db: {state: int(count) for state, count in db.execute(chosen)})


_WAITS = sa.and_(posts.c.episode.is_not(None), posts.c.state == "held", posts.c.reason == "")
"""As `PostRow.waits`."""


def _announced(row: PostRow) -> sa.Update:
    """Begin to change an announcement."""
    return sa.update(posts).where(posts.c.id == row.id, posts.c.episode.is_not(None))


def _due(moment: sa.Column[Any], now: float, limit: int, platforms: Sequence[str]) -> sa.Select[Any]:
    """Select the ids of posts of those platforms whose moment has come, the longest due first, locked for an update."""
    return (
        sa.select(posts.c.id)
        .join(channels, posts.c.channel_id == channels.c.id)
        .where(channels.c.platform.in_(platforms), moment <= now)
        .order_by(moment, posts.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=posts)
    )


def _is_ours(row: PostRow) -> sa.ColumnElement[bool]:
    return sa.and_(posts.c.id == row.id, posts.c.fence == row.fence)


def _row(found: sa.RowMapping) -> PostRow:
    values = {name: found[f"posts_{name}"] for name in _COLUMNS}
    of_channel = {column.name: found[f"channels_{column.name}"] for column in channels.columns}
    return PostRow(settings=settings_of(of_channel), **values)
