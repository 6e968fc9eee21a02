"""Slack: socket or signed HTTP, Block Kit, App Home, shortcuts, the agent surface; its libraries load when served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.adapters.slack import limits
from bot.adapters.slack.manifest import manifest_text, scope_table
from bot.contract import Lack, Platform

if TYPE_CHECKING:
    from bot.contract import Adapter
    from bot.core import Core
    from bot.intake import Store, Turns
    from bot.settings import Settings

__all__ = ["PLATFORM", "manifest_text", "scope_table"]


def _connect(settings: Settings, core: Core, store: Store | None, *, listens: bool, turns: Turns, **_: str) -> Adapter:
    from bot.adapters.slack.adapter import Slack  # noqa: PLC0415 - 0.3 s of import only this platform needs

    return Slack(settings, core, store, listens=listens, turns=turns)


PLATFORM = Platform(
    "slack",
    "Slack",
    longest_line=limits.VALUE,
    tokens=("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_CLIENT_ID"),
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
    role=lambda settings: "web" if settings.slack_mode == "http" else "gateway",
    connect=_connect,
)
