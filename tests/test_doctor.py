"""`doctor`: each fault of a setup is one line with what mends it, on both platforms and without a network."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters import PLATFORMS
from bot.contract import Channel, Finding, State
from bot.errors import OperatorError
from bot.feeds import Follower
from bot.operating.credentials import bare, misread, wanted
from bot.operating.doctor import look
from bot.settings import Settings, secret_names
from bot.store import ChannelSettings, open_store
from tests.conftest import RunBot
from tests.local_discord import TOKEN, LocalDiscord, Permission
from tests.local_slack import LocalSlack
from tests.test_slack import no_proxies

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.corpus.fetch import Fetched

__all__ = ["no_proxies"]

NOWHERE = "http://127.0.0.1:9/"
"""Where nothing listens: the port of `discard`."""

PASTED = {
    "discord-bot-token": "MTEwMDAwMDAwMDAwMDAwMDAwMQ.GabcdE.an-invented-token_of-38-characters-00",
    "discord-application-id": "929292929292929292",
    "discord-client-secret": "Invented-Client_Secret-of-32-cha",
    "discord-public-key": "0f" * 32,
    "discord-user-token": "mfa.an-invented-token-of-somebody",
    "discord-webhook": "https://discord.com/api/webhooks/110000000000000000/invented",
    "slack-bot-token": "xoxb-110000000000-110000000000-invented",
    "slack-app-token": "xapp-1-A0INVENTED-110000000000-invented",
    "slack-user-token": "xoxp-110000000000-invented",
    "slack-configuration-token": "xoxe.xoxp-1-invented-token",
    "slack-session-token": "xoxc-110000000000-invented",
    "slack-secret": "0f" * 16,
    "slack-client-id": "110000000000.110000000000",
    "slack-app-id": "A0INVENTED",
    "slack-webhook": "https://hooks.slack.com/services/T0/B0/invented",
}
"""One of each kind of credential that a portal shows, all invented."""

KINDS = {kind.key: kind for platform in PLATFORMS for kind in platform.credentials}
SETTINGS = sorted({name for kind in KINDS.values() for name in kind.settings})


@pytest.fixture
async def discord() -> AsyncIterator[LocalDiscord]:
    async with LocalDiscord() as local:
        yield local


@pytest.fixture
async def slack(no_proxies: None) -> AsyncIterator[LocalSlack]:  # noqa: ARG001 - loopback needs no proxy
    async with LocalSlack() as local:
        yield local


def of_discord(local: LocalDiscord, **more: str) -> dict[str, str]:
    return {"DISCORD_TOKEN": TOKEN, "DISCORD_API_BASE_URL": local.api_base, **more}


def make_show(folder: Path, edition: str = "The engine computes.") -> Path:
    """Write a show of one sentence, which is proven in no time; an edition that says something else is wrong."""
    episode = folder / "content" / "show" / "1-first"
    episode.mkdir(parents=True, exist_ok=True)
    (episode.parent / "show.toml").write_text('title = "T"\nrights = "R"\n', "utf-8")
    (episode / "source.txt").write_text("The engine computes.\n", "utf-8")
    (episode / "edition.md").write_text(f'---\ntitle: "One"\n---\n\n{edition}\n', "utf-8")
    return folder / "content"


async def findings(folder: Path, environ: dict[str, str]) -> list[Finding]:
    """Return what `doctor` finds beside a small show; it has a loop of its own, so it works beside the test's."""
    with tempfile.TemporaryDirectory() as beside:
        content = str(make_show(Path(beside)))
        given = {"VERBATIM_DATA_DIR": str(folder), "VERBATIM_CONTENT_DIR": content, "VERBATIM_SEMANTIC": "off"}
        settings = Settings.read(given | environ)
        return await asyncio.to_thread(lambda: list(look(settings)))


def wrong(found: list[Finding]) -> dict[str, Finding]:
    return {finding.part: finding for finding in found if finding.state is State.WRONG}


