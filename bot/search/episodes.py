"""Which episodes are meant: by number, title, person, or as the latest; and which speak of a subject."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from bot.corpus import Person, Section, fold, names_somebody, read_number
from bot.language import read_words, ways_to_name
from bot.search.verify import is_by

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from bot.corpus import Corpus, EpisodeEntry, Passage
    from bot.search.index.embeddings import Embeddings
    from bot.search.index.words import WordIndex

__all__ = ["NamedEpisodes", "OnSubject", "episodes_named", "episodes_on", "newest_first", "people_of"]

LOOKED_AT = 400
"""Sentences that speak of a subject among which its episodes are looked for."""

SAID = 0.75
"""Share of a subject's words, weighed by rarity, that one place or a title must have."""

TITLE, CHAPTER, OPENING = 1.5, 0.8, 0.7
"""What a title, a chapter's title and the opening count for when they have a subject, beside once in e sentences."""

OPENS = 0.06
"""Share of an episode in which hosts say what it is about."""

MEANT = 0.74
"""Likeness in meaning from which a place speaks of a subject that it does not name; as for topics."""

SHORTEST, _LONG = 6, 25
"""Words of a sentence that can stand as evidence, and from which on more of them add nothing."""

_MOST_JOINED = 20_000
"""Episodes whose people are remembered: all are gone through while somebody types."""

_WORD = re.compile(r"[^\W_]+")
_ENDING = re.compile(r"(?<!\d)(\d{1,5})$")


@dataclass(frozen=True, slots=True)
class NamedEpisodes:
    """The episodes that a member's words name, newest first: by what of them, and the name of that."""

    numbers: tuple[int, ...]
    by: Literal["name", "person", "year", "show"] = "name"
    name: str = ""


@dataclass(frozen=True, slots=True)
class OnSubject:
    """An episode that speaks of a subject, by its number, with a sentence that shows it."""

    number: int
    evidence: Passage


def newest_first(corpus: Corpus, numbers: Iterable[int]) -> list[int]:
    """Return episodes by date, then number, the newest first; those of which neither is known come last."""

    def age(number: int) -> tuple[dt.date, int, int]:
        entry = corpus.entries[number]
        return entry.meta.published or dt.date.min, -1 if entry.number is None else entry.number, number

    return sorted(numbers, key=age, reverse=True)


def people_of(entry: EpisodeEntry) -> tuple[Person, ...]:
    """Return who takes part, by name: those the episode states, with their roles, then those who are heard besides."""
    return _join_people(entry.meta.people, entry.speakers)


@lru_cache(maxsize=_MOST_JOINED)
def _join_people(stated: tuple[Person, ...], heard: tuple[str, ...]) -> tuple[Person, ...]:
    """Return people with their roles and those who are heard besides; a short form of a stated name is that person."""
    named = tuple(person for person in stated if names_somebody(person.name))
    full = {person.name for person in named}
    others = (name for name in heard if name not in full and not any(is_by((known,), name) for known in full))
    return (*named, *map(Person, others))


def episodes_named(corpus: Corpus, words: str, among: Collection[int]) -> NamedEpisodes:
    """Return the episodes of `among` that words name: latest, a number, a year, a folder, a title, a show, a person.

    None of them when the words name no episode; they may be a subject then. “Of” and a show's title may follow.
    """
    before, of, title = words.rpartition(" of ")
    if own := _of_show(corpus, title if of else words, among):
        return episodes_named(corpus, before, own) if of else NamedEpisodes(tuple(own), "show", words)
    known = _vocabulary()
    parts = _WORD.findall(words.casefold())
    ordered = newest_first(corpus, among)
    for key, first in _SUPERLATIVES.items():
        if known[key].intersection(parts) and all(part in known[key] | known["beside"] for part in parts):
            return NamedEpisodes((first(corpus, ordered),))
    kept = [part for part in parts if part not in known["heads"]]
    number = int(kept[0]) if len(kept) == 1 and kept[0].isdecimal() and len(kept[0]) <= _DIGITS else None
    entries = {n: corpus.entries[n] for n in ordered}
    wanted = " ".join(words.casefold().split())
    exact = [n for n, e in entries.items() if wanted in {e.id.casefold(), e.title.casefold()}]
    season, told = read_number(words)
    if season is not None:
        exact = exact or [n for n, e in entries.items() if (e.meta.season, e.number) == (season, told)]
    exact = exact or [n for n, e in entries.items() if number is not None and number == _number(e)]
    if exact:
        return NamedEpisodes(tuple(exact), "name", words)
    if number is not None:
        dated = (n for n, e in entries.items() if e.meta.published and e.meta.published.year == number)
        return NamedEpisodes(tuple(dated), "year", str(number))
    people = {n: {each.name for each in people_of(e)} for n, e in entries.items()}
    meant = _people_named(dict.fromkeys(name for names in people.values() for name in names), words)
    if meant:
        took = tuple(n for n, names in people.items() if names & meant)
        return NamedEpisodes(took, "person", min(meant) if len(meant) == 1 else words)
    needed = set(_WORD.findall(fold(words)))
    titled = [n for n, e in entries.items() if needed and needed <= set(_WORD.findall(fold(f"{e.title} {e.id}")))]
    return NamedEpisodes(tuple(titled), "name", words)


