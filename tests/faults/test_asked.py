"""What members ask is answered once through a lock and through kills: the quick set, on seeds that stay."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.faults import asked
from tests.faults.cases import Row, Stage
from tests.faults.engines import Engines
from tests.faults.yard import Nursery

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCKED_SECONDS = 4.0
KILLS = 2
CASES = ("locked", "killed with an answer shown and not recorded")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Row]]:
    """Run the cases beside each other, as they mostly wait; return their rows by what is done."""
    nursery = Nursery()
    stage = Stage(nursery, Engines(tmp_path_factory.mktemp("asked"), ""), engine=("SQLite",))

    async def run() -> dict[str, Row]:
        made = await asyncio.gather(
            asked.locked(stage, "SQLite", LOCKED_SECONDS),
            asked.killed(stage, "SQLite", "after-accept", KILLS),
        )
        return dict(zip(CASES, made, strict=True))

    try:
        yield asyncio.run(run())
    finally:
        nursery.close()


@pytest.mark.parametrize("what", CASES)
def test_each_question_is_answered_once_or_its_asker_has_a_word(rows: dict[str, Row], what: str) -> None:
    assert rows[what].posts
    assert rows[what].problems == []
