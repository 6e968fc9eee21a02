"""Train how features are weighed in lookup, and how sure to be: writes `bot/search/quote/weights.json`.

    python -m benchmarks.train_lookup

Fitted on lines about all shows of `benchmarks.shows` that are on this machine: two thirds of `tests/sets/quotes.jsonl`
and `claims.jsonl`, the seen rows of the sets that end in `_lines.jsonl`, and lines made by rule from each show's own
sentences (mistyped, misheard, two said as one, a short one as it is), so that many shows remembered by their words
stand beside few retold.

The order of candidates is fitted by a listwise softmax, the chance that the best one is meant by logistic regression;
both are linear in the features, taken twice (by the gate's share and by the rest), standardised, with a ridge. Gate and
ridge are those with which shows that were left out of a fit come out best; what came out is printed.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.fitting import fit_chance, fit_order, standard_of, write_weights
from benchmarks.sets import gold_sentences, is_kept_aside, load_set
from benchmarks.shows import SHOWS, open_library, places_of
from bot.search.quote.features import FROM_ANSWERER, FROM_MODELS, FROM_WORDS, RememberedLine, find_candidates
from bot.search.quote.query import read_line
from bot.search.quote.rank import split_by_gate
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from benchmarks.fitting import Fitted
    from benchmarks.shows import Library
    from bot.search.index.words import Place
    from bot.search.quote.features import LineCandidates

    Array = NDArray[np.float64]

__all__ = ["gold_sentences", "is_kept_aside", "load_set"]

GATES = ((0.42, 0.06), (0.42, 0.12))
"""Centres and widths of the gate tried: between the lines retold (0.2) and those remembered by their words (0.5)."""

RIDGES = (3e-3, 1e-2)
STEPS = 300
CAREFUL = 0.85
"""What the claims nobody made weigh in the chance, all together, against all lines somebody said.

They are an eighth as many: a wrong match is worse than a miss.
"""

MADE = 36
"""Lines made by rule from each show."""

FEWEST_WORDS = 8
"""Words of a sentence that lines are made from."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line about a show, and the sentences meant by it; none when nobody said it."""

    show: str
    kind: str
    query: str
    gold: frozenset[Place]


@dataclass(frozen=True, slots=True)
class Tried:
    """A line with its candidates, and which of them are meant."""

    line: Line
    found: LineCandidates
    wanted: Array


def lines_on(library: Library) -> Iterator[Line]:
    """Yield the lines about a show that may be tuned on."""
    show = library.name
    if show == "shipped":
        for row in load_set("quotes.jsonl"):
            if not is_kept_aside(row):
                yield Line(show, row["kind"], row["query"], frozenset(gold_sentences(library.corpus, row)))
        for row in load_set("claims.jsonl"):
            # A twisted line is rightly found by lookup; telling that it is twisted is the work of `/verify`.
            if not is_kept_aside(row) and row["kind"] != "twisted":
                yield Line(show, row["kind"], row["query"], frozenset())
    for path in sorted((ROOT / "tests/sets").glob("*_lines.jsonl")):
        for row in map(json.loads, path.read_text("utf-8").splitlines()):
            if row["show"] == show and not row.get("unseen", False):
                yield Line(show, row["kind"], row["query"], places_of(library, row["gold"]))
    yield from _made(library)


