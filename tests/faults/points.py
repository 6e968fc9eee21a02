"""Where a worker dies or freezes on purpose: a point, reached so many times in a run, whichever process gets there."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DEATHS = (
    "plan",
    "claim",
    "intent",
    "before-write",
    "mid-write",
    "after-accept",
    "before-record",
    "reconcile",
    "sweep",
)
"""Where a process can be told to die.

After planning; after claiming; after the intent is written; before the request goes out; with the request under way;
after the platform's answer came; before it is recorded; having looked for a post or having begun to send it again;
having deleted a copy.
"""

FREEZES = ("before-guard", "after-guard")
"""Where a process can be told to freeze: before the intent, and between the last look at the lease and the socket."""

KILLED = 137
CALM = "calm"
"""The file that says that nothing is to happen any more."""


@dataclass(frozen=True)
class Points:
    """One point and what happens there, `times` in all; `share` is the chance each time it is reached.

    A mark in `folder` stands for each time it happened, with the process's id in it.
    """

    folder: Path
    point: str = ""
    freezes: bool = False
    times: int = 1
    share: float = 1.0

    def reach(self, point: str) -> None:
        """Die or freeze here when this is the point, its turn has not come too often, and chance says so."""
        if point != self.point or random.random() >= self.share or not self._mark():  # noqa: S311 - which one dies is no secret
            return
        if self.freezes:
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            os._exit(KILLED)

    def _mark(self) -> bool:
        for number in range(self.times):
            if (self.folder / CALM).exists():
                return False
            try:
                mark = os.open(self.folder / f"{self.point}.{number}", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            except FileExistsError:
                continue
            except OSError:  # the disk is full for this process
                return False
            os.write(mark, str(os.getpid()).encode())
            os.close(mark)
            return True
        return False
