"""Speaker labels: which of a file's labels are to be believed, and whom they name.

A label is not known by a pattern but by the file: it comes again, takes turns with others, and begins most paragraphs.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus.formats.entities import unescape
from bot.corpus.formats.heads import Form
from bot.corpus.names import LONGEST_PERSON
from bot.corpus.people import join_people, with_names
from bot.corpus.transcript import Person
from bot.corpus.voices import numbers_voices
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from bot.corpus.formats.heads import Head
    from bot.corpus.transcript import Transcript

__all__ = [
    "TURN",
    "Labels",
    "Sight",
    "Unread",
    "is_name",
    "is_stage_label",
    "key_of",
    "learn",
    "settle",
    "with_part",
]

_LINK = re.compile(r"\[([^\[\]]{0,100})\]\([^()\s]{0,300}\)")
_PART = re.compile(r"[^\W_]+")
_NOTE = re.compile(r"[ ]?[\[(]([^\[\]()]{1,60})[\])]$")
_AFTER = re.compile(r"(?:[ ]?,|[ ][-\u2013\u2014])[ ]([\w/-]{1,30})$")
_SHORT_FORM = re.compile(r"[^\W\d_][\w.]{0,11}")
_ELISION = re.compile(r"(?:[dl]['\u2019]|['\u2019][ts]$|al-|el-)", re.IGNORECASE)
_SENTENCE = re.compile(r"[^\W\d_]{3,40}[.,;][ ]+[a-z\u00df-\u00ff]")
_DIGITS = re.compile(r"\d+")
_MIDDLE = re.compile(
    r"(?<=[.?!\u2026\"\u201d)\]])[ \n]{1,3}(?:\*\*|__)?(?P<label>[\w@$][^\n:*_.?!<>]{0,40}?)"
    r"(?::(?:\*\*|__)?|(?:\*\*|__):)[ ]{1,3}"
)
_FOOTNOTE = re.compile(r"[\\\u00b2\u00b3\u00b9\u2070-\u209f]")
_STOP = re.compile(r"[\u3001\u3002`]|,(?=\S)")
_ACCENT = re.compile("[\u0300-\u036f]")
_MOST_WORDS = 8
_TWO = 2
"""Whoever speaks alone tells nothing of labels; two take turns."""

_LONGEST_UNPARTED = 24
"""Characters of a name in a script without capitals, which may not part words."""

_ANSWERS = 3
"""Times that two labels follow each other when they are two people."""

_STAGE_WORDS = 4

_OPENS = 3
"""Paragraphs at the beginning, of which one has a label where labels are rare."""

_ITEM = "-"
TURN = ">>"
"""The mark before a label that says that another voice begins."""

_SURE = (Form.MARKED, Form.TIMED)


@lru_cache(maxsize=1)
def _data() -> Mapping[str, frozenset[str]]:
    """Return the lists of words of `labels.toml` by their names."""
    table = tomllib.loads(resources.files("bot.corpus.formats").joinpath("labels.toml").read_text("utf-8"))
    lists = {key: words for key, words in table.items() if isinstance(words, str)} | table["roles"] | table["tags"]
    return {key: frozenset(words.split()) for key, words in lists.items()}


class Sight(NamedTuple):
    """Something like a label, seen once: as written, how, in which paragraph or cue, on which line.

    `first` says that it begins its paragraph, `spoken` that words follow it, `whole` that these can be a sentence;
    `mark` is what stands around or before it.
    """

    label: str
    form: Form
    place: int
    line: int
    first: bool = True
    spoken: bool = True
    whole: bool = True
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """Labels that are not to be believed: how many, where and what the first is, their share of all paragraphs."""

    count: int
    line: int
    label: str
    share: float


@dataclass(frozen=True, slots=True)
class Labels:
    """What a file's labels mean: the keys of those who speak, by form.

    `nobody` are labels, line and key each, that begin a turn and name nobody known; `unread` is what only looks like
    labels.
    """

    speakers: Mapping[Form, frozenset[str]]
    nobody: frozenset[tuple[int, str]] = frozenset()
    unread: Unread | None = None

    def __bool__(self) -> bool:
        return any(self.speakers.values())

    def begin(self, head: Head, line: int) -> bool:
        """Say whether a head on a line begins a turn, somebody's or nobody's."""
        return head.label is not None and (
            _in_form(head.form, head.mark, head.label) in self.speakers.get(head.form, ()) or self.silence(head, line)
        )

    def silence(self, head: Head, line: int) -> bool:
        """Say whether a head ends a turn and names nobody, as `Break:` does."""
        if not self or not head.label or head.form not in {*_SURE, Form.COLON}:
            return False
        stage = is_stage_label(head.label) and head.mark != _ITEM
        return stage or (line, key_of(head.label)) in self.nobody

    def inside(self, text: str) -> list[tuple[str, str]]:
        """Cut a text where a label that is known stands after a sentence; returns (words, label), "" for the first."""
        pieces = [(text, "")]
        if not self or ": " not in text:
            return pieces
        for match in reversed([*_MIDDLE.finditer(text)]):
            label = match["label"]
            if key_of(label) in self.speakers.get(Form.COLON, ()) and is_name(label):
                before = pieces.pop(0)[0]
                pieces[:0] = [(before[: match.start()], ""), (before[match.end() :], label)]
        return pieces


def _in_form(form: Form, mark: str, label: str) -> str:
    """Return what a form's speakers are known by: on lines of their own, the heading's depth tells them from others."""
    return f"{mark}{key_of(label)}" if form is Form.ALONE else key_of(label)


class _Name(NamedTuple):
    """A label taken apart: the name, a role such as host, and a short form in brackets."""

    name: str
    role: str = ""
    note: str = ""


@lru_cache(maxsize=65_536)
def _taken_apart(label: str) -> _Name:
    """Return a label without links, escapes, signs at its end, what a program adds, and role."""
    text = unicodedata.normalize("NFKC", unescape(_FOOTNOTE.sub("", _LINK.sub(r"\1", label))))
    text = " ".join(text.strip("*_@ ").split())
    half, _, other = text.partition(": ")
    text = half if half == other else text
    role = note = ""
    while True:
        text = _unsigned(text)
        bracket = _NOTE.search(text)
        inside = bracket[1].strip().casefold() if bracket else ""
        beside = _AFTER.search(text)
        if bracket and bracket.start() and (found := _role(inside)) is not None:
            role, text = role or found, text[: bracket.start()]
        elif bracket and bracket.start() and not note and _SHORT_FORM.fullmatch(bracket[1].strip()):
            note, text = bracket[1].strip(), text[: bracket.start()]
        elif beside and beside.start() and (found := _role(beside[1].casefold())):
            role, text = role or found, text[: beside.start()]
        else:
            return _Name(text, role, note)


def with_part(name: str) -> Person:
    """Return a person by a name that may tell the part, as in `Ada Ek (host)` and `Ada Ek, guest`."""
    apart = _taken_apart(name)
    note = f" ({apart.note})" if apart.note else ""
    return Person(f"{apart.name}{note}", apart.role) if apart.role and apart.name else Person(name)


def _role(word: str) -> str | None:
    """Return the role that a word is, "" for what programs write beside a name, None for anything else."""
    data = _data()
    return next((role for role in ("host", "guest") if word in data[role]), "" if word in data["words"] else None)


def _unsigned(text: str) -> str:
    """Return a name without asterisks, daggers and pictures at its end."""
    while text and (
        unicodedata.category(text[-1])[0] in "SZ" or text[-1] in "*\u2020\u2021\ufe0f\u200d:,-\u2013\u2014"
    ):
        text = text[:-1]
    return text


@lru_cache(maxsize=65_536)
def key_of(label: str) -> str:
    """Return what two spellings of one label have in common: its words in small letters, without accents and marks."""
    return _words(_taken_apart(label).name)


def _words(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).casefold()
    if numbers_voices(plain):
        plain = _DIGITS.sub(r" \g<0>", plain)
    return " ".join(_PART.findall(unicodedata.normalize("NFC", _ACCENT.sub("", plain))))


class _Shape(Enum):
    NAME = auto()
    LOOSE = auto()
    PROSE = auto()


@lru_cache(maxsize=65_536)
def _shape(label: str) -> _Shape:
    """Say whether a label can be a name, could be one that is written oddly, or begins a sentence."""
    name = _taken_apart(label).name
    if numbers_voices(name):
        return _Shape.NAME
    parts = name.split()
    data = _data()
    first = parts[0].casefold().rstrip(".") if parts else ""
    if (
        not 0 < len(parts) <= _MOST_WORDS
        or len(name) > LONGEST_PERSON
        or not any(map(str.isalpha, name))
        or first in data["prose"]
        or any(part.strip(".,()") in data["function"] for part in parts)
        or _SENTENCE.search(name)
        or not all(part[:1].isupper() for part in name.split(", ")[2:])
        or name.count('"') % 2
        or _STOP.search(name)
        or (len(name) > _LONGEST_UNPARTED and name.lower() == name.upper())
        or (name.endswith(".") and not _is_abbreviated(parts[-1]))
    ):
        return _Shape.PROSE
    capital = [_begins_as_a_name(part) for part in parts]
    small = [part in data["particles"] for part in parts]
    strict = any(capital) and all(one or other for one, other in zip(capital, small, strict=True))
    return _Shape.NAME if strict else _Shape.LOOSE


def _is_abbreviated(part: str) -> bool:
    """Say whether a word with a full stop is an initial, or a title such as Jr. or Ph.D."""
    letters = part.rstrip(".").casefold()
    return len(letters) == 1 or "." in letters or letters in _data()["abbreviations"]


def _begins_as_a_name(part: str) -> bool:
    """Say whether a word begins with a capital, or has no letters that could be small."""
    letters = _ELISION.sub("", part, count=1).lstrip("([@$'\u2019\u201c\"") or part
    return not letters[0].islower()


def is_name(label: str) -> bool:
    """Say whether a label can be somebody's name: every word begins with a capital (or its script has none)."""
    return _shape(label) is _Shape.NAME


