"""What is known of an episode, in words: when it came out, how long it is, who takes part, its chapters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.contract import Span, clock, format_date
from bot.policy.texts import say
from bot.search.episodes import people_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.corpus import Chapter, Episode, EpisodeEntry, Person

__all__ = ["chapter_lines", "facts_of", "is_host", "length_of", "people_in_words"]

MOST_PEOPLE = 8
"""People named of an episode."""

_HOST = ("host", "hosts")
"""How the role of whoever hosts ends: host, co-host."""


def facts_of(entry: EpisodeEntry, *, guests_first: bool = False) -> str:
    """Return date, length and people of an episode on one line, as far as they are known."""
    date = format_date(entry.meta.published) if entry.meta.published else ""
    people = people_in_words(entry, guests_first=guests_first)
    return " · ".join(part for part in (date, length_of(entry), people) if part)


def length_of(entry: EpisodeEntry) -> str:
    """Return how long an episode is; about so long where only the time of its last sentence is known."""
    if entry.meta.duration:
        return clock(entry.meta.duration)
    return say("episodes.about", time=clock(entry.lasts)) if entry.lasts else ""


def people_in_words(entry: EpisodeEntry, *, guests_first: bool = False) -> str:
    """Return who takes part, with their roles where they are stated."""
    people = list(people_of(entry))
    if guests_first:
        people.sort(key=is_host)
    named = [f"{person.name} ({person.role})" if person.role else person.name for person in people[:MOST_PEOPLE]]
    more = [say("episodes.more-people", count=len(people) - MOST_PEOPLE)] if len(people) > MOST_PEOPLE else []
    return ", ".join([*named, *more])


def is_host(person: Person) -> bool:
    """Say whether somebody hosts, by their role."""
    return person.role.casefold().endswith(_HOST)


def chapter_lines(episode: Episode, chapters: Sequence[Chapter]) -> tuple[Span, ...]:
    """Return chapters of an episode, one on a line, each with its time, which is the link."""
    spans: list[Span] = []
    whole = episode.link(None)  # a link that opens at no time is on the button
    for chapter in chapters:
        link = episode.link(chapter.start) if chapter.start is not None else None
        time = clock(chapter.start) if chapter.start is not None else ""
        spans += [
            Span("\n" if spans else ""),
            Span(time, url=link if link != whole else None),
            Span(f"  {chapter.title}" if time else chapter.title),
        ]
    return tuple(span for span in spans if span.text)
