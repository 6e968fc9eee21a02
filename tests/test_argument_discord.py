"""Two members argue about a line on Discord: they check it in every way there is, and one shows the verdict to all."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.discord import respond
from bot.adapters.discord.adapter import Discord
from bot.adapters.discord.pace import Pace
from bot.adapters.discord.render import ALTERED
from bot.commands import COMMANDS
from bot.contract import Author, Channel, Outcome, Reply, Request
from bot.core import Core
from bot.policy.texts import say
from bot.settings import Settings
from bot.store import open_store
from tests.local_discord import TOKEN, LocalDiscord
from tests.local_discord.limits import EPHEMERAL, walk
from tests.local_discord.world import Permission
from tests.test_share import killed_before_noting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.corpus import Corpus
    from bot.search import Searcher
    from bot.store import Store

    Json = dict[str, Any]

CLAIM = "language is a perfect way for people to express thoughts and ideas"
SAID = "language is an imperfect way for people to express thoughts and ideas"
NEVER = "the moon is a soft cheese that only old sailors may butter on Sundays"


@dataclass(frozen=True)
class Replica:
    """One process of the bot, with a connection of its own to the one database."""

    bot: Discord
    core: Core
    store: Store


@pytest.fixture
async def local() -> AsyncIterator[LocalDiscord]:
    async with LocalDiscord() as served:
        yield served
        assert served.violations == []


@contextlib.asynccontextmanager
async def process(
    local: LocalDiscord, corpus: Corpus, search: Searcher, folder: Path, beside: Pace | None = None
) -> AsyncIterator[Replica]:
    """Run a process of the bot until the block ends; one `beside` another, at a pace, only posts and finishes."""
    store = open_store(f"sqlite:///{folder}/v.db")
    core = Core(corpus, search, COMMANDS, store=store)
    settings = Settings(discord_token=TOKEN, discord_api_base_url=local.api_base, discord_gateway_url=local.gateway_url)
    bot = Discord(settings, core, store, announced=lambda _: None, gateway=beside is None, pace=beside)
    before = len(local.gateway.identifies)
    running = asyncio.create_task(bot.run())
    try:
        if beside is None:
            assert await local.settle(lambda: len(local.gateway.identifies) > before and local.gateway.ready)
            assert await local.settle(lambda: local.commands[0])
        await local.settle(quiet=0.05)
        yield Replica(bot, core, store)
    finally:
        bot.stop()
        await asyncio.wait_for(running, 10)
        store.close()


@pytest.fixture
async def replica(local: LocalDiscord, corpus: Corpus, search: Searcher, tmp_path: Path) -> AsyncIterator[Replica]:
    async with process(local, corpus, search, tmp_path) as running:
        yield running


def text_of(message: Json | None) -> str:
    """Return what a message says, as it is sent."""
    assert message
    return "\n".join(part["content"] for _, part in walk(message["components"]) if "content" in part)


def seen(message: Json | None) -> str:
    """Return what a message says to the eye: without marks, and links as their words."""
    linked = re.sub(r"\[((?:\\.|[^\]\\])*)\]\(<[^>]*>\)", r"\1", text_of(message))
    return re.sub(r"\\(?=[^\w\s])|\*\*|^> |^-# ", "", linked, flags=re.MULTILINE)


def buttons(message: Json | None) -> dict[str, str]:
    """Return where each button of a message leads."""
    assert message
    parts = [part for _, part in walk(message["components"]) if "label" in part]
    return {part["label"]: part.get("url") or part["custom_id"] for part in parts}


def address(message: Json, local: LocalDiscord) -> str:
    """Return the address that opens a message."""
    return f"https://discord.com/channels/{local.world.guild.id}/{message['channel_id']}/{message['id']}"


async def checked(local: LocalDiscord, text: str = CLAIM) -> tuple[Json, Json]:
    """Return what alice wrote, and what bob alone sees when he has it checked by its menu."""
    said = await local.say(text, user=local.world.alice)
    asked = await local.context_menu("Verify this quote", said)
    assert asked.message
    assert asked.ephemeral
    return said, asked.message


async def answered(local: LocalDiscord, text: str, reply_to: Json | None = None) -> Json:
    """Return what the bot answers to a message that mentions it."""
    before = len(local.of_bot())
    await local.say(text, reply_to=reply_to, mention_bot=True)
    assert await local.settle(lambda: len(local.of_bot()) > before)
    return local.of_bot()[-1]


@pytest.mark.usefixtures("replica")
async def test_a_shared_verdict_stands_under_the_message_that_was_checked_and_reads_as_its_asker_saw_it(
    local: LocalDiscord,
) -> None:
    said, own = await checked(local, f'he literally said "{CLAIM}" lol @everyone')
    told = await local.press(own, "Share")
    (post,) = local.of_bot()
    shown, (container,) = buttons(post), post["components"]

    assert text_of(post) == text_of(own)
    assert container["accent_color"] == own["components"][0]["accent_color"] == ALTERED
    assert post["message_reference"]["message_id"] == said["id"]
    assert (post["mentions"], post["mention_roles"], post["mention_everyone"]) == ([], [], False)
    assert (told.ephemeral, seen(told.message)) == (True, say("share.done"))
    assert buttons(told.message) == {"Go to it": address(post, local)}
    assert list(shown) == ["More context", "Source", "Listen"]
    assert shown["Source"].startswith("v:/proof ")
    assert shown["Listen"].endswith("t=3441s")
    assert "bob" not in text_of(post)


@pytest.mark.usefixtures("replica")
async def test_a_verdict_is_read_aloud_as_verdict_speaker_line_and_difference(local: LocalDiscord) -> None:
    _, own = await checked(local)
    words = seen(own)
    order = ["≠ Not quite.", "Mark Zuckerberg", "an imperfect way", "claimed: language is a perfect"]
    places = [words.index(part) for part in order]

    assert places == sorted(places)


@pytest.mark.usefixtures("replica")
async def test_pressed_again_share_says_that_it_stands_and_where(local: LocalDiscord) -> None:
    _, own = await checked(local)
    await local.press(own, "Share")
    again = await local.press(own, "Share")
    (post,) = local.of_bot()

    assert (again.ephemeral, seen(again.message)) == (True, say("share.stands"))
    assert buttons(again.message) == {"Go to it": address(post, local)}


@pytest.mark.usefixtures("replica")
async def test_the_same_verdict_on_one_message_stands_once_whoever_shares_it(local: LocalDiscord) -> None:
    said, own = await checked(local)
    carol = local.world.add_user("carol")
    local.world.join(local.world.guild, carol)
    other = await local.context_menu("Verify this quote", said, user=carol)
    assert other.message
    await local.press(own, "Share")
    second = await local.press(other.message, "Share", user=carol)

    assert len(local.of_bot()) == 1
    assert seen(second.message) == say("share.stands")


async def test_after_a_restart_share_works_and_knows_what_it_shared(
    local: LocalDiscord, corpus: Corpus, search: Searcher, tmp_path: Path
) -> None:
    async with process(local, corpus, search, tmp_path):
        _, one = await checked(local)
        said, other = await checked(local, NEVER)
        await local.press(one, "Share")
    async with process(local, corpus, search, tmp_path):
        again = await local.press(one, "Share")
        first = await local.press(other, "Share")
        shared, late = local.of_bot()

    assert seen(again.message) == say("share.stands")
    assert buttons(again.message) == {"Go to it": address(shared, local)}
    assert seen(first.message) == say("share.done")
    assert (text_of(late), late["message_reference"]["message_id"]) == (text_of(other), said["id"])


async def test_pressed_in_two_processes_at_once_it_is_posted_once(
    local: LocalDiscord, corpus: Corpus, search: Searcher, tmp_path: Path
) -> None:
    async with (
        process(local, corpus, search, tmp_path),
        process(local, corpus, search, tmp_path, Pace()) as second,
    ):
        _, own = await checked(local)
        world = local.world
        place = Channel("discord", str(world.general.id), str(world.guild.id))
        share = buttons(own)["Share"].removeprefix("s:")
        pressed = Request(place, Author(str(world.bob.id)), share=share, private=True)
        there, here = await asyncio.gather(second.core.share(pressed, second.bot), local.press(own, "Share"))
        (post,) = local.of_bot()

    links = {there.buttons[0].url, *buttons(here.message).values()}
    assert {there.text, seen(here.message)} == {say("share.done"), say("share.stands")}
    assert links == {address(post, local)}


async def test_a_post_whose_process_died_before_it_was_noted_is_found_and_not_sent_again(
    local: LocalDiscord, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, own = await checked(local)
    with killed_before_noting(replica.store, monkeypatch):
        await local.press(own, "Share")
    local.advance(600)  # Discord knows no nonce for so long
    other = await local.context_menu("Verify this quote", said)
    assert other.message
    again = await local.press(other.message, "Share")
    (post,) = local.of_bot()

    assert seen(again.message) == say("share.stands")
    assert buttons(again.message) == {"Go to it": address(post, local)}


async def test_a_press_that_a_process_died_over_is_finished_by_another(
    local: LocalDiscord, corpus: Corpus, search: Searcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(respond, "QUICK_SECONDS", 0.0)
    ends = asyncio.Event()

    async def hang(*_: object) -> Reply:
        await ends.wait()
        return Reply("", Outcome.NONE)

    async with process(local, corpus, search, tmp_path) as first:
        said, own = await checked(local)
        monkeypatch.setattr(first.core, "share", hang)
        pressed = await local.press(own, "Share", seconds=0.2)
        at_once = Pace(look=0.05, early=60.0)  # takes up what another process has not answered yet
        async with process(local, corpus, search, tmp_path, at_once):
            assert await local.settle(lambda: pressed.edits)
        (post,), told = local.of_bot(), seen(pressed.message)
        ends.set()

    assert (told, pressed.ephemeral) == (say("share.done"), True)
    assert post["message_reference"]["message_id"] == said["id"]


@pytest.mark.usefixtures("replica")
@pytest.mark.parametrize(
    ("command", "options", "begins"),
    [
        (
            "verify",
            {"claim": f"{NEVER} @here <@1100000000000000002> [x](https://x.example) **b**"},
            "✗ I can't find this",
        ),
        ("quote", {"words": "soft moon cheese sailors"}, "I can't find anything"),
        ("ask", {"question": "does he like whiskey or tea?"}, "Not sure this answers it:"),
        ("topic", {"name": "quantum gardening"}, "I can't find “quantum gardening”"),
    ],
)
async def test_what_was_typed_is_shared_with_the_answer_as_plain_words(
    command: str, options: dict[str, str], begins: str, local: LocalDiscord
) -> None:
    asked = await local.slash(command, options)
    if asked.deleted:  # the answer took its time, and comes beside what announced it
        assert await local.settle(lambda: asked.followups)
    own = asked.followups[-1] if asked.followups else asked.message
    assert own
    assert own["flags"] & EPHEMERAL
    told = await local.press(own, "Share")
    (post,) = local.of_bot()
    (words,) = options.values()
    how = "checked" if command == "verify" else "asked"

    assert seen(post).startswith(begins)
    assert seen(post).splitlines() == [*seen(own).splitlines(), say(f"share.words-{how}", words=words)]
    assert [part for part in ("\n@", "x](", " https:", "<@", "**b**") if part in text_of(post)] == []
    assert (post["mentions"], post["mention_everyone"], "message_reference" in post) == ([], False, False)
    assert "Share" not in buttons(post)
    assert seen(told.message) == say("share.done")


@pytest.mark.usefixtures("replica")
async def test_a_true_line_and_a_quote_are_shared_as_they_were_found(local: LocalDiscord) -> None:
    _, exact = await checked(local, SAID)
    said = await local.say("people who train need to not have pride", user=local.world.alice)
    found = await local.context_menu("Find in transcripts", said)
    for own in (exact, found.message):
        assert own
        await local.press(own, "Share")

    assert [text_of(post) for post in local.of_bot()] == [text_of(exact), text_of(found.message)]
    assert seen(exact).startswith("✓ Word for word.")


@pytest.mark.usefixtures("replica")
async def test_more_context_of_a_verdict_is_shared_under_the_message_that_was_checked_too(local: LocalDiscord) -> None:
    said, own = await checked(local)
    await local.press(own, "More context")
    await local.press(own, "Share")
    (post,) = local.of_bot()

    assert (text_of(post), post["message_reference"]["message_id"]) == (text_of(own), said["id"])
    assert len(seen(post)) > 2 * len(SAID)


@pytest.mark.usefixtures("replica")
async def test_nobody_turns_a_shared_verdict_into_something_else(local: LocalDiscord) -> None:
    _, own = await checked(local)
    await local.press(own, "Share")
    (post,) = local.of_bot()
    before = text_of(post)
    for user in (local.world.alice, local.world.bob):
        pressed = await local.press(post, "More context", user=user)

        assert (pressed.type, pressed.ephemeral) == (4, True)
    assert text_of(local.of_bot()[0]) == before


@pytest.mark.usefixtures("replica")
async def test_a_reply_that_asks_whether_it_is_real_gets_the_verdict_where_discord_gives_the_words(
    local: LocalDiscord,
) -> None:
    withheld = await local.say(CLAIM, user=local.world.alice)
    hint = await answered(local, "is this real?", withheld)
    given = await local.say(f"look what he said: “{CLAIM}”", user=local.world.alice, mention_bot=True)
    assert await local.settle(lambda: len(local.of_bot()) > 1)
    verdict = await answered(local, "is this real?", given)

    assert "Apps → Verify this quote" in seen(hint)
    assert seen(verdict).startswith("≠ Not quite.")
    assert verdict["message_reference"]


@pytest.mark.usefixtures("replica")
async def test_a_paste_with_talk_around_it_is_judged_by_its_quoted_words(local: LocalDiscord) -> None:
    pasted = await answered(local, f'lol no way he said that. "{CLAIM}" — Zuck, Lex #383 😂 is this real?')
    bare = await answered(local, f'is it true that he said "{CLAIM}"')

    assert seen(pasted).startswith("≠ Not quite.")
    assert text_of(pasted) == text_of(bare)


@pytest.mark.usefixtures("replica")
async def test_a_forwarded_message_is_checked_by_what_it_forwards_and_the_verdict_stands_under_it(
    local: LocalDiscord,
) -> None:
    first = await local.say(CLAIM, user=local.world.alice)
    forward = await local.say("", user=local.world.alice)
    snapshot = {name: first[name] for name in ("type", "content", "embeds", "attachments", "timestamp", "flags")}
    snapshot |= {"edited_timestamp": None, "mentions": [], "mention_roles": [], "components": []}
    forward["message_reference"] = {"type": 1, "channel_id": first["channel_id"], "message_id": first["id"]}
    forward["message_snapshots"] = [{"message": snapshot}]
    asked = await local.context_menu("Verify this quote", forward)
    assert asked.message
    await local.press(asked.message, "Share")
    (post,) = local.of_bot()

    assert seen(asked.message).startswith("≠ Not quite.")
    assert (text_of(post), post["message_reference"]["message_id"]) == (text_of(asked.message), forward["id"])


@pytest.mark.usefixtures("replica")
async def test_a_message_that_is_gone_meanwhile_keeps_nobody_from_sharing(local: LocalDiscord) -> None:
    said, own = await checked(local)
    await local.remove_message(local.world.general, said)
    told = await local.press(own, "Share")
    (post,) = local.of_bot()

    assert seen(told.message) == say("share.done")
    assert text_of(post) == text_of(own)


@pytest.mark.usefixtures("replica")
@pytest.mark.parametrize("lacks", [Permission.SEND_MESSAGES, Permission.READ_MESSAGE_HISTORY, None])
async def test_where_the_bot_may_not_post_the_answer_to_the_press_is_what_everyone_sees(
    lacks: Permission | None, local: LocalDiscord
) -> None:
    _, own = await checked(local)
    if lacks:
        local.forbid(local.world.general, lacks)
    else:
        local.world.guild.installed = False  # the member alone installed the bot
    shared = await local.press(own, "Share")
    again = await local.press(own, "Share")

    assert (shared.type, shared.ephemeral) == (4, False)
    assert seen(shared.message).splitlines() == [*seen(own).splitlines(), say("share.words-checked", words=CLAIM)]
    assert (again.ephemeral, seen(again.message)) == (True, say("share.stands"))
    assert [line for line in local.requests if line.status == 403] == []


@pytest.mark.usefixtures("replica")
async def test_only_its_asker_shares_an_answer_and_not_after_having_it_deleted(local: LocalDiscord) -> None:
    _, own = await checked(local)
    other = await local.press(own, "Share", user=local.world.alice)
    await local.slash("privacy", {"do": "delete"})
    late = await local.press(own, "Share")

    assert seen(other.message) == say("discord.not-yours", help="/help")
    assert (late.ephemeral, seen(late.message)) == (True, say("share.gone"))
    assert local.of_bot() == []


@pytest.mark.usefixtures("replica")
@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("settings", {"do": "queue"}),
        ("settings", {"do": "preview"}),
        ("settings", {"do": "status"}),
        ("privacy", {}),
        ("help", {}),
        ("about", {}),
    ],
)
async def test_what_is_for_one_member_alone_has_no_share(
    command: str, options: dict[str, str], local: LocalDiscord
) -> None:
    asked = await local.slash(command, options, user=local.world.alice)

    assert asked.ephemeral
    assert "Share" not in buttons(asked.message)
