"""`/settings`: what an admin sets for a channel: what is posted there, which shows are served, where I answer."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from bot.commands.declaration import Context, Param, Place, Use, command
from bot.contract import (
    Button,
    Card,
    Channel,
    Outcome,
    Reply,
    Role,
    day_names,
    find_zone,
    format_day,
    format_moment,
    local_date,
    read_days,
    read_time,
    thaw,
    zones,
)
from bot.delivery import SWITCHED_ON, language_named, next_dates, post_today, save_settings
from bot.errors import UserError
from bot.feeds import feed_statuses, status_lines
from bot.policy.texts import languages, say
from bot.search import shows_named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.store import ChannelSettings, PostRow

__all__ = ["settings"]

WORK = (
    "daily on",
    "daily off",
    "preview",
    "post now",
    "skip today",
    "pause",
    "resume",
    "status",
    "queue",
    "episodes on",
    "episodes off",
    "approve",
    "pin",
    "drop",
)
MOST_FEEDS = 5
"""Followed feeds of which it is told how they stand."""

SHOWN = 3
"""Coming dates and highlights shown."""

_SWITCHES: dict[str, dict[str, Any]] = {
    "daily on": {**SWITCHED_ON},
    "daily off": {"daily": False},
    "pause": {"paused": True},
    "resume": {"paused": False, "skip_date": None, "disabled": "", "refusals": 0},
    "episodes on": {"disabled": "", "refusals": 0},
    "episodes off": {"episodes_since": None},
}
_CANCELLED = ("daily off", "pause", "episodes off")
_MARKS = {"approve": "approved", "pin": "pinned", "drop": "dropped"}


def _zones(_ctx: Context, typed: str) -> Sequence[str]:
    return [zone for zone in zones() if typed in zone.casefold()]


def _languages(_ctx: Context, typed: str) -> Sequence[str]:
    names = {code: say("language.name", code) for code in languages()}
    return [name for code, name in names.items() if typed in f"{name} {code}".casefold()]


@command(
    "Set what is posted and served in a channel",
    examples=("settings", "settings daily on time:09:00 zone:Europe/Berlin", "settings status"),
    admin=True,
    private=True,
    use=Use.SETTINGS,
    always=True,
)
async def settings(  # noqa: PLR0913, PLR0917 - one option for each thing that can be set
    ctx: Context,
    do: Annotated[str, Param("What to do; left out, the settings are shown or changed", choices=WORK)] = "",
    channel: Annotated[str, Param("The channel, if not this one", channel=True)] = "",
    time: Annotated[str, Param("Time of the daily quote, such as 09:00")] = "",
    zone: Annotated[str, Param("Time zone, such as Europe/Berlin", complete=_zones)] = "",
    days: Annotated[str, Param("Days of the week: daily, weekdays, or mon,wed,fri")] = "",
    shows: Annotated[str, Param("Shows served here, separated by commas, or all", place=Place.SHOW)] = "",
    answers: Annotated[str, Param("Whether I answer here", choices=("mentions", "off"))] = "",
    thread: Annotated[bool | None, Param("Open a thread with a question under each daily quote")] = None,
    language: Annotated[str, Param("Language of my words around what I post", complete=_languages)] = "",
    approve: Annotated[bool | None, Param("Let an admin approve each new episode before I announce it")] = None,
    id: Annotated[str, Param("The quote or announcement to approve, pin or drop")] = "",  # noqa: A002 - what buttons call it
) -> Reply:
    """Do what is asked for one channel of the asker's own server, and say what is set."""
    asked = ctx.request.channel
    place = dataclasses.replace(asked, id=channel or asked.id, thread="")
    if channel:
        await ctx.refuse_closed(place)
    found = await ctx.store.channels.get(place)
    given = {
        "time": time,
        "zone": zone,
        "days": days,
        "shows": shows,
        "answers": answers,
        "thread": thread,
        "language": language,
        "approve": approve,
    }
    changes = {name: _read(ctx, name, value) for name, value in given.items() if value not in {"", None}}
    if changes and (do in _MARKS or do in _VIEWS):
        raise UserError(say("settings.alone", do=do, changes=", ".join(f"{name}:" for name in changes)))
    announced = await ctx.store.posts.announcement(place, id.casefold()) if id else None
    if announced is not None and do in _ANNOUNCEMENT:
        return await _ANNOUNCEMENT[do](ctx, announced)
    if do == "preview" and id:
        raise UserError(say("settings.no-announcement", id=id))
    if do in _MARKS:
        return await _mark(ctx, found, do, id)
    if do in _VIEWS:
        return await _VIEWS[do](ctx, found)
    switches = _switched(do, found, ctx.now.timestamp())
    if do in {"daily on", "episodes on"}:
        await ctx.refuse_closed(place)
    if not switches and not changes:
        return await _overview(ctx, found, "")
    saved = await _save(ctx, place, {**switches, **changes}, _summary(do, changes))
    if do in _CANCELLED:
        why = say("settings.paused-by") if do == "pause" else say("settings.switched-off")
        await ctx.store.posts.cancel(saved, why, announcements=do == "episodes off")
    return await _overview(ctx, saved, say("settings.saved"))


