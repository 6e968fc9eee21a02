"""The composition root and the command line; the only place that names concrete classes."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.adapters.console import Console, JsonLines
from bot.commands import COMMANDS
from bot.core import Core
from bot.corpus import open_corpus
from bot.daily import Daily
from bot.delivery import Delivery, ticking
from bot.errors import OperatorError
from bot.highlights import Highlights
from bot.message import Outcome
from bot.schedule import read_moment
from bot.search import load_meaning, open_searcher
from bot.settings import ROOT, Settings, read_env_file
from bot.store import open_store

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Awaitable, Callable, Sequence

    from bot.core import Adapter
    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.search.meaning import Meaning
    from bot.store import Store

__all__ = ["main"]

EXIT_STATUS = {Outcome.FOUND: 0, Outcome.NEAREST: 1, Outcome.NONE: 1, Outcome.DECLINED: 1, Outcome.ERROR: 2}
"""What `--once` ends with for each outcome; 2 is also a mistake of the operator's."""


WORKS_ALONE = ("index", "deliver")
"""Works at which nobody types."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What serving is made of; `tried` says that the clock was set by hand."""

    corpus: Corpus
    search: Searcher
    store: Store | None
    clock: Callable[[], float]
    tried: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 found or done, 1 nothing found, 2 a mistake to mend."""
    options = _parser().parse_args(arguments)
    # Before NumPy is loaded: its threads hinder the models'; with one, answers cost 40 % less processor time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # Any bytes may be piped in, and a terminal may lack a letter of a transcript: neither ends the process.
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # replaced streams lack it
    try:
        settings = Settings.read(read_env_file(ROOT / ".env") | dict(os.environ))
        if options.work == "check":
            return _check(options, settings)
        if options.work == "import":
            return _import(options, settings)
        if options.work in {"backup", "restore"}:
            return _keep(options, settings)
        return _serve(options, settings)
    except OperatorError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; nothing more to say
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run_bot.py", description="Talk to Verbatim in this terminal.")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--once", metavar="LINE", help="answer one line: status 0 found, 1 not found, 2 a mistake")
    way.add_argument("--jsonl", action="store_true", help="read and write JSON objects, one a line, for scripts")
    parser.add_argument(
        "--now", metavar="TIME", type=_moment, help="for trying: begin at this moment, 2026-11-24T09:00+01:00"
    )
    parser.add_argument(
        "--channels", metavar="FOLDER", type=Path, help="each text file in it is a channel of the console"
    )
    works = parser.add_subparsers(dest="work", metavar="WORK")
    check = works.add_parser("check", help="prove that every edition says what its source says")
    check.add_argument("--diff", action="store_true", help="print every declared mending with the words around it")
    works.add_parser("index", help="build the index and work out what sentences mean, ahead of time")
    works.add_parser("deliver", help="post the daily quotes that are due, once, and end")
    saved = works.add_parser("backup", help="write the database into a new file, safely while the bot runs")
    saved.add_argument("file", type=Path, help="the file to write")
    restored = works.add_parser("restore", help="put a backup in place of what the database has")
    restored.add_argument("file", type=Path, help="a file that backup wrote")
    read_in = works.add_parser("import", help="make an episode of a transcript file, a folder of them, or a feed")
    read_in.add_argument("target", metavar="FILE|FOLDER|ADDRESS", help="what to read; an address begins with https://")
    read_in.add_argument("--show", required=True, help="folder of the show, in the content folder")
    read_in.add_argument("--episode", help="folder of the episode; named after the file when left out")
    read_in.add_argument("--force", action="store_true", help="replace an episode that is there, corrections too")
    return parser


def _moment(text: str) -> dt.datetime:
    """Read a moment for the argument parser, which says what is wrong."""
    try:
        return read_moment(text)
    except ValueError:
        message = f"{text!r} is not a moment like 2026-11-24T09:00+01:00"
        raise argparse.ArgumentTypeError(message) from None


def _check(options: argparse.Namespace, settings: Settings) -> int:
    """Print what is known and what is wrong of each episode; 1 when anything is wrong."""
    from bot.corpus.check import check_corpus  # noqa: PLC0415 - serving never needs it

    wrong = 0
    for checked in check_corpus(settings.content_dir):
        sys.stdout.write("\n".join((checked.name, *(f"  {fact}" for fact in checked.facts))) + "\n")
        if options.diff:
            sys.stdout.writelines(f"  {line}\n" for line in checked.diff)
        sys.stdout.writelines(f"{problem}\n" for problem in checked.problems)
        wrong += bool(checked.problems)
    sys.stdout.write(f"{wrong} episode(s) need mending.\n" if wrong else "Everything is well-formed and declared.\n")
    return 1 if wrong else 0


def _import(options: argparse.Namespace, settings: Settings) -> int:
    """Import transcripts and print what was understood of each; 1 when any was refused."""
    from bot.corpus.importing import Imported, Importer  # noqa: PLC0415 - serving never needs its parsers

    refused = 0
    importer = Importer(settings.content_dir, options.show, options.force, _notice)
    for result in importer.run(options.target, options.episode):
        if isinstance(result, Imported):
            sys.stdout.write("\n".join((str(result.folder), *(f"  {line}" for line in result.lines))) + "\n")
        else:
            refused += 1
            _notice(str(result))
    return 1 if refused else 0


def _keep(options: argparse.Namespace, settings: Settings) -> int:
    """Write a backup or read one in, and say how much it was."""
    from bot.store import backup, restore  # noqa: PLC0415 - serving opens the store by itself

    url = settings.database_url
    rows = backup(url, options.file) if options.work == "backup" else restore(options.file, url)
    done = f"wrote {rows:,} rows to" if options.work == "backup" else f"read {rows:,} rows from"
    _notice(f"Done: {done} {options.file}.")
    return 0


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    """Put the parts together and serve; Ctrl-C ends what takes long here at once, so no event loop runs yet."""
    folder = _writable(settings.data_dir)
    corpus = open_corpus(settings.content_dir, folder, _notice)
    alone = options.jsonl or options.once is not None or options.work in WORKS_ALONE or not sys.stdin.isatty()

    def load(stopped: Callable[[], bool]) -> Meaning | None:
        say, place = _notice if alone else _silent, folder / "vectors" if folder else None
        return load_meaning(corpus, place, say, build=options.once is None, stopped=stopped)

    search = open_searcher(corpus, folder / "index" if folder else None, _notice, load if settings.semantic else None)
    store = None
    try:
        # A person at a prompt is answered from words at once; a script gets the same answer every time.
        if options.work != "deliver":
            search.load() if alone else search.prepare()
        if options.work == "index":
            return 0
        store = _store(settings, folder)
        ahead = options.now.timestamp() - time.time() if options.now else 0.0
        parts = Parts(corpus, search, store, lambda: time.time() + ahead, tried=options.now is not None)
        return asyncio.run(_talk(options, parts, folder))
    finally:
        search.close()
        if store is not None:
            store.close()


def _store(settings: Settings, folder: Path | None) -> Store | None:
    """Open the database, or say what is off without one: quotes are found all the same."""
    if folder is None and not settings.verbatim_database_url:
        return None
    try:
        return open_store(settings.database_url)
    except OperatorError as error:
        _notice(f"{error}\nUntil then settings, votes and the daily quote are off; everything else works.")
        return None


async def _talk(options: argparse.Namespace, parts: Parts, folder: Path | None) -> int:
    """Serve the way the command line asks."""
    adapters: dict[str, Adapter] = {}
    daily = Daily(parts.store, Highlights(parts.corpus), parts.corpus)
    core = Core(
        parts.corpus, parts.search, COMMANDS, store=parts.store, daily=daily, adapters=adapters, clock=parts.clock
    )
    if options.jsonl:
        await JsonLines(core, sys.stdin, sys.stdout).run()
        return 0
    console = Console(core, folder / "history" if folder else None, folder=options.channels)
    adapters[console.platform] = console
    tick = _delivery(parts, daily, adapters)
    if options.work == "deliver":
        await tick()
        return 0
    if options.once is not None:
        status = EXIT_STATUS[(await console.say(options.once)).outcome]
        await tick()
        return status
    async with ticking(tick):
        await console.run()
    await tick()
    return 0


def _delivery(parts: Parts, daily: Daily, adapters: dict[str, Adapter]) -> Callable[[], Awaitable[object]]:
    """Return the function that posts what is due; without a database nothing is."""
    if parts.store is None:
        return _nothing
    owner = f"{os.getpid()}-{secrets.token_hex(4)}"

    async def now() -> float:
        return parts.clock()

    return Delivery(parts.store, daily, adapters, owner, now if parts.tried else None).tick


async def _nothing() -> None:
    """Do nothing: there is no database to say what is due."""


def _writable(folder: Path) -> Path | None:
    """Return the data folder, made if need be, or None (and say so) when nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        _notice(
            f"The data folder {folder} cannot be written ({error.strerror}); everything is kept in memory and "
            "forgotten at the end. Set VERBATIM_DATA_DIR to a folder that can."
        )
        return None
    return folder


def _silent(_sentence: str) -> None:
    """Say nothing: a person is typing at the prompt."""


def _notice(sentence: str) -> None:
    """Tell the operator something that is not an error."""
    sys.stderr.write(f"{sentence}\n")
