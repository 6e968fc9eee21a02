"""What only one process may hold is held by one, and by another soon after the first is gone."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from bot.intake import Lease
from bot.store import Store, open_store

if TYPE_CHECKING:
    import pytest


def lease(store: Store, owner: str) -> Lease:
    return Lease(store, "discord", owner, seconds=0.6, every=0.1)


async def test_one_process_holds_and_the_next_takes_over_when_it_lets_go(store: Store) -> None:
    first, second = lease(store, "a"), lease(store, "b")
    async with first:
        waiting = asyncio.create_task(second.__aenter__())
        await asyncio.sleep(0.8)
        assert not waiting.done()
        assert not first.lost.is_set()
    await asyncio.wait_for(waiting, 10)
    assert not second.lost.is_set()
    await second.__aexit__(None, None, None)


async def test_a_holder_that_was_killed_is_followed_by_another(store: Store) -> None:
    assert await store.leases.hold("discord", "killed", 0.6) == 1
    async with asyncio.timeout(10):
        async with lease(store, "b") as second:
            assert not second.lost.is_set()


async def test_a_process_that_was_frozen_knows_at_once_that_its_lease_may_be_anothers(store: Store) -> None:
    async with lease(store, "a") as first:
        assert first.is_ours()
        time.sleep(0.6)  # noqa: ASYNC251 - nothing of this process runs meanwhile
        assert not first.is_ours()
        assert not first.lost.is_set()
        assert await store.leases.hold("discord", "b", 5) == 2
        await asyncio.wait_for(first.lost.wait(), 5)


async def test_a_lease_that_another_held_meanwhile_is_lost(store: Store) -> None:
    first = Lease(store, "discord", "a", seconds=5, every=0.5)
    async with first:
        await store.leases.let_go("discord", "a")
        assert await store.leases.hold("discord", "b", 0) == 2
        await asyncio.wait_for(first.lost.wait(), 5)


async def test_a_holder_cut_off_from_the_database_lets_go_before_another_can_take_over(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    mine, others = open_store(database_url), open_store(database_url)
    async with lease(mine, "a") as first:
        mine.close()
        taken = asyncio.create_task(lease(others, "b").__aenter__())
        await asyncio.wait_for(first.lost.wait(), 10)
        await asyncio.wait_for(taken, 10)
        await taken.result().__aexit__(None, None, None)
    assert "is lost" in caplog.text
    others.close()
