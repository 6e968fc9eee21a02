"""A run: both platforms here, replicas as processes, channels whose post falls due, and what is done to all of them."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.contract import Channel
from bot.settings import ROOT
from bot.store import LAST_TICK, ChannelSettings, open_store
from bot.store.tables import audit, channels, kv, posts
from tests.faults.pace import SCALED, Pace
from tests.faults.points import CALM
from tests.faults.weather import put_weather
from tests.faults.worker import Order
from tests.local_discord import LocalDiscord
from tests.local_slack import Channel as SlackChannel
from tests.local_slack import LocalSlack

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from tests.local_discord import Channel as DiscordChannel

MIGRATING = threading.Lock()
SLACK_ADMIN = "U0ADMIN"
RESTART_SECONDS = 0.1
LOOK_SECONDS = 0.1
HALF_A_DAY = 43_200
OPEN = ("pending", "sending", "unknown")
STALL_SECONDS = 4.0
"""Longer than a send may take at the scaled pace, so that a stall is felt as one."""

NONCES_KNOWN = 9.0
"""How long the local Discord knows a nonce: three minutes at the scaled pace."""


class Nursery:
    """The process that forks replicas; see the worker."""

    def __init__(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.faults.worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(self, order: Order) -> int:
        """Start a replica; return its process id."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(dataclasses.asdict(order)) + "\n")
        self._process.stdin.flush()
        pid: int = json.loads(self._process.stdout.readline())["pid"]
        return pid

    def close(self) -> None:
        """End it; replicas that still live end with it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


def make_schema(url: str) -> None:
    """Bring a database up to date; one at a time, because Alembic's context is the process's."""
    with MIGRATING:
        open_store(url).close()


def alive(pid: int) -> bool:
    """Say whether a process lives."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass
class Replica:
    """One place for a replica: whenever its process dies another takes its place, until `stop`."""

    nursery: Nursery
    order: Order
    pid: int = 0
    born: int = 0
    _keeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start it and keep it alive."""
        self._keeping = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        while True:
            self.pid = self.nursery.fork(self.order)
            self.born += 1
            while alive(self.pid):  # noqa: ASYNC110 - not our child, so it cannot be waited for
                await asyncio.sleep(LOOK_SECONDS / 2)
            await asyncio.sleep(RESTART_SECONDS)

    def kill(self) -> None:
        """Kill its process as a power cut would; another takes its place."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def stop(self) -> None:
        """End it for good."""
        if self._keeping:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        self.kill()
        for _ in range(100):
            if not self.pid or not alive(self.pid):
                return
            await asyncio.sleep(0.02)


