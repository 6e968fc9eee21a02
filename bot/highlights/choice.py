"""Which highlight is next: for a channel, a date and what it had before; always the same for the same.

Shows take turns. In a show the curated spans come first, from its episodes in turn; after some of one episode in a row
a scored span of another may come between. Within reach of the best the choice varies over chapters and speakers and
follows the channel's votes. An episode is scored when its turn comes, never the whole library.
"""

from __future__ import annotations

import logging
import weakref
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from bot.corpus import HIGHLIGHTS, curated_highlights
from bot.errors import TranscriptError
from bot.highlights.features import runs_said
from bot.highlights.score import candidates, highlight_weights, read, score_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from bot.corpus import Corpus, Episode, Passage

__all__ = ["Highlight", "Highlights"]

_log = logging.getLogger(__name__)

MOST_HELD = 4_096
"""Lists of candidates that are held, two or three kilobytes each: those of 2,000 episodes."""

MOST_ORDERS = 64
"""Channels for which the order of episodes is held."""

MOST_SCORED = 150
"""Scored spans of one episode; the best of three hours."""

LATEST = 5
"""How many of the latest posts the next one keeps away from, the last one the most."""

MOST_VOTES = 12
"""Votes that count from other episodes than those in question: each can cost loading one."""

DISLIKED = -3
"""Net votes from which on a passage is not posted again."""

BESIDE = 2
"""Episodes before and after that are asked for the same words: an ad or a greeting is said again within a few."""

ALIKE = 0.5
"""Share of common words, of the union, from which on two spans say the same."""

FAR_DOWN = 0.12
"""How much less the last of a curated list is worth than its first."""

SCORED_WORTH = 0.8
"""What a scored span with the best score is worth beside the first of a curated list (1.0)."""

SAME_EPISODE, _SAME = 0.1, {"c": 0.06, "s": 0.02, "l": 0.0}
"""What a span loses when the last post shares its episode, chapter or speaker; less for each post further back."""

_TASTE = {"c": 0.04, "s": 0.03, "l": 0.02}
"""What the channel's taste for a chapter, a speaker, a length moves at most."""

CHANCE = 0.06
"""What is left to chance at most, so that channels differ."""

_LONG = 180
"""Characters from which on a span counts as long in the channel's taste."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """A quote of the day: the passage, its score (of a curated one by its place in the list), the question or ""."""

    passage: Passage
    score: float
    prompt: str
    curated: bool

    @property
    def id(self) -> str:
        """The passage's id."""
        return self.passage.id


class _Span(NamedTuple):
    """A highlight as held: sentences first..last of an episode."""

    first: int
    last: int
    score: float
    prompt: str
    curated: bool
    traits: tuple[str, ...]


class _RecentPost(NamedTuple):
    """A recent post: its show, its episode's code, its traits."""

    show: str
    code: str
    traits: tuple[str, ...]


class _Terms(NamedTuple):
    """What a choice depends on besides the corpus."""

    salt: str
    used: Mapping[str, Sequence[str]]
    recent: tuple[_RecentPost, ...]
    votes: Mapping[str, int]
    shows: Collection[str]


