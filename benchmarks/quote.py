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
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from bot.corpus import open_corpus
from bot.search import load_embeddings, open_searcher
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

STARTS = 20
LOOKUPS = 1_000
NAIVE_LOOKUPS = 200


def machine() -> str:
    """Return the line that says what the figures were measured on."""
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def queries() -> list[str]:
    """Return the mixed queries of the test set."""
    lines = (ROOT / "tests/sets/quotes.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["query"] for line in lines]


def cold_starts(data: str) -> tuple[list[float], float]:
    """Return seconds from process start to exit with an answer, and the peak memory in MB, with built files.

    With meaning: the process also loads the models before it answers.
    """
    line = "/quote people who train need to not have pride"
    command = [sys.executable, str(ROOT / "run_bot.py"), "--once", line]
    environ = os.environ | {"VERBATIM_DATA_DIR": data}
    seconds = []
    for _ in range(STARTS):
        started = time.perf_counter()
        subprocess.run(command, env=environ, check=True, capture_output=True)
        seconds.append(time.perf_counter() - started)
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def warm_lookups(data: Path) -> tuple[list[float], list[float], list[float]]:
    """Return milliseconds of lookups from words, with meaning too, and of the naive loop, taken in turns."""
    corpus = open_corpus(ROOT / "content", data)
    by_words = open_searcher(corpus, data / "index", print)
    by_meaning = open_searcher(
        corpus, data / "index", print, lambda _: load_embeddings(corpus, data / "vectors", print)
    )
    by_meaning.load()
    episode = corpus.episode(0)
    texts = [episode.passage(number, number).text for number in range(len(episode.sentences))]
    times: tuple[list[float], list[float], list[float]] = ([], [], [])
    for number, query in enumerate(islice(cycle(queries()), LOOKUPS)):
        works: list[Callable[[], object]] = [
            partial(by_words.find_now, query, 6),
            partial(by_meaning.find_now, query, 6),
            partial(process.extract, query, texts, scorer=fuzz.WRatio, limit=6),
        ]
        for work, taken in zip(works if number % (LOOKUPS // NAIVE_LOOKUPS) == 0 else works[:2], times, strict=False):
            started = time.perf_counter()
            work()
            taken.append((time.perf_counter() - started) * 1000)
    by_words.close()
    by_meaning.close()
    return times


def percentile(values: list[float], share: float) -> float:
    """Return the value below which that share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {"VERBATIM_DATA_DIR": folder}
        subprocess.run(
            [sys.executable, str(ROOT / "run_bot.py"), "index"], env=environ, check=True, capture_output=True
        )
        starts, memory = cold_starts(folder)
        words, meaning, naive = warm_lookups(Path(folder))
    print("| Measure | from words | with meaning | `process.extract`, WRatio | words : naive |")
    print("|---|---|---|---|---|")
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        one, two, three = (percentile(times, share) for times in (words, meaning, naive))
        print(f"| one lookup, {name} | {one:.1f} ms | {two:.1f} ms | {three:.1f} ms | {one / three:.2f} |")
    print(f"| process start to answer, median of {STARTS} | | {statistics.median(starts):.2f} s | | |")
    print(f"| process start to answer, worst of {STARTS} | | {max(starts):.2f} s | | |")
    print(f"| peak memory | | {memory:.0f} MB | | |")
    print(
        f"\n{machine()}; {LOOKUPS:,} mixed lookups in a warm process, {NAIVE_LOOKUPS} of the naive loop between them."
    )


if __name__ == "__main__":
    main()
