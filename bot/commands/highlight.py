"""`/highlight`: the quote of the day of a community, of another day, or one by chance."""

from __future__ import annotations

from typing import Annotated

from bot.commands.declaration import Context, Param, Prompt, Use, command
from bot.contract import Button, Outcome, Reply, format_date, local_date, read_date
from bot.errors import UserError
from bot.policy.texts import say
from bot.store import ChannelSettings

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
    channel = ctx.request.channel
    own = await ctx.kept.channels.get(channel) if ctx.kept else ChannelSettings(channel)
    if random:
        found = await ctx.daily.any(ctx.now.isoformat(), own)
        if found is None:
            raise UserError(say("daily.none", why=await ctx.daily.why_none(own)))
        return ctx.daily.reply(
            found,
            lead=say("highlight.random"),
            more=(Button(say("buttons.another"), ctx.lines.to(Use.DAILY, random="yes")),),
        )
    settings = await ctx.daily.community(channel)
    today = local_date(ctx.now, settings.zone)
    day = read_date(date, today) if date else today
    found = await ctx.daily.of_day(settings, day, today)
    if found is not None and own.shows and found.passage.episode.show.id not in own.shows:
        found = await ctx.daily.of_date(day, own.shows)
    if found is not None:
        language = settings.language if own.id is None else own.language
        return ctx.daily.reply(found, language, lead="" if day == today else f"☀ {format_date(day)}")
    if day == today:
        raise UserError(say("daily.none", why=await ctx.daily.why_none(settings)))
    return Reply(
        say(f"highlight.not-{'chosen' if day > today else 'posted'}", day=format_date(day)),
        Outcome.NONE,
        buttons=(Button(say("buttons.todays"), ctx.lines.to(Use.DAILY)),),
    )
