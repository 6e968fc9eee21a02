"""Plain text: paragraphs parted by blank lines, nothing known but the words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.corpus.transcript import Segment, Transcript
from bot.corpus.words import ends_sentence

if TYPE_CHECKING:
    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["read", "sniff"]

_GAP = re.compile(r"\n(?:[^\S\n]*\n)+")


def sniff(_file: TranscriptFile) -> bool:
    """Any text can be read as plain text, so this is the last reader to ask."""
    return True


def read(file: TranscriptFile) -> Transcript:
    """Return one segment a paragraph.

    A paragraph that stops inside a sentence (a page break of the printed transcript) goes on in the next one.
    """
    paragraphs: list[list[str]] = []
    open_sentence = False
    for part in _GAP.split(file.text):
        piece = part.strip()
        if not piece:
            continue
        if open_sentence:
            paragraphs[-1].append(piece)
        else:
            paragraphs.append([piece])
        open_sentence = not ends_sentence(piece)
    return Transcript(tuple(Segment("\n".join(pieces)) for pieces in paragraphs))
