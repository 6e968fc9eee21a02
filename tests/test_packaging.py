"""The bot as an installed program: built without a network, complete, and the same from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bot.settings import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PRIDE = "/quote people who train need to not have pride"
FOUND = "*people who train* jiu-jitsu, it's like you *need to not have pride*"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the bot with pip as `pip install .` does, into a folder of its own; the folder."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    alone = ["--no-index", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*pip, *alone, "--target", str(target), str(ROOT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make an empty folder to run in."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def run(installed: Path, folder: Path, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the installed bot in a folder, as a user whose own folders are beside it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VERBATIM_")}
    own = dict.fromkeys(("HOME", "XDG_DATA_HOME", "LOCALAPPDATA"), str(folder.parent / "own"))
    given = {"PYTHONPATH": str(installed), "VERBATIM_SEMANTIC": "off", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command,
        cwd=folder,
        env=kept | own | given | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def files(folder: Path) -> set[str]:
    """Return the names of all files under a folder that Git would know."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_what_is_installed_is_complete(installed: Path) -> None:
    there = files(installed / "bot")

    assert files(ROOT / "bot") == {name for name in there if not name.startswith("content/")}
    assert files(ROOT / "content") == files(installed / "bot" / "content")


def test_the_program_runs_from_any_folder_and_keeps_its_data_with_its_user(installed: Path, folder: Path) -> None:
    before = files(installed)
    done = run(installed, folder, str(installed / "bin" / "verbatim"), "--once", PRIDE)

    assert (done.returncode, done.stderr) == (0, "")
    assert FOUND in done.stdout
    assert list(folder.iterdir()) == []
    assert files(installed) == before
    assert [path.name for path in folder.parent.glob("own/**/verbatim.db")] == ["verbatim.db"]


def test_the_current_folders_shows_and_data_come_before_what_ships(installed: Path, folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "content" / "bees" / "1-first").mkdir(parents=True)
    (folder / "content" / "bees" / "show.toml").write_text('title = "On Bees"\nrights = "Ours."\n', "utf-8")
    (folder / "content" / "bees" / "1-first" / "source.txt").write_text("A hive decides together.\n", "utf-8")
    (folder / ".env").write_text("VERBATIM_DATABASE_URL=nonsense\n", "utf-8")
    module = (sys.executable, "-m", "bot")

    found = run(installed, folder, *module, "--once", "/episodes")
    chosen = run(installed, folder, *module, "--once", PRIDE, VERBATIM_CONTENT_DIR=str(ROOT / "content"))

    assert found.returncode == 0
    assert "On Bees" in found.stdout
    assert "settings, votes and the daily quote are off" in found.stderr
    assert FOUND in chosen.stdout
    assert (folder / "data" / "index").is_dir()
    assert not (folder.parent / "own").exists()


def test_what_ships_is_not_written(installed: Path, folder: Path) -> None:
    before = files(installed)
    (folder / "talk.txt").write_text("A hive decides together.\n", "utf-8")
    program = str(installed / "bin" / "verbatim")

    refused = run(installed, folder, program, "import", "talk.txt", "--show", "lex-fridman")
    (folder / "content").mkdir()
    done = run(installed, folder, program, "import", "talk.txt", "--show", "bees")

    assert refused.returncode == 2
    assert "Make a folder “content” here" in refused.stderr
    assert done.returncode == 0
    assert (folder / "content" / "bees" / "talk").is_dir()
    assert files(installed) == before


def test_sentences_name_the_program_as_it_was_installed(installed: Path, folder: Path) -> None:
    program = str(installed / "bin" / "verbatim")
    usage = run(installed, folder, program, "--help")
    refused = run(installed, folder, program, "restore", "nothing.db")

    assert usage.stdout.startswith("usage: verbatim ")
    assert "Name a file written by `verbatim backup`" in refused.stderr


def test_a_user_without_a_home_is_told_what_to_set(installed: Path, folder: Path) -> None:
    done = run(installed, folder, sys.executable, "-m", "bot", "--once", PRIDE, VERBATIM_DATA_DIR="~nobody-at-all/data")

    assert done.returncode == 2
    assert "The folder ~nobody-at-all/data can't be found" in done.stderr
    assert "Traceback" not in done.stderr