def episodes_on(  # noqa: PLR0913, PLR0917 - what to search with, for what, where, how much
    corpus: Corpus, index: WordIndex, embeddings: Embeddings | None, subject: str, among: Collection[int], limit: int
) -> list[OnSubject]:
    """Return up to `limit` episodes that speak of a subject, the one that speaks most of it first."""
    stems = set(index.stems(subject))
    total = sum(map(index.rarity, stems))
    if not total:
        return []

    def share(text: str) -> float:
        return sum(map(index.rarity, stems.intersection(index.stems(text)))) / total

    places: dict[int, list[int]] = defaultdict(list)
    for _, (number, sentence) in index.top("near", subject, LOOKED_AT):
        passage = corpus.episode(number).passage(sentence, sentence) if number in among else None
        if passage and passage.section is not Section.AD and share(passage.widen(1).text) >= SAID:
            places[number].append(sentence)
    for number in among:
        if share(corpus.entries[number].title) >= SAID:
            places.setdefault(number, [0])
    if not places and embeddings is not None:
        view = embeddings.view(subject, among)
        candidates = view.candidates(limit)
        likeness = view.similarities(candidates)
        for (number, sentence), like in zip(candidates, likeness, strict=True):
            if like.wide >= MEANT:
                places[number].append(sentence)
    worth = {number: _worth(corpus, number, found, share) for number, found in places.items()}
    best = sorted(worth, key=lambda number: -worth[number])[:limit]
    return [OnSubject(number, _evidence(corpus, number, places[number], share)) for number in best]


_THE = "the "


def _of_show(corpus: Corpus, title: str, among: Collection[int]) -> list[int]:
    """Return the episodes of the show of that title or folder, the newest first; none when it is no show's."""
    wanted = title.casefold().strip().removeprefix(_THE)
    known = {s.id for s in corpus.shows if wanted in {s.id.casefold(), s.title.casefold().removeprefix(_THE)}}
    return newest_first(corpus, [number for number in among if corpus.entries[number].show.id in known])


def length_of(entry: EpisodeEntry) -> float:
    """Return how long an episode is in seconds, as stated or until its last sentence; 0.0 where nothing tells."""
    return entry.meta.duration or entry.lasts or 0.0


def _longest(corpus: Corpus, ordered: Sequence[int]) -> int:
    return max(ordered, key=lambda number: length_of(corpus.entries[number]))


def _shortest(corpus: Corpus, ordered: Sequence[int]) -> int:
    return min(ordered, key=lambda number: length_of(corpus.entries[number]) or math.inf)


_SUPERLATIVES: dict[str, Callable[[Corpus, Sequence[int]], int]] = {
    "latest": lambda _, ordered: ordered[0],
    "first": lambda _, ordered: ordered[-1],
    "longest": _longest,
    "shortest": _shortest,
}
"""Which of some episodes, the newest first, is meant by words of `episodes.toml`."""

_DIGITS = 9
"""Digits of a number that may be an episode's."""


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, frozenset[str]]:
    return read_words("bot.search", "episodes.toml")


def _number(entry: EpisodeEntry) -> int | None:
    """Return an episode's number, or the one that its folder's name ends with."""
    ending = _ENDING.search(entry.id)
    return entry.number if entry.number is not None or not ending else int(ending[1])


def _people_named(names: Iterable[str], words: str) -> set[str]:
    """Return who goes by words: everybody with these names, or else whoever they are short for."""
    known = list(names)
    wanted = set(_WORD.findall(words.casefold()))
    meant = {name for name in known if wanted and wanted <= set(_WORD.findall(name.casefold()))}
    short = ways_to_name(known).get(" ".join(words.casefold().split()))
    return meant or ({short} if short else set())


def _worth(corpus: Corpus, number: int, places: Sequence[int], share: Callable[[str], float]) -> float:
    """Return how much an episode is about a subject: where it is said, how often, and in which titles."""
    entry = corpus.entries[number]
    return (
        math.log1p(len(places))
        + TITLE * (share(entry.title) >= SAID)
        + CHAPTER * any(share(title) >= SAID for title in entry.chapters)
        + OPENING * (min(places) < OPENS * entry.sentences)
    )


def _evidence(corpus: Corpus, number: int, places: Sequence[int], share: Callable[[str], float]) -> Passage:
    """Return the sentence that shows best what an episode has on a subject: its words, at length, no question."""
    episode, entry = corpus.episode(number), corpus.entries[number]

    def weigh(sentence: int) -> tuple[float, int]:
        text = episode.passage(sentence, sentence).text
        length = len(text.split())
        whole = min(length, _LONG) / _LONG if length >= SHORTEST else -1.0
        opens = sentence < OPENS * entry.sentences
        return 2 * share(text) + whole + opens / 2 - text.endswith("?") / 2, -sentence

    best = max(places, key=weigh)
    return episode.passage(best, best)
