"""Messages as members type them: `python -m benchmarks.chat [--fresh] [--show NAME] [--misses]` says how they fare.

The rows of `tests/sets/chat.jsonl` were written by a reader of the transcripts who knew no code of the bot, and go in
as JSON lines, each show by itself. A third is kept aside: `--misses` names what fails of the rest only.
`--fresh` runs `tests/sets/chat_fresh.jsonl` instead, by another such reader; half of it is kept aside.

A row wants `any` and `all` of some words in the answer and `none` of others, at `most` so many visible characters and
so many `cards` with a quote, one of some `outcome`s and of some `commands`: a question that looks like talk is looked
up all the same. Visible is what is read: of a link its words, not its address.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import io
import json
import re
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.sets import load_set
from benchmarks.shows import open_library
from bot.adapters.console.jsonl import JsonLines
from bot.commands import COMMANDS
from bot.core import Core
from bot.search import Searcher
from bot.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["FRESH", "KINDS", "ROWS", "misses", "visible"]

ROWS = "chat.jsonl"
FRESH = "chat_fresh.jsonl"
SHIPPED = "lex-fridman"
"""What the shipped show is called in the set; the others go by their names in `benchmarks.shows`."""

KINDS = (
    "talk", "bot", "fact", "moment", "quote-please", "option", "privacy", "question", "line", "topic", "claim",
    "follow", "several", "language", "nonwords",
)  # fmt: skip
READ = {"question", "line", "topic"}
"""Kinds of rows that ask what was said: taken for anything else they are swallowed."""

EARLY = 350
"""Visible characters within which the words that answer should stand."""

MOMENT = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
"""When everything is asked."""

_ADDRESS = re.compile(r"https?://\S+")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Answered:
    """A row with the reply to it, as a script sees it."""

    row: dict[str, Any]
    reply: dict[str, Any]

    @property
    def length(self) -> int:
        """Visible characters of the reply."""
        return len(visible(self.reply["text"]))

    @property
    def quotes(self) -> int:
        """How many passages the reply shows."""
        return sum(card["quote"] is not None for card in self.reply["cards"])

    @property
    def is_swallowed(self) -> bool:
        """Whether it was answered, by no passage and by none of the words that answer it."""
        wanted = [word for part in ("any", "all") for word in self.row["want"].get(part, ())]
        said = any(word.casefold() in self.reply["text"].casefold() for word in wanted)
        return self.reply["outcome"] in {"found", "error"} and not self.quotes and not said

    @property
    def is_early(self) -> bool:
        """Whether words that answer stand within the first EARLY visible characters."""
        begin = visible(self.reply["text"])[:EARLY].casefold()
        return any(word.casefold() in begin for word in self.row["want"].get("any", ()))


def visible(text: str) -> str:
    """Return what is read of a text: the addresses of links left out, runs of spaces as one."""
    return _SPACES.sub(" ", _ADDRESS.sub("", text)).strip()


def misses(answered: Answered) -> Iterator[str]:
    """Yield what a reply lacks, or has too much of, for what its row wants."""
    want, reply = answered.row["want"], answered.reply
    text = reply["text"].casefold()
    if not text.strip():
        yield "a word"
    if "any" in want and not any(word.casefold() in text for word in want["any"]):
        yield f"any of {want['any']}"
    yield from (f"{word!r}" for word in want.get("all", ()) if word.casefold() not in text)
    yield from (f"no {word!r}" for word in want.get("none", ()) if word.casefold() in text)
    if answered.length > want["most"]:
        yield f"{answered.length} of {want['most']} characters"
    if answered.quotes > want.get("cards", answered.quotes):
        yield f"{answered.quotes} of {want['cards']} passages"
    if "outcome" in want and reply["outcome"] not in want["outcome"]:
        yield f"{reply['outcome']}, not {' or '.join(want['outcome'])}"
    if "commands" in want and reply["command"] not in want["commands"]:
        yield f"/{reply['command']}, not {' or '.join(want['commands'])}"


def _answers(show: str, rows: Sequence[dict[str, Any]]) -> list[Answered]:
    """Return the rows of a show with its replies, none where the show is not on this machine."""
    library = open_library("shipped" if show == SHIPPED else show)
    if library is None:
        return []
    search = Searcher(library.corpus, library.index, lambda _: library.embeddings)
    search.warm()
    places = {row["id"]: number for number, row in enumerate(rows, 1)}
    lines = "".join(json.dumps(_line(row, places)) + "\n" for row in rows)
    out = io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/chat.db")
        try:
            core = Core(library.corpus, search, COMMANDS, store=store, clock=MOMENT.timestamp)
            asyncio.run(JsonLines(core, io.StringIO(lines), out).run())
        finally:
            store.close()
    replies = map(json.loads, out.getvalue().splitlines())
    return [Answered(row, reply) for row, reply in zip(rows, replies, strict=True)]


def _line(row: dict[str, Any], places: dict[str, int]) -> dict[str, Any]:
    """Return a row as the request of a script: it replies to an answer by its place, or to another member's words."""
    kept = {name: row[name] for name in ("text", "author", "channel", "admin") if name in row}
    replied = row.get("quoting") or places.get(row.get("reply_to", ""))
    return kept | ({"reply_to": replied} if replied else {}) | {"now": MOMENT.isoformat()}


