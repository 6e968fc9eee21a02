"""What of a delivery Slack is told to send again, and whose it is: recording, organisations, installations."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.slack import PLATFORM, listeners
from bot.adapters.slack.inbound import read_team
from bot.adapters.slack.workspaces import Installs, Workspace, vault
from bot.commands import Context, command
from bot.contract import Outcome, Reply
from bot.core import Core
from bot.intake import Intake
from tests.local_slack import LocalSlack
from tests.test_slack import LINE, no_proxies, serving, store

if TYPE_CHECKING:
    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.store import Store

__all__ = ["no_proxies", "store"]

ORG = "E0ORG"
CLIENT = "0123456789abcdef"


@command("A thing for admins", admin=True)
async def closed(_: Context) -> Reply:
    return Reply("open", Outcome.FOUND, private=True)


EVENT = {"type": "event_callback", "event": {"type": "reaction_added", "text": "canary"}}


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [{"type": "slash_commands"}],
        "canary",
        7,
        EVENT | {"authorizations": [7]},
        EVENT | {"authorizations": 7},
        {"type": "block_actions", "team": 7, "actions": []},
        {"type": "block_actions", "user": ["canary"], "view": {"app_installed_team_id": []}, "response_urls": [7]},
        {"command": ["/help"], "user_id": {}, "enterprise": 7},
    ],
)
async def test_what_can_never_be_answered_is_acknowledged_with_at_most_one_line(
    core: Core, store: Store, payload: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with LocalSlack() as local, serving(local, core, store):
        for kind in ("events_api", "interactive", "events_api"):
            assert await local.sockets.send(kind, payload, (0, ""), 3.0) is not None
        assert local.violations == []
    assert len([line for line in caplog.messages if line.startswith("acknowledged")]) <= 1
    assert "canary" not in caplog.text


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_listener_that_breaks_is_acknowledged_and_said_where_without_its_words(
    core: Core, mode: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: object) -> None:
        message = "canary"
        raise KeyError(message)

    async with LocalSlack(mode=mode) as local, serving(local, core, None):
        monkeypatch.setattr(listeners, "read_event", breaks)
        delivery = await local.mention("C0GENERAL", "/help")
        monkeypatch.undo()
        assert [one.ack is not None and one.ack.good for one in delivery.tries] == [True]
        await (await local.command("/help")).settle()
    assert len([line for line in caplog.messages if "KeyError at test_slack_deliveries.py:" in line]) == 1
    assert "canary" not in caplog.text


async def test_garbled_frames_are_said_once(core: Core, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with LocalSlack() as local, serving(local, core, None):
        for text in ("", "{", "[]", "\ufffd", "[" * 100_000, '{"type": 7}', '{"envelope_id": 7, "payload": 8}'):
            await local.sockets.send_raw(text)
        await (await local.command("/help")).settle()
    assert len([line for line in caplog.messages if "garbled frame" in line]) == 1


async def test_an_unlinked_app_is_named_with_the_fix(core: Core, caplog: pytest.LogCaptureFixture) -> None:
    async with LocalSlack() as local, serving(local, core, None):
        await local.sockets.tell_to_leave("link_disabled")
        await local.until(lambda: "Turn on Settings → Socket Mode" in caplog.text)


@pytest.mark.parametrize("mode", ["socket", "http"])
@pytest.mark.parametrize("stands", [False, True])
async def test_a_mention_that_was_neither_recorded_nor_surely_answered_comes_again_and_is_answered_once(
    core: Core, store: Store, mode: Any, *, stands: bool
) -> None:
    async with LocalSlack(mode=mode) as local, serving(local, core, store):
        local.ack_seconds = 1.0
        store.close()
        local.fail("chat.postMessage", "500", accepted=stands)
        delivery = await local.mention("C0GENERAL", f"/quote {LINE}")
        assert [one.ack is not None and one.ack.good for one in delivery.tries] == [False, True]
        if mode == "http":
            assert delivery.tries[0].ack
            assert delivery.tries[0].ack.status == 503
        await delivery.again()
    assert len(local.posts("C0GENERAL")) == 1


async def test_a_mention_that_was_not_recorded_is_acknowledged_once_it_is_answered(core: Core, store: Store) -> None:
    async with LocalSlack(mode="http") as local, serving(local, core, store):
        store.close()
        delivery = await local.mention("C0GENERAL", f"/quote {LINE}")
        assert [one.ack is not None and one.ack.good for one in delivery.tries] == [True]
        assert len(local.posts("C0GENERAL")) == 1


async def test_a_mention_of_an_outage_is_recorded_and_answered_when_it_comes_again_after_it(
    core: Core, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object) -> bool:
        raise OSError

    async with LocalSlack(mode="http") as local, serving(local, core, store):
        local.retry_at_once = False
        monkeypatch.setattr(store.inbox, "take", breaks)
        local.fail("chat.postMessage", "429", retry_after=30)
        delivery = await local.mention("C0GENERAL", f"/quote {LINE}")
        monkeypatch.undo()
        await delivery.again()
        assert [one.ack is not None and one.ack.good for one in delivery.tries] == [False, True]
        assert not await store.inbox.take("slack", delivery.event_id, "asked", {}, 60)


async def test_a_mention_that_takes_too_long_while_the_database_is_away_is_given_up_when_it_comes_again(
    corpus: Corpus, search: Searcher, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake.intake.ANSWER_SECONDS", 0.1)

    @command("Wait for a database that does not answer")
    async def hang(_: Context) -> Reply:
        await asyncio.sleep(60)
        raise AssertionError

    async with LocalSlack(mode="http") as local, serving(local, Core(corpus, search, (hang,)), store):
        local.retry_at_once = False
        store.close()
        delivery = await local.mention("C0GENERAL", "/hang")
        assert local.ephemerals("C0GENERAL", "U0ADA") == []
        await delivery.again()
        assert [one.ack is not None and one.ack.good for one in delivery.tries] == [False, True]
        (told,) = local.ephemerals("C0GENERAL", "U0ADA")
        assert told.text.startswith("That took too long")


async def test_another_process_does_not_answer_again_what_comes_to_it_a_second_time(core: Core, store: Store) -> None:
    async with LocalSlack(mode="http") as local:
        async with serving(local, core, None):
            delivery = await local.mention("C0GENERAL", f"/quote {LINE}")
            await local.until(lambda: local.posts("C0GENERAL"))
        async with serving(local, core, store):
            event = delivery.body["event"] | {"type": "message", "channel_type": "channel"}
            await local.http.deliver(
                "events_api", delivery.body | {"event": event, "event_id": "Ev2"}, (1, "http_timeout"), 3.0
            )
            await delivery.again()
            await local.mention("C0GENERAL", f"/verify {LINE}")
            await local.until(lambda: len(local.posts("C0GENERAL")) == 2)
        assert [post.thread_ts for post in local.posts("C0GENERAL")].count(delivery.ts) == 1


async def test_a_command_with_the_word_payload_is_answered(core: Core) -> None:
    async with LocalSlack(mode="http") as local, serving(local, core, None):
        reply = await (await local.command("/quote", "the payload of a rocket")).settle()
    assert reply["text"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"team_id": "T1", "enterprise_id": ORG, "is_enterprise_install": "true"}, ("T1", ORG)),
        ({"team_id": "T9", "authorizations": [{"team_id": "T1", "enterprise_id": ORG}]}, ("T1", ORG)),
        (
            {
                "team_id": "T1",
                "authorizations": [{"team_id": None, "enterprise_id": ORG, "is_enterprise_install": True}],
            },
            ("T1", ORG),
        ),
        ({"team": None, "enterprise": {"id": ORG}, "user": {"id": "W1", "team_id": "T1"}}, ("T1", ORG)),
        ({"team": None, "enterprise": {"id": ORG}, "view": {"team_id": "T1"}, "user": {"team_id": "T2"}}, ("T1", ORG)),
        ({"team": None, "message": {"team": "T1"}, "user": {"team_id": "T2"}}, ("T1", "")),
        ({"team": {"id": "T2"}, "view": {"app_installed_team_id": "T1"}}, ("T1", "")),
        ({"team": None, "enterprise": None, "user": None, "view": None, "message": None}, ("", "")),
    ],
)
def test_a_delivery_names_its_workspace_and_organisation(body: dict[str, Any], place: tuple[str, str]) -> None:
    assert read_team(body) == place


async def test_an_organisations_people_are_judged_by_what_slack_says_of_them_in_this_workspace(
    corpus: Corpus, search: Searcher
) -> None:
    async with LocalSlack() as local:
        local.team.enterprise = ORG
        people = local.world.users
        own = {"enterprise_id": ORG, "teams": ["T0LOCAL", "T0HOME"], "is_admin": False, "is_owner": False}
        told: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
            "U0HOMEADMIN": ({"is_admin": True}, own),
            "U0HOMEMEMBER": ({}, own),
            "U0ORGOWNER": ({}, own | {"is_owner": True}),
            "U0NOMEMBER": ({"is_admin": True}, own | {"teams": ["T0HOME"]}),
            "U0FOREIGN": ({"is_admin": True}, own | {"enterprise_id": "E0ELSE", "is_owner": True}),
            "U0CONNECT": ({"is_admin": True}, {}),
            "U0GUESTHERE": ({"is_admin": True, "is_restricted": True}, own | {"is_admin": True}),
        }
        ada = people["U0ADA"]
        for name, (flags, organisation) in told.items():
            fields = {"id": name, "team": "T0HOME", "organisation": organisation, **flags}
            people[name] = type(ada)(**{"name": name.casefold(), **fields})
        async with serving(local, Core(corpus, search, (closed,)), None):
            said = {
                name: (await (await local.command("/closed", user=name, enterprise_id=ORG)).settle())["text"]
                for name in (*told, "U0ADMIN", "U0ADA")
            }
            event = {"type": "app_mention", "text": "<@U0BOT> /closed", "channel": "C0GENERAL", "user_team": "T0HOME"}
            for number, name in enumerate(("U0HOMEADMIN", "U0CONNECT"), 1):
                await local.event(event | {"user": name, "ts": local.world.ts()})
                await local.until(lambda: len(local.calls("chat.postEphemeral")) == number)  # noqa: B023 - awaited here
    assert {name for name, text in said.items() if text == "open"} == {"U0HOMEADMIN", "U0ORGOWNER", "U0ADMIN"}
    heard = [sent.payload["text"] for sent in local.calls("chat.postEphemeral")]
    assert [text == "open" for text in heard] == [True, False]


async def test_an_organisations_one_installation_serves_its_workspaces_until_it_is_removed(
    store: Store,
) -> None:
    installs = Installs(Intake(PLATFORM.name, store), vault(CLIENT))
    whole = Workspace("xoxb-org", ORG, "Org", enterprise=ORG)
    own = Workspace("xoxb-1", "T1", "One", enterprise=ORG)
    await installs.put(whole)
    await installs.put(own)
    assert whole.org_wide
    assert not own.org_wide
    assert await installs.get("T1", ORG) == own
    assert await installs.get("T2") is None
    assert await installs.get("T2", ORG) == whole
    assert await installs.get("T2") == whole
    assert await installs.get("", ORG) == whole
    assert await installs.get("T2", "E0ELSE") is None
    await installs.forget("T1")
    assert await installs.get("T1", ORG) == whole
    assert sorted(await installs.served_by(ORG)) == ["T1", "T2"]
    await installs.forget(ORG)
    assert await installs.get("T2", ORG) is None
    assert await installs.get("T1") is None


@pytest.mark.parametrize(
    ("more", "gone"),
    [
        ({"team_id": "T1", "enterprise_id": ORG}, ["T1"]),
        ({"team_id": "T1", "enterprise_id": ORG, "is_enterprise_install": True}, ["T1", "T2"]),
        ({"team_id": None, "enterprise_id": ORG}, ["T1", "T2"]),
    ],
)
async def test_removing_an_organisations_installation_schedules_deletion_for_each_workspace_it_served(
    core: Core, store: Store, more: dict[str, Any], gone: list[str]
) -> None:
    installs = Installs(Intake(PLATFORM.name, store), vault(CLIENT))
    await installs.put(Workspace("xoxb-org", ORG, "Org", enterprise=ORG))
    for team in ("T1", "T2"):
        await installs.get(team, ORG)
    given = {"SLACK_CLIENT_ID": "1", "SLACK_CLIENT_SECRET": CLIENT, "SLACK_BOT_TOKEN": ""}
    async with LocalSlack(mode="http") as local, serving(local, core, store, **given):
        body = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_uninstalled"}, **more}
        await local.http.send(json.dumps(body).encode(), "application/json")
        for _ in range(500):
            scheduled = sorted(name for name, at in (await store.kv.named("slack-gone:")).items() if at)
            if len(scheduled) >= len(gone):
                break
            await asyncio.sleep(0.01)
    assert scheduled == [f"slack-gone:{team}" for team in gone]


async def test_replicas_that_share_the_client_secret_open_each_others_tokens(store: Store) -> None:
    kept = Workspace("xoxb-1", "T1", "One", scopes=frozenset({"chat:write"}))
    await Installs(Intake(PLATFORM.name, store), vault(CLIENT)).put(kept)
    other = Installs(Intake(PLATFORM.name, store), vault(CLIENT))
    assert await other.get("T1") == kept
    assert await Installs(Intake(PLATFORM.name, store), vault("another")).get("T1") is None
    await store.kv.put("slack-install:T2", await store.kv.get("slack-install:T1") or "")
    assert await other.get("T2") is None
