"""Questions that passages answer, as a language model proposed them: looked through like sentences, and never shown.

An episode has two files, named by the digest of its words and by the model: what was said about each passage, a line
each, written as it is said, so that asking can go on anywhere; and, when that is whole, the codes of the questions.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.corpus import Section
from bot.search.index.nearest import CODE_WORDS, Codes, Nearest, encode
from bot.search.index.vectors import write_whole

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bot.corpus import Episode, EpisodeEntry
    from bot.search.index.words import Place

__all__ = ["LONGEST_PASSAGE", "Answered", "Proposed", "passages_of"]

LONGEST_PASSAGE, FEWEST_WORDS = 6, 12
"""Sentences of a passage about which is asked, and the fewest words of one."""

_LAYOUT = "1"


class Answered(NamedTuple):
    """Questions that the sentences `first`..`last` of an episode answer."""

    first: int
    last: int
    questions: tuple[str, ...]


def passages_of(episode: Episode) -> list[tuple[int, int]]:
    """Return the first and last sentence of each passage of the conversation: in one chapter, without a gap."""
    numbers, paragraphs = episode.sentences.paragraphs, episode.paragraphs
    found: list[list[int]] = []
    for sentence, number in enumerate(numbers):
        here = paragraphs[number]
        if here.section is not Section.CONVERSATION:
            continue
        last = found[-1] if found else []
        goes_on = last and last[-1] == sentence - 1 and len(last) < LONGEST_PASSAGE
        if goes_on and paragraphs[numbers[last[-1]]].chapter == here.chapter and episode.is_whole(last[0], sentence):
            last.append(sentence)
        else:
            found.append([sentence])
    spans = [(run[0], run[-1]) for run in found]
    return [span for span in spans if len(episode.passage(*span).text.split()) >= FEWEST_WORDS]


class Proposed:
    """The questions that one model proposed for a library's episodes; `known` are the numbers of those that have them.

    One thread may add to them while others search.
    """

    def __init__(self, folder: Path, model: str, entries: Sequence[EpisodeEntry]) -> None:
        """Take the folder of the files, the model's name and the corpus's episodes, and what is there."""
        self.folder = folder
        self.known: frozenset[int] = frozenset()
        self._model = hashlib.sha256(model.encode()).hexdigest()[:12]
        self._entries = entries
        self._spans: dict[int, NDArray[np.int32]] = {}
        self._nearest = Nearest()
        self.grow()

    def grow(self) -> None:
        """Take in what is there and was not before."""
        found = {n: read for n in range(len(self._entries)) if n not in self.known and (read := self._read(n))}
        if found:
            self._spans |= {number: spans for number, (spans, _) in found.items()}
            self._nearest.add({number: codes for number, (_, codes) in found.items()})
            self.known |= found.keys()

    def near(self, vector: NDArray[np.float32], limit: int, among: Collection[int] | None = None) -> list[Place]:
        """Return the sentences of up to `limit` passages whose questions are nearest to one, in some episodes."""
        near = self._nearest.search(vector, among)
        found: dict[tuple[int, int, int], None] = {}
        for number, row in zip(near.episodes.tolist(), near.numbers.tolist(), strict=True):
            first, last = self._spans[number][row].tolist()
            found[number, first, last] = None
            if len(found) == limit:
                break
        return [(number, sentence) for number, first, last in found for sentence in range(first, last + 1)]

    def said(self, number: int) -> dict[tuple[int, int], Answered]:
        """Return what was said about passages of an episode so far, by their first and last sentence."""
        try:
            lines = self._path(number, "jsonl").read_text("utf-8", "replace").splitlines()
        except OSError:
            return {}
        rows = [answered for line in lines if (answered := _answered(line))]
        return {(row.first, row.last): row for row in rows}

    def note(self, number: int, answered: Answered) -> None:
        """Keep what was said about a passage. Raises OSError when the folder cannot be written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._path(number, "jsonl").open("a", encoding="utf-8") as file:
            # A line that a killed process left unfinished ends here.
            file.write(f"\n{json.dumps(answered)}\n")

    def keep(self, number: int, spans: Sequence[tuple[int, int]], vectors: NDArray[np.float32]) -> None:
        """Keep an episode's questions: vectors (n, WIDTH) of length 1, and the passage (n) that answers each."""
        codes = encode(vectors, np.ones(len(vectors), np.float32))
        table = io.BytesIO()
        np.savez(table, spans=np.array(spans, np.int32).reshape(-1, 2), bits=codes.bits, factors=codes.factors)
        write_whole(self._path(number, "npz"), table.getvalue())
        self.grow()

    def _path(self, number: int, ending: str) -> Path:
        return self.folder / f"questions-{_LAYOUT}-{self._entries[number].digest[:24]}-{self._model}.{ending}"

    def _read(self, number: int) -> tuple[NDArray[np.int32], Codes] | None:
        """Return an episode's passages and codes, or None when there are none, or no whole ones."""
        try:
            # Opened here: NumPy leaves open what it cannot read.
            with self._path(number, "npz").open("rb") as file, np.load(file, allow_pickle=False) as table:
                spans, bits, factors = table["spans"], table["bits"], table["factors"]
        except (OSError, ValueError, KeyError, EOFError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error):
            return None
        kinds = (spans.dtype, bits.dtype, factors.dtype) == (np.int32, np.uint64, np.float32)
        count = len(factors) if factors.ndim == 1 else -1
        if not kinds or spans.shape != (count, 2) or bits.shape != (CODE_WORDS, count):
            return None
        sentences = self._entries[number].sentences
        if count and not (spans.min() >= 0 and spans.max() < sentences and (spans[:, 0] <= spans[:, 1]).all()):
            return None
        return spans, Codes(bits, factors, np.ones(count, np.float32))


def _answered(line: str) -> Answered | None:
    """Read a line of what was said; None when it is not whole."""
    try:
        first, last, questions = json.loads(line)
    except (ValueError, TypeError, RecursionError):
        return None
    if not (isinstance(first, int) and isinstance(last, int) and isinstance(questions, list)):
        return None
    return Answered(first, last, tuple(each for each in questions if isinstance(each, str)))
