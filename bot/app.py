"""The command line: what the process is asked to do, and the parts it needs for that."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands import COMMANDS
from bot.contract.schedule import read_moment
from bot.corpus import open_corpus
from bot.errors import OperatorError
from bot.logs import set_up
from bot.search import load_meaning, open_searcher
from bot.search.reranker import open_chooser
from bot.serve import Parts, Server
from bot.settings import SHIPPED, Settings, home, is_checkout, read_env_file
from bot.store import open_store

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from bot.search.index.embeddings import Meaning
    from bot.store import Store

__all__ = ["main"]

WORKS_ALONE = ("index", "deliver")
"""Works at which nobody types."""

_PUBLIC_ADDRESS = re.compile(r"https://[\w.-]+(:\d{1,5})?(/[\w./~-]*)?", re.ASCII)
"""An address that Slack can reach, with nothing after its path."""

PATIENCE = 60.0
"""Seconds to wait for a database server that is starting too."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 found or done, 1 nothing found, 2 a mistake to mend."""
    parser = _parser()
    options = parser.parse_args(arguments)
    _refuse_what_has_no_use(parser, options)
    # Before NumPy is loaded: its threads hinder the models'; with one, answers cost 40 % less processor time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    set_up()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # Any bytes may be piped in, and a terminal may lack a letter of a transcript: neither ends the process.
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # replaced streams lack it
    try:
        settings = Settings.read(read_env_file(home() / ".env") | dict(os.environ))
        works = {"check": _check, "import": _import, "backup": _keep, "restore": _keep, "manifest": _manifest}
        return works.get(options.work, _serve)(options, settings)
    except OperatorError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; nothing more to say
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run_bot.py" if is_checkout() else "verbatim", description="Talk to Verbatim in this terminal."
    )
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
    manifest = works.add_parser("manifest", help="print the Slack app's manifest")
    manifest.add_argument("--url", default="", help="public address for HTTP mode, such as https://bot.example.org")
    read_in = works.add_parser("import", help="make an episode of a transcript file, a folder of them, or a feed")
    read_in.add_argument("target", metavar="FILE|FOLDER|ADDRESS", help="what to read; an address begins with https://")
    read_in.add_argument("--show", required=True, help="folder of the show, in the content folder")
    read_in.add_argument("--episode", help="folder of the episode; named after the file when left out")
    read_in.add_argument("--force", action="store_true", help="replace an episode that is there, corrections too")
    return parser