class Highlights:
    """Chooses highlights from a corpus; may be called from several threads. Scoring an episode takes some 30 ms."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._shows: dict[str, list[int]] = {}
        self._picked: set[int] = set()
        self._naming = {entry.show.id for entry in corpus.entries if entry.speakers}
        for number, entry in enumerate(corpus.entries):
            self._shows.setdefault(entry.show.id, []).append(number)
            if (corpus.folder / entry.show.id / entry.id / HIGHLIGHTS).is_file():
                self._picked.add(number)
        self._barren: set[int] = set()
        # By a proxy: what its own caches held would hold a library that was replaced until garbage is looked for.
        own = weakref.proxy(self)
        self._order = lru_cache(maxsize=MOST_ORDERS)(partial(Highlights._draw, own))
        self._spans = lru_cache(maxsize=MOST_HELD)(partial(Highlights._read_spans, own))

    def next(  # noqa: PLR0913 - what a channel's choice depends on, by name
        self,
        *,
        day: dt.date,
        seed: str,
        used: Collection[str],
        recent: Sequence[str] = (),
        votes: Mapping[str, int] | None = None,
        dropped: Collection[str] = (),
        shows: Collection[str] = (),
    ) -> Highlight | None:
        """Return the channel's next highlight, or None when all are used: then a new cycle begins with `used` empty.

        `seed` tells channels apart. Nothing is returned that shares a sentence with an id in `used` or `dropped`, or
        with one that `votes` (net votes by id) puts at -3 or less. `recent` are ids, the latest last; `shows` are ids
        of shows, empty for all. Ids that the corpus no longer has are passed over.
        """
        given = votes or {}
        gone = (*used, *dropped, *(quote_id for quote_id, net in given.items() if net <= DISLIKED))
        latest = [passage for quote_id in recent[-LATEST:] if (passage := self._corpus.passage(quote_id))]
        shown = tuple(_RecentPost(p.episode.show.id, p.episode.code, _traits(p)) for p in reversed(latest))
        terms = _Terms(f"{seed} {day.year}", _by_code(gone), shown, given, shows)
        for show in self._in_turn(terms):
            found = self._of_show(show, terms)
            if found is not None:
                return found
        return None

    def random(self, seed: str, shows: Collection[str] = (), speaker: str = "") -> Highlight | None:
        """Return any highlight, the same for the same seed, mostly a curated one; None when there is none.

        With a `speaker` it is one that this person alone says.
        """
        numbers = [n for show, listed in self._shows.items() if not shows or show in shows for n in listed]
        if speaker:
            numbers = [number for number in numbers if speaker in self._corpus.entries[number].speakers]
        numbers.sort(key=lambda number: _chance(seed, str(number)))
        curated = [number for number in numbers if number in self._picked]
        first = curated if _chance(seed, "curated") < SCORED_WORTH else []
        for number, only_curated in (*((n, True) for n in first), *((n, False) for n in numbers)):
            for kind in (only_curated, not only_curated):
                spans = [span for span in self._spans(number, curated=kind) if not speaker or _says(speaker, span)]
                if spans:
                    span = spans[int(_chance(seed, "span") * len(spans))]
                    return _highlight(self._corpus.episode(number), span)
        return None

    def of_date(self, day: dt.date, shows: Collection[str] = ()) -> Highlight | None:
        """Return the highlight of a date, the same for everyone; None when there is none.

        Curated ones alone where there are any. Each day another episode has its turn, in an order drawn by lot, and
        each time round it is another of its spans.
        """
        numbers = [n for show, listed in self._shows.items() if not shows or show in shows for n in listed]
        numbers = [number for number in numbers if number in self._picked] or numbers
        numbers.sort(key=lambda number: _chance("day", self._corpus.entries[number].id))
        round_, turn = divmod(day.toordinal(), len(numbers) or 1)
        for number in (*numbers[turn:], *numbers[:turn]):
            spans = self._spans(number, curated=number in self._picked)
            if spans:
                return _highlight(self._corpus.episode(number), spans[round_ % len(spans)])
        return None

    def of_episode(self, number: int, most: int, longest: int) -> list[Highlight]:
        """Return up to `most` highlights of one episode, each of at most `longest` characters, as they are said.

        The best first, curated ones before all, and of each chapter one as long as there are others.
        """
        episode = self._corpus.episode(number)
        spans = [span for curated in (True, False) for span in self._spans(number, curated=curated)]
        passages = ((span, episode.passage(span.first, span.last)) for span in spans)
        good = [(span, passage.chapter) for span, passage in passages if passage.end - passage.begin <= longest]
        firsts: dict[object, int] = {}
        for place, (_, chapter) in enumerate(good):
            firsts.setdefault(chapter, place)
        chosen = [*firsts.values(), *sorted(set(range(len(good))) - set(firsts.values()))][:most]
        return [_highlight(episode, span) for span in sorted((good[place][0] for place in chosen), key=_place)]

    def of(self, passage: Passage) -> Highlight:
        """Return a passage as a highlight, with the curated question under it if it is a curated one.

        Quick for an episode that was chosen from before; another one is scored, which takes some 30 ms.
        """
        number = self._corpus.find(passage.episode.show.id, passage.episode.id)
        span = passage.first, passage.last
        if number is not None:
            known = (*self._spans(number, curated=True), *self._spans(number, curated=False))
            found = next((each for each in known if (each.first, each.last) == span), None)
            if found is not None:
                return _highlight(passage.episode, found)
        score = 0.0 if number is None else score_of(read(self._corpus, number), passage.begin, passage.end)
        return Highlight(passage, score, "", curated=False)

    def _in_turn(self, terms: _Terms) -> list[str]:
        """Return the shows, the one that was not shown for the longest first."""
        shown = [post.show for post in terms.recent]
        wanted = [show for show in self._shows if not terms.shows or show in terms.shows]
        return sorted(
            wanted,
            key=lambda show: (-shown.index(show) if show in shown else -len(shown) - 1, _chance(terms.salt, show)),
        )

    def _of_show(self, show: str, terms: _Terms) -> Highlight | None:
        """Return the best of what the episodes of a show offer whose turn it is."""
        entries = self._corpus.entries
        latest = Counter(post.code for post in terms.recent)
        drawn = self._order(show, terms.salt)
        had = [number for number in drawn if (code := entries[number].code) in terms.used or code in latest]
        had.sort(key=lambda n: (latest[entries[n].code], len(terms.used.get(entries[n].code, ()))))
        late = set(had)
        order = [*(number for number in drawn if number not in late), *had]
        offers: list[tuple[float, Highlight]] = []
        for curated in (True, False):
            among = (n for n in order if (n in self._picked if curated else n not in self._barren))
            offer = next((found for n in among if (found := self._best(n, terms, curated=curated))), None)
            if offer is not None:
                offers.append(offer)
        return max(offers, key=lambda offer: offer[0])[1] if offers else None

    def _draw(self, show: str, salt: str) -> tuple[int, ...]:
        """Return a show's episodes in the order drawn by lot for a channel."""
        entries = self._corpus.entries
        return tuple(sorted(self._shows[show], key=lambda number: _chance(salt, entries[number].id)))

    def _best(self, number: int, terms: _Terms, *, curated: bool) -> tuple[float, Highlight] | None:
        """Return the most fitting unused span of an episode with what it is worth, curated or scored, or None."""
        if not curated and number in self._picked and self._best(number, terms, curated=True):
            return None
        spans = self._spans(number, curated=curated)
        if not spans:
            return None
        episode = self._corpus.episode(number)
        taken: set[int] = set()
        for quote_id in terms.used.get(episode.code, ()):
            passage = episode.passage_at(quote_id.partition("-")[2])
            if passage is not None:
                taken.update(range(passage.first, passage.last + 1))
        free = [span for span in spans if taken.isdisjoint(range(span.first, span.last + 1))]
        if not free:
            return None
        taste = self._taste(episode, terms.votes)
        worth = [(self._worth(episode.code, span, terms, taste), -place) for place, span in enumerate(free)]
        best, place = max(worth)
        return best, _highlight(episode, free[-place])

    def _worth(self, code: str, span: _Span, terms: _Terms, taste: Mapping[str, float]) -> float:
        """Return what a span of the episode with that code is worth to a channel now."""
        worth = span.score if span.curated else span.score * SCORED_WORTH
        worth += CHANCE * _chance(terms.salt, f"{code}{span.first}")
        for back, post in enumerate(terms.recent):
            same = sum(_SAME[trait[0]] for trait in span.traits if trait in post.traits)
            worth -= (1 - back / LATEST) * (same + SAME_EPISODE * (post.code == code))
        return worth + sum(taste.get(trait, 0.0) for trait in span.traits)

    def _taste(self, episode: Episode, votes: Mapping[str, int]) -> dict[str, float]:
        """Return what the channel's votes add to each trait: speaker, chapter, length."""
        own = [quote_id for quote_id in votes if quote_id.startswith(f"{episode.code}-")]
        others = sorted(votes.keys() - set(own), key=lambda quote_id: (-abs(votes[quote_id]), quote_id))[:MOST_VOTES]
        sums: Counter[str] = Counter()
        for quote_id in (*own, *others):
            passage = self._corpus.passage(quote_id)
            if passage is not None:
                for trait in _traits(passage):
                    sums[trait] += max(DISLIKED, min(-DISLIKED, votes[quote_id]))
        return {trait: _TASTE[trait[0]] * net / (abs(net) - DISLIKED) for trait, net in sums.items()}

    def _read_spans(self, number: int, *, curated: bool) -> tuple[_Span, ...]:
        """Return an episode's curated or scored spans, best first."""
        if number in self._barren or (curated and number not in self._picked):
            return ()
        if curated:
            return tuple(self._curated_spans(number))
        spans = tuple(islice(self._scored_spans(number), MOST_SCORED))
        if not spans and number not in self._picked:
            self._barren.add(number)
        return spans

    def _curated_spans(self, number: int) -> Iterator[_Span]:
        """Yield an episode's curated spans in their order."""
        try:
            listed = curated_highlights(self._corpus.folder, self._corpus.episode(number))
        except TranscriptError as error:
            _log.warning("curated highlights are left out: %s", error)
            return
        for place, picked in enumerate(listed):
            score = 1 - FAR_DOWN * place / len(listed)
            passage = picked.passage
            yield _Span(passage.first, passage.last, score, picked.prompt, curated=True, traits=_traits(passage))

    def _scored_spans(self, number: int) -> Iterator[_Span]:
        """Yield an episode's best scored spans of one voice that share no sentence and do not say the same twice."""
        reading = read(self._corpus, number)
        least = float(highlight_weights()["threshold-beside-curated" if number in self._picked else "threshold"])
        kept = [(span.first, span.last) for span in self._spans(number, curated=True)]
        taken = {sentence for first, last in kept for sentence in range(first, last + 1)}
        said = [reading.content(*place) for place in kept]
        good = [
            candidate
            for candidate in candidates(reading)
            if candidate.score >= least and self._is_one_voice(reading.episode.passage(candidate.first, candidate.last))
        ]
        stock = self._stock(number, {run for each in good for run in reading.runs(each.first, each.last)})
        for score, first, last in sorted(good, key=lambda one: (-one.score, one.first, one.last)):
            content = reading.content(first, last)
            if not taken.isdisjoint(range(first, last + 1)) or any(_alike(content, other) for other in said):
                continue
            if reading.repeats(first, last) or not stock.isdisjoint(reading.runs(first, last)):
                continue
            taken.update(range(first, last + 1))
            said.append(content)
            yield _Span(first, last, score, "", curated=False, traits=_traits(reading.episode.passage(first, last)))

    def _is_one_voice(self, passage: Passage) -> bool:
        """Say whether one person says all of it, by name.

        In a show that names nobody a sentence by itself is one person's; between two of them the voice may change.
        """
        if passage.voices == (None,):
            return passage.first == passage.last and passage.episode.show.id not in self._naming
        return len(passage.voices) == len(passage.speakers) == 1

    def _stock(self, number: int, runs: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
        """Return which runs of words of an episode the episodes beside it have too: what a show says every time."""
        listed = self._shows[self._corpus.entries[number].show.id]
        place = listed.index(number)
        beside = (*listed[max(0, place - BESIDE) : place], *listed[place + 1 : place + 1 + BESIDE])
        return set().union(*(runs_said(self._corpus.episode(other), runs) for other in beside)) if runs else set()


def _highlight(episode: Episode, span: _Span) -> Highlight:
    """Return a span as a highlight, with its place worked out here, in the thread of whoever chooses."""
    passage = episode.passage(span.first, span.last)
    passage.source()
    return Highlight(passage, span.score, span.prompt, span.curated)


def _by_code(ids: Iterable[str]) -> dict[str, list[str]]:
    """Return ids by the code of their episode."""
    found: dict[str, list[str]] = {}
    for quote_id in ids:
        found.setdefault(quote_id.partition("-")[0], []).append(quote_id)
    return found


def _place(span: _Span) -> int:
    """Return where in its episode a span begins."""
    return span.first


def _says(speaker: str, span: _Span) -> bool:
    """Say whether a span is of one speaker alone."""
    return [trait for trait in span.traits if trait.startswith("s")] == [f"s{speaker}"]


def _traits(passage: Passage) -> tuple[str, ...]:
    """Return what members may like or dislike in a passage besides its words; the first letter says what it is."""
    chapter = passage.chapter
    length = "l+" if passage.end - passage.begin >= _LONG else "l-"
    return (
        *([f"c{passage.episode.code} {chapter.title}"] if chapter else []),
        *map("s".__add__, passage.speakers),
        length,
    )


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one) and len(one & other) >= ALIKE * len(one | other)


def _chance(salt: str, name: str) -> float:
    """Return a number in 0..1 that looks drawn by lot and is the same every time."""
    return (crc32(f"{salt}\0{name}".encode()) * _SPREAD % 2**32) / 2**32


_SPREAD = 2_654_435_761
"""An odd number that spreads neighbouring sums (Knuth, The Art of Computer Programming, 6.4)."""
