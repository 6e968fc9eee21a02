"""A library of 2,000 episodes (20 million words, generated): `python -m benchmarks.library [FOLDER]`.

Reads and indexes it, opens it again, changes one episode, and asks bare tantivy, `/quote`, `/verify`, SQLite FTS5 and
RapidFuzz the same lines, from words alone; and says how many come first. FOLDER keeps the generated episodes for the
next run. Takes about four minutes.
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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tantivy
from rapidfuzz import fuzz, process

from benchmarks.quote import machine, percentile
from benchmarks.reading import write_episodes
from bot.corpus import open_corpus
from bot.search import Searcher, Verdict
from bot.search.ask import answer
from bot.search.index.words import SENTENCE_BITS, open_index

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.corpus import Corpus

EPISODES = 2_000
QUERIES = 300
FTS_QUERIES = 30
FUZZY_QUERIES = 3
TOP = 20
WORDS = 12
WARM = 5
SHARED = 0.3
"""Share of the shorter of two spans from which one counts as the other, as in `benchmarks.quality`."""


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
    """Ask everything for stretches of twelve words with two typos; `/verify` for six words as they were said too."""
    corpus = open_corpus(content, data, _say)
    words = open_index(corpus, data / "index", _say)
    search = Searcher(corpus, words)
    numbers = {entry.id: number for number, entry in enumerate(corpus.entries)}
    typed, said = _lines(corpus, WORDS, typos=2), _lines(corpus, WORDS // 2, typos=0)
    queries = [line.text for line in typed]
    (pointer,) = (data / "index").glob("*.current")
    index = tantivy.Index.open(str(data / "index" / pointer.read_text("utf-8").strip()))
    searcher = index.searcher()

    def bare(query: str) -> list[tuple[int, int, int]]:
        terms = [
            (tantivy.Occur.Should, tantivy.Query.term_query(index.schema, "words", stem, "freq"))
            for stem in dict.fromkeys(words.stems(query))
        ]
        hits = searcher.search(tantivy.Query.boolean_query(terms), TOP, count=False).hits
        places = searcher.fast_field_values("place", [address for _, address in hits])
        found = (divmod(int(place or 0), 1 << SENTENCE_BITS) for place in places)
        return [(words.numbers[ordinal], at, at) for ordinal, at in found if ordinal in words.numbers]

    def quote(query: str) -> list[tuple[int, int, int]]:
        hits = (hit.passage for hit in search.find_now(query, 3))
        return [(numbers[hit.episode.id], hit.first, hit.last) for hit in hits]

    for line in typed[:WARM]:
        quote(line.text), search.verify_now(line.text), answer(corpus, words, None, line.text, 3)
    figures = _timed("tantivy", bare, queries)
    figures["resident bare"] = resident()
    figures |= _timed("quote", quote, queries)
    figures |= _timed("verify", search.verify_now, queries)
    figures |= _timed("ask", lambda query: answer(corpus, words, None, query, 3), queries)
    figures["resident"] = resident()
    for name, ask in (("tantivy", bare), ("quote", quote)):
        ranks = [_rank(corpus, line, ask(line.text)) for line in typed]
        figures |= {f"{name} rank {top}": sum(rank < top for rank in ranks) / len(ranks) for top in (1, 3)}
    verdicts = [search.verify_now(line.text).verdict for line in said]
    figures["exact"] = verdicts.count(Verdict.EXACT) / len(verdicts)
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


@dataclass(frozen=True, slots=True)
class _Line:
    """A line, the number of its episode, and the [begin, end) in the episode's text that it is of."""

    text: str
    episode: int
    begin: int
    end: int


def _lines(corpus: Corpus, count: int, typos: int) -> list[_Line]:
    """Return stretches of so many words from anywhere, so many letters of each mistyped."""
    draw = random.Random(4)  # noqa: S311 - a seed asks the same every time
    lines: list[_Line] = []
    while len(lines) < QUERIES:
        number = draw.randrange(len(corpus.entries))
        sentence = draw.randrange(corpus.entries[number].sentences)
        passage = corpus.episode(number).passage(sentence, sentence + 4)
        said = passage.text.split()[:count]
        text = list(" ".join(said))
        for _ in range(typos):
            text[draw.randrange(len(text))] = draw.choice("abcdefghijklmnopqrstuvwxyz")
        lines.append(_Line("".join(text), number, passage.begin, passage.begin + len(text)))
    return lines


def _rank(corpus: Corpus, line: _Line, found: Sequence[tuple[int, int, int]]) -> int:
    """Return in which place, from 0, some sentences have more than 0.3 of a line, or it of them."""
    for rank, (number, first, last) in enumerate(found):
        passage = corpus.episode(number).passage(first, last)
        shared = min(passage.end, line.end) - max(passage.begin, line.begin)
        if number == line.episode and shared > SHARED * min(passage.end - passage.begin, line.end - line.begin):
            return rank
    return len(found) + TOP


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
    print(f"| resident after {QUERIES} queries of bare tantivy | {ask['resident bare']:.0f} MB |")
    print(f"| resident after as many `/quote`, `/verify` and `/ask` | {ask['resident']:.0f} MB |")
    print(f"| six words as said, `/verify` exact | {ask['exact']:.3f} |")
    print(f"\n| Top {TOP} of {first['sentences']:,.0f} sentences | p50 | p99 | queries | rank 1 | rank 1 to 3 |")
    print("|---|---|---|---|---|---|")
    for name, label, count in (
        ("tantivy", "bare tantivy, words", QUERIES),
        ("quote", "`/quote`", QUERIES),
        ("verify", "`/verify`", QUERIES),
        ("ask", "`/ask`", QUERIES),
        ("fts5", f"SQLite FTS5 in memory (built in {ask['fts5 build']:.0f} s)", FTS_QUERIES),
        ("rapidfuzz", "RapidFuzz `process.extract`, WRatio", FUZZY_QUERIES),
    ):
        times = f"{ask[f'{name} p50']:.1f} ms | {ask[f'{name} p99']:.1f} ms"
        ranks = [f"{ask[f'{name} rank {top}']:.3f}" if f"{name} rank {top}" in ask else "" for top in (1, 3)]
        print(f"| {label} | {times} | {count} | {' | '.join(ranks)} |")
    print(f"\n{machine()}; generated episodes, lines of {WORDS} words with two typos.")


if __name__ == "__main__":
    main()
