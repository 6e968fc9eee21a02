"""A library of 2,000 episodes (20 million words, generated): `python -m benchmarks.library [FOLDER]`.

Reads and indexes it, opens it again, changes one episode, and asks bare tantivy, SQLite FTS5 and RapidFuzz the same
lines. FOLDER keeps the generated episodes for the next run. Takes about four minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tantivy
from rapidfuzz import fuzz, process

from benchmarks.quote import machine, percentile
from benchmarks.reading import write_episodes
from bot.corpus import open_corpus
from bot.search.index.words import open_index

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.corpus import Corpus

EPISODES = 2_000
QUERIES = 300
FTS_QUERIES = 30
FUZZY_QUERIES = 3
TOP = 20
WORDS = 12


def main() -> None:
    """Run each step in a process of its own, so that memory is that step's alone, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path, help="where to keep the generated episodes")
    parser.add_argument("--episodes", type=int, default=EPISODES)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(STEPS[options.step](options.folder, options.data)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        content = (options.folder or Path(temporary)) / f"content-{options.episodes}"
        if not content.exists():
            write_episodes(content, options.episodes)
        data = Path(temporary) / "data"
        figures: dict[str, Any] = {}
        for step in STEPS:
            command = [sys.executable, "-m", "benchmarks.library", str(content), "--step", step, "--data", str(data)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            figures[step] = json.loads(done.stdout)
    _print(figures)


def build(content: Path, data: Path) -> dict[str, float]:
    """Read and index everything for the first time."""
    figures = opened(content, data)
    figures["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for name in ("episodes", "index"):
        files = [path for path in (data / name).rglob("*") if path.is_file()]
        figures[f"{name} on disk"] = sum(path.stat().st_size for path in files) / 1e6
    return figures


def opened(content: Path, data: Path) -> dict[str, float]:
    """Open corpus and index; return seconds, counts and resident MB."""
    started, begun = time.perf_counter(), time.process_time()
    corpus = open_corpus(content, data, _say)
    between, worked = time.perf_counter(), time.process_time()
    index = open_index(corpus, data / "index", _say)
    ended, done = time.perf_counter(), time.process_time()
    memory = resident()
    loads = []
    for number in random.Random(1).sample(range(len(corpus.entries)), min(500, len(corpus.entries))):  # noqa: S311 - the same draw each run
        asked_at = time.perf_counter()
        corpus.episode(number)
        loads.append((time.perf_counter() - asked_at) * 1000)
    return {
        "read": between - started,
        "index": ended - between,
        "read work": worked - begun,
        "index work": done - worked,
        "resident": memory,
        "load": statistics.median(loads),
        "words": sum(entry.words for entry in corpus.entries),
        "sentences": sum(entry.sentences for entry in corpus.entries),
        "weight": index.rarity("the"),
    }


def changed(content: Path, data: Path) -> dict[str, float]:
    """Open with one episode changed, and change it back."""
    path = next(content.glob("*/*/edition.md"))
    before = path.read_bytes()
    try:
        path.write_bytes(before + b"\n\n**Ada:** That is new.\n")
        return opened(content, data)
    finally:
        path.write_bytes(before)


def asked(content: Path, data: Path) -> dict[str, float]:
    """Ask bare tantivy, FTS5 and RapidFuzz for stretches of twelve words with two typos."""
    corpus = open_corpus(content, data, _say)
    words = open_index(corpus, data / "index", _say)
    queries = _queries(corpus)
    (pointer,) = (data / "index").glob("*.current")
    index = tantivy.Index.open(str(data / "index" / pointer.read_text("utf-8").strip()))
    searcher = index.searcher()

    def bare(query: str) -> object:
        terms = [
            (tantivy.Occur.Should, tantivy.Query.term_query(index.schema, "words", stem, "freq"))
            for stem in dict.fromkeys(words.stems(query))
        ]
        return searcher.search(tantivy.Query.boolean_query(terms), TOP, count=False)

    figures = _timed("tantivy", bare, queries)
    figures["resident"] = resident()
    texts = [
        text
        for number, entry in enumerate(corpus.entries)
        for text in (corpus.episode(number).passage(sentence, sentence).text for sentence in range(entry.sentences))
    ]
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE said USING fts5(words, content='', tokenize='porter unicode61')")
    started = time.perf_counter()
    database.executemany("INSERT INTO said(rowid, words) VALUES (?, ?)", enumerate(texts))
    figures["fts5 build"] = time.perf_counter() - started
    sql = f"SELECT rowid FROM said WHERE said MATCH ? ORDER BY rank LIMIT {TOP}"  # noqa: S608 - a number of our own

    def full_text(query: str) -> object:
        return database.execute(sql, [" OR ".join(re.findall(r"\w+", query))]).fetchall()

    figures |= _timed("fts5", full_text, queries[:FTS_QUERIES])
    return figures | _timed(
        "rapidfuzz",
        lambda query: process.extract(query, texts, scorer=fuzz.WRatio, limit=TOP),
        queries[:FUZZY_QUERIES],
    )


def _queries(corpus: Corpus) -> list[str]:
    """Return stretches of twelve words from anywhere, two letters of each mistyped."""
    draw = random.Random(4)  # noqa: S311 - a seed asks the same every time
    queries: list[str] = []
    while len(queries) < QUERIES:
        number = draw.randrange(len(corpus.entries))
        sentence = draw.randrange(corpus.entries[number].sentences)
        said = corpus.episode(number).passage(sentence, sentence + 4).text.split()[:WORDS]
        text = list(" ".join(said))
        for _ in range(2):
            text[draw.randrange(len(text))] = draw.choice("abcdefghijklmnopqrstuvwxyz")
        queries.append("".join(text))
    return queries


def _timed(name: str, ask: Callable[[str], object], queries: list[str]) -> dict[str, float]:
    """Return the 50th and 99th percentile of milliseconds."""
    times = []
    for query in queries:
        started = time.perf_counter()
        ask(query)
        times.append((time.perf_counter() - started) * 1000)
    return {f"{name} p50": percentile(times, 0.5), f"{name} p99": percentile(times, 0.99)}


def resident() -> float:
    """Return MB of this process that are in memory, mapped files included."""
    try:
        return int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


STEPS: dict[str, Callable[[Path, Path], dict[str, float]]] = {
    "build": build,
    "open": opened,
    "change": changed,
    "ask": asked,
}


def _print(figures: dict[str, Any]) -> None:
    first, again, change, ask = (figures[step] for step in STEPS)
    print("| Measure | Value |")
    print("|---|---|")
    print(
        f"| episodes read for the first time ({first['words'] / 1e6:.1f} million words) | {first['read']:.0f} s "
        f"({first['read work']:.0f} s of processor time) |"
    )
    print(
        f"| word index built for the first time | {first['index']:.0f} s "
        f"({first['index work']:.0f} s of processor time) |"
    )
    print(f"| peak memory of both | {first['peak']:.0f} MB |")
    print(f"| opened again: corpus, index | {again['read']:.2f} s, {again['index']:.2f} s |")
    print(f"| resident after opening | {again['resident']:.0f} MB |")
    print(f"| opened with one episode changed: corpus, index | {change['read']:.2f} s, {change['index']:.2f} s |")
    print(f"| one episode loaded, median | {again['load']:.2f} ms |")
    print(f"| compiled episodes, index on disk | {first['episodes on disk']:.0f} MB, {first['index on disk']:.0f} MB |")
    print(f"| resident after {QUERIES} queries of bare tantivy | {ask['resident']:.0f} MB |")
    print(f"\n| Top {TOP} of {first['sentences']:,.0f} sentences | p50 | p99 | queries |")
    print("|---|---|---|---|")
    for name, label, count in (
        ("tantivy", "bare tantivy, words", QUERIES),
        ("fts5", f"SQLite FTS5 in memory (built in {ask['fts5 build']:.0f} s)", FTS_QUERIES),
        ("rapidfuzz", "RapidFuzz `process.extract`, WRatio", FUZZY_QUERIES),
    ):
        print(f"| {label} | {ask[f'{name} p50']:.1f} ms | {ask[f'{name} p99']:.1f} ms | {count} |")
    print(f"\n{machine()}; generated episodes, lines of {WORDS} words with two typos.")


if __name__ == "__main__":
    main()
