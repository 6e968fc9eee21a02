"""A new episode is announced once in each channel that asked for it, whatever happens on the way."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import re
import shutil
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.adapter import Slack
from bot.commands import COMMAND_LINES, COMMANDS
from bot.contract import Author, Channel, Found, Later, Outcome, Post, Refused, Reply, Request, freeze, thaw
from bot.core import Core
from bot.corpus import Corpus, open_corpus
from bot.delivery import Daily, Delivery, Timing
from bot.delivery.announcements import LONGEST, LONGEST_QUOTE, QUOTES
from bot.feeds import Fresh
from bot.highlights import Highlights
from bot.policy.texts import languages, say
from bot.settings import ROOT, Settings
from bot.store import LAST_TICK, ChannelSettings, PostRow, Store, episode_slot, open_store
from bot.store.database import connect
from bot.store.tables import posts
from tests.local_discord import LocalDiscord
from tests.local_slack import LocalSlack
from tests.platform import Platform
from tests.test_replicas import Replica

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.contract import Adapter
    from bot.search import Searcher
    from tests.conftest import RunBot

HERE = Channel("slack", "C1", "T1")
NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC).timestamp()
SHOW, EPISODE = "the-long-throw", "episode-44"
NAME = f"{SHOW}/{EPISODE}"
NEW = Fresh(SHOW, EPISODE, NOON)
TIMING = Timing()
ADDRESS = re.compile(r"https?://\S+")


class Newsroom:
    """A store, a platform, new episodes, and processes whose clock a test moves."""

    def __init__(self, store: Store, corpus: Corpus) -> None:
        self.store, self.corpus = store, corpus
        self.platform = Platform()
        self.now = NOON - 60
        self.fresh: tuple[Fresh, ...] = (NEW,)
        self.processes = [self.process("first")]

    def process(self, owner: str, corpus: Corpus | None = None) -> Delivery:
        """Return the delivery of a process on the one database, with a library of its own."""
        corpus = corpus or self.corpus
        daily = Daily(self.store, Highlights(corpus), corpus, COMMAND_LINES)
        return Delivery(
            self.store,
            daily,
            {"slack": self.platform},
            owner,
            fresh=lambda: self.fresh,
            clock=self.clock,
            timing=TIMING,
        )

    async def clock(self) -> float:
        return self.now

    async def asks(self, channel: Channel = HERE, **changes: object) -> ChannelSettings:
        """Let a channel ask for announcements."""
        made = dataclasses.replace(ChannelSettings(channel, episodes_since=NOON - 60), **changes)  # type: ignore[arg-type]  # the fields named in a test
        version = (await self.store.channels.get(channel)).version
        saved = await self.store.channels.save(
            dataclasses.replace(made, version=version), "admin", "episodes on", self.now
        )
        assert saved
        return saved

    async def until(self, moment: float, step: float = 5.0) -> None:
        """Tick up to a moment, as the processes would."""
        while self.now < moment:
            self.now = min(moment, self.now + step)
            for process in self.processes:
                await process.tick()

    async def row(self, channel: Channel = HERE) -> PostRow:
        [found] = await self.store.posts.announcements(channel)
        return found

    def posted(self, channel: Channel = HERE) -> list[str]:
        return [text for _, _, text in self.platform.messages[channel.id]]


@pytest.fixture
def room(store: Store, shows: Corpus) -> Newsroom:
    return Newsroom(store, shows)


@pytest.fixture
def small(tmp_path: Path, shows: Corpus) -> Iterator[Newsroom]:
    """Make a newsroom on SQLite alone, for what the database has no part in."""
    opened = open_store(f"sqlite:///{tmp_path}/small.db")
    yield Newsroom(opened, shows)
    opened.close()


def library(folder: Path, *without: str) -> Corpus:
    """Open a copy of the invented shows without some episodes."""
    shutil.copytree(ROOT / "tests" / "shows" / "content", folder, ignore=shutil.ignore_patterns(*without))
    return open_corpus(folder)


async def test_a_new_episode_is_announced_within_a_minute_where_that_was_asked_for_and_nowhere_else(
    room: Newsroom,
) -> None:
    other = Channel("slack", "C2", "T1")
    await room.asks()
    await room.asks(other, episodes_since=None)
    room.fresh = ()
    await room.until(NOON + 1)
    room.fresh = (NEW,)
    await room.until(NOON + 40)
    [text] = room.posted()
    assert text.startswith("★ New episode\n\nThe Long Throw #44")
    assert room.posted(other) == []
    row = await room.row()
    assert (row.state, row.episode, row.message_ref) == ("sent", NAME, "C1:1")
    await room.until(NOON + 7200, 60)
    assert len(room.posted()) == 1


async def test_three_processes_on_one_database_announce_once_in_each_channel(room: Newsroom) -> None:
    channels = [Channel("slack", f"C{number}", "T1") for number in range(30)]
    for channel in channels:
        await room.asks(channel)
    room.now = NOON + 1
    await asyncio.gather(*(room.process(name).tick() for name in ("first", "second", "third")))
    await room.until(NOON + 200)
    assert [len(room.posted(channel)) for channel in channels] == [1] * 30


@pytest.mark.parametrize("fault", ["lost", "raise"])
async def test_a_lost_answer_is_looked_for_and_the_episode_announced_once(room: Newsroom, fault: str) -> None:
    await room.asks()
    room.platform.faults = [fault]
    await room.until(NOON + TIMING.settle + TIMING.agree + 60)
    assert len(room.posted()) == 1
    assert (await room.row()).state == "sent"
    assert room.platform.looks


@pytest.mark.parametrize("sent", [True, False], ids=["after its send", "before its send"])
async def test_a_process_that_died_leaves_one_announcement_to_the_next(room: Newsroom, *, sent: bool) -> None:
    await room.asks()

    class Dead(Exception):  # noqa: N818 - not an error of ours
        pass

    async def died(*_: object, **__: object) -> bool:
        raise Dead

    name = "record_sent" if sent else "intend"
    kept = getattr(room.store.posts, name)
    setattr(room.store.posts, name, died)
    await room.until(NOON + 5)
    setattr(room.store.posts, name, kept)
    assert len(room.posted()) == int(sent)
    room.processes = [room.process("second")]
    await room.until(NOON + TIMING.lease + TIMING.settle + TIMING.agree + 60)
    assert len(room.posted()) == 1
    assert (await room.row()).state == "sent"


async def test_an_announcement_says_the_same_words_at_every_try(room: Newsroom) -> None:
    await room.asks()
    room.platform.faults = [Later(1, "rate limited")]
    await room.until(NOON + 1)
    before = (await room.row()).payload
    await room.asks(language="de")
    await room.until(NOON + 60)
    assert before
    assert room.posted() == [thaw(before).text]


async def test_what_came_before_a_channel_asked_is_not_announced_there(room: Newsroom) -> None:
    await room.asks(episodes_since=NOON)
    await room.asks(Channel("slack", "C2", "T1"), episodes_since=NOON + 1)
    await room.until(NOON + 120)
    assert dict(room.platform.messages) == {}
    assert await room.store.posts.announcements(HERE) == []


async def test_a_channel_that_serves_some_shows_hears_of_those_alone(room: Newsroom) -> None:
    cooking = Channel("slack", "C2", "T1")
    await room.asks(shows=(SHOW,))
    await room.asks(cooking, shows=("salt-and-small-change",))
    room.fresh = (NEW, Fresh("salt-and-small-change", "2-stock-and-stocks", NOON))
    await room.until(NOON + 60)
    assert [text.splitlines()[2] for text in (*room.posted(), *room.posted(cooking))] == [
        "The Long Throw #44: The refereeing show",
        "Salt and Small Change #2: Stock And Stocks",
    ]


async def test_an_episode_that_is_not_in_the_library_yet_is_announced_as_soon_as_it_is(
    small: Newsroom, tmp_path: Path
) -> None:
    await small.asks()
    small.processes = [small.process("first", library(tmp_path / "before", EPISODE))]
    await small.until(NOON + 35)
    assert await small.store.posts.announcements(HERE) == []
    small.processes[0].daily = Daily(small.store, Highlights(small.corpus), small.corpus, COMMAND_LINES)
    await small.until(NOON + 40)
    assert len(small.posted()) == 1


async def test_an_episode_whose_transcript_came_late_is_posted_without_searching_the_channel(
    small: Newsroom, tmp_path: Path
) -> None:
    await small.asks()
    small.processes = [small.process("first", library(tmp_path / "before", EPISODE))]
    await small.until(NOON + 86_400, 600)
    small.processes[0].daily = Daily(small.store, Highlights(small.corpus), small.corpus, COMMAND_LINES)
    await small.until(NOON + 86_405)
    assert (len(small.posted()), small.platform.looks) == (1, 0)


async def test_a_process_that_lacks_the_episode_leaves_it_to_one_that_has_it(small: Newsroom, tmp_path: Path) -> None:
    await small.asks()
    behind = small.process("behind", library(tmp_path / "behind", EPISODE))
    await small.processes[0]._announce(NEW, NOON, ("slack",))  # noqa: SLF001 - what the first got done
    small.now = NOON
    await behind.tick()
    row = await small.row()
    assert (row.state, row.reason) == ("pending", "its transcript isn't here yet")
    await small.until(NOON + 15)
    assert len(small.posted()) == 1
    assert small.platform.told == []


@pytest.mark.parametrize("approved", [True, False])
async def test_an_episode_withdrawn_before_it_is_announced_is_not(
    small: Newsroom, tmp_path: Path, *, approved: bool
) -> None:
    await small.asks(approve=approved)
    if not approved:
        small.platform.faults = [Later(60, "rate limited")]
    await small.until(NOON + 5)
    corpus = library(tmp_path / "content")
    entry = f'[[withdrawn]]\nepisode = "{EPISODE}"\n'
    (corpus.folder / SHOW / "withdrawn.toml").write_text(entry, "utf-8")
    small.processes = [small.process("first", open_corpus(corpus.folder))]
    if approved:
        assert await small.store.posts.approve(await small.row(), small.now)
    await small.until(NOON + 200)
    row = await small.row()
    assert (row.state, small.posted()) == ("skipped", [])
    assert "withdrawn" in row.reason


async def test_a_quote_withdrawn_before_it_is_announced_is_not_posted(small: Newsroom, tmp_path: Path) -> None:
    small.fresh = (Fresh(SHOW, "episode-41", NOON),)
    await small.asks(approve=True)
    await small.until(NOON + 5)
    row = await small.row()
    assert row.payload
    quoted = next(card.quote for card in thaw(row.payload).cards if card.quote)
    corpus = library(tmp_path / "content")
    entry = f'[[withdrawn]]\nepisode = "episode-41"\nwords = "{quoted.text[:60]}"\n'
    (corpus.folder / SHOW / "withdrawn.toml").write_text(entry, "utf-8")
    small.processes = [small.process("first", open_corpus(corpus.folder))]
    assert await small.store.posts.approve(row, small.now)
    await small.until(NOON + 60)
    assert (await small.row()).state == "skipped"
    assert small.posted() == []
    assert any("was skipped" in sentence for sentence in small.platform.told)


async def test_announcements_switched_off_meanwhile_are_left_out(room: Newsroom) -> None:
    saved = await room.asks()
    room.platform.faults = [Later(60, "rate limited")]
    await room.until(NOON + 5)
    off = dataclasses.replace(saved, episodes_since=None)
    assert await room.store.channels.save(off, "admin", "episodes off", room.now)
    await room.until(NOON + 200)
    assert (await room.row()).state == "skipped"
    assert (room.posted(), room.platform.told) == ([], [])


async def test_an_announcement_waits_for_approval_and_its_admin_is_told_once_how(room: Newsroom) -> None:
    await room.asks(approve=True)
    await room.until(NOON + 1200, 30)
    row = await room.row()
    assert row.waits
    assert room.posted() == []
    [told] = room.platform.told
    assert told.startswith("admin@C1: The Long Throw #44: The refereeing show is ready to be announced.")
    assert told.endswith(f" with /settings preview id:{row.code} channel:C1")
    assert await room.store.posts.approve(row, room.now)
    assert not await room.store.posts.approve(row, room.now)
    await room.until(NOON + 1260)
    assert row.payload
    assert room.posted() == [thaw(row.payload).text]
    assert not await room.store.posts.approve(row, room.now)
    assert not await room.store.posts.drop(row, "too late")


async def test_an_announcement_that_was_dropped_stays_out_until_it_is_approved_all_the_same(room: Newsroom) -> None:
    await room.asks(approve=True)
    await room.until(NOON + 5)
    row = await room.row()
    assert await room.store.posts.drop(row, "left out by an admin")
    await room.until(NOON + 300, 30)
    assert room.posted() == []
    assert ((await room.row()).state, (await room.row()).reason) == ("skipped", "left out by an admin")
    assert await room.store.posts.approve(row, room.now)
    await room.until(NOON + 330)
    assert len(room.posted()) == 1


async def test_no_answer_of_the_platform_makes_an_admin_believe_that_a_doubtful_post_waits_for_them(
    small: Newsroom,
) -> None:
    await small.asks(approve=False)
    small.platform.faults, small.platform.blind = ["lost"], "the permission to read the history is missing"
    await small.until(NOON + 1500, 15)
    row = await small.row()
    assert (row.state, row.waits) == ("held", False)
    assert not await small.store.posts.approve(row, small.now)
    assert small.platform.sends == 1
    assert any("The announcement of The Long Throw #44" in sentence for sentence in small.platform.told)


async def test_a_channel_that_refuses_three_episodes_is_told_why_and_hears_of_no_more(small: Newsroom) -> None:
    await small.asks()
    small.platform.faults = [Refused("I am not in the channel", channel=True)] * 4
    names = [entry.id for entry in small.corpus.entries if entry.show.id == SHOW]
    for number, name in enumerate(names):
        small.fresh = (Fresh(SHOW, name, small.now),)
        await small.until(NOON + number * 60 + 40)
    assert small.platform.sends == 3
    assert small.platform.told[0].endswith("wasn't announced: I am not in the channel.")
    assert small.platform.told[-1].endswith("Turn it back on with /settings episodes on.")
    assert (await small.store.channels.get(HERE)).disabled == "I am not in the channel"


async def test_an_episode_of_more_than_a_week_ago_is_no_news(small: Newsroom) -> None:
    await small.asks()
    small.platform.faults = [Later(3600 * 24, "later")] * 200
    await small.until(NOON + TIMING.news + 7200, 6 * 3600)
    row = await small.row()
    assert (row.state, row.reason) == ("skipped", "I couldn't announce it within 7 days")
    await small.asks(Channel("slack", "C2", "T1"))
    await small.until(small.now + 60)
    assert await small.store.posts.announcements(Channel("slack", "C2", "T1")) == []


async def test_after_a_restored_backup_a_channel_is_searched_before_it_is_announced_again(small: Newsroom) -> None:
    await small.asks()
    await small.until(NOON + 5)
    assert len(small.posted()) == 1
    forget = sa.delete(posts)
    await small.store.posts._db.write(lambda db: db.execute(forget))  # noqa: SLF001 - what a restored backup lacks
    await small.store.kv.put(LAST_TICK, repr(NOON - 3600))
    small.processes = [small.process("restored")]
    await small.until(NOON + 1800, 300)
    assert len(small.posted()) == 1
    assert (await small.row()).state == "sent"


async def test_what_is_new_that_cannot_be_read_keeps_no_quote_from_being_posted(small: Newsroom) -> None:
    def broken() -> tuple[Fresh, ...]:
        raise OSError

    daily = Daily(small.store, Highlights(small.corpus), small.corpus, COMMAND_LINES)
    process = Delivery(small.store, daily, {"slack": small.platform}, "one", fresh=broken, clock=small.clock)
    await small.asks(daily=True, next_date="2026-11-24", next_at=NOON)
    small.processes = [process]
    await small.until(NOON + 5)
    [text] = small.posted()
    assert text.startswith("☀")


async def test_announcements_change_nothing_of_the_daily_quote(small: Newsroom) -> None:
    settings = await small.asks(daily=True, thread=True, next_date="2026-11-24", next_at=NOON + 600)
    await small.until(NOON + 605)
    news, quote = small.posted()
    assert (news[0], quote[0]) == ("★", "☀")
    [row] = await small.store.posts.recent(HERE)
    assert (row.local_date, row.episode) == ("2026-11-24", None)
    assert await small.store.posts.used_passages(HERE, 0) == [row.passage_id]
    assert await small.store.posts.cycle_began(HERE, 0) == "2026-11-24"
    assert list(small.platform.threads) in ([], [row.message_ref])
    daily = small.processes[0].daily
    today = dt.date(2026, 11, 24)
    shown = await daily.of_day(settings, today, today)
    assert shown
    assert shown.id == row.passage_id
    await small.store.posts.cancel(settings, "paused by an admin")
    assert (await small.row()).state == "sent"


@given(st.text(min_size=1), st.text(min_size=1))
def test_what_stands_for_an_episode_is_no_date_and_comes_behind_every_date(one: str, other: str) -> None:
    slot = episode_slot(one)
    assert len(slot) == 10
    assert slot < "1900-01-01"
    assert (episode_slot(other) == slot) is (one == other)
    with pytest.raises(ValueError, match="Invalid isoformat"):
        dt.date.fromisoformat(slot)


async def test_a_process_of_the_version_before_reads_its_dates_first_and_announces_nothing(
    room: Newsroom, database_url: str
) -> None:
    await room.asks()
    await room.until(NOON + 5)
    database = connect(database_url)
    with database.engine.begin() as connection:
        before = sa.Table("posts", sa.MetaData(), autoload_with=connection)
        columns = [column for column in before.columns if column.name != "episode"]
        row = dict(connection.execute(sa.select(*columns)).mappings().one())
        row |= {"id": row["id"] + 1, "local_date": "2026-11-24", "key": "0" * 24}
        connection.execute(before.insert().values(**row))
        found = list(connection.scalars(sa.select(before.c.local_date).order_by(before.c.local_date.desc())))
    database.close()
    assert found == ["2026-11-24", episode_slot(NAME)]


def every_announcement(folder: Path) -> Iterator[tuple[str, Reply, Corpus]]:
    corpus = open_corpus(folder)
    announcements = Daily(None, Highlights(corpus), corpus, COMMAND_LINES).announcements
    for entry in corpus.entries:
        for language in languages():
            settings = ChannelSettings(HERE, language=language)
            name = f"{entry.show.id}/{entry.id}"
            reply = announcements._reply(name, settings)  # noqa: SLF001 - what runs beside the event loop
            assert reply
            yield entry.code, reply, corpus


@pytest.mark.parametrize("folder", ["content", "tests/shows/content"])
def test_an_announcement_quotes_its_own_episode_word_for_word_and_is_short(folder: str) -> None:
    seen = 0
    for code, reply, corpus in every_announcement(ROOT / folder):
        quotes = [card.quote for card in reply.cards if card.quote]
        assert all(quote.id.startswith(f"{code}-") and corpus.has(quote) for quote in quotes)
        assert all(len(quote.text) <= LONGEST_QUOTE and quote.citation.label for quote in quotes)
        assert len(quotes) <= QUOTES
        assert len(ADDRESS.sub("", reply.text)) <= LONGEST
        assert thaw(freeze(reply)) == reply
        seen += len(quotes)
    assert seen


def test_an_announcement_is_framed_in_its_channels_language() -> None:
    leads = {reply.lead for _, reply, _ in every_announcement(ROOT / "content")}
    assert leads == {say("announce.lead", language) for language in languages()}
    assert {"★ New episode", "★ Neue Folge", "★ Nouvel épisode"} <= leads


async def test_where_answers_are_off_the_button_under_an_announcement_works(
    small: Newsroom, shows_search: Searcher
) -> None:
    await small.asks(answers="off")
    small.fresh = (Fresh(SHOW, "episode-41", NOON),)
    await small.until(NOON + 5)
    row = await small.row()
    assert row.payload
    core = Core(small.corpus, shows_search, COMMANDS, store=small.store, clock=lambda: small.now)
    lines = [button.line for button in thaw(row.payload).buttons if button.line]
    assert lines
    for line in lines:
        reply = await core.answer(Request(HERE, Author("U9"), text=line))
        assert reply.outcome is Outcome.FOUND


class Admin:
    """An admin of a newsroom's channels, at its clock."""

    def __init__(self, room: Newsroom, search: Searcher) -> None:
        self._room = room
        self._core = Core(
            room.corpus,
            search,
            COMMANDS,
            store=room.store,
            adapters={"slack": room.platform},
            clock=lambda: room.now,
        )

    async def __call__(self, line: str, channel: Channel = HERE) -> Reply:
        return await self._core.answer(Request(channel, Author("U1", admin=True), text=line))


