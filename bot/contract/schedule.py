"""When a daily post is due: local dates, zones and the days when clocks are moved. Pure functions of their arguments.

Zones come from the `tzdata` package that ships with the bot, so two machines agree. A time that a clock skips is due at
the first instant after the gap; a time that comes twice is due the first time; the key of a post is the local date as
configured, whatever date that instant has.
"""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import re
from importlib import resources
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.policy.texts import listed, say

__all__ = [
    "EVERY_DAY",
    "day_names",
    "due_at",
    "find_zone",
    "format_date",
    "format_day",
    "format_moment",
    "local_date",
    "next_due",
    "read_date",
    "read_days",
    "read_moment",
    "read_time",
    "zones",
]

EVERY_DAY = "1111111"
"""Days of the week as seven flags, Monday first."""

SMALLEST_GAP = 12 * 3600.0
"""Seconds between two daily posts of one channel, whatever is changed in between."""

FURTHEST = 400
"""Days looked ahead for a next post; a week always has one, unless a date does not exist in the zone."""

FIRST_YEAR, LAST_YEAR = 1970, 9000
"""Years of a moment that can be given: within them every date has dates around it."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_WORDS = {
    "daily": EVERY_DAY,
    "every day": EVERY_DAY,
    "everyday": EVERY_DAY,
    "all": EVERY_DAY,
    "weekdays": "1111100",
    "workdays": "1111100",
    "weekends": "0000011",
    "weekend": "0000011",
}
_DAY_NAMES = {EVERY_DAY: "every-day", "1111100": "weekdays", "0000011": "weekends", "0000000": "none"}
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?", re.IGNORECASE)
# What people write for a zone that is no zone's name: an abbreviation, which several zones share.
_ABBREVIATIONS = {
    "est": "America/New_York",
    "edt": "America/New_York",
    "et": "America/New_York",
    "cst": "America/Chicago",
    "cdt": "America/Chicago",
    "mst": "America/Denver",
    "mdt": "America/Denver",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "pt": "America/Los_Angeles",
    "bst": "Europe/London",
    "gmt": "Europe/London",
    "cet": "Europe/Berlin",
    "cest": "Europe/Berlin",
    "ist": "Asia/Kolkata",
    "jst": "Asia/Tokyo",
    "aest": "Australia/Sydney",
    "aedt": "Australia/Sydney",
    "z": "UTC",
    "zulu": "UTC",
}


@functools.cache
def zones() -> tuple[str, ...]:
    """Return the names of all zones, in the order of the alphabet."""
    listed = (resources.files("tzdata") / "zones").read_text("utf-8")
    return tuple(sorted(listed.split()))


@functools.lru_cache(maxsize=1024)
def _load(name: str) -> ZoneInfo:
    place = resources.files("tzdata") / "zoneinfo"
    for part in name.split("/"):
        place = place / part
    try:
        with place.open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except OSError:
        raise UserError(say("schedule.zone-gone", zone=name)) from None


def find_zone(text: str) -> str:
    """Return the zone's name as the tz database spells it, or raise a UserError that offers the nearest."""
    wanted = "_".join(text.strip().split())
    known = {name.casefold(): name for name in zones() if name != "Factory" and not name.startswith("Etc/")}
    abbreviated = _ABBREVIATIONS.get(wanted.casefold())
    if wanted.casefold() in known and not abbreviated:
        return known[wanted.casefold()]
    cities = {name.rsplit("/", 1)[-1].casefold(): name for name in zones() if "/" in name and "Etc/" not in name}
    near = [abbreviated] if abbreviated else []
    if not near and wanted.casefold() in cities:
        near = [cities[wanted.casefold()]]
    for spellings in (known, cities):
        if not near and wanted:
            near = [
                spellings[match] for match in difflib.get_close_matches(wanted.casefold(), spellings, n=2, cutoff=0.7)
            ]
    hint = say("hint.did-you-mean", names=listed(near, "or")) if near else say("schedule.zone-form")
    raise UserError(say("schedule.no-zone", name=text.strip()[:40], hint=hint))


def read_time(text: str) -> str:
    """Return a time of day as HH:MM, or raise a UserError; 9, 9:30, 21.15 and 9 pm are understood."""
    match = _TIME.fullmatch(text.strip())
    if match:
        hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").casefold()
        if half:
            hour = hour % 12 + (12 if half == "pm" else 0) if 1 <= hour <= 12 else 99  # noqa: PLR2004 - a clock's face
        if hour < 24 and minute < 60:  # noqa: PLR2004 - a day's hours and an hour's minutes
            return f"{hour:02}:{minute:02}"
    raise UserError(say("schedule.no-time", text=text.strip()[:20]))


def read_days(text: str) -> str:
    """Return days of the week as seven flags, or raise a UserError; `mon,wed`, `mon-fri`, `weekdays` are understood."""
    words = " ".join(text.casefold().split())
    if words in _DAY_WORDS:
        return _DAY_WORDS[words]
    wanted: set[int] = set()
    for part in re.split(r"[,\s]+", words.replace(" - ", "-")):
        first, _, last = part.partition("-")
        begin, end = _day(first), _day(last or first)
        if begin is None or end is None:
            raise UserError(say("schedule.no-days", text=text.strip()[:40]))
        wanted.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return "".join("1" if day in wanted else "0" for day in range(7))


