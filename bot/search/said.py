"""Words that stand in a transcript one after another, found at any size of library."""

from __future__ import annotations

from bisect import bisect_left
from itertools import groupby
from typing import TYPE_CHECKING

from bot.search.index.words import LONGEST_RUN, SHORTEST_RUN, end_of_stretch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.corpus import Corpus, Episode, Passage
    from bot.search.index.words import WordIndex

__all__ = ["find_run", "find_said", "known_runs"]

_MOST_RUNS = 2
"""Runs of a mistyped line that are looked up: the longest say where it stands."""


def find_said(corpus: Corpus, index: WordIndex, line: str, limit: int) -> list[tuple[int, Passage]]:
    """Return the sentences in which the words of a line stand one after another, with the numbers of their episodes.

    Words are compared as the index has them: without case, accents and endings. A line of more than 16 words is looked
    for by its first 16. Up to `limit` stretches of transcript are read.
    """
    return find_run(corpus, index, index.stems(line), limit)


def find_run(corpus: Corpus, index: WordIndex, run: Sequence[str], limit: int) -> list[tuple[int, Passage]]:
    """Return the same of words as the index has them."""
    run = run[:LONGEST_RUN]
    found: dict[tuple[int, int, int], tuple[int, Passage]] = {}
    for number, first in index.stretches(run, limit):
        episode = corpus.episode(number)
        for begin, end in _places(episode, index, first, run):
            if episode.is_whole(begin, end):
                found.setdefault((number, begin, end), (number, episode.passage(begin, end)))
    return list(found.values())


def known_runs(index: WordIndex, line: str) -> list[list[str]]:
    """Return the longest runs of a line between words that nobody says, longest first; none where all are said.

    However common its other words are, a line with slips of the fingers is found by what stands between them.
    """
    stems = index.stems(line)
    runs = [list(run) for said, run in groupby(stems, lambda stem: index.count(stem) > 0) if said]
    long = sorted((run for run in runs if SHORTEST_RUN <= len(run) < len(stems)), key=len, reverse=True)
    return long[:_MOST_RUNS]


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