def _switched(do: str, found: ChannelSettings, now: float) -> dict[str, Any]:
    """Return what a switch sets; episodes that came before a channel wished for them are not announced."""
    values = dict(_SWITCHES.get(do, {}))
    return values | ({"episodes_since": now} if do == "episodes on" and found.episodes_since is None else {})


def _read(ctx: Context, name: str, value: Any) -> Any:
    """Return an option as its setting, read and checked."""
    if name == "shows":
        return shows_named(ctx.corpus, value)
    readers: dict[str, Callable[[str], str]] = {
        "time": read_time,
        "zone": find_zone,
        "days": read_days,
        "language": language_named,
    }
    return readers[name](value) if name in readers else value


async def _save(ctx: Context, place: Channel, changes: Mapping[str, Any], change: str) -> ChannelSettings:
    """Write changed settings in the asker's name."""
    return await save_settings(ctx.store, place, changes, change, by=ctx.request.author.id, now=ctx.now)


def _summary(do: str, changes: Mapping[str, object]) -> str:
    """Return a change in a few words, for the audit."""
    return " ".join(part for part in (do, *(f"{name}={value}" for name, value in changes.items())) if part)


async def _overview(ctx: Context, found: ChannelSettings, before: str) -> Reply:
    """Say what is set for a channel; when the daily quote is on, with the next dates and a preview."""
    where = ctx.where(found.channel)
    options = _option(ctx, found.channel)
    rows = await ctx.store.posts.announcements(found.channel)
    announced = _announced(ctx, found)
    fields = [
        (say("settings.episodes"), _announcing(found)),
        (say("settings.shows"), ", ".join(found.shows) if found.shows else say("settings.all-shows")),
        (
            say("settings.answers"),
            say("settings.answers-off") if found.answers == "off" else say("settings.answers-on"),
        ),
        (say("settings.thread"), say("settings.yes") if found.thread else say("settings.no")),
        (
            say("settings.language"),
            say("language.name", found.language) if found.language in languages() else found.language,
        ),
    ]
    if not found.daily:
        lead = " ".join(filter(None, (before, announced, say("settings.off", where=where))))
        buttons: tuple[Button, ...] = (
            *_to_see(rows, options),
            Button(say("buttons.quote-on"), f"/settings daily on{options}"),
            _episodes_button(found, options),
        )
        return Reply(
            lead,
            Outcome.FOUND,
            cards=(Card(Role.INFO, title=say("settings.title"), fields=tuple(fields)),),
            buttons=buttons,
        )
    lead = say(
        "settings.on",
        channel=ctx.where(found.channel, "it"),
        days=day_names(found.days),
        time=found.time,
        zone=found.zone,
    )
    dates = next_dates(found, ctx.now, SHOWN)
    also = ""
    if found.disabled:
        also = say("settings.disabled", reason=found.disabled)
    elif found.paused:
        also = say("settings.paused")
    elif found.skip_date and dates and found.skip_date == dates[0][0].isoformat():
        also = say("settings.skipped")
    coming = "; ".join(format_moment(moment, found.zone) for _, moment in dates) or say("settings.no-day")
    fields.insert(0, (say("settings.next"), coming))
    cards = [Card(Role.INFO, title=say("settings.title"), fields=tuple(fields))]
    chosen = await ctx.daily.next(found, dates[0][0]) if dates else None
    if chosen:
        preview = ctx.daily.reply(chosen[0]).cards[0]
        cards.append(dataclasses.replace(preview, role=Role.INFO, title=say("settings.preview")))
    elif dates:
        also = " ".join(filter(None, (also, say("daily.none", why=await ctx.daily.why_none(found)))))
    buttons = (
        *_to_see(rows, options),
        Button(say("buttons.post-now"), f"/settings post now{options}"),
        Button(say("buttons.work-queue"), f"/settings queue{options}"),
        Button(say("buttons.quote-off"), f"/settings daily off{options}"),
        _episodes_button(found, options),
    )
    lead = " ".join(part for part in (before, lead, also, announced) if part)
    return Reply(lead, Outcome.FOUND, cards=tuple(cards), buttons=buttons)


