"""Which words of `bot/highlights/lexicon.toml` other shows say too: `python -m benchmarks.lexicon FOLDER FOLDER …`.

Each FOLDER is a collection of talk (transcripts as text, of any form). Prints the words of the kinds KINDS that fewer
than FEWEST of the collections say: those are words of one episode, and do not belong in the file.
"""

from __future__ import annotations

import html
import sys
from pathlib import Path

from bot.corpus import words
from bot.highlights.lexicon import words_by_kind

KINDS = ("insight", "feeling", "universal", "dealings")
FEWEST = 2


def said_in(folder: Path) -> frozenset[str]:
    """Return the words of every file in a folder."""
    texts = (html.unescape(path.read_text("utf-8")) for path in folder.rglob("*") if path.is_file())
    return frozenset(word.form for text in texts for word in words(text))


def main() -> None:
    """Print for each kind the words that too few collections say."""
    collections = [said_in(Path(folder)) for folder in sys.argv[1:]]
    if len(collections) < FEWEST:
        message = f"Name at least {FEWEST} folders of transcripts of other shows."
        raise SystemExit(message)
    for kind in KINDS:
        rare = sorted(w for w in words_by_kind()[kind] if sum(w in said for said in collections) < FEWEST)
        print(f"{kind}: {', '.join(rare) or 'all are said'}")


if __name__ == "__main__":
    main()
