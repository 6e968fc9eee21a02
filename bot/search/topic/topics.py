"""Topics: what a conversation says about one, as passages in its order; and the names under which members find them.

A topic is a chapter, a point somebody picked by hand, a phrase the speakers use often, or any words. Its passages are
whole sentences; nothing is shortened, joined or written. A topic that is not discussed has none.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from bot.corpus import fold, key_passages, words
from bot.language import named_speaker, nearest, same_words
from bot.search.expansion import is_english, known_aliases
from bot.search.index.labels import label_likeness
from bot.search.index.phrases import phrases_of
from bot.search.scope import EVERYWHERE, narrow
from bot.search.topic.features import OnTopic, Profile, around, relevance_of, share_of, within
from bot.search.topic.scoring import by_speaker, gains_of, inside, pick, trim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bot.corpus import Aliases, Chapter, Corpus, Passage
    from bot.search.index.embeddings import Embeddings
    from bot.search.index.labels import LabelLikeness
    from bot.search.index.words import WordIndex
    from bot.search.scope import Scope

__all__ = ["TopicFound", "find_topic", "near_topics", "topic_names", "training_columns"]

LONGEST_NAME = 100
"""Characters of a topic that are looked at."""

MOST_NAMED = 50
"""Episodes that names are taken from; in a larger library any words still work."""

MOST_SEARCHED = 3
"""Episodes that a topic's passages come from, the ones that say most about it."""

MOST_PHRASES = 60
"""Phrases that become names of topics."""

MOST_NEAR = 3
"""Names that are offered for one that is not discussed."""

SAID = 0.9
"""Share of a topic's words, weighed by rarity, said around one place, from which it is discussed."""

PARTLY, TOKENS = 0.5, 0.9
"""With this share said, the words' likeness token by token decides."""

MEANT, MEANT_TOKENS = 0.74, 0.85
"""With less said, a sentence and its neighbours must be this alike in meaning, and so must the words."""

NAMED, OF_TITLE = 1.16, 0.6
"""With the likeness of the nearest label and OF_TITLE of the nearest title's above NAMED, it goes by another name here.

Set between 36 other names for what is discussed and 64 subjects that are not (`benchmarks/names.json` and the topics
that are not kept aside): of the 24 names that share too few words it finds 8, of the subjects none."""

SAID_WITHOUT_MODELS = 0.75

FEWEST = 1.5
"""Rarity of the rarest word below which words are no topic: “the” is said in every other sentence."""

IS_CHAPTER = 0.55
"""Words that a topic and a chapter's title share, weighed by rarity, from which the topic is the chapter."""

_AROUND = 4
_AS_MUCH = 0.5
_SLIP = 0.78
_SHORTEST_REPAIRED = 4
_TELLING = 0.7
_MOST_WORDINGS = 3
_SAME = 0.75


