"""What one process of several does: its roles, its turn at the gateway, and what it finishes for another."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.discord import PLATFORM
from bot.adapters.discord.adapter import Discord
from bot.adapters.discord.pace import Pace
from bot.adapters.discord.sessions import Starts
from bot.commands import COMMANDS, Context, Param, command
from bot.contract import Channel, Outcome, Reply, Sent
from bot.core import Core
from bot.errors import OperatorError
from bot.intake import Cipher, Intake
from bot.serve import Parts, Server
from bot.settings import Settings
from bot.store import ChannelSettings, Store, open_store
from tests.conftest import RunBot
from tests.databases import empty_database
from tests.local_discord import TOKEN, LocalDiscord
from tests.local_discord.limits import walk
from tests.local_slack import LocalSlack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Searcher

LINE = "people who train need to not have pride"
SAID = "people who train"
INTERRUPTED = "I was restarted while answering you. If you don't see my answer, ask me again."
QUICK = Pace(lease=1.5, renew=0.2, look=0.1, early=29.5, alive=0.2)
"""The waits of production, about twenty-five times faster; what a process took is abandoned after half a second."""

GATE: dict[str, asyncio.Event] = {}


@command("Answer when the test says so")
async def slow(_ctx: Context, words: Annotated[str, Param("Words to give back")] = "") -> Reply:
    await GATE["slow"].wait()
    return Reply(f"At last: {words}", Outcome.FOUND)


@pytest.fixture
def core(corpus: Corpus, search: Searcher) -> Core:
    GATE["slow"] = asyncio.Event()
    return Core(corpus, search, (*COMMANDS, slow))


@pytest.fixture
def shared(postgresql: str) -> Iterator[Callable[[], Store]]:
    """Give a function that opens the one PostgreSQL database of a test, each time as another process would."""
    url = empty_database(postgresql)
    opened: list[Store] = []

    def connect() -> Store:
        opened.append(open_store(url))
        return opened[-1]

    yield connect
    for store in opened:
        store.close()


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/v.db")
    yield opened
    opened.close()


@pytest.fixture
async def local() -> AsyncIterator[LocalDiscord]:
    async with LocalDiscord() as served:
        yield served
        assert served.violations == []


def pointed(local: LocalDiscord, **more: Any) -> Settings:
    return Settings(
        discord_token=TOKEN, discord_api_base_url=local.api_base, discord_gateway_url=local.gateway_url, **more
    )


def text_of(message: dict[str, Any] | None) -> str:
    assert message
    return "\n".join(part["content"] for _, part in walk(message["components"]) if "content" in part)


class Replica:
    """One process's Discord adapter, in a task."""

    def __init__(self, local: LocalDiscord, core: Core, store: Store | None, **more: Any) -> None:
        self.connected = asyncio.Event()
        self.bot = Discord(
            pointed(local), core, store, announced=lambda _: self.connected.set(), **({"pace": QUICK} | more)
        )
        self.task = asyncio.create_task(self.bot.run())

    async def stop(self) -> None:
        self.bot.stop()
        await asyncio.wait_for(self.task, 20)

    async def crash(self) -> None:
        """End as a killed process does, but for its lease on the gateway: nothing it began reaches Discord any more."""
        client = self.bot._client  # noqa: SLF001 - the test is the machine
        assert client
        await client.close()
        client.drain = _at_once  # type: ignore[method-assign]
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def _at_once() -> None:
    """Wait for nothing."""


@given(st.text(), st.text(min_size=1))
def test_what_is_sealed_opens_with_the_same_secret_alone(text: str, secret: str) -> None:
    sealed = Cipher(secret).seal(text)
    assert Cipher(secret).open(sealed) == text
    assert Cipher(secret + "x").open(sealed) is None
    assert text not in sealed or len(text) < 4


@given(st.text())
def test_anything_else_opens_to_nothing(text: str) -> None:
    assert Cipher("secret").open(text) is None


@pytest.mark.parametrize(
    ("given_roles", "roles"),
    [("gateway,web,worker", {"gateway", "web", "worker"}), (" Worker , web", {"worker", "web"}), ("web", {"web"})],
)
def test_roles_are_names_separated_by_commas(given_roles: str, roles: set[str]) -> None:
    assert Settings.read({"VERBATIM_ROLES": given_roles}).verbatim_roles == roles


