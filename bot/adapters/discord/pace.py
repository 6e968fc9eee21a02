"""How long the adapter waits for what among several processes."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Pace"]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds; tests run it faster, with the same proportions.

    `lease`: the gateway is one process's for so long after it last said so, which it does every `renew`. `look`:
    between looks for what some process took and did not answer. `early`: by so much the inbox's lease (30 s) is cut
    short, so that a member waits 20 s at most for the look that finds it; whoever took it gives up before.
    `alive`: between notes that messages are being heard, and looks at what the bot listens to. `starts`: IDENTIFYs of a
    shard allowed within `starts_within`.
    """

    lease: float = 30.0
    renew: float = 5.0
    look: float = 5.0
    early: float = 10.0
    alive: float = 30.0
    starts: int = 900
    starts_within: float = 86_400.0
