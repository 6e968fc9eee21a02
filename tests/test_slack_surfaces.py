"""Beside messages: the Home tab with an admin's settings, modals, a workspace's own names, new installations."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.adapter import Slack
from bot.adapters.slack.naming import Naming
from bot.commands import COMMANDS, Context, command
from bot.contract import Card, Citation, Outcome, Quote, Reply, Role, Span
from bot.core import Core
from bot.errors import OperatorError
from bot.port import Patience
from bot.settings import Settings
from tests.local_slack import LocalSlack, View
from tests.test_slack import LINE, no_proxies, platform, serving, shown, store

if TYPE_CHECKING:
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.store import Store

__all__ = ["no_proxies", "platform", "store"]

NAMES = [known.name for known in COMMANDS]


@pytest.fixture
def core(corpus: Corpus, search: Searcher, store: Store) -> Core:
    """Give a core that keeps settings and votes."""
    return Core(corpus, search, COMMANDS, store=store)


def _labels(view: View | None) -> list[str]:
    """Return what stands on a view's buttons."""
    blocks = view.content["blocks"] if view else []
    return [one["text"]["text"] for block in blocks if block["type"] == "actions" for one in block["elements"]]


async def _at_home(platform: LocalSlack, user: str) -> View:
    await platform.open_home(user)
    await platform.until(lambda: platform.home(user))
    view = platform.home(user)
    assert view is not None
    return view


async def _setup(platform: LocalSlack) -> View:
    await platform.press(await _at_home(platform, "U0ADMIN"), "setup", user="U0ADMIN")
    await platform.until(lambda: platform.views("U0ADMIN"))
    return platform.views("U0ADMIN")[-1]


async def test_an_admin_sets_up_a_channel_at_home_and_changes_it_there(platform: LocalSlack) -> None:
    view = await _setup(platform)
    assert view.content["blocks"][2]["element"]["initial_value"] == "Europe/Oslo"
    await platform.submit_view(view, {"channel": "C0GENERAL", "time": "08:30", "days": "weekdays"})
    await platform.until(lambda: "Saved." in shown(platform.world.views[view.id].content))
    assert "08:30 (Europe/Oslo)" in shown(platform.world.views[view.id].content)
    await platform.until(lambda: "Turn it off" in _labels(platform.home("U0ADMIN")))
    assert "08:30 Europe/Oslo" in shown((platform.home("U0ADMIN") or view).content)
    await platform.press(platform.home("U0ADMIN") or view, label="Pause", user="U0ADMIN")
    await platform.until(lambda: "Resume" in _labels(platform.home("U0ADMIN")))
    await platform.until(lambda: "It's paused" in shown(platform.views("U0ADMIN")[-1].content))


async def test_a_sent_setup_without_a_channel_or_with_an_unknown_zone_says_so_at_the_field(
    platform: LocalSlack,
) -> None:
    view = await _setup(platform)
    assert "channel" in (await platform.submit_view(view, {"zone": "UTC"})).errors
    wrong = await platform.submit_view(view, {"channel": "C0GENERAL", "zone": "Middle/Earth"})
    assert wrong.errors == {
        "zone": "I don't know a time zone called “Middle/Earth”. Write it like Europe/Berlin or America/New_York."
    }


async def test_a_member_sees_at_home_what_is_set_and_can_set_nothing(platform: LocalSlack) -> None:
    view = await _setup(platform)
    refused = await platform.submit_view(view, {"channel": "C0GENERAL"}, user="U0ADA")
    assert refused.ack is not None
    await platform.until(lambda: "Ask one of them" in shown(platform.world.views[view.id].content))
    assert {"Set up a channel", "Turn it on"}.isdisjoint(_labels(await _at_home(platform, "U0ADA")))


async def test_a_press_at_home_is_answered_in_a_modal(platform: LocalSlack) -> None:
    home = await _at_home(platform, "U0ADA")
    await platform.press(home, label="👍")
    await platform.until(lambda: platform.views("U0ADA"))
    await platform.until(lambda: "Counted." in shown(platform.views("U0ADA")[-1].content))
    assert platform.posts(platform.world.im("U0ADA").id) == []


