"""From a transcript, and what is stated of its episode, to the edition that an import writes."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bot.corpus.edition import Edition, Meta
from bot.corpus.join import blocks
from bot.corpus.links import cuts_of
from bot.corpus.names import LONGEST_PERSON, tidy
from bot.corpus.naming import Named, read_date, read_title
from bot.corpus.people import Doubt, join_people, with_names
from bot.corpus.transcript import Stated

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.corpus.transcript import Block, Chapter, Transcript

__all__ = ["Draft", "draft", "stated_by"]


@dataclass(frozen=True, slots=True)
class Draft:
    """An edition to write, what to tell of it, and the names in it of which it is not certain who is meant.

    `names` says which names of the transcript are written in full, `undated` the stated date that nobody can read;
    `lost` counts published chapters that could not be placed, of `chapters` in all.
    """

    edition: Edition
    names: Mapping[str, str]
    doubts: tuple[Doubt, ...]
    undated: str | None
    lost: int
    chapters: int


def stated_by(*sources: Stated) -> Stated:
    """Return what several sources state together; where two state the same, the first counts."""
    together = Stated()
    for source in reversed(sources):
        values = {each.name: getattr(source, each.name) for each in fields(Stated) if each.name != "recording"}
        said: dict[str, Any] = {name: value for name, value in values.items() if value not in {None, ()}}
        together = replace(together, **said, recording=source.recording if source.media else together.recording)
    return together


def draft(transcript: Transcript, stated: Stated, named: Named, shows: Collection[str]) -> Draft:
    """Return the edition of a transcript.

    `stated` is everything that is stated of the episode, `named` what the name of its file or folder tells, `shows` the
    names of its show, which are no part of a title.
    """
    transcript = replace(transcript, chapters=_without_document(transcript.chapters))
    stated = stated_by(stated, Stated(video=named.video))
    joined = join_people(stated.people, (segment.speaker for segment in transcript.segments if segment.speaker))
    transcript = replace(transcript, segments=with_names(transcript.segments, joined.names))
    placed, chapters = _in_chapters(transcript)
    titled = read_title(stated.title or "", {*shows, *([stated.show] if stated.show else [])}, stated.number)
    ends = [segment.end for segment in transcript.segments if segment.end is not None]
    starts = [said.start for block in placed for said in block.said if said.start is not None]
    duration = max(ends) if ends else stated.duration
    latest = max((*starts, *(chapter.start or 0.0 for chapter in chapters)), default=0.0)
    day = read_date(stated.published or "")
    meta = Meta(
        title=titled.title or named.title or None,
        number=_first(stated.number, titled.number, named.number),
        season=_first(stated.season, titled.season, named.season),
        published=day or titled.published or named.published,
        language=stated.language,
        # A duration is written in whole seconds, and no time lies after it.
        duration=None if duration is None else float(math.ceil(max(duration, latest))),
        people=joined.people,
        cuts=cuts_of(stated),
    )
    published = sum(chapter.segment is None and chapter.start is not None for chapter in transcript.chapters)
    lost = min(published, len(transcript.chapters) - len(chapters))
    undated = tidy(stated.published, LONGEST_PERSON) if stated.published and meta.published is None else None
    edition = Edition(meta, chapters, placed, ())
    return Draft(edition, joined.names, joined.doubts, undated, lost, len(transcript.chapters))


def _first(*numbers: int | None) -> int | None:
    return next((number for number in numbers if number is not None), None)


def _in_chapters(transcript: Transcript) -> tuple[tuple[Block, ...], tuple[Chapter, ...]]:
    """Return the paragraphs in their chapters, and the chapters that were placed."""
    headed = _headed(transcript)
    if not headed:
        return _with_chapters(blocks(transcript.segments), [c for c in transcript.chapters if c.segment is None])
    edges = [0, *(chapter.segment or 0 for chapter in headed), len(transcript.segments)]
    placed = [
        replace(block, chapter=number - 1 if number else None)
        for number, (begin, end) in enumerate(pairwise(edges))
        for block in blocks(transcript.segments[begin:end])
    ]
    return _in_order(placed), tuple(headed)


def _in_order(placed: Sequence[Block]) -> tuple[Block, ...]:
    """Hold a time that would go back at the one before it, as `blocks` does within a chapter."""
    latest = 0.0
    ordered: list[Block] = []
    for block in placed:
        said = []
        for sentence in block.said:
            latest = max(latest, sentence.start or 0.0)
            said.append(sentence if sentence.start in {None, latest} else replace(sentence, start=latest))
        ordered.append(replace(block, said=tuple(said)))
    return tuple(ordered)


def _without_document(chapters: Sequence[Chapter]) -> tuple[Chapter, ...]:
    """Leave out a heading before all that is said which has no other of its depth: it names the document."""
    depths = Counter(chapter.depth for chapter in chapters if chapter.segment is not None)
    return tuple(c for c in chapters if not (c.segment == 0 and c.depth is not None and depths[c.depth] == 1))


def _headed(transcript: Transcript) -> list[Chapter]:
    """Return the chapters that headings of the file begin, each with words."""
    headed = [chapter for chapter in transcript.chapters if chapter.segment is not None]
    after = [*(chapter.segment for chapter in headed[1:]), len(transcript.segments)]
    return _rising([chapter for chapter, end in zip(headed, after, strict=False) if chapter.segment != end])


def _rising(chapters: Sequence[Chapter]) -> list[Chapter]:
    """Return chapters without the times that go back, which an edition cannot have."""
    risen: list[Chapter] = []
    latest = 0.0
    for chapter in chapters:
        kept = chapter if chapter.start is None or chapter.start >= latest else replace(chapter, start=None)
        latest = kept.start or latest
        risen.append(kept)
    return risen


def _with_chapters(
    joined: tuple[Block, ...], chapters: Sequence[Chapter]
) -> tuple[tuple[Block, ...], tuple[Chapter, ...]]:
    """Put each chapter at the first sentence that begins at or after its start.

    Returns the blocks with their chapters, and the chapters placed.
    """
    timed = sorted((chapter for chapter in chapters if chapter.start is not None), key=lambda c: c.start or 0.0)
    if not any(said.start is not None for block in joined for said in block.said):
        timed = []
    placed: list[Block] = []
    used: list[Chapter] = []
    following = 0
    for block in joined:
        begun = 0
        for index, said in enumerate(block.said):
            if said.start is None or following == len(timed) or said.start < (timed[following].start or 0.0):
                continue
            if index > begun:
                placed.append(replace(block, said=block.said[begun:index], chapter=len(used) - 1 if used else None))
            begun = index
            while following < len(timed) and said.start >= (timed[following].start or 0.0):
                following += 1
            used.append(timed[following - 1])
        placed.append(replace(block, said=block.said[begun:], chapter=len(used) - 1 if used else None))
    return tuple(placed), tuple(used)
