"""What a transcript says before it becomes an episode: segments, chapters, people."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Block", "Chapter", "Person", "Said", "Section", "Segment", "Stated", "Transcript"]


@dataclass(frozen=True, slots=True)
class Segment:
    """What a reader yields: a cue, a paragraph or a turn, in file order.

    `start` and `end` are in seconds; parts the format does not know are None. Text may hold line breaks.
    `number` is its place among those a reader gave, once they are cleaned.
    """

    text: str
    start: float | None = None
    end: float | None = None
    speaker: str | None = None
    number: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter as published: `start` is in seconds in the cut that links open, None when nobody knows it.

    `segment` is the number of the transcript's segment it begins with, where the file itself says so by a heading, and
    `depth` that of the heading.
    """

    title: str
    start: float | None = None
    segment: int | None = field(default=None, compare=False)
    depth: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who speaks: the name as under quotes, and a role such as host or guest ("" when unknown)."""

    name: str
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a file or a feed says of an episode beside its words; None, or nobody, where it says nothing.

    `show` is the podcast's name, `published` the day in any usual spelling, `duration` is in seconds. `page` is the
    address of the episode's page, `media` that of its recording (a file of sound or pictures for certain when
    `recording`, else perhaps a page that plays it), `video` the address of its video, or its id at YouTube.
    """

    title: str | None = None
    show: str | None = None
    number: int | None = None
    season: int | None = None
    published: str | None = None
    language: str | None = None
    duration: float | None = None
    people: tuple[Person, ...] = ()
    page: str | None = None
    media: str | None = None
    recording: bool = False
    video: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """A transcript file as read: segments in file order and whatever else the file says of the episode.

    `oddities` are sentences for the person who imports it: what was skipped, mended or strange.
    """

    segments: tuple[Segment, ...]
    chapters: tuple[Chapter, ...] = ()
    oddities: tuple[str, ...] = ()
    stated: Stated = field(default=Stated(), kw_only=True)


class Section(StrEnum):
    """What kind of speech a paragraph is; only conversation can become a highlight.

    A promotion is an ad read, or a plea for the show, that no edition marks and that sounds like one.
    """

    INTRODUCTION = "introduction"
    AD = "ad"
    CONVERSATION = "conversation"
    OUTRO = "outro"
    PROMOTION = "promotion"


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence, with the second it begins at when the format knows it."""

    text: str
    start: float | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of an edition: sentences by one speaker, in one chapter (its number) and section.

    `sponsor` names who an ad is for.
    """

    said: tuple[Said, ...]
    speaker: str | None = None
    chapter: int | None = None
    section: Section = Section.CONVERSATION
    sponsor: str | None = field(default=None)
