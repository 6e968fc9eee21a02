"""One member's flood beside members who ask now and then: `python -m benchmarks.fairness`.

The platform and the load are this process, the bot is `run_bot.py` as it is shipped, with SQLite. The same members ask
the same questions without the flood and beside it, in turns; theirs is the time until they see the answer.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from benchmarks.overload import built_index, running
from benchmarks.quote import machine, percentile, queries
from bot.settings import ROOT
from tests.local_discord import LocalDiscord
from tests.local_slack import LocalSlack
from tests.local_slack.world import User

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

MEMBERS: Final = 20
"""Those who ask now and then: each once a minute."""

EACH_SECONDS: Final = 60.0
RATE: Final = 100
"""Questions a second of the member who floods."""

ROUNDS: Final = 2
PATIENCE: Final = 30.0

Ask: TypeAlias = "Callable[[int, str], Awaitable[None]]"
"""Asks a line as a member by number and waits for the answer; the last number is the flood's."""


@contextlib.asynccontextmanager
async def started(environ: Mapping[str, str], folder: str) -> AsyncIterator[None]:
    """Run the bot until the block ends, from when it says that it is ready."""
    with tempfile.TemporaryDirectory() as own:
        data = {"VERBATIM_DATA_DIR": folder, "VERBATIM_DATABASE_URL": f"sqlite:///{own}/bot.db"}
        async with running(str(ROOT / "run_bot.py"), **data, **environ):
            yield


@contextlib.asynccontextmanager
async def on_discord(folder: str, *, servers: bool) -> AsyncIterator[Ask]:
    """Serve Discord; with `servers` each member is in one of their own."""
    async with LocalDiscord(validates=False) as local:
        places, members = [local.world.general] * (MEMBERS + 1), []
        for number in range(MEMBERS + 1):
            members.append(local.world.add_user(f"member {number}"))
            if servers:
                guild = local.world.add_guild(f"Server {number}", owner=local.world.alice)
                places[number] = local.world.add_channel(guild, "general")
            local.world.join(places[number].guild or local.world.guild, members[number])
        environ = {
            "DISCORD_TOKEN": local.token,
            "DISCORD_API_BASE_URL": local.api_base,
            "DISCORD_GATEWAY_URL": local.gateway_url,
        }
        async with started(environ, folder):
            await local.settle(lambda: local.gateway.ready and local.commands[0], seconds=60)

            async def ask(member: int, line: str) -> None:
                await local.slash(
                    "quote", {"words": line}, user=members[member], channel=places[member], seconds=PATIENCE
                )

            yield ask


@contextlib.asynccontextmanager
async def on_slack(folder: str, *, servers: bool) -> AsyncIterator[Ask]:
    """Serve Slack by Socket Mode, which is one workspace."""
    assert not servers  # noqa: S101 - there is no other
    async with LocalSlack() as local:
        members = {f"U0M{number}": User(f"U0M{number}", f"member{number}", "T0LOCAL") for number in range(MEMBERS + 1)}
        local.world.users |= members
        local.world.channels["C0GENERAL"].members.update(members)
        async with started(local.environ(), folder):
            await local.connected()

            async def ask(member: int, line: str) -> None:
                exchange = await local.command("/quote", line, f"U0M{member}")
                if member == MEMBERS:  # whose answers nobody waits for: most are refused in the acknowledgement
                    return
                with contextlib.suppress(AssertionError):
                    await exchange.settle(seconds=PATIENCE)

            yield ask


async def quiet_members(ask: Ask, lines: list[str], seconds: float) -> list[float]:
    """Let every member ask once, spread over so many seconds; return milliseconds until each saw the answer."""

    async def one(number: int) -> float:
        await asyncio.sleep(number * seconds / MEMBERS)
        began = time.monotonic()
        await ask(number, lines[number])
        return (time.monotonic() - began) * 1000

    return await asyncio.gather(*map(one, range(MEMBERS)))


async def flood(ask: Ask) -> None:
    """Ask without end, whether answered or not."""
    lines, began, asking = cycle(queries()), time.monotonic(), set[asyncio.Task[None]]()
    with contextlib.suppress(asyncio.CancelledError):
        for number, line in enumerate(lines):
            await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
            asked = asyncio.create_task(_ask(ask, line[:150]))
            asking.add(asked)
            asked.add_done_callback(asking.discard)
    for asked in asking:
        asked.cancel()


async def _ask(ask: Ask, line: str) -> None:
    await ask(MEMBERS, line)


async def measure(folder: str, seconds: float) -> list[tuple[str, list[float], list[float]]]:
    """Return where, and the milliseconds of members without the flood and beside it."""
    rows = []
    for where, serve, servers in (
        ("Discord, one server", on_discord, False),
        ("Discord, a server each", on_discord, True),
        ("Slack, one workspace", on_slack, False),
    ):
        alone: list[float] = []
        beside: list[float] = []
        async with serve(folder, servers=servers) as ask:
            await quiet_members(ask, list(islice(queries(), MEMBERS)), 2.0)  # what is read with the first questions
            for number in range(ROUNDS):
                lines = [line[:150] for line in islice(cycle(queries()), number * MEMBERS, (number + 1) * MEMBERS)]
                alone += await quiet_members(ask, lines, seconds)
                flooding = asyncio.create_task(flood(ask))
                beside += await quiet_members(ask, lines, seconds)
                flooding.cancel()
                await asyncio.wait({flooding})
                await asyncio.sleep(2.0)
        rows.append((where, alone, beside))
    return rows


def table(rows: list[tuple[str, list[float], list[float]]]) -> str:
    """Return the table of what members waited."""
    heads = "| Where | without, p50 | beside the flood, p50 | ratio | without, p95 | beside the flood, p95 | ratio |"
    lines = [heads, "|---" * 7 + "|"]
    for where, alone, beside in rows:
        cells = [where]
        for share in (0.5, 0.95):
            quiet, loud = percentile(alone, share), percentile(beside, share)
            cells += [f"{quiet:.0f} ms", f"{loud:.0f} ms", f"{loud / quiet:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fairness", description=__doc__)
    parser.add_argument("--seconds", type=float, default=EACH_SECONDS, help="in which every member asks once")
    parser.add_argument("--data", metavar="FOLDER", help="a data folder that stays, so that its index is built once")
    options = parser.parse_args()
    with built_index(options.data and str(Path(options.data))) as folder:
        rows = asyncio.run(measure(folder, options.seconds))
    print(table(rows))
    print(
        f"\n{machine()}; {MEMBERS} members, each with one `/quote` in {options.seconds:g} s, {ROUNDS} times; the "
        f"flood is one more member's {RATE} `/quote` a second. The bot is `run_bot.py` with its models and SQLite."
    )


if __name__ == "__main__":
    main()
