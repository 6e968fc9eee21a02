"""Every setting of the process: listed once, read from a mapping, never at import."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload
from urllib.parse import quote, urlsplit

from bot.errors import OperatorError
from bot.logs import logins, without_login
from bot.policy.texts import listed, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

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
    "secrets_of",
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


def started_by(*words: str) -> str:
    """Return what to type here to start this program with some words; a checkout needs its Python before the script."""
    if not is_checkout():
        return " ".join((program(), *words))
    here = Path.cwd()
    paths = (Path(sys.executable), ROOT / program())
    return " ".join((*(str(path.relative_to(here) if path.is_relative_to(here) else path) for path in paths), *words))


def home() -> Path:
    """Return the folder of `.env`, `content` and `data`, and of relative settings: a checkout, else the current one."""
    return ROOT if is_checkout() else Path()


ROLES = ("gateway", "web", "worker")
"""What a process of the bot can be asked to do."""

LM_USES = ("choose", "words", "questions")
"""What a language model may be used for."""

LONGEST_SHOWN = 200
"""Characters of a wrong value that are repeated."""

_N = TypeVar("_N", bound=float)
_T = TypeVar("_T")


def _shown(given: str) -> str:
    """Return what was given for a setting as a sentence may repeat it."""
    return without_login(given)[:LONGEST_SHOWN]


def _choice(*known: str) -> Callable[[str, str], str]:
    """Return what reads one of these words."""

    def read(name: str, given: str) -> str:
        word = given.strip().casefold()
        if word not in known:
            raise OperatorError(say("environment.no-choice", name=name, known=listed(known, "or"), given=_shown(given)))
        return word

    return read


def _switch(name: str, given: str) -> bool:
    return _choice("on", "off")(name, given) == "on"


def _number(kind: Callable[[str], _N], least: float, most: float) -> Callable[[str, str], _N]:
    """Return what reads a number of a kind (int or float) within these bounds."""

    def read(name: str, given: str) -> _N:
        try:
            number = kind(given)
        except ValueError:
            number = None
        if number is None or not least <= number <= most:
            raise OperatorError(say("environment.no-number", name=name, least=least, most=most, given=_shown(given)))
        return number

    return read


def _address(*schemes: str) -> Callable[[str, str], str]:
    """Return what reads an address with one of these schemes, or none at all."""

    def read(name: str, given: str) -> str:
        try:
            parts = urlsplit(given)
            fits = not given or (parts.scheme in schemes and bool(parts.hostname) and parts.port != 0)
        except ValueError:
            fits = False
        if not fits:
            begins = listed([f"{scheme}://" for scheme in schemes], "or")
            raise OperatorError(say("environment.no-address", name=name, begins=begins, given=_shown(given)))
        return given

    return read


def _listening(name: str, given: str) -> tuple[str, int] | None:
    """Read where to listen, a host and a port (0: any that is free), None for `off`."""
    place = given.strip()
    if place.casefold() == "off":
        return None
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port is None or "@" in place or "/" in place:
        raise OperatorError(say("environment.no-listening", name=name, given=_shown(given)))
    return host, port


def _words(_name: str, given: str) -> frozenset[str]:
    """Read words separated by commas, in lower case."""
    return frozenset(word.strip().casefold() for word in given.split(",") if word.strip())


def _some(*known: str) -> Callable[[str, str], frozenset[str]]:
    """Return what reads one or more of these words, separated by commas."""

    def read(name: str, given: str) -> frozenset[str]:
        chosen = _words(name, given)
        for word in sorted(chosen):
            if word not in known:
                raise OperatorError(say("environment.no-part", name=name, known=", ".join(known), given=_shown(word)))
        if not chosen:
            raise OperatorError(say("environment.no-parts", name=name, known=", ".join(known)))
        return chosen

    return read


def _folder(_name: str, given: str) -> Path | None:
    """Read a folder, None where none is named."""
    return home() / _expand(given) if given else None


@overload
def _setting(default: str, meaning: str, *, secret: bool = False, by_file: bool = False) -> str: ...
@overload
def _setting(default: str, meaning: str, read: Callable[[str, str], _T]) -> _T: ...
def _setting(
    default: str,
    meaning: str,
    read: Callable[[str, str], object] = lambda _, given: given,
    *,
    secret: bool = False,
    by_file: bool = False,
) -> object:
    """Declare a setting: its default as text, one sentence for the table, and what reads it (its name, what is given).

    Without a reader it is text. A `secret` is hidden in the log, and may come from a file, as what is `by_file` may.
    """
    metadata = {"default": default, "meaning": meaning, "read": read, "secret": secret, "by_file": secret or by_file}
    return field(default=read("", default), metadata=metadata)


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """The settings, each of its type: a row is all there is to one."""

    verbatim_content_dir: Path | None = _setting(
        "", "folder of shows and episodes; empty: `content`, or where there is none the show that ships", _folder
    )
    verbatim_semantic: bool = _setting("on", "search by meaning too (on) or by words only (off)", _switch)
    verbatim_semantic_episodes: int = _setting(
        "0", "how many of the newest episodes meaning is worked out for; 0: all", _number(int, 0, 1_000_000)
    )
    verbatim_data_dir: Path | None = _setting(
        "",
        "folder for the index and everything else the bot can rebuild or must keep; empty: `data`, or where an "
        "installed bot finds none your own folder for programs' data",
        _folder,
    )
    verbatim_feed_hosts: frozenset[str] = _setting(
        "",
        "hosts in your own network whose feeds may be followed, separated by commas: host or host:port, over http too; "
        "empty: feeds come over https from the public internet",
        _words,
    )
    verbatim_database_url: str = _setting(
        "",
        "database of settings and deliveries, or VERBATIM_DATABASE_URL_FILE; empty: SQLite in the data folder",
        by_file=True,
    )
    verbatim_roles: frozenset[str] = _setting(
        "gateway,web,worker",
        "what this process does, separated by commas: gateway (Discord's gateway, Slack's sockets), web (Slack over "
        "HTTP), worker (the daily posts, the followed feeds)",
        _some(*ROLES),
    )
    verbatim_health: tuple[str, int] | None = _setting(
        "127.0.0.1:8081",
        "where a process that serves tells how it is (/livez, /readyz, /metrics), or off",
        _listening,
    )
    verbatim_log: str = _setting(
        "text",
        "what standard error is written as: text, or json (an object a line, with one for each answer)",
        _choice("text", "json"),
    )
    verbatim_lm_url: str = _setting(
        "", "OpenAI-compatible address of a language model that proposes and writes nothing; empty: none"
    )
    verbatim_lm_model: str = _setting("", "name of that model there")
    verbatim_lm_key: str = _setting("", "key for that address, if it wants one, or VERBATIM_LM_KEY_FILE", secret=True)
    verbatim_lm_uses: frozenset[str] = _setting(
        "choose",
        "what that model is asked for, separated by commas: choose (which found passages to show, in which order), "
        "words (what else to search for), questions (that passages answer, asked ahead)",
        _some(*LM_USES),
    )
    discord_token: str = _setting(
        "", "the Discord bot's token, or DISCORD_TOKEN_FILE with the path of a file that has it", secret=True
    )
    discord_api_base_url: str = _setting(
        "https://discord.com/api/v10", "where Discord's API is", _address("https", "http")
    )
    discord_gateway_url: str = _setting(
        "wss://gateway.discord.gg/", "where Discord's gateway is", _address("wss", "ws")
    )
    discord_proxy: str = _setting("", "address of an HTTP proxy to reach Discord through", _address("http", "https"))
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
    slack_mode: str = _setting("socket", "how Slack reaches the bot: socket or http", _choice("socket", "http"))
    slack_http_host: str = _setting("127.0.0.1", "address that HTTP mode listens on")
    slack_http_port: int = _setting(
        "3000", "port that HTTP mode listens on; the path is /slack/events", _number(int, 0, 65_535)
    )
    slack_ping_interval: float = _setting("10", "seconds between Socket Mode pings", _number(float, 0.05, 600))
    slack_api_base_url: str = _setting("https://slack.com/api/", "where Slack's API is", _address("https", "http"))
    slack_response_hosts: frozenset[str] = _setting(
        "hooks.slack.com", "hosts a response_url may name, separated by commas", _words
    )
    slack_command_prefix: str = _setting("", "put before each slash command's name, such as lex- for /lex-quote")

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings from a mapping; OperatorError for a misspelt `VERBATIM_` name or a value that cannot be."""
        rows = {row.name: row for row in setting_rows()}
        by_file = {name for name, row in rows.items() if row.by_file}
        for name in sorted(environ):
            if name.startswith("VERBATIM_") and name not in rows and name.removesuffix("_FILE") not in by_file:
                raise OperatorError(say("environment.unknown", name=name, known=", ".join(sorted(rows))))
        given = {name: environ[name] for name in rows if environ.get(name)}
        given |= {name: _in_file(name, environ) for name in sorted(by_file) if environ.get(f"{name}_FILE")}
        values: dict[str, Any] = {name.lower(): rows[name].read(name, text) for name, text in given.items()}
        return cls(**values)

    @property
    def content_dir(self) -> Path:
        """Folder of shows: the one set, else `content` at home, else the one that ships."""
        here = home() / "content"
        return self.verbatim_content_dir or (SHIPPED if SHIPPED.is_dir() and not here.is_dir() else here)

    @property
    def data_dir(self) -> Path:
        """Folder for what the bot writes: the one set, else `data` at home, else the user's."""
        if self.verbatim_data_dir:
            return self.verbatim_data_dir
        here = home() / "data"
        return here if is_checkout() or here.is_dir() else _expand(_users_data()) / "verbatim"

    @property
    def database_url(self) -> str:
        """The database's URL; a file in the data folder where none is set."""
        return self.verbatim_database_url or f"sqlite:///{quote(str(self.data_dir / 'verbatim.db'), safe='/:')}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log may show: the secrets, and the passwords in addresses."""
        return secrets_of({row.name: value for row in setting_rows() if isinstance(value := self._of(row), str)})

    def __repr__(self) -> str:
        """Return what is set beside the defaults, without secrets."""
        rows = [row for row in setting_rows() if self._of(row) != row.read(row.name, row.default)]
        shown = (f"{row.name.lower()}={'…' if row.secret else without_login(repr(self._of(row)))}" for row in rows)
        return f"Settings({', '.join(shown)})"

    def _of(self, row: SettingRow) -> object:
        value: object = getattr(self, row.name.lower())
        return value

    def gives(self, names: Iterable[str]) -> bool:
        """Say whether any of these settings is set."""
        return any(getattr(self, name.lower()) for name in names)