@pytest.fixture
def admin(small: Newsroom, shows_search: Searcher) -> Admin:
    return Admin(small, shows_search)


async def test_an_admin_turns_announcements_on_and_off_and_sees_how_each_ended(small: Newsroom, admin: Admin) -> None:
    on = await admin("/settings episodes on")
    assert on.lead.startswith("Saved. This channel gets a post for each new episode of the feeds I follow.")
    assert dict(on.cards[0].fields)["New episodes"] == "yes"
    await small.until(NOON + 5)
    status = await admin("/settings status")
    assert [card.fields for card in status.cards if card.title == "Announcements"] == [
        (("The Long Throw #44: The refereeing show", "posted on Tuesday 24 November 2026, 12:00"),)
    ]
    off = await admin("/settings episodes off")
    assert dict(off.cards[0].fields)["New episodes"] == "no"
    small.fresh = (Fresh(SHOW, "episode-43", small.now),)
    await small.until(NOON + 120)
    assert len(small.posted()) == 1


async def test_turning_announcements_on_again_announces_nothing_that_came_meanwhile(
    small: Newsroom, admin: Admin
) -> None:
    await admin("/settings episodes on")
    first = await small.store.channels.get(HERE)
    small.now += 30
    await admin("/settings episodes on approve:yes")
    again = await small.store.channels.get(HERE)
    assert (again.episodes_since, again.approve) == (first.episodes_since, True)
    await small.store.channels.disable(HERE, "I am not in the channel")
    small.now = NOON + 60
    reply = await admin("/settings")
    assert dict(reply.cards[0].fields)["New episodes"] == "off: I am not in the channel"
    await admin("/settings daily on")
    await small.until(NOON + 300, 30)
    assert await small.store.posts.announcements(HERE) == []


