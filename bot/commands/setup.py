"""`/setup`: the daily quote of a channel, set up step by step: which shows, which time zone, when, and the first post.

Each answer is saved at once, and the next question stands in the reply to it: nothing else is remembered, so anyone who
may change settings can go on, in any process.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from bot.commands.declaration import Context, Param, Use, command
from bot.contract import (
    LONGEST_LINE,
    Button,
    Card,
    Outcome,
    Reply,
    Role,
    day_names,
    find_zone,
    format_moment,
    local_date,
    next_due,
    read_time,
)
from bot.delivery import SWITCHED_ON, next_dates, post_today, save_settings
from bot.errors import UserError
from bot.language import read_table
from bot.policy.texts import listed, say
from bot.search import shows_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.contract import Channel
    from bot.store import ChannelSettings

__all__ = ["setup", "setup_step"]

STEPS = ("shows", "zone", "time", "first")
"""The questions in their order; of one show the first is not asked."""

NOW, LATER = "now", "later"
"""The answers to the last question."""

TIMES = ("08:00", "09:00", "12:00", "17:00")
MOST_ZONES, MOST_SHOWS = 4, 6
"""Time zones and shows that have a button; others are typed."""


@command(
    "Set up the daily quote in a channel, step by step",
    examples=("setup",),
    admin=True,
    private=True,
    use=Use.SETUP,
    always=True,
)
async def setup(
    ctx: Context, channel: Annotated[str, Param("The channel, if not this one", channel=True)] = ""
) -> Reply:
    """Ask the first question for a channel of the asker's own server, once the bot may post there."""
    place = _place(ctx, channel)
    found = await ctx.store.channels.get(place)
    lacking = await ctx.check(place)
    if lacking:
        again = Button(say("setup.try-again"), ctx.lines.to(Use.SETUP, channel=_elsewhere(ctx, place)))
        return Reply(say("setup.closed", where=ctx.where(place), lacking=lacking), Outcome.NONE, buttons=(again,))
    where = ctx.where(place)
    begin = say("setup.begin-again", where=where) if found.daily else say("setup.begin", where=where)
    return await _ask(ctx, found, _steps(ctx)[0], begin)


@command(
    "Answer a question of the setup",
    examples=("setup-step Europe/Berlin step:zone",),
    admin=True,
    private=True,
    hidden=True,
    use=Use.SETUP_STEP,
    always=True,
)
async def setup_step(
    ctx: Context,
    answer: Annotated[str, Param("Your answer")],
    step: Annotated[str, Param("Which question it answers", choices=STEPS)] = "zone",
    channel: Annotated[str, Param("The channel, if not this one", channel=True)] = "",
) -> Reply:
    """Save an answer, and ask the next question."""
    place = _place(ctx, channel)
    await ctx.refuse_closed(place)
    if step == "first":
        return await _start(ctx, place, answer)
    value: Any = answer
    if step == "shows":
        value = shows_named(ctx.corpus, answer)
    elif step == "zone":
        value = find_zone(answer)
    else:
        value = read_time(answer)
    found = await _save(ctx, place, {step: value})
    steps = _steps(ctx)
    return await _ask(ctx, found, steps[steps.index(step) + 1] if step in steps else steps[0], _told(ctx, found, step))


def _place(ctx: Context, channel: str) -> Channel:
    """Return the channel that is set up: the one named, or where this was asked."""
    asked = ctx.request.channel
    return dataclasses.replace(asked, id=channel or asked.id, thread="")


def _elsewhere(ctx: Context, place: Channel) -> str:
    """Return the channel for a line that is pressed here, "" for this one."""
    return "" if place.id == ctx.request.channel.id else place.id


def _steps(ctx: Context) -> Sequence[str]:
    """Return the questions that are asked here."""
    return STEPS if len(ctx.corpus.shows) > 1 else STEPS[1:]


async def _save(ctx: Context, place: Channel, changes: dict[str, Any]) -> ChannelSettings:
    """Write an answer in the asker's name."""
    change = " ".join(("setup", *(f"{name}={value}" for name, value in changes.items())))
    return await save_settings(ctx.store, place, changes, change, by=ctx.request.author.id, now=ctx.now)


def _told(ctx: Context, found: ChannelSettings, step: str) -> str:
    """Say what was saved, and how to change it later."""
    elsewhere = _elsewhere(ctx, found.channel)
    if step == "shows":
        titles = [show.title for show in ctx.corpus.shows if show.id in found.shows]
        line = ctx.lines.to(Use.SETTINGS, shows=found.shows[0] if found.shows else "all", channel=elsewhere)
        return say("setup.shows-saved", shows=listed(titles) if titles else say("setup.all"), line=line)
    if step == "zone":
        line = ctx.lines.to(Use.SETTINGS, zone=found.zone, channel=elsewhere)
        return say("setup.zone-saved", zone=found.zone, line=line)
    line = ctx.lines.to(Use.SETTINGS, time=found.time, channel=elsewhere)
    return say("setup.time-saved", days=day_names(found.days), time=found.time, line=line)


