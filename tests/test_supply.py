"""What is installed beside the bot: the bill says it, the audit holds it against records, and nothing of it fetches."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from bot.settings import ROOT
from supply import audit as audits
from supply.audit import DatabaseError, audit, records_in
from supply.lock import PROJECT, LockError, Pin, read_lock
from supply.sbom import bill, bill_text, licences
from tests.test_requirements import LEFT_OUT, RUN

if TYPE_CHECKING:
    from pathlib import Path

LOCK = ROOT / "requirements.txt"
PINS = read_lock(LOCK)
HERE = [pin for pin in PINS if not pin.marker or Requirement(f"x ; {pin.marker}").marker.evaluate()]  # type: ignore[union-attr]  # it has one

CLIENTS = {
    "httpx", "httpx2", "httpcore", "requests", "urllib3", "huggingface_hub", "hf_xet", "boto3", "botocore", "s3fs",
    "fsspec", "grpc", "websockets", "websocket", "pycurl", "openai", "anthropic", "paramiko", "h2", "h11", "httplib2",
    "tornado", "twisted", "requests_toolbelt", "sentry_sdk", "posthog", "opentelemetry", "redis", "pymongo", "zmq",
    "kubernetes", "google", "azure", "torch", "transformers", "uvicorn", "fastapi", "starlette", "flask",
    "qdrant_client",
}  # fmt: skip
"""Modules that fetch, report or listen; `google` but for protobuf's part of it."""


def brought() -> dict[str, set[str]]:
    """Return the modules that each package of the lock brings here."""
    found: dict[str, set[str]] = {pin.name: set() for pin in HERE}
    for module, packages in metadata.packages_distributions().items():
        for package in packages:
            found.get(canonicalize_name(package), set()).add(module)
    return found


def test_each_pinned_package_is_asked_for_by_the_project_or_by_another_that_is() -> None:
    own = {canonicalize_name(Requirement(text).name): Requirement(text) for text in RUN}
    for pin in PINS:
        assert pin.needed_by
        assert (PROJECT in pin.needed_by) == (pin.name in own)
    for pin in HERE:
        for asker in set(pin.needed_by) - {PROJECT}:
            asked = {canonicalize_name(Requirement(text).name) for text in metadata.requires(asker) or ()}
            assert pin.name in asked, (pin.name, asker)


def test_the_only_client_of_a_network_in_the_lock_is_the_platforms_own() -> None:
    modules = {module: name for name, found in brought().items() for module in found}
    platforms = {"aiohttp", "discord-py", "slack-sdk", "slack-bolt"}
    askers = {name for pin in PINS if pin.name in platforms for name in pin.needed_by}

    assert {name for module, name in modules.items() if module in CLIENTS} <= {"protobuf"}
    assert not LEFT_OUT & {pin.name for pin in PINS}
    assert askers <= {PROJECT, "discord-py", "slack-bolt"}


def test_a_process_that_serves_both_platforms_has_loaded_no_other_client() -> None:
    script = "import sys, bot.app, bot.adapters.discord.adapter, bot.adapters.slack.adapter; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert not CLIENTS & {name.partition(".")[0] for name in done.stdout.split()}


def test_each_licence_is_named_and_is_what_the_package_says() -> None:
    assert list(licences()) == list(dict.fromkeys(pin.name for pin in PINS))
    told = {
        "psfl": "psf-2.0", "apache 2.0": "apache-2.0", "mit license": "mit", "3-clause bsd license": "bsd-3-clause",
    }  # fmt: skip
    for pin in HERE:
        about = metadata.metadata(pin.name)
        said = "\n".join(str(about[name]) for name in ("License-Expression", "License") if name in about).splitlines()[
            :1
        ]
        plain = said[0].strip().casefold() if said else ""
        if plain and not plain.startswith("the mit license"):
            assert told.get(plain, plain) == licences()[pin.name].casefold(), pin.name


