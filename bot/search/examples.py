"""What one can say to the bot, for example, about the shows it knows: real names of people, chapters and subjects."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus import Section
from bot.search.episodes import newest_first
from bot.search.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from bot.corpus import Corpus, Episode, Passage

__all__ = ["Subject", "remembered_words", "subjects"]

_MOST_READ = 3
"""Episodes whose chapters are looked through, the newest first."""

_LONGEST_NAME = 3
"""Words that the name of a subject has at most: more is a headline, not what somebody asks about."""

_FEWEST, _MOST = 4, 9
"""Words of a line that somebody half remembers."""

_PLAIN = re.compile(r"[^\W_]+(?:['’ -][^\W_]+)*")
_CLAUSE = re.compile(r"[^,;:.?!…\u2013\u2014]+")
_EDGES = ",.;:?!'\"()…"


class Subject(NamedTuple):
    """A subject as it stands in a sentence, and who speaks of it most, "" where the transcript names nobody."""

    name: str
    speaker: str


@remembered(4)
def subjects(corpus: Corpus, names: tuple[str, ...]) -> tuple[Subject, ...]:
    """Return subjects of the newest episodes: chapters, the shortest names first, or `names` where none has any."""
    newest = islice(newest_first(corpus, range(len(corpus.entries))), _MOST_READ)
    found = [subject for number in newest for subject in _chapters(corpus.episode(number))]
    found.sort(key=lambda subject: len(subject.name.split()))
    found = found or [Subject(name, "") for name in names if _is_short(name)]
    return tuple({subject.name: subject for subject in found}.values())


def remembered_words(passage: Passage, weigh: Callable[[str], float | None]) -> str:
    """Return some words of a passage as somebody may remember them: how its most telling clause begins, or ""."""
    clauses = [clause.split()[:_MOST] for clause in _CLAUSE.findall(passage.text)]
    lines = [" ".join(clause) for clause in clauses if len(clause) >= _FEWEST]
    return max(lines, key=lambda line: weigh(line) or 0.0, default="")


def _chapters(episode: Episode) -> list[Subject]:
    """Return the chapters of an episode that have a short name, the longest first."""
    length: Counter[int] = Counter()
    voices: dict[int, Counter[str]] = {}
    for paragraph in episode.paragraphs:
        if paragraph.chapter is not None and paragraph.section is Section.CONVERSATION:
            length[paragraph.chapter] += paragraph.end - paragraph.begin
            said = voices.setdefault(paragraph.chapter, Counter())
            said[paragraph.speaker or ""] += paragraph.end - paragraph.begin
    said_small = {word.strip(_EDGES) for word in episode.text.split()}
    found = []
    for number, _ in length.most_common():
        title, speaker = episode.chapters[number].title, voices[number].most_common(1)[0][0]
        if _is_short(title) and (speaker or not episode.paragraphs.names):
            found.append(Subject(_inside(title, said_small), speaker))
    return found


def _is_short(name: str) -> bool:
    return _PLAIN.fullmatch(name) is not None and len(name.split()) <= _LONGEST_NAME


def _inside(title: str, said: Collection[str]) -> str:
    """Return a title as it stands inside a sentence: its first letter small where its first word is said so."""
    small = title[:1].lower() + title[1:]
    return small if small.split()[0] in said else title
