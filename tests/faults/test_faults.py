"""Once a channel and local date, with the real parts as processes: the quick set. `python -m tests.faults` is the full.

The cases mostly wait, so they run beside each other, in three waves; each test then looks at its own.
"""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

import pytest

from tests.faults import cases
from tests.faults.cases import Stage
from tests.faults.engines import Engine, Engines
from tests.faults.pace import SCALED
from tests.faults.points import DEATHS
from tests.faults.yard import Nursery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.cases import Row

WAVE_SECONDS = 90.0
"""A wave takes about fifteen; after this it has hung."""

SWEEP_SECONDS = 2.0


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(scope="module")
def rows(nursery: Nursery, postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """Run every case; return their rows."""
    pace = SCALED.but(sweep_after=SWEEP_SECONDS, sweep_again=SWEEP_SECONDS)
    stage = Stage(nursery, Engines(tmp_path_factory.mktemp("faults"), postgresql), posts=24, pace=pace)
    return asyncio.run(_waves(stage))


async def _waves(stage: Stage) -> list[Row]:
    small = dataclasses.replace(stage, engine=("SQLite",))

    async def crash(engine: Engine) -> list[Row]:
        row = cases.Row("F1", engine)
        await cases.killed(stage, engine, row, stage.posts)
        return [row]

    async def one(case: object) -> list[Row]:
        return [await case]  # type: ignore[misc]  # any of the cases below

    deaths = [cases.died_at(stage, stage.engine[n % 2], point, 6, 1) for n, point in enumerate(DEATHS)]
    waves = (
        (crash("SQLite"), crash("PostgreSQL"), *map(one, deaths[:4])),
        (*map(one, deaths[4:]), cases.f3(small), one(cases.storm(small, 1))),
        (
            cases.f5(small),
            one(cases.forgotten(small)),
            one(cases.moderated(small, soon=True)),
            one(cases.disk(small, "full")),
            one(cases.disk(small, "read-only")),
            one(cases.restored_twice(small, "sent")),
            one(cases.threads(small, "SQLite", "recorded", 8)),
            one(cases.threads(small, "SQLite", "thread", 8)),
            *(one(cases.announced(stage, engine, 12)) for engine in stage.engine),
        ),
    )
    made: list[Row] = []
    for wave in waves:
        async with asyncio.timeout(WAVE_SECONDS):
            for some in await asyncio.gather(*wave):
                made += some
    return made


def held(rows: list[Row], *faults: str) -> list[Row]:
    """Assert that the rows of these faults passed, and show what broke; return them."""
    chosen = [row for row in rows if row.fault in faults]
    assert chosen
    assert {row.what: row.problems for row in chosen if row.problems} == {}
    assert not any(row.lost or row.left for row in chosen)
    return chosen


def test_replicas_killed_every_second_under_faulty_answers_post_each_quote_once(rows: list[Row]) -> None:
    assert [(row.what, row.posts) for row in held(rows, "F1")] == [("SQLite", 24), ("PostgreSQL", 24)]


def test_a_replica_killed_at_any_point_leaves_each_quote_posted_once(rows: list[Row]) -> None:
    assert len(held(rows, "F2")) == len(DEATHS)


def test_an_answer_lost_in_any_way_costs_no_second_message(rows: list[Row]) -> None:
    held(rows, "F3")


def test_a_doubtful_quote_whose_history_cannot_be_read_is_held_and_admins_are_told(rows: list[Row]) -> None:
    held(rows, "F5")


def test_a_forgotten_nonce_and_a_deleted_message_cost_no_second_message(rows: list[Row]) -> None:
    held(rows, "F6")


def test_nothing_is_sent_while_its_intent_cannot_be_written_and_all_is_sent_after(rows: list[Row]) -> None:
    held(rows, "F10")


def test_two_deployments_on_a_restored_backup_post_nothing_again(rows: list[Row]) -> None:
    held(rows, "F11")


def test_nothing_is_asked_again_before_the_time_its_429_named(rows: list[Row]) -> None:
    held(rows, "F12")


def test_a_new_episode_is_announced_once_by_replicas_killed_every_second(rows: list[Row]) -> None:
    assert [row.posts for row in held(rows, "F22")] == [12, 12]


def test_each_quote_gets_its_thread_once_through_cut_connections_and_deaths(rows: list[Row]) -> None:
    assert len(held(rows, "F21")) == 2
