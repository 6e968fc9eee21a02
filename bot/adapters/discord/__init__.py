"""Discord: the bot in servers, threads and direct messages, through discord.py, which is loaded when it is served."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from bot.adapters.discord.platform import PLATFORM

if TYPE_CHECKING:
    from bot.adapters.discord.adapter import Discord
    from bot.adapters.discord.client import create_discord_client
    from bot.adapters.discord.ready import PERMISSIONS, announce
    from bot.contract import Adapter
    from bot.core import Core
    from bot.intake import Store
    from bot.settings import Settings

__all__ = ["PERMISSIONS", "PLATFORM", "Discord", "announce", "connect", "create_discord_client"]

_HOMES = {"Discord": "adapter", "PERMISSIONS": "ready", "announce": "ready", "create_discord_client": "client"}


def connect(  # noqa: PLR0913 - each is one thing the adapter can be given
    settings: Settings, core: Core, store: Store | None, *, listens: bool, presence: str, name: str
) -> Adapter:
    """Return the adapter: one that `listens`, or only posts and finishes what others left.

    `presence` is what the bot is said to listen to, `name` this process's in leases.
    """
    from bot.adapters.discord.adapter import Discord  # noqa: PLC0415 - 0.4 s of import only this platform needs

    return Discord(settings, core, store, presence=presence, gateway=listens, name=name)


def __getattr__(name: str) -> object:
    """Return what needs the library, from the module it stands in."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
