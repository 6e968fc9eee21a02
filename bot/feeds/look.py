"""One look at one feed: what is new in it becomes episodes, and what is remembered of it is written down."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.corpus import withdrawn_of
from bot.corpus.fetch import FetchError, fetch, is_named
from bot.corpus.importing import EDITION, Imported, Importer, Memory, TakenError, read_feed
from bot.corpus.seen import seen_in
from bot.errors import OperatorError, TranscriptError
from bot.feeds.page import feed_of_page, is_page
from bot.feeds.shows import write_feed
from bot.feeds.state import MOST_ITEMS, FeedState, Item, ItemState
from bot.feeds.status import host_of
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from bot.corpus import Show
    from bot.corpus.fetch import Fetched
    from bot.corpus.importing import Feed, FeedItem, Kept, Place

__all__ = ["DAY", "INTERVAL", "PATIENCE", "Look", "Looked", "getting", "open_feed"]

INTERVAL = 15 * 60.0
"""Seconds between two looks at a feed, unless its server asks for more."""

DAY = 24 * 3600.0
"""Seconds: the most that failures put off the next look, and how often all of a feed is asked for, changed or not."""

LONGEST_WAIT = 7 * DAY
"""The most that a server may ask for by Retry-After."""

PATIENCE = 30 * DAY
"""How long a transcript is waited for, and how long an episode is new."""

MOST_LATEST = 20
"""Episodes, the newest of a feed, whose transcripts are asked after once a day."""

MOST_NEW = 50
"""Items that are imported in one look; the next goes on."""

JITTER = 0.1
"""How much of a pause is left to chance, so that bots that started together do not ask together."""

_EDGE = DAY
"""A feed may be published some hours after the date that its newest item gives."""

_LONGEST_WHY = 300
_PROBES = 2
_GONE = 410


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of a look: sentences to tell, why it failed ("" if it did not), whether the content changed.

    `results` and `summary` are those of an import, of the first look.
    """

    show: str
    lines: tuple[str, ...] = ()
    failed: str = ""
    changed: bool = False
    results: tuple[Imported | Kept | OperatorError, ...] = ()
    summary: tuple[str, ...] = ()


def getting(address: str, hosts: frozenset[str]) -> Callable[..., Fetched]:
    """Return what fetches for a feed: hosts that the operator names only where the feed itself is on one."""
    try:
        own = hosts if is_named(urlsplit(address), hosts) else frozenset[str]()
    except ValueError:
        own = frozenset()
    return partial(fetch, hosts=own)


def open_feed(fetched: Fetched, show: str) -> Feed:
    """Read a feed; OperatorError, with the feed that it names, for a web page."""
    try:
        return read_feed(fetched.data, host_of(fetched.url), fetched.url)
    except TranscriptError as error:
        if not is_page(fetched.data):
            raise
        link = feed_of_page(fetched.data, fetched.url)
        host = host_of(fetched.url)
        told = say("follow.page-with-feed", host=host, feed=link, show=show) if link else say("follow.page", host=host)
        raise OperatorError(told) from error


