"""Which language a whole message is written in, by its words: those that `tongues.toml` lists, or another script."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from bot.language.patterns import read_table
from bot.language.stop import stop_words

__all__ = ["OTHER", "foreign_language"]

OTHER = "other"
"""Stands for a language that is not known by its words."""

FEWEST = 2
"""Different words of a language that a message needs to be in it."""

_SHARE = 0.3
"""Share of letters of another script from which a message is in it: more than a foreign name."""

_READ = 600
"""Characters of a message that are looked at."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_QUOTED = re.compile(r"[\"“”„«][^\"“”„«»]{1,400}[\"“”»]")


def foreign_language(text: str) -> str | None:
    """Return the language of a message (ISO 639-1, or `OTHER`), None for English and for what is too short to tell.

    What it has in quotation marks does not count.
    """
    words = [word.casefold().replace("’", "'") for word in _WORD.findall(_QUOTED.sub(" ", text[:_READ]))]
    letters = [character for word in words for character in word if character.isalpha()]
    other = sum(not unicodedata.name(character, "LATIN").startswith("LATIN") for character in letters)
    if other > 1 and other > _SHARE * len(letters):
        return OTHER
    english = sum(word in stop_words("commonest", "function", "contraction", "filler", "light") for word in words)
    foreign = sum(word in _languages() for word in words)
    counted = Counter(language for word in set(words) for language in _languages().get(word, ()))
    accents = sum(not word.isascii() for word in words)
    if foreign + accents <= max(english, len(words) // 3) or max(counted.values(), default=0) < FEWEST:
        return None
    weighed = {
        language: sum(1 / len(_languages()[word]) for word in words if language in _languages().get(word, ()))
        for language in counted
    }
    return max(weighed, key=lambda language: (counted[language] + weighed[language], language))


@lru_cache(maxsize=1)
def _languages() -> dict[str, tuple[str, ...]]:
    """Return the languages that have a word, by the word; none for a word that English has too."""
    listed = {name: words.split() for name, words in read_table("bot.language", "tongues.toml")["words"].items()}
    english = stop_words("commonest", "function", "contraction", "filler", "light")
    found: dict[str, tuple[str, ...]] = {}
    for language, words in listed.items():
        for word in dict.fromkeys(words):
            if word not in english:
                found[word] = (*found.get(word, ()), language)
    return found
