"""A message of Components V2 as Discord shows it, light theme."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.adapters.discord.render import ACTION_ROW, BUTTON, CONTAINER, SEPARATOR, TEXT
from tests.pictures.sheet import BOT, MEMBER, Face, Run, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["draw_discord", "inline"]

INK, GREY, LINK, EDGE = "#2e3035", "#5c5e66", "#006ce7", "#d9dade"
LINK_BUTTON = 5
MOST_WIDE = 560
"""Pixels of a container on a wide screen."""

TEXT_FACE = Face(16, 22, INK, LINK)
SMALL = Face(13, 18, GREY, LINK)
HEADINGS = {"# ": Face(24, 30, INK, LINK, bold=True), "## ": Face(20, 26, INK, LINK, bold=True)}
HEADINGS |= {"### ": Face(16, 22, INK, LINK, bold=True)}
LABEL = Face(14, 18, INK)

_INLINE = re.compile(
    r"\\(?P<escaped>[^\w\s])|(?P<mark>\*\*|__|~~|\*)|`(?P<code>[^`\n]+)`"
    r"|\[(?P<words>(?:\\.|[^\]\\\n]){1,300})\]\(<?(?P<url>https?://[^)\s>]+)>?\)|<?(?P<address>https?://[^\s<>)]+)>?"
)
_STYLES = {"**": "bold", "__": "bold", "~~": "strike", "*": "italic"}


def draw_discord(sheet: Sheet, asked: str, components: Sequence[dict[str, Any]], *, private: bool) -> None:
    """Draw what a member wrote and the message that answers it."""
    wide = sheet.width > 500
    x = 72.0 if wide else 60.0
    room = sheet.width - x - 16
    _head(sheet, MEMBER, x, wide=wide, colour="#9b84ec")
    sheet.paragraph(inline(asked), x, room, TEXT_FACE)
    sheet.y += 14
    _head(sheet, BOT, x, wide=wide, colour="#23a55a")
    for component in components:
        if component["type"] == CONTAINER:
            _container(sheet, component, x, min(room, MOST_WIDE))
        else:
            _component(sheet, component, x, room)
    if private:
        sheet.y += 4
        sheet.paragraph([Run("Only you can see this · "), Run("Dismiss message", link=True)], x, room, SMALL)
    sheet.y += 16


def _head(sheet: Sheet, name: str, x: float, *, wide: bool, colour: str) -> None:
    """Draw who writes: the picture, the name, whether it is an app, the time."""
    left = 16 if wide else 10
    sheet.y += 12
    sheet.put(f'<circle cx="{left + 20}" cy="{sheet.y + 20:g}" r="20" fill="{colour}"/>')
    sheet.put(
        f'<text x="{left + 20}" y="{sheet.y + 26:g}" font-size="18" fill="#fff" text-anchor="middle">{name[0]}</text>'
    )
    app = [Run("  APP", code=True)] if name == BOT else []
    sheet.paragraph([Run(name, bold=True), *app, Run("  09:00")], x, sheet.width - x, TEXT_FACE)


def _container(sheet: Sheet, container: dict[str, Any], x: float, width: float) -> None:
    """Draw a container with its parts; the bar on its left has its accent colour."""
    under, top = sheet.mark, sheet.y + 4
    sheet.y = top + 10
    for component in container["components"]:
        _component(sheet, component, x + 16, width - 30)
    sheet.y += 12
    height = sheet.y - top
    accent = container.get("accent_color")
    colour = EDGE if accent is None else f"#{accent:06x}"
    sheet.put(sheet.box(x, top, 4, height, fill=colour, radius=2), at=under)
    sheet.put(sheet.box(x, top, width, height, fill="#f8f8f9", edge=EDGE, radius=8), at=under)


def _component(sheet: Sheet, component: dict[str, Any], x: float, room: float) -> None:
    kind = component["type"]
    if kind == TEXT:
        _text(sheet, component["content"], x, room)
    elif kind == SEPARATOR:
        sheet.y += 10
        if component.get("divider", True):
            sheet.put(sheet.box(x, sheet.y, room, 1, fill=EDGE))
        sheet.y += 8
    elif kind == ACTION_ROW:
        labels = [
            f"{button['label']} ↗" if button["style"] == LINK_BUTTON else button["label"]
            for button in component["components"]
            if button["type"] == BUTTON
        ]
        sheet.buttons(labels, x, room, face=LABEL, height=32, fill="#e3e5e8")
    else:
        message = f"a component of type {kind} cannot be drawn yet"
        raise ValueError(message)


def _text(sheet: Sheet, content: str, x: float, room: float) -> None:
    """Draw a text display line by line; what follows `> ` stands behind a bar."""
    for line in content.split("\n"):
        quoted = line.startswith("> ")
        top = sheet.y
        inset = 14.0 if quoted else 0.0
        rest = line.removeprefix("> ")
        face, rest = _face(rest)
        sheet.paragraph(inline(rest), x + inset, room - inset, face)
        if quoted:
            sheet.put(sheet.box(x, top, 4, sheet.y - top, fill="#c4c9ce"))
    sheet.y += 4


def _face(line: str) -> tuple[Face, str]:
    """Return how a line looks and what is left of it without its marker."""
    if line.startswith("-# "):
        return SMALL, line.removeprefix("-# ")
    for marker, face in HEADINGS.items():
        if line.startswith(marker):
            return face, line.removeprefix(marker)
    return (TEXT_FACE, f"•  {line[2:]}") if line.startswith("- ") else (TEXT_FACE, line)


def inline(text: str) -> list[Run]:
    """Return the Markdown of a line as runs."""
    return list(_runs(text, link=False))


def _runs(text: str, *, link: bool) -> Iterator[Run]:
    on: set[str] = set()

    def run(words: str) -> Run:
        return Run(words, bold="bold" in on, italic="italic" in on, strike="strike" in on, link=link)

    at = 0
    for found in _INLINE.finditer(text):
        if found.start() > at:
            yield run(text[at : found.start()])
        at = found.end()
        if found["escaped"]:
            yield run(found["escaped"])
        elif found["mark"]:
            on ^= {_STYLES[found["mark"]]}
        elif found["code"]:
            yield Run(found["code"], code=True)
        elif found["url"]:
            yield from _runs(found["words"], link=True)
        else:
            yield Run(found["address"], link=True)
    if at < len(text):
        yield run(text[at:])
