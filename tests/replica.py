"""One replica as a process, its waits told by whoever starts it: `python -m tests.replica '{"database": …}'`.

The adapters, the store and the leases are the real ones; the one command it knows answers when a file is there, and
writes down which process works on it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from bot.adapters.discord.adapter import Discord
from bot.adapters.discord.pace import Pace
from bot.adapters.slack.adapter import Slack
from bot.commands import Context, Param, command
from bot.contract import Outcome, Reply
from bot.core import Core
from bot.corpus import open_corpus
from bot.settings import ROOT, Settings
from bot.store import open_store

if TYPE_CHECKING:
    from bot.contract import Adapter
    from bot.search import Searcher

LOOK_SECONDS = 0.05


async def work(order: dict[str, Any]) -> None:
    """Serve until told to stop."""
    folder = Path(order["folder"])

    @command("Give back what was said, when a file says so")
    async def wait(_ctx: Context, words: Annotated[str, Param("Words to give back")] = "") -> Reply:
        (folder / f"working.{os.getpid()}").touch()
        while not (folder / "go").exists():  # noqa: ASYNC110 - the file is another process's
            await asyncio.sleep(LOOK_SECONDS)
        return Reply(f"Said: {words}", Outcome.FOUND)

    @command("Give back what was said at once")
    async def ask(_ctx: Context, question: Annotated[str, Param("Words to give back")] = "") -> Reply:
        return Reply(f"Said: {question}", Outcome.FOUND)

    corpus = open_corpus(ROOT / "content")
    store = open_store(order["database"])
    core = Core(corpus, cast("Searcher", _Nothing()), (wait, ask), store=store)
    settings = Settings.read(order["environ"])
    pace = Pace(**order["pace"])
    adapters: list[Adapter] = []
    if settings.discord_token:
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        adapters.append(Discord(settings, core, store, pace=pace, name=name))
    if settings.slack_bot_token:
        adapters.append(Slack(settings, core, store, look=pace.look, early=pace.early))

    def stop() -> None:
        for adapter in adapters:
            adapter.stop()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    await asyncio.gather(*(adapter.run() for adapter in adapters))
    store.close()


class _Nothing:
    """A search that knows no topic: every message is a question."""

    def topic_names(self) -> tuple[str, ...]:
        return ()

    def weight(self, _word: str) -> float:
        return 1.0


def main() -> None:
    """Read the order and serve."""
    order = json.loads(sys.argv[1])
    logging.basicConfig(filename=Path(order["folder"]) / f"{os.getpid()}.log", level=logging.INFO)
    asyncio.run(work(order))


if __name__ == "__main__":
    main()
