"""`/privacy`: what is kept about a member, or a whole server, shown and deleted."""

from __future__ import annotations

from typing import Annotated

from bot.commands.declaration import Context, Param, Use, command
from bot.contract import Button, Card, Outcome, Reply, Role, Span
from bot.errors import UserError
from bot.policy.texts import say

__all__ = ["privacy"]

MOST_SHOWN = 50
"""Votes listed in one reply."""

_SERVER, _SURE = "delete server", "delete server now"


@command(
    "See or delete what I keep about you",
    examples=("privacy", "privacy delete"),
    private=True,
    use=Use.PRIVACY,
    always=True,
)
async def privacy(
    ctx: Context,
    do: Annotated[str, Param("Show it or delete it", choices=("show", "delete", _SERVER, _SURE))] = "show",
) -> Reply:
    """Answer with what names the member, or delete it; for an admin, delete all that is kept of the server."""
    if do in {_SERVER, _SURE}:
        return await _server(ctx, sure=do == _SURE)
    request = ctx.request
    if do == "delete":
        gone = await ctx.store.forget_member(request.channel, request.author)
        if ctx.forget:
            ctx.forget(request.channel, request.author)
        votes_gone = say("privacy.votes", count=gone.votes)
        return Reply(say("privacy.deleted", count=gone.changes, votes=votes_gone), Outcome.FOUND)
    votes = await ctx.store.votes.of_member(request.channel, request.author)
    kept = say("privacy.kept", votes=say("privacy.your-votes", count=len(votes)))
    button = Button(say("buttons.delete-kept"), "/privacy delete")
    if not votes:
        return Reply(kept, Outcome.FOUND, buttons=(button,))
    listed = "\n".join(f"{'👍' if value > 0 else '👎'} {name}" for name, value in list(votes.items())[:MOST_SHOWN])
    card = Card(Role.INFO, title=say("privacy.votes-title"), body=(Span(listed),))
    return Reply(kept, Outcome.FOUND, cards=(card,), buttons=(button,))


async def _server(ctx: Context, *, sure: bool) -> Reply:
    """Delete all that is kept of the server or workspace where this is asked, once its admin is sure."""
    asked = ctx.request.channel
    if not asked.tenant:
        raise UserError(say("privacy.no-server"))
    if not ctx.request.author.admin:
        raise UserError(say("privacy.no-admin"))
    if not sure:
        button = Button(say("buttons.delete-server"), f"/privacy {_SURE}")
        return Reply(say("privacy.server"), Outcome.FOUND, buttons=(button,))
    await ctx.store.forget_tenant(asked)
    if ctx.forget:
        ctx.forget(asked, None)
    return Reply(say("privacy.server-deleted"), Outcome.FOUND)