async def test_a_press_at_home_that_opens_no_modal_is_answered_in_the_members_messages(core: Core) -> None:
    async with LocalSlack() as local, serving(local, core, None):
        home = await _at_home(local, "U0ADA")
        local.fail("views.open", "invalid_trigger_id")
        await local.press(home, label="More context")
        await local.until(lambda: local.posts(local.world.im("U0ADA").id))


@pytest.mark.parametrize("failure", ["429", "500", "html"])
async def test_home_and_suggestions_are_shown_after_a_failure(core: Core, failure: str) -> None:
    async with LocalSlack() as local, serving(local, core, None):
        local.fail("views.publish", failure)
        local.fail("assistant.threads.setSuggestedPrompts", failure)
        await local.open_home("U0ADA", "messages")
        await _at_home(local, "U0ADA")
        await local.until(lambda: local.world.prompts)


async def test_a_modal_that_a_rate_limit_holds_back_opens_while_its_trigger_lives(core: Core) -> None:
    async with LocalSlack() as local, serving(local, core, None):
        local.fail("views.open", "429", retry_after=1)
        await local.global_shortcut("ask")
        await local.until(lambda: local.views("U0ADA"))
        local.fail("views.open", "429", retry_after=9)
        await local.global_shortcut("ask")
        await local.until(lambda: local.posts(local.world.im("U0ADA").id))


async def test_a_blank_question_is_asked_for_again_at_the_field(platform: LocalSlack) -> None:
    await platform.global_shortcut("ask")
    await platform.until(lambda: platform.views("U0ADA"))
    sent = await platform.submit_view(platform.views("U0ADA")[0], {"words": "  "})
    assert sent.errors == {"question": "Write what you want to know."}


async def test_verifying_a_message_without_words_says_so(platform: LocalSlack) -> None:
    reply = await (await platform.message_shortcut("verify", platform.say("C0GENERAL", ""))).settle()
    assert reply["text"] == "That message has no words I could check. Type /verify and the words."
    assert reply["response_type"] == "ephemeral"


async def test_a_vote_leaves_the_quote_where_it_stands(platform: LocalSlack) -> None:
    exchange = await platform.command("/highlight")
    await exchange.settle()
    (message,) = platform.ephemerals("C0GENERAL", "U0ADA")
    reply = await (await platform.press(message, label="👍")).settle()
    assert reply["text"].startswith("Counted.")
    assert reply["replace_original"] is False


async def test_a_channel_set_up_from_the_bots_messages_is_the_same_channel(
    core: Core, store: Store, tmp_path: Path
) -> None:
    async with LocalSlack() as local, serving(local, core, store, VERBATIM_DATA_DIR=str(tmp_path)):
        await local.dm("U0ADMIN", "/settings daily on channel:<#C0GENERAL|general> time:07:00 zone:UTC", raw=True)
        await local.until(lambda: local.posts(local.world.im("U0ADMIN").id))
        said = await (await local.command("/settings", "status", user="U0ADMIN")).settle()
    assert "This channel gets a quote every day at 07:00 (UTC)" in said["text"]


@command("Say where help is")
async def lost(_: Context) -> Reply:
    return Reply("Type /help, or/lost; a/help is none.", Outcome.NONE, cards=(Card(Role.INFO, title="/lost words…"),))


async def test_a_workspaces_prefix_stands_before_every_command_that_is_named_and_may_be_typed(
    corpus: Corpus, search: Searcher
) -> None:
    names = [known for known in COMMANDS if known.name == "help"]
    core = Core(corpus, search, (*names, lost))
    async with LocalSlack() as local, serving(local, core, None, SLACK_COMMAND_PREFIX="lex-"):
        reply = await (await local.command("/lex-lost")).settle()
        assert reply["text"] == "Type /lex-help, or/lost; a/help is none.\n\n/lex-lost words…"
        await local.dm("U0ADA", "/lex-lost")
        await local.until(lambda: local.posts(local.world.im("U0ADA").id))
        (post,) = local.posts(local.world.im("U0ADA").id)
        assert post.text == reply["text"]


