"""What is under `deploy/`, the image and the workflows: files for other programs, held to what the bot really has."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from bot.errors import OperatorError
from bot.settings import ROOT, Settings, setting_rows
from bot.store import backup, open_store, restore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTAINERFILE = (ROOT / "Containerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
UNITS = sorted((ROOT / "deploy/systemd").iterdir())
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))

SETTINGS = {row.name for row in setting_rows()} | {f"{row.name}_FILE" for row in setting_rows() if row.by_file}
OURS = re.compile(r"\b((?:VERBATIM|DISCORD|SLACK)_[A-Z_]+)\b")
ANALYZE = shutil.which("systemd-analyze") or ""
EXPOSED = 2.0
"""What systemd calls OK of 10; a service that hardens nothing has 9.6."""


def lines(word: str) -> list[str]:
    """Return what stands after a word of the image's file, with broken lines joined."""
    joined = CONTAINERFILE.replace("\\\n", " ")
    return [line.removeprefix(word).strip() for line in joined.splitlines() if line.startswith(f"{word} ")]


@pytest.mark.parametrize(
    "path", [ROOT / "Containerfile", ROOT / "deploy/compose.yaml", *UNITS, *WORKFLOWS], ids=lambda path: path.name
)
def test_each_setting_that_is_named_is_one(path: Path) -> None:
    assert set(OURS.findall(path.read_text("utf-8"))) <= SETTINGS


def test_the_image_copies_what_there_is_and_runs_as_a_fixed_user_without_a_name_to_look_up() -> None:
    (user,), (volume,), (base,) = lines("USER"), lines("VOLUME"), lines("ARG")

    assert user == "10001:10001"
    assert volume == "/data"
    assert ":" in base.partition("=")[2], "pinned by a tag"
    for copied in lines("COPY"):
        *sources, _ = copied.split()
        assert all((ROOT / source).exists() for source in sources), copied
    assert "--require-hashes" in " ".join(lines("RUN"))
    assert not {"curl", "wget", "apt-get"} & set(re.findall(r"[\w-]+", CONTAINERFILE))


def test_the_images_health_check_and_entry_are_programs_of_ours() -> None:
    (check,), (entry,) = lines("HEALTHCHECK"), lines("ENTRYPOINT")

    _, probe = check.split(" CMD ")
    assert yaml.safe_load(probe) == ["python", "-m", "bot.health"]
    assert yaml.safe_load(entry) == ["python", "run_bot.py"]
    assert importlib.util.find_spec("bot.health.__main__")


