"""One replica as a process: the real delivery, adapters and store; what is scaled or broken is told by an order.

`python -m tests.faults.worker` is a nursery: it has everything imported, reads orders as JSON lines and forks a replica
for each, so that one that was killed is back within a tenth of a second. It prints {"pid": …} for each.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import logging
import os
import secrets
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import aiohttp

from bot.adapters.discord import pace as discord_pace
from bot.adapters.discord import sessions
from bot.adapters.discord.adapter import Discord
from bot.adapters.discord.client import VerbatimClient
from bot.adapters.discord.wire import aim
from bot.adapters.slack import api as slack_api
from bot.adapters.slack.adapter import Slack
from bot.commands import COMMAND_LINES, Context, Param, command
from bot.contract import Outcome, Post, Reply, Sent, thaw
from bot.core import Core
from bot.corpus import Corpus, Passage, open_corpus
from bot.delivery import Daily, Delivery, ticking
from bot.errors import OperatorError, StoreError
from bot.feeds import Fresh
from bot.highlights import Highlight, Highlights
from bot.settings import ROOT, Settings
from bot.store.posts import Ledger
from bot.store.store import Store, open_store
from tests.faults.pace import Pace
from tests.faults.points import FREEZES, Points
from tests.faults.weather import Weather

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from bot.contract import Adapter, Channel, Posted, Seen
    from bot.search import Searcher
    from bot.store import ChannelSettings, Planned, PostRow

PARENT_SECONDS = 1.0
CANNOT_START = 2
SLOW_SECONDS = 1.4
"""How long the slow commands take: longer than an answer may without being announced."""

FREE_STARTS = 1_000
"""Sessions that may be started without a pause, by what is killed again and again."""

SERVING = discord_pace.Pace(lease=3.0, renew=0.5, look=0.25, early=25.0, alive=0.5)
"""What a process took and did not answer within five seconds counts as abandoned."""

SENTENCES = 2
PROMPT = "What do you make of it?"
"""What a thread begins with, in channels that ask for one."""


@dataclass(frozen=True)
class Order:
    """What a replica is told: where everything is, its pace, and what is to go wrong in it."""

    database: str
    folder: str
    discord: str
    discord_token: str
    slack: str
    slack_token: str
    pace: Mapping[str, Any]
    point: str = ""
    times: int = 1
    share: float = 1.0
    naive: bool = False
    clock: bool = False
    seed: int = 0
    name: str = ""
    serves: bool = False
    gateway: str = ""
    slack_app_token: str = ""
    episode_at: float = 0.0
    """When a new episode came (UTC seconds), 0 for none."""


class Steady(Daily):
    """A daily quote that costs nothing to choose: two sentences by the channel's and the date's hash."""

    def __init__(self, store: Store, corpus: Corpus) -> None:
        super().__init__(store, Highlights(corpus), corpus, COMMAND_LINES)
        self._episode = corpus.episodes[0]

    async def next(self, settings: ChannelSettings, date: dt.date) -> tuple[Highlight, int] | None:
        """Return the highlight of a channel and date."""
        name = f"{settings.channel.platform}/{settings.channel.id}/{date}"
        number = int.from_bytes(hashlib.blake2s(name.encode(), digest_size=4).digest())
        first = number % (len(self._episode.sentences.begins) - SENTENCES)
        passage = Passage(self._episode, first, first + SENTENCES - 1)
        return Highlight(passage, score=0.0, prompt=PROMPT, curated=False), settings.cycle


class WatchedLedger(Ledger):
    """The ledger, with the points at which a process can be told to die."""

    def __init__(self, store: Store, sweep_after: float, points: Points) -> None:
        super().__init__(store._db, sweep_after)  # noqa: SLF001 - the same database, watched
        self._points = points

    async def plan(self, planned: Sequence[Planned]) -> None:
        await super().plan(planned)
        self._points.reach("plan")

    async def claim(self, now: float, owner: str, lease: float, limit: int, platforms: Sequence[str]) -> list[PostRow]:
        rows = await super().claim(now, owner, lease, limit, platforms)
        if rows:
            self._points.reach("claim")
        return rows

    async def intend(self, row: PostRow, now: float) -> bool:
        self._points.reach("before-guard")
        done = await super().intend(row, now)
        self._points.reach("intent")
        if row.state == "unknown":
            self._points.reach("reconcile")
        return done

    async def record_sent(
        self, row: PostRow, now: float, message_ref: str, *, sweep: bool = False, thread_at: float | None = None
    ) -> bool:
        self._points.reach("before-record")
        done = await super().record_sent(row, now, message_ref, sweep=sweep, thread_at=thread_at)
        self._points.reach("recorded")
        return done

    async def record_thread(self, row: PostRow, again_at: float | None) -> None:
        self._points.reach("thread")
        await super().record_thread(row, again_at)


class RestDiscord(Discord):
    """The Discord adapter logged in for REST alone: posting needs no gateway."""

    points: Points

    async def log_in(self, seconds: float) -> None:
        """Log in; one try to post takes at most so many seconds."""
        aim(self._settings)
        client = VerbatimClient(self._settings, self._core, None)
        await client.login(self._settings.discord_token)
        for task in client._tasks:  # noqa: SLF001 - no gateway, so nothing to sync or to pick up
            task.cancel()
        self._client, self._seconds = client, seconds

    async def find(self, channel: Channel, post: Post) -> Seen:
        seen = await super().find(channel, post)
        self.points.reach("reconcile")
        return seen

    async def delete(self, channel: Channel, ref: str) -> bool:
        gone = await super().delete(channel, ref)
        self.points.reach("sweep")
        return gone


class WatchedSlack(Slack):
    """The Slack adapter with the same points."""

    points: Points

    async def find(self, channel: Channel, post: Post) -> Seen:
        seen = await super().find(channel, post)
        self.points.reach("reconcile")
        return seen

    async def delete(self, channel: Channel, ref: str) -> bool:
        gone = await super().delete(channel, ref)
        self.points.reach("sweep")
        return gone


class Naive(Delivery):
    """What most bots do: take what is due under a lease, send, then mark it; when sending failed, send again."""

    async def _settle(self, row: PostRow, claimed: float) -> None:
        del claimed
        try:
            now = await self._clock()
            payload = await self._words_of(row, now)
            if payload is None:
                return
            adapter, channel = self._adapters[row.settings.channel.platform], row.settings.channel
            post = Post(secrets.token_hex(12), thaw(payload))
            posted: Posted | None = None
            try:
                posted = await asyncio.wait_for(adapter.post(channel, post), self._timing.send_within)
            except TimeoutError:
                posted = None
            now = await self._clock()
            if isinstance(posted, Sent):
                await self._store.posts.record_sent(row, now, posted.ref)
            else:
                await self._store.posts.postpone(row, now, "pending", 1.0, "")
        except StoreError:
            return


POSTING = ("chat.postMessage", "/messages")
ANSWERING = (*POSTING, "chat.postEphemeral", "/@original", "wait=true", "/hooks/")
"""What stands in the address of a request that shows something."""


def watch_wire(points: Points, showing: tuple[str, ...] = POSTING) -> None:
    """Let the points around the writing of a post be reached in whichever HTTP client writes it."""
    request = aiohttp.ClientSession._request  # noqa: SLF001 - both libraries come through here

    async def watched(session: aiohttp.ClientSession, method: str, url: Any, **how: Any) -> aiohttp.ClientResponse:
        path = str(url)
        posts = method in {"POST", "PATCH"} and any(part in path for part in showing)
        if not posts:
            return await request(session, method, url, **how)
        points.reach("before-write")
        points.reach("after-guard")
        answer = await request(session, method, url, **how)
        points.reach("after-accept")
        return answer

    async def written(*_: object) -> None:
        points.reach("mid-write")

    aiohttp.ClientSession._request = watched  # type: ignore[assignment]  # noqa: SLF001 - as above
    made = aiohttp.ClientSession.__init__

    def make(session: aiohttp.ClientSession, *given: Any, **how: Any) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(written)
        made(session, *given, **how | {"trace_configs": [*(how.get("trace_configs") or ()), trace]})

    aiohttp.ClientSession.__init__ = make  # type: ignore[assignment, method-assign]


@command("Give back what was said after a while")
async def wait(_ctx: Context, words: Annotated[str, Param("Words to give back")] = "") -> Reply:
    await asyncio.sleep(SLOW_SECONDS)
    return Reply(f"Said: {words}", Outcome.FOUND)


@command("Give back what was said at once")
async def say(_ctx: Context, words: Annotated[str, Param("Words to give back")] = "") -> Reply:
    return Reply(f"Said: {words}", Outcome.FOUND)


@command("Give back what was said to whoever said it")
async def whisper(_ctx: Context, words: Annotated[str, Param("Words to give back")] = "") -> Reply:
    await asyncio.sleep(SLOW_SECONDS)
    return Reply(f"Said: {words}", Outcome.FOUND, private=True)


async def serve(order: Order, corpus: Corpus) -> None:
    """Answer members on both platforms until killed."""
    if order.point:
        watch_wire(Points(Path(order.folder), order.point, times=order.times, share=order.share), ANSWERING)
    sessions.FREE_STARTS = FREE_STARTS
    store = open_store(order.database)
    settings = Settings(
        discord_token=order.discord_token,
        discord_api_base_url=order.discord,
        discord_gateway_url=order.gateway,
        slack_bot_token=order.slack_token,
        slack_app_token=order.slack_app_token,
        slack_api_base_url=order.slack,
    )
    core = Core(corpus, cast("Searcher", NoSearch()), (wait, say, whisper), store=store)
    discord = Discord(settings, core, store, announced=lambda _: None, pace=SERVING, name=secrets.token_hex(8))
    slack = Slack(settings, core, store, out=io.StringIO(), look=SERVING.look, early=SERVING.early)
    await asyncio.gather(discord.run(), slack.run(), _until_orphaned())


class NoSearch:
    """A search that knows no topic: every message is a question."""

    def topic_names(self) -> tuple[str, ...]:
        return ()

    def weight(self, _word: str) -> float:
        return 1.0


async def _until_orphaned() -> None:
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells that a parent is gone
        await asyncio.sleep(PARENT_SECONDS)
    os._exit(0)


async def work(order: Order, corpus: Corpus) -> None:
    """Be a replica until killed."""
    folder, pace = Path(order.folder), Pace.of(order.pace)
    points = Points(folder, order.point, order.point in FREEZES, order.times, order.share)
    weather = Weather(folder / "weather.json")
    if order.clock:
        weather.spoil_clock()
    if order.point:
        watch_wire(points)
    store = open_store(order.database, pace.sweep_after)
    weather.spoil_database(store._db.engine)  # noqa: SLF001 - the engine that writes
    store.posts = WatchedLedger(store, pace.sweep_after, points)
    settings = Settings(
        discord_token=order.discord_token,
        discord_api_base_url=order.discord,
        slack_bot_token=order.slack_token,
        slack_app_token="xapp-local",  # noqa: S106 - no socket is opened
        slack_api_base_url=order.slack,
    )
    daily = Steady(store, corpus)
    core = Core(corpus, cast("Searcher", None), (), store=store, daily=daily)
    discord, slack = RestDiscord(settings, core, store), WatchedSlack(settings, core, store)
    discord.points = slack.points = points
    discord.resend_within = pace.resend_within
    await discord.log_in(pace.call_within)
    slack_api.CALL_SECONDS = pace.call_within  # type: ignore[misc]  # a constant there
    adapters: dict[str, Adapter] = {"discord": discord, "slack": slack}
    kind = Naive if order.naive else Delivery
    entry = corpus.entries[0]
    fresh = (Fresh(entry.show.id, entry.id, order.episode_at),) if order.episode_at else ()
    name = f"{os.getpid()}-{secrets.token_hex(4)}"
    delivery = kind(store, daily, adapters, name, fresh=lambda: fresh, timing=pace.timing)
    async with ticking(delivery.tick, pace.tick):
        await _until_orphaned()


def live(order: Order, corpus: Corpus) -> None:
    """Run a replica in this process; its log is a file of the folder."""
    log = Path(order.folder) / "workers.log"
    logging.basicConfig(
        filename=log, level=logging.WARNING, format=f"%(asctime)s {os.getpid()} %(name)s %(message)s", force=True
    )
    logging.raiseExceptions = False
    for name in ("discord.client", "apscheduler"):  # libraries' notices about voice, and about a tick that takes long
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        asyncio.run((serve if order.serves else work)(order, corpus))
    except OperatorError as error:
        logging.error("cannot start: %s", error)  # noqa: TRY400, LOG015 - a sentence, as the process says it
        os._exit(CANNOT_START)
    except BaseException:
        logging.exception("the replica ended")  # noqa: LOG015 - the process's own log
        os._exit(1)
    os._exit(0)


def main() -> None:
    """Fork a replica for each order read."""
    corpus = open_corpus(ROOT / "content")
    corpus.episodes[0].sentences  # noqa: B018 - read once, before the forks
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = Order(**json.loads(line))
        child = os.fork()
        if not child:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            live(order, corpus)
        sys.stdout.write(json.dumps({"pid": child}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
