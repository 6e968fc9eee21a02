"""Fitting linear models of named features, and writing their weights."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Fitted", "Kinds", "fit_chance", "fit_kinds", "fit_order", "standard_of", "write_weights"]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A linear model: weights of features that are standardised by a mean and a scale, and a constant."""

    mean: Array
    scale: Array
    weights: Array
    constant: float = 0.0

    def score(self, rows: Array) -> Array:
        """Return the score of each row of features."""
        return np.asarray(((rows - self.mean) / self.scale) @ self.weights + self.constant)

    def raw_table(self, names: Sequence[str], digits: int) -> dict[str, Any]:
        """Return the model for features as they are, as `bot.language.linear.Linear` reads it: the weight by name."""
        raw = self.weights / self.scale
        weights = {name: round(weight, digits) for name, weight in zip(names, raw.tolist(), strict=True)}
        return {"constant": round(self.constant - float(raw @ self.mean), digits), "weights": weights}

    def table(self, names: Sequence[str], digits: int = 5) -> dict[str, Any]:
        """Return the model as `bot.language.linear.Linear` reads it: [mean, scale, weight] by name."""
        rows = np.stack([self.mean, self.scale, self.weights], 1).tolist()
        rounded = {name: [round(value, digits) for value in row] for name, row in zip(names, rows, strict=True)}
        return {"constant": round(self.constant, digits), "weights": rounded}


def _descend(width: int, slope: Callable[[Array], Array], steps: int, rate: float = 0.03) -> Array:
    """Minimise by Adam from zeros, given the slope at some parameters."""
    parameters, first, second = np.zeros(width), np.zeros(width), np.zeros(width)
    for step in range(1, steps + 1):
        here = slope(parameters)
        first = 0.9 * first + 0.1 * here
        second = 0.99 * second + 0.01 * here**2
        parameters = parameters - rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return parameters


def standard_of(rows: Array) -> tuple[Array, Array]:
    """Return the mean and the scale by which rows of features are standardised."""
    return rows.mean(0), rows.std(0) + 1e-6


def fit_order(  # noqa: PLR0913 - lists, what they count, how to fit
    lists: Sequence[tuple[Array, Array]],
    standard: tuple[Array, Array],
    ridge: float,
    steps: int,
    *,
    together: bool,
    worth: Array | None = None,
) -> Fitted:
    """Fit chances within lists by a softmax, from (a row of features for each, which of them are wanted) of each list.

    The wanted ones of a list are to get all chance: however they share it when `together`, else the same each.
    A list counts by its `worth`, 1 on average.
    """
    mean, scale = standard
    rows = (np.concatenate([rows for rows, _ in lists]) - mean) / scale
    wanted = np.concatenate([gold for _, gold in lists])
    lengths = [len(gold) for _, gold in lists]
    counts = (np.ones(len(lists)) if worth is None else worth).repeat(lengths)
    starts, of = np.cumsum([0, *lengths[:-1]]), np.repeat(np.arange(len(lists)), lengths)

    def slope(weights: Array) -> Array:
        scores = rows @ weights
        share = np.exp(scores - np.maximum.reduceat(scores, starts)[of])
        share /= np.add.reduceat(share, starts)[of]
        target = (share + 1e-12) * wanted if together else wanted
        target = target / np.add.reduceat(target, starts)[of]
        return np.asarray(rows.T @ ((share - target) * counts) / len(lists) + ridge * weights)

    return Fitted(mean, scale, _descend(rows.shape[1], slope, steps))


def fit_chance(  # noqa: PLR0913 - an example's features, its label, its worth; how to fit
    inputs: Array,
    wanted: Array,
    worth: Array,
    *,
    standard: tuple[Array, Array] | None = None,
    ridge: tuple[float, float],
    steps: int,
    rate: float = 0.03,
) -> Fitted:
    """Fit the chance that an example is wanted by logistic regression; `ridge` holds weights, then the constant."""
    mean, scale = standard or standard_of(inputs)
    rows = np.hstack([(inputs - mean) / scale, np.ones((len(inputs), 1))])
    held = np.append(np.full(inputs.shape[1], ridge[0]), ridge[1])

    def slope(weights: Array) -> Array:
        chance = 1 / (1 + np.exp(-rows @ weights))
        return np.asarray(rows.T @ ((chance - wanted) * worth / worth.sum()) + held * weights)

    weights = _descend(rows.shape[1], slope, steps, rate)
    return Fitted(mean, scale, weights[:-1], float(weights[-1]))


@dataclass(frozen=True, slots=True)
class Kinds:
    """A linear model of kinds: a column of weights and a constant each."""

    kinds: list[str]
    weights: Array
    constants: Array

    def shares(self, rows: Array) -> Array:
        """Return the chance of each kind for each row of features."""
        scores = rows @ self.weights + self.constants
        shares = np.exp(scores - scores.max(1, keepdims=True))
        return np.asarray(shares / shares.sum(1, keepdims=True))


def fit_kinds(inputs: Array, wanted: Sequence[str], ridge: float, steps: int, rate: float = 0.08) -> Kinds:
    """Fit of which kind an example is by a softmax."""
    kinds = sorted(set(wanted))
    numbers = np.array([kinds.index(kind) for kind in wanted])
    rows = np.hstack([inputs, np.ones((len(inputs), 1))])
    target, held = np.eye(len(kinds))[numbers], np.append(np.full(inputs.shape[1], ridge), 0.0)[:, None]

    def slope(flat: Array) -> Array:
        weights = flat.reshape(rows.shape[1], -1)
        model = Kinds(kinds, weights[:-1], weights[-1])
        return np.asarray(rows.T @ (model.shares(inputs) - target) / len(inputs) + held * weights).ravel()

    weights = _descend(rows.shape[1] * len(kinds), slope, steps, rate).reshape(rows.shape[1], -1)
    return Kinds(kinds, weights[:-1], weights[-1])


def write_weights(room: str, table: dict[str, Any]) -> None:
    """Write `weights.json` of a room of the bot, a feature a line."""
    text = json.dumps(table, indent=1, ensure_ascii=False)
    text = re.sub(r"\[\s+([^\[\]{}]+?)\s+\]", lambda row: f"[{' '.join(row[1].split())}]", text)
    (ROOT / room / "weights.json").write_text(text + "\n", "utf-8")
    print(f"wrote {room}/weights.json")
