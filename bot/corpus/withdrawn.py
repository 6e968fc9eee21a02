"""What rights holders have withdrawn, as declared in a show's folder by people who do not program.

`withdrawn.toml` has a `[[withdrawn]]` entry for an episode, or for a span of one by its times or its words;
`withdrawn = true` in `show.toml` is for all of a show. What is unclear is not shown: a span that cannot be found
withholds its episode, an episode that is not there its show, and a file that cannot be read stops the start.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.contract import clock
from bot.corpus.edition import parse_time
from bot.corpus.files import is_there, read_toml, reading
from bot.corpus.model import Paragraph, Paragraphs, Sentences, TokenMap
from bot.corpus.words import words
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.corpus.model import Episode, Show

__all__ = [
    "WITHDRAWN",
    "AllWithdrawnError",
    "SpanError",
    "Withdrawal",
    "Withdrawn",
    "refuse_misnamed",
    "withdrawn_of",
    "withdrawn_sentences",
    "withhold",
]

WITHDRAWN = "withdrawn.toml"
"""Name of the file in a show's folder."""

_ENTRY = re.compile(r"^[ \t]*\[\[[ \t]*withdrawn[ \t]*\]\]", re.MULTILINE)
_KEYS = ("episode", "from", "to", "words", "occurrence", "why", "since")


class SpanError(TranscriptError):
    """A withdrawal that does not say clearly which words of its episode it means."""


