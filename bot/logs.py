"""The log: to standard error, with what is secret left out of it and of all else that is written there."""

from __future__ import annotations

import base64
import datetime as dt
import json
import logging
import re
import sys
import time
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote, quote_plus, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Discreet", "Stream", "conceal", "logins", "outline", "set_up", "without_login"]

_LOGIN = re.compile(r"(?<=://)([^/\s:@]*):([^/\s]+)(?=@)")
"""The user and password in an address; a password with an unescaped @ is hidden whole."""

SHORTEST_SECRET = 8
"""Characters of a value that is hidden wherever it stands; a shorter one would be found inside of words."""

SHORTEST_WORD = 4
"""Characters of a value that is hidden where it stands alone; one that is shorter still is a word of any sentence."""

MOST_HELD = 65_536
"""Characters of a line that has not ended which are held back in JSON."""

MOST_CONCEALED = 1_000
"""Secrets of single deliveries that are remembered; the oldest go first."""

_MOST_CAUSES = 10

_concealed: deque[str] = deque(maxlen=MOST_CONCEALED)


def conceal(secret: str) -> None:
    """Leave what a platform gave us for one answer, or for one workspace, out of the log from now on."""
    if len(secret) >= SHORTEST_SECRET and secret not in _concealed:
        _concealed.append(secret)


def logins(values: Iterable[str]) -> tuple[str, ...]:
    """Return the passwords in addresses, as written and as meant."""
    found = [login[2] for value in values for login in _LOGIN.finditer(value)]
    return tuple(dict.fromkeys(form for password in found for form in (password, unquote(password)) if form))


def without_login(text: str) -> str:
    """Return a text without the users and passwords in its addresses."""
    return _LOGIN.sub("…", text)


def outline(error: BaseException) -> str:
    """Return where an error came from, and what kind it and its causes are, without what they say.

    An error that nobody foresaw may repeat what a member typed.
    """
    lines: list[str] = []
    each: BaseException | None = error
    while each is not None and len(lines) < _MOST_CAUSES:
        lines.append(f"{''.join(traceback.format_tb(each.__traceback__))}{type(each).__qualname__}")
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return "\n".join(lines)


class Discreet(logging.Formatter):
    """Formats a record without secrets: those it was told, and whatever has the shape of one."""

    as_json = False
    """Whether all that is written to standard error is one JSON object a line."""

    def __init__(self, shapes: Iterable[str]) -> None:
        """Take patterns of secrets: a token in a library's traceback has no name beside it."""
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self._shapes = (_LOGIN.pattern, *shapes)
        self._hidden = re.compile("|".join(self._shapes))

    def hide(self, secrets: Iterable[str]) -> None:
        """Leave these values out too, whatever their shape, and as they are written in addresses, JSON and headers."""
        values = {form for secret in secrets for form in _forms(secret)}
        patterns = map(_pattern, sorted(values, key=len, reverse=True))
        self._hidden = re.compile("|".join((*patterns, *self._shapes)))

    def clean(self, text: str) -> str:
        """Return a text with … for each secret."""
        text = self._hidden.sub("…", text)
        if len(text) < SHORTEST_SECRET:
            return text
        for secret in tuple(_concealed):
            if secret in text:
                text = text.replace(secret, "…")
        return text

    def format(self, record: logging.LogRecord) -> str:
        """Return the line or lines of a record; its `fields`, where it has such, stand in JSON alone."""
        if not self.as_json:
            return self.clean(super().format(record))
        # Before it is written as JSON: the shape of a secret may end where the text around it does.
        told = {"level": record.levelname.lower(), "logger": record.name, "message": self.clean(record.getMessage())}
        told |= getattr(record, "fields", {})
        if record.exc_info:
            told["traceback"] = self.clean(self.formatException(record.exc_info))
        if record.stack_info:
            told["stack"] = self.clean(record.stack_info)
        return _line(record.created, told)


class Stream:
    """A stream that everything is written to without secrets: warnings and errors that nobody caught, too."""

    def __init__(self, stream: TextIO, discreet: Discreet) -> None:
        self._stream = stream
        self._discreet = discreet
        self._held = ""

    def write(self, text: str) -> int:
        """Write a text, in JSON with the end of its last line held back."""
        if not self._discreet.as_json:
            self._stream.write(self._discreet.clean(text))
            return len(text)
        *lines, self._held = (self._held + text).split("\n")
        for line in lines:
            self._tell(line)
        if len(self._held) > MOST_HELD:
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Write what is held back too."""
        held, self._held = self._held, ""
        self._tell(held)
        self._stream.flush()

    def _tell(self, line: str) -> None:
        """Write a line as JSON; an empty one is none."""
        if line.strip():
            told = {"level": "info", "logger": "stderr", "message": self._discreet.clean(line)}
            self._stream.write(f"{_line(time.time(), told)}\n")

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts one after the other."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def set_up(shapes: Iterable[str]) -> Discreet:
    """Send warnings and errors to standard error; return what keeps secrets out of it."""
    formatter = Discreet(shapes)
    handler = logging.StreamHandler(sys.stderr)  # the bare one: what the formatter returns is clean
    sys.stderr = Stream(sys.stderr, formatter)  # it has all that a stream has
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    return formatter


def _line(moment: float, told: Mapping[str, object]) -> str:
    """Return one line of JSON that begins with a moment (UTC seconds)."""
    time_ = dt.datetime.fromtimestamp(moment, dt.UTC).isoformat(timespec="milliseconds")
    return json.dumps({"time": time_, **told}, ensure_ascii=False)


def _pattern(value: str) -> str:
    """Return what finds a value: wherever it stands, a short one where it stands alone."""
    return re.escape(value) if len(value) >= SHORTEST_SECRET else rf"(?<!\w){re.escape(value)}(?!\w)"


def _forms(secret: str) -> Iterator[str]:
    """Yield how a secret may be written: plain, in an address, in JSON, as Python shows it, in hex and in base64."""
    if len(secret) < SHORTEST_WORD:
        return
    raw = secret.encode("utf-8", "replace")
    yield secret
    for safe in ("", "/"):
        yield from (quote(secret, safe, errors="replace"), quote_plus(secret, safe, errors="replace"))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    if len(raw) < SHORTEST_SECRET:
        return
    yield raw.hex()
    # Within a longer text, such as the user and password of a header, base64 writes it in one of three ways.
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            written = encode(bytes(before) + raw).decode()
            yield written[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
