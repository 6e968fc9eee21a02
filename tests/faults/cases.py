"""The faults of the design's section 9, each as a case: a run or several, what is done to them, what must hold after.

A case takes a stage and returns rows of the table. Its criteria are the design's; a row whose `problems` are not empty
has failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import shutil
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bot.errors import OperatorError
from bot.store import LAST_TICK, backup, restore
from bot.store.tables import kv, posts
from tests.faults.engines import BOTH, Engine, OwnEngines
from tests.faults.history import Verdict, judge
from tests.faults.pace import SCALED, Pace
from tests.faults.points import DEATHS, FREEZES
from tests.faults.yard import MIGRATING, Yard
from tests.local_discord import Permission
from tests.local_discord.wire import Waits

if TYPE_CHECKING:
    from tests.faults.engines import Engines
    from tests.faults.yard import Nursery

CREATE = "POST /channels/*/messages"
A_RUN = 375
"""Posts of one run of F1."""

CALM_SECONDS = 60.0
"""In which every post must have its end once nothing goes wrong any more."""

SLACK_LOST = (
    ("reset", True), ("500", True), ("503", True), ("stall", True), ("html", True), ("fatal_error", True),
    ("internal_error", True), ("request_timeout", True), ("service_unavailable", True),
    ("reset", False), ("500", False), ("html", False), ("fatal_error", False),
)  # fmt: skip
DISCORD_LOST = (
    "accepted-reset", "accepted-close", "accepted-500", "accepted-503", "accepted-stall", "reset", "500", "502", "503",
)  # fmt: skip
"""Ways to lose an answer, with the work done and with the work not done."""


@dataclass
class Stage:
    """What cases run on; `posts` scales them, `seed` deals their faults."""

    nursery: Nursery
    engines: Engines
    posts: int = 24
    seed: int = 7
    engine: tuple[Engine, ...] = BOTH
    pace: Pace = SCALED

    def yard(self, engine: Engine, **how: Any) -> Yard:
        """Return a run on a new database."""
        return Yard(self.nursery, self.engines.fresh(engine), **{"seed": self.seed, "pace": self.pace, **how})


@dataclass
class Row:
    """One line of the table. `seconds` is the longest a run took to settle once calm."""

    fault: str
    what: str
    runs: int = 0
    posts: int = 0
    lost: int = 0
    raw: int = 0
    left: int = 0
    held: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    note: str = ""
    counts: bool = True
    """Whether it can fail: a comparison or a window that is only measured cannot."""

    @property
    def passed(self) -> bool:
        """Whether nothing was broken."""
        return not self.problems

    def add(self, verdict: Verdict, seconds: float, *, may_hold: bool = False) -> None:
        """Add a run; lost, standing twice, or held where nothing may be are problems."""
        self.runs += 1
        self.posts += verdict.posts
        self.lost += verdict.lost
        self.raw += verdict.raw
        self.left += verdict.left
        self.held += verdict.held
        self.seconds = max(self.seconds, seconds)
        self.problems += verdict.problems
        if verdict.left:
            self.problems.append(f"{verdict.left} posts stand twice")
        if not may_hold and verdict.sent != verdict.posts:
            self.problems += [f"not every post is sent: {verdict.states}", *verdict.notes[:4]]
        if seconds > CALM_SECONDS:
            self.problems.append(f"settling took {seconds:.0f} s")


Case = Callable[[Stage], Awaitable[list[Row]]]


async def finish(yard: Yard, row: Row, *, may_hold: bool = False, **how: Any) -> Verdict:
    """End what is done to a run, wait until it settles, judge it."""
    await yard.rest()
    seconds, done = await yard.settle(CALM_SECONDS)
    verdict = await asyncio.to_thread(judge, yard, **how)
    row.add(verdict, seconds, may_hold=may_hold)
    if not done:
        row.problems.append(f"not settled within {CALM_SECONDS:g} s")
    return verdict


# F1 -------------------------------------------------------------------------------------------------------------------


async def killed(stage: Stage, engine: Engine, row: Row, posts: int, *, naive: bool = False) -> None:
    """Run two replicas, one killed each second, a third of the answers faulty."""
    over = max(4.0, posts / 30)
    async with stage.yard(engine, faults=0.35) as yard:
        await yard.plant(posts, over=over)
        yard.start(2, naive=naive)
        yard.meanwhile(yard.killing())
        await asyncio.sleep(over + 3.0)
        await finish(yard, row, naive=naive)


async def f1(stage: Stage) -> list[Row]:
    """SIGKILL either replica every second, 35 % faulty answers."""
    return list(await asyncio.gather(*(_f1(stage, engine) for engine in stage.engine)))


async def _f1(stage: Stage, engine: Engine) -> Row:
    row = Row("F1", f"a replica of 2 killed each second, 35% faulty; {engine}")
    left = stage.posts // len(stage.engine)
    number = 0
    while left > 0:
        size = min(left, A_RUN)
        await killed(dataclasses.replace(stage, seed=stage.seed + number), engine, row, size)
        left, number = left - size, number + 1
    return row


async def naive(stage: Stage) -> list[Row]:
    """Send, then mark, under the same harness as F1."""
    return list(await asyncio.gather(*(_naive(stage, engine) for engine in stage.engine)))


async def _naive(stage: Stage, engine: Engine) -> Row:
    row = Row("naive", f"send, then mark, as F1; {engine}", counts=False)
    await killed(stage, engine, row, min(360, stage.posts // len(stage.engine)), naive=True)
    row.note = f"{row.raw / row.posts:.0%} of posts duplicated"
    row.problems.clear()
    return row


# F2 -------------------------------------------------------------------------------------------------------------------


async def died_at(stage: Stage, engine: Engine, point: str, posts: int, times: int) -> Row:
    """Let processes die at one point."""
    row = Row("F2", f"killed at {point}; {engine}")
    async with stage.yard(engine) as yard:
        await yard.plant(posts, over=1.0)
        if point == "reconcile":
            yard.discord.fail(CREATE, "accepted-reset", times=posts)
            yard.slack.fail("chat.postMessage", "reset", times=posts // 2, accepted=True)
        if point == "sweep":
            yard.start(2)
            await yard.settle()
            await yard.stop()
            _copy_all(yard)
        yard.start(2, point=point, times=times)
        await asyncio.sleep(2.5)
        with contextlib.suppress(TimeoutError):
            await yard.until(lambda: yard.happened(point), 20, point)
        await finish(yard, row)
        if not yard.happened(point):
            row.problems.append("the point was never reached")
    return row


def _copy_all(yard: Yard) -> None:
    """Let every post stand twice, and the ledger ask for a sweep."""
    for place in yard.on_discord:
        for message in list(yard.discord.of_bot(place)):
            place.messages.append(message | {"id": str(yard.discord.clock.snowflake())})
    for room in yard.on_slack:
        for shown in yard.slack.posts(room.id):
            room.messages.append(dataclasses.replace(shown, ts=yard.slack.world.ts()))
    with yard.engine.begin() as db:
        db.execute(sa.update(posts).values(sweep_at=time.time()))


async def f2(stage: Stage) -> list[Row]:
    """Die at each point."""
    size = max(6, min(24, stage.posts // 100))
    rows: list[Row] = []
    for first in range(0, len(DEATHS), 3):
        some = [(engine, point) for point in DEATHS[first : first + 3] for engine in stage.engine]
        rows += await asyncio.gather(*(died_at(stage, engine, point, size, 2) for engine, point in some))
    return rows


# F3 -------------------------------------------------------------------------------------------------------------------


async def f3(stage: Stage) -> list[Row]:
    """Lose the answer to a post, in every way, on its first try."""
    return list(await asyncio.gather(*(_f3(stage, engine) for engine in stage.engine)))


async def _f3(stage: Stage, engine: Engine) -> Row:
    row = Row("F3", f"{len(DISCORD_LOST) + len(SLACK_LOST)} ways to lose the first answer; {engine}")
    async with stage.yard(engine) as yard:
        await yard.plant(2 * max(len(DISCORD_LOST), len(SLACK_LOST)), over=1.0)
        for place, kind in zip(yard.on_discord, DISCORD_LOST, strict=False):
            yard.discord.fail(f"POST /channels/{place.id}/messages", kind, seconds=30.0)  # type: ignore[arg-type]
        for room, (slack_kind, accepted) in zip(yard.on_slack, SLACK_LOST, strict=False):
            yard.slack.fail("chat.postMessage", slack_kind, channel=room.id, accepted=accepted, seconds=30.0)
        yard.start(1)
        await asyncio.sleep(2.5)
        seconds, done = await yard.settle()
        row.add(await asyncio.to_thread(judge, yard), seconds)
        if not done:
            row.problems.append("not settled")
    return row


# F4 -------------------------------------------------------------------------------------------------------------------


async def frozen(stage: Stage, engine: Engine, point: str, leases: float, posts: int) -> Row:
    """Freeze replicas at a point for so many leases."""
    row = Row("F4", f"frozen {leases:g} × lease, {point}; {engine}")
    async with stage.yard(engine) as yard:
        await yard.plant(posts, over=2.0)
        yard.start(2, point=point, times=max(2, posts // 24), share=0.2)
        yard.meanwhile(yard.thawing(leases * yard.pace.timing.lease))
        await yard.until(lambda: yard.happened(point), 15, "a freeze")
        await asyncio.sleep((leases + 1) * yard.pace.timing.lease)
        verdict = await finish(yard, row, frozen=True)
        row.note = f"{yard.happened(point)} freezes"
        if verdict.raw_discord:
            row.problems.append(f"{verdict.raw_discord} copies on Discord")
    return row


async def f4(stage: Stage) -> list[Row]:
    """Freeze for half a lease and for three, before the guard and after."""
    size = max(12, min(120, stage.posts // 25))
    ways = [(engine, point, leases) for engine in stage.engine for point in FREEZES for leases in (0.5, 3.0)]
    return list(await asyncio.gather(*(frozen(stage, engine, point, leases, size) for engine, point, leases in ways)))


# F5, F6 ---------------------------------------------------------------------------------------------------------------


async def f5(stage: Stage) -> list[Row]:
    """Take the right to read history away while a post is in doubt."""
    rows = []
    for engine in stage.engine[:1]:
        row = Row("F5", f"history empty or forbidden while a post is in doubt; {engine}")
        pace = stage.pace.but(resend_within=0.0, look_again=0.3)
        async with stage.yard(engine, pace=pace) as yard:
            await yard.plant(12, over=0.5)
            for place in yard.on_discord:
                yard.discord.forbid(place, Permission.READ_MESSAGE_HISTORY)
            yard.slack.team.scopes.discard("channels:history")
            yard.discord.fail(CREATE, "accepted-reset", times=len(yard.on_discord))
            yard.slack.fail("chat.postMessage", "reset", times=len(yard.on_slack), accepted=True)
            yard.start(2)
            await yard.until(lambda: yard.shown() >= 12, 20, "the doubtful posts")
            await yard.settle()
            verdict = await finish(yard, row, may_hold=True)
            if verdict.held != verdict.posts:
                row.problems.append(f"held are {verdict.held} of {verdict.posts}: {verdict.states}")
            if verdict.raw:
                row.problems.append(f"{verdict.raw} were sent again")
            told = await _told(yard, verdict.posts)
            if told < verdict.posts:
                row.problems.append(f"admins were told of {told} of {verdict.posts}")
            row.note = f"{told} notices to admins for {verdict.posts} posts"
        rows.append(row)
    return rows


async def _told(yard: Yard, wanted: int) -> int:
    """Return how many messages admins got, waiting a little for the last."""

    def count() -> int:
        direct = yard.discord.world.dm_with(yard.discord.world.alice)
        return len(direct.messages) + sum(
            sent.status == 200 and bool(sent.answer.get("ok"))
            for sent in yard.slack.calls("chat.postMessage")
            if not sent.payload.get("metadata")
        )

    with contextlib.suppress(TimeoutError):
        await yard.until(lambda: count() >= wanted, 10, "the sentences")
    return count()


async def f6(stage: Stage) -> list[Row]:
    """Come back after Discord forgot the nonce; have a moderator delete what stands in doubt."""
    return [await forgotten(stage), await moderated(stage, soon=True), await moderated(stage, soon=False)]


async def forgotten(stage: Stage) -> Row:
    """Die before recording, and come back when the nonce is no longer known."""
    row = Row("F6", "back after the nonce window; SQLite")
    async with stage.yard("SQLite", nonces=2.0, pace=stage.pace.but(resend_within=1.0)) as yard:
        await yard.plant(24, over=1.0)
        yard.start(2, point="before-record", times=4)
        await asyncio.sleep(3.0)
        await finish(yard, row)
        row.note = f"{yard.happened('before-record')} deaths before recording"
    return row


async def moderated(stage: Stage, *, soon: bool) -> Row:
    """Delete the message of a doubtful send: before the nonce window ends, or when only history can tell."""
    row = Row("F6", f"deleted by a moderator {'inside' if soon else 'after'} the nonce window; SQLite", counts=soon)
    pace = stage.pace.but(resend_within=stage.pace.resend_within if soon else 0.0)
    async with stage.yard("SQLite", nonces=9.0 if soon else 0.5, pace=pace) as yard:
        await yard.plant(12, over=0.5)
        yard.discord.fail(CREATE, "accepted-reset", times=len(yard.on_discord))

        async def moderate() -> None:
            done: set[int] = set()
            while True:
                for place in yard.on_discord:
                    if place.id not in done and yard.discord.of_bot(place):
                        done.add(place.id)
                        await yard.remove(place, yard.discord.of_bot(place)[0])
                await asyncio.sleep(0.02)

        yard.meanwhile(moderate())
        yard.start(2)
        await yard.until(lambda: len(yard.deleted) == len(yard.on_discord), 20, "the moderator's work")
        await yard.settle()
        verdict = await finish(yard, row)
        if soon and verdict.raw:
            row.problems.append(f"{verdict.raw} were posted again")
        if not soon:
            row.note = f"{verdict.raw} posted again: history cannot tell deleted from never sent"
    return row


# F8 -------------------------------------------------------------------------------------------------------------------


async def clock_wrong(stage: Stage, ahead: float, name: str) -> Row:
    """Put the replicas' clock wrong for a while, across the moment a post falls due."""
    row = Row("F8", f"clock {name} for 10 s; SQLite")
    async with stage.yard("SQLite") as yard:
        due = 20.0
        began = time.monotonic()
        await yard.plant(12, soon=due, over=0.5)
        await yard.plant(4, soon=0.5)
        yard.start(2, clock=True)
        await yard.until(lambda: yard.shown() == 4, 12, "the posts before the clock goes wrong")
        await asyncio.sleep(1.0)
        before = yard.shown()
        yard.weather(ahead=ahead)
        await asyncio.sleep(max(0.0, due - 1.0 - (time.monotonic() - began)))
        early = yard.shown() - before
        await asyncio.sleep(max(0.0, due + 2.0 - (time.monotonic() - began)))
        yard.weather(ahead=0.0)
        seconds, done = await yard.settle(CALM_SECONDS)
        verdict = await asyncio.to_thread(judge, yard)
        verdict.problems = [problem for problem in verdict.problems if "before its intent" not in problem]
        row.add(verdict, seconds)
        row.note = f"{early} posted early"
        if not done:
            row.problems.append(f"not settled within {CALM_SECONDS:g} s of the clock being right again")
        elif seconds > 10:
            row.problems.append(f"caught up only after {seconds:.0f} s")
        if early:
            row.problems.append(f"{early} posted early")
    return row