def test_a_bot_without_tokens_is_well_and_told_how_to_go_on(command_line: RunBot) -> None:
    done = command_line("doctor", VERBATIM_SEMANTIC="on")

    assert done.returncode == 0
    assert done.stderr == ""
    marks = [line.split(" ", 1)[0] for line in done.stdout.splitlines()]
    assert set(marks[:-1]) <= {"✓", "·"}
    assert "run_bot.py setup discord" in done.stdout
    assert done.stdout.endswith("All is well.\n")


def test_machines_get_the_same_as_a_list(command_line: RunBot) -> None:
    done = command_line("doctor", "--json")
    rows = json.loads(done.stdout)

    assert done.returncode == 0
    assert all(set(row) == {"part", "state", "found", "fix"} for row in rows)
    assert {row["state"] for row in rows} <= {state.value for state in State}
    assert {"python", "packages", "disk", "content", "index", "models", "store", "platforms"} <= {
        row["part"] for row in rows
    }


def test_settings_that_cannot_be_read_are_2_and_the_rest_is_told_all_the_same(command_line: RunBot) -> None:
    done = command_line("doctor", VERBATIM_SEMANTIC="perhaps")

    assert done.returncode == 2
    assert "VERBATIM_SEMANTIC can be on or off" in done.stdout
    assert "✓ Python" in done.stdout


@pytest.mark.usefixtures("no_proxies")
@pytest.mark.parametrize("environ", [{}, {"DISCORD_API_BASE_URL": NOWHERE, "SLACK_API_BASE_URL": NOWHERE}])
def test_no_secret_is_written_whatever_is_wrong_with_it(
    command_line: RunBot,
    environ: dict[str, str],
) -> None:
    canaries = {name: f"canary{number}ü bird" for number, name in enumerate(secret_names())}
    canaries |= {name: f"xoxb-canary{number}bird" for number, name in enumerate(secret_names())} if environ else {}
    canaries |= {"VERBATIM_LM_URL": "http://127.0.0.1:9/v1", "VERBATIM_LM_MODEL": "m"} if environ else {}
    for form in ((), ("--json",)):
        done = command_line("doctor", *form, **canaries, **environ)

        assert done.returncode in {1, 2}
        assert "canary" not in done.stdout + done.stderr


def test_every_kind_of_credential_has_an_example_here_that_no_other_setting_takes() -> None:
    assert PASTED.keys() == KINDS.keys()
    for key, kind in KINDS.items():
        assert kind.shape.fullmatch(PASTED[key]), key
        assert [name for name in SETTINGS if not misread(name, PASTED[key])] == sorted(kind.settings), key


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_taken_for_another_is_named_with_where_the_right_one_stands(name: str) -> None:
    for key, pasted in PASTED.items():
        told = misread(name, pasted)
        if told:
            assert name in told.found
            assert wanted(name) in told.fix
            assert pasted not in "".join(told), key


@given(st.sampled_from(sorted(PASTED)), st.text(" \t\n\"'", max_size=4), st.text(" \t\n\"'", max_size=4))
def test_blanks_and_quotes_around_a_value_are_told_and_taken_away(key: str, before: str, after: str) -> None:
    for name in KINDS[key].settings:
        around = f"{before}{PASTED[key]}{after}"

        assert bare(name, around) == PASTED[key]
        assert (misread(name, around) is None) == (around == PASTED[key])


@given(st.text(max_size=60))
def test_any_text_is_read_for_a_credential_and_never_repeated(text: str) -> None:
    for name in SETTINGS:
        told = misread(name, text)
        assert told is None or len(text) < 8 or text not in "".join(told)


async def test_discord_that_is_set_up_well_has_nothing_to_mend(discord: LocalDiscord, tmp_path: Path) -> None:
    found = await findings(tmp_path, of_discord(discord))

    assert wrong(found) == {}
    assert "Discord knows the token: Verbatim" in " ".join(finding.found for finding in found)
    assert {"discord-token", "discord-intents", "discord-portal", "clock"} <= {finding.part for finding in found}
    assert discord.violations == []


