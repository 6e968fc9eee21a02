"""What an import ends with: what was found in all episodes, and what a person has to decide, each with its line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.contract import clock
from bot.corpus.formats import is_anonymous
from bot.corpus.people import same_person
from bot.policy.texts import listed, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from bot.corpus.draft import Draft

__all__ = ["Decision", "Topic", "decisions_of", "report", "summary"]

MOST_NAMES = 10
"""Speakers named when an import is told of: a line's worth."""

MOST_DECISIONS = 5
"""Decisions of one kind that are told in full."""


class Topic(StrEnum):
    """What there is to decide; of each the first few are told, in this order."""

    RIGHTS = "rights"
    PEOPLE = "people"
    VOICES = "voices"
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
    voices = list(dict.fromkeys(b.speaker for b in made.edition.blocks if b.speaker and is_anonymous(b.speaker)))
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
    if made.lost:
        yield Decision(Topic.CHAPTERS, say("import.place-chapters", path=path, lost=made.lost, count=made.chapters))
    timed = [cut.name for cut in made.edition.meta.cuts if cut.name != "page"]
    if len(timed) > 1 and any(said.start is not None for block in made.edition.blocks for said in block.said):
        place = f"{path}:{_line_of(text, 'cuts:')}"
        yield Decision(Topic.CUTS, say("import.which-cut", place=place, first=timed[0], second=timed[1]))


def _line_of(text: str, wanted: str) -> int:
    """Return the number of the first line that begins so."""
    return next((number for number, line in enumerate(text.split("\n"), 1) if line.startswith(wanted)), 1)


def summary(made: Sequence[Draft], decisions: Sequence[Decision], known: Collection[str], toml: Path) -> Iterator[str]:
    """Yield the last lines of an import: what was found, and what is to be decided.

    `known` are names of which the show's file, at `toml`, says already whose they are.
    """
    if made:
        yield _found(made)
    people = {person.name for each in made for person in each.edition.meta.people}
    spoken = {block.speaker for each in made for block in each.edition.blocks if block.speaker}
    asked = [
        *decisions,
        *(
            Decision(Topic.PEOPLE, say("import.same-person", name=doubt.name, other=doubt.others[0], path=toml))
            for doubt in same_person(people | spoken)
            if doubt.name not in known
        ),
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


def _found(made: Sequence[Draft]) -> str:
    """Say what all episodes have, what some have and what none has."""
    counts = {
        "names": sum(_is_named(each) for each in made),
        "times": sum(any(s.start is not None for block in each.edition.blocks for s in block.said) for each in made),
        "titles": sum(each.edition.meta.title is not None for each in made),
        "numbers": sum(each.edition.meta.number is not None for each in made),
        "dates": sum(each.edition.meta.published is not None for each in made),
        "links": sum(bool(each.edition.meta.cuts) for each in made),
    }
    everywhere = listed([say(f"import.what-{name}") for name, count in counts.items() if count == len(made)])
    nowhere = listed([say(f"import.what-{name}") for name, count in counts.items() if not count])
    some = listed(
        [
            say("import.found-in", what=say(f"import.what-{name}"), count=count)
            for name, count in counts.items()
            if 0 < count < len(made)
        ]
    )
    parts = [say("import.found", what=everywhere)] if everywhere else []
    parts += [some] if some else []
    parts += [say("import.not-found", what=nowhere)] if nowhere else []
    return say("import.summary", count=len(made), parts="; ".join(parts))


def _is_named(made: Draft) -> bool:
    """Say whether most of the speech is somebody's whose name is known."""
    named = sum(bool(block.speaker) and not is_anonymous(block.speaker or "") for block in made.edition.blocks)
    return named * 2 > len(made.edition.blocks)
