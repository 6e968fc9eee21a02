"""`setup`: the questions, live against both local platforms, and the file that comes of the answers."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import COMMAND_LINES
from bot.errors import OperatorError
from bot.operating.env_file import write_env
from bot.operating.setup import Dialogue, run_setup
from bot.settings import read_env_file
from tests.local_discord import TOKEN, LocalDiscord
from tests.local_slack import LocalSlack
from tests.test_console import in_terminal
from tests.test_doctor import NOWHERE, PASTED, discord, slack
from tests.test_slack import no_proxies

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["discord", "no_proxies", "slack"]


OLD = "old-token-of-somebody"
NO_WORDS = "bad.txt holds no words."


class Run:
    """One run of setup with lines for answers: its status, or the sentence it ended with, and what it wrote."""

    def __init__(self, path: Path, *answers: str, name: str | None, environ: dict[str, str]) -> None:
        self.path = path
        self.written = ""
        self.brought: list[tuple[str, str]] = []
        self.hidden: tuple[str, ...] = ()
        self.status, self.error = 2, ""
        dialogue = Dialogue(io.StringIO("".join(f"{answer}\n" for answer in answers)), self._write)
        try:
            self.status = run_setup(
                name, environ, path, dialogue=dialogue, hide=self._hide, lines=COMMAND_LINES, bring=self._bring
            )
        except OperatorError as error:
            self.error = str(error)

    def _write(self, text: str) -> None:
        self.written += text

    def _hide(self, secrets: tuple[str, ...]) -> None:
        self.hidden += secrets

    def _bring(self, target: str, show: str) -> int:
        if target == "bad.txt":
            raise OperatorError(NO_WORDS)
        self.brought.append((target, show))
        return 0

    @property
    def saved(self) -> dict[str, str]:
        return read_env_file(self.path)


async def on_discord(local: LocalDiscord, path: Path, *answers: str, name: str | None = "discord") -> Run:
    """Run setup for Discord beside the test's loop."""
    environ = {"DISCORD_API_BASE_URL": local.api_base}
    return await asyncio.to_thread(lambda: Run(path, *answers, name=name, environ=environ))


async def on_slack(local: LocalSlack, path: Path, *answers: str) -> Run:
    environ = {"SLACK_API_BASE_URL": local.api_base}
    return await asyncio.to_thread(lambda: Run(path, *answers, name="slack", environ=environ))


async def test_a_discord_token_is_asked_for_checked_and_saved_with_the_invite_link(
    discord: LocalDiscord, tmp_path: Path
) -> None:
    run = await on_discord(discord, tmp_path / ".env", TOKEN, "")

    assert (run.status, run.error) == (0, "")
    assert run.saved == {"DISCORD_TOKEN": TOKEN}
    assert "Bot, press Reset Token" in run.written
    assert "✓ Discord knows the token: Verbatim" in run.written
    assert f"client_id={discord.world.bot.id}" in run.written
    assert "type there: /setup" in run.written
    assert "run_bot.py doctor" in run.written
    assert TOKEN not in run.written
    assert TOKEN in run.hidden


async def test_without_a_name_the_platform_is_asked_for(discord: LocalDiscord, tmp_path: Path) -> None:
    run = await on_discord(discord, tmp_path / ".env", "teams", "Discord", TOKEN, "", name=None)

    assert "I can be on discord or slack" in run.written
    assert run.saved == {"DISCORD_TOKEN": TOKEN}


