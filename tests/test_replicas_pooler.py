"""PostgreSQL behind a pooler that gives each transaction another connection, as PgBouncer does."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from bot.errors import StoreError
from bot.store import Store, open_store
from bot.store import database as database_module
from bot.store.database import connect
from tests.databases import empty_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable


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
