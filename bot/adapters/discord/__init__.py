"""Discord: the bot in servers, threads and direct messages, through discord.py."""

import warnings

with warnings.catch_warnings():
    # discord.py imports audioop for voice, which this bot never uses; Python 3.11 and 3.12 announce its removal.
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    from bot.adapters.discord.adapter import Discord
    from bot.adapters.discord.client import create_discord_client
    from bot.adapters.discord.ready import PERMISSIONS, announce

__all__ = ["PERMISSIONS", "Discord", "announce", "create_discord_client"]
