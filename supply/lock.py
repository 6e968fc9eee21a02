"""The lock as values: each pinned package with its hashes and who asks for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

__all__ = ["PROJECT", "ROOT", "LockError", "Pin", "read_lock"]

ROOT = Path(__file__).resolve().parent.parent
PROJECT = "verbatim-bot"

_PIN = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;]+)(?: ; ([^\\]+?))? \\")
_HASH = re.compile(r"    --hash=sha256:([0-9a-f]{64})(?: \\)?")
_VIA = re.compile(r"    #(?: via)?   ?([A-Za-z0-9][\w.-]*)(?: \(.*\))?|    # via ([A-Za-z0-9][\w.-]*)(?: \(.*\))?")


class LockError(ValueError):
    """A lock that cannot be read; the text says where."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A pinned package; `marker` says where it is installed ("" for everywhere), `needed_by` who asks for it."""

    name: NormalizedName
    version: Version
    marker: str
    hashes: tuple[str, ...]
    needed_by: tuple[NormalizedName, ...]


def read_lock(path: Path) -> list[Pin]:
    """Return the pins of a lock as `uv pip compile --generate-hashes` writes it; LockError for any other line."""
    pins: list[Pin] = []
    head: re.Match[str] | None = None
    hashes: list[str] = []
    via: list[NormalizedName] = []

    def end() -> None:
        if head is not None:
            if not hashes:
                message = f"{path.name}: {head[1]} has no hash"
                raise LockError(message)
            name, version = canonicalize_name(head[1]), Version(head[2])
            pins.append(Pin(name, version, head[3] or "", tuple(sorted(hashes)), tuple(sorted(via))))

    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line or line == "    # via" or line.startswith(("#", "-r ")):
            continue
        try:
            if found := _PIN.fullmatch(line):
                end()
                head, hashes, via = found, [], []
            elif found := _HASH.fullmatch(line):
                hashes.append(found[1])
            elif found := _VIA.fullmatch(line):
                via.append(canonicalize_name(found[1] or found[2]))
            else:
                message = f"{path.name}:{number}: no pin, hash or reason: {line[:100]}"
                raise LockError(message)
        except InvalidVersion as error:
            message = f"{path.name}:{number}: {error}"
            raise LockError(message) from None
    end()
    return pins
