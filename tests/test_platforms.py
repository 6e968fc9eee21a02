"""The built process on both platforms, driven by its environment alone: from the token to the daily quote."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import re
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import pytest

from bot.adapters.discord.adapter import Discord
from bot.adapters.slack.adapter import Slack
from bot.commands import COMMAND_LINES
from bot.contract import Channel, Later, Post, Sent
from bot.delivery import Daily, Delivery
from bot.highlights import Highlights
from bot.policy.texts import say
from bot.settings import ROOT, Settings
from bot.store import ChannelSettings, open_store
from tests.local_discord import TOKEN, LocalDiscord
from tests.local_discord.limits import walk
from tests.local_slack import LocalSlack
from tests.test_parity import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.core import Core
    from bot.corpus import Corpus
    from bot.store import Store
    from tests.local_discord.faults import Kind

Json = dict[str, Any]

BEGIN = dt.datetime(2026, 12, 1, 8, 59, 46, tzinfo=dt.UTC)
"""Where the process's clock is set: a little before the daily quote is due."""

LEAST_AHEAD = dt.timedelta(seconds=4)
"""What an admin has between asking for the daily quote and its moment; on a slow machine the minute after is taken."""

WAIT = 90.0
CLOUDFLARE: tuple[Kind, ...] = ("cloudflare-403", "cloudflare-429")


@dataclass
class Bot:
    """The bot as a process, its clock set ahead."""

    folder: Path
    environ: dict[str, str]
    now: dt.datetime = BEGIN
    ready: Json = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "SYSTEMROOT"}}
        given = {"VERBATIM_SEMANTIC": "off", "VERBATIM_DATA_DIR": str(self.folder), "VERBATIM_HEALTH": "off"}
        self._started = time.monotonic()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "run_bot.py"),
            "--now",
            self.now.isoformat(),
            env=kept | given | self.environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout
        line = await asyncio.wait_for(self._process.stdout.readline(), WAIT)
        self.ready = json.loads(line) if line else {}
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
            await self._process.communicate()

    def coming_minute(self) -> str:
        """Return the process's next full minute as HH:MM."""
        now = self.now + dt.timedelta(seconds=time.monotonic() - self._started) + LEAST_AHEAD
        return f"{now + dt.timedelta(minutes=1):%H:%M}"

    async def end(self) -> tuple[int, str]:
        """Ask the process to end as a service manager does; return its status and what it told the operator."""
        self._process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> tuple[int, str]:
        """Wait for the end; return the status and what the operator was told."""
        _, told = await asyncio.wait_for(self._process.communicate(), WAIT)
        return self._process.returncode or 0, told.decode()


def words(message: Json | None) -> str:
    """Return the words of a message on either platform."""
    assert message
    if "components" in message:
        return "\n".join(part["content"] for _, part in walk(message["components"]) if "content" in part)
    return str(message["text"])


async def discord_story(folder: Path) -> Json:
    """Set up the daily quote on Discord, wait for it, use it, and start the bot anew."""
    seen: Json = {}
    async with LocalDiscord() as local:
        world = local.world
        environ = {
            "DISCORD_TOKEN": TOKEN,
            "DISCORD_API_BASE_URL": local.api_base,
            "DISCORD_GATEWAY_URL": local.gateway_url,
        }
        async with Bot(folder, environ) as bot:
            seen["ready"] = bot.ready
            assert await local.settle(lambda: local.commands[0], seconds=WAIT)
            do = {"do": "daily on", "time": bot.coming_minute(), "zone": "UTC", "thread": True}
            seen["set"] = (await local.slash("settings", do, user=world.alice)).json()
            seen["refused"] = (await local.slash("settings", do, user=world.bob, stale=True)).json()
            assert await local.settle(local.of_bot, seconds=WAIT)
            (post,) = local.of_bot()
            assert await local.settle(lambda: any(room.parent for room in world.channels.values()))
            seen["post"] = post
            seen["thread"] = next(room.name for room in world.channels.values() if room.parent is world.general)
            seen["vote"] = (await local.press(post, "👍", user=world.bob)).json()
            seen["end"] = await bot.end()
        async with Bot(folder, environ, BEGIN + dt.timedelta(minutes=3)) as bot:
            seen["other vote"] = (await local.press(post, "👎", user=world.alice)).json()
            seen["context"] = (await local.press(post, "More context", user=world.bob)).json()
            asked = await local.slash("highlight", user=world.bob)
            seen["highlight"] = asked.json()
            assert asked.message
            seen["posts"] = [one for one in local.of_bot() if "Quote of the day" in words(one)]
            before = len(local.of_bot())
            seen["share"] = (await local.press(asked.message, "Share", user=world.bob)).json()
            seen["shared"] = local.of_bot()[before:]
            seen["second end"] = await bot.end()
        seen["violations"] = local.violations
    return seen


