"""What members ask survives the processes that hear it: F13 (acknowledgements), F14, F15, F17 and F18.

The numbers are those of the table of faults in the README.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sqlite3
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import pytest
import sqlalchemy as sa

from bot.adapters.discord.adapter import Discord
from bot.adapters.discord.pace import Pace
from bot.commands import COMMANDS
from bot.contract import Channel
from bot.core import Core
from bot.settings import ROOT, Settings
from bot.store import ChannelSettings, open_store
from bot.store.tables import inbox
from tests.databases import empty_database
from tests.local_discord import LocalDiscord
from tests.local_discord.limits import walk
from tests.local_slack import LocalSlack
from tests.test_slack import no_proxies, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Searcher

__all__ = ["no_proxies"]

_log = logging.getLogger(__name__)
"""Gets the measured seconds: `pytest --log-cli-level INFO` shows them."""

LINE = "language is an imperfect way for people to express thoughts and ideas"
PACE = Pace(lease=3.0, renew=0.5, look=0.25, early=28.5, alive=0.5)
"""The waits of production divided by ten; what a process took counts as abandoned after a second and a half."""

TAKEN_OVER = PACE.lease + PACE.renew
CREATE = "POST /channels/*/messages"
CALLBACK = "POST /interactions/*/callback"


@dataclass
class Process:
    """A replica's process, and the lines it printed."""

    process: asyncio.subprocess.Process
    lines: list[dict[str, Any]]
    reading: asyncio.Task[None]

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self, event: str, platform: str) -> bool:
        return any((line.get("event"), line.get("platform")) == (event, platform) for line in self.lines)

    def send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def end(self) -> None:
        self.send(signal.SIGKILL)
        await self.process.wait()
        await self.reading


class Yard:
    """Replicas as processes between both local platforms and one database."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.database = database
        self.discord = LocalDiscord(validates=False)
        self.slack = LocalSlack()
        self.processes: list[Process] = []

    async def __aenter__(self) -> Self:
        await self.discord.start()
        await self.slack.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self.processes:
            await process.end()
        await self.slack.__aexit__()
        await self.discord.stop()

    async def start(self, *, discord: bool = False, slack: bool = False) -> Process:
        """Start a replica that serves these platforms; return when it is connected or stands by."""
        environ = {"VERBATIM_DATA_DIR": str(self.folder)}
        if discord:
            environ |= self.pointed()
        if slack:
            environ |= self.slack.environ()
        order = {
            "database": self.database,
            "folder": str(self.folder),
            "environ": environ,
            "pace": asdict(PACE),
        }
        process = await self.run("-m", "tests.replica", json.dumps(order))
        await self.until(lambda: not discord or process.said("standby", "discord"), "standing by")
        await self.until(lambda: not slack or process.said("ready", "slack"), "Slack")
        return process

    async def run(self, *arguments: str, **environ: str) -> Process:
        """Start a process."""
        kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "ignore", *arguments, cwd=ROOT, env=kept | environ, stdout=asyncio.subprocess.PIPE
        )
        lines: list[dict[str, Any]] = []

        async def read() -> None:
            assert made.stdout
            async for line in made.stdout:
                lines.append(json.loads(line))  # noqa: PERF401 - looked at while it grows

        process = Process(made, lines, asyncio.create_task(read()))
        self.processes.append(process)
        return process

    def pointed(self) -> dict[str, str]:
        local = self.discord
        return {
            "DISCORD_TOKEN": local.token,
            "DISCORD_API_BASE_URL": local.api_base,
            "DISCORD_GATEWAY_URL": local.gateway_url,
        }

    async def until(self, is_so: Any, what: str, seconds: float = 20.0) -> float:
        """Wait until something holds; return how long it took."""
        began = time.monotonic()
        while not is_so():
            if time.monotonic() - began > seconds:
                message = f"{what} did not come within {seconds:g} s"
                raise TimeoutError(message)
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    def worked(self) -> set[int]:
        """Return the processes that worked on the slow command."""
        return {int(mark.suffix[1:]) for mark in self.folder.glob("working.*")}

    async def recorded(self) -> None:
        """Wait until what was acknowledged is written down: what dies before that is nobody else's to answer."""
        engine = sa.create_engine(self.database)
        with contextlib.closing(engine.connect()) as db:
            await self.until(lambda: db.scalar(sa.select(sa.func.count()).select_from(inbox)), "the record")
        engine.dispose()

    def go(self) -> None:
        """Let the slow command end."""
        (self.folder / "go").touch()

    async def opt_in(self) -> None:
        """Set the bot up in #general."""
        store = await asyncio.to_thread(open_store, self.database)
        place = Channel("discord", str(self.discord.world.general.id), str(self.discord.world.guild.id))
        await store.channels.save(ChannelSettings(place), "1", "test", time.time())
        store.close()


