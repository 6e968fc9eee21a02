"""Text with speaker labels, times or Markdown around the words, in the styles that transcripts usually have."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.corpus.formats.front_matter import FrontMatter, front_matter
from bot.corpus.formats.labels import NAME, is_stage_label, speaker_labels
from bot.corpus.formats.markdown import heading, is_link_line, words_of
from bot.corpus.formats.stamps import STAMP, seconds
from bot.corpus.transcript import Chapter, Segment, Transcript
from bot.policy.texts import say

if TYPE_CHECKING:
    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["read", "sniff"]

_BOXED = rf"\\?[\[(]{STAMP}\\?[\])]"
_TIME = rf"(?:{_BOXED}|{STAMP})"
_ALIAS = r"(?: ?\((?P<alias>[^\W\d_][\w.]{0,11})\))?"
_LEAD = re.compile(rf"(?:\*\*|__)?(?P<time>{_TIME})(?:\*\*|__)?(?:[ \t]*[-\u2013\u2014|:](?=\s|$))?(?:[ \t]+|$)")
# In bold with a colon inside or outside of it, the time inside, outside or instead of the colon.
_BOLD = (
    rf"(?P<bold>\*\*|__)(?P<name>{NAME}){_ALIAS}(?: ?(?P<time>{_TIME}))?"
    rf"(?: ?:(?:\*\*|__)|(?:\*\*|__)(?: ?(?P<late>{_TIME}))? ?:|(?:\*\*|__) ?(?P<last>{_TIME})$)(?:\s+|$)"
)
# With a time in brackets before a colon, a dash or the end of the line.
_TIMED = rf"(?P<name>{NAME}){_ALIAS}[ \t]{{0,4}}(?P<time>{_BOXED})[ \t]?(?:[:\u2013\u2014-](?=\s|$)|$)[ \t]*"
# With a bare time, alone on its line.
_ALONE = rf"(?P<name>{NAME}){_ALIAS}:?[ \t]{{1,8}}(?P<time>{STAMP})$"
_WEAK = re.compile(rf"(?P<name>{NAME}){_ALIAS}(?: ?:(?:[ \t]+|$)|\uff1a[ \t]*)")
_STYLES = (re.compile(_BOLD), re.compile(_TIMED), re.compile(_ALONE), _WEAK)


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands at the head of a line, a time, a speaker label or both, and the rest of it.

    `strong` labels have a time or are bold; `boxed` times are in brackets; `before` is the head without its label.
    """

    name: str | None
    start: float | None
    rest: str
    alias: str | None = None
    strong: bool = False
    bold: bool = False
    boxed: bool = False
    before: _Head | None = None


def _head_of(line: str) -> _Head | None:
    """Return the head of a line, or None when it has neither a time nor what looks like a label."""
    text = line.strip()
    lead = _LEAD.match(text)
    before: _Head | None = None
    if lead:
        text = text[lead.end() :]
        before = _Head(None, seconds(lead["time"]), text, boxed=not lead["time"][:1].isdigit())
    elif ":" not in text and "\uff1a" not in text:
        return None
    for style in _STYLES:
        match = style.match(text)
        if match:
            return _label_head(match, text[match.end() :], before)
    return before


def _label_head(match: re.Match[str], rest: str, before: _Head | None) -> _Head:
    """Make a head of a label; a time in brackets right after it is its time."""
    parts = match.groupdict()
    stamp = parts.get("time") or parts.get("late") or parts.get("last")
    start = seconds(stamp) if stamp else before.start if before else None
    strong = match.re is not _WEAK or before is not None
    lead = _LEAD.match(rest)
    if start is None and lead and not lead["time"][:1].isdigit():
        start, rest = seconds(lead["time"]), rest[lead.end() :]
    return _Head(match["name"], start, rest, parts.get("alias"), strong, bool(parts.get("bold")), before=before)


