"""Posting what is due: each channel once a local date."""

from bot.delivery.daily import Daily, language_named
from bot.delivery.deliver import Delivery
from bot.delivery.ticker import ticking
from bot.delivery.timing import Timing

__all__ = ["Daily", "Delivery", "Timing", "language_named", "ticking"]
