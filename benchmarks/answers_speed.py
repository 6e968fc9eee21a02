"""Speed of `/ask` and `/topic`, and the event loop's lag under many at once: `python -m benchmarks.answers_speed`.

Over the third of the sets that is kept aside, on the shipped episode with meaning on, after one pass to warm up.
Everything goes through `Core.answer`, as on a platform. The peer is what a plain vector search costs, taken in turns
with the answers so that both meet the same machine: bge-small-en-v1.5 over the question, and every sentence compared.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `bot.app` does, before NumPy is loaded

from benchmarks.quote import machine, percentile
from benchmarks.sets import is_kept_aside, load_set
from bot.commands import COMMANDS
from bot.contract import Author, Channel, Request
from bot.core import Core
from bot.corpus import open_corpus
from bot.search import load_embeddings, open_searcher
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.search.index.embeddings import Embeddings

ROUNDS = 3
AT_ONCE = 20
BURSTS = 10
TICK = 0.001
"""Seconds between looks at the loop; what a look comes late is the loop's lag."""


@dataclass
class Times:
    """Milliseconds of each kind of work."""

    ask: list[float] = field(default_factory=list)
    topic: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    lag: list[float] = field(default_factory=list)
    burst: list[float] = field(default_factory=list)


def lines() -> tuple[list[str], list[str]]:
    """Return the questions (answerable or not) and the topics that are kept aside."""
    rows: list[dict[str, Any]] = [*load_set("questions.jsonl"), *load_set("unanswerable.jsonl")]
    topics = [row["topic"] for row in load_set("topics.jsonl") if is_kept_aside({"query": row["topic"]})]
    return [row["query"] for row in rows if is_kept_aside(row)], topics


async def _timed(core: Core, command: str, name: str, value: str) -> float:
    """Return the milliseconds of one request."""
    request = Request(Channel("speed", "speed"), Author("speed"), command=command, args={name: value})
    began = time.perf_counter()
    await core.answer(request)
    return (time.perf_counter() - began) * 1000


async def _watch(lags: list[float]) -> None:
    """Note by how many milliseconds each look at the loop comes late, until cancelled."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(TICK)
        lags.append((time.perf_counter() - began - TICK) * 1000)


async def measure(core: Core, meaning: Embeddings) -> Times:
    """Take all times, one work at a time, then many questions at once."""
    questions, topics = lines()
    times = Times()
    for round_ in range(ROUNDS + 1):
        for question in questions:
            spent = await _timed(core, "ask", "question", question)
            began = time.perf_counter()
            meaning.sentences.search(meaning.dense.query(question))
            peer = (time.perf_counter() - began) * 1000
            if round_:
                times.ask.append(spent)
                times.peer.append(peer)
        for topic in topics:
            spent = await _timed(core, "topic", "name", topic)
            if round_:
                times.topic.append(spent)
    await _bursts(core, questions, times)
    return times


async def _bursts(core: Core, questions: Sequence[str], times: Times) -> None:
    """Ask many questions at once, several times, and watch the loop."""
    watcher = asyncio.create_task(_watch(times.lag))
    asked = islice(cycle(questions), AT_ONCE * BURSTS)
    for _ in range(BURSTS):
        began = time.perf_counter()
        await asyncio.gather(*(_timed(core, "ask", "question", question) for question in islice(asked, AT_ONCE)))
        times.burst.append((time.perf_counter() - began) * 1000)
    watcher.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watcher


def main() -> None:
    """Measure and print the table."""
    data = ROOT / "data"
    corpus = open_corpus(ROOT / "content", data)
    meaning = load_embeddings(corpus, data / "vectors", print)
    if meaning is None:
        message = "This measures answers with meaning, and the models are not installed."
        raise SystemExit(message)
    search = open_searcher(corpus, data / "index", print, lambda _: meaning)
    search.load()
    times = asyncio.run(measure(Core(corpus, search, COMMANDS), meaning))
    search.close()
    print("| Measure | p50 | p99 | longest | p50 : bge-small alone |\n|---|---|---|---|---|")
    alone = percentile(times.peer, 0.5)
    for name, values in (
        ("one `/ask`", times.ask),
        ("one `/topic`", times.topic),
        ("bge-small alone, one question", times.peer),
        (f"{AT_ONCE} `/ask` at once, all of them", times.burst),
        ("the event loop's lag meanwhile", times.lag),
    ):
        middle = percentile(values, 0.5)
        ratio = f"{middle / alone:.1f}" if values is not times.lag else ""
        print(f"| {name} | {middle:.0f} ms | {percentile(values, 0.99):.0f} ms | {max(values):.0f} ms | {ratio} |")
    print(
        f"\n{machine()}; {len(times.ask):,} questions, {len(times.topic):,} topics, {BURSTS} times {AT_ONCE} at once."
    )


if __name__ == "__main__":
    main()