async def slack_story(folder: Path) -> Json:
    """Do the same on Slack: by socket first, over HTTP after the bot was started anew."""
    seen: Json = {}
    room = "C0GENERAL"
    async with LocalSlack() as local:
        async with Bot(folder, local.environ()) as bot:
            seen["ready"] = bot.ready
            await local.connected(seconds=WAIT)
            line = f"daily on time:{bot.coming_minute()} zone:UTC thread:yes"
            seen["set"] = await (await local.command("/settings", line, "U0ADMIN")).settle()
            seen["refused"] = await (await local.command("/settings", line, "U0ADA")).settle()
            await local.until(lambda: len(local.posts(room)) > 1, WAIT, "the post and its prompt")
            post, prompt = local.posts(room)
            seen["post"], seen["thread"] = post.payload, (prompt.text, prompt.thread_ts == post.ts)
            seen["vote"] = await (await local.press(post, label="👍")).settle()
            seen["end"] = await bot.end()
        environ = local.environ(SLACK_MODE="http", SLACK_HTTP_PORT="0")
        async with Bot(folder, environ, BEGIN + dt.timedelta(minutes=3)) as bot:
            local.mode, local.bot_url = "http", f"http://{bot.ready['address']}/slack/events"
            seen["other vote"] = await (await local.press(post, user="U0BEN", label="👎")).settle()
            seen["context"] = await (await local.press(post, label="More context")).settle()
            seen["highlight"] = await (await local.command("/highlight")).settle()
            shown = next(one for one in local.ephemerals(room, "U0ADA") if "Quote of the day" in one.text)
            seen["posts"] = [one.text for one in local.posts(room) if one.text.startswith("☀ Quote of the day")]
            before = len(local.posts(room))
            seen["share"] = await (await local.press(shown, label="Share")).settle()
            seen["shared"] = [one.payload for one in local.posts(room)[before:]]
            seen["second end"] = await bot.end()
        seen["violations"] = local.violations
    return seen


async def refused_tokens(folder: Path) -> Json:
    """Start the bot with tokens that neither platform takes."""
    async with LocalDiscord() as discord, LocalSlack() as slack:
        wrong = {
            "Discord": {
                "DISCORD_TOKEN": "wrong",
                "DISCORD_API_BASE_URL": discord.api_base,
                "DISCORD_GATEWAY_URL": discord.gateway_url,
            },
            "Slack": slack.environ(SLACK_BOT_TOKEN="xoxb-wrong"),  # noqa: S106 - of no real app
        }
        seen = {}
        for name, environ in wrong.items():
            async with Bot(folder / name, environ) as bot:
                seen[name] = (bot.ready, *await bot.ended())
        return seen


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """Return what was seen on each platform; the stories wait for the same minute, so they go on at once."""
    folder = tmp_path_factory.mktemp("platforms")

    async def told() -> list[Json]:
        work = discord_story(folder / "discord"), slack_story(folder / "slack"), refused_tokens(folder / "wrong")
        return list(await asyncio.gather(*work))

    return dict(zip(("Discord", "Slack", "wrong"), asyncio.run(told()), strict=True))


BOTH = pytest.mark.parametrize("platform", ["Discord", "Slack"])


@BOTH
def test_the_first_line_says_to_machines_that_it_is_ready(platform: str, stories: dict[str, Json]) -> None:
    ready = stories[platform]["ready"]

    assert (ready["event"], ready["platform"]) == ("ready", platform.casefold())


@BOTH
def test_an_admin_turns_the_daily_quote_on_and_sees_the_next_dates_and_the_next_quote(
    platform: str, stories: dict[str, Json]
) -> None:
    seen = stories[platform]
    told = told_of(seen["set"])

    assert "Saved. This channel gets a quote every day at 09:0" in told
    assert all(f"{day} December 2026, 09:0" in told for day in (1, 2, 3))
    assert "Next quote:" in told
    assert quote_of(words(seen["post"])) in told
    assert is_private(seen["set"])


