"""Train how answers are weighed and when to decline: writes `bot/search/ask/weights.json` and prints what it reaches.

    python -m benchmarks.train_answers           train, write, measure
    python -m benchmarks.train_answers --measure only measure what is there, and how fast

Trained on `tests/sets/questions.jsonl` and `unanswerable.jsonl` but for what is kept aside (by a hash of the question),
which is only measured: a third of the first rows; the later ones were written to be trained on. Each sentence's chance
is a softmax linear in its features, standardised, with a ridge, fitted to give the answering sentences of a question
most chance together. Whether anything answers is logistic regression on the signals of the search, with the chances of
a model that has not seen the question (cross-fitting); adversarial questions are left out of it, rules handle them. The
thresholds come from cross-fitted chances too.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.fitting import Fitted, fit_chance, fit_order, standard_of, write_weights
from benchmarks.train_lookup import gold_sentences, is_kept_aside, load_set
from bot.corpus import open_corpus
from bot.language.linear import Linear
from bot.search import load_embeddings
from bot.search.ask import Answered, Band, answer
from bot.search.ask.answerability import Likelihoods, signals
from bot.search.ask.answers import SIGNALLED
from bot.search.ask.extracts import extracts
from bot.search.ask.features import find_candidates
from bot.search.ask.question import read
from bot.search.index.words import open_index
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bot.corpus import Corpus, Passage
    from bot.search import Embeddings
    from bot.search.ask.features import Candidates
    from bot.search.ask.question import Question
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
    """A question with its candidates, which of them answer it, its kind, and the fold it is left out in."""

    kind: str
    fold: int
    question: Question
    candidates: Candidates
    gold: Array

    def matrix(self) -> Array:
        """Return a row of features for each candidate."""
        return np.column_stack(list(self.candidates.features.values()))


def _fit_order(rows: list[_Row]) -> Fitted:
    """Fit the chances of sentences."""
    lists = [(row.matrix(), row.gold) for row in rows if row.gold.any()]
    standard = standard_of(np.concatenate([features for features, _ in lists]))
    return fit_order(lists, standard, ORDER_RIDGE, ORDER_STEPS, together=True)


def _fit_sure(inputs: Array, wanted: Array, worth: Array) -> Fitted:
    """Fit the chance that anything answers."""
    return fit_chance(inputs, wanted, worth, ridge=(SURE_RIDGE, 0.0), steps=SURE_STEPS)


def _signals(corpus: Corpus, row: _Row, order: Linear) -> dict[str, float]:
    """Return the signals of a search whose sentences are weighed by a model."""
    likely = Likelihoods(row.question, row.candidates, order)
    return signals(likely, extracts(corpus, likely.chances, row.candidates.admitted, SIGNALLED))


def _train(corpus: Corpus, rows: list[_Row]) -> dict[str, Any]:
    """Fit everything for one of the two models and return it with the thresholds."""
    names = list(rows[0].candidates.features)
    asked = [row for row in rows if row.kind != "adversarial"]
    said = [row for row in asked if row.gold.any() or row.kind not in WORTH]
    orders = [
        Linear(_fit_order([row for row in said if row.fold != fold]).table(names, 17), names, "a fold")
        for fold in range(FOLDS)
    ]
    found = [_signals(corpus, row, orders[row.fold]) for row in asked]
    inputs = np.array([list(each.values()) for each in found])
    wanted = np.array([float(row.kind not in WORTH) for row in asked])
    worth = np.array([WORTH.get(row.kind, 1.0) for row in asked])
    folds = np.array([row.fold for row in asked])
    chances = np.zeros(len(asked))
    for fold in range(FOLDS):
        kept = folds != fold
        chances[~kept] = 1 / (1 + np.exp(-_fit_sure(inputs[kept], wanted[kept], worth[kept]).score(inputs[~kept])))
    good, bad = np.sort(chances[wanted == 1]), chances[wanted == 0]
    sure_from = next(
        (c for c in good if (bad >= c).sum() <= UNANSWERABLE_AMONG_SURE * ((bad >= c).sum() + (good >= c).sum())), 1.0
    )
    declined = float(np.quantile(good, WRONGLY_DECLINED))
    print(f"cross-fitted: declines {np.mean(bad < declined):.2f}, sure of {np.mean(good >= sure_from):.2f}")
    return {
        "order": _fit_order(said).table(names),
        "sure": _fit_sure(inputs, wanted, worth).table(list(found[0])),
        "declined below": round(declined, 4),
        "answers from": round(max(declined, float(sure_from)), 4),
    }


def _rows(corpus: Corpus, index: WordIndex, embeddings: Embeddings | None) -> list[_Row]:
    """Return the questions of both sets but for what is kept aside, with their candidates."""
    found = []
    for name in ("questions.jsonl", "unanswerable.jsonl"):
        for number, row in enumerate(load_set(name)):
            question = read(corpus, index, row["query"])
            candidates = None if is_kept_aside(row) else find_candidates(corpus, index, embeddings, question)
            if candidates is not None:
                answers = gold_sentences(corpus, row) if "gold" in row else set()
                gold = np.array([float(place in answers) for place in candidates.places])
                found.append(_Row(row["kind"], number % FOLDS, question, candidates, gold))
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
    """Find the candidates, train with and without the models, write the weights, measure."""
    corpus = open_corpus(ROOT / "content")
    index = open_index(corpus, None, print)
    embeddings = load_embeddings(corpus, ROOT / "data" / "vectors", print)
    found = (("words", None), ("models", embeddings))
    if "--measure" not in sys.argv:
        provenance = "benchmarks/train_answers.py: questions.jsonl, unanswerable.jsonl but for what is kept aside"
        trained = {name: _train(corpus, _rows(corpus, index, models)) for name, models in found}
        write_weights("bot/search/ask", {"provenance": provenance} | trained)
    for name, models in found:

        def ask(question: str, models: Embeddings | None = models) -> Answered:
            return answer(corpus, index, models, question, 3)

        print(f"\n== {name}")
        _measure(corpus, ask)
        _time(ask)


if __name__ == "__main__":
    main()
