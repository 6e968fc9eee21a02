"""Sentences that stand alone: what is understood without what was said before it.

Only whole sentences of the edition are chosen; nothing is written or joined.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.language import Row, read_rows

if TYPE_CHECKING:
    from bot.corpus import Episode, Passage

__all__ = ["asks", "find_lean", "leans", "loose_ends", "one_voice", "speaker_of", "stand_alone", "trails"]

MOST_BEFORE, MOST_AFTER = 3, 2
"""Sentences that a passage is widened by to be understood, before it and after it."""

FEWEST_WORDS = 3
"""Words of a sentence that says something by itself: “Both.” does not."""

_LOOKED_AT, _MOSTLY = 400, 0.7
"""Sentences of an episode, and the share of them with a capital, by which it is told how its sentences begin."""

_READ = 160
"""Characters of a sentence by which it is told how it begins."""

FEWEST_OF_ANSWER = 5
"""Words of a sentence that can be the whole answer to a question: “Oh, I feel that.” comes before it."""

_OPEN = re.compile(r"[,;:\u2013\u2014-]$")
_ASKS = re.compile(r"\?[\"”’')]*$")
_TAG = re.compile(r"\b(?:right|you know|okay|yeah|huh)\?$", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@lru_cache(maxsize=1)
def _rules() -> tuple[Row, ...]:
    return read_rows("bot.search", "alone.toml")


@lru_cache(maxsize=50_000)
def find_lean(text: str, *, follows: bool = True) -> str | None:
    """Return the key of the rule by which a sentence leans on what was said before, or None.

    `follows` says that somebody else spoke before it: only then a bare yes or no leans.
    """
    said = _plain(text[:_READ])
    if is_short(text):
        return "short"
    left_out = {"loose"} if follows else {"loose", "yes-no"}
    rows = (row for row in _rules() if row.key not in left_out and row.pattern.match(said))
    return next((row.key for row in rows if not (row.unless and row.unless.match(said))), None)


def is_short(text: str) -> bool:
    """Say whether a sentence has too few words to say something by itself."""
    return len(text) <= _READ and len(_WORD.findall(text)) < FEWEST_WORDS


@lru_cache(maxsize=50_000)
def loose_ends(text: str) -> int:
    """Return how often a sentence points at something that it does not name: “on that”, “those things”."""
    return sum(len(row.pattern.findall(_plain(text))) for row in _rules() if row.key == "loose")


def _plain(text: str) -> str:
    """Return a text as the rules read it."""
    return text.casefold().replace("’", "'")


def leans(episode: Episode, sentence: int) -> bool:
    """Say whether a sentence is not understood without the one before it."""
    if sentence == 0:
        return False
    text, before = _text(episode, sentence), _text(episode, sentence - 1)
    same = speaker_of(episode, sentence) == speaker_of(episode, sentence - 1)
    if (same and _OPEN.search(before)) or (text[:1].islower() and _has_capitals(episode)):
        return True
    return find_lean(text, follows=_changes(episode, sentence - 1)) is not None


@lru_cache(maxsize=256)
def _has_capitals(episode: Episode) -> bool:
    """Say whether sentences mostly begin with a capital: then one that does not is the end of another."""
    begins = episode.sentences.begins[:_LOOKED_AT]
    return sum(episode.text[begin].isupper() for begin in begins) >= _MOSTLY * len(begins)


def asks(episode: Episode, sentence: int) -> bool:
    """Say whether a sentence is a question, and not one that only seeks assent."""
    text = _text(episode, sentence)
    return _ASKS.search(text) is not None and _TAG.search(text) is None


def trails(episode: Episode, sentence: int) -> bool:
    """Say whether a sentence ends in the middle: with a comma, a colon, a dash."""
    return _OPEN.search(_text(episode, sentence)) is not None


def one_voice(episode: Episode, first: int, last: int) -> bool:
    """Say whether one person says sentences first..last, in one chapter and one kind of speech."""
    places = range(first, last)
    return all(
        _together(episode, at, at + 1) and speaker_of(episode, at) == speaker_of(episode, at + 1) for at in places
    )


def stand_alone(episode: Episode, first: int, last: int, limit: int) -> Passage:
    """Return sentences first..last with what they need to be understood, in at most `limit` characters.

    That is the sentence before as long as they lean on it (of the same speaker, or somebody's question), the one after
    where the last one ends in the middle, and the answer behind somebody's question. What is longer than the limit
    loses its last sentences, a single one is left whole.
    """
    while last > first and _length(episode, first, last) > limit:
        last -= 1
    last = _finish(episode, first, last, limit)
    begin = first
    for _ in range(MOST_BEFORE):
        if not leans(episode, begin):
            return episode.passage(begin, last)
        if not _may_add(episode, begin - 1, begin, last, limit):
            break
        begin -= 1
        if _changes(episode, begin):
            return episode.passage(begin, last)
    if begin < first and leans(episode, begin):
        begin = first if is_short(_text(episode, first - 1)) else first - 1
    return episode.passage(begin, last)


def _finish(episode: Episode, first: int, last: int, limit: int) -> int:
    """Return the last sentence of a passage that does not end in the middle, or with a question left open."""
    end = last
    for _ in range(MOST_AFTER):
        following = end + 1
        if following >= len(episode.sentences) or _length(episode, first, following) > limit:
            break
        if not _together(episode, end, following):
            break
        changes = _changes(episode, end)
        is_open = asks(episode, end) if changes else trails(episode, end)
        if not is_open and not (end > last and not changes and _words(episode, end) < FEWEST_OF_ANSWER):
            break
        end = following
    return end


def _words(episode: Episode, sentence: int) -> int:
    return len(_WORD.findall(_text(episode, sentence)))


def _changes(episode: Episode, sentence: int) -> bool:
    """Say whether somebody else speaks after a sentence; where nobody is named, whether it is a question."""
    one, other = speaker_of(episode, sentence), speaker_of(episode, sentence + 1)
    return one != other or (one < 0 and asks(episode, sentence))


def _may_add(episode: Episode, before: int, first: int, last: int, limit: int) -> bool:
    """Say whether a passage may begin a sentence earlier."""
    if before < 0 or _length(episode, before, last) > limit or not _together(episode, before, first):
        return False
    return speaker_of(episode, before) == speaker_of(episode, first) or asks(episode, before)


def _together(episode: Episode, one: int, other: int) -> bool:
    """Say whether two sentences that follow each other are of one chapter and kind of speech, nothing withheld."""
    numbers, rows = episode.sentences.paragraphs, episode.paragraphs
    here, there = numbers[one], numbers[other]
    alike = rows.chapters[here] == rows.chapters[there] and rows.sections[here] == rows.sections[there]
    return alike and episode.is_whole(one, other)


def _length(episode: Episode, first: int, last: int) -> int:
    return episode.sentences.ends[last] - episode.sentences.begins[first]


def _text(episode: Episode, sentence: int) -> str:
    return episode.text[episode.sentences.begins[sentence] : episode.sentences.ends[sentence]]


def speaker_of(episode: Episode, sentence: int) -> int:
    """Return the number of who says a sentence, less than 0 where nobody is named."""
    return episode.paragraphs.speakers[episode.sentences.paragraphs[sentence]]
