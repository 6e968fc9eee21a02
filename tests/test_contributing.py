"""CONTRIBUTING's examples are followed in a copy of the project, as somebody would who never saw it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import ROOT
from tests.generate import fences

COPIED = ("bot", "content", "tests", "benchmarks", "pyproject.toml", "run_bot.py")
LRC = "[ti:On engines]\n[00:01.00] The engine computes.\n[00:04.50] It does not think.\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project in which every example was followed."""
    folder = tmp_path_factory.mktemp("project")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    for name, language, text in fences((ROOT / "CONTRIBUTING.md").read_text("utf-8")):
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


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VERBATIM_")}
    environ = kept | {"VERBATIM_SEMANTIC": "off"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=project, env=environ, capture_output=True, text=True, encoding="utf-8", check=False, timeout=300
    )


def test_the_command_answers(project: Path) -> None:
    done = run(project, "run_bot.py", "--once", "/random")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("By chance:")
    assert "Lex Fridman Podcast #383" in done.stdout


def test_the_language_can_be_chosen(project: Path) -> None:
    done = run(project, "run_bot.py", "--once", "/settings language:Nederlands")

    assert "Language: Nederlands" in done.stdout, done.stderr


def test_the_format_is_read(project: Path) -> None:
    (project / "talk.lrc").write_text(LRC, "utf-8")
    (project / "content" / "my-show").mkdir()
    (project / "content" / "my-show" / "show.toml").write_text('title = "My Show"\nrights = "ours"\n', "utf-8")

    imported = run(project, "run_bot.py", "import", "talk.lrc", "--show", "my-show")
    found = run(project, "run_bot.py", "--once", "/quote the engine does not think show:my-show")

    assert "times from 0:01" in imported.stdout, imported.stderr
    assert "It *does not think*." in found.stdout
    shutil.rmtree(project / "content" / "my-show")


def test_the_examples_keep_form_and_contracts(project: Path) -> None:
    tools = Path(sys.executable).parent
    for check in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["lint-imports", "--no-cache"]):
        done = subprocess.run([tools / check[0], *check[1:]], cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_their_tests_and_those_that_look_at_every_command_format_and_text_pass(project: Path) -> None:
    tests = ("random_sentence", "telegram", "command", "discord_locales", "formats", "texts", "slack_manifest")

    done = run(
        project,
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
        "--disable-warnings",
        "-k",
        "not formats or LRC or sample",
        *(f"tests/test_{name}.py" for name in tests),
    )

    assert done.returncode == 0, done.stdout
