"""PostgreSQL behind a pooler that gives each transaction another connection, as PgBouncer does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import struct
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from bot.contract import Channel
from bot.errors import StoreError
from bot.store import ChannelSettings, Planned, Store, open_store
from bot.store import database as database_module
from bot.store.database import connect
from tests.databases import empty_database

if sys.platform != "win32":
    import pwd

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterator


SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
REFUSED = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0"


class Pooler:
    """Passes connections on to a server; one that asks for `options` is refused, or they are left out.

    `named` counts the statements that a client prepared by name, which no later transaction would know.
    """

    def __init__(self, socket: str, *, refuses: bool) -> None:
        self.socket, self.refuses, self.named, self.port = socket, refuses, 0, 0
        self._links: set[asyncio.Task[Any]] = set()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            await asyncio.sleep(0)
            for link in self._links:
                link.cancel()
            await asyncio.gather(*self._links, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._links.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._link(reader, writer)
        finally:
            await _closed(writer)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            (size,) = struct.unpack("!I", await reader.readexactly(4))
            asked = await reader.readexactly(size - 4)
            if struct.unpack("!I", asked[:4])[0] not in {SSL_REQUEST, GSS_REQUEST}:
                break
            writer.write(b"N")
        words = asked[4:].split(b"\0")
        given = dict(zip(words[::2], words[1::2], strict=False))
        if given.pop(b"options", None) is not None and self.refuses:
            writer.write(b"E" + struct.pack("!I", len(REFUSED) + 4) + REFUSED)
            await writer.drain()
            return
        body = asked[:4] + b"".join(name + b"\0" + value + b"\0" for name, value in given.items() if name) + b"\0"
        from_server, to_server = await asyncio.open_unix_connection(self.socket)
        to_server.write(struct.pack("!I", len(body) + 4) + body)
        back = asyncio.create_task(_pour(from_server, writer))
        try:
            while True:
                head = await reader.readexactly(5)
                rest = await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
                self.named += head[:1] == b"P" and not rest.startswith(b"\0")
                to_server.write(head + rest)
                await to_server.drain()
        finally:
            back.cancel()
            await asyncio.wait({back})
            await _closed(to_server)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


@pytest.mark.parametrize("refuses", [True, False])
async def test_behind_a_pooler_statements_keep_to_their_time_and_none_is_prepared_for_later(
    postgresql: str, *, refuses: bool
) -> None:
    url = sa.make_url(empty_database(postgresql))
    pooler = Pooler(f"{url.query['host']}/.s.PGSQL.{url.port or 5432}", refuses=refuses)
    async with pooler.open():
        there = url.set(host="127.0.0.1", port=pooler.port, query={}).render_as_string(hide_password=False)
        store = await asyncio.to_thread(open_store, there)
        for number in range(12):
            await store.kv.put("name", str(number))
        assert await store.kv.get("name") == "11"
        await asyncio.to_thread(store.close)
        database = await asyncio.to_thread(connect, there)
        asked = sa.text("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        limits = [tuple(await door(lambda db: db.execute(asked).one())) for door in (database.read, database.write)]
        await asyncio.to_thread(database.close)
    assert limits == [("10s", "10s")] * 2
    assert pooler.named == 0


PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")

SETTINGS = """
[databases]
{name} = host={host} port={server} user={user}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
logfile = {folder}/log
pidfile = {folder}/pid
{run_as}
"""
"""The fewest that PgBouncer needs; `options` at the start of a connection is refused, as it is by default."""


class PgBouncer:
    """PgBouncer itself, in front of one database, with fewer connections than two processes of ours ask for."""

    def __init__(self, folder: Path, url: sa.URL) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        host = str(url.query["host"])
        server = url.port or 5432
        owner = pwd.getpwuid(Path(f"{host}/.s.PGSQL.{server}").stat().st_uid).pw_name
        # It will not run as root; whoever runs PostgreSQL gets to its socket.
        self._as = owner if os.geteuid() == 0 else ""
        run_as = f"user = {self._as}" if self._as else ""
        self.settings = folder / "pgbouncer.ini"
        self.settings.write_text(
            SETTINGS.format(
                name=url.database,
                host=host,
                server=server,
                user=url.username,
                port=self.port,
                folder=folder,
                run_as=run_as,
            ),
            "utf-8",
        )
        if self._as:
            shutil.chown(folder, self._as)
        self.url = url.set(host="127.0.0.1", port=self.port, query={}).render_as_string(hide_password=False)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        assert PGBOUNCER
        self._process = await asyncio.create_subprocess_exec(
            PGBOUNCER, "-q", str(self.settings), stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    await _closed(writer)
                    return
                assert self._process.returncode is None, (self.settings.parent / "log").read_text("utf-8")
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        assert self._process
        self._process.kill()
        await self._process.wait()


@pytest.fixture
def reachable() -> Iterator[Path]:
    """Make a folder whose path another user can walk, as pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="pgbouncer") as folder:
        yield Path(folder)


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed here (Debian's package pgbouncer)")
async def test_behind_pgbouncer_itself_two_replicas_share_posts_and_leases_through_its_death(
    postgresql: str, reachable: Path
) -> None:
    pooler = PgBouncer(reachable, sa.make_url(empty_database(postgresql)))
    await pooler.start()
    stores = [await asyncio.to_thread(open_store, pooler.url) for _ in range(2)]
    one, other = stores
    try:
        rooms = [Channel("slack", f"C{number}", "T1") for number in range(40)]
        for room in rooms:
            await one.channels.save(ChannelSettings(room, daily=True), "U1", "on", 1.0)
        known = await one.channels.of_tenant(rooms[0])
        await one.posts.plan([Planned(each, "2026-12-01", 1.0, None, None) for each in known])

        async def claimed(store: Store, owner: str) -> list[int]:
            taken: list[int] = []
            while rows := await store.posts.claim(10.0, owner, 30.0, 3, ("slack",)):
                taken += [row.id for row in rows]
            return taken

        shares = await asyncio.gather(claimed(one, "one"), claimed(other, "other"))
        assert len(set(shares[0]) | set(shares[1])) == len(shares[0]) + len(shares[1]) == len(rooms)
        held = await asyncio.gather(one.leases.hold("x", "one", 30.0), other.leases.hold("x", "other", 30.0))
        assert sum(fence is not None for fence in held) == 1

        await pooler.kill()
        with pytest.raises(StoreError):
            await one.kv.put("name", "lost")
        await pooler.start()
        await one.kv.put("name", "again")
        assert await other.kv.get("name") == "again"
    finally:
        for store in stores:
            await asyncio.to_thread(store.close)
        await pooler.kill()


def test_without_a_pooler_the_limits_cost_no_statement(postgresql: str) -> None:
    database = connect(empty_database(postgresql))
    asked: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with database.engine.begin() as db:
        limits = db.execute(sa.text("SELECT current_setting('statement_timeout')")).scalar()
    database.close()
    assert limits == "10s"
    assert len(asked) == 1


def silent(store: Store, count: int) -> list[Awaitable[object]]:
    """Ask the database so often for what takes it a second."""
    slow = sa.text("SELECT pg_sleep(1)")
    return [store.kv._db.read(lambda db: db.scalar(slow)) for _ in range(count)]  # noqa: SLF001 - a slow statement


async def test_a_database_that_falls_silent_is_said_within_bounds_and_used_again_afterwards(
    postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "LONGEST_SILENCE", 0.3)
    store = open_store(empty_database(postgresql))
    told = await asyncio.gather(*silent(store, 6), return_exceptions=True)
    assert [str(error) for error in told] == ["no answer for 0 s"] * 6
    monkeypatch.setattr(database_module, "LONGEST_SILENCE", 5.0)
    await store.kv.put("name", "again")
    assert await store.kv.get("name") == "again"
    await asyncio.to_thread(store.close)


async def test_work_that_had_not_begun_when_the_database_fell_silent_is_never_done(
    postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "LONGEST_SILENCE", 0.3)
    store = open_store(empty_database(postgresql))
    told = await asyncio.gather(*silent(store, 4), store.kv.put("name", "late"), return_exceptions=True)
    assert all(isinstance(error, StoreError) for error in told)
    monkeypatch.setattr(database_module, "LONGEST_SILENCE", 5.0)
    assert await store.kv.get("name") is None
    await asyncio.to_thread(store.close)


async def test_while_a_database_is_silent_nobody_waits_long_again(
    postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(empty_database(postgresql))
    silent = sa.text("SELECT pg_sleep(1)")
    monkeypatch.setattr(database_module, "LONGEST_SILENCE", 0.2)
    asked = [store.kv._db.read(lambda db: db.scalar(silent)) for _ in range(4)]  # noqa: SLF001 - a slow statement
    assert all(isinstance(error, StoreError) for error in await asyncio.gather(*asked, return_exceptions=True))
    monkeypatch.setattr(database_module, "LONGEST_SILENCE", 60.0)
    monkeypatch.setattr(database_module, "WHILE_SILENT", 0.1)
    with pytest.raises(StoreError, match="no answer for"):
        await store.kv.get("name")
    monkeypatch.setattr(database_module, "WHILE_SILENT", 30.0)
    await store.kv.put("name", "again")
    assert await store.kv.get("name") == "again"
    await asyncio.to_thread(store.close)
