"""Shows, episodes, sentences and passages: the words that can be quoted, and where they stand."""

from __future__ import annotations

import base64
import hashlib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.corpus.columns import Paragraph, Paragraphs, Sentence, Sentences, TokenMap
from bot.corpus.edition import Meta
from bot.corpus.transcript import Chapter, Section
from bot.message import Citation, Quote, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Episode",
    "Paragraph",
    "Paragraphs",
    "Passage",
    "Sentence",
    "Sentences",
    "Show",
    "TokenMap",
    "episode_code",
    "episode_label",
]


@dataclass(frozen=True, slots=True)
class Show:
    """A podcast: its folder name, title, the basis on which it is served and where it lives on the web.

    `links` gives for a cut's name how a time becomes a link: an address with `{id}` and `{seconds}` in it.
    """

    id: str
    title: str
    rights: str
    url: str | None = None
    links: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Episode:
    """One episode: its words and what is known of them.

    `text` holds the paragraphs joined by a newline and is what every quote is a slice of; `digest` changes
    when it does.
    Two episodes are equal only when they are the same object, which keeps passages cheap to compare.
    """

    show: Show
    id: str
    title: str
    text: str
    paragraphs: Paragraphs
    sentences: Sentences
    tokens: TokenMap
    digest: str
    chapters: tuple[Chapter, ...] = ()
    meta: Meta = field(default_factory=Meta)

    @property
    def code(self) -> str:
        """Five characters that begin the id of each quote of this episode, made from show and folder name."""
        return episode_code(self.show.id, self.id)

    @property
    def number(self) -> int | None:
        """The episode's number in its show."""
        return self.meta.number

    @property
    def label(self) -> str:
        """The episode in a few words."""
        return episode_label(self.show, self.title, self.number)

    def link(self, seconds: float | None) -> str | None:
        """Return the address that opens the episode's first cut at a time, or the best there is without one."""
        for cut in self.meta.cuts[:1]:
            pattern = self.show.links.get(cut.name)
            if pattern and cut.id and seconds is not None:
                return pattern.replace("{id}", cut.id).replace("{seconds}", str(int(seconds)))
        return self.show.url

    def passage(self, first: int, last: int) -> Passage:
        """Return sentences first..last (both included), cut to what the episode has."""
        return Passage(self, max(0, first), min(last, len(self.sentences) - 1))

    def passage_at(self, position: str) -> Passage | None:
        """Return the passage whose id ends in `position`, or None; see `Passage.id`."""
        try:
            number = int(position, 32)
        except ValueError:
            return None
        source_begin, length = divmod(number, _LONGEST)
        tokens = self.tokens
        token = bisect_left(tokens.source_begins, source_begin)
        last_token = bisect_right(tokens.source_ends, source_begin + length) - 1
        if not length or not 0 <= token <= last_token:
            return None
        first = bisect_right(self.sentences.begins, tokens.begins[token]) - 1
        last = bisect_left(self.sentences.ends, tokens.ends[last_token])
        return self.passage(first, last)


_LONGEST = 1 << 14
"""Characters of a passage that has an id; the longest shown, a line with ten sentences either side, has 5,000."""


def episode_code(show: str, episode: str) -> str:
    """Return the five characters that begin the ids of an episode's quotes, from the folder names."""
    return _letters(hashlib.blake2s(f"{show}/{episode}".encode()).digest()[:4])[:5]


def episode_label(show: Show, title: str, number: int | None) -> str:
    """Return an episode in a few words."""
    return f"{show.title}: {title}" if number is None else f"{show.title} #{number}"