async def test_an_admin_sees_an_announcement_and_posts_it_or_leaves_it_out(small: Newsroom, admin: Admin) -> None:
    there = Channel("slack", "C2", "T1")
    await admin("/settings episodes on approve:yes")
    await admin("/settings episodes on approve:yes", there)
    await small.until(NOON + 5)
    for channel in (HERE, there):
        overview = await admin("/settings", channel)
        assert "I ask an admin first." in overview.lead
        [see] = [button.line for button in overview.buttons if button.label == "See announcement"]
        seen = await admin(see, channel)
        assert seen.lead.startswith("This announcement in this channel is waiting for an admin's approval.\n\n★ New")
        assert seen.private
        lines = {button.label: button.line for button in seen.buttons}
        done = await admin(lines["Post it" if channel == HERE else "Leave it out"], channel)
        assert done.outcome is Outcome.FOUND
    await small.until(NOON + 60)
    assert (len(small.posted()), small.posted(there)) == (1, [])
    status = await admin("/settings status", there)
    assert "skipped: left out by an admin" in status.text
    code = (await small.row()).code
    late = await admin(f"/settings drop id:{code}")
    assert late.lead.startswith("This announcement in this channel is posted on Tuesday 24 November 2026, 12:00.")
    assert not {"Post it", "Leave it out"} & {button.label for button in late.buttons}