@dataclass(frozen=True, slots=True)
class TopicFound:
    """What is said on a topic: its name, its chapters, passages in the conversation's order, related topics.

    `more` says that there is another page.
    """

    title: str
    chapters: tuple[Chapter, ...]
    passages: tuple[Passage, ...]
    related: tuple[str, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    """What a corpus knows by name; `vocabulary` are the words a misspelled one may stand for: of names, then any."""

    chapters: tuple[str, ...]
    points: tuple[str, ...]
    phrases: tuple[str, ...]
    aliases: Aliases
    vocabulary: tuple[tuple[str, ...], tuple[str, ...]]


def topic_names(corpus: Corpus) -> tuple[str, ...]:
    """Return the names of topics, each once: chapters, frequent phrases, aliases, hand-picked points."""
    known = _names_of(corpus)
    names = {fold(name): name for name in (*known.points, *known.aliases.wordings, *known.phrases, *known.chapters)}
    order = dict.fromkeys(map(fold, (*known.chapters, *known.phrases, *known.aliases.wordings, *known.points)))
    return tuple(names[name] for name in order)


def find_topic(  # noqa: PLR0913, PLR0917 - what to search with, for what, where, how much
    corpus: Corpus,
    index: WordIndex,
    embeddings: Embeddings | None,
    name: str,
    limit: int = 6,
    scope: Scope = EVERYWHERE,
    page: int = 1,
) -> TopicFound | None:
    """Return what is said on a topic, or None when it is not discussed; pages count from 1."""
    topic = _Topic.read(corpus, index, name)
    profiles = _profiles(corpus, index, embeddings, topic, scope)
    if topic.rarity < FEWEST or not profiles:
        return None
    profiles, relevance = _most_relevant(profiles, _relevance(profiles, topic, index, embeddings))
    labels = label_likeness(corpus, embeddings, [profile.number for profile in profiles], topic.wordings)
    chapter = _as_chapter(topic, profiles, index)
    if topic.speaker:
        gains = [by_speaker(profile, topic.speaker) for profile in profiles]
    elif chapter is None and not _is_discussed(profiles, topic, index, embeddings, labels):
        return None
    else:
        gains = gains_of(profiles, relevance, topic.stems, index, labels)
        if chapter is not None:
            titled = index.stems(chapter)
            whole = any(share_of(titled, stems, index) >= SAID for stems in topic.stems)
            gains = [inside(profile, gain, chapter, whole=whole) for profile, gain in zip(profiles, gains, strict=True)]
    places = pick(gains, profiles, limit * page + 1)
    shown = places[limit * (page - 1) : limit * page]
    passages = tuple(trim(profiles[at].episode.passage(first, last)) for at, first, last in sorted(shown))
    title = topic.speaker or chapter or _spelling(corpus, topic.name)
    return TopicFound(
        title, _chapters(passages), passages, _find_related(corpus, title, passages), len(places) > limit * page
    )


def training_columns(
    corpus: Corpus, index: WordIndex, embeddings: Embeddings | None, name: str
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.bool_]]:
    """Return a topic's features in the first episode, and which sentences are talk there (for training)."""
    topic = _Topic.read(corpus, index, name)
    profiles = _profiles(corpus, index, embeddings, topic, EVERYWHERE)
    relevance = _relevance(profiles, topic, index, embeddings)
    labels = label_likeness(corpus, embeddings, [profile.number for profile in profiles], topic.wordings)
    return OnTopic(profiles[0], relevance[0], topic.stems, index, labels[0]).features(), profiles[0].talk


def _spelling(corpus: Corpus, name: str) -> str:
    """Return a name as it is written among the known ones."""
    return next((known for known in topic_names(corpus) if fold(known) == fold(name)), name)


def near_topics(corpus: Corpus, index: WordIndex, embeddings: Embeddings | None, name: str) -> tuple[str, ...]:
    """Return the names nearest to one: spelled like it, then the chapters nearest in meaning, then phrases."""
    topic = _Topic.read(corpus, index, name)
    names = {fold(known): known for known in topic_names(corpus)}
    near = [names[found] for found in nearest(fold(topic.name), names, _SAME, MOST_NEAR)]
    profiles = _profiles(corpus, index, embeddings, topic, EVERYWHERE)
    best: dict[str, float] = {}
    if topic.wordings:
        for profile, relevance in zip(profiles, _relevance(profiles, topic, index, embeddings), strict=True):
            for number in set(profile.chapters.tolist()) - {-1}:
                own = np.sort(relevance[(profile.chapters == number) & profile.talk])[-5:]
                title = profile.episode.chapters[number].title
                best[title] = max(best.get(title, -np.inf), float(own.mean()) if len(own) else -np.inf)
    known = _names_of(corpus)
    chapters = [title for title in sorted(best, key=lambda title: -best[title]) if best[title] > -np.inf]
    return tuple(dict.fromkeys([*near, *chapters, *known.chapters, *known.phrases]))[:MOST_NEAR]


