"""The figures of quality, each beside the least it may be: `make figures`, or `python -m benchmarks.figures`.

It ends with 1 when one has fallen below. `benchmarks.quality` and `benchmarks.highlights` write what is kept of the
figures, with `--write`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import highlights, quality, topics
from benchmarks.shows import open_library
from bot.corpus import open_corpus
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Shares = Mapping[str, tuple[float, int]]

__all__ = ["Guard", "guarded_highlights", "guarded_quality", "report"]

ALLOWED = 0.02
"""How far a figure of quality over all kinds may fall; of one kind it may fall by one row more."""

GUARDED = ("quote", "verify said", "verify never", "verify not", "ask", "topic")
"""How the names of guarded figures of quality begin."""

TOLD_APART, DRAWN = 0.95, 0.005
"""What issue 6 asks of good spans against bad ones; half a point below the last is a loss: nothing is drawn by lot."""

SURE = ("bad: ad", "bad: introduction", "bad: outro", "bad: voices", "bad: cut", "bad: too long")
SURELY = 0.97
"""Kinds of bad spans that good ones must outscore nearly always, and how often."""

POINTS = {True: 0.42, False: 0.35}
"""The least share of points touched of the shipped episode's first topics, with the models and without."""

DECLINED = 0.87
"""The least share of undiscussed topics whose passages are not said to be about them."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A figure as measured, and the least it may be."""

    name: str
    found: float
    least: float

    @property
    def stands(self) -> bool:
        """Whether it has not fallen below the least."""
        return self.found >= self.least


def guarded_quality(kept: Mapping[str, Shares], found: Mapping[str, Shares]) -> Iterator[Guard]:
    """Yield the figures of `benchmarks.quality`; no claim that was never made may be word for word or close."""
    for figure, kinds in kept.items():
        if figure.startswith(GUARDED):
            for kind, (share, count) in kinds.items():
                least = share - ALLOWED - (0 if kind == "all" else 1 / count)
                yield Guard(f"{figure}, {kind}", found[figure][kind][0], least)
    for part in ("tuned", "aside"):
        yield Guard(f"verify never {part}, each", found[f"verify never {part}"]["all"][0], 1.0)


def guarded_highlights(kept: Shares, found: Shares) -> Iterator[Guard]:
    """Yield how well good spans of the third kept aside are told from bad ones."""
    yield Guard("highlights aside, bad", found["bad"][0], max(TOLD_APART, kept["bad"][0] - DRAWN))
    for kind in SURE:
        yield Guard(f"highlights aside, {kind}", found[kind][0], SURELY)


def _guarded_topics(*, models: bool) -> Iterator[Guard]:
    library = open_library("shipped", models=models)
    if library is None:
        return
    measured = topics.measure(library, models=models)
    with_models = "with models" if models else "words only"
    for figure, least in {"touched": POINTS[models], "declined": DECLINED}.items():
        values = [value for kind, each in measured[figure].items() if kind.startswith("first: ") for value in each]
        yield Guard(f"topics {figure}, {with_models}", sum(values) / len(values), least)


def report(guards: Iterable[Guard]) -> int:
    """Print each figure as soon as it is known; return how many have fallen."""
    print("| Figure | is | least | |\n|---|---|---|---|")
    fallen = 0
    for guard in guards:
        fallen += not guard.stands
        print(f"| {guard.name} | {guard.found:.4f} | {guard.least:.4f} | {'' if guard.stands else 'FALLEN'} |")
    print(f"\n{fallen} fell below what is guarded." if fallen else "\nNone fell.")
    return fallen


def _measured() -> Iterator[Guard]:
    """Measure everything that is guarded."""
    corpus = open_corpus(ROOT / "content")
    kept = json.loads(highlights.FIGURES.read_text("utf-8"))["aside"]
    yield from guarded_highlights(kept, highlights.areas(highlights.judgements(corpus), aside=True))
    for models in (True, False):
        yield from _guarded_topics(models=models)
    kept = json.loads(quality.FIGURES.read_text("utf-8"))
    yield from guarded_quality(kept, quality.measure(quality.measured_core()))


if __name__ == "__main__":
    sys.exit(1 if report(_measured()) else 0)