@lru_cache(maxsize=65_536)
def is_stage_label(label: str) -> bool:
    """Say whether a label such as `Break:` or `Intro music:` announces no speaker."""
    words = key_of(label).split()
    data = _data()
    return 0 < len(words) <= _STAGE_WORDS and words[-1] in data["stage"] and data["function"].isdisjoint(words)


class _Seen:
    """The labels of some forms that could be names, counted by key, and where they stand."""

    def __init__(self, sights: Sequence[Sight], forms: Collection[Form], places: int) -> None:
        self.sights = [sight for sight in sights if sight.form in forms and not is_stage_label(sight.label)]
        self.places = places
        self.names, self.loose = (
            Counter(key_of(sight.label) for sight in self.sights if _shape(sight.label) is shape)
            for shape in (_Shape.NAME, _Shape.LOOSE)
        )

    def often(self, counts: Mapping[str, int], least: int = 2) -> set[str]:
        """Return the keys that occur so often."""
        return {key for key, count in counts.items() if count >= least}

    def share(self, keys: Collection[str]) -> float:
        """Return how much of the file labels with these keys begin."""
        return len(self.at(keys)) / max(1, self.places)

    def at(self, keys: Collection[str]) -> list[int]:
        """Return the paragraphs with these keys."""
        return [sight.place for sight in self.sights if key_of(sight.label) in keys]

    def cycle(self, keys: Collection[str]) -> bool:
        """Say whether three words or more always follow in one order, as headings of a form do and people do not."""
        order = [key for sight in self.sights if (key := key_of(sight.label)) in keys]
        steps = Counter(pairwise(order))
        return len(keys) > _TWO and len(steps) <= len(keys) + 1 and not any(" " in key for key in keys)

    def stand_everywhere(self, keys: Collection[str]) -> bool:
        """Say whether nearly each paragraph or cue has one of these, as programs write even the only speaker."""
        return len(self.at(keys)) > _TWO and self.share(keys) * 10 >= 9  # noqa: PLR2004 - nine of ten

    def carry(self, keys: AbstractSet[str]) -> bool:
        """Say whether labels that are rare hold the file together.

        From the first to the end every other paragraph has one, as where questions follow a talk; or they stand from
        the beginning on, and nowhere is half of the file without.
        """
        at = self.at(keys)
        if len(keys) < _TWO or len(at) < 2 * _TWO:
            return False
        # Whoever is called by a short form in the file is often introduced by the whole name first.
        first = min(self.at({key for key in self.names if not keys.isdisjoint(key.split())}), default=at[0])
        bare = max(after - before for before, after in pairwise([*at, self.places]))
        return len(at) * 2 >= self.places - at[0] or (min(first, at[0]) < _OPENS and bare * 2 <= self.places)


