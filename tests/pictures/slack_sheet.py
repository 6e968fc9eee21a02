"""A message of Block Kit as Slack shows it, light theme."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import unescape

from tests.pictures.sheet import BOT, MEMBER, Face, Run, Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["draw_slack"]

INK, GREY, LINK = "#1d1c1d", "#616061", "#1264a3"
MOST_WIDE = 600

TEXT_FACE = Face(15, 22, INK, LINK)
SMALL = Face(12, 17, GREY, LINK)
HEADING = Face(18, 25, INK, LINK, bold=True)
LABEL = Face(13, 18, INK)

_MARKED = re.compile(
    r"<(?P<url>https?://[^|>\s]+)(?:\|(?P<words>[^>\n]+))?>|\*(?P<bold>[^*\n]+)\*|_(?P<italic>[^_\n]+)_"
)


def draw_slack(sheet: Sheet, asked: str, blocks: Sequence[dict[str, Any]], *, private: bool) -> None:
    """Draw what a member wrote and the message that answers it."""
    x = 60.0
    room = min(sheet.width - x - 16, MOST_WIDE)
    _head(sheet, MEMBER, x, colour="#e8912d")
    sheet.paragraph([Run(asked)], x, room, TEXT_FACE)
    sheet.y += 8
    if private:
        sheet.y += 6
        sheet.paragraph([Run("Only visible to you")], x, room, SMALL)
    _head(sheet, BOT, x, colour="#2bac76")
    for block in blocks:
        _block(sheet, block, x, room)
    sheet.y += 16


def _head(sheet: Sheet, name: str, x: float, *, colour: str) -> None:
    """Draw who writes: the picture, the name, whether it is an app, the time."""
    sheet.y += 10
    sheet.put(sheet.box(14, sheet.y, 36, 36, fill=colour, radius=8))
    sheet.put(f'<text x="32" y="{sheet.y + 24:g}" font-size="17" fill="#fff" text-anchor="middle">{name[0]}</text>')
    app = [Run("  APP", code=True)] if name == BOT else []
    sheet.paragraph([Run(name, bold=True), *app, Run("  09:00")], x, sheet.width - x, TEXT_FACE)


def _block(sheet: Sheet, block: dict[str, Any], x: float, room: float) -> None:
    kind = block["type"]
    if kind == "rich_text":
        for part in block["elements"]:
            _rich(sheet, part, x, room)
        sheet.y += 4
    elif kind == "context":
        runs = [run for element in block["elements"] for run in _words(element)]
        sheet.paragraph(runs, x, room, SMALL)
        sheet.y += 4
    elif kind in {"section", "header"}:
        sheet.paragraph(_words(block["text"]), x, room, HEADING if kind == "header" else TEXT_FACE)
        sheet.y += 4
    elif kind == "divider":
        sheet.y += 8
        sheet.put(sheet.box(x, sheet.y, room, 1, fill="#dddddd"))
        sheet.y += 8
    elif kind == "actions":
        labels = [element["text"]["text"] for element in block["elements"]]
        sheet.buttons(labels, x, room, face=LABEL, height=30, fill="#fff", edge="#bbbabb")
    else:
        message = f"a block of type {kind} cannot be drawn yet"
        raise ValueError(message)


def _rich(sheet: Sheet, part: dict[str, Any], x: float, room: float) -> None:
    """Draw a part of a rich text: a section, a quote behind its bar, a list."""
    kind = part["type"]
    top = sheet.y
    if kind == "rich_text_section":
        sheet.paragraph(_runs(part["elements"]), x, room, TEXT_FACE)
    elif kind == "rich_text_quote":
        sheet.paragraph(_runs(part["elements"]), x + 16, room - 16, TEXT_FACE)
        sheet.put(sheet.box(x, top, 4, sheet.y - top, fill="#dddddd", radius=2))
    elif kind == "rich_text_list":
        for number, entry in enumerate(part["elements"], 1):
            sign = f"{number}.  " if part["style"] == "ordered" else "•  "
            sheet.paragraph([Run(sign), *_runs(entry["elements"])], x + 10, room - 10, TEXT_FACE)
    else:
        message = f"a rich text of type {kind} cannot be drawn yet"
        raise ValueError(message)


def _runs(elements: Sequence[dict[str, Any]]) -> list[Run]:
    """Return the elements of a rich text as runs; a citation is the small sign that Slack makes of it."""
    runs = []
    for element in elements:
        style = element.get("style", {})
        looks = {name: bool(style.get(name)) for name in ("bold", "italic", "strike", "code")}
        if element["type"] == "text":
            runs.append(Run(element["text"], **looks))
        elif element["type"] == "link":
            runs.append(Run(element.get("text") or element["url"], link=True, **looks))
        elif element["type"] == "citation":
            runs.append(Run(f"[{element['text']}]", link=True))
        else:
            message = f"an element of type {element['type']} cannot be drawn yet"
            raise ValueError(message)
    return runs


def _words(text: dict[str, Any]) -> list[Run]:
    """Return a text object as runs: marks are read in `mrkdwn` only."""
    if text["type"] != "mrkdwn":
        return [Run(text["text"])]
    runs, at = [], 0
    for found in _MARKED.finditer(text["text"]):
        runs.append(Run(unescape(text["text"][at : found.start()])))
        at = found.end()
        if found["url"]:
            runs.append(Run(unescape(found["words"] or found["url"]), link=True))
        else:
            words = found["bold"] or found["italic"]
            runs.append(Run(unescape(words), bold=found["bold"] is not None, italic=found["italic"] is not None))
    return [*runs, Run(unescape(text["text"][at:]))]
