"""Posting what is due: each channel once a local date."""

from bot.delivery.deliver import Delivery, Timing
from bot.delivery.ticker import ticking

__all__ = ["Delivery", "Timing", "ticking"]
