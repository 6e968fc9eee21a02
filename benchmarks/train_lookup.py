"""Train how evidence is weighed in lookup, and how sure to be: writes `bot/search/quote/weights.json`.

    python -m benchmarks.train_lookup

Trained on two thirds of `tests/sets/quotes.jsonl` and `claims.jsonl`; the third kept aside (by a hash of the line) is
only measured, by `python -m benchmarks.quality`. The order of candidates is fitted by a listwise softmax, the chance
that the best one is meant by logistic regression; both are linear in the evidence, taken twice (by the gate's share and
by the rest), standardised, with a ridge.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.corpus import open_corpus
from bot.search.index.words import open_index
from bot.search.quote.query import remembered
from bot.search.quote.rank import FEATURES, FROM_WORDS, Weighed, weigh
from bot.search.searcher import load_meaning
from bot.settings import ROOT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.corpus import Corpus

__all__ = ["gold_sentences", "is_kept_aside", "load_set"]

GATE = (0.42, 0.06)
"""Centre and width of the gate: between the lines retold (0.2) and those remembered by their words (0.5 and up)."""

RIDGE = 1e-3
STEPS = 600
CAREFUL = 3.0
"""What a claim nobody made weighs in the chance against a line somebody did: a wrong match is worse than a miss."""


def load_set(name: str) -> list[dict[str, Any]]:
    """Return the rows of a development set."""
    return [json.loads(line) for line in (ROOT / "tests/sets" / name).read_text("utf-8").splitlines()]


def is_kept_aside(row: dict[str, Any]) -> bool:
    """Say whether a row is in the third that nothing is tuned on."""
    return hashlib.sha256(row["query"].encode()).digest()[0] % 3 == 0


def gold_sentences(corpus: Corpus, row: dict[str, Any]) -> set[tuple[int, int]]:
    """Return the sentences a row means: those that share over 0.3 of the shorter with a gold span of the source."""
    episode = corpus.episode(0)
    source = (ROOT / str(episode.tokens.path)).read_text("utf-8")
    found = set()
    for gold in row["gold"]:
        begin = source.index(gold)
        end = begin + len(gold)
        for number in range(len(episode.sentences)):
            place = episode.passage(number, number).source()
            if place is None:
                continue
            ((first, last),) = place.spans
            if min(end, last) - max(begin, first) > 0.3 * min(end - begin, last - first):
                found.add((0, number))
    return found


def _both(weighed: Weighed, features: int) -> NDArray[np.float64]:
    rows = np.array(weighed.rows)[:, :features]
    share = 1 / (1 + np.exp(-(weighed.gate - GATE[0]) / GATE[1]))
    return np.hstack([rows * share, rows * (1 - share)])


def _descend(parameters: NDArray[np.float64], gradient: Any) -> NDArray[np.float64]:
    """Minimise by Adam."""
    first, second = np.zeros_like(parameters), np.zeros_like(parameters)
    for step in range(1, STEPS + 1):
        slope = gradient(parameters)
        first = 0.9 * first + 0.1 * slope
        second = 0.99 * second + 0.01 * slope**2
        parameters = parameters - 0.03 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return parameters


def _train(
    meant: list[tuple[NDArray[np.float64], NDArray[np.float64]]], never: list[NDArray[np.float64]]
) -> dict[str, Any]:
    """Fit both models on (evidence, is gold) of each line said and the evidence of each claim never made."""
    everything = np.concatenate([rows for rows, _ in meant])
    mean, scale = everything.mean(0), everything.std(0) + 1e-6
    lists = [((rows - mean) / scale, gold) for rows, gold in meant if gold.any()]
    stacked = np.concatenate([rows for rows, _ in lists])
    starts = np.cumsum([0, *(len(rows) for rows, _ in lists[:-1])])
    of = np.repeat(np.arange(len(lists)), [len(rows) for rows, _ in lists])
    target = np.concatenate([gold / gold.sum() for _, gold in lists])

    def order_slope(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        scores = stacked @ weights
        share = np.exp(scores - np.maximum.reduceat(scores, starts)[of])
        share /= np.add.reduceat(share, starts)[of]
        slope: NDArray[np.float64] = stacked.T @ (share - target) / len(lists) + RIDGE * weights
        return slope

    order = _descend(np.zeros(stacked.shape[1]), order_slope)
    tops, labels, worth = [], [], []
    for rows, gold in meant:
        standard = (rows - mean) / scale
        best = int((standard @ order).argmax())
        tops.append(standard[best])
        labels.append(gold[best])
        worth.append(1.0)
    for rows in never:
        standard = (rows - mean) / scale
        tops.append(standard[int((standard @ order).argmax())])
        labels.append(0.0)
        worth.append(CAREFUL)
    inputs = np.hstack([np.array(tops), np.ones((len(tops), 1))])
    wanted, weight = np.array(labels), np.array(worth) / np.sum(worth)

    def chance_slope(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        chance = 1 / (1 + np.exp(-inputs @ weights))
        slope: NDArray[np.float64] = inputs.T @ ((chance - wanted) * weight) + 10 * RIDGE * weights
        return slope

    chance = _descend(np.zeros(inputs.shape[1]), chance_slope)
    return {
        "gate": list(GATE),
        "mean": [round(float(value), 5) for value in mean],
        "scale": [round(float(value), 5) for value in scale],
        "order": [round(float(value), 4) for value in order],
        "chance": [round(float(value), 4) for value in chance],
    }


def main() -> None:
    """Gather the evidence, train with and without the models, write the weights."""
    corpus = open_corpus(ROOT / "content", ROOT / "data")
    quotes = [row for row in load_set("quotes.jsonl") if not is_kept_aside(row)]
    # A twisted line is rightly found by lookup; telling that it is twisted is the work of `/verify`.
    claims = [row for row in load_set("claims.jsonl") if not is_kept_aside(row) and row["kind"] != "twisted"]
    with tempfile.TemporaryDirectory() as folder:
        index = open_index(corpus, Path(folder), print)
        meaning = load_meaning(corpus, ROOT / "data" / "vectors", print)
        table: dict[str, Any] = {
            "provenance": f"benchmarks/train_lookup.py on {len(quotes)} lines said and {len(claims)} never said",
            "features": list(FEATURES),
        }
        read = [[remembered(row["query"], corpus.speakers) for row in rows] for rows in (quotes, claims)]
        gold = [gold_sentences(corpus, row) for row in quotes]
        for name, view, features in (("words", None, FROM_WORDS), ("meaning", meaning, len(FEATURES))):
            said = [weigh(corpus, index, line, view) for line in read[0]]
            unsaid = [weigh(corpus, index, line, view) for line in read[1]]
            meant = [
                (_both(weighed, features), np.array([float(place in golds) for place in weighed.places]))
                for weighed, golds in zip(said, gold, strict=True)
                if weighed.places
            ]
            table[name] = _train(meant, [_both(weighed, features) for weighed in unsaid if weighed.places])
    path = ROOT / "bot/search/quote/weights.json"
    path.write_text(json.dumps(table, indent=1) + "\n", "utf-8")
    print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