@given(st.text(max_size=40), st.sampled_from(NAMES), st.sampled_from(["lex-", "a", "q_"]))
def test_names_are_written_once_and_no_quote_is_touched(words: str, name: str, prefix: str) -> None:
    text = f"{words} /{name} {words}"
    quote = Quote("p-1", text, Citation("Show", "Episode", 0.5), None)
    reply = Reply(text, Outcome.FOUND, cards=(Card(Role.MATCH, quote=quote, body=(Span(text),)),), aside=text)
    naming = Naming(prefix, NAMES)
    written = naming.write(reply)

    assert f"/{prefix}{name}" in written.lead
    assert naming.write(written) == written
    assert written.cards[0].quote == quote
    assert naming.read(f"/{prefix}{name} x") == f"/{name} x"
    assert Naming().write(reply) == reply


# slack_sdk 3.47 signs oauth.v2.access with a class that aiohttp 3.14 warns of.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_a_workspace_without_the_app_is_told_by_the_response_url_and_answered_once_it_installs_it(
    core: Core, store: Store, tmp_path: Path
) -> None:
    async with LocalSlack(mode="http") as local:
        given: dict[str, Any] = {
            "SLACK_CLIENT_ID": local.api.client_id,
            "SLACK_CLIENT_SECRET": local.api.client_secret,
            "SLACK_BOT_TOKEN": "",
            "VERBATIM_DATA_DIR": str(tmp_path),
        }
        async with serving(local, core, store, **given):
            told = await (await local.command("/quote", LINE)).settle()
            assert told["text"] == "I am not installed in this workspace any more. Ask an admin to install me again."
            page = local.bot_url.replace("/slack/events", "/slack/install")
            back = local.bot_url.replace("/slack/events", "/slack/oauth_redirect")
            assert (await local.install(page, local.team, back)).status == 200
            assert LINE in (await (await local.command("/quote", LINE)).settle())["text"]


async def test_a_request_whose_body_never_comes_or_is_cut_off_ends_quietly(
    core: Core, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.slack.adapter.Patience", lambda: Patience(body=0.2))
    signed = f"X-Slack-Request-Timestamp: {int(time.time())}\r\nX-Slack-Signature: v0={'0' * 64}\r\n".encode()
    head = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n" + signed + b"\r\nabc"
    async with LocalSlack(mode="http") as local, serving(local, core, None):
        port = int(local.bot_url.split(":")[2].split("/")[0])
        for hang_up in (True, False):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head)
            await writer.drain()
            if not hang_up:
                assert (await reader.readline()).startswith(b"HTTP/1.1 408")
            writer.close()
            await writer.wait_closed()
        await (await local.command("/help")).settle()
    assert "Error handling request" not in caplog.text


async def test_a_setting_that_is_missing_leaves_no_connection_open(
    core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    async with LocalSlack() as local:
        adapter = Slack(Settings.read(local.environ(SLACK_APP_TOKEN="")), core, None)
        with pytest.raises(OperatorError, match="SLACK_APP_TOKEN is missing"):
            await adapter.run()
        await adapter.clock_ahead()
        del adapter
        gc.collect()
    assert "Unclosed" not in caplog.text


async def test_a_button_with_a_field_opens_it_in_a_modal_and_answers_there(platform: LocalSlack) -> None:
    await platform.mention("C0GENERAL", "what is the weather in Paris tomorrow")
    await platform.until(lambda: platform.posts("C0GENERAL"))
    (post,) = platform.posts("C0GENERAL")
    await platform.press(post, label="Ask another way", user="U0BEN")
    await platform.until(lambda: platform.views("U0BEN"))
    (view,) = platform.views("U0BEN")
    assert "Your question" in shown(view.content)
    await platform.submit_view(view, {"words": "why does he train jiu-jitsu"})
    await platform.until(lambda: "Mark Zuckerberg" in shown(platform.world.views[view.id].content))
    assert len(platform.posts("C0GENERAL")) == 1


async def test_in_a_members_own_messages_more_context_and_next_change_the_message_in_place(
    platform: LocalSlack,
) -> None:
    await platform.dm("U0ADA", "/ask why does he train jiu-jitsu")
    room = platform.world.im("U0ADA").id
    await platform.until(lambda: platform.posts(room))
    (post,) = platform.posts(room)
    before = post.text
    for label in ("More context", "More context"):
        reply = await (await platform.press(platform.posts(room)[0], label=label)).settle()
        assert reply["replace_original"] is True
    assert len(platform.posts(room)) == 1
    assert platform.posts(room)[0].text != before
