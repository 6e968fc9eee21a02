"""The Slack adapter when things go wrong: on the way, at Slack, in the workspace, or at our own end."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
import logging
import socket
import time
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

import pytest

from bot.adapters.slack import PLATFORM, send
from bot.adapters.slack.adapter import Slack
from bot.adapters.slack.answer import KIND, SECRETS
from bot.adapters.slack.api import Api, Throttle, retry_after
from bot.adapters.slack.inbound import Inquiry, Way
from bot.adapters.slack.send import Sender
from bot.adapters.slack.workspaces import Workspace
from bot.commands import Context, Param, command
from bot.contract import Blind, Channel, Found, Later, Outcome, Post, Refused, Reply, Sent, Unclear
from bot.core import Core
from bot.errors import OperatorError
from bot.intake import Intake, Taken
from bot.settings import Settings
from bot.store.database import Database
from tests.local_slack import WRONG, LocalSlack
from tests.test_slack import LINE, no_proxies, serving, store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.store import Inbound, Store

__all__ = ["no_proxies", "store"]

GENERAL = Channel("slack", "C0GENERAL", "T0LOCAL")
FORM = "application/x-www-form-urlencoded"
KEY = "0123456789abcdef01234567"


def post_of(key: str = KEY, prompt: str = "") -> Post:
    now = dt.datetime.now(dt.UTC)
    return Post(key, Reply("☀ Quote of the day", Outcome.FOUND), now, now, prompt)


def _slash(line: str, url: str) -> bytes:
    """Return a slash command's body with a response_url of our choosing."""
    name, _, text = line.partition(" ")
    where = {"team_id": "T0LOCAL", "channel_id": "C0GENERAL", "user_id": "U0ADA", "trigger_id": "1.2"}
    return urlencode(where | {"command": name, "text": text, "response_url": url}).encode()


@pytest.fixture
async def local() -> AsyncIterator[LocalSlack]:
    async with LocalSlack() as platform:
        yield platform


@pytest.fixture
async def slack(local: LocalSlack, core: Core) -> AsyncIterator[Slack]:
    """Give an adapter that only posts."""
    adapter = Slack(Settings.read(local.environ()), core, None)
    yield adapter
    await adapter.close()


async def test_a_post_stands_once_and_is_found_by_its_key(local: LocalSlack, slack: Slack) -> None:
    asking = post_of(prompt="When did words last fail you?")
    sent = await slack.post(GENERAL, asking)
    assert isinstance(sent, Sent)
    assert sent.at is not None
    opened = [await slack.open_thread(GENERAL, asking, sent.ref, again=again) for again in (False, True)]
    assert [type(each) for each in opened] == [Sent, Sent]
    root, prompt = local.posts("C0GENERAL")
    assert root.ts == sent.ref
    assert prompt.thread_ts == root.ts
    assert root.payload["unfurl_links"] is root.payload["unfurl_media"] is root.payload["link_names"] is False
    assert await slack.find(GENERAL, post_of()) == Found((sent.ref,))
    assert await slack.find(GENERAL, post_of("f" * 24)) == Found(())
    assert await slack.delete(GENERAL, sent.ref)
    assert await slack.delete(GENERAL, sent.ref)
    assert await slack.find(GENERAL, post_of()) == Found(())


async def test_a_failed_thread_leaves_the_post_posted(local: LocalSlack, slack: Slack) -> None:
    local.api.per_minute["chat.postMessage"] = 1
    asking = post_of(prompt="Well")
    sent = await slack.post(GENERAL, asking)
    assert isinstance(sent, Sent)
    assert isinstance(await slack.open_thread(GENERAL, asking, sent.ref, again=False), Later)


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [
        ("500", False),
        ("502", True),
        ("503", True),
        ("html", True),
        ("reset", False),
        ("reset", True),
        ("fatal_error", True),
        ("internal_error", False),
        ("request_timeout", False),
        ("service_unavailable", False),
    ],
)
async def test_an_answer_that_is_lost_leaves_it_unclear_and_nothing_is_sent_again(
    local: LocalSlack, slack: Slack, kind: str, *, accepted: bool
) -> None:
    local.fail("chat.postMessage", kind, accepted=accepted)
    assert isinstance(await slack.post(GENERAL, post_of()), Unclear)
    assert len(local.calls("chat.postMessage")) == 1
    found = await slack.find(GENERAL, post_of())
    assert isinstance(found, Found)
    assert len(found.refs) == accepted


async def test_a_rate_limit_says_when_to_come_back(local: LocalSlack, slack: Slack) -> None:
    local.fail("chat.postMessage", "429", retry_after=37)
    assert await slack.post(GENERAL, post_of()) == Later(37.0, "Slack asks me to slow down.")
    held = await slack.post(GENERAL, post_of())
    assert isinstance(held, Later)
    assert len(local.calls("chat.postMessage")) == 1


