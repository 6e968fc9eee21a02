"""How a process that serves is: what held its loop."""

from bot.health.watchdog import LONGEST_STEP, Held, Watchdog

__all__ = ["LONGEST_STEP", "Held", "Watchdog"]