async def test_a_token_that_discord_refuses_is_told_with_the_way_to_a_new_one(
    discord: LocalDiscord, tmp_path: Path
) -> None:
    discord.token = "another"  # noqa: S105 - the server's own

    refused = wrong(await findings(tmp_path, of_discord(discord)))["discord-token"]

    assert "Discord refuses DISCORD_TOKEN" in refused.found
    assert "Bot → Reset Token" in refused.fix


@pytest.mark.parametrize("kind", sorted(key for key, kind in KINDS.items() if "DISCORD_TOKEN" not in kind.settings))
async def test_what_is_no_token_of_discords_is_told_and_not_sent(
    discord: LocalDiscord, tmp_path: Path, kind: str
) -> None:
    told = wrong(await findings(tmp_path, of_discord(discord, DISCORD_TOKEN=PASTED[kind])))["discord-token"]

    assert "DISCORD_TOKEN holds what looks like" in told.found
    assert discord.asked_for(".*") == []


@pytest.mark.parametrize(
    ("portal", "state", "fix"),
    [
        ({"flags": 1 << 19}, State.NOTE, "turn off Message Content Intent"),
        ({"flags": 1 << 12 | 1 << 15}, State.NOTE, "turn off Presence Intent and Server Members Intent"),
        ({"interactions_endpoint_url": "https://elsewhere.invalid"}, State.WRONG, "empty Interactions Endpoint URL"),
        ({"bot_require_code_grant": True}, State.WRONG, "turn off Requires OAuth2 Code Grant"),
        ({"integration_types_config": {"1": {}}}, State.WRONG, "tick Guild Install"),
        ({"bot_public": False}, State.NOTE, "turn on Public Bot"),
    ],
)
async def test_a_switch_of_discords_portal_that_is_set_wrong_is_named(
    discord: LocalDiscord, tmp_path: Path, portal: dict[str, object], state: State, fix: str
) -> None:
    discord.world.portal = portal

    found = await findings(tmp_path, of_discord(discord))

    assert [finding.state for finding in found if fix in finding.fix] == [state]


async def saved_daily(folder: Path, *channels: Channel) -> None:
    """Turn the daily quote on in channels, in the database of a data folder."""
    store = open_store(f"sqlite:///{folder}/verbatim.db")
    try:
        for channel in channels:
            assert await store.channels.save(ChannelSettings(channel, daily=True), "admin", "daily on", 0.0)
    finally:
        store.close()


async def test_a_channel_where_discord_lets_the_bot_not_post_is_named_with_the_permission(
    discord: LocalDiscord, tmp_path: Path
) -> None:
    world = discord.world
    guild = str(world.guild.id)
    await saved_daily(tmp_path, *(Channel("discord", str(each.id), guild) for each in (world.general, world.other)))
    discord.forbid(world.other, Permission.SEND_MESSAGES)

    found = await findings(tmp_path, of_discord(discord))

    assert "In #quotes I lack Send Messages" in wrong(found)["discord-channels"].fix
    assert any(finding.found.startswith("In 1 channel I may") for finding in found)


async def test_a_clock_that_is_far_off_is_told(discord: LocalDiscord, tmp_path: Path) -> None:
    discord.date_skew = 600.0

    told = wrong(await findings(tmp_path, of_discord(discord)))["clock"]

    assert "behind that of Discord" in told.found
    assert "NTP" in told.fix


async def test_slack_that_is_set_up_well_has_nothing_to_mend(slack: LocalSlack, tmp_path: Path) -> None:
    found = await findings(tmp_path, slack.environ())

    assert wrong(found) == {}
    assert {"slack-bot-token", "slack-scopes", "slack-app-token", "clock"} <= {finding.part for finding in found}
    assert slack.violations == []


