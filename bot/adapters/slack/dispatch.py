"""What arrives, handed to Bolt: acknowledged whatever comes of it, for what is not, Slack sends again and counts.

Alone a question that could not be recorded stays unacknowledged (503): sent again, it may be.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from slack_bolt import BoltResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt.app.async_app import AsyncApp
    from slack_bolt.request.async_request import AsyncBoltRequest

__all__ = ["Dispatch"]

_log = logging.getLogger(__name__)

_NOT_FOUND: Final = 404
_BROKE: Final = 500
_MOST_KINDS: Final = 100
_LONGEST_KIND: Final = 60


class Dispatch:
    """Hands deliveries over, and says each kind that goes unanswered once in the log, without its content."""

    def __init__(self) -> None:
        """Start with nothing said."""
        self._said: set[str] = set()

    async def answer(self, app: AsyncApp, payload: object, request: Callable[[], AsyncBoltRequest]) -> BoltResponse:
        """Return Bolt's answer to a delivery, or a plain acknowledgement of what no second try would better.

        `request` reads the payload as Bolt does, which may break on one that is not Slack's.
        """
        try:
            answer = await app.async_dispatch(request())
        except Exception as error:  # whatever stands in a payload must not have it sent again and again
            self.note(f"what cannot be read ({type(error).__name__})", payload)
            return BoltResponse(status=200, body="")
        if answer.status == _NOT_FOUND:
            self.note("what nothing here listens to", payload)
        elif answer.status == _BROKE:
            self.note("what broke here", payload)
        else:
            return answer
        return BoltResponse(status=200, body="")

    def note(self, what: str, payload: object) -> None:
        """Say that something was acknowledged and let be; each kind once."""
        line = f"{what}: {_kind(payload)[:_LONGEST_KIND]!r}"
        if line not in self._said and len(self._said) < _MOST_KINDS:
            self._said.add(line)
            _log.info("acknowledged %s", line)


def _kind(payload: object) -> str:
    """Return what a payload is, as Slack names it."""
    if not isinstance(payload, dict):
        return f"a payload that is no object but {type(payload).__name__}"
    known: dict[str, Any] = payload
    event = known.get("event")
    if known.get("type") != "event_callback":
        return str(known.get("type") or "no type")
    if isinstance(event, dict) and isinstance(event.get("type"), str):
        return str(event["type"])
    return "an event without its event"
