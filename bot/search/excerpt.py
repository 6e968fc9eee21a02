"""What of a passage is shown where there is little room: the sentences that answer, a line, and who says it when."""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.search.alone import asks, speaker_of, stand_alone, trails

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.contract import Quote
    from bot.corpus import Episode, Passage

__all__ = [
    "LONGEST_EXCERPT",
    "LONGEST_LINE",
    "best_part",
    "best_sentences",
    "cut_line",
    "excerpt",
    "fit_line",
    "fit_part",
    "marked_sentence",
    "sentences_of",
]

LONGEST_LINE = 110
"""Characters of a quote on one line: with who, when and a link it takes two lines of a phone."""

MOST_SENTENCES, LONGEST_EXCERPT = 6, 400
"""What is shown of a passage at first, in sentences and characters."""

LONGEST_LOOKED_AT = 4_000
"""Characters that are cut at a clause; no one speaks a longer sentence."""

_CLAUSE_END = re.compile(
    r"[,;:\u2014\u2013.?!…][\"'”’)]?\s{1,4}"
    r"|\s{1,4}(?=(?:and|but|because|so|which|where|whereas|when|if|that|or|unless|while|although|though|until)\s)"
)
_BLANK = re.compile(r"\s+")
_BREAK = re.compile(r"\n")
_LEAD = re.compile(
    r"(?:(?:and|but|so|well|yeah|yes|no|okay|oh|um|uh|like|look|right|i mean|you know|actually|basically|again),? )++",
    re.IGNORECASE,
)


def best_sentences(passage: Passage, sentence: int, chances: Mapping[int, float], most: int) -> Passage:
    """Return the sentences around the likeliest one of a passage that hold most chance, so that they stand alone.

    They are of the speaker who answers; a question or what they lean on may come before, also before the passage.
    Together they have at most `most` characters, but for a single sentence that is longer.
    """
    episode = passage.episode
    begins, ends = episode.sentences.begins, episode.sentences.ends
    runs = [
        (first, last)
        for first in range(max(passage.first, sentence - MOST_SENTENCES + 1), sentence + 1)
        for last in range(sentence, min(passage.last, first + MOST_SENTENCES - 1) + 1)
        if first == last or ends[last] - begins[first] <= most
    ]

    def mass(run: tuple[int, int]) -> tuple[float, int]:
        first, last = run
        return sum(chances.get(at, 0.0) for at in range(first, last + 1)), first - last

    first, last = _one_answer(episode, sentence, *max(runs, key=mass))
    return stand_alone(episode, first, last, most)


def _one_answer(episode: Episode, sentence: int, first: int, last: int) -> tuple[int, int]:
    """Return a run around a sentence that answers, or asks for what does, in one voice and with an end."""
    answers = next((at for at in range(sentence, last + 1) if not asks(episode, at)), sentence)
    who = speaker_of(episode, answers)
    while last > answers and (speaker_of(episode, last) != who or trails(episode, last)):
        last -= 1
    while first < sentence and speaker_of(episode, first) != who:
        first += 1
    return first, last


def best_part(
    text: str, begin: int, end: int, marked: Sequence[tuple[int, int]], most: int = LONGEST_LINE
) -> tuple[int, int]:
    """Return the run of whole clauses of text[begin:end] that has most of what is marked, of at most `most` characters.

    Of equal ones it is the one that begins it, then the longest. Where a single clause is longer, words are cut.
    """
    if end - begin <= most:
        return begin, end
    end = min(end, begin + LONGEST_LOOKED_AT)
    inside = [(max(first, begin), min(last, end)) for first, last in marked if first < end and last > begin]
    found = _best_run(text, (begin, end), inside, most, _CLAUSE_END)
    before = _count(inside)
    enough = max((before(first + most) - before(first) for first, _ in inside), default=0) // 2
    if found is None or before(found[1]) - before(found[0]) < enough or found[1] - found[0] < most // 3:
        found = _best_run(text, (begin, end), inside, most, _BLANK) or (begin, begin + most)
    first, last = found
    return first, last if last == end else first + (len(text[first:last].rstrip(" ,;:\u2013\u2014")) or last - first)


