"""Many commands at one moment beside a bare handler that defers at once: `python -m benchmarks.overload`.

The platform, the bot (`run_bot.py` as it is shipped, with SQLite) and the bare handler are processes of their own, and
one more keeps a core busy. Both are asked in turns, by the same platform code, within one run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from benchmarks.quote import machine, percentile, queries
from bot.intake import busy, slow_down, too_long
from bot.policy.texts import say
from bot.settings import ROOT, Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

__all__ = ["BARE", "BOT", "QUIET_SECONDS", "WARM", "Peer", "Waited", "built_index", "peers", "waited"]

TITLES: Final = {"discord": "Discord", "slack-socket": "Slack, Socket Mode", "slack-http": "Slack, HTTP"}
SIZES: Final = (20, 60, 120, 200, 600)
ROUNDS: Final = 2
PLACES: Final = 20
"""Servers or workspaces beside the first one, where half of all commands come from."""

ROOM, PER_SECOND = 600, 30
"""What one server or workspace may ask at once, and how soon again: bursts wait until that limit decides nothing."""

BOT, BARE = "bot", "bare"
ACKNOWLEDGE_SECONDS: Final = 3.0
QUIET_SECONDS: Final = 5.0
"""A burst is over when nothing was answered for so long."""

PATIENCE: Final = 60.0
ANSWER: Final = "Part of learning is to lose."
WARM: Final = 60
IDLE_SHARE: Final = 0.1


@dataclass(frozen=True)
class Waited:
    """What came of one command: seconds until it was acknowledged and until it was answered (inf: never)."""

    acknowledged: float
    answered: float
    told: bool
    """Whether the answer was to come again later."""


@dataclass(frozen=True)
class Figures:
    """Of one burst: shares of all that asked, and seconds; those of the answer are of those that got one."""

    acknowledged: float
    answered: float
    told: float
    ack_p50: float
    ack_p99: float
    answer_p50: float
    answer_p99: float

    @classmethod
    def of(cls, burst: Sequence[Waited]) -> Figures:
        """Sum up a burst."""
        acks = [each.acknowledged for each in burst]
        answers = [each.answered for each in burst if each.answered < math.inf and not each.told] or [math.inf]
        count = len(burst)
        return cls(
            sum(ack < ACKNOWLEDGE_SECONDS for ack in acks) / count,
            sum(each.answered < math.inf and not each.told for each in burst) / count,
            sum(each.told for each in burst) / count,
            *(percentile(seconds, share) for seconds in (acks, answers) for share in (0.5, 0.99)),
        )

    @classmethod
    def median(cls, rounds: Sequence[Figures]) -> Figures:
        """Return the median of each figure."""
        return cls(*(statistics.median(values) for values in zip(*(vars(one).values() for one in rounds), strict=True)))


@dataclass
class Peer:
    """A bot or a bare handler in its own process, and the platform that it speaks to in another."""

    name: str
    platform: str
    process: asyncio.subprocess.Process
    control: str
    session: aiohttp.ClientSession
    address: str = ""
    """Where it listens, in HTTP mode."""
    asked: int = 0
    full_at: float = 0.0
    """When a tenant's bucket of questions is full again."""

    async def do(self, deed: str, **given: Any) -> Any:
        """Steer the platform."""
        return await _do(self.session, self.control, deed, **given)

    async def burst(self, size: int) -> list[Waited]:
        """Let so many members ask at once; first wait until no server is refused for what it asked before."""
        in_one = size if self.platform == "slack-socket" else (size + 1) // 2
        now = time.monotonic()
        await asyncio.sleep(max(0.0, self.full_at - now - (ROOM - in_one) / PER_SECOND))
        self.full_at = max(self.full_at, time.monotonic()) + in_one / PER_SECOND
        lines = list(islice(cycle(queries()), self.asked, self.asked + size))
        self.asked += size
        each = [self._command(number, line[:200]) for number, line in enumerate(lines)]
        seen = await self.do("burst", asked=each, quiet=QUIET_SECONDS)
        return [waited(one) for one in (seen if self.platform == "discord" else seen["asked"])]

    def _command(self, number: int, line: str) -> dict[str, Any]:
        place = number // 2 % PLACES if number % 2 else None
        if self.platform == "discord":
            channel = "general" if place is None else f"place {place}"
            return {"command": "quote", "options": {"words": line}, "user": f"member {number}", "channel": channel}
        tail = "" if place is None or self.platform == "slack-socket" else f"P{place}"
        return {"name": "/quote", "text": line, "user": f"U0M{number}{tail}", "channel": f"C0GENERAL{tail}"}