@pytest.mark.parametrize(("roles", "said"), [("gateway,posts", "“posts” isn't one"), (" , ", "is empty")])
def test_a_role_that_is_none_is_named(roles: str, said: str) -> None:
    with pytest.raises(OperatorError, match=said):
        Settings.read({"VERBATIM_ROLES": roles})


@pytest.mark.parametrize(
    ("name", "given_text", "said"),
    [
        ("VERBATIM_SEMANTIC", "maybe", "VERBATIM_SEMANTIC can be on or off, not “maybe”."),
        ("SLACK_MODE", "pigeon", "SLACK_MODE can be socket or http, not “pigeon”."),
        ("SLACK_HTTP_PORT", "70000", "SLACK_HTTP_PORT is a number from 0 to 65535; “70000” isn't."),
        ("SLACK_PING_INTERVAL", "nan", "SLACK_PING_INTERVAL is a number from 0.05 to 600; “nan” isn't."),
        ("SLACK_API_BASE_URL", "slack.com", "begins with https:// or http://; “slack.com” doesn't."),
        ("DISCORD_GATEWAY_URL", "wss://[", "begins with wss:// or ws://; “wss://[” doesn't."),
    ],
)
def test_a_value_that_a_setting_cannot_have_is_refused_at_the_start(name: str, given_text: str, said: str) -> None:
    with pytest.raises(OperatorError) as refused:
        Settings.read({name: given_text})

    assert str(refused.value).endswith(said)


def test_a_setting_has_its_type_whether_it_is_set_or_not() -> None:
    given = {"VERBATIM_SEMANTIC": "Off", "SLACK_HTTP_PORT": "0", "SLACK_RESPONSE_HOSTS": "a.example, B.example"}
    settings = Settings.read(given)

    assert (settings.verbatim_semantic, settings.slack_http_port) == (False, 0)
    assert settings.slack_response_hosts == {"a.example", "b.example"}
    assert (Settings().verbatim_semantic, Settings().slack_http_port) == (True, 3000)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"verbatim_roles": "worker"}, "No token is set"),
        ({"verbatim_roles": "web", "discord_token": "x"}, "Add gateway or worker"),
        ({"verbatim_roles": "web", "slack_bot_token": "x"}, "Add gateway or worker"),
        ({"verbatim_roles": "gateway", "slack_bot_token": "x", "slack_mode": "http"}, "Add web or worker"),
        ({"verbatim_roles": "worker", "discord_token": "x"}, "posting needs a database"),
    ],
)
async def test_a_process_with_nothing_to_do_says_what_to_add(
    corpus: Corpus, search: Searcher, settings: dict[str, str], said: str
) -> None:
    with pytest.raises(OperatorError, match=said):
        await Server(
            Parts(Settings.read({name.upper(): text for name, text in settings.items()}), corpus, search, None)
        ).platforms()


def test_a_role_without_its_token_ends_the_process_with_the_way_out(run_bot: RunBot) -> None:
    done = run_bot(VERBATIM_ROLES="web", DISCORD_TOKEN=TOKEN)
    assert done.returncode == 2
    assert "Add gateway or worker" in done.stderr


async def test_a_worker_posts_and_checks_on_both_platforms_without_gateway_or_socket(
    local: LocalDiscord, core: Core, store: Store
) -> None:
    from bot.adapters.slack.adapter import Slack  # noqa: PLC0415 - the other library, for this test alone
    from bot.contract import Post  # noqa: PLC0415

    async with LocalSlack() as slack_side:
        discord = Replica(local, core, store, gateway=False)
        slack = Slack(Settings.read(slack_side.environ() | {"SLACK_APP_TOKEN": ""}), core, store, listens=False)
        running = asyncio.create_task(slack.run())
        place = Channel("discord", str(local.world.general.id), str(local.world.guild.id))
        room = Channel("slack", "C0GENERAL", "T0LOCAL")
        post = Post("k" * 24, Reply("The quote of the day", Outcome.FOUND))
        await local.settle(lambda: local.asked_for("GET /users/@me"))
        await local.settle()
        assert await discord.bot.check(place) == ""
        assert isinstance(await discord.bot.post(place, post), Sent)
        assert isinstance(await slack.post(room, post), Sent)
        await discord.stop()
        slack.stop()
        await running
        assert slack_side.sockets.opened == 0
    assert local.gateway.identifies == []
    assert len(local.of_bot()) == 1


