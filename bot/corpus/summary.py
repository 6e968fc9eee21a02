"""What an import ends with: what was found in all episodes, and what a person has to decide, each with its line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.contract import clock
from bot.corpus.people import same_person
from bot.corpus.voices import names_somebody
from bot.policy.texts import listed, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from bot.corpus.draft import Draft

__all__ = ["Decision", "Facts", "Topic", "decisions_of", "report", "summary"]

MOST_NAMES = 10
"""Speakers named when an import is told of: a line's worth."""

MOST_DECISIONS = 5
"""Decisions of one kind that are told in full."""


class Topic(StrEnum):
    """What there is to decide; of each the first few are told, in this order."""

    RIGHTS = "rights"
    PEOPLE = "people"
    VOICES = "voices"
    DATES = "dates"
    CHAPTERS = "chapters"
    CUTS = "cuts"


@dataclass(frozen=True, slots=True)
class Decision:
    """Something only a person knows: what about, and a sentence with the file and the line to change."""

    topic: Topic
    line: str


def report(made: Draft) -> Iterator[str]:
    """Yield what a person should look at in one episode: length, times, speakers, chapters, title."""
    placed, chapters, meta = made.edition.blocks, made.edition.chapters, made.edition.meta
    said = [sentence for block in placed for sentence in block.said]
    yield say("import.words", words=sum(len(sentence.text.split()) for sentence in said), sentences=len(said))
    starts = [sentence.start for sentence in said if sentence.start is not None]
    yield say("import.times", first=clock(starts[0]), last=clock(starts[-1])) if starts else say("import.no-times")
    names = list(dict.fromkeys(block.speaker for block in placed if block.speaker))
    shown = ", ".join(names[:MOST_NAMES])
    if len(names) > MOST_NAMES:
        shown = say("import.more-speakers", names=shown, count=len(names) - MOST_NAMES)
    unnamed = sum(block.speaker is None for block in placed)
    if not names:
        yield say("import.no-speakers")
    elif unnamed:
        yield say("import.some-unnamed", names=shown, count=unnamed)
    else:
        yield say("import.speakers", names=shown)
    if made.names:
        yield say("import.in-full", names=", ".join(f"{short} → {name}" for short, name in made.names.items()))
    if chapters:
        yield say("import.chapters", count=len(chapters))
    if meta.title:
        yield say("import.title", title=meta.title)
    facts = [say("import.number", number=meta.number)] if meta.number is not None else []
    facts += [say("import.season", season=meta.season)] if meta.season is not None else []
    facts += [say("import.published", date=meta.published.isoformat())] if meta.published else []
    facts += [say("import.links", names=", ".join(cut.name for cut in meta.cuts))] if meta.cuts else []
    if facts:
        yield " · ".join(facts)


def decisions_of(made: Draft, text: str, path: Path) -> Iterator[Decision]:
    """Yield what is to be decided in one episode, whose edition has that text and will stand at that path."""
    voices = list(dict.fromkeys(b.speaker for b in made.edition.blocks if b.speaker and not names_somebody(b.speaker)))
    if voices:
        place = f"{path}:{_line_of(text, f'**{voices[0]}:**')}"
        yield Decision(
            Topic.VOICES, say("import.who-is", place=place, names=listed(voices[:MOST_NAMES]), first=voices[0])
        )
    for doubt in made.doubts:
        place = f"{path}:{_line_of(text, f'**{doubt.name}:**')}"
        others = listed(doubt.others)
        yield Decision(
            Topic.PEOPLE, say("import.who-of", place=place, name=doubt.name, others=others, first=doubt.others[0])
        )
    if made.undated:
        place = f"{path}:{_line_of(text, '---')}"
        yield Decision(Topic.DATES, say("import.which-day", place=place, date=made.undated))
    if made.lost:
        yield Decision(Topic.CHAPTERS, say("import.place-chapters", path=path, lost=made.lost, count=made.chapters))
    timed = [cut.name for cut in made.edition.meta.cuts if cut.name != "page"]
    if len(timed) > 1 and any(said.start is not None for block in made.edition.blocks for said in block.said):
        place = f"{path}:{_line_of(text, 'cuts:')}"
        yield Decision(Topic.CUTS, say("import.which-cut", place=place, first=timed[0], second=timed[1]))


def _line_of(text: str, wanted: str) -> int:
    """Return the number of the first line that begins so."""
    return next((number for number, line in enumerate(text.split("\n"), 1) if line.startswith(wanted)), 1)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the end of an import needs to know of one episode: which of `WHAT` it has, and all names in it."""

    has: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, made: Draft) -> Facts:
        """Look at an edition that was made."""
        blocks, meta = made.edition.blocks, made.edition.meta
        spoken = [block.speaker for block in blocks if block.speaker]
        named = sum(names_somebody(speaker) for speaker in spoken)
        has = {
            "names": named * 2 > len(blocks),
            "times": any(said.start is not None for block in blocks for said in block.said),
            "titles": meta.title is not None,
            "numbers": meta.number is not None,
            "dates": meta.published is not None,
            "links": bool(meta.cuts),
        }
        names = frozenset({*spoken, *(person.name for person in meta.people)})
        return cls(frozenset(name for name, found in has.items() if found), names)


WHAT = ("names", "times", "titles", "numbers", "dates", "links")
"""What an episode may have beside its words, in the order in which it is told."""


def summary(facts: Sequence[Facts], decisions: Sequence[Decision], known: Collection[str], toml: Path) -> Iterator[str]:
    """Yield the last lines of an import: what was found, and what is to be decided.

    `known` are names of which the show's file, at `toml`, says already whose they are.
    """
    if facts:
        yield _found(facts)
    names = frozenset[str]().union(*(each.names for each in facts))
    same = [doubt for doubt in same_person(names) if doubt.name not in known]
    asked = [
        *decisions,
        *(Decision(Topic.PEOPLE, say("import.same-person", name=a.name, other=a.others[0], path=toml)) for a in same),
    ]
    asked = list(dict.fromkeys(asked))
    if not asked:
        return
    yield say("import.to-decide", count=len(asked))
    for topic in Topic:
        lines = [each.line for each in asked if each.topic is topic]
        yield from (f"- {line}" for line in lines[:MOST_DECISIONS])
        if len(lines) > MOST_DECISIONS:
            yield say("import.more-to-decide", count=len(lines) - MOST_DECISIONS)


def _found(facts: Sequence[Facts]) -> str:
    """Say what all episodes have, what some have and what none has."""
    counts = {name: sum(name in each.has for each in facts) for name in WHAT}
    words = {name: say(f"import.what-{name}") for name in WHAT}
    everywhere = [words[name] for name, count in counts.items() if count == len(facts)]
    some = [
        say("import.found-in", what=words[name], count=count)
        for name, count in counts.items()
        if 0 < count < len(facts)
    ]
    nowhere = [words[name] for name, count in counts.items() if not count]
    parts = [say("import.found", what=listed(everywhere))] if everywhere else []
    parts += [listed(some)] if some else []
    parts += [say("import.not-found", what=listed(nowhere, "or"))] if nowhere else []
    return say("import.summary", count=len(facts), parts="; ".join(parts))
