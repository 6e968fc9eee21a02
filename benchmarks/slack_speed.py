"""Speed on Slack beside a bare Bolt handler: acknowledgements, answers, memory. `python -m benchmarks.slack_speed`.

The platform and the load are this process; the bot and the bare handler are processes of their own, in turns. Both
carry a core, which answers question after question while the commands come.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from itertools import cycle, islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.quote import machine, percentile, queries
from bot.adapters.slack.adapter import Slack
from bot.commands import COMMANDS
from bot.contract import Author, Channel, Reply, Request
from bot.core import Core
from bot.corpus import open_corpus
from bot.search import load_embeddings, open_searcher
from bot.settings import ROOT, Settings
from tests.local_slack import LocalSlack
from tests.local_slack.world import User

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from bot.search.index.embeddings import Embeddings

STARTS = 5
ALONE = 200
ROUNDS = 4
SECONDS = 5
RATE = 50
MEMBERS = cycle([User(f"U0MEMBER{number}", f"member{number}", "T0LOCAL") for number in range(RATE)])
"""Who asks, in turns: the bot answers a member's three questions a second."""

PATIENCE = 60.0
BUILT = "built"
"""The process as it is shipped, beside those that this module makes."""

BUSY = signal.SIGUSR1
"""Tells a process to keep its core busy, or to stop that."""


class Timed(Core):
    """A core that keeps how long each answer took, until it is busy."""

    seconds: list[float]
    busy = False

    async def answer(self, request: Request) -> Reply:
        """Answer and keep the time."""
        started = time.perf_counter()
        reply = await super().answer(request)
        if not self.busy:
            self.seconds.append(time.perf_counter() - started)
        return reply

    async def ask_on(self) -> None:
        """Answer question after question, so that the core is never idle."""
        self.busy = True
        for query in cycle(queries()):
            await self.answer(Request(Channel("benchmark", "room"), Author("member"), text=f"/ask {query[:150]}"))
            await asyncio.sleep(0)


class BareBolt:
    """The handler the bot is measured beside: it acknowledges and answers a constant."""

    def __init__(self, settings: Settings) -> None:
        """Take where Slack is."""
        client = AsyncWebClient(token=settings.slack_bot_token, base_url=settings.slack_api_base_url)
        self._app = AsyncApp(client=client)
        self._token = settings.slack_app_token
        self._stopped = asyncio.Event()

        async def quote(ack: Any, respond: Any) -> None:
            await ack()
            await respond(text="A constant.")

        self._app.command("/quote")(quote)

    async def run(self) -> None:
        """Serve until stopped."""
        handler: Any = AsyncSocketModeHandler(self._app, self._token, ping_interval=1)
        await handler.connect_async()
        sys.stdout.write('{"event": "ready"}\n')
        sys.stdout.flush()
        await self._stopped.wait()
        await handler.close_async()

    def stop(self) -> None:
        """End."""
        self._stopped.set()


async def serve(kind: str) -> None:
    """Be the bot or the bare handler, with the same core in the same process, until SIGTERM."""
    settings = Settings.read(os.environ)
    folder = settings.data_dir
    corpus = open_corpus(settings.content_dir, folder)

    def say(sentence: str) -> None:
        sys.stderr.write(f"{sentence}\n")

    def load(stopped: Callable[[], bool]) -> Embeddings | None:
        return load_embeddings(corpus, folder / "vectors", say, stopped=stopped)

    search = open_searcher(corpus, folder / "index", say, load if settings.verbatim_semantic else None)
    search.prepare()
    core = Timed(corpus, search, COMMANDS)
    core.seconds = []
    bot = Slack(settings, core, None) if kind == "bot" else BareBolt(settings)
    loop = asyncio.get_running_loop()
    work: set[asyncio.Task[None]] = set()
    loop.add_signal_handler(signal.SIGTERM, bot.stop)

    def toggle() -> None:
        if work:
            work.pop().cancel()
        else:
            work.add(asyncio.ensure_future(core.ask_on()))

    loop.add_signal_handler(BUSY, toggle)
    await bot.run()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"memory": memory, "core": core.seconds}) + "\n")
    sys.stdout.flush()
    search.close()


@dataclass
class Measured:
    """What was seen of one process: milliseconds, MB, and the core's own milliseconds for its answers."""

    alone: list[float] = field(default_factory=list)
    acks: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})
    answers: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})
    core: list[float] = field(default_factory=list)
    memory: float = 0.0
    lost: int = 0


