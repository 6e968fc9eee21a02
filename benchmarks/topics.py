"""Quality of topics on the development set: `python -m benchmarks.topics` prints a table.

A point is touched when a shown passage shares over 0.3 of the shorter span with one of its places in `source.txt`. `-v`
tells of each topic; `--train` writes `bot/search/topic/weights.json`, fitted to what is not kept aside; `--names`
shows how near the names in an episode come to each of `names.json`, beside `topics.NAMED`.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.fitting import Fitted, write_weights
from benchmarks.train_lookup import gold_sentences, is_kept_aside, load_set
from bot.corpus import open_corpus
from bot.search import load_embeddings
from bot.search.index.labels import label_likeness
from bot.search.index.words import open_index
from bot.search.topic.topics import NAMED, OF_TITLE, find_topic, training_columns
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.corpus import Passage

__all__ = ["SHARE", "SHOWN", "measure", "touched"]

SHOWN = 6
RATIO, RIDGE, STEPS = 30, 3e-3, 15
PROVENANCE = "benchmarks/topics.py --train: topics.jsonl but for what is kept aside"
SHARE = 0.3
"""Of the shorter of two spans, what they must have in common."""


def touched(row: dict[str, Any], passages: Sequence[Passage], source: str) -> float:
    """Return the share of a topic's points that the passages touch."""
    spans = [span for passage in passages if (place := passage.source()) for span in place.spans]
    hit = 0
    for point in row["points"]:
        places = [(source.index(gold), source.index(gold) + len(gold)) for gold in point["gold"]]
        hit += any(
            min(end, last) - max(begin, first) > SHARE * min(end - begin, last - first)
            for begin, end in places
            for first, last in spans
        )
    return hit / len(row["points"])


def measure(*, models: bool = True) -> dict[str, dict[str, list[float]]]:
    """Return for each figure and kind a value a topic."""
    corpus = open_corpus(ROOT / "content")
    index = open_index(corpus, None, print)
    embeddings = load_embeddings(corpus, ROOT / "data" / "vectors", print) if models else None
    source = (ROOT / str(corpus.episode(0).tokens.path)).read_text("utf-8")
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in load_set("topics.jsonl"):
        part = "aside" if is_kept_aside({"query": row["topic"]}) else "tuned"
        begun = time.perf_counter()
        topic = find_topic(corpus, index, embeddings, row["topic"], SHOWN)
        spent = time.perf_counter() - begun
        found["milliseconds"]["all"].append(spent * 1000)
        if row["points"]:
            share = touched(row, topic.passages, source) if topic else 0.0
            found[f"points {part}"][row["kind"]].append(share)
            found[f"kept {part}"][row["kind"]].append(float(topic is not None))
            if "-v" in sys.argv:
                print(
                    f"{share:.2f} {part} {row['kind']:10} {row['topic']:32}",
                    [(p.first, p.last) for p in topic.passages] if topic else None,
                )
        else:
            found[f"declined {part}"][row["kind"]].append(float(topic is None))
            if topic and "-v" in sys.argv:
                print(f"not declined: {part} {row['topic']}")
    return found


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def train() -> None:
    """Fit by logistic regression which sentences make a point; the others weigh RATIO times as much in all."""
    corpus = open_corpus(ROOT / "content")
    index = open_index(corpus, None, print)
    embeddings = load_embeddings(corpus, ROOT / "data" / "vectors", print)
    rows, wanted, weights = [], [], []
    names: list[str] = []
    for row in load_set("topics.jsonl"):
        if not row["points"] or is_kept_aside({"query": row["topic"]}) or row["topic"] in corpus.speakers:
            continue
        columns, talk = training_columns(corpus, index, embeddings, row["topic"])
        names, found = list(columns), np.column_stack(list(columns.values()))
        gold = np.zeros(len(found))
        for point in row["points"]:
            gold[[sentence for _, sentence in gold_sentences(corpus, point)]] = 1
        weight = np.where(gold, 1.0, gold.sum() * RATIO / (len(gold) - gold.sum())) / gold.sum()
        rows.append(found[talk])
        wanted.append(gold[talk])
        weights.append(weight[talk])
    inputs, weight = np.concatenate(rows), np.concatenate(weights) / np.concatenate(weights).sum()
    mean, scale = inputs.mean(0), inputs.std(0) + 1e-9
    design = np.hstack([(inputs - mean) / scale, np.ones((len(inputs), 1))])
    ridge = np.eye(design.shape[1]) * RIDGE
    ridge[-1, -1] = 0
    fitted = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-design @ fitted))
        slope = design.T @ (weight * (chance - np.concatenate(wanted))) + ridge @ fitted
        bend = (design * (weight * chance * (1 - chance) + 1e-9)[:, None]).T @ design + ridge
        fitted -= np.linalg.solve(bend, slope)
    table = Fitted(mean, scale, fitted[:-1], float(fitted[-1])).raw_table(names, 3)
    write_weights("bot/search/topic", {"provenance": PROVENANCE} | table)


def show_names() -> None:
    """Print for each of `names.json` whether it is found, and how near a label and a title come to it."""
    corpus = open_corpus(ROOT / "content")
    index = open_index(corpus, None, print)
    embeddings = load_embeddings(corpus, ROOT / "data" / "vectors", print)
    names = json.loads((ROOT / "benchmarks/names.json").read_text("utf-8"))
    for kind in ("discussed", "not discussed"):
        found = 0
        for name in names[kind]:
            (labels,) = label_likeness(corpus, embeddings, [0], [name])
            topic = find_topic(corpus, index, embeddings, name)
            found += topic is not None
            near = labels.label + OF_TITLE * labels.title if labels else 0.0
            print(f"{near:.3f} {'found' if topic else '-':6} {name}")
        print(f"{kind}: {found} of {len(names[kind])} found; by name from {NAMED}\n")


def main() -> None:
    """Measure with and without the models, and print the tables; or train, or show names."""
    if "--names" in sys.argv:
        show_names()
        return
    if "--train" in sys.argv:
        train()
        return
    for models in (True, False):
        found = measure(models=models)
        print(f"\n{'With the models' if models else 'By words only'}\n")
        print("| Kind | points touched, kept aside | tuned on | found, kept aside | tuned on |\n|---|---|---|---|---|")
        kinds = list(dict.fromkeys([*found["points tuned"], *found["points aside"]]))
        for kind in [*kinds, "all"]:
            cells = []
            for figure in ("points aside", "points tuned", "kept aside", "kept tuned"):
                values = [v for name, each in found[figure].items() if kind in {name, "all"} for v in each]
                cells.append(f"{_mean(values):.0%} ({len(values)})")
            print(f"| {kind} | {' | '.join(cells)} |")
        declined = {part: found[f"declined {part}"]["undiscussed"] for part in ("aside", "tuned")}
        print("never discussed, declined:", {part: f"{_mean(v):.0%} of {len(v)}" for part, v in declined.items()})
        spent = sorted(found["milliseconds"]["all"][1:])
        print(f"milliseconds: median {spent[len(spent) // 2]:.0f}, longest {spent[-1]:.0f}")


if __name__ == "__main__":
    main()
