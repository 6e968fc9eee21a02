"""What an import has fetched before: a small file in the show's folder, so that nothing comes twice for nothing."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.corpus.fetch import Seen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.corpus.fetch import Fetched

__all__ = ["FETCHED", "Memory", "read_table", "seen_in", "write_table"]

FETCHED = ".fetched.json"
"""Name of the file in a show's folder; without it everything is fetched again."""


@dataclass(slots=True)
class Memory:
    """The addresses that were imported into a show's folder: what their servers said of them, and the episodes made."""

    folder: Path
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Memory:
        """Read what is known of a show's folder; a file that cannot be read counts as none."""
        rows = read_table(folder / FETCHED)
        return cls(folder, rows if all(isinstance(row, dict) for row in rows.values()) else {})

    def seen(self, url: str) -> Seen | None:
        """Return what to ask for an address by; None where anything that was made of it is no longer there."""
        row = self.rows.get(url, {})
        names = row.get("episodes")
        if not isinstance(names, list) or not names:
            return None
        if not all(isinstance(name, str) and (self.folder / name).is_dir() for name in names):
            return None
        return seen_in(row)

    def episode(self, url: str) -> str | None:
        """Return the name of the folder that was made of a transcript's address."""
        names = self.rows.get(url, {}).get("episodes")
        return names[0] if isinstance(names, list) and names and isinstance(names[0], str) else None

    def keep(self, url: str, fetched: Fetched, episodes: list[str]) -> None:
        """Remember what was made of an address, if its server says what to ask by; `save` writes it."""
        if fetched.etag or fetched.modified:
            self.rows[url] = {"etag": fetched.etag, "modified": fetched.modified, "episodes": episodes}

    def save(self) -> None:
        """Write the file; where that cannot be done everything is fetched again."""
        if self.rows and self.folder.is_dir():
            with suppress(OSError):
                write_table(self.folder / FETCHED, self.rows)


def read_table(path: Path) -> dict[str, Any]:
    """Return what a small file remembers; nothing when it cannot be read."""
    with suppress(OSError, ValueError, RecursionError):
        table = json.loads(path.read_text("utf-8"))
        if isinstance(table, dict):
            return table
    return {}


def write_table(path: Path, table: Mapping[str, Any]) -> None:
    """Write a small file whole, or raise OSError and leave what was there."""
    unfinished = path.with_name(f"{path.name}.new")
    try:
        unfinished.write_text(json.dumps(table), "utf-8")
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise


def seen_in(row: Mapping[str, Any]) -> Seen | None:
    """Return what a row remembers to ask by; None where that is nothing, or nothing that can be sent."""
    etag, modified = (row.get(key) for key in ("etag", "modified"))
    found = Seen(etag if isinstance(etag, str) else "", modified if isinstance(modified, str) else "")
    return found if found and _fits(found.etag) and _fits(found.modified) else None


def _fits(text: str) -> bool:
    """Say whether a value can be sent as a header."""
    return text.isascii() and (text.isprintable() or not text)