@pytest.mark.parametrize(
    ("environ", "part", "fix"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-nobody-knows-it"}, "slack-bot-token", "Slack does not know SLACK_BOT_TOKEN"),
        ({"SLACK_APP_TOKEN": "xapp-nobody-knows-it"}, "slack-app-token", "connections:write"),
        ({"SLACK_APP_TOKEN": ""}, "slack-settings", "SLACK_APP_TOKEN is missing"),
        ({"SLACK_BOT_TOKEN": ""}, "slack-settings", "SLACK_BOT_TOKEN is missing"),
        ({"SLACK_MODE": "http", "SLACK_SIGNING_SECRET": ""}, "slack-settings", "SLACK_SIGNING_SECRET is missing"),
        ({"SLACK_BOT_TOKEN": PASTED["slack-app-token"]}, "slack-bot-token", "belongs in SLACK_APP_TOKEN"),
        ({"SLACK_APP_TOKEN": PASTED["slack-bot-token"]}, "slack-app-token", "belongs in SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": PASTED["discord-bot-token"]}, "slack-bot-token", "belongs in DISCORD_TOKEN"),
    ],
)
async def test_a_wrong_or_missing_token_of_slacks_is_told_with_what_mends_it(
    slack: LocalSlack, tmp_path: Path, environ: dict[str, str], part: str, fix: str
) -> None:
    told = wrong(await findings(tmp_path, slack.environ(**environ)))[part]

    assert fix in told.fix


async def test_scopes_that_are_not_granted_are_named(slack: LocalSlack, tmp_path: Path) -> None:
    slack.team.scopes -= {"users:read", "commands"}

    told = wrong(await findings(tmp_path, slack.environ()))["slack-scopes"]

    assert "commands and users:read" in told.fix


async def test_tokens_of_two_apps_are_told_apart(slack: LocalSlack, tmp_path: Path) -> None:
    slack.api.app_token = "xapp-1-A0OTHER-1-invented"  # noqa: S105 - invented

    told = wrong(await findings(tmp_path, slack.environ()))["slack-app-token"]

    assert "another app's" in told.found


async def test_a_channel_that_the_bot_was_not_invited_to_is_named(slack: LocalSlack, tmp_path: Path) -> None:
    await saved_daily(tmp_path, Channel("slack", "C0GENERAL", slack.team.id), Channel("slack", "C0GONE", slack.team.id))

    told = wrong(await findings(tmp_path, slack.environ()))["slack-channels"]

    assert "C0GONE" in told.found
    assert "/invite @" in told.fix


