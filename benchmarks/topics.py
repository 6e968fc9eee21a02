"""Quality of topics: `python -m benchmarks.topics` prints a table by show, beside BM25 spread over places.

A point is touched when a shown passage has one of its sentences. Measured are the development set of the shipped
episode, our own topics that are no chapters, and the half of the fresh ones that is for developing (`--unseen`: the
other half instead). `-v` tells of each topic; `--speed FOLDER` asks a library's content folder its own words, by words
alone, and prints processor time; `--train` writes `bot/search/topic/weights.json`, fitted to all of these
and to the meetings' topics, and prints what is touched on each show by weights fitted to the others. Shows that are not
on this machine are left out; without any but our own nothing is fitted.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.fitting import Fitted, fit_chance, write_weights
from benchmarks.sets import gold_sentences, load_set
from benchmarks.shows import MEETINGS, SHARED, SHOWS, fresh_rows, meeting_topics, open_library, places_of
from bot.corpus import open_corpus
from bot.search.index.words import open_index
from bot.search.scope import EVERYWHERE, narrow
from bot.search.topic import topic_names
from bot.search.topic.features import OF_MEANING, OF_SENTENCE, OF_WORDS
from bot.search.topic.points import choose_points
from bot.search.topic.scoring import SIGNS
from bot.search.topic.topics import examine, find_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from benchmarks.shows import Library
    from bot.search import Scope
    from bot.search.index.words import Place
    from bot.search.topic.features import Profile

    Array = NDArray[np.float64]

__all__ = ["SHOWN", "Asked", "asked_of", "measure", "touched"]

SHOWN = 6
"""Passages of an answer."""

RATIO, RIDGE = 300, 3e-3
"""What all sentences that make no point weigh together against one that does; how much weights are held back."""

OF_MEETING = 0.1
"""What a meeting's topic weighs: of it only the whole stretch is known, and not its points."""

STEPS = 15
KEPT_OUT, SHOWN_STILL = 0.88, 0.01
"""Share of the undiscussed that is not to be called found, and of the discussed that may be called missed."""

MOST, HALF = 0.75, 0.5
"""Share of a topic's words that one place must have to be sure, and to be shown at all, by words alone."""

OWN = ("shipped", "salt-and-small-change", "the-long-throw")
"""Shows that come with the project."""

TOPICS, WARMING = 300, 10
"""Topics that a library is asked to measure its speed, and the first of them that are not counted."""

WIDTH, APART = 1, 8
"""Sentences beside one that the baseline shows with it, and that part two of its places."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A topic asked of a show in a scope, and for each of its points the sentences that make it (none: undiscussed)."""

    show: str
    kind: str
    topic: str
    points: tuple[frozenset[Place], ...]
    scope: Scope = EVERYWHERE


def asked_of(library: Library, *, unseen: bool = False) -> Iterator[Asked]:
    """Yield what is asked of a show; `unseen` yields the half of the fresh topics that is kept for the end."""
    show = library.name
    own = [] if unseen else [row for row in load_set("own_topics.jsonl") if row["show"] == show]
    rows = own + fresh_rows("topics", show, unseen=unseen)
    for row in rows:
        points = tuple(places_of(library, point["gold"]) for point in row["points"])
        yield Asked(show, row["kind"], row["topic"], points)
    for row in load_set("topics.jsonl") if show == "shipped" and not unseen else ():
        points = tuple(frozenset(gold_sentences(library.corpus, point)) for point in row["points"])
        yield Asked(show, f"first: {row['kind']}", row["topic"], points)
    if show in MEETINGS and not unseen:
        for asked in meeting_topics(library):
            yield Asked(show, "meeting", asked.query, (asked.gold,), asked.scope)


def touched(asked: Asked, passages: Iterable[tuple[int, int, int]]) -> float:
    """Return the share of a topic's points of which passages (episode, first and last sentence) have a sentence."""
    shown = {(episode, sentence) for episode, first, last in passages for sentence in range(first, last + 1)}
    return sum(bool(point & shown) for point in asked.points) / len(asked.points)


