"""The log: to standard error, with anything shaped like a secret left out, in tracebacks too."""

from __future__ import annotations

import logging
import re
import sys

__all__ = ["set_up"]

# By shape, not by name: a token in a library's traceback has no name beside it.
_SECRETS = re.compile(
    r"xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|xoxe\.[\w.-]{8,}"  # Slack
    r"|[A-Za-z0-9_-]{23,30}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}"  # a Discord bot's token
    r"|(?<=/webhooks/)\d+/[\w-]{20,}|(?<=/interactions/)\d+/[\w-]{20,}"  # Discord's interaction tokens
    r"|hooks\.slack\.com/\S+"  # a response_url lets whoever has it answer
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"  # a user and password in an address
)


class Discreet(logging.Formatter):
    """Formats a record, and leaves out what is shaped like a secret."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line or lines of a record."""
        return _SECRETS.sub("…", super().format(record))


def set_up() -> None:
    """Send warnings and errors to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Discreet("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
