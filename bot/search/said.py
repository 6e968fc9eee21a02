"""Words that stand in a transcript one after another, found at any size of library."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from bot.search.index.words import LONGEST_RUN, end_of_stretch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.corpus import Corpus, Episode, Passage
    from bot.search.index.words import WordIndex

__all__ = ["find_said"]


def find_said(corpus: Corpus, index: WordIndex, line: str, limit: int) -> list[tuple[int, Passage]]:
    """Return the sentences in which the words of a line stand one after another, with the numbers of their episodes.

    Words are compared as the index has them: without case, accents and endings. A line of more than 16 words is looked
    for by its first 16. Up to `limit` stretches of transcript are read.
    """
    run = index.stems(line)[:LONGEST_RUN]
    found: dict[tuple[int, int, int], tuple[int, Passage]] = {}
    for number, first in index.stretches(run, limit):
        episode = corpus.episode(number)
        for begin, end in _places(episode, index, first, run):
            if episode.is_whole(begin, end):
                found.setdefault((number, begin, end), (number, episode.passage(begin, end)))
    return list(found.values())


def _places(episode: Episode, index: WordIndex, first: int, run: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last sentence of each place in a stretch that has a run of stems."""
    last = bisect_left(episode.sentences.begins, end_of_stretch(episode, first)) - 1
    rows = [index.stems(episode.passage(number, number).text) for number in range(first, last + 1)]
    owners = [first + number for number, row in enumerate(rows) for _ in row]
    text = f" {' '.join(stem for row in rows for stem in row)} "
    wanted = f" {' '.join(run)} "
    at = text.find(wanted)
    while at >= 0:
        begin = text.count(" ", 0, at)
        yield owners[begin], owners[begin + len(run) - 1]
        at = text.find(wanted, at + 1)
