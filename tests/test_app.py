"""The operator's works: what cannot be done is one sentence and a status of its own, never a quiet success."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.conftest import RunBot

if TYPE_CHECKING:
    from pathlib import Path

DAILY_ON = "/settings daily on channel:{channel} time:09:00 zone:Europe/Berlin"
EVE, DUE = "2026-11-23T12:00+01:00", "2026-11-24T09:00:01+01:00"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://host/name", "begins with mysql://"),
        ("postgresql://u:hunter2@127.0.0.1:9/x", "I can't use PostgreSQL"),
        ("sqlite:////nowhere/at/all.db", "I can't open the database"),
    ],
)
def test_delivering_without_a_database_that_can_be_used_is_a_mistake_to_mend(
    command_line: RunBot, url: str, said: str
) -> None:
    done = command_line("deliver", VERBATIM_DATABASE_URL=url)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "hunter2" not in done.stderr


def test_delivering_from_a_data_folder_that_cannot_be_written_is_a_mistake_to_mend(
    command_line: RunBot, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()

    done = command_line("deliver", VERBATIM_DATA_DIR=str(tmp_path / "file" / "data"))

    assert done.returncode == 2
    assert "needs a database" in done.stderr


def test_delivering_into_a_database_that_fails_meanwhile_ends_with_the_reason(
    command_line: RunBot, tmp_path: Path
) -> None:
    data = {"VERBATIM_DATA_DIR": str(tmp_path)}
    command_line("--now", EVE, "--once", DAILY_ON.format(channel="#general"), **data)
    with sqlite3.connect(tmp_path / "verbatim.db") as db:
        db.execute("CREATE TRIGGER full BEFORE INSERT ON posts BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
    db.close()

    done = command_line("--now", DUE, "deliver", **data)

    assert (done.returncode, done.stdout) == (2, "")
    assert "the disk is full" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="a folder stands in for a file that cannot be written")
def test_delivering_what_could_not_be_settled_ends_with_1_and_says_so(command_line: RunBot, tmp_path: Path) -> None:
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels" / "random.txt").touch()
    given = ("--channels", str(tmp_path / "channels"))
    data = {"VERBATIM_DATA_DIR": str(tmp_path / "data")}
    command_line(*given, "--now", EVE, "--once", DAILY_ON.format(channel="#random"), **data)
    (tmp_path / "channels" / "random.txt").unlink()
    (tmp_path / "channels" / "random.txt").mkdir()

    done = command_line(*given, "--now", DUE, "deliver", **data)

    assert done.returncode == 1
    assert "1 post is still open" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--jsonl", "deliver"), "leave out --jsonl"),
        (("--once", "/help", "index"), "leave out --once"),
        (("--now", EVE, "check"), "leave out --now"),
        (("--channels", ".", "backup", "x.db"), "leave out --channels"),
        (("--channels", "/nowhere", "deliver"), "there is no folder /nowhere"),
        (("--channels", "/nowhere", "--once", "/help"), "there is no folder /nowhere"),
        (("manifest", "--url", "bot.example.org"), "can't send requests"),
        (("manifest", "--url", "http://bot.example.org"), "can't send requests"),
        (("manifest", "--url", "https://bot.example.org/?a=b c"), "can't send requests"),
        (("import", "", "--show", "x"), "The name is empty"),
        (("backup", "/nowhere/x.db"), "There is no folder /nowhere"),
        (("restore", "/nowhere/x.db"), "There is no file"),
    ],
)
def test_a_work_that_cannot_be_done_as_asked_ends_with_2_and_says_what_to_do(
    command_line: RunBot, arguments: tuple[str, ...], said: str
) -> None:
    done = command_line(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_index_that_cannot_be_kept_is_a_mistake_to_mend(command_line: RunBot, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = command_line("index", VERBATIM_DATA_DIR=str(tmp_path / "file" / "data"))

    assert done.returncode == 2
    assert "Nothing was saved" in done.stderr


def test_a_check_of_no_episode_at_all_proves_nothing(command_line: RunBot, tmp_path: Path) -> None:
    done = command_line("check", VERBATIM_CONTENT_DIR=str(tmp_path))

    assert (done.returncode, done.stdout) == (2, "")
    assert "There are no episodes in" in done.stderr


def test_a_manifest_for_an_address_has_it(command_line: RunBot) -> None:
    done = command_line("manifest", "--url", "https://bot.example.org:8443/verbatim/")

    assert done.returncode == 0
    assert "https://bot.example.org:8443/verbatim/slack/events" in done.stdout
