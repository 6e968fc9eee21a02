"""Linear models as data: a constant and, for each feature by its name, how it is standardised and what it weighs."""

from __future__ import annotations

import json
import math
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeVar

from bot.errors import OperatorError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Linear", "logistic", "read_weights", "standard"]

_Value = TypeVar("_Value", float, "NDArray[np.float64]")
"""A feature's value: a number, or a column with a number for each of many things."""


class Linear:
    """A linear model of features, which go by their names; their order means nothing."""

    def __init__(self, table: Mapping[str, Any], features: Collection[str], source: str) -> None:
        """Take the `weights` of a table, [mean, scale, weight] or a weight alone by feature, and its `constant` (or 0).

        Raises OperatorError when the features weighed are not those given; `source` says where the weights stand.
        """
        weights: dict[str, Any] = table["weights"]
        unweighed = [say("weights.no-weight", name=name) for name in features if name not in weights]
        unknown = [say("weights.no-feature", name=name) for name in weights if name not in features]
        if unweighed or unknown:
            raise OperatorError(say("weights.other", source=source, differing=", ".join(unweighed + unknown)))
        rows = {name: row if isinstance(row, list) else (0.0, 1.0, row) for name, row in weights.items()}
        # Standardising is folded into weights and constant, so that a score costs one product a feature.
        self._weights = [(name, weight / scale) for name, (_, scale, weight) in rows.items()]
        folded = sum(mean / scale * weight for mean, scale, weight in rows.values())
        self._constant = float(table.get("constant", 0.0)) - folded

    def score(self, values: Mapping[str, _Value]) -> _Value:
        """Return the constant and the weighed sum of standardised features."""
        total: Any = self._constant
        for name, weight in self._weights:
            total = total + weight * values[name]
        return total  # type: ignore[no-any-return]  # a number of numbers, a column of columns


def logistic(score: float) -> float:
    """Return the chance that a score of a logistic regression stands for."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values with mean 0 and deviation 1; all 0 when they are all the same."""
    spread = float(values.std()) if len(values) else 0.0
    return (values - values.mean()) / spread if spread > 1e-9 else values * 0.0  # noqa: PLR2004 - rounding


def read_weights(package: str) -> dict[str, Any]:
    """Return what the `weights.json` of a package holds."""
    table: dict[str, Any] = json.loads(resources.files(package).joinpath("weights.json").read_text("utf-8"))
    return table