def learn(sights: Sequence[Sight], places: int, known: Iterable[str] = ()) -> Labels:
    """Return which labels of a file are speakers.

    `sights` is whatever looks like a label, `places` is how many paragraphs or cues could have one, `known` are names
    that the file declares; those may be shortened. Prose has a `Word:` now and then: labels count only when they come
    again, or cover most of the file.
    """
    declared = set().union(*map(_short_forms, known)) if known else set()
    items = [sight for sight in sights if sight.mark == _ITEM]
    rows = [sight for sight in sights if sight.mark != _ITEM]
    voices = [sight for sight in rows if sight.spoken or sight.whole]
    found = _headed(voices, places, declared) or _listed(_Seen(items, (*_SURE, Form.COLON), places), declared)
    spoken = [sight for sight in rows if sight.spoken]
    boxed = _boxed(_Seen(spoken, {Form.BOXED}, places), declared | found)
    headed = found | boxed
    alone = {
        f"{mark}{key}"
        for mark in {sight.mark for sight in spoken if sight.form is Form.ALONE}
        for key in _alone(_Seen([s for s in rows if s.mark == mark], {Form.ALONE}, places), declared, headed)
    }
    others = _Seen(rows, {Form.OTHER}, places)
    other = _other(others) | ({*others.names, *others.loose} & headed)
    speakers = {
        **dict.fromkeys((*_SURE, Form.COLON), frozenset(found)),
        Form.BOXED: frozenset(boxed),
        Form.ALONE: frozenset(alone),
        Form.OTHER: frozenset(other),
        Form.STRANGE: frozenset(),
    }
    sure = _Seen(rows, _SURE, places)
    turns = sure.share(found) * 10 >= 1
    nobody = {
        (sight.line, key)
        for sight in sure.sights
        if turns and sight.form is Form.MARKED and (sight.first or not (sight.spoken or sight.whole))
        if (key := key_of(sight.label)) not in found
    }
    return Labels(speakers, frozenset(nobody), _unread(rows, places, speakers, nobody))


