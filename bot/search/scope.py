"""Where to look: a speaker, shows, an episode, a chapter, as a member names them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from bot.corpus import read_number
from bot.errors import UserError
from bot.language import named_speaker, nearest, ratio
from bot.policy.texts import listed, say
from bot.search.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.corpus import Corpus, Episode, Passage
    from bot.search.index.words import WordIndex

__all__ = ["EVERYWHERE", "Scope", "find_scope", "narrow", "scope_of", "shows_named", "where"]

MOST_READ = 50
"""Episodes that are read to see whether anything is in a scope."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search may return; None means anything."""

    speaker: str | None = None
    episodes: frozenset[int] | None = None
    chapter: str | None = None

    @property
    def depth(self) -> int:
        """How many times more candidates a search takes, as only some places will do."""
        return 1 if self == EVERYWHERE else 10

    def admits(self, number: int, passage: Passage) -> bool:
        """Say whether a passage of the episode with that number may be returned."""
        return (
            (self.episodes is None or number in self.episodes)
            and (self.speaker is None or self.speaker in passage.speakers)
            and (self.chapter is None or (passage.chapter is not None and passage.chapter.title == self.chapter))
        )


EVERYWHERE = Scope()


@remembered(8)
def narrow(corpus: Corpus, index: WordIndex, scope: Scope) -> WordIndex:
    """Return the part of an index that a search in a scope looks through."""
    if scope == EVERYWHERE:
        return index
    spans = None
    if scope.chapter is not None and scope.episodes is not None and len(scope.episodes) <= MOST_READ:
        spans = [(n, *each) for n in scope.episodes for each in _spans_of(corpus.episode(n), scope.chapter)]
    return index.part(scope.episodes, scope.speaker, spans)


@lru_cache(maxsize=64)
def _spans_of(episode: Episode, chapter: str) -> tuple[tuple[int, int], ...]:
    """Return the first and the last sentence of each stretch of an episode that is in a chapter of that title."""
    titles = {number for number, each in enumerate(episode.chapters) if each.title == chapter}
    inside = [episode.paragraphs[paragraph].chapter in titles for paragraph in episode.sentences.paragraphs]
    runs = groupby(range(len(inside)), key=inside.__getitem__)
    return tuple((own[0], own[-1]) for own in (list(run) for is_in, run in runs if is_in))


def where(corpus: Corpus, scope: Scope) -> str:
    """Return what a scope looks through, in a few words that go with “in”: episode 225, what Ada says there."""
    numbers = frozenset(range(len(corpus.entries))) if scope.episodes is None else scope.episodes
    place = _where(corpus, numbers)
    if scope.chapter:
        place = say("scope.chapter", chapter=scope.chapter, where=place)
    if not scope.speaker:
        return place
    if scope.episodes is None:
        return say("scope.said", speaker=scope.speaker)
    return say("scope.said-in", speaker=scope.speaker, where=place)


async def find_scope(corpus: Corpus, speaker: str = "", episode: str = "", show: str = "", chapter: str = "") -> Scope:
    """Return what `scope_of` does, in a thread: it reads episodes for a chapter, and compares every title."""
    if not (speaker or episode or show or chapter):
        return EVERYWHERE
    return await asyncio.to_thread(scope_of, corpus, speaker, episode, show, chapter)


def scope_of(corpus: Corpus, speaker: str = "", episode: str = "", show: str = "", chapter: str = "") -> Scope:
    """Return the scope that a member's options name; raises UserError with the nearest names when one is unknown.

    `show` may name several, separated by commas.
    """
    numbers = frozenset(range(len(corpus.entries)))
    if show:
        names = {entry.show.id: entry.show.title for entry in corpus.entries}
        known = {**{title: key for key, title in names.items()}, **{key: key for key in names}}
        wanted = {_nearest(name.strip(), known, "show") for name in show.split(",")}
        numbers = frozenset(number for number in numbers if corpus.entries[number].show.id in wanted)
    if episode:
        numbers &= _episodes(corpus, episode, numbers)
    who = _speaker(corpus, speaker, numbers) if speaker else None
    title = _chapter(corpus, chapter, numbers) if chapter else None
    if title:
        numbers = frozenset(number for number in numbers if title in corpus.entries[number].chapters)
    chosen = Scope(who, numbers if show or episode or chapter else None, title)
    if chapter or (who and episode):
        _refuse_contradiction(corpus, chosen, numbers)
    return chosen


