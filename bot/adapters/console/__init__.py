"""The console: the bot in a terminal, for people, pipes and scripts; it needs no token."""

from __future__ import annotations

from bot.adapters.console.jsonl import JsonLines
from bot.adapters.console.talk import Console, Screen
from bot.contract import Lack, Platform

__all__ = ["PLATFORM", "Console", "JsonLines", "Screen"]

PLATFORM = Platform(
    "console",
    "the terminal",
    lacks=(
        Lack("answers for one member alone, and Share", "one person reads there"),
        Lack("buttons to press", "type the number that stands before the action"),
    ),
)
