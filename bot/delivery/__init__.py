"""Posting what is due, once in each channel: a quote for a local date, and a new episode."""

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
