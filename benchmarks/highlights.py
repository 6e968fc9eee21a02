"""How well good spans are told from bad ones, and how long a pick takes: `python -m benchmarks.highlights [FOLDER]`.

`--write` keeps the figures that `make figures` guards. FOLDER keeps the generated library of 2,000 episodes
that `benchmarks.library` makes for the next run; `--errors` prints what was misjudged, with the reasons.
`--picks CONTENT` only prints what the bot picks of each show in a content folder on twenty days in a row, to be judged
by eye, and what it heard as ads.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.library import EPISODES
from benchmarks.quote import machine, percentile
from benchmarks.reading import write_episodes
from benchmarks.sets import load_set
from benchmarks.train_highlights import area, is_aside
from bot.corpus import Section, open_corpus
from bot.highlights import Highlights, judge, read
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.corpus import Corpus

__all__ = ["FIGURES", "areas", "judgements", "pairs_table", "picks"]

FIGURES = ROOT / "tests/sets/highlights_figures.json"
DAYS = 200
SHOWN = 15
"""Errors printed of each sort."""

PICKS = 20
"""Days in a row for which each show is picked from."""


def judgements(corpus: Corpus) -> list[dict[str, object]]:
    """Return the rows of the set with `score`, `reasons` and `aside` added."""
    reading = read(corpus, 0)
    rows = []
    for row in load_set("highlights.jsonl"):
        found = judge(reading, row["start"], row["end"])
        rows.append(row | {"score": found.score, "reasons": found.reasons, "aside": is_aside(row)})
    return rows


def areas(rows: Sequence[dict[str, object]], *, aside: bool) -> dict[str, tuple[float, int]]:
    """Return the area under the ROC curve of good over bad spans, of each kind and of all, and how many there are."""
    scores: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row["aside"] == aside:
            score = row["score"]
            assert isinstance(score, float)  # noqa: S101 - the judge gave it
            scores[str(row["label"] if row["label"] != "bad" else f"bad: {row['kind']}")].append(score)
            if row["label"] == "bad":
                scores["bad"].append(score)
    good = scores.pop("good")
    return {kind: (round(area(good, found), 4), len(found)) for kind, found in sorted(scores.items())}


def pick_times(content: Path) -> dict[str, float]:
    """Return milliseconds of picks at a library: the first of all, those that score an episode, those that do not."""
    corpus = open_corpus(content, content.parent / "data")
    highlights = Highlights(corpus)
    found: dict[str, list[float]] = {"scoring": [], "held": []}
    first = 0.0
    for kind in ("scoring", "held"):
        used: list[str] = []
        for day in range(DAYS):
            started = time.perf_counter()
            date = dt.date(2026, 1, 1) + dt.timedelta(days=day)
            highlight = highlights.next(day=date, seed="channel", used=used, recent=used[-7:])
            found[kind].append((time.perf_counter() - started) * 1000)
            first = first or found[kind][0]
            if highlight:
                used.append(highlight.id)
    return {"first": first} | {
        f"{kind}, p{share * 100:.0f}": percentile(times, share)
        for kind, times in found.items()
        for share in (0.5, 0.95)
    }


def picks(content: Path) -> Iterator[str]:
    """Yield as lines what is picked of each show of a content folder, and how many sentences sound like an ad."""
    corpus = open_corpus(content)
    highlights = Highlights(corpus)
    for show in sorted({entry.show.id for entry in corpus.entries}):
        episodes = [corpus.episode(number) for number, entry in enumerate(corpus.entries) if entry.show.id == show]
        sections = [each.paragraphs[place].section for each in episodes for place in each.sentences.paragraphs]
        ads = sum(section in {Section.AD, Section.PROMOTION} for section in sections)
        yield f"{show}: {ads} of {len(sections):,} sentences are ads"
        used: list[str] = []
        for day in range(PICKS):
            date = dt.date(2026, 1, 1) + dt.timedelta(days=day)
            found = highlights.next(day=date, seed="channel", used=used, recent=used[-7:], shows=[show])
            if found is None:
                break
            used.append(found.id)
            yield f"{day + 1:3} {found.passage.speaker or '-'}, {found.passage.episode.id}: {found.passage.text}"


def pairs_table(figures: dict[str, dict[str, tuple[float, int]]]) -> str:
    """Return as Markdown in how many of all pairs a good span outscores one of each kind."""
    lines = ["| Good spans against | the third kept aside (n) | the rest (n) |", "|---|---|---|"]
    aside, tuned = figures["aside"], figures["tuned"]
    for kind in sorted(aside.keys() | tuned.keys()):
        cells = [f"{part[kind][0]:.3f} ({part[kind][1]})" if kind in part else "" for part in (aside, tuned)]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path, help="where to keep the generated episodes")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--picks", type=Path, metavar="CONTENT")
    options = parser.parse_args()
    if options.picks:
        print("\n".join(picks(options.picks)))
        return
    rows = judgements(open_corpus(ROOT / "content"))
    aside, tuned = areas(rows, aside=True), areas(rows, aside=False)
    print(pairs_table({"aside": aside, "tuned": tuned}))
    if options.errors:
        for label, sign in (("bad", -1), ("good", 1)):
            print(f"\n{label} spans that score {'high' if sign < 0 else 'low'}:")
            of_label = [row for row in rows if row["label"] == label and row["kind"] != "mined"]
            for row in sorted(of_label, key=lambda row: sign * float(str(row["score"])))[:SHOWN]:
                print(f"{row['score']:.2f} {row['kind']}: {row['quote']}\n     {row['reasons']}")
    if options.write:
        FIGURES.write_text(json.dumps({"aside": aside, "tuned": tuned}, indent=1) + "\n", "utf-8")
    with tempfile.TemporaryDirectory() as temporary:
        content = (options.folder or Path(temporary)) / f"content-{EPISODES}"
        if not content.exists():
            write_episodes(content, EPISODES)
        times = pick_times(content)
    print(f"\n| A pick at {EPISODES:,} episodes | ms |\n|---|---|")
    for name, milliseconds in times.items():
        print(f"| {name} | {milliseconds:.1f} |")
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
