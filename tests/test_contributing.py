"""The examples of CONTRIBUTING are followed in a copy of the project, as by somebody who never saw it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.settings import ROOT
from tests.generate import fences

PAPERS = ("CONTRIBUTING.md", "docs/adding-a-platform.md")
COPIED = ("bot", "content", "tests", "benchmarks", "supply", "pyproject.toml", "run_bot.py")
WAIT = 60.0
TOKEN = {"TELEGRAM_TOKEN": "T"}
MICRODVD = "{1}{1}24\n{24}{60}The engine computes.\n{108}{160}It does not|think.\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project in which every example was followed."""
    folder = tmp_path_factory.mktemp("project")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    for name, language, text in (fence for page in PAPERS for fence in fences((ROOT / page).read_text("utf-8"))):
        path = folder / name
        if language == "diff":
            path.write_text(patched(path.read_text("utf-8"), text, name), "utf-8")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return folder


def patched(text: str, diff: str, name: str) -> str:
    """Return a text with a diff's parts applied; a part with nothing but new lines is put at the end."""
    for part in diff.split("@@\n"):
        lines = part.splitlines()
        old = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        new = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        assert not old or text.count(old) == 1, f"{name} does not have this once:\n{old}"
        text = text.replace(old, new) if old else text + new
    return text


def environ(**given: str) -> dict[str, str]:
    own = ("VERBATIM_", "DISCORD_", "SLACK_")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)} | {
        "VERBATIM_SEMANTIC": "off",
        **given,
    }


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=project, env=environ(), capture_output=True, text=True, encoding="utf-8", check=False, timeout=300
    )


class LocalTelegram:
    """The part of the Bot API that is called, on loopback: members write and press, and what the bot sends is kept."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.calls: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        local = web.Application()
        local.add_routes([web.post("/botT/{method}", self._call)])
        self._runner = web.AppRunner(local)

    async def open(self) -> str:
        """Listen; return the address."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return site.name

    async def close(self) -> None:
        await self._runner.cleanup()

    def happens(self, **update: Any) -> None:
        """Let somebody do something in a direct message."""
        self.updates.append({"update_id": len(self.updates) + 1} | update)

    async def sent(self) -> dict[str, Any]:
        """Return the next message of the bot's."""
        while True:
            method, fields = await asyncio.wait_for(self.calls.get(), WAIT)
            if method == "sendMessage":
                return fields

    async def _call(self, request: web.Request) -> web.Response:
        method, fields = request.match_info["method"], await request.json()
        if method != "getUpdates":
            await self.calls.put((method, fields))
            return web.json_response({"ok": True, "result": {"message_id": 1}})
        given = [update for update in self.updates if update["update_id"] >= fields["offset"]]
        await asyncio.sleep(0 if given else 0.05)
        return web.json_response({"ok": True, "result": given})


def test_the_command_answers(project: Path) -> None:
    done = run(project, "run_bot.py", "--once", "/random")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("By chance:")
    assert "Lex Fridman Podcast #383" in done.stdout


def test_the_language_can_be_chosen(project: Path) -> None:
    done = run(project, "run_bot.py", "--once", "/settings language:Nederlands")

    assert "Language: Nederlands" in done.stdout, done.stderr


def test_the_format_is_read(project: Path) -> None:
    (project / "talk.sub").write_text(MICRODVD, "utf-8")
    (project / "content" / "my-show").mkdir()
    (project / "content" / "my-show" / "show.toml").write_text('title = "My Show"\nrights = "ours"\n', "utf-8")

    imported = run(project, "run_bot.py", "import", "talk.sub", "--show", "my-show")
    found = run(project, "run_bot.py", "--once", "/quote the engine does not think show:my-show")

    assert "times from 0:01" in imported.stdout, imported.stderr
    assert "It *does not think*." in found.stdout
    shutil.rmtree(project / "content" / "my-show")


async def test_the_platform_answers_messages_and_presses_and_ends_in_order(project: Path, tmp_path: Path) -> None:
    local = LocalTelegram()
    member, chat = {"id": 2, "language_code": "en"}, {"id": 2, "type": "private"}
    given = environ(
        VERBATIM_DATA_DIR=str(tmp_path), VERBATIM_HEALTH="off", TELEGRAM_API_BASE_URL=await local.open(), **TOKEN
    )
    local.happens(message={"text": "/about", "chat": chat, "from": member})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "run_bot.py", cwd=project, env=given, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        about = await local.sent()
        local.happens(message={"text": "hello"}, edited_message={})
        (button,) = about["reply_markup"]["inline_keyboard"][0]
        local.happens(
            callback_query={"id": "7", "from": member, "data": button["callback_data"], "message": {"chat": chat}}
        )
        listed = await local.sent()
        process.send_signal(signal.SIGTERM)
        _, told = await asyncio.wait_for(process.communicate(), WAIT)
    finally:
        if process.returncode is None:
            process.kill()
        await local.close()

    assert (about["chat_id"], listed["chat_id"]) == ("2", "2")
    assert about["text"].startswith("I'm Verbatim")
    assert "Lex Fridman Podcast #383" in listed["text"]
    assert (process.returncode, told.decode()) == (0, "")


def test_the_examples_keep_form_and_contracts(project: Path) -> None:
    tools = Path(sys.executable).parent
    for check in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["lint-imports", "--no-cache"]):
        done = subprocess.run([tools / check[0], *check[1:]], cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_their_tests_and_those_that_look_at_every_command_format_platform_and_text_pass(project: Path) -> None:
    tests = ("random_sentence", "command", "discord_locales", "formats", "texts", "slack_manifest", "intake", "house")
    chosen = (
        "(not formats or MicroDVD or sample) and (not intake or telegram or fits) and (not house or door or own_file)"
    )

    done = run(
        project,
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
        "--disable-warnings",
        "-k",
        chosen,
        *(f"tests/test_{name}.py" for name in tests),
    )

    assert done.returncode == 0, done.stdout
