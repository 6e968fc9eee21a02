"""Which sentences are an ad read or a plea for the show itself, where no edition marks them: from what they say.

An ad is a run of sentences. It begins where enough of its kinds of phrases (`adverts.toml`) come together: a sponsor's
name, an offer, an address, a call, a plea. It goes on over sentences that have any of these, and over those that name
what the run sells: a name that this episode says there and hardly anywhere else. Talk about advertising has a phrase
now and then, and no address to send the listener to.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.corpus.model import Paragraphs, Sentences
from bot.corpus.transcript import Section
from bot.corpus.words import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.corpus.model import Episode, Paragraph, Sentence

__all__ = ["Kind", "advert_kinds", "advert_words", "kinds_in", "mark_adverts", "sounds_like_advert"]

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|\.(?=[a-z])|%")
_LISTED = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[.%*]")
_ANY = "*"
_NAME = re.compile(r"(?<=[a-z,] )[A-Z]\w{2,40}")

ENOUGH = 3.0
"""What the kinds in one sentence are worth together that begins an ad: a sponsor named, or an offer with an address."""

ENOUGH_AROUND, LEAST, AROUND = 4.0, 1.5, 2
"""With the sentences around (so many on either side) it may have less itself."""

REACH, CLOSE = 3, 4
"""Sentences after which an ad has ended when none has a phrase or a name of it; how long a gap inside of it may be."""

NAMED_BEFORE, NAMED_AFTER = 3, 18
"""How far around its beginning an ad says the name of what it sells."""

BRIDGE = 40
"""Sentences between one beginning and the next with the same name, which stand in one ad: its opening and its close."""

READING, MENTION = 22, 8
"""Sentences that one person reads at most from naming a sponsor to the address; from what may only be one's name."""

LONG = 40
"""Words of a sentence from which on each phrase counts for less: where nothing is punctuated it is no sentence."""

MOSTLY = 0.8
"""The share of all times a name is said in an episode that are in the ad, from which on the ad owns it."""


class Kind(NamedTuple):
    """A kind of phrase: its key, what one counts, its phrases as words."""

    key: str
    worth: float
    phrases: tuple[tuple[str, ...], ...]
    examples: tuple[str, ...]
    but: tuple[str, ...]


