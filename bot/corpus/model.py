"""Sentences, paragraphs and tokens of an episode, kept as columns of numbers: small, and read from a file at once."""

from __future__ import annotations

import base64
import hashlib
import math
from abc import abstractmethod
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, TypeVar, overload

from bot.contract import Citation, Quote, Source, episode_label
from bot.corpus.edition import Meta
from bot.corpus.links import link_of
from bot.corpus.transcript import Chapter, Section
from bot.corpus.voices import names_somebody
from bot.corpus.words import TOKEN
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    "episode_name",
    "is_position",
]

_RowT = TypeVar("_RowT")
_SECTIONS = tuple(Section)
_NONE = -1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A run of text[begin:end] by one speaker, in the chapter with that number and one kind of section."""

    begin: int
    end: int
    speaker: str | None = None
    chapter: int | None = None
    section: Section = Section.CONVERSATION
    sponsor: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """text[begin:end], in the paragraph with that index.

    `start` is in seconds in the first cut, None when nobody knows it; `approximate` when it is interpolated.
    """

    begin: int
    end: int
    paragraph: int
    start: float | None = None
    approximate: bool = False


class _Table(Sequence[_RowT]):
    """Rows made from columns when they are asked for."""

    __slots__ = ()

    @abstractmethod
    def _row(self, index: int) -> _RowT:
        """Make one row; `index` is in range."""

    @overload
    def __getitem__(self, index: int) -> _RowT: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[_RowT, ...]: ...
    def __getitem__(self, index: int | slice) -> _RowT | tuple[_RowT, ...]:
        size = len(self)
        if isinstance(index, slice):
            return tuple(self._row(number) for number in range(*index.indices(size)))
        if not -size <= index < size:
            raise IndexError(index)
        return self._row(index if index >= 0 else index + size)


class Sentences(_Table[Sentence]):
    """The sentences of an episode; `starts` has NaN where no time is known, `approximate` a byte a sentence."""

    __slots__ = ("_gaps", "approximate", "begins", "ends", "paragraphs", "starts")

    def __init__(
        self, begins: array[int], ends: array[int], paragraphs: array[int], starts: array[float], approximate: bytes
    ) -> None:
        self.begins, self.ends, self.paragraphs = begins, ends, paragraphs
        self.starts, self.approximate = starts, approximate
        self._gaps: array[int] | None = None

    @classmethod
    def of(cls, sentences: Iterable[Sentence]) -> Sentences:
        """Put sentences into columns."""
        rows = list(sentences)
        return cls(
            array("I", [row.begin for row in rows]),
            array("I", [row.end for row in rows]),
            array("I", [row.paragraph for row in rows]),
            array("d", [math.nan if row.start is None else row.start for row in rows]),
            bytes(row.approximate for row in rows),
        )

    @property
    def gaps(self) -> array[int]:
        """The numbers of the sentences before which something is withheld: more than one character stands there."""
        if self._gaps is None:
            parted = enumerate(zip(self.ends, self.begins[1:], strict=False), 1)
            self._gaps = array("I", [number for number, (end, begin) in parted if begin - end > 1])
        return self._gaps

    def __len__(self) -> int:
        return len(self.begins)

    def _row(self, index: int) -> Sentence:
        start = self.starts[index]
        return Sentence(
            self.begins[index],
            self.ends[index],
            self.paragraphs[index],
            None if math.isnan(start) else start,
            bool(self.approximate[index]),
        )


class Paragraphs(_Table[Paragraph]):
    """The paragraphs of an episode; `speakers` and `sponsors` are numbers in `names`, -1 where there is none."""

    __slots__ = ("begins", "chapters", "ends", "names", "sections", "speakers", "sponsors")

    def __init__(self, names: tuple[str, ...], *columns: array[int]) -> None:
        self.names = names
        self.begins, self.ends, self.speakers, self.chapters, self.sections, self.sponsors = columns

    @classmethod
    def of(cls, paragraphs: Iterable[Paragraph]) -> Paragraphs:
        """Put paragraphs into columns."""
        rows = list(paragraphs)
        said = [name for row in rows for name in (row.speaker, row.sponsor) if name is not None]
        numbers: dict[str | None, int] = {name: number for number, name in enumerate(dict.fromkeys(said))}
        numbers[None] = _NONE
        return cls(
            tuple(name for name in numbers if name is not None),
            array("i", [row.begin for row in rows]),
            array("i", [row.end for row in rows]),
            array("i", [numbers[row.speaker] for row in rows]),
            array("i", [_NONE if row.chapter is None else row.chapter for row in rows]),
            array("i", [_SECTIONS.index(row.section) for row in rows]),
            array("i", [numbers[row.sponsor] for row in rows]),
        )

    @property
    def columns(self) -> tuple[array[int], ...]:
        """The six columns, in the order in which `Paragraphs` takes them."""
        return (self.begins, self.ends, self.speakers, self.chapters, self.sections, self.sponsors)

    def __len__(self) -> int:
        return len(self.begins)

    def _row(self, index: int) -> Paragraph:
        chapter = self.chapters[index]
        return Paragraph(
            self.begins[index],
            self.ends[index],
            self._name(self.speakers[index]),
            None if chapter == _NONE else chapter,
            _SECTIONS[self.sections[index]],
            self._name(self.sponsors[index]),
        )

    def _name(self, number: int) -> str | None:
        return None if number == _NONE else self.names[number]


class TokenMap:
    """Where each white-space-separated token of an episode's text stands, there and in its source file.

    Four columns of equal length; `source`, the begins and the ends, are offsets in the decoded file at `path`. For an
    episode without a plain source file both are None and the `source_*` columns are the others. What the text tells by
    itself is worked out when it is first asked for: only displayed passages need it.
    """

    def __init__(self, text: str, path: str | None = None, source: tuple[array[int], array[int]] | None = None) -> None:
        self.path = path
        self.source = source
        self._text = text

    @property
    def begins(self) -> array[int]:
        """Where each token begins in the text."""
        return self._columns[0]

    @property
    def ends(self) -> array[int]:
        """Where each token ends in the text."""
        return self._columns[1]

    @property
    def source_begins(self) -> array[int]:
        """Where each token begins in the source file."""
        return self.source[0] if self.source else self.begins

    @property
    def source_ends(self) -> array[int]:
        """Where each token ends in the source file."""
        return self.source[1] if self.source else self.ends

    @cached_property
    def _columns(self) -> tuple[array[int], array[int]]:
        return _token_columns(self._text)


def _token_columns(text: str) -> tuple[array[int], array[int]]:
    """Return where each token begins and ends; quick when one character parts them, as in a text that was laid out."""
    tokens = text.split()
    begins = array("I", accumulate(map((1).__add__, map(len, tokens)), initial=0))
    if begins.pop() - 1 == len(text):
        return begins, array("I", map(int.__add__, begins, map(len, tokens)))
    spans = [match.span() for match in TOKEN.finditer(text)]
    return array("I", [begin for begin, _ in spans]), array("I", [end for _, end in spans])


@dataclass(frozen=True, slots=True)
class Show:
    """A podcast: its folder name, title, the basis on which it is served and where it lives on the web.

    `links` gives for a cut's name how a time becomes a link: an address with `{id}` and `{seconds}` in it. Cuts named
    as in `hosts.toml` need none.
    `people` gives for names under which somebody speaks the one under which all their words are shown.
    `withdrawn` says that nothing of it may be shown, `why` for what reason. `feed` is the address of the feed that
    brings its new episodes, "" for none.
    """

    id: str
    title: str
    rights: str
    url: str | None = None
    links: Mapping[str, str] = field(default_factory=dict, compare=False)
    withdrawn: bool = False
    why: str = ""
    people: Mapping[str, str] = field(default_factory=dict, compare=False)
    feed: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Episode:
    """One episode: its words and what is known of them.

    `text` holds the paragraphs joined by a newline and is what every quote is a slice of; `digest` changes
    when it does, or who says it, and with nothing else: a link, a number or a chapter is no word.
    `withdrawn` has the [begin, end) offsets in the source of what is withheld of it: line breaks stand
    in its place in the text, no sentence has it, and no passage goes across it.
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
    withdrawn: tuple[tuple[int, int], ...] = ()

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
        return episode_label(self.show.title, self.title, self.meta.number, self.meta.season)

    @property
    def name(self) -> str:
        """The episode with its title."""
        return episode_name(self.show, self.title, self.meta)

    def link(self, seconds: float | None) -> str | None:
        """Return the address that opens the episode's first cut at a time, or the best there is without one.

        The times are those of the first cut; another cut, such as a page, is only opened without a time.
        """
        for number, cut in enumerate(self.meta.cuts):
            found = link_of(cut, seconds if number == 0 else None, self.show.links.get(cut.name))
            if found:
                return found
        return self.show.url

    def passage(self, first: int, last: int) -> Passage:
        """Return sentences first..last (both included), cut to what the episode has.

        Where something between them is withheld it is the longest part without a gap; of equal ones the middle one.
        """
        begin, end = max(0, first), min(last, len(self.sentences) - 1)
        if self.is_whole(begin, end):
            return Passage(self, begin, end)
        middle = (first + last) // 2
        edges = [begin, *(gap for gap in self.sentences.gaps if begin < gap <= end), end + 1]
        parts = [(start, stop - 1) for start, stop in pairwise(edges)]
        return Passage(self, *max(parts, key=lambda part: (part[1] - part[0], part[0] <= middle <= part[1])))

    def is_whole(self, first: int, last: int) -> bool:
        """Say whether sentences first..last stand together: nothing between them is withheld."""
        if last <= first or not self.withdrawn:
            return True
        gaps = self.sentences.gaps
        at = bisect_right(gaps, first)
        return at == len(gaps) or gaps[at] > last

    def is_withdrawn(self, position: str) -> bool:
        """Say whether the passage whose id ends in `position` has words that are withheld."""
        place = _place(position)
        return place is not None and any(begin < place[1] and place[0] < end for begin, end in self.withdrawn)

    def passage_at(self, position: str) -> Passage | None:
        """Return the passage whose id ends in `position`, or None; see `Passage.id`."""
        place = _place(position)
        if place is None or self.is_withdrawn(position):
            return None
        tokens = self.tokens
        token = bisect_left(tokens.source_begins, place[0])
        last_token = bisect_right(tokens.source_ends, place[1]) - 1
        if place[1] - place[0] == _LONGEST - 1:  # as long as an id tells: a single word may go on
            last_token = max(token, last_token)
        if not 0 <= token <= last_token < len(tokens.begins):
            return None
        first = bisect_right(self.sentences.begins, tokens.begins[token]) - 1
        last = bisect_left(self.sentences.ends, tokens.ends[last_token])
        return self.passage(first, last)


