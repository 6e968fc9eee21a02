"""A workspace's own names of the commands: `/lex-quote` where the core says `/quote`, both ways; pure."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.contract import Card, Reply

__all__ = ["Naming"]


class Naming:
    """Writes and reads the names with a prefix; with an empty one nothing changes."""

    def __init__(self, prefix: str = "", names: Iterable[str] = ()) -> None:
        self._prefix = prefix
        known = "|".join(map(re.escape, sorted(names, key=len, reverse=True))) if prefix else ""
        self._said = re.compile(rf"(?<![\w/])/(?=(?:{known})(?![\w-]))") if known else None

    def write(self, reply: Reply) -> Reply:
        """Return a reply whose own words name the commands as the workspace does; quotes stay as they are."""
        if self._said is None:
            return reply
        cards = tuple(map(self._card, reply.cards))
        return dataclasses.replace(reply, lead=self._text(reply.lead), cards=cards, aside=self._text(reply.aside))

    def read(self, line: str) -> str:
        """Return a line that a member typed, its command under the core's name."""
        begun = f"/{self._prefix}"
        return f"/{line.removeprefix(begun)}" if self._prefix and line.startswith(begun) else line

    def _card(self, card: Card) -> Card:
        body = tuple(dataclasses.replace(span, text=self._text(span.text)) for span in card.body)
        fields = tuple((self._text(name), self._text(value)) for name, value in card.fields)
        return dataclasses.replace(card, title=self._text(card.title), body=body, fields=fields)

    def _text(self, text: str) -> str:
        return self._said.sub(f"/{self._prefix}", text) if self._said else text