_INLINE = re.compile(rf"\\?\[({STAMP})\\?\]")
_INSIDE = re.compile(rf"(\\?\[[^\[\]\d]{{1,30}}?)[ \t]{{1,4}}{STAMP}[ \t]{{0,4}}(\\?\])")


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the file is to be read: who its labels name, and whether its lines begin with times."""

    names: frozenset[str]
    aliases: dict[str, str]
    stamped: bool
    markdown: bool
    heads: dict[int, _Head]

    def head(self, number: int) -> _Head | None:
        """Return the head of a line if it is to be believed."""
        head = self.heads.get(number)
        if head is None or head.name in self.names:
            return head
        bare = head.before if head.name else head
        return bare if bare and (self.stamped or (self.names and bare.boxed)) else None


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

    def head(self, head: _Head) -> None:
        """Begin a paragraph with a label, a time, or both."""
        self.close()
        stage = head.name is not None and is_stage_label(head.name)
        if head.name:
            self.speaker = None if stage else self.plan.aliases.get(head.name, head.name)
        # The time of a break is not that of the words after it.
        if stage and not head.rest:
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
        elif words:
            self.chapters.append(Chapter(words, depth=depth))
            self.waiting = True

    def close(self) -> None:
        """End the paragraph: its text becomes a segment, or several when times stand inside."""
        text = "\n".join(self.lines)
        self.lines = []
        if not text.strip():
            return
        if is_link_line(text):
            self.links += 1
            return
        parts = _INLINE.split(_INSIDE.sub(r"\1\2", text)) if self.plan.names or self.plan.stamped else [text]
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
    front = front_matter(file)
    plan = _plan(file, front)
    return bool(front.found or plan.names or plan.stamped or file.is_markdown)


def read(file: TranscriptFile) -> Transcript:
    """Return paragraphs with speaker and time; headings become chapters."""
    front = front_matter(file)
    page = _Page(_plan(file, front))
    for number, line in enumerate(front.text.split("\n")):
        section = heading(line) if page.plan.markdown else None
        head = page.plan.head(number)
        if section:
            page.heading(*section)
        elif head:
            page.head(head)
        elif line.strip():
            page.lines.append(line)
        else:
            page.close()
    page.close()
    oddities = [say("format.read-as", name=short, full=name) for short, name in page.plan.aliases.items()]
    if page.links:
        oddities.append(say("format.addresses", count=page.links))
    return Transcript(
        tuple(page.segments),
        tuple(page.chapters),
        tuple(oddities),
        stated=replace(front.stated, title=front.stated.title or page.title),
    )


def _plan(file: TranscriptFile, front: FrontMatter) -> _Plan:
    """Look at every line and decide which labels and times are to be believed."""
    lines = front.text.split("\n")
    heads = {number: head for number, line in enumerate(lines) if (head := _head_of(line))}
    labelled = [head for head in heads.values() if head.name and not is_link_line(head.rest)]
    filled = [bool(line.strip()) for line in lines]
    paragraphs = sum(1 for before, line in zip([False, *filled], filled, strict=False) if line and not before)
    places = paragraphs if paragraphs >= len(labelled) else sum(filled)
    weak = [head.name for head in labelled if head.name and not head.strong]
    strong = [head.name for head in labelled if head.name and head.strong]
    aliases = _aliases(labelled)
    known = {person.name for person in front.stated.people} | set(aliases) | set(aliases.values())
    names = speaker_labels(weak, strong, places, known)
    timed = sum(1 for head in heads.values() if head.before is not None or not head.name)
    return _Plan(
        names,
        {short: name for short, name in aliases.items() if name in names},
        stamped=timed > 1 and timed * 2 >= (paragraphs if paragraphs >= timed else sum(filled)),
        markdown=file.is_markdown or front.found or any(head.bold for head in labelled if head.name in names),
        heads=heads,
    )


def _aliases(heads: list[_Head]) -> dict[str, str]:
    """Return the short names that labels such as `Ada Lovelace (AL):` declare and other labels use."""
    used = {head.name for head in heads}
    return {head.alias: head.name for head in heads if head.alias and head.name and head.alias in used}
