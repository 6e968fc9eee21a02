"""How long delivery waits for what, and how much it does at a time."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AT_ONCE", "Timing"]

AT_ONCE = 20
"""Posts claimed and sent at a time."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long delivery waits for what, in seconds; fault tests run it faster, with the same proportions.

    `grace`: a post later than that is left out, with the reason. `late`: a post later than that, or due in a gap of
    the ticks as long, is looked for before it is first sent. `lease`: a claimed post is this process's; `guard` of it
    must be left to begin a send, which counts as unclear after `send_within` (the adapters' own limit is 15 s).
    `settle`: until the channel's history is believed to show a doubtful send; `agree`: between two reads that must both
    find nothing before it is sent again. `look_again`: until a channel that could not be read is read again,
    or an admin who was not reached is told again; the older the news, the later, up to `tell_again`.
    `sweep_again`: between the first and the second search for a copy. `skew`: between this clock and a platform's
    beyond which nothing is posted. `longest_later`: a post that a platform put off is looked at again after that.
    `furthest_back`: missed dates are written down one by one. `thread_for`: after a post stands, its thread is tried.
    `news`: an announcement later than that is left out. `look_for_news`: between two looks at what episodes are new;
    `known_soon`: until an announcement is tried again whose episode another process knows and this one not yet.
    """

    grace: float = 6 * 3600.0
    late: float = 600.0
    lease: float = 120.0
    guard: float = 30.0
    send_within: float = 20.0
    settle: float = 45.0
    agree: float = 30.0
    look_again: float = 60.0
    tell_again: float = 900.0
    sweep_again: float = 3300.0
    skew: float = 120.0
    longest_later: float = 3600.0
    furthest_back: float = 7 * 86400.0
    thread_for: float = 6 * 3600.0
    news: float = 7 * 86400.0
    look_for_news: float = 30.0
    known_soon: float = 5.0
