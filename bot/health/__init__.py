"""How a process that serves is: what held its loop, what it counted, whether it can answer, and where it tells that."""

from bot.health.meters import REQUESTS, Meters
from bot.health.vitals import Vitals
from bot.health.watchdog import LONGEST_STEP, Held, Watchdog

__all__ = ["LONGEST_STEP", "REQUESTS", "Held", "Meters", "Vitals", "Watchdog"]
