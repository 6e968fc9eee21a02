"""`/vote`: a member's word on a highlight, behind its 👍 and 👎; one a member, changeable."""

from __future__ import annotations

import asyncio
from typing import Annotated

from bot.commands.declaration import Context, Param, Use, command
from bot.contract import Button, Outcome, Reply
from bot.errors import UserError
from bot.policy.refusals import refusal
from bot.policy.texts import say

__all__ = ["vote"]

_VALUES = {"up": 1, "down": -1}


@command(
    "Vote on a quote of the day",
    examples=("vote up id:thphm-3n5g91",),
    private=True,
    hidden=True,
    use=Use.VOTE,
    always=True,
)
async def vote(
    ctx: Context,
    way: Annotated[str, Param("Whether you like it", choices=("up", "down"))],
    id: Annotated[str, Param("The id under the quote")],  # noqa: A002 - what members and buttons call it
) -> Reply:
    """Count the vote in place of an earlier one, and say how many there are."""
    passage = await asyncio.to_thread(ctx.corpus.passage, id)
    if passage is None and await asyncio.to_thread(ctx.corpus.is_withdrawn, id):
        return refusal("withdrawn").reply(ctx.lines)
    if passage is None:
        raise UserError(say("vote.no-passage", id=id[:40]))
    request = ctx.request
    moment = ctx.now.timestamp()
    liked, disliked = await ctx.store.votes.cast(request.channel, request.author, passage.id, _VALUES[way], moment)
    other = "down" if way == "up" else "up"
    change = Button(say("buttons.change-vote"), f"/vote {other} id:{passage.id}")
    return Reply(say("vote.counted", liked=liked, disliked=disliked), Outcome.FOUND, buttons=(change,))