class AllWithdrawnError(TranscriptError):
    """Everything in a content folder is withdrawn."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One entry, at a line of the file at `path`: an episode by its folder's name, or a span of it.

    `begin` and `end` are seconds in the edition's cut; `occurrence` says which of several places has the `words`,
    counted from 1, and is 0 when there should be only one.
    """

    path: str
    line: int | None
    episode: str
    begin: float | None = None
    end: float | None = None
    words: str = ""
    occurrence: int = 0
    why: str = ""
    since: str = ""

    @property
    def whole(self) -> bool:
        """Whether all of the episode is meant."""
        return self.begin is None and self.end is None and not self.words and not self.occurrence

    @property
    def span(self) -> str:
        """What decides which words are meant, as text: two entries with the same mean the same."""
        return repr((self.begin, self.end, self.words, self.occurrence))

    @property
    def why_and_since(self) -> str:
        """Why and since when, in brackets; "" when the file does not say."""
        known = [self.why, say("withdrawn.since", since=self.since) if self.since else ""]
        return f" ({', '.join(filter(None, known))})" if any(known) else ""

    def unclear(self, reason: str) -> SpanError:
        """Return the error for a span that cannot be found."""
        return SpanError(self.path, reason, self.line)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What of one show is withdrawn: episodes by folder name, spans by episode, and what needs mending."""

    whole: Mapping[str, str] = field(default_factory=dict)
    """For each withdrawn episode why and since when, "" when that is not said."""

    spans: Mapping[str, tuple[Withdrawal, ...]] = field(default_factory=dict)
    problems: tuple[TranscriptError, ...] = ()


def withdrawn_of(show: Show, folder: Path, names: Iterable[str]) -> Withdrawn:
    """Return what is withdrawn of a show with episodes of those folder names.

    Raises TranscriptError for a file that cannot be read or understood. An entry for an episode that is not there is
    a problem, and withdraws every episode until it is mended: it may be any of them.
    """
    path = folder / WITHDRAWN
    with reading(str(path)):
        entries = _read(path) if is_there(path) else ()
    known = sorted(names)
    whole = {entry.episode: entry.why_and_since for entry in entries if entry.whole}
    problems = tuple(_no_episode(entry, known) for entry in entries if entry.episode not in known)
    if show.withdrawn or problems:
        whole = dict.fromkeys(known, f" ({show.why})" if show.why else "") | whole
    spans: dict[str, tuple[Withdrawal, ...]] = {}
    for entry in entries:
        if not entry.whole:
            spans[entry.episode] = (*spans.get(entry.episode, ()), entry)
    return Withdrawn(whole, spans, problems)


def refuse_misnamed(folder: Path, names: Iterable[str], own: str = "") -> None:
    """Raise TranscriptError for a file whose name is nearly, but not, `own`: its entries would count for nothing."""
    for name in names:
        if name != own and name.casefold().startswith("withdraw"):
            raise TranscriptError(str(folder / name), say("withdrawn.misnamed", name=WITHDRAWN))


def _no_episode(entry: Withdrawal, known: list[str]) -> TranscriptError:
    near = get_close_matches(entry.episode, known, 1, 0.4)
    hint = say("hint.did-you-mean", names=f"“{near[0]}”") if near else say("withdrawn.write-folder")
    return TranscriptError(entry.path, say("withdrawn.no-episode", episode=entry.episode, hint=hint), entry.line)


def _read(path: Path) -> tuple[Withdrawal, ...]:
    form = say("withdrawn.form")
    text, table = read_toml(path, lambda error: say("withdrawn.no-toml", error=error, form=form))
    entries = table.pop("withdrawn", [])
    if table or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise TranscriptError(str(path), say("withdrawn.no-table", table=next(iter(table), "withdrawn"), form=form))
    lines = [text.count("\n", 0, match.start()) + 1 for match in _ENTRY.finditer(text)]
    numbered = lines if len(lines) == len(entries) else [None] * len(entries)
    return tuple(_entry(entry, str(path), line) for entry, line in zip(entries, numbered, strict=True))


def _entry(table: dict[str, object], path: str, line: int | None) -> Withdrawal:
    for reason in _complaints(table):
        raise TranscriptError(path, reason, line)
    times = {key: parse_time(str(table[key])) for key in ("from", "to") if key in table}
    occurrence = table.get("occurrence", 0)
    return Withdrawal(
        path,
        line,
        str(table["episode"]),
        times.get("from"),
        times.get("to"),
        str(table.get("words", "")),
        occurrence if isinstance(occurrence, int) else 0,
        str(table.get("why", "")).strip(),
        str(table.get("since", "")).strip(),
    )


def _complaints(table: dict[str, object]) -> Iterator[str]:
    """Yield what is not understood in an entry."""
    for key, value in table.items():
        if key not in _KEYS:
            yield say("withdrawn.unknown", key=key, known=", ".join(_KEYS))
        elif key == "occurrence":
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                yield say("withdrawn.no-occurrence", value=value)
        elif not isinstance(value, str) and not (key == "since" and isinstance(value, dt.date)):
            yield say("withdrawn.no-text", key=key)
        elif key in {"from", "to"} and parse_time(str(value)) is None:
            yield say("withdrawn.no-time", key=key, value=value)
        elif key == "words" and not words(str(value)):
            yield say("withdrawn.no-words")
    if not str(table.get("episode", "")).strip():
        yield say("withdrawn.nameless", form=say("withdrawn.form"))


_SHOWN = 60
"""Characters of words that an error repeats."""


def withhold(episode: Episode, withdrawals: Sequence[Withdrawal]) -> Episode:
    """Return an episode without the sentences that withdrawals touch.

    In the text, line breaks stand in their place, as many as they had characters: all offsets and ids stay, and what
    stood on either side is still apart. Raises SpanError for a withdrawal that is not clear, or when nothing is left.
    """
    gone = sorted({number for each in withdrawals for number in withdrawn_sentences(episode, each)})
    if not gone:
        return episode
    if len(gone) == len(episode.sentences):
        raise withdrawals[-1].unclear(say("withdrawn.nothing-left"))
    begins, ends = episode.sentences.begins, episode.sentences.ends
    spans = [(begins[first], ends[last]) for first, last in _runs(gone)]
    text = episode.text
    for begin, end in spans:
        text = text[:begin] + "\n" * (end - begin) + text[end:]
    paragraphs, numbers, chapters = _paragraphs(episode, frozenset(gone))
    kept = [replace(episode.sentences[number], paragraph=paragraph) for number, paragraph in numbers.items()]
    return replace(
        episode,
        text=text,
        paragraphs=Paragraphs.of(paragraphs),
        sentences=Sentences.of(kept),
        tokens=_tokens(episode.tokens, text, spans),
        digest=hashlib.blake2s(repr((episode.digest, spans)).encode()).hexdigest(),
        chapters=tuple(episode.chapters[number] for number in chapters),
        withdrawn=tuple(_in_source(episode.tokens, begin, end) for begin, end in spans),
    )


def withdrawn_sentences(episode: Episode, withdrawal: Withdrawal) -> range:
    """Return the numbers of the sentences that a withdrawal touches; raises SpanError when that is not clear."""
    timed = withdrawal.begin is not None or withdrawal.end is not None
    if timed and (withdrawal.words or withdrawal.occurrence):
        raise withdrawal.unclear(say("withdrawn.times-and-words"))
    return _by_times(episode, withdrawal) if timed else _by_words(episode, withdrawal)


def _by_times(episode: Episode, withdrawal: Withdrawal) -> range:
    """Return the sentences of which any part is said between two times, and those without a time among them."""
    begin, end = withdrawal.begin, withdrawal.end
    if begin is None or end is None:
        raise withdrawal.unclear(say("withdrawn.both-times"))
    if begin >= end:
        raise withdrawal.unclear(say("withdrawn.times-order", begin=clock(begin), end=clock(end)))
    timed = [(s.start, number) for number, s in enumerate(episode.sentences) if s.start is not None]
    if not timed:
        raise withdrawal.unclear(say("withdrawn.no-times"))
    starts = sorted({start for start, _ in timed})
    found = [
        number
        for start, number in timed
        if start < end and (bisect_right(starts, start) == len(starts) or starts[bisect_right(starts, start)] > begin)
    ]
    duration = episode.meta.duration
    if not found or (duration is not None and begin >= duration):
        last = clock(duration if duration is not None else starts[-1])
        raise withdrawal.unclear(say("withdrawn.nothing-said", begin=clock(begin), end=clock(end), last=last))
    return range(min(found), max(found) + 1)


def _by_words(episode: Episode, withdrawal: Withdrawal) -> range:
    """Return the sentences that have the words; case, punctuation and line breaks do not matter."""
    wanted = [word.form for word in words(withdrawal.words)]
    shown = withdrawal.words if len(withdrawal.words) <= _SHOWN else f"{withdrawal.words[:_SHOWN]}…"
    if not wanted:
        raise withdrawal.unclear(say("withdrawn.needs-words"))
    said = words(episode.text)
    forms = [word.form for word in said]
    size = len(wanted)
    places = [at for at, form in enumerate(forms) if form == wanted[0] and forms[at : at + size] == wanted]
    if not places:
        raise withdrawal.unclear(say("withdrawn.not-there", words=shown))
    if len(places) > 1 and not withdrawal.occurrence:
        raise withdrawal.unclear(say("withdrawn.several", words=shown, count=len(places)))
    if withdrawal.occurrence > len(places):
        raise withdrawal.unclear(
            say("withdrawn.no-such-occurrence", words=shown, count=len(places), occurrence=withdrawal.occurrence)
        )
    at = places[max(0, withdrawal.occurrence - 1)]
    first = bisect_right(episode.sentences.begins, said[at].begin) - 1
    return range(first, bisect_left(episode.sentences.ends, said[at + size - 1].end) + 1)


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and last of each run of consecutive numbers."""
    firsts = [numbers[0], *(after for before, after in pairwise(numbers) if after != before + 1)]
    lasts = [*(before for before, after in pairwise(numbers) if after != before + 1), numbers[-1]]
    return list(zip(firsts, lasts, strict=True))