async def test_a_platform_that_cannot_be_reached_took_nothing(core: Core) -> None:
    async with LocalSlack() as gone:
        environ = gone.environ()
    adapter = Slack(Settings.read(environ), core, None)
    assert isinstance(await adapter.post(GENERAL, post_of()), Later)
    assert isinstance(await adapter.find(GENERAL, post_of()), Blind)
    await adapter.close()


@pytest.mark.parametrize(
    ("channel", "words"),
    [("C0NONE", "gone"), ("C0OTHER", "/invite @verbatim"), ("C0ARCHIVED", "archived")],
)
async def test_a_channel_that_cannot_be_posted_in_says_why(slack: Slack, channel: str, words: str) -> None:
    where = dataclasses.replace(GENERAL, id=channel)
    refused = await slack.post(where, post_of())
    assert isinstance(refused, Refused)
    assert refused.channel
    assert words in refused.why
    assert words in await slack.check(where)


async def test_a_channel_that_is_fine_passes_the_check(slack: Slack) -> None:
    assert await slack.check(GENERAL) == ""
    assert await slack.check(dataclasses.replace(GENERAL, id="C0PRIVATE")) == ""


async def test_without_permission_to_read_history_nothing_is_proven(local: LocalSlack, slack: Slack) -> None:
    local.team.scopes.discard("channels:history")
    found = await slack.find(GENERAL, post_of())
    assert isinstance(found, Blind)
    assert "channels:history" in found.why
    assert "channels:history" in await slack.check(GENERAL)


async def test_with_a_revoked_token_a_post_waits_with_the_fix_said_and_the_channel_is_not_blamed(
    local: LocalSlack, slack: Slack
) -> None:
    local.team.refused = "token_revoked"
    waiting = await slack.post(GENERAL, post_of())
    assert isinstance(waiting, Later)
    assert "Install the app again" in waiting.why


async def test_a_post_among_many_messages_is_found_by_following_the_pages(local: LocalSlack, slack: Slack) -> None:
    sent = await slack.post(GENERAL, post_of())
    assert isinstance(sent, Sent)
    for number in range(40):
        local.say("C0GENERAL", f"chatter {number}")
    assert await slack.find(GENERAL, post_of()) == Found((sent.ref,))
    assert len(local.calls("conversations.history")) == 3


async def test_a_workspace_without_citation_elements_gets_answers_without_them(local: LocalSlack, core: Core) -> None:
    local.api.unknown_kinds.add("citation")
    async with serving(local, core, None):
        await local.mention("C0GENERAL", f"/quote {LINE}")
        await local.until(lambda: local.posts("C0GENERAL"))
        await local.mention("C0GENERAL", f"/verify {LINE}")
        await local.until(lambda: len(local.posts("C0GENERAL")) == 2)
    assert len(local.calls("chat.postMessage")) == 3


async def test_an_answer_waits_for_a_rate_limit_and_is_shown_once(local: LocalSlack, core: Core) -> None:
    local.fail("chat.postMessage", "429", retry_after=1)
    async with serving(local, core, None):
        await local.mention("C0GENERAL", f"/quote {LINE}")
        await local.until(lambda: local.posts("C0GENERAL"))
    assert len(local.posts("C0GENERAL")) == 1


async def test_a_used_up_response_url_falls_back_to_the_channel(local: LocalSlack, core: Core) -> None:
    async with serving(local, core, None):
        local.fail("response_url", "used_url")
        exchange = await local.command("/help")
        await local.until(lambda: local.ephemerals("C0GENERAL", "U0ADA"))
    assert exchange.replies == []


async def test_a_response_url_elsewhere_is_not_called(core: Core) -> None:
    async with LocalSlack(mode="http") as local, serving(local, core, None):
        await local.http.send(_slash("/help", "http://elsewhere.example/hooks/1"), FORM)
        await local.until(lambda: local.ephemerals("C0GENERAL", "U0ADA"))


async def test_a_local_platforms_response_url_needs_no_setting(local: LocalSlack, core: Core) -> None:
    async with serving(local, core, None, SLACK_RESPONSE_HOSTS="hooks.slack.com"):
        await (await local.command("/help")).settle()
    assert not Sender(Api(""), frozenset({"hooks.slack.com"})).may_answer_at(f"{local.address}/hooks/1")


async def test_a_response_url_that_cannot_be_reached_is_answered_otherwise(core: Core) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        async with LocalSlack(mode="http") as local, serving(local, core, None):
            url = f"http://127.0.0.1:{closed.getsockname()[1]}/hooks/1"
            await local.http.send(_slash(f"/quote {LINE}", url), FORM)
            await local.until(lambda: local.posts("C0GENERAL"))