@pytest.fixture
def postgres(postgresql: str) -> str:
    return empty_database(postgresql)


@pytest.fixture
async def yard(tmp_path: Path, postgres: str) -> AsyncIterator[Yard]:
    async with Yard(tmp_path, postgres) as made:
        yield made


def shown(message: dict[str, Any] | None) -> str:
    assert message
    return "\n".join(part["content"] for _, part in walk(message["components"]) if "content" in part)


def answered(local: LocalDiscord) -> list[str]:
    """Return the ids of the messages that the bot's messages answer."""
    return [one["message_reference"]["message_id"] for one in local.of_bot() if one.get("message_reference")]


async def test_f15_a_command_announced_by_a_killed_process_is_answered_by_another_once(yard: Yard) -> None:
    pair = await asyncio.gather(yard.start(discord=True), yard.start(discord=True))
    await yard.until(lambda: any(one.said("ready", "discord") for one in pair), "the gateway")
    (first,) = (one for one in pair if one.said("ready", "discord"))
    await yard.until(lambda: yard.discord.commands[0], "the commands")
    asking = asyncio.create_task(yard.discord.slash("wait", {"words": "it stands"}, seconds=40))
    await yard.until(lambda: yard.discord.asked_for(CALLBACK), "the announcement")
    await yard.recorded()
    first.send(signal.SIGKILL)
    began = time.monotonic()
    yard.go()
    asked = await asking
    _log.info("answered_after_seconds %.2f", time.monotonic() - began)
    await yard.discord.settle(quiet=1.0)

    assert asked.type == 5
    assert shown(asked.message) == "Said: it stands"
    assert (asked.edits, asked.followups) == (1, [])


async def test_f15_a_slack_command_acknowledged_by_a_killed_process_is_answered_by_another_once(yard: Yard) -> None:
    replicas = await asyncio.gather(yard.start(slack=True), yard.start(slack=True))
    exchange = await yard.slack.command("/wait", "it stands")
    assert exchange.ack is not None
    await yard.until(yard.worked, "the work")
    (pid,) = yard.worked()
    await yard.recorded()
    next(one for one in replicas if one.pid == pid).send(signal.SIGKILL)
    yard.go()
    reply = await exchange.settle(seconds=30)
    await asyncio.sleep(2)

    assert reply["text"] == "Said: it stands"
    assert len(exchange.replies) == 1