def test_the_bill_names_every_package_with_its_hashes_and_who_needs_it() -> None:
    made: dict[str, Any] = json.loads(bill_text(LOCK))
    references = [part["bom-ref"] for part in made["components"]]

    assert (made["bomFormat"], made["specVersion"], made["version"]) == ("CycloneDX", "1.6", 1)
    assert made["metadata"]["component"]["purl"].startswith(f"pkg:pypi/{PROJECT}@")
    assert references == [f"pkg:pypi/{pin.name}@{pin.version}" for pin in PINS]
    assert len(set(references)) == len(references)
    for part, pin in zip(made["components"], PINS, strict=True):
        assert part["type"] == "library"
        assert [each["content"] for each in part["hashes"]] == list(pin.hashes)
        assert all(
            each["alg"] == "SHA-256" and re.fullmatch("[0-9a-f]{64}", each["content"]) for each in part["hashes"]
        )
        assert part["licenses"][0]["expression"]
    known = {*references, made["metadata"]["component"]["bom-ref"]}
    assert {row["ref"] for row in made["dependencies"]} == known
    assert {ref for row in made["dependencies"] for ref in row["dependsOn"]} == set(references)
    assert LOCK.read_text("utf-8").count("--hash=sha256:") == sum(len(part["hashes"]) for part in made["components"])


