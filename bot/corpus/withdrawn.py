"""What rights holders have withdrawn, as declared in a show's folder by people who do not program.

`withdrawn.toml` has a `[[withdrawn]]` entry for an episode, or for a span of one by its times or its words;
`withdrawn = true` in `show.toml` is for all of a show. What is unclear is not shown: a span that cannot be found
withholds its episode, an episode that is not there its show, and a file that cannot be read stops the start.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from bot.corpus.edition import parse_time
from bot.corpus.files import read_text
from bot.corpus.words import words
from bot.errors import TranscriptError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from bot.corpus.model import Show

__all__ = ["WITHDRAWN", "SpanError", "Withdrawal", "Withdrawn", "refuse_misnamed", "withdrawn_of"]

WITHDRAWN = "withdrawn.toml"
"""Name of the file in a show's folder."""

_ENTRY = re.compile(r"^[ \t]*\[\[[ \t]*withdrawn[ \t]*\]\]", re.MULTILINE)
_LINE = re.compile(r"at line (\d+)")
_KEYS = ("episode", "from", "to", "words", "occurrence", "why", "since")


class SpanError(TranscriptError):
    """A withdrawal that does not say clearly which words of its episode it means."""


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
    def told(self) -> str:
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
    entries = _read(path) if path.is_file() else ()
    known = sorted(names)
    whole = {entry.episode: entry.told for entry in entries if entry.whole}
    problems = tuple(_missing(entry, known) for entry in entries if entry.episode not in known)
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


def _missing(entry: Withdrawal, known: list[str]) -> TranscriptError:
    near = get_close_matches(entry.episode, known, 1, 0.4)
    hint = say("hint.did-you-mean", names=f"“{near[0]}”") if near else say("withdrawn.write-folder")
    return TranscriptError(entry.path, say("withdrawn.no-episode", episode=entry.episode, hint=hint), entry.line)


def _read(path: Path) -> tuple[Withdrawal, ...]:
    """Read the file; raises TranscriptError for what is not as it should be."""
    text = read_text(path)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _LINE.search(str(error))
        raise TranscriptError(
            str(path), say("withdrawn.no-toml", error=error, form=say("withdrawn.form")), int(line[1]) if line else None
        ) from error
    entries = table.pop("withdrawn", [])
    if table or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise TranscriptError(
            str(path), say("withdrawn.no-table", table=next(iter(table), "withdrawn"), form=say("withdrawn.form"))
        )
    lines = [text.count("\n", 0, match.start()) + 1 for match in _ENTRY.finditer(text)]
    numbered = lines if len(lines) == len(entries) else [None] * len(entries)
    return tuple(_entry(entry, str(path), line) for entry, line in zip(entries, numbered, strict=True))


def _entry(table: dict[str, object], path: str, line: int | None) -> Withdrawal:
    """Make an entry of its table."""
    for reason in _wrong(table):
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


def _wrong(table: dict[str, object]) -> Iterator[str]:
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