@dataclass
class Yard:
    """Everything of one run; an async context."""

    nursery: Nursery
    database: str
    pace: Pace = SCALED
    faults: float = 0.0
    seed: int = 7
    nonces: float = NONCES_KNOWN
    limits: bool = False
    discord: LocalDiscord = field(default_factory=lambda: LocalDiscord(validates=False))
    slack: LocalSlack = field(default_factory=LocalSlack)
    replicas: list[Replica] = field(default_factory=list)
    deleted: dict[str, int] = field(default_factory=dict)
    on_discord: list[DiscordChannel] = field(default_factory=list)
    on_slack: list[SlackChannel] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        """Start the platforms."""
        self._temporary = tempfile.TemporaryDirectory(prefix="faults", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        self.engine = sa.create_engine(self.database, poolclass=sa.NullPool)
        self._tasks: list[asyncio.Task[None]] = []
        await self.discord.start()
        await self.slack.__aenter__()
        self.discord.nonce_window = self.nonces
        self.discord.faults.stall = STALL_SECONDS
        self.discord.wire.buckets.on = self.limits
        if self.limits:
            self.slack.api.seconds_a_message = 1.0
        self.storm(self.faults)
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the replicas and the platforms."""
        await self.rest()
        for replica in self.replicas:
            await replica.stop()
        await self.slack.__aexit__()
        await self.discord.stop()
        self.engine.dispose()
        self._temporary.cleanup()

    # The world ----------------------------------------------------------------------------------------------------

    async def plant(  # noqa: PLR0913 - what may differ between channels
        self,
        count: int,
        *,
        over: float = 0.0,
        soon: float = 1.0,
        ticked: bool = True,
        ago: float = 0.0,
        thread: bool = False,
        episode: bool = False,
    ) -> None:
        """Add so many channels, half on each platform, whose post falls due from `soon` seconds on, within `over`.

        `ticked` notes that delivery looked a moment ago, so that nothing counts as late; `ago` puts the due moments
        back by so much; `thread` asks for one under each post; with `episode` it is an announcement and no quote.
        """
        world, now = self.discord.world, time.time()
        tag = secrets.token_hex(3)
        rows = []
        for number in range(count):
            due = now + soon + over * number / max(1, count) - ago
            if number % 2:
                place = world.add_channel(world.guild, f"d{tag}{number}")
                self.on_discord.append(place)
                where = ("discord", str(world.guild.id), str(place.id))
            else:
                team = self.slack.team
                made = SlackChannel(f"C{tag}{number:05d}".upper(), f"s{tag}{number}", team.id, {team.bot_user})
                self.slack.world.channels[made.id] = made
                self.on_slack.append(made)
                where = ("slack", team.id, made.id)
            rows.append(_channel_row(where, due, thread=thread, episode=episode))
        admins = {"discord": str(world.alice.id), "slack": SLACK_ADMIN}
        told = [
            {name: row[name] for name in ("platform", "tenant", "ref")}
            | {"member": admins[row["platform"]], "at": now, "change": "daily on"}
            for row in rows
        ]
        await asyncio.to_thread(make_schema, self.database)
        with self.engine.begin() as db:
            db.execute(channels.insert(), rows)
            db.execute(audit.insert(), told)
            db.execute(kv.delete().where(kv.c.key == LAST_TICK))
            if ticked:
                db.execute(kv.insert().values(key=LAST_TICK, value=repr(now)))

    def start(self, count: int = 2, database: str = "", **told: Any) -> Sequence[Replica]:
        """Start replicas; `told` are fields of their order."""
        order = Order(
            database=database or self.database,
            folder=str(self.folder),
            discord=self.discord.api_base,
            discord_token=self.discord.token,
            slack=self.slack.api_base,
            slack_token=self.slack.bot_token,
            pace=told.pop("pace", self.pace).told(),
            seed=self.seed,
            gateway=self.discord.gateway_url,
            slack_app_token=self.slack.app_token,
            **told,
        )
        made = [Replica(self.nursery, order) for _ in range(count)]
        for replica in made:
            replica.start()
        self.replicas.extend(made)
        return made

    async def stop(self) -> None:
        """End every replica."""
        for replica in self.replicas:
            await replica.stop()
        self.replicas.clear()

    # The nemesis --------------------------------------------------------------------------------------------------

    def storm(self, share: float) -> None:
        """Let that share of posts and history reads fail."""
        self.discord.faults.at_random(share, self.seed)
        self.slack.faults.mix(share, self.seed)

    def meanwhile(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something to the run until it rests."""
        self._tasks.append(asyncio.create_task(work))

    async def killing(self, every: float = 1.0) -> None:
        """Kill a replica each so many seconds, in turn."""
        turn = 0
        while True:
            await asyncio.sleep(every)
            self.replicas[turn % len(self.replicas)].kill()
            turn += 1

    async def thawing(self, seconds: float) -> None:
        """Let each replica that froze itself go on after so many seconds."""
        seen: set[Path] = set()
        waking: list[asyncio.Task[None]] = []
        try:
            while True:
                for mark in set(self.folder.glob("*-guard.*")) - seen:
                    seen.add(mark)
                    waking.append(asyncio.create_task(_wake(mark, seconds)))
                await asyncio.sleep(LOOK_SECONDS / 2)
        finally:
            for mark in self.folder.glob("*-guard.*"):
                _go_on(mark)
            for task in waking:
                task.cancel()

    async def rest(self) -> None:
        """End what is done to the run, and every fault of the platforms; who is frozen goes on."""
        (self.folder / CALM).touch()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self.storm(0.0)
        self.discord.faults.rules.clear()
        self.slack.faults.asked.clear()

    def weather(self, **told: Any) -> None:
        """Spoil the replicas' clock or disk; see `put_weather`."""
        put_weather(self.folder / "weather.json", **told)

    async def remove(self, place: DiscordChannel, message: dict[str, Any]) -> None:
        """Delete a message on Discord, as a moderator would."""
        self.deleted[str(place.id)] = self.deleted.get(str(place.id), 0) + 1
        await self.discord.remove_message(place, message)

    # Looking ------------------------------------------------------------------------------------------------------

    def happened(self, point: str) -> int:
        """Return how often a point was reached for good."""
        return len(list(self.folder.glob(f"{point}.*")))

    def shown(self) -> int:
        """Return how many of the bot's messages stand."""
        return sum(len(self.discord.of_bot(place)) for place in self.on_discord) + sum(
            len(self.slack.posts(place.id)) for place in self.on_slack
        )

    async def until(self, is_so: Any, seconds: float, what: str) -> None:
        """Wait until something holds; TimeoutError when it does not in time."""
        ends = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > ends:
                message = f"{what} did not come within {seconds:g} s"
                raise TimeoutError(message)
            await asyncio.sleep(LOOK_SECONDS)

    async def settle(self, seconds: float = 60.0, *, sweeps: bool = True, count: int = 0) -> tuple[float, bool]:
        """Wait until every post has its end and no sweep is due; return the seconds until the ends, and whether."""
        began = time.monotonic()
        ended: float | None = None
        wanted = count or len(self.on_discord) + len(self.on_slack)
        while True:
            counts = await asyncio.to_thread(self._counts)
            took = time.monotonic() - began
            if counts is not None:
                done, still_open, sweeping = counts
                if done >= wanted and not still_open:
                    ended = took if ended is None else ended
                    if not sweeping or not sweeps:
                        return ended, True
                else:
                    ended = None
            if took > seconds + (0 if ended is None else 30):
                return ended or took, ended is not None
            await asyncio.sleep(2 * LOOK_SECONDS)

    def _counts(self) -> tuple[int, int, int] | None:
        is_open = posts.c.state.in_(OPEN)
        asked = sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(sa.case((is_open, 1), else_=0)), 0),
            sa.func.count(posts.c.sweep_at),
        ).select_from(posts)
        try:
            with self.engine.begin() as db:
                found = db.execute(asked).one()
        except SQLAlchemyError:
            return None
        return int(found[0]), int(found[1]), int(found[2])

    def log(self) -> str:
        """Return what the replicas wrote."""
        path = self.folder / "workers.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""


def _channel_row(where: tuple[str, str, str], due: float, *, thread: bool, episode: bool) -> dict[str, Any]:
    """Return a channel's row: the post of today at `due`, the next one half a day or more later; or what came since."""
    platform, tenant, ref = where
    settings = ChannelSettings(
        Channel(platform, ref, tenant),
        daily=not episode,
        episodes_since=0.0 if episode else None,
        thread=thread,
        time=time.strftime("%H:%M", time.gmtime(due + HALF_A_DAY)),
        next_date=time.strftime("%Y-%m-%d", time.gmtime(due)),
        next_at=due,
    )
    names = {column.name for column in channels.columns} - {"id", "platform", "tenant", "ref"}
    values = {name: getattr(settings, name) for name in names}
    return {"platform": platform, "tenant": tenant, "ref": ref, **values, "shows": []}


async def _wake(mark: Path, seconds: float) -> None:
    await asyncio.sleep(seconds)
    _go_on(mark)


def _go_on(mark: Path) -> None:
    with contextlib.suppress(ProcessLookupError, ValueError):
        os.kill(int(mark.read_text("utf-8")), signal.SIGCONT)
