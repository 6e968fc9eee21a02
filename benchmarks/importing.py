"""What an import keeps of real shows, and how fast: `python -m benchmarks.importing [FOLDER]`, a folder of shows.

For each thing that files state, in how many episodes it was found and in how many the files state it, by a look at
their names and first lines that knows nothing of the readers.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from pathlib import Path

from benchmarks.quote import machine
from bot.corpus import open_corpus
from bot.corpus.check import check_corpus
from bot.corpus.importing import Imported, Importer
from bot.policy.texts import say
from bot.settings import ROOT

SHOWS = ROOT.parent / "shared" / "shows"
STATED = {
    "names": re.compile(r"^(?:speakers:|\*\*[^*\n:]{2,60}:\*\*)", re.MULTILINE),
    "numbers": re.compile(r"\A\D{1,60}-\d{1,4}$|^episode: ?\d", re.MULTILINE),
    "dates": re.compile(r"^date: ?\S", re.MULTILINE),
    "titles": re.compile(r"^(?:title:|#) ?\S", re.MULTILINE),
    "links": re.compile(r"^(?:media|url|video|youtube): ?\S", re.MULTILINE),
}
"""What says, in a file's name or its first characters, that it states something, by what an import calls that."""

HEAD = 3_000


def row(show: Path) -> tuple[str, ...]:
    """Import one show into a folder of its own; return the cells of its line in the table."""
    with tempfile.TemporaryDirectory() as folder:
        content = Path(folder)
        importer = Importer(content, show.name, force=False, say=lambda _: None)
        began = time.process_time()
        results = list(importer.run(str(show), None))
        took = time.process_time() - began
        made = [result for result in results if isinstance(result, Imported)]
        refused = f"{len(results) - len(made)}"
        if not made:
            return (show.name, f"{len(results)}", refused, *("" for _ in STATED), "", "", "", "", "")
        heads = [f"{p.stem}\n{p.read_text('utf-8')[:HEAD]}" for p in show.rglob("*") if p.is_file()]
        clean = not any(checked.problems for checked in check_corpus(content))
        words = sum(entry.words for entry in open_corpus(content).entries)
    odd = say("import.odd", oddity="")
    found = [
        f"{sum(name in each.facts.has for each in made)} of {sum(bool(stated.search(head)) for head in heads)}"
        for name, stated in STATED.items()
    ]
    return (
        show.name,
        f"{len(results)}",
        refused,
        *found,
        f"{sum(line.startswith(odd) for each in made for line in each.lines)}",
        f"{sum(line.startswith('- ') for line in importer.summary(results))}",
        "clean" if clean else "not clean",
        f"{words:,}",
        f"{words / took:,.0f}",
    )


def main() -> None:
    """Import each show of a folder and print what came of it, a line a show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHOWS)
    folder: Path = parser.parse_args().folder
    heads = ("show", "files", "refused", *STATED, "told", "to decide", "`check`", "words", "words a second")
    rows = [row(show) for show in sorted(folder.iterdir()) if show.is_dir()]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for cells in rows:
        print(f"| {' | '.join(cells)} |")
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
