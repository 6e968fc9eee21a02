"""The terminal's row among the platforms."""

from __future__ import annotations

from bot.contract import Lack, Platform

__all__ = ["PLATFORM"]

PLATFORM = Platform(
    "console",
    "the terminal",
    lacks=(
        Lack("answers for one member alone, and Share", "one person reads there"),
        Lack("buttons to press", "type the number that stands before the action"),
    ),
)
