"""`/show`: print passages by their ids, with as much around them as wanted. Buttons use it; so can people."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Param, Use, command
from bot.contract import MOST_CONTEXT, Card, Outcome, Reply, Role, listen, more_context, others, source
from bot.errors import UserError
from bot.policy.refusals import refusal
from bot.policy.texts import say
from bot.search import LONGEST_EXCERPT, fit_part

if TYPE_CHECKING:
    from bot.corpus import Passage

__all__ = ["show"]

MOST_IDS = 6


@command(
    "Show passages by their ids, with the words around them",
    examples=("show thphm-3n5g91 context:2",),
    use=Use.PASSAGE,
    always=True,
)
async def show(
    ctx: Context,
    ids: Annotated[str, Param("Ids of passages, as `Source` shows them, separated by spaces")],
    context: Annotated[int, Param("How many sentences more on either side, 0 to 10", turns=True)] = 0,
    at: Annotated[int, Param("Only this one of several ids, counted from 1", turns=True)] = 0,
) -> Reply:
    """Answer with a card for each id, or for the one asked for."""
    if not 0 <= context <= MOST_CONTEXT:
        raise UserError(say("show.no-context", most=MOST_CONTEXT, context=context))
    return await asyncio.to_thread(_shown, ctx, ids, context, at)


def _shown(ctx: Context, ids: str, context: int, at: int) -> Reply:
    """Read the passages, each perhaps of another episode, and lay them out."""
    found: list[Passage | None] = []
    for name in ids.split()[:MOST_IDS]:
        passage = ctx.corpus.passage(name)
        if passage is None and not ctx.corpus.is_withdrawn(name):
            raise UserError(say("show.no-passage", id=name[:40], example=_example(ctx)))
        found.append(passage)
    if at < 0:
        raise UserError(say("show.no-place", most=len(found), at=at))
    if at > len(found):
        return Reply(say("list.all"), Outcome.NONE)
    passages = [passage for passage in found if passage is not None]
    shown = [passage for passage in (found[at - 1 : at] if at else found) if passage is not None]
    if found and not shown:
        return refusal("withdrawn").reply(ctx.lines, private=True)
    whole = at or len(shown) == len(found)
    lead = "" if whole else say("show.part-withdrawn")
    cards = [_card(passage, context, short=at > 0) for passage in shown]
    if len(shown) > 1:
        return Reply(lead, Outcome.FOUND, cards=tuple(cards))
    seen = -2 if cards[0].part else context
    more = (more_context(ctx.lines, shown[0].id, seen),) if context < MOST_CONTEXT else ()
    paging = others(ctx.lines, [passage.id for passage in passages], sum(map(bool, found[: at - 1]))) if at else ()
    buttons = (*more, *paging, source(ctx.lines, shown[0].id), *listen(shown[0].citation()))
    aside = say("list.all") if len(found) > 1 and shown == passages[-1:] else ""
    return Reply(lead, Outcome.FOUND, cards=tuple(cards), buttons=buttons, aside=aside)


def _card(passage: Passage, context: int, *, short: bool) -> Card:
    """Put a passage with the words around it on a card; of a long one, where it is `short`, the first clauses."""
    wide = passage.widen(context)
    shift = passage.begin - wide.begin
    quote = wide.quote(((shift, shift + len(passage.text)),) if context else ())
    most = LONGEST_EXCERPT if short and not context else len(quote.text)
    cited, part = fit_part(wide, quote, most)
    return Card(Role.MATCH, quote=cited, part=part)


def _example(ctx: Context) -> str:
    """Return an id that exists here."""
    return ctx.corpus.episode(0).passage(0, 0).id
