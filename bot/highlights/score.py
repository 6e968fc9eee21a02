"""How good a span is as a quote of the day: its score, and why, in short words.

Logistic regression on the features, with weights as data (`weights.json`, written by `benchmarks.train_highlights`),
then limits that no choice of words outweighs: an ad stays an ad however well it is put.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.corpus import LONGEST_HIGHLIGHT, SHORTEST_HIGHLIGHT, Section
from bot.errors import OperatorError
from bot.highlights.features import FEATURES, EpisodeReading
from bot.language.linear import Linear, logistic, read_weights
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.corpus import Corpus, Episode

__all__ = ["Judged", "Scored", "candidates", "edition_span", "highlight_weights", "judge", "read", "score_of"]

MOST_SENTENCES = 3
"""Sentences of a candidate; in 400 characters more than these are a list of exclamations."""

LOOKED_AT = 20
"""Runs of an episode that are looked at closely, besides one for every twelve sentences."""

LEAST_PROMISE = 0.9
"""A run needs two telling words to be looked at closely."""

_LATER = 0.3
"""What each further sentence has to add in telling words to be worth its length."""

_MOST = 8
"""Telling words of a kind that count; more are a list."""

_DOUBLED = 20
"""Characters of a text left out of the edition from which on it counts as printed twice, not as a slip."""


class Scored(NamedTuple):
    """A candidate: its score in 0..1, and sentences first..last of its episode."""

    score: float
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A span as judged: the score in 0..1, the reasons for people, the edition's words."""

    score: float
    reasons: tuple[str, ...]
    text: str


@lru_cache(maxsize=1)
def highlight_weights() -> dict[str, Any]:
    """Return the weights: `constant`, `weights` and `at-most` by feature.

    `threshold` and `barred-over` for what is posted without being picked by a person.
    """
    table = read_weights("bot.highlights")
    if unknown := (table["at-most"].keys() | table["barred-over"].keys()) - FEATURES.keys():
        raise OperatorError(say("weights.no-limits", names=", ".join(sorted(unknown))))
    return table


@lru_cache(maxsize=1)
def _model() -> Linear:
    """Return the weights as a model."""
    return Linear(highlight_weights(), FEATURES, "bot/highlights")


def read(corpus: Corpus, number: int) -> EpisodeReading:
    """Read an episode of the corpus for judging."""
    episode = corpus.episode(number)
    errata = corpus.errata(episode.passage(0, len(episode.sentences) - 1))
    mended = [e.begin for e in errata if e.right and _letters(e.wrong) != _letters(e.right)]
    return EpisodeReading(episode, mended, [e.wrong for e in errata if not e.right and len(e.wrong) > _DOUBLED])


def _letters(text: str) -> str:
    """Return the letters and digits, in small letters: the same for what was heard right and spelt or stopped wrong."""
    return "".join(filter(str.isalnum, text.casefold()))


def score_of(reading: EpisodeReading, begin: int, end: int) -> float:
    """Return the score of text[begin:end] of an episode, in 0..1."""
    return _score(reading.features(begin, end), end - begin)


def _score(features: dict[str, float], length: int) -> float:
    chance = logistic(_model().score(features))
    for name, most in highlight_weights()["at-most"].items():
        chance *= 1 - (1 - most) * min(1.0, features[name])
    out = SHORTEST_HIGHLIGHT - length if length < SHORTEST_HIGHLIGHT else max(0, length - LONGEST_HIGHLIGHT)
    return chance / (1 + out / 15)


def candidates(reading: EpisodeReading) -> Iterator[Scored]:
    """Yield the candidates worth posting unpicked: runs of whole sentences by one speaker in the conversation.

    They are 60 to 400 characters long. Of all runs only the most promising are looked at closely.
    """
    sentences = reading.episode.sentences
    bars = highlight_weights()["barred-over"].items()
    leaning: dict[int, bool] = {}
    left = LOOKED_AT + len(sentences) // 12
    for _, first, last in sorted(_runs(reading), reverse=True):
        if first not in leaning:
            leaning[first] = reading.leans(first)
        if leaning[first]:
            continue
        begin, end = sentences.begins[first], sentences.ends[last]
        features = reading.features(begin, end, closely=False)
        if not any(features[name] > most for name, most in bars):
            yield Scored(_score(features, end - begin), first, last)
        left -= 1
        if not left:
            return