async def test_switching_announcements_off_drops_what_waits_for_approval(small: Newsroom, admin: Admin) -> None:
    await admin("/settings episodes on approve:yes")
    await small.until(NOON + 5)
    await admin("/settings daily off")
    assert (await small.row()).waits
    await admin("/settings episodes off")
    row = await small.row()
    assert (row.state, row.reason) == ("skipped", "switched off by an admin")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/settings episodes on channel:#closed", "invite me first"),
        ("/settings preview id:abcdefghi", "I don't know an announcement “abcdefghi”"),
        ("/settings approve id:abcdefghi", "Which quote should I approve"),
        ("/settings approve:maybe", "approve"),
    ],
)
async def test_bad_input_about_announcements_is_a_sentence_and_saves_nothing(
    small: Newsroom, admin: Admin, line: str, said: str
) -> None:
    reply = await admin(line)
    assert reply.outcome is Outcome.ERROR
    assert said in reply.lead
    assert (await small.store.channels.get(HERE)).id is None


async def test_both_platforms_take_an_announcement_and_know_it_again(small: Newsroom, shows_core: Core) -> None:
    async with LocalDiscord() as local, LocalSlack() as slack_side:
        replica = Replica(local, shows_core, small.store, gateway=False)
        slack = Slack(
            Settings.read(slack_side.environ() | {"SLACK_APP_TOKEN": ""}), shows_core, small.store, listens=False
        )
        running = asyncio.create_task(slack.run())
        await local.settle(lambda: local.asked_for("GET /users/@me"))
        await local.settle()
        places = (
            Channel("discord", str(local.world.general.id), str(local.world.guild.id)),
            Channel("slack", "C0GENERAL", "T0LOCAL"),
        )
        now = await small.store.now()
        for place in places:
            await small.asks(place, episodes_since=now - 60)
        adapters: dict[str, Adapter] = {"discord": replica.bot, "slack": slack}
        fresh = (Fresh(SHOW, "episode-41", now),)
        daily = Daily(small.store, Highlights(small.corpus), small.corpus, COMMAND_LINES)
        delivery = Delivery(small.store, daily, adapters, "one", fresh=lambda: fresh)
        await delivery.tick()
        rows = [await small.row(place) for place in places]
        assert [row.state for row in rows] == ["sent", "sent"]
        for row, adapter in zip(rows, adapters.values(), strict=True):
            sent_at = dt.datetime.fromtimestamp(row.first_try_at or 0.0, dt.UTC)
            post = Post(row.key, Reply("", Outcome.NONE), first_try=sent_at)
            assert await adapter.find(row.settings.channel, post) == Found((row.message_ref or "",))
        await replica.stop()
        slack.stop()
        await running
        assert local.violations == []


def test_delivering_announces_in_a_terminals_files(
    command_line: RunBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC).timestamp()
    entry = open_corpus(ROOT / "content").entries[0]
    monkeypatch.setattr("bot.serve.fresh_episodes", lambda _: (Fresh(entry.show.id, entry.id, moment),))
    (tmp_path / "news.txt").touch()
    data = {"VERBATIM_DATA_DIR": str(tmp_path / "data")}
    given_folder = ("--channels", str(tmp_path))
    for moment_text, arguments in (
        ("2026-11-23T11:59:00Z", ("--once", "/settings episodes on channel:#news")),
        ("2026-11-23T12:00:05Z", ("deliver",)),
        ("2026-11-23T12:00:40Z", ("deliver",)),
    ):
        done = command_line("--now", moment_text, *given_folder, *arguments, **data)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "news.txt").read_text("utf-8").count("★ New episode") == 1
