"""Train what makes a good highlight: writes `bot/highlights/weights.json` and prints what it reaches.

    python -m benchmarks.train_highlights

`tests/sets/highlights.jsonl` has spans of the shipped episode as source offsets: good, plain (valid, but nothing to
post) and bad ones of many kinds. Logistic regression on the features with a ridge, fitted on two thirds; the third kept
aside (by a hash of the words) is only measured. Spans of the kind "mined" are those an earlier fit wrongly thought
best; they are all trained on, since their choice depends on a fit. Plain spans count as bad, with less weight. Whether
a span is on the curated list is no feature. Cross-validated figures of the two thirds stand beside those of the third.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.fitting import Fitted, fit_chance, write_weights
from benchmarks.sets import is_kept_aside, load_set
from bot.corpus import open_corpus
from bot.highlights import read
from bot.highlights.features import FEATURES
from bot.highlights.score import edition_span
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bot.highlights.features import EpisodeReading

    Array = NDArray[np.float64]

__all__ = ["area", "is_aside"]

FOLDS = 10
RIDGE = 0.05
STEPS = 3_000
WORTH = {"good": 1.0, "bad": 1.0, "plain": 0.4}
"""What a row counts: between plain and good even people differ."""

WORTH_MINED = 0.4
"""What a mined row counts: these are the hardest, and not what the bot meets on an ordinary day."""

AT_MOST = {
    "advert": 0.02,
    "frame": 0.02,
    "edge": 0.5,
    "half-quoted": 0.3,
    "small-start": 0.5,
    "verbless": 0.5,
    "fragment": 0.5,
    "bracketed": 0.5,
    "near-advert": 0.5,
    "house": 0.4,
    "voices": 0.15,
    "begins-inside": 0.25,
    "ends-inside": 0.25,
    "repeated": 0.2,
    "farewell": 0.3,
    "mended": 0.7,
    "nameless": 0.95,
}
"""The share of its chance that a span keeps which is wholly so: rules of the house, not a matter of words."""

BARRED_OVER = {
    "advert": 0,
    "edge": 0,
    "house": 0,
    "half-quoted": 0,
    "small-start": 0,
    "verbless": 0,
    "fragment": 0,
    "bracketed": 0,
    "near-advert": 0,
    "joined-start": 0,
    "vague-start": 0,
    "early-pointing": 0,
    "asking-start": 0,
    "ends-asking": 0,
    "shared-start": 0,
    "trails-off": 0,
    "talk-of-talk": 0,
    "farewell": 0,
    "selling": 0,
    "broken": 0,
    "answers": 0,
    "repeated": 0.05,
    "stutter": 0.03,
    "loose": 0.5,
    "mended": 0.7,
    "filler": 0.14,
    "dealings": 1.1,
}
"""What of a feature bars a span from being posted unpicked, whatever its score: the next reader has no context."""

THRESHOLD, THRESHOLD_BESIDE_CURATED = 0.65, 0.85
"""The score from which on a span is posted unpicked: in an episode that nobody curated, and beside a curated list,
where a person has passed the others over. Set by reading what each lets through."""


def is_aside(row: dict[str, Any]) -> bool:
    """Say whether a row is in the third that nothing is tuned on."""
    return row["kind"] != "mined" and is_kept_aside({"query": row["quote"]})


def area(good: Sequence[float], bad: Sequence[float]) -> float:
    """Return the area under the ROC curve: how often a good span outscores a bad one; ties count half."""
    first, second = np.array(good)[:, None], np.array(bad)[None, :]
    return float(((first > second) + 0.5 * (first == second)).mean())


def _features(reading: EpisodeReading, row: dict[str, Any]) -> list[float] | None:
    """Return the features of a row's span, in the order of FEATURES."""
    span = edition_span(reading.episode, row["start"], row["end"])
    return list(reading.features(*span).values()) if span else None


def _fit(inputs: Array, wanted: Array, worth: Array) -> Fitted:
    """Fit the chance that a span is good."""
    return fit_chance(inputs, wanted, worth, ridge=(RIDGE, 0.0), steps=STEPS, rate=0.02)


def main() -> None:
    """Fit, print, write."""
    corpus = open_corpus(ROOT / "content")
    reading = read(corpus, 0)
    found = [(row, _features(reading, row)) for row in load_set("highlights.jsonl")]
    rows = [row for row, features in found if features is not None]
    inputs = np.array([features for _, features in found if features is not None])
    wanted = np.array([float(row["label"] == "good") for row in rows])
    worth = np.array([WORTH[row["label"]] * (WORTH_MINED if row["kind"] == "mined" else 1) for row in rows])
    aside = np.array([is_aside(row) for row in rows])
    folds = np.arange(len(rows)) % FOLDS
    crossed = np.zeros(len(rows))
    for fold in range(FOLDS):
        crossfit = _fit(*(part[~aside & (folds != fold)] for part in (inputs, wanted, worth)))
        crossed[folds == fold] = crossfit.score(inputs)[folds == fold]
    fitted = _fit(inputs[~aside], wanted[~aside], worth[~aside])
    scores = fitted.score(inputs)
    labels = np.array([row["label"] for row in rows])
    for name, part, values in (
        ("fitted", ~aside, scores),
        ("cross-validated", ~aside, crossed),
        ("aside", aside, scores),
    ):
        good, bad, plain = (values[part & (labels == label)] for label in ("good", "bad", "plain"))
        print(
            f"{name}: good over bad {area(list(good), list(bad)):.3f}, good over plain "
            f"{area(list(good), list(plain)):.3f} ({len(good)} good, {len(bad)} bad, {len(plain)} plain), before limits"
        )
    for weight, name in sorted(zip(fitted.weights.tolist(), FEATURES, strict=True)):
        print(f"  {weight:+.2f} {name}")
    table = fitted.raw_table(list(FEATURES), 4) | {
        "at-most": AT_MOST,
        "threshold": THRESHOLD,
        "threshold-beside-curated": THRESHOLD_BESIDE_CURATED,
        "barred-over": BARRED_OVER,
    }
    write_weights("bot/highlights", table)


if __name__ == "__main__":
    main()
