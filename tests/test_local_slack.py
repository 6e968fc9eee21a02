"""The local Slack is a Slack to the real library: a Bolt app connects, is spoken to, is refused and is cut off."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import ROOT
from tests.local_slack import WRONG, Faults, LocalSlack, block_problems, markup_notes, view_problems
from tests.local_slack.limits import KEYS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SIGNED_WRONG = ("bad", "missing", "stale", "future", "tampered")
"""What Bolt turns away by itself; of the other ways it makes a 500."""

MODAL = {
    "type": "modal",
    "callback_id": "ask",
    "title": {"type": "plain_text", "text": "Ask"},
    "submit": {"type": "plain_text", "text": "Ask"},
    "blocks": [
        {
            "type": "input",
            "block_id": "words",
            "label": {"type": "plain_text", "text": "Your question"},
            "element": {"type": "plain_text_input", "action_id": "question"},
        }
    ],
}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack() as platform:
        yield platform


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "plain_text", "text": text}}


def buttons(*labels: str) -> dict[str, Any]:
    return {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": f"b{n}", "value": label, "text": {"type": "plain_text", "text": label}}
            for n, label in enumerate(labels)
        ],
    }


def client_of(slack: LocalSlack) -> AsyncWebClient:
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_base, retry_handlers=[])


class Heard:
    """What a Bolt app was told, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.bodies: list[dict[str, Any]] = []


def app_of(slack: LocalSlack, heard: Heard) -> AsyncApp:
    """Return a small app that answers in every way a bot can."""
    app = AsyncApp(client=client_of(slack), signing_secret=slack.signing_secret)

    async def quote(ack: Any, respond: Any, body: dict[str, Any]) -> None:
        await ack()
        await respond(text=f"“{body['text']}”", blocks=[section(body["text"]), buttons("Share", "Next")])

    async def mentioned(event: dict[str, Any], body: dict[str, Any], say: Any) -> None:
        heard.events.append(body["event_id"])
        await say(text="Here.", thread_ts=event["ts"])

    async def pressed(ack: Any, respond: Any, action: dict[str, Any]) -> None:
        await ack()
        await respond(text=f"{action['value']} it is.", replace_original=True)

    async def wanted(ack: Any, client: AsyncWebClient, body: dict[str, Any]) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        question = view["state"]["values"]["words"]["question"]["value"]
        await (ack() if question else ack(response_action="errors", errors={"words": "Write a question."}))

    async def opened(event: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section("Hello")]})

    async def remembered(body: dict[str, Any]) -> None:
        heard.bodies.append(body["event"])

    app.command("/quote")(quote)
    app.event("app_mention")(mentioned)
    app.action("b0")(pressed)
    app.shortcut("verify")(wanted)
    app.shortcut("ask")(wanted)
    app.view("ask")(submitted)
    app.event("app_home_opened")(opened)
    app.event("message")(remembered)
    app.event("tokens_revoked")(remembered)
    app.event("app_uninstalled")(remembered)
    return app


@contextlib.asynccontextmanager
async def running(slack: LocalSlack, sockets: int = 1) -> AsyncIterator[Heard]:
    heard = Heard()
    app = app_of(slack, heard)
    handlers: list[Any] = [AsyncSocketModeHandler(app, slack.app_token, ping_interval=1) for _ in range(sockets)]
    for handler in handlers:
        await handler.connect_async()
    await slack.connected(sockets)
    try:
        yield heard
    finally:
        for handler in handlers:
            await handler.close_async()


