"""What is under `deploy/`, the image and the workflows: files for other programs, held to what the bot really has."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from bot.errors import OperatorError
from bot.settings import ROOT, Settings, setting_rows
from bot.store import backup, open_store, restore

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTAINERFILE = (ROOT / "Containerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
UNITS = sorted((ROOT / "deploy/systemd").iterdir())
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))

SETTINGS = {row.name for row in setting_rows()} | {f"{row.name}_FILE" for row in setting_rows() if row.by_file}
OURS = re.compile(r"\b((?:VERBATIM|DISCORD|SLACK)_[A-Z_]+)\b")
ANALYZE = shutil.which("systemd-analyze") or ""
EXPOSED = 2.0
"""What systemd calls OK of 10; a service that hardens nothing has 9.6."""


BUILDAH = shutil.which("buildah")
WHY_NOT_BUILT = (
    "buildah is not here"
    if BUILDAH is None
    else "building needs root and Linux"
    if sys.platform != "linux" or os.geteuid()
    else "this system's folders are of another kind"
    if not Path("/bin").is_symlink()
    else ""
)
RUN_READ_ONLY = """
set -eu
mount --bind "$1" "$1"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
mount --rbind /usr "$1/usr"
for folder in $4; do mkdir -p "$1$folder"; mount --bind "$folder" "$1$folder"; done
mount --bind /dev "$1/dev"
mount -o remount,bind,ro "$1"
mount --bind "$2" "$1/data"
exec chroot --userspec="$3" "$1" setpriv --no-new-privs /bin/sh -c "$5"
"""
"""Runs $5 in the root $1 as the user $3: nothing can be written but the volume $2 and /tmp; $4 is where Python is."""


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
        assert {f"!{source}" for source in sources} <= set((ROOT / ".dockerignore").read_text("utf-8").split())
    assert "--require-hashes" in " ".join(lines("RUN"))
    assert not {"curl", "wget", "apt-get"} & set(re.findall(r"[\w-]+", CONTAINERFILE))


def test_the_images_health_check_and_entry_are_programs_of_ours() -> None:
    (check,), (entry,) = lines("HEALTHCHECK"), lines("ENTRYPOINT")

    _, probe = check.split(" CMD ")
    assert yaml.safe_load(probe) == ["python", "-m", "bot.health"]
    assert yaml.safe_load(entry) == ["python", "run_bot.py"]
    assert importlib.util.find_spec("bot.health.__main__")


class Builder:
    """buildah with a store of its own; the base is this machine's Python, so that nothing is fetched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = sorted({str(Path(each).resolve()) for each in (sys.prefix, sys.base_prefix)})
        kept = ["--storage-driver=vfs", f"--root={folder}/store", f"--runroot={folder}/run"]
        self._command = [BUILDAH or "", *kept]

    def run(self, *words: str, alone: bool = False) -> str:
        """Run a command of buildah's, without a network where it is to be `alone`; return what it wrote."""
        cut_off = ["unshare", "--net"] if alone else []
        done = subprocess.run([*cut_off, *self._command, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def base(self) -> str:
        """Make the base image: users, links and mount points, and nothing else."""
        made = self.run("from", "scratch")
        root = Path(self.run("mount", made))
        for folder in ("etc", "usr", "dev", "proc", "sys", "tmp", *(path.lstrip("/") for path in self.python)):
            (root / folder).mkdir(parents=True)
        (root / "tmp").chmod(0o1777)
        for link in ("bin", "sbin", "lib", "lib32", "lib64"):
            if Path("/", link).is_symlink():
                (root / link).symlink_to(f"usr/{link}")
        for name in ("passwd", "group", "login.defs", "ld.so.cache"):
            shutil.copy(f"/etc/{name}", root / "etc")
        self.run("umount", made)
        self.run("config", "--env", f"PATH={sys.prefix}/bin:/usr/sbin:/usr/bin", made)
        self.run("commit", "--quiet", made, "localhost/base:test")
        self.run("rm", made)
        return "localhost/base:test"

    def build(self) -> None:
        """Build the image from the project's folder."""
        mounts = [word for path in ("/usr", *self.python) for word in ("-v", f"{path}:{path}:ro")]
        how = ["--isolation=chroot", "--format=docker", "--quiet", f"--build-arg=BASE={self.base()}", *mounts]
        self.run(
            "build", *how, "--file", str(ROOT / "Containerfile"), "--tag=localhost/verbatim:test", str(ROOT), alone=True
        )


@pytest.mark.skipif(bool(WHY_NOT_BUILT), reason=WHY_NOT_BUILT or "it is built")
def test_the_image_is_built_without_a_network_and_answers_with_a_root_that_it_cannot_write(tmp_path: Path) -> None:
    builder = Builder(tmp_path)
    builder.build()
    image = json.loads(builder.run("inspect", "--type=image", "localhost/verbatim:test"))["Docker"]["config"]
    made = builder.run("from", "localhost/verbatim:test")
    root, volume = builder.run("mount", made), tmp_path / "volume"
    volume.mkdir()
    os.chown(volume, 10001, 10001)

    def run(line: str) -> subprocess.CompletedProcess[str]:
        there = f"cd {image['WorkingDir']} && {line}"
        given = [root, str(volume), image["User"], " ".join(builder.python), there]
        environ = dict(each.split("=", 1) for each in image["Env"])
        return subprocess.run(
            ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", RUN_READ_ONLY, "sh", *given],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )

    try:
        entry = shlex.join(image["Entrypoint"])
        quoted = run(f"{entry} --once '/quote people who train need to not have pride'")
        assert quoted.returncode == 0, quoted.stderr
        assert "Zuckerberg" in quoted.stdout
        assert "can't write" not in quoted.stderr
        assert (volume / "verbatim.db").stat().st_uid == 10001
        refused = run("touch /app/x; touch /data/x; id -u")
        assert "Read-only file system" in refused.stderr
        assert (volume / "x").exists()
        assert refused.stdout == "10001\n"
        healthy = run(f"VERBATIM_HEALTH=off {shlex.join(image['Healthcheck']['Test'][1:])}")
        assert healthy.returncode == 0, healthy.stderr
    finally:
        builder.run("umount", made)
        builder.run("rm", made)


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
