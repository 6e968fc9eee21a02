"""The local Discord as a process: `python -m tests.local_discord --port 9000 --state FILE --faults 0.35 --seed 7`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
from pathlib import Path

from tests.local_discord.control import Control
from tests.local_discord.server import TOKEN, LocalDiscord


def saved(discord: LocalDiscord) -> str:
    """Return the state file's text: the addresses, the token, and every channel's messages."""
    state = {
        "api_base": discord.api_base,
        "gateway_url": discord.gateway_url,
        "control": f"http://127.0.0.1:{discord.port}/_control/",
        "token": discord.token,
        "messages": {str(channel.id): channel.messages for channel in discord.world.channels.values()},
    }
    return json.dumps(state, indent=1)


def load(discord: LocalDiscord, state: Path) -> None:
    """Take up the messages of an earlier run; channels that are not of the first world are left out."""
    if not state.is_file():
        return
    for number, messages in json.loads(state.read_text("utf-8"))["messages"].items():
        channel = discord.world.channels.get(int(number))
        if channel:
            channel.messages.extend(messages)


async def serve(options: argparse.Namespace) -> None:
    """Run until SIGTERM or SIGINT; the state file is there once the server listens, and again when it ends."""
    discord = LocalDiscord(port=options.port, token=options.token, validates=not options.no_schema)
    if options.faults:
        discord.faults.at_random(options.faults, options.seed)
    discord.wire.buckets.on = options.limits
    if options.state:
        load(discord, options.state)
    await discord.start(*Control(discord).routes())
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    _write(options.state, saved(discord))
    line = {"event": "listening", "api_base": discord.api_base, "gateway_url": discord.gateway_url}
    print(json.dumps(line), flush=True)  # noqa: T201 - how whoever started it learns the port
    with contextlib.suppress(asyncio.CancelledError):
        await ended.wait()
    _write(options.state, saved(discord))
    await discord.stop()


def _write(state: Path | None, text: str) -> None:
    if state:
        beside = state.with_suffix(".new")
        beside.write_text(text, "utf-8")
        beside.replace(state)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.local_discord", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, help="where addresses and messages are written")
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument(
        "--faults", type=float, default=0.0, help="share of creates and history reads that fail, 0 to 1"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limits", action="store_true", help="keep Discord's rate limits")
    parser.add_argument("--no-schema", action="store_true", help="leave out the check against Discord's document")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
