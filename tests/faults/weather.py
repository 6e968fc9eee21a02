"""What a worker's machine does to it: a clock that is wrong, a full disk, a database that cannot be written.

The harness writes a small JSON file; the worker looks at it each time it matters, so that a change is felt at once.
"""

from __future__ import annotations

import json
import resource
import time
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

LEAST_FILE = 1
"""Bytes a file may have while the disk is full."""


class Weather:
    """The file as it stands: `ahead` is what the clock is wrong by (seconds), `disk` is "", "full" or "read-only"."""

    def __init__(self, path: Path) -> None:
        """Take the file's path; without a file all is well."""
        self._path = path
        self._read = -1
        self._ahead = 0.0
        self._disk = ""
        self._free = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
        self._true: Callable[[], float] = time.time

    def spoil_clock(self) -> None:
        """Let `time.time` of this process be wrong by what the file says."""
        self._true = time.time
        time.time = self._clock

    def spoil_database(self, engine: sa.Engine) -> None:
        """Let each transaction of an SQLite engine meet the disk as the file says it is."""
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "checkout", self._meet)

    def _clock(self) -> float:
        self._look()
        return self._true() + self._ahead

    def _meet(self, connection: sqlite3.Connection, *_: object) -> None:
        self._look()
        connection.execute(f"PRAGMA query_only={int(self._disk == 'read-only')}")
        size = LEAST_FILE if self._disk == "full" else self._free
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    def _look(self) -> None:
        try:
            changed = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if changed != self._read:
            told = json.loads(self._path.read_text("utf-8"))
            self._read, self._ahead, self._disk = changed, told.get("ahead", 0.0), told.get("disk", "")


def put_weather(path: Path, *, ahead: float = 0.0, disk: str = "") -> None:
    """Write the file, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"ahead": ahead, "disk": disk}), "utf-8")
    fresh.replace(path)