@BOTH
def test_a_member_who_is_no_admin_is_refused_in_private(platform: str, stories: dict[str, Json]) -> None:
    refused = stories[platform]["refused"]

    assert told_of(refused) == "/settings is for the people who run this server. Ask one of them."
    assert is_private(refused)


@BOTH
def test_the_post_comes_at_its_moment_and_once_over_a_second_start(platform: str, stories: dict[str, Json]) -> None:
    seen = stories[platform]

    assert "☀ Quote of the day" in words(seen["post"])
    assert len(seen["posts"]) == 1


def test_a_thread_is_opened_with_the_question_under_the_quote(stories: dict[str, Json]) -> None:
    assert stories["Discord"]["thread"] in words(stories["Discord"]["post"])
    prompt, under = stories["Slack"]["thread"]
    assert under
    assert prompt in stories["Slack"]["post"]["text"]


@BOTH
def test_the_buttons_of_the_post_work_after_another_start_too(platform: str, stories: dict[str, Json]) -> None:
    seen = stories[platform]

    assert told_of(seen["vote"]) == "Counted. In this channel it has 👍 1 · 👎 0."
    assert told_of(seen["other vote"]) == "Counted. In this channel it has 👍 1 · 👎 1."
    assert is_private(seen["vote"])
    assert is_private(seen["context"])
    assert bare(quote_of(words(seen["post"]))) in bare(told_of(seen["context"]))


@BOTH
def test_the_quote_of_the_day_is_shown_to_its_asker_who_can_share_it(platform: str, stories: dict[str, Json]) -> None:
    seen = stories[platform]
    quote = quote_of(words(seen["post"]))

    assert quote in told_of(seen["highlight"])
    assert is_private(seen["highlight"])
    assert told_of(seen["share"]).startswith(say("share.done"))
    assert is_private(seen["share"])
    assert [quote in bare(words(post)) for post in seen["shared"]] == [True]


@BOTH
def test_it_ends_when_told_to_and_sent_nothing_that_the_platform_forbids(
    platform: str, stories: dict[str, Json]
) -> None:
    seen = stories[platform]

    assert (seen["end"][0], seen["second end"][0]) == (0, 0)
    assert "Traceback" not in seen["end"][1] + seen["second end"][1]
    assert seen["violations"] == []


@BOTH
def test_a_wrong_token_ends_it_with_status_2_and_one_sentence(platform: str, stories: dict[str, Json]) -> None:
    ready, status, told = stories["wrong"][platform]
    sentences = told.splitlines()

    assert (ready, status) == ({}, 2)
    assert [line.startswith(f"{platform} ") and "TOKEN" in line for line in sentences] == [True]


@dataclass
class Place:
    """An adapter in this process with a channel of its platform, and the means to see and to bend what goes on."""

    adapter: Discord | Slack
    channel: Channel
    local: LocalDiscord | LocalSlack

    def posts(self) -> int:
        """Count the bot's messages in the channel."""
        if isinstance(self.local, LocalDiscord):
            return len(self.local.of_bot())
        return len(self.local.posts(self.channel.id))

    def skew(self, seconds: float) -> None:
        """Set the platform's clock wrong."""
        if isinstance(self.local, LocalDiscord):
            self.local.date_skew = seconds
        else:
            self.local.world.skew = seconds


@pytest.fixture(params=["discord", "slack"])
async def place(request: pytest.FixtureRequest, core: Core, tmp_path: Path) -> AsyncIterator[Place]:
    """Give a place on each platform; the platform's clock is wrong from the beginning where a test asks for it."""
    if request.param == "discord":
        async with LocalDiscord() as discord:
            settings = Settings(
                discord_token=TOKEN, discord_api_base_url=discord.api_base, discord_gateway_url=discord.gateway_url
            )
            there = Discord(settings, core, announced=lambda _: None)
            async with running(there):
                assert await discord.settle(lambda: discord.gateway.ready and discord.commands[0])
                room = Channel("discord", str(discord.world.general.id), str(discord.world.guild.id))
                yield Place(there, room, discord)
    else:
        async with LocalSlack() as slack:
            here = Slack(Settings.read(slack.environ(VERBATIM_DATA_DIR=str(tmp_path))), core, None)
            async with running(here):
                await slack.connected()
                yield Place(here, Channel("slack", "C0GENERAL", "T0LOCAL"), slack)


