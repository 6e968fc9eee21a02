"""The declarations as Discord's application commands; pure.

Slash commands come from the declared commands; two message commands, found under Apps in a message's menu, check or
find what somebody wrote; a user command, under Apps in a member's menu, opens a field to ask in and has nothing to do
with that member.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import discord

from bot.adapters.discord.limits import (
    LONGEST_CHOICE,
    LONGEST_OPTION,
    MOST_CHAT_COMMANDS,
    MOST_CHOICES,
    MOST_OPTIONS,
)
from bot.adapters.discord.locales import Locales

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands import Command, Parameter

__all__ = ["application_commands", "declared_hash", "registered"]

CHAT_INPUT, USER, MESSAGE = 1, 2, 3
"""Types of commands: interactions/application-commands."""

STRING, INTEGER, BOOLEAN, CHANNEL = 3, 4, 5, 7
"""Types of options: interactions/application-commands."""

GUILD_TEXT, GUILD_ANNOUNCEMENT = 0, 5
"""Channels that messages can be posted in and that a member can pick: resources/channel."""

GUILD_INSTALL, USER_INSTALL = 0, 1
IN_GUILD, IN_BOT_DM, IN_PRIVATE_CHANNEL = 0, 1, 2
"""Where a command can be installed and used: interactions/application-commands, contexts."""

_OPTION_TYPES = {str: STRING, int: INTEGER, bool: BOOLEAN}


def application_commands(commands: Sequence[Command], locales: Locales | None = None) -> list[dict[str, Any]]:
    """Return the body of a bulk overwrite of the global commands, in English and in the languages of `locales`."""
    texts = locales or Locales()
    chosen = registered(commands)[:MOST_CHAT_COMMANDS]
    kinds = {"message": MESSAGE, "member": USER}
    return [
        *(_command(command, texts) for command in chosen),
        *(
            {"type": kinds[menu.target], "name": menu.label, **texts.menu(menu.label), **_places(admin=False)}
            for command in chosen
            for menu in command.menus
        ),
    ]


def registered(commands: Sequence[Command]) -> list[Command]:
    """Return the commands that members get: a hidden one serves buttons and scripts, and runs without being listed."""
    return [command for command in commands if not command.hidden]


def declared_hash(payload: list[dict[str, Any]]) -> str:
    """Return what changes when the declarations change."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def _command(command: Command, texts: Locales) -> dict[str, Any]:
    """Return one slash command."""
    made = {
        "type": CHAT_INPUT,
        "name": command.name,
        "description": command.description,
        "options": [_option(command, parameter, texts) for parameter in command.parameters[:MOST_OPTIONS]],
        **texts.command(command),
        **_places(admin=command.admin),
    }
    if command.admin:
        made["default_member_permissions"] = discord.Permissions(manage_guild=True).value
    return made


def _option(command: Command, parameter: Parameter, texts: Locales) -> dict[str, Any]:
    """Return one option of a slash command."""
    about = parameter.about
    option: dict[str, Any] = {
        "type": CHANNEL if about.channel else _OPTION_TYPES[parameter.type],
        "name": parameter.name,
        "description": about.description,
        "required": parameter.required,
        **texts.option(command, parameter),
    }
    if about.channel:
        option["channel_types"] = [GUILD_TEXT, GUILD_ANNOUNCEMENT]
    elif about.choices:
        option["choices"] = [
            {
                "name": choice,
                "value": int(choice) if parameter.type is int else choice,
                **texts.choice(command, parameter, choice),
            }
            for choice in about.choices[:MOST_CHOICES]
            if len(choice) <= LONGEST_CHOICE
        ]
    elif parameter.type is str:
        option["max_length"] = min(about.longest, LONGEST_OPTION)
        if about.suggest:
            option["autocomplete"] = True
    return option


def _places(*, admin: bool) -> dict[str, Any]:
    """Return where a command can be installed and used; what changes a server's settings only in servers."""
    if admin:
        return {"integration_types": [GUILD_INSTALL], "contexts": [IN_GUILD]}
    return {
        "integration_types": [GUILD_INSTALL, USER_INSTALL],
        "contexts": [IN_GUILD, IN_BOT_DM, IN_PRIVATE_CHANNEL],
    }
