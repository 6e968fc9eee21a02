"""Slack: socket or signed HTTP, Block Kit, App Home, shortcuts, the agent surface."""

from bot.adapters.slack.adapter import Slack, create_slack_app
from bot.adapters.slack.manifest import manifest_text, scope_table

__all__ = ["Slack", "create_slack_app", "manifest_text", "scope_table"]