async def f8(stage: Stage) -> list[Row]:
    """Put the clock an hour and a day wrong, either way."""
    wrong = {"+1 h": 3600.0, "-1 h": -3600.0, "+1 day": 86_400.0, "-1 day": -86_400.0}
    return list(await asyncio.gather(*(clock_wrong(stage, ahead, name) for name, ahead in wrong.items())))


# F9 -------------------------------------------------------------------------------------------------------------------


async def f9(stage: Stage) -> list[Row]:
    """Take the database away: restarts and cut connections of PostgreSQL, a foreign lock on SQLite."""
    rows = []
    size = max(24, min(240, stage.posts // 12))
    if "PostgreSQL" in stage.engine:
        cut = Row("F9", "every connection cut 6 ×, 35% faulty; PostgreSQL")
        async with stage.yard("PostgreSQL", faults=0.35) as yard:
            await yard.plant(size, over=9.0)
            yard.start(2)
            for _ in range(6):
                await asyncio.sleep(1.6)
                await stage.engines.cut()
            await finish(yard, cut)
        rows.append(cut)
    if isinstance(stage.engines, OwnEngines):
        restarted = Row("F9", "server restarted -m immediate 6 ×, 35% faulty; PostgreSQL")
        async with stage.yard("PostgreSQL", faults=0.35) as yard:
            await yard.plant(size, over=14.0)
            yard.start(2)
            for _ in range(6):
                await asyncio.sleep(2.0)
                await stage.engines.restart()
            await finish(yard, restarted)
        rows.append(restarted)
    locked = Row("F9", "locked 8 s by another program, 35% faulty; SQLite")
    async with stage.yard("SQLite", faults=0.35) as yard:
        await yard.plant(size, over=8.0)
        yard.start(2)
        await asyncio.sleep(3.0)
        other = sqlite3.connect(_file(yard), isolation_level=None, timeout=10)
        other.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(8.0)
        other.execute("ROLLBACK")
        other.close()
        await finish(yard, locked)
    return [*rows, locked]


def _file(yard: Yard) -> Path:
    return Path(str(sa.make_url(yard.database).database))


# F10 ------------------------------------------------------------------------------------------------------------------


async def f10(stage: Stage) -> list[Row]:
    """Fill the disk, forbid writing, break a page."""
    rows = list(await asyncio.gather(disk(stage, "full"), disk(stage, "read-only")))
    return [*rows, await _corrupt(stage)]


async def disk(stage: Stage, state: str) -> Row:
    row = Row("F10", f"disk {state} for 6 s; SQLite")
    async with stage.yard("SQLite") as yard:
        await yard.plant(max(24, min(120, stage.posts // 25)), over=8.0)
        yard.start(2)
        await asyncio.sleep(3.0)
        yard.weather(disk=state)
        await asyncio.sleep(1.5)
        before = yard.shown()
        await asyncio.sleep(4.5)
        during = yard.shown() - before
        yard.weather()
        await finish(yard, row)
        row.note = f"{during} sent meanwhile"
        if during:
            row.problems.append(f"{during} were sent while nothing could be written")
    return row


async def _corrupt(stage: Stage) -> Row:
    row = Row("F10", "a page corrupted, then the backup put in place; SQLite")
    async with stage.yard("SQLite") as yard:
        await yard.plant(12, over=0.5)
        await yard.plant(12, soon=10.0)
        kept = yard.folder / "kept.db"
        await asyncio.to_thread(_back_up, yard.database, kept)
        yard.start(2)
        await yard.settle(count=12, sweeps=False)
        await yard.stop()
        _spoil(_file(yard))
        yard.start(2)
        before = yard.shown()
        await asyncio.sleep(14.0)
        await yard.stop()
        during = yard.shown() - before
        complained = "malformed" in yard.log() or "damaged" in yard.log()
        row.note = f"{during} sent on the damaged file; {await asyncio.to_thread(_put_back, kept, yard)}"
        yard.start(2)
        await asyncio.sleep(4.0)
        await finish(yard, row, restored=True)
        if during:
            row.problems.append(f"{during} were sent with a damaged ledger")
        if not complained:
            row.problems.append("no sentence said that the database is damaged")
    return row


def _spoil(file: Path) -> None:
    """Overwrite every page behind the schema's first with noise."""
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = int(db.execute("PRAGMA page_size").fetchone()[0])
        root = int(db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'posts'").fetchone()[0])
    with file.open("r+b") as raw:
        raw.seek((root - 1) * size)
        raw.write(b"\xa5" * size)


def _put_back(kept: Path, yard: Yard) -> str:
    """Restore a backup, over the damaged file if that can be done, else in its place; say which."""
    with MIGRATING:
        try:
            restore(kept, yard.database)
        except OperatorError:
            for end in ("", "-wal", "-shm"):
                _file(yard).with_name(_file(yard).name + end).unlink(missing_ok=True)
            restore(kept, yard.database)
            return "the damaged file had to be moved away first"
    return "restored over the damaged file"


# F11 ------------------------------------------------------------------------------------------------------------------


RESTORED = {
    "sent": "posts sent since it",
    "missed": "posts missed while down",
    "later": "posts due later, both left running",
}


async def f11(stage: Stage) -> list[Row]:
    """Restore yesterday's backup and start two deployments on it."""
    return list(await asyncio.gather(*(restored_twice(stage, which) for which in RESTORED)))


async def restored_twice(stage: Stage, which: str) -> Row:
    """Start two deployments, each on its own copy of a backup from before the posts."""
    row = Row("F11", f"2 deployments on a restored backup: {RESTORED[which]}; SQLite", counts=which != "later")
    soon = 8.0 if which == "later" else 1.0
    async with stage.yard("SQLite") as yard:
        await yard.plant(24, soon=soon)
        kept = yard.folder / "kept.db"
        await asyncio.to_thread(_back_up, yard.database, kept)
        if which == "sent":
            yard.start(2)
            await asyncio.sleep(1.0)
            await yard.settle()
            await yard.stop()
        elif which == "missed":
            await asyncio.sleep(2.0)
        first, second = yard.folder / "first.db", yard.folder / "second.db"
        for place in (first, second):
            shutil.copyfile(kept, place)
            _forget_tick(place)
        yard.engine.dispose()
        yard.database = f"sqlite:///{first}"
        yard.engine = sa.create_engine(yard.database, poolclass=sa.NullPool)
        yard.start(1)
        yard.start(1, database=f"sqlite:///{second}")
        await asyncio.sleep(soon + 2.0)
        await yard.settle()
        if which != "sent":
            await asyncio.sleep(yard.pace.sweep_after + yard.pace.timing.sweep_again)
        verdict = await finish(yard, row, frozen=True, restored=True)
        row.note = f"{verdict.raw_discord} copies on Discord"
        if which == "later":
            row.note = f"{verdict.left} stand twice: nothing tells a deployment of another's database"
    return row


def _back_up(url: str, kept: Path) -> None:
    with MIGRATING:
        backup(url, kept)


def _forget_tick(file: Path) -> None:
    """Do to a copied backup what `restore` does: forget when delivery last looked."""
    engine = sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool)
    with engine.begin() as db:
        db.execute(kv.delete().where(kv.c.key == LAST_TICK))
    engine.dispose()


# F12 ------------------------------------------------------------------------------------------------------------------


async def storm(stage: Stage, replicas: int) -> Row:
    """Answer 429 in each scope; a second replica cannot hear of a global one that the first was told of."""
    row = Row("F12", f"429 per route, global, shared; replicas: {replicas}; SQLite", counts=replicas == 1)
    async with stage.yard("SQLite") as yard:
        await yard.plant(24, over=1.0)
        for number, kind in enumerate(("429", "429-shared") * 3):
            place = yard.on_discord[2 * number]
            yard.discord.fail(f"POST /channels/{place.id}/messages", kind, times=2, retry_after=1.0)  # type: ignore[arg-type]
        # Apart from the others: discord.py's own second tries do not wait for a global limit that came meanwhile.
        await yard.plant(24, soon=6.0, over=1.0)
        yard.discord.fail(f"POST /channels/{yard.on_discord[15].id}/messages", "429-global", retry_after=1.0)
        for room in yard.on_slack[::3]:
            yard.slack.fail("chat.postMessage", "429", times=2, channel=room.id, retry_after=1)
        yard.start(replicas)
        await asyncio.sleep(7.5)
        seconds, _ = await yard.settle()
        row.add(await asyncio.to_thread(judge, yard), seconds)
        row.note = f"{yard.discord.invalid_requests} invalid requests"
        if replicas > 1:
            row.note += f", {len(yard.discord.violations)} requests during a wait the other replica was told of"
        if yard.discord.invalid_requests >= 100:
            row.problems.append(f"{yard.discord.invalid_requests} invalid requests")
    return row


async def f12(stage: Stage) -> list[Row]:
    """Limit rates in every way, some for an hour, and ban the address."""
    return list(await asyncio.gather(storm(stage, 1), storm(stage, 2), _hour(stage), _banned(stage)))


async def _hour(stage: Stage) -> Row:
    hour = Row("F12", "Retry-After 3600 in two channels, others on time, then all; SQLite")
    async with stage.yard("SQLite") as yard:
        await yard.plant(48, over=2.0)
        put_off = (yard.on_discord[3], yard.on_slack[3])
        yard.discord.fail(f"POST /channels/{put_off[0].id}/messages", "429", times=1, retry_after=3600.0)
        yard.slack.fail("chat.postMessage", "429", times=1, channel=put_off[1].id, retry_after=3600)
        yard.start(2)
        began = time.monotonic()
        with contextlib.suppress(TimeoutError):
            await yard.until(lambda: yard.shown() == 46, 20, "the others")
        hour.note = f"the other 46 after {time.monotonic() - began:.1f} s"
        if yard.shown() != 46:
            hour.problems.append(f"{yard.shown()} of the other 46 stood after 20 s")
        await asyncio.sleep(3.0)
        with yard.engine.begin() as db:
            waiting = (
                db.execute(sa.select(posts.c.next_at - time.time()).where(posts.c.state != "sent")).scalars().all()
            )
        if len(waiting) != 2 or min(waiting) < 3500:
            hour.problems.append(f"put off by {[round(one) for one in waiting]} s instead of an hour")
        await _pass_time(yard)
        yard.start(2)
        await finish(yard, hour, resent=frozenset({put_off[1].id}))
    return hour


async def _banned(stage: Stage) -> Row:
    ban = Row("F12", "Cloudflare's HTML, 429 and 403; Slack's HTML; SQLite")
    async with stage.yard("SQLite") as yard:
        await yard.plant(24, over=1.0)
        yard.discord.fail(CREATE, "cloudflare-429", times=4, retry_after=2.0)
        yard.discord.fail(CREATE, "cloudflare-403", times=2)
        yard.slack.fail("chat.postMessage", "html", times=4)
        yard.start(2)
        with contextlib.suppress(TimeoutError):
            await yard.until(lambda: yard.shown() >= 18, 20, "the others")
        await asyncio.sleep(3.0)
        ban.note = f"{yard.discord.invalid_requests} invalid requests, {yard.shown()} of 24 at once"
        if yard.shown() < 18:
            ban.problems.append(f"{yard.shown()} of the other 18 stood")
        await _pass_time(yard)
        yard.start(2)
        await finish(yard, ban)
    return ban


# F21 ------------------------------------------------------------------------------------------------------------------


async def threads(stage: Stage, engine: Engine, point: str, posts: int) -> Row:
    """Cut the connection while a thread is opened, and let processes die before it is, or before it is recorded."""
    row = Row("F21", f"threads cut off, and killed at {point}; {engine}", runs=1, posts=posts)
    async with stage.yard(engine) as yard:
        await yard.plant(posts, over=1.0, thread=True)
        for number, kind in enumerate(("reset", "accepted-reset", "500", "accepted-500")):
            place = yard.on_discord[number]
            yard.discord.fail(f"POST /channels/{place.id}/messages/*/threads", kind)  # type: ignore[arg-type]
        yard.start(2, point=point, times=2, share=0.5)
        await asyncio.sleep(2.5)
        with contextlib.suppress(TimeoutError):
            await yard.until(lambda: yard.happened(point) >= 2, 20, point)
        with contextlib.suppress(TimeoutError):
            await yard.until(lambda: all(count == 1 for count in _threads(yard)), CALM_SECONDS, "the threads")
        counts = _threads(yard)
        row.lost, row.left = counts.count(0), sum(count > 1 for count in counts)
        row.problems += [f"{row.lost} posts have no thread"] if row.lost else []
        row.problems += [f"{row.left} posts have two threads"] if row.left else []
        row.problems += [] if yard.happened(point) else ["the point was never reached"]
    return row


def _threads(yard: Yard) -> list[int]:
    """Return how many threads stand under each channel's post."""
    known = [each.parent.id for each in yard.discord.world.guild.channels if each.parent]
    on_slack = [[each.thread_ts not in {"", each.ts} for each in yard.slack.posts(room.id)] for room in yard.on_slack]
    return [*(known.count(place.id) for place in yard.on_discord), *map(sum, on_slack)]


async def f21(stage: Stage) -> list[Row]:
    """Lose threads under daily posts."""
    points = ("recorded", "thread")
    return list(
        await asyncio.gather(*(threads(stage, engine, point, 24) for engine in stage.engine for point in points))
    )


# F22 ------------------------------------------------------------------------------------------------------------------


async def announced(stage: Stage, engine: Engine, posts: int) -> Row:
    """Announce a new episode with two replicas, one killed each second, a third of the answers faulty."""
    row = Row("F22", f"a new episode, a replica of 2 killed each second, 35% faulty; {engine}")
    async with stage.yard(engine, faults=0.35) as yard:
        await yard.plant(posts, episode=True)
        yard.start(2, episode_at=time.time() + 1.0)
        yard.meanwhile(yard.killing())
        await asyncio.sleep(max(4.0, posts / 30))
        await finish(yard, row)
    return row


async def f22(stage: Stage) -> list[Row]:
    """Announce an episode under the faults of F1."""
    posts = min(A_RUN, stage.posts // len(stage.engine))
    return list(await asyncio.gather(*(announced(stage, engine, posts) for engine in stage.engine)))


# Speed ----------------------------------------------------------------------------------------------------------------


async def speed(stage: Stage) -> list[Row]:
    """Post as fast as it goes: one replica and two, with the platforms' rate limits off and on."""
    rows = []
    for engine in stage.engine:
        for limits in (False, True):
            rows.append(await _fast(stage, engine, 1, limits=limits))
            rows.append(await _fast(stage, engine, 2, limits=limits))
    return rows


async def _fast(stage: Stage, engine: Engine, replicas: int, *, limits: bool) -> Row:
    row = Row("speed", f"replicas: {replicas}, rate limits {'on' if limits else 'off'}; {engine}", counts=False)
    count = max(40, min(400, stage.posts // 7))
    async with stage.yard(engine, limits=limits) as yard:
        await yard.plant(count, soon=4.0)
        yard.start(replicas)
        await yard.until(yard.shown, 30, "the first post")
        began = time.monotonic()
        with contextlib.suppress(TimeoutError):
            await yard.until(lambda: yard.shown() >= count, 60, "the last post")
        seconds = time.monotonic() - began
        await finish(yard, row)
        row.problems = [problem for problem in row.problems if "429" not in problem]
        row.note = f"{yard.shown() / seconds:.0f} posts/s, {yard.discord.invalid_requests} × 429"
    return row


async def _pass_time(yard: Yard) -> None:
    """End the replicas and let every wait be over, as if the hour had passed."""
    await yard.stop()
    with yard.engine.begin() as db:
        db.execute(sa.update(posts).where(posts.c.state != "sent").values(next_at=time.time(), lease_until=None))
    yard.discord.wire.waits = Waits()
    for sent in yard.slack.requests:
        sent.answer |= {"past": sent.status == 429}


CASES: dict[str, Case] = {
    "F1": f1,
    "naive": naive,
    "F2": f2,
    "F3": f3,
    "F4": f4,
    "F5": f5,
    "F6": f6,
    "F8": f8,
    "F9": f9,
    "F10": f10,
    "F11": f11,
    "F12": f12,
    "F21": f21,
    "F22": f22,
    "speed": speed,
}
"""The cases by their number; a case of inbound events or leases joins by being put here."""
