"""`/quote`: find the passage a member half remembers."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from bot.commands.declaration import Context, Menu, Param, Place, Reading, Use, command
from bot.contract import (
    QUOTE,
    UNSURE,
    Button,
    Card,
    Outcome,
    Reply,
    Role,
    drop_others,
    listen,
    more_context,
    others,
    room_for,
    source,
)
from bot.errors import UserError
from bot.policy.texts import say
from bot.search import FOUND, Hit, find_scope, fit_line, fit_part, where

__all__ = ["quote"]

MOST_HITS = 6
"""Passages looked for: those on screen and behind *Next*; their ids fit into a button's 100 characters."""

MOST_OTHERS, NEAR = 2, 0.5
"""Others shown in a line each, and the share of the match's chance that they have at least."""

NEAREST = 0.02
"""Below this chance the nearest passage has nothing to do with what was asked."""

SURE = 0.9
"""From this chance on the match stands alone; the others are behind *Next*."""

TOO_LITTLE = 2.5
"""Rarity that the words must have together: “the”, “and so” or “people” alone are said all over an episode."""


@command(
    "Find who said a line, and when",
    examples=("quote people who train need to not have pride", "quote zuck: lol the bit about the kimono"),
    use=Use.LINE,
    reading=Reading("a line you remember", "Find as a quote"),
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
    """Answer with the passage that fits best, and others in a line each, or say that nothing fits."""
    known = ctx.search.weight(words)
    if known is None:
        raise UserError(say("quote.no-words"))
    if known < TOO_LITTLE:
        raise UserError(say("quote.too-little", words=words.strip()))
    scope = await find_scope(ctx.corpus, speaker, episode, show, chapter)
    hits = await ctx.search.find(words, MOST_HITS, scope)
    place = where(ctx.corpus, scope)
    if not hits or hits[0].score < NEAREST:
        again = Button(say("step.other-words"), ctx.lines.to(Use.LINE), field=say("step.your-line"))
        return Reply(say("quote.none", where=place), Outcome.NONE, buttons=(again,))
    if hits[0].score < FOUND:
        lead = say("quote.nearest")
        card = _card(hits[0], Role.NEAREST, room_for(hits[0].passage.citation(), UNSURE, lead))
        return Reply(lead, Outcome.NEAREST, cards=(card,), buttons=_buttons(ctx, hits, 1))
    first, *rest = hits
    near = [] if first.score >= SURE else [hit for hit in rest[:MOST_OTHERS] if hit.score >= NEAR * first.score]
    cards = (_card(first, Role.MATCH, room_for(first.passage.citation(), QUOTE)), *map(_line, near))
    reply = drop_others(Reply("", Outcome.FOUND, cards=cards), QUOTE)
    return dataclasses.replace(reply, buttons=_buttons(ctx, hits, len(reply.cards)))


def _card(hit: Hit, role: Role, most: int) -> Card:
    """Put a hit on a card, of a longer one the clauses with most of what was remembered."""
    quote, part = fit_part(hit.passage, hit.passage.quote(hit.marked, round(hit.score, 3)), most)
    return Card(role, quote=quote, part=part)


def _line(hit: Hit) -> Card:
    """Put the clauses of a hit with most of what was remembered on one line."""
    quote, line = fit_line(hit.passage, hit.passage.quote(hit.marked, round(hit.score, 3)))
    return Card(Role.RUNNER_UP, title=say("quote.also"), quote=quote, line=line)


def _buttons(ctx: Context, hits: list[Hit], shown: int) -> tuple[Button, ...]:
    """Offer the words around the best hit, the hits that are not shown, the source and the recording."""
    best = hits[0].passage
    return (
        more_context(ctx.lines, best.id, 0),
        *others(ctx.lines, [hit.passage.id for hit in hits], 0, shown),
        source(ctx.lines, best.id),
        *listen(best.citation()),
    )
