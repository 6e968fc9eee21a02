"""Delivery's waits for fault tests: those of production over twenty, so that a run takes a minute, not an hour."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.delivery import Timing

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SCALED", "Pace"]


@dataclass(frozen=True)
class Pace:
    """Every wait, in seconds; `resend_within` is for how long Discord is trusted to know a nonce.

    `call_within` is the adapters' own limit for one call. Production: lease 120, guard 30, send within 20, settle 45,
    agree 30, look again 60, sweeps after 300 and 3,300 more, resend within 60, a call within 15. `late` and `grace`
    stay as they are unless a case is about them.
    """

    timing: Timing = field(
        default_factory=lambda: Timing(
            lease=6.0, guard=2.0, send_within=3.0, settle=2.5, agree=1.5, look_again=1.0, sweep_again=6.0
        )
    )
    sweep_after: float = 5.0
    tick: float = 0.3
    resend_within: float = 3.0
    call_within: float = 2.4

    def but(self, *, sweep_after: float | None = None, resend_within: float | None = None, **timing: float) -> Pace:
        """Return a pace with other waits."""
        return dataclasses.replace(
            self,
            timing=dataclasses.replace(self.timing, **timing),
            sweep_after=self.sweep_after if sweep_after is None else sweep_after,
            resend_within=self.resend_within if resend_within is None else resend_within,
        )

    def told(self) -> dict[str, Any]:
        """Return it as data."""
        return dataclasses.asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Pace:
        """Return the pace that was told."""
        return cls(**{**told, "timing": Timing(**told["timing"])})


SCALED = Pace()
