"""Two members argue about a line on Slack: they check it in every way there is, and one shows the verdict to all."""

from __future__ import annotations

import asyncio
import contextlib
import html
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.slack.adapter import Slack
from bot.commands import COMMANDS
from bot.core import Core
from bot.policy.texts import say
from bot.settings import Settings
from bot.store import open_store
from tests.local_slack import LocalSlack, Message
from tests.test_share import killed_before_noting
from tests.test_slack import no_proxies

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.store import Store

__all__ = ["no_proxies"]

CLAIM = "language is a perfect way for people to express thoughts and ideas"
SAID = "language is an imperfect way for people to express thoughts and ideas"
NEVER = "the moon is a soft cheese that only old sailors may butter on Sundays"
ROOM, OUTSIDE = "C0GENERAL", "C0OTHER"


@dataclass(frozen=True)
class Replica:
    """One process of the bot, with a connection of its own to the one database; `address` is where it hears Slack."""

    store: Store
    address: str


@pytest.fixture
async def local() -> AsyncIterator[LocalSlack]:
    async with LocalSlack(mode="http") as served:
        yield served
        assert served.violations == []


@contextlib.asynccontextmanager
async def process(local: LocalSlack, corpus: Corpus, search: Searcher, folder: Path) -> AsyncIterator[Replica]:
    """Run a process of the bot until the block ends; what members do goes to the one begun last."""
    store, out = open_store(f"sqlite:///{folder}/v.db"), io.StringIO()
    environ = local.environ(SLACK_MODE="http", SLACK_HTTP_PORT="0")
    bot = Slack(Settings.read(environ), Core(corpus, search, COMMANDS, store=store), store, out=out)
    running = asyncio.create_task(bot.run())
    try:
        while not out.getvalue():
            await asyncio.sleep(0.01)
            if running.done():
                running.result()
        local.bot_url = f"http://{json.loads(out.getvalue())['address']}/slack/events"
        yield Replica(store, local.bot_url)
    finally:
        bot.stop()
        await running
        store.close()


@pytest.fixture
async def replica(local: LocalSlack, corpus: Corpus, search: Searcher, tmp_path: Path) -> AsyncIterator[Replica]:
    async with process(local, corpus, search, tmp_path) as running:
        yield running


def read(message: Message | dict[str, Any]) -> str:
    """Return what a message says to whoever reads or hears it."""
    return html.unescape(message.text if isinstance(message, Message) else message["text"])


def body(message: Message | dict[str, Any]) -> str:
    """Return a message's blocks but the row of buttons, as they are sent."""
    blocks = message.blocks if isinstance(message, Message) else message["blocks"]
    kept = [
        {name: part for name, part in block.items() if name != "block_id"}
        for block in blocks
        if block["type"] != "actions"
    ]
    return json.dumps(kept, ensure_ascii=False)


def buttons(message: Message | dict[str, Any]) -> dict[str, str]:
    """Return where each button of a message leads."""
    blocks = message.blocks if isinstance(message, Message) else message["blocks"]
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return {each["text"]["text"]: each.get("url") or each["value"] for row in rows for each in row}


def own(local: LocalSlack, room: str = ROOM) -> Message:
    """Return what Ada alone saw last."""
    return local.ephemerals(room, "U0ADA")[-1]


async def checked(local: LocalSlack, text: str = CLAIM, room: str = ROOM) -> tuple[Message, Message]:
    """Return what Ben wrote, and what Ada alone sees when she has it checked by its menu."""
    said = local.say(room, text)
    await (await local.message_shortcut("verify", said)).settle()
    return said, own(local, room)


async def pressed(local: LocalSlack, message: Message, label: str = "Share") -> dict[str, Any]:
    """Return what comes of a press for whoever pressed."""
    return await (await local.press(message, label=label)).settle()


@pytest.mark.usefixtures("replica")
async def test_a_shared_verdict_stands_in_the_thread_of_the_message_that_was_checked_as_its_asker_saw_it(
    local: LocalSlack,
) -> None:
    said, seen = await checked(local, f"he literally said “{CLAIM}” lol <!channel> <@U0BEN>")
    told = await pressed(local, seen)
    (post,) = local.posts(ROOM)
    shown = buttons(post)
    order = ["≠ Not quite.", "Mark Zuckerberg: ", "an imperfect way", "claimed: language is a perfect"]
    places = [read(post).index(part) for part in order]

    assert (read(post), body(post.payload)) == (read(seen), body(seen))
    assert places == sorted(places)
    assert (post.thread_ts, post.channel) == (said.ts, said.channel)
    assert (told["response_type"], told["replace_original"]) == ("ephemeral", False)
    assert read(told).startswith(say("share.done"))
    assert buttons(told)["Go to it"].endswith(f"/{ROOM}/p{post.ts.replace('.', '')}?thread_ts={said.ts}&cid={ROOM}")
    assert list(shown) == ["More context", "Source", "Listen"]
    assert shown["Source"].startswith("/proof ")
    assert shown["Listen"].endswith("t=3441s")
    assert [part for part in ("U0ADA", "U0BEN", "<!") if part in json.dumps(post.payload)] == []
    assert (post.payload["unfurl_links"], post.payload["mrkdwn"], post.payload["link_names"]) == (False, False, False)


