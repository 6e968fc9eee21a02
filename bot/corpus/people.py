"""Who is who: the names that a file states, joined with the names under which its words stand.

A first name, last name, handle or initials in the text is the person stated in full, if it can be nobody else. What
only may be the same person is asked about.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.corpus.names import MOST_PEOPLE
from bot.corpus.names import person as shown
from bot.corpus.transcript import Person
from bot.corpus.voices import names_somebody

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bot.corpus.transcript import Segment

__all__ = ["Doubt", "Joined", "join_people", "same_person", "with_names"]

_HANDLE = re.compile(r"[(\"\u201c]@?([^()\"\u201c\u201d]{1,40})[)\"\u201d]")
_DEGREE = re.compile(r",.{0,80}", re.DOTALL)
_WORD = re.compile(r"[^\W_]+")
_INITIALS = (2, 3)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A name that may be another name of one of some people."""

    name: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """The people of an episode, what names of its text are others' full names, and what is not certain."""

    people: tuple[Person, ...]
    names: Mapping[str, str]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """A stated person: the name to show, its words, and the handles that it tells."""

    name: str
    words: tuple[str, ...]
    handles: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, stated: str) -> _Known:
        """Read a name such as `Ada Lovelace (countess)`; a handle in brackets is no part of the name."""
        bare = " ".join(_HANDLE.sub(" ", stated).split())
        handles = {_words(handle) for handle in _HANDLE.findall(stated)}
        return cls(stated if not _words(bare) else bare, _words(bare) or _words(stated), frozenset(handles - {()}))

    def is_meant_by(self, words: tuple[str, ...]) -> bool:
        """Say whether a name can be a part, a handle or the initials of this person's."""
        if words in self.handles or words == ("".join(self.words),):
            return True
        own, other = _telling(self.words), _telling(words)
        if other and own and (other <= own or own <= other):
            return True
        initials = "".join(word[0] for word in self.words)
        return len(words) == 1 and len(words[0]) in _INITIALS and words[0] == initials


def join_people(stated: Sequence[Person], labels: Iterable[str]) -> Joined:
    """Join the people that are stated with the labels of a text, which are given in the order in which they speak.

    A label becomes the stated name only if nobody else can be meant, and no other label can mean the same person.
    """
    known = {each.name: each for person in stated if (each := _Known.of(person.name)).words}
    roles: dict[str, str] = {}
    for person in stated:
        name = _Known.of(person.name).name
        roles[name] = roles.get(name) or person.role
    heard = list(dict.fromkeys(labels))
    said = [label for label in heard if names_somebody(label)]
    meant = {label: [each.name for each in known.values() if each.is_meant_by(_words(label))] for label in said}
    names, doubts = _certain(known, meant)
    names, full = _in_full(names)
    names |= _in_part(heard, {full.get(name, name): role for name, role in roles.items()}, names.values())
    silent = [name for name in known if name not in names.values()]
    strange = [label for label in said if not meant[label]]
    if len(silent) == len(strange) == 1:
        doubts.append(Doubt(strange[0], tuple(silent)))
    everybody = {full.get(name, name): Person(full.get(name, name), role) for name, role in roles.items()}
    for label in said:
        name = names.get(label, label)
        everybody.setdefault(name, Person(name))
    return Joined(tuple(everybody.values())[:MOST_PEOPLE], {a: b for a, b in names.items() if a != b}, tuple(doubts))


def _certain(known: Mapping[str, _Known], meant: Mapping[str, list[str]]) -> tuple[dict[str, str], list[Doubt]]:
    """Return which labels are whom for certain, and the others that may be somebody.

    A label is the person with just its words; or else the only person it can mean, if no other label can mean that one.
    """
    exact = {label: name for label, found in meant.items() for name in found if _words(label) == known[name].words}
    claims: dict[str, set[tuple[str, ...]]] = {}
    for label, found in meant.items():
        for name in found:
            claims.setdefault(name, set()).add(_words(label))
    names: dict[str, str] = {}
    doubts: list[Doubt] = []
    for label, found in meant.items():
        if label in exact:
            names[label] = exact[label]
        elif len(found) == 1 and len(claims[found[0]]) == 1:
            names[label] = found[0]
        elif found:
            doubts.append(Doubt(label, tuple(found)))
    return names, doubts


def _in_part(heard: Sequence[str], roles: Mapping[str, str], named: Collection[str]) -> dict[str, str]:
    """Return whom labels such as `Host` mean: the only person stated in that part, unless their name speaks too."""
    found = {}
    for label in heard:
        whose = [name for name, role in roles.items() if role and role.casefold() == label.casefold()]
        if len(whose) == 1 and whose[0] not in named:
            found[label] = whose[0]
    return found


def _in_full(names: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Let a person who is stated by one word, as Ada, have the longer name of the text, if there is one."""
    full: dict[str, str] = {}
    for label, name in names.items():
        if len(name.split()) == 1 and _telling(_words(name)) < _telling(_words(label)):
            full.setdefault(name, label)
    return {label: full.get(name, name) for label, name in names.items()}, full


def with_names(segments: Sequence[Segment], names: Mapping[str, str]) -> tuple[Segment, ...]:
    """Return segments with the full names of those who speak."""
    if not names:
        return tuple(segments)
    return tuple(
        replace(segment, speaker=shown(names[segment.speaker]) or segment.speaker)
        if segment.speaker is not None and segment.speaker in names
        else segment
        for segment in segments
    )


def same_person(names: Collection[str]) -> list[Doubt]:
    """Return which names of a show's episodes may be of one person, each shorter name with the one longer it can mean.

    A short name that could mean several longer ones means none.
    """
    words = {name: _telling(_words(name)) for name in names if names_somebody(name)}
    by_word: dict[str, list[str]] = {}
    for name, own in words.items():
        for word in own:
            by_word.setdefault(word, []).append(name)
    doubts = []
    for name, own in words.items():
        if not own:
            continue
        longer = [
            other
            for other in by_word[min(own)]
            if own < words[other] or (own == words[other] and _plainness(other) < _plainness(name))
        ]
        if len(longer) == 1:
            doubts.append(Doubt(name, (longer[0],)))
    return doubts


def _plainness(name: str) -> tuple[bool, int, str]:
    """Return what orders two ways to write one name: in capitals throughout comes last."""
    return name.isupper(), len(name), name


def _telling(words: Sequence[str]) -> frozenset[str]:
    """Return the words of a name without initials."""
    return frozenset(word for word in words if len(word) > 1)


def _words(name: str) -> tuple[str, ...]:
    """Return the words of a name in small letters without accents, and without what stands behind a comma."""
    plain = unicodedata.normalize("NFKD", _DEGREE.sub("", name)).casefold()
    return tuple(_WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter))))