async def test_both_tokens_of_slack_are_saved(slack: LocalSlack, tmp_path: Path) -> None:
    run = await on_slack(slack, tmp_path / ".env", slack.bot_token, slack.app_token, "")

    assert (run.status, run.error) == (0, "")
    assert run.saved == {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
    assert "run_bot.py manifest" in run.written
    assert "/invite @verbatim" in run.written


@pytest.mark.parametrize(
    ("pasted", "sentence"),
    [
        (PASTED["slack-bot-token"], "belongs in SLACK_BOT_TOKEN"),
        (PASTED["discord-application-id"], "looks like a Discord application id"),
        (PASTED["discord-client-secret"], "looks like a Discord client secret"),
        ("half a token", "has a blank"),
        ("", "That was empty"),
        ("nobody-knows-it", "Discord refuses DISCORD_TOKEN"),
    ],
)
async def test_a_wrong_answer_gets_a_sentence_and_another_try(
    discord: LocalDiscord, tmp_path: Path, pasted: str, sentence: str
) -> None:
    run = await on_discord(discord, tmp_path / ".env", pasted, TOKEN, "")

    assert sentence in run.written
    assert not pasted or pasted not in run.written
    assert run.saved == {"DISCORD_TOKEN": TOKEN}


@pytest.mark.parametrize("around", ["  {}  ", '"{}"', "DISCORD_TOKEN={}", "Bot {}", "DISCORD_TOKEN='{}'"])
async def test_what_is_pasted_around_a_token_is_taken_away(discord: LocalDiscord, tmp_path: Path, around: str) -> None:
    run = await on_discord(discord, tmp_path / ".env", around.format(TOKEN), "")

    assert run.saved == {"DISCORD_TOKEN": TOKEN}


async def test_slacks_tokens_in_each_others_place_are_told(slack: LocalSlack, tmp_path: Path) -> None:
    answers = (slack.app_token, slack.bot_token, slack.bot_token, slack.app_token, "")
    run = await on_slack(slack, tmp_path / ".env", *answers)

    assert "belongs in SLACK_APP_TOKEN" in run.written
    assert "belongs in SLACK_BOT_TOKEN" in run.written
    assert run.saved == {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}


async def test_only_the_token_that_is_refused_is_asked_for_again(slack: LocalSlack, tmp_path: Path) -> None:
    run = await on_slack(slack, tmp_path / ".env", slack.bot_token, "xapp-nobody-knows-it", slack.app_token, "")

    assert run.written.count("SLACK_BOT_TOKEN (not shown)") == 1
    assert run.written.count("SLACK_APP_TOKEN (not shown)") == 2
    assert run.saved == {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}


async def test_nothing_is_saved_when_no_answer_is_any_use(discord: LocalDiscord, tmp_path: Path) -> None:
    run = await on_discord(discord, tmp_path / ".env", *["nobody-knows-it"] * 9)

    assert "Nothing was saved" in run.error
    assert not (tmp_path / ".env").exists()


async def test_whoever_leaves_half_way_is_told_that_setup_can_be_run_again(
    discord: LocalDiscord, tmp_path: Path
) -> None:
    run = await on_discord(discord, tmp_path / ".env")

    assert "Run setup again" in run.error
    assert not (tmp_path / ".env").exists()


async def test_run_again_it_shows_what_is_set_as_set_and_changes_nothing(discord: LocalDiscord, tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(f"# mine\nDISCORD_TOKEN={TOKEN}\n", "utf-8")

    run = await on_discord(discord, path, "", "")

    assert "DISCORD_TOKEN is set. Press Enter to keep it" in run.written
    assert (run.status, run.saved) == (0, {"DISCORD_TOKEN": TOKEN})
    assert path.read_text("utf-8") == f"# mine\nDISCORD_TOKEN={TOKEN}\n"
    assert TOKEN not in run.written


@pytest.mark.parametrize(
    ("answer", "kept"), [("no", "old-token-of-somebody"), ("", "old-token-of-somebody"), ("yes", TOKEN)]
)
async def test_another_value_is_not_overwritten_without_asking(
    discord: LocalDiscord, tmp_path: Path, answer: str, kept: str
) -> None:
    path = tmp_path / ".env"
    path.write_text(f"DISCORD_TOKEN={OLD}\n", "utf-8")

    run = await on_discord(discord, path, TOKEN, answer, "", "")

    assert "Another DISCORD_TOKEN is saved already" in run.written
    assert run.saved == {"DISCORD_TOKEN": kept}
    assert run.status == (0 if kept == TOKEN else 1)


async def test_a_token_that_the_environment_sets_is_left_to_it(discord: LocalDiscord, tmp_path: Path) -> None:
    environ = {"DISCORD_API_BASE_URL": discord.api_base, "DISCORD_TOKEN": TOKEN}
    run = await asyncio.to_thread(lambda: Run(tmp_path / ".env", "", name="discord", environ=environ))

    assert "DISCORD_TOKEN is set outside that file" in run.written
    assert run.status == 0
    assert not (tmp_path / ".env").exists()


@pytest.mark.parametrize(("answer", "saved"), [("yes", {"DISCORD_TOKEN": TOKEN}), ("no", {})])
def test_without_a_network_it_is_saved_only_if_that_is_wanted(
    tmp_path: Path, answer: str, saved: dict[str, str]
) -> None:
    run = Run(tmp_path / ".env", TOKEN, answer, "", name="discord", environ={"DISCORD_API_BASE_URL": NOWHERE})

    assert "I could not reach Discord" in run.written
    assert run.saved == saved
    assert run.status == (1 if saved else 2)


async def test_a_switch_of_the_portal_that_is_wrong_is_named_and_the_token_saved(
    discord: LocalDiscord, tmp_path: Path
) -> None:
    discord.world.portal = {"interactions_endpoint_url": "https://elsewhere.invalid"}

    run = await on_discord(discord, tmp_path / ".env", TOKEN, "")

    assert run.status == 1
    assert "empty Interactions Endpoint URL" in run.written
    assert run.saved == {"DISCORD_TOKEN": TOKEN}


async def test_a_show_is_brought_in_or_told_why_not(discord: LocalDiscord, tmp_path: Path) -> None:
    path = tmp_path / ".env"
    brought = await on_discord(discord, path, TOKEN, "https://example.org/feed.xml", "my-show")
    failed = await on_discord(discord, path, "", "bad.txt", "my-show")
    again = await on_discord(discord, path, "", "bad.txt", "my-show", "good.txt", "my-show")

    assert (brought.status, brought.brought) == (0, [("https://example.org/feed.xml", "my-show")])
    assert failed.status == 1
    assert NO_WORDS in failed.written
    assert (again.status, again.brought) == (0, [("good.txt", "my-show")])


# The file -------------------------------------------------------------------------------------------------------------

_VALUES = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1, max_size=40).filter(
    lambda value: "$" not in value
)


@given(st.dictionaries(st.sampled_from(["A", "B_TOKEN", "C"]), _VALUES), _VALUES)
def test_any_value_is_read_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, str], other: str
) -> None:
    path = tmp_path_factory.mktemp("env") / ".env"
    write_env(path, {"OTHER": other, "A": "before"})
    write_env(path, values)

    assert read_env_file(path) == {"OTHER": other, "A": "before"} | values