@dataclass(frozen=True, slots=True)
class _Topic:
    """A topic as asked.

    `wordings` are the ways to say it, `stems` those of each; `telling` leaves out words that are said all over.
    """

    name: str
    speaker: str | None
    wordings: tuple[str, ...]
    stems: tuple[list[str], ...]
    telling: str
    rarity: float

    @classmethod
    def read(cls, corpus: Corpus, index: WordIndex, name: str) -> _Topic:
        """Mend misspelled words, leave out the names of those who speak anyway, and add what aliases stand for."""
        known = _names_of(corpus)
        name = " ".join(name[:LONGEST_NAME].split())
        mended = " ".join(_mend(word, index, known) for word in name.split())
        speaker = named_speaker(re.sub(r"[^\w\s'-]", "", mended), corpus.speakers)
        parts = {part for each in corpus.speakers for part in each.casefold().split()}
        kept = [word for word in mended.split() if re.sub(r"['’]s$|\W", "", word.casefold()) not in parts]
        main = " ".join(kept) if kept else mended
        others = [
            _replace(main, alias, wording) for alias, stand in known.aliases.within(main).items() for wording in stand
        ]
        wordings = tuple(w for w in dict.fromkeys([main, *others]) if index.stems(w))[: _MOST_WORDINGS + 1]
        rarities = {w: max(map(index.rarity, index.stems(w)), default=0.0) for w in main.split()}
        top = max(rarities.values(), default=0.0)
        telling = " ".join(word for word, rarity in rarities.items() if rarity >= _TELLING * top)
        return cls(mended, speaker, wordings, tuple(map(index.stems, wordings)), telling, top)


def _mend(word: str, index: WordIndex, known: _Known) -> str:
    """Return the known word that a misspelled one stands for, or the word."""
    form = fold(re.sub(r"^\W+|\W+$", "", word))
    if (
        len(form) < _SHORTEST_REPAIRED
        or not form.isalpha()
        or is_english(form)
        or any(map(index.count, index.stems(form)))
        or known.aliases.within(form)
    ):
        return word
    for vocabulary in known.vocabulary:
        if form in vocabulary:
            return word
        likely = same_words([form], vocabulary)[0]
        fits = {
            other: likeness
            for other, likeness in likely.items()
            if likeness >= _SLIP and other[0] == form[0] and not other.startswith(form) and not form.startswith(other)
        }
        if fits:
            return max(fits, key=lambda other: fits[other])
    return word


def _replace(text: str, alias: str, wording: str) -> str:
    """Return a text with the words of an alias replaced by a wording."""
    gone = {form.form for form in words(alias)}
    gone |= {form + "s" for form in gone} | {form.removesuffix("s") for form in gone}
    kept = [word for word in text.split() if not {form.form for form in words(word)} & gone]
    return " ".join([*kept, wording])


@lru_cache(maxsize=4)
def _names_of(corpus: Corpus) -> _Known:
    """Gather the names of a corpus, once."""
    chapters: dict[str, None] = {}
    points: dict[str, None] = {}
    phrases: Counter[str] = Counter()
    heard: Counter[str] = Counter()
    for number in range(min(len(corpus.entries), MOST_NAMED)):
        episode = corpus.episode(number)
        chapters.update(dict.fromkeys(chapter.title for chapter in episode.chapters))
        points.update(dict.fromkeys(key.point for key in key_passages(corpus.folder, episode)))
        heard.update(word.form for word in words(episode.text))
        phrases.update(phrases_of(episode))
    aliases = known_aliases(corpus)
    named = dict.fromkeys(word.form for name in (*chapters, *aliases.wordings) for word in words(name))
    often = [phrase for phrase, _ in phrases.most_common(MOST_PHRASES)]
    rest = [form for form, _ in heard.most_common()]
    return _Known(tuple(chapters), tuple(points), tuple(often), aliases, (tuple(named), tuple(rest)))


@lru_cache(maxsize=16)
def _profile(corpus: Corpus, index: WordIndex, number: int) -> Profile:
    """Look at an episode's sentences, once."""
    episode = corpus.episode(number)
    return Profile(episode, number, key_passages(corpus.folder, episode), index)


