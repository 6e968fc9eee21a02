"""What is odd about a transcript, said in short sentences; and what is no speech, left out."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.corpus.formats.programs import without_programs
from bot.corpus.formats.repeats import without_loops, without_rolling
from bot.corpus.formats.stage import without_stages
from bot.corpus.formats.stamps import LATEST, clock
from bot.corpus.names import LONGEST_TITLE, MOST_PEOPLE, mend, person, tidy
from bot.corpus.transcript import Person, Segment
from bot.corpus.voices import names_somebody
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.corpus.transcript import Stated, Transcript

__all__ = ["clean", "fit"]

_SLACK = 0.001
_FEW, _SAMPLES = 4, 200
_RARE = 10
"""One cue in so many in another script is strange; more are a second language."""

_REPEATS = 8
_SLOW = 15.0
_SLOWEST = 3.0
_TOLD = 20
_LONGEST_LANGUAGE = 35
"""Characters of a language's code; RFC 5646 asks programs to take as many."""


def clean(transcript: Transcript, known: Sequence[str] = ()) -> Transcript:
    """Return a transcript without cues that are no speech, and with oddities: those known, and what else is strange."""
    numbered = enumerate(transcript.segments)
    segments = [_storable(each, number) for number, each in numbered if each.text.strip()]
    oddities = [*known, *transcript.oddities]
    steps = [without_programs, without_rolling, _without_noise, without_loops]
    if any(segment.start is not None or segment.speaker for segment in segments):
        steps.insert(1, without_stages)
    for step in steps:
        segments, left = step(segments)
        oddities += left
    oddities += _foreign(segments)
    numbers = [segment.number for segment in segments]
    segments = [_forward(segment) for segment in segments]
    oddities += _times(segments)
    oddities += _speakers(segments)
    chapters = tuple(
        replace(
            chapter,
            title=tidy(chapter.title, LONGEST_TITLE),
            segment=None if chapter.segment is None else bisect_left(numbers, chapter.segment),
        )
        for chapter in transcript.chapters
    )
    if len(oddities) > _TOLD:
        oddities = [*oddities[:_TOLD], say("format.more-oddities", count=len(oddities) - _TOLD)]
    return replace(
        transcript,
        segments=tuple(segments),
        chapters=tuple(chapter for chapter in chapters if chapter.title),
        oddities=tuple(" ".join(oddity.split()) for oddity in oddities),
        stated=_shown(transcript.stated),
    )


def _shown(stated: Stated) -> Stated:
    """Return what a file states in a form that an edition can hold."""
    language = (stated.language or "").strip()
    return replace(
        stated,
        title=tidy(stated.title or "", LONGEST_TITLE) or None,
        language=mend(language) if 0 < len(language) <= _LONGEST_LANGUAGE else None,
        people=fit(stated.people),
    )


def fit(people: Sequence[Person]) -> tuple[Person, ...]:
    """Return the people of a transcript or feed with names and roles that can be shown, as many as an episode names."""
    named = ((person(each.name), person(each.role)) for each in people[:MOST_PEOPLE])
    return tuple(Person(name, role) for name, role in named if name)


def _storable(segment: Segment, number: int) -> Segment:
    """Mend a segment's text, make its speaker a name that can be shown, and note its place."""
    speaker = person(segment.speaker) or None if segment.speaker else None
    return Segment(mend(segment.text), segment.start, segment.end, speaker, number)


def _forward(segment: Segment) -> Segment:
    """Forget an end before the start, or later than any."""
    wrong = segment.end is not None and (segment.end > LATEST or segment.end < (segment.start or 0.0))
    return replace(segment, end=None) if wrong else segment


