"""Posting what is due: each channel once a local date."""

from bot.delivery.deliver import Delivery
from bot.delivery.ticker import ticking

__all__ = ["Delivery", "ticking"]