def _letters(data: bytes) -> str:
    """Write bytes in lower-case base 32 without padding."""
    return base64.b32encode(data).decode().rstrip("=").lower()


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences first..last of an episode: what is searched, quoted and cited."""

    episode: Episode
    first: int
    last: int

    @property
    def begin(self) -> int:
        """Offset of the first character in `episode.text`."""
        return self.episode.sentences.begins[self.first]

    @property
    def end(self) -> int:
        """Offset after the last character in `episode.text`."""
        return self.episode.sentences.ends[self.last]

    @property
    def text(self) -> str:
        """The words, exactly as the edition has them."""
        return self.episode.text[self.begin : self.end]

    @property
    def id(self) -> str:
        """A short name for the passage, found again by `Corpus.passage`: episode code, hyphen, place.

        The place is counted in characters of the source, so the id goes on working when the edition is corrected.
        """
        first, last = self._tokens()
        tokens = self.episode.tokens
        begin, end = tokens.source_begins[first], tokens.source_ends[last]
        return f"{self.episode.code}-{_base32(begin * _LONGEST + min(end - begin, _LONGEST - 1))}"

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """The paragraphs that the sentences stand in."""
        paragraphs = self.episode.sentences.paragraphs
        first, last = paragraphs[self.first], paragraphs[self.last]
        return self.episode.paragraphs[first : last + 1]

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks, in order, each once."""
        return tuple(dict.fromkeys(paragraph.speaker for paragraph in self.paragraphs if paragraph.speaker))

    @property
    def turns(self) -> tuple[tuple[int, str], ...]:
        """Where in the words each speaker begins, as (offset, name); empty when one person says all of it."""
        turns: list[tuple[int, str]] = []
        for paragraph in self.paragraphs:
            if paragraph.speaker and (not turns or turns[-1][1] != paragraph.speaker):
                turns.append((max(0, paragraph.begin - self.begin), paragraph.speaker))
        return tuple(turns) if len(turns) > 1 else ()

    @property
    def section(self) -> Section:
        """What kind of speech it begins in."""
        return self.paragraphs[0].section

    @property
    def chapter(self) -> Chapter | None:
        """The chapter it begins in."""
        number = self.paragraphs[0].chapter
        return None if number is None else self.episode.chapters[number]

    def source(self) -> Source | None:
        """Return the characters of the source file behind the words, or None when the episode has no such file."""
        tokens = self.episode.tokens
        if tokens.path is None:
            return None
        first, last = self._tokens()
        return Source(tokens.path, ((tokens.source_begins[first], tokens.source_ends[last]),))

    def citation(self) -> Citation:
        """Return where the words come from, for a person."""
        episode = self.episode
        sentence = episode.sentences[self.first]
        return Citation(
            show=episode.show.title,
            episode=episode.title,
            number=episode.number,
            position=self.begin / max(1, len(episode.text)),
            chapter=self.chapter.title if self.chapter else None,
            speaker=" and ".join(self.speakers) or None,
            start=sentence.start,
            approximate=sentence.approximate,
            url=episode.link(sentence.start),
            note=self._note(),
        )

    def quote(
        self, marked: tuple[tuple[int, int], ...] = (), score: float | None = None, verdict: str | None = None
    ) -> Quote:
        """Return the passage as what crosses the boundary; `marked` are offsets in its text."""
        return Quote(self.id, self.text, self.citation(), self.source(), marked, score, verdict, self.turns)

    def _note(self) -> str | None:
        """Return what a reader must know of this kind of speech."""
        paragraph = self.paragraphs[0]
        if paragraph.section is Section.AD:
            return f"ad read for {paragraph.sponsor}" if paragraph.sponsor else "ad read"
        return paragraph.section.value if paragraph.section is Section.OUTRO else None

    def widened(self, sentences: int) -> Passage:
        """Return the passage with so many sentences more on either side."""
        return self.episode.passage(self.first - sentences, self.last + sentences)

    def _tokens(self) -> tuple[int, int]:
        """Return the indexes of the first and the last token of the passage."""
        tokens = self.episode.tokens
        return bisect_left(tokens.begins, self.begin), bisect_left(tokens.ends, self.end)


def _base32(number: int) -> str:
    """Write a number with the digits that `int(…, 32)` reads: 0-9, a-v."""
    digits = ""
    while True:
        number, digit = divmod(number, 32)
        digits = "0123456789abcdefghijklmnopqrstuv"[digit] + digits
        if not number:
            return digits
