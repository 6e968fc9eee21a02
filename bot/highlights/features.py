"""What is seen of a span of words before it is judged: the documented features of a highlight.

Everything is counted from the words alone, so it works without the models. An episode is read once (`EpisodeReading`);
after that a span costs some microseconds.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from bot.corpus import Section, fold
from bot.highlights.lexicon import common_words, kinds_by_word, phrases, words_by_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from bot.corpus import Episode

__all__ = ["FEATURES", "EpisodeReading", "runs_said"]

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_CAPITAL = re.compile(r"(?<=[a-z,] )[A-Z][a-z]\w*")
_LEAD = r"(?:(?:and|but|so|because|well|yeah|i mean|you know|or|oh|um|uh|right|no|now|then|also|again|like|look),? )*"
_BELIEF = r"(?:(?:i|we) (?:just |kind of |do |don't )?(?:think|guess|know|get|feel like),? )?(?:that )?"
_VAGUE_START = re.compile(
    _LEAD + _BELIEF + r"(?:they|them|he|she|which|(?:some|all|part|one|a lot) of (?:that|this|those|these|it|them)|"
    r"(?:that|this|it|these|those|that one|this one)(?:'s|'ll|'d|,| (?:is|was|are|were|will|would|could|can|might|may|"
    r"should|has|have|had|seems?|ends?|gives?|makes?|gets?|goes|puts|does|did|kind|just|really|also|all|requires|"
    r"part|stuff|again|basically|which|allows?|by itself|flows)))\b"
    r"(?! (?:important|hard|tricky|weird|funny|easy|takes|people|a lot of people|one of the|never|always|great to))"
)
_ASKING = re.compile(
    _LEAD + r"(?:let me ask|i have to ask|(?:what|how|why|when|where|which|who)\b(?!ever)(?:,? \w++(?:'\w*+)?){0,2}? "
    r"(?:do|does|did|is|are|was|were|has|have|would|will|can|could|should|you)\b|what's|how's|"
    r"(?:do|does|did|is|are|was|were|can|could|would|will|have|has) (?:you|there|that|this|it|the|anyone|people)\b|"
    r"perhaps you)"
)
_RUN = 8
"""Words of a run that is looked for elsewhere: long enough that common phrases seldom repeat by chance."""

EDGE, MOST_EDGE = 30, 25
"""One sentence of so many greets or takes leave at either end of an episode; never more than so many."""

MOSTLY_CAPITALS = 0.7
"""The share of sentences with a capital from which on one without is the end of another."""

NEAR = 6
"""Sentences on either side of what sounds like an ad that may lead to it or away from it."""

_RARE = 2
_SHORT_LENGTH, _LONG_LENGTH, _LONG_STEP = 110, 280, 120
_FEW_WORDS = 4
_MOST_MENDED = 3
_MARKS = "\"'”’) "
_QUOTE = re.compile(r"(?<=[\s(\[—-])(\")|[\"“”]")
_STOPS = ".?!…”\"'’)"


class _Start(NamedTuple):
    """How words begin: pointing back, joining on, pointing (so often) before naming anything, answering.

    `verb` says whether there is a verb of the sentence's own, `fragment` whether it hangs on a sentence before.
    """

    vague: bool
    joined: bool
    early: int
    shared: bool
    verb: bool
    fragment: bool


class _Piece(NamedTuple):
    """What is counted of a sentence, by name: sums for any span it is in, and how a span begins that begins with it."""

    counts: dict[str, float]
    start: _Start


class _Span(NamedTuple):
    """A span as read: its text, how many sentences it touches, what is counted in these, and how it begins.

    `repeated` is the share of words that the transcript has elsewhere too, in runs; `places` are how many characters
    stand in which speaker's kind of speech; `answers` says that somebody else's question stands before it.
    """

    text: str
    sentences: int
    counts: dict[str, float]
    start: _Start
    repeated: float
    places: dict[tuple[str | None, Section], int]
    answers: bool
    begins_inside: bool
    ends_inside: bool
    edge: bool
    near_advert: bool
    small_start: bool

    def share(self, name: str) -> float:
        """Return how often something is counted, a word."""
        return self.counts[name] / (self.counts["words"] or 1)

    def log(self, name: str) -> float:
        """Return the logarithm of how often something is counted: each further time tells less."""
        return math.log1p(self.counts[name])

    def within(self, *sections: Section) -> float:
        """Return the share of characters in some kinds of speech."""
        return sum(part for (_, section), part in self.places.items() if section in sections) / max(
            1, sum(self.places.values())
        )

    @property
    def voices(self) -> set[str | None]:
        """Who speaks; None for somebody unnamed."""
        return {speaker for speaker, _ in self.places}


FEATURES: dict[str, Callable[[_Span], float]] = {
    "log-length": lambda span: math.log(max(1, len(span.text))),
    "short": lambda span: max(0.0, (_SHORT_LENGTH - len(span.text)) / _SHORT_LENGTH),
    "long": lambda span: max(0.0, (len(span.text) - _LONG_LENGTH) / _LONG_STEP),
    "sentences": lambda span: span.sentences,
    "insight": lambda span: span.log("insight"),  # words of learning, choosing, meaning
    "feeling": lambda span: span.log("feeling"),  # words of joy, fear, laughter
    "universal": lambda span: span.log("universal"),  # words for everyone and always
    "first-person": lambda span: span.share("own"),
    "second-person": lambda span: span.share("yours"),
    "filler": lambda span: span.share("filler") + 2 * span.share("idle"),  # um, like, and twice: you know, I mean
    "stutter": lambda span: span.share("stutters"),  # words said twice in a row
    "content": lambda span: span.share("content"),  # words that are not among the commonest
    "word-length": lambda span: span.share("letters"),
    "rare": lambda span: span.share("rare"),  # words the episode has at most twice
    "repeated": lambda span: span.repeated,
    "vague": lambda span: span.share("vague"),  # words that point: this, that, it, they
    "vague-start": lambda span: span.start.vague,  # a pointing word carries the first clause
    "joined-start": lambda span: span.start.joined,  # And, But, So, Because
    "asking-start": lambda span: span.counts["asking"] / span.sentences,  # sentences that begin as a question does
    "early-pointing": lambda span: math.log1p(span.start.early),
    "loose": lambda span: span.log("loose"),  # that. / of this / these things: words that point outside the span
    "broken": lambda span: span.log("broken"),  # pairs of words that no sentence has: the and, of is, it's,
    "commas": lambda span: span.share("commas"),
    "shared-start": lambda span: span.start.shared,  # words that lean on what came before: Yeah, No, Right
    "asks": lambda span: span.counts["questions"] / span.sentences,
    "ends-asking": lambda span: _asks(span.text),
    "tag-question": lambda span: span.text.endswith("right?"),
    "talk-of-talk": lambda span: span.log("talk"),  # you mentioned, let me ask, like I said
    "dealings": lambda span: span.log("dealings"),  # releases, prices, versions, parameters
    "selling": lambda span: min(3.0, span.counts["selling"]),  # sponsors, sign-ups, addresses
    "farewell": lambda span: min(3.0, span.counts["farewell"]),  # greetings and thanks
    "house": lambda span: min(3.0, span.counts["house"]),  # the show itself: episodes, breaks, guests, listeners
    "figures": lambda span: min(4.0, span.counts["figures"]),  # words with digits
    "names": lambda span: span.share("names"),  # words with a capital inside a sentence
    "aphorism": lambda span: min(3.0, span.counts["aphorism"]),  # the moment that, one of the, is all about
    "hedge": lambda span: min(3.0, span.counts["hedge"]),  # I don't know, I'm not sure
    "short-sentences": lambda span: span.counts["few words"] / span.sentences,
    "trails-off": lambda span: span.text.endswith("...") or span.text[-1:] not in _STOPS,
    "half-quoted": lambda span: _half_quoted(span.text),  # a quotation mark without its other half
    "small-start": lambda span: span.small_start,  # in small letters, where sentences begin with a capital
    "verbless": lambda span: not span.start.verb,  # the first sentence lacks a verb
    "fragment": lambda span: span.start.fragment,  # not just because …, which …: a sentence's end on its own
    "bracketed": lambda span: "[" in span.text,  # what a transcriber wrote between the words: [laughs], [inaudible]
    "near-advert": lambda span: span.near_advert,  # a few sentences from an ad read: how one leads to it
    "mended": lambda span: math.log1p(min(_MOST_MENDED, span.counts["mended"])),  # words that were misheard
    "answers": lambda span: span.answers,
    "begins-inside": lambda span: span.begins_inside,  # in the middle of a sentence
    "ends-inside": lambda span: span.ends_inside,
    "advert": lambda span: span.within(Section.AD, Section.PROMOTION),
    "frame": lambda span: span.within(Section.INTRODUCTION, Section.OUTRO),
    "edge": lambda span: span.edge,  # among the first or the last sentences of an episode that marks neither
    "voices": lambda span: len(span.voices) > 1,
    "nameless": lambda span: span.voices == {None},
}


class EpisodeReading:
    """An episode read for judging.

    `mended` are the source offsets of misheard words that the edition mends; `doubled` are texts that the source prints
    twice and the edition once.
    """

    def __init__(self, episode: Episode, mended: Iterable[int], doubled: Iterable[str]) -> None:
        self.episode = episode
        self._begins, self._ends = episode.sentences.begins, episode.sentences.ends
        folded = fold(episode.text)
        self._folded = folded if len(folded) == len(episode.text) else episode.text.lower()
        self._said = [_WORD.findall(self._folded, *place) for place in zip(self._begins, self._ends, strict=True)]
        self._forms = [form for said in self._said for form in said]
        self._times = Counter(self._forms)
        self._doubled = [_WORD.findall(fold(again)) for again in doubled]
        self._mended = self._count_mendings(mended)
        self._paragraphs = tuple(episode.paragraphs)
        framed = any(each.section in {Section.INTRODUCTION, Section.OUTRO} for each in self._paragraphs)
        self._edge = 0 if framed else min(MOST_EDGE, len(self._ends) // EDGE)
        firsts = [episode.text[begin] for begin in self._begins]
        self._capitals = sum(map(str.isupper, firsts)) >= MOSTLY_CAPITALS * len(firsts)
        self._pitched = bytes(
            self._paragraphs[number].section is Section.PROMOTION for number in episode.sentences.paragraphs
        )
        self._known: dict[int, _Piece] = {}

    def sentences(self, begin: int, end: int) -> tuple[int, int]:
        """Return the first and the last sentence that text[begin:end] touches."""
        first = min(bisect_right(self._ends, begin), len(self._ends) - 1)
        last = max(first, bisect_left(self._begins, end) - 1)
        return first, last

    def content(self, first: int, last: int) -> frozenset[str]:
        """Return the words of sentences first..last that are not among the commonest."""
        return frozenset(form for said in self._said[first : last + 1] for form in said) - common_words()

    def promise(self, number: int) -> tuple[int, int, int]:
        """Return how many words of insight, of feeling and for everyone a sentence has: cheap, and most of a score."""
        kinds = kinds_by_word()
        found = Counter(kind for form in self._said[number] if form in kinds for kind in kinds[form])
        return found["insight"], found["feeling"], found["universal"]

    def leans(self, number: int) -> bool:
        """Say whether a sentence leans on what came before: points back, answers, or asks."""
        folded = self._folded[self._begins[number] : self._ends[number]]
        start = _start(folded, self._said[number])
        return bool(start.vague or start.early or start.shared or _ASKING.match(folded) or self._answers(number))

    def features(self, begin: int, end: int, *, closely: bool = True) -> dict[str, float]:
        """Return the FEATURES of text[begin:end] by name.

        Not `closely` leaves out what is repeated; see `repeats` for a quicker answer.
        """
        first, last = self.sentences(begin, end)
        pieces = [
            self._piece(number, max(begin, self._begins[number]), min(end, self._ends[number]))
            for number in range(first, last + 1)
        ]
        counts = pieces[0].counts
        for piece in pieces[1:]:
            counts = {name: count + piece.counts[name] for name, count in counts.items()}
        span = _Span(
            self.episode.text[begin:end].strip(),
            len(pieces),
            counts,
            pieces[0].start,
            self._again(first, last) if closely else 0.0,
            self._places(first, last, begin, end),
            self._answers(first),
            self._has_words(self._begins[first], begin),
            self._has_words(end, self._ends[last]),
            min(first, len(self._ends) - 1 - last) < self._edge,
            any(self._pitched[max(0, first - NEAR) : last + NEAR + 1]),
            self._capitals and self.episode.text[begin : begin + 1].islower(),
        )
        return {name: float(of(span)) for name, of in FEATURES.items()}

    def _again(self, first: int, last: int) -> float:
        """Return the share of words of sentences first..last that the transcript has elsewhere too, in runs."""
        return sum(self._repeated[first : last + 1]) / max(1, sum(map(len, self._said[first : last + 1])))

    def _has_words(self, begin: int, end: int) -> bool:
        """Say whether text[begin:end] has a letter or a digit."""
        return begin < end and any(map(str.isalnum, self.episode.text[begin:end]))

    def _answers(self, first: int) -> bool:
        """Say whether the sentence before is somebody else's question."""
        if not first:
            return False
        paragraphs, numbers = self.episode.paragraphs, self.episode.sentences.paragraphs
        other = paragraphs.speakers[numbers[first - 1]] != paragraphs.speakers[numbers[first]]
        return other and self.episode.text[self._ends[first - 1] - 1] == "?"

    def _places(self, first: int, last: int, begin: int, end: int) -> dict[tuple[str | None, Section], int]:
        """Return how many characters of the span stand in which speaker's kind of speech."""
        found: dict[tuple[str | None, Section], int] = {}
        numbers = self.episode.sentences.paragraphs
        for number in range(numbers[first], numbers[last] + 1):
            paragraph = self._paragraphs[number]
            part = min(end, paragraph.end) - max(begin, paragraph.begin)
            if part > 0:
                key = paragraph.speaker, paragraph.section
                found[key] = found.get(key, 0) + part
        return found

    def _piece(self, number: int, begin: int, end: int) -> _Piece:
        """Return the counts of a sentence, or of the part of it that is text[begin:end]."""
        if begin == self._begins[number] and end == self._ends[number]:
            known = self._known.get(number)
            if known is None:
                known = self._known[number] = self._count(number, self._said[number], begin, end)
            return known
        return self._count(number, _WORD.findall(self._folded, begin, end), begin, end)

    def _count(self, number: int, said: list[str], begin: int, end: int) -> _Piece:
        """Count a piece."""
        text = self.episode.text[begin:end]
        folded = self._folded[begin:end]
        pairs = list(pairwise(said))
        counts, kinds = dict.fromkeys(words_by_kind(), 0.0), kinds_by_word()
        content = letters = rare = 0
        common = common_words()
        for form in said:
            for kind in kinds.get(form, ()):
                counts[kind] += 1
            if form not in common:
                content += 1
                rare += self._times[form] <= _RARE
            letters += len(form)
        counts |= {
            "words": len(said),
            "stutters": sum(map(str.__eq__, said, said[1:]))
            + sum(map(tuple.__eq__, pairs, pairs[2:]))
            + text.count("..."),
            "content": content,
            "letters": letters,
            "rare": rare,
            "figures": sum(form[:1].isdigit() for form in said),
            "mended": self._mended.get(number, 0),
            "questions": _asks(text),
            "few words": len(said) < _FEW_WORDS,
            "names": len(_CAPITAL.findall(text)),
            "commas": text.count(","),
            "asking": _ASKING.match(folded) is not None,
        }
        counts |= {name: len(pattern.findall(folded)) for name, pattern in phrases().items()}
        return _Piece(counts, _start(folded, said))

    def repeats(self, first: int, last: int) -> bool:
        """Say whether a run of eight words of sentences first..last stands elsewhere too; looks at every other run."""
        said = [form for number in range(first, last + 1) for form in self._said[number]]
        for place in range(0, len(said) - _RUN + 1, 2):
            words = said[place : place + _RUN]
            if any(form in self._single for form in words):
                continue
            run = f" {' '.join(words)} "
            if self._flat.find(run, self._flat.find(run) + 1) >= 0:
                return True
        return False

    def runs(self, first: int, last: int) -> Iterator[tuple[str, ...]]:
        """Yield each run of eight words of sentences first..last."""
        return _runs([form for said in self._said[first : last + 1] for form in said])

    @cached_property
    def _single(self) -> frozenset[str]:
        """The words said once: no run with one of them stands elsewhere too."""
        again = {form for forms in self._doubled for form in forms}
        return frozenset(form for form, times in self._times.items() if times == 1 and form not in again)

    @cached_property
    def _flat(self) -> str:
        """The episode's words, one space between them, and those the source prints twice."""
        return f" {' '.join(self._forms)} . {' . '.join(' '.join(again) for again in self._doubled)} "

    @cached_property
    def _repeated(self) -> list[float]:
        """For each sentence, how many of its words stand in a run that the transcript has elsewhere too."""
        runs = list(zip(*(self._forms[shift:] for shift in range(_RUN)), strict=False))
        times = Counter(runs)
        for again in self._doubled:
            times.update(zip(*(again[shift:] for shift in range(_RUN)), strict=False))
        flags = bytearray(len(self._forms))
        for place, run in enumerate(runs):
            if times[run] > 1:
                flags[place : place + _RUN] = b"\1" * _RUN
        found, at = [], 0
        for said in self._said:
            found.append(float(sum(flags[at : at + len(said)])))
            at += len(said)
        return found

    def _count_mendings(self, mended: Iterable[int]) -> Counter[int]:
        """Return how many mendings each sentence has."""
        tokens = self.episode.tokens
        found: Counter[int] = Counter()
        for begin in mended:
            token = bisect_right(tokens.source_ends, begin)
            if token < len(tokens.begins):
                found[bisect_right(self._begins, tokens.begins[token]) - 1] += 1
        return found