def _headed(sights: Sequence[Sight], places: int, declared: Collection[str]) -> set[str]:
    """Return who speaks by a label with a colon or a time. Of the marks around labels, the commonest counts."""
    marks = Counter(sight.mark for sight in sights if sight.form is Form.MARKED)
    mark = max(marks, key=lambda each: marks[each], default="")
    sure = [sight for sight in sights if sight.form is not Form.MARKED or sight.mark == mark]
    strong = _strong(_Seen(sure, _SURE, places), declared)
    turns = _Seen([sight for sight in sights if sight.mark == TURN], {Form.COLON}, places).names
    # Captions write `>>` where another voice begins, and nowhere else.
    strong |= set(turns) if max(turns.values(), default=0) > 1 else set()
    return strong | _weak(_Seen(sights, {Form.COLON}, places), declared, strong)


def _listed(seen: _Seen, declared: Collection[str]) -> set[str]:
    """Return who speaks in a list of turns, which most lists are not."""
    names = seen.often(seen.names)
    again = names | seen.often(seen.loose)
    if names and len(again) > 1 and (seen.share(again) * 2 >= 1 or again <= set(declared)):
        return again | {key for key in seen.names if " " in key}
    return set()


def _strong(seen: _Seen, declared: Collection[str]) -> set[str]:
    """Return who speaks by labels in bold or with times: names, and whatever else comes again."""
    again = seen.often(seen.names)
    opens = bool(seen.sights) and seen.sights[0].place < _OPENS
    timed = {key_of(sight.label) for sight in seen.sights if sight.form is Form.TIMED} & set(seen.names)
    share = seen.share(seen.names)
    loose = seen.often(seen.loose)
    if (
        (again and (opens or share * 3 >= 1 or (len(again) > 1 and share * 10 >= 1)))
        or (set(seen.names) & set(declared) and (opens or share * 10 >= 1))
        or (len(timed) > 1 and share * 3 >= 1)
        or (opens and share * 2 >= 1 and any(" " in key for key in seen.names))
    ):
        return {*seen.names, *loose}
    if len(loose) > 1 and seen.share(loose) * 2 >= 1:
        return {*loose, *seen.names}
    return set(seen.names) & set(declared)


