"""What replies offer next: buttons that carry a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.contract.grammar import Use
from bot.contract.message import Button
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.contract.grammar import Lines
    from bot.contract.message import Citation

__all__ = ["LONGEST_LINE", "MOST_CONTEXT", "listen", "more_context", "others", "source"]

MOST_CONTEXT = 10
"""Sentences on either side: a screenful, not a transcript."""

LONGEST_LINE = 96
"""Characters of a button's line: Discord's custom_id (components/reference), less four for an adapter's mark."""

_STEP = 2


def listen(citation: Citation) -> tuple[Button, ...]:
    """Offer the link that opens the episode where a passage is said, or at all when that is not known."""
    return (Button(say("buttons.listen"), url=citation.url),) if citation.url else ()


def more_context(lines: Lines, passage: str, shown: int) -> Button:
    """Offer two more sentences on either side of the passage with that id than the `shown` ones.

    Of a passage that is shown in part, which is -2, all of it is offered.
    """
    return Button(say("buttons.more-context"), lines.to(Use.PASSAGE, passage, context=min(MOST_CONTEXT, shown + _STEP)))


def source(lines: Lines, passage: str) -> Button:
    """Offer where the passage with that id stands in the transcript."""
    return Button(say("buttons.source"), lines.to(Use.PROOF, passage))


def others(lines: Lines, passages: Sequence[str], at: int, shown: int = 1) -> tuple[Button, ...]:
    """Offer what is before and after the `shown` passages from number `at` (from 0), as a line that needs no memory."""
    ids = list(passages)
    while len(lines.to(Use.PASSAGE, " ".join(ids), at=len(ids))) > LONGEST_LINE:
        ids.pop()
    listed, count, following = " ".join(ids), len(ids), at + shown + 1
    before, after = lines.to(Use.PASSAGE, listed, at=at), lines.to(Use.PASSAGE, listed, at=following)
    back = (Button(say("buttons.previous", at=at, count=count), before),) if at > 0 else ()
    on = (Button(say("buttons.next", at=following, count=count), after),) if following <= count else ()
    return (*back, *on)