def _refuse_what_has_no_use(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """End with a sentence for options that the work named beside them has no use for."""
    if options.channels is not None and not options.channels.is_dir():
        parser.error(f"there is no folder {options.channels}: make it, with a text file for each channel")
    if options.work is None:
        return
    if options.once is not None or options.jsonl:
        parser.error(f"{options.work} answers nothing: leave out {'--jsonl' if options.jsonl else '--once'}")
    given = [f"--{name}" for name in ("now", "channels") if getattr(options, name) is not None]
    if given and options.work != "deliver":
        parser.error(f"{options.work} posts nothing: leave out {' and '.join(given)}")


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

    wrong = count = 0
    for checked in check_corpus(settings.content_dir):
        sys.stdout.write("\n".join((checked.name, *(f"  {fact}" for fact in checked.facts))) + "\n")
        if options.diff:
            sys.stdout.writelines(f"  {line}\n" for line in checked.diff)
        sys.stdout.writelines(f"{problem}\n" for problem in checked.problems)
        wrong += bool(checked.problems)
        count += 1
    if not count:
        sentence = f"There is no episode in {settings.content_dir}. Set VERBATIM_CONTENT_DIR to a folder of shows."
        raise OperatorError(sentence)
    sys.stdout.write(f"{wrong} episode(s) need mending.\n" if wrong else "Everything is well-formed and declared.\n")
    return 1 if wrong else 0


def _import(options: argparse.Namespace, settings: Settings) -> int:
    """Import transcripts and print what was understood of each; 1 when any was refused."""
    from bot.corpus.importing import Imported, Importer  # noqa: PLC0415 - serving never needs its parsers

    if not options.target:
        sentence = "An empty name was given. Name a transcript file, a folder of them, or a feed's address."
        raise OperatorError(sentence)
    if settings.content_dir == SHIPPED:
        sentence = (
            "The show that came with the program stays as it is. Make a folder “content” here, or set "
            "VERBATIM_CONTENT_DIR to a folder of shows."
        )
        raise OperatorError(sentence)
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


def _manifest(options: argparse.Namespace, settings: Settings) -> int:
    """Print the manifest that a Slack app is made from."""
    from bot.adapters.slack import manifest_text  # noqa: PLC0415 - serving never needs it

    if options.url and not _PUBLIC_ADDRESS.fullmatch(options.url):
        sentence = f"Slack takes no request address like “{options.url}”. Write it like https://bot.example.org."
        raise OperatorError(sentence)
    sys.stdout.write(manifest_text(COMMANDS, settings.slack_command_prefix, options.url))
    return 0


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    """Put the parts together and serve; Ctrl-C ends what takes long here at once, so no event loop runs yet."""
    folder = _writable(settings.data_dir, needed=options.work == "index")
    corpus = open_corpus(settings.content_dir, folder, _notice)
    scripted = options.jsonl or options.once is not None or options.work in WORKS_ALONE
    platforms = not scripted and (settings.serves_discord or settings.serves_slack)
    alone = scripted or not (platforms or sys.stdin.isatty())

    loaded: list[Meaning | None] = []

    def load(stopped: Callable[[], bool]) -> Meaning | None:
        say, place = _notice if alone else _silent, folder / "vectors" if folder else None
        loaded.append(load_meaning(corpus, place, say, build=options.once is None, stopped=stopped))
        return loaded[-1]

    meaning = load if settings.semantic else None
    choose = open_chooser(settings.verbatim_lm_url, settings.verbatim_lm_model, settings.verbatim_lm_key)
    search = open_searcher(corpus, folder / "index" if folder else None, _notice, meaning, choose)
    store = None
    try:
        # Whoever waits is answered from words at once; a script gets the same answer every time.
        if options.work != "deliver":
            search.load() if alone else search.prepare()
        if options.work == "index":
            return _worked_out(settings, loaded)
        store = _store(settings, folder, patient=bool(platforms), needed=options.work == "deliver")
        ahead = options.now.timestamp() - time.time() if options.now else 0.0
        server = Server(Parts(settings, corpus, search, store, ahead))
        if platforms:
            return asyncio.run(server.platforms())
        if options.jsonl:
            return asyncio.run(server.json_lines())
        if options.work == "deliver":
            return asyncio.run(server.deliver(options.channels))
        if options.once is not None:
            return asyncio.run(server.once(options.once, options.channels))
        return asyncio.run(server.console(folder / "history" if folder else None, options.channels))
    finally:
        search.close()
        if store is not None:
            store.close()


def _worked_out(settings: Settings, loaded: Sequence[Meaning | None]) -> int:
    """Return 0 when what sentences mean was worked out, or is not wanted; else OperatorError."""
    if settings.semantic and not any(loaded):
        sentence = "What sentences mean could not be worked out, so I search by words only. The lines above say why."
        raise OperatorError(sentence)
    return 0


def _store(settings: Settings, folder: Path | None, *, patient: bool, needed: bool) -> Store | None:
    """Open the database, or say what is off without one: quotes are found all the same, where that is all.

    A `patient` process waits a while for a database server, and then gives up for good: a replica that went on without
    the others' database would answer what they answer. One that is `needed` and cannot be used is an OperatorError.
    """
    if folder is None and not settings.verbatim_database_url:
        if needed:
            sentence = "Without a database nothing can be posted."
            raise OperatorError(sentence)
        return None
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return open_store(settings.database_url)
        except OperatorError as error:
            if needed:
                raise
            if patient and settings.verbatim_database_url:
                if time.monotonic() > deadline:
                    raise
                _notice(f"{error} Trying again.")
                time.sleep(5)
                continue
            _notice(f"{error}\nUntil then settings, votes and the daily quote are off; everything else works.")
            return None


def _writable(folder: Path, *, needed: bool) -> Path | None:
    """Return the data folder, made if need be, or None (and say so) when nothing can be written there.

    OperatorError when it is `needed`: there is nothing to do without it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        if needed:
            sentence = (
                f"The data folder {folder} cannot be written ({error.strerror}), so nothing was kept. Set "
                "VERBATIM_DATA_DIR to a folder that can."
            )
            raise OperatorError(sentence) from None
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
