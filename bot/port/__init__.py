"""A port that strangers may knock at: deadlines, bounds, and one line in the log about what was turned away."""

from bot.port.door import Door, Patience

__all__ = ["Door", "Patience"]
