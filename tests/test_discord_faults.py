"""What the Discord adapter does when the network, Discord or a channel's permissions go wrong."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot.adapters.discord import Discord
from bot.adapters.discord.client import VerbatimClient
from bot.adapters.discord.limits import INVALID_SECONDS
from bot.adapters.discord.posting import Posting
from bot.adapters.discord.wire import Breaker, BreakerOpenError, aim
from bot.core import Core
from bot.errors import OperatorError
from bot.message import Button, Card, Channel, Outcome, Reply, Role
from bot.post import Blind, Found, Later, Post, Refused, Sent, Unclear
from bot.settings import Settings
from bot.store import open_store
from tests.conftest import Ask
from tests.local_discord import TOKEN, LocalDiscord, Permission
from tests.local_discord.limits import walk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.local_discord.faults import Kind

LINE = "people who train need to not have pride"
KEY = "0123456789abcdef01234567"
CREATE = "POST /channels/*/messages"
CALLBACK = "POST /interactions/*/callback"


@pytest.fixture
async def local() -> AsyncIterator[LocalDiscord]:
    async with LocalDiscord() as served:
        yield served


def pointed(local: LocalDiscord, token: str = TOKEN) -> Settings:
    return Settings(discord_token=token, discord_api_base_url=local.api_base, discord_gateway_url=local.gateway_url)


@contextlib.asynccontextmanager
async def serving(local: LocalDiscord, core: Core) -> AsyncIterator[Discord]:
    bot = Discord(pointed(local), core, announced=lambda _: None)
    running = asyncio.create_task(bot.run())
    try:
        assert await local.settle(lambda: local.commands[0] and local.gateway.ready)
        await local.settle(quiet=0.05)
        yield bot
    finally:
        bot.stop()
        await asyncio.wait_for(running, 10)


@contextlib.asynccontextmanager
async def posting(local: LocalDiscord, core: Core, seconds: float = 15.0) -> AsyncIterator[Posting]:
    """Log in without the gateway, which posting does not need."""
    settings = pointed(local)
    aim(settings)
    client = VerbatimClient(settings, core, None)
    await client.login(TOKEN)
    try:
        yield Posting(client, seconds)
    finally:
        await client.close()


@pytest.fixture
async def post(ask: Ask) -> Post:
    quote = (await ask(f"/quote {LINE}")).cards[0].quote
    buttons = (Button("👍", "/help vote"), Button("Context", f"/show {quote.id if quote else ''} context:2"))
    reply = Reply("", Outcome.FOUND, cards=(Card(Role.MATCH, title="Quote of the day", quote=quote),), buttons=buttons)
    return Post(KEY, reply, first_try=dt.datetime.now(dt.UTC))


def place(local: LocalDiscord) -> Channel:
    return Channel("discord", str(local.world.general.id), str(local.world.guild.id))


def text_of(message: dict[str, Any] | None) -> str:
    assert message
    return "\n".join(part["content"] for _, part in walk(message["components"]) if "content" in part)


@pytest.mark.parametrize("kind", ["500", "reset", "accepted-500", "accepted-reset", "accepted-close"])
async def test_a_lost_acknowledgement_counts_as_given(local: LocalDiscord, core: Core, kind: Kind) -> None:
    async with serving(local, core):
        local.fail(CALLBACK, kind)
        asked = await local.slash("quote", {"words": LINE})
        await local.settle(lambda: kind in {"500", "reset"} or asked.edits, seconds=3)
        await local.settle(quiet=0.05)

    assert "people who train" in text_of(asked.message)
    assert asked.followups == []
    assert len(local.of_bot()) == 1


async def test_an_interaction_that_came_too_late_is_one_line_in_the_log(
    local: LocalDiscord, core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(local, core):
        local.fail(CALLBACK, "404")
        asked = await local.slash("quote", {"words": LINE}, seconds=0.5)
        await local.settle(quiet=0.1)
        local.faults.rules.clear()
        again = await local.slash("quote", {"words": LINE})

    assert asked.type == 0
    assert again.type == 4
    assert sum("could not be answered" in record.message for record in caplog.records) == 1


@pytest.mark.parametrize("kind", ["503", "reset", "accepted-503", "accepted-reset", "429"])
async def test_an_answer_to_a_mention_stands_once_whatever_happens_to_it(
    local: LocalDiscord, core: Core, kind: Kind
) -> None:
    async with serving(local, core):
        local.fail(CREATE, kind)
        await local.say(LINE, mention_bot=True)
        await local.settle(lambda: len(local.asked_for(CREATE)) == 2)
        await local.settle(quiet=0.1)

    assert len(local.of_bot()) == 1
    assert len({seen.body["nonce"] for seen in local.asked_for(CREATE)}) == 1


async def test_a_channel_that_refuses_the_bot_is_told_to_the_member_once(local: LocalDiscord, core: Core) -> None:
    direct = local.world.dm_with(local.world.bob)
    async with serving(local, core):
        local.forbid(local.world.general, Permission.SEND_MESSAGES)
        for _ in range(2):
            await local.say(LINE, mention_bot=True)
            await local.settle(quiet=0.15)

    assert local.of_bot() == []
    assert [("#general" in text_of(told), "Send Messages" in text_of(told)) for told in local.of_bot(direct)] == [
        (True, True)
    ]


@pytest.mark.parametrize("code", [4004, 4014])
async def test_a_gateway_that_refuses_the_bot_ends_it_with_a_sentence(
    local: LocalDiscord, core: Core, code: int
) -> None:
    local.gateway.refuses = code
    with pytest.raises(OperatorError, match="Developer Portal"):
        await asyncio.wait_for(Discord(pointed(local), core).run(), 10)

    assert len(local.gateway.identifies) == 1


async def test_a_wrong_or_missing_token_ends_it_with_the_way_to_a_new_one(local: LocalDiscord, core: Core) -> None:
    for token, said in (("wrong", "Reset Token"), ("", "DISCORD_TOKEN is missing")):
        with pytest.raises(OperatorError, match=said):
            await asyncio.wait_for(Discord(pointed(local, token), core).run(), 10)

    assert local.invalid_requests == 1
    assert local.gateway.identifies == []


async def test_it_tries_again_while_discord_cannot_be_reached(
    local: LocalDiscord, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.discord.adapter.LOGIN_WAITS", (0.05,))
    local.fail("GET /users/@me", "503", times=2)
    async with serving(local, core):
        asked = await local.slash("quote", {"words": LINE})

    assert asked.type == 4


async def test_hardly_any_session_starts_left_means_waiting_before_the_next(
    local: LocalDiscord, core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    local.gateway.identifies_left = 10
    local.session_reset_ms = 300
    began = time.monotonic()
    async with serving(local, core):
        waited = local.gateway.identifies[0]["at"] - local.asked_for("GET /gateway/bot")[0].at

    assert time.monotonic() - began >= waited >= 0.29
    assert any("10 more starts" in record.message for record in caplog.records)


async def test_a_post_is_sent_with_its_key_and_found_by_it(local: LocalDiscord, core: Core, post: Post) -> None:
    async with posting(local, core) as posts:
        sent = await posts.post(place(local), post)
        again = await posts.post(place(local), post)
        found = await posts.find(place(local), post)
        other = await posts.find(place(local), Post("f" * 24, post.reply, first_try=post.first_try))
        ahead = await posts.clock_ahead()

    assert isinstance(sent, Sent)
    assert sent.at
    assert abs((sent.at - dt.datetime.now(dt.UTC)).total_seconds()) < 30
    assert again == Sent(sent.ref, again.at if isinstance(again, Sent) else None)
    assert len(local.of_bot()) == 1
    assert (found, other) == (Found((sent.ref,)), Found(()))
    assert ahead is not None
    assert abs(ahead) < 30


async def test_a_post_whose_answer_is_lost_is_unclear_and_found_later(
    local: LocalDiscord, core: Core, post: Post
) -> None:
    outcomes: list[object] = []
    async with posting(local, core) as posts:
        kinds: tuple[Kind, ...] = ("accepted-503", "accepted-reset", "accepted-close", "503")
        for kind in kinds:
            local.fail(CREATE, kind)
            outcomes.append(await posts.post(place(local), post))
        found = await posts.find(place(local), post)

    assert [type(outcome) for outcome in outcomes] == [Unclear] * 4
    assert isinstance(found, Found)
    assert len(found.refs) == 1


async def test_a_post_that_stalls_is_given_up_in_time(local: LocalDiscord, core: Core, post: Post) -> None:
    async with posting(local, core, seconds=0.2) as posts:
        local.fail(CREATE, "accepted-stall", seconds=1.0)
        stalled = await posts.post(place(local), post)
        local.fail(CREATE, "429", retry_after=5.0)
        limited = await posts.post(place(local), post)

    assert isinstance(stalled, Unclear)
    assert isinstance(limited, Later)
    assert limited.seconds >= 4


async def test_every_refusal_has_its_outcome(local: LocalDiscord, core: Core, post: Post) -> None:
    outcomes: dict[str, object] = {}
    async with posting(local, core) as posts:
        kinds: tuple[Kind, ...] = ("401", "403", "404", "cloudflare-429")
        for kind in kinds:
            local.fail(CREATE, kind)
            outcomes[kind] = await posts.post(place(local), post)
        local.fail(CREATE, "429", retry_after=60.0)
        outcomes["429"] = await posts.post(place(local), post)
        gone = await posts.post(Channel("discord", "17", place(local).tenant), post)
        no_channel = await posts.post(Channel("discord", "general"), post)

    for kind in ("401", "cloudflare-429", "429"):
        assert isinstance(outcomes[kind], Later), kind
    for refused in (outcomes["403"], outcomes["404"], gone, no_channel):
        assert isinstance(refused, Refused)
        assert refused.channel


async def test_without_a_connection_nothing_was_sent(core: Core, post: Post) -> None:
    async with LocalDiscord() as local, posting(local, core) as posts:
        await local.stop()
        outcome = await posts.post(place(local), post)

    assert isinstance(outcome, Later)
    assert await Discord(pointed(local), core).post(place(local), post) == Later(15.0, "Discord is not connected.")


async def test_an_empty_history_counts_only_with_the_right_to_read_it(
    local: LocalDiscord, core: Core, post: Post
) -> None:
    async with posting(local, core) as posts:
        empty = await posts.find(place(local), post)
        await posts.post(place(local), post)
        local.forbid(local.world.general, Permission.READ_MESSAGE_HISTORY)
        blind = await posts.find(place(local), post)
        local.fail("GET /channels/*/messages", "503", times=5)
        broken = await posts.find(place(local), post)

    assert empty == Found(())
    assert isinstance(blind, Blind)
    assert "Read Message History" in blind.why
    assert isinstance(broken, Blind)


async def test_a_post_is_deleted_once_and_is_then_gone(local: LocalDiscord, core: Core, post: Post) -> None:
    async with posting(local, core) as posts:
        sent = await posts.post(place(local), post)
        assert isinstance(sent, Sent)
        first, second = [await posts.delete(place(local), sent.ref) for _ in range(2)]
        nonsense = await posts.delete(place(local), "x")

    assert (first, second, nonsense) == (True, True, False)
    assert local.of_bot() == []


async def test_a_prompt_opens_a_thread_and_a_thread_that_fails_leaves_the_post(
    local: LocalDiscord, core: Core, post: Post
) -> None:
    asking = Post(KEY, post.reply, first_try=post.first_try, prompt="When did words last fail you? " * 9)
    async with posting(local, core) as posts:
        sent = await posts.post(place(local), asking)
        local.fail("POST /channels/*/messages/*/threads", "403")
        other = await posts.post(place(local), Post("e" * 24, post.reply, prompt="Again?"))
    threads = [channel for channel in local.world.guild.channels if channel.parent]

    assert isinstance(sent, Sent)
    assert isinstance(other, Sent)
    assert [thread.name[-1] for thread in threads] == ["…"]
    assert len(threads[0].name) <= 100


async def test_a_channel_is_checked_for_what_posting_needs(local: LocalDiscord, core: Core) -> None:
    async with posting(local, core) as posts:
        good = await posts.check(place(local))
        local.forbid(local.world.general, Permission.SEND_MESSAGES, Permission.READ_MESSAGE_HISTORY)
        lacking = await posts.check(place(local))
        elsewhere = await posts.check(Channel("discord", "17", place(local).tenant))
        other_guild = local.world.add_guild("Another")
        foreign = await posts.check(Channel("discord", str(local.world.other.id), str(other_guild.id)))
        direct = await posts.check(Channel("discord", str(local.world.general.id)))

    assert good == ""
    assert "Send Messages and Read Message History" in lacking
    assert "can't" in elsewhere
    assert "can't find that channel" in foreign
    assert direct == "That is no channel of a server."


async def test_an_admin_is_told_directly(local: LocalDiscord, core: Core) -> None:
    async with posting(local, core) as posts:
        told = await posts.tell(str(local.world.alice.id), "The daily quote is off.")
        nobody = await posts.tell("17", "x")

    assert (told, nobody) == (True, False)
    assert text_of(local.of_bot(local.world.dm_with(local.world.alice))[0]) == "The daily quote is off."


async def test_after_too_many_refusals_nothing_is_sent_until_they_are_old(
    local: LocalDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    breaker = Breaker(lambda: now, most=3)
    async with aiohttp.ClientSession(trace_configs=[breaker.trace()]) as session:
        for _ in range(3):
            async with session.get(f"{local.api_base}/users/@me") as refused:
                assert refused.status == 401
        for _ in range(2):
            with pytest.raises(BreakerOpenError):
                await session.get(f"{local.api_base}/users/@me")
        now = INVALID_SECONDS + 1
        async with session.get(f"{local.api_base}/users/@me") as later:
            assert later.status == 401

    assert len(local.asked_for("GET /users/@me")) == 4
    assert sum("nothing is sent" in record.message for record in caplog.records) == 1


async def test_an_event_that_the_library_cannot_read_is_passed_over_and_the_next_ones_are_heard(
    local: LocalDiscord, core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(local, core):
        world = local.world
        for event in ("GUILD_CREATE", "CHANNEL_CREATE", "THREAD_CREATE", "MESSAGE_UPDATE"):
            await local.gateway.emit(
                event, {"id": "123", "channel_id": "5", "channels": [{"id": "5", "type": 0}]}, None
            )
        answered = await local.slash("quote", {"words": LINE}, user=world.bob, channel=world.general)
    assert answered.message
    assert "could not be read and was passed over" in caplog.text


async def test_a_mention_that_discord_failed_to_take_an_answer_to_is_answered_later_and_once(
    local: LocalDiscord, core: Core, tmp_path: Path
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/verbatim.db")
    local.fail(CREATE, "500", 12)
    bot = Discord(pointed(local), core, store, announced=lambda _: None)
    running = asyncio.create_task(bot.run())
    try:
        assert await local.settle(lambda: local.commands[0] and local.gateway.ready)
        await local.say(f"who said: {LINE}", mention_bot=True)
        assert await local.settle(lambda: len(local.asked_for(CREATE)) >= 2, seconds=15)
        await asyncio.sleep(0.3)
        left = await store.inbox.unfinished("discord", 0.0, time.time() + 60)
        assert [one.kind for one in left] == ["message"]
    finally:
        bot.stop()
        await asyncio.wait_for(running, 25)
        store.close()
