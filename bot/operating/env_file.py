"""Writing settings into a `.env` file: whole or not at all, readable by its owner alone, other lines as they were."""

from __future__ import annotations

import errno
import io
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import OperatorError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["lines_unread", "write_env"]

_PLAIN = re.compile(r"[\w.:/@%+=,-]+")
"""A value that needs no quotes."""

_CAUSES = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EACCES: "permission",
    errno.EPERM: "permission",
    errno.EROFS: "permission",
}


def write_env(path: Path, values: Mapping[str, str]) -> None:
    """Set these names in the file, which then has the mode 0600; OperatorError says why it cannot, and it is as it was.

    A name that stands there is set where it stands last, which is what counts; a new one comes at the end.
    """
    target = Path(os.path.realpath(path))  # a link stays one
    try:
        before = target.read_bytes().decode("utf-8") if target.exists() else ""
        _replace(target, _with(before, values))
    except UnicodeDecodeError:
        raise OperatorError(say("install.not-text", path=path)) from None
    except OSError as error:
        cause = _CAUSES.get(error.errno or 0, "write")
        fix = say(f"install.fix-{cause}", path=target)
        raise OperatorError(say("install.not-written", path=path, error=error.strerror or error, fix=fix)) from None


def lines_unread(path: Path) -> list[int]:
    """Return the numbers of the lines of a `.env` file that cannot be read, or name a setting and give no value."""
    from dotenv.parser import parse_stream  # noqa: PLC0415 - as in `_with`

    numbers = []
    for binding in parse_stream(io.StringIO(path.read_text("utf-8", "replace"))):
        if binding.error or (binding.key is not None and binding.value is None):
            said = binding.original.string
            blank = said[: len(said) - len(said.lstrip())]  # it begins with the empty lines before it
            numbers.append(binding.original.line + blank.count("\n"))
    return numbers


def _with(text: str, values: Mapping[str, str]) -> str:
    """Return the file's text with these values."""
    from dotenv.parser import parse_stream  # noqa: PLC0415 - only whoever writes it needs the parser

    lines = [(binding.key, binding.original.string) for binding in parse_stream(io.StringIO(text, newline=""))]
    end = "\r\n" if "\r\n" in text else "\n"
    for name, value in values.items():
        written = f"{name}={value if _PLAIN.fullmatch(value) else _quoted(value)}{end}"
        places = [at for at, (key, _) in enumerate(lines) if key == name]
        if places:
            lines[places[-1]] = (name, written)
            continue
        if lines and not lines[-1][1].endswith(("\n", "\r")):
            lines[-1] = (lines[-1][0], lines[-1][1] + end)
        lines.append((name, written))
    return "".join(line for _, line in lines)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _replace(path: Path, text: str) -> None:
    """Write a file beside and move it there; it begins its life with the mode 0600."""
    descriptor, unfinished = tempfile.mkstemp(prefix=".env-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    finally:
        Path(unfinished).unlink(missing_ok=True)
