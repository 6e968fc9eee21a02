"""Make `bot/language/real_words.txt`: words that look like a slip of another word and are words of their own.

    pip install wordfreq==3.1.1
    python -m benchmarks.make_real_words

A word is kept when it is among the COMMON most frequent English words of wordfreq and alike, as
`bot.language.spelling` has it, to one of the KNOWN most frequent.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict

from wordfreq import top_n_list

from bot.language.spelling import alike, keys_of_slips
from bot.settings import ROOT

COMMON, KNOWN, SHORTEST = 20_000, 60_000, 3
HEAD = f"""\
# Common English words that are one slip away from another one: never read as misspelt.
# Made by `python -m benchmarks.make_real_words`: of the {COMMON:,} most frequent English words of wordfreq 3.1.1
# (Robyn Speer; its data CC BY-SA 4.0) those that are alike to one of the {KNOWN:,} most frequent.
"""


def real_words(common: list[str], known: list[str]) -> list[str]:
    """Return the common words that are alike to a known one, in order."""
    groups: dict[str, list[str]] = defaultdict(list)
    for word in known:
        for key in keys_of_slips(word):
            groups[key].append(word)
    return sorted(
        word for word in common if any(alike(said, word) for key in keys_of_slips(word) for said in groups[key])
    )


def main() -> None:
    """Write the file and say how many words it has."""
    words = [word for word in top_n_list("en", KNOWN) if len(word) >= SHORTEST and word.isalpha() and word.isascii()]
    common = set(top_n_list("en", COMMON))
    found = real_words([word for word in words if word in common], words)
    path = ROOT / "bot/language/real_words.txt"
    path.write_text(HEAD + "\n".join(textwrap.wrap(" ".join(found), 118)) + "\n", "utf-8")
    print(f"{len(found):,} words in {path}")


if __name__ == "__main__":
    main()
