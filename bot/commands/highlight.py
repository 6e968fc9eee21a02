"""`/highlight`: the quote of the day here, of another day, or one by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Param, Place, Prompt, Use, command
from bot.contract import Button, Outcome, Reply, format_date, local_date, read_date
from bot.errors import UserError
from bot.highlights import Highlight
from bot.policy.texts import say
from bot.search import Band, find_scope
from bot.store import ChannelSettings

if TYPE_CHECKING:
    import datetime as dt

    from bot.corpus import Passage
    from bot.search import Answer

__all__ = ["highlight"]

SHORTEST = 50
"""Characters of a sentence that can stand alone as a quote."""


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
    speaker: Annotated[str, Param("One by this person, by chance", place=Place.SPEAKER)] = "",
    about: Annotated[str, Param("One about this")] = "",
) -> Reply:
    """Answer with the highlight of today, of a date, one by chance, by somebody, or about something."""
    settings = await _settings(ctx)
    if speaker or about:
        return await _wished(ctx, speaker, about, settings)
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


async def _wished(ctx: Context, speaker: str, about: str, settings: ChannelSettings) -> Reply:
    """Answer with one quote by somebody, or about something: the sentence that says most on it."""
    scope = await find_scope(ctx.corpus, speaker, show=",".join(settings.shows))
    again = Button(say("buttons.another"), ctx.lines.to(Use.DAILY, random="yes", speaker=speaker))
    if not about:
        found = await ctx.daily.any(ctx.now.isoformat(), settings, scope.speaker or "")
        if found is None:
            raise UserError(say("daily.none", why=await ctx.daily.why_none(settings)))
        return ctx.daily.reply(found, lead=say("highlight.random"), more=(again,))
    answered = await ctx.search.answer(say("highlight.question", about=about), 1, scope)
    if answered.band is Band.DECLINED or not answered.hits:
        step = Button(say("buttons.another"), ctx.lines.to(Use.DAILY, random="yes"))
        return Reply(say("highlight.none-about", about=about), Outcome.NONE, buttons=(step,))
    hit = answered.hits[0]
    return ctx.daily.reply(Highlight(_sentence(hit), hit.score, "", curated=False), lead=say("highlight.random"))


def _sentence(hit: Answer) -> Passage:
    """Return the sentence of a passage that answers, with the one before it where it is too short to stand alone."""
    passage, (begin, _) = hit.passage, hit.sentence
    sentences = passage.episode.sentences
    number = next(n for n in range(passage.last, passage.first - 1, -1) if sentences[n].begin - passage.begin <= begin)
    alone = sentences[number].end - sentences[number].begin >= SHORTEST
    return passage.episode.passage(number if alone else max(passage.first, number - 1), number)


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