@pytest.mark.parametrize("kind", ["500", "reset"])
@pytest.mark.parametrize("accepted", [True, False])
async def test_a_private_answer_that_may_be_lost_is_given_otherwise(
    local: LocalSlack, core: Core, kind: str, *, accepted: bool
) -> None:
    async with serving(local, core, None):
        local.fail("response_url", kind, accepted=accepted)
        exchange = await local.command("/help")
        await local.until(lambda: local.calls("chat.postEphemeral"))
    assert len(exchange.replies) == accepted


@pytest.mark.parametrize("kind", ["500", "reset"])
@pytest.mark.parametrize("accepted", [True, False])
async def test_a_public_answer_that_may_be_lost_is_not_sent_again_but_its_asker_is_told(
    local: LocalSlack, core: Core, kind: str, *, accepted: bool
) -> None:
    async with serving(local, core, None):
        local.fail("response_url", kind, accepted=accepted)
        exchange = await local.command("/quote", LINE)
        await local.until(lambda: local.ephemerals("C0GENERAL", "U0ADA"))
    (told,) = local.ephemerals("C0GENERAL", "U0ADA")
    assert told.text == "Slack lost my answer on the way; ask me once more."
    assert len(exchange.replies) == len(local.posts("C0GENERAL")) == accepted


async def test_a_retry_after_that_is_no_number_is_waited_for_a_moment(
    local: LocalSlack, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "_PATIENCE", 0.1)
    local.fail("response_url", "429", retry_after="soon")
    async with serving(local, core, None):
        assert LINE in (await (await local.command("/quote", LINE)).settle())["text"]
    assert retry_after({"Retry-After": "soon"}) == retry_after({}) == 5.0
    assert retry_after({"retry-after": "7"}) == 7.0


async def test_past_its_time_nothing_is_said_and_the_answer_is_later(local: LocalSlack) -> None:
    api = Api(local.environ()["SLACK_API_BASE_URL"])
    sender, workspace = Sender(api, frozenset({"127.0.0.1"})), Workspace(local.bot_token, "T0LOCAL")
    reply, past, soon = Reply("hello", Outcome.FOUND), time.monotonic() - 1, time.monotonic() + 5
    hook = f"{local.address}/hooks/{local.api.hook('C0GENERAL', 'U0ADA', 'T0LOCAL').token}"
    assert isinstance(await sender.say(workspace, reply, "C0GENERAL", until=past), Later)
    assert isinstance(await sender.respond(hook, reply, private=False, until=past), Later)
    local.fail("chat.postMessage", "429", retry_after=9)
    local.fail("response_url", "429", retry_after=9)
    assert isinstance(await sender.say(workspace, reply, "C0GENERAL", until=soon), Later)
    assert isinstance(await sender.respond(hook, reply, private=False, until=soon), Later)
    assert local.posts("C0GENERAL") == []
    await api.close()


