"""Posting what is due, once, by a ledger that is written before and after every send.

Plan a row for each channel and local date; claim rows under a lease with a fence; write the intent; send with the row's
key; record. What may or may not have been sent is looked for on the platform before it is sent again; what cannot be
known is held and an admin is told.

What remains: a process frozen longer than its lease between its last look at the lease and the write to the socket can
send after another has taken over. Discord drops the second by its key for some minutes; on Slack the extra one stands
until a sweep, five and sixty minutes later, removes it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.daily import daily_reply
from bot.errors import StoreError, VerbatimError
from bot.frozen import freeze, thaw
from bot.post import Blind, Later, Post, Posted, Seen, Sent, Unclear
from bot.schedule import next_due
from bot.store import LAST_TICK, Planned

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.core import Adapter
    from bot.daily import Daily
    from bot.store import ChannelSettings, PostRow, Store

__all__ = ["Delivery", "Timing"]

_log = logging.getLogger(__name__)

MOST_LOOKS = 10
"""Tries at reading a channel before its post is held."""

MOST_REFUSALS = 3
"""Refusals in a row by a channel after which its daily post is switched off."""

AT_ONCE = 20
"""Posts claimed and sent at a time."""

BATCH = 500
"""Channels planned at a time."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long delivery waits for what, in seconds; fault tests run it faster, with the same proportions.

    `grace`: a post later than that is left out, with the reason. `late`: a post later than that, or due in a gap of
    the ticks as long, is looked for before it is first sent. `lease`: a claimed post is this process's; `guard` of it
    must be left to begin a send, which counts as unclear after `send_within` (the adapters' own limit is 15 s).
    `settle`: until the channel's history is believed to show a doubtful send; `agree`: between two reads that must both
    find nothing before it is sent again. `look_again`: until a channel that could not be read is read again.
    `sweep_again`: between the first and the second search for a copy. `skew`: between this clock and a platform's
    beyond which nothing is posted. `longest_later`: a post that a platform put off is looked at again after that.
    `furthest_back`: missed dates are written down one by one.
    """

    grace: float = 6 * 3600.0
    late: float = 600.0
    lease: float = 120.0
    guard: float = 30.0
    send_within: float = 20.0
    settle: float = 45.0
    agree: float = 30.0
    look_again: float = 60.0
    sweep_again: float = 3300.0
    skew: float = 120.0
    longest_later: float = 3600.0
    furthest_back: float = 7 * 86400.0


class UnreadableError(VerbatimError):
    """A post's words, as another version froze them, cannot be read."""


class Delivery:
    """What is due, posted by this process for the platforms it serves."""

    def __init__(  # noqa: PLR0913 - the parts it puts together
        self,
        store: Store,
        daily: Daily,
        adapters: Mapping[str, Adapter],
        owner: str,
        *,
        clock: Callable[[], Awaitable[float]] | None = None,
        timing: Timing | None = None,
    ) -> None:
        """Take the parts, this process's name in leases, and, for trying, a clock (UTC seconds) other than the store's.

        The name must be no other process's, past or present.
        """
        self._store = store
        self._daily = daily
        self._adapters = adapters
        self._owner = owner
        self._clock = clock or store.now
        self._timing = timing or Timing()
        self._too_late = f"it could not be posted within {self._timing.grace / 3600:.0f} hours"
        self._look_before: float | None = None
        self._ticked = 0.0
        self._off = ""
        self._down = False

    async def tick(self) -> int:
        """Post what is due by the clock; return how many posts were worked on. A database that fails is said once."""
        try:
            worked = await self.deliver_due(await self._clock())
        except StoreError as error:
            if not self._down:
                _log.error("nothing is posted until the database answers; it said: %s", error)
            self._down = True
            return 0
        self._down = False
        return worked

    async def deliver_due(self, now: float) -> int:
        """Plan, post and settle what is due at `now` (UTC seconds); return how many posts were worked on."""
        await self._notice_gap(now)
        await self._plan(now)
        worked = 0
        if await self._clocks_agree():
            platforms = tuple(self._adapters)
            while rows := await self._store.posts.claim(now, self._owner, self._timing.lease, AT_ONCE, platforms):
                claimed = time.monotonic()
                await asyncio.gather(*(self._settle(row, claimed) for row in rows))
                worked += len(rows)
            for row in await self._store.posts.to_sweep(now, AT_ONCE, platforms):
                await self._sweep(row, now)
        await self._tell()
        return worked

    async def _notice_gap(self, now: float) -> None:
        """Remember when this database last saw a tick; after a gap (or a restored backup), look before posting."""
        if self._look_before is None or abs(now - self._ticked) > self._timing.late:
            last = await self._store.notes.get(LAST_TICK)
            seen = self._ticked or (float(last) if last else 0.0)
            self._look_before = now if abs(now - seen) > self._timing.late else self._look_before or 0.0
            self._ticked = 0.0
        if abs(now - self._ticked) > self._timing.late / 10:
            await self._store.notes.put(LAST_TICK, repr(now))
            await self._store.tidy(now)
            self._ticked = now

    async def _plan(self, now: float) -> None:
        """Write a row for every date that has come due, and each channel's next date."""
        while due := await self._store.channels.due(now, BATCH):
            await self._store.posts.plan([_planned(settings, now, self._timing) for settings in due])

    async def _clocks_agree(self) -> bool:
        """Say whether this clock and the platforms' agree; when they do not, say so once and post nothing."""
        for name, adapter in self._adapters.items():
            ahead = await adapter.clock_ahead()
            if ahead is not None and abs(ahead) > self._timing.skew:
                sentence = (
                    f"This machine's clock is {abs(ahead):.0f} s {'behind' if ahead > 0 else 'ahead of'} {name}'s"
                )
                if not self._off:
                    _log.error("%s; nothing is posted until it is set right", sentence)
                self._off = sentence
                return False
        self._off = ""
        return True

    async def _settle(self, row: PostRow, claimed: float) -> None:
        """Bring one claimed post a step on; a database that fails leaves it to its lease."""
        try:
            if row.state == "pending":
                await self._begin(row, claimed)
            else:
                await self._reconcile(row, claimed)
        except StoreError as error:
            _log.warning("post %s is left to its lease: the database said %s", row.key, error)
        except UnreadableError:
            why = "it was written by another version, which this one cannot read"
            await self._store.posts.end(row, await self._clock(), "held", why)
        except Exception:  # one broken post must not keep the others from being posted
            _log.exception("post %s is left to its lease", row.key)

    async def _begin(self, row: PostRow, claimed: float) -> None:
        """Send a post for the first time, or again after a send that certainly did not happen."""
        now = await self._clock()
        ledger, adapter = self._store.posts, self._adapters[row.settings.channel.platform]
        if now - row.due_at > self._timing.grace:
            await ledger.end(
                row, now, "skipped", f"it could not be posted within {self._timing.grace / 3600:.0f} hours"
            )
            return
        late = now - row.due_at > self._timing.late or row.due_at <= (self._look_before or 0.0)
        if late and row.first_try_at is None:
            seen = await self._find(adapter, row, _post(row, None, row.due_at, now))
            if isinstance(seen, Blind):
                await self._hold_or_look_again(row, now, seen)
                return
            if seen.refs:
                await ledger.sent(row, now, seen.refs[0])
                return
        reply = await self._frozen(row, now)
        if reply is not None:
            await self._send(row, _post(row, reply, row.first_try_at, now), claimed, sweep=late)

    async def _frozen(self, row: PostRow, now: float) -> Mapping[str, object] | None:
        """Return what the post says: chosen and written down now, or as it was; None when it ends without a post."""
        ledger = self._store.posts
        if row.payload is not None and row.passage_id is not None:
            if self._daily.stands(row.passage_id):
                return row.payload
            await ledger.end(row, now, "skipped", "its quote was withdrawn or its transcript changed")
            return None
        date = dt.date.fromisoformat(row.local_date)
        settings = await self._store.channels.get(row.settings.channel)
        for _ in range(3):  # another replica may take the same highlight meanwhile
            found = await self._daily.next(settings, date)
            if found is None:
                await ledger.end(row, now, "skipped", "no highlight is good enough in the shows served here")
                return None
            highlight, cycle = found
            reply = freeze(daily_reply(highlight))
            if await ledger.choose(row, highlight.id, cycle, reply):
                return reply
        return None

    async def _send(self, row: PostRow, post: Post, claimed: float, *, sweep: bool = False) -> None:
        """Write the intent, send, record how it ended."""
        if self._timing.lease - (time.monotonic() - claimed) < self._timing.guard:
            return
        now = await self._clock()
        if not await self._store.posts.intend(row, now):
            return
        if self._timing.lease - (time.monotonic() - claimed) < self._timing.guard:
            await self._store.posts.unsettled(row, now, row.state, 0.0, "")
            return
        adapter = self._adapters[row.settings.channel.platform]
        try:
            posted: Posted = await asyncio.wait_for(adapter.post(row.settings.channel, post), self._timing.send_within)
        except Exception as error:
            _log.exception("post %s: the adapter failed", row.key)
            posted = Unclear(type(error).__name__)
        await self._record(row, posted, sweep=sweep and not adapter.resend_within)

    async def _record(self, row: PostRow, posted: Posted, *, sweep: bool) -> None:
        """Write down how a send ended; what it means for the channel too."""
        now = await self._clock()
        ledger, channel = self._store.posts, row.settings.channel
        if isinstance(posted, Sent):
            await ledger.sent(row, now, posted.ref, sweep=sweep)
            if row.settings.refusals:
                await self._store.channels.accepted(channel)
        elif isinstance(posted, Later):
            seconds = min(max(posted.seconds, 1.0), self._timing.longest_later)
            await ledger.unsettled(row, now, "pending", seconds, posted.why)
        elif isinstance(posted, Unclear):
            again = 1.0 if self._adapters[channel.platform].resend_within else self._timing.settle
            await ledger.unsettled(row, now, "unknown", again, posted.why)
        else:
            await ledger.end(row, now, "failed", posted.why)
            if posted.channel and await self._store.channels.refused(channel, posted.why, MOST_REFUSALS):
                _log.warning("the daily post of %s %s is switched off: %s", channel.platform, channel.id, posted.why)

    async def _reconcile(self, row: PostRow, claimed: float) -> None:
        """Find out what became of a doubtful send: send again where that cannot show twice, else look."""
        now = await self._clock()
        ledger, adapter = self._store.posts, self._adapters[row.settings.channel.platform]
        first, last = row.first_try_at or now, row.last_try_at or now
        payload = row.payload
        if payload is None:
            await ledger.end(row, now, "held", "what was sent is not known")
            return
        post = _post(row, payload, first, last)
        if now - first < adapter.resend_within:
            await self._send(row, post, claimed)
            return
        if now - last < self._timing.settle:
            await ledger.unsettled(row, now, "unknown", self._timing.settle - (now - last), row.reason)
            return
        seen = await self._find(adapter, row, post)
        if isinstance(seen, Blind):
            await self._hold_or_look_again(row, now, seen)
        elif seen.refs:
            await ledger.sent(row, now, seen.refs[0], sweep=len(seen.refs) > 1)
        elif row.clear_at is None or now - row.clear_at < self._timing.agree:
            clear = now if row.clear_at is None else row.clear_at
            await ledger.unsettled(row, now, "unknown", clear + self._timing.agree - now, row.reason, clear_at=clear)
        elif now - row.due_at > self._timing.grace:
            await ledger.end(
                row, now, "skipped", f"it could not be posted within {self._timing.grace / 3600:.0f} hours"
            )
        else:
            await self._send(row, post, claimed, sweep=True)

    async def _hold_or_look_again(self, row: PostRow, now: float, seen: Blind) -> None:
        """Look again later, or after some tries hold the post: whether it stands cannot be known."""
        if row.attempts >= MOST_LOOKS:
            await self._store.posts.end(row, now, "held", f"I can't see whether it was posted: {seen.why}")
            return
        again = {"attempts": row.attempts + 1}
        await self._store.posts.unsettled(row, now, row.state, self._timing.look_again, seen.why, **again)

    async def _find(self, adapter: Adapter, row: PostRow, post: Post) -> Seen:
        """Look for a post in its channel, within the time of a send."""
        try:
            return await asyncio.wait_for(adapter.find(row.settings.channel, post), self._timing.send_within)
        except Exception as error:
            _log.exception("post %s: the channel could not be searched", row.key)
            return Blind(type(error).__name__)

    async def _sweep(self, row: PostRow, now: float) -> None:
        """Delete every copy of a post but the oldest: whichever process sweeps, the same one stays."""
        adapter = self._adapters[row.settings.channel.platform]
        seen = await self._find(adapter, row, _post(row, None, row.first_try_at, row.last_try_at))
        if isinstance(seen, Blind):
            await self._store.posts.swept(row, now + self._timing.sweep_again if row.sweeps == 0 else None, done=True)
            return
        gone = [ref for ref in seen.refs[1:] if await adapter.delete(row.settings.channel, ref)]
        if gone:
            _log.warning("post %s stood %d times; one was left", row.key, len(seen.refs))
        left = len(seen.refs) - 1 - len(gone)
        again = now + self._timing.sweep_again if row.sweeps == 0 or left else None
        await self._store.posts.swept(row, again, done=not left)

    async def _tell(self) -> None:
        """Tell an admin of each post that was held, failed or left out."""
        for row in await self._store.posts.to_tell(AT_ONCE, tuple(self._adapters)):
            channel = row.settings.channel
            member = await self._store.channels.last_admin(channel)
            sentence = f"The quote of {row.local_date} {_ENDS[row.state]}: {row.reason}."
            if row.settings.disabled:
                sentence += " The daily quote is off here until /settings daily on."
            _log.warning("%s %s: %s", channel.platform, channel.id, sentence)
            await self._store.posts.told(row)
            await self._adapters[channel.platform].tell(channel, member, sentence)


_ENDS = {"held": "is held", "failed": "was not posted", "skipped": "was left out"}


def _planned(settings: ChannelSettings, now: float, timing: Timing) -> Planned:
    """Return the row for a channel's date that is due, and what is next for the channel."""
    date, due = dt.date.fromisoformat(settings.next_date or "1970-01-01"), settings.next_at or now
    state, reason = "pending", ""
    if settings.paused:
        state, reason = "skipped", "paused by an admin"
    elif settings.skip_date == date.isoformat():
        state, reason = "skipped", "left out by an admin"
    elif now - due > timing.grace:
        state, reason = "skipped", "I was not running when it was due"
    after = dt.datetime.fromtimestamp(max(due + 1, now - timing.furthest_back), dt.UTC)
    following = next_due(after, settings.time, settings.zone, settings.days, beyond=date)
    next_date, next_at = (following[0].isoformat(), following[1].timestamp()) if following else (None, None)
    by_admin = settings.paused or settings.skip_date == date.isoformat()
    return Planned(settings, date.isoformat(), due, next_date, next_at, state, reason, told=by_admin)


def _post(row: PostRow, payload: Mapping[str, object] | None, first: float | None, last: float | None) -> Post:
    """Return the message of a row; one that is only looked for needs no words."""
    first_try, last_try = (dt.datetime.fromtimestamp(at, dt.UTC) if at is not None else None for at in (first, last))
    try:
        reply = thaw(payload or _NOTHING)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError from error
    return Post(row.key, reply, first_try, last_try, reply.aside if row.settings.thread else "")


_NOTHING = {
    "lead": "",
    "outcome": "none",
    "command": "",
    "cards": [],
    "buttons": [],
    "private": False,
    "aside": "",
}