@contextlib.asynccontextmanager
async def serving(slack: LocalSlack) -> AsyncIterator[Heard]:
    heard = Heard()
    app = app_of(slack, heard)
    runner = web.AppRunner(app.server(port=0, path="/slack/events").web_app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.mode = "http"
    slack.bot_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    try:
        yield heard
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("mode", [running, serving])
async def test_a_command_is_acknowledged_and_answered_in_both_modes(slack: LocalSlack, mode: Any) -> None:
    async with mode(slack):
        told = await slack.command("/quote", "rock & roll")
        reply = await told.settle()

    assert told.ack is not None
    assert told.ack.body is None
    assert reply["text"] == "“rock &amp; roll”"
    assert [message.text for message in slack.ephemerals("C0GENERAL", "U0ADA")] == ["“rock &amp; roll”"]
    assert slack.violations == []


@pytest.mark.parametrize("mode", [running, serving])
async def test_a_mention_is_answered_in_its_thread_in_both_modes(slack: LocalSlack, mode: Any) -> None:
    async with mode(slack) as heard:
        delivery = await slack.mention("C0GENERAL", "who said that?")
        await slack.until(lambda: slack.posts("C0GENERAL"))

    assert delivery.acknowledged_in is not None
    assert heard.events == [delivery.event_id]
    (post,) = slack.posts("C0GENERAL")
    assert post.thread_ts == delivery.ts


async def test_a_button_replaces_the_message_it_belongs_to(slack: LocalSlack) -> None:
    async with running(slack):
        await (await slack.command("/quote", "one")).settle()
        (message,) = slack.ephemerals("C0GENERAL", "U0ADA")
        await (await slack.press(message, label="Share")).settle()

    assert [message.text for message in slack.ephemerals("C0GENERAL", "U0ADA")] == ["Share it is."]


async def test_a_shortcut_opens_a_modal_whose_submission_is_checked(slack: LocalSlack) -> None:
    async with running(slack):
        message = slack.say("C0GENERAL", "He said it was about pride.")
        await slack.message_shortcut("verify", message)
        await slack.until(lambda: slack.views("U0ADA"))
        (view,) = slack.views("U0ADA")
        empty = await slack.submit_view(view)
        full = await slack.submit_view(view, {"question": "Was it?"})

    assert empty.errors == {"words": "Write a question."}
    assert full.errors == {}
    assert view.closed
    assert slack.violations == []


async def test_a_trigger_opens_one_view_only(slack: LocalSlack) -> None:
    client = client_of(slack)
    trigger = slack.api.trigger("U0ADA")
    await client.views_open(trigger_id=trigger, view=MODAL)

    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await client.views_open(trigger_id=trigger, view=MODAL)
    slack.api.triggers["old"] = (-10.0, "U0ADA")
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await client.views_open(trigger_id="old", view=MODAL)


async def test_the_home_tab_is_published_when_it_is_opened(slack: LocalSlack) -> None:
    async with running(slack):
        await slack.open_home("U0ADMIN")
        await slack.until(lambda: slack.home("U0ADMIN"))

    assert slack.home("U0BEN") is None


async def test_what_the_bot_writes_in_a_dm_comes_back_to_it_as_an_event(slack: LocalSlack) -> None:
    async with running(slack):
        await client_of(slack).chat_postMessage(channel="U0ADA", text="Good morning.")
        await slack.until(lambda: slack.deliveries and slack.deliveries[0].acknowledged)

    assert slack.deliveries[0].body["event"]["bot_id"] == slack.team.bot_id


async def test_a_mention_twice_is_two_events_of_one_message_and_a_duplicate_is_one_event_twice(
    slack: LocalSlack,
) -> None:
    async with running(slack) as heard:
        first = await slack.mention("C0GENERAL", "hello", twice=True)
        second = slack.deliveries[1]
        await slack.event(dict(first.body["event"]), first.event_id)

    assert first.event_id != second.event_id
    assert first.ts == second.ts
    assert second.body["event"]["type"] == "message"
    assert heard.events == [first.event_id] * 2
    assert [event["ts"] for event in heard.bodies] == [first.ts]


async def test_two_sockets_share_the_events_and_on_purpose_both_get_one(slack: LocalSlack) -> None:
    async with running(slack, sockets=2) as heard:
        for _ in range(4):
            await slack.mention("C0GENERAL", "hello")
        shared = [len(socket.sent) for socket in slack.sockets.open]
        both = await slack.event({"type": "message", "channel": "C0GENERAL", "text": "x"}, everywhere=True)
        await slack.until(lambda: len(heard.bodies) >= 2)

    assert shared == [2, 2]
    assert [one.ack is not None for one in both.tries] == [True, True]


async def test_an_event_without_an_acknowledgement_comes_again_with_its_number(slack: LocalSlack) -> None:
    slack.ack_seconds = 0.2
    async with running(slack) as heard:
        slack.sockets.answer_acks = False
        delivery = await slack.mention("C0GENERAL", "hello")
        slack.sockets.answer_acks = True
        await delivery.again()

    assert [(one.number, one.reason) for one in delivery.tries] == [(0, ""), (1, "timeout"), (2, "timeout")]
    assert [one.ack is not None for one in delivery.tries] == [False, False, True]
    assert heard.events == [delivery.event_id] * 3


async def test_an_event_waits_while_no_socket_is_open(slack: LocalSlack) -> None:
    delivery = await slack.mention("C0GENERAL", "anyone?")
    assert delivery.waiting
    assert delivery.tries == []

    async with running(slack) as heard:
        await slack.until(lambda: heard.events)


async def test_the_library_comes_back_after_a_cut_and_after_a_request_to_leave(slack: LocalSlack) -> None:
    async with running(slack):
        assert await slack.sockets.drop() == 1
        await slack.until(lambda: slack.sockets.opened == 2 and slack.sockets.usable())
        await slack.sockets.tell_to_leave("refresh_requested")
        await slack.until(lambda: slack.sockets.opened == 3 and slack.sockets.usable())
        assert (await slack.command("/quote", "still here")).ack is not None


@pytest.mark.parametrize("wrong", SIGNED_WRONG)
async def test_a_request_that_is_signed_wrongly_is_turned_away(slack: LocalSlack, wrong: str) -> None:
    async with serving(slack) as heard:
        body = b'{"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_mention", "ts": "1.2"}}'
        answer = await slack.http.send(body, "application/json", wrong=wrong)

    assert answer is not None
    assert answer.status == 401
    assert heard.events == []


async def test_every_wrong_way_reaches_the_address_as_it_was_meant() -> None:
    seen: list[tuple[str, str, int]] = []

    async def look(request: web.Request) -> web.Response:
        body = await request.read()
        headers = request.headers
        stamp, signed = headers["X-Slack-Request-Timestamp"], headers.get("X-Slack-Signature", "")
        seen.append((stamp, signed, len(body)))
        return web.Response()

    app = web.Application(client_max_size=8 * 1024 * 1024)
    app.router.add_post("/", look)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with LocalSlack(mode="http", bot_url=f"http://127.0.0.1:{runner.addresses[0][1]}/") as slack:
        for wrong in WRONG:
            assert await slack.http.send(b"{}", "application/json", wrong=wrong) is not None
        assert await slack.http.send(b"{}", "application/json") is not None
        assert await slack.http.replay() is not None
    await runner.cleanup()

    came = dict(zip(WRONG, seen, strict=False))
    assert came["missing"][1] == ""
    assert not came["non_ascii"][1].isascii()
    assert not came["non_numeric"][0].isdigit()
    assert came["oversize"][2] > 1024 * 1024
    assert int(came["future"][0]) - int(came["stale"][0]) > 600
    assert seen[-1] == seen[-2]


async def test_the_address_is_verified_with_its_challenge(slack: LocalSlack) -> None:
    async with serving(slack):
        answer = await slack.http.verify_url("a challenge")

    assert answer is not None
    assert answer.status == 200
    assert "a challenge" in answer.text


async def test_a_response_url_is_good_for_five_replies(slack: LocalSlack) -> None:
    told = await slack.command("/quote", "words")
    async with aiohttp.ClientSession() as session:
        statuses = []
        for number in range(6):
            async with session.post(told.payload["response_url"], json={"text": str(number)}) as answer:
                statuses.append(answer.status)

    assert statuses == [200] * 5 + [404]
    assert [violation.error for violation in slack.violations] == ["used_url"]


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0NOWHERE", "channel_not_found"),
        ("C0OTHER", "not_in_channel"),
        ("C0ARCHIVED", "is_archived"),
    ],
)
async def test_a_channel_that_cannot_be_written_to_refuses_by_its_name(
    slack: LocalSlack, channel: str, error: str
) -> None:
    with pytest.raises(SlackApiError, match=error):
        await client_of(slack).chat_postMessage(channel=channel, text="hello")


