"""The Slack adapter against a local Slack: what members do, in both modes, and what they then see."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.slack.adapter import Slack
from bot.policy.texts import say
from bot.settings import Settings
from bot.store import Store, open_store
from tests.local_slack import LocalSlack, Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from bot.core import Core

LINE = "language is an imperfect way for people to express thoughts and ideas"
FALSE_LINE = "language is a perfect way for people to express thoughts and ideas"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/v.db")
    yield opened
    opened.close()


@contextlib.asynccontextmanager
async def serving(
    local: LocalSlack,
    core: Core,
    store: Store | None,
    silence: float = 60.0,
    looks: tuple[float, float] = (5.0, 10.0),
    /,
    **given: str,
) -> AsyncIterator[Slack]:
    """Run the adapter against the local Slack until the block ends; `looks` are its `look` and `early`."""
    environ = local.environ(SLACK_MODE=local.mode, SLACK_HTTP_PORT="0") | given
    out = io.StringIO()
    adapter = Slack(Settings.read(environ), core, store, out=out, silence=silence, look=looks[0], early=looks[1])
    task = asyncio.create_task(adapter.run())
    try:
        while not out.getvalue():
            await asyncio.sleep(0.01)
            if task.done():
                task.result()
        ready = json.loads(out.getvalue())
        assert ready["event"] == "ready"
        if local.mode == "http":
            local.bot_url = f"http://{ready['address']}/slack/events"
        else:
            await local.connected()
        yield adapter
    finally:
        adapter.stop()
        await task


@pytest.fixture(params=["socket", "http"])
async def platform(
    request: pytest.FixtureRequest, core: Core, store: Store, tmp_path: Path
) -> AsyncIterator[LocalSlack]:
    """Give a local Slack that the adapter serves, by socket and by HTTP; nothing it sends may be refused."""
    async with LocalSlack(mode=request.param) as local:
        async with serving(local, core, store, VERBATIM_DATA_DIR=str(tmp_path)):
            yield local
        assert local.violations == []


def shown(message: Message | dict[str, Any]) -> str:
    """Return every word that the blocks of a message show."""
    blocks = message.blocks if isinstance(message, Message) else message["blocks"]
    return " ".join(_texts(blocks))


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _texts(one)
    elif isinstance(part, dict):
        for key, one in part.items():
            if key == "text" and isinstance(one, str):
                yield one
            else:
                yield from _texts(one)


async def test_a_slash_command_is_answered_in_the_channel(platform: LocalSlack) -> None:
    exchange = await platform.command("/quote", LINE)
    assert exchange.ack is not None
    assert exchange.ack.body is None
    reply = await exchange.settle()
    assert reply["response_type"] == "in_channel"
    assert LINE in reply["text"]
    assert LINE in shown(reply).replace("  ", " ")
    assert "Mark Zuckerberg  ·  Future of AI at Meta" in shown(reply)


async def test_a_private_answer_to_a_slash_command_is_for_its_asker(platform: LocalSlack) -> None:
    reply = await (await platform.command("/help")).settle()
    assert reply["response_type"] == "ephemeral"


async def test_a_mention_is_answered_in_a_thread_under_it(platform: LocalSlack) -> None:
    delivery = await platform.mention("C0GENERAL", f"/verify {LINE}")
    await platform.until(lambda: platform.posts("C0GENERAL"))
    (post,) = platform.posts("C0GENERAL")
    assert post.thread_ts == delivery.ts
    assert "Word for word" in post.text


async def test_a_mention_in_a_thread_is_answered_there(platform: LocalSlack) -> None:
    root = platform.say("C0GENERAL", "what did he say?")
    await platform.mention("C0GENERAL", f"/quote {LINE}", thread_ts=root.ts)
    await platform.until(lambda: platform.posts("C0GENERAL"))
    assert platform.posts("C0GENERAL")[0].thread_ts == root.ts


async def test_a_direct_message_is_answered_in_place(platform: LocalSlack) -> None:
    await platform.dm("U0ADA", f"/quote {LINE}")
    room = platform.world.im("U0ADA").id
    await platform.until(lambda: platform.posts(room))
    (post,) = platform.posts(room)
    assert post.thread_ts == ""
    assert LINE in post.text


async def test_a_direct_message_in_a_thread_is_answered_in_it(platform: LocalSlack) -> None:
    room = platform.world.im("U0ADA").id
    root = platform.say(room, "New chat", "U0ADA")
    await platform.dm("U0ADA", f"/quote {LINE}", thread_ts=root.ts)
    await platform.until(lambda: platform.posts(room))
    assert platform.posts(room)[0].thread_ts == root.ts


async def test_the_message_shortcut_verifies_for_its_user_alone(platform: LocalSlack) -> None:
    message = platform.say("C0GENERAL", f"&gt; “{FALSE_LINE}”")
    reply = await (await platform.message_shortcut("verify", message)).settle()
    assert reply["response_type"] == "ephemeral"
    assert "≠ Not quite." in reply["text"]


async def test_the_global_shortcut_asks_in_a_modal_and_answers_there(platform: LocalSlack) -> None:
    await platform.global_shortcut("ask")
    await platform.until(lambda: platform.views("U0ADA"))
    (view,) = platform.views("U0ADA")
    exchange = await platform.submit_view(view, {"words": f"/quote {LINE}"})
    assert exchange.ack is not None
    assert exchange.ack.body["response_action"] == "update"
    await platform.until(lambda: "Mark Zuckerberg" in shown(platform.world.views[view.id].content))


async def test_a_button_in_the_modal_changes_the_modal(platform: LocalSlack) -> None:
    await platform.global_shortcut("ask")
    await platform.until(lambda: platform.views("U0ADA"))
    (view,) = platform.views("U0ADA")
    await platform.submit_view(view, {"words": f"/verify {LINE}"})
    await platform.until(lambda: "Word for word" in shown(platform.world.views[view.id].content))
    await platform.press(platform.world.views[view.id], label="More context")
    await platform.until(lambda: "Word for word" not in shown(platform.world.views[view.id].content))
    assert "express thoughts and ideas" in shown(platform.world.views[view.id].content)


async def test_a_button_under_a_public_answer_answers_its_presser_alone(platform: LocalSlack) -> None:
    await platform.mention("C0GENERAL", f"/verify {LINE}")
    await platform.until(lambda: platform.posts("C0GENERAL"))
    (post,) = platform.posts("C0GENERAL")
    reply = await (await platform.press(post, label="More context", user="U0BEN")).settle()
    assert reply["response_type"] == "ephemeral"
    assert reply["replace_original"] is False
    assert reply["thread_ts"] == post.thread_ts
    assert len(platform.posts("C0GENERAL")) == 1


async def test_paging_a_private_answer_replaces_it_and_share_shows_it_to_all(platform: LocalSlack) -> None:
    message = platform.say("C0GENERAL", LINE)
    await (await platform.message_shortcut("verify", message)).settle()
    (own,) = platform.ephemerals("C0GENERAL", "U0ADA")
    told = await (await platform.press(own, label="Share")).settle()
    assert (told["response_type"], told["replace_original"]) == ("ephemeral", False)
    assert told["text"].startswith(say("share.done"))
    (shared,) = platform.posts("C0GENERAL")
    assert (LINE in shared.text, shared.thread_ts) == (True, message.ts)
    reply = await (await platform.press(own, label="More context")).settle()
    assert reply["replace_original"] is True


async def test_an_unknown_button_of_an_old_message_is_answered_with_a_sentence(platform: LocalSlack) -> None:
    await platform.mention("C0GENERAL", f"/verify {LINE}")
    await platform.until(lambda: platform.posts("C0GENERAL"))
    (post,) = platform.posts("C0GENERAL")
    action = {"type": "button", "action_id": "hl:1:vote", "block_id": "x", "value": "7"}
    reply = await (await platform.act(post, action)).settle()
    assert reply["response_type"] == "ephemeral"
    assert "older message" in reply["text"]


async def test_a_pressed_link_is_only_acknowledged(platform: LocalSlack) -> None:
    await platform.mention("C0GENERAL", f"/verify {LINE}")
    await platform.until(lambda: platform.posts("C0GENERAL"))
    (post,) = platform.posts("C0GENERAL")
    before = len(platform.requests)
    exchange = await platform.press(post, label="Listen")
    assert exchange.ack is not None
    await platform.dm("U0BEN", "/help")
    room = platform.world.im("U0BEN").id
    await platform.until(lambda: platform.posts(room))
    assert [sent.method for sent in platform.requests[before:]] == ["chat.postMessage"]
    assert exchange.replies == []


async def test_home_says_what_the_bot_can_do(platform: LocalSlack) -> None:
    await platform.open_home("U0ADMIN")
    await platform.until(lambda: platform.home("U0ADMIN"))
    home = platform.home("U0ADMIN")
    assert home is not None
    assert "what does Mark Zuckerberg say about" in shown(home.content)
    assert "/help all lists my commands" in shown(home.content)
    assert "highlight-score" not in shown(home.content)


async def test_opening_the_agents_messages_suggests_prompts_without_a_thread(platform: LocalSlack) -> None:
    await platform.open_home(tab="messages")
    await platform.until(lambda: platform.calls("assistant.threads.setSuggestedPrompts"))
    (sent,) = platform.calls("assistant.threads.setSuggestedPrompts")
    assert "thread_ts" not in sent.payload
    assert 0 < len(sent.payload["prompts"]) <= 4
    for prompt in sent.payload["prompts"]:
        await platform.dm("U0ADA", prompt["message"])
    room = platform.world.im("U0ADA").id
    await platform.until(lambda: len(platform.posts(room)) == len(sent.payload["prompts"]))
    assert not [post.text for post in platform.posts(room) if "Closest" in post.text]


async def test_a_duplicate_event_is_answered_once(platform: LocalSlack) -> None:
    delivery = await platform.mention("C0GENERAL", f"/quote {LINE}")
    await delivery.again()
    await delivery.again("http_error")
    await platform.until(lambda: platform.posts("C0GENERAL"))
    await platform.dm("U0BEN", "/about")
    await platform.until(lambda: platform.posts(platform.world.im("U0BEN").id))
    assert len(platform.posts("C0GENERAL")) == 1
    assert all(one.ack is not None and one.ack.good for one in delivery.tries)


async def test_a_mention_that_comes_as_two_events_is_answered_once(platform: LocalSlack) -> None:
    await platform.mention("C0GENERAL", f"/quote {LINE}", twice=True)
    await platform.until(lambda: platform.posts("C0GENERAL"))
    await platform.dm("U0BEN", "/about")
    await platform.until(lambda: platform.posts(platform.world.im("U0BEN").id))
    assert len(platform.posts("C0GENERAL")) == 1


@pytest.mark.parametrize("changed", [False, True])
async def test_a_mention_added_by_editing_is_answered_once(platform: LocalSlack, changed: bool) -> None:  # noqa: FBT001 - a row of a table
    message = platform.say("C0GENERAL", f"/quote {LINE}")
    await platform.edit(message, f"/quote {LINE}", mention=True, changed=changed)
    await platform.until(lambda: platform.posts("C0GENERAL"))
    await platform.edit(message, f"/quote {LINE} again", mention=True)
    await platform.edit(message, f"/quote {LINE} once more", mention=True, changed=True)
    await platform.dm("U0BEN", "/about")
    await platform.until(lambda: platform.posts(platform.world.im("U0BEN").id))
    (post,) = platform.posts("C0GENERAL")
    assert LINE in post.text
    assert post.thread_ts == message.ts


async def test_a_thread_goes_on_from_the_bots_last_answer_in_it(platform: LocalSlack) -> None:
    delivery = await platform.mention("C0GENERAL", f"/quote {LINE}")
    await platform.until(lambda: platform.posts("C0GENERAL"))
    await platform.mention("C0GENERAL", "who said that?", user="U0BEN", thread_ts=delivery.ts)
    await platform.until(lambda: len(platform.posts("C0GENERAL")) == 2)
    assert "Mark Zuckerberg" in platform.posts("C0GENERAL")[1].text


async def test_a_thread_under_an_answer_goes_on_from_its_buttons(platform: LocalSlack) -> None:
    await (await platform.command("/quote", LINE)).settle()
    (answer,) = platform.posts("C0GENERAL")
    await platform.mention("C0GENERAL", "when?", user="U0BEN", thread_ts=answer.ts)
    await platform.until(lambda: len(platform.posts("C0GENERAL")) == 2)
    assert "57:21" in platform.posts("C0GENERAL")[1].text


async def test_a_check_in_a_thread_is_of_the_message_above_it(platform: LocalSlack) -> None:
    root = platform.say("C0GENERAL", LINE)
    await platform.mention("C0GENERAL", "is this real?", thread_ts=root.ts)
    await platform.until(lambda: platform.posts("C0GENERAL"))
    assert "Word for word" in platform.posts("C0GENERAL")[0].text


async def test_a_message_above_that_cannot_be_read_costs_a_sentence_that_says_how(platform: LocalSlack) -> None:
    root = platform.say("C0GENERAL", LINE)
    platform.fail("conversations.replies", "missing_scope", times=5)
    await platform.mention("C0GENERAL", "source?", thread_ts=root.ts)
    await platform.until(lambda: platform.posts("C0GENERAL"))
    assert platform.posts("C0GENERAL")[0].text == say("detail.check-slack")


async def test_what_one_member_alone_saw_is_not_gone_on_from_by_another(platform: LocalSlack, core: Core) -> None:
    core.begin_afresh()
    root = platform.say("C0GENERAL", LINE)
    await (await platform.message_shortcut("quote", root)).settle()
    await platform.mention("C0GENERAL", "who said that?", user="U0BEN")
    await platform.until(lambda: platform.posts("C0GENERAL"))
    assert platform.posts("C0GENERAL")[0].text == say("detail.lost")


@pytest.mark.parametrize(
    "more",
    [{"bot_id": "B0OTHER"}, {"subtype": "message_changed"}, {"edited": {"user": "U0ADA"}}, {"user": "U0BOT"}],
)
async def test_bots_edits_without_a_new_mention_and_its_own_messages_are_let_be(
    platform: LocalSlack, more: dict[str, Any]
) -> None:
    room = platform.world.im("U0ADA").id
    event = {"type": "message", "channel": room, "channel_type": "im", "user": "U0ADA", "text": f"/quote {LINE}"}
    await platform.event(event | {"ts": platform.world.ts()} | more)
    await platform.dm("U0BEN", "/about")
    await platform.until(lambda: platform.posts(platform.world.im("U0BEN").id))
    assert platform.posts(room) == []


async def test_what_members_type_reaches_the_grammar_as_they_typed_it(platform: LocalSlack) -> None:
    reply = await (await platform.command("/nosuch", "a & b <c>")).settle()
    assert "I have no command /nosuch" in reply["text"]
    reply = await (await platform.command("/quote", "AT&T <!channel> <https://x.example|x> nothing", raw=True)).settle()
    assert "<" not in reply["text"]


async def test_a_workspaces_prefix_is_taken_off_command_names(core: Core) -> None:
    async with LocalSlack() as local, serving(local, core, None, SLACK_COMMAND_PREFIX="lex-"):
        reply = await (await local.command("/lex-quote", LINE)).settle()
        assert LINE in reply["text"]
