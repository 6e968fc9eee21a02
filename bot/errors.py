"""Errors that carry a sentence for a person: what was wrong, what was found, what to do."""

from __future__ import annotations

__all__ = ["OperatorError", "StoreError", "TranscriptError", "UserError", "VerbatimError"]


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

    `line` counts from 1 and is None when the problem is not on a line.
    """

    def __init__(self, path: str, reason: str, line: int | None = None) -> None:
        """Compose `path:line: reason` from its parts."""
        self.path = path
        self.line = line
        self.reason = reason
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")
