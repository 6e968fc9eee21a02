"""When a daily post is due, in every zone, on every day that clocks are moved."""

from __future__ import annotations

import datetime as dt
from importlib import resources
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contract import (
    EVERY_DAY,
    day_names,
    due_at,
    find_zone,
    format_moment,
    local_date,
    next_due,
    read_date,
    read_days,
    read_time,
    zones,
)
from bot.errors import UserError

FIRST, LAST = dt.datetime(2025, 12, 31, tzinfo=dt.UTC), dt.datetime(2028, 1, 2, tzinfo=dt.UTC)
TIMES = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(0, 24 * 60, 30)]


def zone_of(name: str) -> ZoneInfo:
    """Load a zone from the package that ships with the bot: this machine's own data may be of another year."""
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def moved_clocks() -> dict[tuple[tuple[dt.datetime, object, object], ...], str]:
    """Return one zone for each distinct list of changes of offset in 2026 and 2027, found six hours exactly."""
    found: dict[tuple[tuple[dt.datetime, object, object], ...], str] = {}
    for name in zones():
        zone = zone_of(name)
        changes = []
        at, offset = FIRST, FIRST.astimezone(zone).utcoffset()
        while at < LAST:
            at += dt.timedelta(hours=6)
            now = at.astimezone(zone).utcoffset()
            if now != offset:
                changes.append((at, offset, now))
                offset = now
        if changes:
            found.setdefault(tuple(changes), name)
    return found


def test_every_existing_date_around_every_change_of_clocks_has_exactly_one_post_at_the_first_instant_it_can() -> None:
    changed = moved_clocks()
    assert len(changed) > 20
    for changes, name in changed.items():
        zone = zone_of(name)
        for change in changes:
            middle = change[0].astimezone(zone).date()
            for date in (middle + dt.timedelta(days=days) for days in (-2, -1, 0, 1)):
                for time in TIMES:
                    wall = dt.datetime.combine(date, dt.time.fromisoformat(time))
                    due = due_at(date, time, name)
                    assert due is not None
                    shown = due.astimezone(zone).replace(tzinfo=None)
                    before = (due - dt.timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
                    earlier = [due - dt.timedelta(minutes=minutes) for minutes in (30, 60)]
                    assert shown == wall or before < wall < shown, (name, wall)
                    walls = [moment.astimezone(zone).replace(tzinfo=None) for moment in earlier]
                    assert wall not in walls, (name, wall, "came at the second of two")


def test_following_the_schedule_across_two_years_meets_each_local_date_once() -> None:
    for name in (*moved_clocks().values(), "Asia/Kolkata", "UTC"):
        for time in ("00:00", "02:30", "23:30"):
            at, dates = FIRST, []
            date = None
            while at < LAST:
                date, at = next_due(at, time, name, EVERY_DAY, beyond=date) or (None, LAST)
                dates.append(date)
            kept = [date for date in dates[:-1] if date]
            assert all(later - earlier == dt.timedelta(days=1) for earlier, later in pairwise(kept))


def test_a_date_that_a_zone_left_out_has_no_post() -> None:
    assert due_at(dt.date(2011, 12, 30), "09:00", "Pacific/Apia") is None
    met = next_due(dt.datetime(2011, 12, 29, 20, tzinfo=dt.UTC), "09:00", "Pacific/Apia", EVERY_DAY)
    assert met is not None
    assert met[0] == dt.date(2011, 12, 31)


def test_a_gap_at_midnight_is_posted_on_the_date_that_was_set() -> None:
    # Greenland's clocks skip 23:00 to 24:00 on 28 March 2026: the first instant after is the next date's midnight.
    due = due_at(dt.date(2026, 3, 28), "23:30", "America/Nuuk")
    assert due is not None
    assert local_date(due, "America/Nuuk") == dt.date(2026, 3, 29)


@given(
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 12, 31), timezones=st.just(dt.UTC)),  # noqa: DTZ001 - bounds are naive
    st.sampled_from(TIMES),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "America/Nuuk"]),
    st.text("01", min_size=7, max_size=7),
)
def test_the_next_post_is_in_time_on_a_chosen_day_and_the_first_there_is(
    after: dt.datetime, time: str, zone: str, days: str
) -> None:
    found = next_due(after, time, zone, days)
    if "1" not in days:
        assert found is None
        return
    assert found is not None
    date, due = found
    assert due >= after
    assert days[date.weekday()] == "1"
    for earlier in (date - dt.timedelta(days=back) for back in range(1, 9)):
        missed = due_at(earlier, time, zone)
        assert days[earlier.weekday()] == "0" or missed is None or missed < after


