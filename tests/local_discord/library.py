"""discord.py, imported without its warning, pointed at a local Discord and back."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING

import yarl

with warnings.catch_warnings():
    # discord.py imports audioop, whose removal Python 3.11 and 3.12 announce.
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    import discord
    from discord import app_commands
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local_discord.server import LocalDiscord


__all__ = ["app_commands", "discord", "point", "pointed_at"]


def point(api_base: str, gateway_url: str) -> None:
    """Let every client of discord.py in this process speak to these addresses."""
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = api_base, yarl.URL(gateway_url)


@contextlib.contextmanager
def pointed_at(local: LocalDiscord) -> Iterator[None]:
    """Let every client of discord.py speak to a local Discord inside the block."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    point(local.api_base, local.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway
