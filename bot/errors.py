"""Errors that carry a sentence for a person: what was wrong, what was found, what to do."""

from __future__ import annotations

import re

__all__ = ["OperatorError", "StoreError", "TranscriptError", "UserError", "VerbatimError"]


_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_LONGEST = 600
"""Characters of a path or a reason, which may repeat what a file says."""


class VerbatimError(Exception):
    """Base of every error this project raises on purpose; `str(error)` is the sentence to show."""


class UserError(VerbatimError):
    """A member asked for something that cannot be done; `Core.answer` turns it into a private reply."""


class OperatorError(VerbatimError):
    """Whoever runs the bot has to mend something; the process says the sentence and exits with status 2."""


class StoreError(VerbatimError):
    """The database failed while serving; `str(error)` is what it said, half a sentence for the log."""


class TranscriptError(OperatorError):
    """A transcript or show file cannot be used.

    The sentence is one line, whatever the file is called and says. `line` counts from 1 and is None when the problem is
    not on a line.
    """

    def __init__(self, path: str, reason: str, line: int | None = None) -> None:
        """Compose `path:line: reason` from its parts."""
        path, reason = (_one_line(text) for text in (path, reason))
        self.path = path
        self.line = line
        self.reason = reason
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")


def _one_line(text: str) -> str:
    """Return a text without line breaks and what else a terminal would obey, its middle left out when it is long."""
    shown = _UNSHOWN.sub(" ", text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}")
    if not shown.isprintable():  # letters too that this Python does not know yet
        shown = "".join(letter if letter.isprintable() else " " for letter in shown)
    return shown if shown == text else " ".join(shown.split())