def test_two_replicas_share_a_database_and_may_write_nothing_but_their_volume() -> None:
    bot, secrets = COMPOSE["services"]["bot"], COMPOSE["secrets"]

    assert bot["deploy"]["replicas"] == 2
    assert (bot["read_only"], bot["cap_drop"], bot["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert bot["volumes"] == ["data:/data"]
    assert (ROOT / "deploy" / bot["build"]["context"] / bot["build"]["dockerfile"]).is_file()
    for service in COMPOSE["services"].values():
        named = {value.removeprefix("/run/secrets/") for value in service["environment"].values() if "/run/" in value}
        assert named == set(service["secrets"])
        assert named <= set(secrets)
        assert ":" in service["image"]
        assert not [name for name in service["environment"] if re.search(r"PASSWORD$|TOKEN$|SECRET$|URL$", name)]
    assert all(secret["file"].startswith("./secrets/") for secret in secrets.values())
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text("utf-8").split()


def commands(unit: Path) -> Iterator[list[str]]:
    for line in unit.read_text("utf-8").splitlines():
        if line.startswith("ExecStart"):
            given = line.partition("=")[2].replace("$$", "$").replace("%%", "%")
            words = shlex.split(given)
            yield shlex.split(words[2]) if words[:2] == ["/bin/sh", "-c"] else words


def test_the_units_run_commands_that_there_are() -> None:
    run = [words for unit in UNITS for words in commands(unit) if "run_bot.py" in words]

    assert len(run) == 2
    for words in run:
        work = words[words.index("run_bot.py") + 1 :][:1]
        done = subprocess.run(
            [sys.executable, str(ROOT / "run_bot.py"), *work, "--help"], capture_output=True, check=False
        )
        assert done.returncode == 0, words


@pytest.mark.skipif(not ANALYZE, reason="systemd-analyze is not here")
def test_systemd_reads_the_units_and_finds_them_hardened(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/opt/verbatim/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text.replace("/opt/verbatim", str(ROOT)), "utf-8")
    checked = subprocess.run(
        [ANALYZE, "verify", "--man=no", *map(str, tmp_path.iterdir())],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "Failed to initialize manager" in checked.stderr:
        pytest.skip("systemd-analyze cannot look at units here")
    assert not [line for line in checked.stderr.splitlines() if "verbatim" in line], checked.stderr
    for unit in tmp_path.glob("*.service"):
        rated = subprocess.run(
            [ANALYZE, "security", "--offline=true", f"--threshold={EXPOSED * 10:.0f}", "--no-pager", str(unit)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert rated.returncode == 0, rated.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_workflows_run_what_there_is(path: Path) -> None:
    made = yaml.safe_load(path.read_text("utf-8"))
    steps = [step for job in made["jobs"].values() for step in job["steps"]]
    run = "\n".join(step.get("run", "") for step in steps)

    assert made["permissions"] == {"contents": "read"}
    assert all("@v" in step["uses"] for step in steps if "uses" in step)
    for module in re.findall(r"python -m ([\w.]+)", run):
        assert importlib.util.find_spec(module), module
    for script in re.findall(r"\bbash (\S+)", run):
        assert (ROOT / script).is_file()
    for file in re.findall(r"--file (\S+)", run):
        assert (ROOT / file).is_file()


def test_nothing_is_published_before_somebody_names_a_place() -> None:
    made = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))
    (publishing,) = [step for step in made["jobs"]["release"]["steps"] if step.get("name") == "Publish the image"]

    assert "PLACEHOLDER" in made["env"]["IMAGE"]
    assert "PLACEHOLDER" in publishing["if"]


def test_the_pages_on_upgrading_and_running_name_files_that_there_are() -> None:
    for page in ("docs/upgrading.md", "docs/operating.md"):
        for target in re.findall(r"\]\(((?:\.\./)?[\w./-]+)(?:#[\w-]+)?\)", (ROOT / page).read_text("utf-8")):
            assert (ROOT / "docs" / target).exists(), target


async def test_an_older_version_goes_on_with_the_backup_from_before_in_an_empty_database(tmp_path: Path) -> None:
    database = tmp_path / "verbatim.db"
    url = f"sqlite:///{database}"
    store = open_store(url)
    await store.kv.put("name", "kept")
    store.close()
    backup(url, tmp_path / "before.db")
    with sqlite3.connect(database) as newer:  # a version to come
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    newer.close()

    for refused in (lambda: open_store(url), lambda: restore(tmp_path / "before.db", url)):
        with pytest.raises(OperatorError, match="schema 9999, and this version knows up to"):
            refused()
    database.rename(tmp_path / "newer.db")
    restore(tmp_path / "before.db", url)
    store = open_store(url)
    assert await store.kv.get("name") == "kept"
    store.close()
    with pytest.raises(OperatorError, match="schema 9999"):
        restore(tmp_path / "newer.db", url)


def test_the_databases_address_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://verbatim:pass-word-1@db/verbatim\n", "utf-8")
    settings = Settings.read({"VERBATIM_DATABASE_URL_FILE": str(tmp_path / "url")})

    assert settings.database_url == "postgresql://verbatim:pass-word-1@db/verbatim"
    assert settings.secrets == ("pass-word-1",)
    assert "pass-word-1" not in repr(settings)
