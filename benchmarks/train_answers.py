"""Train how answers are weighed and when to decline: writes `bot/search/ask/weights.json` and prints what it reaches.

    python -m benchmarks.train_answers           train, write, measure
    python -m benchmarks.train_answers --measure only measure what is there, and how fast

Trained on `tests/sets/questions.jsonl` and `unanswerable.jsonl` but for what is kept aside (by a hash of the question),
which is only measured: a third of the first rows; the later ones were written to be trained on. Each sentence's chance
is a softmax linear in its evidence, standardised, with a ridge, fitted to give the answering sentences of a question
most chance together. Whether anything answers is logistic regression on the signals of the search, with the chances of
a model that has not seen the question (cross-fitting); adversarial questions are left out of it, rules handle them. The
thresholds come from cross-fitted chances too.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.train_lookup import gold_sentences, is_kept_aside, load_set
from bot.corpus import open_corpus
from bot.search import load_meaning
from bot.search.ask.answerability import SIGNALS, SIGNALS_FROM_WORDS, Likelihoods, signals
from bot.search.ask.answers import Answered, Band, answer
from bot.search.ask.extracts import extracts
from bot.search.ask.features import EVIDENCE, FROM_WORDS, Gathered, gather
from bot.search.ask.question import read
from bot.search.index.words import open_index
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bot.corpus import Corpus, Passage
    from bot.search.ask.question import Question
    from bot.search.index.embeddings import Meaning
    from bot.search.index.words import WordIndex

    Array = NDArray[np.float64]

FOLDS = 6
ORDER_RIDGE, ORDER_STEPS = 0.02, 200
SURE_RIDGE, SURE_STEPS = 0.03, 300
WORTH = {"not-in-episode": 1.0, "out-of-scope": 0.5}
"""What an unanswerable example counts; the hard ones more."""

WRONGLY_DECLINED = 0.08
"""Share of the answerable that the threshold for declining gives up (to reach: 0.08).

On the quarter of the tuned part that a threshold was not chosen on it gives up 0.074 (48 splits).
"""

UNANSWERABLE_AMONG_SURE = 0.07
"""Share of unanswerable questions above the threshold of the confident band (to reach: 0.10, with room for chance)."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A question with its evidence, which rows of that answer it, its kind, and the fold it is left out in."""

    query: str
    kind: str
    aside: bool
    fold: int
    asked: Question
    gathered: Gathered
    gold: Array


def _descend(parameters: Array, gradient: Callable[[Array], Array], steps: int) -> Array:
    """Minimise by Adam."""
    first, second = np.zeros_like(parameters), np.zeros_like(parameters)
    for step in range(1, steps + 1):
        slope = gradient(parameters)
        first = 0.9 * first + 0.1 * slope
        second = 0.99 * second + 0.01 * slope**2
        parameters = parameters - 0.03 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return parameters


def _fit_order(rows: list[_Row], width: int) -> dict[str, Any]:
    """Fit the chances of sentences."""
    lists = [row for row in rows if row.gold.any()]
    evidence = np.concatenate([row.gathered.rows[:, :width] for row in lists])
    mean, scale = evidence.mean(0), evidence.std(0) + 1e-6
    standard = (evidence - mean) / scale
    lengths = [len(row.gold) for row in lists]
    starts, of = np.cumsum([0, *lengths[:-1]]), np.repeat(np.arange(len(lists)), lengths)
    gold = np.concatenate([row.gold for row in lists])

    def slope(weights: Array) -> Array:
        scores = standard @ weights
        share = np.exp(scores - np.maximum.reduceat(scores, starts)[of])
        share /= np.add.reduceat(share, starts)[of]
        wanted = share * gold + 1e-12 * gold
        wanted /= np.add.reduceat(wanted, starts)[of]
        result: Array = standard.T @ (share - wanted) / len(lists) + ORDER_RIDGE * weights
        return result

    weights = _descend(np.zeros(width), slope, ORDER_STEPS)
    return {"mean": mean, "scale": scale, "weights": weights}


