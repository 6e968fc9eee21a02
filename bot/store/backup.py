"""Backups that are safe while the bot runs. A copy of a live SQLite file made by hand can lose every row.

A backup is one SQLite file, whichever database it was taken from: a small installation's backup can be read into
PostgreSQL later.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from bot.errors import OperatorError
from bot.policy.texts import say
from bot.settings import program
from bot.store.database import DamagedError, Database, connect, file_url, is_damaged, reason
from bot.store.kv import LAST_TICK
from bot.store.migrate import migrate
from bot.store.tables import kv, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["backup", "restore"]

_log = logging.getLogger(__name__)

_BATCH = 500
_BESIDE = ("", "-wal", "-shm")
"""Ends of the names of the files that are one SQLite database."""


def backup(url: str, target: Path) -> int:
    """Write the database at `url` into a new file; return how many rows. OperatorError when the file exists."""
    if target.exists():
        raise OperatorError(say("backup.exists", path=target))
    if not target.parent.is_dir():
        raise OperatorError(say("backup.no-folder", path=target.parent))
    _refuse_nothing(url)
    part = target.with_name(f"{target.name}.part")
    _remove(part)
    try:
        with _open(url) as source, _open(file_url(part)) as made:
            rows = _copy(source, made)
        with _open(file_url(part)) as made, made.engine.connect() as db:
            checked = db.exec_driver_sql("PRAGMA integrity_check").scalar()
        _make_one_file(part)
        if checked != "ok":
            raise OperatorError(say("backup.damaged", problem=checked))
        os.replace(part, target)  # noqa: PTH105 - the two paths are on one disk, so this is one step
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise OperatorError(say("backup.not-written", error=reason(error))) from error
    finally:
        _remove(part)
    return rows


def restore(source: Path, url: str) -> int:
    """Read a backup into the database at `url`, in place of what it has, in one transaction; return how many rows.

    What was posted since the backup is not posted again: delivery looks into each channel first. A damaged SQLite file
    at `url` is set aside.
    """
    if not source.is_file():
        raise OperatorError(say("backup.no-file", path=source, program=program()))
    try:
        if parsed := _sqlite_path(url):
            parsed.parent.mkdir(parents=True, exist_ok=True)  # a new machine has no data folder yet
        with tempfile.TemporaryDirectory() as folder:
            copied = Path(folder) / "backup.db"  # an older backup is brought up to date, the file itself left as it is
            shutil.copyfile(source, copied)
            _refuse_foreign(copied, source)
            try:
                return _put_back(copied, url)
            except DamagedError:
                _set_aside(Path(str(sa.make_url(url).database)))
                return _put_back(copied, url)
    except (SQLAlchemyError, OSError) as error:
        raise OperatorError(say("backup.not-read", path=source, error=reason(error))) from error


def _put_back(source: Path, url: str) -> int:
    """Copy a backup into a database; DamagedError when that is a broken SQLite file."""
    with _open(file_url(source)) as kept, _open(url) as target:
        try:
            rows = _copy(kept, target)
            with target.engine.begin() as db:
                # As if the process had stood still since: delivery looks into each channel before it posts.
                db.execute(kv.delete().where(kv.c.key == LAST_TICK))
        except SQLAlchemyError as error:
            if target.dialect == "sqlite" and is_damaged(reason(error)):
                raise DamagedError(reason(error)) from error
            raise
    return rows


def _refuse_nothing(url: str) -> None:
    """Raise OperatorError where there is no SQLite file: opening it would make one, and the backup would be empty."""
    path = _sqlite_path(url)
    if path is not None and not path.exists():
        raise OperatorError(say("backup.nothing", path=path))


def _sqlite_path(url: str) -> Path | None:
    """Return the file of an SQLite address; None for any other, and what is none is refused where it is opened."""
    with contextlib.suppress(ArgumentError, ValueError):
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            return Path(parsed.database)
    return None


def _make_one_file(path: Path) -> None:
    """Take an SQLite file out of WAL mode: it can be opened where nothing can be written, and has nothing beside it."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=DELETE")


def _refuse_foreign(copied: Path, source: Path) -> None:
    """Raise OperatorError when the copy of `source` is no backup of ours."""
    try:
        with contextlib.closing(sqlite3.connect(copied)) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error as error:
        raise OperatorError(say("backup.no-backup", path=source, error=error, program=program())) from error
    if not {"alembic_version", "channels"} <= tables:
        raise OperatorError(say("backup.foreign", path=source))


def _set_aside(path: Path) -> None:
    """Rename a damaged database's files, so that a new one can stand in their place."""
    _log.warning(
        "the damaged database is kept as %s.damaged; if the bot runs, start it again: it has that one open", path
    )
    for end in _BESIDE:
        beside = path.with_name(path.name + end)
        if beside.exists():
            beside.replace(path.with_name(f"{path.name}.damaged{end}"))


def _remove(path: Path) -> None:
    for end in _BESIDE:
        path.with_name(path.name + end).unlink(missing_ok=True)


@contextlib.contextmanager
def _open(url: str) -> Iterator[Database]:
    database = connect(url)
    try:
        migrate(database)
        yield database
    finally:
        database.close()


def _copy(source: Database, target: Database) -> int:
    """Copy every row from one database, as it is at one moment, into another, which is emptied first."""
    count = 0
    how = {"yield_per": _BATCH, "stream_results": True}
    with source.reading.connect() as reading, target.engine.begin() as writing:
        if source.dialect == "postgresql":
            # One moment for all tables, and as long as it takes.
            reading = reading.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901 - the same one
            reading.exec_driver_sql("SET LOCAL statement_timeout = 0")
        for table in reversed(metadata.sorted_tables):
            writing.execute(table.delete())
        for table in metadata.sorted_tables:
            for batch in reading.execution_options(**how).execute(table.select()).mappings().partitions(_BATCH):
                writing.execute(table.insert(), [dict(row) for row in batch])
                count += len(batch)
        if target.dialect == "postgresql":
            for table in metadata.sorted_tables:
                if "id" in table.columns:
                    highest = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
                    writing.execute(sa.select(sa.func.setval(f"{table.name}_id_seq", highest, False)))  # noqa: FBT003
    return count
