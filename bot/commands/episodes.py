"""`/episodes`: what can be quoted here."""

from __future__ import annotations

from typing import Annotated

from bot.command import Context, Param, command
from bot.message import Button, Card, Outcome, Reply, Role

__all__ = ["episodes"]

PAGE = 10
"""Episodes on one reply."""


@command("List the episodes I know", examples=("episodes",))
async def episodes(ctx: Context, page: Annotated[int, Param("Page of the list, from 1")] = 1) -> Reply:
    """Answer with one page of the list."""
    known = ctx.corpus.entries
    pages = -(-len(known) // PAGE)
    page = min(max(1, page), pages)
    cards = []
    for entry in known[(page - 1) * PAGE : page * PAGE]:
        size = f"{entry.words:,} words, {entry.sentences:,} sentences"
        cards.append(Card(Role.INFO, title=f"{entry.label}: {entry.title}", fields=(("Transcript", size),)))
    count = f"{len(known):,} episode{'' if len(known) == 1 else 's'}"
    lead = f"I know {count}." if pages == 1 else f"I know {count}; this is page {page} of {pages}."
    buttons = (Button("Next page", f"/episodes page:{page + 1}"),) if page < pages else ()
    return Reply(lead, Outcome.FOUND, cards=tuple(cards), buttons=buttons)
