"""Many at once: acknowledged before anything is begun, answered in turn, told when there is no room."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import pytest

from bot import serve
from bot.commands import Context, Param, command
from bot.contract import Channel, Outcome, Reply, Sent
from bot.core import Core
from bot.intake import make_turns
from bot.serve import Parts
from bot.settings import Settings
from bot.store import open_store
from tests.local_discord import LocalDiscord
from tests.local_discord.interactions import DEFERRED
from tests.local_slack import LocalSlack
from tests.test_discord import serving as serving_discord
from tests.test_discord import text_of
from tests.test_slack import no_proxies
from tests.test_slack import serving as serving_slack
from tests.test_slack_faults import post_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from bot.adapters.discord.adapter import Discord
    from bot.adapters.slack.adapter import Slack
    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.store import Store

__all__ = ["no_proxies"]

MANY = 30


class Stage:
    """What the core is asked, and what it waits for before it answers."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.go = asyncio.Event()


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def staged(corpus: Corpus, search: Searcher, stage: Stage) -> Core:
    @command("Give back what was said", name="echo")
    async def echo(ctx: Context, words: Annotated[str, Param("Words to give back")] = "") -> Reply:
        stage.begun.append(ctx.request.author.id)
        await stage.go.wait()
        return Reply(words, Outcome.FOUND)

    return Core(corpus, search, (echo,))


@pytest.fixture
async def discord() -> AsyncIterator[LocalDiscord]:
    async with LocalDiscord(validates=False) as local:
        yield local


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack() as local:
        yield local


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/v.db")
    yield opened
    opened.close()


def is_full(adapter: Discord | Slack) -> None:
    """Leave no room for another answer."""
    adapter._intake.work._most = 0  # noqa: SLF001 - a thousand at once would take long