def runs_said(episode: Episode, runs: AbstractSet[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Return which of some runs of eight words an episode has too."""
    forms = _WORD.findall(episode.text.casefold().replace("’", "'"))  # nearly `fold`, in a tenth of the time
    begins = {run[:2] for run in runs}
    places = (place for place, pair in enumerate(pairwise(forms)) if pair in begins)
    return {run for place in places if (run := tuple(forms[place : place + _RUN])) in runs}


def _runs(forms: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield each run of eight words."""
    return zip(*(forms[shift:] for shift in range(_RUN)), strict=False)


def _start(folded: str, said: list[str]) -> _Start:
    """Return how words begin."""
    leans = bool(said) and said[0] in _LEANING
    verbs = words_by_kind()["verb"]
    leans = leans or (said[:1] in _ALONE and any(form in verbs or form.endswith("s") for form in said[1:2]))
    verb = _has_verb(said)
    vague, fragment = _VAGUE_START.match(folded) is not None, phrases()["fragment"].search(folded) is not None
    return _Start(vague, folded.startswith(_JOINS), _early(said), leans, verb, fragment)


def _has_verb(said: list[str]) -> bool:
    """Say whether words have a verb of their own: before a clause that tells of something, or a second one in it."""
    verbs = words_by_kind()["verb"]
    inside = found = 0
    for before, form in pairwise(["", *said]):
        inside = inside or (form in _RELATIVE and before != "")
        if form in verbs and before not in _NOT_BEFORE:
            found += 1
            if not inside or found > 1:
                return True
    return False


def _asks(text: str) -> bool:
    """Say whether a text ends in a question, quotation marks apart; not whether it seeks assent."""
    bare = text.rstrip(_MARKS)
    return bare.endswith("?") and not bare.endswith("right?")


def _half_quoted(text: str) -> bool:
    """Say whether a quotation is begun and not ended, or the other way round."""
    inside = False
    for mark in _QUOTE.finditer(text):
        opens = mark[0] == "“" or (mark[0] == '"' and not text[: mark.start()].strip()) or bool(mark[1])
        if opens == inside:
            return True
        inside = opens
    return inside


def _early(said: list[str]) -> int:
    """Return how many pointing words stand before the first word that names anything."""
    found, common = 0, common_words()
    for form in said:
        if form not in common:
            break
        found += form in _POINTING
    return found


_POINTING = frozenset({"it", "its", "it'll", "they", "they're", "they've", "they'll", "they'd", "them", "their"}) | {
    *("those", "these", "this", "that's", "he", "he's", "he'd", "his", "him", "she", "she's", "she'd", "her")
}
_ALONE = (["that"], ["this"], ["these"], ["those"])
_RELATIVE = frozenset({"who", "which", "whose", "whom", "where", "how"})
_NOT_BEFORE = frozenset({"to", "who", "which"})
_JOINS = ("and ", "and, ", "but ", "so ", "so, ", "because ", "whereas ", "or ")
_LEANING = frozenset({"yeah", "yes", "no", "right", "okay", "oh", "sure", "exactly", "absolutely", "totally", "well"})
