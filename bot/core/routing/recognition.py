"""What kind a message is by what it means and how it is put: a linear model, for what no example is near to in words.

`benchmarks/train_reading.py` made `recognition.npz` from the examples of `kinds.toml`, messages by several writers, and
questions and lines, which are of no kind.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bot.core.routing.nearness import read_nearness

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ASKED", "Recognised", "is_said_to_bots", "recognise", "signs_of"]

ASKED = "asked"
"""The kind of what is asked of the transcripts."""


_MANY = 9
"""Words of a message beyond which it is long, however many they are."""


class Recognised(NamedTuple):
    """The likeliest kind of a message, and the chance, 0..1, that it asks the transcripts nothing."""

    key: str
    chance: float


def signs_of(text: str) -> list[str]:
    """Return what a message is known by beside its vector: words, which stand together, how many, a question mark.

    Words are as `Nearness.words` writes them; `^` stands before the first, `$` behind the last.
    """
    words = read_nearness("bot.core.routing", "kinds.toml").words(text)
    found = {*words, *(f"{one} {other}" for one, other in pairwise(("^", *words, "$"))), f"#{min(len(words), _MANY)}"}
    return sorted(found | {"?"} if text.rstrip().endswith("?") else found)


def recognise(text: str, vector: NDArray[np.float32]) -> Recognised:
    """Return what a message is by its signs and its vector, as `Embeddings.vector` gives it; ASKED is never the key."""
    model = _model()
    scores = vector @ model.weights + model.constants
    known = [model.rows[sign] for sign in signs_of(text) if sign in model.rows]
    if known:
        scores = scores + model.signs[known].astype("float32").sum(0) / math.sqrt(len(known))
    by_key = dict(zip(model.keys, scores.tolist(), strict=True))
    most = max(by_key.values())
    shares = {key: math.exp(score - most) for key, score in by_key.items()}
    asked = shares.pop(ASKED)
    return Recognised(max(shares, key=lambda key: shares[key]), 1 - asked / (asked + sum(shares.values())))


def is_said_to_bots(word: str) -> bool:
    """Say whether several messages have a word that named nothing of a show; it is as `Nearness.words` writes it."""
    return word in _model().vocabulary


class _Model(NamedTuple):
    """The kinds, a column of weights each, of the vector and of signs, by rows; the words that are said to bots."""

    keys: tuple[str, ...]
    weights: NDArray[np.float32]
    rows: dict[str, int]
    signs: NDArray[np.float16]
    constants: NDArray[np.float32]
    vocabulary: frozenset[str]


@lru_cache(maxsize=1)
def _model() -> _Model:
    import numpy as np  # noqa: PLC0415 - words alone never need it

    with np.load(Path(__file__).with_name("recognition.npz")) as kept:
        return _Model(
            tuple(kept["keys"].tolist()),
            kept["weights"].astype(np.float32),
            {sign: number for number, sign in enumerate(kept["signs"].tolist())},
            kept["by_sign"],
            kept["constants"].astype(np.float32),
            frozenset(kept["vocabulary"].tolist()),
        )
