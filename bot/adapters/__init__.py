"""Platforms: each translates events into Requests and draws Replies; none knows another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.adapters.console import PLATFORM as CONSOLE
from bot.adapters.discord import PLATFORM as DISCORD
from bot.adapters.slack import PLATFORM as SLACK

if TYPE_CHECKING:
    from bot.contract import Platform

__all__ = ["PLATFORMS"]

PLATFORMS: tuple[Platform, ...] = (DISCORD, SLACK, CONSOLE)
