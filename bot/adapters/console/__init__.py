"""The console: the bot in a terminal, for people, pipes and scripts; it needs no token."""

from bot.adapters.console.jsonl import JsonLines
from bot.adapters.console.platform import PLATFORM
from bot.adapters.console.talk import Console

__all__ = ["PLATFORM", "Console", "JsonLines"]