def day_names(days: str) -> str:
    """Return seven flags in plain words: every day, on weekdays, on Mon, Wed and Fri."""
    if days in _DAY_NAMES:
        return say(f"schedule.on-{_DAY_NAMES[days]}")
    names = [say(f"schedule.day-{name}") for name, flag in zip(_DAYS, days, strict=True) if flag == "1"]
    return say("schedule.on", days=listed(names))


def _day(word: str) -> int | None:
    return next((place for place, day in enumerate(_DAYS) if len(word) > 1 and word.startswith(day[: len(word)])), None)


def read_date(text: str, today: dt.date) -> dt.date:
    """Return a date, or raise a UserError; `today`, `yesterday` and 2026-11-23 are understood."""
    words = text.strip().casefold()
    if words in {"today", "yesterday", "tomorrow"}:
        return today + dt.timedelta(days=("yesterday", "today", "tomorrow").index(words) - 1)
    try:
        return dt.date.fromisoformat(words)
    except ValueError:
        raise UserError(say("schedule.no-date", text=text.strip()[:20], today=today.isoformat())) from None


def read_moment(text: str) -> dt.datetime:
    """Return an ISO moment in UTC, one without an offset as UTC; ValueError for anything else."""
    moment = dt.datetime.fromisoformat(text.strip())
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)


def local_date(moment: dt.datetime, zone: str) -> dt.date:
    """Return the date that a moment has in a zone."""
    return moment.astimezone(_load(zone)).date()


def format_moment(moment: dt.datetime, zone: str) -> str:
    """Return a moment in plain words as a zone's clocks show it: Tuesday 24 November 2026, 09:00."""
    local = moment.astimezone(_load(zone))
    return say(
        "schedule.moment",
        weekday=_weekday(local),
        day=local.day,
        month=_month(local),
        year=local.year,
        time=f"{local:%H:%M}",
    )


def format_date(date: dt.date) -> str:
    """Return a date in plain words, as in a citation: 8 June 2023."""
    return say("schedule.date", day=date.day, month=_month(date), year=date.year)


def format_day(date: dt.date) -> str:
    """Return a date of these weeks in plain words: Tuesday 24 November."""
    return say("schedule.day", day=date.day, month=_month(date), weekday=_weekday(date))


def _month(date: dt.date) -> str:
    return say(f"schedule.month-{date.month}")


def _weekday(date: dt.date) -> str:
    return say(f"schedule.weekday-{date.isoweekday()}")


def due_at(date: dt.date, time: str, zone: str) -> dt.datetime | None:
    """Return the instant (UTC) a local date's post is due, None when the zone left that date out altogether.

    Where the clock skips the time, it is the first instant after the gap: also when that is past midnight.
    """
    where = _load(zone)
    hour, minute = map(int, time.split(":"))
    wall = dt.datetime.combine(date, dt.time(hour, minute))
    instant = wall.replace(tzinfo=where, fold=0).astimezone(dt.UTC)
    if instant.astimezone(where).replace(tzinfo=None) == wall:
        return instant
    # In a gap, the two folds straddle it: the change of offset lies between them.
    early, late = sorted(wall.replace(tzinfo=where, fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    early -= dt.timedelta(hours=1)
    while late - early > dt.timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(where).replace(tzinfo=None) < wall:
            early = middle
        else:
            late = middle
    after = late.replace(microsecond=0)
    if after.astimezone(where).replace(tzinfo=None) < wall:
        after += dt.timedelta(seconds=1)
    skipped_day = dt.datetime.combine(date, dt.time(0)), dt.datetime.combine(date, dt.time(23, 59))
    if all(_missing(moment, where) for moment in skipped_day):
        return None
    return after


def _missing(wall: dt.datetime, where: ZoneInfo) -> bool:
    """Say whether a wall time never comes in a zone."""
    return wall.replace(tzinfo=where).astimezone(dt.UTC).astimezone(where).replace(tzinfo=None) != wall


def next_due(  # noqa: PLR0913 - a schedule is these, and what came before
    after: dt.datetime,
    time: str,
    zone: str,
    days: str,
    *,
    beyond: dt.date | None = None,
    last: dt.datetime | None = None,
) -> tuple[dt.date, dt.datetime] | None:
    """Return the next local date with a post, and its instant (UTC), at `after` or later.

    Dates up to `beyond` are done with; an instant less than `SMALLEST_GAP` after the `last` post is passed over.
    None when no day of the week is chosen.
    """
    if "1" not in days:
        return None
    day = after.astimezone(_load(zone)).date() - dt.timedelta(days=1)
    if beyond is not None and beyond >= day:
        day = beyond + dt.timedelta(days=1)
    for _ in range(FURTHEST):
        instant = due_at(day, time, zone) if days[day.weekday()] == "1" else None
        far_enough = last is None or (instant is not None and (instant - last).total_seconds() >= SMALLEST_GAP)
        if instant is not None and instant >= after and far_enough:
            return day, instant
        day += dt.timedelta(days=1)
    return None
