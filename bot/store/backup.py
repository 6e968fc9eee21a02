"""Backups that are safe while the bot runs. A copy of a live SQLite file made by hand can lose every row.

A backup is one SQLite file, whichever database it was taken from: a small installation's backup can be read into
PostgreSQL later.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import OperatorError
from bot.store.database import Database, connect, reason
from bot.store.migrate import migrate
from bot.store.notes import LAST_TICK
from bot.store.tables import metadata, notes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["backup", "restore"]

_BATCH = 500


def backup(url: str, target: Path) -> int:
    """Write the database at `url` into a new file; return how many rows. OperatorError when the file exists."""
    if target.exists():
        sentence = f"{target} exists. Name a new file; a backup never replaces one."
        raise OperatorError(sentence)
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        with _open(url) as source, _open(f"sqlite:///{part}") as made:
            rows = _copy(source, made)
        with _open(f"sqlite:///{part}") as made, made.engine.connect() as db:
            checked = db.exec_driver_sql("PRAGMA integrity_check").scalar()
        if checked != "ok":
            sentence = f"The backup came out damaged ({checked}); nothing was kept. Check the disk and try again."
            raise OperatorError(sentence)
        os.replace(part, target)  # noqa: PTH105 - the two paths are on one disk, so this is one step
    except (SQLAlchemyError, OSError) as error:
        sentence = f"The backup could not be written ({reason(error)})."
        raise OperatorError(sentence) from error
    finally:
        for left in (part, *(part.with_name(part.name + end) for end in ("-wal", "-shm"))):
            left.unlink(missing_ok=True)
    return rows


def restore(source: Path, url: str) -> int:
    """Read a backup into the database at `url`, in place of what it has, in one transaction; return how many rows.

    Posts that were open look first whether they stand: what was posted since the backup is not posted again.
    """
    if not source.is_file():
        sentence = f"There is no file {source}. Name a file that `run_bot.py backup` wrote."
        raise OperatorError(sentence)
    with _open(f"sqlite:///{source}") as kept, _open(url) as target:
        try:
            rows = _copy(kept, target)
            with target.engine.begin() as db:
                # As if the process had stood still since: delivery looks into each channel before it posts.
                db.execute(notes.delete().where(notes.c.key == LAST_TICK))
        except SQLAlchemyError as error:
            sentence = f"{source} could not be read in ({reason(error)}); the database is as it was."
            raise OperatorError(sentence) from error
    return rows


@contextmanager
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
    # Repeatable read: the tables of one backup belong together.
    isolated = {} if source.dialect == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with source.engine.connect().execution_options(**isolated) as reading, target.engine.begin() as writing:
        for table in reversed(metadata.sorted_tables):
            writing.execute(table.delete())
        for table in metadata.sorted_tables:
            rows = reading.execute(table.select()).mappings()
            while batch := rows.fetchmany(_BATCH):
                writing.execute(table.insert(), [dict(row) for row in batch])
                count += len(batch)
        if target.dialect == "postgresql":
            for table in metadata.sorted_tables:
                if "id" in table.columns:
                    highest = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
                    writing.execute(sa.select(sa.func.setval(f"{table.name}_id_seq", highest, False)))  # noqa: FBT003
    return count
