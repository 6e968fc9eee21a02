"""Opening the database, and running work on it off the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, SQLAlchemyError

from bot.errors import OperatorError, StoreError
from bot.policy.texts import say
from bot.settings import program
from bot.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["AwayError", "DamagedError", "Database", "connect", "file_url", "foreign", "is_damaged", "reason"]

T = TypeVar("T")

LONGEST_WAIT = 10
"""Seconds to wait for a lock, for a connection, for a statement; then the caller is told."""

LONGEST_SILENCE = 12.0
"""Seconds after which the caller is told all the same: a frozen server, or a cut network, keeps to no limit."""

WHILE_SILENT = 2.0
"""The same while something that was given up on still hangs: a member who asks meanwhile is answered without it."""

READERS = 2
"""Threads that read an SQLite file beside the one that writes."""

MOST_TOGETHER = 100
"""Writes to an SQLite file in one transaction: each waits for the disk once, however many came meanwhile."""

CONNECTIONS = 4
"""Connections of one process to PostgreSQL, and threads that use them."""

SHOWN = 5
"""Names of another program's tables that are told."""

_THEIR_MOMENT = sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)

_KEEP_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""Seconds and tries after which a connection whose other end is gone counts as broken, not after hours."""

_KEEP_TO_TIME = sa.select(
    *(sa.func.set_config(name, f"{LONGEST_WAIT}s", sa.true()) for name in ("statement_timeout", "lock_timeout"))
)
"""What sets the limits for one transaction."""


class AwayError(OperatorError):
    """A database that may be there in a moment: its server does not answer, or another program holds its lock."""


class DamagedError(OperatorError):
    """A database file is no database, or a broken one."""


class Database:
    """One database behind two doors: `read` and `write` run a function of a connection in one short transaction.

    SQLite is written from a single thread by transactions that take the write lock at once (BEGIN IMMEDIATE): a plain
    BEGIN fails under contention whatever its busy timeout. The functions must not wait for anything but the database.
    `engine` writes; `reading` reads and keeps no writer waiting. They are the same on PostgreSQL.
    """

    def __init__(self, engine: sa.Engine, reading: sa.Engine) -> None:
        self.engine = engine
        self.reading = reading
        writers = CONNECTIONS if engine.dialect.name == "postgresql" else 1
        self._writers = ThreadPoolExecutor(writers, "store-write")
        self._readers = self._writers if reading is engine else ThreadPoolExecutor(READERS, "store-read")
        self._hanging: set[Future[Any]] = set()
        self._together = writers == 1
        self._to_write: deque[tuple[Future[Any], Callable[[sa.Connection], Any]]] = deque()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    def insert(self, table: sa.Table) -> Any:
        """Return an INSERT of the dialect, which has `on_conflict_do_nothing` and `on_conflict_do_update`."""
        return (postgresql if self.dialect == "postgresql" else sqlite).insert(table)

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Run work in a transaction that may write; it is committed even when the caller is cancelled meanwhile.

        After a StoreError it may have been, too, where the database fell silent. On SQLite, works that wait for the
        file share a transaction; when one of them is at fault each is run again in its own.
        """
        if not self._together:
            return await self._run(self._writers, lambda: _transaction(self.engine, work))
        one: Future[T] = Future()

        def submit() -> Future[T]:
            self._to_write.append((one, work))
            self._writers.submit(self._write_together)
            return one

        return await self._wait_for(submit)

    def _write_together(self) -> None:
        """Do what waits to be written, in the writing thread."""
        works: list[tuple[Future[Any], Callable[[sa.Connection], Any]]] = []
        while self._to_write and len(works) < MOST_TOGETHER:
            one, work = self._to_write.popleft()
            if one.set_running_or_notify_cancel():
                works.append((one, work))
        try:
            done = _transaction(self.engine, lambda db: [work(db) for _, work in works]) if len(works) > 1 else []
        except OperationalError as error:  # the file is locked, or the disk full: a try each would take as long each
            for one, _ in works:
                one.set_exception(error)
            return
        except Exception:  # whose it is, a try each tells
            done = []
        for (one, _), answer in zip(works, done, strict=False):
            one.set_result(answer)
        for one, work in works[len(done) :]:
            try:
                one.set_result(_transaction(self.engine, work))
            except BaseException as error:  # raised where it is waited for
                one.set_exception(error)

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Run work in a transaction that only reads; a connection that the server dropped is replaced once."""

        def run() -> T:
            try:
                return _transaction(self.reading, work)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return _transaction(self.reading, work)

        return await self._run(self._readers, run)

    async def now(self) -> float:
        """Return the moment by the clock that every replica shares: PostgreSQL's, or this machine's."""
        if self.dialect != "postgresql":
            return time.time()
        return await self.read(lambda db: float(db.scalar(sa.select(_THEIR_MOMENT)) or 0.0))

    def moment(self) -> float | sa.ColumnElement[float]:
        """Return the same for use within a statement, where it costs no question of its own."""
        return time.time() if self.dialect != "postgresql" else _THEIR_MOMENT

    async def _run(self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await self._wait_for(lambda: threads.submit(work))

    async def _wait_for(self, submit: Callable[[], Future[T]]) -> T:
        """Hand work to a thread and wait for what it returns; StoreError for what the database raises."""
        seconds = WHILE_SILENT if self._hanging else LONGEST_SILENCE
        try:
            begun = submit()
            running = asyncio.wrap_future(begun)
            async with asyncio.timeout(seconds) as silence:
                return await asyncio.shield(running)
        except TimeoutError as error:
            if not silence.expired():
                raise
            running.cancel()  # and with it what did not begin
            if not begun.cancelled():
                self._hanging.add(begun)
                begun.add_done_callback(self._hanging.discard)
            why = say("database.silent", seconds=seconds)
            raise StoreError(why) from error
        except asyncio.CancelledError:
            if running.cancelled():  # not the caller: the store was closed before the work began
                why = say("database.closing")
                raise StoreError(why) from None
            running.add_done_callback(_heard)
            raise
        except SQLAlchemyError as error:
            raise StoreError(reason(error)) from error
        except RuntimeError as error:  # the threads were told to end
            raise StoreError(str(error)) from error

    def close(self) -> None:
        """Let what was begun end, then close every connection."""
        for threads in {self._writers, self._readers}:
            threads.shutdown(wait=True, cancel_futures=True)
        while self._to_write:
            self._to_write.popleft()[0].cancel()
        for engine in {self.engine, self.reading}:
            engine.dispose()


def _heard(running: asyncio.Future[Any]) -> None:
    """Take note of how work ended that nobody waits for any more, so that the loop does not report it as unheard."""
    if not running.cancelled():
        running.exception()


def _transaction(engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)


def file_url(path: Path) -> str:
    """Return the URL of an SQLite file, whatever characters its path has."""
    return sa.URL.create("sqlite", database=str(path)).render_as_string()


def connect(url: str) -> Database:
    """Open a database by its URL, or raise an OperatorError that says what to do; nothing is created but the file."""
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):
        # The text is not repeated: it may hold a password.
        raise OperatorError(say("database.no-address")) from None
    kind = parsed.get_backend_name()
    if kind in {"postgres", "postgresql"}:
        return _postgresql(parsed.set(drivername="postgresql+psycopg"))
    if kind == "sqlite":
        return _sqlite(parsed.set(drivername="sqlite"))
    raise OperatorError(say("database.other-kind", kind=kind))


def is_missing(url: str) -> bool:
    """Say whether a URL names a file that is not there, which opening it would make."""
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):
        return False
    return parsed.get_backend_name() == "sqlite" and bool(parsed.database) and not Path(str(parsed.database)).exists()


def _postgresql(url: sa.URL) -> Database:
    """Open PostgreSQL, directly or through a pooler that gives each transaction another connection."""
    engine = _pool(url, options=f"-c statement_timeout={LONGEST_WAIT}s -c lock_timeout={LONGEST_WAIT}s")
    try:
        if not _keeps_to_time(engine):
            engine.dispose()
            engine = _pool(url)
            sa.event.listen(engine, "begin", lambda db: db.execute(_KEEP_TO_TIME))
            with engine.begin():
                pass
    except (SQLAlchemyError, NoSuchModuleError) as error:
        engine.dispose()
        host = url.host or say("database.local-socket")
        where = f"{host}{f':{url.port}' if url.port else ''}/{url.database}"
        raise AwayError(say("database.no-server", where=where, error=reason(error))) from error
    return Database(engine, engine)


def _pool(url: sa.URL, **options: str) -> sa.Engine:
    """Return connections to PostgreSQL, which prepare nothing: behind a pooler a later one would not know of it."""
    return sa.create_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=True,
        pool_timeout=LONGEST_WAIT,
        connect_args={"connect_timeout": LONGEST_WAIT, "prepare_threshold": None, **_KEEP_ALIVE, **options},
    )


def _keeps_to_time(engine: sa.Engine) -> bool:
    """Say whether a server took the limits asked for at the start: PgBouncer refuses them, or is set to ignore them."""
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(sa.text("SHOW statement_timeout")) == f"{LONGEST_WAIT}s")
    except DBAPIError as error:
        if "startup parameter" in reason(error):
            return False
        raise


def _sqlite(url: sa.URL) -> Database:
    if url.database in {None, "", ":memory:"}:
        raise OperatorError(say("database.in-memory"))
    path = Path(str(url.database))
    _refuse_foreign(path)
    engine, reading = (sa.create_engine(url, connect_args={"timeout": LONGEST_WAIT}) for _ in range(2))
    for made, begin in ((engine, "BEGIN IMMEDIATE"), (reading, "BEGIN")):
        sa.event.listen(made, "connect", _prepare)
        sa.event.listen(made, "begin", lambda db, begin=begin: db.exec_driver_sql(begin))
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
    except SQLAlchemyError as error:
        engine.dispose()
        reading.dispose()
        raise _trouble(path, reason(error)) from error
    return Database(engine, reading)


def _refuse_foreign(path: Path) -> None:
    """Raise OperatorError for a file whose tables another program made, before anything is changed in it."""
    if not path.is_file():
        return
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0)) as db:
            made = db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
            )
            tables = {str(name) for (name,) in made}
    except sqlite3.Error:
        return  # opening it says why
    if tables and not ("alembic_version" in tables and tables & metadata.tables.keys()):
        raise foreign(tables)


def foreign(found: Iterable[str]) -> OperatorError:
    """Return the error of a database that another program made, with some of what was found in it."""
    return OperatorError(say("database.foreign", found=", ".join(sorted(found)[:SHOWN])))


def is_damaged(why: str) -> bool:
    """Say whether what SQLite said means that the file is no database, or a broken one."""
    return "malformed" in why or "not a database" in why


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    """Set up one SQLite connection: transactions begin where we say; writes reach the disk before they count."""
    connection.isolation_level = None
    for pragma in (f"busy_timeout={LONGEST_WAIT}000", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    deadline = time.monotonic() + LONGEST_WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            # Of processes that start together on a new file all but one are refused at once, whatever the busy timeout.
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _trouble(path: Path, why: str) -> OperatorError:
    if path.is_dir():
        return OperatorError(say("database.folder", path=path))
    if is_damaged(why):
        return DamagedError(say("database.damaged", path=path, error=why, program=program()))
    if "locked" in why:
        return AwayError(say("database.locked", path=path))
    if "full" in why:
        return OperatorError(say("database.disk-full", path=path))
    return OperatorError(say("database.not-opened", path=path, error=why))


def reason(error: Exception) -> str:
    """Return what the database said, on one line, without the statement or its values."""
    said = str(error.orig) if isinstance(error, DBAPIError) and error.orig else str(error)
    return " ".join(said.split("\n(Background")[0].split())[:300]