def shows_named(corpus: Corpus, text: str) -> tuple[str, ...]:
    """Return the ids of the shows named, () for all; raises UserError for one that is not here."""
    if text.strip().casefold() == "all":
        return ()
    numbers = scope_of(corpus, show=text).episodes or frozenset()
    return tuple(dict.fromkeys(corpus.entries[number].show.id for number in sorted(numbers)))


def _speaker(corpus: Corpus, name: str, numbers: frozenset[int]) -> str:
    """Return who is meant among those who are named in the episodes with these numbers, or raise a UserError."""
    heard = tuple(dict.fromkeys(name for number in sorted(numbers) for name in corpus.entries[number].speakers))
    if not heard:
        raise UserError(say("scope.names-nobody", where=_where(corpus, numbers)))
    known = named_speaker(name, heard)
    if known is not None:
        return known
    elsewhere = named_speaker(name, corpus.speakers)
    if elsewhere is not None:
        raise UserError(say("scope.not-there", speaker=elsewhere, where=_where(corpus, numbers)))
    near = nearest(name.casefold(), [s.casefold() for s in heard], 0.4, 3)
    shown = [s for s in heard if s.casefold() in near] or list(heard)[:3]
    raise UserError(say("scope.no-speaker", name=name, hint=say("hint.did-you-mean", names=listed(shown, "or"))))


def _where(corpus: Corpus, numbers: frozenset[int]) -> str:
    """Return episodes in a few words: the one, their shows, how many, or all there are."""
    if len(numbers) == len(corpus.entries):
        return corpus.label
    if len(numbers) == 1:
        return corpus.entries[min(numbers)].label
    shows = {corpus.entries[number].show.id: corpus.entries[number].show.title for number in sorted(numbers)}
    if len(numbers) < sum(entry.show.id in shows for entry in corpus.entries):
        return say("scope.some", count=len(numbers))
    return say("scope.shows", count=len(shows), names=listed(list(shows.values())))


def _episodes(corpus: Corpus, name: str, among: Iterable[int]) -> frozenset[int]:
    """Return the episodes that a number, with its season or without, a folder name or a title names."""
    season, told = read_number(name)
    wanted = name.casefold().lstrip("#")
    entries = {number: corpus.entries[number] for number in among}
    exact = frozenset(n for n, e in entries.items() if wanted in {str(e.number), e.id, e.title.casefold()})
    if season is not None:
        exact = frozenset(n for n, e in entries.items() if (e.meta.season, e.number) == (season, told)) or exact
    if exact:
        return exact
    inside = frozenset(n for n, e in entries.items() if wanted in e.title.casefold() or wanted in e.id)
    if inside:
        return inside
    title = _nearest(name, {e.title: e.title for e in entries.values()}, "episode")
    return frozenset(n for n, e in entries.items() if e.title == title)


def _chapter(corpus: Corpus, name: str, numbers: frozenset[int]) -> str:
    titles = {title: title for number in sorted(numbers) for title in corpus.entries[number].chapters}
    if not titles:
        raise UserError(say("scope.no-chapters"))
    inside = [title for title in titles if name.casefold() in title.casefold()]
    return inside[0] if inside else _nearest(name, titles, "chapter")


def _nearest(name: str, known: dict[str, str], kind: str) -> str:
    """Return what the name stands for if it is near enough to one known, or raise a UserError with the nearest."""
    folded = {title.casefold(): title for title in known}
    if name.casefold() in folded:
        return known[folded[name.casefold()]]
    near = nearest(name.casefold(), folded, 0.4, 3)
    if near and ratio(near[0], name.casefold()) >= 0.75:  # noqa: PLR2004 - a slip or two
        return known[folded[near[0]]]
    shown = [folded[title] for title in near] or sorted(known)[:3]
    raise UserError(say(f"scope.unknown-{kind}", name=name, names=listed(shown, "or")))


def _refuse_contradiction(corpus: Corpus, chosen: Scope, numbers: frozenset[int]) -> None:
    """Raise a UserError when nothing can be in a scope that names both a speaker and a place."""
    if len(numbers) > MOST_READ:
        return
    for number in numbers:
        episode = corpus.episode(number)
        if any(chosen.admits(number, episode.passage(s, s)) for s in range(len(episode.sentences))):
            return
    by, within = bool(chosen.speaker), bool(chosen.chapter)
    what = "by-in" if by and within else "by" if by else "in" if within else "at-all"
    raise UserError(say(f"scope.nothing-{what}", speaker=chosen.speaker, chapter=chosen.chapter))
