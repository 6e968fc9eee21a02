"""The full set: `python -m tests.faults [--posts 3000] [--only F1,F4]` prints one table and fails when a row did."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from tests.faults import asked
from tests.faults.cases import CASES as POSTED
from tests.faults.cases import Row, Stage
from tests.faults.engines import OwnEngines
from tests.faults.yard import Nursery

CASES = POSTED | {"F19": asked.f19, "F20": asked.f20}
MINUTES = {"F1": 10, "F2": 10, "F20": 30}
OTHER_MINUTES = 6
HEAD = "| Fault | What | Runs | Posts | Lost | Copies made / left | Held | Settled in | | |"


async def run(names: list[str], posts: int, seed: int) -> list[Row]:
    """Run the cases, each within its time."""
    rows: list[Row] = []
    nursery = Nursery()
    try:
        with OwnEngines() as engines:
            print(HEAD + "\n|---|---|---|---|---|---|---|---|---|---|", flush=True)  # noqa: T201 - the table
            for name in names:
                began = time.monotonic()
                try:
                    async with asyncio.timeout(60 * MINUTES.get(name, OTHER_MINUTES)):
                        made = await CASES[name](Stage(nursery, engines, posts, seed))
                except Exception as error:  # a case that breaks is a row that failed
                    made = [Row(name, "broke", problems=[f"{type(error).__name__}: {error}"])]
                rows += made
                for row in made:
                    print(line(row), flush=True)  # noqa: T201 - the table
                sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    finally:
        nursery.close()
    return rows


def line(row: Row) -> str:
    """Return a row as Markdown."""
    end = "measured" if not row.counts else "pass" if row.passed else "FAIL"
    return (
        f"| {row.fault} | {row.what} | {row.runs} | {row.posts:,} | {row.lost} | {row.raw} / {row.left} | {row.held} "
        f"| {row.seconds:.1f} s | {end} | {row.note} |"
    )


def main() -> int:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--posts", type=int, default=3000, help="posts of F1 in all")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", default="", help="cases, separated by commas")
    given = parser.parse_args()
    names = [name for name in given.only.split(",") if name] or list(CASES)
    rows = asyncio.run(run(names, given.posts, given.seed))
    failed = [row for row in rows if row.counts and not row.passed]
    for row in failed:
        print(f"\n{row.fault}, {row.what}:")  # noqa: T201
        for problem in row.problems[:8]:
            print(f"- {problem}")  # noqa: T201
        if len(row.problems) > 8:
            print(f"- and {len(row.problems) - 8} more")  # noqa: T201
    print(f"\n{len(rows)} rows, {sum(row.posts for row in rows):,} posts, {len(failed)} failed.")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
