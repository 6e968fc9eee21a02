"""`/highlight-score`: for an operator, how good any span of a transcript is as a quote of the day, and why."""

from __future__ import annotations

import asyncio
from typing import Annotated

from bot.commands.declaration import Context, Param, Place, command
from bot.contract import Card, Outcome, Reply, Role, Span
from bot.errors import UserError
from bot.highlights import Judged, judge, read
from bot.policy.texts import say
from bot.search import find_scope

__all__ = ["highlight_score"]

MOST_CHARACTERS = 5_000
"""Characters that can be judged at once; a highlight has 400."""

_SHOWN = 500
"""Characters of the span that the reply repeats."""


@command(
    "How good a span of a transcript is as a quote of the day",
    examples=("highlight-score 383 start:12034 end:12290",),
    admin=True,
    private=True,
    hidden=True,
)
async def highlight_score(
    ctx: Context,
    episode: Annotated[str, Param("The episode's number or title", place=Place.EPISODE)],
    start: Annotated[int, Param("First character in source.txt, counted from 0")],
    end: Annotated[int, Param("The character after the last one")],
) -> Reply:
    """Answer with the score in 0..1, the reasons, and the edition's words there."""
    numbers = (await find_scope(ctx.corpus, episode=episode)).episodes or frozenset(range(len(ctx.corpus.entries)))
    if len(numbers) > 1:
        titles = ", ".join(ctx.corpus.entries[number].id for number in sorted(numbers)[:3])
        raise UserError(say("highlight-score.several", episode=episode, titles=titles))
    number = min(numbers)
    last = (await asyncio.to_thread(ctx.corpus.episode, number)).tokens.source_ends[-1]
    if not 0 <= start < end:
        raise UserError(say("highlight-score.no-span", start=start, end=end))
    if start >= last or end > last + 1:
        raise UserError(say("highlight-score.past-end", last=last, start=start, end=end))
    if end - start > MOST_CHARACTERS:
        raise UserError(say("highlight-score.too-long", count=end - start, most=MOST_CHARACTERS))
    found = await asyncio.to_thread(_judge, ctx, number, start, end)
    text = found.text.replace("\n", " ")
    shown = text if len(text) <= _SHOWN else text[:_SHOWN].rsplit(None, 1)[0] + " …"
    card = Card(
        Role.INFO,
        title=say("highlight-score.judged", score=found.score, reasons=", ".join(found.reasons)),
        body=(Span(shown),) if shown else (),
        score=found.score,
    )
    return Reply("", Outcome.FOUND, cards=(card,))


def _judge(ctx: Context, number: int, start: int, end: int) -> Judged:
    """Read the episode and judge the span."""
    return judge(read(ctx.corpus, number), start, end)