async def test_tokens_and_scopes_are_refused_as_slack_refuses_them(slack: LocalSlack) -> None:
    client = client_of(slack)
    answer = await client.auth_test()
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")

    slack.team.scopes.discard("chat:write")
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C0GENERAL", text="hello")
    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "chat:write"
    assert "commands" in refused.value.response["provided"]

    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client.auth_test(token="xoxb-somebody-else")  # noqa: S106 - a token of nobody
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client.apps_connections_open(app_token=slack.bot_token)
    slack.team.refused = "token_revoked"
    with pytest.raises(SlackApiError, match="token_revoked"):
        await client.auth_test()


async def test_an_uninstalled_app_is_told_and_locked_out(slack: LocalSlack) -> None:
    async with running(slack) as heard:
        await slack.command("/quote", "so that Bolt knows who it is")
        await slack.uninstall()
        await slack.until(lambda: len(heard.bodies) == 2)

    assert [event["type"] for event in heard.bodies] == ["tokens_revoked", "app_uninstalled"]
    with pytest.raises(SlackApiError, match="account_inactive"):
        await client_of(slack).auth_test()


async def test_history_gives_metadata_only_when_asked_and_pages_with_a_cursor(slack: LocalSlack) -> None:
    client = client_of(slack)
    mark = {"event_type": "hl.post", "event_payload": {"id": "abc"}}
    for number in range(5):
        await client.chat_postMessage(channel="C0GENERAL", text=str(number), metadata=mark)
    newest = slack.posts("C0GENERAL")[-1].ts

    page = await client.conversations_history(channel="C0GENERAL", limit=2, include_all_metadata=True)
    rest = await client.conversations_history(
        channel="C0GENERAL", limit=9, cursor=page["response_metadata"]["next_cursor"]
    )
    before = await client.conversations_history(channel="C0GENERAL", latest=newest)

    assert [message["text"] for message in page["messages"]] == ["4", "3"]
    assert page["messages"][0]["metadata"] == mark
    assert [message["text"] for message in rest["messages"]] == ["2", "1", "0"]
    assert "event_payload" not in rest["messages"][0]["metadata"]
    assert [message["text"] for message in before["messages"]] == ["3", "2", "1", "0"]


