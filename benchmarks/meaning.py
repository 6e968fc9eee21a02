"""What meaning costs, by size of library: `python -m benchmarks.meaning [CONTENT …]` prints its tables.

First the processor time of a sentence, in turns with how it was done before (each sentence also read once more with its
neighbours, 64 at a time, eight together). Then libraries of 1, 200 and 2,084 episodes: the shipped one with its real
vectors, the others of 680 sentences that are mixed from those of four real sentences each, of the shipped show and of
those in CONTENT folders (their vectors are kept in the data folder), and have no vectors of tokens. So many are as near
to each other as real ones are, and how often the right sentence of the shipped episode is among those found is real.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.library import resident
from benchmarks.quote import machine, percentile
from benchmarks.sets import gold_sentences, load_set
from bot.corpus import open_corpus
from bot.search import load_embeddings
from bot.search.index.embeddings import Embeddings
from bot.search.index.models import TOKEN_WIDTH, Dense, Late, weights_folder
from bot.search.index.nearest import encode
from bot.search.index.vectors import BLOCK, EpisodeVectors, Shelf, save_vectors
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bot.corpus import Corpus, Episode

    Row = dict[str, Any]

SIZES = (1, 200, 2_084)
SENTENCES = 680
"""Sentences of a made episode; 2,084 have 1.4 million."""

RETOLD = {"paraphrase", "gist", "bit"}
COST_OF = 320
HEADS = (
    "Episodes",
    "sentences",
    "on disk, but for tokens",
    "opened in",
    "resident beside the models",
    "retold line among those found",
    "nearest 20 found, of all",
    "looking through, p50",
    "p99",
    "longest",
)
TURNS = 3


def main() -> None:
    """Measure and print."""
    corpus = open_corpus(ROOT / "content", ROOT / "data")
    weights = weights_folder()
    if weights is None:
        raise SystemExit
    _print_cost(corpus.episode(0), Dense(weights, 1), Late(weights, 1))
    models = _load(corpus)
    own = models.vectors(0)
    if own is None:
        raise SystemExit
    real = [_rows(each) for each in (models, *(_load(open_corpus(Path(name), None)) for name in sys.argv[1:]))]
    lines = [row for row in load_set("quotes.jsonl") if row["kind"] in RETOLD]
    print(f"\n| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    for size in SIZES:
        print(_measure(corpus, models, own, np.concatenate(real), lines, size), flush=True)
    print(f"\n{machine()}; {len(lines)} retold lines, one thread; processor time.")


def _print_cost(episode: Episode, dense: Dense, late: Late) -> None:
    """Print what a sentence costs, before and now."""
    count = min(COST_OF, len(episode.sentences))
    alone = [episode.passage(n, n).text for n in range(count)]
    wide = [episode.passage(n - 1, n + 1).text for n in range(count)]
    blocks = [episode.passage(n, n + BLOCK - 1).text for n in range(0, count, BLOCK)]
    times: dict[str, list[float]] = {}
    for _ in range(TURNS):
        for name, part in (("alone", alone), ("neighbours", wide), ("blocks", blocks)):
            times.setdefault(name, []).append(_spent(lambda part=part: list(dense.each(part)), count))
        times.setdefault("tokens", []).append(_spent(lambda: list(late.each(alone)), count))
        for name, part in (("alone before", alone), ("neighbours before", wide)):
            times.setdefault(name, []).append(_spent(lambda part=part: _as_before(dense, part), count))
        times.setdefault("tokens before", []).append(_spent(lambda: _as_before(late, alone), count))
    cost = {name: float(np.median(values)) for name, values in times.items()}
    print("| A sentence costs, ms | alone | with what is around it | tokens | together |")
    print("|---|---|---|---|---|")
    for name, parts in (
        ("before", ("alone before", "neighbours before", "tokens before")),
        ("now", ("alone", "blocks", "tokens")),
    ):
        own = [cost[part] for part in parts]
        print(f"| {name} | {own[0]:.2f} | {own[1]:.2f} | {own[2]:.2f} | {sum(own):.2f} |")
    now = cost["alone"] + cost["blocks"] + cost["tokens"]
    for size in SIZES[1:]:
        hours = size * SENTENCES * now / 3.6e6
        print(f"\n{size:,} episodes of {SENTENCES} sentences take {hours:.1f} h of one core (extrapolated).")


def _as_before(model: Dense | Late, texts: Sequence[str]) -> None:
    """Read texts as was done before: 64 at a time, eight together."""
    for begin in range(0, len(texts), 64):
        part = sorted(texts[begin : begin + 64], key=len)
        for first in range(0, len(part), 8):
            eight = part[first : first + 8]
            list(model.each(eight))


def _spent(work: Any, count: int) -> float:
    """Return milliseconds of processor time for each of so many."""
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1000 / count


def _load(corpus: Corpus) -> Embeddings:
    """Return the models and the vectors of a corpus, worked out if need be."""
    embeddings = load_embeddings(corpus, ROOT / "data" / "vectors", lambda line: print(line, file=sys.stderr))
    if embeddings is None:
        raise SystemExit
    return embeddings


def _rows(embeddings: Embeddings) -> NDArray[np.float32]:
    """Return the vectors of all sentences."""
    found = [embeddings.vectors(number) for number in sorted(embeddings.known)]
    return np.concatenate([vectors.sentences for vectors in found if vectors])


def _made(real: NDArray[np.float32], count: int, draw: np.random.Generator) -> EpisodeVectors:
    """Return vectors of a made episode: rows between two real ones, moved by the difference of two others."""

    def mixed(texts: int) -> NDArray[np.float32]:
        one, two, up, down = (real[draw.integers(0, len(real), texts)] for _ in range(4))
        share = draw.uniform(0.45, 0.8, (texts, 1)).astype(np.float32)
        rows = share * one + (1 - share) * two + 0.35 * (up - down)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    rows = mixed(count + -(-count // BLOCK))
    scales = np.abs(rows).max(axis=1) / 127
    tokens, edges = np.zeros((0, TOKEN_WIDTH), np.int8), np.zeros(count + 1, np.int32)
    return EpisodeVectors(np.round(rows / scales[:, None]).astype(np.int8), encode(rows, scales), tokens, edges)


def _measure(  # noqa: PLR0913, PLR0917 - what to search with and for, in how much
    corpus: Corpus, models: Embeddings, own: EpisodeVectors, real: NDArray[np.float32], lines: list[Row], size: int
) -> str:
    """Return the row of a library of some size."""
    draw = np.random.default_rng(size)
    entries = [dataclasses.replace(corpus.entries[0], digest=f"{n:024}", sentences=SENTENCES) for n in range(1, size)]
    entries.insert(0, corpus.entries[0])
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        every = [own.rows[: own.count] * own.codes.scales[: own.count, None]]
        save_vectors(folder, entries[0].digest, own)
        for entry in entries[1:]:
            made = _made(real, SENTENCES, draw)
            save_vectors(folder, entry.digest, made)
            every.append(made.rows[:SENTENCES] * made.codes.scales[:SENTENCES, None])
        disk = sum(path.stat().st_size for path in folder.iterdir()) - len(own.tokens) * TOKEN_WIDTH
        before = resident()
        begun = time.perf_counter()
        embeddings = Embeddings(models.dense, models.late, Shelf(folder, entries))
        opened = time.perf_counter() - begun
        times, found, same = [], [], []
        for row in lines:
            view = embeddings.view(row["query"])
            begun = time.process_time()
            places = view.candidates(20)
            times.append((time.process_time() - begun) * 1000)
            found.append(bool(gold_sentences(corpus, row) & set(places)))
            same.append(_share_found(every, view.vector, places[:20]))
        after = resident()
    count = sum(entry.sentences for entry in entries)
    return (
        f"| {size:,} | {count:,} | {disk / 1e6:.0f} MB | {opened * 1000:.0f} ms | {after - before:.0f} MB | "
        f"{np.mean(found):.3f} | {np.mean(same):.3f} | {percentile(times, 0.5):.1f} ms | "
        f"{percentile(times, 0.99):.1f} ms | {max(times):.1f} ms |"
    )


def _share_found(every: list[NDArray[np.float32]], vector: NDArray[np.float32], places: list[tuple[int, int]]) -> float:
    """Return the share of the 20 sentences nearest to a vector that is among places."""
    likeness = np.concatenate([rows @ vector for rows in every])
    starts = np.cumsum([0, *(len(rows) for rows in every)])
    best = np.argpartition(-likeness, 20)[:20]
    episodes = np.searchsorted(starts, best, "right") - 1
    nearest = set(zip(episodes.tolist(), (best - starts[episodes]).tolist(), strict=True))
    return len(nearest & set(places)) / 20


if __name__ == "__main__":
    main()