async def test_one_replica_is_connected_and_the_next_takes_over_at_once_when_it_stops(
    local: LocalDiscord, core: Core, shared: Callable[[], Store]
) -> None:
    first, second = Replica(local, core, shared()), Replica(local, core, shared())
    await local.ready()
    await asyncio.wait({asyncio.ensure_future(one.connected.wait()) for one in (first, second)}, timeout=1.0)
    assert (first.connected.is_set(), second.connected.is_set()) in {(True, False), (False, True)}
    holder, standby = (first, second) if first.connected.is_set() else (second, first)
    assert SAID in text_of((await local.slash("quote", {"words": LINE})).message)
    await holder.stop()
    await asyncio.wait_for(standby.connected.wait(), 5)
    assert SAID in text_of((await local.slash("quote", {"words": LINE})).message)
    assert len(local.gateway.identifies) == 2
    assert len(local.asked_for("PUT /applications/*/commands")) == 1
    await standby.stop()


async def test_a_holder_cut_off_from_the_database_leaves_the_gateway_to_the_next(
    local: LocalDiscord, core: Core, shared: Callable[[], Store], caplog: pytest.LogCaptureFixture
) -> None:
    lost = shared()
    first = Replica(local, core, lost)
    await asyncio.wait_for(first.connected.wait(), 5)
    second = Replica(local, core, shared())
    lost.close()
    await asyncio.wait_for(second.connected.wait(), 10)
    assert "is lost" in caplog.text
    open_sockets = [session for session in local.gateway.sessions.values() if session.socket]
    assert len(open_sockets) == 1
    await local.say(LINE, mention_bot=True)
    await local.settle(local.of_bot)
    await local.settle(quiet=0.5)
    assert len(local.of_bot()) == 1
    await first.stop()
    await second.stop()


async def test_what_was_announced_and_never_answered_is_finished_by_a_process_without_the_gateway(
    local: LocalDiscord, core: Core, shared: Callable[[], Store]
) -> None:
    first = Replica(local, core, shared())
    await asyncio.wait_for(first.connected.wait(), 5)
    asked = asyncio.create_task(local.slash("slow", {"words": "it is done"}, seconds=15))
    mine = shared()
    await local.settle(lambda: local.asked_for("POST /interactions/*/callback"))
    await local.settle(quiet=0.3)
    await first.crash()
    GATE["slow"].set()
    worker = Replica(local, core, mine, gateway=False)
    done = await asked
    await local.settle(quiet=0.7)
    await worker.stop()
    assert text_of(done.message) == "At last: it is done"
    assert (done.edits, done.followups) == (1, [])


async def test_a_message_that_a_process_died_over_is_answered_without_the_gateway(
    local: LocalDiscord, core: Core, store: Store
) -> None:
    room = local.world.general
    thread = local.world.add_thread(room, "thread")
    for place in (room, thread):
        said = await local.say(LINE, mention_bot=True, channel=place)
        kept = {"channel": str(place.id), "guild": str(local.world.guild.id), "parent": str(room.id)}
        assert await store.inbox.take("discord", said["id"], "message", kept, 600)
    worker = Replica(local, core, store, gateway=False)
    await local.settle(lambda: local.of_bot(room) and local.of_bot(thread))
    await local.settle(quiet=0.5)
    await worker.stop()
    assert [SAID in text_of(message) for place in (room, thread) for message in local.of_bot(place)] == [True, True]
    assert all(message["message_reference"] for message in local.of_bot(room))
    assert await store.inbox.unfinished("discord", 0, await store.now() + 120) == []


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("answered", [True, False])
async def test_a_message_left_for_longer_than_its_nonce_is_known_is_looked_for_first(  # noqa: PLR0913 - what it needs
    local: LocalDiscord,
    core: Core,
    file_store: Store,
    monkeypatch: pytest.MonkeyPatch,
    *,
    answered: bool,
    direct: bool,
) -> None:
    monkeypatch.setattr("bot.adapters.discord.messages.TRIED_AGAIN", dt.timedelta(0))
    local.nonce_window = 0.0
    place = local.world.dm_with(local.world.bob) if direct else local.world.general
    if answered:
        first = Replica(local, core, None)
        await asyncio.wait_for(first.connected.wait(), 5)
    said = await (local.dm(LINE) if direct else local.say(LINE, mention_bot=True))
    if answered:
        await local.settle(lambda: local.of_bot(place))
        await first.stop()
    kept = {"channel": str(place.id), "guild": "" if direct else str(local.world.guild.id)}
    assert await file_store.inbox.take("discord", said["id"], "message", kept, 600)
    worker = Replica(local, core, file_store, gateway=False)
    await local.settle(lambda: local.of_bot(place))
    await local.settle(quiet=1.0)
    await worker.stop()
    texts = [text_of(each) for each in local.of_bot(place)]

    assert [SAID in text for text in texts] == ([True, False] if answered and direct else [True])
    assert texts[1:] == [INTERRUPTED] * (answered and direct)
    assert await file_store.inbox.unfinished("discord", 0, await file_store.now() + 120) == []


