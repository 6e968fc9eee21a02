"""Words and sentences of a text, as positions in it."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

__all__ = ["TOKEN", "Word", "ends_sentence", "fold", "sentence_spans", "words"]

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
    return unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES)


def words(text: str) -> list[Word]:
    """Return the words of a text in order; punctuation, symbols and emoji are not words."""
    return [Word(match.start(), match.end(), fold(match.group())) for match in _WORD.finditer(text)]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return [begin, end) of each sentence, without the white space between them.

    A sentence ends at `.`, `?`, `!` or `…` before white space (not after an abbreviation or an initial) or at a
    full-width stop.
    """
    spans: list[tuple[int, int]] = []
    begin = 0
    for match in _END.finditer(text):
        if match.group() == "." and _is_abbreviation(text, match.start()):
            continue
        _append(spans, text, begin, match.end())
        begin = match.end()
    _append(spans, text, begin, len(text))
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


def _append(spans: list[tuple[int, int]], text: str, begin: int, end: int) -> None:
    """Add text[begin:end] trimmed, if there is a character of it left that is not white space."""
    piece = text[begin:end]
    trimmed = piece.strip()
    if trimmed:
        start = begin + len(piece) - len(piece.lstrip())
        spans.append((start, start + len(trimmed)))
