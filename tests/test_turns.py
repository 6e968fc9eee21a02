"""Whose turn it is: fair between servers and between members, bounded, and acknowledgements before everything else."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.contract import Channel, Outcome, Reply
from bot.intake import Intake, Turns, busy
from bot.intake.turns import TENANT_AT_ONCE, BusyError
from bot.intake.work import MOST_TOLD, Work

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
"""Rounds of the loop in which whatever can happen does."""


async def settle() -> None:
    for _ in range(ROUNDS):
        await asyncio.sleep(0)


class Crowd:
    """Members who ask; which of them are in work, who had a turn in which order, and who was sent away."""

    def __init__(self, at_once: int, most_waiting: int) -> None:
        self.turns = Turns(at_once, most_waiting)
        self.in_work: list[tuple[str, str, asyncio.Event]] = []
        self.order: list[tuple[str, str]] = []
        self.sent_away: list[tuple[str, str]] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def _ask(self, tenant: str, member: str) -> None:
        ended = asyncio.Event()
        try:
            async with self.turns.turn(tenant, member):
                one = (tenant, member, ended)
                self.in_work.append(one)
                self.order.append((tenant, member))
                await ended.wait()
                self.in_work.remove(one)
        except BusyError:
            self.sent_away.append((tenant, member))

    async def ask(self, tenant: str, member: str) -> None:
        self.tasks.append(asyncio.create_task(self._ask(tenant, member)))
        await settle()

    async def end_one(self) -> None:
        """End the answer that is in work for the longest time."""
        if self.in_work:
            self.in_work[0][2].set()
            await settle()

    async def end_all(self) -> None:
        while self.in_work:
            await self.end_one()
        await asyncio.gather(*self.tasks)


ARRIVAL = st.tuples(st.sampled_from("ABC"), st.sampled_from(["1", "2", "3"]))
STEPS = st.lists(st.one_of(st.none(), ARRIVAL), max_size=60)
"""Arrivals (a server and its member), and None where an answer ends."""


def run(story: Callable[[], object]) -> None:
    asyncio.run(story())  # type: ignore[arg-type]  # each test gives a coroutine function


@settings(max_examples=100, deadline=None)
@given(STEPS, st.integers(1, 5), st.integers(0, 8))
def test_turns_are_bounded_nobody_is_forgotten_and_no_room_is_left_unused(
    steps: list[tuple[str, str] | None], at_once: int, most_waiting: int
) -> None:
    async def story() -> None:
        crowd = Crowd(at_once, most_waiting)
        asked: Counter[tuple[str, str]] = Counter()
        for step in steps:
            if step is None:
                await crowd.end_one()
            else:
                asked[step[0], step[0] + step[1]] += 1
                await crowd.ask(step[0], step[0] + step[1])
            begun = Counter(crowd.order)
            waiting = asked - begun - Counter(crowd.sent_away)
            of_tenant = Counter(tenant for tenant, _, _ in crowd.in_work)
            of_member = Counter(member for _, member, _ in crowd.in_work)
            assert len(crowd.in_work) <= at_once
            assert waiting.total() <= most_waiting
            assert max(of_tenant.values(), default=0) <= TENANT_AT_ONCE
            if len(crowd.in_work) < at_once:
                assert all(of_member[member] or of_tenant[tenant] == TENANT_AT_ONCE for tenant, member in waiting)
        await crowd.end_all()
        assert Counter(crowd.order) + Counter(crowd.sent_away) == asked

    run(story)


@settings(max_examples=100, deadline=None)
@given(st.lists(ARRIVAL, max_size=40), st.integers(1, 4))
def test_whoever_asks_waits_for_one_answer_of_each_other_server_and_member_at_most(
    before: list[tuple[str, str]], at_once: int
) -> None:
    async def story() -> None:
        crowd = Crowd(at_once, 100)
        for tenant, number in before:
            await crowd.ask(tenant, tenant + number)
        begun = len(crowd.order)
        await crowd.ask("quiet", "somebody")
        while ("quiet", "somebody") not in crowd.order:
            await crowd.end_one()
        ahead = crowd.order[begun : crowd.order.index(("quiet", "somebody"))]
        assert max(Counter(tenant for tenant, _ in ahead).values(), default=0) <= 1
        await crowd.end_all()

    run(story)


@pytest.mark.parametrize("tenant", ["flooded", "elsewhere"])
async def test_a_flood_of_one_member_delays_another_by_the_answer_in_work_alone(tenant: str) -> None:
    crowd = Crowd(1, 100)
    for _ in range(50):
        await crowd.ask("flooded", "flood")
    await crowd.ask(tenant, "other")
    await crowd.end_one()

    assert crowd.order == [("flooded", "flood"), (tenant, "other")]
    await crowd.end_all()


async def test_a_member_has_one_answer_in_work_and_a_server_a_few() -> None:
    crowd = Crowd(16, 100)
    for number in range(40):
        await crowd.ask("one", f"member {number % 10}")
    for _ in range(5):
        await crowd.ask("@bob", "bob")

    in_work = Counter(tenant for tenant, _, _ in crowd.in_work)
    assert in_work == {"one": TENANT_AT_ONCE, "@bob": 1}
    assert max(Counter(member for _, member, _ in crowd.in_work).values()) == 1
    await crowd.end_all()


async def test_where_too_many_wait_whoever_waits_most_is_sent_away_and_a_newcomer_is_not() -> None:
    crowd = Crowd(1, 10)
    for _ in range(15):
        await crowd.ask("flooded", "flood")
    for number in range(5):
        await crowd.ask("flooded", f"member {number}")
        await crowd.ask(f"server {number}", f"other {number}")

    assert set(crowd.sent_away) == {("flooded", "flood")}
    await crowd.end_all()
    assert {member for _, member in crowd.order} == {"flood"} | {
        f"{who} {n}" for who in ("member", "other") for n in range(5)
    }


async def test_who_gives_up_waiting_leaves_no_gap_and_keeps_no_turn() -> None:
    crowd = Crowd(1, 10)
    for name in ("first", "second", "third"):
        await crowd.ask("here", name)
    crowd.tasks[1].cancel()
    crowd.in_work[0][2].set()  # its turn would come in the same round
    await settle()

    assert crowd.order == [("here", "first"), ("here", "third")]
    crowd.tasks.pop(1)
    await crowd.end_all()


async def test_whose_turn_does_not_come_in_time_is_told_that_the_bot_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.intake.intake.ANSWER_SECONDS", 0.05)
    intake = Intake("any", None)
    here = Channel("any", "room", "here")

    async def answer() -> Reply:
        return Reply("done", Outcome.FOUND)

    async with intake.turns.turn("any:here", "any:bob"):
        assert await intake.answer(answer, here, "bob") == busy()
        assert (await intake.answer(answer, here, "alice")).text == "done"
        assert (await intake.answer(answer, Channel("any", "direct"), "alice")).text == "done"


async def test_who_asks_alone_may_be_answered_at_once_until_others_come() -> None:
    turns = Turns(1, 1)
    with turns.acknowledging() as first:
        assert not turns.company.is_set()
        with turns.acknowledging() as second:
            assert turns.company.is_set()
    async with turns.turn("here", "bob"):
        with turns.acknowledging() as third:
            pass

    assert (first, second, third) == (True, False, False)


async def test_no_search_begins_while_acknowledgements_are_due() -> None:
    turns = Turns(1, 1)
    searched = threading.Event()
    with turns.acknowledging(), turns.acknowledging():

        def search() -> None:
            turns.wait_for_calm()
            searched.set()

        searching = threading.Thread(target=search)
        searching.start()
        calm = asyncio.create_task(turns.calm())
        await settle()
        assert not searched.wait(0.05)
        assert not calm.done()
    await settle()
    await calm
    searching.join()


async def test_a_search_waits_for_the_acknowledgements_due_when_it_came_and_not_for_later_ones() -> None:
    turns = Turns(1, 1)
    with contextlib.ExitStack() as first, turns.acknowledging():
        first.enter_context(turns.acknowledging())
        calm = asyncio.create_task(turns.calm())
        await settle()
        with turns.acknowledging():  # somebody who asks without end
            assert not calm.done()
            first.close()
            await settle()
            assert calm.done()


async def test_searches_wait_for_acknowledgements_a_moment_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.intake.turns.HOLD_SECONDS", 0.01)
    turns = Turns(1, 1)
    with turns.acknowledging(), turns.acknowledging():
        await turns.calm()
        turns.wait_for_calm()


async def test_where_there_is_no_room_for_an_answer_there_is_some_to_say_so() -> None:
    work, never = Work(most=1), asyncio.Event()

    assert work.start(never.wait())
    assert not work.start(never.wait())
    assert [work.start(never.wait(), instead=True) for _ in range(MOST_TOLD + 1)] == [True] * MOST_TOLD + [False]
    await work.drain(0)
