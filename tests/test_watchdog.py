"""Nothing holds the event loop: the probe that every test runs under, and the watchdog of a process that serves."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest

from bot import watchdog
from bot.settings import ROOT
from bot.watchdog import Watchdog
from tests.loop_probe import LIMIT, LoopProbe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.skipif(
    not hasattr(time, "pthread_getcpuclockid"), reason="the processor time of another thread cannot be read here"
)

PLANTED = """
import asyncio, time

def work(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass

async def hold(seconds):
    await asyncio.sleep(0)
    work(seconds)
    await asyncio.sleep(0)

async def wait(seconds):
    time.sleep(seconds)
"""


def planted(name: str) -> Callable[[float], Awaitable[None]]:
    """Return a function that stands in the bot, as far as its code tells."""
    names: dict[str, Any] = {}
    exec(compile(PLANTED, str(ROOT / "bot" / "planted.py"), "exec"), names)  # noqa: S102 - a test's own text
    function: Callable[[float], Awaitable[None]] = names[name]
    return function


async def in_a_task(work: Awaitable[None]) -> None:
    await asyncio.gather(work)


async def test_a_step_of_the_bots_that_holds_the_loop_for_60_ms_of_processor_time_is_named() -> None:
    with LoopProbe().on() as probe:
        await in_a_task(planted("hold")(0.06))

    (step,) = probe.held
    assert 0.06 <= step.seconds
    assert step == probe.longest
    assert "hold" in step.name
    assert "work (bot/planted.py:" in step.name


async def test_a_step_that_a_test_awaits_is_the_bots_too() -> None:
    with LoopProbe().on() as probe:
        await planted("hold")(0.06)

    assert [step.name.rpartition("; ")[2][:30] for step in probe.held] == ["longest in work (bot/planted.p"]


async def test_waiting_60_ms_for_the_machine_is_no_step_that_is_too_long() -> None:
    with LoopProbe().on() as probe:
        await in_a_task(planted("wait")(0.06))

    assert probe.held == []


async def test_what_a_local_platform_does_in_the_same_loop_is_its_own() -> None:
    async def serve() -> None:
        until = time.thread_time() + 0.06
        while time.thread_time() < until:
            sum(range(100))

    with LoopProbe().on() as probe:
        await in_a_task(serve())

    assert probe.held == []


async def test_what_a_test_calls_without_awaiting_it_is_its_own() -> None:
    work: Any = planted("work")
    with LoopProbe().on() as probe:
        await asyncio.sleep(0)
        work(0.06)
        await asyncio.sleep(0)

    assert probe.held == []


async def test_collecting_the_tests_garbage_is_no_step_of_the_bots() -> None:
    heap = [[number] for number in range(1_000_000)]

    async def collect() -> None:
        gc.collect()

    with LoopProbe(0.0).on() as probe:
        started = time.thread_time()
        await in_a_task(collect())
        taken = time.thread_time() - started

    assert taken > LIMIT, "the heap is too small to tell anything"
    assert all(step.seconds < LIMIT for step in probe.held), len(heap)


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - it happens in another thread
            await asyncio.sleep(0.01)


async def test_the_watchdog_counts_each_step_that_is_too_long_and_names_it_once(
    caplog: pytest.LogCaptureFixture, probe: LoopProbe
) -> None:
    dog = Watchdog()
    async with dog.watch():
        for count in (1, 2):
            await in_a_task(planted("hold")(0.4))
            await until(lambda count=count: dog.held.steps == count)  # type: ignore[misc]  # the loop's own number

    assert dog.held.name == "work in bot/planted.py"
    assert 0.2 < dog.held.longest
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == ["work in bot/planted.py"]
    assert caplog.records[0].levelno == logging.WARNING
    assert [step.name.rpartition("; ")[2][:16] for step in probe.held] == ["longest in work "] * 2
    probe.held.clear()


async def test_the_watchdog_names_a_step_that_does_not_end(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, probe: LoopProbe
) -> None:
    monkeypatch.setattr(watchdog, "GOES_ON_SECONDS", 0.1)
    named: list[bool] = []
    hold: Any = planted("work")

    async def go_on() -> None:
        while not caplog.records:
            hold(0.01)
        named.append(True)

    async with asyncio.timeout(30), Watchdog().watch():
        await in_a_task(go_on())

    assert named
    probe.held.clear()


async def test_the_watchdog_sees_nothing_in_a_step_that_waits_for_the_machine(caplog: pytest.LogCaptureFixture) -> None:
    dog = Watchdog()
    async with dog.watch():
        await in_a_task(planted("wait")(0.4))
        await asyncio.sleep(0.2)

    assert dog.held.steps == 0
    assert caplog.records == []


@pytest.mark.parametrize("has_clock", [True, False])
async def test_the_watchdog_knows_how_late_the_loop_is(monkeypatch: pytest.MonkeyPatch, *, has_clock: bool) -> None:
    monkeypatch.setattr(watchdog, "BEAT_SECONDS", 0.01)
    if not has_clock:
        monkeypatch.delattr(time, "pthread_getcpuclockid")
    dog = Watchdog()
    async with dog.watch():
        await asyncio.sleep(0)
        await planted("wait")(0.3)
        await until(lambda: dog.held.longest_lag)

    assert dog.held.longest_lag > 0.25
