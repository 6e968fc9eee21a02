"""An admin's `/about` while strangers send junk to Slack's HTTP port: `python -m benchmarks.junk`.

Beside a bare Bolt handler, with and without junk in turns. Whoever sends the junk is a process of its own, with a new
connection each time; so are the platform and both bots.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import math
import secrets
import signal
import statistics
import sys
import time
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from benchmarks.overload import BARE, BOT, QUIET_SECONDS, WARM, Peer, Waited, built_index, peers, waited
from benchmarks.quote import machine, percentile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

RATE: Final = 500
ROUNDS: Final = 2
SECONDS: Final = 12.0
PACE: Final = 0.1
"""Seconds between two `/about`: every fourth is the admin's, who may ask 60 in 20 seconds, the rest are members'."""

MOST_OPEN: Final = 2_000
READ_SECONDS: Final = 5.0
LARGE: Final = 200_000


def requests(path: str) -> list[bytes]:
    """Return what strangers send: unsigned, wrongly signed, compressed, unreadable, no HTTP, and seldom large."""
    form = b"command=%2Fabout&text=" + b"x" * 1_000
    signed = f"X-Slack-Request-Timestamp: {int(time.time())}\r\nX-Slack-Signature: v0={'0' * 64}\r\n"
    small = [
        _request(path, "", form),
        _request(path, signed, form),
        _request(path, f"{signed}Content-Encoding: gzip\r\n", gzip.compress(form)),
        _request(path, f"{signed}Content-Encoding: gzip\r\n", form),
        _request(path, signed, b"{" * 1_000),
        _request("/" + "a" * 2_000, "", b""),
        secrets.token_bytes(500) + b"\r\n\r\n",
    ]
    return [*small * 10, _request(path, signed, b"y" * LARGE)]


def _request(path: str, headers: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: bot\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
    return head.encode() + body


async def send(url: str, rate: int) -> None:
    """Send junk at a rate until SIGTERM, whether it is answered or not; then print how much was sent."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    at = urlsplit(url)
    junk, began, sent = cycle(requests(at.path)), time.monotonic(), 0
    open_: set[asyncio.Task[None]] = set()
    sys.stdout.write("{}\n")
    sys.stdout.flush()
    while not ended.is_set():
        while sent < (time.monotonic() - began) * rate and len(open_) < MOST_OPEN:
            task = asyncio.create_task(_send_one(str(at.hostname), int(at.port or 80), next(junk)))
            open_.add(task)
            task.add_done_callback(open_.discard)
            sent += 1
        await asyncio.sleep(0.002)
    sys.stdout.write(json.dumps({"a second": sent / (time.monotonic() - began)}) + "\n")


async def _send_one(host: str, port: int, data: bytes) -> None:
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(READ_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(data)
                await reader.read()
            finally:
                writer.transport.abort()


@contextlib.asynccontextmanager
async def junk_beside(url: str, rate: int, rates: list[float]) -> AsyncIterator[None]:
    """Let a process send junk inside the block, and note how much a second it was."""
    command = (sys.executable, "-m", "benchmarks.junk", "--to", url, "--rate", str(rate))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None  # noqa: S101 - it was started with a pipe
    await process.stdout.readline()
    try:
        yield
    finally:
        process.terminate()
        rates.append(json.loads(await process.stdout.readline())["a second"])
        await process.wait()


async def about(peer: Peer, seconds: float) -> list[Waited]:
    """Ask at the pace, whether earlier ones are answered or not."""
    asking, began = [], time.monotonic()
    for number in range(int(seconds / PACE)):
        await asyncio.sleep(max(0.0, began + number * PACE - time.monotonic()))
        command = {"name": "/about", "user": f"U0M{number % WARM}" if number % 4 else "U0ADMIN"}
        asking.append(asyncio.create_task(peer.do("burst", asked=[command], quiet=QUIET_SECONDS)))
    return [waited(one["asked"][0]) for one in await asyncio.gather(*asking)]


async def measure(rounds: int, seconds: float, rate: int, folder: str) -> list[dict[str, Any]]:
    """Return a row for each peer, with and without junk: seconds, over all rounds."""
    found: dict[tuple[str, bool], list[Waited]] = {(name, on): [] for name in (BOT, BARE) for on in (False, True)}
    rates: list[float] = []
    async with peers("slack-http", WARM, folder) as both:
        for _ in range(rounds):
            for peer in both:
                found[peer.name, False] += await about(peer, seconds)
                async with junk_beside(f"{peer.address}/slack/events", rate, rates):
                    found[peer.name, True] += await about(peer, seconds)
    sent = statistics.median(rates)
    return [
        {"peer": name, "junk a second": sent if on else 0.0} | _figures(found[name, on])
        for name in (BOT, BARE)
        for on in (False, True)
    ]


def _figures(waits: Sequence[Waited]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for what in ("acknowledged", "answered"):
        seconds = [vars(one)[what] for one in waits]
        figures |= {f"{what} p50": percentile(seconds, 0.5), f"{what} p99": percentile(seconds, 0.99)}
        figures[f"never {what}"] = seconds.count(math.inf)
    return figures


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as Markdown, each with junk beside the one without."""
    measures = [f"{what} {name}" for what in ("acknowledged", "answered") for name in ("p50", "p99")]
    lines = ["| `/about` | without | with junk | ratio | bare, without | with junk | ratio |", "|---" * 7 + "|"]
    quiet, loud, bare_quiet, bare_loud = rows
    for measure_ in measures:
        cells = [measure_]
        for without, beside in ((quiet, loud), (bare_quiet, bare_loud)):
            ratio = beside[measure_] / without[measure_]
            cells += [f"{without[measure_] * 1000:.1f} ms", f"{beside[measure_] * 1000:.1f} ms", f"{ratio:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    lost = [str(int(row["never acknowledged"] + row["never answered"])) for row in rows]
    lines.append(f"| never acknowledged or answered | {lost[0]} | {lost[1]} | | {lost[2]} | {lost[3]} | |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print, or send junk."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.junk", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each round, with junk and without")
    parser.add_argument("--rate", type=int, default=RATE, help="junk a second")
    parser.add_argument("--json", action="store_true", help="seconds as JSON; Infinity is never")
    parser.add_argument("--data", metavar="FOLDER", help="where the index is, or is built; data by default")
    parser.add_argument("--to", metavar="ADDRESS", help="only send junk there, until SIGTERM")
    options = parser.parse_args()
    if options.to:
        asyncio.run(send(options.to, options.rate))
        return
    with built_index(options.data) as folder:
        rows = asyncio.run(measure(options.rounds, options.seconds, options.rate, folder))
    if options.json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return
    print(table(rows))
    print(
        f"\n{machine()}; {options.rounds} rounds of {options.seconds:.0f} s of each, an `/about` every {PACE} s; "
        f"{rows[1]['junk a second']:.0f} junk requests a second over new connections: unsigned, wrongly signed, "
        f"compressed, unreadable, no HTTP at all, and one in 71 of {LARGE:,} bytes. The "
        "platform, the bot and whoever sends share the cores."
    )


if __name__ == "__main__":
    main()