@pytest.mark.parametrize("kind", ["500", "stall", "html", "reset"])
async def test_slack_that_fails_is_told_within_seconds(
    slack: LocalSlack, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.slack.examine.LOOK_SECONDS", 1.0)
    slack.fail("auth.test", kind, times=9, seconds=60.0)

    told = wrong(await findings(tmp_path, slack.environ()))

    assert "I could not reach Slack" in told["slack"].found


async def test_without_a_network_each_platform_is_one_line(tmp_path: Path) -> None:
    environ = {"DISCORD_TOKEN": TOKEN, "SLACK_BOT_TOKEN": "xoxb-invented-0", "SLACK_APP_TOKEN": "xapp-invented-0"}
    environ |= {"DISCORD_API_BASE_URL": NOWHERE, "SLACK_API_BASE_URL": NOWHERE}

    told = wrong(await findings(tmp_path, environ))

    assert told.keys() == {"discord", "slack"}
    assert told["discord"].found.startswith("I could not reach Discord: ")
    assert told["slack"].found.startswith("I could not reach Slack: ")


async def test_a_port_that_is_taken_is_told(slack: LocalSlack, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = await findings(tmp_path, slack.environ(SLACK_MODE="http", SLACK_HTTP_PORT=str(port)))

    assert any(f"I can't listen at 127.0.0.1:{port}" in finding.found for finding in found)


async def test_a_data_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    told = wrong(await findings(tmp_path / "file", {}))["disk"]

    assert "VERBATIM_DATA_DIR" in told.fix


async def test_a_database_that_is_none_or_of_a_later_version_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    database = tmp_path / "verbatim.db"
    database.write_bytes(b"this is no database, whatever it is called" * 100)

    assert "is damaged" in wrong(await findings(tmp_path, {}))["store"].fix
    assert database.read_bytes().startswith(b"this is no database")


async def test_looking_makes_no_database(tmp_path: Path) -> None:
    found = await findings(tmp_path, {})

    assert not (tmp_path / "verbatim.db").exists()
    assert any("No database yet" in finding.found for finding in found)


async def test_content_that_cannot_be_opened_and_an_edition_that_is_wrong_are_told(tmp_path: Path) -> None:
    assert "can't be read" in wrong(await findings(tmp_path, {"VERBATIM_CONTENT_DIR": "/nowhere"}))["content"].fix

    content = make_show(tmp_path, "The engine dreams.")
    told = wrong(await findings(tmp_path / "data", {"VERBATIM_CONTENT_DIR": str(content)}))["content"]

    assert "show/1-first" in told.found
    assert "edition.md:" in told.fix


def test_an_index_that_is_damaged_is_told(tmp_path: Path, command_line: RunBot) -> None:
    folder = {"VERBATIM_DATA_DIR": str(tmp_path)}
    assert "The search index has 0 of 1 episodes." in command_line("doctor", **folder).stdout
    assert command_line("--once", "/about", **folder).returncode == 0
    assert "The search index has the episode." in command_line("doctor", **folder).stdout

    for file in (tmp_path / "index").rglob("*.store"):
        file.write_bytes(b"")

    assert "The search index is damaged." in command_line("doctor", **folder).stdout


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
def test_a_file_of_secrets_that_others_can_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.operating.doctor.home", lambda: tmp_path)
    env = tmp_path / ".env"
    env.write_text("DISCORD_TOKEN=x\n", "utf-8")
    env.chmod(0o644)
    settings = Settings.read({"VERBATIM_DATA_DIR": str(tmp_path), "VERBATIM_SEMANTIC": "off"})

    assert [finding.fix for finding in look(settings) if finding.part == "env-file"] == [f"chmod 600 {env}"]

    env.chmod(0o600)

    assert [finding.state for finding in look(settings) if finding.part == "env-file"] == [State.WELL]
    env.write_text("# mine\n\nDISCORD_TOKEN abc\nVERBATIM_LOG=json\n", "utf-8")
    (line, _) = [finding for finding in look(settings) if finding.part == "env-file"]
    assert (line.state, line.found) == (State.WRONG, f"I can't read line 3 of {env}.")
    env.write_text("A='two\nlines'\nexport B=1\nC\n", "utf-8")
    (line, _) = [finding for finding in look(settings) if finding.part == "env-file"]
    assert (line.state, line.found) == (State.WRONG, f"I can't read line 4 of {env}.")


def test_a_followed_feed_is_told_of_with_what_to_do_where_it_fails(tmp_path: Path) -> None:
    content = make_show(tmp_path)
    (content / "show" / "show.toml").write_text(
        'title = "T"\nrights = "R"\nfeed = "https://feeds.example/t"\n', "utf-8"
    )
    settings = Settings.read({
        "VERBATIM_DATA_DIR": str(tmp_path / "data"), "VERBATIM_CONTENT_DIR": str(content), "VERBATIM_SEMANTIC": "off",
    })  # fmt: skip

    (new,) = [finding for finding in look(settings) if finding.part == "feeds"]
    assert (new.state, new.found) == (State.WELL, "show: not looked at yet; 0 episodes.")

    Follower(content, get=away, tell=lambda _: None).tick(1_000_000.0)
    (failed,) = [finding for finding in look(settings) if finding.part == "feeds"]
    assert failed.state is State.WRONG
    assert "last error: feeds.example is away" in failed.found
    assert failed.fix.endswith("follow --once --show show looks again now.")


def away(_feed: str) -> Callable[..., Fetched]:
    def get(*_: object, **__: object) -> Fetched:
        raise OperatorError("feeds.example is away")  # noqa: EM101, TRY003 - what a fetcher says

    return get
