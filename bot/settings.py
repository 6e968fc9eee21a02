"""Every setting of the process: listed once, read from a mapping, never at import."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ROOT", "SettingRow", "Settings", "read_env_file", "setting_rows"]

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds `run_bot.py`; relative defaults start here, not in the current folder."""


def _setting(default: str, meaning: str) -> str:
    """Declare one setting: its default as text and one sentence for the README's table."""
    value: str = field(default=default, metadata={"meaning": meaning})
    return value


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as text; the properties below give them their types."""

    verbatim_content_dir: str = _setting("content", "folder of shows and episodes")
    verbatim_semantic: str = _setting("on", "search by meaning too (on) or by words only (off)")
    verbatim_data_dir: str = _setting(
        "data", "folder for the index and everything else the bot can rebuild or must keep"
    )

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Take the known names from a mapping; a misspelt `VERBATIM_` name is an error, not silence."""
        known = {row.name for row in setting_rows()}
        for name in sorted(environ):
            if name.startswith("VERBATIM_") and name not in known:
                sentence = f"{name} is not a setting. Known settings: {', '.join(sorted(known))}."
                raise OperatorError(sentence)
        return cls(**{name.lower(): environ[name] for name in known if environ.get(name)})

    @property
    def content_dir(self) -> Path:
        """Folder of shows; a relative path starts at the project's folder."""
        return ROOT / Path(self.verbatim_content_dir).expanduser()

    @property
    def semantic(self) -> bool:
        """Whether to search by meaning."""
        if self.verbatim_semantic.casefold() not in {"on", "off"}:
            sentence = f"VERBATIM_SEMANTIC is on or off; “{self.verbatim_semantic}” is neither."
            raise OperatorError(sentence)
        return self.verbatim_semantic.casefold() == "on"

    @property
    def data_dir(self) -> Path:
        """Folder for what the bot writes; a relative path starts at the project's folder."""
        return ROOT / Path(self.verbatim_data_dir).expanduser()


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One line of the README's settings table."""

    name: str
    default: str
    meaning: str


def setting_rows() -> tuple[SettingRow, ...]:
    """List every setting with its environment name, default and meaning."""
    return tuple(
        SettingRow(item.name.upper(), "" if item.default is MISSING else str(item.default), item.metadata["meaning"])
        for item in fields(Settings)
    )


def read_env_file(path: Path) -> dict[str, str]:
    """Read `NAME=value` lines from a `.env` file; a missing file is an empty mapping."""
    if not path.is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - only when there is such a file

    return {name: value for name, value in dotenv_values(path).items() if value is not None}