@pytest.mark.parametrize("gone", [True, False], ids=["the announcement taken back", "before that"])
async def test_a_private_answer_that_a_process_died_over_is_asked_for_again(
    local: LocalDiscord, core: Core, file_store: Store, *, gone: bool
) -> None:
    first = Replica(local, core, file_store)
    await asyncio.wait_for(first.connected.wait(), 5)
    asking = asyncio.create_task(local.slash("slow", {"words": "x"}, seconds=15))
    await local.settle(lambda: local.asked_for("POST /interactions/*/callback"))
    await local.settle(quiet=0.3)
    await first.crash()
    (asked,) = local.interactions.all.values()
    assert await file_store.inbox.show("discord", f"interaction:{asked.id}")
    if gone:
        asked.message, asked.deleted = None, True
    worker = Replica(local, core, file_store, gateway=False)
    await local.settle(lambda: asked.followups or asked.edits)
    await local.settle(quiet=0.7)
    await worker.stop()
    await asking

    assert [text_of(each) for each in (asked.followups if gone else [asked.message])] == [INTERRUPTED]
    assert (asked.edits, len(asked.followups)) == ((0, 1) if gone else (1, 0))


async def test_a_slow_answer_that_is_being_worked_on_is_nobody_elses(
    local: LocalDiscord, core: Core, shared: Callable[[], Store]
) -> None:
    pace = Pace(lease=1.5, renew=0.2, look=0.1)
    first, second = Replica(local, core, shared(), pace=pace), Replica(local, core, shared(), gateway=False, pace=pace)
    await asyncio.wait_for(first.connected.wait(), 5)
    asking = asyncio.create_task(local.slash("slow", {"words": "mine"}, seconds=10))
    await local.settle(lambda: local.asked_for("POST /interactions/*/callback"))
    await asyncio.sleep(1)
    GATE["slow"].set()
    asked = await asking
    await local.settle(quiet=0.5)
    await first.stop()
    await second.stop()
    assert text_of(asked.message) == "At last: mine"
    assert asked.edits == 1


async def test_the_token_of_an_interaction_is_not_readable_in_the_database(
    local: LocalDiscord, core: Core, file_store: Store
) -> None:
    replica = Replica(local, core, file_store, pace=Pace())
    await asyncio.wait_for(replica.connected.wait(), 5)
    asking = asyncio.create_task(local.slash("slow", {"words": "x"}, seconds=10))
    await local.settle(lambda: local.asked_for("POST /interactions/*/callback"))
    await local.settle(quiet=0.3)
    ((token, left),) = [(asked.token, asked) for asked in local.interactions.all.values()]
    kept = await file_store.inbox.unfinished("discord", 0, await file_store.now() + 60)
    assert [one.kind for one in kept] == ["interaction"]
    assert kept[0].payload["request"]["args"] == {"words": "x"}
    assert token not in json.dumps(dict(kept[0].payload))
    GATE["slow"].set()
    await asking
    await replica.stop()
    assert left.answered
    assert await file_store.inbox.unfinished("discord", 0, await file_store.now() + 120) == []


