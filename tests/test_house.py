"""The house rules: import direction, no effects on import, pinned requirements."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import ROOT

MODULES = sorted((ROOT / "bot").rglob("*.py"))


def test_imports_point_down() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_importing_the_bot_has_no_effects_and_loads_nothing_heavy() -> None:
    script = (
        "import sys, os, threading\n"
        "before = set(os.listdir('.'))\n"
        "import bot.app\n"
        "heavy = {'rich', 'prompt_toolkit', 'dotenv', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert threading.active_count() == 1\n"
        "assert set(os.listdir('.')) == before\n"
    )

    done = subprocess.run([sys.executable, "-B", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_has_a_docstring_and_no_room_for_two_ideas(path: Path) -> None:
    text = path.read_text("utf-8")

    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 400
    assert path.stem not in {"utils", "helpers", "common", "manager", "base"}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_requirements_are_pinned_with_hashes_and_name_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")

    assert "://" not in text
    assert "--index" not in text
    assert "--extra-index" not in text
    for line in text.splitlines():
        assert not line or line.startswith((" ", "#")) or "==" in line
    assert text.count("--hash=sha256:") >= text.count("==")