@dataclass
class Look:
    """A look at the feed of one show, at a moment (UTC seconds); only one process may have one at a time.

    `get` fetches an address; `tell` gets a line for each step of the first look, which is long.
    """

    content: Path
    show: Show
    now: float
    get: Callable[..., Fetched]
    chance: Random
    tell: Callable[[str], None] = lambda _: None
    state: FeedState = field(init=False)
    _lines: list[str] = field(default_factory=list, init=False)
    _results: list[Imported | Kept | OperatorError] = field(default_factory=list, init=False)
    _changed: bool = field(default=False, init=False)
    _again: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.folder = self.content / self.show.id
        self.state = FeedState.of(self.folder, self.show.feed)

    def run(self, fetched: Fetched | None = None) -> Looked:
        """Look, and write down what was found; `fetched` is the feed where it was fetched just now.

        Never raises for what a network, a server, a feed or a disk does.
        """
        first = not self.state.followed
        failed = ""
        try:
            self._look(fetched)
        except FetchError as error:
            failed = self._fail(str(error), error)
        except OperatorError as error:
            failed = self._fail(str(error))
        except OSError as error:
            failed = self._fail(say("import.cannot-write", path=self.folder, error=error.strerror))
        read = first and bool(self.state.followed)
        summary = tuple(self._importer.summary(self._results)) if read else ()
        try:
            self.state.save(self.folder)
        except OSError as error:
            failed = say("import.cannot-write", path=self.folder, error=error.strerror)
        return Looked(
            self.show.id, tuple(self._lines), failed, self._changed, tuple(self._results) if first else (), summary
        )

    def _look(self, fetched: Fetched | None) -> None:
        state, now = self.state, self.now
        self._note_withdrawn()
        whole = not state.followed or now - state.whole >= DAY
        if fetched is None:
            seen = None if whole else seen_in({"etag": state.etag, "modified": state.modified})
            fetched = self.get(state.feed, seen)
        if fetched.unchanged and self._is_any_there():
            fetched = self.get(state.feed)
        if not fetched.unchanged:
            feed = _told_apart(open_feed(fetched, self.show.id))
            if fetched.moved and fetched.moved != state.feed:
                self._move(fetched.moved)
            self._take(feed, whole=whole)
            state.etag, state.modified = ("", "") if self._again else (fetched.etag, fetched.modified)
            state.whole = now if whole else state.whole
            state.followed = state.followed or now
        self._give_up()
        state.looked, state.failures, state.error, state.gone = now, 0, "", False
        self._put_off(max(INTERVAL, min(float(fetched.max_age), DAY)))

    def _move(self, feed: str) -> None:
        """Write down where the feed is from now on; where that cannot be done it is asked for at its old place."""
        try:
            write_feed(self.folder, feed)
        except OperatorError:  # its sentence has the whole address, which may hold a secret
            self._lines.append(say("follow.moved-unwritten", show=self.show.id, host=host_of(feed)))
            return
        self.state.feed = feed
        self._lines.append(say("follow.moved", show=self.show.id, host=host_of(feed)))

    def _fail(self, sentence: str, error: FetchError | None = None) -> str:
        """Note a failure, and put off the next look."""
        state = self.state
        state.looked, state.error = self.now, sentence[: 2 * _LONGEST_WHY]
        if error is not None and error.status == _GONE:
            state.gone, state.error = True, say("follow.gone", host=host_of(state.feed), show=self.show.id)
            return state.error
        state.failures += 1
        asked = min(_seconds(error.retry, self.now) if error else 0.0, LONGEST_WAIT)
        self._put_off(max(asked, min(INTERVAL * 2.0 ** max(0, min(state.failures, 10)), DAY)))
        return state.error

    def _put_off(self, seconds: float) -> None:
        """Set when to look next, never sooner than a server asked for by more than chance has it."""
        self.state.following = self.now + seconds * (1 + JITTER * self.chance.random())

    def _note_withdrawn(self) -> None:
        """Note what was withdrawn, or is there again, since the last look."""
        names = {path.name for path in self.folder.iterdir() if path.is_dir()}
        withdrawn = withdrawn_of(self.show, self.folder, names)
        for row in self.state.items.values():
            gone = row.episode in withdrawn.whole and not withdrawn.problems
            if row.state is ItemState.IMPORTED and gone:
                row.state, row.new = ItemState.WITHDRAWN, False
            elif row.state is ItemState.WITHDRAWN and row.episode in names and not gone:
                row.state = ItemState.IMPORTED
            if row.new and self.now - row.came > PATIENCE:
                row.new = False
        self._parted = frozenset(withdrawn.spans)

    def _is_any_there(self) -> bool:
        """Say whether a transcript that is waited for can be fetched by now."""
        waiting = [row for row in self.state.items.values() if row.state is ItemState.WAITING and row.links]
        for row in sorted(waiting, key=lambda each: -each.seen)[:MOST_LATEST]:
            for link in row.links[:_PROBES]:
                try:
                    self.get(link)
                except FetchError:
                    continue
                return True
        return False

    @cached_property
    def _importer(self) -> Importer:
        return Importer(
            self.content,
            self.show.id,
            force=False,
            say=self.tell,
            get=self.get,
            replaces=self._is_untouched,
            twins=False,
        )

    def _is_untouched(self, folder: Path) -> bool:
        """Say whether an episode is as it was imported, with nothing added or withdrawn, and may be replaced."""
        row = next((row for row in self.state.items.values() if row.episode == folder.name), Item())
        own = {path.name for path in folder.iterdir()} - {EDITION}
        alone = len(own) == 1 and own.pop().startswith("source.")
        return bool(row.edition) and alone and folder.name not in self._parted and _digest(folder) == row.edition

    def _take(self, feed: Feed, *, whole: bool) -> None:
        """Go through the items of a feed, the oldest first, and import what is to be imported."""
        first = not self.state.followed
        memory = Memory.of(self.folder)
        self._rename(feed)
        known = {key: row.episode for key, row in self.state.items.items() if row.episode}
        places = {item.key: place for item, place in self._importer.places(feed, known)}
        latest = {item.key for item in feed.items[:MOST_LATEST]}
        wanted = [item for item in reversed(feed.items) if self._is_wanted(item, whole=whole, latest=latest)]
        most = len(wanted) if first else MOST_NEW
        self._again = len(wanted) > most
        for count, item in enumerate(wanted[:most], 1):
            if first:
                self.tell(f"[{count}/{len(wanted)}] {item.stated.title or ''}")
            self._import(item, feed, places[item.key], memory)
        memory.save()
        left = sorted(self.state.items.keys() - {item.key for item in feed.items}, key=self._seen)
        for key in left[: max(0, len(self.state.items) - MOST_ITEMS)]:
            del self.state.items[key]

    def _seen(self, key: str) -> float:
        return self.state.items[key].seen

    def _rename(self, feed: Feed) -> None:
        """Know the items again under the ids that they have now: a feed that moves may give all of them new ones."""
        items = self.state.items
        here = {item.key for item in feed.items}
        lost = {(row.title, row.published): key for key, row in items.items() if key not in here and row.title}
        for item in feed.items:
            title, published = item.stated.title or "", item.stated.published or ""
            if item.key not in items and (old := lost.pop((title, published), None)):
                items[item.key] = items.pop(old)

    def _is_wanted(self, item: FeedItem, *, whole: bool, latest: set[str]) -> bool:
        """Say whether an item is to be imported, or asked after; one that is seen first is noted."""
        row = self.state.items.get(item.key)
        if row is None:
            row = self.state.items[item.key] = self._note(item)
            if row.state is ItemState.WAITING and not item.transcripts:
                row.why = say("follow.no-transcript-yet")
                audio = say("follow.waits-audio", title=row.title)
                self._lines.append(audio if item.stated.media else say("follow.waits", title=row.title))
        if not item.transcripts or row.state is ItemState.WITHDRAWN:
            return False
        asked = whole and item.key in latest
        if row.state is ItemState.IMPORTED:
            return asked and (self.folder / row.episode).is_dir()
        return row.state is ItemState.WAITING or not row.why or asked

    def _note(self, item: FeedItem) -> Item:
        """Return what to remember of an item; what came out before the show was followed is its back catalogue."""
        stated = item.stated
        followed = self.state.followed
        old = not followed or (_moment(stated.published) or self.now) < followed - _EDGE
        state = ItemState.KNOWN if old else ItemState.WAITING
        return Item(state, self.now, stated.title or say("follow.untitled"), stated.published or "")

    def _import(self, item: FeedItem, feed: Feed, place: Place, memory: Memory) -> None:
        """Import an item, or note why there is no episode of it."""
        row = self.state.items[item.key]
        try:
            done = self._importer.item(item, feed, place, memory)
        except TakenError as error:
            self._results.append(error)
            there = say("follow.there", title=row.title, episode=place.folder)
            sentence = say("follow.taken", title=row.title, episode=place.folder) if row.episode else there
            if row.why != sentence and self.state.followed:
                self._lines.append(sentence)
            row.why = sentence
            row.state = ItemState.IMPORTED if row.episode else ItemState.KNOWN
            return
        except OperatorError as error:
            self._results.append(error)
            self._note_failure(item, row, error)
            return
        self._results.append(done)
        if isinstance(done, Imported):
            self._changed = True
            if row.state is ItemState.IMPORTED:
                self._lines.append(say("follow.anew", title=row.title, episode=done.folder.name))
            row.edition = _digest(done.folder)
        if row.state is not ItemState.IMPORTED:
            if self.state.followed:
                self._lines.append(say("follow.came", title=row.title, episode=done.folder.name))
            row.new = row.state is ItemState.WAITING
            row.state, row.came = ItemState.IMPORTED, self.now
        row.episode, row.why, row.links = done.folder.name, "", []

    def _note_failure(self, item: FeedItem, row: Item, error: OperatorError) -> None:
        """Note why an item could not be imported, and where to look for its transcript."""
        # The disk's fault and not the transcript's: the next look tries again.
        self._again = self._again or not isinstance(error, FetchError | TranscriptError)
        if row.state is ItemState.IMPORTED:
            return
        why = str(error)[:_LONGEST_WHY]
        if row.state is not ItemState.KNOWN and row.why != why:
            self._lines.append(say("follow.not-imported", title=row.title, why=why))
        row.why = why
        row.links = [link.url for link in item.transcripts[:_PROBES]] if isinstance(error, FetchError) else []

    def _give_up(self) -> None:
        """Wait no longer for transcripts that did not come; one that comes after all is imported, and is not new."""
        for row in self.state.items.values():
            if row.state is ItemState.WAITING and self.now - row.seen > PATIENCE:
                row.state, row.why, row.links = ItemState.KNOWN, "", []
                self._lines.append(say("follow.given-up", title=row.title))


def _told_apart(feed: Feed) -> Feed:
    """Return a feed without the ids that several items share, and with no more items than are remembered."""
    count = Counter(item.key for item in feed.items)
    items = tuple(replace(item, id="") if count[item.key] > 1 else item for item in feed.items[:MOST_ITEMS])
    alone = {item.key: item for item in reversed(items)}
    return replace(feed, items=tuple(item for item in items if alone[item.key] is item))


def _digest(folder: Path) -> str:
    """Return the digest of an episode's edition."""
    try:
        return hashlib.blake2s((folder / EDITION).read_bytes(), digest_size=16).hexdigest()
    except OSError:
        return ""


def _moment(text: str | None) -> float | None:
    """Return a date as a feed states it, in UTC seconds."""
    try:
        moment = dt.datetime.fromisoformat(text or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _seconds(retry: str, now: float) -> float:
    """Return how long a server asks to wait, in seconds or until a date; 0 where it does not say."""
    if retry.isascii() and retry.isdigit() and len(retry) < 10:  # noqa: PLR2004 - more are no seconds
        return float(retry)
    try:
        return max(0.0, parsedate_to_datetime(retry).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return 0.0