async def test_mentions_missed_while_nobody_listened_are_answered_once(
    local: LocalDiscord, core: Core, file_store: Store
) -> None:
    place = Channel("discord", str(local.world.general.id), str(local.world.guild.id))
    await file_store.channels.save(ChannelSettings(place), "1", "test", time.time())
    first = Replica(local, core, file_store)
    await asyncio.wait_for(first.connected.wait(), 5)
    heard = await local.say(LINE, mention_bot=True)
    await local.settle(local.of_bot)
    await first.stop()
    missed = await local.say(LINE, mention_bot=True, user=local.world.alice)
    await local.say("not for the bot")
    second = Replica(local, core, file_store)
    await local.settle(lambda: len(local.of_bot()) == 2)
    await local.gateway.invalidate()
    await local.say(LINE, mention_bot=True)
    await local.settle(lambda: len(local.of_bot()) == 3, seconds=15)
    await local.settle(quiet=0.3)
    await second.stop()
    answered = [one["message_reference"]["message_id"] for one in local.of_bot()]
    assert answered[:2] == [heard["id"], missed["id"]]
    assert len(answered) == 3


@pytest.mark.parametrize("answers", ["off", None])
async def test_where_the_bot_is_not_set_up_to_answer_nothing_is_read(
    local: LocalDiscord, core: Core, file_store: Store, answers: str | None
) -> None:
    if answers:
        place = Channel("discord", str(local.world.general.id), str(local.world.guild.id))
        await file_store.channels.save(ChannelSettings(place, answers=answers), "1", "test", time.time())
    first = Replica(local, core, file_store)
    await asyncio.wait_for(first.connected.wait(), 5)
    await asyncio.sleep(0.3)
    await first.stop()
    await local.say(LINE, mention_bot=True)
    second = Replica(local, core, file_store)
    await asyncio.wait_for(second.connected.wait(), 5)
    await local.settle(quiet=0.3)
    await second.stop()
    assert local.of_bot() == []
    assert local.asked_for("GET /channels/*/messages*") == []


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


async def test_no_more_sessions_begin_within_a_day_than_are_good_for_the_token(
    file_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    clock, pace = Clock(), Pace(starts=20)
    for _ in range(20):  # each a process of its own
        starts = Starts(Intake(PLATFORM.name, file_store), pace, clock)
        await asyncio.wait_for(starts.wait(7, 1), 1)
        await starts.count(7, 1)
        clock.now += 600
    waiting = asyncio.create_task(Starts(Intake(PLATFORM.name, file_store), pace, clock).wait(7, 1))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    waiting.cancel()
    assert sum("began 20 sessions" in record.message for record in caplog.records) == 1
    await asyncio.wait_for(Starts(Intake(PLATFORM.name, file_store), pace, clock).wait(7, 2), 1)
    clock.now += pace.starts_within - 20 * 600 + 1
    await asyncio.wait_for(Starts(Intake(PLATFORM.name, file_store), pace, clock).wait(7, 1), 1)


def test_a_bot_that_crashes_over_and_over_starts_ever_more_rarely(file_store: Store) -> None:
    clock = Clock()
    began, moments = clock.now, list[float]()
    while clock.now < began + 24 * 3600:
        clock.now += max(0.0, Starts(Intake(PLATFORM.name, file_store), Pace(), clock).seconds_left(moments, 1)) + 1
        moments.append(clock.now)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert max(gaps[:7]) == 1
    assert sum(at < began + 3600 for at in moments) <= 25
    assert len(moments) < 330


async def test_the_start_of_every_session_is_written_down(local: LocalDiscord, core: Core, file_store: Store) -> None:
    for _ in range(2):
        replica = Replica(local, core, file_store)
        await asyncio.wait_for(replica.connected.wait(), 5)
        await replica.stop()
    kept = json.loads(await file_store.kv.get(f"discord-identifies:{local.world.bot.id}") or "[]")
    assert len(kept) == len(local.gateway.identifies) == 2


async def test_a_simulator_that_knows_no_limits_is_connected_to(
    local: LocalDiscord, core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    local.fail("GET /gateway/bot", "404", times=9)
    replica = Replica(local, core, None)
    await asyncio.wait_for(replica.connected.wait(), 5)
    await replica.stop()
    assert sum("how many starts are left" in record.message for record in caplog.records) == 1