async def test_on_discord_many_at_once_are_all_acknowledged_before_a_second_answer_is_begun(
    discord: LocalDiscord, staged: Core, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake.turns.HOLD_SECONDS", 60.0)
    members = [discord.world.add_user(f"member {number}") for number in range(MANY)]
    for member in members:
        discord.world.join(discord.world.guild, member)
    async with serving_discord(discord, staged):
        asking = [asyncio.create_task(discord.slash("echo", {"words": "x"}, user=one, seconds=60)) for one in members]
        assert await discord.settle(lambda: len(stage.begun) > 1, seconds=30)
        types = [asked.type for asked in discord.interactions.all.values()]
        assert types == [DEFERRED] * MANY
        stage.go.set()
        answered = await asyncio.gather(*asking)

    assert {text_of(asked.message) for asked in answered} == {"x"}


async def test_on_discord_a_members_flood_has_one_answer_in_work_and_keeps_nobody(
    discord: LocalDiscord, staged: Core, stage: Stage
) -> None:
    async with serving_discord(discord, staged):
        flood = [asyncio.create_task(discord.slash("echo", {"words": "x"}, seconds=60)) for _ in range(10)]
        assert await discord.settle(lambda: len(stage.begun) == 1)
        other = asyncio.create_task(discord.slash("echo", {"words": "y"}, user=discord.world.alice, seconds=60))
        assert await discord.settle(lambda: len(stage.begun) > 1)
        bob, alice = str(discord.world.bob.id), str(discord.world.alice.id)
        assert stage.begun == [bob, alice]
        stage.go.set()
        await asyncio.gather(other, *flood)


async def test_on_slack_a_members_flood_has_one_answer_in_work_and_keeps_nobody(
    slack: LocalSlack, staged: Core, stage: Stage
) -> None:
    async with serving_slack(slack, staged, None):
        flood = [await slack.command("/echo", "x", "U0ADA") for _ in range(10)]
        other = await slack.command("/echo", "y", "U0BEN")
        await slack.until(lambda: len(stage.begun) > 1, 10, "two in work")
        assert stage.begun == ["U0ADA", "U0BEN"]
        stage.go.set()
        for exchange in (*flood, other):
            await exchange.settle()


async def test_on_slack_a_command_too_many_is_refused_in_the_acknowledgement_and_costs_no_message(
    slack: LocalSlack, staged: Core, stage: Stage, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake.admission.MEMBER_BURST", 2)
    monkeypatch.setattr("bot.intake.admission.PER_SECONDS", 1e9)
    stage.go.set()
    async with serving_slack(slack, staged, store):
        asked = [await slack.command("/echo", "x") for _ in range(5)]
        refused = [each for each in asked if each.ack is not None and each.ack.body]
        for each in asked:
            await each.settle(seconds=30)

    assert len(refused) == 3
    for each in refused:
        assert "a lot at once" in each.final["text"]
        assert each.final["response_type"] == "ephemeral"
        assert len(each.replies) == 1


async def test_on_slack_mentions_too_many_are_told_once_and_none_of_them_is_recorded(
    slack: LocalSlack, staged: Core, stage: Stage, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake.admission.MEMBER_BURST", 1)
    monkeypatch.setattr("bot.intake.admission.PER_SECONDS", 1e9)
    stage.go.set()
    async with serving_slack(slack, staged, store) as adapter:
        recorded: list[str] = []
        take = store.inbox.take

        async def noted(platform: str, name: str, *rest: object) -> bool:
            recorded.append(name)
            return await take(platform, name, *rest)  # type: ignore[arg-type]  # handed on as it came

        monkeypatch.setattr(store.inbox, "take", noted)
        sent = [await slack.mention("C0GENERAL", f"/echo {number}") for number in range(5)]
        again = await slack.event(dict(sent[1].body["event"]), sent[1].event_id)
        await slack.until(lambda: len(stage.begun) == 1, 10, "one answer")
        await adapter._intake.drain()  # noqa: SLF001 - until all is said
        said = [request for request in slack.requests if request.method.startswith("chat.post")]

    assert all(one.acknowledged for one in (*sent, again))
    assert len({name for name in recorded if name in {one.event_id for one in sent}}) == 1
    assert sum("a lot at once" in str(request) for request in said) == 1


async def test_on_slack_nobody_for_whom_there_is_no_room_gets_silence(
    slack: LocalSlack, staged: Core, stage: Stage
) -> None:
    stage.go.set()
    async with serving_slack(slack, staged, None) as adapter:
        is_full(adapter)
        typed = await (await slack.command("/echo", "x")).settle()
        await slack.mention("C0GENERAL", "/echo x", user="U0BEN")
        await adapter._intake.drain()  # noqa: SLF001 - until all is said
        said = [str(request) for request in slack.requests if request.method.startswith("chat.post")]

    assert "busy right now" in typed["text"]
    assert sum("busy right now" in text for text in said) == 1
    assert stage.begun == []


async def test_on_discord_nobody_for_whom_there_is_no_room_gets_silence(discord: LocalDiscord, staged: Core) -> None:
    async with serving_discord(discord, staged) as adapter:
        is_full(adapter)
        asked = await discord.slash("echo", {"words": "x"})

    assert "busy right now" in text_of(asked.message)
    assert asked.ephemeral


async def test_a_daily_post_leaves_while_every_turn_is_taken_and_many_wait(
    discord: LocalDiscord, slack: LocalSlack, staged: Core, stage: Stage
) -> None:
    async with serving_discord(discord, staged) as one, serving_slack(slack, staged, None) as other:
        on_discord = [asyncio.create_task(discord.slash("echo", {"words": "x"}, seconds=60)) for _ in range(MANY)]
        on_slack = [await slack.command("/echo", "x", user) for user in ("U0ADA", "U0BEN") for _ in range(10)]
        await discord.settle(lambda: len(stage.begun) == 3)
        here = Channel("discord", str(discord.world.general.id), str(discord.world.guild.id))
        posted = await one.post(here, post_of()), await other.post(Channel("slack", "C0GENERAL", "T0LOCAL"), post_of())
        assert len(stage.begun) == 3
        stage.go.set()
        await asyncio.gather(*on_discord, *(exchange.settle(seconds=30) for exchange in on_slack))

    assert [type(result) for result in posted] == [Sent, Sent]


async def test_the_platforms_of_a_process_share_their_turns_and_its_searches_wait_for_them(
    corpus: Corpus, search: Searcher, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "wait_first", search.wait_first)
    given = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "DISCORD_TOKEN": "x"}
    parts = Parts(Settings.read(given), corpus, search, None)
    adapters = serve._platforms(parts, core, "one", make_turns())  # noqa: SLF001 - its wiring
    turns = {adapter._intake.turns for adapter in adapters.values()}  # type: ignore[attr-defined]  # noqa: SLF001 - as above

    assert len(adapters) == 2
    assert len(turns) == 1
    assert search.wait_first == turns.pop().wait_for_calm
