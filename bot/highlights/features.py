"""What is seen of a span of words before it is judged: the documented features of a highlight.

Everything is counted from the words alone, so it works without the models. An episode is read once (`Reading`); after
that a span costs some microseconds.
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
from bot.highlights.lexicon import COMMON, KINDS, PHRASES, PROMISING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.corpus import Episode

__all__ = ["FEATURES", "Reading"]

FEATURES = (
    "log-length",  # logarithm of characters
    "short",  # how far under 110 characters, as a share
    "long",  # how far over 280 characters, in steps of 120
    "sentences",
    "insight",  # words of learning, choosing, meaning
    "feeling",  # words of joy, fear, laughter
    "universal",  # words for everyone and always
    "first-person",  # share of words
    "second-person",  # share of words
    "filler",  # share of words: um, like, you know
    "stutter",  # share of words said twice in a row
    "content",  # share of words that are not among the commonest
    "word-length",  # average letters
    "rare",  # share of words the episode has at most twice
    "repeated",  # share of words in runs of six that stand elsewhere in the transcript too
    "vague",  # share of words that point: this, that, it, they
    "vague-start",  # a pointing word carries the first clause
    "joined-start",  # begins with And, But, So, Because
    "asking-start",  # share of sentences that begin as a question does
    "early-pointing",  # pointing words before the first word that names anything
    "loose",  # that. / of this / these things: words that point outside the span
    "broken",  # pairs of words that no sentence has: the and, of is, it's,
    "commas",  # a word
    "shared-start",  # words that lean on what came before: Yeah, No, Right
    "asks",  # share of sentences that are questions
    "ends-asking",  # the last sentence is a question, other than “…, right?”
    "tag-question",  # ends in “…, right?”
    "talk-of-talk",  # you mentioned, let me ask, like I said
    "dealings",  # releases, prices, versions, parameters
    "selling",  # sponsors, sign-ups, addresses
    "farewell",  # greetings and thanks
    "figures",  # words with digits
    "names",  # share of words with a capital inside a sentence
    "aphorism",  # the moment that, one of the, is all about
    "hedge",  # I don't know, I'm not sure
    "short-sentences",  # share of sentences under four words
    "trails-off",  # ends in … or without a full stop
    "mended",  # words the edition had to mend, at most three
    "answers",  # the sentence before is somebody else's question
    "begins-inside",  # begins in the middle of a sentence
    "ends-inside",  # ends in the middle of a sentence
    "advert",  # share inside an ad read
    "frame",  # share inside introduction or outro
    "voices",  # 1 when more than one person speaks
    "nameless",  # 1 when nobody is named as speaking
)
"""Names of the features, in the order of `Reading.features`."""

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
    _LEAD + r"(?:let me ask|i have to ask|(?:what|how|why|when|where|which|who)\b(?!ever)(?:,? \w+'?\w*){0,2}? "
    r"(?:do|does|did|is|are|was|were|has|have|would|will|can|could|should|you)\b|what's|how's|"
    r"(?:do|does|did|is|are|was|were|can|could|would|will|have|has) (?:you|there|that|this|it|the|anyone|people)\b|"
    r"perhaps you)"
)
_RUN = 8
"""Words of a run that is looked for elsewhere: long enough that common phrases seldom repeat by chance."""

_RARE = 2
_SHORT_LENGTH, _LONG_LENGTH, _LONG_STEP = 110, 280, 120
_FEW_WORDS = 4
_MOST_MENDED = 3
_STOPS = ".?!…”\"'’)"


class Reading:
    """An episode read for judging; `mended` are the [begin, end) source offsets of its declared mendings.

    `doubled` are texts that the source prints twice and the edition once.
    """

    def __init__(self, episode: Episode, mended: Iterable[tuple[int, int]] = (), doubled: Iterable[str] = ()) -> None:
        """Read the episode's words."""
        self.episode = episode
        self._begins, self._ends = episode.sentences.begins, episode.sentences.ends
        folded = fold(episode.text)
        self._folded = folded if len(folded) == len(episode.text) else episode.text.lower()
        self._said = [_WORD.findall(self._folded, *place) for place in zip(self._begins, self._ends, strict=True)]
        self._forms = [form for said in self._said for form in said]
        self._times = Counter(self._forms)
        self._doubled = [_WORD.findall(fold(again)) for again in doubled]
        self._mended = self._places_mended(mended)
        self._paragraphs = tuple(episode.paragraphs)
        self._known: dict[int, _Piece] = {}

    def sentences(self, begin: int, end: int) -> tuple[int, int]:
        """Return the first and the last sentence that text[begin:end] touches."""
        first = min(bisect_right(self._ends, begin), len(self._ends) - 1)
        last = max(first, bisect_left(self._begins, end) - 1)
        return first, last

    def content(self, first: int, last: int) -> frozenset[str]:
        """Return the words of sentences first..last that are not among the commonest."""
        return frozenset(form for said in self._said[first : last + 1] for form in said) - COMMON

    def promise(self, number: int) -> tuple[int, int, int]:
        """Return how many words of insight, of feeling and for everyone a sentence has: cheap, and most of a score."""
        insight = feeling = universal = 0
        for form in self._said[number]:
            if form in PROMISING:
                telling = PROMISING[form]
                insight, feeling, universal = insight + telling[0], feeling + telling[1], universal + telling[2]
        return insight, feeling, universal

    def leans(self, number: int) -> bool:
        """Say whether a sentence leans on what came before: points back, answers, or asks."""
        folded = self._folded[self._begins[number] : self._ends[number]]
        vague, _, early, shared = _start(folded, self._said[number])
        return bool(vague or early or shared or _ASKING.match(folded) or self._before(number))

    def features(self, begin: int, end: int, *, closely: bool = True) -> list[float]:
        """Return the features of text[begin:end], in the order of `FEATURES`.

        Not `closely` leaves out what is repeated; see `repeats` for a quicker answer.
        """
        first, last = self.sentences(begin, end)
        piece = self._piece(first, max(begin, self._begins[first]), min(end, self._ends[first]))
        total = piece.counts
        for number in range(first + 1, last + 1):
            more = self._piece(number, max(begin, self._begins[number]), min(end, self._ends[number]))
            total = tuple(map(float.__add__, total, more.counts))
        return self._judged(total, piece.start, (begin, end), (first, last), closely=closely)

    def _judged(
        self,
        total: tuple[float, ...],
        start: tuple[float, ...],
        span: tuple[int, int],
        sentences: tuple[int, int],
        *,
        closely: bool,
    ) -> list[float]:
        """Turn counts into features."""
        (begin, end), (first, last) = span, sentences
        (
            number,
            stutters,
            content,
            letters,
            rare,
            mended,
            asked,
            few,
            figures,
            names,
            commas,
            asking,
            *more,
        ) = total
        insight, feeling, universal, own, yours, filler, vague, dealings, *phrased = more
        idle, talk, selling, farewell, aphorism, hedge, loose, broken = phrased
        text = self.episode.text[begin:end].strip()
        length, count, share = len(text), last - first + 1, 1 / max(1.0, number)
        tag = text.endswith("right?")
        places = self._places(first, last, begin, end)
        size = max(1, sum(places.values()))
        voices = {speaker for speaker, _ in places}
        vague_start, joined, early, shared = start
        return [
            math.log(max(1, length)),
            max(0.0, (_SHORT_LENGTH - length) / _SHORT_LENGTH),
            max(0.0, (length - _LONG_LENGTH) / _LONG_STEP),
            float(count),
            math.log1p(insight),
            math.log1p(feeling),
            math.log1p(universal),
            own * share,
            yours * share,
            (filler + 2 * idle) * share,
            stutters * share,
            content * share,
            letters * share,
            rare * share,
            self._again(first, last) if closely else 0.0,
            vague * share,
            vague_start,
            joined,
            asking / count,
            math.log1p(early),
            math.log1p(loose),
            math.log1p(broken),
            commas * share,
            shared,
            asked / count,
            float(text.endswith("?") and not tag),
            float(tag),
            math.log1p(talk),
            math.log1p(dealings),
            min(3.0, selling),
            min(3.0, farewell),
            min(4.0, figures),
            names * share,
            min(3.0, aphorism),
            min(3.0, hedge),
            few / count,
            float(text.endswith("...") or text[-1:] not in _STOPS),
            math.log1p(min(_MOST_MENDED, mended)),
            self._before(first),
            float(self._has_words(self._begins[first], begin)),
            float(self._has_words(end, self._ends[last])),
            sum(part for (_, section), part in places.items() if section is Section.AD) / size,
            sum(part for (_, section), part in places.items() if section in _FRAME) / size,
            float(len(voices) > 1),
            float(voices == {None}),
        ]

    def _again(self, first: int, last: int) -> float:
        """Return the share of words of sentences first..last that the transcript has elsewhere too, in runs."""
        return sum(self._repeated[first : last + 1]) / max(1, sum(map(len, self._said[first : last + 1])))

    def _has_words(self, begin: int, end: int) -> bool:
        """Say whether text[begin:end] has a letter or a digit."""
        return begin < end and any(map(str.isalnum, self.episode.text[begin:end]))

    def _before(self, first: int) -> float:
        """Say whether the sentence before is somebody else's question."""
        if not first:
            return 0.0
        paragraphs, numbers = self.episode.paragraphs, self.episode.sentences.paragraphs
        other = paragraphs.speakers[numbers[first - 1]] != paragraphs.speakers[numbers[first]]
        return float(other and self.episode.text[self._ends[first - 1] - 1] == "?")

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
        """Count a piece: words, stutters, content words, letters, …, then `KINDS`, then `PHRASES`."""
        text = self.episode.text[begin:end]
        folded = self._folded[begin:end]
        pairs = list(pairwise(said))
        kinds = [0.0] * _KINDS
        content = letters = rare = figures = 0
        for form in said:
            for kind in KINDS.get(form, ()):
                kinds[kind] += 1
            if form not in COMMON:
                content += 1
                rare += self._times[form] <= _RARE
            letters += len(form)
            figures += form[:1].isdigit()
        stutters = sum(map(str.__eq__, said, said[1:])) + sum(map(tuple.__eq__, pairs, pairs[2:]))
        counts = (
            float(len(said)),
            float(stutters + text.count("...")),
            float(content),
            float(letters),
            float(rare),
            self._mended.get(number, 0.0),
            float(text.endswith("?") and not text.endswith("right?")),
            float(len(said) < _FEW_WORDS),
            float(figures),
            float(len(_CAPITAL.findall(text))),
            float(text.count(",")),
            float(_ASKING.match(folded) is not None),
            *kinds,
            *(float(len(pattern.findall(folded))) for pattern in PHRASES),
        )
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

    def _places_mended(self, mended: Iterable[tuple[int, int]]) -> dict[int, float]:
        """Return how many mendings each sentence has."""
        tokens = self.episode.tokens
        found: Counter[int] = Counter()
        for begin, _ in mended:
            token = bisect_right(tokens.source_ends, begin)
            if token < len(tokens.begins):
                found[bisect_right(self._begins, tokens.begins[token]) - 1] += 1
        return {number: float(times) for number, times in found.items()}


class _Piece(NamedTuple):
    """What is counted of a sentence: sums for any span it is in, and what holds when the span begins with it."""

    counts: tuple[float, ...]
    start: tuple[float, ...]


def _start(folded: str, said: list[str]) -> tuple[float, ...]:
    """Return how words begin: pointing back, joining on, pointing before naming, answering."""
    vague = float(_VAGUE_START.match(folded) is not None)
    return vague, float(folded.startswith(_JOINS)), float(_early(said)), float(bool(said) and said[0] in _LEANING)


def _early(said: list[str]) -> int:
    """Return how many pointing words stand before the first word that names anything."""
    found = 0
    for form in said:
        if form not in COMMON:
            break
        found += form in _POINTING
    return found


_POINTING = frozenset(
    {"it", "its", "they", "them", "their", "those", "these", "this", "that's", "they're", "he", "she", "it'll"}
)
_JOINS = ("and ", "and, ", "but ", "so ", "so, ", "because ", "whereas ", "or ")
_KINDS = 8
_FRAME = (Section.INTRODUCTION, Section.OUTRO)
_LEANING = frozenset({"yeah", "yes", "no", "right", "okay", "oh", "sure", "exactly", "absolutely", "totally", "well"})
