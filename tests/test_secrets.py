"""No secret is written anywhere: canaries in every setting that is one, and in what platforms give for one answer."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from bot.adapters.slack.workspaces import Installs, Workspace, vault
from bot.errors import OperatorError
from bot.intake import Intake
from bot.logs import MOST_CONCEALED, MOST_HELD, Discreet, Stream, conceal, logins
from bot.settings import ROOT, Settings, secret_names, secrets_of, setting_rows
from tests.conftest import RunBot
from tests.local_discord import LocalDiscord
from tests.local_slack import LocalSlack
from tests.test_discord import serving as discord_serving
from tests.test_slack import no_proxies, serving

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core import Core

__all__ = ["no_proxies"]

CANARY = 'ca "nary" & ü/7 \\ {}'
"""Of no shape: with what addresses, JSON and patterns write otherwise."""

CANARIES = {name: f"{CANARY}{number}" for number, name in enumerate(secret_names())}
PASSWORD = "pass%20word-of-a-server"  # noqa: S105 - a canary
ADDRESSES = {
    "VERBATIM_DATABASE_URL": f"mysql://user:{PASSWORD}@nowhere.invalid/x",
    "DISCORD_PROXY": f"ftp://user:{PASSWORD}@nowhere.invalid",
    "HTTPS_PROXY": f"http://user:{PASSWORD}@nowhere.invalid",
}


def forms(secret: str) -> list[str]:
    """Return how a secret may come to be written."""
    header = base64.b64encode(f"client:{secret}".encode()).decode()
    return [
        secret, repr(secret), json.dumps(secret), json.dumps(secret, ensure_ascii=False), quote(secret),
        quote(secret, safe=""), header, base64.urlsafe_b64encode(secret.encode()).decode(), secret.encode().hex(),
    ]  # fmt: skip


def log_of(*secrets: str) -> Discreet:
    log = Discreet(())
    log.hide(secrets)
    return log


@pytest.mark.parametrize("secret", [CANARY, "8f742231b10e8888", "ends with =", "\\d+.*(?:", "日本語のひみつ"])
def test_a_secret_is_found_in_every_form_that_it_is_written_in(secret: str) -> None:
    for form in forms(secret):
        shown = log_of(secret).clean(f"before {form} after")
        assert secret not in shown
        assert not any(part in shown for part in (form[2:-4], secret[1:-1]))
        assert shown.startswith("before ")
        assert shown.endswith(" after")


def test_a_short_secret_is_hidden_where_it_stands_alone_and_no_word_is_torn() -> None:
    log = log_of("word", "the")

    assert log.clean("word: the password of the words") == "…: the password of the words"


def test_a_longer_secret_is_hidden_whole_where_another_begins_it() -> None:
    assert log_of("a-secret", "a-secret-that-goes-on").clean("a-secret-that-goes-on") == "…"


def test_every_setting_that_is_a_secret_is_hidden_and_so_are_passwords_in_addresses() -> None:
    given = CANARIES | {
        "VERBATIM_DATABASE_URL": f"postgresql://user:{PASSWORD}@db/x",
        "DISCORD_PROXY": "http://u:p%40ss@p",
    }
    settings = Settings.read(given)

    assert set(settings.secrets) == {*CANARIES.values(), PASSWORD, "pass word-of-a-server", "p%40ss", "p@ss"}
    assert set(secrets_of(given)) == set(settings.secrets)


def test_settings_show_themselves_without_secrets() -> None:
    database = f"postgresql://user:{PASSWORD}@db/x"
    settings = Settings.read(CANARIES | {"VERBATIM_DATABASE_URL": database, "SLACK_MODE": "http"})
    shown = f"{settings!r} {settings} {[settings]}"

    assert "slack_mode='http'" in shown
    assert "postgresql://…@db/x" in shown
    assert not any(each in shown for each in (CANARY, PASSWORD, repr(CANARY)[1:-1]))


@pytest.mark.parametrize("name", [row.name for row in setting_rows()])
def test_an_address_that_cannot_be_is_told_without_its_password(name: str) -> None:
    told = ""
    try:
        Settings.read({name: f"gopher://user:{PASSWORD}@[bad"})
    except OperatorError as error:
        told = str(error)

    assert PASSWORD not in told


@pytest.mark.parametrize("name", secret_names())
def test_a_secret_given_in_place_of_its_file_is_not_repeated(name: str) -> None:
    for secret in (CANARY, "abc/def+ghi=", "/abc/def+ghi=", "\x00", "x" * 5_000):
        with pytest.raises(OperatorError) as told:
            Settings.read({f"{name}_FILE": secret})
        assert f"{name}_FILE" in str(told.value)
        assert secret not in str(told.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="nope can't be read"):
        Settings.read({"DISCORD_TOKEN_FILE": str(tmp_path / "nope")})


COMMANDS = (
    ("check",), ("manifest",), ("manifest", "--url", "x"), ("--once", "/help"), ("--jsonl",), ("backup", "x"),
    ("restore", "x"), ("deliver",), ("import", "x", "--show", "y"), ("doctor",),
    ("doctor", "--json"), ("setup", "discord"), ("setup", "slack"), (),
)  # fmt: skip


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("bad", ["", "VERBATIM_DATABASE_URL", "DISCORD_PROXY"])
def test_no_command_writes_a_secret_whatever_fails(command_line: RunBot, arguments: tuple[str, ...], bad: str) -> None:
    given = CANARIES | {"HTTPS_PROXY": ADDRESSES["HTTPS_PROXY"], "VERBATIM_ROLES": "web"}
    given |= {bad: ADDRESSES[bad]} if bad else {}
    if not arguments:
        given |= {"SLACK_MODE": f"{CANARY}0"}  # a secret where it does not belong
    done = command_line(*arguments, stdin='{"text": "/about"}\n', **given)

    written = done.stdout + done.stderr
    assert not any(each in written for each in (CANARY, "nary", PASSWORD, "pass word-of"))


FAILURES = """
import asyncio, gc, logging, sys, threading, warnings
from bot.app import main
from bot.errors import OperatorError
import bot.app

