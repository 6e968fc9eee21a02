"""`follow`: a show begins to follow a feed, is looked at now, stops; or how it stands with all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.corpus import Show, read_show
from bot.corpus.fetch import ClosedError
from bot.corpus.importing import Importer, refuse_name, told_of
from bot.errors import OperatorError
from bot.feeds.follower import LOCK
from bot.feeds.look import Look, Looked, getting, open_feed
from bot.feeds.shows import SHOW, followed, stamp, write_feed
from bot.feeds.state import STATE
from bot.feeds.status import feed_statuses, host_of, status_lines
from bot.file_lock import lock_now
from bot.policy.texts import listed, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.corpus.fetch import Fetched

__all__ = ["CommandLine"]


@dataclass(frozen=True)
class CommandLine:
    """What `follow` does in a content folder at a moment (UTC seconds).

    `hosts` are those of `VERBATIM_FEED_HOSTS`; `tell` gets a line for each step of long work.
    """

    content: Path
    hosts: frozenset[str]
    now: float
    tell: Callable[[str], None]

    def run(self, feed: str | None, show: str | None, *, once: bool, stop: bool, write: Callable[[str], object]) -> int:
        """Do what the command line says, write what came of it a line each, and return the exit status.

        That is 1 when a feed could not be looked at, or not all that it has could be imported.
        """
        if feed is None and not once and not stop:
            for line in self.status():
                write(f"{line}\n")
            return 0
        if stop:
            write(f"{self.stop(_needed(show))}\n")
            return 0
        failed = False
        for looked in [self.begin(feed, _needed(show))] if feed else self.look(show):
            failed |= bool(looked.failed) or any(isinstance(result, OperatorError) for result in looked.results)
            for result in looked.results:
                self.tell(str(result)) if isinstance(result, OperatorError) else write(f"{told_of(result)}\n")
            for line in ("", *looked.summary) if looked.summary else ():
                write(f"{line}\n")
            for line in looked.lines or ((say("follow.nothing-new"),) if not (feed or looked.failed) else ()):
                write(f"{looked.show}: {line}\n")
            if looked.failed:
                self.tell(f"{looked.show}: {looked.failed}")
        if feed:
            (status,) = [each for each in feed_statuses(self.content) if each.show == show]
            write(f"{say('follow.following', show=show, host=status.host, count=status.episodes)}\n")
            write(f"{say('follow.next-steps')}\n")
        return int(failed)

    def begin(self, feed: str, show: str) -> Looked:
        """Let a show follow a feed, and import what the feed has; the show is made where there is none.

        Raises OperatorError where it cannot be followed; then nothing is changed.
        """
        refuse_name(show)
        folder = self.content / show
        for other in followed(self.content):
            if other.id != show and other.feed == feed:
                raise OperatorError(say("follow.other-show", show=other.id))
        known = read_show(folder) if stamp(folder / SHOW) else None
        if known and known.feed and known.feed != feed:
            raise OperatorError(say("follow.other-feed", show=show, host=host_of(known.feed)))
        fetched = self._fetch(feed)
        read = open_feed(fetched, show)
        feed = fetched.moved or feed
        try:
            decisions = Importer(self.content, show, force=False, say=self.tell).make_show(read)
        except OSError as error:
            raise OperatorError(say("import.cannot-write", path=folder, error=error.strerror)) from error
        write_feed(folder, feed)
        if not any(item.transcripts for item in read.items):
            count = say("follow.no-transcripts", count=len(read.items))
            self.tell(f"{count} {say('follow.no-transcripts-next')}")
        looked = self._look(read_show(folder), fetched)
        return replace(looked, summary=(*looked.summary, *(decision.line for decision in decisions)))

    def look(self, show: str | None) -> Iterator[Looked]:
        """Look at every followed feed, or that of one show, whether it is due or not; yields what came of each."""
        for each in self._followed(show):
            if not each.withdrawn:
                yield self._look(each)

    def stop(self, show: str) -> str:
        """Let a show follow its feed no longer, and forget what was remembered of it; returns what to say."""
        (each,) = self._followed(show)
        write_feed(self.content / show, "")
        (self.content / show / STATE).unlink(missing_ok=True)
        return say("follow.stopped", show=show, host=host_of(each.feed))

    def status(self) -> Iterator[str]:
        """Yield how it stands with every followed feed."""
        statuses = feed_statuses(self.content)
        if not statuses:
            yield say("follow.none")
        for each in statuses:
            yield f"{each.show}  {each.host}"
            yield from (f"  {line}" for line in status_lines(each, self.now))

    def _followed(self, show: str | None) -> list[Show]:
        """Return the shows that follow a feed, or the one that is named; OperatorError for none."""
        shows = list(followed(self.content))
        if not shows:
            raise OperatorError(say("follow.none"))
        found = [each for each in shows if show in {None, each.id}]
        if not found:
            raise OperatorError(say("follow.not-followed", show=show, shows=listed([each.id for each in shows])))
        return found

    def _fetch(self, feed: str) -> Fetched:
        """Fetch a feed; where only a host that the operator names may be so, say how to name it."""
        try:
            return getting(feed, self.hosts)(feed)
        except ClosedError as error:
            if error.where not in {host_of(feed), urlsplit(feed).hostname}:
                raise
            raise OperatorError(say("follow.inside", error=error, host=host_of(feed))) from error

    def _look(self, show: Show, fetched: Fetched | None = None) -> Looked:
        """Look at a feed, unless another process does."""
        try:
            with lock_now(self.content / show.id / LOCK) as held:
                if not held:
                    return Looked(show.id, failed=say("follow.busy"))
                get = getting(show.feed, self.hosts)
                chance = Random()  # noqa: S311 - it spreads requests and keeps no secret
                return Look(self.content, show, self.now, get, chance, self.tell).run(fetched)
        except OSError as error:
            return Looked(show.id, failed=say("import.cannot-write", path=self.content / show.id, error=error.strerror))


def _needed(show: str | None) -> str:
    """Return the show that was named; OperatorError for none."""
    if not show:
        raise OperatorError(say("follow.needs-show"))
    return show
