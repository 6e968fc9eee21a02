"""Linear models as data: weights and features go together by their names."""

from __future__ import annotations

import numpy as np
import pytest

from bot.errors import OperatorError
from bot.language.linear import Linear, logistic, standard

TABLE = {"constant": 0.5, "weights": {"length": [10.0, 2.0, 3.0], "rare": -1.0}}


def test_a_score_is_the_constant_and_the_weighed_sum_of_standardised_features_in_any_order() -> None:
    model = Linear(TABLE, ["rare", "length"], "test")

    assert model.score({"rare": 2.0, "length": 14.0}) == pytest.approx(0.5 + 2 * 3 - 2)
    assert model.score({"length": 14.0, "rare": 2.0}) == model.score({"rare": 2.0, "length": 14.0})


def test_columns_are_scored_as_numbers_are() -> None:
    model = Linear(TABLE, ["rare", "length"], "test")

    column = model.score({"rare": np.array([2.0, 0.0]), "length": np.array([14.0, 10.0])})

    assert column.tolist() == pytest.approx([4.5, 0.5])


@pytest.mark.parametrize(
    ("features", "says"),
    [
        (["length", "rare", "new"], "no weight for “new”"),
        (["length"], "no feature “rare”"),
        (["length", "rarity"], "no weight for “rarity”, no feature “rare”"),
    ],
)
def test_a_name_missing_on_either_side_is_told_in_a_sentence(features: list[str], says: str) -> None:
    with pytest.raises(OperatorError) as refused:
        Linear(TABLE, features, "bot/some/room")

    assert str(refused.value) == f"The weights of bot/some/room don't match its features: {says}."


def test_a_chance_is_even_at_nought_and_stays_within_bounds() -> None:
    assert logistic(0.0) == 0.5
    assert 0 < logistic(-1e9) < logistic(1e9) < 1


def test_what_is_all_the_same_is_nought_when_standardised() -> None:
    assert standard(np.array([7.0, 7.0])).tolist() == [0, 0]
    assert standard(np.array([1.0, 3.0])).tolist() == [-1, 1]
    assert standard(np.zeros(0)).tolist() == []
