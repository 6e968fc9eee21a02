"""Reading a question: what it is about, whom it asks about, what its answer should contain."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.corpus import fold, words
from bot.language import named_speaker, shorthand
from bot.search.expansion import abbreviations, other_words, question_words

if TYPE_CHECKING:
    from bot.corpus import Corpus
    from bot.search.index.words import WordIndex

__all__ = ["Question", "Term", "read"]

LONGEST_QUESTION = 600
"""Characters of a question that are looked at."""

MOST_TERMS = 24

MOST_OTHERS = 2
"""Other words for a word nobody says that the models are told."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word that matters, its stems in the index, and what finding it is worth (its rarity).

    `others` are other words of the conversation for it: their texts and their stems.
    """

    form: str
    stems: tuple[str, ...]
    weight: float
    others: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question as read.

    `text` is what the models see: texting forms spelled out, without speakers' names, abbreviations with their words.
    `speaker` is whose words are wanted by name, `role` is host or guest when only that is known. `wants` holds what
    the answer should contain: number, money, time, name, duration, date, place; `counted` are the stems of what it asks
    the number of. `yours` says that it asks what whoever reads it thinks.
    """

    plain: str
    text: str
    terms: tuple[Term, ...]
    speaker: str | None
    role: str | None
    wants: frozenset[str]
    counted: frozenset[str]
    yours: bool

    @property
    def about_somebody(self) -> bool:
        """Whether it asks what somebody said, by name or by role."""
        return self.speaker is not None or self.role is not None

    @property
    def weight(self) -> float:
        """What finding all its terms is worth."""
        return sum(term.weight for term in self.terms) or 1.0


_WANTED = {
    "number": re.compile(
        r"\bhow (?:many|much|old|long|often|big|large|far|fast|expensive)\b|\bpercent|\bnumber\b|\bprice\b|\bcost"
        r"|\bshare of\b"
    ),
    "money": re.compile(r"\bprice|\bcost|\bexpensive|\bpay\b|\bpaid\b|\bset me back|how much (?:does|is|did|for)"),
    "time": re.compile(
        r"\bwhen\b|\b(?:which|what) (?:year|month|week|day|weekday|time)|\bhow (?:long|often|soon|old)|\byear\b"
    ),
    "duration": re.compile(
        r"\bhow (?:long|old|soon)\b|\bfor how\b"
        r"|\bhow (?:many|much) (?:more )?(?:seconds|minutes|hours|days|nights|weeks|months|years|time)\b"
    ),
    "date": re.compile(
        r"\bwhen\b|\b(?:which|what) (?:year|month|week|day|weekday|date|decade|season)\b|\bhow (?:recently|long ago)\b"
    ),
    "place": re.compile(
        r"\bwhere\b|\b(?:which|what) (?:city|country|state|town|place|street|venue|school|university|region)\b"
    ),
    "name": re.compile(
        r"\bwho\b|\bwhose\b|\bwhom\b|\bwhich (?:person|company|founder|university|country|artist|books?|language"
        r"|networks?|game)|\bname\b|\bcodename"
    ),
}
_COUNTED = re.compile(r"\bhow (?:many|much)(?: more| different| other| of the| of)? ([\w'-]+)|\bnumber of ([\w'-]+)")
_YOURS = re.compile(
    r"(?i:\b(?:do|did|would|are|were|can|could|will|should) (?:you|u) (?:\w{1,20} )?"
    r"(?:think|feel|like|believe|prefer|agree|love|hate|recommend|suggest)\b"
    r"|\b(?:your|ur) (?:\w{1,20} )?(?:opinions?|views?|take|favou?rites?|thoughts?)\b)"
)
_GUEST = re.compile(r"\b(?:he|his|him|himself|she|her|herself|guest)\b")
_HOST = re.compile(r"\b(?:host|interviewer)\b")
_ASKED_AFTER = r"\b(?:does|did|do|is|was|would|should|could|can|will)\s+"
_TOKEN = re.compile(r"[^\W_]+")


def read(corpus: Corpus, index: WordIndex, question: str) -> Question:
    """Read a question: what it is about, whom it asks about, what its answer should contain."""
    plain = _spell_out(" ".join(question[:LONGEST_QUESTION].split()))
    speakers = corpus.speakers
    low = fold(plain)
    nameless = " ".join(word for word in plain.split() if not _name(word, speakers)) or plain
    subject = _YOURS.sub(" ", nameless) if index.stems(_YOURS.sub(" ", nameless)) else nameless
    spelled = abbreviations(corpus, index, plain)
    others = other_words(corpus, index, nameless)
    terms = [
        replace(term, others=tuple((text, tuple(index.stems(text))) for text in others.get(term.form, ())))
        for term in _own(index, subject)
        if term.form not in spelled
    ]
    unheard = [term for term in terms if term.others and not any(map(index.count, term.stems))]
    said = [text for term in unheard for text, _ in term.others[:MOST_OTHERS]]
    extra = " ".join(dict.fromkeys([*(phrase for phrases in spelled.values() for phrase in phrases), *said]))
    terms += [term for found in spelled.values() for term in _own(index, found[0])]
    terms.sort(key=lambda term: -term.weight)
    return Question(
        plain if any(character.isalnum() for character in plain) else "",
        nameless + (f" ({extra})" if extra else ""),
        tuple(terms[:MOST_TERMS]),
        *_whose(low, speakers),
        frozenset(want for want, pattern in _WANTED.items() if pattern.search(low)),
        frozenset(stem for match in _COUNTED.finditer(low) for stem in index.stems(match[1] or match[2])),
        _YOURS.search(low) is not None,
    )


def _spell_out(question: str) -> str:
    """Write texting forms as they are said, and leave out those that say nothing."""
    forms = shorthand("typed", "slurred", "cut", "bare", "silent")
    spelled = [forms.get(fold(word.strip("?!.,;:\"'()")), word) for word in question.split()]
    return " ".join(word for word in spelled if word) or question


@lru_cache(maxsize=4096)
def _name(word: str, speakers: tuple[str, ...]) -> str | None:
    """Return the speaker a word names, if it does."""
    return named_speaker(re.sub(r"[^\w']", "", fold(word)).strip("'").removesuffix("'s"), speakers)


def _whose(low: str, speakers: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Return whose words are wanted: a speaker by name, or the role of host or guest."""
    named = dict.fromkeys(name for word in _TOKEN.findall(low) if (name := _name(word, speakers)))
    if len(named) == 1:
        return next(iter(named)), None
    for match in re.finditer(_ASKED_AFTER + r"([^\W_]+)", low) if named else ():
        if name := _name(match[1], speakers):
            return name, None
    if named:
        return None, None
    return None, "host" if _HOST.search(low) else "guest" if _GUEST.search(low) else None


def _own(index: WordIndex, text: str) -> list[Term]:
    """Return the words of a text that matter, each once."""
    found: dict[str, Term] = {}
    stop = question_words()
    for word in words(text):
        form = word.form.removesuffix("'s")
        stems = tuple(index.stems(form)) if form not in stop and len(form) > 1 else ()
        if stems:
            found.setdefault(form, Term(form, stems, index.mean_rarity(stems)))
    return list(found.values())