def _paragraphs(episode: Episode, gone: frozenset[int]) -> tuple[list[Paragraph], dict[int, int], list[int]]:
    """Return the paragraphs that are left, of each sentence that is left its paragraph, and the chapters that are left.

    A paragraph is parted where a sentence is gone; a chapter goes with its last word.
    """
    made: list[Paragraph] = []
    numbers: dict[int, int] = {}
    before: int | None = None
    for number, sentence in enumerate(episode.sentences):
        if number in gone:
            before = None
            continue
        if sentence.paragraph == before:
            made[-1] = replace(made[-1], end=sentence.end)
        else:
            made.append(replace(episode.paragraphs[sentence.paragraph], begin=sentence.begin, end=sentence.end))
        before = sentence.paragraph
        numbers[number] = len(made) - 1
    lost = {paragraph.chapter for paragraph in episode.paragraphs} - {paragraph.chapter for paragraph in made}
    chapters = [number for number in range(len(episode.chapters)) if number not in lost]
    places = {number: place for place, number in enumerate(chapters)}
    moved = [replace(each, chapter=None if each.chapter is None else places[each.chapter]) for each in made]
    return moved, numbers, chapters


def _tokens(tokens: TokenMap, text: str, spans: Sequence[tuple[int, int]]) -> TokenMap:
    """Return the map of the tokens that are left; `text` is the text without the spans."""
    if tokens.source is None:
        return TokenMap(text)
    starts = [begin for begin, _ in spans]

    def stays(place: int) -> bool:
        span = bisect_right(starts, place) - 1
        return span < 0 or place >= spans[span][1]

    kept = [number for number, begin in enumerate(tokens.begins) if stays(begin)]
    begins, ends = (array("I", [column[number] for number in kept]) for column in tokens.source)
    return TokenMap(text, tokens.path, (begins, ends))


def _in_source(tokens: TokenMap, begin: int, end: int) -> tuple[int, int]:
    return tokens.source_begins[bisect_left(tokens.begins, begin)], tokens.source_ends[bisect_left(tokens.ends, end)]