def test_the_bill_of_a_lock_is_the_same_every_time() -> None:
    made = [
        subprocess.run(
            [sys.executable, "-m", "supply", "sbom"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in "12"
    ]

    assert made[0] == made[1] == bill_text(LOCK).encode()
    assert "timestamp" not in bill(PINS)["metadata"]


@pytest.mark.parametrize(
    "lock", ["aiohttp==1.0 \\\n", "aiohttp>=1.0 \\\n    --hash=sha256:0\n", "-e .\n", "aiohttp==one \\\n", "a\n"]
)
def test_a_lock_that_pins_nothing_is_refused(tmp_path: Path, lock: str) -> None:
    (tmp_path / "lock.txt").write_text(lock, "utf-8")
    with pytest.raises(LockError, match=r"lock\.txt"):
        read_lock(tmp_path / "lock.txt")


# The audit.


def pin(name: str, version: str) -> Pin:
    return Pin(canonicalize_name(name), Version(version), "", ("0" * 64,), ())


def record(name: str = "aiohttp", *, ecosystem: str = "PyPI", **affected: Any) -> dict[str, Any]:
    package = {"ecosystem": ecosystem, "name": name}
    return {"id": "X-1", "summary": "It breaks", "affected": [{"package": package, **affected}]}


def span(*events: dict[str, str], kind: str = "ECOSYSTEM") -> dict[str, Any]:
    return {"ranges": [{"type": kind, "events": list(events)}]}


def hit(version: str, given: dict[str, Any], name: str = "aiohttp") -> bool:
    return bool(audit([pin(name, version)], [("x.json", json.dumps(given).encode())]).findings)


ALL = {"introduced": "0"}


@pytest.mark.parametrize(
    ("events", "affected", "spared"),
    [
        ([ALL, {"fixed": "3.9.2"}], ["0.dev0", "3.9.1", "3.9.2rc1", "3.9.2.dev1"], ["3.9.2", "3.9.2.post1", "3.10"]),
        ([ALL, {"fixed": "1!0"}], ["99"], ["1!0", "1!1"]),
        ([ALL, {"last_affected": "3.9"}], ["1", "3.9", "3.9.0"], ["3.9.1", "3.9.post1", "3.10"]),
        ([{"introduced": "2"}, {"fixed": "3"}], ["2", "2.9"], ["1.9", "2rc1", "3"]),
        ([{"fixed": "3"}, {"introduced": "2"}], ["2", "2.9"], ["1.9", "3"]),
        ([ALL, {"fixed": "1"}, {"introduced": "2"}, {"fixed": "3"}], ["0.5", "2.5"], ["1", "1.9", "3"]),
        ([{"introduced": "2"}, {"last_affected": "2"}], ["2", "2.0"], ["1", "2.0.1"]),
        ([{"introduced": "3.9.0a1"}], ["3.9", "99"], ["3.8"]),
        ([ALL, {"limit": "3"}], ["2.9"], ["3", "4"]),
        ([ALL, {"limit": "3"}, {"limit": "5"}], ["4"], ["5"]),
        ([ALL, {"fixed": "one"}], ["1", "99"], []),
        ([{"introduced": "1"}, {"introduced": "1", "fixed": "2"}], ["1"], ["2"]),
        ([], [], ["1"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["ECOSYSTEM", "SEMVER"])
def test_a_version_is_affected_where_the_events_say_so(
    events: list[dict[str, str]], affected: list[str], spared: list[str], kind: str
) -> None:
    assert [version for version in affected if not hit(version, record(**span(*events, kind=kind)))] == []
    assert [version for version in spared if hit(version, record(**span(*events, kind=kind)))] == []


def test_a_version_is_affected_where_it_is_listed_however_it_is_written() -> None:
    listed = record(versions=["3.9.0", "4.0RC1", "not a version"], **span({"introduced": "9"}))

    assert [version for version in ("3.9", "4.0rc1", "9.1") if not hit(version, listed)] == []
    assert not hit("3.9.1", listed)


@pytest.mark.parametrize("name", ["Discord.py", "discord_py", "DISCORD-PY", "discord--py"])
def test_a_name_is_the_same_however_it_is_written(name: str) -> None:
    assert hit("2.7.1", record(name, **span(ALL)), "discord-py")


@pytest.mark.parametrize(
    "given",
    [
        record(**span(ALL)) | {"withdrawn": "2026-01-01T00:00:00Z"},
        record(ecosystem="npm", **span(ALL)),
        record("aiohttp-cors", **span(ALL)),
        record(**span(ALL, kind="GIT"), versions=["1.0"]),
        {"id": "X-1"},
        {"id": "X-1", "affected": [7, {}, {"package": 7}, {"package": {"ecosystem": "PyPI"}}]},
    ],
)
def test_what_is_withdrawn_of_others_or_elsewhere_is_none_of_ours(given: dict[str, Any]) -> None:
    assert not hit("3.9", given)


def test_a_record_that_names_no_version_at_all_is_about_every_one() -> None:
    assert hit("3.9", record())
    assert hit("3.9", record(**span(ALL, kind="GIT")))


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"7", b"{}", b'{"id": 7}', b'{"id": "x", "affected": 7}', b"[" * 9_999, b"\xff"]
)
def test_a_record_that_cannot_be_read_is_named(text: bytes) -> None:
    result = audit([pin("aiohttp", "1")], [("odd\x1b[31m.json", text), ("good.json", json.dumps(record()).encode())])

    assert result.unreadable == ["odd [31m.json"]
    assert len(result.findings) == 1


def test_a_finding_is_one_line_that_moves_no_terminal() -> None:
    given = record(**span(ALL, {"fixed": "9"})) | {"summary": "bad\x1b[2J\nnews " * 90, "aliases": ["CVE-1\n", 7]}
    (found,) = audit([pin("aiohttp", "1")], [("x", json.dumps(given).encode())]).findings

    assert found.line().startswith("aiohttp 1: X-1 CVE-1: bad [2J news bad")
    assert found.line().endswith("; fixed in 9")
    assert len(found.line()) < 300
    assert found.line().isprintable()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "supply", *arguments], cwd=ROOT, capture_output=True, check=False, encoding="utf-8"
    )


def test_a_folder_and_a_zip_are_read_alike_and_the_status_says_what_came_of_it(tmp_path: Path) -> None:
    folder, packed = tmp_path / "osv", tmp_path / "all.zip"
    folder.mkdir()
    (folder / "A.json").write_text(json.dumps(record("Slack_SDK", **span(ALL))), "utf-8")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(folder / "A.json", "A.json")
        zipped.writestr("README.md", "not a record")
    affected = [run("audit", str(database)) for database in (folder, packed)]
    (folder / "A.json").write_text(json.dumps(record("other", **span(ALL))), "utf-8")
    spared = run("audit", str(folder))
    (folder / "B.json").write_text("{", "utf-8")
    unsure = run("audit", str(folder))

    assert [done.returncode for done in affected] == [1, 1]
    assert affected[0].stdout == affected[1].stdout
    assert "slack-sdk 3." in affected[0].stdout
    assert (spared.returncode, spared.stdout) == (0, f"0 of {len(PINS)} pinned versions affected, by 1 records\n")
    assert (unsure.returncode, unsure.stderr) == (2, "1 records cannot be read: B.json\n")


@pytest.mark.parametrize("kind", ["missing", "empty", "no zip"])
def test_a_database_that_is_none_is_refused(tmp_path: Path, kind: str) -> None:
    database = tmp_path / "osv"
    if kind == "empty":
        database.mkdir()
    elif kind == "no zip":
        database.write_bytes(b"PK\x03\x04 torn")
    done = run("audit", str(database))

    assert done.returncode == 2
    assert str(database) in done.stderr
    assert "Traceback" not in done.stderr


def test_no_more_is_read_of_a_record_or_a_database_than_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("big.json", b'{"id": "' + b"x" * (audits.RECORD_BYTES + 1))
        packed.writestr("small.json", json.dumps(record()))
    read = dict(records_in(tmp_path / "bomb.zip"))

    assert read["big.json"] is None
    assert read["small.json"]
    monkeypatch.setattr(audits, "MOST_RECORDS", 1)
    with pytest.raises(DatabaseError, match="more than 1 records"):
        list(records_in(tmp_path / "bomb.zip"))
