"""The development sets on the shipped show, and which of their rows are kept aside."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from bot.settings import ROOT

if TYPE_CHECKING:
    from bot.corpus import Corpus

__all__ = ["gold_sentences", "is_kept_aside", "load_set"]


def load_set(name: str) -> list[dict[str, Any]]:
    """Return the rows of a development set."""
    return [json.loads(line) for line in (ROOT / "tests/sets" / name).read_text("utf-8").splitlines()]


def is_kept_aside(row: dict[str, Any]) -> bool:
    """Say whether a row is in the third that nothing is tuned on."""
    return hashlib.sha256(row["query"].encode()).digest()[0] % 3 == 0


def gold_sentences(corpus: Corpus, row: dict[str, Any]) -> set[tuple[int, int]]:
    """Return the sentences a row means: those that share over 0.3 of the shorter with a gold span of the source."""
    episode = corpus.episode(0)
    source = (ROOT / str(episode.tokens.path)).read_text("utf-8")
    found = set()
    for gold in row.get("gold", ()):
        begin = source.index(gold)
        end = begin + len(gold)
        for number in range(len(episode.sentences)):
            place = episode.passage(number, number).source()
            if place is None:
                continue
            ((first, last),) = place.spans
            if min(end, last) - max(begin, first) > 0.3 * min(end - begin, last - first):
                found.add((0, number))
    return found