def _announced(ctx: Context, found: ChannelSettings) -> str:
    """Return a sentence on the announcements in a channel, "" where there are none."""
    if found.episodes_since is None or found.disabled:
        return ""
    told = say("settings.announced", channel=ctx.where(found.channel, "it"))
    return f"{told} {say('settings.approved-first')}" if found.approve else told


def _announcing(found: ChannelSettings) -> str:
    """Say whether new episodes are announced in a channel."""
    if found.episodes_since is None:
        return say("settings.no")
    if found.disabled:
        return say("settings.disabled-episodes", reason=found.disabled.rstrip("."))
    return say("settings.yes-approved") if found.approve else say("settings.yes")


def _episodes_button(found: ChannelSettings, options: str) -> Button:
    """Offer to announce new episodes in a channel, or not to."""
    word = "on" if found.episodes_since is None or found.disabled else "off"
    return Button(say(f"buttons.work-episodes-{word}"), f"/settings episodes {word}{options}")


def _to_see(rows: Sequence[PostRow], options: str) -> tuple[Button, ...]:
    """Offer to look at the latest announcement that waits for approval."""
    return tuple(
        Button(say("buttons.see-announcement"), f"/settings preview id:{row.code}{options}")
        for row in rows
        if row.waits
    )[:1]


async def _preview(ctx: Context, found: ChannelSettings) -> Reply:
    """Show the next post as it would look."""
    dates = next_dates(found, ctx.now, 1)
    day = dates[0][0] if dates else local_date(ctx.now, found.zone)
    chosen = await ctx.daily.next(found, day)
    if chosen is None:
        raise UserError(say("daily.none", why=await ctx.daily.why_none(found)))
    when = say("settings.due", when=format_moment(dates[0][1], found.zone)) if dates else say("settings.would-be")
    reply = ctx.daily.reply(chosen[0], found.language)
    return dataclasses.replace(reply, lead=f"{when}\n\n{reply.lead}")


async def _post_now(ctx: Context, found: ChannelSettings) -> Reply:
    """Plan today's post for this moment."""
    await ctx.refuse_closed(found.channel)
    where = ctx.where(found.channel)
    if not await post_today(ctx.store, found, "post now", by=ctx.request.author.id, now=ctx.now):
        row = await ctx.store.posts.of_date(found.channel, local_date(ctx.now, found.zone).isoformat())
        if row is not None and row.state == "sent":
            return Reply(say("settings.out-already", where=where), Outcome.NONE)
        state = _state(row, found.zone) if row else say("settings.planning")
        return Reply(say("settings.no-second", where=where, state=state), Outcome.NONE)
    return Reply(say("settings.posting", where=where), Outcome.FOUND)