def spread_places(library: Library, asked: Asked) -> list[tuple[int, int, int]]:
    """Return what the baseline shows: the best sentences by BM25, apart, with their neighbours."""
    found: list[tuple[int, int, int]] = []
    for _, (number, sentence) in narrow(library.corpus, library.index, asked.scope).top("near", asked.topic, 300):
        if all(number != other or abs(sentence - WIDTH - first) > APART for other, first, _ in found):
            last = len(library.corpus.episode(number).sentences) - 1
            found.append((number, max(0, sentence - WIDTH), min(last, sentence + WIDTH)))
    return found[:SHOWN]


def measure(
    library: Library, *, models: bool = True, unseen: bool = False, verbose: bool = False
) -> dict[str, dict[str, list[float]]]:
    """Return for each figure and kind a value a topic of a show."""
    embeddings = library.embeddings if models else None
    numbers = {entry.id: number for number, entry in enumerate(library.corpus.entries)}
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for asked in asked_of(library, unseen=unseen):
        begun = time.process_time()
        topic = find_topic(library.corpus, library.index, embeddings, asked.topic, asked.scope)
        found["milliseconds"][asked.kind].append(1000 * (time.process_time() - begun))
        passages = [(numbers[p.episode.id], p.first, p.last) for p in (topic.passages if topic else ())]
        sure = bool(topic and topic.sure)
        if asked.points:
            found["touched"][asked.kind].append(touched(asked, passages))
            found["characters"][asked.kind].append(float(sum(len(p.text) for p in (topic.passages if topic else ()))))
            found["baseline"][asked.kind].append(touched(asked, spread_places(library, asked)))
            found["sure"][asked.kind].append(float(sure))
            found["denied"][asked.kind].append(float(topic is None))
        else:
            found["declined"][asked.kind].append(float(not sure))
        if verbose:
            share = f"{touched(asked, passages):.2f}" if asked.points else "none"
            how = "sure" if sure else "unsure" if topic else "denied"
            print(f"{share} {how:6} {library.name} {asked.kind}: {asked.topic}", passages)
    return found


@dataclass(frozen=True, slots=True)
class Example:
    """A topic as it was met: a row of features a sentence, which of them make a point, which are talk, the signs."""

    asked: Asked
    rows: Array
    gold: Array
    talk: NDArray[np.bool_]
    signs: list[float]
    profiles: Sequence[Profile]

    def touched(self, model: Fitted) -> float:
        """Return the share of points touched when sentences are weighed by a model."""
        worth = np.concatenate([profile.worth for profile in self.profiles])
        gains = np.split(worth / (1 + np.exp(-model.score(self.rows))), self._edges()[1:-1])
        places = choose_points(gains, self.profiles).points
        return touched(self.asked, [(self.profiles[at].number, first, last) for at, first, last in places])

    def _edges(self) -> list[int]:
        return [int(edge) for edge in np.cumsum([0, *map(len, self.profiles)])]


def examples(library: Library, names: Sequence[str], *, models: bool) -> Iterator[Example]:
    """Yield what is asked of a show as it is met; not people who speak: what they say is chosen otherwise."""
    embeddings = library.embeddings if models else None
    for asked in asked_of(library):
        met = examine(library.corpus, library.index, embeddings, asked.topic, asked.scope)
        if met is None or met.topic.speaker:
            continue
        features = met.on.features()
        gold = np.zeros(sum(map(len, met.on.profiles)))
        begins = np.cumsum([0, *map(len, met.on.profiles)]).tolist()
        places = {place for point in asked.points for place in point}
        for profile, (begin, end) in zip(met.on.profiles, pairwise(begins), strict=True):
            gold[begin:end] = [(profile.number, sentence) in places for sentence in range(end - begin)]
        rows = np.column_stack([features[name] for name in names])
        talk = np.concatenate([profile.talk for profile in met.on.profiles])
        yield Example(asked, rows, gold, talk, [met.score[name] for name in SIGNS], met.on.profiles)


