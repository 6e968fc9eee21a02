"""Words and sentences of a text, as positions in it."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import NamedTuple

__all__ = ["TOKEN", "Word", "ends_sentence", "fold", "sentence_spans", "word_forms", "words"]

TOKEN = re.compile(r"\S+")
"""What white space parts."""

_WORD = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")
_END = re.compile(r"(?<![.?!…])[.?!…]++[\"'”’)\]]*+(?=\s)|[。！？]+[」』”]*")
_STOPS = tuple(".?!…:。！？")
_CLOSING = "\"'”’)]」』"
# A full stop after these does not end a sentence.
_ABBREVIATIONS = frozenset({"mr", "mrs", "ms", "dr", "prof", "st", "vs", "jr", "sr", "e.g", "i.e", "u.s", "u.k", "no"})
_APOSTROPHES = str.maketrans("’ʼ", "''")


class Word(NamedTuple):
    """One word: its characters are text[begin:end], `form` is what comparisons use."""

    begin: int
    end: int
    form: str


def fold(text: str) -> str:
    """Return text for comparison: compatibility forms unified, case folded, one kind of apostrophe."""
    plain = text.replace("’", "'")
    if plain.isascii():  # nearly all of English, in a tenth of the time
        return plain.lower()
    return unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES)


def words(text: str) -> list[Word]:
    """Return the words of a text in order; punctuation, symbols and emoji are not words."""
    plain = text.replace("’", "'")
    if plain.isascii():
        return [Word(*match.span(), match.group()) for match in _WORD.finditer(plain.lower())]
    return [Word(match.start(), match.end(), fold(match.group())) for match in _WORD.finditer(text)]


def word_forms(text: str) -> list[str]:
    """Return the words of a text as compared, in order: the `form` of each of `words`."""
    plain = text.replace("’", "'")
    return _WORD.findall(plain.lower()) if plain.isascii() else [word.form for word in words(text)]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return [begin, end) of each sentence, without the white space between them.

    A sentence ends at `.`, `?`, `!` or `…` before white space (not after an abbreviation or an initial) or at a
    full-width stop.
    """
    stops = (stop for stop in _END.finditer(text) if stop.group() != "." or not _is_abbreviation(text, stop.start()))
    spans: list[tuple[int, int]] = []
    for begin, end in pairwise([0, *(stop.end() for stop in stops), len(text)]):
        piece = text[begin:end]
        if trimmed := piece.strip():
            start = begin + len(piece) - len(piece.lstrip())
            spans.append((start, start + len(trimmed)))
    return spans


def ends_sentence(text: str) -> bool:
    """Say whether a text stops where a sentence can end; closing quotes and brackets may follow the stop."""
    return text.rstrip().rstrip(_CLOSING).endswith(_STOPS)


def _is_abbreviation(text: str, stop: int) -> bool:
    """Say whether the full stop at `stop` belongs to the word before it."""
    before = text[max(0, stop - 8) : stop].rsplit(None, 1)
    word = before[-1].casefold() if before else ""
    initial = len(word) == 1 and word.isalpha() and word != "i" and text[stop - 1].isupper()
    return initial or word in _ABBREVIATIONS