def _weak(seen: _Seen, declared: Collection[str], strong: Collection[str]) -> set[str]:
    """Return who speaks by a name before a colon."""
    again = seen.often(seen.names)
    loose = seen.often(seen.loose)
    if strong:
        return {key for key in seen.names if key in strong or key in declared} | again
    opens = bool(seen.sights) and seen.sights[0].place < _OPENS
    covers = bool(again or set(seen.names) & set(declared)) and seen.share(seen.names) * 2 >= 1
    held = seen.share(again) * 3 >= 1 and (len(again) > 1 or opens)
    if not covers and not held and not seen.carry(again):
        both = {*again, *loose}
        if len(both) > 1 and (seen.share(both) * 2 >= 1 or (loose and seen.carry(both) and not again)):
            return both
        return set()
    begins = sum(sight.first for sight in seen.sights if key_of(sight.label) in again) * 10 >= 9 * len(seen.at(again))
    opened = min(seen.at(again), default=0)
    once = {
        key
        for sight in seen.sights
        if (key := key_of(sight.label)) in seen.names and (sight.first or not begins)
        # What the file says of itself, as `Place: Bristol`, stands before anybody speaks and is no sentence.
        if " " in key or key in declared or (covers and (sight.whole or sight.place > opened))
    }
    return again | once | (loose if covers or held else seen.often(seen.loose, 3))


def _boxed(seen: _Seen, sure: Collection[str]) -> set[str]:
    """Return who speaks by a name in brackets; what is done, and not said, stands there too."""
    again = seen.often(seen.names)
    told = {key for key in seen.names if key in sure} | {key for key in again if numbers_voices(key)}
    if len(again) > 1 and (seen.share(again) * 3 >= 1 or (all(" " in key for key in again) and seen.carry(again))):
        told |= {*again, *(key for key in seen.names if " " in key)}
    both = again | seen.often(seen.loose)
    if seen.stand_everywhere(again):
        return told | again
    return told | both if again and len(both) > 1 and seen.share(both) * 2 >= 1 else told


def _alone(seen: _Seen, declared: Collection[str], headed: Collection[str]) -> set[str]:
    """Return who speaks by a name on a line of its own, where most such lines are names before words."""
    lines = sum(_shape(sight.label) is not _Shape.PROSE for sight in seen.sights)
    seen = _Seen([sight for sight in seen.sights if sight.spoken], {Form.ALONE}, seen.places)
    if headed and seen.share(headed) * 10 < 1:
        return set()
    again = seen.often(seen.names)
    told = {key for key in again if key in declared or key in headed or numbers_voices(key)}
    if seen.cycle(again) or len(seen.at(again)) * 2 < lines:
        return told
    if len(again) > 1 and seen.share(again) * 4 >= 1:
        told |= again
    elif len(both := again | seen.often(seen.loose)) > 1 and seen.share(both) * 3 >= 1:
        told |= both
    elif seen.stand_everywhere(again):
        told |= again
    covers = seen.share(told) * 3 >= 1
    return told | {key for key in seen.names if told and (key in declared or (covers and " " in key))}


def _other(seen: _Seen) -> set[str]:
    """Return who speaks by what stands before any other sign, where much of the file has that."""
    again = seen.often(seen.names, 3)
    if len(again) > 1 and seen.share(again) * 3 >= 1:
        return again | {key for key in seen.names if " " in key}
    both = seen.often(seen.names) | seen.often(seen.loose)
    return both | {key for key in seen.names if " " in key} if len(both) > 1 and seen.share(both) * 2 >= 1 else set()


