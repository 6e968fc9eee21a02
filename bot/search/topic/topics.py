"""Topics: what conversations say about one, as passages in their order.

A topic is a chapter, a point somebody picked by hand, a phrase the speakers use often, or any words. Its passages are
whole sentences; nothing is shortened, joined or written. Points are gathered from all chapters and episodes.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.corpus import fold
from bot.language import nearest
from bot.search.index.labels import MOST_LABELLED, label_likeness
from bot.search.scope import EVERYWHERE, narrow
from bot.search.topic.features import OnTopic, Profile, hear, look_at, said_together, share_of
from bot.search.topic.names import Topic, known_names, topic_names
from bot.search.topic.points import choose_points
from bot.search.topic.scoring import by_speaker, gains_of, inside, signs, sureness
from bot.search.topic.stretch import Stretch, find_stretch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bot.corpus import Chapter, Corpus, Passage
    from bot.search.index.embeddings import Embeddings
    from bot.search.index.words import WordIndex
    from bot.search.scope import Scope
    from bot.search.topic.features import Heard
    from bot.search.topic.names import Reading

    Column = NDArray[np.float64]

__all__ = ["Choice", "InEpisode", "Stretch", "TopicFound", "examine", "find_topic", "near_topics", "warm"]

MOST_EXAMINED, MOST_WHOLE = 6, 16
"""Episodes whose sentences are all weighed: the ones that say most, in a library of more than MOST_WHOLE."""

EVIDENCE, NEAREST = 300, 30
"""Sentences by words, and by meaning, that tell which episodes those are."""

MOST_NEAR = 3
"""Names that are offered for one that is not found, or not for sure."""

FEWEST = 1.5
"""Rarity of the rarest word below which words are no topic: “the” is said in every other sentence."""

WHOLE, SHARED = 0.9, 0.4
"""Share of a title's words that a topic has, and of the topic's that the title has, from which it is that chapter."""

SAID = 0.9
"""Share of a topic's words said together from which its words tell which episodes it comes up in."""

_SAME = 0.75
_PEAK = 5


class InEpisode(NamedTuple):
    """An episode that a topic comes up in, by its number in the corpus, and in about how many sentences."""

    number: int
    sentences: int


class Choice(NamedTuple):
    """A chapter that a topic's name may mean, in the episode with that number."""

    number: int
    chapter: str


@dataclass(frozen=True, slots=True)
class TopicFound:
    """What is said on a topic: its name, its chapters, passages in the conversation's order, related topics.

    `sure` says that they are about it; `nearest` are the subjects that may be meant otherwise. `episodes` are those it
    comes up in, the one that says most first; `readings` are words that were read as others; `more` says that there is
    another page, `pages` how many there are up to this one. `best` is the passage that says most; `stretch` is where it
    is talked about, None where that is not known; `choices` are the chapters that the name may mean, none when it is
    plain.
    """

    title: str
    chapters: tuple[Chapter, ...]
    passages: tuple[Passage, ...]
    related: tuple[str, ...]
    more: bool = False
    sure: bool = True
    nearest: tuple[str, ...] = ()
    episodes: tuple[InEpisode, ...] = ()
    readings: tuple[Reading, ...] = ()
    pages: int = 1
    best: Passage | None = None
    stretch: Stretch | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Examined:
    """A topic in the episodes that say most about it; `score` is how sure it is that they are about it.

    `together` is the share of its words that one place has.
    """

    topic: Topic
    on: OnTopic
    score: dict[str, float]
    models: bool

    @property
    def together(self) -> float:
        """The largest share of the topic's words that one place has."""
        return self.score["said together"]


def examine(
    corpus: Corpus, index: WordIndex, embeddings: Embeddings | None, name: str, scope: Scope = EVERYWHERE
) -> Examined | None:
    """Return a topic as it is met in a scope, or None when it has no words that tell anything."""
    topic = Topic.read(corpus, index, name)
    profiles = _profiles(corpus, index, embeddings, topic, scope) if topic.rarity >= FEWEST else []
    if not profiles:
        return None
    heard = _heard(profiles, topic, index, embeddings)
    models = embeddings if len(corpus.entries) <= MOST_LABELLED else None
    labels = label_likeness(corpus, models, [profile.number for profile in profiles], topic.wordings)
    together = max(said_together(profiles, wording, index) for wording in topic.wordings)
    label = max((each.label for each in labels if each), default=0.0)
    on = OnTopic(profiles, heard, topic.stems, index, labels)
    return Examined(topic, on, signs(together, heard.likeness, label), embeddings is not None)