async def _skip(ctx: Context, found: ChannelSettings) -> Reply:
    """Leave out today's post, if it is still to come."""
    today = local_date(ctx.now, found.zone).isoformat()
    row = await ctx.store.posts.of_date(found.channel, today)
    waits = row is not None and row.state == "pending"
    if not waits and (not found.daily or found.next_date != today):
        dates = next_dates(found, ctx.now, 1)
        then = (
            say("settings.next-due", when=format_moment(dates[0][1], found.zone)) if dates else say("settings.is-off")
        )
        return Reply(say("settings.none-to-skip", then=then), Outcome.NONE)
    saved = await _save(ctx, found.channel, {"skip_date": today}, "skip today")
    await ctx.store.posts.cancel(saved, say("settings.left-out-by"))
    later = [moment for day, moment in next_dates(saved, ctx.now, 2) if day.isoformat() != today]
    then = say("settings.next-due", when=format_moment(later[0], found.zone)) if later else ""
    return Reply(f"{say('settings.left-out', where=ctx.where(found.channel))} {then}".rstrip(), Outcome.FOUND)


async def _status(ctx: Context, found: ChannelSettings) -> Reply:
    """Show the last deliveries, each with its state and the reason."""
    rows = await ctx.store.posts.recent(found.channel)
    shown = await _overview(ctx, found, "")
    fields = tuple((row.local_date, _state(row, found.zone)) for row in rows)
    card = Card(
        Role.INFO,
        title=say("settings.deliveries"),
        fields=fields or ((say("settings.no-deliveries"), say("settings.nothing-due")),),
    )
    announced = await ctx.store.posts.announcements(found.channel)
    names = tuple((ctx.daily.announcements.name(row.episode or ""), _state(row, found.zone)) for row in announced)
    also = (Card(Role.INFO, title=say("settings.announcements"), fields=names),) if names else ()
    feeds = await asyncio.to_thread(_feeds, ctx, found)
    followed = (Card(Role.INFO, title=say("settings.feeds"), fields=feeds),) if feeds else ()
    return dataclasses.replace(shown, cards=(card, *also, *followed, *shown.cards[:1]))


def _feeds(ctx: Context, found: ChannelSettings) -> tuple[tuple[str, str], ...]:
    """Return how it stands with the feeds of the shows that a channel serves; why a look failed is the operator's."""
    served = [
        dataclasses.replace(each, error=say("settings.feed-failed") if each.error else "")
        for each in feed_statuses(ctx.corpus.folder)
        if (not found.shows or each.show in found.shows) and not each.withdrawn
    ]
    rows = [(each.show, "; ".join(status_lines(each, ctx.now.timestamp()))) for each in served[:MOST_FEEDS]]
    more = len(served) - len(rows)
    return (*rows, *([("…", say("settings.feeds-more", count=more))] if more else []))


def _state(row: PostRow, zone: str) -> str:
    """Return how a delivery stands, in words."""
    if row.waits:
        return say("settings.state-waits")
    if row.state == "sent" and row.sent_at is not None:
        return say("settings.posted-at", when=format_moment(dt.datetime.fromtimestamp(row.sent_at, dt.UTC), zone))
    state = say(f"settings.state-{row.state}")
    return f"{state}: {row.reason}" if row.reason else state


async def _queue(ctx: Context, found: ChannelSettings) -> Reply:
    """Show the coming highlights with what an admin can do about each."""
    today = local_date(ctx.now, found.zone)
    dates = [day for day, _ in next_dates(found, ctx.now, SHOWN)] or [
        today + dt.timedelta(days=n) for n in range(SHOWN)
    ]
    chosen = await ctx.daily.coming(found, dates)
    marks = await ctx.store.channels.marks(found)
    option = _option(ctx, found.channel)
    cards, buttons = [], []
    for number, (highlight, _) in enumerate(chosen, 1):
        mark = marks.get(highlight.id)
        title = f"{number}. {format_day(dates[number - 1])}"
        card = ctx.daily.reply(highlight).cards[0]
        cards.append(
            dataclasses.replace(
                card, role=Role.INFO, title=f"{title} · {say(f'settings.mark-{mark}')}" if mark else title
            )
        )
        buttons += [
            Button(say(f"settings.button-{word}", number=number), f"/settings {word} id:{highlight.id}{option}")
            for word in _MARKS
        ]
    if not cards:
        raise UserError(say("daily.none", why=await ctx.daily.why_none(found)))
    lead = say("settings.coming", where=ctx.where(found.channel))
    return Reply(lead, Outcome.FOUND, cards=tuple(cards), buttons=tuple(buttons))


