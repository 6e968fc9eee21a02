"""Text with speaker labels, times or Markdown around the words, in the styles that transcripts usually have."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.corpus.formats.front_matter import FrontMatter, front_matter
from bot.corpus.formats.heads import BOXED, Form, Head, head_of, loose_head
from bot.corpus.formats.labels import TURN, Labels, Sight, is_name, is_stage_label, learn
from bot.corpus.formats.markdown import (
    heading,
    is_item_with_link,
    is_link_line,
    is_list_of_links,
    is_only_links,
    words_of,
)
from bot.corpus.formats.preamble import is_rule
from bot.corpus.formats.sections import unsaid
from bot.corpus.formats.stamps import STAMP, seconds
from bot.corpus.transcript import Chapter, Segment, Transcript
from bot.corpus.words import ends_sentence
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["read", "sniff"]

_INLINE = re.compile(rf"\\?\[({STAMP})\\?\]")
_INSIDE = re.compile(rf"(\\?\[[^\[\]\d]{{1,30}}?)[ \t]{{1,4}}{STAMP}[ \t]{{0,4}}(\\?\])")
_FROM_TO = re.compile(rf"(?:{BOXED})?[ \t]{{0,4}}(?:to|until|[-\u2013\u2014])[ \t]{{0,4}}({BOXED})")
_FASTEST = 48
"""Letters a second that nobody speaks: numbers that run so slowly beside the words are verses, not times."""

_ENTRY = 80
"""Characters of a line of a table of contents."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the file is to be read: who its labels name, and whether its lines begin with times."""

    labels: Labels
    heads: dict[int, Head]
    stamped: bool
    turns: bool
    markdown: bool
    contents: frozenset[int]

    @property
    def knows(self) -> bool:
        """Whether the file tells by labels or times what is said."""
        return bool(self.labels) or self.stamped

    def head(self, number: int) -> Head | None:
        """Return the head of a line if it is to be believed."""
        head = self.heads.get(number)
        if head is None:
            return None
        if head.label is None and head.turn:
            return head if self.turns else None
        if head.label is not None:
            if self.labels.begin(head, number):
                return head
            head = head.before
        return head if head and (self.stamped or (self.labels and head.boxed)) else None


@dataclass(slots=True)
class _Page:
    """What has been read so far, and the paragraph that is being read."""

    plan: _Plan
    segments: list[Segment] = field(default_factory=list)
    chapters: list[Chapter] = field(default_factory=list)
    title: str | None = None
    speaker: str | None = None
    start: float | None = None
    lines: list[str] = field(default_factory=list)
    waiting: bool = False
    links: int = 0
    unknown: list[int] = field(default_factory=list)

    def head(self, number: int, head: Head) -> None:
        """Begin a paragraph with a label, a time, or both."""
        self.close()
        stage = head.label is not None and is_stage_label(head.label)
        # From when to when a break lasts; the words after it begin at its end.
        lasts = _FROM_TO.fullmatch(head.rest)
        if lasts:
            begun = head.start if head.start is not None else seconds(head.rest)
            head = replace(head, rest="", start=seconds(lasts[1]) if stage else begun)
        nobody = self.plan.labels.silence(head, number)
        if head.label or head.turn:
            self.speaker = None if nobody else head.label
        if nobody and not stage:
            self.unknown.append(number)
        # The time of a break is not that of the words after it.
        if stage and not head.rest and not lasts:
            self.start = None
        elif head.start is not None:
            self.start = head.start
        if head.rest:
            self.lines.append(head.rest)

    def heading(self, depth: int, words: str) -> None:
        """Begin a chapter; the first heading of the first depth is the title."""
        self.close()
        if depth == 1 and not self.segments and self.title is None:
            self.title = words
        elif is_link_line(words):
            self.links += 1
        elif words:
            self.chapters.append(Chapter(words, depth=depth))
            self.waiting = True

    def drop(self) -> None:
        """Leave out a line of a table of contents, and the heading above it."""
        self.close()
        if self.waiting:
            self.chapters.pop()
            self.waiting = False

    def close(self) -> None:
        """End the paragraph: its text becomes a segment, or several when times stand inside."""
        text = "\n".join(self.lines)
        self.lines = []
        if not text.strip():
            return
        if is_link_line(text) or (self.speaker is None and self.plan.knows and is_list_of_links(text)):
            self.links += 1
            return
        for words, label in self.plan.labels.inside(text):
            self.speaker = label or self.speaker
            self._paragraph(words)

    def _paragraph(self, text: str) -> None:
        """Add what one voice says, cut where times stand inside."""
        parts = _INLINE.split(_INSIDE.sub(r"\1\2", text)) if self.plan.knows else [text]
        self._add(parts[0])
        for stamp, part in zip(parts[1::2], parts[2::2], strict=True):
            self.start = seconds(stamp)
            self._add(part)

    def _add(self, text: str) -> None:
        words = words_of(text) if self.plan.markdown else text.strip()
        if not words:
            return
        if self.waiting:
            self.chapters[-1] = replace(self.chapters[-1], start=self.start, segment=len(self.segments))
            self.waiting = False
        self.segments.append(Segment(words, self.start, None, self.speaker))
        self.start = None


