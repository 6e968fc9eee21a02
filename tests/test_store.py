"""One contract on two databases: what is kept is kept once, for its tenant, whatever fails meanwhile."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.contract import Author, Channel
from bot.errors import OperatorError, StoreError
from bot.store import ChannelSettings, Planned, PostRow, Store, backup, open_store, post_key, restore
from bot.store.database import connect
from bot.store.migrate import HEAD, MIGRATIONS
from bot.store.tables import metadata
from tests.databases import empty_database

if TYPE_CHECKING:
    from pathlib import Path

HERE = Channel("slack", "C1", "T1")
THERE = Channel("slack", "C1", "T2")
PLATFORMS = ("slack",)


async def configured(store: Store, channel: Channel = HERE, **changes: object) -> ChannelSettings:
    made = dataclasses.replace(ChannelSettings(channel), **{"daily": True, "next_at": 100.0, **changes})  # type: ignore[arg-type]
    version = (await store.channels.get(channel)).version
    return await saved_as(store, dataclasses.replace(made, next_date="2026-11-23", version=version))


async def saved_as(store: Store, settings: ChannelSettings) -> ChannelSettings:
    saved = await store.channels.save(settings, "admin", "daily on", 1.0)
    assert saved
    return saved


async def claimed(store: Store, now: float = 100.0) -> PostRow:
    found = await configured(store)
    await store.posts.plan([Planned(found, "2026-11-23", 100.0, "2026-11-24", 86_500.0)])
    return (await store.posts.claim(now, "a", 120, 20, PLATFORMS))[0]


async def test_settings_come_back_as_they_were_saved(store: Store) -> None:
    saved = await configured(store, shows=("lex-fridman",), time="21:30", thread=True)
    assert await store.channels.get(HERE) == saved
    assert (saved.shows, saved.time, saved.thread, saved.version) == (("lex-fridman",), "21:30", True, 0)
    again = await saved_as(store, dataclasses.replace(saved, paused=True))
    assert (again.id, again.paused, again.version) == (saved.id, True, 1)


async def test_a_channel_that_was_never_set_has_the_defaults(store: Store) -> None:
    assert await store.channels.get(HERE) == ChannelSettings(HERE)


async def test_a_thread_has_its_channels_settings(store: Store) -> None:
    saved = await configured(store)
    assert (await store.channels.get(dataclasses.replace(HERE, thread="17.5"))).id == saved.id


async def test_due_channels_are_those_switched_on_and_not_disabled(store: Store) -> None:
    due = await configured(store)
    await configured(store, Channel("slack", "off", "T1"), daily=False)
    await configured(store, Channel("slack", "disabled", "T1"), disabled="it refused")
    await configured(store, Channel("slack", "later", "T1"), next_at=500.0)
    assert await store.channels.due(100.0, 10, PLATFORMS) == [due]


async def test_a_date_is_planned_once_and_its_channel_moves_on(store: Store) -> None:
    found = await configured(store)
    plan = Planned(found, "2026-11-23", 100.0, "2026-11-24", 86_500.0)
    await store.posts.plan([plan])
    await store.posts.plan([plan])
    assert [row.local_date for row in await store.posts.recent(HERE)] == ["2026-11-23"]
    moved = await store.channels.get(HERE)
    assert (moved.next_date, moved.next_at) == ("2026-11-24", 86_500.0)


async def test_a_plan_made_before_an_edit_does_not_move_the_edited_channel(store: Store) -> None:
    before = await configured(store)
    edited = await saved_as(store, dataclasses.replace(before, next_at=777.0))
    await store.posts.plan([Planned(before, "2026-11-23", 100.0, "2026-11-24", 86_500.0)])
    assert (await store.channels.get(HERE)).next_at == edited.next_at


async def test_two_replicas_never_hold_one_post(store: Store) -> None:
    rows = []
    for number in range(60):
        found = await configured(store, Channel("slack", f"C{number}", "T1"))
        rows.append(Planned(found, "2026-11-23", 100.0, None, None))
    await store.posts.plan(rows)
    taken = await asyncio.gather(*(store.posts.claim(100.0, f"replica {n}", 120, 20, PLATFORMS) for n in range(6)))
    ids = [row.id for batch in taken for row in batch]
    while more := await store.posts.claim(100.0, "last", 120, 20, PLATFORMS):
        ids += [row.id for row in more]
    assert sorted(ids) == sorted(set(ids))
    assert len(ids) == 60


async def test_only_the_platforms_a_process_serves_are_claimed(store: Store) -> None:
    await store.posts.plan([Planned(await configured(store), "2026-11-23", 100.0, None, None)])
    assert await store.posts.claim(100.0, "a", 120, 20, ("discord",)) == []
    assert await store.posts.claim(100.0, "a", 120, 20, ()) == []


async def test_a_post_that_was_being_sent_when_its_holder_vanished_is_unknown_and_swept(store: Store) -> None:
    row = await claimed(store)
    assert await store.posts.choose(row, "p-1", 0, {"lead": "hello"})
    assert await store.posts.intend(row, 101.0)
    assert await store.posts.claim(150.0, "b", 120, 20, PLATFORMS) == []
    [taken] = await store.posts.claim(221.0, "b", 120, 20, PLATFORMS)
    assert (taken.state, taken.fence, taken.payload) == ("unknown", row.fence + 1, {"lead": "hello"})
    assert [swept.id for swept in await store.posts.to_sweep(600.0, 5, PLATFORMS)] == [row.id]


async def test_whoever_lost_the_lease_changes_nothing(store: Store) -> None:
    row = await claimed(store)
    assert await store.posts.choose(row, "p-1", 0, {})
    await store.posts.claim(221.0, "b", 120, 20, PLATFORMS)
    assert not await store.posts.choose(row, "p-2", 0, {})
    assert not await store.posts.intend(row, 222.0)
    assert not await store.posts.record_sent(row, 223.0, "m1")
    assert not await store.posts.end(row, 223.0, "failed", "no")
    [found] = await store.posts.recent(HERE)
    assert (found.state, found.passage_id, found.reason) == ("pending", "p-1", "")


async def test_a_message_recorded_as_sent_stays_sent(store: Store) -> None:
    row = await claimed(store)
    await store.posts.choose(row, "p-1", 0, {})
    await store.posts.intend(row, 101.0)
    assert await store.posts.record_sent(row, 102.0, "m1")
    assert not await store.posts.postpone(row, 103.0, "unknown", 1.0, "late answer")
    [found] = await store.posts.recent(HERE)
    assert (found.state, found.message_ref, found.sent_at) == ("sent", "m1", 102.0)
    assert await store.posts.claim(10_000.0, "b", 120, 20, PLATFORMS) == []


async def test_a_highlight_is_not_used_twice_in_a_cycle(store: Store) -> None:
    row = await claimed(store)
    assert await store.posts.choose(row, "p-1", 0, {})
    found = await store.channels.get(HERE)
    await store.posts.plan([Planned(found, "2026-11-24", 86_500.0, None, None)])
    taken = await store.posts.claim(86_500.0, "a", 120, 20, PLATFORMS)
    [following] = [post for post in taken if post.local_date == "2026-11-24"]
    assert not await store.posts.choose(following, "p-1", 0, {})
    assert await store.posts.choose(following, "p-1", 1, {})
    assert (await store.channels.get(HERE)).cycle == 1
    assert (await store.posts.used_passages(HERE, 0), await store.posts.used_passages(HERE, 1)) == (["p-1"], ["p-1"])


async def test_post_now_is_refused_for_a_date_that_was_tried(store: Store) -> None:
    row = await claimed(store)
    await store.posts.choose(row, "p-1", 0, {})
    await store.posts.intend(row, 101.0)
    assert not await store.posts.request_now(row.settings, "2026-11-23", 102.0)
    assert await store.posts.request_now(row.settings, "2026-11-24", 102.0)
    asked = await store.posts.of_date(HERE, "2026-11-24")
    assert asked
    assert (asked.state, asked.due_at) == ("pending", 102.0)


async def test_post_now_is_possible_again_for_a_date_that_failed(store: Store) -> None:
    row = await claimed(store)
    await store.posts.choose(row, "p-1", 0, {})
    await store.posts.intend(row, 101.0)
    await store.posts.end(row, 102.0, "failed", "no permission")
    assert await store.posts.request_now(row.settings, "2026-11-23", 103.0)
    [again] = await store.posts.claim(103.0, "b", 120, 20, PLATFORMS)
    assert (again.state, again.passage_id) == ("pending", "p-1")


async def test_a_cancelled_post_is_not_sent_even_by_whoever_holds_it(store: Store) -> None:
    row = await claimed(store)
    await store.posts.choose(row, "p-1", 0, {})
    await store.posts.cancel(row.settings, "paused by an admin")
    assert not await store.posts.intend(row, 101.0)
    assert [(post.state, post.reason) for post in await store.posts.recent(HERE)] == [("skipped", "paused by an admin")]


async def test_of_two_edits_of_what_was_read_at_once_the_second_is_refused(store: Store) -> None:
    read = await configured(store)
    assert await store.channels.save(dataclasses.replace(read, time="10:00"), "one", "time", 2.0)
    assert await store.channels.save(dataclasses.replace(read, thread=True), "two", "thread", 3.0) is None
    kept = await store.channels.get(HERE)
    assert (kept.time, kept.thread) == ("10:00", False)


async def test_a_channel_that_refuses_three_times_is_switched_off_with_the_reason(store: Store) -> None:
    await configured(store)
    assert [await store.channels.count_refusal(HERE, "no permission", 3) for _ in range(3)] == [False, False, True]
    assert (await store.channels.get(HERE)).disabled == "no permission"


async def test_a_vote_counts_once_a_member_and_can_be_changed(store: Store) -> None:
    one, two = Author("U1"), Author("U2")
    assert await store.votes.cast(HERE, one, "p-1", 1, 1.0) == (1, 0)
    assert await store.votes.cast(HERE, two, "p-1", 1, 2.0) == (2, 0)
    assert await store.votes.cast(HERE, one, "p-1", -1, 3.0) == (1, 1)
    assert await store.votes.totals(HERE) == {"p-1": 0}
    assert await store.votes.of_member(HERE, one) == {"p-1": -1}
    assert await store.votes.forget_member(HERE, one) == 1
    assert await store.votes.totals(HERE) == {"p-1": 1}


async def test_an_event_is_taken_once_and_taken_up_again_when_its_answer_never_came(store: Store) -> None:
    takes = await asyncio.gather(*(store.inbox.take("slack", "E1", "mention", {"text": "hi"}, 60) for _ in range(5)))
    assert sorted(takes) == [False, False, False, False, True]
    now = time.time()
    assert await store.inbox.unfinished("slack", 0.0, now) == []
    [left] = await store.inbox.unfinished("slack", 0.0, now + 31)
    assert (left.delivery_id, left.payload) == ("E1", {"text": "hi"})
    assert await store.inbox.unfinished("slack", 0.0, now + 32) == []
    await store.inbox.done("slack", "E1")
    assert await store.inbox.unfinished("slack", 0.0, now + 50) == []
    assert await store.inbox.expire(now + 61) == 1


async def test_a_lease_has_one_holder_and_a_new_fence_for_a_new_one(store: Store) -> None:
    assert await store.leases.hold("shard 0", "a", 30) == 1
    assert await store.leases.hold("shard 0", "b", 30) is None
    assert await store.leases.hold("shard 0", "a", 30) == 1
    await store.leases.let_go("shard 0", "a")
    assert await store.leases.hold("shard 0", "b", 30) == 2


async def test_an_answer_is_found_by_each_of_its_names_until_it_expires(store: Store) -> None:
    kept = {"asked": "/ask who", "shown": ["p-1", "p-2"], "private": False}
    await store.conversations.remember([(HERE, "@ann"), (HERE, "17")], "ann", kept, 100.0)
    for name in ("@ann", "17"):
        assert await store.conversations.find(HERE, name, 99.0) == ("ann", kept)
    assert await store.conversations.find(THERE, "@ann", 99.0) is None
    assert await store.conversations.find(HERE, "@ben", 99.0) is None
    assert await store.conversations.find(HERE, "17", 100.0) is None
    assert await store.conversations.expire(101.0) == 2


async def test_a_later_answer_takes_the_place_of_an_earlier_one_and_goes_with_its_member(store: Store) -> None:
    for asked in ("/ask first", "/ask second"):
        await store.conversations.remember([(HERE, "@ann"), (HERE, "")], "ann", {"asked": asked}, 100.0)
    await store.conversations.remember([(HERE, "@ben")], "ben", {"asked": "/ask third"}, 100.0)
    assert await store.conversations.find(HERE, "", 99.0) == ("ann", {"asked": "/ask second"})
    assert await store.conversations.forget_member(HERE, Author("ann", tenant=HERE.tenant)) == 2
    assert await store.conversations.find(HERE, "", 99.0) is None
    assert await store.conversations.find(HERE, "@ben", 99.0) == ("ben", {"asked": "/ask third"})


async def test_notes_are_kept_by_name(store: Store) -> None:
    await store.kv.put("discord-sync:1", "a")
    await store.kv.put("discord-sync:1", "b")
    await store.kv.put("discord%other", "c")
    assert await store.kv.get("discord-sync:1") == "b"
    assert await store.kv.named("discord-") == {"discord-sync:1": "b"}
    await store.kv.delete("discord-sync:1")
    assert await store.kv.get("discord-sync:1") is None


async def test_a_server_that_removed_the_bot_is_forgotten_after_a_week_unless_it_came_back(store: Store) -> None:
    removed = 1_795_000_000.0
    for tenant, since in (("T1", dt.datetime.fromtimestamp(removed, dt.UTC).isoformat()), ("T2", "")):
        await configured(store, Channel("slack", "C1", tenant))
        await store.kv.put(f"slack-gone:{tenant}", since)
    await store.tidy(removed + 6 * 86_400)
    assert (await store.channels.get(HERE)).id
    await store.tidy(removed + 8 * 86_400)
    assert (await store.channels.get(HERE)).id is None
    assert (await store.channels.get(THERE)).id


_CHANNELS = st.builds(
    Channel, st.sampled_from(["slack", "discord"]), st.sampled_from(["C1", "C2"]), st.sampled_from(["T1", "T2", ""])
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mine=_CHANNELS, others=st.lists(_CHANNELS, max_size=4))
async def test_no_tenant_reads_or_changes_anothers(store: Store, mine: Channel, others: list[Channel]) -> None:
    foreign = [c for c in others if (c.platform, c.tenant) != (mine.platform, mine.tenant)]
    await store.forget_tenant(mine)
    for channel in foreign:
        await store.forget_tenant(channel)
    saved = await configured(store, mine)
    await store.votes.cast(mine, Author("U1"), "p-1", 1, 1.0)
    await store.channels.mark(saved, "p-9", "dropped", "admin", 1.0)
    await store.posts.plan([Planned(saved, "2026-11-23", 100.0, None, None)])
    before = await store.channels.get(mine)
    for channel in foreign:
        theirs = await configured(store, channel, time="23:00", paused=True)
        await store.votes.cast(channel, Author("U1"), "p-1", -1, 1.0)
        await store.channels.mark(theirs, "p-9", "pinned", "admin", 1.0)
        await store.channels.count_refusal(channel, "no", 1)
        await store.posts.request_now(theirs, "2026-11-24", 5.0)
        assert mine not in [found.channel for found in await store.channels.of_tenant(channel)]
        assert [row.local_date for row in await store.posts.recent(channel)] == ["2026-11-24"]
        await store.forget_tenant(channel)
    assert await store.channels.get(mine) == before
    assert await store.votes.totals(mine) == {"p-1": 1}
    assert await store.channels.marks(saved) == {"p-9": "dropped"}
    assert [row.local_date for row in await store.posts.recent(mine)] == ["2026-11-23"]


def test_the_tables_are_what_the_migrations_make(database_url: str) -> None:
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - only this test compares
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    open_store(database_url).close()
    database = connect(database_url)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD


async def test_a_database_of_the_first_schema_is_brought_up_and_its_version_writes_on_meanwhile(
    database_url: str,
) -> None:
    from alembic import command  # noqa: PLC0415 - only this test goes back to an older schema
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    database = connect(database_url)
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        first = sa.Table("channels", sa.MetaData(), autoload_with=connection)

    def configure(ref: str) -> None:
        row = {"tenant": "T1", "platform": "slack", "ref": ref, "daily": True, "time": "09:00", "zone": "UTC"}
        row |= {"days": "1111111", "shows": [], "answers": "mentions", "thread": False, "paused": False}
        with database.engine.begin() as connection:
            connection.execute(first.insert().values(**row, disabled="", refusals=0, cycle=0, version=1, next_at=5.0))

    configure("C1")
    store = open_store(database_url)
    configure("C2")
    due = await store.channels.due(10.0, 9, PLATFORMS)
    assert [(found.channel.id, found.language) for found in due] == [("C1", "en"), ("C2", "en")]
    store.close()
    database.close()


async def test_replicas_that_start_together_migrate_once(database_url: str) -> None:
    stores = await asyncio.gather(*(asyncio.to_thread(open_store, database_url) for _ in range(4)))
    assert await stores[0].channels.get(HERE) == ChannelSettings(HERE)
    for opened in stores:
        opened.close()


def test_a_schema_of_a_later_version_is_refused_and_left_alone(database_url: str) -> None:
    open_store(database_url).close()
    database = connect(database_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(OperatorError, match="schema 9999, and this version knows up to"):
        open_store(database_url)


async def test_a_backup_of_a_running_database_has_every_row(store: Store, database_url: str, tmp_path: Path) -> None:
    for number in range(25):
        await configured(store, Channel("slack", f"C{number}", "T1"))
    assert backup(database_url, tmp_path / "copy.db") == 50
    other = f"sqlite:///{tmp_path}/other.db"
    assert restore(tmp_path / "copy.db", other) == 50
    read = open_store(other)
    assert len(await read.channels.of_tenant(HERE)) == 25
    read.close()


async def test_a_restore_replaces_what_is_there_and_ids_go_on(store: Store, database_url: str, tmp_path: Path) -> None:
    first = await configured(store)
    backup(database_url, tmp_path / "copy.db")
    await saved_as(store, dataclasses.replace(first, time="22:22"))
    restore(tmp_path / "copy.db", database_url)
    assert (await store.channels.get(HERE)).time == first.time
    assert (await configured(store, THERE)).id != first.id


def test_a_backup_never_replaces_a_file_and_a_restore_needs_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/verbatim.db"
    (tmp_path / "there.db").touch()
    with pytest.raises(OperatorError, match="exists"):
        backup(url, tmp_path / "there.db")
    with pytest.raises(OperatorError, match="There is no file"):
        restore(tmp_path / "missing.db", url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "isn't a database address"),
        ("mysql://host/name", "begins with mysql"),
        ("sqlite://", "in memory would forget"),
        ("sqlite:////nowhere/at/all.db", "I can't open the database"),
        ("postgresql://u:hunter2@127.0.0.1:9/name", "I can't use PostgreSQL at 127.0.0.1:9/name"),
    ],
)
def test_a_wrong_database_address_is_a_sentence_without_the_password(url: str, said: str) -> None:
    with pytest.raises(OperatorError, match=said) as raised:
        open_store(url)
    assert "hunter2" not in str(raised.value)


def test_a_database_that_does_not_exist_is_named(postgresql: str) -> None:
    missing = str(sa.make_url(postgresql).set(database="nope").render_as_string(hide_password=False))
    with pytest.raises(OperatorError, match=r"nope.*does not exist"):
        open_store(missing)


def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "verbatim.db").write_bytes(b"this is no database at all, whatever its name says" * 100)
    with pytest.raises(OperatorError, match=r"is damaged .* restore FILE"):
        open_store(f"sqlite:///{tmp_path}/verbatim.db")


async def test_a_read_only_database_is_a_store_error_and_reading_goes_on(tmp_path: Path) -> None:
    opened = open_store(f"sqlite:///{tmp_path}/verbatim.db")
    saved = await configured(opened)
    with sqlite3.connect(tmp_path / "verbatim.db") as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON votes BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
    with pytest.raises(StoreError, match="disk is full"):
        await opened.votes.cast(HERE, Author("U1"), "p-1", 1, 1.0)
    assert await opened.channels.get(HERE) == saved
    opened.close()
    with pytest.raises(StoreError):
        await opened.channels.get(HERE)


async def test_postgresql_that_drops_a_connection_costs_no_read(postgresql: str) -> None:
    url = empty_database(postgresql)
    opened = open_store(url)
    saved = await configured(opened)
    engine = sa.create_engine(sa.make_url(postgresql).set(drivername="postgresql+psycopg"))
    with engine.connect() as db:
        name = sa.make_url(url).database
        db.execute(sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"), {"n": name})
    engine.dispose()
    assert await opened.channels.get(HERE) == saved
    opened.close()


def test_a_posts_key_is_the_same_in_every_deployment() -> None:
    assert post_key(HERE, "2026-11-23") == post_key(Channel("slack", "C1", "T1"), "2026-11-23")
    assert len({post_key(HERE, "2026-11-23"), post_key(THERE, "2026-11-23"), post_key(HERE, "2026-11-24")}) == 3
    assert len(post_key(HERE, "2026-11-23")) == 24


async def test_writes_that_wait_for_one_file_share_its_transactions_and_one_at_fault_spoils_no_other(
    tmp_path: Path,
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/v.db")
    database, held = store._db, threading.Event()  # noqa: SLF001 - what all rooms write through
    committed: list[object] = []
    sa.event.listen(database.engine, "commit", committed.append)

    def fail(db: sa.Connection) -> None:
        db.execute(sa.text("INSERT INTO notes (key, value) VALUES ('spoilt', 'x')"))
        raise KeyError

    first = asyncio.create_task(database.write(lambda _: held.wait(10)))
    await asyncio.sleep(0)
    writes = [asyncio.create_task(store.inbox.take("any", f"event {number}", "event", {}, 60)) for number in range(600)]
    await asyncio.sleep(0)
    held.set()
    await first
    assert await asyncio.gather(*writes) == [True] * 600
    assert len(committed) < 20

    mixed = await asyncio.gather(
        database.write(fail), *(store.kv.put(f"name {number}", "x") for number in range(5)), return_exceptions=True
    )
    assert [type(result) for result in mixed] == [KeyError] + [type(None)] * 5
    assert len(await store.kv.named("name ")) == 5
    assert await store.kv.get("spoilt") is None
    store.close()


async def test_a_name_is_claimed_by_one_caller_and_by_another_only_once_it_is_late(store: Store) -> None:
    rooms = store.conversations
    claims = await asyncio.gather(*(rooms.claim(HERE, "post:1", 30.0, 60.0) for _ in range(8)))
    late = [await rooms.claim(HERE, "post:2", -1.0, 60.0) for _ in range(2)]
    await rooms.settle(HERE, "post:1", {"ref": "17"})
    again = await rooms.claim(HERE, "post:1", 30.0, 60.0)
    await rooms.let_go(HERE, "post:2")
    anew = await rooms.claim(HERE, "post:2", 30.0, 60.0)

    assert [ours for ours, _ in claims].count(True) == 1
    assert [ours for ours, _ in late] == [True, True]
    assert (late[0][1], list(late[1][1])) == ({}, ["since"])
    assert again == (False, {"ref": "17"})
    assert anew == (True, {})
    assert await rooms.claim(THERE, "post:1", 30.0, 60.0) == (True, {})
    assert await rooms.forget_member(HERE, Author("ann", tenant=HERE.tenant)) == 0


async def test_a_claim_is_forgotten_when_its_time_to_be_known_is_over(store: Store) -> None:
    rooms = store.conversations
    await rooms.claim(HERE, "post:1", 30.0, -1.0)
    await rooms.claim(HERE, "post:2", 30.0, 60.0)

    assert await rooms.claim(HERE, "post:1", 30.0, 60.0) == (True, {})
    assert await rooms.expire(await store.now() + 30) == 0
    assert await rooms.expire(await store.now() + 61) == 2
