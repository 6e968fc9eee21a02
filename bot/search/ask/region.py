"""Candidate sentences and what stands around them, in order, with what each one is like whatever was asked."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from bot.corpus import Section, fold, words
from bot.language import stop_words
from bot.search.remembered import remembered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.corpus import Corpus, Episode, Passage
    from bot.search.index.words import Place, WordIndex

    Column = NDArray[np.float64]

__all__ = ["REGION", "Region", "Utterance", "chapters_of"]

REGION = 8
"""Sentences either side of a candidate that are looked at."""

EDGE, FEWEST_WITH_EDGES = 8, 60
"""Sentences at either end of an episode in which its host opens and closes it, and the least an episode has then."""

ASKS = 1.5
"""How much more often than all together somebody asks who hosts, where no host is stated."""

_UNITS = "second|minute|hour|day|night|week|month|year|decade|season|century|centuries"
_NUMBERS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fifteen|twenty|thirty|forty|fifty|sixty|seventy|"
    "eighty|ninety|hundreds?|thousands?|millions?|billions?|dozens?|half|quarter|twice|both|several|couple"
)
_KINDS = {
    "number": re.compile(rf"\d|\b(?:{_NUMBERS}|percent|first|second|third)\b", re.IGNORECASE),
    "time": re.compile(
        r"\b(?:years?|months?|weeks?|days?|hours?|minutes?|today|tomorrow|yesterday|january|february|march|april|may|june|"
        r"july|august|september|october|november|december|fall|spring|summer|winter|monday|tuesday|wednesday|thursday|"
        r"friday|saturday|sunday|morning|night|(?:19|20)\d\d|when|before|after|until|ago|early|late|later|soon|last|next)\b",
        re.IGNORECASE,
    ),
    "money": re.compile(r"\$|\b(?:dollars?|bucks|priced?|costs?|million|billion|cents?)\b", re.IGNORECASE),
    "duration": re.compile(
        rf"\b(?:\d[\d.,]{{0,9}}|an?|few|many|{_NUMBERS})(?: of)?[ -](?:more |extra |whole |and a half )?(?:{_UNITS})",
        re.IGNORECASE,
    ),
    "date": re.compile(
        r"\b(?:(?:19|20)\d\d|'\d\ds?|January|February|March|April|June|July|August|September|October|November|December|"
        r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|yesterday|tomorrow|ago|"
        r"last (?:week|month|year|summer|spring|winter|fall|autumn))\b"
    ),
    "place": re.compile(r"\b(?:in|at|from|to|near|outside|around) (?:the |downtown )?[A-Z][a-z]"),
}
"""What a question may ask for, and how it looks in a sentence."""

_CAPITAL = re.compile(r"(?<=[\w,;] )[A-Z][\w'’]+")
"""A word with a capital where no sentence begins."""

_COUNTED = re.compile(rf"\b(?:\d[\d.,]{{0,12}}%?|{_NUMBERS})\b(?: of)?((?:[ -][\w'’-]{{1,30}}){{1,3}})", re.IGNORECASE)
"""A number and the words after it: what it counts is one of them."""

_ANNOUNCES = re.compile(
    r":$|\b(?:two|three|four|five|six|several|few|couple(?: of)?|different|following) (?:\w{1,20} )?"
    r"(?:things|ways|reasons|points|parts|steps|kinds|types|options|ideas|problems|questions|rules|categories|examples|"
    r"tips)\b"
    r"|\b(?:here's|here is|here are|let me (?:tell|explain|give)|i['’]ll (?:tell|explain|give)|"
    r"(?:it|that) (?:works|goes) like this|as follows)\b",
    re.IGNORECASE,
)
"""What announces that something follows: “there are two ways”, “here's why”, a colon."""

