"""The ways a member names somebody who speaks: in full, by first or last name, by a nickname."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["named_speaker", "speaker_in", "ways_to_name", "with_names_as"]

_SHORTEST_NICKNAME = 4
_LETTERS = re.compile(r"[^\W_]+")
_TELLING_LETTERS = 5
"""Letters with which a long name begins that hardly another word has: zucke…, fridm…."""


def named_speaker(name: str, speakers: Iterable[str]) -> str | None:
    """Return the full name that a first name, last name or nickname (its beginning) stands for, or None."""
    return ways_to_name(speakers).get(" ".join(name.casefold().split()))


def with_names_as(sign: str, text: str, speakers: Iterable[str]) -> str:
    """Return a text in lower case with a sign for each speaker's name, whole, in part or short: Zuck for Zuckerberg."""
    whole, short = _name_words(tuple(speakers))

    def sign_or_word(match: re.Match[str]) -> str:
        word = match[0]
        return sign if {word, word.removesuffix("s")} & whole or word[:_TELLING_LETTERS] in short else word

    return re.sub(rf"{re.escape(sign)}(?: {re.escape(sign)})+", lambda _: sign, _LETTERS.sub(sign_or_word, text))


@lru_cache(maxsize=16)
def _name_words(speakers: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that name a speaker, and the beginnings of longer ones that do whatever follows."""
    parts = [found for name in speakers if (found := _LETTERS.findall(name.casefold()))]
    known = {part for found in parts for part in found if len(part) > 1}
    nicknames = {found[-1][:_SHORTEST_NICKNAME] for found in parts if len(found[-1]) > _SHORTEST_NICKNAME}
    return frozenset(known | nicknames), frozenset(p[:_TELLING_LETTERS] for p in known if len(p) > _TELLING_LETTERS)


def ways_to_name(speakers: Iterable[str]) -> dict[str, str]:
    """Return who is meant by each way to name a speaker: full name, first, last, and the last name's beginnings."""
    aliases: dict[str, str] = {}
    for speaker in speakers:
        parts = speaker.casefold().split()
        names = {" ".join(parts), parts[0], parts[-1]} if parts else set()
        if parts:
            names |= {parts[-1][:length] for length in range(_SHORTEST_NICKNAME, len(parts[-1]))}
        for name in names:
            aliases.setdefault(name, speaker)
    return aliases


def speaker_in(text: str, aliases: dict[str, str]) -> str | None:
    """Return the first speaker a text names, or None."""
    for word in re.findall(r"[^\W\d_]+", text.casefold()):
        if word in aliases:
            return aliases[word]
    return None