async def test_an_edit_with_text_alone_takes_the_blocks_away_and_counts_bytes(slack: LocalSlack) -> None:
    client = client_of(slack)
    sent = await client.chat_postMessage(channel="C0GENERAL", text="one", blocks=[section("one")])

    await client.chat_update(channel="C0GENERAL", ts=sent["ts"], text="two")
    assert slack.posts("C0GENERAL")[0].blocks == []

    with pytest.raises(SlackApiError, match="msg_too_long"):
        await client.chat_update(channel="C0GENERAL", ts=sent["ts"], text="ø" * 2001)


async def test_a_rate_limit_is_a_429_with_its_wait(slack: LocalSlack) -> None:
    client = client_of(slack)
    slack.api.seconds_a_message = 1.0
    await client.chat_postMessage(channel="C0GENERAL", text="one")

    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C0GENERAL", text="two")

    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "1"
    await client.chat_postMessage(channel="C0PRIVATE", text="another channel")
    assert [message.text for message in slack.posts("C0GENERAL")] == ["one"]


@pytest.mark.parametrize(
    ("kind", "accepted", "stands"),
    [
        ("429", False, 0),
        ("500", False, 0),
        ("503", True, 1),
        ("html", False, 0),
        ("fatal_error", True, 1),
        ("channel_not_found", False, 0),
        ("reset", False, 0),
        ("reset", True, 1),
    ],
)
async def test_a_fault_fails_the_call_and_the_message_stands_only_when_accepted(
    slack: LocalSlack, *, kind: str, accepted: bool, stands: int
) -> None:
    slack.fail("chat.postMessage", kind, accepted=accepted)

    with pytest.raises((SlackApiError, aiohttp.ClientError)):
        await client_of(slack).chat_postMessage(channel="C0GENERAL", text="one")

    assert len(slack.posts("C0GENERAL")) == stands
    await client_of(slack).chat_postMessage(channel="C0GENERAL", text="two")


async def test_a_stalled_answer_outlasts_the_callers_patience(slack: LocalSlack) -> None:
    slack.fail("chat.postMessage", "stall", accepted=True)
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_base, retry_handlers=[], timeout=1)

    with pytest.raises(TimeoutError):
        await client.chat_postMessage(channel="C0GENERAL", text="one")

    assert len(slack.posts("C0GENERAL")) == 1


async def test_the_librarys_own_retry_after_a_cut_posts_twice(slack: LocalSlack) -> None:
    slack.fail("chat.postMessage", "reset", accepted=True)
    client = AsyncWebClient(
        token=slack.bot_token, base_url=slack.api_base, retry_handlers=[AsyncConnectionErrorRetryHandler()]
    )

    await client.chat_postMessage(channel="C0GENERAL", text="one")

    assert [message.text for message in slack.posts("C0GENERAL")] == ["one", "one"]