secret = sys.argv[2]

class Odd:
    def __del__(self):
        raise ValueError(secret)

async def forgotten():
    async def breaks():
        raise ValueError(secret)
    task = asyncio.ensure_future(breaks())
    await asyncio.sleep(0)
    del task
    gc.collect()

def fails(options, settings):
    how = sys.argv[1]
    cause = KeyError(secret)
    if how == "logged":
        try:
            raise ValueError(secret) from cause
        except ValueError:
            logging.exception("it broke: %s %r", secret, settings)
            logging.getLogger("x").error("again", exc_info=True, stack_info=True)
    elif how == "raised":
        raise ValueError(secret) from cause
    elif how == "group":
        raise ExceptionGroup(secret, [cause, OSError(secret)])
    elif how == "noted":
        cause.add_note(secret)
        raise cause
    elif how == "operator":
        raise OperatorError(secret)
    elif how == "warned":
        warnings.warn(secret)
    elif how == "thread":
        thread = threading.Thread(target=lambda: 1 / 0 if not secret else int(secret), name=secret)
        thread.start()
        thread.join()
    elif how == "task":
        asyncio.run(forgotten())
    elif how == "deleted":
        Odd()
    elif how == "printed":
        print(secret, settings, file=sys.stderr)
        sys.stderr.writelines([secret, secret])
    elif how == "exit":
        sys.exit(secret)
    return 0

bot.app._check = fails
sys.exit(main(["check"]))
"""


@pytest.mark.parametrize(
    "how",
    ["logged", "raised", "group", "noted", "operator", "warned", "thread", "task", "deleted", "printed", "exit"],
)
@pytest.mark.parametrize("log", ["text", "json"])
def test_whatever_ends_a_process_or_is_said_of_it_hides_what_is_secret(how: str, log: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("VERBATIM_")}
    done = subprocess.run(
        [sys.executable, "-c", FAILURES, how, CANARIES["SLACK_SIGNING_SECRET"]],
        capture_output=True,
        cwd=ROOT,
        env=environ | CANARIES | {"PYTHONIOENCODING": "utf-8", "VERBATIM_LOG": log},
        check=False,
        encoding="utf-8",
    )

    assert "…" in done.stderr
    assert "nary" not in done.stdout + done.stderr
    if log == "json":
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)


def test_what_was_given_for_one_answer_is_hidden_and_so_much_of_it_is_remembered() -> None:
    log = log_of()
    for number in range(MOST_CONCEALED + 1):
        conceal(f"of one answer {number:05}")

    assert log.clean("of one answer 00001, of one answer 00000") == "…, of one answer 00000"
    assert logins(["http://u:a%20b@c", "no", "http://u@c"]) == ("a%20b", "a b")


async def test_what_slack_gives_for_an_answer_is_hidden(core: Core) -> None:
    async with LocalSlack(mode="http") as local, serving(local, core, None):
        exchange = await local.command("/help")
        await exchange.settle()
        assert exchange.hook

    assert exchange.hook.token not in log_of().clean(f"at {exchange.payload['response_url']}")


async def test_what_discord_gives_for_an_answer_is_hidden(core: Core) -> None:
    async with LocalDiscord() as local, discord_serving(local, core):
        asked = await local.slash("help")

    assert asked.token not in log_of().clean(f"at {asked.token}")


async def test_the_token_of_a_workspace_is_hidden_as_soon_as_it_is_kept_or_opened() -> None:
    installs = Installs(Intake("slack", None, CANARY), vault(CANARY))
    await installs.put(Workspace("token of no shape", team="T1"))

    assert "shape" not in log_of().clean("token of no shape")
    for number in range(MOST_CONCEALED):
        conceal(f"of one answer {number:05}")
    assert "shape" in log_of().clean("token of no shape")
    assert await installs.get("T1")
    assert "shape" not in log_of().clean("token of no shape")


def test_a_secret_is_hidden_in_json_and_the_line_stays_json(capsys: pytest.CaptureFixture[str]) -> None:
    log = Discreet((r"hooks\.slack\.com/\S+",))
    log.hide([CANARY])
    log.as_json = True
    record = logging.LogRecord("x", logging.ERROR, "", 0, "%s at hooks.slack.com/abc", (CANARY,), None)
    record.fields = {"command": "quote"}

    told = json.loads(log.format(record))
    assert (told["message"], told["level"], told["command"]) == ("… at …", "error", "quote")
    assert capsys.readouterr().err == ""


def test_what_is_written_beside_the_log_is_json_too_line_by_line_and_nothing_is_lost() -> None:
    log = Discreet(())
    log.hide([CANARY])
    log.as_json = True
    written = io.StringIO()
    stream = Stream(written, log)
    for piece in ("a li", "ne\n", "\n", f"two {CANARY}\nthree", "x" * MOST_HELD):
        stream.write(piece)
    stream.flush()

    messages = [json.loads(line)["message"] for line in written.getvalue().splitlines()]
    assert messages == ["a line", "two …", "three" + "x" * MOST_HELD]
