"""A CycloneDX 1.6 bill of what the lock installs: the same bytes for the same lock, so without moment or serial."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from supply.lock import PROJECT, ROOT, read_lock

if TYPE_CHECKING:
    from pathlib import Path

    from supply.lock import Pin

__all__ = ["bill", "bill_text", "licences", "package_rows"]


def licences() -> dict[str, str]:
    """Return the licence of each package of the lock, as an SPDX expression."""
    rows: dict[str, str] = tomllib.loads((ROOT / "supply" / "licences.toml").read_text("utf-8"))
    return rows


def bill_text(lock: Path) -> str:
    """Return the bill as a file of JSON."""
    return json.dumps(bill(read_lock(lock)), indent=2, ensure_ascii=False) + "\n"


def bill(pins: list[Pin]) -> dict[str, Any]:
    """Return the bill of these packages, with who needs whom."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    own = f"pkg:pypi/{PROJECT}@{project['version']}"
    needs: dict[str, set[str]] = {reference: set() for reference in (own, *map(_reference, pins))}
    for pin in pins:
        for name in pin.needed_by:
            askers = [own] if name == PROJECT else [_reference(other) for other in pins if other.name == name]
            for asker in askers:
                needs[asker].add(_reference(pin))
    known = licences()
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": PROJECT,
                "version": project["version"],
                "description": project["description"],
                "licenses": [{"license": {"id": project["license"]}}],
                "purl": own,
            }
        },
        "components": [_component(pin, known[pin.name]) for pin in pins],
        "dependencies": [{"ref": ref, "dependsOn": sorted(on)} for ref, on in sorted(needs.items())],
    }


def package_rows(pins: list[Pin]) -> list[tuple[str, str, str, str]]:
    """Return a row for each package: its name, its version and where it is installed, its licence, who asks for it."""
    known = licences()
    return [
        (
            f"`{pin.name}`",
            f"{pin.version}{f' ({pin.marker})' if pin.marker else ''}",
            known[pin.name],
            ", ".join("the bot" if name == PROJECT else name for name in pin.needed_by),
        )
        for pin in pins
    ]


def _component(pin: Pin, licence: str) -> dict[str, Any]:
    reference = _reference(pin)
    marker = {"properties": [{"name": "verbatim:marker", "value": pin.marker}]} if pin.marker else {}
    return {
        "type": "library",
        "bom-ref": reference,
        "name": pin.name,
        "version": str(pin.version),
        "hashes": [{"alg": "SHA-256", "content": each} for each in pin.hashes],
        "licenses": [{"expression": licence}],
        "purl": reference,
    } | marker


def _reference(pin: Pin) -> str:
    return f"pkg:pypi/{pin.name}@{quote(str(pin.version), safe='')}"
