"""Replicas whose clocks differ by minutes: what they share goes by the database's clock alone."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from bot.commands import COMMAND_LINES
from bot.contract import Channel
from bot.delivery import Daily, Delivery
from bot.highlights import Highlights
from bot.settings import ROOT
from bot.store import ChannelSettings, Store, open_store
from tests.databases import empty_database
from tests.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.corpus import Corpus

TEN_MINUTES = 600.0

PROCESS = """
import asyncio, json, sys, time
url, ahead, event, after = sys.argv[1], float(sys.argv[2]), sys.argv[3], float(sys.argv[4])
real = time.time
time.time = lambda: real() + ahead
from bot.store import open_store
store = open_store(url)

async def work():
    if event:
        return await store.inbox.take("slack", event, "asked", {"text": "hello"}, 3600)
    return [left.delivery_id for left in await store.inbox.unfinished("slack", 0.0, await store.now() + after)]

print(json.dumps(asyncio.run(work())))
store.close()
"""


@pytest.fixture
def url(postgresql: str) -> str:
    return empty_database(postgresql)


@pytest.fixture
def shared(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


def process(url: str, ahead: float, *, takes: str = "", after: float = 0.0) -> object:
    """Start a process whose clock is ahead by so many seconds: it takes an event, or looks for unanswered ones."""
    order = [sys.executable, "-c", PROCESS, url, str(ahead), takes, str(after)]
    return json.loads(subprocess.run(order, cwd=ROOT, capture_output=True, check=True, timeout=30).stdout)


@pytest.mark.parametrize("ahead", [-TEN_MINUTES, TEN_MINUTES])
def test_a_replica_whose_clock_differs_by_ten_minutes_takes_nothing_over_early_nor_late(url: str, ahead: float) -> None:
    assert process(url, ahead, takes="E1") is True
    assert process(url, 0.0, after=10.0) == []
    assert process(url, ahead, after=31.0) == ["E1"]
    assert process(url, 0.0, after=40.0) == []
    assert process(url, 0.0, after=62.0) == ["E1"]


async def test_a_database_whose_clock_differs_from_the_platforms_stops_posting_and_is_named(
    shared: Store, corpus: Corpus, caplog: pytest.LogCaptureFixture
) -> None:
    platform = Platform(ahead=0.0)
    now = await shared.now()
    settings = ChannelSettings(Channel("slack", "C1", "T1"), daily=True, next_date="2026-11-24", next_at=now - 5)
    await shared.channels.save(settings, "admin", "daily on", now)
    delivery = Delivery(
        shared, Daily(shared, Highlights(corpus), corpus, COMMAND_LINES), {"slack": platform}, "this one"
    )

    async def fast() -> float:
        return await Store.now(shared) + TEN_MINUTES

    delivery._clock = fast  # noqa: SLF001 - the server's own clock cannot be set here
    with caplog.at_level(logging.ERROR):
        await delivery.tick()
    assert platform.sends == 0
    assert "The database's clock is 600 s ahead of slack's; nothing is posted" in caplog.text
    delivery._clock = shared.now  # noqa: SLF001 - as above
    await delivery.tick()
    assert platform.sends == 1


async def test_a_replica_whose_own_clock_is_wrong_posts_by_the_databases(
    shared: Store, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = await shared.now()
    settings = ChannelSettings(Channel("slack", "C1", "T1"), daily=True, next_date="2026-11-24", next_at=now - 5)
    await shared.channels.save(settings, "admin", "daily on", now)
    platform = Platform(ahead=-TEN_MINUTES)
    delivery = Delivery(
        shared, Daily(shared, Highlights(corpus), corpus, COMMAND_LINES), {"slack": platform}, "this one"
    )
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + TEN_MINUTES)
    await delivery.tick()
    assert platform.sends == 1