def test_all_other_lines_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    before = '# the bot\r\n\r\nexport SLACK_MODE=http # why\r\nDISCORD_TOKEN=old\r\nVERBATIM_DATA_DIR="a b"\r\nno line'
    path.write_bytes(before.encode())

    write_env(path, {"DISCORD_TOKEN": "new", "SLACK_APP_TOKEN": "xapp-1"})

    after = before.replace("=old", "=new") + "\r\nSLACK_APP_TOKEN=xapp-1\r\n"
    assert path.read_bytes() == after.encode()


def test_a_name_that_stands_twice_is_set_where_it_counts(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\nB=2\nA=3\n", "utf-8")

    write_env(path, {"A": "4"})

    assert read_env_file(path) == {"A": "4", "B": "2"}


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
def test_the_file_is_its_owners_alone_and_a_link_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "real.env", tmp_path / ".env"
    real.write_text("A=1\n", "utf-8")
    real.chmod(0o644)
    link.symlink_to(real)

    write_env(link, {"A": "2"})

    assert link.is_symlink()
    assert read_env_file(real) == {"A": "2"}
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "real.env"]


def test_where_it_cannot_be_written_a_sentence_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / ".env", tmp_path / "nowhere" / ".env"):
        with pytest.raises(OperatorError, match="nothing was saved"):
            write_env(path, {"A": "1"})


def test_a_file_that_is_no_text_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(OperatorError, match="isn't text"):
        write_env(path, {"A": "1"})
    assert path.read_bytes() == b"\xff\xfe\x00"


@pytest.mark.parametrize(
    ("number", "fix"),
    [(errno.ENOSPC, "free some space"), (errno.EACCES, "Let your user write"), (errno.EIO, "Look at")],
)
def test_a_full_disk_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, fix: str
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)  # that is where a disk says that it keeps nothing more
    path = tmp_path / ".env"
    path.write_text("A=1\n", "utf-8")

    with pytest.raises(OperatorError, match=f"nothing was saved.*{fix}"):
        write_env(path, {"A": "2"})
    assert path.read_text("utf-8") == "A=1\n"
    assert [each.name for each in tmp_path.iterdir()] == [".env"]


# The terminal ---------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="Windows has no pseudo-terminals")
async def test_in_a_terminal_a_pasted_token_is_not_shown(discord: LocalDiscord, tmp_path: Path) -> None:
    script = (
        "import sys, bot.app; from pathlib import Path; "
        f"bot.app.home = lambda: Path({json.dumps(str(tmp_path))}); sys.exit(bot.app.main(['setup', 'discord']))"
    )
    steps = (("(not shown):", f"{TOKEN}\r"), ("feed's address", "\r"))
    status, shown = await asyncio.to_thread(
        lambda: in_terminal([sys.executable, "-c", script], {"DISCORD_API_BASE_URL": discord.api_base}, *steps)
    )

    assert status == 0
    assert TOKEN.encode() not in shown
    assert b"Saved DISCORD_TOKEN" in shown
    assert read_env_file(tmp_path / ".env") == {"DISCORD_TOKEN": TOKEN}
