"""Bringing a database to this version's schema, once, under a lock; a newer schema is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import OperatorError
from bot.policy.texts import say
from bot.settings import program
from bot.store.database import foreign, reason
from bot.store.tables import metadata

if TYPE_CHECKING:
    from bot.store.database import Database

__all__ = ["HEAD", "migrate", "schema_of"]

HEAD = "0005"
"""The newest schema this version knows; a test holds it to the newest script in `migrations/versions`."""

MIGRATIONS = Path(__file__).resolve().parent / "migrations"

_LOCK = 0x7665726261
"""The PostgreSQL advisory lock under which one replica migrates; it ends with its transaction."""

_REVISION = re.compile(r"\d{4}")


def migrate(database: Database) -> None:
    """Bring the schema to HEAD; OperatorError for one that this version cannot serve with."""
    try:
        with database.engine.connect() as connection:
            if _revision(connection) == HEAD:
                _refuse_half(connection)
                _refuse_read_only(connection)
                return
        with database.engine.begin() as connection:
            if database.dialect == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            found = _revision(connection)
            if found == HEAD:
                return
            _refuse_foreign(connection, found)
            if found is not None and found > HEAD:
                raise OperatorError(say("database.later-schema", found=found, known=HEAD))
            _upgrade(connection)
    except SQLAlchemyError as error:
        raise OperatorError(say("database.not-migrated", error=reason(error))) from error


def schema_of(database: Database) -> str | None:
    """Return the schema that a database has, None for an empty one; OperatorError when it is another program's."""
    try:
        with database.reading.connect() as connection:
            found = _revision(connection)
            _refuse_foreign(connection, found)
            return found
    except SQLAlchemyError as error:
        raise OperatorError(say("database.not-read", error=reason(error))) from error


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _refuse_foreign(connection: sa.Connection, found: str | None) -> None:
    """Raise OperatorError where another program counts its schemas, or has tables that are named like ours."""
    if found is not None and not _REVISION.fullmatch(found):
        raise foreign([found])
    if found is None and (same := metadata.tables.keys() & set(sa.inspect(connection).get_table_names())):
        raise foreign(same)


def _refuse_half(connection: sa.Connection) -> None:
    """Raise OperatorError where a table or a column is missing: every question to it would fail."""
    try:
        for table in metadata.sorted_tables:
            connection.execute(sa.select(table).limit(0))
    except SQLAlchemyError as error:
        raise OperatorError(say("database.half", known=HEAD, error=reason(error), program=program())) from error


def _refuse_read_only(connection: sa.Connection) -> None:
    """Raise OperatorError where nothing can be written; what is written to find out is never committed."""
    try:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = version_num"))
    except SQLAlchemyError as error:
        raise OperatorError(say("database.read-only", error=reason(error))) from error
    finally:
        connection.rollback()


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command  # noqa: PLC0415 - 0.1 s of import that only a changed schema needs
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
