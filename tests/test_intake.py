"""What lies between an event and its answer, held for every platform that tokens serve; a new row is held too."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import re
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from bot.adapters import PLATFORMS
from bot.adapters.console import JsonLines
from bot.adapters.discord.adapter import Discord
from bot.adapters.slack.adapter import Slack
from bot.commands import Context, Param, command
from bot.contract import LONGEST_LINE, Channel, Outcome, Platform, Reply
from bot.core import Core
from bot.intake import ANSWER_SECONDS, SHOW_SECONDS, Admission, Intake, Store, Taken, busy, slow_down, too_long
from bot.intake.admission import MEMBER_BURST, PER_SECONDS, TENANT_BURST
from bot.intake.memory import MOST_REMEMBERED, Memory
from bot.intake.work import Work
from bot.logs import Discreet
from bot.settings import Settings, secret_names, setting_rows
from bot.store import open_store
from tests.local_discord import TOKEN, LocalDiscord
from tests.local_slack import LocalSlack
from tests.test_parity import of_discord
from tests.test_slack import no_proxies

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.store import Inbound

__all__ = ["no_proxies"]

SERVED = [platform for platform in PLATFORMS if platform.connect]
EACH = pytest.mark.parametrize("platform", SERVED, ids=lambda platform: platform.name)
ROOM, OTHER_ROOM = Channel("any", "room", "here"), Channel("any", "room", "elsewhere")
SECRET = "a secret that all replicas share"  # noqa: S105 - of nobody


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/v.db"


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    opened = open_store(database)
    yield opened
    opened.close()


# The rows of the platforms.


@EACH
def test_a_platforms_settings_exist_and_what_is_secret_of_them_is_declared(platform: Platform) -> None:
    settings = Settings.read(dict.fromkeys(platform.tokens, "given"))

    assert settings.gives(platform.tokens)
    assert not Settings().gives(platform.tokens)
    assert {name for name in platform.tokens if name.endswith("TOKEN")} <= set(secret_names())


def test_every_setting_that_is_named_like_a_secret_is_one() -> None:
    named = {row.name for row in setting_rows() if row.name.endswith(("TOKEN", "SECRET", "KEY"))}

    assert named
    assert named == set(secret_names())


@EACH
def test_a_platforms_package_has_what_makes_its_adapter(platform: Platform) -> None:
    assert platform.connect
    assert platform.role(Settings()) in Settings().verbatim_roles


def test_whoever_takes_a_question_is_done_before_another_may_begin() -> None:
    assert ANSWER_SECONDS < SHOW_SECONDS < 20


def test_a_buttons_line_fits_on_every_platform() -> None:
    assert min(platform.longest_line for platform in PLATFORMS) >= LONGEST_LINE


@pytest.mark.parametrize(
    "text",
    [
        "xoxb-12345678-abcdefgh",
        "xapp-1-A0-abcdefgh",
        "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA.Gabcde.abcdefghijklmnopqrstuvwxyz0123456789",
        "https://discord.com/api/webhooks/123/abcdefghijklmnopqrstuvwxyz",
        "https://hooks.slack.com/commands/T0/1/abc",
        "postgresql://user:password@db/x",
    ],
)
def test_what_has_the_shape_of_a_secret_is_in_no_log(text: str) -> None:
    log = Discreet(shape for platform in PLATFORMS for shape in platform.secret_shapes)

    assert text not in log.format(logging.LogRecord("x", logging.ERROR, "x", 1, "it said %s", (text,), None))


def test_what_the_settings_hold_secret_is_in_no_log_whatever_its_shape() -> None:
    log = Discreet(())
    log.hide(Settings.read({"SLACK_SIGNING_SECRET": "8f742231b10e8888", "VERBATIM_LM_KEY": "of.no+shape"}).secrets)
    line = log.format(logging.LogRecord("x", logging.ERROR, "x", 1, "8f742231b10e8888 and of.no+shape", (), None))

    assert line == "ERROR x: … and …"


# Who may ask now.


def test_a_member_may_ask_a_burst_and_then_as_time_goes_by() -> None:
    now = 0.0
    admission = Admission(lambda: now)
    first = [admission.wait(ROOM, "bob") for _ in range(MEMBER_BURST + 1)]
    elsewhere, other = admission.wait(OTHER_ROOM, "bob"), admission.wait(ROOM, "alice")
    now = PER_SECONDS / MEMBER_BURST

    assert first[:MEMBER_BURST] == [0.0] * MEMBER_BURST
    assert 0 < first[MEMBER_BURST] <= PER_SECONDS / MEMBER_BURST
    assert elsewhere > 0
    assert other == 0.0
    assert admission.wait(ROOM, "bob") == 0.0


def test_a_server_may_ask_a_burst_whoever_its_members_are_and_no_other_waits_for_it() -> None:
    admission = Admission(lambda: 0.0)
    asked = [admission.wait(ROOM, f"member {number}") for number in range(TENANT_BURST + 1)]

    assert asked[:TENANT_BURST] == [0.0] * TENANT_BURST
    assert 0 < asked[TENANT_BURST] <= PER_SECONDS / TENANT_BURST
    assert admission.wait(OTHER_ROOM, "somebody") == 0.0
    assert admission.wait(Channel("any", "direct"), "somebody") == 0.0


def test_whoever_is_refused_is_told_the_seconds_to_wait_and_by_a_message_once_in_a_while() -> None:
    now = 0.0
    admission = Admission(lambda: now)
    told = [admission.is_first("bob"), admission.is_first("bob"), admission.is_first("alice")]
    now = PER_SECONDS

    assert told == [True, False, True]
    assert admission.is_first("bob")
    assert slow_down(19.2).text == "That's a lot at once. Try again in 20 seconds."
    assert slow_down(0.1).text == "That's a lot at once. Try again in 1 second."


def test_what_is_remembered_is_bounded() -> None:
    memory = Memory(2)
    admission = Admission(lambda: 0.0)
    for number in range(MOST_REMEMBERED + 10):
        admission.wait(Channel("any", "room", f"server {number}"), f"member {number}")

    assert [memory.take(name) for name in ("a", "a", "b", "c", "a")] == [True, False, True, True, True]
    assert memory.take("")
    assert memory.take("")
    assert len(admission._members._left) == len(admission._tenants._left) == MOST_REMEMBERED  # noqa: SLF001 - its bound


async def test_a_script_that_speaks_for_a_servers_member_is_slowed_down_and_one_that_does_not_is_not(
    core: Core,
) -> None:
    now = "2026-11-24T09:00+01:00"
    member = {"text": "/help", "server": "here", "author": "bob", "now": now}
    later = member | {"now": "2026-11-24T09:01+01:00"}
    lines = [{"text": "/help"}] * (MEMBER_BURST + 5) + [member] * (MEMBER_BURST + 1) + [later]
    out = io.StringIO()
    await JsonLines(core, io.StringIO("".join(f"{json.dumps(line)}\n" for line in lines)), out).run()
    said = [json.loads(line)["text"] for line in out.getvalue().splitlines()]

    refused = [number for number, text in enumerate(said) if "a lot at once" in text]
    assert refused == [2 * MEMBER_BURST + 5]
    assert said[-1] == said[MEMBER_BURST + 5]


# Once.


@EACH
@pytest.mark.parametrize("kept", [True, False], ids=["with a store", "without"])
async def test_what_arrives_twice_is_taken_once_under_any_of_its_names(
    platform: Platform, store: Store, *, kept: bool
) -> None:
    inbox = Intake(platform.name, store if kept else None).inbox
    taken = [
        await inbox.take("first", "event", {}, ("channel:1",)),
        await inbox.take("first", "event", {}),
        await inbox.take("second", "event", {}, ("channel:1",)),
        await inbox.take("third", "event", {}),
    ]

    assert taken == [Taken.NEW, Taken.KNOWN, Taken.KNOWN, Taken.NEW]


@EACH
async def test_what_one_process_took_another_does_not(platform: Platform, store: Store) -> None:
    one, other = Intake(platform.name, store).inbox, Intake(platform.name, store).inbox

    assert await one.take("first", "event", {}, ("channel:1",)) is Taken.NEW
    assert await other.take("second", "event", {}, ("channel:1",)) is Taken.KNOWN
    left = await store.inbox.unfinished(platform.name, 0, await store.now() + 60)
    assert {one.delivery_id: one.kind for one in left} == {"first": "event", "channel:1": "mark"}
    await one.done("first", ("channel:1",))
    assert await store.inbox.unfinished(platform.name, 0, await store.now() + 120) == []


@EACH
async def test_what_the_store_did_not_take_may_come_again_until_it_is_settled(
    platform: Platform, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Intake(platform.name, store).inbox
    store.close()
    taken = [await inbox.take("first", "event", {}), await inbox.take("first", "event", {})]
    owed = inbox.owes("first")
    inbox.settle("first")

    assert taken == [Taken.UNSURE, Taken.UNSURE]
    assert owed
    assert await inbox.take("first", "event", {}) is Taken.KNOWN
    assert len([line for line in caplog.messages if "answering from memory" in line]) == 1


@EACH
async def test_a_secret_that_is_written_down_opens_for_whoever_shares_the_key_alone(
    platform: Platform, store: Store
) -> None:
    inbox = Intake(platform.name, store, SECRET).inbox
    pending = inbox.keep("first", "command", {"line": "/help", "token": "canary"}, ("token",), 60)
    assert await pending.is_ours()
    assert not pending.has_failed
    (left,) = await store.inbox.unfinished(platform.name, 0, await store.now() + 40)

    assert "canary" not in json.dumps(dict(left.payload))
    assert inbox.unseal(left, ("token",)) == {"line": "/help", "token": "canary"}
    assert Intake(platform.name, store, "another").inbox.unseal(left, ("token",))["token"] == ""
    await pending.end(answered=True)
    assert await store.inbox.unfinished(platform.name, 0, await store.now() + 120) == []


@EACH
async def test_what_two_processes_write_down_is_one_processes(platform: Platform, store: Store) -> None:
    one, other = Intake(platform.name, store).inbox, Intake(platform.name, store).inbox
    first = one.keep("first", "command", {}, (), 60)
    assert await first.is_ours()
    second = other.keep("first", "command", {}, (), 60)

    assert not await second.is_ours()
    await second.end(answered=True)
    left = await store.inbox.unfinished(platform.name, 0, await store.now() + 40)
    assert [each.delivery_id for each in left] == ["first"]


@EACH
async def test_without_a_store_that_works_a_question_is_its_own_processes(platform: Platform, store: Store) -> None:
    pending = Intake(platform.name, store).inbox
    store.close()
    kept = pending.keep("first", "command", {}, (), 60)

    assert await kept.is_ours()
    assert kept.has_failed
    await kept.end(answered=True)


# In time.


@EACH
async def test_an_answer_that_takes_too_long_is_given_up(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.intake.intake.ANSWER_SECONDS", 0.05)
    intake = Intake(platform.name, None)

    assert await intake.answer(lambda: asyncio.sleep(60, busy())) == too_long()


@EACH
async def test_beyond_those_who_wait_members_are_told_to_come_back(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake.intake.AT_ONCE", 1)
    monkeypatch.setattr("bot.intake.intake.MOST_WAITING", 1)
    intake = Intake(platform.name, None)
    go = asyncio.Event()

    async def answer() -> Reply:
        await go.wait()
        return Reply("done", Outcome.FOUND)

    asked = [asyncio.create_task(intake.answer(answer)) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    go.set()

    assert [reply.text for reply in await asyncio.gather(*asked)] == ["done", "done", busy().text]


async def test_work_is_bounded_and_waited_for_and_what_is_late_is_cancelled() -> None:
    work = Work(most=2)
    never, counted = asyncio.Event(), asyncio.Event()

    async def count() -> None:
        with work.count():
            await counted.wait()

    assert [work.start(never.wait()) for _ in range(3)] == [True, True, False]
    await work.drain(0.01)
    assert work.start(count())
    asyncio.get_running_loop().call_later(0.05, counted.set)
    await work.drain(10)
    assert counted.is_set()


# Finished by another.


@EACH
async def test_what_a_process_left_is_finished_once_by_one_of_the_others(platform: Platform, store: Store) -> None:
    assert await Intake(platform.name, store).inbox.take("left", "event", {"line": "x"}) is Taken.NEW
    others = [Intake(platform.name, store, look=0.02, early=40.0) for _ in range(2)]
    finished: list[str] = []

    def finish(intake: Intake) -> Callable[[Inbound], Awaitable[None]]:
        async def done(left: Inbound) -> None:
            finished.append(left.delivery_id)
            await intake.inbox.done(left.delivery_id)

        return done

    looking = [asyncio.create_task(intake.leftovers(finish(intake))) for intake in others]
    await asyncio.sleep(0.5)
    for task in looking:
        task.cancel()

    assert finished == ["left"]


@EACH
async def test_what_this_process_is_answering_it_does_not_take_for_left(platform: Platform, store: Store) -> None:
    intake = Intake(platform.name, store, look=0.02, early=40.0)
    finished: list[str] = []

    async def breaks(left: Inbound) -> None:
        finished.append(left.delivery_id)
        raise KeyError

    for name in ("mine", "left", "left too"):
        assert await intake.inbox.take(name, "event", {}, (f"mark of {name}",)) is Taken.NEW
    with intake.inbox.hold("mine"):
        looking = asyncio.create_task(intake.leftovers(breaks))
        await asyncio.sleep(0.5)
    looking.cancel()

    assert finished == ["left", "left too"]
    left = await store.inbox.unfinished(platform.name, 0, await store.now() + 120)
    assert sorted(one.delivery_id for one in left) == ["left", "left too", "mine"]


@EACH
async def test_a_tenants_data_outlives_the_bots_removal_by_a_week(platform: Platform, store: Store) -> None:
    intake = Intake(platform.name, store)
    await intake.tenant_left("gone")
    await intake.tenant_left("back")
    await intake.tenant_is_back("back")
    await intake.tenant_is_back("never left")

    assert await intake.tenants_left() == ["gone"]
    assert await store.tidy(await store.now() + 6 * 86_400) == 0
    assert await store.tidy(await store.now() + 8 * 86_400) == 1


async def test_a_newcomers_platform_has_the_same_grace(store: Store) -> None:
    await Intake("pigeon", store).tenant_left("gone")

    assert await store.tidy(await store.now() + 6 * 86_400) == 0
    assert await store.tidy(await store.now() + 8 * 86_400) == 1


# The same on every platform, by their adapters.


@command("Give back what was said", private=True)
async def echo(_ctx: Context, words: Annotated[str, Param("Words to give back")] = "") -> Reply:
    if words == "slow":
        await asyncio.sleep(60)
    return Reply(words, Outcome.FOUND, private=True)


@contextlib.asynccontextmanager
async def asking(platform: Platform, core: Core) -> AsyncIterator[Callable[[str, int], Awaitable[str]]]:
    """Serve a platform; gives what lets one of two members use /echo with words and returns the answer."""
    if platform.name == "discord":
        async with LocalDiscord(validates=False) as discord:
            settings = Settings(
                discord_token=TOKEN, discord_api_base_url=discord.api_base, discord_gateway_url=discord.gateway_url
            )
            async with running(Discord(settings, core, announced=lambda _: None)):
                assert await discord.settle(lambda: discord.gateway.ready and discord.commands[0])
                members = discord.world.bob, discord.world.alice

                async def use(words: str, member: int) -> str:
                    asked = await discord.slash("echo", {"words": words}, user=members[member])
                    assert asked.message
                    return of_discord(asked.message).words

                yield use
    else:
        async with (
            LocalSlack() as slack,
            running(Slack(Settings.read(slack.environ()), core, None, out=io.StringIO())),
        ):
            await slack.connected()

            async def type_in(words: str, member: int) -> str:
                exchange = await slack.command("/echo", words, ("U0ADA", "U0BEN")[member])
                return str((await exchange.settle(seconds=30))["text"])

            yield type_in


@contextlib.asynccontextmanager
async def running(adapter: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(adapter.run())
    try:
        yield
    finally:
        adapter.stop()
        await asyncio.wait_for(task, 20)


@pytest.fixture
def echoing(corpus: Corpus, search: Searcher) -> Core:
    return Core(corpus, search, (echo,))


@EACH
async def test_a_member_who_asks_too_often_is_slowed_down_and_nobody_else_is(platform: Platform, echoing: Core) -> None:
    async with asking(platform, echoing) as ask:
        said = await asyncio.gather(*(ask("x", 0) for _ in range(MEMBER_BURST + 40)))
        other = await ask("y", 1)

    slowed = [text for text in said if text != "x"]
    assert slowed
    assert all(re.fullmatch(r"That's a lot at once\. Try again in 1 second\.", text) for text in slowed)
    assert other == "y"


@EACH
async def test_an_answer_that_was_given_up_reads_the_same_everywhere(
    platform: Platform, echoing: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake.intake.ANSWER_SECONDS", 0.2)
    async with asking(platform, echoing) as ask:
        assert await ask("slow", 0) == too_long().text
