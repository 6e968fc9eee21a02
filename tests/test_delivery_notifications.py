"""What admins and the operator hear of posts: every end once, in whole sentences, and nobody too often."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from typing import TYPE_CHECKING

import pytest

from bot.commands import COMMAND_LINES
from bot.contract import Channel, Later, Refused
from bot.delivery import Daily, Delivery, Timing
from bot.highlights import Highlights
from bot.store import ChannelSettings, Store, open_store
from tests.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.contract import Post, Posted
    from bot.corpus import Corpus

HERE = Channel("slack", "C1", "T1")
DUE = dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC).timestamp()
DAY = 86_400.0


class Room:
    """One channel whose quote is due, a platform, and a delivery whose clock the test moves."""

    def __init__(self, store: Store, corpus: Corpus, platform: Platform, timing: Timing | None = None) -> None:
        self.store, self.platform, self.now = store, platform, DUE - 60
        daily = Daily(store, Highlights(corpus), corpus, COMMAND_LINES)
        self.delivery = Delivery(store, daily, {"slack": platform}, "one", clock=self.clock, timing=timing)

    async def clock(self) -> float:
        return self.now

    async def begin(self) -> None:
        await self.delivery.tick()
        settings = ChannelSettings(HERE, daily=True, days="0100000", next_date="2026-11-24", next_at=DUE)
        await self.store.channels.save(settings, "admin", "daily on", self.now)

    async def until(self, moment: float, step: float) -> None:
        while self.now < moment:
            self.now += step
            await self.delivery.tick()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/v.db")
    yield opened
    opened.close()


@pytest.mark.parametrize("why", ["It is archived.", "It is archived"])
async def test_a_reason_ends_with_one_full_stop(store: Store, corpus: Corpus, why: str) -> None:
    room = Room(store, corpus, Platform(faults=[Refused(why)]))
    await room.begin()
    await room.until(DUE + 10, 5)
    assert room.platform.told == ["admin@C1: The quote of 2026-11-24 wasn't posted: It is archived."]


async def test_an_admin_who_cannot_be_reached_is_tried_ever_more_rarely_for_a_day_and_logged_once(
    store: Store, corpus: Corpus, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(store, corpus, Platform(faults=[Refused("It is archived")], deaf=10_000))
    await room.begin()
    await room.until(DUE + 600, 5)
    soon = 10_000 - room.platform.deaf
    await room.until(DUE + DAY + 3600, 120)
    whole = 10_000 - room.platform.deaf
    await room.until(DUE + 2 * DAY, 3600)
    assert 4 <= soon <= 7
    assert 60 <= whole <= 130
    assert 10_000 - room.platform.deaf == whole
    assert caplog.text.count("The quote of 2026-11-24 wasn't posted: It is archived.") == 1


async def test_a_platform_that_puts_posts_off_for_long_is_logged_once(
    store: Store, corpus: Corpus, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(store, corpus, Platform(faults=[Later(3600.0, "Slack asks me to slow down.")] * 3))
    await room.begin()
    with caplog.at_level(logging.WARNING):
        await room.until(DUE + 2 * 3600 + 60, 30)
    assert caplog.text.count("slack makes me wait 60 min now: Slack asks me to slow down.") == 1


async def test_an_answer_that_is_waited_for_in_vain_is_a_sentence_and_no_traceback(
    store: Store, corpus: Corpus, caplog: pytest.LogCaptureFixture
) -> None:
    platform = Platform(faults=["hang"])
    room = Room(store, corpus, platform, Timing(send_within=0.01))
    await room.begin()

    async def never(_channel: Channel, _post: Post) -> Posted:
        await asyncio.sleep(60)
        raise AssertionError

    platform.find = never  # type: ignore[method-assign, assignment]
    await room.until(DUE + 3600, 30)
    [row] = await store.posts.recent(HERE)
    assert (row.state, row.reason) == (
        "held",
        "I can't see whether it was posted: slack didn't answer in time",
    )
    assert "Traceback" not in caplog.text


async def test_a_platform_that_connects_during_a_tick_with_another_clock_is_not_posted_to(
    store: Store, corpus: Corpus
) -> None:
    platform = Platform()
    room = Room(store, corpus, platform)
    await room.begin()
    asked = 0

    async def clock_ahead() -> float | None:
        nonlocal asked
        asked += 1
        return None if asked == 1 else 600.0

    platform.clock_ahead = clock_ahead  # type: ignore[method-assign]
    room.now = DUE + 1
    await room.delivery.tick()
    [row] = await store.posts.recent(HERE)
    assert (platform.sends, row.state, row.first_try_at) == (0, "pending", None)
    assert row.reason == "This machine's clock is 600 s behind slack's."
