"""Platforms: each translates events into Requests and draws Replies; none knows another."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from bot.adapters.console import PLATFORM as CONSOLE
from bot.adapters.discord import PLATFORM as DISCORD
from bot.adapters.slack import PLATFORM as SLACK

if TYPE_CHECKING:
    from bot.contract import Adapter, Platform
    from bot.core import Core
    from bot.intake import Store
    from bot.settings import Settings

__all__ = ["PLATFORMS", "connect"]

PLATFORMS: tuple[Platform, ...] = (DISCORD, SLACK, CONSOLE)
"""Each in a package named as it is, which has its row and, where tokens serve it, `connect`."""


def connect(  # noqa: PLR0913 - each is one thing an adapter can be given
    platform: Platform,
    settings: Settings,
    core: Core,
    store: Store | None,
    *,
    listens: bool,
    presence: str,
    name: str,
) -> Adapter:
    """Return a platform's adapter, whose library is loaded with it.

    One that does not `listen` only posts, and finishes what others left. `presence` is what the bot is said to listen
    to, `name` this process's in leases.
    """
    package = import_module(f"{__name__}.{platform.name}")
    adapter: Adapter = package.connect(settings, core, store, listens=listens, presence=presence, name=name)
    return adapter
