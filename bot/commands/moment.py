"""`/moment`: what is said at a time of an episode, such as 1:32:00 or minute 45."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Param, Place, Use, command
from bot.contract import Button, Card, Outcome, Reply, Role, clock, listen, more_context
from bot.errors import UserError
from bot.language import read_moment
from bot.policy.texts import say
from bot.search import find_scope, newest_first

if TYPE_CHECKING:
    from bot.corpus import Episode, Passage

__all__ = ["moment"]

SHOWN, MOST = 20.0, 380
"""Seconds from the moment on that are shown, and characters of them at most."""


@command(
    "What is said at a time, such as 1:32:00",
    examples=("moment 1:32:00", "moment minute 45"),
    use=Use.MOMENT,
)
async def moment(
    ctx: Context,
    time: Annotated[str, Param("When: 1:32:00, 45:10, minute 45, or a link with a time")],
    episode: Annotated[str, Param("In this episode: its number or title", place=Place.EPISODE)] = "",
    show: Annotated[str, Param("In this show", place=Place.SHOW)] = "",
) -> Reply:
    """Answer with the sentences said from that time on; of the latest episode where none is named."""
    seconds = read_moment(time)
    if seconds is None:
        raise UserError(say("moment.no-time", time=time.strip()[:40]))
    scope = await find_scope(ctx.corpus, episode=episode, show=show)
    among = range(len(ctx.corpus.entries)) if scope.episodes is None else sorted(scope.episodes)
    return await asyncio.to_thread(_answer, ctx, newest_first(ctx.corpus, among)[0], seconds)


def _answer(ctx: Context, number: int, seconds: float) -> Reply:
    """Lay out what is said in an episode from a time on."""
    entry, episode = ctx.corpus.entries[number], ctx.corpus.episode(number)
    if entry.lasts is None:
        step = Button(say("step.chapters"), ctx.lines.to(Use.LIBRARY, entry.short, show=entry.show.id))
        return Reply(say("moment.no-times", episode=entry.label), Outcome.NONE, buttons=(step,))
    if seconds > max(entry.meta.duration or 0.0, entry.lasts):
        length = clock(entry.meta.duration or entry.lasts)
        return Reply(say("moment.past-end", episode=entry.label, length=length), Outcome.NONE)
    passage = _passage(episode, seconds)
    return Reply(
        "",
        Outcome.FOUND,
        cards=(Card(Role.MATCH, quote=passage.quote()),),
        buttons=(*listen(passage.citation()), more_context(ctx.lines, passage.id, 0)),
    )


def _passage(episode: Episode, seconds: float) -> Passage:
    """Return the sentences that are said from a time on, about as many as are heard in `SHOWN` seconds."""
    known = [(start, place) for place, start in enumerate(episode.sentences.starts) if not math.isnan(start)]
    first = max((each for each in known if each[0] <= seconds), default=known[0])[1]
    last = first
    while last + 1 < len(episode.sentences):
        start = episode.sentences[last + 1].start
        longer = episode.sentences[last + 1].end - episode.sentences[first].begin
        if start is None or start > seconds + SHOWN or longer > MOST or not episode.is_whole(first, last + 1):
            break
        last += 1
    return episode.passage(first, last)
