"""A sheet on which words, bars and buttons are drawn from top to bottom, as SVG.

Words are wrapped by the widths of Helvetica with something to spare: a reader's system may have a wider font instead.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["BOT", "MEMBER", "Face", "Run", "Sheet"]

BOT, MEMBER = "Verbatim", "Ana"

_NARROW = {
    character: width
    for width, characters in {
        191: "'",
        222: "ijl‘’",
        260: "|",
        278: " !,./:;I[\\]ft·",
        333: "()-r`“”",
        334: "{}",
        355: '"•',
        389: "*",
        469: "^",
        500: "Jcksvxyz",
        549: "≈≠",
        584: "+<=>~×",
        611: "FTZ",
        667: "&ABEKPSVXY",
        722: "CDHNRUw",
        778: "GOQ",
        833: "Mm",
        889: "%",
        944: "W",
        1000: "…—",
        1015: "@",
    }.items()
    for character in characters
}
"""Widths of Helvetica in thousandths of its size (Adobe's Core 14 AFM)."""

_OTHER, _BOLD, _CODE, _WIDE = 556, 1.07, 600, 1000
_SPARE = 1.03
_FONTS = "Helvetica, Arial, Liberation Sans, sans-serif"
_FIRST_WIDE = 0x2190
"""From here on characters are signs, emoji and the like."""

_WORD = re.compile(r"\n|[^\S\n]+|\S+")
_BLANK = re.compile(r"[^\S ]")
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Run:
    """Words in one look."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    link: bool = False


@dataclass(frozen=True, slots=True)
class Face:
    """How a paragraph looks: sizes in pixels, colours as SVG writes them."""

    size: float
    leading: float
    colour: str
    link: str = "#0b66c2"
    bold: bool = False


class Sheet:
    """A drawing of one width that grows downwards; `y` is how far it has got."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.y = 0.0
        self._parts: list[str] = []

    def paragraph(self, runs: Iterable[Run], x: float, room: float, face: Face) -> None:
        """Draw words from `x` on, wrapped in `room` pixels, and go on below them."""
        for line in _wrap(runs, room, face):
            self.y += face.leading
            base = self.y - (face.leading - face.size) / 2 - face.size * 0.18
            spans = "".join(_span(run, face) for run in line)
            if spans:
                self._parts.append(
                    f'<text x="{x:g}" y="{base:.1f}" font-size="{face.size:g}" fill="{face.colour}"'
                    f' xml:space="preserve">{spans}</text>'
                )

    def box(  # noqa: PLR0913 - a rectangle has so many sides
        self, x: float, y: float, width: float, height: float, *, fill: str, edge: str = "", radius: float = 0
    ) -> str:
        """Return a rectangle, to be put under what is drawn."""
        stroke = f' stroke="{edge}"' if edge else ""
        return (
            f'<rect x="{x:g}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:g}"'
            f' fill="{fill}"{stroke}/>'
        )

    def put(self, part: str, *, at: int | None = None) -> None:
        """Add a part on top, or under all that was drawn after `mark` said `at`."""
        self._parts.insert(len(self._parts) if at is None else at, part)

    @property
    def mark(self) -> int:
        """How many parts there are."""
        return len(self._parts)

    def buttons(  # noqa: PLR0913 - what a platform's buttons differ in
        self, labels: Sequence[str], x: float, room: float, *, face: Face, height: float, fill: str, edge: str = ""
    ) -> None:
        """Draw a row of buttons, in more rows where the room ends."""
        left, gap, pad = x, 8.0, 14.0
        self.y += gap
        for label in labels:
            width = min(_width(Run(label), face) + 2 * pad, room)
            if left > x and left + width > x + room:
                left, self.y = x, self.y + height + gap
            self.put(self.box(left, self.y, width, height, fill=fill, edge=edge, radius=6))
            base = self.y + height / 2 + face.size * 0.35
            self._parts.append(
                f'<text x="{left + width / 2:.1f}" y="{base:.1f}" font-size="{face.size:g}" fill="{face.colour}"'
                f' text-anchor="middle" font-weight="600">{_shown(label)}</text>'
            )
            left += width + gap
        self.y += height

    def svg(self, title: str) -> str:
        """Return the whole drawing."""
        height = round(self.y)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{height}"'
            f' viewBox="0 0 {self.width} {height}" font-family="{_FONTS}" role="img">\n'
            f"<title>{_shown(title)}</title>\n"
            f'<rect width="{self.width}" height="{height}" fill="#fff"/>\n' + "\n".join(self._parts) + "\n</svg>\n"
        )


def _shown(text: str) -> str:
    return escape(_UNSHOWABLE.sub("\ufffd", text))


def _span(run: Run, face: Face) -> str:
    looks = {
        "font-weight": "700" if run.bold or face.bold else "",
        "font-style": "italic" if run.italic else "",
        "text-decoration": "line-through" if run.strike else "",
        "font-family": "monospace" if run.code else "",
        "fill": face.link if run.link else "",
    }
    told = "".join(f' {name}="{value}"' for name, value in looks.items() if value)
    return f"<tspan{told}>{_shown(run.text)}</tspan>" if told else _shown(run.text)


def _width(run: Run, face: Face) -> float:
    """Return how many pixels some words take."""
    if run.code:
        return len(run.text) * _CODE * face.size / 1000
    total = sum(_NARROW.get(character, _WIDE if ord(character) >= _FIRST_WIDE else _OTHER) for character in run.text)
    return total * face.size / 1000 * _SPARE * (_BOLD if run.bold or face.bold else 1)


def _wrap(runs: Iterable[Run], room: float, face: Face) -> list[list[Run]]:
    """Return words in lines of at most `room` pixels; a word that is longer than a line is broken."""
    lines: list[list[Run]] = [[]]
    used = 0.0
    for run in runs:
        for word in _WORD.findall(run.text):
            if word == "\n":
                lines.append([])
                used = 0.0
                continue
            for piece in _pieces(dataclasses.replace(run, text=_BLANK.sub(" ", word)), room, face):
                width = _width(piece, face)
                if used + width > room and not piece.text.isspace():
                    lines.append([])
                    used = 0.0
                if used or not piece.text.isspace():
                    _join(lines[-1], piece)
                    used += width
    return lines


def _pieces(word: Run, room: float, face: Face) -> list[Run]:
    """Return a word in parts that each fit into a line."""
    if _width(word, face) <= room:
        return [word]
    most = max(1, int(room / face.size))
    return [dataclasses.replace(word, text=word.text[at : at + most]) for at in range(0, len(word.text), most)]


def _join(line: list[Run], run: Run) -> None:
    """Add a run to a line, to the last one where that looks the same."""
    if line and dataclasses.replace(line[-1], text="") == dataclasses.replace(run, text=""):
        line[-1] = dataclasses.replace(line[-1], text=line[-1].text + run.text)
    else:
        line.append(run)
