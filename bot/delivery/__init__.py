"""Posting what is due: each channel once a local date."""

from bot.delivery.daily import Daily, language_named
from bot.delivery.deliver import Delivery
from bot.delivery.planning import SWITCHED_ON, next_dates, post_today, save_settings
from bot.delivery.ticker import ticking
from bot.delivery.timing import Timing

__all__ = [
    "SWITCHED_ON",
    "Daily",
    "Delivery",
    "Timing",
    "language_named",
    "next_dates",
    "post_today",
    "save_settings",
    "ticking",
]