@pytest.fixture
async def due(place: Place, tmp_path: Path) -> AsyncIterator[Store]:
    """Give a store in which the place's daily quote is due."""
    store = open_store(f"sqlite:///{tmp_path}/v.db")
    now = time.time()
    today = f"{dt.datetime.fromtimestamp(now, dt.UTC):%Y-%m-%d}"
    settings = ChannelSettings(place.channel, daily=True, next_date=today, next_at=now - 5)
    await store.channels.save(settings, "admin", "daily on", now)
    yield store
    store.close()


async def test_nothing_is_posted_while_the_platforms_clock_is_far_from_this_one(
    place: Place, due: Store, corpus: Corpus, caplog: pytest.LogCaptureFixture
) -> None:
    adapters = {place.channel.platform: place.adapter}
    delivery = Delivery(due, Daily(due, Highlights(corpus), corpus, COMMAND_LINES), adapters, "this one")
    place.skew(600)
    await place.adapter.check(place.channel)
    ahead = await place.adapter.clock_ahead()
    await delivery.tick()
    before = place.posts()
    place.skew(0)
    await place.adapter.check(place.channel)
    await delivery.tick()

    assert ahead is not None
    assert abs(ahead - 600) < 60
    assert (before, place.posts()) == (0, 1)
    assert "nothing is posted until it is set right" in caplog.text


async def test_an_admin_is_told_in_the_bots_own_messages(place: Place) -> None:
    member = str(place.local.world.alice.id) if isinstance(place.local, LocalDiscord) else "U0ADMIN"
    sentence = "The quote of 2026-11-24 wasn't posted: <!channel> @everyone."
    told = await place.adapter.tell(place.channel, member, sentence)
    nobody = await place.adapter.tell(place.channel, "17", sentence)
    if isinstance(place.local, LocalDiscord):
        (there,) = (words(one) for one in place.local.of_bot(place.local.world.dm_with(place.local.world.alice)))
    else:
        (there,) = (one.blocks[0]["elements"][0]["elements"][0]["text"] for one in place.local.posts(im(place.local)))

    assert (told, nobody) == (True, False)
    assert there.replace("\\", "") == sentence
    assert place.posts() == 0


def im(local: LocalSlack) -> str:
    return local.world.im("U0ADMIN").id


async def test_a_page_of_cloudflare_is_no_word_of_the_channel(core: Core, corpus: Corpus) -> None:
    passage = corpus.passage("thphm-v0tg4v")
    assert passage
    post = Post(
        "0123456789abcdef01234567",
        Daily(None, Highlights(corpus), corpus, COMMAND_LINES).reply(Highlights(corpus).of(passage)),
    )
    async with LocalDiscord() as local:
        settings = Settings(
            discord_token=TOKEN, discord_api_base_url=local.api_base, discord_gateway_url=local.gateway_url
        )
        bot = Discord(settings, core, announced=lambda _: None)
        async with running(bot):
            assert await local.settle(lambda: local.gateway.ready and local.commands[0])
            room = Channel("discord", str(local.world.general.id), str(local.world.guild.id))
            outcomes = []
            for kind in CLOUDFLARE:
                local.fail("POST /channels/*/messages", kind)
                outcomes.append(await bot.post(room, post))
            sent = await bot.post(room, post)
            await local.remove_message(local.world.general, local.of_bot()[0])
            again = await bot.post(room, post)

    assert all(isinstance(outcome, Later) and outcome.seconds >= 60 for outcome in outcomes)
    assert isinstance(sent, Sent)
    assert isinstance(again, Sent)
    assert again.ref == ""


def told_of(answer: Json) -> str:
    """Return the words of an answer: an interaction of Discord or what a response_url of Slack got."""
    return words(answer.get("message", answer))


def is_private(answer: Json) -> bool:
    """Say whether only the asker sees an answer."""
    return bool(answer["ephemeral"]) if "ephemeral" in answer else answer.get("response_type") == "ephemeral"


def quote_of(text: str) -> str:
    """Return the first line of the quote in a post."""
    found = re.search(r"^(?:> |[^“\n]*“)(.+?)”?$", text, re.MULTILINE)
    assert found
    return found[1]


def bare(text: str) -> str:
    return text.replace("*", "").replace("\n> ", " ")
