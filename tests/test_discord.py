"""The Discord adapter with the real library, against the local Discord."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Annotated, Any, cast

import pytest

from bot.adapters.discord.adapter import Discord
from bot.adapters.discord.client import create_discord_client
from bot.adapters.discord.markup import markdown
from bot.adapters.discord.pace import Pace
from bot.adapters.discord.ready import announce, invite_link
from bot.commands import COMMANDS, Context, Param, command
from bot.contract import Adapter, Button, Channel, Outcome, Reply, Span
from bot.core import Core
from bot.errors import UserError
from bot.intake import stopping
from bot.intake.admission import MEMBER_BURST
from bot.policy.texts import say
from bot.settings import Settings
from bot.store import ChannelSettings, open_store
from tests.local_discord import TOKEN, LocalDiscord
from tests.local_discord.limits import EPHEMERAL, walk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    import discord

    from bot.contract import Request
    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.store import Store


class Ahead:
    """A database a minute later."""

    shared = False

    def __init__(self, store: Store) -> None:
        self.inbox = store.inbox
        self.kv = store.kv

    async def now(self) -> float:
        return time.time() + 60


LINE = "people who train need to not have pride"
SAID = "people who train"
GATES: dict[str, asyncio.Event] = {}
HEARD: list[Request] = []


@command("Answer when the test says so")
async def slow(_ctx: Context, words: Annotated[str, Param("Words to give back")] = "") -> Reply:
    await GATES["slow"].wait()
    if words == "wrong":
        sentence = "That was wrong."
        raise UserError(sentence)
    return Reply(f"At last: {words}", Outcome.FOUND)


@command("Answer the asker alone when the test says so", private=True)
async def slow_alone(_ctx: Context) -> Reply:
    await GATES["slow"].wait()
    return Reply("For you alone", Outcome.FOUND)


@command("Give back what was said")
async def echo(ctx: Context, words: Annotated[str, Param("Words to give back")] = "") -> Reply:
    HEARD.append(ctx.request)
    return Reply(words, Outcome.FOUND, buttons=(Button("Ask another way", "/ask"), Button("Look", "/echo page:2")))


@command("For admins", admin=True, private=True)
async def manage(
    ctx: Context,
    where: Annotated[str, Param("A channel", channel=True)] = "",
    on: Annotated[str, Param("On or off")] = "no",
) -> Reply:
    HEARD.append(ctx.request)
    return Reply(f"Set for {where}, {on}", Outcome.FOUND)


@pytest.fixture
def core(corpus: Corpus, search: Searcher) -> Core:
    HEARD.clear()
    return Core(corpus, search, (*COMMANDS, slow, slow_alone, echo, manage))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/v.db")
    yield opened
    opened.close()


@pytest.fixture
async def local() -> AsyncIterator[LocalDiscord]:
    GATES["slow"] = asyncio.Event()
    async with LocalDiscord() as served:
        yield served
        assert served.violations == []


def pointed(local: LocalDiscord) -> Settings:
    return Settings(discord_token=TOKEN, discord_api_base_url=local.api_base, discord_gateway_url=local.gateway_url)


@contextlib.asynccontextmanager
async def serving(
    local: LocalDiscord,
    core: Core,
    store: Store | None = None,
    announced: Callable[[discord.Client], None] = lambda _: None,
) -> AsyncIterator[Discord]:
    """Run the bot against the local Discord until the block ends."""
    bot = Discord(pointed(local), core, store, presence=lambda: "Lex Fridman Podcast", announced=announced)
    before = len(local.gateway.identifies)
    running = asyncio.create_task(bot.run())
    try:
        assert await local.settle(lambda: len(local.gateway.identifies) > before and local.gateway.ready)
        await local.settle(lambda: local.commands[0])
        await local.settle(quiet=0.05)
        yield bot
    finally:
        bot.stop()
        await asyncio.wait_for(running, 10)


def text_of(message: dict[str, Any] | None) -> str:
    assert message
    return "\n".join(part["content"] for _, part in walk(message["components"]) if "content" in part)


def labels(message: dict[str, Any] | None) -> list[str]:
    assert message
    return [part["label"] for _, part in walk(message["components"]) if "label" in part]


async def test_commands_are_synced_once_and_not_again_until_they_change(
    local: LocalDiscord, core: Core, corpus: Corpus, search: Searcher, store: Store
) -> None:
    for _ in range(2):
        async with serving(local, core, store):
            pass
    async with serving(local, Core(corpus, search, COMMANDS), store):
        await local.settle(lambda: len(local.asked_for("PUT /applications/*/commands")) == 2)

    assert len(local.asked_for("PUT /applications/*/commands")) == 2


async def test_it_connects_with_three_intents_no_privileged_one_and_the_shows_name(
    local: LocalDiscord, core: Core
) -> None:
    async with serving(local, core):
        (identify,) = local.gateway.identifies

    assert identify["intents"] == 1 << 0 | 1 << 9 | 1 << 12
    assert identify["presence"]["game"]["name"] == "Lex Fridman Podcast"


async def test_what_it_listens_to_is_told_anew_when_that_is_something_else(local: LocalDiscord, core: Core) -> None:
    shows = ["One show"]
    bot = Discord(pointed(local), core, presence=lambda: shows[0], pace=Pace(alive=0.05), announced=lambda _: None)
    running = asyncio.create_task(bot.run())
    assert await local.settle(lambda: bool(local.gateway.ready))
    shows[0] = "2 shows"
    assert await local.settle(lambda: _listens_to(local) == "2 shows")
    bot.stop()
    await asyncio.wait_for(running, 10)


def _listens_to(local: LocalDiscord) -> str:
    (session,) = local.gateway.sessions.values()
    presence: dict[str, Any] = session.presence or {}
    return next((str(each["name"]) for each in (presence.get("activities") or [presence.get("game")]) if each), "")


async def test_a_slash_command_is_answered_at_once_with_the_quote_and_nothing_pings(
    local: LocalDiscord, core: Core
) -> None:
    async with serving(local, core):
        asked = await local.slash("quote", {"words": LINE})
        loud = await local.slash("echo", {"words": "@everyone <@1100000000000000003> [a](https://x.example)"})

    assert asked.type == 4
    assert not asked.ephemeral
    assert SAID in text_of(asked.message)
    assert {"Listen", "More context"} <= set(labels(asked.message))
    assert loud.message
    assert (loud.message["mentions"], loud.message["mention_everyone"]) == ([], False)
    assert text_of(loud.message) == r"\@everyone \<\@1100000000000000003\> \[a\](https\://x.example)"
    for sent in local.requests:
        data = (sent.body or {}).get("data", sent.body) if isinstance(sent.body, dict) else {}
        assert "components" not in data or data["allowed_mentions"]["parse"] == []


async def test_a_private_command_answers_the_asker_alone(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        asked = await local.slash("help")
        direct = await local.slash("help", channel=local.world.dm_with(local.world.bob))

    assert asked.ephemeral
    assert not direct.ephemeral


async def test_options_are_completed_from_memory(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        topics = await local.autocomplete("topic", {"name": "remote w"}, focused="name")
        speakers = await local.autocomplete("quote", {"words": "x", "speaker": "mark"}, focused="speaker")
        nothing = await local.autocomplete("topic", {"name": "zzzz"}, focused="name")

    assert topics
    assert topics[0]["name"].casefold().startswith("remote w")
    assert all("remote" in choice["name"].casefold() for choice in topics)
    assert [choice["value"] for choice in speakers] == ["Mark Zuckerberg"]
    assert nothing == []


async def test_paging_changes_the_askers_own_message_and_copies_for_others(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        asked = await local.slash("quote", {"words": LINE})
        assert asked.message
        before = text_of(asked.message)
        other = await local.press(asked.message, "Next (", user=local.world.alice)
        own = await local.press(asked.message, "Next (")
        paged, beside = text_of(asked.message), labels(asked.message)
        more = await local.press(asked.message, "More context")

    assert (other.type, other.ephemeral) == (4, True)
    assert (own.type, more.type) == (7, 7)
    assert len({before, paged, text_of(asked.message)}) == 3
    assert any(label.startswith("Previous") for label in beside)


async def test_a_private_answer_can_be_shared_and_nobody_else_can_press_it(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        asked = await local.slash("quote", {"words": LINE})
        assert asked.message
        copied = await local.press(asked.message, "More context", user=local.world.alice)
        assert copied.message
        refused = await local.press(copied.message, "Share")
        shared = await local.press(copied.message, "Share", user=local.world.alice)

        (_, post) = local.of_bot()

    assert "Share" not in labels(asked.message)
    assert (text_of(refused.message), refused.ephemeral) == (say("discord.not-yours", help="/help"), True)
    assert (text_of(shared.message), shared.ephemeral) == (say("share.done"), True)
    assert SAID in text_of(post).replace("*", "")


async def test_a_button_whose_line_lacks_its_words_opens_a_modal(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        asked = await local.slash("echo", {"words": "hello"})
        assert asked.message
        opened = await local.press(asked.message, "Ask another way")
        assert opened.modal
        answered = await local.submit_modal(opened, {"text": "why does he train jiu-jitsu"})
        long = await local.submit_modal(opened, {"text": "x" * 3_999})

    assert opened.modal["title"] == "/ask"
    assert SAID in text_of(answered.message)
    assert "I can take" in text_of(long.message)
    assert long.ephemeral


async def test_a_messages_menu_verifies_and_finds_what_somebody_wrote(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        said = await local.say("language is a perfect way for people to express thoughts and ideas")
        empty = await local.say("")
        verified = await local.context_menu("Verify this quote", said)
        found = await local.context_menu("Find in transcripts", said)
        nothing = await local.context_menu("Verify this quote", empty)

    assert "Not quite" in text_of(verified.message)
    assert verified.ephemeral
    assert "Share" in labels(verified.message)
    assert "imperfect" in text_of(found.message)
    assert text_of(nothing.message) == say("discord.no-words")


async def test_a_members_menu_asks_for_words_and_answers_the_asker_alone_and_nobody_else_hears_of_it(
    local: LocalDiscord, core: Core
) -> None:
    carol = local.world.add_user("carol-whose-menu-it-is")
    local.world.join(local.world.guild, carol)
    heard: list[Request] = []
    answer = core.answer

    async def hear(request: Request) -> Reply:
        heard.append(request)
        return await answer(request)

    core.answer = hear  # type: ignore[method-assign]
    async with serving(local, core):
        opened = await local.context_menu("Ask the show", carol)
        answered = await local.submit_modal(opened, {"text": "why does he train jiu-jitsu"})
        assert answered.message
        await local.press(answered.message, "Share")
        (shared,) = local.of_bot()
        sent = json.dumps([seen.body for seen in local.requests if seen.body and "callback" in seen.line])

    assert opened.modal
    assert (answered.type, answered.ephemeral) == (4, True)
    assert text_of(shared).startswith(text_of(answered.message))
    assert SAID in text_of(answered.message)
    assert [request.command for request in heard[:1]] == ["ask"]
    assert str(carol.id) not in repr(heard)
    assert str(carol.id) not in sent + json.dumps(shared)
    assert carol.name not in repr(heard) + sent + json.dumps(shared)


async def test_mentions_replies_and_direct_messages_are_answered_under_the_message(
    local: LocalDiscord, core: Core
) -> None:
    async with serving(local, core):
        mentioned = await local.say(LINE, mention_bot=True)
        await local.settle(lambda: len(local.of_bot()) == 1)
        (first,) = local.of_bot()
        await local.say("/echo again", reply_to=first)
        await local.settle(lambda: len(local.of_bot()) == 2)
        direct = local.world.dm_with(local.world.bob)
        await local.dm(LINE)
        await local.settle(lambda: local.of_bot(direct))

    assert SAID in text_of(first)
    assert first["message_reference"]["message_id"] == mentioned["id"]
    assert first["mentions"] == []
    assert text_of(local.of_bot()[1]) == "again"
    assert SAID in text_of(local.of_bot(direct)[0])
    assert "message_reference" not in local.of_bot(direct)[0]


async def test_a_reply_is_answered_from_the_answer_it_replies_to(local: LocalDiscord, core: Core, store: Store) -> None:
    async with serving(local, core, store):
        await local.say(f"/quote {LINE}", mention_bot=True)
        await local.settle(local.of_bot)
        await local.say("/topic faith", mention_bot=True)
        await local.settle(lambda: len(local.of_bot()) == 2)
        first, second = local.of_bot()
        await local.say("who said that?", reply_to=first, user=local.world.alice)
        await local.settle(lambda: len(local.of_bot()) == 3)
        await local.say("more", reply_to=second, user=local.world.alice)
        await local.settle(lambda: len(local.of_bot()) == 4)
        slash = await local.slash("quote", {"words": LINE})
        await local.say("when?", reply_to=slash.message, user=local.world.alice)
        await local.settle(lambda: len(local.of_bot()) == 6)

    who, more, when = text_of(local.of_bot()[2]), text_of(local.of_bot()[3]), text_of(local.of_bot()[5])
    assert "Mark Zuckerberg" in who
    assert "3:14" in who
    assert more != text_of(second)
    assert "aith" in more
    assert "3:14" in when


async def test_after_a_restart_a_reply_is_read_from_the_buttons_of_its_message(
    local: LocalDiscord, corpus: Corpus, search: Searcher
) -> None:
    async with serving(local, Core(corpus, search, COMMANDS)):
        await local.say(f"/quote {LINE}", mention_bot=True)
        await local.settle(local.of_bot)
    async with serving(local, Core(corpus, search, COMMANDS)):
        await local.say("who said that?", reply_to=local.of_bot()[0], user=local.world.alice)
        await local.settle(lambda: len(local.of_bot()) == 2)

    assert "Mark Zuckerberg" in text_of(local.of_bot()[1])


async def test_a_check_under_somebodys_message_says_how_where_discord_withholds_its_words(
    local: LocalDiscord, core: Core
) -> None:
    async with serving(local, core):
        claim = await local.say("people who train need to not have pride", user=local.world.alice)
        await local.say("is this real?", mention_bot=True, reply_to=claim)
        await local.settle(local.of_bot)
        named = await local.say(f"{LINE}, did he say that?", mention_bot=True, user=local.world.alice)
        await local.settle(lambda: len(local.of_bot()) == 2)
        await local.say("is this real?", mention_bot=True, reply_to=named)
        await local.settle(lambda: len(local.of_bot()) == 3)

    assert text_of(local.of_bot()[0]) == markdown((Span(say("detail.check")),))
    assert SAID in text_of(local.of_bot()[2])


async def test_what_one_member_alone_saw_is_not_gone_on_from_by_another(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        message = await local.say(LINE)
        await local.context_menu("Find in transcripts", message, user=local.world.alice)
        await local.say("who said that?", mention_bot=True)
        await local.settle(local.of_bot)

    assert text_of(local.of_bot()[-1]) == markdown((Span(say("detail.lost")),))


async def test_a_mention_added_by_editing_is_answered_once(local: LocalDiscord, core: Core, store: Store) -> None:
    async with serving(local, core, store):
        message = await local.say(LINE)
        await local.edit(message, "people who train")
        await local.settle(quiet=0.1)
        assert local.of_bot() == []
        await local.edit(message, LINE, mention_bot=True)
        await local.settle(local.of_bot)
        await local.edit(message, f"{LINE} again", mention_bot=True)
        await local.preview(message)
        await local.settle(quiet=0.1)

    (answer,) = local.of_bot()
    assert SAID in text_of(answer)
    assert answer["message_reference"]["message_id"] == message["id"]


async def test_an_edited_message_whose_answer_stands_is_let_be_after_a_restart(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        message = await local.say(LINE, mention_bot=True)
        await local.settle(local.of_bot)
    async with serving(local, core):
        await local.edit(message, f"{LINE} again", mention_bot=True)
        await local.settle(quiet=0.2)

    assert len(local.of_bot()) == 1


async def test_a_mention_alone_is_told_what_to_write(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        await local.say("", mention_bot=True)
        await local.settle(local.of_bot)

    assert text_of(local.of_bot()[0]) == say("discord.nothing-said", help="/help")


async def test_a_private_answer_to_a_mention_goes_to_the_member_directly(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        await local.say("/help", mention_bot=True)
        await local.settle(local.of_bot)

    assert text_of(local.of_bot()[0]) == say("discord.sent-privately")
    assert "/help all" in text_of(local.of_bot(local.world.dm_with(local.world.bob))[0])


async def test_bots_and_messages_for_others_are_not_answered(local: LocalDiscord, core: Core) -> None:
    robot = local.world.add_user("robot", bot=True)
    local.world.join(local.world.guild, robot)
    async with serving(local, core):
        await local.say("hello", mention_bot=True, user=robot)
        await local.say("@everyone hello")
        human = await local.say("talk among people")
        await local.say("I agree", reply_to=human, user=local.world.alice)
        await local.settle(quiet=0.2)

    assert local.of_bot() == []


async def test_a_thread_is_a_place_of_its_own(local: LocalDiscord, core: Core) -> None:
    thread = local.world.add_thread(local.world.general, "On pride")
    async with serving(local, core):
        await local.slash("echo", {"words": "a"}, channel=thread)
        await local.say("/echo b", channel=thread, mention_bot=True)
        await local.settle(lambda: len(HEARD) == 2)
        await local.dm("/echo c")
        await local.settle(lambda: len(HEARD) == 3)

    slash, message, direct = (request.channel for request in HEARD)
    assert slash == message
    assert (slash.id, slash.thread) == (str(local.world.general.id), str(thread.id))
    assert (slash.tenant, direct.tenant) == (str(local.world.guild.id), "")


async def test_an_admin_command_is_for_managers_and_takes_a_channel_by_its_id(local: LocalDiscord, core: Core) -> None:
    options = {"where": local.world.other, "on": "yes"}
    async with serving(local, core):
        done = await local.slash("manage", options, user=local.world.alice)
        refused = await local.slash("manage", stale=True)
        await local.say("/manage on:yes", mention_bot=True)
        await local.settle(local.of_bot)

    assert text_of(done.message) == f"Set for {local.world.other.id}, yes"
    assert "for the people who run this server" in text_of(refused.message)
    assert "for the people who run this server" in text_of(local.of_bot()[0])
    assert [request.author.admin for request in HEARD] == [True]


async def test_a_slow_answer_is_announced_in_time_and_edited_in(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        public = asyncio.create_task(local.slash("slow", {"words": "here"}))
        alone = asyncio.create_task(local.slash("slow-alone"))
        await local.settle(lambda: len(local.asked_for("POST /interactions/*/callback")) == 2)
        GATES["slow"].set()
        asked, hidden = await public, await alone

    assert (asked.type, asked.ephemeral, asked.edits, asked.followups) == (5, False, 1, [])
    assert text_of(asked.message) == "At last: here"
    assert (hidden.type, hidden.ephemeral, text_of(hidden.message)) == (5, True, "For you alone")


async def test_an_error_after_a_public_announcement_is_told_to_the_asker_alone(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        asking = asyncio.create_task(local.slash("slow", {"words": "wrong"}))
        await local.settle(lambda: local.asked_for("POST /interactions/*/callback"))
        GATES["slow"].set()
        asked = await asking
        await local.settle(lambda: asked.followups)

    assert asked.deleted
    assert text_of(asked.followups[0]) == "That was wrong."
    assert asked.followups[0]["flags"] & EPHEMERAL


async def test_stale_commands_and_buttons_get_a_sentence(local: LocalDiscord, core: Core) -> None:
    old: dict[str, Any] = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Old", "custom_id": "vote:17"}]}
    async with serving(local, core):
        gone = await local.slash("forgotten", {"words": "x"}, stale=True)
        asked = await local.slash("quote", {"words": LINE})
        assert asked.message
        asked.message["components"].append(old | {"id": 90, "components": [old["components"][0] | {"id": 91}]})
        pressed = await local.press(asked.message, "Old")

    assert "/forgotten" in text_of(gone.message)
    assert gone.ephemeral
    assert (text_of(pressed.message), pressed.ephemeral) == (say("discord.stale"), True)


async def test_buttons_work_after_a_restart(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        asked = await local.slash("quote", {"words": LINE})
    async with serving(local, core):
        assert asked.message
        pressed = await local.press(asked.message, "Next (")

    assert pressed.type == 7


async def test_messages_missed_during_a_cut_are_answered_once_after_the_resume(local: LocalDiscord, core: Core) -> None:
    async with serving(local, core):
        await local.gateway.drop()
        message = await local.say("/echo missed", mention_bot=True)
        await local.settle(local.of_bot, seconds=10)
        await local.gateway.emit("MESSAGE_CREATE", message | {"guild_id": str(local.world.guild.id)}, local.world.guild)
        await local.settle(quiet=0.2)

    assert len(local.gateway.resumes) == 1
    assert [text_of(answer) for answer in local.of_bot()] == ["missed"]


async def test_two_processes_with_one_database_answer_once(local: LocalDiscord, core: Core, store: Store) -> None:
    async with serving(local, core, store), serving(local, core, store):
        await local.say("/echo once", mention_bot=True)
        await local.settle(local.of_bot)
        asked = await local.slash("echo", {"words": "once"})
        await local.settle(quiet=0.2)

    assert [text_of(answer) for answer in local.of_bot()] == ["once", "once"]
    assert asked.followups == []
    # Discord tells both processes of an interaction; the second acknowledgement is refused with 40060.
    assert [violation.split(" was ")[1] for violation in local.violations] == ["acknowledged twice."]
    local.violations.clear()


async def test_a_message_that_a_process_died_over_is_answered_by_the_next(
    local: LocalDiscord, core: Core, store: Store
) -> None:
    message = await local.say("/echo left over", mention_bot=True)
    place = {"channel": message["channel_id"], "guild": str(local.world.guild.id)}
    await store.inbox.take("discord", message["id"], "message", place, 86_400)
    async with serving(local, core, cast("Store", Ahead(store))):
        await local.settle(local.of_bot)

    assert [text_of(answer) for answer in local.of_bot()] == ["left over"]


@pytest.mark.parametrize("comes_back", [False, True])
async def test_a_server_that_throws_it_out_is_forgotten_after_a_week_unless_it_asks_it_back(
    local: LocalDiscord, core: Core, store: Store, *, comes_back: bool
) -> None:
    place = Channel("discord", str(local.world.general.id), str(local.world.guild.id))
    await store.channels.save(ChannelSettings(place, daily=True), "1", "on", 0)
    ready, note = asyncio.Event(), f"discord-gone:{place.tenant}"
    async with serving(local, core, store, lambda _: ready.set()):
        await ready.wait()
        await local.leave_guild(local.world.guild)
        while not await store.kv.get(note):  # noqa: ASYNC110 - the store's, not the loop's
            await asyncio.sleep(0.05)
        if comes_back:
            local.world.guild.installed = True
            await local.join_guild(local.world.guild)
            while await store.kv.get(note):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)
    await store.tidy(await store.now() + 6 * 86_400)
    within = (await store.channels.get(place)).daily
    await store.tidy(await store.now() + 8 * 86_400)

    assert within
    assert (await store.channels.get(place)).daily == comes_back


async def test_a_server_that_asks_it_back_while_no_process_runs_is_kept(
    local: LocalDiscord, core: Core, store: Store
) -> None:
    place = Channel("discord", str(local.world.general.id), str(local.world.guild.id))
    await store.channels.save(ChannelSettings(place, daily=True), "1", "on", 0)
    await store.kv.put(f"discord-gone:{place.tenant}", "2026-11-01T00:00:00+00:00")
    async with serving(local, core, store):
        while await store.kv.get(f"discord-gone:{place.tenant}"):  # noqa: ASYNC110 - the store's, not the loop's
            await asyncio.sleep(0.05)
    await store.tidy(await store.now() + 8 * 86_400)

    assert (await store.channels.get(place)).daily


async def test_a_server_that_throws_it_out_during_an_outage_is_forgotten_and_one_that_is_away_is_not(
    local: LocalDiscord, core: Core, store: Store
) -> None:
    gone, away = Channel("discord", "1", "123456"), Channel("discord", "2", "654321")
    for place in (gone, away):
        await store.channels.save(ChannelSettings(place, daily=True), "1", "on", 0)
    async with serving(local, core, store):
        await local.gateway.emit("GUILD_DELETE", {"id": away.tenant, "unavailable": True}, None)
        await local.gateway.emit("GUILD_DELETE", {"id": gone.tenant}, None)
        await local.settle(quiet=0.3)
    await store.tidy(await store.now() + 8 * 86_400)

    assert not (await store.channels.get(gone)).daily
    assert (await store.channels.get(away)).daily


async def test_where_only_a_member_installed_it_its_commands_work(local: LocalDiscord, core: Core) -> None:
    elsewhere = local.world.add_guild("Elsewhere", installed=False)
    local.world.join(elsewhere, local.world.bob)
    room = local.world.add_channel(elsewhere, "room")
    async with serving(local, core):
        asked = await local.slash("quote", {"words": LINE}, channel=room)
        assert asked.message
        paged = await local.press(asked.message, "Next (")

    assert SAID not in text_of(asked.message)
    assert paged.type == 7


async def test_whoever_asks_too_often_is_told_to_slow_down(local: LocalDiscord, core: Core) -> None:
    local.validates = False  # a hundred answers at once, held against the document one by one, take seconds
    async with serving(local, core):
        slowed = await asyncio.gather(*(local.slash("echo", {"words": "x"}) for _ in range(MEMBER_BURST + 40)))
        other = await local.slash("echo", {"words": "y"}, user=local.world.alice)

    assert any("a lot at once" in text_of(asked.message) and asked.ephemeral for asked in slowed)
    assert text_of(other.message) == "y"


async def test_whatever_breaks_a_member_gets_a_sentence(local: LocalDiscord, core: Core) -> None:
    async def broken(_request: Request) -> Reply:
        raise RuntimeError

    core.answer = broken  # type: ignore[method-assign, assignment]
    async with serving(local, core):
        asked = await local.slash("quote", {"words": LINE})

    assert (text_of(asked.message), asked.ephemeral) == (say("discord.broken"), True)


async def test_stopping_finishes_what_is_being_answered_and_takes_nothing_new(local: LocalDiscord, core: Core) -> None:
    bot = Discord(pointed(local), core, announced=lambda _: None)
    running = asyncio.create_task(bot.run())
    await local.settle(lambda: local.commands[0] and local.gateway.ready)
    asking = asyncio.create_task(local.slash("slow", {"words": "done"}))
    await local.settle(lambda: local.asked_for("POST /interactions/*/callback"))
    bot.stop()
    await asyncio.sleep(0)
    late = await local.slash("echo", {"words": "late"})
    GATES["slow"].set()
    asked = await asking
    await asyncio.wait_for(running, 10)

    assert text_of(late.message) == stopping().text
    assert text_of(asked.message) == "At last: done"
    assert not local.gateway.ready


async def test_when_ready_it_says_who_it_is_and_how_to_invite_it(
    local: LocalDiscord, core: Core, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(local, core, announced=announce):
        await asyncio.sleep(0.6)
    out, err = capsys.readouterr()
    event = json.loads(out)

    assert (event["event"], event["platform"], event["guilds"]) == ("ready", "discord", 1)
    assert invite_link(local.world.bot.id) == event["invite"]
    assert "connected as Verbatim" in err
    assert event["invite"] in err
    assert "scope=bot+applications.commands" in event["invite"]


async def test_cancelling_it_disconnects(local: LocalDiscord, core: Core) -> None:
    bot: Adapter = Discord(pointed(local), core, announced=lambda _: None)
    running = asyncio.create_task(bot.run())
    await local.ready()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 10)

    assert not local.gateway.ready


async def test_a_client_for_simulators_is_not_logged_in(local: LocalDiscord, core: Core) -> None:
    client = create_discord_client(pointed(local), core)

    assert client.user is None
    assert list(client.cached_messages) == []
    assert not client.intents.message_content