async def _ask(ctx: Context, found: ChannelSettings, step: str, before: str) -> Reply:
    """Ask a question, with its usual answers as buttons."""
    if step == "first":
        return await _preview(ctx, found, before)
    if step == "shows":
        shows = ctx.corpus.shows[:MOST_SHOWS]
        choices = [(say("setup.every-show"), "all"), *((show.title, show.id) for show in shows)]
        typed = say("setup.some-shows")
    elif step == "zone":
        choices, typed = [(zone, zone) for zone in await _zones(ctx, found)], say("setup.other-zone")
    else:
        choices, typed = [(time, time) for time in TIMES], say("setup.other-time")
    buttons = [Button(label, line) for label, answer in choices if (line := _line(ctx, found, step, answer))]
    field = Button(typed, _line(ctx, found, step, ""), field=say("setup.field"))
    return Reply(_lead(ctx, step, before, say(f"setup.ask-{step}")), Outcome.FOUND, buttons=(*buttons, field))


async def _preview(ctx: Context, found: ChannelSettings, before: str) -> Reply:
    """Ask the last question under the first quote as it would be posted."""
    due = next_due(ctx.now, found.time, found.zone, found.days)
    chosen = await ctx.daily.next(found, local_date(ctx.now, found.zone))
    cards: tuple[Card, ...] = ()
    question = say("setup.ask-first")
    if chosen is None:
        question = say("setup.no-quote", why=await ctx.daily.why_none(found))
    else:
        shown = ctx.daily.reply(chosen[0], found.language).cards[0]
        cards = (dataclasses.replace(shown, role=Role.INFO, title=say("setup.first-quote")),)
    buttons = [Button(say("setup.now"), _line(ctx, found, "first", NOW))]
    if due:
        label = say("setup.later", when=format_moment(due[1], found.zone))
        buttons.append(Button(label, _line(ctx, found, "first", LATER)))
    return Reply(_lead(ctx, "first", before, question), Outcome.FOUND, cards=cards, buttons=tuple(buttons))


async def _start(ctx: Context, place: Channel, answer: str) -> Reply:
    """Switch the daily quote on, with its first post now or when it is due."""
    if answer not in {NOW, LATER}:
        raise UserError(say("setup.not-that", line=ctx.lines.to(Use.SETUP)))
    found = await _save(ctx, place, {**SWITCHED_ON})
    key = "waiting"
    if answer == NOW:
        posting = await post_today(ctx.store, found, "setup", by=ctx.request.author.id, now=ctx.now)
        key = "posting" if posting else "out-already"
        found = await ctx.store.channels.get(place)
    settings = ctx.lines.to(Use.SETTINGS, channel=_elsewhere(ctx, place))
    dates = next_dates(found, ctx.now, 1)
    when = format_moment(dates[0][1], found.zone) if dates else say("setup.no-day", line=settings)
    lead = say(f"setup.done-{key}", where=ctx.where(place), when=when)
    see = Button(say("setup.see"), settings)
    return Reply(f"{lead} {say('setup.after', line=settings)}", Outcome.FOUND, buttons=(see,))


def _lead(ctx: Context, step: str, before: str, question: str) -> str:
    """Return what was said before, and the question with its number."""
    steps = _steps(ctx)
    number = say("setup.step", number=steps.index(step) + 1, count=len(steps))
    return f"{before}\n\n{number} {question}"


def _line(ctx: Context, found: ChannelSettings, step: str, answer: str) -> str:
    """Return the line that gives an answer, "" where no button can carry it."""
    line = ctx.lines.to(Use.SETUP_STEP, answer, step=step, channel=_elsewhere(ctx, found.channel))
    return line if len(line) <= LONGEST_LINE else ""


async def _zones(ctx: Context, found: ChannelSettings) -> Sequence[str]:
    """Return the zones that are likely here: the channel's own, its community's, those of the asker's language."""
    known = [found.zone] if found.id is not None else []
    if found.channel.tenant:
        known += [each.zone for each in await ctx.store.channels.of_tenant(found.channel)]
    table, locale = _table(), ctx.request.locale
    language = locale.partition("-")[0]
    usual = [*table.get(locale, ()), *table.get(language, table["en"])]
    likely = [zone for zone in dict.fromkeys((*known, *usual)) if zone != "UTC"]
    return [*likely[: MOST_ZONES - 1], "UTC"]


@lru_cache(maxsize=1)
def _table() -> dict[str, list[str]]:
    """Return the zones by language."""
    return read_table("bot.commands", "zones.toml")