def cut_line(
    text: str,
    begin: int = 0,
    end: int | None = None,
    marked: Sequence[tuple[int, int]] = (),
    longest: int = LONGEST_LINE,
) -> tuple[int, int]:
    """Return where the part of text[begin:end] stands that is shown on one line: that with most of what is marked.

    Words that only lead into it are left out.
    """
    stop = len(text) if end is None else end
    lines = [(first, last) for first, last in _lines(text, begin, stop) if text[first:last].strip()]
    before = _count(marked)
    start, stop = max(lines, key=lambda line: before(line[1]) - before(line[0]), default=(begin, stop))
    start += len(text[start:stop]) - len(text[start:stop].lstrip())
    lead = _LEAD.match(text, start, stop)
    if lead and lead.end() < stop and before(lead.end()) == before(start):
        start = lead.end()
    return best_part(text, start, stop, marked, longest)


def _lines(text: str, begin: int, end: int) -> list[tuple[int, int]]:
    """Return where the lines of text[begin:end] stand."""
    breaks = [found.start() for found in _BREAK.finditer(text, begin, end)]
    return list(zip([begin, *(at + 1 for at in breaks)], [*breaks, end], strict=True))


def _best_run(
    text: str, span: tuple[int, int], marked: Sequence[tuple[int, int]], most: int, stops: re.Pattern[str]
) -> tuple[int, int] | None:
    """Return the best run between stops, None where every piece is too long."""
    begin, end = span
    pieces = [(stop.start() + len(stop[0].rstrip()), stop.end()) for stop in stops.finditer(text, begin, end)]
    begins, ends = [begin, *(after for _, after in pieces)], [*(before for before, _ in pieces), end]
    before = _count(marked)
    best: tuple[int, bool, int, int] | None = None
    run: tuple[int, int] | None = None
    last = 0
    for first, start in enumerate(begins):
        last = max(last, first)
        while last + 1 < len(ends) and ends[last + 1] - start <= most:
            last += 1
        stop = ends[last]
        if not 0 < stop - start <= most:
            continue
        worth = (before(stop) - before(start), start == begin, stop - start, -start)
        if best is None or worth > best:
            best, run = worth, (start, stop)
    return run


def _count(marked: Sequence[tuple[int, int]]) -> Callable[[int], int]:
    """Return what counts the marked characters before a place, in time that hardly grows with the marks."""
    firsts, lasts = sorted(first for first, _ in marked), sorted(last for _, last in marked)
    to_first, to_last = list(accumulate(firsts, initial=0)), list(accumulate(lasts, initial=0))

    def before(place: int) -> int:
        begun, ended = bisect_left(firsts, place), bisect_left(lasts, place)
        return place * (begun - ended) - to_first[begun] + to_last[ended]

    return before


def _best_sentence(passage: Passage, marked: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return where in a passage's text the first sentence with most of what is marked stands."""
    sentences = passage.episode.sentences
    places = [
        (sentences.begins[at] - passage.begin, sentences.ends[at] - passage.begin)
        for at in range(passage.first, passage.last + 1)
    ]
    before = _count(marked)
    return max(places, key=lambda place: before(place[1]) - before(place[0]))


def excerpt(passage: Passage, quote: Quote, part: tuple[int, int]) -> tuple[Quote, tuple[int, int] | None]:
    """Return a passage's quote with who says a part of it and when, and the part, None where it is all of it."""
    cited = dataclasses.replace(quote, citation=sentences_of(passage, part).citation())
    return cited, part if part != (0, len(quote.text)) else None


def fit_part(passage: Passage, quote: Quote, most: int) -> tuple[Quote, tuple[int, int] | None]:
    """Return a passage's quote and the part of it that is shown in `most` characters, as `excerpt` does."""
    return excerpt(passage, quote, best_part(quote.text, 0, len(quote.text), quote.marked, most))


def fit_line(
    passage: Passage, quote: Quote, marked: Sequence[tuple[int, int]] | None = None
) -> tuple[Quote, tuple[int, int]]:
    """Return a passage's quote with who says what is shown of it on one line, and when, and where that stands.

    It is of the sentence that has most of what is `marked`, by itself what the quote marks.
    """
    told = quote.marked if marked is None else marked
    line = cut_line(quote.text, *_best_sentence(passage, told), told)
    return excerpt(passage, quote, line)[0], line


def marked_sentence(passage: Passage, marked: Sequence[tuple[int, int]]) -> Passage:
    """Return the first sentence of a passage that has most of what is marked in it."""
    return sentences_of(passage, _best_sentence(passage, marked))


def sentences_of(passage: Passage, part: tuple[int, int]) -> Passage:
    """Return the sentences of a passage that a [begin, end) of its text is of."""
    begins = passage.episode.sentences.begins
    first = bisect_right(begins, passage.begin + part[0]) - 1
    last = max(first, bisect_left(begins, passage.begin + part[1]) - 1)
    return passage.episode.passage(first, last)