async def test_f17_one_process_has_the_gateway_and_a_frozen_one_notices_before_it_answers(yard: Yard) -> None:
    local = yard.discord
    await yard.opt_in()
    holder = await yard.start(discord=True)
    await yard.until(lambda: holder.said("ready", "discord"), "the gateway")
    standby = await yard.start(discord=True)
    first = await local.say("/ask one", mention_bot=True)
    await yard.until(lambda: first["id"] in answered(local), "the first answer")
    assert len(local.gateway.identifies) == 1
    await local.settle(quiet=0.5)

    holder.send(signal.SIGSTOP)
    during = await local.say("/ask two", mention_bot=True)
    frozen = await yard.until(lambda: standby.said("ready", "discord"), "the takeover", TAKEN_OVER + 5)
    await yard.until(lambda: during["id"] in answered(local), "what came in between")
    after = await local.say("/ask three", mention_bot=True)
    await yard.until(lambda: after["id"] in answered(local), "what came after")
    pressed = await local.slash("ask", {"question": "both hear it"})
    holder.send(signal.SIGCONT)
    await yard.until(lambda: _connections(local) == 1, "the old holder's leave")
    late = await local.say("/ask four", mention_bot=True)
    await yard.until(lambda: late["id"] in answered(local), "what came last")
    await local.settle(quiet=0.5)

    standby.send(signal.SIGKILL)
    lost = await local.say("/ask five", mention_bot=True)
    killed = await yard.until(lambda: lost["id"] in answered(local), "the second takeover", TAKEN_OVER + 5)
    await local.settle(quiet=0.5)
    _log.info("takeover_seconds_frozen %.2f", frozen)
    _log.info("takeover_seconds_killed %.2f", killed)

    asked = [one["id"] for one in (first, during, after, late, lost)]
    assert sorted(answered(local)) == sorted(asked)
    assert sorted(seen.body["nonce"] for seen in local.asked_for(CREATE)) == sorted(f"re{number}" for number in asked)
    assert len(local.gateway.identifies) == 3
    assert shown(pressed.message) == "Said: both hear it"
    assert len(local.asked_for(CALLBACK)) == 1


def _connections(local: LocalDiscord) -> int:
    return sum(session.socket is not None for session in local.gateway.sessions.values())


async def test_f18_a_process_told_to_stop_under_load_answers_what_it_accepted(tmp_path: Path) -> None:
    async with Yard(tmp_path, "") as yard:
        environ = yard.pointed() | yard.slack.environ()
        data = {"VERBATIM_DATA_DIR": str(tmp_path), "VERBATIM_SEMANTIC": "off"}
        bot = await yard.run("run_bot.py", **environ, **data)
        await yard.until(lambda: bot.said("ready", "discord") and bot.said("ready", "slack"), "both platforms", 60)
        await yard.until(lambda: yard.discord.commands[0], "the commands")
        asking: list[asyncio.Task[Any]] = []
        for number in range(60):
            if number == 40:
                bot.send(signal.SIGTERM)
            members = list(yard.discord.world.guild.members.values())
            user = members[number % len(members)].user
            if not user.bot:
                ask = yard.discord.slash("quote", {"words": LINE}, user=user, seconds=4)
                asking.append(asyncio.create_task(ask))
            asking.append(asyncio.create_task(yard.slack.command("/quote", LINE)))
            await asyncio.sleep(0.025)
        ended = await yard.until(lambda: bot.process.returncode is not None, "the end", 25)
        done = await asyncio.gather(*asking)
        _log.info("drained_after_seconds %.2f", ended)

        assert bot.process.returncode == 0
        on_discord = [one for one in done if hasattr(one, "edits") and one.type]
        assert len(on_discord) >= 20
        assert all(one.answered for one in on_discord)
        on_slack = [one for one in done if hasattr(one, "replies") and one.ack is not None]
        assert len(on_slack) >= 30
        assert [len(one.replies) for one in on_slack] == [1] * len(on_slack)