def _users_data() -> str:
    """Return the folder in which this system's programs keep what they write for a user."""
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    if sys.platform == "darwin":
        return "~/Library/Application Support"
    given = os.environ.get("XDG_DATA_HOME", "")
    return given if Path(given).is_absolute() else "~/.local/share"  # a relative one is ignored (XDG base directories)


def _expand(path: str) -> Path:
    """Return a path with the home folder for `~`; OperatorError when the system knows none."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise OperatorError(say("environment.no-home", path=path)) from None


def _in_file(name: str, environ: Mapping[str, str]) -> str:
    """Return what stands in the file that `NAME_FILE` names, without the blanks around it."""
    if environ.get(name):
        raise OperatorError(say("environment.both-set", name=name))
    path = Path(environ[f"{name}_FILE"])
    try:
        return path.read_text("utf-8").strip()
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte, or what is no text
        why = (error.strerror if isinstance(error, OSError) else None) or say("environment.not-text")
        if not path.is_absolute() or not _is_there(path.parent):  # it may be the secret itself
            raise OperatorError(say("environment.no-file", name=name, error=why)) from None
        raise OperatorError(say("environment.unreadable-file", name=name, path=path, error=why)) from None


def _is_there(folder: Path) -> bool:
    """Say whether a folder exists; what cannot be a path does not."""
    try:
        return folder.is_dir()
    except (OSError, ValueError):
        return False


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting as declared: its name in the environment, its default as text, and what reads a text given for it."""

    name: str
    default: str
    meaning: str
    read: Callable[[str, str], object]
    secret: bool
    by_file: bool


def setting_rows() -> tuple[SettingRow, ...]:
    """List every setting."""
    return tuple(SettingRow(item.name.upper(), **item.metadata) for item in fields(Settings))


def secret_names() -> tuple[str, ...]:
    """List the settings that are secrets."""
    return tuple(row.name for row in setting_rows() if row.secret)


def secrets_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is secret in an environment that nobody read yet: secrets, and the passwords in any address."""
    own = (environ.get(name, "") for name in secret_names())
    return tuple(filter(None, (*own, *logins(environ.values()))))


def read_env_file(path: Path) -> dict[str, str]:
    """Read `NAME=value` lines from a `.env` file; a missing file is an empty mapping."""
    if not path.is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - only when there is such a file

    return {name: value for name, value in dotenv_values(path).items() if value is not None}