async def test_the_date_header_follows_the_platforms_clock(slack: LocalSlack) -> None:
    slack.world.skew = -86_400.0
    answer = await client_of(slack).auth_test()
    behind = answer.headers["Date"]
    slack.world.skew = 0.0

    assert behind != (await client_of(slack).auth_test()).headers["Date"]


@pytest.mark.parametrize(
    ("blocks", "what"),
    [
        ([section("x")] * 51, "51 blocks"),
        ([section("x" * 3001)], "3001 characters"),
        ([section("")], "more than 0"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "151 characters"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "unsupported text type"),
        ([{"type": "context", "elements": [{"type": "plain_text", "text": "x"}] * 11}], "11 items"),
        ([buttons(*(["x"] * 26))], "26 items"),
        ([buttons("x" * 76)], "76 characters"),
        ([{**section("x"), "block_id": "i" * 256}], "256 characters"),
        ([{**section("x"), "block_id": "i"}, {**section("y"), "block_id": "i"}], "already exists"),
        ([{**section("x"), "colour": "red"}], "additional property"),
        ([{"type": "citation"}], "unsupported type"),
        ([{"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}], "not a rich text element"),
    ],
)
async def test_blocks_beyond_a_limit_are_refused_by_name(
    slack: LocalSlack, blocks: list[dict[str, Any]], what: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client_of(slack).chat_postMessage(channel="C0GENERAL", text="x", blocks=blocks)

    assert refused.value.response["error"] == "invalid_blocks"
    assert what in refused.value.response["errors"][0]
    assert what in slack.violations[0].what


@pytest.mark.parametrize(
    ("element", "what"),
    [
        ({"value": "v" * 2001}, "2001 characters"),
        ({"url": "https://example.org/" + "u" * 3000}, "3020 characters"),
        ({"url": "javascript:alert(1)"}, "not an address"),
        ({"action_id": "a" * 256}, "256 characters"),
        ({"style": "loud"}, "neither primary nor danger"),
    ],
)
def test_a_buttons_parts_have_limits(element: dict[str, str], what: str) -> None:
    button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x"}, **element}

    (problem,) = block_problems([{"type": "actions", "elements": [button]}])

    assert what in problem


@given(
    st.recursive(
        st.none() | st.integers() | st.sampled_from([*sorted(KEYS), "button", "text", "mrkdwn", "x" * 3001]),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["type", "text", "elements", "fields", "accessory", "action_id", "block_id", "style"]),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
@settings(deadline=None)
def test_whatever_a_bot_sends_as_blocks_is_judged_and_never_breaks_the_platform(sent: Any) -> None:
    problems = block_problems(sent) + view_problems({"type": "modal", "blocks": sent})

    assert all(isinstance(problem, str) for problem in problems)
    assert all(isinstance(note, str) for note in markup_notes({"text": "x", "blocks": sent}))


def test_blocks_within_every_limit_have_no_problem() -> None:
    words = [{"type": "text", "text": "pride", "style": {"bold": True}}, {"type": "link", "url": "https://x.org/1"}]
    quote = {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": words}]}

    assert block_problems([section("x" * 3000), quote, buttons(*(["x" * 75] * 25)), {"type": "divider"}]) == []


async def test_a_workspace_may_not_know_an_element_yet(slack: LocalSlack) -> None:
    cited = {"type": "citation", "url": "https://example.org/1", "text": "12:34", "index": 1}
    section_ = {"type": "rich_text_section", "elements": [cited]}
    blocks = [{"type": "rich_text", "elements": [section_]}]
    await client_of(slack).chat_postMessage(channel="C0GENERAL", text="x", blocks=blocks)

    slack.api.unknown_kinds = {"citation"}
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        await client_of(slack).chat_postMessage(channel="C0GENERAL", text="x", blocks=blocks)


async def test_a_choice_in_a_menu_and_the_state_of_a_view_are_sent_as_slack_sends_them(slack: LocalSlack) -> None:
    options = [{"text": {"type": "plain_text", "text": word}, "value": word} for word in ("on", "off")]
    menu = {"type": "static_select", "action_id": "state", "options": options, "initial_option": options[0]}
    block = {"type": "input", "label": {"type": "plain_text", "text": "State"}, "element": menu}
    client = client_of(slack)
    await client.views_open(trigger_id=slack.api.trigger("U0ADA"), view=MODAL | {"blocks": [block]})
    await client.chat_postMessage(
        channel="C0GENERAL", text="x", blocks=[{"type": "actions", "elements": [{**menu, "action_id": "pick"}]}]
    )
    (view,) = slack.views("U0ADA")
    slack.ack_seconds = 0.01

    submitted = await slack.submit_view(view)
    pressed = await slack.press(slack.posts("C0GENERAL")[0], "pick", chosen="off")

    (state,) = submitted.payload["view"]["state"]["values"].values()
    assert state["state"] == {"type": "static_select", "selected_option": options[0]}
    assert pressed.payload["actions"][0]["selected_option"]["value"] == "off"


async def test_a_reply_can_take_its_message_away(slack: LocalSlack) -> None:
    await client_of(slack).chat_postMessage(channel="C0GENERAL", text="x", blocks=[buttons("Away")])
    pressed = await slack.press(slack.posts("C0GENERAL")[0], "b0")
    async with aiohttp.ClientSession() as session:
        await session.post(pressed.payload["response_url"], json={"delete_original": True})

    assert slack.posts("C0GENERAL") == []


async def test_more_than_ten_sockets_are_too_many(slack: LocalSlack) -> None:
    client = client_of(slack)
    async with aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(11):
            opened = await client.apps_connections_open(app_token=slack.app_token)
            sockets.append(await session.ws_connect(opened["url"]))
        first = [(await socket.receive_json()) for socket in sockets]
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(opened["url"])

    assert [message["type"] for message in first] == ["hello"] * 10 + ["disconnect"]
    assert first[9]["num_connections"] == 10
    assert first[10]["reason"] == "too_many_websockets"


async def test_an_acknowledgement_that_means_nothing_is_noted(slack: LocalSlack) -> None:
    opened = await client_of(slack).apps_connections_open(app_token=slack.app_token)
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
        await socket.receive_json()
        slack.later(slack.mention("C0GENERAL", "hello"))
        envelope = await socket.receive_json()
        for answer in (
            "?",
            {"envelope_id": "none"},
            {"envelope_id": envelope["envelope_id"], "payload": {"text": "x"}},
        ):
            await socket.send_str(answer if isinstance(answer, str) else json.dumps(answer))
        await socket.send_json({"envelope_id": envelope["envelope_id"]})
        await slack.until(lambda: len(slack.violations) == 4)

    said = " ".join(violation.what for violation in slack.violations)
    assert "not an acknowledgement" in said
    assert "was not sent" in said
    assert "carries a payload" in said
    assert "acknowledges twice" in said


async def test_calls_beyond_a_methods_tier_wait(slack: LocalSlack) -> None:
    slack.api.per_minute = {"auth.test": 2}
    client = client_of(slack)
    await client.auth_test()
    await client.auth_test()

    with pytest.raises(SlackApiError) as refused:
        await client.auth_test()
    assert refused.value.response.status_code == 429


def test_the_mix_of_faults_is_the_same_for_the_same_seed() -> None:
    def drawn(seed: int) -> list[str]:
        faults = Faults()
        faults.mix(0.35, seed)
        found = [faults.next("chat.postMessage", "C0GENERAL") for _ in range(200)]
        return [f"{fault.kind} {fault.accepted}" if fault else "" for fault in found]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)
    assert 40 < sum(bool(kind) for kind in drawn(7)) < 100


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk 3.47 on aiohttp 3.14
async def test_an_admin_installs_the_app_over_the_librarys_own_pages(slack: LocalSlack, tmp_path: Path) -> None:
    client = AsyncWebClient(base_url=slack.api_base)
    oauth = AsyncOAuthSettings(
        client_id=slack.api.client_id,
        client_secret=slack.api.client_secret,
        scopes=["chat:write", "commands"],
        installation_store=FileInstallationStore(base_dir=str(tmp_path)),
        state_store=FileOAuthStateStore(expiration_seconds=60, base_dir=str(tmp_path)),
    )
    flow = AsyncOAuthFlow(client=client, settings=oauth)
    app = AsyncApp(client=client, signing_secret=slack.signing_secret, oauth_flow=flow)
    runner = web.AppRunner(app.server(port=0).web_app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/slack"
    team = slack.world.add_team("T0SECOND", "Second")

    answer = await slack.install(f"{address}/install", team, f"{address}/oauth_redirect")
    await runner.cleanup()

    assert answer.status == 200, answer.text
    stored = await oauth.installation_store.async_find_bot(enterprise_id=None, team_id=team.id)
    assert stored is not None
    assert stored.bot_token == team.bot_token
    assert team.scopes == {"chat:write", "commands"}


async def test_all_blocks_together_have_a_limit_and_so_has_the_text(slack: LocalSlack) -> None:
    client = client_of(slack)

    with pytest.raises(SlackApiError, match="msg_blocks_too_long"):
        await client.chat_postMessage(channel="C0GENERAL", text="x", blocks=[section("x" * 2700)] * 5)
    with pytest.raises(SlackApiError, match="msg_too_long"):
        await client.chat_postMessage(channel="C0GENERAL", text="x" * 40_001)
    with pytest.raises(SlackApiError, match="no_text"):
        await client.api_call("chat.postMessage", json={"channel": "C0GENERAL"})


async def test_blocks_without_text_are_noted_because_nothing_would_be_read_aloud(slack: LocalSlack) -> None:
    payload = {"channel": "C0GENERAL", "blocks": [section("x")]}
    await client_of(slack).api_call("chat.postMessage", json=payload)

    (violation,) = slack.violations
    assert violation.error == ""
    assert "screen readers" in violation.what


@pytest.mark.parametrize(
    "payload",
    [
        {"text": "hello <!channel>"},
        {"text": "x", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "<!here|here>"}}]},
        {"text": "x", "blocks": [{"type": "markdown", "text": "<!everyone>"}]},
        {"text": "x", "link_names": True},
    ],
)
def test_words_that_would_call_everybody_are_noted(payload: dict[str, Any]) -> None:
    assert len(markup_notes(payload)) == 1


def test_the_same_words_in_plain_elements_call_nobody() -> None:
    assert markup_notes({"text": "&lt;!channel&gt;", "blocks": [section("<!channel>")]}) == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"title": {"type": "plain_text", "text": "x" * 25}}, "25 characters"),
        ({"private_metadata": "x" * 3001}, "3001 characters"),
        ({"blocks": [section("x")] * 101}, "101 blocks"),
    ],
)
def test_a_view_has_limits(change: dict[str, Any], what: str) -> None:
    assert what in view_problems(MODAL | change)[0]


