"""`/show`: print passages by their ids, with as much around them as wanted. Buttons use it; so can people."""

from __future__ import annotations

from typing import Annotated

from bot.command import Context, Param, command
from bot.errors import UserError
from bot.message import Button, Card, Outcome, Reply, Role

__all__ = ["show"]

MOST_IDS = 6
MOST_CONTEXT = 10
"""Sentences on either side: a screenful, not a transcript."""


@command("Show passages by their ids, with the words around them", examples=("show thphm-3n5g91 context:2",))
async def show(
    ctx: Context,
    ids: Annotated[str, Param("Ids as they stand under a quote, separated by spaces")],
    context: Annotated[int, Param("How many sentences more on either side, 0 to 10")] = 0,
) -> Reply:
    """Answer with one card for each id."""
    if not 0 <= context <= MOST_CONTEXT:
        sentence = f"context: is a number from 0 to {MOST_CONTEXT}; {context} is not."
        raise UserError(sentence)
    wanted = ids.split()[:MOST_IDS]
    cards = []
    for name in wanted:
        passage = ctx.corpus.passage(name)
        if passage is None:
            sentence = f"I have no passage “{name[:40]}”. Ids stand under each quote, like {_example(ctx)}."
            raise UserError(sentence)
        wide = passage.widened(context)
        shift = passage.begin - wide.begin
        marked = ((shift, shift + len(passage.text)),) if context else ()
        cards.append(Card(Role.MATCH, quote=wide.quote(marked)))
    more = min(MOST_CONTEXT, context + 2)
    buttons = (
        (Button("More context", f"/show {wanted[0]} context:{more}"),) if len(wanted) == 1 and more > context else ()
    )
    return Reply("", Outcome.FOUND, cards=tuple(cards), buttons=buttons)


def _example(ctx: Context) -> str:
    """Return an id that exists here."""
    return ctx.corpus.episodes[0].passage(0, 0).id
