"""`/setup` walks an admin through the daily quote of a channel, on each platform, to the first post."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import pytest

from bot.adapters.discord.adapter import Discord
from bot.commands import COMMAND_LINES, COMMANDS
from bot.contract import LONGEST_LINE, Author, Channel, Outcome, Reply, Request, Use, zones
from bot.core import Core
from bot.delivery import Delivery
from bot.language import read_table
from bot.policy.texts import say
from bot.settings import Settings
from bot.store import Store, open_store
from tests.local_discord import TOKEN, LocalDiscord
from tests.local_discord.limits import walk
from tests.local_slack import LocalSlack
from tests.platform import Platform
from tests.test_slack import no_proxies, serving, shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Searcher

__all__ = ["no_proxies"]

NOON = dt.datetime(2026, 11, 23, 11, 0, tzinfo=dt.UTC)
HERE = Channel("slack", "C0123456789ABCDEF", "T1")


class Room:
    """A core over several shows with a store, asked by an admin at a moment."""

    def __init__(self, corpus: Corpus, search: Searcher, store: Store) -> None:
        self.corpus, self.search, self.store, self.platform = corpus, search, store, Platform()
        self.core = self.process()

    def process(self) -> Core:
        """Return a process of the bot that has seen nothing yet."""
        adapters = {"slack": self.platform}
        return Core(self.corpus, self.search, COMMANDS, store=self.store, adapters=adapters, clock=NOON.timestamp)

    async def ask(
        self, line: str, *, admin: bool = True, channel: Channel = HERE, locale: str = "en-US", member: str = "U1"
    ) -> Reply:
        author = Author(member, admin=admin)
        return await self.core.answer(Request(channel, author, text=line, now=NOON, locale=locale))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/v.db")
    yield opened
    opened.close()


@pytest.fixture
def room(shows: Corpus, shows_search: Searcher, store: Store) -> Room:
    return Room(shows, shows_search, store)


def choices(reply: Reply) -> dict[str, str]:
    return {button.label: button.line for button in reply.buttons}


async def test_each_answer_is_saved_and_leads_to_the_next_question_in_any_process(room: Room) -> None:
    asked = await room.ask("/setup")
    assert "1 of 4: Which shows" in asked.text
    for label, member in (("The Long Throw", "U1"), ("Europe/Berlin", "U2"), ("17:00", "U3")):
        room.core = room.process()
        asked = await room.ask(choices(asked)[label], locale="de", member=member)
        assert asked.private
    found = await room.store.channels.get(HERE)
    assert (found.shows, found.zone, found.time) == (("the-long-throw",), "Europe/Berlin", "17:00")
    assert not found.daily
    assert "4 of 4" in asked.text
    assert asked.cards[0].quote is not None
    assert asked.cards[0].quote.citation.show == "The Long Throw"
    done = await room.ask(choices(asked)["First post Monday 23 November 2026, 17:00"])
    after = await room.store.channels.get(HERE)
    assert after.daily
    assert after.next_at == dt.datetime(2026, 11, 23, 16, tzinfo=dt.UTC).timestamp()
    assert "Monday 23 November 2026, 17:00" in done.text


async def test_the_first_post_can_come_at_once_and_the_next_on_the_day_after(room: Room) -> None:
    done = await room.ask(COMMAND_LINES.to(Use.SETUP_STEP, "now", step="first"))
    delivery = Delivery(room.store, room.core.daily, {"slack": room.platform}, "one", clock=_noon)
    await delivery.tick()
    assert len(room.platform.messages[HERE.id]) == 1
    assert "Tuesday 24 November 2026, 09:00" in done.text
    again = await room.ask(COMMAND_LINES.to(Use.SETUP_STEP, "now", step="first"))
    assert "already out" in again.text
    await delivery.tick()
    assert len(room.platform.messages[HERE.id]) == 1


async def _noon() -> float:
    return NOON.timestamp()


async def test_of_one_show_no_show_is_asked_for(corpus: Corpus, search: Searcher, store: Store) -> None:
    asked = await Room(corpus, search, store).ask("/setup")
    assert "1 of 3: Which time zone" in asked.text


async def test_a_channel_where_the_bot_may_not_post_is_told_of_with_what_lacks_and_a_second_try(room: Room) -> None:
    reply = await room.ask("/setup channel:closed")
    assert "I can't post there: invite me first." in reply.text
    assert choices(reply) == {"Try again": "/setup channel:closed"}
    step = await room.ask(COMMAND_LINES.to(Use.SETUP_STEP, "09:00", step="time", channel="closed"))
    assert step.outcome is Outcome.ERROR


async def test_another_channel_is_set_up_from_here(room: Room) -> None:
    asked = await room.ask("/setup channel:C2")
    for label in ("All of them", "UTC", "09:00"):
        asked = await room.ask(choices(asked)[label])
    await room.ask(next(line for label, line in choices(asked).items() if label.startswith("First post")))
    assert (await room.store.channels.get(Channel("slack", "C2", "T1"))).daily
    assert not (await room.store.channels.get(HERE)).daily


async def test_a_member_who_is_no_admin_sets_up_nothing(room: Room) -> None:
    for line in ("/setup", COMMAND_LINES.to(Use.SETUP_STEP, "now", step="first")):
        reply = await room.ask(line, admin=False)
        assert reply.outcome is Outcome.ERROR
    assert (await room.store.channels.get(HERE)).id is None


@pytest.mark.parametrize(
    ("step", "answer", "said"),
    [
        ("zone", "Europe/Berlinn", "Did you mean Europe/Berlin"),
        ("time", "25:99", "isn't a time of day"),
        ("shows", "Serial", "I don't know a show called “Serial”"),
        ("first", "maybe", "Press one of the two buttons"),
    ],
)
async def test_an_answer_that_is_none_is_told_of_and_saves_nothing(
    room: Room, step: str, answer: str, said: str
) -> None:
    reply = await room.ask(COMMAND_LINES.to(Use.SETUP_STEP, answer, step=step))
    assert (reply.outcome, reply.private) == (Outcome.ERROR, True)
    assert said in reply.text
    assert (await room.store.channels.get(HERE)).id is None


async def test_the_zone_of_a_channel_nearby_is_offered_first(room: Room) -> None:
    await room.ask(COMMAND_LINES.to(Use.SETTINGS, zone="Asia/Tokyo", channel="C2"))
    asked = await room.ask(COMMAND_LINES.to(Use.SETUP_STEP, "all", step="shows"), locale="de")
    assert list(choices(asked)) == ["Asia/Tokyo", "Europe/Berlin", "Europe/Vienna", "UTC", "Another zone"]


def test_every_zone_that_is_offered_is_one_and_a_button_can_carry_any() -> None:
    offered = {zone for listed in read_table("bot.commands", "zones.toml").values() for zone in listed}
    assert offered <= available_timezones()
    for zone in zones():
        line = COMMAND_LINES.to(Use.SETUP_STEP, zone, step="zone", channel="1" * 20)
        assert len(line) <= LONGEST_LINE


@contextlib.asynccontextmanager
async def on_discord(local: LocalDiscord, core: Core, store: Store) -> AsyncIterator[Discord]:
    settings = Settings(discord_token=TOKEN, discord_api_base_url=local.api_base, discord_gateway_url=local.gateway_url)
    bot = Discord(settings, core, store, announced=lambda _: None)
    running = asyncio.create_task(bot.run())
    try:
        assert await local.settle(lambda: bool(local.gateway.ready))
        assert await local.settle(lambda: local.commands[0])
        yield bot
    finally:
        bot.stop()
        await asyncio.wait_for(running, 10)


def text_of(message: dict[str, Any] | None) -> str:
    assert message
    return "\n".join(part["content"] for _, part in walk(message["components"]) if "content" in part)


async def test_an_admin_walks_through_it_on_discord_to_the_first_post(
    shows: Corpus, shows_search: Searcher, store: Store
) -> None:
    async with LocalDiscord() as local:
        core, alice = Core(shows, shows_search, COMMANDS, store=store), local.world.alice
        async with on_discord(local, core, store) as bot:
            asked = await local.slash("setup", user=alice)
            assert asked.ephemeral
            assert asked.message
            asked = await local.press(asked.message, "Salt and Small Change", user=alice)
            assert asked.message
            opened = await local.press(asked.message, "Another zone", user=alice)
            asked = await local.submit_modal(opened, {"text": "Europe/Oslo"})
            assert "Times are in Europe/Oslo" in text_of(asked.message).replace("\\", "")
            assert asked.message
            asked = await local.press(asked.message, "08:00", user=alice)
            assert asked.message
            done = await local.press(asked.message, "Post it now", user=alice)
            assert done.ephemeral
            await Delivery(store, core.daily, {"discord": bot}, "one").tick()
            (post,) = local.of_bot(local.world.general)
        assert local.violations == []

    assert "All set." in text_of(done.message)
    assert say("daily.lead") in text_of(post)
    assert "Salt and Small Change" in text_of(post)


async def test_an_admin_walks_through_it_on_slack_to_the_first_post(
    shows: Corpus, shows_search: Searcher, store: Store, tmp_path: Path
) -> None:
    room, admin = "C0GENERAL", "U0ADMIN"
    async with LocalSlack(mode="socket") as local:
        core = Core(shows, shows_search, COMMANDS, store=store)
        async with serving(local, core, store, VERBATIM_DATA_DIR=str(tmp_path)) as adapter:
            await (await local.command("/setup", user=admin)).settle()
            for number, label in enumerate(("The Long Throw", "Europe/London", "17:00"), 2):
                seen = local.ephemerals(room, admin)[-1]
                reply = await (await local.press(seen, label=label, user=admin)).settle()
                assert f"{number} of 4" in shown(reply)
            await (await local.press(local.ephemerals(room, admin)[-1], label="Post it now", user=admin)).settle()
            await local.until(lambda: "All set." in shown(local.ephemerals(room, admin)[-1]))
            await Delivery(store, core.daily, {"slack": adapter}, "one").tick()
            (post,) = local.posts(room)
        assert local.violations == []

    assert "The Long Throw" in shown(post)


async def test_an_answer_is_typed_in_a_modal_on_slack(
    shows: Corpus, shows_search: Searcher, store: Store, tmp_path: Path
) -> None:
    room, admin = "C0GENERAL", "U0ADMIN"
    async with LocalSlack(mode="socket") as local:
        core = Core(shows, shows_search, COMMANDS, store=store)
        async with serving(local, core, store, VERBATIM_DATA_DIR=str(tmp_path)):
            await (await local.command("/setup", user=admin)).settle()
            await local.press(local.ephemerals(room, admin)[-1], label="Name some", user=admin)
            await local.until(lambda: local.views(admin))
            view = local.views(admin)[-1]
            await local.submit_view(view, {"words": "the long throw"})
            await local.until(lambda: "2 of 4" in shown(local.world.views[view.id].content))
        assert local.violations == []

    (found,) = await store.channels.of_tenant(Channel("slack", room, "T0LOCAL"))
    assert found.shows == ("the-long-throw",)
