"""What was said near a claim, as rows of tokens: where they stand, and which words of a claim stand in a row there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.corpus import is_direction
from bot.language import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.corpus import Episode, Passage

__all__ = ["Region", "Runs", "lean", "longest_runs", "read_regions"]

Runs = list[tuple[int, int]]
"""For each word of a claim the longest run of equal words that begins there: how many, and where in the region."""

_NOTE = re.compile(r"\[[^\[\]]{1,60}\]|\([^()]{1,40}\)")


@dataclass(frozen=True, slots=True)
class Region:
    """Neighbouring sentences as one row of tokens; `begins` and `sentences` say where each token's sentence is."""

    episode: Episode
    tokens: list[Token] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)

    def place(self) -> list[Token]:
        """Return the tokens with their places in the episode's text and their words numbered through."""
        return [
            token._replace(begin=token.begin + begin, end=token.end + begin, word=token.word + begin)
            for token, begin in zip(self.tokens, self.begins, strict=True)
        ]


@lru_cache(maxsize=2048)
def _sentence(text: str) -> tuple[Token, ...]:
    """Return the tokens of a sentence, those of stage directions free; many claims meet the same ones."""
    row = tokens(text)
    notes = (
        [note.span() for note in _NOTE.finditer(text) if is_direction(note[0])] if "[" in text or "(" in text else []
    )
    if not notes:
        return row
    heard = [any(begin <= token.begin < end for begin, end in notes) for token in row]
    return tuple(token._replace(free=token.free or unsaid) for token, unsaid in zip(row, heard, strict=True))


def read_regions(near: Sequence[Passage], reach: int, read: Callable[[Passage], str] | None) -> Iterator[Region]:
    """Yield each candidate with so many sentences on either side, those that touch as one, best candidates first.

    `read` returns the words of a sentence when they are not the edition's.
    """
    spans: list[tuple[Episode, int, int]] = []
    for passage in near:
        wide = passage.widen(reach)
        first, last = wide.first, wide.last
        for number, (episode, begin, end) in enumerate(spans):
            touching = episode is wide.episode and first <= end + 1 and begin <= last + 1
            if touching and episode.is_whole(min(first, begin), max(last, end)):
                spans[number] = episode, min(first, begin), max(last, end)
                break
        else:
            spans.append((wide.episode, first, last))
    for episode, first, last in spans:
        region = Region(episode)
        for sentence in range(first, last + 1):
            passage = episode.passage(sentence, sentence)
            row = _sentence(read(passage) if read else passage.text)
            region.tokens.extend(row)
            region.begins.extend([passage.begin] * len(row))
            region.sentences.extend([sentence] * len(row))
        yield region


def lean(row: Sequence[Token]) -> list[int]:
    """Return the numbers of the tokens that are not free."""
    return [number for number, token in enumerate(row) if not token.free]


def longest_runs(forms: Sequence[str], region: Region) -> Runs:
    """Return for each word the longest run of equal words that begins there; free words of the region do not count."""
    places: dict[str, list[int]] = {}
    for place, number in enumerate(lean(region.tokens)):
        places.setdefault(region.tokens[number].form, []).append(place)
    runs: Runs = []
    after: dict[int, int] = {}
    for form in reversed(forms):
        here = {place: after.get(place + 1, 0) + 1 for place in places.get(form, ())}
        best = max(here, key=here.__getitem__, default=0)
        runs.append((here.get(best, 0), best))
        after = here
    return runs[::-1]
