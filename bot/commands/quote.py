"""`/quote`: find the passage a member half remembers."""

from __future__ import annotations

from typing import Annotated

from bot.commands.declaration import Context, Menu, Param, Place, Reading, Use, command
from bot.contract import Button, Card, Outcome, Reply, Role, listen, more_context, others
from bot.errors import UserError
from bot.policy.texts import say
from bot.search import FOUND, Hit, find_scope, where

__all__ = ["quote"]

MOST_CARDS = 3
"""The match and two runners-up, or the three nearest, on one reply."""

MOST_OTHERS = 6
"""Passages behind *Next match*; their ids fit into a button's 100 characters."""

NEAREST = 0.02
"""Below this chance the nearest passage has nothing to do with what was asked."""

SURE = 0.9
"""From this chance on the match stands alone; the others are behind *Next match*."""

TOO_LITTLE = 2.5
"""Rarity that the words must have together: “the”, “and so” or “people” alone are said all over an episode."""


@command(
    "Find who said a line, and when",
    examples=("quote people who train need to not have pride", "quote zuck: lol the bit about the kimono"),
    use=Use.LINE,
    reading=Reading("a line you remember", "Find it as a quote"),
    menus=(Menu("message", "Find in transcripts"),),
)
async def quote(  # noqa: PLR0913, PLR0917 - one parameter for each thing a member may know
    ctx: Context,
    words: Annotated[str, Param("What you remember of the line")],
    speaker: Annotated[str, Param("Only what this person said", place=Place.SPEAKER)] = "",
    episode: Annotated[str, Param("Only this episode: its number or title", place=Place.EPISODE)] = "",
    show: Annotated[str, Param("Only this show", place=Place.SHOW)] = "",
    chapter: Annotated[str, Param("Only this chapter", place=Place.CHAPTER)] = "",
) -> Reply:
    """Answer with the passage that fits best and up to two others, or say that nothing fits."""
    known = ctx.search.weight(words)
    if known is None:
        raise UserError(say("quote.no-words"))
    if known < TOO_LITTLE:
        raise UserError(say("quote.too-little", words=words.strip()))
    scope = await find_scope(ctx.corpus, speaker, episode, show, chapter)
    hits = await ctx.search.find(words, MOST_OTHERS, scope)
    if not hits or hits[0].score < NEAREST:
        return Reply(
            say("quote.none", where=where(ctx.corpus, scope)),
            Outcome.NONE,
            buttons=(Button(say("step.episodes"), ctx.lines.to(Use.LIBRARY)),),
        )
    if hits[0].score < FOUND:
        lead = say("quote.nearest", where=where(ctx.corpus, scope))
        cards = tuple(_card(hit, Role.NEAREST) for hit in hits[:MOST_CARDS])
        return Reply(lead, Outcome.NEAREST, cards=cards, buttons=_buttons(ctx, hits))
    shown = hits[:1] if hits[0].score >= SURE else hits[:MOST_CARDS]
    cards = (_card(hits[0], Role.MATCH), *(_card(hit, Role.RUNNER_UP) for hit in shown[1:]))
    return Reply("", Outcome.FOUND, cards=cards, buttons=_buttons(ctx, hits))


def _card(hit: Hit, role: Role) -> Card:
    """Put a hit on a card."""
    return Card(
        role,
        title=say("quote.also") if role is Role.RUNNER_UP else "",
        quote=hit.passage.quote(hit.marked, round(hit.score, 3)),
    )


def _buttons(ctx: Context, hits: list[Hit]) -> tuple[Button, ...]:
    """Offer to listen, the words around the best hit, and the other hits."""
    best = hits[0].passage
    return (
        *listen(best.citation()),
        more_context(ctx.lines, best.id, 0),
        *others(ctx.lines, [hit.passage.id for hit in hits], 0),
    )
