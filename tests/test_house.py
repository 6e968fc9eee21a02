"""The house rules: import direction, no effects on import, pinned requirements."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.commands import COMMANDS, Command
from bot.settings import ROOT

MODULES = sorted((ROOT / "bot").rglob("*.py"))


PLANTED = {
    "bot/corpus/words.py": ("from bot.search import Searcher", "Imports point down"),
    "bot/loose.py": ("LOOSE = True", "Imports point down"),
    "bot/search/scope.py": ("from bot.search.searcher import Searcher", "No room goes round in a circle"),
    "bot/adapters/slack/limits.py": ("from bot.adapters.discord import limits", "Platforms do not know each other"),
    "bot/commands/about.py": ("from bot.commands.vote import vote", "Commands do not know each other"),
    "bot/adapters/discord/ready.py": ("from bot.store import Store", "Platforms reach the store through the intake"),
    "bot/core/routing/reading.py": ("import discord", "discord.py has one home"),
    "bot/adapters/console/talk.py": ("import slack_sdk", "Slack's libraries have one home"),
    "bot/delivery/daily.py": ("import apscheduler", "APScheduler has one home"),
    "bot/policy/guard.py": ("import rapidfuzz", "RapidFuzz has one home"),
    "bot/search/expansion.py": ("import tantivy", "tantivy has one home"),
    "bot/search/index/vectors.py": ("import onnxruntime", "The models' runtimes have one home"),
    "bot/intake/turns.py": ("import prometheus_client", "prometheus-client has one home"),
    "bot/highlights/score.py": ("import sqlalchemy", "SQLAlchemy has one home"),
}
"""A violation of each kind: the module it is planted in, the line, and the contract that catches it."""


DOORS = {
    "bot.corpus.check": "serving needs no proof of editions",
    "bot.corpus.fetch": "serving fetches nothing unless a feed is due",
    "bot.corpus.importing": "serving needs no parsers",
    "bot.corpus.seen": "it is what an import and a followed feed remember",
    "bot.feeds.command_line": "serving needs no parsers",
    "bot.health.server": "it loads aiohttp",
    "bot.language.linear": "it loads NumPy",
    "bot.operating.doctor": "serving needs no doctor",
    "bot.operating.setup": "nor to be set up",
    "bot.policy.texts": "the lowest rooms have sentences too",
    "bot.policy.refusals": "texts must not load it",
}
"""Modules that are doors of their own, besides each room's `__init__`, and why."""


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    linter = str(Path(sys.executable).with_name("lint-imports"))
    return subprocess.run([linter, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def test_imports_keep_to_the_contracts() -> None:
    done = _lint(ROOT)

    assert done.returncode == 0, done.stdout


def test_a_planted_violation_of_each_kind_is_caught(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "bot", tmp_path / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, (line, _) in PLANTED.items():
        path = tmp_path / name
        path.write_text((path.read_text("utf-8") if path.exists() else "") + f"\n{line}\n", "utf-8")

    done = _lint(tmp_path)

    assert done.returncode == 1
    for line, contract in PLANTED.values():
        assert f"{contract} BROKEN" in done.stdout, line
    assert " KEPT" not in done.stdout
    for name in PLANTED:
        assert name.removesuffix(".py").replace("/", ".") in done.stdout or f".{Path(name).stem}" in done.stdout


def test_importing_the_bot_has_no_effects_and_loads_nothing_heavy() -> None:
    script = (
        "import sys, os, threading\n"
        "before = set(os.listdir('.'))\n"
        "import bot.app\n"
        "heavy = {'rich', 'prompt_toolkit', 'dotenv', 'numpy', 'aiohttp', 'discord', 'slack_bolt', 'slack_sdk'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert threading.active_count() == 1\n"
        "assert set(os.listdir('.')) == before\n"
    )

    done = subprocess.run([sys.executable, "-B", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_has_a_docstring_and_a_name_of_its_own(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert path.stem not in {"utils", "helpers", "common", "manager", "base"}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_requirements_are_pinned_with_hashes_and_name_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")

    assert "://" not in text
    assert "--index" not in text
    assert "--extra-index" not in text
    for line in text.removeprefix("-r requirements.txt\n").splitlines():
        assert not line or line.startswith((" ", "#")) or "==" in line
    assert text.count("--hash=sha256:") >= text.count("==")


@pytest.mark.parametrize("command", COMMANDS, ids=[command.name for command in COMMANDS])
def test_a_commands_name_stands_in_its_own_file_alone(command: Command) -> None:
    own = {"declaration", command.handler.__module__.rpartition(".")[2]}
    typed = re.compile(rf"(?<![\w/]){re.escape('/' + command.name)}(?![\w/-])")

    for path in MODULES:
        if path.parent.name == "commands" and path.stem in own:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                assert not typed.search(node.value), f"{path}:{node.lineno}"
            if isinstance(node, ast.Call):
                named = getattr(node.func, "id", getattr(node.func, "attr", ""))
                texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
                assert not (named == "Line" and command.name in texts), f"{path}:{node.lineno}"
            if isinstance(node, ast.keyword) and node.arg == "command" and isinstance(node.value, ast.Constant):
                assert node.value.value != command.name, f"{path}:{node.value.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_is_entered_by_its_door(path: Path) -> None:
    room = path.relative_to(ROOT / "bot").parts[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("bot."):
            entered, *inside = node.module.split(".")[1:]
            platform = entered == "adapters" and len(inside) == 1
            assert entered == room or not inside or platform or node.module in DOORS, f"{path}:{node.lineno}"


def test_every_command_file_is_listed() -> None:
    files = {path.stem for path in (ROOT / "bot/commands").glob("*.py")} - {"__init__", "declaration"}

    assert {command.handler.__module__.rpartition(".")[2] for command in COMMANDS} == files, "add it to COMMANDS"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_is_read_while_a_module_is_imported(path: Path) -> None:
    for statement in ast.parse(path.read_text("utf-8")).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
            called = {
                node.func.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
            deferred = any(isinstance(node, ast.Lambda) for node in ast.walk(statement))
            assert deferred or not {"say", "listed", "languages"} & called, f"{path}:{statement.lineno}"
