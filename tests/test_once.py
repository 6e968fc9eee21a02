"""Nothing is answered twice: late records, processes that die over an answer, a database that stands still."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import pytest
import sqlalchemy as sa

from bot.adapters.slack.answer import KIND, SECRETS
from bot.adapters.slack.inbound import Inquiry, Way
from bot.errors import StoreError
from bot.intake import Intake, Store, Taken
from bot.store import open_store
from bot.store.tables import inbox as arrived
from tests.databases import empty_database, standstill
from tests.local_slack import LocalSlack
from tests.test_slack import no_proxies, serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.core import Core
    from bot.store import Inbound

__all__ = ["no_proxies"]

T = TypeVar("T")

LINE = "language is an imperfect way for people to express thoughts and ideas"
INTERRUPTED = "I was restarted while answering you. If you don't see my answer, ask me again."
PLATFORM = "slack"


async def left_of(store: Store, ahead: float = 120.0) -> list[Inbound]:
    """Return what any process takes for unanswered once its lease is over."""
    return await store.inbox.unfinished(PLATFORM, 0, await store.now() + ahead)


async def _is_empty(store: Store) -> bool:
    return not await left_of(store)


async def until(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until there is something; return it."""
    while not (found := await ask()):  # noqa: ASYNC110 - the database tells nobody
        await asyncio.sleep(0.05)
    return found


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody give the database up much sooner."""
    monkeypatch.setattr("bot.intake.inbox.STORE_SECONDS", 0.1)
    monkeypatch.setattr("bot.intake.inbox.LONGEST_WRITE", 0.3)
    monkeypatch.setattr("bot.intake.inbox.MARK_SECONDS", 0.05)


@pytest.mark.usefixtures("hasty")
async def test_what_was_answered_while_the_database_stood_still_is_left_to_nobody(
    database_url: str, store: Store
) -> None:
    inbox = Intake(PLATFORM, store, "secret").inbox
    with standstill(database_url):
        command = inbox.keep("command", KIND, {"line": "/help"}, (), 600)
        assert await command.is_ours()
        assert await command.show()
        await command.end(answered=True)
        assert await inbox.take("event", "event", {"line": "hi"}, ("channel:1",)) is Taken.UNSURE
        await inbox.done("event", ("channel:1",))
        assert not await inbox.catch_up()
    await until(inbox.catch_up)
    other = Intake(PLATFORM, store, "secret").inbox

    assert await left_of(store) == []
    taken = [await other.take(name, "event", {}) for name in ("event", "command", "channel:1")]
    assert taken == [Taken.KNOWN] * 3


@pytest.mark.usefixtures("hasty")
async def test_what_is_recorded_only_after_its_answer_left_is_recorded_as_answered(
    database_url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Intake(PLATFORM, store).inbox

    async def lost(*_: object) -> None:
        message = "no answer is recorded any more, as the process dies"
        raise StoreError(message)

    if database_url.startswith("postgresql"):
        pytest.skip("a statement of PostgreSQL begins at once and waits inside; the answer's record waits behind it")
    monkeypatch.setattr(store.inbox, "done", lost)
    with standstill(database_url):
        answered = inbox.keep("answered", KIND, {"line": "/help"}, (), 600)
        await asyncio.sleep(0.05)
        shown = inbox.keep("shown", KIND, {"line": "/help"}, (), 600)
        await answered.end(answered=True)
        await shown.show()
        await asyncio.sleep(0.4)
    left = await until(lambda: left_of(store))

    assert [(each.delivery_id, each.shown) for each in left] == [("shown", True)]


async def test_an_answer_may_be_recorded_before_its_question(store: Store) -> None:
    await store.inbox.done(PLATFORM, "first", "second")

    assert not await store.inbox.take(PLATFORM, "first", "event", {"line": "x"}, 60)
    assert await left_of(store) == []
    assert await store.inbox.expire(await store.now() + 86_500) == 2


async def test_an_answer_recorded_while_another_process_still_commits_its_question_stands(postgresql: str) -> None:
    url = empty_database(postgresql)
    store = open_store(url)
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.connect() as slow:
        slow.exec_driver_sql(
            "INSERT INTO inbox (platform, delivery_id, kind, payload, done, lease_until, received_at, expires_at) "
            "VALUES ('slack', 'first', 'command', '{}', false, 0, 0, 1e12)"
        )
        recording = asyncio.create_task(store.inbox.done(PLATFORM, "first"))
        await asyncio.sleep(0.2)
        slow.commit()
        await recording
    assert await left_of(store) == []
    engine.dispose()
    store.close()


async def test_a_process_never_takes_up_what_it_answered_whatever_the_database_says(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = Intake(PLATFORM, store, look=0.05, early=60.0)
    finished: list[str] = []

    async def finish(left: Inbound) -> None:
        finished.append(left.delivery_id)

    async def fails(*_: object) -> None:
        message = "locked"
        raise StoreError(message)

    assert await intake.inbox.take("first", "event", {}) is Taken.NEW
    real = store.inbox.done
    monkeypatch.setattr(store.inbox, "done", fails)
    await intake.inbox.done("first")
    looking = asyncio.create_task(intake.leftovers(finish))
    await asyncio.sleep(0.3)
    monkeypatch.setattr(store.inbox, "done", real)
    await until(lambda: _is_empty(store))
    looking.cancel()

    assert finished == []


async def test_what_could_not_be_recorded_is_recorded_before_the_process_ends(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = Intake(PLATFORM, store)

    async def fails(*_: object) -> None:
        message = "locked"
        raise StoreError(message)

    assert await intake.inbox.take("first", "event", {}) is Taken.NEW
    with monkeypatch.context() as broken:
        broken.setattr(store.inbox, "done", fails)
        await intake.inbox.done("first")
    await intake.drain()

    assert await left_of(store) == []


async def test_of_two_processes_with_an_answer_that_cannot_be_repeated_the_first_to_say_so_shows_it(
    store: Store,
) -> None:
    one, other = Intake(PLATFORM, store).inbox, Intake(PLATFORM, store).inbox
    assert await one.take("first", KIND, {}) is Taken.NEW

    assert [await one.show("first"), await other.show("first"), await other.show("never recorded")] == [
        True,
        False,
        True,
    ]
    assert await left_of(store, 15) == []
    await one.hide("first")
    assert await other.show("first")
    (left,) = await left_of(store)
    assert left.shown
    await one.done("first")
    assert not await other.show("first")


async def _die_over(local: LocalSlack, store: Store, asked: Inquiry, *, shows: bool) -> None:
    """Do what a process does that is killed over a question, before or after it began to show its answer."""
    inbox = Intake(PLATFORM, store, local.bot_token).inbox
    pending = inbox.keep(asked.id, KIND, asked.as_json(), SECRETS, 600)
    assert await pending.is_ours()
    assert not shows or await pending.show()


@pytest.mark.parametrize("shows", [True, False], ids=["killed while showing", "killed before"])
async def test_a_slack_command_whose_answer_may_stand_is_asked_for_again_and_not_answered_again(
    core: Core, store: Store, *, shows: bool
) -> None:
    async with LocalSlack() as local:
        hook = local.api.hook("C0GENERAL", "U0ADA", "T0LOCAL")
        url = f"{local.address}/hooks/{hook.token}"
        asked = Inquiry(Way.SLASH, "left", "T0LOCAL", "C0GENERAL", "U0ADA", f"/quote {LINE}", reply_url=url)
        await _die_over(local, store, asked, shows=shows)
        await store.inbox._db.write(lambda db: db.execute(sa.update(arrived).values(lease_until=0.0)))  # noqa: SLF001 - time passes
        async with serving(local, core, store, 60.0, (0.1, 10.0)), serving(local, core, store, 60.0, (0.1, 10.0)):
            await local.until(lambda: hook.payloads)
            await asyncio.sleep(0.5)
        (reply,) = hook.payloads

        assert (reply["text"] == INTERRUPTED) == shows
        assert reply["response_type"] == ("ephemeral" if shows else "in_channel")
        assert await left_of(store) == []


async def test_a_mention_whose_channel_cannot_be_read_is_asked_for_again_in_private(
    core: Core, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.slack.answer._MOST_TRIES", 1)
    async with LocalSlack() as local:
        local.team.scopes.discard("channels:history")
        said = local.say("C0GENERAL", f"<@U0BOT> /quote {LINE}", "U0ADA")
        asked = Inquiry(
            Way.MENTION, "left", "T0LOCAL", "C0GENERAL", "U0ADA", f"/quote {LINE}", thread=said.ts, ts=said.ts
        )
        inbox = Intake(PLATFORM, store).inbox
        assert await inbox.take(asked.id, "event", asked.as_json(), asked.marks) is Taken.NEW
        async with serving(local, core, store, 60.0, (0.05, 90.0)):
            await local.until(lambda: local.ephemerals("C0GENERAL", "U0ADA"))
        (told,) = local.ephemerals("C0GENERAL", "U0ADA")

        assert told.text == INTERRUPTED
        assert local.posts("C0GENERAL") == []
        assert await left_of(store) == []


async def test_a_private_answer_to_a_mention_that_may_be_lost_is_not_given_again(core: Core, store: Store) -> None:
    async with LocalSlack() as local:
        async with serving(local, core, store, 60.0, (0.05, 90.0)):
            local.fail("chat.postEphemeral", "reset", accepted=True)
            await local.mention("C0GENERAL", "/help")
            await local.until(lambda: len(local.ephemerals("C0GENERAL", "U0ADA")) == 2)
            await asyncio.sleep(0.3)
        texts = [each.text for each in local.ephemerals("C0GENERAL", "U0ADA")]

        assert texts[1:] == ["Slack lost my answer on the way; ask me once more."]
        assert await left_of(store) == []
