"""Whatever comes through Slack's doors: answered or let be, in time, without a traceback, and the next is answered."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.render import message
from bot.adapters.slack.views import ask_view, setup_view
from bot.contract import Button, Outcome, Reply
from tests.local_slack import LocalSlack, Message
from tests.local_slack.exchange import Ack
from tests.local_slack.signing import encoded, signature
from tests.local_slack.world import User, View
from tests.mutation import Edit, change, dumps, edits, times, values
from tests.test_slack import LINE, no_proxies, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from bot.core import Core

__all__ = ["no_proxies"]

PATIENCE: Final = 20.0
"""Seconds after which a delivery counts as never answered, on however busy a machine."""

TEXTS: Final = (
    "",
    LINE,
    "/help",
    "why is text good?",
    "and who said that?",
    "speaker:lex page:2",
    "<@U0BEN|ben> &amp;",
)


class Garbling(LocalSlack):
    """A Slack on whose deliveries something is changed on the way; it keeps what came back for each."""

    def __init__(self, mode: Any) -> None:
        super().__init__(mode=mode)
        self.ack_seconds = PATIENCE
        self.retry_at_once = False
        self.echo = False
        self.made: list[Edit] = []
        self.statuses: list[tuple[Any, int | None]] = []

    async def _send(self, kind: str, payload: dict[str, Any], number: int = 0, reason: str = "") -> Ack | None:
        made, self.made = self.made, []
        changed = change(payload, made)
        ack: Ack | None
        if self.mode == "http":
            answer = await self.http.send(*as_sent(kind, changed), seconds=PATIENCE)
            ack = answer.ack() if answer else None
        else:
            ack = await self.sockets.send(kind, json.loads(json.dumps(changed)), (number, reason), PATIENCE)
        self.statuses.append((changed, ack.status if ack else None))
        return ack

    def member(self) -> str:
        """Return a member who has asked nothing yet."""
        name = self.world.new_id("U")
        self.world.users[name] = User(name, "mallory", self.team.id)
        return name


def as_sent(kind: str, payload: Any) -> tuple[bytes, str]:
    """Return a body and its content type as Slack encodes that kind, however deep; a form that is none as JSON."""
    if kind == "slash_commands" and isinstance(payload, dict):
        return encoded(kind, {name: str(value).encode("utf-8", "replace") for name, value in payload.items()})
    if kind == "interactive":
        return encoded("slash_commands", {"payload": dumps(payload)})
    return dumps(payload).encode(), "application/json"


async def _command(local: Garbling, user: str, text: str) -> None:
    await local.command("/quote", text, user)


async def _mention(local: Garbling, user: str, text: str) -> None:
    await local.mention("C0GENERAL", text, user)


async def _direct(local: Garbling, user: str, text: str) -> None:
    await local.dm(user, text)


async def _home(local: Garbling, user: str, _: str) -> None:
    await local.open_home(user)


async def _tab(local: Garbling, user: str, _: str) -> None:
    await local.open_home(user, "messages")


async def _thread(local: Garbling, user: str, _: str) -> None:
    await local.assistant_thread(user)


async def _press(local: Garbling, user: str, text: str) -> None:
    await local.act(*shown(local, Button("Go", f"/quote {text}")), user)


async def _share(local: Garbling, user: str, _: str) -> None:
    where, pressed = shown(local, Button("Go", "/help"))
    where.visible_to = user
    await local.act(where, pressed | {"action_id": "share:0", "value": "0a" * 12}, user)


async def _link(local: Garbling, user: str, _: str) -> None:
    await local.act(*shown(local, Button("Listen", url="https://a.example/x")), user)


async def _suggest(local: Garbling, user: str, text: str) -> None:
    view = {"type": "modal", "id": "V1", "callback_id": "setup"}
    asked = {"type": "block_suggestion", "action_id": "zone", "block_id": "zone", "value": text}
    await local.event({"type": "message"} | asked, wait=True)
    await local._exchange("interactive", asked | {"user": {"id": user}, "view": view}, None)  # noqa: SLF001 - no member types there yet


async def _shortcut(local: Garbling, user: str, text: str) -> None:
    await local.message_shortcut("verify", local.say("C0GENERAL", text, user), user)


async def _lightning(local: Garbling, user: str, _: str) -> None:
    await local.global_shortcut("ask", user)


async def _submit(local: Garbling, user: str, text: str) -> None:
    await local.submit_view(View("V0FUZZ", user, local.team.id, ask_view(), "1.0"), {"words": text}, user)


async def _set_up(local: Garbling, user: str, text: str) -> None:
    view = View("V0FUZZ", user, local.team.id, setup_view("UTC"), "1.0")
    await local.submit_view(view, {"channel": "C0GENERAL", "zone": text}, user)


async def _begin_setting_up(local: Garbling, user: str, _: str) -> None:
    where, pressed = shown(local, Button("Go", "/help"))
    await local.act(where, pressed | {"action_id": "setup"}, user)


async def _at_home(local: Garbling, user: str, text: str) -> None:
    where, pressed = shown(local, Button("Go", f"/quote {text}"))
    view = View("V1FUZZ", user, local.team.id, {"type": "home", "blocks": where.blocks}, "1.0")
    await local.act(view, pressed, user)


async def _revoke(local: Garbling, user: str, _: str) -> None:
    await local.event({"type": "tokens_revoked", "tokens": {"oauth": [user], "bot": []}})


async def _gone(local: Garbling, _user: str, _: str) -> None:
    await local.event({"type": "app_uninstalled"})


async def _unknown(local: Garbling, user: str, text: str) -> None:
    await local._exchange("interactive", {"type": text or "workflow_step_edit", "user": {"id": user}}, None)  # noqa: SLF001 - as above


ACTIONS: Final[tuple[Callable[[Garbling, str, str], Awaitable[None]], ...]] = (
    _command, _mention, _direct, _home, _tab, _thread, _press, _share, _link, _suggest, _shortcut, _lightning, _submit,
    _set_up, _begin_setting_up, _at_home, _revoke, _gone, _unknown,
)  # fmt: skip


def shown(local: Garbling, button: Button) -> tuple[Message, dict[str, Any]]:
    """Return a message of the bot's with a button, and what a press of it is."""
    drawn = message(Reply("Lead", Outcome.FOUND, buttons=(button,)))["blocks"]
    pressed = drawn[-1]["elements"][0] | {"block_id": "b", "action_ts": local.world.ts()}
    where = Message("C0GENERAL", local.world.ts(), local.team.bot_user, "Lead", drawn, bot_id=local.team.bot_id)
    return where, pressed