async def _mark(ctx: Context, found: ChannelSettings, do: str, passage_id: str) -> Reply:
    """Note an admin's word on one coming highlight."""
    if not passage_id or not await ctx.daily.stands(passage_id):
        raise UserError(say("settings.needs-id", do=do))
    now, author = ctx.now.timestamp(), ctx.request.author.id
    if found.id is None:
        found = await _save(ctx, found.channel, {}, f"{do} {passage_id}")
    if do != "drop" and passage_id in await ctx.store.posts.used_passages(found.channel, found.cycle):
        return Reply(say("settings.posted-already"), Outcome.NONE)
    await ctx.store.channels.mark(found, passage_id, _MARKS[do], author, now)
    queue = Button(say("buttons.work-queue"), f"/settings queue{_option(ctx, found.channel)}")
    return Reply(say(f"settings.done-{do}"), Outcome.FOUND, buttons=(queue,))


async def _see(ctx: Context, row: PostRow) -> Reply:
    """Show an announcement as it is, or will be, posted, how it stands, and what to do about it while it waits."""
    state = _state(row, row.settings.zone)
    told = say("settings.announcement", where=ctx.where(row.settings.channel), state=state)
    if row.payload is None:
        return Reply(told, Outcome.NONE)
    reply = thaw(row.payload)
    line = f"id:{row.code}{_option(ctx, row.settings.channel)}"
    post = Button(say("buttons.post-it"), f"/settings approve {line}")
    leave_out = Button(say("buttons.leave-out"), f"/settings drop {line}")
    buttons = (*((post, leave_out) if row.waits else ()), *reply.buttons)
    return dataclasses.replace(reply, lead=f"{told}\n\n{reply.lead}", buttons=buttons)


async def _approve(ctx: Context, row: PostRow) -> Reply:
    """Let an announcement go that waits for that, or did not go out."""
    if not await ctx.store.posts.approve(row, ctx.now.timestamp()):
        return await _see(ctx, await _anew(ctx, row))
    await _note(ctx, row, "approve")
    return Reply(say("settings.announcing", where=ctx.where(row.settings.channel)), Outcome.FOUND)


async def _leave_out(ctx: Context, row: PostRow) -> Reply:
    """Leave out an announcement that was not sent."""
    if not await ctx.store.posts.drop(row, say("settings.dropped-by")):
        return await _see(ctx, await _anew(ctx, row))
    await _note(ctx, row, "drop")
    return Reply(say("settings.left-out-episode", where=ctx.where(row.settings.channel)), Outcome.FOUND)


async def _note(ctx: Context, row: PostRow, do: str) -> None:
    """Write in the audit what an admin did about an announcement."""
    member, now = ctx.request.author.id, ctx.now.timestamp()
    await ctx.store.channels.note(row.settings.channel, member, f"{do} {row.episode}", now)


async def _anew(ctx: Context, row: PostRow) -> PostRow:
    """Return an announcement as it is by now: past what was asked for."""
    return await ctx.store.posts.announcement(row.settings.channel, row.code) or row


def _option(ctx: Context, channel: Channel) -> str:
    """Return the option that names the channel in a button's line, "" for this one."""
    return "" if channel.id == ctx.request.channel.id else f" channel:{channel.id}"


_ANNOUNCEMENT = {"preview": _see, "approve": _approve, "drop": _leave_out}
_VIEWS = {
    "status": _status,
    "queue": _queue,
    "preview": _preview,
    "post now": _post_now,
    "skip today": _skip,
}
