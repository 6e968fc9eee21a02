"""Drawing a Reply for a terminal or a pipe; pure."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.contract import Card, Reply, Span, Style, sourced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Group

__all__ = ["escape", "in_colour", "in_plain"]

# Characters that move the cursor, ring or turn the direction of text: a transcript must not drive a terminal.
_UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class _Look(StrEnum):
    """How a run looks in a terminal, in rich's words."""

    PLAIN = ""
    MARK = "bold yellow"
    STRONG = "bold"
    CODE = "cyan"
    DIM = "dim"


_LOOKS = {
    Style.PLAIN: _Look.PLAIN,
    Style.MARK: _Look.MARK,
    Style.CLAIM: _Look.MARK,
    Style.STRONG: _Look.STRONG,
    Style.CODE: _Look.CODE,
}

_Run = tuple[str, _Look]
_INDENT = 2


def in_plain(reply: Reply) -> str:
    """Return a reply as lines without colour; marked words stand between asterisks."""
    drawn = [
        "\n".join(" " * indent + line for line in "".join(map(_plain, runs)).split("\n"))
        for indent, runs in _blocks(reply)
    ]
    return "\n".join(drawn).strip("\n")


def in_colour(reply: Reply) -> Group:
    """Return a reply for a rich console: looks instead of asterisks, lines broken between words."""
    from rich.console import Group  # noqa: PLC0415 - 60 ms of import that a pipe never needs
    from rich.padding import Padding  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    return Group(
        *(
            Padding(Text.assemble(*((text, look.value) for text, look in runs)), (0, 0, 0, indent))
            for indent, runs in _blocks(reply)
        )
    )


def escape(text: str) -> str:
    """Return text with every character that could drive a terminal replaced by U+FFFD; newlines stay."""
    return _UNSAFE.sub("\ufffd", text)


def _blocks(reply: Reply) -> Iterator[tuple[int, list[_Run]]]:
    """Yield what stands under each other: (indent, styled runs), an empty block between cards."""
    if reply.lead:
        yield 0, [(escape(reply.lead), _Look.PLAIN)]
        yield 0, []
    for card in reply.cards:
        yield from _card(card)
        yield 0, []
    if reply.aside:
        yield 0, [(escape(reply.aside), _Look.DIM)]
        yield 0, []
    shown = {card.quote.citation.url for card in reply.cards if card.quote}
    for button in reply.buttons:
        if button.url and button.url not in shown:
            yield 0, [(escape(f"{button.label}: {button.url}"), _Look.DIM)]
    pressed = [button.label for button in reply.buttons if button.line]
    if pressed:
        actions = "  ".join(f"[{number}] {label}" for number, label in enumerate(pressed, 1))
        yield 0, [(escape(actions), _Look.DIM)]


def _card(card: Card) -> Iterator[tuple[int, list[_Run]]]:
    """Yield the blocks of one card."""
    if card.quote and card.line:
        title = [(escape(f"{card.title} "), _Look.DIM)] if card.title else []
        said = (Span("“"), *card.quote.line_spans(*card.line), Span("”"))
        source = sourced(card.quote.citation, card.quote.citation.short_line(card.voice))
        yield _INDENT, [*title, *_runs(said), (escape(f" — {source}"), _Look.DIM)]
    elif card.title:
        yield 0, [(escape(card.title), _Look.STRONG)]
    if card.quote and not card.line:
        for name, spans in card.quote.turns_spans(card.part):
            yield _INDENT, [*([(escape(f"{name}: "), _Look.DIM)] if name else []), *_runs(spans)]
        yield _INDENT, [(escape(f"— {sourced(card.quote.citation, card.quote.citation.line())}"), _Look.DIM)]
    if card.body:
        yield 0, _runs(card.body)
    for name, value in card.fields:
        yield 0, [(escape(f"{name}: "), _Look.DIM), (escape(value), _Look.PLAIN)]


def _runs(spans: tuple[Span, ...]) -> list[_Run]:
    """Return styled spans as escaped runs."""
    return [
        (escape(span.text if span.url in {None, span.text} else f"{span.text} {span.url}"), _LOOKS[span.style])
        for span in spans
    ]


def _plain(run: _Run) -> str:
    text, look = run
    return f"*{text}*" if look is _Look.MARK and text else text
