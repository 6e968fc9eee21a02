"""A local Discord for tests: gateway and REST on loopback, for the real library and for the built process."""

from __future__ import annotations

from tests.local_discord.interactions import Interaction
from tests.local_discord.server import TOKEN, LocalDiscord
from tests.local_discord.world import Channel, Guild, Json, Permission, User

__all__ = ["TOKEN", "Channel", "Guild", "Interaction", "Json", "LocalDiscord", "Permission", "User"]
