"""The daily highlight of a channel: which one is next there, and how it is shown."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import unicodedata
from typing import TYPE_CHECKING

from bot.contract import Button, Card, Outcome, Reply, Role, Span, Use, listen, more_context, plain
from bot.delivery.announcements import Announcements
from bot.errors import UserError
from bot.policy.texts import languages, listed, say
from bot.store import ChannelSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.contract import Channel, Lines
    from bot.corpus import Corpus
    from bot.highlights import Highlight, Highlights
    from bot.store import Store

__all__ = ["Daily", "language_named", "question_of"]

_STANDING = frozenset({"sent", "sending", "unknown", "held"})
"""States of a post that members have seen, or may have."""

RECENT = 7
"""Highlights looked back on so that chapters and speakers vary: a week's."""

REST = dt.timedelta(days=30)
"""How long after the first quote of a cycle the next may begin: fewer good quotes than that are posted less often."""


def language_named(text: str) -> str:
    """Return the code of a language given by its code (`de`, `de-AT`) or its name; UserError for one not here."""
    wanted = _fold(text)
    for code in languages():
        names = {_fold(say("language.name", code)), _fold(say("language.english", code))}
        if wanted.replace("_", "-").split("-")[0] == code or wanted in names:
            return code
    known = listed([say("language.name", code) for code in languages()])
    raise UserError(say("daily.no-language", named=text.strip(), languages=known))


def question_of(reply: Reply) -> str:
    """Return the question to talk about under a quote of the day, "" where it has none."""
    return next((plain(card.body) for card in reply.cards if card.role is Role.INFO), "")


