"""Speed of `/quote`: cold start, warm lookups beside the naive RapidFuzz loop, memory. `python -m benchmarks.quote`."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from rapidfuzz import fuzz, process

from bot.corpus import open_corpus
from bot.search import open_searcher
from bot.settings import ROOT

STARTS = 20
LOOKUPS = 1_000
NAIVE_LOOKUPS = 200


def machine() -> str:
    """Return the line that says what the figures were measured on."""
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def queries() -> list[str]:
    """Return the mixed queries of the test set."""
    lines = (ROOT / "tests/sets/quotes_small.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["query"] for line in lines]


def cold_starts() -> tuple[list[float], float]:
    """Return seconds from process start to exit with an answer, and the peak memory in MB, with a built index."""
    with tempfile.TemporaryDirectory() as data:
        line = "/quote people who train need to not have pride"
        command = [sys.executable, str(ROOT / "run_bot.py"), "--once", line]
        environ = os.environ | {"VERBATIM_DATA_DIR": data}
        subprocess.run(command, env=environ, check=True, capture_output=True)
        seconds = []
        for _ in range(STARTS):
            started = time.perf_counter()
            subprocess.run(command, env=environ, check=True, capture_output=True)
            seconds.append(time.perf_counter() - started)
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def warm_lookups() -> tuple[list[float], list[float]]:
    """Return milliseconds of each of our lookups, and of the naive loop over the same sentences, taken in turns."""
    corpus = open_corpus(ROOT / "content")
    with tempfile.TemporaryDirectory() as data:
        search = open_searcher(corpus, Path(data), print)
        episode = corpus.episodes[0]
        texts = [episode.passage(number, number).text for number in range(len(episode.sentences))]
        ours: list[float] = []
        naive: list[float] = []
        for number, query in enumerate(islice(cycle(queries()), LOOKUPS)):
            started = time.perf_counter()
            search.find_now(query, 6)
            ours.append((time.perf_counter() - started) * 1000)
            if number % (LOOKUPS // NAIVE_LOOKUPS) == 0:
                started = time.perf_counter()
                process.extract(query, texts, scorer=fuzz.WRatio, limit=6)
                naive.append((time.perf_counter() - started) * 1000)
        search.close()
    return ours, naive


def percentile(values: list[float], share: float) -> float:
    """Return the value below which that share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main() -> None:
    """Measure and print."""
    starts, memory = cold_starts()
    ours, naive = warm_lookups()
    print("| Measure | Verbatim | `process.extract`, WRatio, same sentences | ratio |")
    print("|---|---|---|---|")
    print(f"| start to first answer, median of {STARTS} | {statistics.median(starts):.2f} s | | |")
    print(f"| start to first answer, worst of {STARTS} | {max(starts):.2f} s | | |")
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        one, other = percentile(ours, share), percentile(naive, share)
        print(f"| one lookup, {name} | {one:.1f} ms | {other:.1f} ms | {one / other:.2f} |")
    print(f"| peak memory | {memory:.0f} MB | | |")
    print(
        f"\n{machine()}; {LOOKUPS:,} mixed lookups in a warm process, {NAIVE_LOOKUPS} of the naive loop between them."
    )


if __name__ == "__main__":
    main()
