"""The local Discord keeps the promises of the real one, as far as discord.py can tell."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import TYPE_CHECKING

import aiohttp
import pytest

from bot.settings import ROOT
from tests.local_discord import LocalDiscord, Permission
from tests.local_discord.faults import KINDS, Faults
from tests.local_discord.library import app_commands, discord, pointed_at
from tests.local_discord.limits import command_problems, error_body, message_problems, modal_problems
from tests.local_discord.schema import SPECIFICATION, named, schema_problems

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.local_discord import Json

INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)


class Ask(discord.ui.Modal, title="Ask"):
    """A modal with one input."""

    words: discord.ui.TextInput[Ask] = discord.ui.TextInput(label="Words", custom_id="words")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"asked {self.words.value}")


class Client(discord.AutoShardedClient):
    """A plain bot of the real library; `heard` are the messages it saw."""

    def __init__(self, intents: discord.Intents = INTENTS) -> None:
        super().__init__(intents=intents, max_messages=None, guild_ready_timeout=0.05)
        self.heard: list[discord.Message] = []
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(quote)
        self.tree.add_command(slow)
        self.tree.add_command(ask)
        self.tree.add_command(verify)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait the library's five seconds."""

    async def on_message(self, message: discord.Message) -> None:
        if not message.author.bot:
            self.heard.append(message)


@app_commands.command(description="Find a quote")
@app_commands.describe(words="What was said")
async def quote(interaction: discord.Interaction, words: str) -> None:
    view = discord.ui.LayoutView()
    row: discord.ui.ActionRow[discord.ui.LayoutView] = discord.ui.ActionRow()
    button: discord.ui.Button[discord.ui.LayoutView] = discord.ui.Button(label="More", custom_id="more")

    async def more(pressed: discord.Interaction) -> None:
        after = discord.ui.LayoutView()
        after.add_item(discord.ui.TextDisplay("more"))
        await pressed.response.edit_message(view=after)

    button.callback = more  # type: ignore[method-assign,assignment]
    row.add_item(button)
    view.add_item(discord.ui.TextDisplay(words))
    view.add_item(row)
    await interaction.response.send_message(view=view, ephemeral=True)


@quote.autocomplete("words")
async def suggest(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=f"{typed}!", value=typed)]


@app_commands.command(description="Answer in two steps")
async def slow(interaction: discord.Interaction) -> None:
    await interaction.response.defer()
    await interaction.edit_original_response(content="done")


@app_commands.command(description="Open a modal")
async def ask(interaction: discord.Interaction) -> None:
    await interaction.response.send_modal(Ask())


