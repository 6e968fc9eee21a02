"""Plain text: paragraphs parted by blank lines, nothing known but the words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.corpus.transcript import Segment, Transcript

if TYPE_CHECKING:
    from bot.corpus.formats.source import Source

__all__ = ["ends_sentence", "read", "read_plain", "sniff"]

_GAP = re.compile(r"\n(?:[^\S\n]*\n)+")
_ENDS = tuple(".?!…:。！？")
_CLOSING = "\"'”’)]」』"


def sniff(_source: Source) -> bool:
    """Any text can be read as plain text, so this is the last reader to ask."""
    return True


def read(source: Source) -> Transcript:
    """Return the paragraphs of a text."""
    return Transcript(tuple(read_plain(source.text)))


def read_plain(text: str) -> list[Segment]:
    """Return one segment a paragraph.

    A paragraph that stops inside a sentence (a page break of the printed transcript) goes on in the next one.
    """
    paragraphs: list[list[str]] = []
    open_sentence = False
    for part in _GAP.split(text):
        piece = part.strip()
        if not piece:
            continue
        if open_sentence:
            paragraphs[-1].append(piece)
        else:
            paragraphs.append([piece])
        open_sentence = not ends_sentence(piece)
    return [Segment("\n".join(pieces)) for pieces in paragraphs]


def ends_sentence(text: str) -> bool:
    """Say whether a text stops where a sentence can end; closing quotes and brackets may follow the stop."""
    return text.rstrip().rstrip(_CLOSING).endswith(_ENDS)
