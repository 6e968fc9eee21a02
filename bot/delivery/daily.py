"""The daily highlight of a channel: which one is next there, and how it is shown."""

from __future__ import annotations

import asyncio
import dataclasses
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from bot.contract.buttons import listen, more_context
from bot.contract.grammar import Use
from bot.contract.message import Button, Card, Outcome, Reply, Role
from bot.errors import UserError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from bot.contract.grammar import Lines
    from bot.corpus import Corpus
    from bot.highlights import Highlight, Highlights
    from bot.store import ChannelSettings, Store

__all__ = ["LANGUAGES", "Daily", "language_named"]

RECENT = 7
"""Highlights looked back on so that chapters and speakers vary: a week's."""


class Language(NamedTuple):
    """A language's name in itself and in English, and the words that stand around a daily quote in it."""

    name: str
    english: str
    lead: str
    listen: str
    context: str


LANGUAGES = {
    "en": Language("English", "English", "☀ Quote of the day", "Listen", "More context"),
    "de": Language("Deutsch", "German", "☀ Zitat des Tages", "Anhören", "Mehr Kontext"),
    "es": Language("Español", "Spanish", "☀ Cita del día", "Escuchar", "Más contexto"),
    "fr": Language("Français", "French", "☀ Citation du jour", "Écouter", "Plus de contexte"),
    "pt": Language("Português", "Portuguese", "☀ Citação do dia", "Ouvir", "Mais contexto"),
}
"""By ISO 639-1 code. A quote itself stays in the language it was said in."""


def language_named(text: str) -> str:
    """Return the code of a language given by its code (`de`, `de-AT`) or its name; UserError for one not here."""
    wanted = _folded(text)
    for code, language in LANGUAGES.items():
        if wanted.replace("_", "-").split("-")[0] == code or wanted in {
            _folded(language.name),
            _folded(language.english),
        }:
            return code
    names = ", ".join(language.name for language in LANGUAGES.values())
    sentence = (
        f"I have no words in “{text.strip()}”. There are: {names}. Quotes stay in the language they were said in."
    )
    raise UserError(sentence)


def _folded(text: str) -> str:
    """Return a name in small letters without accents."""
    apart = unicodedata.normalize("NFD", text.strip().casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


class Daily:
    """Chooses highlights for channels; what was used, voted and queued is the store's, what is good the highlights'."""

    def __init__(self, store: Store | None, highlights: Highlights, corpus: Corpus, lines: Lines) -> None:
        """Take the parts; without a store nothing counts as used or voted on."""
        self._store = store
        self._highlights = highlights
        self._corpus = corpus
        self._lines = lines

    async def next(self, settings: ChannelSettings, date: dt.date) -> tuple[Highlight, int] | None:
        """Return what a channel's post of a local date would be, and its cycle; None when nothing is good enough."""
        found = await self.coming(settings, (date,))
        return found[0] if found else None

    async def coming(self, settings: ChannelSettings, dates: Sequence[dt.date]) -> list[tuple[Highlight, int]]:
        """Return a channel's highlights for its next dates, each with its cycle: pinned, approved, then the best.

        None is used twice in a cycle; when the pool is spent the next cycle begins, without what members disliked.
        """
        store, channel = self._store, settings.channel
        if store is None:
            return await asyncio.to_thread(self._choose, settings, dates, {}, {}, [], [])
        marks = await store.channels.marks(settings)
        votes = await store.votes.totals(channel)
        used = await store.posts.used(channel, settings.cycle)
        latest = [row.passage_id for row in await store.posts.recent(channel, RECENT) if row.passage_id]
        return await asyncio.to_thread(self._choose, settings, dates, marks, votes, used, latest[::-1])

    async def any(self, seed: str, settings: ChannelSettings) -> Highlight | None:
        """Return a highlight by chance, the same for the same seed, of the shows served in a channel."""
        return await asyncio.to_thread(self._highlights.random, seed, settings.shows)

    async def of(self, passage_id: str) -> Highlight | None:
        """Return the highlight of a passage, None when it does not stand any more."""
        passage = self._corpus.passage(passage_id)
        return await asyncio.to_thread(self._highlights.of, passage) if passage else None

    def reply(
        self, highlight: Highlight, language: str = "en", *, lead: str = "", more: Sequence[Button] = ()
    ) -> Reply:
        """Lay out a highlight as the post of the day: the quote, its source, votes, the way to its context."""
        passage = highlight.passage
        words = LANGUAGES.get(language, LANGUAGES["en"])
        buttons = (
            *(dataclasses.replace(link, label=words.listen) for link in listen(passage.citation())),
            Button("👍", self._lines.to(Use.VOTE, "up", id=passage.id)),
            Button("👎", self._lines.to(Use.VOTE, "down", id=passage.id)),
            dataclasses.replace(more_context(self._lines, passage.id, 0), label=words.context),
            *more,
        )
        card = Card(Role.MATCH, quote=passage.quote())
        return Reply(
            lead or words.lead,
            Outcome.FOUND,
            self._lines.line(Use.DAILY).name,
            (card,),
            buttons,
            aside=highlight.prompt,
        )

    def stands(self, passage_id: str) -> bool:
        """Say whether a passage is still there to be shown."""
        return self._corpus.passage(passage_id) is not None

    def _choose(  # noqa: PLR0913, PLR0917 - what a choice depends on
        self,
        settings: ChannelSettings,
        dates: Sequence[dt.date],
        marks: dict[str, str],
        votes: dict[str, int],
        used: list[str],
        latest: list[str],
    ) -> list[tuple[Highlight, int]]:
        cycle, spent = settings.cycle, list(used)
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
            elif spent:
                cycle, spent = cycle + 1, []  # the pool is spent: begin again
            else:
                break
        return chosen