@app_commands.context_menu(name="Verify this quote")
async def verify(interaction: discord.Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(f"checked {message.content}")


@pytest.fixture
async def local() -> AsyncIterator[LocalDiscord]:
    async with LocalDiscord() as running:
        with pointed_at(running):
            yield running


@contextlib.asynccontextmanager
async def connected(local: LocalDiscord, client: Client | None = None) -> AsyncIterator[Client]:
    bot = client or Client()
    task = asyncio.create_task(bot.start(local.token))
    assert await local.ready()
    await bot.wait_until_ready()
    try:
        yield bot
    finally:
        await bot.close()
        await task


async def test_the_real_client_logs_in_syncs_and_answers(local: LocalDiscord) -> None:
    async with connected(local) as client:
        assert [guild.name for guild in client.guilds] == ["The Mat"]
        assert {command["name"] for command in local.commands[0]} == {"quote", "slow", "ask", "Verify this quote"}

        asked = await local.slash("quote", {"words": "pride"})
        assert asked.message is not None
        assert asked.ephemeral
        assert asked.message["components"][0]["content"] == "pride"
        assert asked.acknowledged_in is not None

        pressed = await local.press(asked.message, "More")
        assert pressed.type == 7
        assert [part["content"] for part in asked.message["components"]] == ["more"]

        deferred = await local.slash("slow", user=local.world.alice)
        assert (deferred.type, deferred.edits) == (5, 1)
        assert [message["content"] for message in local.of_bot()] == ["done"]

        choices = await local.autocomplete("quote", {"words": "pri"}, focused="words")
        assert choices == [{"name": "pri!", "value": "pri"}]

    assert local.violations == []


async def test_modals_and_message_menus_reach_the_client(local: LocalDiscord) -> None:
    async with connected(local):
        opened = await local.slash("ask")
        submitted = await local.submit_modal(opened, {"words": "why"})
        assert submitted.message is not None
        assert submitted.message["content"] == "asked why"

        said = await local.say("pride is bad")
        checked = await local.context_menu("Verify this quote", said)
        assert checked.message is not None
        assert checked.message["content"] == "checked pride is bad"

    assert local.violations == []


async def test_content_is_shown_in_mentions_replies_and_direct_messages_only(local: LocalDiscord) -> None:
    async with connected(local) as client:
        channel = client.get_partial_messageable(local.world.general.id)
        own = await channel.send("mine")
        await local.say("a secret")
        await local.say("hello", mention_bot=True)
        await local.say("go on", reply_to=local.of_bot()[0])
        await local.dm("between us")

        assert await local.settle(lambda: len(client.heard) == 4)
        assert [message.clean_content for message in client.heard] == ["", "@Verbatim hello", "go on", "between us"]
        history = [message async for message in channel.history(limit=10)]
        assert [message.content for message in history][-2:] == ["", "mine"]
        assert (await channel.fetch_message(own.id)).content == "mine"


async def test_a_cut_socket_is_resumed_and_what_was_missed_comes_once(local: LocalDiscord) -> None:
    async with connected(local) as client:
        await local.gateway.drop()
        await local.say("while you were out", mention_bot=True)

        assert await local.settle(lambda: client.heard)
        await local.settle()
        assert len(client.heard) == 1
        assert (len(local.gateway.identifies), len(local.gateway.resumes)) == (1, 1)

        await local.gateway.ask_reconnect()
        assert await local.settle(lambda: len(local.gateway.resumes) == 2)


async def test_an_invalidated_session_is_identified_anew(local: LocalDiscord) -> None:
    async with connected(local):
        await local.gateway.invalidate()

        assert await local.settle(lambda: len(local.gateway.identifies) == 2)
        assert local.gateway.resumes == []


@pytest.mark.parametrize(
    ("code", "error"), [(4014, discord.PrivilegedIntentsRequired), (4004, discord.ConnectionClosed)]
)
async def test_fatal_close_codes_end_the_client(local: LocalDiscord, code: int, error: type[Exception]) -> None:
    local.gateway.refuses = code

    with pytest.raises(error):
        await Client().start(local.token)
    assert len(local.gateway.identifies) == 1


async def test_privileged_intents_are_refused_unless_allowed(local: LocalDiscord) -> None:
    with pytest.raises(discord.PrivilegedIntentsRequired):
        await Client(discord.Intents.all()).start(local.token)


async def test_a_wrong_token_is_refused(local: LocalDiscord) -> None:
    client = Client()

    with pytest.raises(discord.LoginFailure):
        await client.start("another")
    await client.close()
    assert local.invalid_requests == 1


async def test_a_429_is_waited_for_and_tried_again(local: LocalDiscord) -> None:
    async with connected(local) as client:
        for kind in ("429", "429-global", "429-shared"):
            local.fail("POST /channels/*/messages", kind, retry_after=0.2)
            await client.get_partial_messageable(local.world.general.id).send(kind)

    assert [message["content"] for message in local.of_bot()] == ["429", "429-global", "429-shared"]
    assert local.violations == []
    assert local.invalid_requests == 2


async def test_a_client_that_comes_back_before_a_429s_time_is_found_out(local: LocalDiscord) -> None:
    local.fail("GET /users/@me", "429", retry_after=5)
    headers = {"Authorization": f"Bot {local.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for _ in range(2):
            async with session.get(f"{local.api_base}/users/@me") as response:
                last = response.status
            await asyncio.sleep(0.1)

    assert last == 200
    assert len(local.violations) == 1


async def test_a_cloudflare_page_is_not_tried_again(local: LocalDiscord) -> None:
    async with connected(local) as client:
        local.fail("POST /channels/*/messages", "cloudflare-429")

        with pytest.raises(discord.HTTPException):
            await client.get_partial_messageable(local.world.general.id).send("x")
        assert len(local.asked_for("POST /channels/*/messages")) == 1


async def test_the_same_nonce_gives_the_earlier_message_while_it_is_known(local: LocalDiscord) -> None:
    async with connected(local) as client:
        channel = client.get_partial_messageable(local.world.general.id)
        first = await channel.send("once", nonce="n1")
        assert (await channel.send("once", nonce="n1")).id == first.id

        await local.remove_message(local.world.general, local.of_bot()[0])
        with pytest.raises(discord.NotFound):
            await channel.send("once", nonce="n1")

        local.advance(local.nonce_window + 1)
        assert (await channel.send("once", nonce="n1")).id != first.id


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("accepted-")])
async def test_a_lost_answer_leaves_the_message(local: LocalDiscord, kind: str) -> None:
    local.fail("POST /channels/*/messages", kind, seconds=0.05)  # type: ignore[arg-type]
    address = f"{local.api_base}/channels/{local.world.general.id}/messages"
    headers, body = {"Authorization": f"Bot {local.token}"}, {"content": "x", "nonce": "1", "enforce_nonce": True}

    async with aiohttp.ClientSession(headers=headers) as session:
        try:
            async with session.post(address, json=body) as response:
                assert response.status >= 500
        except aiohttp.ClientError:
            assert local.requests[0].status == 0
        async with session.post(address, json=body) as response:
            assert response.status == 200

    assert [message["content"] for message in local.of_bot()] == ["x"]


