"""Choose in which directions vectors are kept: writes `bot/search/index/projection.npy`.

    python -m benchmarks.train_projection CONTENT CONTENT …

Of every show in these content folders as many sentences are read. The first row of the file is the mean of their
vectors (from which the signs of a code are taken), the others are the directions in which the states of their tokens
are longest (principal components that are not centred, as likeness is a plain product).
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np

from bot.corpus import open_corpus
from bot.search.index.models import TOKEN_WIDTH, Dense, Late, weights_folder
from bot.settings import ROOT

SENTENCES = 400
"""Sentences that are read of each show."""


def main() -> None:
    """Read sentences of each show, with the same draw each time, and write the file."""
    weights = weights_folder()
    if weights is None:
        raise SystemExit
    draw = random.Random(16)  # noqa: S311 - the same sentences each time
    texts = []
    for folder in sys.argv[1:]:
        corpus = open_corpus(Path(folder), None, print)
        for show in corpus.shows:
            own = [n for n, entry in enumerate(corpus.entries) if entry.show.id == show.id]
            places = [(n, s) for n in own for s in range(corpus.entries[n].sentences)]
            for number, sentence in draw.sample(places, min(SENTENCES, len(places))):
                texts.append(corpus.episode(number).passage(sentence, sentence).text)
    mean = Dense(weights).passages(texts).mean(0)
    states = np.concatenate(Late(weights).states(texts))
    _, directions = np.linalg.eigh(states.T @ states)  # in ascending order
    table = np.concatenate([mean[None], directions.T[::-1][:TOKEN_WIDTH]])
    np.save(ROOT / "bot/search/index/projection.npy", table.astype(np.float16))
    print(f"{len(texts)} sentences, {len(states)} tokens: wrote projection.npy")


if __name__ == "__main__":
    main()
