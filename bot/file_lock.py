"""A lock on a file, which one process holds and one that dies lets go."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["lock", "lock_now"]

_LOCKED = 0.05
"""Seconds between two looks at a lock that another process holds."""


@contextmanager
def lock(path: Path | None, waiting: Callable[[], None], stopped: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Hold a lock file (None: no lock) that a process which dies lets go; calls `waiting` once when another holds it.

    Goes on without the lock as soon as `stopped` says so.
    """
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        held = _lock(file.fileno())
        if not held:
            waiting()
            while not (held := _lock(file.fileno())) and not stopped():
                time.sleep(_LOCKED)
        try:
            yield
        finally:
            if held:
                _unlock(file.fileno())


@contextmanager
def lock_now(path: Path) -> Iterator[bool]:
    """Hold a lock file, or say False when another process does; raises OSError where no file can be made."""
    with path.open("ab") as file:
        held = _lock(file.fileno())
        try:
            yield held
        finally:
            if held:
                _unlock(file.fileno())


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: int) -> None:
        with suppress(OSError):
            msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