def _fold(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.strip().casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _is_on(settings: ChannelSettings) -> bool:
    """Say whether a channel gets a daily quote."""
    return settings.id is not None and settings.daily and not settings.disabled


class Daily:
    """Chooses highlights for channels; what was used, voted and queued is the store's, what is good the highlights'.

    Without a store nothing counts as used or voted on. `announcements` are what is said of new episodes.
    """

    def __init__(self, store: Store | None, highlights: Highlights, corpus: Corpus, lines: Lines) -> None:
        self._store = store
        self._highlights = highlights
        self._corpus = corpus
        self._lines = lines
        self.announcements = Announcements(highlights, corpus, lines)

    async def next(self, settings: ChannelSettings, date: dt.date) -> tuple[Highlight, int] | None:
        """Return what a channel's post of a local date would be, and its cycle; None when nothing is good enough."""
        found = await self.coming(settings, (date,))
        return found[0] if found else None

    async def coming(self, settings: ChannelSettings, dates: Sequence[dt.date]) -> list[tuple[Highlight, int]]:
        """Return a channel's highlights for its next dates, each with its cycle: pinned, approved, then the best.

        None is used twice in a cycle; when the pool is spent the next cycle begins, without what members disliked, but
        not before the first of this one has rested: dates from there on have none.
        """
        store, channel = self._store, settings.channel
        if store is None:
            return await asyncio.to_thread(self._choose, settings, dates, {}, {}, [], [], None)
        marks = await store.channels.marks(settings)
        votes = await store.votes.totals(channel)
        used = await store.posts.used_passages(channel, settings.cycle)
        began = await store.posts.cycle_began(channel, settings.cycle)
        latest = [row.passage_id for row in await store.posts.recent(channel, RECENT) if row.passage_id]
        return await asyncio.to_thread(self._choose, settings, dates, marks, votes, used, latest[::-1], began)

    async def community(self, channel: Channel) -> ChannelSettings:
        """Return the settings by which a member anywhere in a community sees its quote of the day.

        They are the channel's own where it gets a daily quote, else those of the first channel of its server or
        workspace that does. Where none does they are not saved (`id` is None) and the first channel's time zone holds.
        """
        store = self._store
        own = (
            ChannelSettings(dataclasses.replace(channel, thread=""))
            if store is None
            else await store.channels.get(channel)
        )
        if store is None or _is_on(own) or not channel.tenant:
            return own if _is_on(own) else dataclasses.replace(own, id=None)
        every = await store.channels.of_tenant(channel)
        first = next(filter(_is_on, every), None)
        zone = every[0].zone if every else own.zone
        return first or dataclasses.replace(own, id=None, zone=zone)

    async def of_day(self, settings: ChannelSettings, day: dt.date, today: dt.date) -> Highlight | None:
        """Return the quote of a day for the settings of a community: what was posted, or what is due today.

        On a day without a post it is the one by date and show, the same for everyone. Of another day only what was
        posted is told: what comes is for those who run the channel.
        """
        row = (
            await self._store.posts.of_date(settings.channel, day.isoformat()) if self._store and settings.id else None
        )
        stands = await self.of(row.passage_id) if row and row.passage_id and row.state in _STANDING else None
        if stands is not None or day != today:
            return stands
        due = row.state == "pending" if row else settings.next_date == day.isoformat()
        if settings.id is not None and due and not settings.paused and settings.skip_date != day.isoformat():
            chosen = await self.next(settings, day)
            if chosen is not None:
                return chosen[0]
        return await self.of_date(day, settings.shows)

    async def of_date(self, day: dt.date, shows: Sequence[str]) -> Highlight | None:
        """Return the quote of a date that belongs to no channel; None where nothing is good enough."""
        return await asyncio.to_thread(self._highlights.of_date, day, shows)

    async def why_none(self, settings: ChannelSettings) -> str:
        """Return why a channel has no quote for a date, as the end of a sentence: none is good, or all are resting."""
        used = await self._store.posts.used_passages(settings.channel, settings.cycle) if self._store else []
        return say("delivery.resting", days=REST.days) if used else say("delivery.none-good")

    async def any(self, seed: str, settings: ChannelSettings, speaker: str = "") -> Highlight | None:
        """Return a highlight by chance, the same for the same seed, of the shows served in a channel.

        With a `speaker` it is one that this person alone says.
        """
        return await asyncio.to_thread(self._highlights.random, seed, settings.shows, speaker)

    async def of(self, passage_id: str) -> Highlight | None:
        """Return the highlight of a passage, None when it does not stand any more."""
        passage = await asyncio.to_thread(self._corpus.passage, passage_id)
        return await asyncio.to_thread(self._highlights.of, passage) if passage else None

    def reply(
        self, highlight: Highlight, language: str = "en", *, lead: str = "", more: Sequence[Button] = ()
    ) -> Reply:
        """Lay out a highlight as the post of the day: the quote, its source, votes, the way to its context."""
        passage = highlight.passage
        buttons = (
            *(dataclasses.replace(link, label=say("buttons.listen", language)) for link in listen(passage.citation())),
            Button("👍", self._lines.to(Use.VOTE, "up", id=passage.id)),
            Button("👎", self._lines.to(Use.VOTE, "down", id=passage.id)),
            dataclasses.replace(more_context(self._lines, passage.id, 0), label=say("buttons.more-context", language)),
            *more,
        )
        question = (Card(Role.INFO, body=(Span(highlight.prompt),)),) if highlight.prompt else ()
        return Reply(
            lead or say("daily.lead", language),
            Outcome.FOUND,
            self._lines.line(Use.DAILY).name,
            (Card(Role.MATCH, quote=passage.quote()), *question),
            buttons,
        )

    async def stands(self, passage_id: str) -> bool:
        """Say whether a passage is still there to be shown."""
        return await asyncio.to_thread(self._corpus.passage, passage_id) is not None

    def _choose(  # noqa: PLR0913, PLR0917 - what a choice depends on
        self,
        settings: ChannelSettings,
        dates: Sequence[dt.date],
        marks: dict[str, str],
        votes: dict[str, int],
        used: list[str],
        latest: list[str],
        began: str | None,
    ) -> list[tuple[Highlight, int]]:
        cycle, spent = settings.cycle, list(used)
        first = dt.date.fromisoformat(began) if began else dates[0]
        dropped = {name for name, mark in marks.items() if mark == "dropped"}
        chosen: list[tuple[Highlight, int]] = []
        for name in (name for mark in ("pinned", "approved") for name, said in marks.items() if said == mark):
            passage = self._corpus.passage(name)
            if passage is not None and name not in spent and len(chosen) < len(dates):
                chosen.append((self._highlights.of(passage), cycle))
                spent.append(name)
        while len(chosen) < len(dates):
            found = self._highlights.next(
                day=dates[len(chosen)],
                seed=f"{settings.channel.platform}/{settings.channel.tenant}/{settings.channel.id}",
                used=spent,
                recent=[*latest, *(highlight.id for highlight, _ in chosen)][-RECENT:],
                votes=votes,
                dropped=dropped,
                shows=settings.shows,
            )
            if found is not None:
                chosen.append((found, cycle))
                spent.append(found.id)
            elif spent and dates[len(chosen)] - first >= REST:
                cycle, spent, first = cycle + 1, [], dates[len(chosen)]  # the pool is spent: begin again
            else:
                break
        return chosen
