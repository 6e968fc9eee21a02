"""`/privacy`: what is kept about a member, shown and deleted."""

from __future__ import annotations

from typing import Annotated

from bot.commands.declaration import Context, Param, command
from bot.contract.message import Button, Card, Outcome, Reply, Role, Span

__all__ = ["privacy"]

AUDIT = "What an admin changes in the settings is noted with the admin's number, and stays."

MOST_SHOWN = 50
"""Votes listed in one reply."""


@command("See or delete what I keep about you", examples=("privacy", "privacy delete"), private=True, always=True)
async def privacy(
    ctx: Context, do: Annotated[str, Param("Show it or delete it", choices=("show", "delete"))] = "show"
) -> Reply:
    """Answer with the member's votes here, or delete them."""
    request = ctx.request
    if do == "delete":
        count = await ctx.store.votes.forget_member(request.channel, request.author)
        return Reply(f"Deleted: {_votes(count)}. {AUDIT}", Outcome.FOUND)
    votes = await ctx.store.votes.of_member(request.channel, request.author)
    kept = (
        f"I keep {_votes(len(votes))} of yours here, by your account's number and not your name. I keep no messages; "
        "for six hours, the last question asked in a channel or thread, without who asked it. What an admin changes in "
        "the settings is noted with the admin's number."
    )
    if not votes:
        return Reply(kept, Outcome.FOUND)
    listed = "\n".join(f"{'👍' if value > 0 else '👎'} {name}" for name, value in list(votes.items())[:MOST_SHOWN])
    card = Card(Role.INFO, title="Your votes", body=(Span(listed),))
    return Reply(kept, Outcome.FOUND, cards=(card,), buttons=(Button("Delete them", "/privacy delete"),))


def _votes(count: int) -> str:
    return "no votes" if count == 0 else f"{count:,} vote{'' if count == 1 else 's'}"