def _told_to_wait() -> tuple[str, ...]:
    """Return how the sentences begin that send a member away for now."""
    later = (busy().text, too_long().text, say("search.busy"))
    return (*later, slow_down(1).text.partition(".")[0])


_LATER: Final = _told_to_wait()


def waited(seen: dict[str, Any]) -> Waited:
    """Read what the platform says of one command."""
    told = any(sentence in seen["text"] for sentence in _LATER)
    never = math.inf
    acknowledged, answered = (never if seen[key] is None else seen[key] for key in ("acknowledged_in", "answered_in"))
    return Waited(acknowledged, answered, told)


async def _do(session: aiohttp.ClientSession, control: str, deed: str, **given: Any) -> Any:
    async with session.post(f"{control}{deed}", json=given) as answer:
        done = await answer.json()
    if "error" in done:
        raise RuntimeError(done["error"])
    return done.get("result", done)


@contextlib.asynccontextmanager
async def running(*command: str, **environ: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """Run a process until the block ends; yield it with the line of JSON that says it is ready."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith(("VERBATIM_", "DISCORD_", "SLACK_"))
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        env=kept | environ,
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it was started with a pipe
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        if not line:
            message = f"{' '.join(command)} did not start"
            raise RuntimeError(message)
        yield process, json.loads(line)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def _peer(platform: str, name: str, members: int, folder: str) -> AsyncIterator[Peer]:
    """Start a platform with its members and what is to answer there; yield it once it answers and is idle."""
    command = [str(ROOT / "run_bot.py")] if name == BOT else ["-m", "benchmarks.overload", "--be", platform]
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)))
        own = stack.enter_context(tempfile.TemporaryDirectory())
        environ = {"VERBATIM_DATA_DIR": folder, "VERBATIM_DATABASE_URL": f"sqlite:///{own}/bot.db"}
        if platform == "discord":
            local = ["-m", "tests.local_discord", "--no-schema"]
        else:
            local = ["-m", "tests.local_slack", "--state", f"{own}/slack.json"]
        _, said = await stack.enter_async_context(running(*local))
        if platform == "discord":
            control = said["api_base"].replace("/api/v10", "/_control/")
            state = await _do(session, control, "state")
            environ |= {
                "DISCORD_TOKEN": state["token"],
                "DISCORD_API_BASE_URL": state["api_base"],
                "DISCORD_GATEWAY_URL": state["gateway_url"],
            }
            await _do(session, control, "populate", guilds=PLACES, members=members)
        else:
            control, environ = f"{said['address']}/_control/", environ | said["environ"]
            places = PLACES if platform == "slack-http" else 0
            await _do(session, control, "populate", teams=places, members=members)
        if platform == "slack-http":
            environ |= {"SLACK_MODE": "http", "SLACK_HTTP_PORT": "0"}
            if name == BOT:
                known = await _do(session, control, "address")
                environ |= {"SLACK_CLIENT_ID": known["client_id"], "SLACK_CLIENT_SECRET": known["client_secret"]}
                environ["SLACK_BOT_TOKEN"] = ""
        process, ready = await stack.enter_async_context(running(*command, **environ))
        peer = Peer(name, platform, process, control, session)
        if platform == "slack-http":
            peer.address = f"http://{ready['address']}"
            await peer.do("mode", mode="http", url=f"{peer.address}/slack/events")
            if name == BOT:
                await peer.do("install", address=peer.address)
        await _warm(peer)
        yield peer


async def _warm(peer: Peer) -> None:
    """Wait until the bot answers and has nothing more to do: what it loads at the start is not what is measured."""
    deadline = time.monotonic() + PATIENCE
    while not all(each.answered < math.inf for each in await peer.burst(1)):
        if time.monotonic() > deadline:
            message = f"{peer.name} does not answer on {peer.platform}"
            raise RuntimeError(message)
    before = _processor_seconds(peer.process.pid)
    while time.monotonic() < deadline:
        await asyncio.sleep(1)
        now = _processor_seconds(peer.process.pid)
        if now - before < IDLE_SHARE:
            break
        before = now
    await peer.burst(WARM)


def _processor_seconds(process: int) -> float:
    """Return the processor time of a process, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.asynccontextmanager
async def peers(platform: str, members: int, folder: str) -> AsyncIterator[tuple[Peer, Peer]]:
    """Yield the bot and the bare handler of a platform, each with a platform of its own that has so many members."""
    async with _peer(platform, BOT, members, folder) as bot, _peer(platform, BARE, members, folder) as bare:
        yield bot, bare


@contextlib.contextmanager
def busy_core() -> Iterator[None]:
    """Keep one core busy, always the same one where the system can pin a process, which is Linux."""
    spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(spinning.pid, {min(os.sched_getaffinity(0))})
    try:
        yield
    finally:
        spinning.kill()
        spinning.wait()


@contextlib.contextmanager
def built_index(given: str | None) -> Iterator[str]:
    """Yield a data folder with the index and the vectors of the shipped episode: the one given, or the project's."""
    folder = given or str(ROOT / "data")
    build = [sys.executable, str(ROOT / "run_bot.py"), "index"]
    subprocess.run(build, env=os.environ | {"VERBATIM_DATA_DIR": folder}, check=True, capture_output=True)
    yield folder


async def measure(platforms: Sequence[str], sizes: Sequence[int], rounds: int, folder: str) -> list[dict[str, Any]]:
    """Return a row for each platform and size: the medians of both over the rounds."""
    rows: list[dict[str, Any]] = []
    for platform in platforms:
        found: dict[tuple[int, str], list[Figures]] = {(size, name): [] for size in sizes for name in (BOT, BARE)}
        async with peers(platform, max(WARM, *sizes), folder) as both:
            with busy_core():
                for number in range(rounds):
                    for size in sizes:
                        for peer in both if number % 2 else reversed(both):
                            found[size, peer.name].append(Figures.of(await peer.burst(size)))
        for size in sizes:
            bot, bare = (Figures.median(found[size, name]) for name in (BOT, BARE))
            rows.append({"platform": platform, "at once": size, BOT: vars(bot), BARE: vars(bare)})
    return rows


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as Markdown."""
    heads = ("Where", "at once", "acknowledged in 3 s", "answered", "told to wait")
    timed = (f"{what} {share}" for what in ("acknowledged", "answer") for share in ("p50", "p99"))
    cells = (*heads[:3], "bare", *heads[3:], *(cell for head in timed for cell in (head, ": bare")))
    lines = [f"| {' | '.join(cells)} |", "|---" * len(cells) + "|"]
    for row in rows:
        bot, bare = Figures(**row[BOT]), Figures(**row[BARE])
        cells = (
            TITLES[row["platform"]],
            str(row["at once"]),
            f"{bot.acknowledged:.0%}",
            f"{bare.acknowledged:.0%}",
            f"{bot.answered:.0%}",
            f"{bot.told:.0%}",
            _seconds(bot.ack_p50),
            _ratio(bot.ack_p50, bare.ack_p50),
            _seconds(bot.ack_p99),
            _ratio(bot.ack_p99, bare.ack_p99),
            _seconds(bot.answer_p50),
            _ratio(bot.answer_p50, bare.answer_p50),
            _seconds(bot.answer_p99),
            _ratio(bot.answer_p99, bare.answer_p99),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < math.inf else "never"


def _ratio(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.2f}" if theirs and max(ours, theirs) < math.inf else ""


async def be(platform: str) -> None:
    """Be the bare handler of a platform until SIGTERM: acknowledge at once, then answer a sentence."""
    settings = Settings.read(os.environ)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    if platform == "discord":
        await _bare_discord(settings, ended)
    else:
        await _bare_slack(settings, ended)


async def _bare_discord(settings: Settings, ended: asyncio.Event) -> None:
    from tests.local_discord.library import app_commands, discord, point  # noqa: PLC0415 - the driver needs none of it

    point(settings.discord_api_base_url, settings.discord_gateway_url)

    class Bare(discord.AutoShardedClient):
        """One command, the same caches and intents as the bot's."""

        async def setup_hook(self) -> None:
            tree = app_commands.CommandTree(self)
            tree.add_command(quote)
            await tree.sync()

        async def on_ready(self) -> None:
            _ready()

    @app_commands.command(description="Find a quote")
    @app_commands.describe(words="What was said")
    async def quote(interaction: discord.Interaction, words: str) -> None:
        del words
        await interaction.response.defer()
        await interaction.edit_original_response(content=ANSWER)

    client = Bare(
        intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
        max_messages=None,
        member_cache_flags=discord.MemberCacheFlags.none(),
        chunk_guilds_at_startup=False,
    )
    running = asyncio.create_task(client.start(settings.discord_token))
    waiting = asyncio.create_task(ended.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    await client.close()
    await running


async def _bare_slack(settings: Settings, ended: asyncio.Event) -> None:
    from aiohttp import web  # noqa: PLC0415 - the driver needs none of it
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler  # noqa: PLC0415
    from slack_bolt.async_app import AsyncApp  # noqa: PLC0415
    from slack_sdk.web.async_client import AsyncWebClient  # noqa: PLC0415

    client = AsyncWebClient(token=settings.slack_bot_token, base_url=settings.slack_api_base_url)
    app = AsyncApp(client=client, signing_secret=settings.slack_signing_secret)

    async def quote(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text=ANSWER)

    app.command("/quote")(quote)
    app.command("/about")(quote)
    if settings.slack_mode == "http":
        runner = web.AppRunner(app.web_app(), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        _ready(address=f"127.0.0.1:{runner.addresses[0][1]}")
        await ended.wait()
        await runner.cleanup()
        return
    handler: Any = AsyncSocketModeHandler(app, settings.slack_app_token, ping_interval=1)
    await handler.connect_async()
    _ready()
    await ended.wait()
    await handler.close_async()


def _ready(**more: str) -> None:
    sys.stdout.write(json.dumps({"event": "ready"} | more) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure and print, or be a bare handler."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overload", description=__doc__)
    parser.add_argument("--platform", action="append", choices=TITLES, help="only this one; may be given again")
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=SIZES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="seconds and shares as JSON; Infinity is never")
    parser.add_argument("--data", metavar="FOLDER", help="where the index is, or is built; data by default")
    parser.add_argument("--be", choices=TITLES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.be:
        asyncio.run(be(options.be))
        return
    with built_index(options.data) as folder:
        rows = asyncio.run(measure(options.platform or list(TITLES), options.sizes, options.rounds, folder))
    if options.json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return
    print(table(rows))
    print(
        f"\n{machine()}, one of them kept busy by another process; medians of {options.rounds} bursts of `/quote`, "
        f"each by another member: half of them in one server or workspace and half in {PLACES}, but for Socket Mode, "
        "which serves one workspace. The platform and both bots are processes of their own, over loopback; the bot "
        "is `run_bot.py` with its models and SQLite."
    )


if __name__ == "__main__":
    main()