def _profiles(
    corpus: Corpus, index: WordIndex, embeddings: Embeddings | None, topic: _Topic, scope: Scope
) -> list[Profile]:
    """Return the episodes that say most about a topic, in the corpus's order."""
    numbers = [n for n in range(len(corpus.entries)) if scope.episodes is None or n in scope.episodes]
    if len(numbers) > MOST_SEARCHED:
        part = narrow(corpus, index, scope)
        score: dict[int, float] = defaultdict(float)
        for wording in topic.wordings:
            for value, (episode, _) in part.top("near", wording, 300):
                score[episode] += value
        if embeddings is not None and topic.wordings:
            for rank, (episode, _) in enumerate(embeddings.view(topic.wordings[0]).candidates(30)):
                score[episode] += 30 / (1 + rank % 30)
        if topic.speaker:
            for number in numbers:
                score[number] += topic.speaker in corpus.entries[number].speakers
        numbers = sorted(sorted(set(numbers) & set(score), key=lambda number: -score[number])[:MOST_SEARCHED])
    return [_profile(corpus, index, number) for number in numbers]


def _relevance(
    profiles: Sequence[Profile], topic: _Topic, index: WordIndex, embeddings: Embeddings | None
) -> list[NDArray[np.float64]]:
    """Return how relevant sentences are: to the whole topic and its telling words, or to what an alias stands for."""
    main, *others = topic.wordings
    found = relevance_of(profiles, main, index, embeddings)
    if topic.telling and topic.telling != main:
        telling = relevance_of(profiles, topic.telling, index, embeddings)
        found = [0.3 * whole + 0.7 * part for whole, part in zip(found, telling, strict=True)]
    for wording in others:
        other = relevance_of(profiles, wording, index, embeddings)
        found = [np.maximum(one, two) for one, two in zip(found, other, strict=True)]
    return found


def _most_relevant(
    profiles: Sequence[Profile], relevance: Sequence[NDArray[np.float64]]
) -> tuple[list[Profile], list[NDArray[np.float64]]]:
    """Return the episodes that say about as much on the topic as the one that says most."""
    peaks = [float(around(own).max(initial=0.0)) for own in relevance]
    kept = [at for at, peak in enumerate(peaks) if peak >= _AS_MUCH * max(peaks)]
    return [profiles[at] for at in kept], [relevance[at] for at in kept]


def _is_discussed(
    profiles: Sequence[Profile],
    topic: _Topic,
    index: WordIndex,
    embeddings: Embeddings | None,
    labels: Sequence[LabelLikeness | None],
) -> bool:
    """Say whether a topic's words are said together somewhere, or something that means the same."""
    share = max(within(profile, stems, index, _AROUND) for profile in profiles for stems in topic.stems)
    if share >= SAID or embeddings is None:
        return share >= (SAID if embeddings else SAID_WITHOUT_MODELS)
    if any(names is not None and names.label + OF_TITLE * names.title >= NAMED for names in labels):
        return True
    view = embeddings.view(topic.wordings[0], frozenset(profile.number for profile in profiles))
    likeness = view.similarities(view.candidates(60) or [(profiles[0].number, 0)])
    alike, token = max(one.wide for one in likeness), max(one.tokens for one in likeness)
    if share >= PARTLY:
        return token >= TOKENS
    return alike >= MEANT and token >= MEANT_TOKENS


def _as_chapter(topic: _Topic, profiles: Sequence[Profile], index: WordIndex) -> str | None:
    """Return the title of the chapter that a topic is, or None."""
    best: tuple[float, str] = (0.0, "")
    for title in dict.fromkeys(chapter.title for profile in profiles for chapter in profile.episode.chapters):
        own = index.stems(title)
        for stems in topic.stems:
            both = (share_of(stems, own, index) + share_of(own, stems, index)) / 2
            best = max(best, (both, title))
    return best[1] if best[0] >= IS_CHAPTER else None


def _chapters(passages: Sequence[Passage]) -> tuple[Chapter, ...]:
    return tuple(dict.fromkeys(passage.chapter for passage in passages if passage.chapter is not None))


def _find_related(corpus: Corpus, title: str, passages: Sequence[Passage]) -> tuple[str, ...]:
    """Return topics that lie close: the passages' chapters, phrases said in them, the chapters before and after."""
    known = _names_of(corpus)
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
