"""Posting what is due, once, by a ledger that is written before and after every send.

Plan a row for each channel and local date or new episode; claim rows under a lease with a fence; write the intent; send
with the row's key; record. What may or may not have been sent is looked for on the platform before it is sent again;
what cannot be known is held and an admin is told.

What remains: a process frozen longer than its lease between its last look at the lease and the write to the socket can
send after another has taken over. Discord drops the second by its key for some minutes; on Slack the extra one stands
until a sweep, five and sixty minutes later, removes it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from typing import TYPE_CHECKING, TypeVar

from bot.contract import (
    Blind,
    Later,
    Outcome,
    Post,
    Posted,
    Refused,
    Reply,
    Seen,
    Sent,
    Unclear,
    freeze,
    next_due,
    thaw,
)
from bot.delivery.daily import question_of
from bot.delivery.notifications import Notifications
from bot.delivery.timing import AT_ONCE, Timing
from bot.errors import StoreError, UserError, VerbatimError
from bot.policy.texts import say
from bot.store import LAST_TICK, Planned, episode_slot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bot.contract import Adapter
    from bot.delivery.daily import Daily
    from bot.feeds import Fresh
    from bot.store import ChannelSettings, PostRow, Store

__all__ = ["Delivery"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_LOOKS = 10
"""Tries at reading a channel before its post is held."""

MOST_SWEEPS = 6
"""Searches for a copy, of those that found one they could not delete, or could not look."""

MOST_REFUSALS = 3
"""Refusals in a row by a channel after which posting there is switched off."""

BATCH = 500
"""Channels planned at a time, in one transaction: no other writer waits long."""


class UnreadableError(VerbatimError):
    """A post's words, as another version froze them, cannot be read."""


