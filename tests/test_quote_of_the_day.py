"""A community has one quote of the day: the same for every member, in every channel, message and Home tab."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import TYPE_CHECKING

import pytest

from bot.commands import COMMAND_LINES
from bot.contract import Channel, Outcome, Reply
from bot.delivery import Daily
from bot.highlights import Highlights
from bot.store import open_store
from tests.test_settings import HERE, NOON, OTHER, Room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Searcher

DIRECT = Channel("slack", "D7", "T1")
HOME = Channel("slack", "U7", "T1")
ELSEWHERE = Channel("slack", "C9", "T2")
ALONE = Channel("discord", "77")
MONDAY = "2026-11-23"


@pytest.fixture
def room(corpus: Corpus, search: Searcher, tmp_path: Path) -> Iterator[Room]:
    store = open_store(f"sqlite:///{tmp_path}/verbatim.db")
    yield Room(corpus, search, store)
    store.close()


def quote(reply: Reply) -> str:
    """Return the id of the quote of a reply, "" where it shows none."""
    return next((card.quote.id for card in reply.cards if card.quote), "")


async def seen(room: Room, *channels: Channel, line: str = "/highlight") -> set[str]:
    """Return the quotes that members see in those channels."""
    return {
        quote(await room.ask(line, admin=False, member=f"U{number}", channel=channel))
        for number, channel in enumerate(channels)
    }


async def post(room: Room, passage: str, channel: Channel = HERE, date: str = MONDAY) -> None:
    """Post a passage as a channel's quote of a date."""
    assert room.store
    settings = await room.store.channels.get(channel)
    assert await room.store.posts.request_now(settings, date, room.moment())
    [row] = await room.store.posts.claim(room.moment(), "a", 120, 20, ("slack",))
    assert await room.store.posts.choose(row, passage, 0, {})
    assert await room.store.posts.intend(row, room.moment())
    assert await room.store.posts.record_sent(row, room.moment(), "ref")


async def test_without_a_schedule_it_is_the_same_everywhere_and_another_on_another_day(room: Room) -> None:
    everywhere = (HERE, OTHER, DIRECT, HOME, ELSEWHERE, ALONE)
    today = await seen(room, *everywhere)
    room.now += dt.timedelta(days=1)
    tomorrow = await seen(room, *everywhere)

    assert len(today) == len(tomorrow) == 1
    assert today != tomorrow
    assert "" not in today | tomorrow


async def test_what_the_first_scheduled_channel_posted_is_the_workspaces_everywhere(room: Room) -> None:
    await room.ask("/settings answers:mentions", channel=OTHER)
    await room.ask("/settings daily on time:9 zone:Europe/Berlin")
    await post(room, "thphm-3n5g91")

    assert await seen(room, HERE, OTHER, DIRECT, HOME) == {"thphm-3n5g91"}
    assert "thphm-3n5g91" not in await seen(room, ELSEWHERE, ALONE)
    room.now += dt.timedelta(days=1)
    assert await seen(room, HERE, OTHER, DIRECT, HOME, line="/highlight date:yesterday") == {"thphm-3n5g91"}


async def test_what_is_due_today_is_the_communitys_before_it_is_posted(room: Room) -> None:
    await room.ask("/settings daily on time:18 zone:Europe/Berlin")
    assert room.store
    coming = await room.core.daily.next(await room.store.channels.get(HERE), NOON.date())

    assert coming
    assert await seen(room, HERE, OTHER, DIRECT, HOME) == {coming[0].id}


async def test_two_scheduled_channels_keep_their_own_and_the_others_see_the_first_ones(room: Room) -> None:
    third = Channel("slack", "C3", "T1")
    for channel, passage in ((OTHER, "thphm-3n5g91"), (HERE, "thphm-43dg7p")):
        await room.ask("/settings daily on time:9 zone:Europe/Berlin", channel=channel)
        await post(room, passage, channel)

    assert await seen(room, HERE) == {"thphm-43dg7p"}
    assert await seen(room, OTHER, third, DIRECT) == {"thphm-3n5g91"}


@pytest.mark.parametrize("line", ["/settings skip today", "/settings pause", "/settings days:tue-fri"])
async def test_a_quote_that_is_not_due_today_is_not_told_early(room: Room, line: str) -> None:
    by_date = await seen(room, ELSEWHERE)
    await room.ask("/settings daily on time:18 zone:Europe/Berlin")
    queue = await room.ask("/settings queue")
    await room.ask(f"/settings pin id:{queue.cards[2].quote.id if queue.cards[2].quote else ''}")
    assert (await room.ask(line)).outcome is Outcome.FOUND

    assert await seen(room, HERE, OTHER, DIRECT, HOME) == by_date
    assert await seen(room, HERE, line="/highlight date:2026-11-24") == {""}


async def test_a_channel_that_serves_one_show_sees_no_quote_of_another(room: Room) -> None:
    assert room.store
    await room.ask("/settings shows:lex-fridman", channel=OTHER)
    settings = await room.store.channels.get(OTHER)
    assert settings.shows
    other = dataclasses.replace(settings, shows=("another-show",))
    assert await room.store.channels.save(other, "U1", "shows", room.moment())

    assert (await room.ask("/highlight", admin=False, channel=OTHER)).outcome is Outcome.ERROR
    assert "" not in await seen(room, HERE)


async def test_a_member_and_an_admin_see_the_same_quote_with_its_question_on_a_line_of_its_own(room: Room) -> None:
    member, admin = await room.ask("/highlight", admin=False), await room.ask("/highlight", member="U2")

    assert dataclasses.replace(member, share="") == dataclasses.replace(admin, share="")
    assert member.private
    question = member.text.splitlines()[-1]
    assert question.endswith("?")
    assert len(member.text) <= 500


def test_every_post_is_short_and_its_question_stands_alone(corpus: Corpus) -> None:
    daily, highlights = Daily(None, Highlights(corpus), corpus, COMMAND_LINES), Highlights(corpus)
    used: list[str] = []
    while found := highlights.next(day=NOON.date(), seed="all", used=used):
        used.append(found.id)
        text = daily.reply(found).text.replace(f" · {found.id}", "")
        assert text.splitlines()[-1] == found.prompt or not found.prompt
        assert len(re.sub(r" · https?://\S+|\n", "", text)) <= 500