def sniff(file: TranscriptFile) -> bool:
    """Say whether a text has labels, times or front matter, or is Markdown."""
    if file.is_markdown:
        return True
    front = front_matter(file)
    if front.found:
        return True
    plan = _plan(file, front)
    return bool(plan.labels or plan.stamped or plan.labels.unread)


def read(file: TranscriptFile) -> Transcript:
    """Return paragraphs with speaker and time; headings become chapters.

    Raises TranscriptError where much looks like labels in no form known here.
    """
    front = front_matter(file)
    plan = _plan(file, front)
    lines = front.text.split("\n")
    skipped = file.text.count("\n") - len(lines) + 2
    _refuse_unread(file, plan.labels, skipped)
    page = _Page(plan)
    left = unsaid(lines, lambda number: _is_named(plan.head(number))) if plan.markdown else frozenset()
    for number, line in enumerate(lines):
        head = plan.head(number)
        section = heading(line) if plan.markdown and not (head and head.label) else None
        if number in plan.contents:
            page.drop()
        elif number in left:
            page.close()
        elif section:
            page.heading(*section)
        elif head:
            page.head(number, head)
        elif line.strip() and not is_rule(line):
            page.lines.append(line)
        else:
            page.close()
    page.close()
    return Transcript(
        tuple(page.segments),
        tuple(page.chapters),
        (*front.told, *_beside(left, lines, plan), *_oddities(page, lines, skipped)),
        stated=replace(front.stated, title=front.stated.title or page.title),
    )


def _is_named(head: Head | None) -> bool:
    return head is not None and (head.label is not None or head.turn)


def _beside(left: Collection[int], lines: list[str], plan: _Plan) -> Iterator[str]:
    """Yield what is told of the lines that stand beside the transcript."""
    filled = [n for n in sorted(left) if lines[n].strip() and n not in plan.contents and not heading(lines[n])]
    if filled:
        text = words_of(lines[filled[0]])[:_ENTRY]
        yield say("format.beside-left", count=len(filled), text=text)


def _refuse_unread(file: TranscriptFile, labels: Labels, skipped: int) -> None:
    """Raise TranscriptError where a third of the paragraphs or more begin with what looks like labels and is not."""
    unread = labels.unread
    if unread and not labels and unread.share * 3 > 1:
        raise TranscriptError(
            file.name, say("format.unread-labels", label=unread.label, count=unread.count), unread.line + skipped
        )


def _oddities(page: _Page, lines: list[str], skipped: int) -> Iterator[str]:
    """Yield what a person should know of the labels, and what was left out."""
    unread = page.plan.labels.unread
    if page.unknown:
        first = page.unknown[0]
        excerpt = " ".join(lines[first].split())[:_ENTRY]
        yield say("format.labels-nobody", count=len(page.unknown), line=first + skipped, text=excerpt)
    if unread:
        yield say("format.labels-left", count=unread.count, line=unread.line + skipped, label=unread.label)
    if page.plan.contents:
        yield say("format.contents", count=len(page.plan.contents))
    if page.links:
        yield say("format.addresses", count=page.links)