def _made(library: Library) -> Iterator[Line]:
    """Yield lines made by rule from a show's sentences, the same ones every time."""
    draw = random.Random(library.name)  # noqa: S311 - a seed makes the same lines every time
    makers: dict[str, Callable[[random.Random, list[str], list[str]], list[str]]] = {
        "made: mistyped": _mistype,
        "made: misheard": _mishear,
        "made: merged": _merge,
        "made: whole": lambda _draw, said, _after: said,
    }
    corpus = library.corpus
    tries = 0
    kinds = list(makers) * (MADE // len(makers))
    while kinds and tries < 50 * MADE:
        tries += 1
        number = draw.randrange(len(corpus.entries))
        episode = corpus.episode(number)
        sentence = draw.randrange(max(1, len(episode.sentences) - 1))
        said = episode.passage(sentence, sentence).text.split()
        after = episode.passage(sentence + 1, sentence + 1).text.split()
        kind = kinds[-1]
        short = 1 < len(said) < FEWEST_WORDS
        if short != (kind == "made: whole") or (kind == "made: merged" and len(after) < FEWEST_WORDS):
            continue
        kinds.pop()
        gold = {(number, sentence)} | ({(number, sentence + 1)} if kind == "made: merged" else set())
        if kind == "made: whole":
            gold = {
                (number, at) for at in range(len(episode.sentences)) if episode.passage(at, at).text.split() == said
            }
        yield Line(library.name, kind, " ".join(makers[kind](draw, said, after)), frozenset(gold))


def _mistype(draw: random.Random, said: list[str], _: list[str]) -> list[str]:
    """Return twelve words of a sentence with two letters mistyped."""
    begin = draw.randrange(max(1, len(said) - 11))
    text = list(" ".join(said[begin : begin + 12]))
    for _each in range(2):
        text[draw.randrange(len(text))] = draw.choice("abcdefghijklmnopqrstuvwxyz")
    return "".join(text).split()


def _mishear(draw: random.Random, said: list[str], after: list[str]) -> list[str]:
    """Return a sentence with one word in five dropped or replaced by one said beside it."""
    heard = [draw.choice(["", draw.choice(after or said)]) if draw.random() < 0.2 else word for word in said]  # noqa: PLR2004 - one in five
    return [word for word in heard if word][:16]


def _merge(draw: random.Random, said: list[str], after: list[str]) -> list[str]:
    """Return parts of two sentences as one, half of their words."""
    return [
        word
        for half in (said, after)
        for word in half[: draw.randint(len(half) // 2, len(half))]
        if draw.random() < 0.7  # noqa: PLR2004 - most of them
    ][:20]


def tried(library: Library, *, models: bool) -> Iterator[Tried]:
    """Yield the lines about a show with their candidates."""
    corpus, index = library.corpus, library.index
    for line in lines_on(library):
        read = RememberedLine.of(index, line.query, read_line(line.query, corpus.speakers))
        found = find_candidates(corpus, index, read, library.embeddings if models else None)
        if found.places:
            yield Tried(line, found, np.array([float(place in line.gold) for place in found.places]))


def _matrix(candidates: LineCandidates, gate: tuple[float, float]) -> Array:
    """Return a row of gated features for each candidate; the columns are in the order of `_names`."""
    return np.array([list(split_by_gate(own, candidates.gate, gate).values()) for own in candidates.features])


def _names(*, models: bool) -> list[str]:
    """Return the names of gated features."""
    names = [*FROM_WORDS, *((*FROM_MODELS, *FROM_ANSWERER) if models else ())]
    return list(split_by_gate(dict.fromkeys(names, 0.0), 0.0, GATES[0]))


def _order(examples: Iterable[tuple[Tried, Array]], ridge: float) -> Fitted:
    """Fit the order of candidates on lines that were said."""
    lists = [(rows, each.wanted) for each, rows in examples if each.wanted.any()]
    return fit_order(lists, standard_of(np.concatenate([rows for rows, _ in lists])), ridge, STEPS, together=True)


def _ranks(examples: Sequence[tuple[Tried, Array]], order: Fitted) -> tuple[float, float]:
    """Return the shares of lines said that have a sentence meant first, and among the first three."""
    ranks = [
        np.argsort(-order.score(rows)).tolist().index(best)
        for each, rows in examples
        if each.line.gold
        for best in [_best(order.score(rows), each.wanted)]
    ]
    return sum(rank < 1 for rank in ranks) / len(ranks), sum(rank < 3 for rank in ranks) / len(ranks)  # noqa: PLR2004 - the first three


def _best(scores: Array, wanted: Array) -> int:
    """Return the number of the best candidate that is meant, of the last in order when none is."""
    return int(np.where(wanted > 0, scores, -np.inf).argmax()) if wanted.any() else int(scores.argmin())


def _left_out(examples: Sequence[Tried], gate: tuple[float, float], ridge: float) -> dict[str, tuple[float, float]]:
    """Return for each show what `_ranks` says when it was left out of the fit; lines made by rule do not count."""
    rows = [(each, _matrix(each.found, gate)) for each in examples]
    found = {}
    for show in dict.fromkeys(each.line.show for each in examples):
        order = _order([pair for pair in rows if pair[0].line.show != show], ridge)
        asked = [pair for pair in rows if pair[0].line.show == show and not pair[0].line.kind.startswith("made")]
        if any(each.line.gold for each, _ in asked):
            found[show] = _ranks(asked, order)
    return found


def _train(examples: Sequence[Tried], gate: tuple[float, float], ridge: float, names: list[str]) -> dict[str, Any]:
    """Fit order and chance on everything."""
    rows = [(each, _matrix(each.found, gate)) for each in examples]
    order = _order(rows, ridge)
    best = [int(order.score(features).argmax()) for _, features in rows]
    tops = np.array([features[at] for (_, features), at in zip(rows, best, strict=True)])
    labels = np.array([each.wanted[at] for (each, _), at in zip(rows, best, strict=True)])
    said = sum(bool(each.line.gold) for each in examples)
    careful = CAREFUL * said / max(1, len(examples) - said)
    worth = np.array([1.0 if each.line.gold else careful for each, _ in rows])
    standard = (order.mean, order.scale)
    chance = fit_chance(tops, labels, worth, standard=standard, ridge=(1e-2, 1e-2), steps=2 * STEPS)
    return {"gate": list(gate), "ridge": ridge, "order": order.table(names), "chance": chance.table(names)}


def _chosen(examples: Sequence[Tried], name: str) -> tuple[tuple[float, float], float]:
    """Return the gate and the ridge that do best on shows left out, and print what each does."""
    best = -1.0
    chosen = (GATES[0], RIDGES[0])
    for gate, ridge in product(GATES, RIDGES):
        found = _left_out(examples, gate, ridge)
        means = np.array(list(found.values())).mean(axis=0)
        shown = ", ".join(f"{show} {first:.2f}/{third:.2f}" for show, (first, third) in found.items())
        print(f"{name}, gate {gate}, ridge {ridge}: {means[0]:.3f}/{means[1]:.3f} left out ({shown})", flush=True)
        if float(means.sum()) > best:
            best, chosen = float(means.sum()), (gate, ridge)
    return chosen


def main() -> None:
    """Find the candidates on every show, choose gate and ridge, train with and without the models, write weights."""
    libraries = [library for library in map(open_library, SHOWS) if library is not None]
    table: dict[str, Any] = {}
    counts: dict[str, int] = defaultdict(int)
    for name, models in (("words", False), ("models", True)):
        examples = [each for library in libraries for each in tried(library, models=models)]
        table[name] = _train(examples, *_chosen(examples, name), _names(models=models))
        counts = defaultdict(int)
        for each in examples:
            counts[each.line.show] += 1
    shows = ", ".join(f"{show} {count}" for show, count in counts.items())
    write_weights("bot/search/quote", {"provenance": f"benchmarks/train_lookup.py on lines about {shows}"} | table)


if __name__ == "__main__":
    main()
