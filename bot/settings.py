"""Every setting of the process: listed once, read from a mapping, never at import."""

from __future__ import annotations

import os
import sys
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.errors import OperatorError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "ROOT",
    "SHIPPED",
    "SettingRow",
    "Settings",
    "home",
    "is_checkout",
    "program",
    "read_env_file",
    "secret_names",
    "setting_rows",
]

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds `bot`: in a checkout that of `run_bot.py`, else where packages are installed."""

SHIPPED = Path(__file__).resolve().with_name("content")
"""The shows that an installed bot brings; a checkout has them beside `bot`."""


def is_checkout() -> bool:
    """Say whether the bot runs from its own folder and is not installed among other packages."""
    return (ROOT / "run_bot.py").is_file()


def program() -> str:
    """Return what the bot is called on a command line: its script in a checkout, else the installed command."""
    return "run_bot.py" if is_checkout() else "verbatim"


def home() -> Path:
    """Return the folder of `.env`, `content` and `data`, and of relative settings: a checkout, else the current one."""
    return ROOT if is_checkout() else Path()


def _setting(default: str, meaning: str, *, secret: bool = False) -> str:
    """Declare one setting: its default as text and one sentence for the table; a `secret` may come from a file."""
    value: str = field(default=default, metadata={"meaning": meaning, "secret": secret})
    return value


ROLES = ("gateway", "web", "worker")
"""What a process of the bot can be asked to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as text; the properties below give them their types."""

    verbatim_content_dir: str = _setting(
        "", "folder of shows and episodes; empty: `content`, or where there is none the show that ships"
    )
    verbatim_semantic: str = _setting("on", "search by meaning too (on) or by words only (off)")
    verbatim_data_dir: str = _setting(
        "",
        "folder for the index and everything else the bot can rebuild or must keep; empty: `data`, or where an "
        "installed bot finds none your own folder for programs' data",
    )

    verbatim_database_url: str = _setting("", "database of settings and deliveries; empty: SQLite in the data folder")
    verbatim_roles: str = _setting(
        "gateway,web,worker",
        "what this process does, separated by commas: gateway (Discord's gateway, Slack's sockets), web (Slack over "
        "HTTP), worker (the daily posts)",
    )
    verbatim_lm_url: str = _setting(
        "", "OpenAI-compatible address of a language model that may choose and order found passages; empty: none"
    )
    verbatim_lm_model: str = _setting("", "name of that model there")
    verbatim_lm_key: str = _setting("", "key for that address, if it wants one, or VERBATIM_LM_KEY_FILE", secret=True)
    discord_token: str = _setting(
        "", "the Discord bot's token, or DISCORD_TOKEN_FILE with the path of a file that has it", secret=True
    )
    discord_api_base_url: str = _setting("https://discord.com/api/v10", "where Discord's API is")
    discord_gateway_url: str = _setting("wss://gateway.discord.gg/", "where Discord's gateway is")
    discord_proxy: str = _setting("", "address of an HTTP proxy to reach Discord through")
    slack_bot_token: str = _setting("", "Slack's bot token (xoxb-…), or SLACK_BOT_TOKEN_FILE", secret=True)
    slack_app_token: str = _setting(
        "", "Slack's app-level token (xapp-…) for Socket Mode, or SLACK_APP_TOKEN_FILE", secret=True
    )
    slack_signing_secret: str = _setting(
        "", "Slack's signing secret for HTTP mode, or SLACK_SIGNING_SECRET_FILE", secret=True
    )
    slack_client_id: str = _setting("", "for several workspaces over HTTP: the app's client id")
    slack_client_secret: str = _setting(
        "", "for several workspaces over HTTP: its secret, or SLACK_CLIENT_SECRET_FILE", secret=True
    )
    slack_mode: str = _setting("socket", "how Slack reaches the bot: socket or http")
    slack_http_host: str = _setting("127.0.0.1", "address that HTTP mode listens on")
    slack_http_port: str = _setting("3000", "port that HTTP mode listens on; the path is /slack/events")
    slack_ping_interval: str = _setting("10", "seconds between Socket Mode pings")
    slack_api_base_url: str = _setting("https://slack.com/api/", "where Slack's API is")
    slack_response_hosts: str = _setting("hooks.slack.com", "hosts a response_url may name, separated by commas")
    slack_command_prefix: str = _setting("", "put before each slash command's name, such as lex- for /lex-quote")

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Take the known names from a mapping; a misspelt `VERBATIM_` name is an error, not silence."""
        known = {row.name for row in setting_rows()}
        files = {f"{name}_FILE" for name in secret_names()}
        for name in sorted(environ):
            if name.startswith("VERBATIM_") and name not in known | files:
                raise OperatorError(say("environment.unknown", name=name, known=", ".join(sorted(known))))
        given = {name.lower(): environ[name] for name in known if environ.get(name)}
        for name in secret_names():
            if environ.get(f"{name}_FILE"):
                given[name.lower()] = _secret(name, environ)
        return cls(**given)

    @property
    def content_dir(self) -> Path:
        """Folder of shows: the one set, else `content` at home, else the one that ships."""
        if self.verbatim_content_dir:
            return home() / _expanded(self.verbatim_content_dir)
        here = home() / "content"
        return SHIPPED if SHIPPED.is_dir() and not here.is_dir() else here

    def gives(self, names: Iterable[str]) -> bool:
        """Say whether any of these settings is set."""
        return any(getattr(self, name.lower()) for name in names)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log may show."""
        return tuple(filter(None, (getattr(self, name.lower()) for name in secret_names())))

    @property
    def database_url(self) -> str:
        """The database's URL; a file in the data folder where none is set."""
        return self.verbatim_database_url or f"sqlite:///{quote(str(self.data_dir / 'verbatim.db'), safe='/:')}"

    @property
    def roles(self) -> frozenset[str]:
        """What this process is to do; OperatorError for a name that is no role."""
        given = [name.strip().casefold() for name in self.verbatim_roles.split(",") if name.strip()]
        for name in given:
            if name not in ROLES:
                raise OperatorError(say("environment.no-role", roles=", ".join(ROLES), name=name))
        if not given:
            raise OperatorError(say("environment.no-roles", roles=", ".join(ROLES)))
        return frozenset(given)

    @property
    def semantic(self) -> bool:
        """Whether to search by meaning."""
        if self.verbatim_semantic.casefold() not in {"on", "off"}:
            raise OperatorError(say("environment.semantic", value=self.verbatim_semantic))
        return self.verbatim_semantic.casefold() == "on"

    @property
    def data_dir(self) -> Path:
        """Folder for what the bot writes: the one set, else `data` at home, else the user's."""
        if self.verbatim_data_dir:
            return home() / _expanded(self.verbatim_data_dir)
        here = home() / "data"
        return here if is_checkout() or here.is_dir() else _expanded(_users_data()) / "verbatim"


def _users_data() -> str:
    """Return the folder in which this system's programs keep what they write for a user."""
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    if sys.platform == "darwin":
        return "~/Library/Application Support"
    given = os.environ.get("XDG_DATA_HOME", "")
    return given if Path(given).is_absolute() else "~/.local/share"  # a relative one is ignored (XDG base directories)


def _expanded(path: str) -> Path:
    """Return a path with the home folder for `~`; OperatorError when the system knows none."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise OperatorError(say("environment.no-home", path=path)) from None


def _secret(name: str, environ: Mapping[str, str]) -> str:
    """Return what stands in the file that `NAME_FILE` names, without the blanks around it."""
    if environ.get(name):
        raise OperatorError(say("environment.both-set", name=name))
    try:
        return Path(environ[f"{name}_FILE"]).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or say("environment.not-text")
        raise OperatorError(
            say("environment.unreadable-file", name=name, path=environ[f"{name}_FILE"], error=why)
        ) from None


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One line of the README's settings table."""

    name: str
    default: str
    meaning: str


def secret_names() -> tuple[str, ...]:
    """List the settings that are secrets; each may come from the file that `NAME_FILE` names."""
    return tuple(item.name.upper() for item in fields(Settings) if item.metadata["secret"])


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
