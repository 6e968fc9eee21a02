"""Transcripts in JSON: one reader for every shape of a table, `shapes.toml`; any part may be missing or wrong.

A path is keys and numbers parted by dots, with `|` between alternatives; `*` stands for each item of a list, and `^`
for the nearest of those that an entry lies in.
"""

from __future__ import annotations

import functools
import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass, replace
from importlib import resources
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.corpus.formats.columns import columns_of
from bot.corpus.formats.cues import TimedWord, from_words, label_cues
from bot.corpus.formats.jsons import objects, string
from bot.corpus.formats.stamps import LATEST, clock, number
from bot.corpus.formats.timelines import moment
from bot.corpus.transcript import Chapter, Segment, Stated, Transcript
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["SHAPES", "Shape", "read", "read_any", "sniff", "sniff_any"]

_FIRST = 5
"""Entries that are looked at to tell a shape."""

_DEEPEST = 8
_WORDY = 1.5
_FEW = 3
_SLACK = 0.001
_SLOWEST = 0.3
"""Words a second; speech that seems slower, at whole numbers, was timed in parts of a second."""

_UNITS = (1, 1000, 1_000_000, 10_000_000)
_ENDLESS = 10**13

_NO_SPEECH, _UNSURE, _REPETITIVE = 0.6, -1.0, 2.4
"""Whisper's own thresholds for silence, for the mean log probability and for the ratio of compression."""

_SIGNS = re.compile(r"[\W_]+")
_HAS_WORD = re.compile(r"\w")


class _Path(NamedTuple):
    """Where a value stands, in order of preference."""

    ways: tuple[tuple[str | int, ...], ...]

    def of(self, value: object, owner: object = None) -> object:
        """Return the first value that is there, or None."""
        for way in self.ways:
            found = owner if way[:1] == ("^",) else value
            for key in way[1:] if way[:1] == ("^",) else way:
                found = _at(found, key)
            if found is not None:
                return found
        return None


def _at(value: object, key: str | int) -> object:
    if isinstance(key, int):
        return value[key] if isinstance(value, list) and -1 <= key < len(value) else None
    return value.get(key) if isinstance(value, dict) else None


@functools.cache
def _path(text: str) -> _Path:
    ways = [way.split(".") if way else [] for way in text.split("|")]
    return _Path(tuple(tuple(int(key) if key.isdigit() else key for key in way) for way in ways))


@dataclass(frozen=True, slots=True)
class Shape:
    """A row of the table: where a file keeps its entries, and where an entry keeps what.

    `unit` is how many make a second, 0 when that is found out; `words` are an entry's words where it has them; `needs`
    must be in one of the first entries. `people` names who the speakers' marks stand for; `spans` are the turns of
    speakers, where those stand apart from the words.
    """

    name: str
    list: str
    text: str
    start: str = ""
    end: str = ""
    length: str = ""
    unit: float = 0
    speaker: str = ""
    people: str = ""
    language: str = ""
    title: str = ""
    words: str = ""
    spans: str = ""
    whole: bool = False
    needs: str = ""
    skip: tuple[str, ...] = ()


class _Entry(NamedTuple):
    """An entry, and the item of a list that it lies in."""

    value: dict[str, Any]
    owner: object


