"""Following feeds beside a bot that serves: of several processes that share a content folder one looks at a feed."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

from bot.feeds.shows import followed, remembered
from bot.file_lock import lock_now
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.corpus import Show
    from bot.corpus.fetch import Fetched
    from bot.feeds.look import Looked

__all__ = ["LOCK", "Follower", "is_due"]

LOCK = ".feed.lock"
"""Held in a show's folder by the one process that looks at its feed."""

PERIOD = 15.0
"""Seconds between two looks at which feeds are due."""

_PAUSE = 15 * 60.0
"""Seconds without a look after one that could not be written down: its feed would be asked for at every turn."""

_FURTHEST = 9 * 24 * 3600.0
"""Seconds; a next look that is further away was put off by a clock that went wrong."""

_log = logging.getLogger(__name__)


def is_due(content: Path, show: Show, now: float) -> bool:
    """Say whether a show's feed is to be looked at."""
    state = remembered(content, show)
    return not (show.withdrawn or state.gone) and not now < state.following < now + _FURTHEST


class Follower:
    """Looks at the feeds of a content folder when they are due; safe to have in several processes."""

    def __init__(  # noqa: PLR0913 - the parts of a look, each for trying
        self,
        content: Path,
        hosts: frozenset[str] = frozenset(),
        chance: Random | None = None,
        get: Callable[[str], Callable[..., Fetched]] | None = None,
        *,
        tell: Callable[[str], None] = _log.warning,
        count: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take the content folder and the hosts that the operator names (`VERBATIM_FEED_HOSTS`).

        `get` returns for a feed what fetches its files; the web, where it is left out. `tell` gets what came of a look,
        a line each; the log, where it is left out. `count` gets how each look ended: new, unchanged or failed.
        """
        self._content = content
        self._hosts = hosts
        self._chance = chance or Random()  # noqa: S311 - it spreads requests and keeps no secret
        self._get = get
        self._tell = tell
        self._count = count
        self._paused: dict[str, float] = {}
        self._stopped = threading.Event()

    def tick(self, now: float) -> bool:
        """Look at every feed that is due, and say whether the content changed. Blocks for as long as that takes."""
        changed = False
        for show in followed(self._content):
            if self._stopped.is_set():
                break
            if is_due(self._content, show, now) and now >= self._paused.get(show.id, 0.0):
                changed |= self._try(show, now)
        return changed

    @contextmanager
    def running(
        self, clock: Callable[[], float], period: float = PERIOD, changed: Callable[[], None] = lambda: None
    ) -> Iterator[None]:
        """Tick in a thread of its own while the block runs; what it does at the end is left where it is.

        `changed` is called there after each turn that changed the content.
        """
        thread = threading.Thread(target=self._run, args=(clock, period, changed), name="feeds", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()

    def _run(self, clock: Callable[[], float], period: float, changed: Callable[[], None]) -> None:
        while not self._stopped.wait(period):
            try:
                if self.tick(clock()):
                    changed()
            except Exception:  # the bot serves on, and the next turn tries again
                _log.exception("looking at feeds failed")

    def _try(self, show: Show, now: float) -> bool:
        """Look at one feed unless another process does, and log what came of it."""
        try:
            with lock_now(self._content / show.id / LOCK) as held:
                # Another process may have looked since.
                looked = self._look(show, now) if held and is_due(self._content, show, now) else None
        except OSError as error:
            self._paused[show.id] = now + _PAUSE
            self._tell(say("import.cannot-write", path=self._content / show.id, error=error.strerror))
            self._count("failed")
            return False
        except Exception as error:  # one feed must not keep the others from being looked at
            self._paused[show.id] = now + _PAUSE
            self._tell(f"{show.id}: {say('follow.unforeseen', error=type(error).__name__)}")
            self._count("failed")
            return False
        if looked is None:
            return False
        self._count("failed" if looked.failed else "new" if looked.changed else "unchanged")
        for line in filter(None, (*looked.lines, looked.failed)):
            self._tell(f"{show.id}: {line}")
        if is_due(self._content, show, now):
            self._paused[show.id] = now + _PAUSE
        return looked.changed

    def _look(self, show: Show, now: float) -> Looked:
        from bot.feeds.look import Look, getting  # noqa: PLC0415 - it loads parsers, which serving never needs

        get = self._get(show.feed) if self._get else getting(show.feed, self._hosts)
        return Look(self._content, show, now, get, self._chance).run()