def _without_noise(segments: Sequence[Segment]) -> tuple[list[Segment], list[str]]:
    """Leave out what a recogniser made of noise: a cue that repeats syllables in a script not the transcript's own."""
    suspects = [segment for segment in segments if segment.start is not None and _loops(segment.text)]
    if not suspects:
        return list(segments), []
    doubted = {id(segment) for segment in suspects}
    own = _script(segment.text for segment in segments if id(segment) not in doubted)
    foreign = {id(segment) for segment in suspects if own and _script([segment.text]) not in {own, ""}}
    odd = [
        say("format.loop", start=clock(segment.start or 0.0), text=_excerpt(segment.text))
        for segment in suspects
        if id(segment) in foreign
    ]
    return [segment for segment in segments if id(segment) not in foreign], odd


def _loops(text: str) -> bool:
    """Say whether a text is few syllables, often repeated."""
    tokens = text.split()
    if len(tokens) == 1:
        return len(text) > _REPEATS * 2 and len(set(text)) * _REPEATS <= len(text)
    return len(tokens) >= _REPEATS and len(set(tokens)) * 4 <= len(tokens)


def _foreign(segments: Sequence[Segment]) -> list[str]:
    """Tell of cues in a script that is not that of nearly all of the transcript."""
    suspects = [segment for segment in segments if segment.start is not None and not segment.text.isascii()]
    if not suspects or len(segments) < _FEW:
        return []
    step = max(1, len(segments) // _SAMPLES)
    own = _script(segment.text for segment in segments[::step])
    foreign = [segment for segment in suspects if _script([segment.text]) not in {own, ""}]
    if not own or not foreign or len(foreign) * _RARE > len(segments):
        return []
    text = " ".join(foreign[0].text.split())[:60]
    return [say("format.foreign", count=len(foreign), start=_at(foreign), text=text)]


def _script(texts: Iterable[str]) -> str:
    """Return the script that most letters are in, such as LATIN, or "" when there are no letters."""
    letters: Counter[str] = Counter()
    for text in texts:
        letters.update(text)
    scripts: Counter[str] = Counter()
    for letter, count in letters.items():
        if letter.isalpha():
            scripts[unicodedata.name(letter, "?").split()[0]] += count
    return max(scripts, key=lambda name: scripts[name], default="")


def _excerpt(text: str) -> str:
    """Quote the last words of a text, which a loop has in common."""
    words = text.split()[-2:]
    return "“" + " ".join(words)[-20:] + "”"


def _times(segments: Sequence[Segment]) -> list[str]:
    """Tell of cues that go back in time, overlap, or last longer than their words."""
    back: list[Segment] = []
    over: list[Segment] = []
    before: Segment | None = None
    for segment in segments:
        if segment.start is None:
            continue
        if before and before.start is not None and segment.start < before.start - _SLACK:
            back.append(segment)
        elif before and before.end is not None and segment.start < before.end - _SLACK:
            over.append(segment)
        before = segment
    slow = [segment for segment in segments if _is_slow(segment)]
    odd = [say("format.back", count=len(back), start=_at(back))] if back else []
    odd += [say("format.overlap", count=len(over), start=_at(over))] if over else []
    odd += [say("format.slow", count=len(slow), start=_at(slow))] if slow else []
    return odd


def _at(found: Sequence[Segment]) -> str:
    return clock(found[0].start or 0.0)


def _is_slow(segment: Segment) -> bool:
    """Say whether a cue has under three letters a second, a fifth of speech, for a quarter of a minute or more."""
    if segment.start is None or segment.end is None or segment.end - segment.start < _SLOW:
        return False
    return len(segment.text) < (segment.end - segment.start) * _SLOWEST


def _speakers(segments: Sequence[Segment]) -> list[str]:
    """Tell of segments without a speaker in a transcript that names speakers, and of names that name nobody."""
    named = [segment.speaker for segment in segments if segment.speaker]
    if not named:
        return []
    told: list[str] = []
    missing = len(segments) - len(named)
    if missing:
        told.append(say("format.no-speaker", missing=missing, count=len(segments)))
    anonymous = sorted({name for name in named if not names_somebody(name)})
    if anonymous:
        names = ", ".join(anonymous[:5])
        told.append(say("format.anonymous", names=names))
    return told