async def test_a_request_that_never_arrived_leaves_nothing(local: LocalDiscord) -> None:
    async with connected(local) as client:
        local.fail("POST /channels/*/messages", "reset")

        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await client.get_partial_messageable(local.world.general.id).send("x")
        assert local.of_bot() == []


async def test_permissions_are_refused_as_discord_refuses_them(local: LocalDiscord) -> None:
    async with connected(local) as client:
        channel = client.get_partial_messageable(local.world.general.id)
        await local.say("hello")
        local.forbid(local.world.general, Permission.SEND_MESSAGES, Permission.READ_MESSAGE_HISTORY)
        with pytest.raises(discord.Forbidden) as refused:
            await channel.send("x")
        assert refused.value.code == 50013
        assert [message async for message in channel.history()] == []

        local.forbid(local.world.general, Permission.VIEW_CHANNEL)
        with pytest.raises(discord.Forbidden) as refused:
            await channel.send("x")
        assert refused.value.code == 50001

        await local.delete_channel(local.world.general)
        with pytest.raises(discord.NotFound):
            await channel.send("x")


async def test_history_pages_as_discord_pages_it(local: LocalDiscord) -> None:
    async with connected(local) as client:
        channel = client.get_partial_messageable(local.world.general.id)
        said = [await local.say(str(number), mention_bot=True) for number in range(7)]
        ids = [int(message["id"]) for message in said]
        middle = discord.Object(ids[3])

        assert [one.id async for one in channel.history(limit=2)] == ids[:4:-1]
        assert [one.id async for one in channel.history(after=middle)] == ids[4:]
        assert [one.id async for one in channel.history(before=middle, limit=2)] == [ids[2], ids[1]]
        assert sorted([one.id async for one in channel.history(around=middle, limit=3)]) == ids[2:5]
        assert len([one async for one in channel.history(after=middle, limit=1)]) == 1


async def test_a_thread_under_a_message_has_its_id_and_takes_messages(local: LocalDiscord) -> None:
    async with connected(local) as client:
        channel = client.get_channel(local.world.general.id)
        assert isinstance(channel, discord.TextChannel)
        message = await channel.send("today")
        thread = await message.create_thread(name="Talk")
        await thread.send("inside")

        assert thread.id == message.id
        assert [one["content"] for one in local.messages(thread.id)] == ["inside"]
        with pytest.raises(discord.HTTPException):
            await message.create_thread(name="Again")


