"""The app's manifest, made from the command declarations: what an admin pastes into Slack to create the app.

`run_bot.py manifest` prints it; `make generate` writes the one in the project's root.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.adapters.slack import limits
from bot.adapters.slack.views import ASK, message_menu, prompts
from bot.commands import public_commands
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.commands import Command

__all__ = ["EVENTS", "SCOPES", "BotScope", "build_manifest", "manifest_text", "missing_scopes", "scope_table"]


@dataclass(frozen=True, slots=True)
class BotScope:
    """One permission of the app and why it asks for it."""

    name: str
    why: str


SCOPES: Final = (
    BotScope("app_mentions:read", "to be told when a member mentions the bot"),
    BotScope("assistant:write", "to suggest what to ask in the bot's messages; Slack's agent surface requires it"),
    BotScope("channels:history", "to find its own daily post again before trying once more, so that it stands once"),
    BotScope("channels:read", "to check, when the daily quote is set up, that the bot is in the channel"),
    BotScope("chat:write", "to answer and to post the daily quote"),
    BotScope("commands", "for the slash commands and shortcuts"),
    BotScope("groups:history", "as channels:history, in private channels it was invited to"),
    BotScope("groups:read", "as channels:read, in private channels it was invited to"),
    BotScope("im:history", "to read what members write to the bot in its own messages"),
    BotScope("users:read", "to check that whoever uses an admin's command is an admin of the workspace"),
)
"""The fewest the app works with."""

EVENTS: Final = ("app_home_opened", "app_mention", "app_uninstalled", "message.im", "tokens_revoked")


def build_manifest(
    commands: Sequence[Command], prefix: str = "", url: str = "", *, org: bool = False
) -> dict[str, Any]:
    """Return the manifest for Socket Mode, or for HTTP mode at a public address such as https://bot.example.org.

    `prefix` stands before every slash command's name; an app for an `org` can be installed for all workspaces of an
    Enterprise organisation at once. A declaration that Slack would refuse raises ValueError.
    """
    address = {"request_url": f"{url.rstrip('/')}/slack/events"} if url else {}
    slash = [_slash(command, prefix, url) for command in public_commands(commands)]
    if len(slash) > limits.COMMANDS:
        message = f"{len(slash)} slash commands; Slack allows {limits.COMMANDS}"
        raise ValueError(message)
    oauth: dict[str, Any] = {"redirect_urls": [f"{url.rstrip('/')}/slack/oauth_redirect"]} if url else {}
    return {
        "_metadata": {"major_version": 1},
        "display_information": {
            "name": "Verbatim",
            "description": say("slack.description"),
            "long_description": say("slack.long-description"),
            "background_color": "#1f2a44",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Verbatim", "always_online": True},
            "agent_view": {
                "agent_description": say("slack.description"),
                "suggested_prompts": prompts(commands),
            },
            "shortcuts": [
                *(
                    {
                        "name": menu.label,
                        "type": "message",
                        "callback_id": command.name,
                        "description": command.description[: limits.DESCRIPTION],
                    }
                    for command in commands
                    if (menu := message_menu(command))
                ),
                {
                    "name": say("slack.ask-title"),
                    "type": "global",
                    "callback_id": ASK,
                    "description": say("slack.ask-description"),
                },
            ],
            "slash_commands": slash,
        },
        "oauth_config": oauth | {"scopes": {"bot": [scope.name for scope in SCOPES]}},
        "settings": {
            "event_subscriptions": address | {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True} | address,
            "org_deploy_enabled": org,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }


def _slash(command: Command, prefix: str, url: str) -> dict[str, Any]:
    """Return one slash command."""
    name = f"/{prefix}{command.name}"
    if len(name) > limits.COMMAND:
        message = f"{name} has {len(name)} characters; Slack allows {limits.COMMAND}. Choose a shorter prefix."
        raise ValueError(message)
    hint = command.usage.removeprefix(f"/{command.name}").strip()[: limits.HINT]
    return {
        "command": name,
        **({"url": f"{url.rstrip('/')}/slack/events"} if url else {}),
        "description": command.description[: limits.DESCRIPTION],
        **({"usage_hint": hint} if hint else {}),
        "should_escape": True,
    }


def missing_scopes(granted: Collection[str]) -> tuple[str, ...]:
    """Return the scopes the app needs and was not given."""
    return tuple(scope.name for scope in SCOPES if scope.name not in granted)


def scope_table() -> str:
    """Return the scopes with their reasons as a Markdown table."""
    rows = "\n".join(f"| `{scope.name}` | {scope.why} |" for scope in SCOPES)
    return f"| Scope | Why |\n|---|---|\n{rows}\n"


def manifest_text(commands: Sequence[Command], prefix: str = "", url: str = "", *, org: bool = False) -> str:
    """Return the manifest as YAML; see `build_manifest`."""
    import yaml  # noqa: PLC0415 - serving never needs it

    made = build_manifest(commands, prefix, url, org=org)
    written = yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=120)
    return f"# Generated from the command declarations; docs/operating.md, Slack, says what to do with it.\n{written}"