def warm(corpus: Corpus, index: WordIndex, embeddings: Embeddings | None) -> None:
    """Look ahead at the episodes of a library that is small enough for all of them to be weighed with each topic."""
    if len(corpus.entries) <= MOST_WHOLE:
        numbers = range(len(corpus.entries))
        for number in numbers:
            look_at(corpus, index, number)
        label_likeness(corpus, embeddings, numbers, ["topic"])


def find_topic(  # noqa: PLR0913, PLR0917 - what to search with, for what, where, how much
    corpus: Corpus,
    index: WordIndex,
    embeddings: Embeddings | None,
    name: str,
    scope: Scope = EVERYWHERE,
    page: int = 1,
) -> TopicFound | None:
    """Return what is said on a topic, or None when nothing is near it; pages count from 1."""
    examined = examine(corpus, index, embeddings, name, scope)
    if examined is None:
        return None
    topic, profiles = examined.topic, examined.on.profiles
    chapter = _as_chapter(topic, profiles, index)
    how = sureness(models=examined.models)
    score = how.score.score(examined.score)
    named = topic.speaker or chapter
    if not named and score < how.missed:
        return None
    if topic.speaker:
        gains = [by_speaker(profile, topic.speaker) for profile in profiles]
    else:
        gains = gains_of(examined.on, models=examined.models)
        if chapter is not None:
            gains = [inside(profile, gain, chapter, whole=True) for profile, gain in zip(profiles, gains, strict=True)]
    said = _said_in(examined, narrow(corpus, index, scope))
    if not named and not examined.models and any(profile.number in said for profile in profiles):
        gains = [gain * (profile.number in said) for profile, gain in zip(profiles, gains, strict=True)]
    sure = bool(named) or score >= how.found
    points, more, pages = choose_points(gains, profiles, page)
    kept = sorted(points)
    passages = tuple(profiles[at].episode.passage(first, last) for at, first, last in kept)
    title = named or _spelling(corpus, topic.name)
    return TopicFound(
        title,
        _chapters(passages),
        passages,
        _find_related(corpus, title, passages),
        more,
        sure,
        tuple(dict.fromkeys([*topic.doubtful, *(() if sure else _nearest_chapters(examined.on))]))[:MOST_NEAR],
        _ordered(said or Counter(profiles[at].number for at, *_ in points)),
        topic.readings,
        pages,
        profiles[points[0].at].episode.passage(*points[0][1:]) if points else None,
        None if topic.speaker else _most(profiles, gains, chapter),
        () if named else _choices(profiles, topic, index),
    )


def _most(profiles: Sequence[Profile], gains: Sequence[Column], chapter: str | None) -> Stretch | None:
    """Return where the episode that says most on a topic talks about it."""
    at = max(range(len(gains)), key=lambda at: float(np.sort(gains[at])[-_PEAK:].sum()))
    return find_stretch(profiles[at], gains[at], chapter)


def _choices(profiles: Sequence[Profile], topic: Topic, index: WordIndex) -> tuple[Choice, ...]:
    """Return the chapters that have all of a topic's words in their titles, if there are several."""
    found = [
        Choice(profile.number, chapter.title)
        for profile in profiles
        for chapter in profile.episode.chapters
        if any(stems and set(stems) <= set(index.stems(chapter.title)) for stems in topic.stems[:1])
    ]
    return tuple(dict.fromkeys(found)) if len(found) > 1 else ()


def _said_in(examined: Examined, part: WordIndex) -> Counter[int]:
    """Return in how many sentences of which episodes a topic's words are said; none when they are not said together."""
    counts: Counter[int] = Counter()
    if examined.together >= SAID and not examined.topic.speaker:
        for stems in examined.topic.told:
            counts |= Counter(part.tally(stems))
    return counts


def _ordered(counts: Counter[int]) -> tuple[InEpisode, ...]:
    """Return episodes, the one with most sentences first."""
    return tuple(
        InEpisode(number, count) for number, count in sorted(counts.items(), key=lambda each: (-each[1], each))
    )


def near_topics(corpus: Corpus, index: WordIndex, embeddings: Embeddings | None, name: str) -> tuple[str, ...]:
    """Return the names nearest to one: spelled like it, then the chapters nearest in meaning, then phrases."""
    names = {fold(known): known for known in topic_names(corpus)}
    known = known_names(corpus)
    near = [names[found] for found in nearest(fold(Topic.read(corpus, index, name).name), names, _SAME, MOST_NEAR)]
    examined = examine(corpus, index, embeddings, name)
    chapters = _nearest_chapters(examined.on) if examined else ()
    return tuple(dict.fromkeys([*near, *chapters, *known.chapters, *known.phrases]))[:MOST_NEAR]


