"""Sentences, paragraphs and tokens of an episode, kept as columns of numbers: small, and read from a file at once."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, TypeVar, overload

from bot.corpus.transcript import Section

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Paragraph", "Paragraphs", "Sentence", "Sentences", "TokenMap"]

_RowT = TypeVar("_RowT")
_TOKEN = re.compile(r"\S+")
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
        """Take columns of equal length."""
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
        """Take the names and six columns of equal length: begins, ends, speakers, chapters, sections, sponsors."""
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

    Four columns of equal length; `source_*` are offsets in the decoded file at `path`. For an episode without a plain
    source file `path` is None and the `source_*` columns are the others. What the text tells by itself is worked out
    when it is first asked for: only displayed passages need it.
    """

    __slots__ = ("_here", "_source", "_text", "path")

    def __init__(self, text: str, path: str | None = None, source: tuple[array[int], array[int]] | None = None) -> None:
        """Take the episode's text and, if it has a plain source, its path and the tokens' begins and ends there."""
        self.path = path
        self._text = text
        self._source = source
        self._here: tuple[array[int], array[int]] | None = None

    @property
    def begins(self) -> array[int]:
        """Where each token begins in the text."""
        return self._columns()[0]

    @property
    def ends(self) -> array[int]:
        """Where each token ends in the text."""
        return self._columns()[1]

    @property
    def source_begins(self) -> array[int]:
        """Where each token begins in the source file."""
        return self._source[0] if self._source else self.begins

    @property
    def source_ends(self) -> array[int]:
        """Where each token ends in the source file."""
        return self._source[1] if self._source else self.ends

    @property
    def source(self) -> tuple[array[int], array[int]] | None:
        """Both columns of the source file, None without one."""
        return self._source

    def _columns(self) -> tuple[array[int], array[int]]:
        if self._here is None:
            self._here = _token_columns(self._text)
        return self._here


def _token_columns(text: str) -> tuple[array[int], array[int]]:
    """Return where each token begins and ends; quick when one character parts them, as in a text that was laid out."""
    tokens = text.split()
    begins = array("I", accumulate(map((1).__add__, map(len, tokens)), initial=0))
    if begins.pop() - 1 == len(text):
        return begins, array("I", map(int.__add__, begins, map(len, tokens)))
    spans = [match.span() for match in _TOKEN.finditer(text)]
    return array("I", [begin for begin, _ in spans]), array("I", [end for _, end in spans])