def _fit_sure(inputs: Array, wanted: Array, worth: Array) -> dict[str, Any]:
    """Fit the chance that anything answers."""
    mean, scale = inputs.mean(0), inputs.std(0) + 1e-6
    standard = np.hstack([(inputs - mean) / scale, np.ones((len(inputs), 1))])
    ridge = np.append(np.full(inputs.shape[1], SURE_RIDGE), 0.0)

    def slope(weights: Array) -> Array:
        chance = 1 / (1 + np.exp(-standard @ weights))
        result: Array = standard.T @ ((chance - wanted) * worth / worth.sum()) + ridge * weights
        return result

    weights = _descend(np.zeros(standard.shape[1]), slope, SURE_STEPS)
    return {"mean": mean, "scale": scale, "weights": weights[:-1], "constant": float(weights[-1])}


def _likely(row: _Row, order: dict[str, Any]) -> Likelihoods:
    """Return the chances that a model gives."""
    scores = ((row.gathered.rows[:, : len(order["mean"])] - order["mean"]) / order["scale"]) @ order["weights"]
    shares = np.exp(scores - scores.max())
    chances = dict(zip(row.gathered.places, (shares / shares.sum()).tolist(), strict=True))
    return Likelihoods(chances, row.gathered.admitted, row.asked, row.gathered, scores, {})


def _signals(corpus: Corpus, row: _Row, order: dict[str, Any]) -> list[float]:
    likely = _likely(row, order)
    cuts = extracts(corpus, likely.chances, likely.admitted, 3)
    return signals(row.asked, row.gathered, likely.scores, cuts)


def _table(table: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [round(float(number), 5) for number in value] if isinstance(value, np.ndarray) else round(value, 5)
        for name, value in table.items()
    }


def _train(corpus: Corpus, rows: list[_Row], *, meaning: bool) -> dict[str, Any]:
    """Fit everything for one of the two models and return it with the thresholds."""
    width = len(EVIDENCE) if meaning else FROM_WORDS
    asked = [row for row in rows if row.kind != "adversarial"]
    said = [row for row in asked if row.gold.any() or row.kind not in WORTH]
    orders = [_fit_order([row for row in said if row.fold != fold], width) for fold in range(FOLDS)]
    inputs = np.array([_signals(corpus, row, orders[row.fold]) for row in asked])
    wanted = np.array([float(row.kind not in WORTH) for row in asked])
    worth = np.array([WORTH.get(row.kind, 1.0) for row in asked])
    folds = np.array([row.fold for row in asked])
    chances = np.zeros(len(asked))
    for fold in range(FOLDS):
        kept = folds != fold
        sure = _fit_sure(inputs[kept], wanted[kept], worth[kept])
        standard = (inputs[~kept] - sure["mean"]) / sure["scale"]
        chances[~kept] = 1 / (1 + np.exp(-(standard @ sure["weights"] + sure["constant"])))
    good, bad = np.sort(chances[wanted == 1]), chances[wanted == 0]
    sure_from = next(
        (c for c in good if (bad >= c).sum() <= UNANSWERABLE_AMONG_SURE * ((bad >= c).sum() + (good >= c).sum())), 1.0
    )
    declined = float(np.quantile(good, WRONGLY_DECLINED))
    print(f"cross-fitted: declines {np.mean(bad < declined):.2f}, sure of {np.mean(good >= sure_from):.2f}")
    return {
        "order": _table(_fit_order(said, width)),
        "sure": _table(_fit_sure(inputs, wanted, worth)),
        "declined below": round(declined, 4),
        "answers from": round(max(declined, float(sure_from)), 4),
    }


def _gathered(corpus: Corpus, index: WordIndex, meaning: Meaning | None) -> list[_Row]:
    """Return the questions of both sets with their evidence."""
    found = []
    for name in ("questions.jsonl", "unanswerable.jsonl"):
        for number, row in enumerate(load_set(name)):
            asked = read(corpus, index, row["query"])
            gathered = gather(corpus, index, meaning, asked)
            if gathered is None:
                continue
            answers = gold_sentences(corpus, row) if "gold" in row else set()
            gold = np.array([float(place in answers) for place in gathered.places])
            found.append(_Row(row["query"], row["kind"], is_kept_aside(row), number % FOLDS, asked, gathered, gold))
    return found


def _is_gold(passage: Passage, row: dict[str, Any], source: str) -> tuple[bool, bool]:
    """Say whether a passage shares over 0.3 of the shorter with an answer, and whether also half of that answer."""
    place = passage.source()
    if place is None:
        return False, False
    ((first, last),) = place.spans
    loose = strict = False
    for gold in row["gold"]:
        begin, end = source.index(gold), source.index(gold) + len(gold)
        shared = min(end, last) - max(begin, first)
        if shared > 0.3 * min(end - begin, last - first):
            loose, strict = True, strict or shared >= 0.5 * (end - begin)
    return loose, strict