async def test_a_form_and_a_json_body_are_read_alike_but_reads_take_forms_only(slack: LocalSlack) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        form = {"channel": "C0GENERAL", "text": "x", "blocks": json.dumps([section("x")])}
        async with session.post(f"{slack.api_base}chat.postMessage", data=form) as answer:
            assert (await answer.json())["ok"]
        async with session.post(f"{slack.api_base}conversations.info", json={"channel": "C0GENERAL"}) as answer:
            assert (await answer.json())["error"] == "channel_not_found"


async def test_as_a_process_it_is_steered_over_http_and_keeps_its_messages(tmp_path: Path) -> None:
    state = tmp_path / "slack.json"

    async def once(session: aiohttp.ClientSession, text: str) -> list[str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.local_slack", "--state", str(state), "--faults", "0.5", "--seed", "7"),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
            environ = ready["environ"]

            async def control(name: str, /, **given: Any) -> dict[str, Any]:
                async with session.post(f"{ready['address']}/_control/{name}", json=given) as answer:
                    return dict(await answer.json())

            await control("fail", share=0.0)
            await control("fail", method="chat.postMessage", kind="503")
            client = AsyncWebClient(
                token=environ["SLACK_BOT_TOKEN"], base_url=environ["SLACK_API_BASE_URL"], retry_handlers=[]
            )
            with pytest.raises(SlackApiError):
                await client.chat_postMessage(channel="C0GENERAL", text=text)
            await client.chat_postMessage(channel="C0GENERAL", text=text)
            assert await control("tune", seconds_a_message=0.0) == {"seconds_a_message": 0.0}
            assert "error" in await control("tune", port=1)
            assert (await control("dm", user="U0ADA", text="nobody hears", wait=False))["tries"] == []
            told = await control("command", name="/quote", text="nobody listens")
            assert told["ack"] is None
            requests = (await control("requests", method="chat.postMessage"))["requests"]
            assert [request["fault"] for request in requests] == ["503", ""]
            messages = (await control("messages", channel="C0GENERAL"))["messages"]
            return [message["text"] for message in messages]
        finally:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 10)

    async with aiohttp.ClientSession() as session:
        assert await once(session, "first") == ["first"]
        assert await once(session, "second") == ["first", "second"]
