"""Quality of all four ways to find, on the development sets: `python -m benchmarks.quality` prints its tables.

Everything goes through `Core.answer`, as a script's request does, and spans are judged in `source.txt`. A passage
counts when it shares over 0.3 of the shorter span with one that was meant. With `--write` the figures become the ones
that `make figures` guards.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from benchmarks.sets import is_kept_aside, load_set
from bot.adapters.console.jsonl import reply_object
from bot.commands import COMMANDS
from bot.contract import Author, Channel, Request
from bot.core import Core
from bot.corpus import open_corpus
from bot.search import load_embeddings, open_searcher
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FIGURES", "SAID", "measure", "measured_core", "report"]

FIGURES = ROOT / "tests/sets/figures.json"
SAID = {"exact", "close", "omitted", "altered", "stitched", "other-speaker", "unattributed"}
CONFIRMED = {"exact", "close"}

_TABLES = (
    (
        "Lines that were said",
        ("quote rank 1", "quote rank 3", "verify said", "verify confirmed"),
        ("`/quote` rank 1", "rank 1 to 3", "`/verify` says said", "… exact or close"),
    ),
    (
        "Claims never made",
        ("verify never", "verify not found", "quote no match"),
        ("`/verify` never exact or close", "… not found", "`/quote` shows no match"),
    ),
    (
        "Questions the conversation answers",
        ("ask rank 1", "ask rank 3", "ask strict 1", "ask kept", "ask confident"),
        ("rank 1", "rank 1 to 3", "rank 1, half of it", "not declined", "as an answer"),
    ),
    ("Questions it does not answer", ("ask declined", "ask unsure"), ("declined", "not shown as an answer")),
    ("Points of topics touched by at most six passages", ("topic points",), ("touched",)),
)
"""Each table: its title, its figures, what stands over them."""


def measured_core() -> Core:
    """Return a core over the shipped content with models loaded and everything kept in the data folder."""
    data = ROOT / "data"
    corpus = open_corpus(ROOT / "content", data)
    search = open_searcher(corpus, data / "index", print, lambda _: load_embeddings(corpus, data / "vectors", print))
    search.load()
    return Core(corpus, search, COMMANDS)


async def _ask(core: Core, command: str, args: dict[str, str]) -> dict[str, Any]:
    """Return the reply to one request as a script sees it."""
    request = Request(Channel("quality", "quality"), Author("quality"), command=command, args=args)
    return reply_object(await core.answer(request), 0.0)


def _spans(card: dict[str, Any]) -> list[list[int]]:
    return card["source"]["spans"] if card["source"] else []


def _is_meant(card: dict[str, Any], row: dict[str, Any], source: str, *, half: bool = False) -> bool:
    """Say whether a card shows what a row means, and with `half` at least half of it."""
    for gold in row["gold"]:
        begin = source.index(gold)
        end = begin + len(gold)
        for first, last in _spans(card):
            shared = min(end, last) - max(begin, first)
            if shared > 0.3 * min(end - begin, last - first) and (not half or shared >= (end - begin) / 2):
                return True
    return False


async def _measure(core: Core) -> dict[str, dict[str, list[float]]]:
    source = (ROOT / "content/lex-fridman/383-mark-zuckerberg/source.txt").read_text("utf-8")
    tables: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in load_set("quotes.jsonl"):
        part = "aside" if is_kept_aside(row) else "tuned"
        found = await _ask(core, "quote", {"words": row["query"]})
        cards = [card for card in found["cards"] if card["role"] in {"match", "runner-up", "nearest"}]
        meant = [_is_meant(card, row, source) for card in cards]
        tables[f"quote rank 1 {part}"][row["kind"]].append(float(bool(meant and meant[0])))
        tables[f"quote rank 3 {part}"][row["kind"]].append(float(any(meant[:3])))
        verdict = await _verdict(core, row["query"])
        tables[f"verify said {part}"][row["kind"]].append(float(verdict in SAID))
        tables[f"verify confirmed {part}"][row["kind"]].append(float(verdict in CONFIRMED))
    for row in load_set("claims.jsonl"):
        part = "aside" if is_kept_aside(row) else "tuned"
        verdict = await _verdict(core, row["query"])
        tables[f"verify never {part}"][row["kind"]].append(float(verdict not in CONFIRMED))
        tables[f"verify not found {part}"][row["kind"]].append(float(verdict not in SAID))
        found = await _ask(core, "quote", {"words": row["query"]})
        tables[f"quote no match {part}"][row["kind"]].append(float(found["outcome"] != "found"))
    await _measure_answers(core, source, tables)
    return tables


async def _measure_answers(core: Core, source: str, tables: dict[str, dict[str, list[float]]]) -> None:
    """Measure `/ask` and `/topic`; strict is what also covers half of what was meant."""
    for row in load_set("questions.jsonl"):
        part = "aside" if is_kept_aside(row) else "tuned"
        found = await _ask(core, "ask", {"question": row["query"]})
        cards = [card for card in found["cards"] if card["quote"]]
        meant = [_is_meant(card, row, source) for card in cards]
        strict = [_is_meant(card, row, source, half=True) for card in cards]
        tables[f"ask rank 1 {part}"][row["kind"]].append(float(bool(meant and meant[0])))
        tables[f"ask rank 3 {part}"][row["kind"]].append(float(any(meant[:3])))
        tables[f"ask strict 1 {part}"][row["kind"]].append(float(bool(strict and strict[0])))
        tables[f"ask kept {part}"][row["kind"]].append(float(found["outcome"] != "declined"))
        tables[f"ask confident {part}"][row["kind"]].append(float(found["outcome"] == "found"))
    for row in load_set("unanswerable.jsonl"):
        part = "aside" if is_kept_aside(row) else "tuned"
        found = await _ask(core, "ask", {"question": row["query"]})
        tables[f"ask declined {part}"][row["kind"]].append(float(found["outcome"] == "declined"))
        tables[f"ask unsure {part}"][row["kind"]].append(float(found["outcome"] != "found"))
    for row in load_set("topics.jsonl"):
        part = "aside" if is_kept_aside({"query": row["topic"]}) else "tuned"
        found = await _ask(core, "topic", {"name": row["topic"]})
        cards = [card for card in found["cards"] if card["quote"]]
        if not row["points"]:
            tables[f"topic declined {part}"]["undiscussed"].append(float(found["outcome"] != "found"))
            continue
        tables[f"topic kept {part}"][row["kind"]].append(float(found["outcome"] == "found"))
        for point in row["points"]:
            touched = any(_is_meant(card, point, source) for card in cards[:6])
            tables[f"topic points {part}"][row["kind"]].append(float(touched))


async def _verdict(core: Core, claim: str) -> str:
    reply = await _ask(core, "verify", {"claim": claim})
    return str(next((card["verdict"] for card in reply["cards"] if card["verdict"]), reply["outcome"]))


def measure(core: Core) -> dict[str, dict[str, tuple[float, int]]]:
    """Return for each figure and kind its share and how many rows it is of; the kind "all" is over all of them."""
    found: dict[str, dict[str, tuple[float, int]]] = {}
    for figure, kinds in asyncio.run(_measure(core)).items():
        everything = [value for values in kinds.values() for value in values]
        rows = dict(kinds) | {"all": everything}
        found[figure] = {kind: (round(sum(values) / len(values), 4), len(values)) for kind, values in rows.items()}
    return found


def _table(found: dict[str, dict[str, tuple[float, int]]], figures: Sequence[str], heads: Sequence[str]) -> str:
    lines = [f"| Kind | n | {' | '.join(heads)} |", f"|---|---|{'---|' * len(heads)}"]
    kinds = list(found[figures[0]])
    for kind in kinds:
        cells = [f"{found[figure][kind][0]:.0%}" for figure in figures]
        lines.append(f"| {kind} | {found[figures[0]][kind][1]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def report(found: dict[str, dict[str, tuple[float, int]]], part: str) -> str:
    """Return the tables of one part, "aside" or "tuned", as Markdown."""
    kept, declined = found[f"topic kept {part}"]["all"], found[f"topic declined {part}"]["all"]
    tables = [
        f"{title}\n\n{_table(found, [f'{figure} {part}' for figure in figures], heads)}"
        for title, figures, heads in _TABLES
    ]
    topics = (
        f"Topics discussed and opened: {kept[0]:.0%} of {kept[1]}; not discussed and declined: {declined[0]:.0%} of "
    )
    return "\n\n".join([*tables, f"{topics}{declined[1]}."])


def main() -> None:
    """Measure, print the tables of the third kept aside and of the rest, keep the figures with `--write`."""
    found = measure(measured_core())
    for part, name in (("aside", "The third kept aside"), ("tuned", "What was tuned on")):
        print(f"## {name}\n\n{report(found, part)}\n")
    if "--write" in sys.argv:
        FIGURES.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
