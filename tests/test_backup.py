"""Backups and restores: nothing saved is said so, and a backup is one file that anything can read."""

from __future__ import annotations

import sqlite3
import tempfile
from typing import TYPE_CHECKING

import pytest

from bot.errors import OperatorError
from bot.store import backup, open_store, restore
from tests.conftest import RunBot

if TYPE_CHECKING:
    from pathlib import Path

WAL, ROLLBACK = b"\x02\x02", b"\x01\x01"
"""Bytes 18 and 19 of an SQLite file: which way it is written (sqlite.org/fileformat2.html, 1.3)."""


async def saved(folder: Path) -> tuple[str, Path]:
    """Make a database with a note in it, and a backup of it."""
    url = f"sqlite:///{folder}/verbatim.db"
    store = open_store(url)
    await store.kv.put("name", "kept")
    store.close()
    backup(url, folder / "copy.db")
    return url, folder / "copy.db"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("url", ["sqlite:///{0}/none.db", "sqlite:///{0}/no/folder/none.db"])
def test_where_there_is_no_database_nothing_is_saved_and_none_is_made(tmp_path: Path, url: str) -> None:
    with pytest.raises(OperatorError, match="nothing to save"):
        backup(url.format(tmp_path), tmp_path / "copy.db")
    assert names(tmp_path) == []


def test_a_backup_of_a_data_folder_named_wrongly_ends_with_2(command_line: RunBot, tmp_path: Path) -> None:
    done = command_line("backup", str(tmp_path / "copy.db"), VERBATIM_DATA_DIR=str(tmp_path))
    assert done.returncode == 2
    assert "nothing to save" in done.stderr
    assert names(tmp_path) == []


async def test_a_backup_is_one_file_that_can_be_read_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    url, copy = await saved(tmp_path / "made")
    assert copy.read_bytes()[18:20] == ROLLBACK
    away = tmp_path / "away"
    away.mkdir()
    (away / "copy.db").write_bytes(copy.read_bytes())
    before = names(away)
    restore(away / "copy.db", url)
    assert names(away) == before
    with sqlite3.connect(f"file:{away}/copy.db?immutable=1", uri=True) as db:
        assert db.execute("SELECT value FROM notes WHERE key = 'name'").fetchone() == ("kept",)
    db.close()


async def test_a_backup_made_by_an_earlier_version_is_read_from_its_file_alone(tmp_path: Path) -> None:
    url, copy = await saved(tmp_path)
    old = tmp_path / "old"
    old.mkdir()
    content = copy.read_bytes()
    (old / "copy.db").write_bytes(content[:18] + WAL + content[20:])
    restore(old / "copy.db", url)
    assert names(old) == ["copy.db"]
    store = open_store(url)
    assert await store.kv.get("name") == "kept"
    store.close()


async def test_a_restore_that_has_no_room_for_its_work_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, copy = await saved(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(OperatorError, match="the database is as it was"):
        restore(copy, url)


async def test_a_restore_over_a_damaged_database_says_that_a_running_bot_still_has_that_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url, copy = await saved(tmp_path)
    (tmp_path / "verbatim.db").write_bytes(b"no database" * 1000)
    restore(copy, url)
    assert "verbatim.db.damaged; if the bot runs, start it again" in caplog.text


async def test_on_a_new_machine_a_backup_is_restored_into_a_data_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    _, copy = await saved(tmp_path)
    url = f"sqlite:///{tmp_path}/new/data/verbatim.db"

    assert restore(copy, url) > 0
    store = open_store(url)
    assert await store.kv.get("name") == "kept"
    store.close()