def fit_sentences(found: Sequence[Example]) -> Fitted:
    """Fit by logistic regression which sentences make a point; every topic counts the same, and shows about so."""
    said = [each for each in found if (each.gold * each.talk).any()]
    of_show = {show: sum(each.asked.show == show for each in said) for show in SHOWS}
    rows = np.concatenate([each.rows[each.talk] for each in said])
    wanted = np.concatenate([each.gold[each.talk] for each in said])
    weights = []
    for each in said:
        gold = each.gold[each.talk]
        weight = np.where(gold, 1.0, gold.sum() * RATIO / (len(gold) - gold.sum())) / gold.sum()
        known = OF_MEETING if each.asked.kind == "meeting" else 1.0
        weights.append(known * weight / of_show[each.asked.show] ** 0.5)
    weight = np.concatenate(weights)
    weight /= weight.sum()
    mean, scale = rows.mean(0), rows.std(0) + 1e-9
    design = np.hstack([(rows - mean) / scale, np.ones((len(rows), 1))])
    ridge = np.eye(design.shape[1]) * RIDGE
    ridge[-1, -1] = 0
    fitted = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-design @ fitted))
        slope = design.T @ (weight * (chance - wanted)) + ridge @ fitted
        bend = (design * (weight * chance * (1 - chance) + 1e-9)[:, None]).T @ design + ridge
        fitted -= np.linalg.solve(bend, slope)
    return Fitted(mean, scale, fitted[:-1], float(fitted[-1]))


def fit_signs(found: Sequence[Example], names: Sequence[str]) -> Fitted:
    """Fit from its signs whether a topic is discussed."""
    rows = np.array([each.signs[: len(names)] for each in found])
    wanted = np.array([float(bool(each.asked.points)) for each in found])
    worth = np.where(wanted, 0.5 / wanted.sum(), 0.5 / (1 - wanted).sum())
    return fit_chance(rows, wanted, worth, ridge=(1e-2, 0.0), steps=600)


def train() -> None:
    """Fit weights with and without the models, print what they reach on shows they were not fitted to, and write."""
    if not SHARED.is_dir():
        print("The shared shows are not on this machine: nothing is fitted to our own alone.")
        return
    table: dict[str, Any] = {"sentences": {}, "sureness": {}}
    libraries = [library for show in SHOWS if (library := open_library(show)) is not None]
    for key, models in (("models", True), ("words", False)):
        names = [*OF_WORDS, *(OF_MEANING if models else ()), *OF_SENTENCE]
        found = [each for library in libraries for each in examples(library, names, models=models)]
        _print_left_out(found, key)
        table["sentences"][key] = fit_sentences(found).raw_table(names, 3)
        table["sureness"][key] = _fit_sureness([each for each in found if each.asked.kind != "meeting"], models=models)
        counts = {library.name: sum(each.asked.show == library.name for each in found) for library in libraries}
    fitted_to = ", ".join(f"{show} ({count})" for show, count in counts.items())
    provenance = f"benchmarks/topics.py --train, topics of: {fitted_to}"
    write_weights("bot/search/topic", {"provenance": provenance} | table)


def _fit_sureness(found: Sequence[Example], *, models: bool) -> dict[str, Any]:
    """Return how sureness is told; its limits are set on what each show scores by weights fitted to the others.

    Meetings' topics are left out: nobody has asked for any that is not discussed there.
    """
    signs = SIGNS if models else SIGNS[:1]
    scores = np.zeros(len(found))
    for show in {each.asked.show for each in found}:
        model = fit_signs([each for each in found if each.asked.show != show], signs)
        for at, each in enumerate(found):
            if each.asked.show == show:
                scores[at] = model.score(np.array([each.signs[: len(signs)]]))[0]
    said = np.array([bool(each.asked.points) for each in found])
    fitted = fit_signs(found, signs)
    bands = [np.quantile(scores[~said], KEPT_OUT), np.quantile(scores[said], SHOWN_STILL)]
    if not models:
        bands = list(fitted.score(np.array([[MOST], [HALF]])))
    area = float(np.mean(scores[said][:, None] > scores[~said][None]))
    print(f"discussed and undiscussed told apart on shows left out: {area:.3f}")
    limits = {name: round(float(band), 3) for name, band in zip(("found", "missed"), bands, strict=True)}
    return limits | fitted.raw_table(signs, 3)


