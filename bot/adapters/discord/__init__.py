"""Discord: the bot in servers, threads and direct messages, through discord.py, which is loaded when it is served."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from bot.adapters.discord.limits import LONGEST_CUSTOM_ID, LONGEST_MESSAGE, LONGEST_URL
from bot.contract import Credential, Lack, Platform

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.contract import Adapter, Channel, Examined
    from bot.core import Core
    from bot.intake import Store, Turns
    from bot.settings import Settings

__all__ = ["PLATFORM"]

LONGEST_LINE = LONGEST_CUSTOM_ID - len("v:")
"""Characters of a button's line: a mark stands before it."""


def _connect(  # noqa: PLR0913 - each is one thing the adapter can be given
    settings: Settings,
    core: Core,
    store: Store | None,
    *,
    listens: bool,
    presence: Callable[[], str],
    name: str,
    turns: Turns,
) -> Adapter:
    from bot.adapters.discord.adapter import Discord  # noqa: PLC0415 - 0.4 s of import only this platform needs

    return Discord(settings, core, store, gateway=listens, presence=presence, name=name, turns=turns)


def _examine(settings: Settings, store: Store | None) -> Callable[[Sequence[Channel]], Awaitable[Examined]]:
    from bot.adapters.discord.examine import examine  # noqa: PLC0415 - as above

    return partial(examine, settings, store)


_CREDENTIALS = (
    Credential(
        "discord-bot-token",
        re.compile(r"[A-Za-z0-9_-]{23,30}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}"),
        ("DISCORD_TOKEN",),
    ),
    Credential("discord-application-id", re.compile(r"\d{17,20}")),
    Credential("discord-client-secret", re.compile(r"[A-Za-z0-9_-]{32}")),
    Credential("discord-public-key", re.compile(r"[0-9a-f]{64}")),
    Credential("discord-user-token", re.compile(r"mfa\.[\w-]{20,}")),
    Credential("discord-webhook", re.compile(r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\S+")),
)
"""What the Developer Portal shows (discord.com/developers/docs/reference, authentication)."""

PLATFORM = Platform(
    "discord",
    "Discord",
    longest_line=LONGEST_LINE,
    tokens=("DISCORD_TOKEN",),
    secret_shapes=(
        r"[A-Za-z0-9_-]{23,30}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}",  # a bot's token
        r"(?<=/webhooks/)\d+/[\w-]{20,}",  # an interaction's token
        r"(?<=/interactions/)\d+/[\w-]{20,}",
    ),
    lacks=(
        Lack(
            f"buttons whose line has more than {LONGEST_LINE} characters, links of more than {LONGEST_URL}",
            "left out; type the line",
        ),
        Lack(
            f"more than {LONGEST_MESSAGE:,} characters in one message",
            "the last quote ends in …, or is left out and it says so",
        ),
        Lack("a Home tab", "the commands for the daily quote, for help and for settings show what it shows"),
        Lack("a window for setting up the daily quote", "the command for setup, step by step"),
    ),
    credentials=_CREDENTIALS,
    asks=("DISCORD_TOKEN",),
    examine=_examine,
    connect=_connect,
)
