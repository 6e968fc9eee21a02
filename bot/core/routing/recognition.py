"""What kind a message is by what it means: a linear model of its vector, for what no example is near to in words.

`benchmarks/train_reading.py` made `recognition.npz` from the examples of `kinds.toml`, messages by several writers, and
questions and lines, which are of no kind.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ASKED", "Recognised", "is_said_to_bots", "recognise"]

ASKED = "asked"
"""The kind of what is asked of the transcripts."""


class Recognised(NamedTuple):
    """The likeliest kind of a message, and the chance, 0..1, that it asks the transcripts nothing."""

    key: str
    chance: float


def recognise(vector: NDArray[np.float32]) -> Recognised:
    """Return what a message is by its vector, as `Embeddings.vector` gives it; ASKED is never the key."""
    model = _model()
    scores = dict(zip(model.keys, (vector @ model.weights + model.constants).tolist(), strict=True))
    most = max(scores.values())
    shares = {key: math.exp(score - most) for key, score in scores.items()}
    asked = shares.pop(ASKED)
    return Recognised(max(shares, key=lambda key: shares[key]), 1 - asked / (asked + sum(shares.values())))


def is_said_to_bots(word: str) -> bool:
    """Say whether several messages have a word that named nothing of a show; it is as `Nearness.words` writes it."""
    return word in _model().vocabulary


class _Model(NamedTuple):
    """The kinds, a column of weights each, their constants, and the words that are said to bots."""

    keys: tuple[str, ...]
    weights: NDArray[np.float32]
    constants: NDArray[np.float32]
    vocabulary: frozenset[str]


@lru_cache(maxsize=1)
def _model() -> _Model:
    import numpy as np  # noqa: PLC0415 - words alone never need it

    with np.load(Path(__file__).with_name("recognition.npz")) as kept:
        return _Model(
            tuple(kept["keys"].tolist()),
            kept["weights"].astype(np.float32),
            kept["constants"].astype(np.float32),
            frozenset(kept["vocabulary"].tolist()),
        )
