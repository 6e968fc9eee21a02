"""Shows, episodes, sentences and passages: the words that can be quoted, and where they stand."""

from __future__ import annotations

import base64
import hashlib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.message import Citation, Source

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

__all__ = ["Episode", "Paragraph", "Passage", "Segment", "Sentence", "Show", "TokenMap"]


@dataclass(frozen=True, slots=True)
class Segment:
    """What a transcript reader yields: a run of speech in file order.

    `start` and `end` are in seconds; parts the format does not know are None.
    """

    text: str
    start: float | None = None
    end: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """A podcast: its folder name, title, the basis on which it is served and where it lives on the web."""

    id: str
    title: str
    rights: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A run of text[begin:end] by one speaker."""

    begin: int
    end: int
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """text[begin:end], in the paragraph with that index."""

    begin: int
    end: int
    paragraph: int


@dataclass(frozen=True, slots=True)
class TokenMap:
    """Where each white-space-separated token of an episode's text stands, there and in its source file.

    Four columns of equal length; `source_*` are offsets in the decoded file at `path`.
    """

    path: str
    begins: Sequence[int]
    ends: Sequence[int]
    source_begins: Sequence[int]
    source_ends: Sequence[int]


@dataclass(frozen=True, slots=True, eq=False)
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
    paragraphs: tuple[Paragraph, ...]
    sentences: tuple[Sentence, ...]
    tokens: TokenMap
    has_source: bool
    digest: str
    number: int | None = None
    published: dt.date | None = None

    @property
    def code(self) -> str:
        """Five characters that begin the id of each quote of this episode, made from show and folder name."""
        return _letters(hashlib.blake2s(f"{self.show.id}/{self.id}".encode()).digest()[:4])[:5]

    @property
    def label(self) -> str:
        """The episode in a few words."""
        return f"{self.show.title}: {self.title}" if self.number is None else f"{self.show.title} #{self.number}"

    def passage(self, first: int, last: int) -> Passage:
        """Return sentences first..last (both included), cut to what the episode has."""
        return Passage(self, max(0, first), min(last, len(self.sentences) - 1))

    def passage_at(self, position: str) -> Passage | None:
        """Return the passage whose id ends in `position`, or None; see `Passage.id`."""
        try:
            number = int(position, 32)
        except ValueError:
            return None
        token, length = divmod(number, _LONGEST)
        if not length or token + length > len(self.tokens.begins):
            return None
        begin, end = self.tokens.begins[token], self.tokens.ends[token + length - 1]
        first = bisect_right(self.sentences, begin, key=_begin) - 1
        last = bisect_left(self.sentences, end, key=_end)
        return self.passage(first, last)


_LONGEST = 1024
"""Passages of this many tokens or more cannot be told apart by id; the longest shown is a few sentences."""


def _begin(sentence: Sentence) -> int:
    return sentence.begin


def _end(sentence: Sentence) -> int:
    return sentence.end


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
        return self.episode.sentences[self.first].begin

    @property
    def end(self) -> int:
        """Offset after the last character in `episode.text`."""
        return self.episode.sentences[self.last].end

    @property
    def text(self) -> str:
        """The words, exactly as the edition has them."""
        return self.episode.text[self.begin : self.end]

    @property
    def id(self) -> str:
        """A short name for the passage, found again by `Corpus.passage`: episode code, hyphen, place.

        The place is counted in tokens, so the id depends on nothing but the transcript.
        """
        first, last = self._tokens()
        return f"{self.episode.code}-{_base32(first * _LONGEST + min(last - first + 1, _LONGEST - 1))}"

    @property
    def speaker(self) -> str | None:
        """The name of who says the first sentence."""
        episode = self.episode
        return episode.paragraphs[episode.sentences[self.first].paragraph].speaker

    def source(self) -> Source | None:
        """Return the characters of the source file behind the words, or None when the episode has no such file."""
        if not self.episode.has_source:
            return None
        first, last = self._tokens()
        tokens = self.episode.tokens
        return Source(tokens.path, ((tokens.source_begins[first], tokens.source_ends[last]),))

    def citation(self) -> Citation:
        """Return where the words come from, for a person."""
        episode = self.episode
        return Citation(
            show=episode.show.title,
            episode=episode.title,
            number=episode.number,
            position=self.begin / max(1, len(episode.text)),
            speaker=self.speaker,
            url=episode.show.url,
        )

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