def _measure(corpus: Corpus, ask: Callable[[str], Answered]) -> None:
    """Print the figures of the third kept aside and of the rest, by kind."""
    source = (ROOT / str(corpus.episode(0).tokens.path)).read_text("utf-8")
    for aside in (True, False):
        print("\nkept aside" if aside else "\ntuned on")
        bands: dict[str, list[Band]] = {}
        hits: dict[str, list[tuple[bool, bool, bool, bool]]] = {}
        for row in load_set("questions.jsonl"):
            if is_kept_aside(row) == aside:
                answered = ask(row["query"])
                found = [_is_gold(hit.passage, row, source) for hit in answered.hits] or [(False, False)]
                figures = (*found[0], any(loose for loose, _ in found), any(strict for _, strict in found))
                for kind in (row["kind"], "all"):
                    hits.setdefault(kind, []).append(figures)
                    bands.setdefault(kind, []).append(answered.band)
        for kind, figures_of in hits.items():
            first, first_strict, three, three_strict = np.mean(figures_of, axis=0)
            declined = np.mean([band is Band.DECLINED for band in bands[kind]])
            print(f"  {kind:15s} {len(figures_of):3d}  rank 1 {first:.0%} (strict {first_strict:.0%})  "
                  f"rank 1-3 {three:.0%} (strict {three_strict:.0%})  wrongly declined {declined:.0%}")  # fmt: skip
        said = len(bands["all"])
        sure = sum(band is Band.ANSWERS for band in bands["all"])
        refused: dict[str, list[Band]] = {}
        for row in load_set("unanswerable.jsonl"):
            if is_kept_aside(row) == aside:
                refused.setdefault(row["kind"], []).append(ask(row["query"]).band)
        refused["not + out"] = refused["not-in-episode"] + refused["out-of-scope"]
        for kind, found_bands in refused.items():
            share = np.mean([band is Band.DECLINED for band in found_bands])
            print(f"  {kind:15s} {len(found_bands):3d}  declined {share:.0%}")
        wrong = sum(band is Band.ANSWERS for band in refused["not + out"])
        among = wrong / max(1, wrong + sure)
        print(f"  the band `answers` has {sure / said:.0%} of the answerable; {among:.0%} of it is not")


def _time(ask: Callable[[str], Answered]) -> None:
    """Print how long an answer takes, warm."""
    queries = [row["query"] for row in load_set("questions.jsonl")]
    for query in queries[:20]:
        ask(query)
    walls, cpu = [], time.process_time()
    for query in queries:
        began = time.perf_counter()
        ask(query)
        walls.append(1000 * (time.perf_counter() - began))
    cpu = 1000 * (time.process_time() - cpu) / len(queries)
    print(f"\np50 {np.quantile(walls, 0.5):.0f} ms, p99 {np.quantile(walls, 0.99):.0f} ms, CPU {cpu:.0f} ms each")


def main() -> None:
    """Gather the evidence, train with and without the models, write the weights, measure."""
    corpus = open_corpus(ROOT / "content")
    index = open_index(corpus, None, print)
    meaning = load_meaning(corpus, ROOT / "data" / "vectors", print)
    models = (("words", None), ("meaning", meaning))
    if "--measure" not in sys.argv:
        table: dict[str, Any] = {
            "provenance": "benchmarks/train_answers.py: questions.jsonl, unanswerable.jsonl but for what is kept aside",
            "evidence": list(EVIDENCE),
            "signals": list(SIGNALS),
            "from words": [FROM_WORDS, SIGNALS_FROM_WORDS],
        }
        for name, model in models:
            rows = [row for row in _gathered(corpus, index, model) if not row.aside]
            table[name] = _train(corpus, rows, meaning=model is not None)
        path = ROOT / "bot/search/ask/weights.json"
        path.write_text(json.dumps(table, indent=1) + "\n", "utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    for name, model in models:

        def ask(question: str, model: Meaning | None = model) -> Answered:
            return answer(corpus, index, model, question, 3)

        print(f"\n== {name}")
        _measure(corpus, ask)
        _time(ask)


if __name__ == "__main__":
    main()