def _print_left_out(found: Sequence[Example], key: str) -> None:
    """Print the share of points touched on each show by weights fitted to the others."""
    for show in dict.fromkeys(each.asked.show for each in found):
        own = [each for each in found if each.asked.show == show and each.asked.points]
        others = [each for each in found if each.asked.show != show]
        if own and any(each.asked.points for each in others):
            model = fit_sentences(others)
            print(f"{key}, {show} left out: {np.mean([each.touched(model) for each in own]):.3f} of {len(own)} topics")


def speed(content: Path) -> None:
    """Print the processor time of topics in a library: words that one of its sentences has beside each other."""
    with tempfile.TemporaryDirectory() as data:
        corpus = open_corpus(content, Path(data), print)
        index = open_index(corpus, Path(data) / "index", print)
        drawn = random.Random(16)  # noqa: S311 - the same topics every time
        spent, several = [], 0
        topic_names(corpus)
        for _ in range(TOPICS):
            number = drawn.randrange(len(corpus.entries))
            sentence = drawn.randrange(corpus.entries[number].sentences)
            said = corpus.episode(number).passage(sentence, sentence).text.split()
            begin = drawn.randrange(max(1, len(said) - 1))
            begun = time.process_time()
            found = find_topic(corpus, index, None, " ".join(said[begin : begin + 2]))
            spent.append(1000 * (time.process_time() - begun))
            several += found is not None and len(found.episodes) > 1
    middle, last = np.quantile(spent[WARMING:], (0.5, 0.99))
    print(f"{len(corpus.entries):,} episodes: median {middle:.0f} ms, 99 of 100 within {last:.0f} ms")
    print(f"{several} of {TOPICS} topics come up in several episodes")


def _cell(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.2f} ({len(values)})" if values else ""


def main() -> None:
    """Measure with and without the models, and print a table by show; or train."""
    if "--train" in sys.argv:
        train()
        return
    if "--speed" in sys.argv:
        speed(Path(sys.argv[sys.argv.index("--speed") + 1]))
        return
    unseen, verbose = "--unseen" in sys.argv, "-v" in sys.argv
    figures = ("touched", "characters", "baseline", "sure", "denied", "declined")
    heads = (
        "points touched",
        "characters",
        "BM25 spread",
        "discussed: sure",
        "discussed: denied",
        "undiscussed: not sure",
    )
    for models in (True, False):
        print(f"\n{'With the models' if models else 'By words only'}\n")
        print(f"| Show | Kind | {' | '.join(heads)} |\n|---|---|{'---|' * len(heads)}")
        spent: list[float] = []
        for show in SHOWS:
            library = open_library(show) if show in OWN or SHARED.is_dir() else None
            if library is None:
                continue
            found = measure(library, models=models, unseen=unseen, verbose=verbose)
            spent += [value for values in found["milliseconds"].values() for value in values]
            for kind in ("first: ", "across", "", "meeting"):
                cells = [
                    _cell([v for name, values in found[figure].items() if _is_of(name, kind) for v in values])
                    for figure in figures
                ]
                if any(cells):
                    print(f"| {show} | {_KINDS[kind]} | {' | '.join(cells)} |")
        print(
            f"\nprocessor milliseconds: median {np.median(spent):.0f}, 99 of 100 within {np.quantile(spent, 0.99):.0f}"
        )


_KINDS = {"first: ": "first set", "across": "our own", "": "fresh", "meeting": "meetings"}


def _is_of(kind: str, wanted: str) -> bool:
    """Say whether a topic's kind is of one of _KINDS; undiscussed ones of our own are shown with the fresh ones."""
    if wanted:
        return kind.startswith(wanted)
    return not kind.startswith(("first: ", "across", "meeting"))


if __name__ == "__main__":
    main()