class Delivery:
    """What is due, posted by this process for the platforms it serves.

    `owner` is this process's name in leases, no other's, past or present. `fresh` returns the episodes that came new,
    and may read files. For trying, `clock` (UTC seconds) is another than the store's; `tidies` is off where it was set
    by hand.
    """

    def __init__(  # noqa: PLR0913 - the parts it puts together
        self,
        store: Store,
        daily: Daily,
        adapters: Mapping[str, Adapter],
        owner: str,
        *,
        fresh: Callable[[], Sequence[Fresh]] = tuple,
        clock: Callable[[], Awaitable[float]] | None = None,
        timing: Timing | None = None,
        tidies: bool = True,
    ) -> None:
        self._store = store
        self.daily = daily
        """What chooses; another one when the library is another."""
        self._adapters = adapters
        self._owner = owner
        self._fresh = fresh
        self._clock = clock or store.now
        self._shared = clock is None and store.shared
        self._timing = timing or Timing()
        self._tidies = tidies
        self._notifications = Notifications(store, adapters, self._timing, self._title)
        self._look_before: float | None = None
        self._ticked = 0.0
        self._off = ""
        self._down = False
        self._looked: float | None = None
        self._before: float | None = None
        self._seen: tuple[Fresh, ...] = ()
        self._announced: set[Fresh] = set()

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
        waiting = await self._store.posts.waiting(now)
        noting = self._look_before is None or abs(now - self._ticked) > self._timing.late / 10
        noting = noting or waiting.last_tick is None
        worked = 0
        platforms = tuple(self._adapters)
        news = await self._news(now)
        busy = waiting.channels or waiting.posts or waiting.sweeps or waiting.threads or bool(news)
        if (busy or noting) and await self._clocks_agree():
            await self._notice_gap(now, waiting.last_tick)
            if waiting.channels:
                await self._plan(now)
            for fresh, due in news:
                await self._announce(fresh, due, platforms)
            while rows := await self._claim(platforms) if busy else []:
                claimed = time.monotonic()
                await asyncio.gather(*(self._settle(row, claimed) for row in rows))
                worked += len(rows)
            swept = await self._store.posts.to_sweep(now, AT_ONCE, platforms) if waiting.sweeps else []
            await asyncio.gather(*(self._sweep(row, now) for row in swept))
            await self._open_threads(platforms if waiting.threads else ())
        if worked or waiting.ends or waiting.channels:
            await self._notifications.ends(await self._clock())
        return worked

    async def _claim(self, platforms: tuple[str, ...]) -> list[PostRow]:
        """Claim posts that are due as of now: a tick may take longer than a lease."""
        now = await self._clock()
        return await self._store.posts.claim(now, self._owner, self._timing.lease, AT_ONCE, platforms)

    async def _notice_gap(self, now: float, last: float | None) -> None:
        """After a gap in this database's ticks, or a restored backup, look before posting what was due until now."""
        seen = self._ticked if last is not None else 0.0
        seen = seen or last or 0.0
        if self._look_before is None or last is None or abs(now - seen) > self._timing.late:
            self._look_before = now if abs(now - seen) > self._timing.late else 0.0
            self._ticked = 0.0
        if abs(now - self._ticked) > self._timing.late / 10:
            await self._store.kv.put(LAST_TICK, repr(now))
            if self._tidies:
                await self._store.tidy(now)
            self._ticked = now

    async def _plan(self, now: float) -> None:
        """Write a row for every date that has come due, and each channel's next date."""
        while due := await self._store.channels.due(now, BATCH, tuple(self._adapters)):
            planned = []
            for settings in due:
                try:
                    planned.append(_plan_row(settings, now, self._timing))
                except UserError as error:  # a zone that the next release of the zones left out
                    await self._store.channels.disable(settings.channel, str(error))
                    await self._notifications.say(settings.channel, say("delivery.switched-off", why=error))
            await self._store.posts.plan(planned)

    async def _news(self, now: float) -> list[tuple[Fresh, float]]:
        """Return new episodes that this process knows by now and has written no rows for, and since when they are due.

        That is when they were not to be known yet; one that is there at the first look may have been posted since it
        was seen, by whoever wrote in a database that was restored.
        """
        if self._looked is None or abs(now - self._looked) >= self._timing.look_for_news:
            self._looked = now
            try:
                found = await asyncio.to_thread(self._fresh)
            except Exception:  # what cannot be announced must not keep the quotes from being posted
                _log.exception("what episodes are new cannot be read")
                found = ()
            self._seen = tuple(each for each in found if now - each.seen_at <= self._timing.news)
            self._announced &= set(self._seen)
        before, self._before = self._before or 0.0, now
        knows = self.daily.announcements.knows
        known = (each for each in self._seen if each not in self._announced and knows(_name(each)))
        return [(each, max(each.seen_at, before)) for each in known]

    async def _announce(self, fresh: Fresh, due: float, platforms: Sequence[str]) -> None:
        """Write a row for every channel in which a new episode is to be announced, and has none."""
        episode, beyond = _name(fresh), 0
        slot, ledger = episode_slot(episode), self._store.posts
        while found := await ledger.unannounced(episode, fresh.seen_at, platforms, BATCH, beyond):
            beyond = found[-1].id or 0
            await ledger.plan(
                [
                    Planned(settings, slot, due, settings.next_date, settings.next_at, episode=episode)
                    for settings in found
                    if settings.announces(fresh.show)
                ]
            )
        self._announced.add(fresh)

    def _title(self, row: PostRow) -> str:
        """Return what people call a post: its date, or its episode."""
        return row.local_date if row.episode is None else self.daily.announcements.name(row.episode)

    async def _clocks_agree(self) -> bool:
        """Say whether the clock of posts and the platforms' agree; when they do not, say so once and post nothing."""
        lead = time.time() - await self._clock() if self._shared else 0.0
        for name in self._adapters:
            sentence = await self._clock_off(name, lead)
            if sentence:
                if not self._off:
                    _log.error("%s; nothing is posted until it is set right", sentence)
                self._off = sentence
                return False
        self._off = ""
        return True

    async def _clock_off(self, name: str, lead: float) -> str:
        """Return "" or by how much the clock that says what is due and a platform's differ.

        `lead` is by how many seconds this machine's clock is ahead of the database's, where that one says what is due.
        """
        ahead = await self._adapters[name].clock_ahead()
        if ahead is None:
            return ""
        ahead += lead
        if abs(ahead) <= self._timing.skew:
            return ""
        whose = say("delivery.of-database") if self._shared else say("delivery.of-machine")
        side = "behind" if ahead > 0 else "ahead"
        return say(f"delivery.clock-{side}", whose=whose, seconds=abs(ahead), platform=name)

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
            why = say("delivery.other-version")
            await self._store.posts.end(row, await self._clock(), "held", why)
        except Exception:  # one broken post must not keep the others from being posted
            _log.exception("post %s is left to its lease", row.key)

    async def _begin(self, row: PostRow, claimed: float) -> None:
        """Send a post for the first time, or again after a send that certainly did not happen."""
        now = await self._clock()
        ledger, adapter = self._store.posts, self._adapters[row.settings.channel.platform]
        if now - row.due_at > self._grace(row):
            await ledger.end(row, now, "skipped", self._too_late(row))
            return
        late = now - row.due_at > self._timing.late or row.due_at <= (self._look_before or 0.0)
        payload = await self._words_of(row, now)
        if payload is None:
            return
        if late and row.first_try_at is None:
            post = _post(row, payload, row.due_at, now)
            seen = await self._find(adapter, row, post)
            if isinstance(seen, Blind):
                await self._hold_or_look_again(row, now, seen)
                return
            if seen.refs:
                await self._record_sent(row, post, now, seen.refs[0], again=True)
                return
        await self._send(row, _post(row, payload, row.first_try_at, now), claimed, sweep=late)

    async def _words_of(self, row: PostRow, now: float) -> Mapping[str, object] | None:
        """Return what the post says: chosen and written down now, or as it was; None when it waits, or ends without."""
        ledger, daily = self._store.posts, self.daily
        if row.episode is not None:
            return await self._announcement(row, row.episode, now)
        if row.payload is not None and row.passage_id is not None:
            if await daily.stands(row.passage_id):
                return row.payload
            await ledger.end(row, now, "skipped", say("delivery.withdrawn"))
            return None
        date = dt.date.fromisoformat(row.local_date)
        settings = await self._store.channels.get(row.settings.channel)
        for _ in range(3):  # another replica may take the same highlight meanwhile
            found = await daily.next(settings, date)
            if found is None:
                await self._leave_out(row, settings, now)
                return None
            highlight, cycle = found
            reply = freeze(daily.reply(highlight, settings.language))
            if await ledger.choose(row, highlight.id, cycle, reply):
                return reply
        return None

    async def _announcement(self, row: PostRow, episode: str, now: float) -> Mapping[str, object] | None:
        """Return what an announcement says, as `_words_of`."""
        ledger, announcements = self._store.posts, self.daily.announcements
        settings = await self._store.channels.get(row.settings.channel)
        if not settings.announces(episode.partition("/")[0]):
            await ledger.end(row, now, "skipped", say("delivery.not-announced"), told=True)
            return None
        reply = _reply(row.payload) if row.payload else await announcements.reply(episode, settings)
        if reply is None or not await announcements.stands(episode, reply):
            if announcements.withholds(episode) or announcements.knows(episode):
                await ledger.end(row, now, "skipped", say("delivery.withdrawn-episode"))
            else:
                wait = min(max((now - row.due_at) / 10, self._timing.known_soon), self._timing.look_again)
                await ledger.postpone(row, now, row.state, wait, say("delivery.not-here"))
            return None
        if row.payload is not None:
            return row.payload
        chosen = freeze(reply)
        frozen = await ledger.choose(row, None, 0, chosen, ask_at=now if settings.approve else None)
        return chosen if frozen and not settings.approve else None

    def _grace(self, row: PostRow) -> float:
        """Return how late a post may be, in seconds."""
        return self._timing.grace if row.episode is None else self._timing.news

    def _too_late(self, row: PostRow) -> str:
        """Return why a post that is later than that is left out."""
        grace = self._grace(row)
        if row.episode is None:
            return say("delivery.too-late", hours=grace / 3600)
        return say("delivery.too-late-news", days=grace / 86400)

    async def _leave_out(self, row: PostRow, settings: ChannelSettings, now: float) -> None:
        """End a post for which there is no quote; an admin is told of the first of several in a row."""
        why = await self.daily.why_none(settings)
        earlier = [one for one in await self._store.posts.recent(settings.channel) if one.local_date < row.local_date]
        again = bool(earlier) and (earlier[0].state, earlier[0].reason) == ("skipped", why)
        await self._store.posts.end(row, now, "skipped", why, told=again)

    async def _send(self, row: PostRow, post: Post, claimed: float, *, sweep: bool = False) -> None:
        """Write the intent, send, record how it ended."""
        if self._timing.lease - (time.monotonic() - claimed) < self._timing.guard:
            return
        now = await self._clock()
        lead = time.time() - now if self._shared else 0.0
        if not await self._store.posts.intend(row, now):
            return
        # A platform that was not connected when the tick began says its time now.
        off = await self._clock_off(row.settings.channel.platform, lead)
        if off or self._timing.lease - (time.monotonic() - claimed) < self._timing.guard:
            untried = {"first_try_at": row.first_try_at, "last_try_at": row.last_try_at}
            wait = self._timing.look_again if off else 0.0
            await self._store.posts.postpone(row, now, row.state, wait, off and f"{off}.", **untried)
            return
        adapter = self._adapters[row.settings.channel.platform]
        posted: Posted = await self._ask(row, adapter.post(row.settings.channel, post), Unclear)
        await self._record(row, post, posted, sweep=sweep and not adapter.resend_within)

    async def _record(self, row: PostRow, post: Post, posted: Posted, *, sweep: bool) -> None:
        """Write down how a send ended; what it means for the channel too."""
        now = await self._clock()
        ledger, channel = self._store.posts, row.settings.channel
        if isinstance(posted, Sent):
            await self._record_sent(row, post, now, posted.ref, sweep=sweep)
            if row.settings.refusals:
                await self._store.channels.forget_refusals(channel)
        elif isinstance(posted, Later):
            seconds = min(max(posted.seconds, 1.0), self._timing.longest_later)
            if seconds > self._timing.late / 10:
                self._notifications.log(
                    say("delivery.put-off", platform=channel.platform, minutes=seconds / 60, why=posted.why)
                )
            # An earlier try in doubt stays in doubt, though this one was surely not taken.
            await ledger.postpone(row, now, row.state, seconds, posted.why)
        elif isinstance(posted, Unclear):
            again = 1.0 if self._adapters[channel.platform].resend_within else self._timing.settle
            await ledger.postpone(row, now, "unknown", again, posted.why)
        else:
            await ledger.end(row, now, "failed", posted.why)
            if posted.channel and await self._store.channels.count_refusal(channel, posted.why, MOST_REFUSALS):
                _log.warning("posting in %s %s is switched off: %s", channel.platform, channel.id, posted.why)

    async def _record_sent(  # noqa: PLR0913 - what is known of a message that stands
        self, row: PostRow, post: Post, now: float, ref: str, *, sweep: bool = False, again: bool = False
    ) -> None:
        """Write down that a post stands and owes its thread, then open that; `again` as for `Adapter.open_thread`."""
        owed = now + self._timing.lease if post.prompt and ref else None
        recorded = await self._store.posts.record_sent(row, now, ref, sweep=sweep, thread_at=owed)
        if recorded and owed is not None:
            await self._open_thread(row, post, ref, now, again=again)

    async def _open_threads(self, platforms: Sequence[str]) -> None:
        """Open threads that are owed: by a process that did not live to, or after a try that failed."""
        if not platforms:
            return
        now = await self._clock()
        rows = await self._store.posts.take_threads(now, self._timing.lease, AT_ONCE, platforms)
        await asyncio.gather(*(self._try_thread(row) for row in rows))

    async def _try_thread(self, row: PostRow) -> None:
        """Open a thread that is owed; a database that fails leaves it to its lease."""
        sent_at = row.sent_at or 0.0
        try:
            post = _post(row, row.payload, row.first_try_at, row.last_try_at)
            await self._open_thread(row, post, row.message_ref or "", sent_at, again=True)
        except StoreError as error:
            _log.warning("the thread of post %s is left to its lease: the database said %s", row.key, error)
        except UnreadableError:
            await self._store.posts.record_thread(row, None)

    async def _open_thread(self, row: PostRow, post: Post, ref: str, sent_at: float, *, again: bool) -> None:
        """Try to open the thread of a post that stands since `sent_at`; one that fails is tried again, for hours."""
        adapter = self._adapters[row.settings.channel.platform]
        opened: Posted = Refused("")
        if post.prompt and ref:
            opened = await self._ask(row, adapter.open_thread(row.settings.channel, post, ref, again=again), Unclear)
        now = await self._clock()
        wait = min(max((now - sent_at) / 2, self._timing.look_again), self._timing.tell_again)
        wait = max(wait, opened.seconds) if isinstance(opened, Later) else wait
        over = isinstance(opened, Sent | Refused) or now + wait - sent_at > self._timing.thread_for
        if not isinstance(opened, Sent):
            _log.warning("no thread under post %s%s: %s", row.key, "" if over else " yet", opened.why)
        await self._store.posts.record_thread(row, None if over else now + wait)

    async def _reconcile(self, row: PostRow, claimed: float) -> None:
        """Find out what became of a doubtful send: send again where that cannot show twice, else look."""
        now = await self._clock()
        ledger, adapter = self._store.posts, self._adapters[row.settings.channel.platform]
        first, last = row.first_try_at or now, row.last_try_at or now
        payload = row.payload
        if payload is None:
            await ledger.end(row, now, "held", say("delivery.not-known"))
            return
        post = _post(row, payload, first, last)
        if now - first < adapter.resend_within:
            await self._send(row, post, claimed)
            return
        if now - last < self._timing.settle:
            await ledger.postpone(row, now, "unknown", self._timing.settle - (now - last), row.reason)
            return
        seen = await self._find(adapter, row, post)
        if isinstance(seen, Blind):
            await self._hold_or_look_again(row, now, seen)
        elif seen.refs:
            await self._record_sent(row, post, now, seen.refs[0], sweep=len(seen.refs) > 1, again=True)
        elif row.clear_at is None or now - row.clear_at < self._timing.agree:
            clear = now if row.clear_at is None else row.clear_at
            await ledger.postpone(row, now, "unknown", clear + self._timing.agree - now, row.reason, clear_at=clear)
        elif now - row.due_at > self._grace(row):
            await ledger.end(row, now, "skipped", self._too_late(row))
        else:
            await self._send(row, post, claimed, sweep=True)

    async def _hold_or_look_again(self, row: PostRow, now: float, seen: Blind) -> None:
        """Look again later, or after some tries hold the post: whether it stands cannot be known."""
        if row.attempts >= MOST_LOOKS:
            await self._store.posts.end(row, now, "held", say("delivery.cannot-see", why=seen.why))
            return
        again = {"attempts": row.attempts + 1}
        await self._store.posts.postpone(row, now, row.state, self._timing.look_again, seen.why, **again)

    async def _find(self, adapter: Adapter, row: PostRow, post: Post) -> Seen:
        return await self._ask(row, adapter.find(row.settings.channel, post), Blind)

    async def _ask(self, row: PostRow, asked: Awaitable[T], failed: Callable[[str], T]) -> T:
        """Return what an adapter says, within the time of a send; `failed` makes the outcome when it says nothing."""
        try:
            return await asyncio.wait_for(asked, self._timing.send_within)
        except TimeoutError:
            return failed(say("delivery.no-answer", platform=row.settings.channel.platform))
        except Exception as error:
            _log.exception("post %s: the adapter failed", row.key)
            return failed(type(error).__name__)

    async def _sweep(self, row: PostRow, now: float) -> None:
        """Delete every copy of a post but the oldest: whichever process sweeps, the same one stays.

        The channel is searched up to now: what a process sent after it was frozen came later than the last try.
        """
        adapter = self._adapters[row.settings.channel.platform]
        seen = await self._find(adapter, row, _post(row, None, row.first_try_at, now))
        again = now + self._timing.sweep_again
        if isinstance(seen, Blind):
            await self._store.posts.record_sweep(row, again if row.sweeps < MOST_SWEEPS else None)
            return
        gone = [ref for ref in seen.refs[1:] if await adapter.delete(row.settings.channel, ref)]
        if gone:
            _log.warning("post %s stood %d times; %d removed", row.key, len(seen.refs), len(gone))
        left = len(seen.refs) - 1 - len(gone)
        if left > 0 and row.sweeps >= MOST_SWEEPS:
            name = self._title(row)
            twice = (
                say("delivery.announced-twice", name=name) if row.episode else say("delivery.stands-twice", name=name)
            )
            await self._notifications.say(row.settings.channel, twice)
        more = row.sweeps == 0 or (left > 0 and row.sweeps < MOST_SWEEPS)
        stands = seen.refs[0] if seen.refs else None
        await self._store.posts.record_sweep(row, again if more else None, stands)