@lru_cache(maxsize=1)
def _read() -> dict[str, Any]:
    """Read `adverts.toml`, when first needed."""
    return tomllib.loads(resources.files("bot.corpus").joinpath("adverts.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def advert_words() -> frozenset[str]:
    """Return the words of a question about advertising."""
    return frozenset(_read()["asked"].split())


@lru_cache(maxsize=1)
def advert_kinds() -> tuple[Kind, ...]:
    """Return the kinds of phrases of an ad."""
    return tuple(
        Kind(row["key"], row["worth"], tuple(_phrases(row["phrases"])), tuple(row["examples"]), tuple(row["but"]))
        for row in _read()["kind"]
    )


def _phrases(listed: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of each phrase of a list."""
    for phrase in listed.replace("\n", ";").split(";"):
        if phrase.strip():
            yield tuple(_ANY if word == "*" else word for word in _LISTED.findall(phrase))


class _Phrases(NamedTuple):
    """The phrases of all kinds, by what they begin with: the numbers of the kinds."""

    single: dict[str, tuple[int, ...]]
    longer: dict[tuple[str, str], tuple[tuple[tuple[str, ...], int], ...]]


@lru_cache(maxsize=1)
def _table() -> _Phrases:
    """Return the phrases by their first word, or by their first two."""
    single: dict[str, tuple[int, ...]] = {}
    longer: dict[tuple[str, str], tuple[tuple[tuple[str, ...], int], ...]] = {}
    for number, kind in enumerate(advert_kinds()):
        for first, *rest in kind.phrases:
            if rest:
                longer[first, rest[0]] = (*longer.get((first, rest[0]), ()), (tuple(rest[1:]), number))
            else:
                single[first] = (*single.get(first, ()), number)
    return _Phrases(single, longer)


def _numbers(said: Sequence[str]) -> frozenset[int]:
    """Return the numbers of the kinds that words have."""
    single, longer = _table()
    found = {number for word in single.keys() & said for number in single[word]}
    if longer.keys() & pairwise(said):
        for place, pair in enumerate(pairwise(said), 2):
            if pair in longer:
                found.update(number for rest, number in longer[pair] if _follows(rest, said, place))
    return frozenset(found)


def _follows(rest: Sequence[str], said: Sequence[str], at: int) -> bool:
    """Say whether words stand at a place."""
    here = said[at : at + len(rest)]
    return len(here) == len(rest) and all(word in (each, _ANY) for word, each in zip(rest, here, strict=True))


def kinds_in(text: str) -> set[str]:
    """Return the keys of the kinds that a text has phrases of."""
    return {advert_kinds()[number].key for number in _numbers(_WORD.findall(fold(text)))}


def sounds_like_advert(episode: Episode) -> list[bool]:
    """Say of each sentence of an episode whether it is part of what sounds like an ad."""
    begins, ends = episode.sentences.begins, episode.sentences.ends
    low = episode.text.lower().replace("’", "'")  # nearly `fold`, in a tenth of the time
    if len(low) != len(episode.text):
        low = "".join(letter.lower()[:1] for letter in episode.text)
    said = [_WORD.findall(low, begin, end) for begin, end in zip(begins, ends, strict=True)]
    kinds = [_numbers(words) for words in said]
    worths = [kind.worth for kind in advert_kinds()]
    worth = [
        sum(worths[number] for number in found) * min(1.0, LONG / len(words)) if found else 0.0
        for found, words in zip(kinds, said, strict=True)
    ]
    heard = [False] * len(worth)
    starts = [place for place, each in enumerate(worth) if each and _begins(kinds, worth, worths, place)]
    if starts:
        part = [each >= LEAST for each in worth]
        owned = _owned(said, episode.text, starts)
        for place in owned.sentences:
            part[place] = True
        for start in starts:
            _grow(start, part, heard)
        for first, last in (*owned.bridges, *_readings(episode, said, kinds, starts)):
            heard[first : last + 1] = [True] * (last + 1 - first)
        _close(heard)
    return heard


def _readings(
    episode: Episode, said: Sequence[Sequence[str]], kinds: Sequence[frozenset[int]], starts: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Yield the runs from a sentence that names a sponsor to the one that ends the ad.

    That is an address with a call, a code or an offer, and one person says all of it, who may be another than who named
    the sponsor; or further off, the sponsor named again.
    """
    keys = [frozenset(advert_kinds()[number].key for number in each) for each in kinds]
    capital = _capital(episode.text)
    for last in starts:
        closes = "address" in keys[last] and bool(keys[last] & {"call", "code", "offer"})
        for first in range(last - 1, max(-1, last - BRIDGE - 1), -1):
            if not keys[first] & {"sponsor", "sponsors"}:
                continue
            reach = READING if "sponsor" in keys[first] else MENTION
            again = keys[first] & keys[last] & {"sponsor"} and capital.intersection(said[first]).intersection(
                said[last]
            )
            if again or (closes and last - first <= reach and _by_one(episode, min(first + 1, last), last)):
                yield first, last
            break


def _by_one(episode: Episode, first: int, last: int) -> bool:
    """Say whether one person says sentences first..last."""
    numbers, speakers = episode.sentences.paragraphs, episode.paragraphs.speakers
    return len({speakers[number] for number in numbers[first : last + 1]}) == 1


def _capital(text: str) -> frozenset[str]:
    """Return the words that a text writes with a capital inside a sentence, in small letters."""
    return frozenset(fold(name) for name in _NAME.findall(text)) - _spoken()


def mark_adverts(episode: Episode) -> Episode:
    """Return an episode with what sounds like an ad in paragraphs of their own, in the section Section.PROMOTION."""
    heard = sounds_like_advert(episode)
    if not any(heard):
        return episode
    paragraphs: list[Paragraph] = []
    sentences: list[Sentence] = []
    before: tuple[int, bool] | None = None
    for sentence, flag in zip(episode.sentences, heard, strict=True):
        paragraph = episode.paragraphs[sentence.paragraph]
        if (sentence.paragraph, flag) == before:
            paragraphs[-1] = replace(paragraphs[-1], end=sentence.end)
        else:
            section = Section.PROMOTION if flag and paragraph.section is Section.CONVERSATION else paragraph.section
            paragraphs.append(replace(paragraph, begin=sentence.begin, end=sentence.end, section=section))
        before = sentence.paragraph, flag
        sentences.append(replace(sentence, paragraph=len(paragraphs) - 1))
    return replace(episode, paragraphs=Paragraphs.of(paragraphs), sentences=Sentences.of(sentences))


def _begins(kinds: Sequence[frozenset[int]], worth: Sequence[float], worths: Sequence[float], place: int) -> bool:
    """Say whether an ad begins at a sentence: it has enough, or the sentences around it have the rest of it."""
    if worth[place] >= ENOUGH:
        return True
    if worth[place] < LEAST:
        return False
    around: set[int] = set().union(
        *(kinds[n] for n in range(max(0, place - AROUND), min(len(kinds), place + AROUND + 1)) if worth[n] >= 1)
    )
    return sum(worths[number] for number in around) >= ENOUGH_AROUND


def _grow(start: int, part: Sequence[bool], heard: list[bool]) -> None:
    """Mark an ad from where it begins, both ways, as far as what is part of it goes on."""
    for step in (-1, 1):
        last = place = start
        heard[start] = True
        while 0 <= place < len(part) and abs(place - last) <= REACH:
            if part[place]:
                for between in range(min(last, place), max(last, place) + 1):
                    heard[between] = True
                last = place
            place += step


def _close(heard: list[bool]) -> None:
    """Close short gaps."""
    last = -CLOSE - 2
    for place in range(len(heard)):
        if heard[place]:
            if 1 < place - last <= CLOSE + 1:
                heard[last:place] = [True] * (place - last)
            last = place


class _Owned(NamedTuple):
    """What ads say of their own: sentences with a name of theirs, and runs from one beginning to the next of it."""

    sentences: set[int]
    bridges: set[tuple[int, int]]


@lru_cache(maxsize=1)
def _spoken() -> frozenset[str]:
    """Return the words of all phrases: they name nothing."""
    return frozenset(word for kind in advert_kinds() for phrase in kind.phrases for word in phrase)


def _sites(said: Sequence[str]) -> Iterator[str]:
    """Yield the words before a dot with letters behind it."""
    return (word for word, following in pairwise(said) if following == "." and word not in _spoken())


def _owned(said: Sequence[Sequence[str]], text: str, starts: Sequence[int]) -> _Owned:
    """Return what the names tell that an episode says in the ads with these beginnings and hardly anywhere else."""
    capital = _capital(text)
    names = {start: capital.intersection(said[start]).union(_sites(said[start])) for start in starts}
    wanted = frozenset().union(*names.values())
    places: dict[str, list[int]] = defaultdict(list)
    for number, words in enumerate(said):
        for word in wanted.intersection(words):
            places[word].append(number)
    sentences: set[int] = set()
    bridges: set[tuple[int, int]] = set()
    for word, numbers in places.items():
        own = [start for start in starts if word in names[start]]
        near = [n for n in numbers if any(start - NAMED_BEFORE <= n <= start + NAMED_AFTER for start in own)]
        if len(near) >= MOSTLY * len(numbers):
            sentences.update(near)
            bridges.update((one, other) for one, other in pairwise(own) if other - one <= BRIDGE)
    return _Owned(sentences, bridges)
