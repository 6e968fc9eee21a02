"""Changing what a channel gets, with the coming post that this leads to."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from bot.contract import local_date, next_due
from bot.errors import UserError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.contract import Channel
    from bot.store import ChannelSettings, Store

__all__ = ["SWITCHED_ON", "next_dates", "post_today", "save_settings"]

MOST_TRIES = 5
"""Tries to save settings that others change at the same time."""

SWITCHED_ON: Mapping[str, Any] = {"daily": True, "paused": False, "skip_date": None, "disabled": "", "refusals": 0}
"""The settings of a channel whose daily quote was just switched on."""


async def save_settings(  # noqa: PLR0913 - what is changed where, by whom and when
    store: Store,
    place: Channel,
    changes: Mapping[str, Any],
    change: str,
    *,
    by: str,
    now: dt.datetime,
    posted: dt.datetime | None = None,
) -> ChannelSettings:
    """Write changed settings with the coming date they lead to, which is no date that had its post.

    `change` says it in a few words, for the audit; `by` is a member's id. `posted` is when a post is about to be sent.
    A date that is due and not planned yet stays: delivery has it by then. UserError when others keep changing them too.
    """
    for _ in range(MOST_TRIES):
        was = await store.channels.get(place)
        changed = dataclasses.replace(was, **changes)
        if was.disabled and not changed.disabled and was.episodes_since is not None and changed.episodes_since:
            # Episodes that came while nothing could be announced are not announced later.
            changed = dataclasses.replace(changed, episodes_since=now.timestamp())
        due = was.daily and not was.disabled and was.next_at is not None and was.next_at <= now.timestamp()
        if not (due and changed.daily and posted is None):
            changed = await _plan(store, changed, now, posted)
        saved = await store.channels.save(changed, by, change, now.timestamp())
        if saved is not None:
            return saved
    raise UserError(say("settings.busy"))


async def _plan(
    store: Store, changed: ChannelSettings, now: dt.datetime, posted: dt.datetime | None
) -> ChannelSettings:
    """Return settings with the next date and moment they lead to."""
    recent = await store.posts.recent(changed.channel, 1)
    beyond = dt.date.fromisoformat(recent[0].local_date) if recent else None
    sent = recent[0].sent_at if recent else None
    last = posted or (dt.datetime.fromtimestamp(sent, dt.UTC) if sent else None)
    found = next_due(now, changed.time, changed.zone, changed.days, beyond=beyond, last=last)
    next_date, next_at = (found[0].isoformat(), found[1].timestamp()) if found and changed.daily else (None, None)
    return dataclasses.replace(changed, next_date=next_date, next_at=next_at)


async def post_today(store: Store, found: ChannelSettings, change: str, *, by: str, now: dt.datetime) -> bool:
    """Plan today's post of a channel for this moment; False when today has one that stands, or is on its way.

    `change` and `by` are as for `save_settings`.
    """
    if found.id is None:
        found = await save_settings(store, found.channel, {}, change, by=by, now=now)
    today = local_date(now, found.zone).isoformat()
    if not await store.posts.request_now(found, today, now.timestamp()):
        return False
    await save_settings(store, found.channel, {}, change, by=by, now=now, posted=now)
    return True


def next_dates(found: ChannelSettings, now: dt.datetime, count: int) -> list[tuple[dt.date, dt.datetime]]:
    """Return a channel's coming dates and moments, as planned."""
    if not found.daily or found.next_date is None or found.next_at is None:
        return []
    dates = [(dt.date.fromisoformat(found.next_date), dt.datetime.fromtimestamp(found.next_at, dt.UTC))]
    while len(dates) < count:
        day, moment = dates[-1]
        following = next_due(max(moment, now), found.time, found.zone, found.days, beyond=day)
        if following is None:
            break
        dates.append(following)
    return dates
