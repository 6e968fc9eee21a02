"""Once a channel and local date, whatever happens on the way."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import logging
from typing import TYPE_CHECKING

import pytest

from bot.commands import COMMAND_LINES
from bot.contract import Author, Channel, Later, Refused, Unclear, freeze, next_due
from bot.corpus import open_corpus
from bot.delivery import Daily, Delivery, Timing, ticking
from bot.delivery.deliver import MOST_LOOKS, MOST_SWEEPS
from bot.errors import OperatorError
from bot.highlights import Highlights
from bot.store import ChannelSettings, PostRow, Store, backup, open_store, restore
from bot.store.database import connect
from bot.store.posts import SWEEP_AFTER
from tests.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from bot.contract import Posted
    from bot.corpus import Corpus

HERE = Channel("slack", "C1", "T1")
START = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC).timestamp()
DUE = dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC).timestamp()
DAY = 86_400.0


TIMING = Timing()
AGREE, GRACE, LATE, LEASE, SETTLE = TIMING.agree, TIMING.grace, TIMING.late, TIMING.lease, TIMING.settle


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    async def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def highlights(corpus: Corpus) -> Highlights:
    return Highlights(corpus)


class Desk:
    """A store, a platform and a delivery with a clock that tests move."""

    def __init__(self, store: Store, corpus: Corpus, highlights: Highlights, **platform: object) -> None:
        self.store = store
        self.corpus, self.highlights = corpus, highlights
        self.platform = Platform(**platform)  # type: ignore[arg-type]  # the fields named in a test
        self.clock = Clock()
        self.daily = Daily(store, highlights, corpus, COMMAND_LINES)
        self.delivery = self.another("first")

    def another(self, owner: str, timing: Timing = TIMING) -> Delivery:
        """Return the delivery of another process on the same database."""
        return Delivery(self.store, self.daily, {"slack": self.platform}, owner, clock=self.clock, timing=timing)

    async def daily_on(self, channel: Channel = HERE, **changes: object) -> ChannelSettings:
        made = ChannelSettings(channel, daily=True, time="09:00", zone="Europe/Berlin")
        made = dataclasses.replace(made, **changes)  # type: ignore[arg-type]  # the fields named in a test
        found = next_due(dt.datetime.fromtimestamp(self.clock.now, dt.UTC), made.time, made.zone, made.days)
        assert found
        made = dataclasses.replace(made, next_date=found[0].isoformat(), next_at=found[1].timestamp())
        saved = await self.store.channels.save(made, "admin", "daily on", self.clock.now)
        assert saved
        return saved

    async def until(self, now: float, step: float = 5.0) -> None:
        """Tick up to a moment, as the process would."""
        while self.clock.now < now:
            self.clock.now = min(now, self.clock.now + step)
            await self.delivery.tick()

    async def last(self, channel: Channel = HERE) -> PostRow:
        return (await self.store.posts.recent(channel, 1))[0]


@pytest.fixture
def desk(store: Store, corpus: Corpus, highlights: Highlights) -> Desk:
    return Desk(store, corpus, highlights)


@pytest.fixture
def small(tmp_path: Path, corpus: Corpus, highlights: Highlights) -> Iterator[Desk]:
    """Make a desk on SQLite alone, for what the database has no part in."""
    opened = open_store(f"sqlite:///{tmp_path}/small.db")
    yield Desk(opened, corpus, highlights)
    opened.close()


async def test_a_daily_quote_is_posted_at_its_time_and_not_before(desk: Desk) -> None:
    await desk.daily_on()
    await desk.until(DUE - 1, 3600)
    assert desk.platform.messages["C1"] == []
    await desk.until(DUE + 5)
    [(ref, key, text)] = desk.platform.messages["C1"]
    row = await desk.last()
    assert (row.state, row.local_date, row.message_ref, row.key) == ("sent", "2026-11-24", ref, key)
    assert text.startswith("☀ Quote of the day")
    assert row.payload
    assert row.payload["cards"][0]["quote"]["id"] == row.passage_id


async def test_a_daily_quote_is_framed_in_its_channels_language(small: Desk) -> None:
    await small.daily_on(language="fr")
    await small.until(DUE - 10, 3600)
    await small.until(DUE + 5)
    [(_, _, text)] = small.platform.messages["C1"]
    assert text.startswith("☀ Citation du jour")


async def test_a_month_has_one_post_a_day_and_none_twice(desk: Desk) -> None:
    await desk.daily_on()
    for day in range(30):
        await desk.until(DUE + day * DAY + 5, 3 * 3600)
    rows = await desk.store.posts.recent(HERE, 40)
    assert [row.state for row in rows] == ["sent"] * 30
    assert len({row.passage_id for row in rows}) == 30
    assert len(desk.platform.messages["C1"]) == 30


async def test_two_processes_on_one_database_post_once(desk: Desk) -> None:
    for number in range(40):
        await desk.daily_on(Channel("slack", f"C{number}", "T1"))
    await desk.until(DUE - 10, 3600)
    desk.clock.now = DUE + 1
    second = desk.another("second")
    await asyncio.gather(desk.delivery.tick(), second.tick(), desk.another("third").tick())
    await desk.until(DUE + 30)
    assert {name: len(sent) for name, sent in desk.platform.messages.items()} == {f"C{n}": 1 for n in range(40)}


@pytest.mark.parametrize("fault", ["lost", "raise", Unclear("500")])
async def test_a_lost_answer_is_looked_for_and_not_sent_blindly(desk: Desk, fault: str | Unclear) -> None:
    await desk.daily_on()
    desk.platform.faults = [fault]
    await desk.until(DUE - 1, 3600)
    await desk.until(DUE + SETTLE + AGREE + 30)
    assert len(desk.platform.messages["C1"]) == 1
    assert (await desk.last()).state == "sent"
    assert desk.platform.sends == (1 if fault == "lost" else 2)
    assert desk.platform.looks >= (1 if fault == "lost" else 2)


async def test_where_a_key_cannot_show_twice_a_lost_answer_is_sent_again_at_once(desk: Desk) -> None:
    await desk.daily_on()
    desk.platform.resend_within, desk.platform.remembers_keys, desk.platform.faults = 60.0, True, ["lost"]
    await desk.until(DUE - 1, 3600)
    await desk.until(DUE + 15)
    assert len(desk.platform.messages["C1"]) == 1
    assert (await desk.last()).state == "sent"
    assert desk.platform.looks == 0


async def test_an_answer_that_never_comes_counts_as_unclear(small: Desk) -> None:
    small.delivery = small.another("hasty", Timing(send_within=0.01))
    await small.daily_on()
    small.platform.faults = ["hang"]
    await small.until(DUE - 1, 3600)
    await small.until(DUE + 5)
    assert (await small.last()).state == "unknown"


async def test_a_rate_limit_is_waited_out(desk: Desk) -> None:
    await desk.daily_on()
    desk.platform.faults = [Later(120, "rate limited")]
    await desk.until(DUE - 1, 3600)
    await desk.until(DUE + 115)
    assert desk.platform.sends == 1
    await desk.until(DUE + 135)
    assert len(desk.platform.messages["C1"]) == 1


async def test_a_platform_that_asks_for_more_than_the_day_has_leaves_the_post_out_and_says_so(small: Desk) -> None:
    await small.daily_on()
    small.platform.faults = [Later(3600 * 9, "come back tomorrow")] * 20
    await small.until(DUE - 1, 3600)
    await small.until(DUE + GRACE + 3700, 600)
    row = await small.last()
    assert row.state == "skipped"
    assert any("I couldn't post it within 6 hours" in sentence for sentence in small.platform.told)


async def test_a_channel_that_refuses_three_times_is_switched_off_and_the_admin_told_why(small: Desk) -> None:
    await small.daily_on()
    small.platform.faults = [Refused("I am not in the channel", channel=True)] * 3
    for day in range(4):
        await small.until(DUE + day * DAY + 10, 7200)
    settings = await small.store.channels.get(HERE)
    assert settings.disabled == "I am not in the channel"
    assert small.platform.sends == 3
    assert len(small.platform.told) == 3
    assert small.platform.told[0].startswith("admin@C1: The quote of 2026-11-24 wasn't posted: I am not in the channel")
    assert "off here. Turn it back on with /settings daily on" in small.platform.told[-1]


async def test_a_channel_whose_history_cannot_be_read_is_held_and_never_sent_again(desk: Desk) -> None:
    await desk.daily_on()
    desk.platform.faults, desk.platform.blind = ["lost"], "the permission to read the history is missing"
    await desk.until(DUE - 1, 3600)
    await desk.until(DUE + SETTLE + (MOST_LOOKS + 2) * 65, 15)
    row = await desk.last()
    assert row.state == "held"
    assert "permission to read the history" in row.reason
    assert desk.platform.sends == 1
    assert len(desk.platform.messages["C1"]) == 1
    assert any("is on hold" in sentence for sentence in desk.platform.told)


async def test_a_process_that_died_after_its_send_leaves_one_message(desk: Desk) -> None:
    await desk.daily_on()
    await desk.until(DUE - 1, 3600)

    class Dead(Exception):  # noqa: N818 - not an error of ours
        pass

    async def died(*_: object, **__: object) -> bool:
        raise Dead

    recorded, desk.store.posts.record_sent = desk.store.posts.record_sent, died  # type: ignore[method-assign]
    desk.clock.now = DUE + 1
    await desk.delivery.tick()
    desk.store.posts.record_sent = recorded  # type: ignore[method-assign]
    assert (await desk.last()).state == "sending"
    desk.delivery = desk.another("second")
    await desk.until(DUE + LEASE + SETTLE + 30)
    assert len(desk.platform.messages["C1"]) == 1
    assert (await desk.last()).state == "sent"


async def test_a_process_that_died_before_its_send_loses_nothing(desk: Desk) -> None:
    await desk.daily_on()
    await desk.until(DUE - 1, 3600)
    desk.clock.now = DUE + 1
    await desk.delivery._plan(desk.clock.now)  # noqa: SLF001 - what a dead process got done
    [row] = await desk.store.posts.claim(desk.clock.now, "dead", LEASE, 20, ("slack",))
    chosen = await desk.daily.next(row.settings, dt.date(2026, 11, 24))
    assert chosen
    await desk.store.posts.choose(row, chosen[0].id, 0, freeze(desk.daily.reply(chosen[0])))
    assert await desk.store.posts.intend(row, desk.clock.now)
    await desk.until(DUE + LEASE - 5)
    assert desk.platform.messages["C1"] == []
    await desk.until(DUE + LEASE + SETTLE + AGREE + 60)
    assert len(desk.platform.messages["C1"]) == 1


async def test_a_second_copy_that_can_be_proven_is_removed_and_the_oldest_stays(desk: Desk) -> None:
    await desk.daily_on()
    await desk.until(DUE - 1, 3600)

    def frozen() -> None:
        # The process stands still past its lease between the guard and the write; another one posts meanwhile.
        desk.platform.before_send = None
        row = desk.platform.messages["C1"]
        row.append(("C1:other", key, "the same"))

    await desk.delivery._plan(DUE)  # noqa: SLF001 - to learn the key
    key = (await desk.last()).key
    desk.platform.before_send = frozen
    desk.clock.now = DUE + 1

    async def lost_lease(*_: object, **__: object) -> bool:
        await desk.store.posts.claim(DUE + LEASE + 2, "other", LEASE, 20, ("slack",))
        return await recorded(*_, **__)  # type: ignore[arg-type]

    recorded, desk.store.posts.record_sent = desk.store.posts.record_sent, lost_lease  # type: ignore[method-assign]
    await desk.delivery.tick()
    desk.store.posts.record_sent = recorded  # type: ignore[method-assign]
    assert len(desk.platform.messages["C1"]) == 2
    await desk.until(DUE + LEASE + SWEEP_AFTER + 200, 20)
    assert [ref for ref, _, _ in desk.platform.messages["C1"]] == ["C1:other"]
    await desk.until(DUE + LEASE + SWEEP_AFTER + TIMING.sweep_again + 400, 60)
    assert len(desk.platform.messages["C1"]) == 1
    assert (await desk.last()).state == "sent"


async def test_after_a_long_gap_a_channel_is_searched_before_its_post_is_sent(desk: Desk) -> None:
    await desk.daily_on()
    desk.clock.now = DUE + LATE + 60
    await desk.delivery.tick()
    assert desk.platform.looks == 1
    assert len(desk.platform.messages["C1"]) == 1


async def test_two_deployments_on_one_restored_backup_post_nothing_twice(
    desk: Desk, database_url: str, corpus: Corpus, highlights: Highlights, tmp_path: Path
) -> None:
    await desk.daily_on()
    await desk.until(DUE - 600, 3600)
    backup(database_url, tmp_path / "morning.db")
    await desk.until(DUE + 5)
    restore(tmp_path / "morning.db", database_url)
    other_url = f"sqlite:///{tmp_path}/other.db"
    restore(tmp_path / "morning.db", other_url)
    other = open_store(other_url)
    twin = Delivery(
        other, Daily(other, highlights, corpus, COMMAND_LINES), {"slack": desk.platform}, "twin", clock=desk.clock
    )
    desk.clock.now = DUE + 60
    await desk.another("restored").tick()
    await twin.tick()
    assert len(desk.platform.messages["C1"]) == 1
    assert (await desk.last()).state == "sent"
    other.close()


async def test_a_database_that_fails_is_said_once_and_posting_goes_on_when_it_answers(
    desk: Desk, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.daily_on()
    await desk.until(DUE - 1, 3600)
    desk.store.close()
    for later in (1, 6, 11):
        desk.clock.now = DUE + later
        await desk.delivery.tick()
    assert caplog.text.count("nothing is posted until the database answers") == 1
    assert desk.platform.messages["C1"] == []
    again = open_store(database_url)
    desk.store = again
    desk.daily = Daily(again, desk.highlights, desk.corpus, COMMAND_LINES)
    desk.delivery = desk.another("again")
    await desk.until(DUE + 30)
    assert len(desk.platform.messages["C1"]) == 1
    again.close()


async def test_a_restore_under_a_running_process_posts_nothing_twice(
    desk: Desk, database_url: str, tmp_path: Path
) -> None:
    await desk.daily_on()
    await desk.until(DUE - 180, 3600)
    backup(database_url, tmp_path / "copy.db")
    await desk.until(DUE + 5)
    restore(tmp_path / "copy.db", database_url)
    await desk.until(DUE + 60)
    assert len(desk.platform.messages["C1"]) == 1
    row = await desk.last()
    assert row.state == "sent"
    assert row.passage_id


async def test_a_newer_version_that_widens_the_schema_meanwhile_costs_a_running_process_nothing(
    desk: Desk, database_url: str
) -> None:
    for number in range(12):
        await desk.daily_on(Channel("slack", f"C{number}", "T1"))
    await desk.until(DUE - 5, 3600)
    upgrade = connect(database_url)
    with upgrade.engine.begin() as db:
        for table in ("channels", "posts", "inbox", "votes", "notes"):
            db.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN later TEXT")
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    upgrade.close()
    await desk.until(DUE + 10)
    assert [len(desk.platform.messages[f"C{number}"]) for number in range(12)] == [1] * 12
    with pytest.raises(OperatorError, match="schema 9999, and this version knows up to"):
        open_store(database_url)


async def test_a_zone_that_exists_no_more_stops_its_channel_alone_and_the_admin_is_told(small: Desk) -> None:
    gone = Channel("slack", "C2", "T1")
    await small.daily_on()
    settings = await small.daily_on(gone)
    await small.store.channels.save(dataclasses.replace(settings, zone="US/Pacific-New"), "admin", "zone", 1.0)
    await small.until(DUE + 10, 3600)
    assert [len(small.platform.messages[name]) for name in ("C1", "C2")] == [1, 0]
    assert "no longer exists" in (await small.store.channels.get(gone)).disabled
    assert any("US/Pacific-New" in sentence for sentence in small.platform.told)


async def test_a_process_plans_only_for_the_platforms_it_serves(small: Desk) -> None:
    other = await small.daily_on(Channel("discord", "5", "6"))
    await small.until(DUE + 3 * DAY, 6 * 3600)
    assert await small.store.posts.recent(other.channel) == []
    assert (await small.store.channels.get(other.channel)).next_at == other.next_at


async def test_a_month_of_silence_is_one_sentence_that_covers_every_date(small: Desk) -> None:
    await small.daily_on()
    small.clock.now = DUE + 30 * DAY + 8 * 3600
    await small.delivery.tick()
    [sentence] = [told for told in small.platform.told if "I wasn't running when it was due." in told]
    assert "2026-12-24" in sentence
    [early] = [told for told in small.platform.told if "the same until" in told]
    assert early.endswith(
        "The quote of 2026-11-24 was skipped: I wasn't running when it was due, and the same until 2026-12-17."
    )


async def test_an_admin_who_cannot_be_reached_is_told_later(small: Desk) -> None:
    await small.daily_on()
    small.platform.deaf, small.platform.faults = 2, [Refused("the message was refused")]
    await small.until(DUE + 10, 3600)
    assert small.platform.told == []
    await small.until(DUE + 200)
    assert [told for told in small.platform.told if "wasn't posted: the message was refused" in told]


async def test_a_copy_that_may_not_be_deleted_is_told_and_not_searched_for_ever(small: Desk) -> None:
    await small.daily_on()
    await small.until(DUE - 1, 3600)
    small.platform.faults = ["lost"]
    await small.until(DUE + 5)
    ref, key, text = small.platform.messages["C1"][0]
    small.platform.messages["C1"].append((f"{ref}-copy", key, text))

    async def refused(*_: object) -> bool:
        return False

    small.platform.delete = refused  # type: ignore[method-assign, assignment]
    await small.until(DUE + 60 + SWEEP_AFTER + (MOST_SWEEPS + 3) * TIMING.sweep_again, 600)
    looks = small.platform.looks
    assert any("was posted twice, and I'm not allowed to delete one" in told for told in small.platform.told)
    await small.until(small.clock.now + 3 * TIMING.sweep_again, 600)
    assert small.platform.looks == looks


async def test_a_clock_that_differs_from_the_platforms_stops_posting_and_says_so_once(
    small: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await small.daily_on()
    await small.until(DUE - 1, 3600)
    small.platform.ahead = -3600.0
    with caplog.at_level(logging.ERROR):
        await small.until(DUE + 60)
    assert small.platform.messages["C1"] == []
    assert [record.getMessage() for record in caplog.records if "clock" in record.getMessage()] == [
        "This machine's clock is 3600 s ahead of slack's; nothing is posted until it is set right"
    ]
    small.platform.ahead = 0.4
    await small.until(DUE + 120)
    assert len(small.platform.messages["C1"]) == 1


@pytest.mark.parametrize("jump", [3600.0, DAY, -3600.0, -DAY])
async def test_a_clock_that_jumps_posts_nothing_twice(desk: Desk, jump: float) -> None:
    await desk.daily_on()
    await desk.until(DUE + 10, 3600)
    desk.clock.now += jump
    for _ in range(3):
        await desk.delivery.tick()
    await desk.until(DUE + DAY + 20, 3600)
    dates = [row.local_date for row in await desk.store.posts.recent(HERE)]
    assert len(dates) == len(set(dates))
    keys = [key for _, key, _ in desk.platform.messages["C1"]]
    assert len(keys) == len(set(keys)) == len(dates)


async def test_dates_missed_while_nothing_ran_are_written_down_and_not_posted_late(small: Desk) -> None:
    await small.daily_on()
    small.clock.now = DUE + 2 * DAY + 8 * 3600
    await small.delivery.tick()
    rows = await small.store.posts.recent(HERE)
    assert [(row.local_date, row.state) for row in rows] == [
        ("2026-11-26", "skipped"),
        ("2026-11-25", "skipped"),
        ("2026-11-24", "skipped"),
    ]
    assert small.platform.messages["C1"] == []
    assert (await small.store.channels.get(HERE)).next_date == "2026-11-27"


async def test_a_paused_channel_and_a_skipped_date_have_no_post_and_nobody_is_told_what_they_know(small: Desk) -> None:
    await small.daily_on(paused=True)
    await small.daily_on(Channel("slack", "C2", "T1"), skip_date="2026-11-24")
    await small.until(DUE + 10, 3600)
    assert [(await small.last(Channel("slack", name, "T1"))).reason for name in ("C1", "C2")] == [
        "paused by an admin",
        "skipped by an admin",
    ]
    assert small.platform.told == []
    await small.until(DUE + DAY + 10, 3600)
    assert [len(small.platform.messages[name]) for name in ("C1", "C2")] == [0, 1]


async def test_a_retry_says_the_very_same_words_even_when_votes_changed_meanwhile(small: Desk) -> None:
    await small.daily_on()
    small.platform.faults = [Later(60, "busy")]
    await small.until(DUE - 1, 3600)
    await small.until(DUE + 5)
    chosen = await small.last()
    assert chosen.passage_id
    for member in range(9):
        await small.store.votes.cast(HERE, Author(f"U{member}"), chosen.passage_id, -1, DUE)
    await small.until(DUE + 90)
    [(_, _, text)] = small.platform.messages["C1"]
    assert chosen.payload
    assert chosen.payload["cards"][0]["quote"]["text"] in text


async def test_what_an_admin_pinned_comes_next_and_what_was_dropped_does_not(small: Desk) -> None:
    settings = await small.daily_on()
    coming = await small.daily.coming(settings, [dt.date(2026, 11, 24 + day) for day in range(4)])
    first, _, _, fourth = (highlight.id for highlight, _ in coming)
    await small.store.channels.mark(settings, first, "dropped", "admin", 1.0)
    await small.store.channels.mark(settings, fourth, "pinned", "admin", 2.0)
    for day in range(5):
        await small.until(DUE + day * DAY + 10, 7200)
    used = await small.store.posts.used_passages(HERE, 0)
    assert used[0] == fourth
    assert first not in used


async def test_few_good_quotes_are_posted_less_often_and_an_admin_hears_of_it_once(tmp_path: Path) -> None:
    lines = (
        "My mother taught me that kindness is a decision for every morning, and I believe in my heart she was right.",
        "I was terrified the first time I spoke in public, and it made me happier and more alive than anything.",
    )
    folder = tmp_path / "content" / "two"
    folder.mkdir(parents=True)
    (folder / "show.toml").write_text('title = "Two"\nrights = "Ours."\n', "utf-8")
    for number, line in enumerate(lines, 1):
        (folder / f"{number}-x").mkdir()
        (folder / f"{number}-x" / "source.txt").write_text(f"Ada: {line}\nBob: The pan is cold.\n", "utf-8")
    corpus = open_corpus(tmp_path / "content")
    store = open_store(f"sqlite:///{tmp_path}/two.db")
    desk = Desk(store, corpus, Highlights(corpus))
    await desk.daily_on()

    await desk.until(DUE + 31 * DAY + 10, 7200)

    rows = list(reversed(await store.posts.recent(HERE, 40)))
    assert [row.state for row in rows] == ["sent"] * 2 + ["skipped"] * 28 + ["sent"] * 2
    assert len({row.passage_id for row in rows if row.state == "sent"}) == 2
    [told] = desk.platform.told
    assert told.startswith("admin@C1: The quote of 2026-11-26 was skipped: every good quote")
    store.close()


async def test_a_broken_post_does_not_keep_others_from_being_posted(
    small: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await small.daily_on()
    await small.daily_on(Channel("slack", "C2", "T1"), shows=("no-such-show",))
    await small.daily_on(Channel("slack", "C3", "T1"))
    await small.until(DUE + 10, 3600)
    assert [len(small.platform.messages[name]) for name in ("C1", "C2", "C3")] == [1, 0, 1]
    assert (await small.last(Channel("slack", "C2", "T1"))).reason.startswith(
        "no quote in this channel's shows is good enough"
    )
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_post_written_by_a_version_that_cannot_be_read_is_held_and_not_tried_for_ever(small: Desk) -> None:
    await small.daily_on()
    await small.until(DUE - 1, 3600)
    small.clock.now = DUE + 1
    await small.delivery._plan(small.clock.now)  # noqa: SLF001 - what another version got done
    [row] = await small.store.posts.claim(small.clock.now, "other", LEASE, 20, ("slack",))
    chosen = await small.daily.next(row.settings, dt.date(2026, 11, 24))
    assert chosen
    await small.store.posts.choose(row, chosen[0].id, 0, {"from": "a later version"})
    await small.until(DUE + LEASE + 10)
    assert (await small.last()).state == "held"
    assert small.platform.messages["C1"] == []


async def test_the_ticker_goes_on_after_a_failed_tick_and_ends_with_its_block(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ticks = 0
    third = asyncio.Event()

    async def work() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 1:
            message = "the first fails"
            raise RuntimeError(message)
        if ticks == 3:
            third.set()

    async with ticking(work, 0.01):
        await asyncio.wait_for(third.wait(), 20)
    seen = ticks
    await asyncio.sleep(0.05)
    assert ticks == seen
    assert "the first fails" in caplog.text


async def test_the_end_of_the_ticking_lets_a_tick_that_runs_finish() -> None:
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        if begun.is_set():
            return
        begun.set()
        await go_on.wait()
        ended.set()

    async def serve() -> None:
        async with ticking(idle_then(work), 0.01):
            await asyncio.wait_for(begun.wait(), 20)
            asyncio.get_running_loop().call_later(0.1, go_on.set)

    await serve()
    assert ended.is_set()


def idle_then(work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Return a function that does nothing the first time, when the block waits for it, and work after that."""
    first = [True]

    async def tick() -> None:
        if first:
            first.clear()
            return
        await work()

    return tick


