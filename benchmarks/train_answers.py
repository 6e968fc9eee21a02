"""Train how answers are weighed and when to decline: writes `bot/search/ask/weights.json` and prints what it reaches.

    python -m benchmarks.train_answers            train, write, measure
    python -m benchmarks.train_answers --measure  fit without writing, and measure

Trained on the questions of `tests/sets` on every show of `benchmarks.shows` but for what is kept aside there, and on
those of QMSum; it needs `../shared/shows`. A show counts by the square root of its questions. Each sentence's chance is
a softmax linear in its features, standardised, with a ridge, fitted to give the answering sentences of a question most
chance together. Whether anything answers, and whether then the first passage does, is logistic regression on the
signals of the search. Both, and both thresholds, come from chances of models that have not seen the show that is asked;
of the shipped one, which has most questions, they have not seen a sixth.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from benchmarks.fitting import fit_chance, fit_order, standard_of, write_weights
from benchmarks.shows import MEETINGS, SHOWS, Asked, open_library, questions_of
from bot.language.linear import Linear
from bot.search.ask.answerability import SIGNALS_FROM_MODELS, SIGNALS_FROM_WORDS, SPREAD, Likelihoods, Weights, signals
from bot.search.ask.answers import SIGNALLED, may_stand
from bot.search.ask.extracts import extracts
from bot.search.ask.features import find_candidates
from bot.search.ask.question import read
from bot.search.scope import narrow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from benchmarks.shows import Library
    from bot.search.ask.extracts import Extract
    from bot.search.ask.features import Candidates
    from bot.search.ask.question import Question
    from bot.search.index.words import Place

    Array = NDArray[np.float64]

FOLDS = 6
ORDER_RIDGE, ORDER_STEPS = 0.03, 200
ANY_RIDGE, FIRST_RIDGE, CHANCE_STEPS = 0.01, 0.1, 400
WRONGLY_DECLINED = 0.03
"""Share of the answerable questions of shows it has not seen that the threshold for declining gives up."""

UNANSWERABLE_SHOWN = 0.15
"""Share of the unanswerable questions of unseen shows, most of them near misses, that are shown an answer."""

BESIDE = 2
"""Sentences either side of the one that the baseline finds."""

PROVENANCE = "benchmarks/train_answers.py on tests/sets, but for what is kept aside, and QMSum: "


@dataclass(frozen=True, slots=True)
class _Row:
    """A question with its candidates, which of them answer it, and what is left out together with it."""

    asked: Asked
    group: str
    question: Question
    candidates: Candidates
    gold: Array
    library: Library

    def matrix(self) -> Array:
        """Return a row of features for each candidate."""
        return np.column_stack(list(self.candidates.features.values()))


@dataclass(frozen=True, slots=True)
class _Found:
    """What a search of a row came to: signals, passages, and whether the first and any of three answer."""

    signals: dict[str, float]
    cuts: list[Extract]
    first: bool
    any: bool


def _rows(asked: Iterable[Asked], *, models: bool) -> list[_Row]:
    """Return questions with their candidates; those without any candidate are left out."""
    found = []
    for number, each in enumerate(asked):
        library = cast("Library", open_library(each.show, models=models))
        index = narrow(library.corpus, library.index, each.scope)
        question = read(library.corpus, index, each.query)
        candidates = find_candidates(library.corpus, index, library.embeddings, question, each.scope)
        if candidates is not None:
            gold = np.array([float(place in each.gold) for place in candidates.places])
            group = f"{each.show} {number % FOLDS}" if each.show == "shipped" else each.show
            found.append(_Row(each, group, question, candidates, gold, library))
    return found


def _shares(rows: Sequence[_Row]) -> Array:
    """Return what each row counts: a show by the square root of its rows."""
    counts = Counter(row.asked.show for row in rows)
    shares = np.array([counts[row.asked.show] ** -0.5 for row in rows])
    return np.asarray(shares / shares.mean())


def _fit_order(rows: Sequence[_Row]) -> dict[str, Any]:
    """Return the weights of sentences against each other."""
    said = [row for row in rows if row.gold.any()]
    lists = [(row.matrix(), row.gold) for row in said]
    standard = standard_of(np.concatenate([features for features, _ in lists]))
    fitted = fit_order(lists, standard, ORDER_RIDGE, ORDER_STEPS, together=True, worth=_shares(said))
    return fitted.table(list(rows[0].candidates.features))


def _fit_chances(rows: Sequence[_Row], found: Sequence[_Found]) -> dict[str, Any]:
    """Return the weights of whether any passage answers and, where one can, whether the first does."""
    names = list(found[0].signals)
    inputs = np.array([list(each.signals.values()) for each in found])
    answered = np.array([bool(row.asked.gold) for row in rows])
    first = np.array([float(each.first) for each in found])
    spread = [names.index(name) for name in SPREAD]
    worth, own = _shares(rows), [row for row, can in zip(rows, answered, strict=True) if can]
    some = fit_chance(inputs, answered * 1.0, worth, ridge=(ANY_RIDGE, 0.0), steps=CHANCE_STEPS)
    best = fit_chance(
        inputs[answered][:, spread], first[answered], _shares(own), ridge=(FIRST_RIDGE, 0.0), steps=CHANCE_STEPS
    )
    return {"any": some.table(names), "first": best.table(list(SPREAD))}


def _search(row: _Row, order: Linear) -> _Found:
    """Return what a search comes to whose sentences are weighed by a model."""
    likely = Likelihoods(row.question, row.candidates, order)
    cuts = extracts(row.library.corpus, likely.chances, row.candidates.admitted, SIGNALLED, row.candidates.leading)
    touched = [
        any((cut.number, at) in row.asked.gold for at in range(cut.passage.first, cut.passage.last + 1)) for cut in cuts
    ]
    return _Found(signals(likely, cuts) if cuts else {}, cuts, bool(touched and touched[0]), any(touched))


def _train(rows: list[_Row], *, models: bool) -> tuple[dict[str, Any], list[tuple[_Row, _Found, float, float]]]:
    """Return all weights with the thresholds, and each row as models that have not seen its group answer it."""
    names = list(rows[0].candidates.features)
    groups = sorted({row.group for row in rows})
    orders = {left: Linear(_fit_order([row for row in rows if row.group != left]), names, "a fold") for left in groups}
    found = [_search(row, orders[row.group]) for row in rows]
    kept = [number for number, each in enumerate(found) if each.cuts]
    rows, found = [rows[number] for number in kept], [found[number] for number in kept]
    wanted = SIGNALS_FROM_WORDS.keys() | (SIGNALS_FROM_MODELS.keys() if models else ())
    unseen = []
    for left in groups:
        others = [number for number, row in enumerate(rows) if row.group != left]
        table = _fit_chances([rows[number] for number in others], [found[number] for number in others])
        some, first = Linear(table["any"], wanted, "a fold"), Linear(table["first"], SPREAD.keys(), "a fold")
        for row, each in zip(rows, found, strict=True):
            if row.group == left:
                chance = _logistic(some.score(each.signals))
                unseen.append((row, each, chance, chance * _logistic(first.score(each.signals))))
    declined = float(np.quantile([some for row, _, some, _ in unseen if row.asked.gold], WRONGLY_DECLINED))
    missing = [
        chance
        for row, each, _, chance in unseen
        if not row.asked.gold and may_stand(row.question, row.candidates.absent, each.cuts[0])
    ]
    least = float(np.quantile(missing, 1 - UNANSWERABLE_SHOWN))
    table = {"order": _fit_order(rows)} | _fit_chances(rows, found)
    return table | {"declined below": round(declined, 4), "answers from": round(least, 4)}, unseen


def _logistic(score: float) -> float:
    return float(1 / (1 + np.exp(-score)))


def _area(good: Sequence[float], bad: Sequence[float]) -> str:
    """Return in how many pairs the good one scores above the bad one."""
    if not good or not bad:
        return ""
    above = np.array(good)[:, None] - np.array(bad)[None]
    return f"{np.mean((above > 0) + 0.5 * (above == 0)):.2f}"


def _table(unseen: Iterable[tuple[_Row, _Found, float, float]], declined: float, least: float) -> str:
    """Return the table of shows: where it stood, the areas, the three bands."""
    by_show: dict[str, list[tuple[_Row, _Found, float, float]]] = defaultdict(list)
    for each in unseen:
        by_show[each[0].asked.show].append(each)
    heads = (
        "Show", "n", "BM25: rank 1", "1 to 3", "rank 1", "1 to 3", "answerable or not", "first right or not",
        "shown as the answer", "first right then", "hedged", "first right then", "declined", "first right then",
        "not answerable", "shown", "declined",
    )  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for show in SHOWS:
        own = by_show.get(show, [])
        good = [each for each in own if each[0].asked.gold]
        bad = [each for each in own if not each[0].asked.gold]
        if not good:
            continue
        plain = [_by_words(row) for row, _, _, _ in good]
        cells = [show, f"{len(good)}", _share(hit[0] for hit in plain), _share(any(hit) for hit in plain)]
        cells += [_share(each.first for _, each, _, _ in good), _share(each.any for _, each, _, _ in good)]
        cells.append(_area([some for _, _, some, _ in good], [some for _, _, some, _ in bad]))
        cells.append(_area([c for _, f, _, c in good if f.first], [c for _, f, _, c in good if not f.first]))
        for band in ("shown", "hedged", "declined"):
            inside = [each for each in good if _band(each, declined, least) == band]
            cells += [f"{len(inside) / len(good):.0%}", _share(found.first for _, found, _, _ in inside)]
        cells.append(f"{len(bad)}" if bad else "")
        cells += [_share(_band(each, declined, least) == band for each in bad) for band in ("shown", "declined")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _by_words(row: _Row) -> list[bool]:
    """Return which of three passages of five sentences answer that BM25 puts first."""
    taken: list[Place] = []
    index = narrow(row.library.corpus, row.library.index, row.asked.scope)
    for _, (number, at) in index.top("near", row.asked.query, 20):
        if all(number != other or abs(at - there) > 2 * BESIDE for other, there in taken):
            taken.append((number, at))
    spans = [{(number, at + step) for step in range(-BESIDE, BESIDE + 1)} for number, at in taken[:3]]
    return [bool(span & row.asked.gold) for span in spans] or [False]


def _band(each: tuple[_Row, _Found, float, float], declined: float, least: float) -> str:
    row, found, some, chance = each
    if some < declined:
        return "declined"
    return "shown" if chance >= least and may_stand(row.question, row.candidates.absent, found.cuts[0]) else "hedged"


def _share(values: Iterable[bool]) -> str:
    """Return the share that holds, in per cent; nothing of nothing."""
    found = list(values)
    return f"{np.mean(found):.0%}" if found else ""


def _as_trained(rows: list[_Row], *, models: bool) -> list[tuple[_Row, _Found, float, float]]:
    """Return rows as the weights that are there answer them."""
    weights = Weights.read(models=models)
    found = [(row, _search(row, weights.order)) for row in rows]
    chances = [(row, each, _logistic(weights.any.score(each.signals))) for row, each in found if each.cuts]
    return [(r, each, some, some * _logistic(weights.first.score(each.signals))) for r, each, some in chances]


TITLES = {"words": "From words alone", "models": "With meaning"}


def main() -> None:
    """Train with and without the models, write the weights, print the tables."""
    if open_library("gotime", models=False) is None:
        sys.exit("The shows to fit on are not here: it needs the folder ../shared/shows.")
    trained = {}
    tables: list[tuple[str, str]] = []
    for name, models in (("words", False), ("models", True)):
        asked = [each for show in SHOWS for each in questions_of(show, "fit")]
        trained[name], unseen = _train(_rows(asked, models=models), models=models)
        declined, least = trained[name]["declined below"], trained[name]["answers from"]
        tables.append((f"{TITLES[name]}, each show by weights that have not seen it:", _table(unseen, declined, least)))
    if "--measure" not in sys.argv:
        write_weights("bot/search/ask", {"provenance": PROVENANCE + ", ".join(SHOWS)} | trained)
        Weights.read.cache_clear()
    for name, models in (("words", False), ("models", True)):
        weights = Weights.read(models=models)
        asked = [each for show in SHOWS if show not in MEETINGS for each in questions_of(show, "measure")]
        unseen = _as_trained(_rows(asked, models=models), models=models)
        tables.append(
            (
                f"{TITLES[name]}, what is kept aside, by the weights that are there:",
                _table(unseen, weights.declined_below, weights.answers_from),
            )
        )
    for title, table in tables:
        print(f"\n{title}\n\n{table}")


if __name__ == "__main__":
    main()