async def test_a_second_or_late_acknowledgement_is_refused(local: LocalDiscord) -> None:
    @app_commands.command(description="Wait too long")
    async def late(interaction: discord.Interaction) -> None:
        local.advance(3.1)
        await interaction.response.send_message("late")

    @app_commands.command(description="Answer twice")
    async def twice(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("one")
        interaction.response._response_type = None  # noqa: SLF001 - the library would not let itself answer twice
        await interaction.response.send_message("two")

    codes: list[int] = []
    client = Client()

    async def note(_: discord.Interaction, error: app_commands.AppCommandError) -> None:
        cause = error.__cause__ or error
        codes.append(getattr(cause, "code", 0))

    client.tree.add_command(late)
    client.tree.add_command(twice)
    client.tree.error(note)
    async with connected(local, client):
        assert (await local.slash("late", seconds=0.3)).response is None
        assert (await local.slash("twice")).type == 4
        assert await local.settle(lambda: len(codes) == 2)

    assert codes == [10062, 40060]
    assert len(local.violations) == 2


async def test_an_interaction_token_ends_after_fifteen_minutes(local: LocalDiscord) -> None:
    async with connected(local):
        asked = await local.slash("slow")
        local.advance(15 * 60 + 1)

        address = f"{local.api_base}/webhooks/{local.world.bot.id}/{asked.token}/messages/@original"
        async with aiohttp.ClientSession() as session, session.patch(address, json={"content": "x"}) as response:
            assert response.status == 401
            assert (await response.json())["code"] == 50027


async def test_a_user_install_has_five_follow_ups(local: LocalDiscord) -> None:
    away = local.world.add_guild("Elsewhere", owner=local.world.bob, installed=False)
    channel = local.world.add_channel(away, "chat")
    asked = await local.slash("quote", {"words": "x"}, channel=channel, stale=True, seconds=0)
    base = f"{local.api_base}/interactions/{asked.id}/{asked.token}/callback"
    after = f"{local.api_base}/webhooks/{local.world.bot.id}/{asked.token}"

    async with aiohttp.ClientSession() as session:
        async with session.post(base, json={"type": 4, "data": {"content": "x"}}) as response:
            assert response.status == 204
        statuses = []
        for _ in range(6):
            async with session.post(after, json={"content": "more"}) as response:
                statuses.append(response.status)

    assert asked.payload["authorizing_integration_owners"] == {"1": str(local.world.bob.id)}
    assert statuses == [200] * 5 + [400]


async def test_discords_client_offers_no_command_to_who_may_not_use_it(local: LocalDiscord) -> None:
    command = {
        "id": "9",
        "name": "settings",
        "type": 1,
        "options": [],
        "default_member_permissions": "32",
        "contexts": [0],
    }
    local.commands[0].append(command)

    with pytest.raises(ValueError, match="lacks the permissions"):
        await local.slash("settings", user=local.world.bob, seconds=0)
    with pytest.raises(ValueError, match="contexts"):
        await local.slash("settings", channel=local.world.dm_with(local.world.bob), seconds=0)
    assert (await local.slash("settings", user=local.world.alice, seconds=0)).response is None


async def test_session_starts_run_out(local: LocalDiscord) -> None:
    local.gateway.identifies_left = 0

    with pytest.raises(discord.ConnectionClosed):
        await Client().start(local.token)
    assert len(local.violations) == 1


async def test_what_breaks_a_limit_is_refused_and_recorded(local: LocalDiscord) -> None:
    async with connected(local) as client:
        with pytest.raises(discord.HTTPException) as refused:
            await client.get_partial_messageable(local.world.general.id).send("x" * 2_001)

    assert refused.value.code == 50035
    assert "Must be 2000 or fewer in length" in str(refused.value)
    assert len(local.violations) == 1


async def test_pings_are_those_that_allowed_mentions_lets_through(local: LocalDiscord) -> None:
    text = f"<@{local.world.bob.id}> @everyone"
    async with connected(local) as client:
        channel = client.get_partial_messageable(local.world.general.id)
        await channel.send(text)
        quiet = await channel.send(text, allowed_mentions=discord.AllowedMentions.none())
        loud, silent = local.of_bot()

        assert (loud["mention_everyone"], len(loud["mentions"])) == (True, 1)
        assert (silent["mention_everyone"], silent["mentions"]) == (False, [])
        await quiet.edit(content=text)
        assert silent["mention_everyone"]


async def test_rate_limits_are_kept_when_they_are_switched_on(local: LocalDiscord) -> None:
    local.wire.buckets.on = True
    headers = {"Authorization": f"Bot {local.token}"}
    address = f"{local.api_base}/channels/{local.world.general.id}/messages"
    async with aiohttp.ClientSession(headers=headers) as session:
        statuses = []
        for number in range(6):
            async with session.post(address, json={"content": str(number)}) as response:
                statuses.append(response.status)
                last = response.headers

    assert statuses == [200, 200, 200, 200, 200, 429]
    assert last["Content-Type"] == "application/json"
    assert last["Via"]
    assert last["X-RateLimit-Scope"] == "user"


async def test_guilds_spread_over_two_shards_become_ready(local: LocalDiscord) -> None:
    for number in range(200):
        local.world.add_channel(local.world.add_guild(f"Guild {number}"), "general")
    local.gateway.shards = 2
    async with connected(local) as client:
        assert await local.settle(lambda: len(client.guilds) == 201)
        assert len(local.gateway.identifies) == 2


V2 = 1 << 15
TEXT: Json = {"type": 10, "content": "x"}
BUTTON: Json = {"type": 2, "style": 1, "label": "x", "custom_id": "a"}
COMMAND: Json = {"name": "quote", "description": "x"}


def row(*parts: Json) -> Json:
    return {"type": 1, "components": list(parts)}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"content": "x" * 2_001}, "content"),
        ({"content": "x", "flags": V2, "components": [TEXT]}, "flags"),
        ({"flags": V2, "components": [TEXT] * 41}, "components"),
        ({"flags": V2, "components": [{"type": 17, "components": [TEXT] * 40}]}, "components"),
        ({"flags": V2, "components": [{"type": 10, "content": "x" * 2_001}] * 2}, "components"),
        ({"components": [TEXT]}, "components.0.type"),
        ({"components": [row(BUTTON)] * 2}, "components.1.components.0.custom_id"),
        ({"components": [row(*({**BUTTON, "custom_id": str(n)} for n in range(6)))]}, "components.0.components"),
        ({"components": [row({**BUTTON, "custom_id": "x" * 101})]}, "components.0.components.0.custom_id"),
        ({"components": [row({**BUTTON, "custom_id": ""})]}, "components.0.components.0.custom_id"),
        ({"components": [row({**BUTTON, "label": "x" * 81})]}, "components.0.components.0.label"),
        (
            {"components": [row({"type": 2, "style": 5, "label": "x", "url": "ftp://x"})]},
            "components.0.components.0.url",
        ),
        ({"content": "x", "nonce": "x" * 26}, "nonce"),
        ({"embeds": [{"description": "x" * 4_000}, {"description": "x" * 2_001}]}, "embeds"),
        ({"content": ""}, ""),
        ({"components": [], "flags": V2}, ""),
    ],
)
def test_a_message_beyond_a_limit_has_a_problem_there(body: Json, path: str) -> None:
    assert path in [".".join(problem.path) for problem in message_problems(body)]


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x" * 2_000, "nonce": "x" * 25},
        {"flags": V2, "components": [{"type": 10, "content": "x" * 4_000}, *[{"type": 14}] * 39]},
        {"content": "x", "components": [row({**BUTTON, "label": "x" * 80, "custom_id": "x" * 100})]},
    ],
)
def test_a_message_within_every_limit_has_no_problem(body: Json) -> None:
    assert message_problems(body) == []


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ({**COMMAND, "name": "Quote"}, "0.name"),
        ({**COMMAND, "name": "x" * 33}, "0.name"),
        ({**COMMAND, "description": ""}, "0.description"),
        ({**COMMAND, "description": "x" * 101}, "0.description"),
        ({**COMMAND, "options": [{**COMMAND, "name": f"o{n}", "type": 3} for n in range(26)]}, "0.options"),
        (
            {**COMMAND, "options": [{**COMMAND, "type": 3}, {**COMMAND, "name": "b", "type": 3, "required": True}]},
            "0.options",
        ),
        (
            {**COMMAND, "options": [{**COMMAND, "type": 3, "choices": [{"name": "x", "value": "x"}] * 26}]},
            "0.options.0.choices",
        ),
        (
            {
                **COMMAND,
                "options": [
                    {
                        **COMMAND,
                        "name": f"o{n}",
                        "type": 3,
                        "choices": [{"name": "x" * 100, "value": f"{m:0100}"} for m in range(25)],
                    }
                    for n in range(2)
                ],
            },
            "0",
        ),
    ],
)
def test_a_command_beyond_a_limit_has_a_problem_there(command: Json, path: str) -> None:
    assert path in [".".join(problem.path) for problem in command_problems([command])]


