"""What came of something a member did: the acknowledgement, the replies, the tries of an event."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.local_slack.api import Hook
    from tests.local_slack.world import View


@dataclass(frozen=True)
class Ack:
    """How the bot acknowledged: its body (None when empty), seconds since it was sent, HTTP status (200 by socket)."""

    body: Any
    seconds: float
    status: int = 200
    socket: int = 0
    retry: bool = True
    """False when the bot asked for no retry (X-Slack-No-Retry)."""

    @property
    def good(self) -> bool:
        """Whether Slack takes it for an acknowledgement."""
        return 200 <= self.status < 300

    @property
    def replies(self) -> bool:
        """Whether there is a reply in it."""
        return isinstance(self.body, dict) and bool({"text", "blocks"} & set(self.body))


@dataclass
class Try:
    """One delivery of an event: when, with which retry number and reason, and its acknowledgement if any."""

    at: float
    number: int
    reason: str
    ack: Ack | None = None


@dataclass
class Delivery:
    """One event on its way to the bot, with every try."""

    event_id: str
    body: dict[str, Any]
    again_: Callable[[Delivery, str], Awaitable[None]]
    tries: list[Try] = field(default_factory=list)
    waiting: bool = False
    """Whether no socket was open: it is sent when one opens."""

    @property
    def acknowledged(self) -> bool:
        """Whether any try was acknowledged."""
        return any(one.ack is not None and one.ack.good for one in self.tries)

    @property
    def acknowledged_in(self) -> float | None:
        """Seconds from a try to its acknowledgement, of the first that was."""
        return next((one.ack.seconds for one in self.tries if one.ack is not None and one.ack.good), None)

    @property
    def ts(self) -> str:
        """The timestamp of the message the event is about."""
        return str(self.body.get("event", {}).get("ts", ""))

    async def again(self, reason: str = "timeout") -> None:
        """Deliver the same event once more, as Slack's later retries do."""
        await self.again_(self, reason)


@dataclass
class Exchange:
    """One command, press, shortcut or submission. `ack` is None when the bot did not answer within three seconds."""

    payload: dict[str, Any]
    hook: Hook | None
    until: Callable[..., Awaitable[None]]
    ack: Ack | None = None
    first_request: int = 0
    view: View | None = None
    errors: dict[str, str] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    @property
    def trigger_id(self) -> str:
        """What the bot may open one view with."""
        return str(self.payload.get("trigger_id", ""))

    @property
    def replies(self) -> list[dict[str, Any]]:
        """What the bot posted to the response_url, oldest first; a reply in the acknowledgement comes first."""
        posted = list(self.hook.payloads) if self.hook else []
        return [self.ack.body, *posted] if self.ack is not None and self.ack.replies else posted

    @property
    def answered_in(self) -> float | None:
        """Seconds until the first reply."""
        if self.ack is not None and self.ack.replies:
            return self.ack.seconds
        return self.hook.used - self.started if self.hook and self.hook.used else None

    @property
    def final(self) -> dict[str, Any]:
        """The last reply; AssertionError when there is none."""
        assert self.replies, "the bot has not replied"
        return self.replies[-1]

    async def settle(self, replies: int = 1, seconds: float = 10.0) -> dict[str, Any]:
        """Wait until that many replies are there and return the last."""
        await self.until(lambda: len(self.replies) >= replies, seconds, f"{replies} replies, got {len(self.replies)}")
        return self.final


class Changes:
    """Waiting for the platform's state to become something."""

    def __init__(self) -> None:
        """Start with nothing awaited."""
        self._happened = asyncio.Event()

    def happened(self) -> None:
        """Say that something changed."""
        self._happened.set()
        self._happened = asyncio.Event()

    async def until(self, is_so: Callable[[], object], seconds: float = 10.0, what: str = "it") -> None:
        """Wait until a condition holds; AssertionError when it does not in time."""
        ends = time.monotonic() + seconds
        while not is_so():
            left = ends - time.monotonic()
            assert left > 0, f"waited {seconds:g} s for {what}"
            try:
                # A condition may also depend on the bot, which the platform does not see change.
                await asyncio.wait_for(self._happened.wait(), min(left, 0.05))
            except TimeoutError:
                continue
