"""Names of topics: those that a corpus has, and what somebody means who types one.

A corpus has the titles of its chapters, points somebody picked by hand, other names from `aliases.toml` and phrases its
speakers use often. What is typed is read with them: a misspelled word as one that is said, and that is told of.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus import fold, key_passages, words
from bot.language import named_speaker, same_words
from bot.search.episodes import newest_first
from bot.search.expansion import is_english, known_aliases
from bot.search.index.phrases import phrases_of
from bot.search.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.corpus import Aliases, Corpus
    from bot.search.index.words import WordIndex

__all__ = ["Reading", "Topic", "known_names", "topic_names"]

LONGEST_NAME = 100
"""Characters of a topic that are looked at."""

MOST_READ = 50
"""Episodes, the newest, whose text is read for phrases and points; chapters are known of all."""

MOST_PHRASES = 60
"""Phrases that become names of topics."""

ALIKE = 60
"""Sentences with the most letters of a misspelled word in a row, among whose words the one that is meant is sought."""

SLIP, SURE, AHEAD = 0.78, 0.84, 0.03
"""Likeness from which a word may be meant; from which it is, if the next one is so much less like it."""

CLIPPED = 6
"""Letters from which a word that is no word may be the beginning of a longer one."""

_NAMED = 0.05
"""What being a word of a name counts for beside likeness."""

_SHORTEST_REPAIRED = 4
_TELLING = 0.7
_MOST_WORDINGS = 3


@dataclass(frozen=True, slots=True)
class Known:
    """What a corpus knows by name; `vocabulary` are the words of names."""

    chapters: tuple[str, ...]
    points: tuple[str, ...]
    phrases: tuple[str, ...]
    aliases: Aliases
    vocabulary: tuple[str, ...]


class Reading(NamedTuple):
    """A word as typed, the one it was read as, and whether it can hardly be another one."""

    typed: str
    read: str
    certain: bool


def topic_names(corpus: Corpus) -> tuple[str, ...]:
    """Return the names of topics, each once: chapters of all episodes, phrases, aliases, hand-picked points."""
    known = known_names(corpus)
    names = {fold(name): name for name in (*known.points, *known.aliases.wordings, *known.phrases, *known.chapters)}
    order = dict.fromkeys(map(fold, (*known.chapters, *known.phrases, *known.aliases.wordings, *known.points)))
    return tuple(names[name] for name in order)


@remembered(4)
def known_names(corpus: Corpus) -> Known:
    """Gather the names of a corpus, once; takes 0.1 s an episode whose text is read."""
    chapters = dict.fromkeys(title for entry in corpus.entries for title in entry.chapters)
    points: dict[str, None] = {}
    phrases: Counter[str] = Counter()
    for number in sorted(newest_first(corpus, range(len(corpus.entries)))[:MOST_READ]):
        episode = corpus.episode(number)
        points.update(dict.fromkeys(key.point for key in key_passages(corpus.folder, episode)))
        phrases.update(phrases_of(episode))
    aliases = known_aliases(corpus)
    often = [phrase for phrase, _ in phrases.most_common(MOST_PHRASES)]
    titles = (entry.title for entry in corpus.entries)
    named = (*chapters, *aliases.wordings, *often, *corpus.speakers, *titles)
    vocabulary = dict.fromkeys(word.form for name in named for word in words(name))
    return Known(tuple(chapters), tuple(points), tuple(often), aliases, tuple(vocabulary))


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as asked.

    `wordings` are the ways to say it, `stems` those of each; `telling` leaves out words that are said all over, and
    `told` are the stems that are left of each.
    `readings` are the words that were read as others, `doubtful` the names that it has when they are read otherwise.
    """

    name: str
    speaker: str | None
    wordings: tuple[str, ...]
    stems: tuple[list[str], ...]
    telling: str
    told: tuple[list[str], ...]
    rarity: float
    readings: tuple[Reading, ...]
    doubtful: tuple[str, ...]

    @classmethod
    def read(cls, corpus: Corpus, index: WordIndex, name: str) -> Topic:
        """Mend misspelled words, leave out the names of those who speak anyway, and add what aliases stand for."""
        known = known_names(corpus)
        typed = name[:LONGEST_NAME].split()
        options = [_meant(word, corpus, index, known) for word in typed]
        best = [found[0] if found else word for word, found in zip(typed, options, strict=True)]
        mended = " ".join(best)
        readings = tuple(
            Reading(word, found[0], len(found) == 1) for word, found in zip(typed, options, strict=True) if found
        )
        doubtful = tuple(
            " ".join([*best[:at], other, *best[at + 1 :]]) for at, found in enumerate(options) for other in found[1:]
        )
        speaker = named_speaker(re.sub(r"[^\w\s'-]", "", mended), corpus.speakers)
        parts = {part for each in corpus.speakers for part in each.casefold().split()}
        kept = [word for word in best if re.sub(r"['’]s$|\W", "", word.casefold()) not in parts]
        main = " ".join(kept) if kept else mended
        others = [
            _replace(main, alias, wording) for alias, stand in known.aliases.within(main).items() for wording in stand
        ]
        wordings = tuple(w for w in dict.fromkeys([main, *others, *_joined(main, index)]) if index.stems(w))
        wordings = wordings[: _MOST_WORDINGS + 1]
        rarities = {w: max(map(index.rarity, index.stems(w)), default=0.0) for w in main.split()}
        top = max(rarities.values(), default=0.0)
        telling = " ".join(word for word, rarity in rarities.items() if rarity >= _TELLING * top)
        stems = tuple(map(index.stems, wordings))
        told = (index.stems(telling), *stems[1:])
        return cls(mended, speaker, wordings, stems, telling, told, top, readings, doubtful)