@given(st.sampled_from(TIMES), st.sampled_from(TIMES))
def test_an_edit_of_the_time_never_posts_twice_within_half_a_day(old: str, new: str) -> None:
    posted = due_at(dt.date(2026, 11, 23), old, "Europe/Berlin")
    assert posted is not None
    edited = posted + dt.timedelta(minutes=5)
    found = next_due(edited, new, "Europe/Berlin", EVERY_DAY, beyond=dt.date(2026, 11, 23), last=posted)
    assert found is not None
    assert found[0] > dt.date(2026, 11, 23)
    assert dt.timedelta(hours=12) <= found[1] - posted <= dt.timedelta(hours=60)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("PST", "America/Los_Angeles"),
        ("cet", "Europe/Berlin"),
        ("US/Pacific-New", "US/Pacific"),
        ("Kyiv", "Europe/Kyiv"),
        ("Mars/Olympus Mons", "Write it like Europe/Berlin"),
        ("", "Write it like Europe/Berlin"),
    ],
)
def test_a_zone_that_does_not_exist_is_answered_with_the_nearest(typed: str, offered: str) -> None:
    with pytest.raises(UserError, match=offered):
        find_zone(typed)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("utc", "UTC"),
        ("Asia/Calcutta", "Asia/Calcutta"),
    ],
)
def test_a_zone_is_read_whatever_its_case(typed: str, zone: str) -> None:
    assert find_zone(typed) == zone


@pytest.mark.parametrize(
    ("typed", "time"),
    [
        ("9", "09:00"),
        ("9:05", "09:05"),
        ("21.30", "21:30"),
        ("9 pm", "21:00"),
        ("12am", "00:00"),
        ("12:15 PM", "12:15"),
    ],
)
def test_times_are_read_as_people_write_them(typed: str, time: str) -> None:
    assert read_time(typed) == time


@pytest.mark.parametrize("typed", ["24:00", "9:60", "noonish", "13 pm", "-1", "", "9:5"])
def test_a_time_that_does_not_exist_is_refused(typed: str) -> None:
    with pytest.raises(UserError, match="isn't a time of day"):
        read_time(typed)


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("daily", EVERY_DAY),
        ("Weekdays", "1111100"),
        ("mon,wed,fri", "1010100"),
        ("fri-mon", "1000111"),
        ("Monday, Sunday", "1000001"),
        ("tue - thu", "0111000"),
    ],
)
def test_days_are_read_as_people_write_them(typed: str, days: str) -> None:
    assert read_days(typed) == days


@pytest.mark.parametrize("typed", ["someday", "m", "mon,xyz", "1"])
def test_days_that_do_not_exist_are_refused(typed: str) -> None:
    with pytest.raises(UserError, match="as days"):
        read_days(typed)


def test_days_are_named_in_plain_words() -> None:
    assert [day_names(days) for days in (EVERY_DAY, "1111100", "0000011", "1010100", "0000100")] == [
        "every day",
        "on weekdays",
        "on weekends",
        "on Mon, Wed and Fri",
        "on Fri",
    ]


def test_a_date_that_does_not_exist_is_refused() -> None:
    today = dt.date(2026, 11, 23)
    assert read_date("yesterday", today) == dt.date(2026, 11, 22)
    assert read_date("2024-02-29", today) == dt.date(2024, 2, 29)
    with pytest.raises(UserError, match="isn't a date"):
        read_date("2026-02-29", today)


def test_a_moment_is_written_as_the_zones_clocks_show_it() -> None:
    moment = dt.datetime(2026, 11, 24, 8, 0, tzinfo=dt.UTC)
    assert format_moment(moment, "Europe/Berlin") == "Tuesday 24 November 2026, 09:00"