def _table() -> tuple[Shape, ...]:
    text = resources.files("bot.corpus.formats").joinpath("shapes.toml").read_text("utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["shape"]
    return tuple(_row({key: value for key, value in row.items() if key not in {"example", "read"}}) for row in rows)


def _row(fields: dict[str, Any]) -> Shape:
    return Shape(**{**fields, "skip": tuple(fields.get("skip", ()))})


SHAPES = _table()
"""Every shape, in the order in which they are asked."""


def sniff(shape: Shape, file: TranscriptFile) -> bool:
    """Say whether a file is JSON of a shape."""
    if file.json is None:
        return False
    entries = _entries(shape, file.json)[:_FIRST]
    needed = [_path(each) for each in ((shape.needs or f"{shape.text} {shape.start}").split())]
    return any(all(path.of(entry.value, entry.owner) is not None for path in needed) for entry in entries)


def _entries(shape: Shape, value: object) -> list[_Entry]:
    """Return the entries of the first of the shape's lists that has some."""
    for way in _path(shape.list).ways:
        found = list(_walk(value, way, None))
        if found:
            return found
    return []


def _walk(value: object, way: Sequence[str | int], owner: object) -> Iterator[_Entry]:
    for number_of, key in enumerate(way):
        if key == "*":
            items = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
            for item in items:
                yield from _walk(item, way[number_of + 1 :], item)
            return
        value = _at(value, key)
    for item in objects(value):
        yield _Entry(item, owner)


def read(shape: Shape, file: TranscriptFile) -> Transcript:
    """Return the entries as segments, cut into sentences where words have times."""
    return _read(shape, file, _once(shape, _entries(shape, file.json)))


def _read(shape: Shape, file: TranscriptFile, every: Sequence[_Entry]) -> Transcript:
    names = _names(_path(shape.people).of(file.json)) if shape.people else {}
    entries = [entry for entry in every if not _skipped(shape, entry.value)]
    unit = shape.unit or _unit(shape, entries)
    spoken = [entry for entry in entries if not _is_silent(entry.value)]
    found = [_segments(shape, entry, unit, names) for entry in spoken]
    empty = found.count([])
    segments = [segment for each in found for segment in each]
    if not shape.words and not shape.whole and _is_wordy(segments):
        segments = []
        for _, group in groupby(spoken, key=lambda entry: id(entry.owner)):
            words = _joined(_timed(shape, list(group), unit, names))
            segments += from_words(_turned(words, _path(shape.spans).of(file.json)) if shape.spans else words)
        empty = 0
    if len({id(entry.owner) for entry in entries}) > 1 and all(each.start is not None for each in segments):
        segments.sort(key=lambda each: each.start or 0.0)
    if not shape.start and not shape.words:
        segments = _started(segments)
    labelled, oddities = label_cues(segments)
    told = [*oddities, *_silence(shape, entries, unit)]
    if empty:
        told.append(say("format.no-text", count=empty))
    places = [file.json, *(entry.value for entry in every)]
    language = next((each for place in places if (each := _string(shape.language, place))), None)
    title = _string(shape.title, file.json) or None
    return Transcript(tuple(labelled), stated=Stated(title=title, language=language), oddities=tuple(told))


def _started(segments: Sequence[Segment]) -> list[Segment]:
    """Begin segments of which only the ends are known where the one before ends."""
    ends = [0.0, *(segment.end for segment in segments)]
    return [replace(segment, start=end) for segment, end in zip(segments, ends, strict=False)]


def _string(path: str, value: object, owner: object = None) -> str:
    """Return the text at a path, "" where there is no path or no text."""
    return string(_path(path).of(value, owner)) if path else ""


def _silence(shape: Shape, entries: Sequence[_Entry], unit: float) -> list[str]:
    """Tell of the entries in which the recogniser itself heard no speech."""
    silent = [entry.value for entry in entries if _is_silent(entry.value)]
    if not silent:
        return []
    start = _time(_path(shape.start).of(silent[0]), unit)
    text = " ".join(_string(shape.text, silent[0]).split())[:60]
    return [say("format.silence", count=len(silent), start=clock(start or 0.0), text=text)]


def _once(shape: Shape, entries: list[_Entry]) -> list[_Entry]:
    """Leave out all but the last part where that says the others again: some tell speakers apart only at the end."""
    last = [entry for entry in entries if entry.owner is entries[-1].owner]
    rest = [entry for entry in entries if entry.owner is not entries[-1].owner]
    again = [_string(shape.text, entry.value) for entry in last] == [_string(shape.text, entry.value) for entry in rest]
    return last if rest and again else entries


def _skipped(shape: Shape, entry: dict[str, Any]) -> bool:
    return any(entry.get(key) == value for key, _, value in (each.partition("=") for each in shape.skip))


def _is_silent(entry: dict[str, Any]) -> bool:
    """Say whether the recogniser itself heard no speech, and was unsure of its words or repeated them."""
    silence, sure, ratio = (_float(entry.get(key)) for key in ("no_speech_prob", "avg_logprob", "compression_ratio"))
    if silence is None or silence <= _NO_SPEECH:
        return False
    return (sure is not None and sure < _UNSURE) or (ratio is not None and ratio > _REPETITIVE)


def _float(value: object) -> float | None:
    return (
        float(value) if isinstance(value, float | int) and not isinstance(value, bool) and abs(value) < LATEST else None
    )


def _unit(shape: Shape, entries: Sequence[_Entry]) -> float:
    """Return how many parts of a second whole numbers count: the fewest at which the speech is not too slow."""
    times = [_path(shape.start).of(entry.value, entry.owner) for entry in entries] if shape.start else []
    known = [time for time in times if time is not None]
    whole = [time for time in known if isinstance(time, int) and not isinstance(time, bool) and 0 <= time < _ENDLESS]
    if not whole or len(whole) < len(known):
        return 1
    words = sum(len(_string(shape.text, entry.value, entry.owner).split()) for entry in entries)
    lasts = max(whole) - min(whole)
    return next((unit for unit in _UNITS if words >= _SLOWEST * lasts / unit), 1)


def _time(value: object, unit: float) -> float | None:
    """Return a number, a clock or an object of seconds and nanoseconds in seconds."""
    if isinstance(value, dict):
        parts = (number(value.get("seconds", 0)), number(value.get("nanos", 0), 10**9))
        return None if None in parts else min(sum(part or 0.0 for part in parts), LATEST)
    found = number(value, unit)
    return moment(value) if found is None and isinstance(value, str) else found


def _speaker(shape: Shape, entry: _Entry, names: dict[str, str]) -> str | None:
    """Return who speaks: by name, or as a voice that only has a number or a letter."""
    value = _path(shape.speaker).of(entry.value, entry.owner) if shape.speaker else None
    if isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    mark = str(value).strip() if isinstance(value, str) else str(value) if abs(value) < 10**9 else ""
    if mark in names:
        return names[mark]
    voice = mark.isdigit() or (len(mark) == 1 and mark.isalpha())
    return say("format.voice", mark=mark) if voice else mark or None


_ID, _NAME = "id|label|speaker_id|speakerLabel|speaker|key|index", "name|speaker_name|displayName|display_name|title"


def _names(value: object) -> dict[str, str]:
    """Return who the marks of speakers stand for, of an object or of a list of objects."""
    if isinstance(value, dict):
        pairs = [(mark, each if isinstance(each, str) else _path(_NAME).of(each)) for mark, each in value.items()]
    else:
        pairs = [(str(_path(_ID).of(each)), _path(_NAME).of(each)) for each in objects(value)]
    return {mark: name.strip() for mark, name in pairs if isinstance(name, str) and name.strip()}


def _segments(shape: Shape, entry: _Entry, unit: float, names: dict[str, str]) -> list[Segment]:
    """Return one entry as one segment or more; its words are used when they say the same as its text."""
    text = _string(shape.text, entry.value, entry.owner).strip()
    speaker = _speaker(shape, entry, names)
    if shape.words:
        inner = [_Entry(item, entry.value) for item in objects(_path(shape.words).of(entry.value))]
        parts = from_words(_joined(_timed(_WORDS, inner, unit, names, speaker)))
        if parts and (not text or " ".join(part.text for part in parts).split() == text.split()):
            return parts
    start, end, length = (
        _time(_path(path).of(entry.value, entry.owner), unit) if path else None
        for path in (shape.start, shape.end, shape.length)
    )
    if end is None and start is not None and length is not None:
        end = start + length
    return [Segment(text, start, end, speaker)] if text else []


_WORDS = Shape("words", "", "punctuated_word|word|text", "start", "end", speaker="speaker")


def _timed(
    shape: Shape, entries: Sequence[_Entry], unit: float, names: dict[str, str], speaker: str | None = None
) -> list[TimedWord]:
    """Return entries of a word each as timed words, by that speaker where they do not name their own."""
    return [
        TimedWord(
            text,
            _time(_path(shape.start).of(entry.value, entry.owner), unit) if shape.start else None,
            _time(_path(shape.end).of(entry.value, entry.owner), unit) if shape.end else None,
            _speaker(shape, entry, names) or speaker,
        )
        for entry in entries
        if (text := _string(shape.text, entry.value, entry.owner))
    ]


def _joined(words: Sequence[TimedWord]) -> list[TimedWord]:
    """Put signs and spaces that stand for themselves behind the word before them."""
    joined: list[TimedWord] = []
    for word in words:
        sign = bool(_SIGNS.fullmatch(word.text)) and not word.text[:1].isspace()
        if joined and (sign or word.text.isspace()):
            before = joined[-1]
            joined[-1] = TimedWord(before.text + word.text, before.start, before.end, before.speaker)
        elif not word.text.isspace():
            joined.append(word)
    return joined


def _is_wordy(segments: Sequence[Segment]) -> bool:
    """Say whether segments are of a word each."""
    tokens = sum(len(segment.text.split()) for segment in segments if _HAS_WORD.search(segment.text))
    return len(segments) > _FEW and tokens < _WORDY * len(segments)


def _turned(words: Sequence[TimedWord], spans: object) -> list[TimedWord]:
    """Give words without a speaker the one whose turn last began before them."""
    turns = [(number(span.get("start_time")), string(span.get("speaker_label"))) for span in objects(spans)]
    known = sorted((start, mark) for start, mark in turns if start is not None and mark)
    starts = [start for start, _ in known]
    turned: list[TimedWord] = []
    for word in words:
        place = bisect_right(starts, word.start + _SLACK) - 1 if word.start is not None else -1
        speaker = word.speaker or (known[place][1] if place >= 0 else None)
        turned.append(TimedWord(word.text, word.start, word.end, speaker))
    return turned


def sniff_any(file: TranscriptFile) -> bool:
    """Say whether JSON has a list of timed texts, under names that tools use."""
    return _found(file) is not None


def read_any(file: TranscriptFile) -> Transcript:
    """Return the list of timed texts that has most of them."""
    found = _found(file)
    if not found:
        return Transcript(())
    shape, entries = found
    spoken = [entry for entry in entries if not _heading(shape, entry.value)]
    return replace(_read(shape, file, spoken), chapters=tuple(_chapters(shape, entries)))


def _heading(shape: Shape, entry: dict[str, Any]) -> str:
    """Return the one text of an entry that has nothing else, and not under the name of what is said: a heading."""
    return string(next(iter(entry.values()))) if len(entry) == 1 and shape.text not in entry else ""


def _chapters(shape: Shape, entries: Sequence[_Entry]) -> Iterator[Chapter]:
    """Yield the headings among entries, each with the time of the entry after it."""
    for entry, following in pairwise(entries):
        if title := _heading(shape, entry.value):
            yield Chapter(title, start=_time(_path(shape.start).of(following.value, following.owner), 1))


def _found(file: TranscriptFile) -> tuple[Shape, list[_Entry]] | None:
    """Return the timed texts that stand at one place of the file, where most text does, and the names in them."""
    places: dict[tuple[str, ...], list[_Entry]] = {}
    ahead: list[tuple[object, tuple[str, ...], object]] = [(file.json, (), None)] if file.json is not None else []
    while ahead:
        value, place, owner = ahead.pop()
        inner: list[tuple[object, tuple[str, ...], object]]
        if isinstance(value, dict):
            inner = [(each, (*place, str(key)), value) for key, each in value.items()]
        else:
            listed = value if isinstance(value, list) else []
            places.setdefault(place, []).extend(_Entry(each, owner) for each in objects(listed))
            inner = [(each, (*place, "*"), owner) for each in listed]
        if len(place) < _DEEPEST:
            ahead.extend(each for each in reversed(inner) if isinstance(each[0], dict | list))
    guessed = [(shape, entries) for entries in places.values() if entries and (shape := _guess(entries))]
    return max(guessed, key=lambda each: sum(len(_string(each[0].text, e.value)) for e in each[1]), default=None)


def _guess(entries: Sequence[_Entry]) -> Shape | None:
    """Return a shape by the names of the first entries, if nearly all have a text and a time that does not go back."""
    keys = list(
        dict.fromkeys(key for entry in entries[:_FIRST] for key in entry.value if "." not in key and "|" not in key)
    )
    names = {kind: keys[place] for kind, place in columns_of(keys).items()}
    if "text" not in names or "start" not in names:
        return None
    if "speaker" not in names and isinstance(entries[0].owner, dict):
        above = list(entries[0].owner)
        names |= {kind: f"^.{above[at]}" for kind, at in columns_of(above).items() if kind == "speaker"}
    shape = _row({"name": "", "list": "", **names})
    entries = [entry for entry in entries if not _heading(shape, entry.value)]
    times = [
        time
        for entry in entries
        if _string(shape.text, entry.value).strip()
        and (time := _time(_path(shape.start).of(entry.value), 1000)) is not None
    ]
    rising = sum(1 for before, after in pairwise(times) if after >= before)
    return shape if len(times) * 3 >= len(entries) * 2 and rising * 10 >= (len(times) - 1) * 9 else None
