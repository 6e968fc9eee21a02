"""The searcher: one object that holds corpus and index and answers off the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bot.search.index import open_index
from bot.search.rank import Hit, rank

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search.index import WordIndex

__all__ = ["Searcher", "open_searcher"]


class Searcher:
    """Answers searches over one corpus; safe to share between tasks."""

    def __init__(self, corpus: Corpus, index: WordIndex) -> None:
        """Take a corpus and the index made from it."""
        self._corpus = corpus
        self._index = index
        self._workers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search")

    async def find(self, line: str, limit: int) -> list[Hit]:
        """Return up to `limit` passages for a half-remembered line, best first."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, self.find_now, line, limit)

    def find_now(self, line: str, limit: int) -> list[Hit]:
        """Do the work of `find` in the calling thread (benchmarks and scripts)."""
        return rank(self._corpus, self._index, line, limit)

    def weight(self, line: str) -> float | None:
        """Return how telling the words of a line are together (their summed rarity), or None when it has no words."""
        stems = self._index.stems(line)
        return sum(self._index.rarity(stem) for stem in set(stems)) if stems else None

    def close(self) -> None:
        """Let the worker thread end after the search it is in."""
        self._workers.shutdown(wait=False, cancel_futures=True)


def open_searcher(corpus: Corpus, folder: Path | None, notice: Callable[[str], None]) -> Searcher:
    """Open the index of a corpus (building it when needed) and return a searcher; see `open_index` for `notice`."""
    return Searcher(corpus, open_index(corpus, folder, notice))
