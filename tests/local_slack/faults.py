"""What may go wrong on the way to the local Slack and back: named faults, and a seeded mix of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

SLACK_FAILURES: Final = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
"""Answers after which part of the work may have been done."""

KINDS: Final = frozenset({"429", "500", "502", "503", "html", "reset", "stall", "delay"})
"""Faults below the answer; every other kind is an `ok: false` error of that name."""


@dataclass
class Fault:
    """One way to fail, for so many requests of a method (`*` is every method, `response_url` the posted replies).

    `accepted` means that the platform does the work first and only the answer is wrong. `channel` narrows the fault to
    one channel; `seconds` is how long a delay or stall lasts; `retry_after` goes with 429.
    """

    method: str
    kind: str
    times: int = 1
    accepted: bool = False
    channel: str = ""
    seconds: float = 30.0
    retry_after: int = 1

    def fits(self, method: str, channel: str) -> bool:
        """Return whether it concerns a request."""
        return self.times > 0 and self.method in {method, "*"} and self.channel in {"", channel}


class Faults:
    """The faults that are due: those a test asked for, then the seeded mix."""

    def __init__(self) -> None:
        """Start without faults."""
        self.asked: list[Fault] = []
        self.share = 0.0
        self.methods = frozenset({"chat.postMessage", "conversations.history"})
        self._random = random.Random(0)  # noqa: S311 - repeatable, not secret

    def mix(self, share: float, seed: int) -> None:
        """Let that share of posts and history reads fail: dropped, answer lost, 5xx, slow or 429, in equal parts."""
        self.share = share
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret

    def next(self, method: str, channel: str) -> Fault | None:
        """Return the fault of this request, and count it."""
        for fault in self.asked:
            if fault.fits(method, channel):
                fault.times -= 1
                return fault
        if method not in self.methods or self._random.random() >= self.share:
            return None
        return self._random.choice(
            [
                Fault(method, "reset"),
                Fault(method, "reset", accepted=True),
                Fault(method, "500"),
                Fault(method, "503", accepted=True),
                Fault(method, "delay", seconds=self._random.uniform(0.2, 1.0)),
                Fault(method, "stall", accepted=True, seconds=5.0),
                Fault(method, "429"),
                Fault(method, "fatal_error", accepted=True),
            ]
        )
