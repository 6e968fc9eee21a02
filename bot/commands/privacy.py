"""`/privacy`: what is kept about a member, shown and deleted."""

from __future__ import annotations

from typing import Annotated

from bot.commands.declaration import Context, Param, command
from bot.contract import Button, Card, Outcome, Reply, Role, Span
from bot.policy.texts import say

__all__ = ["privacy"]

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
        return Reply(say("privacy.deleted", votes=say("privacy.votes", count=count)), Outcome.FOUND)
    votes = await ctx.store.votes.of_member(request.channel, request.author)
    kept = say("privacy.kept", votes=say("privacy.votes", count=len(votes)))
    if not votes:
        return Reply(kept, Outcome.FOUND)
    listed = "\n".join(f"{'👍' if value > 0 else '👎'} {name}" for name, value in list(votes.items())[:MOST_SHOWN])
    card = Card(Role.INFO, title=say("privacy.votes-title"), body=(Span(listed),))
    return Reply(kept, Outcome.FOUND, cards=(card,), buttons=(Button(say("buttons.delete-votes"), "/privacy delete"),))
