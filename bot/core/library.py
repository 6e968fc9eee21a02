"""A library as the core answers from it: what a free message asks for there, and whether what is shown stands in it.

When the content folder has changed another takes its place; a request goes on to its end with the one it began with.
"""

from __future__ import annotations

import dataclasses
import logging
import re
import threading
from typing import TYPE_CHECKING, Self

from bot.contract import Role, Use
from bot.core.follow_up import follow_up, nothing_meant, read_following
from bot.core.routing import Known, read_aside, read_request, recognise, without_talk
from bot.language import named_speaker, only_words
from bot.search import episodes_named, marked_sentence, newest_first, sentences_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from types import TracebackType

    from bot.contract import Card, Line, Lines, Reference
    from bot.core.conversation import Exchange
    from bot.core.routing import Intent, Recognised
    from bot.corpus import Corpus, EpisodeEntry
    from bot.delivery import Daily
    from bot.search import Searcher

__all__ = ["Library"]

_log = logging.getLogger(__name__)

_LINK = re.compile(r"https?://[^\s<>\"“”|]{1,2000}")
_OF_ONE_EPISODE = frozenset({Use.TOPIC, Use.MOMENT})
"""What a free message asks of one episode by an option."""


class Library:
    """What there is to answer from, while requests use it: `with library:` is one use."""

    def __init__(
        self, corpus: Corpus, search: Searcher, daily: Daily, lines: Lines, options: Mapping[str, Collection[str]]
    ) -> None:
        """Take a corpus with what searches it and chooses from it; `lines` and `options` are how lines are typed."""
        self.corpus = corpus
        self.search = search
        self.daily = daily
        self.lines = lines
        self._options = options
        self._read_by: Known | None = None
        self._users = 0
        self._replaced = False
        self._unused = threading.Condition()

    def __enter__(self) -> Self:
        """Begin to use it."""
        with self._unused:
            self._users += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End to use it; the last use of one that was replaced closes its search."""
        with self._unused:
            self._users -= 1
            self._unused.notify_all()
            left = self._replaced and not self._users
        if left:
            threading.Thread(target=self._let_go, name="library", daemon=True).start()

    def replaced(self, patience: float) -> None:
        """Close its search when nobody uses it any more; waits so many seconds for that, in the calling thread."""
        self.search.rest()
        with self._unused:
            unused = self._unused.wait_for(lambda: not self._users, patience)
            self._replaced = not unused
        if unused:
            self._let_go()

    def _let_go(self) -> None:
        self._read_by = None
        self.search.close()

    async def read(
        self, text: str, line: Line, before: Exchange | None, reference: Reference | None
    ) -> tuple[Line, Intent | None, Exchange | None]:
        """Return the line that a free message stands for, how it was read if it stands alone, what it goes on from."""
        await self.search.models_loaded()
        # Rules, names and topics of a large library take some milliseconds: not on the event loop.
        return await self.search.run(lambda: self._narrow(text, line, before, reference))

    def _narrow(
        self, text: str, line: Line, before: Exchange | None, reference: Reference | None
    ) -> tuple[Line, Intent | None, Exchange | None]:
        """Return what a free message stands for with its options; they are words where nothing it may mean has them."""
        if line.words and not line.options:
            return self._understand(line.words, before, reference)
        if line.words:
            read, intent, goes_on = self._understand(line.words, before, reference)
            others = [self.lines.line(use, intent.asked or intent.words) for use in intent.others] if intent else []
            names = {name for name, _ in line.options}
            for each in (read, *others):
                if each.name in self._options and names <= set(self._options[each.name]):
                    return dataclasses.replace(each, options=(*each.options, *line.options)), intent, goes_on
        return self._understand(text, before, reference)

    def _understand(
        self, words: str, before: Exchange | None, reference: Reference | None
    ) -> tuple[Line, Intent | None, Exchange | None]:
        """Return the line that a free message stands for, how it was read if it stands alone, what it goes on from."""
        known = self._known()
        following = read_following(words, self.corpus.speakers)
        followed = follow_up(following, before, reference, self.lines) if following else None
        if followed is not None:
            return followed, None, before
        intent = read_aside(words, known)
        if intent is None:
            # Talk before it, such as thanks for the answer before, is no part of what goes on from that.
            rest = without_talk(only_words(words))
            if rest != words:
                following = following or read_following(rest, self.corpus.speakers)
                followed = follow_up(following, before, reference, self.lines) if following else None
                if followed is not None:
                    return followed, None, before
                intent = read_aside(rest, known) if rest else None
            nothing = nothing_meant(following, self.lines) if following and intent is None else None
            if nothing is not None:
                return nothing, None, None
            intent = intent or read_request(words, known)
        return self._line_of(intent, before if before and not before.private else None), intent, None

    def _line_of(self, intent: Intent, before: Exchange | None) -> Line:
        """Return the command line for what a message was read as; `before` tells the episode that is talked of."""
        use = intent.use if intent.use in self.lines.names else Use.LINE
        options = dict(intent.options)
        said = intent.words
        if use is Use.CLAIM:
            who = named_speaker(intent.who, self.corpus.speakers) or (intent.who if intent.who.istitle() else "")
            said = f"{said} \u2014 {who}" if who else said
        if intent.needs_episode and use is Use.LIBRARY:
            said = self._episode_meant(before).id
        elif intent.needs_episode or (use in _OF_ONE_EPISODE and "episode" in options):
            options |= self._place(self._episode_named(options.get("episode", "")) or self._episode_meant(before))
        return self.lines.line(use, said, **options)

    def _known(self) -> Known:
        """Return what a message is read by; made anew when the names of topics are gathered."""
        topics = self.search.topic_names()
        if self._read_by is not None and self._read_by.topics is topics:
            return self._read_by
        self._read_by = Known(
            topics,
            self.search.weight,
            shows=[name for show in self.corpus.shows for name in (show.title, show.id)],
            titles=[entry.title for entry in self.corpus.entries],
            speakers=self.corpus.speakers,
            says_word=self.search.says_word,
            says=self.search.says,
            episode_at=self._episode_at,
            recognised=self._recognised,
        )
        return self._read_by

    def _recognised(self, text: str) -> Recognised | None:
        """Return what a message is by what it means; None while meaning is unknown."""
        vector = self.search.meaning(text)
        return None if vector is None else recognise(text, vector)

    def _episode_at(self, text: str) -> str | None:
        """Return the name of the episode that the first link in a text opens."""
        link = _LINK.search(text)
        number = self.corpus.episode_at(link[0]) if link else None
        return self.corpus.entries[number].id if number is not None else None

    def _episode_meant(self, before: Exchange | None) -> EpisodeEntry:
        """Return the episode that is being talked of, or else the latest."""
        shown = (self.corpus.passage(each) for each in before.shown) if before else ()
        found = next(filter(None, shown), None)
        entries = self.corpus.entries
        number = self.corpus.find(found.episode.show.id, found.episode.id) if found else None
        return entries[newest_first(self.corpus, range(len(entries)))[0] if number is None else number]

    def _episode_named(self, name: str) -> EpisodeEntry | None:
        """Return the first of the episodes that go by a name."""
        entries = self.corpus.entries
        named = episodes_named(self.corpus, name, range(len(entries))) if name else None
        return entries[named.numbers[0]] if named and named.numbers else None

    def _place(self, entry: EpisodeEntry) -> dict[str, str]:
        """Return the options that name an episode, with its show where there are several."""
        return {"episode": entry.short} | ({"show": entry.show.id} if len(self.corpus.shows) > 1 else {})

    def verbatim(self, cards: Sequence[Card]) -> tuple[tuple[Card, ...], str, tuple[str, ...]]:
        """Return the cards that are verbatim, the id of the sentence marked in the first, and those of what they show.

        The episode of each may have to be read again.
        """
        kept = self.kept(cards)
        first = next((card for card in kept if card.quote), None)
        shown = dict.fromkeys(filter(None, map(self._on_screen, kept)))
        return kept, self._key(first) if first else "", tuple(shown)

    def kept(self, cards: Sequence[Card]) -> tuple[Card, ...]:
        """Return the cards that are verbatim; the episode of each may have to be read again."""
        return tuple(card for card in cards if self._is_verbatim(card))

    def _on_screen(self, card: Card) -> str:
        """Return the id of the sentences that a card shows, "" for one without a quote."""
        passage = self.corpus.passage(card.quote.id) if card.quote else None
        part = card.part or card.line
        return "" if passage is None else sentences_of(passage, part).id if part else passage.id

    def _key(self, card: Card) -> str:
        """Return the id of the sentence in which most of a card's quote is marked, "" where nothing is."""
        quote = card.quote
        passage = self.corpus.passage(quote.id) if quote else None
        if quote is None or passage is None or not quote.marked:
            return ""
        return marked_sentence(passage, quote.marked).id

    def _is_verbatim(self, card: Card) -> bool:
        """Say whether a card's quote is the very words its id and source point to; log and refuse it otherwise."""
        if card.quote is None:
            return card.role is Role.INFO
        good = self.corpus.has(card.quote)
        if not good:
            _log.error("dropped a quote that its source does not have: %s", card.quote.id)
        return good