def _runs(reading: EpisodeReading) -> Iterator[tuple[float, int, int]]:
    """Yield (promise, first, last) of every run that could be a highlight by its length and its speaker."""
    episode = reading.episode
    sentences = episode.sentences
    ends, paragraphs, count = list(sentences.ends), list(sentences.paragraphs), len(sentences)
    spoken = [paragraph.section is Section.CONVERSATION for paragraph in episode.paragraphs]
    speakers = list(episode.paragraphs.speakers)
    promises = [reading.promise(number) for number in range(count)]
    for first, begin in enumerate(sentences.begins):
        paragraph = paragraphs[first]
        if not spoken[paragraph]:
            continue
        counts: tuple[int, ...] = (0, 0, 0)
        for last in range(first, min(first + MOST_SENTENCES, count)):
            place, end = paragraphs[last], ends[last]
            if end - begin > LONGEST_HIGHLIGHT or not spoken[place] or speakers[place] != speakers[paragraph]:
                break
            if not episode.is_whole(first, last):
                break
            counts = tuple(map(sum, zip(counts, promises[last], strict=True)))
            if end - begin >= SHORTEST_HIGHLIGHT:
                promise = sum(math.log1p(min(_MOST, count)) for count in counts) - _LATER * (last - first)
                if promise >= LEAST_PROMISE:
                    yield promise, first, last


def edition_span(episode: Episode, start: int, end: int) -> tuple[int, int] | None:
    """Return where in `episode.text` the source's characters [start, end) are; None when the edition has none of them.

    A mended word is taken whole, any other is cut where the offsets cut it.
    """
    tokens = episode.tokens
    first = bisect_right(tokens.source_ends, start)
    last = bisect_left(tokens.source_begins, end) - 1
    if first > last:
        return None
    begin, stop = tokens.begins[first], tokens.ends[last]
    if tokens.source_ends[first] - tokens.source_begins[first] == tokens.ends[first] - begin:
        begin += max(0, start - tokens.source_begins[first])
    if tokens.source_ends[last] - tokens.source_begins[last] == stop - tokens.begins[last]:
        stop -= max(0, tokens.source_ends[last] - end)
    return (begin, stop) if begin < stop else None


def judge(reading: EpisodeReading, start: int, end: int) -> Judged:
    """Judge the source's characters [start, end) of an episode; any span gets a score."""
    span = edition_span(reading.episode, start, end)
    if span is None:
        return Judged(0.0, (say("highlight-score.no-words"),), "")
    features = reading.features(*span)
    score = _score(features, span[1] - span[0])
    text = reading.episode.text[slice(*span)]
    return Judged(score, tuple(_reasons(features, len(text))), text)


def _reasons(seen: dict[str, float], length: int) -> Iterator[str]:
    """Yield what speaks for or against a span."""
    whole = not seen["begins-inside"] and not seen["ends-inside"]
    rules = (
        (seen["advert"], "advert"),
        (seen["frame"], "frame"),
        (seen["voices"], "voices"),
        (seen["begins-inside"], "begins-inside"),
        (seen["ends-inside"], "ends-inside"),
        (whole, "whole"),
        (length < SHORTEST_HIGHLIGHT, "too-short"),
        (length > LONGEST_HIGHLIGHT, "too-long"),
        (SHORTEST_HIGHLIGHT <= length <= LONGEST_HIGHLIGHT, "good-length"),
        (not seen["voices"] and not seen["nameless"], "one-speaker"),
        (seen["nameless"], "nameless"),
        (seen["repeated"] > 0.2, "repeated"),  # noqa: PLR2004 - a fifth of the words
        (seen["insight"], "insight"),
        (seen["feeling"], "feeling"),
        (seen["vague-start"], "vague-start"),
        (seen["shared-start"], "shared-start"),
        (seen["ends-asking"], "ends-asking"),
        (seen["talk-of-talk"], "talk-of-talk"),
        (seen["farewell"], "farewell"),
        (seen["selling"] and not seen["advert"], "selling"),
        (seen["stutter"] > 0.02, "stutter"),  # noqa: PLR2004 - one in fifty
        (seen["filler"] > 0.12, "filler"),  # noqa: PLR2004 - one word in eight
        (seen["trails-off"] and not seen["ends-inside"], "trails-off"),
        (seen["mended"], "mended"),
        (seen["dealings"] > 1, "dealings"),
    )
    yield from (say(f"highlight-reason.{reason}", length=length) for holds, reason in rules if holds)