def _share(answered: Iterable[Answered]) -> str:
    passed = [not any(misses(each)) for each in answered]
    return f"{sum(passed) / len(passed):.0%}" if passed else ""


def _passed(answered: Sequence[Answered]) -> str:
    """Return the shares of rows that got what they want, by kind there is, whole and kept aside, and by show."""
    shows = list(dict.fromkeys(each.row["show"] for each in answered))
    lines = [f"| Kind | n | passed | kept aside | {' | '.join(shows)} |", f"|---|---|---|---|{'---|' * len(shows)}"]
    for kind in (*KINDS, "all"):
        of_kind = [each for each in answered if kind in {each.row["kind"], "all"}]
        if not of_kind:
            continue
        aside = [each for each in of_kind if each.row.get("aside")]
        by_show = (_share(each for each in of_kind if each.row["show"] == show) for show in shows)
        lines.append(f"| {kind} | {len(of_kind)} | {_share(of_kind)} | {_share(aside)} | {' | '.join(by_show)} |")
    return "\n".join(lines)


def _sizes(answered: Sequence[Answered]) -> str:
    """Return how long answers and declines are, whether the answer comes early, and what is swallowed, by show."""
    heads = (
        "found", "median", "95th percentile", f"answered in the first {EARLY}", "not found", "median",
        "95th percentile", "at most one passage", "swallowed",
    )  # fmt: skip
    lines = [f"| Show | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    by_show: dict[str, list[Answered]] = defaultdict(list)
    for each in answered:
        if each.row["kind"] in READ:
            by_show[each.row["show"]].append(each)
            by_show["all"].append(each)
    for show in sorted(by_show, key=lambda name: (name == "all", name)):
        asked = by_show[show]
        found = [each for each in asked if each.reply["outcome"] == "found" and each.row["kind"] != "topic"]
        right = [each for each in found if each.row["kind"] == "question" and "any" in each.row["want"]]
        declined = [each for each in asked if each.reply["outcome"] in {"none", "nearest", "declined"}]
        early = sum(each.is_early for each in right) / max(len(right), 1)
        one = sum(each.quotes <= 1 for each in declined) / max(len(declined), 1)
        swallowed = sum(each.is_swallowed for each in asked) / len(asked)
        cells = (*_lengths(found), f"{early:.0%}", *_lengths(declined), f"{one:.0%}", f"{swallowed:.1%}")
        lines.append(f"| {show} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _lengths(answered: Sequence[Answered]) -> tuple[str, ...]:
    """Return how many there are, their median length and the 95th percentile."""
    lengths = [each.length for each in answered]
    return (str(len(lengths)), *(f"{np.percentile(lengths, part):.0f}" if lengths else "" for part in (50, 95)))


def main() -> None:
    """Answer every row of the shows that are here, print the tables; with `--misses` what fails first."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fresh", action="store_true", help="the other set, half of which is kept aside")
    parser.add_argument("--show", help="only this show")
    parser.add_argument("--misses", action="store_true", help="name what fails of the rows not kept aside")
    given = parser.parse_args()
    by_show: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in load_set(FRESH if given.fresh else ROWS):
        by_show[row["show"]].append(row)
    chosen = [given.show] if given.show else list(by_show)
    answered = [each for show in chosen for each in _answers(show, by_show[show])]
    for each in answered if given.misses else ():
        lacks = "; ".join(misses(each))
        if lacks and not each.row.get("aside"):
            print(f"{each.row['id']} {each.row['text']!r}: {lacks}\n    {visible(each.reply['text'])[:200]}")
    print(f"{_passed(answered)}\n\n{_sizes(answered)}")


if __name__ == "__main__":
    main()