async def test_a_thread_that_fails_is_opened_later_once(desk: Desk) -> None:
    await desk.daily_on(thread=True)
    desk.platform.thread_faults = [Unclear("cut"), Later(1.0, "slow down"), Unclear("cut")]
    await desk.until(DUE - 1, 3600)
    await desk.until(DUE + 1800, 30)
    [(ref, _, _)] = desk.platform.messages["C1"]

    assert list(desk.platform.threads) == [ref]
    assert desk.platform.thread_tries == [(ref, False), (ref, True), (ref, True), (ref, True)]


async def test_a_thread_that_its_process_did_not_live_to_open_is_opened_by_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.daily_on(thread=True)
    await desk.until(DUE - 1, 3600)

    async def died(*_: object, **__: object) -> Posted:
        raise asyncio.CancelledError

    with monkeypatch.context() as killed:
        killed.setattr(desk.platform, "open_thread", died)
        desk.clock.now = DUE + 1
        with contextlib.suppress(asyncio.CancelledError):
            await desk.delivery.tick()
    desk.delivery = desk.another("second")
    await desk.until(DUE + LEASE - 5)
    assert desk.platform.threads == {}
    await desk.until(DUE + LEASE + 20)
    [(ref, _, _)] = desk.platform.messages["C1"]

    assert desk.platform.thread_tries == [(ref, True)]
    assert desk.platform.threads[ref]


async def test_a_thread_is_tried_until_it_is_refused_and_for_hours_at_most(small: Desk) -> None:
    await small.daily_on(thread=True)
    small.platform.thread_faults = [Unclear("cut"), Refused("no right")]
    await small.until(DUE - 1, 3600)
    await small.until(DUE + 600, 30)
    assert len(small.platform.thread_tries) == 2
    small.platform.thread_faults = [Unclear("cut")] * 200
    await small.until(DUE + 86_400 - 1, 3600)
    await small.until(DUE + 86_400 + TIMING.thread_for + 3600, 60)
    tried = len(small.platform.thread_tries)
    await small.until(DUE + 86_400 + 2 * TIMING.thread_for, 600)

    assert 10 < tried == len(small.platform.thread_tries) < 60
    assert small.platform.threads == {}


async def test_a_post_found_again_after_a_death_gets_its_thread(desk: Desk) -> None:
    await desk.daily_on(thread=True)
    desk.platform.faults = ["lost"]
    await desk.until(DUE - 1, 3600)
    await desk.until(DUE + LEASE + SETTLE + 30)
    [(ref, _, _)] = desk.platform.messages["C1"]

    assert desk.platform.thread_tries == [(ref, True)]
