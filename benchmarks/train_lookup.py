"""Train how features are weighed in lookup, and how sure to be: writes `bot/search/quote/weights.json`.

    python -m benchmarks.train_lookup

Trained on two thirds of `tests/sets/quotes.jsonl` and `claims.jsonl`; the third kept aside (by a hash of the line) is
only measured, by `python -m benchmarks.quality`. The order of candidates is fitted by a listwise softmax, the chance
that the best one is meant by logistic regression; both are linear in the features, taken twice (by the gate's share and
by the rest), standardised, with a ridge.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.fitting import fit_chance, fit_order, standard_of, write_weights
from bot.corpus import open_corpus
from bot.search import load_embeddings
from bot.search.index.words import open_index
from bot.search.quote.features import FROM_MODELS, FROM_WORDS, RememberedLine, find_candidates
from bot.search.quote.query import read_line
from bot.search.quote.rank import split_by_gate
from bot.settings import ROOT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.corpus import Corpus
    from bot.search.quote.features import LineCandidates

    Array = NDArray[np.float64]

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
    for gold in row.get("gold", ()):
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


def _matrix(candidates: LineCandidates) -> Array:
    """Return a row of gated features for each candidate; the columns are in the order of `_names`."""
    return np.array([list(split_by_gate(features, candidates.gate, GATE).values()) for features in candidates.features])


def _names(*, models: bool) -> list[str]:
    """Return the names of gated features."""
    return list(split_by_gate(dict.fromkeys([*FROM_WORDS, *(FROM_MODELS if models else ())], 0.0), 0.0, GATE))


def _train(meant: list[tuple[Array, Array]], never: list[Array], names: list[str]) -> dict[str, Any]:
    """Fit both models on (features, is gold) of each line said and the features of each claim never made."""
    standard = standard_of(np.concatenate([rows for rows, _ in meant]))
    order = fit_order([each for each in meant if each[1].any()], standard, RIDGE, STEPS, together=False)
    best = [int(order.score(rows).argmax()) for rows, _ in meant]
    tops = [rows[at] for (rows, _), at in zip(meant, best, strict=True)]
    tops += [rows[int(order.score(rows).argmax())] for rows in never]
    labels = np.array([gold[at] for (_, gold), at in zip(meant, best, strict=True)] + [0.0] * len(never))
    worth = np.array([1.0] * len(meant) + [CAREFUL] * len(never))
    chance = fit_chance(np.array(tops), labels, worth, standard=standard, ridge=(10 * RIDGE, 10 * RIDGE), steps=STEPS)
    return {"gate": list(GATE), "order": order.table(names), "chance": chance.table(names)}


def main() -> None:
    """Find the candidates, train with and without the models, write the weights."""
    corpus = open_corpus(ROOT / "content", ROOT / "data")
    quotes = [row for row in load_set("quotes.jsonl") if not is_kept_aside(row)]
    # A twisted line is rightly found by lookup; telling that it is twisted is the work of `/verify`.
    claims = [row for row in load_set("claims.jsonl") if not is_kept_aside(row) and row["kind"] != "twisted"]
    index = open_index(corpus, None, print)
    embeddings = load_embeddings(corpus, ROOT / "data" / "vectors", print)
    table: dict[str, Any] = {
        "provenance": f"benchmarks/train_lookup.py on {len(quotes)} lines said and {len(claims)} never said"
    }
    read = [
        [RememberedLine.of(index, read_line(row["query"], corpus.speakers)) for row in rows]
        for rows in (quotes, claims)
    ]
    gold = [gold_sentences(corpus, row) for row in quotes]
    for name, models in (("words", None), ("models", embeddings)):
        said, unsaid = ([find_candidates(corpus, index, line, models) for line in lines] for lines in read)
        meant = [
            (_matrix(found), np.array([float(place in golds) for place in found.places]))
            for found, golds in zip(said, gold, strict=True)
            if found.places
        ]
        never = [_matrix(found) for found in unsaid if found.places]
        table[name] = _train(meant, never, _names(models=models is not None))
    write_weights("bot/search/quote", table)


if __name__ == "__main__":
    main()
