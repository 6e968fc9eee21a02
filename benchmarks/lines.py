"""How well half-remembered lines are found on several shows: `python -m benchmarks.lines` prints a table by show.

The lines are the unseen half of `tests/sets/fresh_lines.jsonl`: retold by readers who did not know the code, most of
them with no word in common. Beside `/quote` stand bare tantivy over the same index and RapidFuzz over every sentence.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz import fuzz, process

from benchmarks.shows import SHOWS, fresh_rows, open_library, places_of
from bot.search.quote import rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.shows import Library
    from bot.search.index.words import Place

FIRST = 3
"""Passages that are looked at."""


def _by_quote(library: Library, line: str, *, models: bool) -> list[frozenset[Place]]:
    """Return the sentences of each passage that `/quote` shows."""
    embeddings = library.embeddings if models else None
    hits = rank(library.corpus, library.index, line, FIRST, embeddings)
    found = [(library.corpus.find(hit.passage.episode.show.id, hit.passage.episode.id), hit.passage) for hit in hits]
    return [
        frozenset((number, at) for at in range(passage.first, passage.last + 1))
        for number, passage in found
        if number is not None
    ]


def _by_words(library: Library, line: str) -> list[frozenset[Place]]:
    """Return the sentences that BM25 puts first."""
    return [frozenset([place]) for _, place in library.index.top("words", line, FIRST)]


def _by_letters(sentences: dict[Place, str], line: str) -> list[frozenset[Place]]:
    """Return the sentences that RapidFuzz puts first."""
    found = process.extract(line, sentences, scorer=fuzz.WRatio, limit=FIRST)
    return [frozenset([place]) for _, _, place in found]


def _ranks(found: Iterable[Sequence[bool]]) -> str:
    """Return the shares of lines whose passage is first, and among the first three."""
    rows = [(bool(hit[:1]) and hit[0], any(hit)) for hit in found]
    first, among = np.mean(rows, axis=0)
    return f"{first:.2f} / {among:.2f}"


def main() -> None:
    """Measure each show, and each kind over all of them."""
    ways = ("`/quote`", "from words", "bare tantivy", "RapidFuzz")
    by_show: dict[str, dict[str, list[list[bool]]]] = defaultdict(lambda: defaultdict(list))
    counts: dict[str, int] = defaultdict(int)
    for show in SHOWS:
        library = open_library(show)
        rows = fresh_rows("lines", show, unseen=True) if library else []
        if library is None or not rows:
            continue
        episodes = [library.corpus.episode(number) for number in range(len(library.corpus.entries))]
        said = {(n, s): e.passage(s, s).text for n, e in enumerate(episodes) for s in range(len(e.sentences))}
        for row in rows:
            gold = places_of(library, row["gold"])
            found = (
                _by_quote(library, row["query"], models=True),
                _by_quote(library, row["query"], models=False),
                _by_words(library, row["query"]),
                _by_letters(said, row["query"]),
            )
            for name in (show, f"all: {row['kind']}", "all"):
                counts[name] += 1
                for way, passages in zip(ways, found, strict=True):
                    by_show[name][way].append([bool(places & gold) for places in passages])
    print(f"| Show or kind, rank 1 / 1 to 3 | n | {' | '.join(ways)} |\n|---|---|{'---|' * len(ways)}")
    for name, hits in sorted(by_show.items(), key=lambda each: each[0].startswith("all")):
        print(f"| {name} | {counts[name]} | {' | '.join(_ranks(hits[way]) for way in ways)} |")


if __name__ == "__main__":
    main()
