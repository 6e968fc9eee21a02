"""`/highlight`: the quote of the day of a community, of another day, or one by chance."""

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
    channel = ctx.request.channel
    own = await ctx.kept.channels.get(channel) if ctx.kept else ChannelSettings(channel)
    if speaker or about:
        return await _wished(ctx, speaker, about, own)
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
