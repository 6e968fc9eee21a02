"""What is never answered, decided by rules before any search; `bot.policy.refusals` says what is said instead.

The rules are rows of `rules.toml` beside this file, over a message read aloud (`plain`) and over that with the
speakers' names as one sign (`mark_names`). None is about a subject: whether a show speaks of something is for the
search to find out. A rule does not hold for words that the corpus says itself.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.language import Row, foreign_language, read_rows, stop_words, with_names_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Says = Callable[[str], bool]

__all__ = ["broken_rule", "plain", "rules"]

_SPEAKER = "\ua66e"
"""Stands for any speaker's name: a letter that no message has."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_RUN, _TELLING = 4, 2
"""Words, and telling words among them, that the corpus must say in a row where a rule matches for it not to hold."""

_INVISIBLE = re.compile(r"[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
_TURNED = re.compile(r"[\u202d\u202e\u2066-\u2068]")
_LIKE_LATIN = str.maketrans("аеорсухіјѕԁӏαενικορτυχ", "aeopcyxijsdlaevikoptux")
_LEET = str.maketrans("0134578@$", "oieastbas")
_BLOB = re.compile(
    r"(?<![\w/:.+])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*\d)[A-Za-z0-9+/]{24,}={0,2}"
)


@lru_cache(maxsize=1)
def rules() -> tuple[Row, ...]:
    """Return the rules in their order, read when first needed; their keys are those of refusals."""
    return read_rows("bot.policy", "rules.toml")


def broken_rule(text: str, speakers: Iterable[str] = (), says: Says = lambda _: False) -> str | None:
    """Return the key of the refusal for a message that breaks a rule, or None.

    `says` tells whether the corpus says words in just that order; what it says is no order to the bot.
    """
    if _is_hidden(text):
        return "orders"
    aloud = plain(text)
    names = tuple(speakers)
    told = mark_names(aloud, names)
    for rule in rules():
        if rule.unless and rule.unless.search(told):
            continue
        if match := rule.pattern.search(aloud):
            if not says(_run(aloud, match)):
                return rule.key
        elif rule.pattern.search(told) and not says(aloud):
            return rule.key
    loud = _unleet(aloud)
    if (
        loud != aloud
        and not says(aloud)
        and any(rule.pattern.search(each) for rule in rules() for each in (loud, mark_names(loud, names)))
    ):
        return "orders"
    return "language" if foreign_language(text) and not says(aloud) else None


def _run(text: str, match: re.Match[str]) -> str:
    """Return the words a rule matches, with those beside them that make them telling, first the ones after."""
    found = list(_WORD.finditer(text))
    inside = [number for number, word in enumerate(found) if word.start() < match.end() and word.end() > match.start()]
    first, last = (inside[0], inside[-1]) if inside else (0, len(found) - 1)

    function = stop_words("commonest", "function")

    def is_short() -> bool:
        run = [word[0] for word in found[first : last + 1]]
        return len(run) < _RUN or sum(word not in function for word in run) < _TELLING

    while last + 1 < len(found) and is_short():
        last += 1
    while first > 0 and is_short():
        first -= 1
    return " ".join(word[0] for word in found[first : last + 1])


def mark_names(text: str, speakers: Iterable[str]) -> str:
    """Return a plain text with one sign for each speaker's name, whole, in part or short."""
    return with_names_as(_SPEAKER, text, speakers)


def plain(text: str) -> str:
    """Return a text as it is read aloud: nothing invisible, letters that only look Latin made Latin, one case.

    There is one space between words.
    """
    shown = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold().translate({0x2019: "'", 0x2018: "'"})
    words = (
        word.translate(_LIKE_LATIN) if any("a" <= character <= "z" for character in word) else word
        for word in re.split(r"(\s+)", shown)
    )
    return " ".join("".join(words).split())


def _is_hidden(text: str) -> bool:
    """Say whether a text carries something to be read another way: characters turned round, or a long code."""
    return _TURNED.search(text) is not None or _BLOB.search(text) is not None


def _unleet(text: str) -> str:
    """Return a text with digits inside words read as the letters they stand for."""

    def read(match: re.Match[str]) -> str:
        word = match[0]
        return word.translate(_LEET) if re.search(r"[a-z]", word) and re.search(r"\d", word) else word

    return re.sub(r"\S+", read, text)
