"""The composition root and the command line; the only place that names concrete classes."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from typing import TYPE_CHECKING

from bot.adapters.console import Console, JsonLines
from bot.commands import COMMANDS
from bot.core import Core
from bot.corpus import open_corpus
from bot.errors import OperatorError
from bot.message import Outcome
from bot.search import load_meaning, open_searcher
from bot.settings import ROOT, Settings, read_env_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bot.search.meaning import Meaning

__all__ = ["main"]

EXIT_STATUS = {Outcome.FOUND: 0, Outcome.NEAREST: 1, Outcome.NONE: 1, Outcome.DECLINED: 1, Outcome.ERROR: 2}
"""What `--once` ends with for each outcome; 2 is also a mistake of the operator's."""


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
    works = parser.add_subparsers(dest="work", metavar="WORK")
    check = works.add_parser("check", help="prove that every edition says what its source says")
    check.add_argument("--diff", action="store_true", help="print every declared mending with the words around it")
    works.add_parser("index", help="build the index and work out what sentences mean, ahead of time")
    read_in = works.add_parser("import", help="make an episode of a transcript file, a folder of them, or a feed")
    read_in.add_argument("target", metavar="FILE|FOLDER|ADDRESS", help="what to read; an address begins with https://")
    read_in.add_argument("--show", required=True, help="folder of the show, in the content folder")
    read_in.add_argument("--episode", help="folder of the episode; named after the file when left out")
    read_in.add_argument("--force", action="store_true", help="replace an episode that is there, corrections too")
    return parser


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


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    """Put the parts together and serve; Ctrl-C ends what takes long here at once, so no event loop runs yet."""
    folder = _writable(settings.data_dir)
    corpus = open_corpus(settings.content_dir, folder, _notice)
    alone = options.jsonl or options.once is not None or options.work == "index" or not sys.stdin.isatty()

    def load(stopped: Callable[[], bool]) -> Meaning | None:
        say, place = _notice if alone else _silent, folder / "vectors" if folder else None
        return load_meaning(corpus, place, say, build=options.once is None, stopped=stopped)

    search = open_searcher(corpus, folder / "index" if folder else None, _notice, load if settings.semantic else None)
    try:
        # A person at a prompt is answered from words at once; a script gets the same answer every time.
        search.load() if alone else search.prepare()
        if options.work == "index":
            return 0
        return asyncio.run(_talk(options, Core(corpus, search, COMMANDS), folder))
    finally:
        search.close()


async def _talk(options: argparse.Namespace, core: Core, folder: Path | None) -> int:
    """Serve the way the command line asks."""
    if options.jsonl:
        await JsonLines(core, sys.stdin, sys.stdout).run()
        return 0
    console = Console(core, folder / "history" if folder else None)
    if options.once is not None:
        return EXIT_STATUS[(await console.say(options.once)).outcome]
    await console.run()
    return 0


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