@pytest.mark.usefixtures("replica")
async def test_a_checked_answer_in_a_thread_has_its_verdict_shared_there(local: LocalSlack) -> None:
    root = local.say(ROOM, "what did he say about language?")
    said = local.say(ROOM, CLAIM, thread_ts=root.ts)
    await (await local.message_shortcut("verify", said)).settle()
    await pressed(local, own(local))
    (post,) = local.posts(ROOM)

    assert post.thread_ts == root.ts


@pytest.mark.usefixtures("replica")
async def test_pressed_again_share_says_that_it_stands_and_where(local: LocalSlack) -> None:
    said, seen = await checked(local)
    told = await pressed(local, seen)
    again = await pressed(local, seen)
    await (await local.message_shortcut("verify", said, "U0BEN")).settle()
    (bens,) = local.ephemerals(ROOM, "U0BEN")
    other = await (await local.press(bens, label="Share", user="U0BEN")).settle()

    assert len(local.posts(ROOM)) == 1
    assert read(again).startswith(say("share.stands"))
    assert read(other).startswith(say("share.stands"))
    assert buttons(again) == buttons(other) == buttons(told)


async def test_after_a_restart_share_works_and_knows_what_it_shared(
    local: LocalSlack, corpus: Corpus, search: Searcher, tmp_path: Path
) -> None:
    async with process(local, corpus, search, tmp_path):
        _, one = await checked(local)
        said, other = await checked(local, NEVER)
        told = await pressed(local, one)
    async with process(local, corpus, search, tmp_path):
        again = await pressed(local, one)
        late = await pressed(local, other)
    _, post = local.posts(ROOM)

    assert read(again).startswith(say("share.stands"))
    assert buttons(again) == buttons(told)
    assert read(late).startswith(say("share.done"))
    assert (read(post), post.thread_ts) == (read(other), said.ts)


async def test_pressed_in_two_processes_at_once_it_is_posted_once(
    local: LocalSlack, corpus: Corpus, search: Searcher, tmp_path: Path
) -> None:
    async with (
        process(local, corpus, search, tmp_path) as first,
        process(local, corpus, search, tmp_path) as second,
    ):
        _, seen = await checked(local)
        presses = []
        for replica in (first, second):
            local.bot_url = replica.address
            presses.append(await local.press(seen, label="Share"))
        told = [await press.settle() for press in presses]

    assert len(local.posts(ROOM)) == 1
    assert {read(each).splitlines()[0] for each in told} == {say("share.done"), say("share.stands")}
    assert buttons(told[0]) == buttons(told[1]) != {}