def test_a_modal_beyond_a_limit_has_a_problem_there() -> None:
    problems = modal_problems({"title": "x" * 46, "custom_id": "a", "components": []})

    assert {problem.path for problem in problems} == {("data", "title"), ("data", "components")}


def test_an_error_is_written_as_discord_writes_it() -> None:
    body = error_body(message_problems({"content": "x" * 2_001}))

    assert body["code"] == 50035
    assert body["errors"]["content"]["_errors"][0]["code"] == "BASE_TYPE_MAX_LENGTH"
    assert error_body(message_problems({}))["code"] == 50006


@pytest.mark.skipif(not SPECIFICATION.is_file(), reason="Discord's document is not at hand")
def test_discords_own_document_finds_what_has_no_named_limit() -> None:
    good: Json = {"content": "x", "components": [row(BUTTON)]}

    assert schema_problems(named("MessageCreateRequest"), good) == []
    assert schema_problems(named("MessageCreateRequest"), {"content": 3})
    assert schema_problems(named("MessageCreateRequest"), {"components": [row({**BUTTON, "style": 99})]})


async def test_under_random_faults_a_nonce_keeps_every_message_single(local: LocalDiscord) -> None:
    local.faults.at_random(0.35, 7)
    local.faults.slow = local.faults.stall = 0.01
    address = f"{local.api_base}/channels/{local.world.general.id}/messages"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {local.token}"}) as session:
        for number in range(60):
            body = {"content": str(number), "nonce": f"n{number}", "enforce_nonce": True}
            for _ in range(30):
                with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                    async with session.post(address, json=body) as response:
                        if response.status == 200:
                            break

    assert [message["content"] for message in local.of_bot()] == [str(number) for number in range(60)]
    assert len(local.faults.dealt) > 6


