"""What an admin sets, sees and is told; what members can do with the quote of the day."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING

import pytest

from bot.commands import COMMANDS
from bot.contract import LONGEST_LINE, Author, Channel, Outcome, Reply, Request
from bot.core import Core
from bot.corpus import open_corpus
from bot.policy.texts import languages, listed, say
from bot.search import open_searcher
from bot.store import Store, open_store
from tests.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Searcher
    from tests.conftest import RunBot

NOON = dt.datetime(2026, 11, 23, 11, 0, tzinfo=dt.UTC)
HERE = Channel("slack", "C0123456789ABCDEF", "T1")
OTHER = Channel("slack", "C2", "T1")


class Room:
    """A core with a store and a platform, asked by an admin or a member at a moment."""

    def __init__(self, corpus: Corpus, search: Searcher, store: Store | None) -> None:
        self.store = store
        self.now = NOON
        platform = Platform()
        adapters = {"slack": platform}
        self.core = Core(
            corpus,
            search,
            COMMANDS,
            store=store,
            adapters=adapters,
            clock=self.moment,
        )

    def moment(self) -> float:
        return self.now.timestamp()

    async def ask(self, line: str, *, admin: bool = True, channel: Channel = HERE, member: str = "U1") -> Reply:
        return await self.core.answer(Request(channel, Author(member, admin=admin), text=line, now=self.now))


@pytest.fixture
def room(corpus: Corpus, search: Searcher, tmp_path: Path) -> Iterator[Room]:
    store = open_store(f"sqlite:///{tmp_path}/verbatim.db")
    yield Room(corpus, search, store)
    store.close()


@pytest.fixture
def bare(corpus: Corpus, search: Searcher) -> Room:
    return Room(corpus, search, None)


async def test_an_admin_who_turns_the_daily_quote_on_sees_the_next_dates_and_a_preview(room: Room) -> None:
    reply = await room.ask("/settings daily on time:9 zone:Europe/Berlin")
    assert reply.outcome is Outcome.FOUND
    assert reply.private
    assert reply.lead == "Saved. This channel gets a quote every day at 09:00 (Europe/Berlin)."
    assert dict(reply.cards[0].fields)["Next"] == (
        "Tuesday 24 November 2026, 09:00; Wednesday 25 November 2026, 09:00; Thursday 26 November 2026, 09:00"
    )
    assert reply.cards[1].quote
    assert "Lex Fridman Podcast #383" in reply.text


async def test_a_member_who_is_no_admin_changes_nothing(room: Room) -> None:
    reply = await room.ask("/settings daily on", admin=False)
    assert reply.outcome is Outcome.ERROR
    assert room.store
    assert (await room.store.channels.get(HERE)).id is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/settings daily on zone:Berlin", "Did you mean Europe/Berlin?"),
        ("/settings daily on time:25:00", "isn't a time of day"),
        ("/settings daily on days:someday", "as days"),
        ("/settings daily on shows:joe-rogan", "I don't know a show called “joe-rogan”"),
        ("/settings daily on channel:#closed", "invite me first"),
        ("/settings channel:#closed", "invite me first"),
        ("/settings make coffee", "do: can be daily on, daily off"),
        ("/settings answers:sometimes", "answers: can be mentions or off"),
        ("/settings language:Klingon", f"I have {listed([say('language.name', code) for code in languages()])}"),
        ("/settings pin", "Which quote should I"),
        ("/settings pin id:nonsense", "Which quote should I"),
        ("/highlight date:2026-02-29", "isn't a date"),
        ("/vote up id:nonsense", "The passage “nonsense” is gone"),
    ],
)
async def test_bad_input_is_answered_with_a_sentence_and_saves_nothing(room: Room, line: str, said: str) -> None:
    reply = await room.ask(line)
    assert reply.outcome is Outcome.ERROR
    assert said in reply.lead
    assert room.store
    assert (await room.store.channels.get(HERE)).id is None


async def test_settings_for_another_channel_are_that_channels_and_of_the_askers_own_server(room: Room) -> None:
    await room.ask("/settings daily on channel:<#C77|general> time:08:00 zone:UTC")
    assert room.store
    assert (await room.store.channels.get(Channel("slack", "C77", "T1"))).daily
    assert not (await room.store.channels.get(HERE)).daily
    assert not (await room.store.channels.get(Channel("slack", "C77", "T2"))).daily


async def test_options_alone_change_only_what_they_name(room: Room) -> None:
    await room.ask("/settings daily on time:09:00 zone:Europe/Berlin days:weekdays")
    reply = await room.ask("/settings time:21:30")
    assert reply.lead == "Saved. This channel gets a quote on weekdays at 21:30 (Europe/Berlin)."


@pytest.mark.parametrize("named", ["de", "Deutsch", "german", "de-AT", " DE_ch "])
async def test_the_words_around_the_daily_quote_are_in_the_channels_language(room: Room, named: str) -> None:
    await room.ask("/settings daily on time:21:00 zone:UTC language:en")
    english = await room.ask("/settings preview")
    reply = await room.ask(f'/settings daily on time:21:00 zone:UTC language:"{named}"')
    assert dict(reply.cards[0].fields)["Language"] == "Deutsch"
    preview = await room.ask("/settings preview")
    assert preview.lead.endswith("☀ Zitat des Tages")
    assert {"Anhören", "Mehr Kontext"} <= {button.label for button in preview.buttons}
    assert [card.quote for card in preview.cards] == [card.quote for card in english.cards]


async def test_pausing_skipping_and_resuming_say_what_comes_next(room: Room) -> None:
    assert "no quote left to skip" in (await room.ask("/settings skip today")).lead
    await room.ask("/settings daily on time:21:00 zone:Europe/Berlin")
    skipped = await room.ask("/settings skip today")
    assert (
        "I'll skip today's quote in this channel. The next one comes on Tuesday 24 November 2026, 21:00."
        == skipped.lead
    )
    assert "It's paused" in (await room.ask("/settings pause")).lead
    assert "paused" not in (await room.ask("/settings resume")).lead
    assert "is off in this channel" in (await room.ask("/settings daily off")).lead


async def test_posting_now_is_one_of_the_days_posts(room: Room) -> None:
    await room.ask("/settings daily on time:21:00 zone:Europe/Berlin")
    assert "in a few seconds" in (await room.ask("/settings post now")).lead
    assert room.store
    settings = await room.store.channels.get(HERE)
    assert settings.next_date == "2026-11-24"
    [row] = await room.store.posts.claim(NOON.timestamp(), "a", 120, 20, ("slack",))
    await room.store.posts.choose(row, "p", 0, {})
    await room.store.posts.intend(row, NOON.timestamp())
    await room.store.posts.record_sent(row, NOON.timestamp(), "m1")
    assert "already out" in (await room.ask("/settings post now")).lead
    status = await room.ask("/settings status")
    assert ("2026-11-23", "posted on Monday 23 November 2026, 12:00") in status.cards[0].fields


@pytest.mark.parametrize("line", ["/settings thread:yes", "/settings zone:Europe/London", "/settings answers:mentions"])
async def test_an_edit_between_the_due_moment_and_the_tick_loses_no_date(room: Room, line: str) -> None:
    await room.ask("/settings daily on time:13:00 zone:Europe/Berlin")
    room.now = NOON + dt.timedelta(hours=1, seconds=3)
    await room.ask(line)
    assert room.store
    assert (await room.store.channels.get(HERE)).next_date == "2026-11-23"


async def test_switching_off_pausing_or_skipping_stops_a_post_that_waits(room: Room) -> None:
    assert room.store
    for line, reason in (
        ("/settings daily off", "switched off by an admin"),
        ("/settings pause", "paused by an admin"),
        ("/settings skip today", "skipped by an admin"),
    ):
        await room.ask("/settings daily on time:21:00 zone:Europe/Berlin")
        await room.ask("/settings post now")
        await room.ask(line)
        [row] = await room.store.posts.recent(HERE)
        assert (row.state, row.reason) == ("skipped", reason)


async def test_edits_at_the_same_time_are_all_kept(room: Room) -> None:
    await room.ask("/settings daily on time:09:00")
    lines = ("/settings time:10:00", "/settings zone:Asia/Tokyo", "/settings thread:yes", "/settings days:weekdays")
    replies = await asyncio.gather(*(room.ask(line) for line in lines))
    assert all(reply.outcome is Outcome.FOUND for reply in replies)
    assert room.store
    kept = await room.store.channels.get(HERE)
    assert (kept.time, kept.zone, kept.thread, kept.days) == ("10:00", "Asia/Tokyo", True, "1111100")


async def test_options_beside_a_view_are_refused_and_not_dropped(room: Room) -> None:
    assert "goes by itself" in (await room.ask("/settings preview time:10:00 zone:Asia/Tokyo")).lead


async def test_what_was_skipped_can_be_resumed_and_what_failed_posted_again(room: Room) -> None:
    await room.ask("/settings daily on time:21:00 zone:Europe/Berlin")
    await room.ask("/settings skip today")
    assert "left out" not in (await room.ask("/settings resume")).lead
    assert room.store
    await room.ask("/settings post now")
    [row] = await room.store.posts.claim(NOON.timestamp(), "a", 120, 20, ("slack",))
    await room.store.posts.end(row, NOON.timestamp(), "failed", "no permission")
    assert "in a few seconds" in (await room.ask("/settings post now")).lead


async def test_the_next_post_keeps_half_a_day_from_one_posted_by_hand(room: Room) -> None:
    await room.ask("/settings daily on time:00:10 zone:Europe/Berlin")
    room.now = dt.datetime(2026, 11, 23, 22, 50, tzinfo=dt.UTC)
    await room.ask("/settings post now")
    assert room.store
    assert (await room.store.channels.get(HERE)).next_date == "2026-11-25"


async def test_the_daily_posts_own_buttons_work_where_answers_are_switched_off(room: Room) -> None:
    day = await room.ask("/highlight", admin=False)
    await room.ask("/settings answers:off")
    room.now += dt.timedelta(seconds=10)
    for button in day.buttons:
        if button.line:
            assert (await room.ask(button.line, admin=False)).outcome is Outcome.FOUND


@pytest.mark.parametrize("text", ["/ask \ud800 what is this", "\udfff", '/verify "\ud83d broken"'])
async def test_half_a_character_breaks_nothing(room: Room, text: str) -> None:
    assert "Something broke" not in (await room.ask(text)).lead


async def test_status_shows_each_delivery_with_its_reason(room: Room) -> None:
    await room.ask("/settings daily on")
    assert room.store
    settings = await room.store.channels.get(HERE)
    assert await room.store.posts.request_now(settings, "2026-11-23", NOON.timestamp())
    [row] = await room.store.posts.claim(NOON.timestamp(), "a", 120, 20, ("slack",))
    await room.store.posts.end(row, NOON.timestamp(), "held", "I can't see whether it was posted")
    status = await room.ask("/settings status")
    assert status.cards[0].fields == (("2026-11-23", "on hold: I can't see whether it was posted"),)


async def test_the_queue_shows_what_comes_and_each_button_does_what_it_says(room: Room) -> None:
    await room.ask("/settings daily on")
    queue = await room.ask("/settings queue")
    assert [card.title.split(".")[0] for card in queue.cards] == ["1", "2", "3"]
    first, _, third = (card.quote.id for card in queue.cards if card.quote)
    labels = {button.label: button.line for button in queue.buttons}
    assert "It's next" in (await room.ask(labels["Pin 3"])).lead
    assert "won't post it here" in (await room.ask(labels["Drop 1"])).lead
    after = await room.ask("/settings queue")
    shown = [card.quote.id for card in after.cards if card.quote]
    assert shown[0] == third
    assert after.cards[0].title.endswith("pinned")
    assert first not in shown


async def test_every_button_of_the_settings_fits_on_every_platform(room: Room) -> None:
    far = Channel("slack", "123456789012345678901", "T1")
    for line in ("/settings daily on", "/settings queue", "/settings status", "/settings preview"):
        reply = await room.ask(f"{line} channel:{far.id}")
        assert all(len(button.line) <= LONGEST_LINE for button in reply.buttons)


async def test_answers_switched_off_in_a_channel_are_declined_there_and_nowhere_else(room: Room) -> None:
    await room.ask("/settings answers:off")
    room.now += dt.timedelta(seconds=10)
    there = await room.ask("what does he say about remote work?", admin=False)
    assert there.outcome is Outcome.DECLINED
    assert "switched off in this channel" in there.lead
    assert (await room.ask("/help", admin=False)).outcome is Outcome.FOUND
    elsewhere = await room.ask("/quote train need pride", admin=False, channel=Channel("slack", "C2", "T1"))
    assert elsewhere.outcome is not Outcome.DECLINED


async def test_status_tells_how_it_stands_with_the_followed_feeds_of_the_shows_served(tmp_path: Path) -> None:
    for show in ("boats", "trains"):
        folder = tmp_path / "content" / show / "1-first"
        folder.mkdir(parents=True)
        (folder / "source.txt").write_text("Ann: We sailed the little boat around the island at dawn.", "utf-8")
        toml = f'title = "{show.title()}"\nrights = "Ours."\nfeed = "https://feeds.example/{show}"\n'
        (folder.parent / "show.toml").write_text(toml, "utf-8")
    corpus = open_corpus(tmp_path / "content")
    search = open_searcher(corpus, None, pytest.fail)
    store = open_store(f"sqlite:///{tmp_path}/verbatim.db")
    room = Room(corpus, search, store)
    await room.ask("/settings shows:trains")
    status = await room.ask("/settings status")

    assert [card.fields for card in status.cards if card.title == "Followed feeds"] == [
        (("trains", "not looked at yet; 0 episodes"),)
    ]
    store.close()
    search.close()


async def test_a_channel_that_serves_some_shows_is_answered_from_those_alone(tmp_path: Path) -> None:
    content = tmp_path / "content"
    said = {
        "boats": "Ann: We sailed the little boat around the frozen island at dawn. Nobody believed it.",
        "trains": "Bob: The night train crossed the frozen island on a wooden bridge. Nobody believed it.",
    }
    for show, text in said.items():
        folder = content / show / "1-first"
        folder.mkdir(parents=True)
        (folder / "source.txt").write_text(text, "utf-8")
        (content / show / "show.toml").write_text(f'title = "{show.title()}"\nrights = "Ours."\n', "utf-8")
    corpus = open_corpus(content)
    search = open_searcher(corpus, None, pytest.fail)
    store = open_store(f"sqlite:///{tmp_path}/verbatim.db")
    room = Room(corpus, search, store)
    assert "Shows: trains" in (await room.ask("/settings shows:trains")).text
    room.now += dt.timedelta(seconds=10)
    lines = (
        "/quote across the frozen island",
        "/verify we sailed the little boat around the frozen island",
        "/ask what was on the frozen island?",
        "/topic frozen island",
        "/episodes",
    )
    for line in lines:
        reply = await room.ask(line, admin=False)
        assert "boat" not in reply.text.casefold(), line
    elsewhere = await room.ask("/verify we sailed the little boat around the frozen island", channel=OTHER)
    assert elsewhere.cards[0].quote
    assert elsewhere.cards[0].quote.verdict == "exact"
    search.close()
    store.close()


async def test_the_quote_of_the_day_is_the_same_all_day_and_private_until_it_is_shared(room: Room) -> None:
    first = await room.ask("/highlight", admin=False)
    again = await room.ask("/highlight", admin=False, member="U2")
    assert first.private
    assert first.cards[0].quote
    assert again.cards == first.cards
    assert (await room.ask("/highlight date:yesterday", admin=False)).outcome is Outcome.NONE
    assert (await room.ask("/highlight random:yes", admin=False)).cards[0].quote


async def test_a_vote_is_counted_once_a_member_and_can_be_changed_shown_and_deleted(room: Room) -> None:
    day = await room.ask("/highlight", admin=False)
    up = next(button.line for button in day.buttons if button.label == "👍")
    assert (await room.ask(up, admin=False)).lead == "Counted. In this channel it has 👍 1 · 👎 0."
    second = await room.ask(up, admin=False, member="U2")
    assert second.lead == "Counted. In this channel it has 👍 2 · 👎 0."
    changed = await room.ask(second.buttons[0].line, admin=False, member="U2")
    assert changed.lead == "Counted. In this channel it has 👍 1 · 👎 1."
    assert "1 vote of yours" in (await room.ask("/privacy", admin=False)).lead
    assert (await room.ask("/privacy delete", admin=False)).lead.startswith("Deleted: 1 vote, ")
    assert "no votes" in (await room.ask("/privacy", admin=False)).lead


async def test_without_a_database_quotes_are_found_and_what_is_off_is_said(bare: Room) -> None:
    assert (await bare.ask("/quote train need pride")).outcome is not Outcome.ERROR
    assert (await bare.ask("/highlight")).cards[0].quote
    for line in ("/settings daily on", "/vote up id:thphm-43dg7p", "/privacy"):
        reply = await bare.ask(line)
        assert "I can't use my database" in reply.lead


async def test_a_database_that_fails_while_serving_costs_settings_and_no_quotes(room: Room) -> None:
    assert room.store
    room.store.close()
    assert (await room.ask("/quote train need pride")).outcome is not Outcome.ERROR
    assert "My database does not answer" in (await room.ask("/settings daily on")).lead


async def test_hidden_and_admin_commands_are_not_in_a_members_help(room: Room) -> None:
    member, admin = await room.ask("/help all", admin=False), await room.ask("/help all")
    assert "/vote" not in admin.text
    assert "/settings" in admin.text
    assert "/settings" not in member.text


def test_a_console_sets_a_daily_quote_moves_the_clock_and_sees_the_post_once(
    command_line: RunBot, tmp_path: Path
) -> None:
    data = {"VERBATIM_DATA_DIR": str(tmp_path)}
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels" / "random.txt").touch()
    channels = ("--channels", str(tmp_path / "channels"))
    for channel in ("#general", "#random"):
        line = f"/settings daily on channel:{channel} time:09:00 zone:Europe/Berlin"
        done = command_line(*channels, "--now", "2026-11-23T12:00+01:00", "--once", line, **data)
        assert "Tuesday 24 November 2026, 09:00" in done.stdout
    wrong = command_line(*channels, "--once", "/settings daily on channel:#nowhere", **data)
    assert "There's no channel #nowhere here. Try #general, #random." in wrong.stdout
    early = command_line(*channels, "--now", "2026-11-24T08:59:00+01:00", "deliver", **data)
    assert (early.stdout, early.stderr) == ("", "")
    posted = command_line(*channels, "--now", "2026-11-24T09:00:01+01:00", "deliver", **data)
    assert posted.stdout.startswith("☀ Quote of the day")
    again = command_line(*channels, "--now", "2026-11-24T09:00:09+01:00", "deliver", **data)
    assert again.stdout == ""
    assert (tmp_path / "channels" / "random.txt").read_text("utf-8").count("☀ Quote of the day") == 1


def test_a_backup_and_a_restore_are_one_command_each(command_line: RunBot, tmp_path: Path) -> None:
    data = {"VERBATIM_DATA_DIR": str(tmp_path / "data")}
    command_line("--once", "/settings daily on time:06:15", **data)
    saved = command_line("backup", str(tmp_path / "copy.db"), **data)
    assert "Done: wrote" in saved.stderr
    other = {"VERBATIM_DATA_DIR": str(tmp_path / "other")}
    (tmp_path / "other").mkdir()
    assert "Done: read" in command_line("restore", str(tmp_path / "copy.db"), **other).stderr
    assert "06:15" in command_line("--once", "/settings", **other).stdout
    assert command_line("backup", str(tmp_path / "copy.db"), **data).returncode == 2


def test_a_file_that_is_no_backup_changes_nothing_and_a_damaged_database_is_set_aside(
    command_line: RunBot, tmp_path: Path
) -> None:
    data = {"VERBATIM_DATA_DIR": str(tmp_path / "a?b %20c")}
    command_line("--once", "/settings daily on time:06:15", **data)
    database = tmp_path / "a?b %20c" / "verbatim.db"
    assert database.is_file()
    (tmp_path / "empty.db").touch()
    foreign = command_line("restore", str(tmp_path / "empty.db"), **data)
    assert (foreign.returncode, "isn't a backup of this bot" in foreign.stderr) == (2, True)
    assert command_line("backup", str(tmp_path / "copy.db"), **data).returncode == 0
    database.write_bytes(b"no database" * 1000)
    assert "is damaged" in command_line("--once", "/settings", **data).stderr
    assert command_line("restore", str(tmp_path / "copy.db"), **data).returncode == 0
    assert "06:15" in command_line("--once", "/settings", **data).stdout
    assert (tmp_path / "a?b %20c" / "verbatim.db.damaged").is_file()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "postgresql://u:p@host:abc/db",
        "postgresql://u:hunter2@127.0.0.1:9/x",
        "sqlite:////nowhere/at/all.db",
    ],
)
def test_a_wrong_database_is_said_and_the_rest_works(command_line: RunBot, url: str) -> None:
    done = command_line("--once", "/quote people who train need to not have pride", VERBATIM_DATABASE_URL=url)
    assert done.returncode == 0
    assert "settings, votes and the daily quote are off" in done.stderr
    assert "hunter2" not in done.stderr
