"""The local Slack as a process: `python -m tests.local_slack --port N --state FILE [--faults 0.35 --seed 7]`.

Prints one line of JSON with its addresses and tokens when it listens; ends with SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from tests.local_slack.control import ControlledSlack


async def serve(state: Path, port: int, share: float, seed: int) -> None:
    """Serve until told to end."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with ControlledSlack(state, port) as slack:
        slack.faults.mix(share, seed)
        slack.save()
        sys.stdout.write(json.dumps({"event": "ready", "address": slack.address, "environ": slack.environ()}) + "\n")
        sys.stdout.flush()
        await ended.wait()
        slack.save()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.local_slack")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--faults", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    asyncio.run(serve(given.state, given.port, given.faults, given.seed))


if __name__ == "__main__":
    main()
