"""How much a reply of each kind says: characters of its text, by which a chat stays one."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from bot.contract.message import Role, sourced

if TYPE_CHECKING:
    from bot.contract.message import Citation, Reply

__all__ = ["ANSWER", "NO", "QUOTE", "UNSURE", "VERDICT", "drop_others", "room_for"]

ANSWER, QUOTE, VERDICT, UNSURE, NO = 600, 500, 400, 400, 300
"""Most characters of an answer, a line that was found, a verdict, a passage that may not answer, a plain no."""

_ADDRESS = re.compile(r"https?://\S+")

LEAST = 80
"""Characters of a quote that are shown in any case: with fewer it says nothing."""


def drop_others(reply: Reply, most: int) -> Reply:
    """Return a reply without as many of its last runners-up as it takes to keep to `most` characters.

    Addresses do not count: where words can be a link, nobody reads them.
    """
    while len(_ADDRESS.sub("", reply.text)) > most and reply.cards and reply.cards[-1].role is Role.RUNNER_UP:
        reply = dataclasses.replace(reply, cards=reply.cards[:-1])
    return reply


def room_for(citation: Citation, most: int, *beside: str) -> int:
    """Return how many characters of a quote fit into a reply of `most`, beside its source and the texts `beside`."""
    return max(LEAST, most - len(sourced(citation, citation.line())) - sum(len(text) + 2 for text in beside) - 8)
