"""`/highlight`: the quote of the day of a community, of another day, or one by chance."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Param, Place, Prompt, Use, command
from bot.contract import Button, Outcome, Reply, format_date, local_date, read_date
from bot.errors import UserError
from bot.highlights import Highlight
from bot.language import stop_words
from bot.policy.texts import say
from bot.search import Band, find_scope, marked_sentence, sentences_of, stand_alone
from bot.store import ChannelSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.corpus import Passage
    from bot.search import Scope

__all__ = ["highlight"]

SHORTEST, LONGEST = 50, 380
"""Characters of what can stand alone as a quote."""

LOOKED_AT = 12
"""Passages among which a quote about something is looked for, by meaning and by words."""


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
    passage = await _about(ctx, about, scope)
    if passage is None:
        step = Button(say("buttons.another"), ctx.lines.to(Use.DAILY, random="yes"))
        return Reply(say("highlight.none-about", about=about), Outcome.NONE, buttons=(step,))
    return ctx.daily.reply(Highlight(passage, 0.0, "", curated=False), lead=say("highlight.random"))


async def _about(ctx: Context, about: str, scope: Scope) -> Passage | None:
    """Return the best of the sentences about something that stand alone: one that says it, or is of its chapter."""
    answered = await ctx.search.answer(say("highlight.question", about=about), LOOKED_AT, scope)
    said = await ctx.search.find(about, LOOKED_AT, scope)
    hits = answered.hits if answered.band is not Band.DECLINED else ()
    answering, holding = await asyncio.to_thread(
        lambda: (
            _quotes(sentences_of(hit.passage, hit.sentence) for hit in hits),
            _quotes(marked_sentence(hit.passage, hit.marked) for hit in said),
        ),
    )
    saying = (each for each in (*answering, *holding) if _says_all(ctx, about, each.text))
    near = (each for each in answering if each.chapter and _says_all(ctx, about, each.chapter.title))
    return next(saying, None) or next(near, None)


def _quotes(sentences: Iterable[Passage]) -> list[Passage]:
    """Return those sentences that can be quoted, each with what it needs to be understood."""
    found = (stand_alone(each.episode, each.first, each.last, LONGEST) for each in sentences)
    return [each for each in found if SHORTEST <= len(each.text) <= LONGEST]


def _says_all(ctx: Context, about: str, text: str) -> bool:
    """Say whether a text has every telling word of something, in any of its forms."""
    telling = [word for word in about.split() if word.casefold() not in stop_words("commonest", "function")]
    return all(ctx.search.alike(word, text) for word in telling) if telling else False
