"""Discord's row among the platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.adapters.discord.limits import (
    ACKNOWLEDGE_SECONDS,
    LONGEST_CUSTOM_ID,
    LONGEST_LABEL,
    LONGEST_MESSAGE,
    LONGEST_URL,
)
from bot.contract import Lack, Platform

if TYPE_CHECKING:
    from bot.settings import Settings

__all__ = ["PLATFORM"]

LONGEST_LINE = LONGEST_CUSTOM_ID - len("v:")
"""Characters of a button's line: a mark stands before it."""


def _role(_settings: Settings) -> str:
    return "gateway"


PLATFORM = Platform(
    "discord",
    "Discord",
    longest_message=LONGEST_MESSAGE,
    longest_label=LONGEST_LABEL,
    longest_line=LONGEST_LINE,
    mention="<@{id}>",
    tokens=("DISCORD_TOKEN",),
    secrets=("DISCORD_TOKEN",),
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
        Lack("a window for setting up the daily quote", "the command for settings, with daily on"),
    ),
    acknowledge_within=ACKNOWLEDGE_SECONDS,
    role=_role,
)
