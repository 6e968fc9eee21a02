"""Posting what is due, once in each channel: a quote for a local date, and a new episode."""

from bot.delivery.daily import Daily, language_named
from bot.delivery.deliver import Delivery
from bot.delivery.ticker import ticking
from bot.delivery.timing import Timing

__all__ = ["Daily", "Delivery", "Timing", "language_named", "ticking"]
