"""Plain text: paragraphs parted by blank lines, nothing known but the words."""

from __future__ import annotations

import re

from bot.corpus.model import Segment

__all__ = ["read_plain"]

_PARAGRAPH = re.compile(r"\S(?:.*?\S)??(?=\s*\n[^\S\n]*\n|\s*\Z)", re.DOTALL)
_ENDED = re.compile(r"[.?!…:。！？][\"'”’)\]]*$")


def read_plain(text: str) -> list[Segment]:
    """Return one segment a paragraph.

    A paragraph that stops inside a sentence (a page break of the printed transcript) goes on in the next one.
    """
    segments: list[str] = []
    open_sentence = False
    for match in _PARAGRAPH.finditer(text):
        piece = match.group()
        if open_sentence:
            segments[-1] += f"\n{piece}"
        else:
            segments.append(piece)
        open_sentence = not _ENDED.search(piece)
    return [Segment(segment) for segment in segments]
