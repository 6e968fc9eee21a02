"""The declarations as Discord's application commands, in its languages, and their overwriting when they changed.

Slash commands come from the declared commands; two message commands, found under Apps in a message's menu, check or
find what somebody wrote; a user command, under Apps in a member's menu, opens a field to ask in and has nothing to do
with that member.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import discord

from bot.adapters.discord.limits import (
    LONGEST_CHOICE,
    LONGEST_OPTION,
    MOST_CHAT_COMMANDS,
    MOST_CHOICES,
    MOST_OPTIONS,
)
from bot.adapters.discord.wire import why
from bot.commands import public_commands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.commands import Command, Parameter
    from bot.intake import Intake

__all__ = ["LANGUAGES", "Locales", "application_commands", "declared_hash", "read_locales", "sync"]

_log = logging.getLogger(__name__)

LANGUAGES = {"de": ("de",), "es": ("es-ES", "es-419"), "fr": ("fr",), "pt-BR": ("pt-BR",)}
"""Languages of the texts, and the locales of Discord that each is for: reference, locales."""

_TEXTS = Path(__file__).with_name("locales.toml")

CHAT_INPUT, USER, MESSAGE = 1, 2, 3
"""Types of commands: interactions/application-commands."""

STRING, INTEGER, BOOLEAN, CHANNEL = 3, 4, 5, 7
"""Types of options: interactions/application-commands."""

GUILD_TEXT, GUILD_ANNOUNCEMENT = 0, 5
"""Channels that messages can be posted in and that a member can pick: resources/channel."""

GUILD_INSTALL, USER_INSTALL = 0, 1
IN_GUILD, IN_BOT_DM, IN_PRIVATE_CHANNEL = 0, 1, 2
"""Where a command can be installed and used: interactions/application-commands, contexts."""

SYNC_WAITS = (2.0, 10.0, 60.0)
"""Seconds between tries to sync the commands."""

TURN_SECONDS = 120.0
"""How long one process may take to sync before another tries; the library waits for rate limits 30 s at most."""

_GIVE_UP = {400, 401, 403}

_OPTION_TYPES = {str: STRING, int: INTEGER, bool: BOOLEAN}


def application_commands(commands: Sequence[Command], locales: Locales | None = None) -> list[dict[str, Any]]:
    """Return the body of a bulk overwrite of the global commands, in English and in the languages of `locales`."""
    texts = locales or Locales()
    chosen = public_commands(commands)[:MOST_CHAT_COMMANDS]
    kinds = {"message": MESSAGE, "member": USER}
    return [
        *(_command(command, texts) for command in chosen),
        *(
            {"type": kinds[menu.target], "name": menu.label, **texts.menu(menu.label), **_places(admin=False)}
            for command in chosen
            for menu in command.menus
        ),
    ]


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
        if about.suggests:
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


class Locales:
    """Texts by command, option and choice; what has none is shown in English."""

    def __init__(self, texts: Mapping[str, Any] | None = None) -> None:
        self._texts = texts or {}

    def command(self, command: Command) -> dict[str, Any]:
        """Return the localisations of a command's name and description."""
        return _both(self._texts.get(command.name, {}))

    def option(self, command: Command, parameter: Parameter) -> dict[str, Any]:
        """Return the localisations of an option's name and description."""
        own = self._texts.get(command.name, {}).get(parameter.name)
        if own is None:
            shared = self._texts.get("any", {}).get(parameter.name, {})
            own = shared if shared.get("en") == parameter.about.description else {}
        return _both(own)

    def choice(self, command: Command, parameter: Parameter, choice: str) -> dict[str, Any]:
        """Return the localisations of a choice's name; its value stays."""
        option = self._texts.get(command.name, {}).get(parameter.name, {})
        return _localise("name", option.get("choices", {}).get(choice, {}))

    def menu(self, name: str) -> dict[str, Any]:
        """Return the localisations of the name of a message's or a member's menu command."""
        return _localise("name", self._texts.get("menus", {}).get(name, {}))


def read_locales() -> Locales:
    """Read the texts; blocks for some milliseconds."""
    return Locales(tomllib.loads(_TEXTS.read_text("utf-8")))


def _both(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the localisations of an entry that has name and description in each language."""
    pairs = {language: entry[language] for language in LANGUAGES if language in entry}
    names = {language: name for language, (name, _) in pairs.items()}
    descriptions = {language: description for language, (_, description) in pairs.items()}
    return _localise("name", names) | _localise("description", descriptions)


def _localise(field: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return texts by Discord's locales, or nothing where there are none."""
    found = {
        locale: texts[language] for language, locales in LANGUAGES.items() for locale in locales if language in texts
    }
    return {f"{field}_localizations": found} if found else {}


async def sync(
    client: discord.Client,
    intake: Intake,
    commands: Sequence[Command],
    name: str,
) -> None:
    """Overwrite the global commands if their declarations changed since the last time.

    Replicas take turns by a lease under the process's `name`, so that the second one finds it done.
    """
    payload = application_commands(commands, await asyncio.to_thread(read_locales))
    wanted, key = declared_hash(payload), f"discord-sync:{client.application_id}"
    for wait in (*SYNC_WAITS, None):
        try:
            async with intake.turn(key, name, TURN_SECONDS):
                if await intake.read(key) == wanted:
                    return
                await client.http.bulk_upsert_global_commands(client.application_id or 0, payload)
                await intake.write(key, wanted)
        except Exception as error:  # whatever broke, the bot answers with the commands it had
            _log.warning("the commands could not be synced: %s", why(error))
            if wait is None or (isinstance(error, discord.HTTPException) and error.status in _GIVE_UP):
                return
            await asyncio.sleep(wait)
        else:
            _log.info("%s commands synced", len(payload))
            return
