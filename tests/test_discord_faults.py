"""What the Discord adapter does when the network, Discord or a channel's permissions go wrong."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import importlib
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import yarl

from bot.adapters.discord.adapter import Discord
from bot.adapters.discord.client import VerbatimClient
from bot.adapters.discord.limits import ACKNOWLEDGE_SECONDS, INVALID_SECONDS
from bot.adapters.discord.post import Poster
from bot.adapters.discord.wire import Breaker, BreakerOpenError, aim
from bot.contract import Blind, Button, Card, Channel, Found, Later, Outcome, Post, Refused, Reply, Role, Sent, Unclear
from bot.core import Core
from bot.errors import OperatorError
from bot.settings import Settings
from bot.store import open_store
from tests.conftest import Ask
from tests.local_discord import TOKEN, Json, LocalDiscord, Permission
from tests.local_discord.limits import walk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.store import Store
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
async def serving(local: LocalDiscord, core: Core, store: Store | None = None) -> AsyncIterator[Discord]:
    bot = Discord(pointed(local), core, store, announced=lambda _: None)
    before = len(local.gateway.identifies)
    running = asyncio.create_task(bot.run())
    try:
        assert await local.settle(lambda: len(local.gateway.identifies) > before and local.gateway.ready)
        assert await local.settle(lambda: local.commands[0])
        await local.settle(quiet=0.05)
        yield bot
    finally:
        bot.stop()
        await asyncio.wait_for(running, 10)


@contextlib.asynccontextmanager
async def posting(local: LocalDiscord, core: Core, seconds: float = 15.0) -> AsyncIterator[Poster]:
    """Log in without the gateway, which posting does not need."""
    settings = pointed(local)
    aim(settings)
    client = VerbatimClient(settings, core, None)
    await client.login(TOKEN)
    try:
        yield Poster(client, seconds)
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


@pytest.mark.parametrize("kinds", [("500",) * 2, ("500",) * 3, ("accepted-503",) * 2, ("reset",) * 3, ("503", "reset")])
async def test_a_first_response_is_tried_again_within_the_three_seconds(
    local: LocalDiscord, core: Core, kinds: tuple[Kind, ...]
) -> None:
    async with serving(local, core):
        for kind in kinds:
            local.fail(CALLBACK, kind)
        asked = await local.slash("quote", {"words": LINE})
        await local.settle(quiet=0.6)

    assert asked.type == 4
    assert "people who train" in text_of(asked.message)
    assert asked.followups == []
    assert asked.acknowledged_in is not None
    assert asked.acknowledged_in < ACKNOWLEDGE_SECONDS
    assert local.violations == []


async def test_a_first_response_that_stalls_is_sent_again_in_time(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        local.fail(CALLBACK, "accepted-stall", seconds=4.0)
        taken = await local.slash("quote", {"words": LINE})
        await local.settle(lambda: taken.edits)
        local.fail(CALLBACK, "429", retry_after=0.3)
        limited = await local.slash("quote", {"words": LINE})
        local.fail("POST /interactions/*/callback", "cloudflare-403")
        blocked = await local.slash("quote", {"words": LINE}, seconds=0.5)

    assert (taken.edits, len(taken.followups)) == (1, 0)
    assert limited.type == 4
    assert blocked.type == 0


async def test_a_first_response_that_never_gets_through_ends_with_one_line_in_the_log(
    local: LocalDiscord, core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(local, core):
        local.fail(CALLBACK, "503", times=99)
        await local.slash("quote", {"words": LINE}, seconds=0.1)
        assert await local.settle(lambda: "could not be answered" in caplog.text)
        assert await local.settle(lambda: "was lost" in caplog.text)  # beside it the next would be deferred
        tries = len(local.asked_for(CALLBACK))
        local.faults.rules.clear()
        again = await local.slash("quote", {"words": LINE})

    assert 5 <= tries <= 12
    assert sum("could not be answered" in record.message for record in caplog.records) == 1
    assert again.type == 4


async def test_first_responses_go_through_the_transport_that_a_simulator_puts_in_the_librarys_place(
    local: LocalDiscord, core: Core
) -> None:
    library = importlib.import_module("discord.webhook.async_")
    sent: list[str] = []

    class Simulator(library.AsyncWebhookAdapter):  # type: ignore[misc, name-defined]
        async def request(self, route: Any, *given: Any, **named: Any) -> Any:
            sent.append(route.method)
            return await super().request(route, *given, **named)

    token = library.async_context.set(Simulator())
    try:
        async with serving(local, core):
            asked = await local.slash("quote", {"words": LINE})
    finally:
        library.async_context.reset(token)

    assert asked.type == 4
    assert sent == ["POST"]


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


async def test_a_channel_that_refuses_the_bot_is_told_to_each_member_and_to_the_owner_once_over_restarts_too(
    local: LocalDiscord, core: Core, tmp_path: Path
) -> None:
    world = local.world
    carol = world.add_user("carol")
    world.join(world.guild, carol)
    store = open_store(f"sqlite:///{tmp_path}/verbatim.db")
    refused = f"POST /channels/{world.general.id}/messages"
    said: list[Json] = []
    try:
        for _ in range(2):
            async with serving(local, core, store):
                local.forbid(world.general, Permission.SEND_MESSAGES)
                for member in (world.bob, world.bob, carol):
                    said.append(await local.say(LINE, mention_bot=True, user=member))
                    assert await local.settle(lambda: len(local.asked_for(refused)) == len(said))
    finally:
        store.close()

    assert local.of_bot() == []
    (told,) = [text_of(told) for told in local.of_bot(world.dm_with(world.bob))]
    assert [text_of(other) for other in local.of_bot(world.dm_with(carol))] == [told]
    (owner,) = [text_of(told) for told in local.of_bot(world.dm_with(world.guild.owner))]
    assert "I can't answer in #general" in told.replace("\\", "")
    assert "Whoever runs the server can allow me View Channel, Send Messages" in told
    assert "You can allow me View Channel, Send Messages" in owner


async def test_a_member_who_runs_the_server_is_told_what_lacks_instead_of_its_owner(
    local: LocalDiscord, core: Core
) -> None:
    thread = local.world.add_thread(local.world.general, "On pride")
    async with serving(local, core):
        local.forbid(local.world.general, Permission.SEND_MESSAGES, Permission.SEND_MESSAGES_IN_THREADS)
        await local.say(LINE, mention_bot=True, user=local.world.alice, channel=thread)
        await local.settle(lambda: local.of_bot(local.world.dm_with(local.world.alice)))

    (told,) = [text_of(told) for told in local.of_bot(local.world.dm_with(local.world.alice))]
    assert "You can allow me View Channel, Send Messages in Threads and" in told


async def test_a_page_of_what_stands_before_discord_is_no_missing_permission_and_the_answer_comes_later(
    local: LocalDiscord, core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(local, core):
        local.fail(CREATE, "cloudflare-403")
        await local.say(LINE, mention_bot=True)
        await local.settle(local.of_bot)

    assert len(local.of_bot()) == 1
    assert local.of_bot(local.world.dm_with(local.world.bob)) == []
    assert "no right to answer" not in caplog.text


async def test_a_page_in_the_place_of_an_answer_is_no_answer(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        for pattern in (CALLBACK, CREATE, "PATCH /webhooks/*"):
            local.fail(pattern, "page")
        local.fail(CALLBACK, "accepted-500")
        asked = await local.slash("quote", {"words": LINE})
        await local.settle(lambda: asked.edits)
        await local.say(LINE, mention_bot=True)
        await local.settle(lambda: len(local.of_bot()) == 2)

    assert "people who train" in text_of(asked.message)
    assert "people who train" in text_of(local.of_bot()[1])


async def test_a_revoked_token_stops_the_bot_with_a_sentence_and_one_refusal_of_a_good_one_does_not(
    local: LocalDiscord, core: Core
) -> None:
    bot = Discord(pointed(local), core, announced=lambda _: None)
    running = asyncio.create_task(bot.run())
    assert await local.settle(lambda: local.commands[0] and local.gateway.ready)
    local.fail(CREATE, "401")
    await local.say(LINE, mention_bot=True)
    await local.settle(lambda: len(local.asked_for("GET /users/@me")) == 2)
    await local.settle(quiet=0.1)
    still = not running.done()
    bot.stop()
    await asyncio.wait_for(running, 10)

    bot = Discord(pointed(local), core, announced=lambda _: None)
    running = asyncio.create_task(bot.run())
    assert await local.settle(lambda: len(local.gateway.identifies) == 2 and local.gateway.ready)
    local.token = "another"  # noqa: S105 - of no real bot
    await local.say(LINE, mention_bot=True)
    with pytest.raises(OperatorError, match="Reset Token"):
        await asyncio.wait_for(running, 10)

    assert still


async def test_logging_in_survives_a_page_and_ends_with_a_token_that_is_refused_late(
    local: LocalDiscord, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.discord.adapter.LOGIN_WAITS", (0.05,))
    local.fail("GET /users/@me", "page")
    local.fail("GET /oauth2/applications/@me", "401")
    with pytest.raises(OperatorError, match="Reset Token"):
        await asyncio.wait_for(Discord(pointed(local), core).run(), 10)

    assert len(local.asked_for("GET /oauth2/applications/@me")) == 1


async def test_a_gateway_that_is_away_for_thousands_of_tries_is_waited_for(
    core: Core, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries = 0
    sleep = asyncio.sleep

    async def refused(*_: object, **__: object) -> None:
        nonlocal tries
        tries += 1
        if tries == 3_000:
            raise asyncio.CancelledError
        raise OSError

    async def shortly(_seconds: float) -> None:
        await sleep(0)

    monkeypatch.setattr("discord.gateway.DiscordWebSocket.from_client", refused)
    monkeypatch.setattr("asyncio.sleep", shortly)
    caplog.set_level("CRITICAL")
    client = VerbatimClient(Settings(discord_token=TOKEN), core, None)
    with pytest.raises(asyncio.CancelledError):
        await client.launch_shard(yarl.URL("ws://127.0.0.1:1"), 0, initial=True)

    assert tries == 3_000


async def test_a_gateway_that_cannot_be_reached_is_one_line_in_the_log_for_each_try(
    local: LocalDiscord, core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    gone = dataclasses.replace(pointed(local), discord_gateway_url="ws://127.0.0.1:1/")
    bot = Discord(gone, core)
    running = asyncio.create_task(bot.run())
    assert await local.settle(lambda: "Failed to connect" in caplog.text, seconds=10)
    bot.stop()
    await asyncio.wait_for(running, 10)

    (record,) = [record for record in caplog.records if "Failed to connect" in record.getMessage()]
    assert record.exc_info is None
    assert "127.0.0.1" in record.getMessage()


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
        await asyncio.sleep(0.1)  # the client sees its idle connection end
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
        assert isinstance(sent, Sent)
        opened = [await posts.open_thread(place(local), asking, sent.ref, again=again) for again in (False, True)]
        local.fail("POST /channels/*/messages/*/threads", "403")
        again = Post("e" * 24, post.reply, prompt="Again?")
        other = await posts.post(place(local), again)
        assert isinstance(other, Sent)
        refused = await posts.open_thread(place(local), again, other.ref, again=False)
    threads = [channel for channel in local.world.guild.channels if channel.parent]

    assert [each.ref for each in opened if isinstance(each, Sent)] == [sent.ref, sent.ref]
    assert isinstance(refused, Refused)
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
        told = await posts.tell(place(local), str(local.world.alice.id), "The daily quote is off.")
        nobody = await posts.tell(place(local), "17", "x")

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
    local.fail(CREATE, "503", 2)
    bot = Discord(pointed(local), core, store, announced=lambda _: None)
    running = asyncio.create_task(bot.run())
    try:
        assert await local.settle(lambda: local.commands[0] and local.gateway.ready)
        await local.say(f"who said: {LINE}", mention_bot=True)
        assert await local.settle(lambda: len(local.asked_for(CREATE)) >= 2, seconds=15)
        await asyncio.sleep(0.3)
        left = await store.inbox.unfinished("discord", 0.0, await store.now() + 60)
        assert [one.kind for one in left] == ["message"]
    finally:
        bot.stop()
        await asyncio.wait_for(running, 25)
        store.close()