def _plan(file: TranscriptFile, front: FrontMatter) -> _Plan:
    """Look at every line and decide which labels and times are to be believed."""
    lines = front.text.split("\n")
    fenced = _fenced(lines)
    heads = {
        number: head
        for number, line in enumerate(lines)
        if number not in fenced
        and (head := head_of(line))
        # An item of a list that gives somebody's pages is no turn of theirs.
        and not (is_item_with_link(line.strip()) and is_only_links(head.rest))
    }
    filled = [bool(line.strip()) for line in lines]
    begins = [line and not before for before, line in zip([False, *filled], filled, strict=False)]
    letters = sum(len(line) for line in lines)
    if _too_fast([head.start for head in heads.values() if head.start is not None], letters):
        heads = {number: head for number, head in heads.items() if head.start is None and head.before is None}
    labelled = {n: head for n, head in heads.items() if head.label and not is_link_line(head.rest)}
    headed = sum(head.form is not Form.ALONE for head in labelled.values())
    paragraphs = sum(begins)
    # Where nearly every line is a turn, a line is a paragraph.
    starts = begins if paragraphs >= headed else filled
    places = sum(starts)
    known = [person.name for person in front.stated.people]
    labels = learn(_sights(labelled, heads, lines, starts), places, known)
    if not labels:
        loose = {
            n: head for n, line in enumerate(lines) if starts[n] and n not in fenced and (head := loose_head(line))
        }
        other = learn(_sights(loose, loose, lines, starts), places, known)
        if other or (other.unread and not labels.unread):
            labels, heads = other, {**heads, **loose}
    believed = [head for n, head in labelled.items() if labels.begin(head, n)]
    timed = sum(1 for head in heads.values() if head.before is not None or (head.start is not None and not head.label))
    sharp = bool(labels) and any(heading(line) for line in lines)
    return _Plan(
        labels,
        heads,
        stamped=timed > 1 and timed * 2 >= (paragraphs if paragraphs >= timed else sum(filled)),
        turns=any(head.turn for head in believed),
        markdown=file.is_markdown or front.fenced or sharp or any(head.mark or head.linked for head in believed),
        contents=_contents(heads, labelled, labels),
    )


def _fenced(lines: list[str]) -> frozenset[int]:
    """Return the lines of blocks of code, where nobody speaks."""
    fences = [number for number, line in enumerate(lines) if line.startswith("```")]
    return frozenset(n for begin, end in zip(fences[::2], fences[1::2], strict=False) for n in range(begin, end + 1))


def _sights(labelled: dict[int, Head], heads: dict[int, Head], lines: list[str], starts: list[bool]) -> list[Sight]:
    """Return the labels of a file as they are seen, each in its paragraph."""
    place = list(accumulate(starts))
    return [
        Sight(
            head.label or "",
            head.form,
            max(0, place[number] - 1),
            number,
            starts[number] or _follows_a_time(number, heads),
            bool(head.rest) or _is_spoken(number, heads, lines),
            ends_sentence(head.rest) or len(head.rest) > _ENTRY if head.rest else not _has_links(number, lines),
            TURN if head.turn else head.mark,
        )
        for number, head in labelled.items()
    ]


def _follows_a_time(number: int, heads: dict[int, Head]) -> bool:
    """Say whether the line before one is a time and nothing else."""
    before = heads.get(number - 1)
    return before is not None and before.label is None and not before.rest


def _has_links(number: int, lines: list[str]) -> bool:
    """Say whether a list of links follows a label, as under the headings of notes."""
    following = next((line for line in lines[number + 1 : number + 4] if line.strip()), "")
    return is_item_with_link(following.strip())


def _is_spoken(number: int, heads: dict[int, Head], lines: list[str]) -> bool:
    """Say whether words follow a label that stands alone: a line after it, that is no label and no heading."""
    following = next((at for at in range(number + 1, min(number + 4, len(lines))) if lines[at].strip()), None)
    if following is None or heading(lines[following]) or is_item_with_link(lines[following].strip()):
        return False
    head = heads.get(following)
    if head is None or head.rest or (head.label is None and not head.turn):  # also a time on a line of its own
        return True
    return head.form is Form.ALONE and not is_name(head.label or "")


def _too_fast(times: list[float], letters: int) -> bool:
    """Say whether numbers rise far too slowly for the words between them to be said, as those of verses do."""
    return len(times) > 1 and letters > (max(times) - min(times)) * _FASTEST + _FASTEST * _ENTRY


def _contents(heads: dict[int, Head], labelled: dict[int, Head], labels: Labels) -> frozenset[int]:
    """Return the lines of a table of contents: times with short titles, before the first who speaks."""
    first = next((n for n, head in labelled.items() if labels.begin(head, n)), 0)
    entries = [
        number
        for number, head in heads.items()
        if number < first and head.start is not None and 0 < len(f"{head.label or ''}{head.rest}") < _ENTRY
    ]
    return frozenset(entries) if len(entries) > 1 else frozenset()