def _joined(name: str, index: WordIndex) -> Iterator[str]:
    """Yield a name with two words in one where that is a word here: foot ball."""
    typed = name.split()
    for at, (one, two) in enumerate(pairwise(typed)):
        if one.isalpha() and two.isalpha() and all(map(index.count, index.stems(one + two))):
            yield " ".join([*typed[:at], one + two, *typed[at + 2 :]])


def _meant(word: str, corpus: Corpus, index: WordIndex, known: Known) -> list[str]:
    """Return the words that a misspelled one may stand for, likeliest first; none for a word that is one.

    More than one only when it is in doubt which of them it is.
    """
    form = fold(re.sub(r"^\W+|\W+$", "", word))
    if (
        len(form) < _SHORTEST_REPAIRED
        or not form.isalpha()
        or is_english(form)
        or any(map(index.count, index.stems(form)))
        or form in known.vocabulary
        or known.aliases.within(form)
    ):
        return []
    said = (corpus.episode(n).passage(s, s).text for _, (n, s) in index.top("grams", form, ALIKE))
    vocabulary = dict.fromkeys([*known.vocabulary, *(each.form for text in said for each in words(text))])
    named = set(known.vocabulary)
    likely = {
        other: likeness + _NAMED * (other in named) for other, likeness in _alike(form, tuple(vocabulary)).items()
    }
    ordered = sorted(likely, key=lambda other: -likely[other])
    if not ordered:
        return []
    best, *others = ordered
    near = [other for other in others if likely[best] - likely[other] < AHEAD and not _same(best, other, index)]
    in_doubt = near if near or likely[best] >= SURE else others
    return [best, *in_doubt[:2]]


def _alike(form: str, vocabulary: tuple[str, ...]) -> dict[str, float]:
    """Return the words that one may be a slip of, or a beginning of, with how alike they are."""
    found = {
        other: likeness
        for other, likeness in same_words([form], vocabulary)[0].items()
        if likeness >= SLIP and other[0] == form[0] and not other.startswith(form) and not form.startswith(other)
    }
    if len(form) >= CLIPPED:
        found |= {other: SURE for other in vocabulary if other.startswith(form) and other != form}
    return found


def _same(one: str, other: str, index: WordIndex) -> bool:
    """Say whether two words are forms of one."""
    return index.stems(one) == index.stems(other)


def _replace(text: str, alias: str, wording: str) -> str:
    """Return a text with the words of an alias replaced by a wording."""
    gone = {form.form for form in words(alias)}
    gone |= {form + "s" for form in gone} | {form.removesuffix("s") for form in gone}
    kept = [word for word in text.split() if not {form.form for form in words(word)} & gone]
    return " ".join([*kept, wording])