def _name(fresh: Fresh) -> str:
    """Return what the ledger calls an episode."""
    return f"{fresh.show}/{fresh.episode}"


def _plan_row(settings: ChannelSettings, now: float, timing: Timing) -> Planned:
    """Return the row for a channel's date that is due, and what is next for the channel."""
    date, due = dt.date.fromisoformat(settings.next_date or "1970-01-01"), settings.next_at or now
    by_admin = say("settings.left-out-by") if settings.skip_date == date.isoformat() else ""
    if settings.paused:
        by_admin = say("settings.paused-by")
    reason = by_admin or (say("delivery.not-running") if now - due > timing.grace else "")
    back = now - timing.furthest_back
    if reason and due < back:
        until = dt.datetime.fromtimestamp(back, dt.UTC).date()
        reason = say("delivery.nor-until", reason=reason, date=until.isoformat())
    after = dt.datetime.fromtimestamp(max(due + 1, back), dt.UTC)
    following = next_due(after, settings.time, settings.zone, settings.days, beyond=date)
    next_date, next_at = (following[0].isoformat(), following[1].timestamp()) if following else (None, None)
    state = "skipped" if reason else "pending"
    return Planned(settings, date.isoformat(), due, next_date, next_at, state, reason, told=bool(by_admin))


def _post(row: PostRow, payload: Mapping[str, object] | None, first: float | None, last: float | None) -> Post:
    """Return the message of a row; one that is only looked for needs no words."""
    first_try, last_try = (dt.datetime.fromtimestamp(at, dt.UTC) if at is not None else None for at in (first, last))
    reply = _reply(payload) if payload else Reply("", Outcome.NONE)
    prompt = question_of(reply) if row.settings.thread and row.episode is None else ""
    return Post(row.key, reply, first_try, last_try, prompt)


def _reply(payload: Mapping[str, object]) -> Reply:
    """Return a post's words as they were frozen."""
    try:
        return thaw(payload)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError from error