@contextlib.asynccontextmanager
async def started(kind: str, slack: LocalSlack, folder: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, float]]:
    """Run a process against a platform; yields it and the seconds from its start until it was ready."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    began = time.perf_counter()
    peers = (sys.executable, "-m", "benchmarks.slack_speed", kind)
    process = await asyncio.create_subprocess_exec(
        *((sys.executable, str(ROOT / "run_bot.py")) if kind == BUILT else peers),
        env=kept | slack.environ(VERBATIM_DATA_DIR=folder),
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        if process.stdout is None or not await asyncio.wait_for(process.stdout.readline(), PATIENCE):
            message = f"{kind} did not start"
            raise RuntimeError(message)
        yield process, time.perf_counter() - began
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def one(slack: LocalSlack, line: str, measured: Measured, *, busy: bool = False) -> float:
    """Send one command and wait for its answer; returns milliseconds until the answer."""
    exchange = await slack.command("/quote", line, next(MEMBERS).id)
    if exchange.ack is None:
        measured.lost += 1
        return 0.0
    measured.acks[busy].append(exchange.ack.seconds * 1000)
    try:
        await exchange.settle(seconds=PATIENCE)
    except AssertionError:
        measured.lost += 1
    return (time.monotonic() - exchange.started) * 1000


async def burst(slack: LocalSlack, lines: list[str], measured: Measured, *, busy: bool) -> None:
    """Send commands at the rate, whether or not earlier ones are answered."""
    began = time.monotonic()
    tasks = []
    for number, line in enumerate(lines):
        await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
        tasks.append(asyncio.ensure_future(one(slack, line, measured, busy=busy)))
    measured.answers[busy] += await asyncio.gather(*tasks)


async def start_times(folder: str) -> list[float]:
    """Return the seconds from the start of the built process until it says that it is ready, of several starts."""
    starts = []
    for _ in range(STARTS):
        async with LocalSlack() as slack, started(BUILT, slack, folder) as (_, seconds):
            starts.append(seconds)
    return starts


async def measure(folder: str) -> tuple[Measured, Measured]:
    """Return what was seen of the bot and of the bare handler."""
    found = {"bot": Measured(), "bare": Measured()}
    lines = list(islice(cycle(queries()), ROUNDS * SECONDS * RATE))
    async with contextlib.AsyncExitStack() as stack:
        running = {}
        for kind in found:
            slack = await stack.enter_async_context(LocalSlack())
            members = {member.id: member for member in islice(MEMBERS, RATE)}
            slack.world.users |= members
            slack.world.channels["C0GENERAL"].members.update(members)
            process, _ = await stack.enter_async_context(started(kind, slack, folder))
            running[kind] = slack, process
        for kind, (slack, _) in running.items():
            for line in lines[:ALONE]:
                found[kind].alone.append(await one(slack, line, found[kind]))
            found[kind].acks[False].clear()
        for number, busy, (kind, (slack, process)) in product(range(ROUNDS), (False, True), running.items()):
            part = lines[number * SECONDS * RATE : (number + 1) * SECONDS * RATE]
            with keeping_busy(process) if busy else contextlib.nullcontext():
                await burst(slack, part, found[kind], busy=busy)
        for kind, (_, process) in running.items():
            process.terminate()
            if process.stdout is not None:
                told = json.loads(await asyncio.wait_for(process.stdout.readline(), PATIENCE))
                found[kind].memory = told["memory"]
                found[kind].core = [seconds * 1000 for seconds in told["core"]]
    return found["bot"], found["bare"]


@contextlib.contextmanager
def keeping_busy(process: asyncio.subprocess.Process) -> Iterator[None]:
    """Keep the core of a process busy meanwhile."""
    process.send_signal(BUSY)
    yield
    process.send_signal(BUSY)


def main() -> None:
    """Measure and print, or be one of the processes."""
    if len(sys.argv) > 1:
        asyncio.run(serve(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {"VERBATIM_DATA_DIR": folder}
        build = [sys.executable, str(Path(ROOT) / "run_bot.py"), "index"]
        subprocess.run(build, env=environ, check=True, capture_output=True)
        starts = asyncio.run(start_times(folder))
        bot, bare = asyncio.run(measure(folder))
    own = [whole - core for whole, core in zip(bot.alone, bot.core, strict=False)]
    rows: list[tuple[str, float, float]] = []
    for busy, when in ((False, f"at {RATE}/s"), (True, f"at {RATE}/s, the core busy besides")):
        for what, ours, theirs, shares in (
            ("acknowledgement", bot.acks[busy], bare.acks[busy], (0.5, 0.99)),
            ("answer", bot.answers[busy], bare.answers[busy], (0.5,)),
        ):
            for share in shares:
                name = f"{what} {when}, p{share * 100:.0f}"
                rows.append((name, percentile(ours, share), percentile(theirs, share)))
    rows += [
        ("answer alone, p50", percentile(bot.alone, 0.5), percentile(bare.alone, 0.5)),
        ("answer alone less the core's own time, p50", percentile(own, 0.5), percentile(bare.alone, 0.5)),
    ]
    print("| Measure | Verbatim | bare Bolt, a constant |")
    print("|---|---|---|")
    for name, mine, peers in rows:
        print(f"| {name} | {mine:.1f} ms | {peers:.1f} ms |")
    print(f"| start to ready, median of {STARTS} | {statistics.median(starts):.2f} s | |")
    print(f"| start to ready, worst of {STARTS} | {max(starts):.2f} s | |")
    print(f"| peak memory, both with the core | {bot.memory:.0f} MB | {bare.memory:.0f} MB |")
    print(f"| commands without acknowledgement or answer | {bot.lost} | {bare.lost} |")
    print(
        f"\n{machine()}; twice {ROUNDS * SECONDS * RATE:,} commands each in turns of {SECONDS} s, with and without "
        f"questions to the core of the same process without a pause; {ALONE} more one after the other."
    )


if __name__ == "__main__":
    main()
