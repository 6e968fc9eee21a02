"""Slack's row among the platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.adapters.slack import limits
from bot.contract import Lack, Platform

if TYPE_CHECKING:
    from bot.settings import Settings

__all__ = ["PLATFORM"]


def _role(settings: Settings) -> str:
    return "web" if settings.slack_mode == "http" else "gateway"


PLATFORM = Platform(
    "slack",
    "Slack",
    longest_message=limits.ALL_CHARACTERS,
    longest_label=limits.LABEL,
    longest_line=limits.VALUE,
    mention="<@{id}>",
    tokens=("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_CLIENT_ID"),
    secrets=("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_SECRET"),
    secret_shapes=(
        r"xox[a-z]-[\w-]{8,}",
        r"xapp-[\w-]{8,}",
        r"xoxe\.[\w.-]{8,}",
        r"hooks\.slack\.com/\S+",  # a response_url lets whoever has it answer
    ),
    lacks=(
        Lack("suggestions while an option is typed", "a wrong value is answered with those there are"),
        Lack("slash commands inside a thread", "mention the bot there, with the same line"),
        Lack("“Ask the show” in a member's menu", "the shortcut Ask, or a typed question"),
    ),
    acknowledge_within=limits.ACKNOWLEDGE_SECONDS,
    role=_role,
)
