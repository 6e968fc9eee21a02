"""Slack: socket or signed HTTP, Block Kit, App Home, shortcuts, the agent surface; its libraries load when served."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from bot.adapters.slack import limits
from bot.adapters.slack.manifest import manifest_text, scope_table
from bot.contract import Credential, Lack, Platform

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.contract import Adapter, Channel, Examined
    from bot.core import Core
    from bot.intake import Store, Turns
    from bot.settings import Settings

__all__ = ["PLATFORM", "manifest_text", "scope_table"]


def _connect(settings: Settings, core: Core, store: Store | None, *, listens: bool, turns: Turns, **_: str) -> Adapter:
    from bot.adapters.slack.adapter import Slack  # noqa: PLC0415 - 0.3 s of import only this platform needs

    return Slack(settings, core, store, listens=listens, turns=turns)


def _examine(settings: Settings, store: Store | None) -> Callable[[Sequence[Channel]], Awaitable[Examined]]:
    from bot.adapters.slack.examine import examine  # noqa: PLC0415 - as above

    return partial(examine, settings, store)


def _listens_at(settings: Settings) -> tuple[str, int] | None:
    return (settings.slack_http_host, settings.slack_http_port) if settings.slack_mode == "http" else None


_CREDENTIALS = (
    Credential("slack-bot-token", re.compile(r"xoxb-[\w-]{1,300}"), ("SLACK_BOT_TOKEN",)),
    Credential("slack-app-token", re.compile(r"xapp-[\w-]{1,300}"), ("SLACK_APP_TOKEN",)),
    Credential("slack-user-token", re.compile(r"xoxp-[\w-]{1,300}")),
    Credential("slack-configuration-token", re.compile(r"xoxe[.-][\w.-]{8,}")),
    Credential("slack-session-token", re.compile(r"xox[cds]-[\w%-]{8,}")),
    Credential("slack-secret", re.compile(r"[0-9a-f]{32}"), ("SLACK_SIGNING_SECRET", "SLACK_CLIENT_SECRET")),
    Credential("slack-client-id", re.compile(r"\d{9,20}\.\d{9,20}"), ("SLACK_CLIENT_ID",)),
    Credential("slack-app-id", re.compile(r"A[A-Z0-9]{8,12}")),
    Credential("slack-webhook", re.compile(r"https://hooks\.slack(?:-gov)?\.com/\S+")),
)
"""What the app's pages show (docs.slack.dev/authentication/tokens)."""

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
    credentials=_CREDENTIALS,
    asks=("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"),
    listens_at=_listens_at,
    examine=_examine,
    role=lambda settings: "web" if settings.slack_mode == "http" else "gateway",
    connect=_connect,
)
