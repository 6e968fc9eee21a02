"""Which pinned versions are affected, by records in the OSV format: https://ossf.github.io/osv-schema/.

The records are a folder of JSON files, or a zip of one such as OSV's dump for PyPI. Nothing is fetched. What cannot be
read is said, and what is uncertain counts as affected: an audit that keeps silent about it would be trusted.
"""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from supply.lock import Pin

__all__ = ["MOST_BYTES", "MOST_RECORDS", "RECORD_BYTES", "Audit", "DatabaseError", "Finding", "audit", "records_in"]

RECORD_BYTES: Final = 4 << 20
"""Bytes of a record at most; the largest of PyPI's has some hundred kB."""

MOST_RECORDS: Final = 1_000_000
MOST_BYTES: Final = 8 << 30
"""Bytes of all records at most, unpacked."""

LONGEST_SUMMARY: Final = 120
LONGEST_NAME: Final = 60

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class DatabaseError(ValueError):
    """A database that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A pinned version that a record says is affected; `fixed` are the versions that it names as mended."""

    package: str
    version: str
    record: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    fixed: tuple[str, ...] = ()

    def line(self) -> str:
        """Return it as a line for people."""
        names = " ".join((self.record, *self.aliases))
        mended = f"; fixed in {', '.join(self.fixed)}" if self.fixed else "; no fixed version is named"
        return f"{self.package} {self.version}: {names}: {self.summary or 'no summary'}{mended}"


@dataclass(slots=True)
class Audit:
    """What came of it: how many records were looked at, what is affected, and which records cannot be read."""

    records: int = 0
    findings: set[Finding] = field(default_factory=set)
    unreadable: list[str] = field(default_factory=list)


def audit(pins: Iterable[Pin], records: Iterable[tuple[str, bytes | None]]) -> Audit:
    """Hold pins against records, each its name and its JSON (None for one that is too large)."""
    found = Audit()
    by_name: dict[str, list[Pin]] = {}
    for pin in pins:
        by_name.setdefault(pin.name, []).append(pin)
    for name, text in records:
        found.records += 1
        record = _read(text)
        if record is None:
            found.unreadable.append(_plain(name, LONGEST_NAME))
        elif not record.get("withdrawn"):
            found.findings |= set(_findings(by_name, record, name))
    return found


def records_in(database: Path) -> Iterator[tuple[str, bytes | None]]:
    """Yield the records of a folder or a zip; DatabaseError when there are none or too many, or it is neither."""
    count = total = 0
    for name, text in _from_folder(database) if database.is_dir() else _from_zip(database):
        count, total = count + 1, total + len(text or b"")
        if count > MOST_RECORDS or total > MOST_BYTES:
            message = f"{database}: more than {MOST_RECORDS:,} records or {MOST_BYTES >> 30} GB"
            raise DatabaseError(message)
        yield name, text
    if not count:
        message = f"{database} has no record: a folder or a zip of OSV's JSON files is wanted"
        raise DatabaseError(message)


def _from_folder(folder: Path) -> Iterator[tuple[str, bytes | None]]:
    for path in sorted(folder.rglob("*.json")):
        if path.is_file():
            try:
                with path.open("rb") as file:
                    text = file.read(RECORD_BYTES + 1)
            except OSError:
                yield path.name, None
            else:
                yield path.name, text if len(text) <= RECORD_BYTES else None


def _from_zip(path: Path) -> Iterator[tuple[str, bytes | None]]:
    try:
        with zipfile.ZipFile(path) as packed:
            for info in packed.infolist():
                if info.filename.endswith(".json"):
                    try:
                        with packed.open(info) as file:
                            text = file.read(RECORD_BYTES + 1)
                    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError):
                        yield info.filename, None
                    else:
                        yield info.filename, text if len(text) <= RECORD_BYTES else None
    except (OSError, zipfile.BadZipFile) as error:
        message = f"{path} is neither a folder nor a zip: {error}"
        raise DatabaseError(message) from None


def _read(text: bytes | None) -> dict[str, Any] | None:
    """Return a record; None for what is none."""
    try:
        record = json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        return None
    return record if isinstance(record.get("affected", []), list) else None


def _findings(by_name: Mapping[str, list[Pin]], record: dict[str, Any], name: str) -> Iterator[Finding]:
    for affected in _maps(record.get("affected")):
        package = affected.get("package")
        if not isinstance(package, dict) or str(package.get("ecosystem")).partition(":")[0] != "PyPI":
            continue
        for pin in by_name.get(canonicalize_name(str(package.get("name"))), ()):
            if _affects(affected, pin.version):
                aliases = [str(each) for each in record.get("aliases") or () if isinstance(each, str)]
                yield Finding(
                    pin.name,
                    str(pin.version),
                    _plain(str(record["id"] or name), LONGEST_NAME),
                    tuple(_plain(each, LONGEST_NAME) for each in aliases[:5]),
                    _plain(str(record.get("summary") or record.get("details") or ""), LONGEST_SUMMARY),
                    tuple(dict.fromkeys(_plain(str(each["fixed"]), LONGEST_NAME) for each in _fixes(affected))),
                )


def _affects(affected: dict[str, Any], version: Version) -> bool:
    """Say whether a version is affected: it is listed, or within a range; where neither is told, every one is."""
    listed, ranges = affected.get("versions"), _maps(affected.get("ranges"))
    counted = [each for each in ranges if each.get("type") in {"ECOSYSTEM", "SEMVER"}]
    names = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    if not names and not counted:
        return True
    return any(_version(name) == version for name in names) or any(_is_within(each, version) for each in counted)


def _is_within(bounds: dict[str, Any], version: Version) -> bool:
    """Say whether a version is within a range by its events in order; a bound that is no version counts as passed."""
    events = [(kind, given) for event in _maps(bounds.get("events")) for kind, given in event.items() if kind in _ORDER]
    places = [(_bound(given), _ORDER[kind], kind) for kind, given in events]
    known = [(at, order, kind) for at, order, kind in places if at is not None]
    if len(known) < len(places):
        return True
    limits = [at for at, _, kind in known if kind == "limit"]
    if limits and version >= max(limits):
        return False
    within = False
    for at, _, kind in sorted(known):
        if kind == "introduced" and version >= at:
            within = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            within = False
    return within


def _bound(given: object) -> Version | None:
    return _ZERO if given == "0" else _version(given)


_ZERO: Final = Version("0.dev0")
"""Before every version: what OSV means by an introduced of 0."""

_ORDER: Final = {"fixed": 0, "introduced": 1, "last_affected": 2, "limit": 3}
"""In which order events at one version count."""


def _fixes(affected: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for bounds in _maps(affected.get("ranges")):
        if bounds.get("type") in {"ECOSYSTEM", "SEMVER"}:
            yield from (event for event in _maps(bounds.get("events")) if "fixed" in event)


def _version(given: object) -> Version | None:
    try:
        return Version(given) if isinstance(given, str) else None
    except InvalidVersion:
        return None


def _maps(given: object) -> list[dict[str, Any]]:
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []


def _plain(text: str, most: int) -> str:
    """Return a text of somebody else's on one line, without what would move a terminal."""
    text = " ".join(_CONTROL.sub(" ", text.encode("utf-8", "replace").decode()).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
