"""Hostile content in its large forms: `python -m benchmarks.hostile [--episodes N]`. Takes some minutes.

Files as large as a file may be, and a folder of 10,000 small episodes, imported, opened, indexed, checked and asked.
Each step is a process of its own, so that memory is that step's alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.quote import machine
from bot.adapters.discord.render import render
from bot.adapters.slack.render import message
from bot.commands import COMMANDS
from bot.contract import Author, Channel, Request
from bot.core import Core
from bot.corpus import open_corpus
from bot.corpus.check import check_corpus
from bot.corpus.edition import read_edition
from bot.corpus.files import LONGEST_FILE
from bot.corpus.formats import read_feed, read_transcript
from bot.corpus.importing import Imported, Importer
from bot.errors import TranscriptError
from bot.search import open_searcher

if TYPE_CHECKING:
    from collections.abc import Callable

EPISODES = 10_000
CUE = "00:00:0{}.000 --> 00:00:0{}.900\n<v {}>It computes number {}, and it does not think of {}.\n\n"
RSS = '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>'
LINES = ("/episodes", "/quote it computes number 77", "/ask who does not think", "/topic think", "/highlight", "/about")
TYPED = ("/quote episode:", "/quote speaker:", "/show ")


def full(before: str, unit: str, after: str = "") -> bytes:
    """Return a file as large as one may be."""
    data = before.encode() + unit.encode() * ((LONGEST_FILE - len(before) - len(after.encode())) // len(unit.encode()))
    return data + after.encode()


FILES: dict[str, Callable[[], object]] = {
    "an edition with a million chapters": lambda: read_edition("## 0:10 a\n\nb\n\n" * 1_000_000, "a"),
    "a paragraph of 20 MiB": lambda: read_edition(full("", "it computes. ").decode(), "a"),
    "a word of 20 MiB": lambda: read_edition("a" * LONGEST_FILE, "a"),
    "marks of 20 MiB on a letter": lambda: read_edition(full("a", "\u0301\u0323").decode(), "a"),
    "cues": lambda: read_transcript(full("WEBVTT\n\n", "00:01.000 --> 00:02.000\nx y x y x y x y\n\n"), "a"),
    "words in JSON": lambda: read_transcript(full('{"segments":[', '{"body":"x"},', '{"body":"x"}]}'), "a"),
    "captions inside captions": lambda: read_transcript(full("<timedtext>", "<p>a"), "a"),
    "labels": lambda: read_transcript(full("", "Ada: hi.\n"), "a"),
    "a page of comments never closed": lambda: read_transcript(full("<p>a", "<!--"), "a"),
    "a feed of categories": lambda: read_feed(
        full(f"{RSS}<item>", "<category>a</category>", "</item></channel></rss>"), "a"
    ),
    "a feed of items": lambda: read_feed(full(RSS, "<item><title>a</title></item>", "</channel></rss>"), "a"),
}
"""Files of the largest size; each is read or refused."""


def main() -> None:
    """Run each step as a process and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--episodes", type=int, default=EPISODES)
    parser.add_argument("--files", action="store_true", help="the large files alone")
    parser.add_argument("--folders", action="store_true", help="the folder of episodes alone")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(_of_file(options.step) if options.step in FILES else STEPS[options.step](options.folder))
        return
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder) / "in", options.episodes)
        print("| What | outcome | processor | peak memory |")
        print("|---|---|---|---|")
        for step in (*(() if options.folders else FILES), *(() if options.files else STEPS)):
            command = [sys.executable, "-m", "benchmarks.hostile", "--step", step, "--folder", folder]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            print(f"| {step} | {done.stdout.strip()} |", flush=True)
    print(f"\n{options.episodes:,} episodes; {machine()}")


def _write(folder: Path, episodes: int) -> None:
    """Write transcripts of six cues, by people of many names."""
    folder.mkdir()
    for number in range(episodes):
        cues = "".join(CUE.format(n, n, f"Speaker {number % 500}", number, n) for n in range(1, 7))
        (folder / f"{number}-episode.vtt").write_text(f"WEBVTT\n\n{cues}", "utf-8")


def _of_file(name: str) -> str:
    """Read a file; return what came of it and what it cost."""
    began = time.process_time()
    outcome = "read"
    try:
        FILES[name]()
    except TranscriptError as error:
        outcome = f"refused: {error.reason[:60]}"
    return _told(outcome, began)


def _told(outcome: str, began: float) -> str:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{outcome} | {time.process_time() - began:.1f} s | {memory:,.0f} MB"


def _import(folder: Path) -> str:
    began = time.process_time()
    importer = Importer(folder / "content", "many", force=False, say=lambda _: None)
    imported = sum(isinstance(result, Imported) for result in importer.run(str(folder / "in"), None))
    for path in (folder / "content").rglob("*.*"):
        os.utime(path, (0, 0))  # so old that its time can be relied on
    return _told(f"{imported:,} imported", began)


def _open(folder: Path) -> str:
    began = time.process_time()
    return _told(f"{len(open_corpus(folder / 'content', folder / 'data').entries):,} opened", began)


def _index(folder: Path) -> str:
    corpus = open_corpus(folder / "content", folder / "data")
    began = time.process_time()
    open_searcher(corpus, folder / "data" / "index", lambda _: None).close()
    return _told("indexed", began)


def _check(folder: Path) -> str:
    began = time.process_time()
    wrong = sum(bool(checked.problems) for checked in check_corpus(folder / "content"))
    return _told(f"{wrong} with problems", began)


def _ask(folder: Path) -> str:
    """Answer and draw each line, complete what is typed; return the longest of each."""
    corpus = open_corpus(folder / "content", folder / "data")
    search = open_searcher(corpus, folder / "data" / "index", lambda _: None)
    core = Core(corpus, search, COMMANDS)
    channel, author = Channel("test", "room"), Author("member", admin=True)
    began = time.process_time()
    longest: dict[str, float] = {}
    for _ in range(3):  # the first of each reads what it needs
        for line in LINES:
            asked = time.process_time()
            reply = asyncio.run(core.answer(Request(channel, author, text=line)))
            render(reply), message(reply)
            longest[line] = (time.process_time() - asked) * 1000
        for line in TYPED:
            asked = time.process_time()
            core.complete(Request(channel, author, text=line))
            longest[f"completing {line}"] = (time.process_time() - asked) * 1000
    search.close()
    return _told(", ".join(f"`{line.strip()}` {spent:.0f} ms" for line, spent in longest.items()), began)


STEPS: dict[str, Callable[[Path], str]] = {
    "importing the folder": _import,
    "opening it for the first time": _open,
    "opening it again": _open,
    "indexing its words": _index,
    "`check`": _check,
    "asking": _ask,
}


if __name__ == "__main__":
    main()