def _nearest_chapters(on: OnTopic) -> tuple[str, ...]:
    """Return the titles of the chapters nearest to a topic, by what is said in them and by their titles."""
    best: dict[str, float] = {}
    near, title = on.parts(on.near), on.parts(on.title())
    for profile, own, named in zip(on.profiles, near, title, strict=True):
        for number in set(profile.chapters.tolist()) - {-1}:
            there = (profile.chapters == number) & profile.talk
            if there.any():
                value = float(np.sort(own[there])[-_PEAK:].mean() + named[there][0])
                name = profile.episode.chapters[number].title
                best[name] = max(best.get(name, value), value)
    return tuple(sorted(best, key=lambda name: -best[name])[:MOST_NEAR])


def _spelling(corpus: Corpus, name: str) -> str:
    """Return a name as it is written among the known ones."""
    return next((known for known in topic_names(corpus) if fold(known) == fold(name)), name)


def _profiles(
    corpus: Corpus, index: WordIndex, embeddings: Embeddings | None, topic: Topic, scope: Scope
) -> list[Profile]:
    """Return the episodes that say most about a topic, in the corpus's order."""
    numbers = [n for n in range(len(corpus.entries)) if scope.episodes is None or n in scope.episodes]
    if len(numbers) > MOST_WHOLE:
        part = narrow(corpus, index, scope)
        score: dict[int, float] = defaultdict(float)
        for wording in topic.wordings:
            for value, (episode, _) in part.top("near", wording, EVIDENCE):
                score[episode] += value
        for stems in topic.told:
            for episode, count in part.tally(stems).items():
                score[episode] += count
        if embeddings is not None and topic.wordings:
            for rank, (episode, _) in enumerate(
                embeddings.view(topic.wordings[0], frozenset(numbers)).candidates(NEAREST)
            ):
                score[episode] += NEAREST / (1 + rank % NEAREST)
        if topic.speaker:
            for number in numbers:
                score[number] += topic.speaker in corpus.entries[number].speakers
        numbers = sorted(sorted(set(numbers) & set(score), key=lambda number: -score[number])[:MOST_EXAMINED])
    return [look_at(corpus, index, number) for number in numbers]


def _heard(profiles: Sequence[Profile], topic: Topic, index: WordIndex, embeddings: Embeddings | None) -> Heard:
    """Return how near sentences are: to the whole topic and its telling words, or to what an alias stands for."""
    main, *others = topic.wordings
    found = hear(profiles, main, index, embeddings)
    if topic.telling and topic.telling != main:
        likeness = found.likeness
        found = found.mixed(hear(profiles, topic.telling, index, embeddings), 0.7)
        found = dataclasses.replace(found, likeness=likeness)
    for wording in others:
        found = found.nearer(hear(profiles, wording, index, embeddings))
    return found


def _as_chapter(topic: Topic, profiles: Sequence[Profile], index: WordIndex) -> str | None:
    """Return the title of the chapter whose whole name a topic is, or None."""
    best: tuple[float, str] = (0.0, "")
    for title in dict.fromkeys(chapter.title for profile in profiles for chapter in profile.episode.chapters):
        own = index.stems(title)
        for stems in topic.stems:
            whole, shared = share_of(own, stems, index), share_of(stems, own, index)
            if whole >= WHOLE and shared >= SHARED:
                best = max(best, (whole + shared, title))
    return best[1] or None


def _chapters(passages: Sequence[Passage]) -> tuple[Chapter, ...]:
    return tuple(dict.fromkeys(passage.chapter for passage in passages if passage.chapter is not None))


def _find_related(corpus: Corpus, title: str, passages: Sequence[Passage]) -> tuple[str, ...]:
    """Return topics that lie close: the passages' chapters, phrases said in them, the chapters before and after."""
    known = known_names(corpus)
    said = fold(" ".join(passage.text for passage in passages))
    near = [chapter.title for chapter in _chapters(passages)]
    phrases = [phrase for phrase in known.phrases if fold(phrase) in said]
    around = [
        title
        for passage in passages[:1]
        for at, chapter in enumerate(passage.episode.chapters)
        if chapter == passage.chapter
        for title in (each.title for each in passage.episode.chapters[max(1, at - 1) : at + 2])
    ]
    names = dict.fromkeys([*near, *phrases[:2], *around])
    return tuple(name for name in names if fold(name) != fold(title) and fold(name) not in fold(title))[:4]
