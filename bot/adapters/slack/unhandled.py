"""What arrives and nothing listens to: acknowledged all the same, for what is not, Slack sends again and counts."""

from __future__ import annotations

import logging
from typing import Any, Final

from slack_bolt import BoltResponse

__all__ = ["Unhandled"]

_log = logging.getLogger(__name__)

_NOT_FOUND: Final = 404
_BROKE: Final = 500
_MOST_KINDS: Final = 100
_LONGEST_KIND: Final = 60


class Unhandled:
    """Acknowledges, and says each kind once in the log, without its content."""

    def __init__(self) -> None:
        """Start with nothing said."""
        self._said: set[str] = set()

    def acknowledged(self, payload: dict[str, Any], answer: BoltResponse) -> BoltResponse:
        """Return Bolt's answer to a payload, or a plain acknowledgement when nothing listened or it cannot be read.

        An event that broke while it was recorded stays unacknowledged: Slack sends it again.
        """
        kind = _kind(payload)
        if answer.status != _NOT_FOUND and not (kind is None and answer.status == _BROKE):
            return answer
        name = (kind or "an event without its event")[:_LONGEST_KIND]
        if name not in self._said and len(self._said) < _MOST_KINDS:
            self._said.add(name)
            _log.info("acknowledged what nothing here listens to: %r", name)
        return BoltResponse(status=200, body="")


def _kind(payload: dict[str, Any]) -> str | None:
    """Return a payload's type, None for an event without its event."""
    event = payload.get("event")
    if payload.get("type") == "event_callback" and not (isinstance(event, dict) and isinstance(event.get("type"), str)):
        return None
    return str(payload.get("type") or "no type")