async def test_a_post_whose_process_died_before_it_was_noted_is_found_and_not_sent_again(
    local: LocalSlack, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, seen = await checked(local)
    with killed_before_noting(replica.store, monkeypatch):
        await pressed(local, seen)
    again = await pressed(local, seen)

    assert len(local.posts(ROOM)) == 1
    assert read(again).startswith(say("share.stands"))
    assert buttons(again)


@pytest.mark.usefixtures("replica")
@pytest.mark.parametrize(
    ("command", "words", "begins"),
    [
        ("/verify", f"{NEVER} @here *b* https://x.example/y", "✗ I can't find this"),
        ("/quote", "soft moon cheese sailors", "I can't find anything"),
        ("/ask", "does he like whiskey or tea?", "Not sure this answers it:"),
        ("/topic", "quantum gardening", "I can't find “quantum gardening”"),
    ],
)
async def test_what_was_typed_is_shared_with_the_answer_as_plain_words(
    command: str, words: str, begins: str, local: LocalSlack
) -> None:
    await (await local.command(command, f"{words} <@U0BEN> <!here>" if command == "/verify" else words)).settle()
    seen = own(local)
    await pressed(local, seen)
    (post,) = local.posts(ROOM)
    how = "checked" if command == "/verify" else "asked"
    typed = say(f"share.words-{how}", words=f"{words} <@U0BEN> <!here>" if command == "/verify" else words)
    (said,) = [block for block in post.blocks if block["type"] == "context"]

    assert read(post).startswith(begins)
    assert read(post) == f"{read(seen)}\n\n{typed}"
    assert said["elements"] == [{"type": "plain_text", "text": typed, "emoji": False}]
    assert "<" not in post.text
    assert (post.thread_ts, "Share" in buttons(post)) == ("", False)


@pytest.mark.usefixtures("replica")
async def test_a_true_line_is_shared_as_it_was_found(local: LocalSlack) -> None:
    _, seen = await checked(local, SAID)
    await pressed(local, seen)
    (post,) = local.posts(ROOM)

    assert read(post).startswith("✓ Word for word.")
    assert body(post.payload) == body(seen)


@pytest.mark.usefixtures("replica")
async def test_more_context_of_a_verdict_is_shared_in_the_thread_of_the_message_that_was_checked_too(
    local: LocalSlack,
) -> None:
    said, seen = await checked(local)
    await pressed(local, seen, "More context")
    wide = own(local)
    await pressed(local, wide)
    (post,) = local.posts(ROOM)

    assert (read(post), post.thread_ts) == (read(wide), said.ts)
    assert "≠" not in read(post)


@pytest.mark.usefixtures("replica")
async def test_a_question_in_the_thread_whether_it_is_real_gets_the_verdict(local: LocalSlack) -> None:
    said = local.say(ROOM, f"> {CLAIM}")
    await local.mention(ROOM, "is this real?", thread_ts=said.ts)
    await local.until(lambda: local.posts(ROOM))
    (post,) = local.posts(ROOM)

    assert read(post).startswith("≠ Not quite.")
    assert post.thread_ts == said.ts


@pytest.mark.usefixtures("replica")
async def test_a_paste_with_talk_around_it_is_judged_by_its_quoted_words(local: LocalSlack) -> None:
    await local.mention(ROOM, f"lol no way he said that. “{CLAIM}” — Zuck, Lex #383 😂 is this real?")
    await local.until(lambda: local.posts(ROOM))
    (post,) = local.posts(ROOM)

    assert read(post).startswith("≠ Not quite.")
    assert "an imperfect way" in read(post)


@pytest.mark.usefixtures("replica")
@pytest.mark.parametrize("comment", ["", "lol is this real?"])
async def test_a_forwarded_message_is_checked_by_what_it_forwards(comment: str, local: LocalSlack) -> None:
    forward = local.say(ROOM, comment)
    forward.attachments = [
        {
            "is_share": True,
            "is_msg_unfurl": True,
            "author_id": "U0BEN",
            "author_name": "Ben",
            "channel_id": "C0PRIVATE",
            "ts": "1796000000.000100",
            "from_url": "https://local.slack.example/archives/C0PRIVATE/p1796000000000100",
            "fallback": f"[1 December] ben: {CLAIM}",
            "text": CLAIM,
            "mrkdwn_in": ["text"],
        }
    ]
    await (await local.message_shortcut("verify", forward)).settle()
    seen = own(local)
    await pressed(local, seen)
    (post,) = local.posts(ROOM)

    assert read(seen).startswith("≠ Not quite.")
    assert (read(post), post.thread_ts) == (read(seen), forward.ts)


@pytest.mark.usefixtures("replica")
async def test_where_the_bot_is_no_member_the_answer_to_the_press_is_what_everyone_sees(local: LocalSlack) -> None:
    _, seen = await checked(local, room=OUTSIDE)
    shared = await pressed(local, seen)
    again = await pressed(local, seen)
    (post,) = local.posts(OUTSIDE)

    assert (shared["response_type"], shared["replace_original"]) == ("in_channel", False)
    assert read(post) == f"{read(seen)}\n\n{say('share.words-checked', words=CLAIM)}"
    assert (again["response_type"], read(again)) == ("ephemeral", say("share.stands"))
    assert [each.error for each in local.violations] == ["not_in_channel"]
    local.violations.clear()


@pytest.mark.usefixtures("replica")
async def test_only_its_asker_shares_an_answer_and_not_after_having_it_deleted(local: LocalSlack) -> None:
    _, seen = await checked(local)
    other = await (await local.press(seen, label="Share", user="U0BEN")).settle()
    await (await local.command("/privacy", "delete")).settle()
    late = await pressed(local, seen)

    assert read(other) == say("share.not-yours")
    assert read(late) == say("share.gone")
    assert {other["response_type"], late["response_type"]} == {"ephemeral"}
    assert local.posts(ROOM) == []


@pytest.mark.usefixtures("replica")
@pytest.mark.parametrize("line", ["/settings queue", "/settings preview", "/settings status", "/privacy", "/help"])
async def test_what_is_for_one_member_alone_has_no_share(line: str, local: LocalSlack) -> None:
    name, _, words = line.partition(" ")
    shown = await (await local.command(name, words, "U0ADMIN")).settle()

    assert shown["response_type"] == "ephemeral"
    assert "Share" not in buttons(shown)