async def test_roles_split_over_two_processes_do_each_its_part(yard: Yard) -> None:
    world = yard.discord.world
    store = await asyncio.to_thread(open_store, yard.database)
    place = Channel("discord", str(world.general.id), str(world.guild.id))
    due = ChannelSettings(
        place, daily=True, next_at=time.time() - 1, next_date=time.strftime("%Y-%m-%d", time.gmtime())
    )
    await store.channels.save(due, "1", "test", time.time())
    given = yard.pointed() | {"VERBATIM_DATABASE_URL": yard.database, "VERBATIM_SEMANTIC": "off"}
    gateway = await yard.run("run_bot.py", **given, VERBATIM_ROLES="gateway", VERBATIM_DATA_DIR=str(yard.folder / "a"))
    await yard.until(lambda: gateway.said("ready", "discord"), "the gateway", 60)
    await yard.until(lambda: yard.discord.commands[0], "the commands")
    assert (await yard.discord.slash("quote", {"words": LINE})).answered
    assert await store.posts.counts() == {}
    worker = await yard.run("run_bot.py", **given, VERBATIM_ROLES="worker", VERBATIM_DATA_DIR=str(yard.folder / "b"))
    await yard.until(lambda: any(not one.get("interaction_metadata") for one in yard.discord.of_bot()), "the post", 60)
    for process in (gateway, worker):
        process.send(signal.SIGTERM)
        await process.process.wait()
    assert [process.process.returncode for process in (gateway, worker)] == [0, 0]
    assert worker.lines == [{"event": "ready", "platform": "discord", "gateway": False}]
    assert len(yard.discord.gateway.identifies) == 1
    assert await store.posts.counts() == {"sent": 1}
    store.close()


async def test_f13_every_command_is_acknowledged_while_the_database_stands_still(
    corpus: Corpus, search: Searcher, tmp_path: Path
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/v.db")
    async with LocalDiscord(validates=False) as local:
        settings = Settings(
            discord_token=local.token, discord_api_base_url=local.api_base, discord_gateway_url=local.gateway_url
        )
        core = Core(corpus, search, COMMANDS, store=store)  # each answer waits for a write: what a follow-up refers to
        bot = Discord(settings, core, store, announced=lambda _: None)
        running = asyncio.create_task(bot.run())
        assert await local.settle(lambda: local.commands[0] and local.gateway.ready)
        members = [local.world.add_user(f"member{number}") for number in range(50)]
        for member in members:
            local.world.join(local.world.guild, member)
        with _standstill(tmp_path / "v.db"):
            asking = []
            for number in range(200):
                ask = local.slash("quote", {"words": LINE}, user=members[number % 50], seconds=15)
                asking.append(asyncio.create_task(ask))
                await asyncio.sleep(0.01)
            await asyncio.sleep(3)
        done = await asyncio.gather(*asking)
        bot.stop()
        await asyncio.wait_for(running, 20)
    store.close()
    _log.info("announced first: %d of %d", sum(one.type == 5 for one in done), len(done))
    _log.info("slowest_acknowledgement_seconds %.2f", max(one.acknowledged_in or 9 for one in done))
    # The local Discord, like Discord, refuses an acknowledgement after three seconds.
    assert all(one.type and one.answered for one in done)


@contextlib.contextmanager
def _standstill(path: Path) -> Iterator[None]:
    """Keep every writer of a SQLite file waiting."""
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        lock.execute("ROLLBACK")
        lock.close()


async def test_f14_an_event_sent_to_both_sockets_again_and_again_is_answered_once(core: Core, postgres: str) -> None:
    stores = [open_store(postgres) for _ in range(2)]
    async with (
        LocalSlack() as local,
        serving(local, core, stores[0], 60.0, (0.1, 10.0)),
        serving(local, core, stores[1]),
    ):
        await local.connected(2)
        event = {"type": "app_mention", "user": "U0ADA", "channel": "C0GENERAL", "text": f"<@U0BOT> /quote {LINE}"}
        said = local.say("C0GENERAL", event["text"], "U0ADA")
        delivery = await local.event(event | {"ts": said.ts}, everywhere=True)
        for _ in ("at once", "after a minute", "after five"):
            await delivery.again("timeout")
        await local.until(lambda: local.posts("C0GENERAL"))
        await local.sockets.drop()
        cut = await local.mention("C0GENERAL", f"/quote {LINE}", user="U0BEN", wait=False)
        await local.connected(1)
        await local.until(lambda: len(local.posts("C0GENERAL")) == 2, seconds=20)
        await asyncio.sleep(0.5)
        assert [post.thread_ts for post in local.posts("C0GENERAL")] == [said.ts, cut.ts]
        assert local.violations == []
    for store in stores:
        store.close()
