"""Slack: socket or signed HTTP, Block Kit, App Home, shortcuts, the agent surface; its libraries load when served."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from bot.adapters.slack.manifest import manifest_text, scope_table
from bot.adapters.slack.platform import PLATFORM

if TYPE_CHECKING:
    from bot.adapters.slack.adapter import Slack, create_slack_app
    from bot.contract import Adapter
    from bot.core import Core
    from bot.intake import Store
    from bot.settings import Settings

__all__ = ["PLATFORM", "Slack", "connect", "create_slack_app", "manifest_text", "scope_table"]

_HOMES = {"Slack": "adapter", "create_slack_app": "adapter"}


def connect(settings: Settings, core: Core, store: Store | None, *, listens: bool, **_: str) -> Adapter:
    """Return the adapter: one that `listens`, or only posts and finishes what others left."""
    from bot.adapters.slack.adapter import Slack  # noqa: PLC0415 - 0.3 s of import only this platform needs

    return Slack(settings, core, store, listens=listens)


def __getattr__(name: str) -> object:
    """Return what needs the libraries, from the module it stands in."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
