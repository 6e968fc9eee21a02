"""Speed on Discord beside a bare discord.py handler, on the local Discord. `python -m benchmarks.discord_speed`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.quote import machine, percentile, queries
from bot.adapters.discord.client import create_discord_client
from bot.commands import COMMANDS
from bot.core import Core
from bot.corpus import open_corpus
from bot.search import open_searcher
from bot.settings import ROOT, Settings
from tests.local_discord import LocalDiscord
from tests.local_discord.library import app_commands, discord, point

if TYPE_CHECKING:
    from bot.contract import Reply, Request
    from tests.local_discord import Channel, Interaction, User

RATE = 50
ROUND_SECONDS = 5
ROUNDS = 6
ALONE = 50
MEMBERS = 1_000
GUILDS = 1_000
CHANNELS, ROLES = 15, 10
STARTS = 5
ANSWER = "Part of learning is to lose."
BUILT = "built"
"""The process as it is shipped, beside the peers that this module makes."""


@dataclass
class Peer:
    """A bot in its own process, the local Discord it speaks to, and what was measured of it."""

    name: str
    discord: LocalDiscord
    process: asyncio.subprocess.Process
    started: float
    said: float = 0.0
    """Seconds from the start to the line that says it is ready; the built process alone prints one."""
    answered: float = 0.0
    """Seconds from the start to the first answer."""
    taken: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    unanswered: int = 0
    told: dict[str, Any] = field(default_factory=dict)


class TimedCore(Core):
    """The core, with the milliseconds of each answer."""

    taken: list[float]

    async def answer(self, request: Request) -> Reply:
        """Answer, and note how long that took."""
        started = time.perf_counter()
        reply = await super().answer(request)
        self.taken.append((time.perf_counter() - started) * 1000)
        return reply


class Bare(discord.AutoShardedClient):
    """The least that answers: one command, one constant text."""

    def __init__(self) -> None:
        """Take the same caches and intents as the bot."""
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(quote)

    async def setup_hook(self) -> None:
        """Declare the command."""
        await self.tree.sync()


@app_commands.command(description="Find a quote")
@app_commands.describe(words="What was said")
async def quote(interaction: discord.Interaction, words: str) -> None:
    """Answer with a constant."""
    del words
    await interaction.response.send_message(ANSWER)


async def be(name: str) -> None:
    """Be one of the peers until SIGTERM, then print what was measured inside."""
    settings = Settings.read(os.environ)
    data = settings.data_dir
    core: TimedCore | None = None
    if name == "bare":
        point(settings.discord_api_base_url, settings.discord_gateway_url)
        client: discord.Client = Bare()
    else:
        corpus = open_corpus(ROOT / "content", data)
        search = open_searcher(corpus, data / "index", print)
        search.load()
        core = TimedCore(corpus, search, COMMANDS)
        core.taken = []
        client = create_discord_client(settings, core)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    running, waiting = asyncio.create_task(client.start(settings.discord_token)), asyncio.create_task(ended.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    await client.close()
    await running
    sys.stdout.write(json.dumps({"core": core.taken if core else [], "memory": _resident()}) + "\n")


def _resident() -> float:
    """Return this process's memory in MB."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


async def start(name: str, data: str, guilds: int = 0) -> Peer:
    """Start a peer and wait until it has answered its first command; the built process gets a database of its own."""
    local = LocalDiscord(validates=False)
    for number in range(guilds):
        _add_guild(local, number)
    await local.start()
    environ = os.environ | {
        "VERBATIM_DATA_DIR": data,
        "DISCORD_TOKEN": local.token,
        "DISCORD_API_BASE_URL": local.api_base,
        "DISCORD_GATEWAY_URL": local.gateway_url,
        "OPENBLAS_NUM_THREADS": "1",
        "VERBATIM_DATABASE_URL": f"sqlite:///{data}/{secrets.token_hex(4)}.db",
    }
    peers = [sys.executable, "-m", "benchmarks.discord_speed", "--be", name]
    command = [sys.executable, str(ROOT / "run_bot.py")] if name == BUILT else peers
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environ,
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL if name == BUILT else None,
    )
    peer = Peer(name, local, process, started)
    if name == BUILT and process.stdout is not None:
        await process.stdout.readline()
        peer.said = time.perf_counter() - started
    connected = await local.settle(
        lambda: process.returncode is not None or (local.gateway.ready and local.commands[0]), seconds=60
    )
    if not connected or process.returncode is not None:
        if process.returncode is None:
            process.kill()
        message = f"{name} did not connect"
        raise RuntimeError(message)
    await local.slash("quote", {"words": "pride"}, seconds=30)
    peer.answered = time.perf_counter() - started
    return peer


def _add_guild(local: LocalDiscord, number: int) -> None:
    guild = local.world.add_guild(f"Guild {number}", owner=local.world.alice)
    for place in range(CHANNELS):
        local.world.add_channel(guild, f"channel-{place}")
    for place in range(ROLES):
        local.world.add_role(guild, f"Role {place}")


async def stop(peer: Peer) -> None:
    """End a peer and take what it tells."""
    peer.process.terminate()
    assert peer.process.stdout is not None  # noqa: S101 - it was started with a pipe
    told = await peer.process.stdout.read()
    await peer.process.wait()
    if peer.name != BUILT:
        peer.told = json.loads(told.splitlines()[-1])
    await peer.discord.stop()