_LONGEST = 1 << 14
"""Characters of a passage that has an id; the longest shown, a line with ten sentences either side, has 5,000."""


def _place(position: str) -> tuple[int, int] | None:
    """Return the [begin, end) offsets in the source that the end of an id tells, None when it is no such end."""
    try:
        begin, length = divmod(int(position, 32), _LONGEST)
    except ValueError:
        return None
    return (begin, begin + length) if begin >= 0 and length else None


def is_position(text: str) -> bool:
    """Say whether a text can be the end of an id, behind the hyphen."""
    return _place(text) is not None


def episode_code(show: str, episode: str) -> str:
    """Return the five characters that begin the ids of an episode's quotes, from the folder names."""
    return base64.b32encode(hashlib.blake2s(f"{show}/{episode}".encode()).digest()[:4]).decode().lower()[:5]


def episode_name(show: Show, title: str, meta: Meta) -> str:
    """Return an episode with its show, its number if it has one, and its title, once; a number is title enough."""
    label = episode_label(show.title, title, meta.number, meta.season)
    return label if meta.number is None or meta.title is None else f"{label}: {title}"


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
    def voices(self) -> tuple[str | None, ...]:
        """The labels of those who speak, in order, each once: names, Speaker 2, None where there is no label."""
        return tuple(dict.fromkeys(paragraph.speaker or None for paragraph in self.paragraphs))

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks, in order, each once, as far as the transcript names them."""
        return tuple(voice for voice in self.voices if voice and names_somebody(voice))

    @property
    def speaker(self) -> str:
        """Who speaks, in words for a person: “A and B”; "" where the transcript has no labels."""
        voices = self.voices
        if not any(voices):
            return ""
        return say("citation.between-speakers").join(dict.fromkeys(map(_who, voices)))

    @property
    def turns(self) -> tuple[tuple[int, str], ...]:
        """Where in the words each voice begins, as (offset, who); empty when there is one voice, or no label."""
        turns: list[tuple[int, str | None]] = []
        for paragraph in self.paragraphs:
            voice = paragraph.speaker or None
            if not turns or turns[-1][1] != voice:
                turns.append((max(0, paragraph.begin - self.begin), voice))
        return tuple((offset, _who(voice)) for offset, voice in turns) if len(turns) > 1 else ()

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
            season=episode.meta.season,
            position=self.begin / max(1, len(episode.text)),
            chapter=self.chapter.title if self.chapter else None,
            speaker=self.speaker or None,
            start=sentence.start,
            approximate=sentence.approximate,
            url=episode.link(sentence.start),
            note=self._note(),
        )

    def quote(
        self, marked: tuple[tuple[int, int], ...] = (), score: float | None = None, verdict: str | None = None
    ) -> Quote:
        """Return the passage as what crosses the boundary; `marked` are offsets in its text, others do not count."""
        length = self.end - self.begin
        inside = tuple((max(0, begin), min(end, length)) for begin, end in marked if begin < length and end > 0)
        return Quote(self.id, self.text, self.citation(), self.source(), inside, score, verdict, self.turns)

    def _note(self) -> str | None:
        """Return what a reader must know of this kind of speech."""
        paragraph = self.paragraphs[0]
        if paragraph.section is Section.AD:
            return say("citation.ad", sponsor=paragraph.sponsor) if paragraph.sponsor else say("citation.ad-unnamed")
        if paragraph.section is Section.PROMOTION:
            return say("citation.ad-unnamed")
        return paragraph.section.value if paragraph.section is Section.OUTRO else None

    def widen(self, sentences: int) -> Passage:
        """Return the passage with so many sentences more on either side, as far as nothing is withheld between them."""
        first, last = self.first - sentences, self.last + sentences
        if self.episode.withdrawn:
            gaps = self.episode.sentences.gaps
            at = bisect_right(gaps, self.first)
            first = max(first, gaps[at - 1] if at else 0)
            last = min(last, gaps[at] - 1 if at < len(gaps) else last)
        return self.episode.passage(first, last)

    def _tokens(self) -> tuple[int, int]:
        """Return the indexes of the first and the last token of the passage."""
        tokens = self.episode.tokens
        return bisect_left(tokens.begins, self.begin), bisect_left(tokens.ends, self.end)


def _who(voice: str | None) -> str:
    """Return who speaks by the label, in words for a person."""
    return voice if voice and names_somebody(voice) else say("citation.unnamed")


def _base32(number: int) -> str:
    """Write a number with the digits that `int(…, 32)` reads: 0-9, a-v."""
    digits = ""
    while True:
        number, digit = divmod(number, 32)
        digits = "0123456789abcdefghijklmnopqrstuv"[digit] + digits
        if not number:
            return digits