@pytest.mark.parametrize("method", ["chat.postMessage", "response_url"])
async def test_an_answer_held_by_a_rate_limit_past_its_time_is_left_to_whoever_looks(
    local: LocalSlack, core: Core, store: Store, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr("bot.adapters.slack.answer.SHOW_SECONDS", 2.0)
    local.fail(method, "429", retry_after=3)
    async with serving(local, core, store, 60.0, (60.0, 10.0)):
        if method == "response_url":
            await local.command("/quote", LINE)
        else:
            await local.mention("C0GENERAL", f"/quote {LINE}")
        await local.until(lambda: local.calls(method))
    assert local.posts("C0GENERAL") == []
    (left, *_) = await store.inbox.unfinished("slack", 0, await store.now() + 60)
    assert left.payload["line"] == f"/quote {LINE}"


@pytest.mark.parametrize("method", ["chat.postMessage", "response_url"])
async def test_two_processes_under_a_rate_limit_answer_once(
    local: LocalSlack, core: Core, store: Store, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr("bot.adapters.slack.answer.SHOW_SECONDS", 0.8)
    local.fail(method, "429", retry_after=1)
    async with serving(local, core, store, 60.0, (0.1, 29.0)), serving(local, core, store, 60.0, (0.1, 29.0)):
        if method == "response_url":
            await local.command("/quote", LINE)
        else:
            await local.mention("C0GENERAL", f"/quote {LINE}")
        await local.until(lambda: local.posts("C0GENERAL"))
        await asyncio.sleep(1.5)
    assert len(local.posts("C0GENERAL")) == 1
    assert await store.inbox.unfinished("slack", 0, await store.now() + 60) == []


async def test_an_answer_that_could_not_be_written_down_is_left_to_nobody(
    local: LocalSlack, core: Core, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.slack.answer.SHOW_SECONDS", 0.5)
    async with serving(local, core, store):
        store.close()
        local.fail("response_url", "429", retry_after=1)
        await (await local.command("/quote", LINE)).settle()


async def test_a_broken_database_does_not_keep_members_from_answers(
    local: LocalSlack, core: Core, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(local, core, store):
        store.close()
        delivery = await local.mention("C0GENERAL", f"/quote {LINE}")
        await delivery.again()
        await local.mention("C0GENERAL", f"/verify {LINE}")
        await local.until(lambda: len(local.posts("C0GENERAL")) == 2)
    assert len([line for line in caplog.messages if "answering from memory" in line]) == 1


async def test_an_event_recorded_before_a_crash_is_answered_after_it(
    local: LocalSlack, core: Core, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = local.say("C0GENERAL", "hello", "U0ADA")
    asked = Inquiry(Way.MENTION, "Ev1", "T0LOCAL", "C0GENERAL", "U0ADA", f"/quote {LINE}", thread=said.ts, ts=said.ts)
    await _abandoned(store, asked, monkeypatch)
    async with serving(local, core, store):
        await local.until(lambda: local.posts("C0GENERAL"))
        body = {"type": "app_mention", "user": "U0ADA", "channel": "C0GENERAL", "text": "<@U0BOT> x", "ts": said.ts}
        await local.event(body, "Ev1")
        await local.mention("C0GENERAL", f"/verify {LINE}")
        await local.until(lambda: len(local.posts("C0GENERAL")) == 2)
    assert [post.thread_ts == said.ts for post in local.posts("C0GENERAL")] == [True, False]


async def test_an_answer_that_stood_before_the_crash_is_not_given_again(
    local: LocalSlack, core: Core, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(local, core, None):
        delivery = await local.mention("C0GENERAL", f"/quote {LINE}")
        await local.until(lambda: local.posts("C0GENERAL"))
    asked = Inquiry(
        Way.MENTION,
        delivery.event_id,
        "T0LOCAL",
        "C0GENERAL",
        "U0ADA",
        f"/quote {LINE}",
        thread=delivery.ts,
        ts=delivery.ts,
    )
    await _abandoned(store, asked, monkeypatch)
    async with serving(local, core, store):
        await local.until(lambda: local.calls("conversations.replies"))
        await local.mention("C0GENERAL", f"/verify {LINE}")
        await local.until(lambda: len(local.posts("C0GENERAL")) == 2)
    assert [post.thread_ts == delivery.ts for post in local.posts("C0GENERAL")] == [True, False]


@pytest.mark.parametrize("accepted", [True, False])
async def test_an_answer_nobody_knows_of_is_looked_for_and_given_once(
    local: LocalSlack, core: Core, store: Store, monkeypatch: pytest.MonkeyPatch, *, accepted: bool
) -> None:
    monkeypatch.setattr(Database, "moment", lambda _database: time.time() - 60)
    local.fail("chat.postMessage", "fatal_error", accepted=accepted)
    async with serving(local, core, store, 60.0, (0.1, 10.0)):
        delivery = await local.mention("C0GENERAL", f"/quote {LINE}")
        await local.until(lambda: local.calls("conversations.replies"))
        await local.until(lambda: local.posts("C0GENERAL"))
        await local.mention("C0GENERAL", f"/verify {LINE}")
        await local.until(lambda: len(local.posts("C0GENERAL")) == 2)
    assert [post.thread_ts == delivery.ts for post in local.posts("C0GENERAL")] == [True, False]


async def test_one_workspaces_token_never_answers_another_that_did_not_install_the_app(
    core: Core, store: Store, tmp_path: Path
) -> None:
    async with LocalSlack(mode="http") as local:
        local.world.add_team("T0OTHER", "Other")
        given = {"SLACK_CLIENT_ID": "1", "SLACK_CLIENT_SECRET": "2", "VERBATIM_DATA_DIR": str(tmp_path)}
        async with serving(local, core, store, 60.0, **given):
            await local.command("/help", user="U0ADAOTHER", channel="C0GENERALOTHER")
            await (await local.command("/help")).settle()
        assert [sent.team for sent in local.requests if sent.team == "T0OTHER"] == []
        (told,) = local.ephemerals("C0GENERALOTHER", "U0ADAOTHER")
        assert told.text.startswith("I am not installed in this workspace")


async def _abandoned(store: Store, asked: Inquiry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Record an event as a process does that ends right after, a minute ago."""
    began = time.time() - 60
    monkeypatch.setattr(Database, "moment", lambda _database: began)
    inbox = Intake(PLATFORM.name, store).inbox
    assert await inbox.take(asked.id, "event", asked.as_json(), asked.marks) is Taken.NEW
    monkeypatch.undo()


async def test_two_sockets_that_get_one_event_answer_once(local: LocalSlack, core: Core, store: Store) -> None:
    async with serving(local, core, store), serving(local, core, store):
        await local.connected(2)
        event = {"type": "app_mention", "user": "U0ADA", "channel": "C0GENERAL", "text": f"<@U0BOT> /quote {LINE}"}
        said = local.say("C0GENERAL", event["text"], "U0ADA")
        await local.event(event | {"ts": said.ts}, everywhere=True)
        await local.until(lambda: local.posts("C0GENERAL"))
        await local.dm("U0BEN", "/about")
        await local.until(lambda: local.posts(local.world.im("U0BEN").id))
    assert len(local.posts("C0GENERAL")) == 1


async def test_a_disconnect_request_is_followed_by_a_new_socket(local: LocalSlack, core: Core) -> None:
    async with serving(local, core, None, SLACK_PING_INTERVAL="0.2"):
        await local.sockets.tell_to_leave("refresh_requested", close_after=0.3)
        await local.connected()
        await (await local.command("/help")).settle()
        assert local.sockets.opened >= 2


async def test_events_of_a_cut_are_answered_when_the_socket_is_back(local: LocalSlack, core: Core) -> None:
    async with serving(local, core, None, SLACK_PING_INTERVAL="0.2"):
        await local.sockets.drop()
        await local.mention("C0GENERAL", f"/quote {LINE}")
        await local.until(lambda: local.posts("C0GENERAL"))
    assert len(local.posts("C0GENERAL")) == 1


async def test_a_silent_socket_is_replaced(local: LocalSlack, core: Core, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(local, core, None, 0.4, SLACK_PING_INTERVAL="10"):
        local.sockets.answer_pings = False
        await local.until(lambda: "no pong for 0.4 s" in caplog.text)
        local.sockets.answer_pings = True
        await local.until(lambda: local.sockets.opened >= 2)
        await local.connected()
        await (await local.command("/help")).settle()


async def test_garbled_envelopes_end_nothing(local: LocalSlack, core: Core) -> None:
    async with serving(local, core, None):
        for text in ("", "{", "[]", '{"type": 7}', '{"type": "events_api", "envelope_id": "1", "payload": [1]}'):
            await local.sockets.send_raw(text)
        await (await local.command("/help")).settle()


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": "block_actions"},
        {"type": "block_actions", "actions": []},
        {"type": "block_actions", "actions": [7], "user": 3, "team": []},
        {"type": "block_actions", "actions": [{"action_id": "line:0", "value": "/help"}], "user": None},
        {"type": "view_submission", "view": {"state": {"values": {"a": 7, "b": {"c": 8}}}}},
        {"type": "message_action", "callback_id": "verify", "message": {}},
        {"type": "event_callback", "event": []},
        {"type": "event_callback", "event": {"type": "app_mention", "text": 7, "user": [], "channel": {}}},
        {"type": "event_callback", "event": {"type": "app_home_opened", "tab": 4}, "event_id": {}},
    ],
)
async def test_malformed_payloads_end_nothing(core: Core, payload: dict[str, object]) -> None:
    async with LocalSlack(mode="http") as local, serving(local, core, None):
        answer = await local.http.send(json.dumps(payload).encode(), "application/json")
        assert answer is not None
        await (await local.command("/help")).settle()


@pytest.mark.parametrize(
    ("envelope", "payload"),
    [
        ("interactive", {"type": "view_closed", "view": {"id": "V1", "callback_id": "ask"}, "user": {"id": "U0ADA"}}),
        ("interactive", {"type": "block_suggestion", "action_id": "x", "value": "canary", "block_id": "y"}),
        ("interactive", {"type": "something_new"}),
        ("events_api", {"type": "app_rate_limited", "team_id": "T0LOCAL", "minute_rate_limited": 1}),
        ("events_api", {"type": "event_callback", "event": None, "event_id": "Ev1"}),
        ("events_api", {"type": "event_callback", "event": 7}),
        ("events_api", {"type": "event_callback", "event": {"text": "canary"}}),
        ("something_new", {"text": "canary"}),
    ],
)
async def test_what_nothing_listens_to_is_acknowledged_and_said_once(
    core: Core, envelope: str, payload: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with LocalSlack() as local, serving(local, core, None):
        for _ in range(2):
            assert await local.sockets.send(envelope, payload, (0, ""), 3.0) is not None
        assert local.violations == []
    async with LocalSlack(mode="http") as local, serving(local, core, None):
        for _ in range(2):
            answer = await local.http.send(json.dumps(payload).encode(), "application/json")
            assert answer is not None
            assert answer.status == 200
    assert len([line for line in caplog.messages if line.startswith("acknowledged")]) == 2
    assert "canary" not in caplog.text


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_request_that_is_not_slacks_gets_a_plain_no(
    core: Core, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with LocalSlack(mode="http") as local, serving(local, core, None):
        body = b"command=%2Fhelp&user_id=U0ADA&text=canary"
        answer = await local.http.send(body, "application/x-www-form-urlencoded", wrong=wrong)
        assert answer is None or answer.status in {400, 401, 413}
        if wrong not in {"garbled", "oversize"}:
            assert answer is not None
            assert (answer.status, answer.text) == (401, "unauthorized")
        assert "canary" not in caplog.text
        await (await local.command("/help")).settle()


async def test_a_signed_command_sent_again_is_answered_once(core: Core) -> None:
    async with LocalSlack(mode="http") as local, serving(local, core, None):
        exchange = await local.command("/help")
        again = await local.http.replay()
        assert again is not None
        assert again.status == 200
        await (await local.command("/about")).settle()
        assert len(exchange.replies) == 1


async def test_a_command_replayed_at_another_replica_is_answered_once(core: Core, store: Store) -> None:
    async with LocalSlack(mode="http") as local, serving(local, core, store):
        first = local.bot_url
        async with serving(local, core, store):
            local.bot_url, second = first, local.bot_url
            exchange = await local.command("/help")
            await exchange.settle()
            local.bot_url = second
            again = await local.http.replay()
            assert again is not None
            assert again.status == 200
            await (await local.command("/about")).settle()
            assert len(exchange.replies) == 1


async def test_a_command_is_written_down_with_its_address_sealed_until_it_is_answered(
    local: LocalSlack, corpus: Corpus, search: Searcher, store: Store
) -> None:
    go = asyncio.Event()

    @command("A slow thing")
    async def slow(_: Context) -> Reply:
        await go.wait()
        return Reply("done", Outcome.FOUND)

    async with serving(local, Core(corpus, search, (slow,)), store):
        exchange = await local.command("/slow")
        kept: list[Inbound] = []
        while not kept:
            kept = await store.inbox.unfinished("slack", 0, await store.now() + 60)
        assert [one.kind for one in kept] == ["command"]
        assert kept[0].payload["line"] == "/slow"
        assert "hooks" not in json.dumps(dict(kept[0].payload))
        go.set()
        await exchange.settle()
    assert await store.inbox.unfinished("slack", 0, await store.now() + 120) == []


@pytest.mark.parametrize("sealed_by", ["the same token", "an older token"])
async def test_a_command_that_a_process_died_over_is_answered_once_by_the_next(
    local: LocalSlack, core: Core, store: Store, sealed_by: str
) -> None:
    hook = local.api.hook("C0GENERAL", "U0ADA", "T0LOCAL")
    url = f"{local.address}/hooks/{hook.token}"
    token = local.bot_token if sealed_by == "the same token" else "xoxb-older"
    left = Inquiry(Way.SLASH, "left", "T0LOCAL", "C0GENERAL", "U0ADA", f"/quote {LINE}", reply_url=url)
    pending = Intake(PLATFORM.name, store, token).inbox.keep(left.id, KIND, left.as_json(), SECRETS, 60)
    assert await pending.is_ours()
    assert not pending.has_failed
    async with serving(local, core, store, 60.0, (0.1, 40.0)), serving(local, core, store, 60.0, (0.1, 40.0)):
        await local.until(lambda: local.posts("C0GENERAL"))
        await asyncio.sleep(0.5)
    (post,) = local.posts("C0GENERAL")
    assert LINE in post.text
    assert bool(local.calls("chat.postMessage")) == (sealed_by == "an older token")
    assert await store.inbox.unfinished("slack", 0, await store.now() + 120) == []


async def test_http_mode_answers_slacks_question_and_the_balancers(core: Core) -> None:
    async with LocalSlack(mode="http") as local, serving(local, core, None):
        answer = await local.http.verify_url("challenge-7")
        assert answer is not None
        assert "challenge-7" in answer.text
        healthy = await local.http.get(local.bot_url.replace("/slack/events", "/healthz"))
        assert (healthy.status, healthy.text) == (200, "ok")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"SLACK_MODE": "pigeon"}, "socket or http"),
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN is missing"),
        ({"SLACK_APP_TOKEN": ""}, "connections:write under Basic Information"),
        ({"SLACK_MODE": "http", "SLACK_SIGNING_SECRET": ""}, "SLACK_SIGNING_SECRET is missing"),
        ({"SLACK_BOT_TOKEN": "anything"}, "does not know SLACK_BOT_TOKEN"),
        ({"SLACK_APP_TOKEN": "anything"}, "refuses SLACK_APP_TOKEN"),
        ({"SLACK_APP_TOKEN": "xapp-0"}, "connections:write under Basic Information"),
        ({"SLACK_PING_INTERVAL": "often"}, "SLACK_PING_INTERVAL is a number"),
        ({"SLACK_MODE": "http", "SLACK_HTTP_PORT": "70000"}, "SLACK_HTTP_PORT is a number"),
        ({"SLACK_MODE": "http", "SLACK_HTTP_PORT": "0", "SLACK_HTTP_HOST": "192.0.2.1"}, "cannot listen there"),
    ],
)
async def test_what_the_operator_must_mend_is_one_sentence(
    local: LocalSlack, core: Core, given: dict[str, str], words: str
) -> None:
    with pytest.raises(OperatorError, match=words):
        await Slack(Settings.read(local.environ() | given), core, None).run()


async def test_missing_scopes_are_named_with_the_fix(
    local: LocalSlack, core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    local.team.scopes -= {"users:read", "groups:history"}
    async with serving(local, core, None):
        pass
    assert "Local has not granted groups:history, users:read. Add them under OAuth & Permissions" in caplog.text


async def test_removing_the_app_schedules_deletion_with_one_line(
    local: LocalSlack, core: Core, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(local, core, store):
        await local.uninstall()
        for _ in range(200):
            if await store.kv.get("slack-gone:T0LOCAL"):
                break
            await asyncio.sleep(0.01)
        assert dt.datetime.fromisoformat(await store.kv.get("slack-gone:T0LOCAL") or "")
    assert len([line for line in caplog.messages if "scheduled for deletion" in line]) == 1


async def test_a_removal_without_a_workspace_is_ignored_with_one_line(
    local: LocalSlack, core: Core, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(local, core, store):
        event = {"type": "app_uninstalled"}
        payload = {"type": "event_callback", "event_id": "Ev1", "event": event}
        assert await local.sockets.send("events_api", payload, (0, ""), 3.0) is not None
        await (await local.command("/help")).settle()
    assert len([line for line in caplog.messages if "app_uninstalled came without a workspace" in line]) == 1
    assert "scheduled for deletion" not in caplog.text


async def test_a_window_that_slack_does_not_open_is_told_of(local: LocalSlack, core: Core) -> None:
    async with serving(local, core, None):
        local.fail("views.open", "expired_trigger_id")
        await local.global_shortcut("ask")
        room = local.world.im("U0ADA").id
        await local.until(lambda: local.posts(room))
    (told,) = local.posts(room)
    assert "did not let me open the window" in told.text


@pytest.mark.parametrize("error", ["not_in_channel", "missing_scope"])
async def test_a_mention_that_cannot_be_answered_there_is_told_of_once_a_channel(
    local: LocalSlack, core: Core, error: str
) -> None:
    room = local.world.im("U0ADA").id
    async with serving(local, core, None):
        local.fail("chat.postMessage", error, 2, channel="C0GENERAL")
        for _ in range(2):
            await local.mention("C0GENERAL", f"/quote {LINE}")
        await local.mention("C0GENERAL", f"/verify {LINE}")
        await local.until(lambda: local.posts("C0GENERAL"))
        await local.until(lambda: local.posts(room))
    (told,) = local.posts(room)
    assert told.text.startswith("I could not answer where you mentioned me. ")


async def test_only_admins_of_this_workspace_may_use_admin_commands(
    local: LocalSlack, corpus: Corpus, search: Searcher
) -> None:
    @command("A thing for admins", admin=True)
    async def closed(_: Context) -> Reply:
        return Reply("open", Outcome.FOUND, private=True)

    async with serving(local, Core(corpus, search, (closed,)), None):
        said = {}
        for user, channel in {
            "U0ADMIN": "C0GENERAL",
            "U0ADA": "C0GENERAL",
            "U0GUEST": "C0GENERAL",
            "U0STRANGER": "C0SHARED",
        }.items():
            said[user] = (await (await local.command("/closed", user=user, channel=channel)).settle())["text"]
        assert [user for user, text in said.items() if text == "open"] == ["U0ADMIN"]
        await (await local.command("/closed", user="U0ADMIN")).settle()
        assert len([sent for sent in local.calls("users.info") if sent.payload["user"] == "U0ADMIN"]) == 1


async def test_a_channel_typed_in_an_option_arrives_as_its_id(
    local: LocalSlack, corpus: Corpus, search: Searcher
) -> None:
    @command("Say which channel")
    async def where(_: Context, channel: Annotated[str, Param("A channel", channel=True)]) -> Reply:
        return Reply(f"it is {channel}", Outcome.FOUND)

    async with serving(local, Core(corpus, search, (where,)), None):
        reply = await (await local.command("/where", "channel:<#C0GENERAL|general>", raw=True)).settle()
    assert reply["text"] == "it is C0GENERAL"


@pytest.mark.parametrize("failure", ["500", "missing_scope"])
async def test_when_slack_does_not_say_who_is_an_admin_nobody_is_and_they_are_told(
    local: LocalSlack, corpus: Corpus, search: Searcher, failure: str
) -> None:
    @command("A thing for admins", admin=True)
    async def closed(_: Context) -> Reply:
        return Reply("open", Outcome.FOUND)

    local.fail("users.info", failure)
    async with serving(local, Core(corpus, search, (closed,)), None):
        reply = await (await local.command("/closed", user="U0ADMIN")).settle()
        assert reply["text"] == "Slack did not tell me whether you are an admin. Try again in a minute."
        assert reply["response_type"] == "ephemeral"
        assert (await (await local.command("/closed", user="U0ADMIN")).settle())["text"] == "open"


async def test_stopping_waits_for_answers_under_way(local: LocalSlack, corpus: Corpus, search: Searcher) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    @command("A slow thing")
    async def slow(_: Context) -> Reply:
        begun.set()
        await go.wait()
        return Reply("done", Outcome.FOUND)

    async with serving(local, Core(corpus, search, (slow,)), None) as adapter:
        exchange = await local.command("/slow")
        await begun.wait()
        adapter.stop()
        asyncio.get_running_loop().call_later(0.2, go.set)
    assert exchange.final["text"] == "done"


async def test_beyond_the_room_for_answers_members_are_told_to_come_back(
    local: LocalSlack, corpus: Corpus, search: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = asyncio.Event()

    @command("A slow thing")
    async def slow(_: Context) -> Reply:
        await go.wait()
        return Reply("done", Outcome.FOUND)

    monkeypatch.setattr("bot.intake.intake.AT_ONCE", 2)
    monkeypatch.setattr("bot.intake.intake.MOST_WAITING", 0)
    async with serving(local, Core(corpus, search, (slow,)), None):
        held = [await local.command("/slow") for _ in range(2)]
        reply = await (await local.command("/slow")).settle()
        assert reply["response_type"] == "ephemeral"
        assert "Try again" in reply["text"]
        go.set()
        for exchange in held:
            assert (await exchange.settle())["text"] == "done"


async def test_a_turned_off_socket_mode_is_named_with_the_fix(local: LocalSlack, core: Core) -> None:
    local.api.socket_mode = False
    with pytest.raises(OperatorError, match="Turn on Settings → Socket Mode"):
        await Slack(Settings.read(local.environ()), core, None).run()


async def test_a_channel_is_written_to_once_a_second_after_a_few() -> None:
    pace = Throttle()
    ahead = [pace.ahead("C") for _ in range(6)]
    assert ahead[:4] == [0.0] * 4 or ahead[0] == 0.0
    assert ahead[5] > 1.0
    assert pace.ahead("D") == 0.0


# slack_sdk 3.47 signs oauth.v2.access with a class that aiohttp 3.14 warns of.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_several_workspaces_install_the_app_and_are_answered_with_their_own_token(
    core: Core, store: Store, tmp_path: Path
) -> None:
    async with LocalSlack(mode="http") as local:
        other = local.world.add_team("T0OTHER", "Other")
        given = {
            "SLACK_CLIENT_ID": local.api.client_id,
            "SLACK_CLIENT_SECRET": local.api.client_secret,
            "SLACK_BOT_TOKEN": "",
            "VERBATIM_DATA_DIR": str(tmp_path),
        }
        async with serving(local, core, store, 60.0, **given):
            page = local.bot_url.replace("/slack/events", "/slack/install")
            back = local.bot_url.replace("/slack/events", "/slack/oauth_redirect")
            forged = await local.http.get(f"{back}?code=x&state=forged", "slack-app-oauth-state=forged")
            assert forged.status in {400, 401}
            assert (await local.install(page, other, back)).status == 200
            await local.mention("C0GENERALOTHER", f"/quote {LINE}", user="U0ADAOTHER")
            await local.until(lambda: local.posts("C0GENERALOTHER"))
            kept = await store.kv.get("slack-install:T0OTHER")
            assert kept
            assert other.bot_token not in kept
            await local.uninstall(other)
            for _ in range(200):
                if not await store.kv.get("slack-install:T0OTHER"):
                    break
                await asyncio.sleep(0.01)
            assert await store.kv.get("slack-gone:T0OTHER")
            assert not await store.kv.get("slack-install:T0OTHER")


async def test_making_the_app_connects_to_nothing(local: LocalSlack, core: Core) -> None:
    Slack(Settings.read(local.environ()), core, None)
    assert local.requests == []


async def test_no_secret_reaches_the_log(local: LocalSlack, core: Core, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(local, core, None):
        await (await local.command("/quote", "canary words")).settle()
        local.fail("chat.postMessage", "500")
        await local.mention("C0GENERAL", "canary words")
        await local.until(lambda: local.calls("chat.postMessage"))
    for secret in (local.bot_token, local.app_token, local.signing_secret, "canary", "ticket="):
        assert secret not in caplog.text
