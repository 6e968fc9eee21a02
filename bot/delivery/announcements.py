"""The announcement of a new episode: what it says, and whether it still may say it."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

from bot.contract import (
    LONGEST_LINE,
    Button,
    Card,
    Outcome,
    Reply,
    Role,
    Span,
    Use,
    drop_others,
    listen,
    more_context,
    shorten,
)
from bot.policy.texts import say
from bot.search import chapter_lines, facts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.contract import Lines
    from bot.corpus import Corpus, Episode, EpisodeEntry
    from bot.highlights import Highlights
    from bot.store import ChannelSettings

__all__ = ["Announcements"]

LONGEST = 1_500
"""Characters of an announcement, addresses apart: as long as a topic, which also tells of a whole episode."""

CHAPTERS, QUOTES, LONGEST_QUOTE = 5, 3, 280
"""Chapters and quotes of an announcement, and characters of one of those."""

LONGEST_HEAD = 160
"""Characters of the title, and of the line under it."""

LONGEST_CHAPTER = 60
"""Characters of a chapter's title."""


class Announcements:
    """What announcements say, from the episodes themselves; an `episode` is "show/episode", its folders."""

    def __init__(self, highlights: Highlights, corpus: Corpus, lines: Lines) -> None:
        self._highlights = highlights
        self._corpus = corpus
        self._lines = lines

    def knows(self, episode: str) -> bool:
        """Say whether an episode is in the corpus of this process by now."""
        return self._corpus.find(*_folders(episode)) is not None

    def withholds(self, episode: str) -> bool:
        """Say whether an episode is not here because it is withdrawn."""
        return self._corpus.withholds(*_folders(episode))

    def name(self, episode: str) -> str:
        """Return what people call an episode; the names of its folders where it is not here."""
        number = self._corpus.find(*_folders(episode))
        return episode if number is None else shorten(self._corpus.entries[number].name, LONGEST_HEAD)

    async def reply(self, episode: str, settings: ChannelSettings) -> Reply | None:
        """Return what is said of an episode in a channel, its own words apart in its language; None while not here."""
        return await asyncio.to_thread(self._reply, episode, settings)

    async def stands(self, episode: str, reply: Reply) -> bool:
        """Say whether an episode is here and still has every quote of its announcement."""
        quotes = [card.quote for card in reply.cards if card.quote]
        return self.knows(episode) and await asyncio.to_thread(lambda: all(map(self._corpus.has, quotes)))

    def _reply(self, episode: str, settings: ChannelSettings) -> Reply | None:
        number, language = self._corpus.find(*_folders(episode)), settings.language
        if number is None:
            return None
        entry, loaded = self._corpus.entries[number], self._corpus.episode(number)
        facts = shorten(facts_of(entry, guests_first=True), LONGEST_HEAD)
        head = Card(Role.INFO, title=shorten(entry.name, LONGEST_HEAD), body=(Span(facts),) if facts else ())
        quotes = self._quotes(number, language)
        steps = self._steps(entry, language) if settings.answers != "off" else []
        steps = steps or self._context(quotes, language)
        reply = Reply(
            say("announce.lead", language),
            Outcome.FOUND,
            self._lines.line(Use.LIBRARY).name,
            (head, *_chapters(loaded, language), *quotes),
            (*_listen(loaded, language), *steps),
        )
        return drop_others(reply, LONGEST)

    def _quotes(self, number: int, language: str) -> list[Card]:
        """Return lines of an episode worth talking about, of those that its transcript has."""
        found = [each.passage.quote() for each in self._highlights.of_episode(number, QUOTES, LONGEST_QUOTE)]
        cards = [Card(Role.RUNNER_UP, quote=quote) for quote in found if self._corpus.has(quote)]
        first = [
            dataclasses.replace(card, role=Role.MATCH, title=say("announce.quotes", language)) for card in cards[:1]
        ]
        return [*first, *cards[1:]]

    def _context(self, quotes: Sequence[Card], language: str) -> list[Button]:
        """Offer what stands around the first quote, which works where the bot is to answer nobody too."""
        ids = [card.quote.id for card in quotes if card.quote][:1]
        label = say("buttons.more-context", language)
        return [dataclasses.replace(more_context(self._lines, each, 0), label=label) for each in ids]

    def _steps(self, entry: EpisodeEntry, language: str) -> list[Button]:
        """Offer all chapters of an episode, and to sum it up."""
        if not entry.chapters:
            return []
        where = {"show": entry.show.id} if len(self._corpus.shows) > 1 else {}
        chapters = self._lines.to(Use.LIBRARY, entry.short, fact="chapters", **where)
        summary = self._lines.to(Use.TOPIC, "", episode=entry.short, **where)
        steps = (Button(say("announce.chapters", language), chapters), Button(say("buttons.sum-up", language), summary))
        return [step for step in steps if len(step.line) <= LONGEST_LINE]


def _folders(episode: str) -> tuple[str, str]:
    """Return the folders of a show and an episode."""
    show, _, name = episode.partition("/")
    return show, name


def _listen(episode: Episode, language: str) -> list[Button]:
    """Offer the link that opens an episode."""
    links = listen(episode.passage(0, 0).citation())
    return [dataclasses.replace(link, label=say("buttons.listen", language)) for link in links]


def _chapters(episode: Episode, language: str) -> list[Card]:
    """Return the first chapters of an episode, each with its time, and how many more there are."""
    shown = [
        dataclasses.replace(chapter, title=shorten(chapter.title, LONGEST_CHAPTER))
        for chapter in episode.chapters[:CHAPTERS]
    ]
    if not shown:
        return []
    more = len(episode.chapters) - len(shown)
    rest = (Span(f"\n{say('announce.more', language, count=more)}"),) if more else ()
    return [Card(Role.INFO, title=say("announce.chapters", language), body=(*chapter_lines(episode, shown), *rest))]