_ASKS = re.compile(
    r"(?:(?:so|and|but|okay|ok|well|now|right|then|alright),? ){0,3}(?:how|what|why|where|when|who) "
    r"(?:do|does|did|is|are|was|were|can|could|would|should|will) (?:i|you|we|they|he|she|it|the|that|this|your)\b",
    re.IGNORECASE,
)
"""How a sentence begins that asks, whatever mark a recogniser ends it with."""

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
    names: frozenset[str]
    counted: frozenset[str]
    announces: bool
    opening: bool


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

    @cached_property
    def asked(self) -> tuple[NDArray[np.int64], Column]:
        """For each sentence the row of the question it may answer, and how near that is: 0 without one.

        It is the last question of somebody else before the speaker began, or the speaker's own within a few sentences;
        nearness is 1 right behind it and fades over a turn.
        """
        rows, near = np.zeros(len(self.places), np.int64), np.zeros(len(self.places))
        last = -1
        for row, said in enumerate(self.said):
            if row and (self.episode[row] != self.episode[row - 1] or self.sentence[row] != self.sentence[row - 1] + 1):
                last = -1
            if last >= 0 and row - last <= REGION and not said.asks:
                rows[row], near[row] = last, 0.85 ** (row - last - 1)
            if said.asks:
                last = row
        return rows, near

    def since(self) -> Column:
        """Return how long ago the speaker began, in tens of sentences, up to one."""
        result = np.zeros(len(self.places))
        for row in range(1, len(result)):
            same = self.said[row].speaker == self.said[row - 1].speaker
            follows = self.sentence[row - 1] + 1 == self.sentence[row]
            result[row] = min(1.0, result[row - 1] + 0.1) if same and follows else 0.0
        return result


@remembered(8192)
def _read(index: WordIndex, single: Passage) -> Utterance:
    """Return what a sentence is like; many searches meet the same ones."""
    text = single.text
    forms = frozenset(word.form for word in words(text))
    (paragraph,) = single.paragraphs
    return Utterance(
        frozenset(index.stems(text)),
        forms,
        len(forms - stop_words("commonest", "filler", "sound")),
        (text.rstrip().endswith("?") and not _TAG.search(text)) or _ASKS.match(text) is not None,
        paragraph.speaker,
        paragraph.speaker in _hosts(single.episode),
        paragraph.section,
        frozenset(kind for kind, pattern in _KINDS.items() if pattern.search(text)),
        frozenset(map(fold, _CAPITAL.findall(text))),
        frozenset(stem for match in _COUNTED.finditer(text) for stem in index.stems(match[1])),
        _ANNOUNCES.search(text) is not None,
        _opens(single),
    )


def _opens(single: Passage) -> bool:
    """Say whether a sentence opens or closes an episode: marked so, or at its edge and said by who hosts."""
    (paragraph,) = single.paragraphs
    if paragraph.section is not Section.CONVERSATION:
        return paragraph.section in {Section.INTRODUCTION, Section.OUTRO}
    episode = single.episode
    edge = single.first < EDGE or single.first >= len(episode.sentences) - EDGE
    return edge and len(episode.sentences) >= FEWEST_WITH_EDGES and paragraph.speaker in _hosts(episode)


@lru_cache(maxsize=256)
def _hosts(episode: Episode) -> frozenset[str]:
    """Return who hosts an episode: who is said to, else who asks far more than their share of the questions."""
    stated = {person.name for person in episode.meta.people if person.role == "host"}
    if stated:
        return frozenset(stated)
    asks: Counter[str] = Counter()
    says: Counter[str] = Counter()
    for number, paragraph in enumerate(episode.sentences.paragraphs):
        who = episode.paragraphs[paragraph].speaker
        if who is not None:
            says[who] += 1
            asks[who] += episode.passage(number, number).text.rstrip().endswith("?")
    least = ASKS * sum(asks.values()) / max(1, sum(says.values()))
    return frozenset(who for who in says if len(says) > 1 and asks[who] > least * says[who])


@lru_cache(maxsize=256)
def chapters_of(episode: Episode) -> tuple[int, ...]:
    """Return the number of each sentence's chapter, -1 without one."""
    paragraphs = [-1 if paragraph.chapter is None else paragraph.chapter for paragraph in episode.paragraphs]
    return tuple(paragraphs[number] for number in episode.sentences.paragraphs)