def _unread(
    sights: Sequence[Sight], places: int, speakers: Mapping[Form, Collection[str]], nobody: Collection[tuple[int, str]]
) -> Unread | None:
    """Return what looks like labels and is not believed: what comes again, or stands in bold or beside a time."""
    left = [
        sight
        for sight in sights
        if (key := _in_form(sight.form, sight.mark, sight.label)) not in speakers[sight.form]
        and (sight.line, key) not in nobody
        and sight.first
        if _shape(sight.label) is not _Shape.PROSE and not is_stage_label(sight.label) and sight.form is not Form.ALONE
    ]
    counts = Counter((sight.form, key_of(sight.label)) for sight in left)
    again = [sight for sight in left if counts[sight.form, key_of(sight.label)] > 1]
    many = {form for form, count in Counter(sight.form for sight in again).items() if count * 3 > places}
    named = bool(speakers[Form.COLON])
    refused = [sight for sight in again if sight.form in many]
    left = [
        sight
        for sight in left
        if sight.form in {*many, *_SURE}
        or (
            sight.form is Form.COLON
            and (counts[sight.form, key_of(sight.label)] > 1 or (named and is_name(sight.label)))
        )
        or (sight.form is Form.OTHER and speakers[Form.OTHER] and is_name(sight.label))
    ]
    if len({key_of(sight.label) for sight in refused}) < _TWO:
        refused = []
    if not left:
        return None
    return Unread(len(left), left[0].line, left[0].label, len(refused) / max(1, places))


def _short_forms(name: str) -> set[str]:
    """Return the keys by which a person of that name may be labelled: all of it, its first or last word, initials."""
    key = key_of(name)
    parts = key.split()
    if len(parts) < _TWO:
        return {key}
    plain = key_of(name.partition(",")[0])
    short = {part for part in (parts[0], parts[-1]) if len(part) > 1 and part.isalpha() and parts[-1].isalpha()}
    return {key, plain, "".join(parts), f"{parts[0]} {parts[-1]}", "".join(part[0] for part in parts), *short}


def settle(transcript: Transcript) -> Transcript:
    """Return a transcript in which one person has one name, whatever the labels were like, and people their roles.

    Spellings of one label become the commonest; a first name, last name or initials become the only other label, or
    the only person stated by the file, whom they can mean. That is told in an oddity.
    """
    counts = Counter(segment.speaker for segment in transcript.segments if segment.speaker)
    if not counts:
        return transcript
    turns = Counter(pairwise(_words(_taken_apart(s.speaker).name) if s.speaker else "" for s in transcript.segments))
    labels = _names(counts, turns)
    joined = join_people(transcript.stated.people, labels.values())
    names = {label: joined.names.get(name, name) for label, name in labels.items()}
    roles = {names[label]: _taken_apart(label).role for label in counts if _taken_apart(label).role}
    named = joined.people if transcript.stated.people or roles else ()
    people = tuple(replace(person, role=person.role or roles.get(person.name, "")) for person in named)
    told = dict.fromkeys(
        say("format.read-as", name=_taken_apart(label).name, full=name)
        for label, name in names.items()
        if key_of(label) != key_of(name)
    )
    segments = with_names(transcript.segments, {label: name for label, name in names.items() if label != name})
    stated = replace(transcript.stated, people=people)
    return replace(transcript, segments=segments, stated=stated, oddities=(*transcript.oddities, *told))


def _names(counts: Mapping[str, int], turns: Mapping[tuple[str, str], int]) -> dict[str, str]:
    """Return the label that each label stands for: the commonest spelling of it, or what it is short for.

    `turns` counts who followed whom: those who answer each other are two.
    """
    apart = {label: _taken_apart(label) for label in counts}
    notes: dict[str, set[str]] = {}
    for each in apart.values():
        notes.setdefault(_words(each.name), set()).add(each.note or "")
    # Two people may share a first name that a bracket tells apart.
    full = {
        label: f"{each.name} ({each.note})" if len(notes[_words(each.name)] - {""}) > 1 else each.name
        for label, each in apart.items()
    }
    spelt: dict[str, Counter[str]] = {}
    for label, count in counts.items():
        spelt.setdefault(_words(full[label]) or full[label], Counter())[full[label]] += count
    shown = {key: spellings.most_common(1)[0][0] for key, spellings in spelt.items()}
    short: dict[str, set[str]] = {}
    for key, name in shown.items():
        if not numbers_voices(key):
            for form in _short_forms(name) - {key}:
                short.setdefault(form, set()).add(key)
    for form, keys in short.items():
        keys -= {key for key in keys if (turns.get((form, key), 0) + turns.get((key, form), 0)) >= _ANSWERS}
    for each in apart.values():
        if each.note:
            short[_words(each.note)] = {_words(each.name)}
    means = {
        key: shown.get(next(iter(short[key])), name) if len(short.get(key, ())) == 1 else name
        for key, name in shown.items()
    }
    return {label: means[_words(full[label]) or full[label]] or label for label in counts}