async def burst(peer: Peer, asked: list[str], members: list[User]) -> None:
    """Ask at a steady rate, whether answered or not, and note how long each callback took."""
    loop, began = asyncio.get_running_loop(), time.perf_counter()
    asking: list[asyncio.Task[Interaction]] = []
    place: Channel = peer.discord.world.general
    for number in range(RATE * ROUND_SECONDS):
        await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
        words, member = asked[number % len(asked)], members[number % len(members)]
        asking.append(loop.create_task(peer.discord.slash("quote", {"words": words}, user=member, channel=place)))
    for interaction in await asyncio.gather(*asking):
        if interaction.acknowledged_in is None:
            peer.unanswered += 1
        else:
            peer.taken.append(interaction.acknowledged_in * 1000)


async def one_by_one(peer: Peer, asked: list[str], members: list[User]) -> None:
    """Ask one after the other, with nothing else to do, and note how long each callback took."""
    for number in range(ALONE):
        words, member = asked[number % len(asked)], members[number % len(members)]
        interaction = await peer.discord.slash("quote", {"words": words}, user=member)
        if interaction.acknowledged_in is not None:
            peer.alone.append(interaction.acknowledged_in * 1000)


def core_times(taken: list[float]) -> tuple[list[float], list[float]]:
    """Return the core's times of questions asked one by one and of those asked at a rate; the first was the start's."""
    alone: list[float] = []
    busy: list[float] = []
    each = ALONE + RATE * ROUND_SECONDS
    for turn in range(ROUNDS):
        times = taken[1 + turn * each : 1 + (turn + 1) * each]
        alone += times[:ALONE]
        busy += times[ALONE:]
    return alone, busy


async def callbacks(data: str) -> list[Peer]:
    """Ask both peers in turns, in one run."""
    peers = [await start(name, data) for name in ("bot", "bare")]
    asked = [query[:200] for query in queries()]
    members = []
    for peer in peers:
        members.append([peer.discord.world.add_user(f"member {number}") for number in range(MEMBERS)])
        for user in members[-1]:
            peer.discord.world.join(peer.discord.world.guild, user)
    for turn in range(ROUNDS):
        first = turn * RATE * ROUND_SECONDS
        for peer, people in zip(peers, members, strict=True):
            ahead = people[first % MEMBERS :] + people[: first % MEMBERS]
            await one_by_one(peer, asked[first % len(asked) :] + asked[: first % len(asked)], ahead)
            await burst(peer, asked[first % len(asked) :] + asked[: first % len(asked)], ahead)
    for peer in peers:
        await stop(peer)
    return peers


async def starts(data: str) -> dict[str, list[Peer]]:
    """Start the built process and the bare handler in turns, with the shipped settings; return them, ended."""
    taken: dict[str, list[Peer]] = {BUILT: [], "bare": []}
    for _ in range(STARTS):
        for name, peers in taken.items():
            peers.append(await start(name, data))
            await stop(peers[-1])
    return taken


async def memory(data: str) -> dict[str, tuple[float, float]]:
    """Return MB at one guild and at many."""
    found = {}
    for name in ("bot", "bare"):
        sizes = []
        for guilds in (0, GUILDS):
            peer = await start(name, data, guilds)
            await peer.discord.settle(seconds=30, quiet=1.0)
            await stop(peer)
            sizes.append(float(peer.told["memory"]))
        found[name] = (sizes[0], sizes[1])
    return found


async def measure(folder: str) -> None:
    """Measure with an index and vectors in a data folder, and print."""
    bot, bare = await callbacks(folder)
    until = await starts(folder)
    sizes = await memory(folder)
    alone, busy = core_times(bot.told["core"])
    beside = [taken - own for taken, own in zip(bot.alone, alone, strict=True)]
    print("| Measure | bot | bare handler | core alone | (bot - core) : bare |")
    print("|---|---|---|---|---|")
    whole, peers, own = (statistics.median(times) for times in (bot.alone, bare.alone, alone))
    ratio = statistics.median(beside) / peers
    print(f"| one at a time, p50 | {whole:.1f} ms | {peers:.1f} ms | {own:.1f} ms | {ratio:.2f} |")
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        whole, own, peers = (percentile(times, share) for times in (bot.taken, busy, bare.taken))
        ratio = (whole - own) / peers
        print(f"| {RATE} a second, {name} | {whole:.1f} ms | {peers:.1f} ms | {own:.1f} ms | {ratio:.2f} |")
    said, ours, theirs = (
        [peer.said for peer in until[BUILT]],
        *([peer.answered for peer in until[name]] for name in (BUILT, "bare")),
    )
    for name, middle in ((f"median of {STARTS}", statistics.median), (f"worst of {STARTS}", max)):
        print(f"| start to the line that says ready, {name} | {middle(said):.2f} s | | | |")
        print(f"| start to first answer, {name} | {middle(ours):.2f} s | {middle(theirs):.2f} s | | |")
    for place, guilds in enumerate((1, GUILDS + 1)):
        kept, least = sizes["bot"][place], sizes["bare"][place]
        print(f"| memory at {guilds:,} guilds | {kept:.0f} MB | {least:.0f} MB | | {kept / least:.2f} |")
    print(
        f"\n{machine()}; event sent to callback received, over loopback; {len(bot.taken):,} mixed `/quote` at {RATE} a "
        f"second to each, in turns; {bot.unanswered} and {bare.unanswered} unanswered; a guild has {CHANNELS} channels "
        f"and {ROLES} roles. Both bots are processes of their own: words only, and with its models where the start is "
        "measured, which is that of `run_bot.py` with a new database; index built before."
    )


def main() -> None:
    """Be a peer, or measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.discord_speed", description=__doc__)
    parser.add_argument("--be", choices=("bot", "bare"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.be:
        asyncio.run(be(options.be))
        return
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, str(ROOT / "run_bot.py"), "index"]
        subprocess.run(build, env=os.environ | {"VERBATIM_DATA_DIR": folder}, check=True, capture_output=True)
        asyncio.run(measure(folder))


if __name__ == "__main__":
    main()