@pytest.fixture(params=["socket", "http"])
async def local(request: pytest.FixtureRequest, core: Core) -> AsyncIterator[Garbling]:
    async with Garbling(request.param) as served, serving(served, core, None):
        yield served


@pytest.fixture
async def http(core: Core) -> AsyncIterator[Garbling]:
    async with Garbling("http") as served, serving(served, core, None):
        yield served


async def still_answers(local: Garbling) -> None:
    """Ask something good, and see that it is answered once."""
    exchange = await local.command("/help", "", local.member())
    await exchange.settle(seconds=PATIENCE)
    assert len(exchange.replies) == 1


deliveries = st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from(TEXTS), edits), min_size=4, max_size=8)


@times(30, shrinks=False)
@given(asked=deliveries)
async def test_whatever_is_wrong_in_a_delivery_it_is_answered_and_so_is_the_next(
    local: Garbling, caplog: pytest.LogCaptureFixture, asked: Any
) -> None:
    caplog.clear()
    local.statuses.clear()
    for act, text, made in asked:
        local.made = made
        await act(local, local.member(), text)
    await still_answers(local)

    for payload, status in local.statuses:
        assert status == 200 or (status == 400 and local.mode == "http" and not readable(payload)), (status, payload)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert max((len(hook.payloads) for hook in local.api.hooks.values()), default=0) <= 1


def readable(payload: Any) -> bool:
    """Say whether a body is an object that Python's JSON reads."""
    try:
        return isinstance(json.loads(dumps(payload)), dict)
    except (ValueError, RecursionError):
        return False


headers = st.dictionaries(
    st.sampled_from(
        ["X-Slack-Retry-Num", "X-Slack-Retry-Reason", "Accept", "Cookie", "X-Slack-Request-Timestamp", "X-Odd"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
    max_size=3,
)
bodies = st.one_of(
    st.binary(max_size=200),
    values.map(lambda value: dumps(value).encode()),
    values.map(lambda value: urlencode({"payload": dumps(value)}).encode()),
    st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=8).map(
        lambda pairs: urlencode(pairs, errors="replace").encode()
    ),
    st.just(b"payload=" + b"[" * 9_000),
    st.just(b"a=1&" * 1_000),
)
content_types = st.sampled_from(
    [
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "text/plain; charset=utf-7",
        "/;=",
    ]
)


@times(60, shrinks=False)
@given(sent=st.lists(st.tuples(bodies, content_types, headers, st.booleans()), min_size=3, max_size=6))
async def test_whatever_is_sent_to_the_endpoint_signed_or_not_it_is_answered_and_so_is_the_next(
    http: Garbling, caplog: pytest.LogCaptureFixture, sent: Any
) -> None:
    caplog.clear()
    async with aiohttp.ClientSession() as session:
        for body, content_type, more, signed in sent:
            stamp = str(int(time.time()))
            given_headers = {"X-Slack-Request-Timestamp": stamp, "Content-Type": content_type} | more
            given_headers["X-Slack-Signature"] = signature(http.signing_secret, stamp, body) if signed else "v0=0"
            async with session.post(http.bot_url, data=body, headers=given_headers) as answer:
                assert answer.status in ({200, 400, 401} if signed else {401}), (body, given_headers)
    await still_answers(http)

    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
