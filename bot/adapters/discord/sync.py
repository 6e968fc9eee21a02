"""The application commands as Discord has them: overwritten when their declarations changed, by one process."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import discord

from bot.adapters.discord.declare import application_commands, declared_hash
from bot.adapters.discord.locales import read_locales
from bot.adapters.discord.wire import why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands import Command
    from bot.intake import Intake

__all__ = ["sync"]

_log = logging.getLogger(__name__)

SYNC_WAITS = (2.0, 10.0, 60.0)
"""Seconds between tries to sync the commands."""

TURN_SECONDS = 120.0
"""How long one process may take to sync before another tries; the library waits for rate limits 30 s at most."""

_GIVE_UP = {400, 401, 403}


async def sync(
    client: discord.Client,
    intake: Intake,
    commands: Sequence[Command],
    name: str,
) -> None:
    """Overwrite the global commands if their declarations changed since the last time.

    Replicas take turns by a lease under the process's `name`, so that the second one finds it done.
    """
    payload = application_commands(commands, await asyncio.to_thread(read_locales))
    wanted, key = declared_hash(payload), f"discord-sync:{client.application_id}"
    for wait in (*SYNC_WAITS, None):
        try:
            async with intake.turn(key, name, TURN_SECONDS):
                if await intake.read(key) == wanted:
                    return
                await client.http.bulk_upsert_global_commands(client.application_id or 0, payload)
                await intake.write(key, wanted)
        except Exception as error:  # whatever broke, the bot answers with the commands it had
            _log.warning("the commands could not be synced: %s", why(error))
            if wait is None or (isinstance(error, discord.HTTPException) and error.status in _GIVE_UP):
                return
            await asyncio.sleep(wait)
        else:
            _log.info("%s commands synced", len(payload))
            return
