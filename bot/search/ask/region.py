"""Candidate sentences and what stands around them, in order, with what each one is like whatever was asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from bot.corpus import words
from bot.language import stop_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.corpus import Corpus, Episode, Passage, Section
    from bot.search.index.words import Place, WordIndex

    Column = NDArray[np.float64]

__all__ = ["REGION", "Region", "Utterance", "chapters_of"]

REGION = 8
"""Sentences either side of a candidate that are looked at."""

_KINDS = {
    "number": re.compile(
        r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundreds?|"
        r"thousands?|millions?|billions?|dozens?|half|quarter|twice|couple|percent|first|second|third)\b",
        re.IGNORECASE,
    ),
    "time": re.compile(
        r"\b(?:years?|months?|weeks?|days?|hours?|minutes?|today|tomorrow|yesterday|january|february|march|april|may|june|"
        r"july|august|september|october|november|december|fall|spring|summer|winter|monday|tuesday|wednesday|thursday|"
        r"friday|saturday|sunday|morning|night|(?:19|20)\d\d|when|before|after|until|ago|early|late|later|soon|last|next)\b",
        re.IGNORECASE,
    ),
    "money": re.compile(r"\$|\b(?:dollars?|bucks|priced?|costs?|million|billion|cents?)\b", re.IGNORECASE),
    "name": re.compile(r"(?<=[\s\S][a-z,] )[A-Z][a-z]+"),
}
"""What a question may ask for, and how it looks in a sentence."""

_TAG = re.compile(r"\b(?:right|you know|okay)\?$")


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a sentence is like; `content` counts its words but fillers, `kinds` are those of what it has."""

    stems: frozenset[str]
    forms: frozenset[str]
    content: int
    asks: bool
    speaker: str | None
    host: bool
    section: Section
    kinds: frozenset[str]


class Region:
    """The candidates and what stands around them, in order, with what each sentence is like."""

    def __init__(self, corpus: Corpus, index: WordIndex, pool: set[Place]) -> None:
        """Take the candidates and look REGION sentences around each."""
        self.episodes = {number: corpus.episode(number) for number in {number for number, _ in pool}}
        counts = {number: len(episode.sentences) for number, episode in self.episodes.items()}
        around = {(n, s) for n, at in pool for s in range(max(0, at - REGION), min(counts[n], at + REGION + 1))}
        self.places = sorted(around)
        self.inner = np.array([number for number, place in enumerate(self.places) if place in pool])
        self.episode = np.array([number for number, _ in self.places])
        self.sentence = np.array([sentence for _, sentence in self.places])
        self.said = [_read(index, self.episodes[n].passage(s, s)) for n, s in self.places]

    def chapters(self) -> list[tuple[int, int]]:
        """Return each sentence's episode and chapter."""
        of = {number: chapters_of(episode) for number, episode in self.episodes.items()}
        return [(number, of[number][sentence]) for number, sentence in self.places]

    def shift(self, values: NDArray[np.float64], step: int) -> NDArray[np.float64]:
        """Return each sentence's value of the sentence `step` further on, 0 where there is none."""
        result = np.zeros_like(values)
        if 0 < abs(step) < len(self.places):
            here, there = (
                (slice(None, -step), slice(step, None)) if step > 0 else (slice(-step, None), slice(None, step))
            )
            known = (self.episode[here] == self.episode[there]) & (self.sentence[here] + step == self.sentence[there])
            result[here][known] = values[there][known]
        return result if step else values

    def most(self, values: NDArray[np.float64], before: int, after: int, fade: float = 0.0) -> NDArray[np.float64]:
        """Return the most of the values of so many sentences before and after, those further off faded."""
        steps = range(-before, after + 1)
        shifted = [self.shift(values, step) * (1 - fade * abs(step)) for step in steps]
        result: NDArray[np.float64] = np.maximum.reduce(shifted)
        return result

    def since(self) -> Column:
        """Return how long ago the speaker began, in tens of sentences, up to one."""
        result = np.zeros(len(self.places))
        for row in range(1, len(result)):
            same = self.said[row].speaker == self.said[row - 1].speaker
            follows = self.sentence[row - 1] + 1 == self.sentence[row]
            result[row] = min(1.0, result[row - 1] + 0.1) if same and follows else 0.0
        return result


@lru_cache(maxsize=8192)
def _read(index: WordIndex, single: Passage) -> Utterance:
    """Return what a sentence is like; many searches meet the same ones."""
    text = single.text
    forms = frozenset(word.form for word in words(text))
    (paragraph,) = single.paragraphs
    return Utterance(
        frozenset(index.stems(text)),
        forms,
        len(forms - stop_words("commonest", "filler", "sound")),
        text.rstrip().endswith("?") and not _TAG.search(text),
        paragraph.speaker,
        any(person.name == paragraph.speaker and person.role == "host" for person in single.episode.meta.people),
        paragraph.section,
        frozenset(kind for kind, pattern in _KINDS.items() if pattern.search(text)),
    )


@lru_cache(maxsize=256)
def chapters_of(episode: Episode) -> tuple[int, ...]:
    """Return the number of each sentence's chapter, -1 without one."""
    paragraphs = [-1 if paragraph.chapter is None else paragraph.chapter for paragraph in episode.paragraphs]
    return tuple(paragraphs[number] for number in episode.sentences.paragraphs)
