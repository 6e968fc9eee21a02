"""Parts that many tests share: the shipped corpus, a core over it, the bot as a process and its command line."""

from __future__ import annotations

import io
import logging
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import settings

from bot.app import main
from bot.commands import COMMANDS
from bot.contract import Author, Channel, Reply, Request, Source
from bot.core import Core
from bot.corpus import Corpus, open_corpus
from bot.search import Searcher, open_searcher
from bot.settings import ROOT
from tests.loop_probe import LoopHeldError, LoopProbe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("long", deadline=None, max_examples=3_000)
settings.load_profile("ci")

MOMENT = "2026-11-23T12:00+01:00"
"""When it is for every process that a test tells no other moment: no test depends on the day it runs on."""

TIMELESS = frozenset({
    "check", "index", "backup", "restore", "manifest", "import", "follow", "doctor", "setup",
})  # fmt: skip
"""Works that refuse a moment: they ask for none."""


class RunBot(Protocol):
    """Starts `run_bot.py` as a process and waits for it; without the models, unless a test turns them on.

    It is `MOMENT` there, unless a test says when.
    """

    def __call__(self, *arguments: str, stdin: str | bytes = "", **environ: str) -> subprocess.CompletedProcess[str]:
        """Return the finished process; its output is text."""


class Ask(Protocol):
    """Asks a core one line, as an ordinary member."""

    async def __call__(self, line: str, *, admin: bool = False) -> Reply:
        """Return the reply."""


@pytest.fixture(autouse=True)
def probe() -> Iterator[LoopProbe]:
    """Fail a test in which one step of ours holds the event loop for more than 50 ms of processor time, three times."""
    with LoopProbe().on() as probe:
        yield probe
    if probe.held:
        raise LoopHeldError("\n".join(map(str, probe.held)))


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return open_corpus(ROOT / "content")


@pytest.fixture(scope="session")
def search(corpus: Corpus) -> Iterator[Searcher]:
    notices: list[str] = []
    searcher = open_searcher(corpus, None, notices.append)
    searcher.warm()  # as a process does beside serving
    yield searcher
    searcher.close()
    assert notices == []


@pytest.fixture(scope="session")
def core(corpus: Corpus, search: Searcher) -> Core:
    return Core(corpus, search, COMMANDS)


@pytest.fixture
def ask(core: Core) -> Ask:
    return _asking(core)


@pytest.fixture(scope="session")
def shows() -> Corpus:
    """Open the invented shows: football without speakers, cooking and money with three."""
    return open_corpus(ROOT / "tests" / "shows" / "content")


@pytest.fixture(scope="session")
def shows_search(shows: Corpus) -> Iterator[Searcher]:
    notices: list[str] = []
    searcher = open_searcher(shows, None, notices.append)
    searcher.warm()  # as a process does beside serving
    yield searcher
    searcher.close()
    assert notices == []


@pytest.fixture(scope="session")
def shows_core(shows: Corpus, shows_search: Searcher) -> Core:
    return Core(shows, shows_search, COMMANDS)


@pytest.fixture
def ask_shows(shows_core: Core) -> Ask:
    return _asking(shows_core)


def _asking(core: Core) -> Ask:
    async def asked(line: str, *, admin: bool = False) -> Reply:
        return await core.answer(Request(Channel("test", "room"), Author("member", admin=admin), text=line))

    return asked


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the data folder of every run of the bot that a test gives no other."""
    return tmp_path_factory.mktemp("data")


def run_with(data: Path, arguments: tuple[str, ...], environ: dict[str, str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the arguments and the environment of a run of the bot."""
    if not TIMELESS.union({"--now"}).intersection(arguments):
        arguments = ("--now", MOMENT, *arguments)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VERBATIM_")}
    return arguments, kept | {"VERBATIM_DATA_DIR": str(data), "VERBATIM_SEMANTIC": "off"} | environ


@pytest.fixture(scope="session")
def run_bot(data: Path) -> RunBot:
    def run(*arguments: str, stdin: str | bytes = "", **environ: str) -> subprocess.CompletedProcess[str]:
        arguments, given = run_with(data, arguments, environ)
        done = subprocess.run(
            [sys.executable, "-W", "error", str(ROOT / "run_bot.py"), *arguments],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            env=given,
            timeout=300,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture(scope="session")
def command_line(data: Path) -> RunBot:
    """Run the command line in this process, for what is not about the process: starting one takes half a second."""

    def run(*arguments: str, stdin: str | bytes = "", **environ: str) -> subprocess.CompletedProcess[str]:
        arguments, given = run_with(data, arguments, environ)
        before, streams, handlers = dict(os.environ), (sys.stdin, sys.stdout, sys.stderr), logging.root.handlers[:]
        typed = stdin.encode() if isinstance(stdin, str) else stdin
        files = sys.stdin, sys.stdout, sys.stderr = [io.TextIOWrapper(io.BytesIO(each)) for each in (typed, b"", b"")]
        logging.root.handlers.clear()
        os.environ.clear()
        os.environ.update(given)
        try:
            status = main(arguments)
        except SystemExit as ended:
            status = int(ended.code or 0)
        finally:
            sys.stdin, sys.stdout, sys.stderr = streams
            logging.root.handlers[:] = handlers
            os.environ.clear()
            os.environ.update(before)
        printed = []
        for file in files[1:]:
            file.seek(0)
            printed.append(file.read())
        return subprocess.CompletedProcess(arguments, status, *printed)

    return run


def printed_by(script: str, seeds: str) -> set[str]:
    """Return what a script prints in processes that order their sets otherwise, one for each seed."""
    return {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in seeds
    }


def mended_slice(place: Source) -> list[str]:
    """Return the tokens of a source's slice with the declared errata applied, without the bot's own map."""
    path = ROOT / place.path
    source = path.read_text("utf-8")
    ((begin, end),) = place.spans
    text = ""
    at = begin
    lines = [0, *(match.end() for match in re.finditer("\n", source))]
    for row in (path.parent / "errata.tsv").read_text("utf-8").splitlines()[1:]:
        where, wrong, right, _ = row.split("\t")
        line, column = map(int, where.split(":"))
        first = lines[line - 1] + column - 1
        if begin <= first < end:
            text += source[at:first] + right
            at = first + len(wrong)
    return (text + source[at:end]).split()
