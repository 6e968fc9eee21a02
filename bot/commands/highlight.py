"""`/highlight`: the quote of the day here, of another day, or one by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Param, Prompt, Use, command
from bot.contract import Button, Outcome, Reply, format_date, local_date, read_date
from bot.errors import UserError
from bot.policy.texts import say
from bot.store import ChannelSettings

if TYPE_CHECKING:
    import datetime as dt

    from bot.highlights import Highlight

__all__ = ["highlight"]


@command(
    "The quote of the day",
    examples=("highlight", "highlight random:yes"),
    private=True,
    use=Use.DAILY,
    always=True,
    prompts=(Prompt("Quote of the day", "What is the quote of the day?"),),
)
async def highlight(
    ctx: Context,
    date: Annotated[str, Param("Of this day, such as yesterday or 2026-11-23")] = "",
    random: Annotated[bool, Param("Any good one, by chance")] = False,  # noqa: FBT002 - an option, given by name
) -> Reply:
    """Answer with the highlight of today, of a date, or one by chance."""
    settings = await _settings(ctx)
    if random:
        found = await ctx.daily.any(ctx.now.isoformat(), settings)
        if found is None:
            raise UserError(say("daily.none", why=await ctx.daily.why_none(settings)))
        return ctx.daily.reply(
            found,
            lead=say("highlight.random"),
            more=(Button(say("buttons.another"), "/highlight random:yes"),),
        )
    today = local_date(ctx.now, settings.zone)
    day = read_date(date, today) if date else today
    posted = await _posted(ctx, day)
    if posted:
        return ctx.daily.reply(posted, settings.language, lead="" if day == today else f"☀ {format_date(day)}")
    if day != today:
        when = say("highlight.not-chosen") if day > today else say("highlight.not-posted")
        return Reply(
            say("highlight.other-day", day=format_date(day), when=when),
            Outcome.NONE,
            buttons=(Button(say("buttons.todays"), "/highlight"),),
        )
    chosen = await ctx.daily.next(settings, day)
    if chosen is None:
        raise UserError(say("daily.none", why=await ctx.daily.why_none(settings)))
    return ctx.daily.reply(chosen[0], settings.language)


async def _settings(ctx: Context) -> ChannelSettings:
    """Return the channel's settings, or the defaults where there is no database."""
    if ctx.kept is None:
        return ChannelSettings(ctx.request.channel)
    return await ctx.kept.channels.get(ctx.request.channel)


async def _posted(ctx: Context, day: dt.date) -> Highlight | None:
    """Return what was posted here on a day."""
    if ctx.kept is None:
        return None
    row = await ctx.kept.posts.of_date(ctx.request.channel, day.isoformat())
    chosen = row.passage_id if row and row.state in {"sent", "sending", "unknown", "held"} else None
    return await ctx.daily.of(chosen) if chosen else None