def test_the_same_seed_deals_the_same_faults() -> None:
    def dealt(seed: int) -> list[str | None]:
        faults = Faults()
        faults.at_random(0.35, seed)
        drawn = [faults.draw("POST /channels/1/messages") for _ in range(100)]
        return [fault.kind if fault else None for fault in drawn]

    assert dealt(7) == dealt(7)
    assert dealt(7) != dealt(8)
    assert 20 < sum(kind is not None for kind in dealt(7)) < 50


async def test_the_process_serves_is_told_faults_and_writes_its_state(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.local_discord",
        "--state",
        str(state),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.readline(), 20)
    known = json.loads(state.read_text("utf-8"))
    headers = {"Authorization": f"Bot {known['token']}"}
    try:
        async with aiohttp.ClientSession(headers=headers) as session:

            async def tell(deed: str, **given: object) -> Json:
                async with session.post(known["control"] + deed, json=given) as response:
                    answered: Json = await response.json()
                    return answered

            await tell("fail", pattern="POST /channels/*", kind="accepted-503")
            channel = (await tell("state"))["result"]["channels"]["general"]
            async with session.post(f"{known['api_base']}/channels/{channel}/messages", json={"content": "x"}) as lost:
                assert lost.status == 503
            assert [message["content"] for message in (await tell("messages"))["result"]] == ["x"]
            assert "no channel" in (await tell("messages", channel="nowhere"))["error"]
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)

    kept = json.loads(state.read_text("utf-8"))["messages"][channel]
    assert [message["content"] for message in kept] == ["x"]


async def test_waiting_ends_when_nothing_comes(local: LocalDiscord) -> None:
    assert not await local.settle(lambda: False, seconds=0.1)
