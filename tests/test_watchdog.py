"""Nothing holds the event loop: the probe that every test runs under, and the watchdog of a process that serves."""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from bot.health import Watchdog, watchdog
from bot.health.watchdog import GARBAGE
from bot.settings import ROOT
from tests.loop_probe import LIMIT, SAMPLE, LoopProbe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(SAMPLE is None, reason="the probe needs a signal that nobody sends")

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


async def test_the_watchdog_counts_each_step_that_is_too_long_and_names_it_once(
    caplog: pytest.LogCaptureFixture, probe: LoopProbe
) -> None:
    dog = Watchdog()
    async with dog.watch():
        for _ in range(2):
            await in_a_task(planted("hold")(0.06))

    assert dog.held.steps == 2
    assert dog.held.longest >= 0.06
    assert dog.held.name == "hold, before hold (bot/planted.py:12)"
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [dog.held.name]
    assert caplog.records[0].levelno == logging.WARNING
    assert len(probe.held) == 2
    probe.held.clear()


async def test_the_watchdog_blames_no_step_for_a_collection_of_garbage(probe: LoopProbe) -> None:
    heap = [[number] for number in range(2_000_000)]

    async def innocent() -> None:
        gc.collect()

    dog = Watchdog()
    async with dog.watch():
        await in_a_task(innocent())

    assert (dog.held.steps, dog.held.name) == (1, GARBAGE), len(heap)
    assert probe.held == []


async def test_the_watchdog_names_a_function_that_is_no_coroutine(probe: LoopProbe) -> None:
    done = asyncio.Event()
    work: Any = planted("work")
    dog = Watchdog()
    async with dog.watch():
        asyncio.get_running_loop().call_soon(work, 0.06)
        asyncio.get_running_loop().call_soon(done.set)
        await done.wait()

    assert dog.held.name == "work (bot/planted.py:4)"
    probe.held.clear()


async def test_the_watchdog_says_nothing_of_a_step_that_waits_for_the_machine(caplog: pytest.LogCaptureFixture) -> None:
    dog = Watchdog()
    async with dog.watch():
        await in_a_task(planted("wait")(0.06))

    assert dog.held.steps == 0
    assert caplog.records == []


async def test_the_watchdog_knows_how_late_the_loop_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "BEAT_SECONDS", 0.01)
    dog = Watchdog()
    async with dog.watch():
        await asyncio.sleep(0)
        await planted("wait")(0.3)
        async with asyncio.timeout(30):
            while not dog.held.longest_lag:  # noqa: ASYNC110 - it measures sleeping
                await asyncio.sleep(0.01)

    assert dog.held.longest_lag > 0.25


async def test_what_was_watched_is_as_before() -> None:
    before = vars(asyncio.Handle)["_run"]
    async with Watchdog().watch():
        assert vars(asyncio.Handle)["_run"] is not before

    assert vars(asyncio.Handle)["_run"] is before


PLANTED_TESTS = """
import pytest
from tests.loop_probe import LoopHeldError

held = {"once": 1, "always": 9}

@pytest.fixture(autouse=True)
def probe(request):
    yield
    name = request.node.name.rpartition("_")[2]
    if held.get(name, 0):
        held[name] -= 1
        raise LoopHeldError("51 ms: a step")

def test_once():
    pass

def test_always():
    pass

def test_otherwise():
    assert False
"""


def test_a_step_is_too_long_when_it_is_so_each_time_and_nothing_else_is_tried_twice(tmp_path: Path) -> None:
    (tmp_path / "test_planted.py").write_text(PLANTED_TESTS, "utf-8")
    options = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), "-n", "0", "-rfE", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options], cwd=ROOT, capture_output=True, check=False, text=True
    )

    told = re.findall(r"^(ERROR|FAILED) .*::(\w+)", done.stdout, re.MULTILINE)
    assert told == [("FAILED", "test_otherwise"), ("ERROR", "test_always")], done.stdout
    assert "1 failed, 5 passed, 1 error, 3 rerun" in done.stdout
