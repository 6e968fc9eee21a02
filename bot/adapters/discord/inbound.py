"""Reading what Discord sends: an interaction or a message as a Request; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import discord

from bot.adapters.discord.limits import LONGEST_CHOICE, MOST_CHOICES
from bot.adapters.discord.render import PRESSED
from bot.adapters.discord.views import custom_ids
from bot.contract import Author, Channel, Line, Request, parse_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.commands import Command

__all__ = [
    "NAME",
    "asker",
    "channel_of",
    "completion",
    "fill",
    "focused_option",
    "has_gap",
    "is_direct",
    "is_ours",
    "menu_words",
    "message_words",
    "modal_text",
    "options",
    "place_of",
    "request_of",
    "split_mark",
    "strip_mention",
    "suggestions",
]

NAME = "discord"
"""What `Channel.platform` says of its channels."""


def place_of(interaction: discord.Interaction[Any]) -> Channel:
    """Return where an interaction happened: in a thread, the channel it hangs under and the thread."""
    channel: Any = interaction.channel
    if channel is None:
        return Channel(NAME, "", _text(interaction.guild_id))
    return channel_of(channel, interaction.guild_id)


def channel_of(channel: Any, guild_id: int | None) -> Channel:
    """Return a channel of discord.py as ours."""
    if isinstance(channel, discord.Thread):
        return Channel(NAME, str(channel.parent_id), _text(guild_id), str(channel.id))
    return Channel(NAME, str(channel.id), _text(guild_id))


def request_of(interaction: discord.Interaction[Any], *, text: str = "", line: Line | None = None) -> Request:
    """Return the request behind an interaction: a command with its arguments, or a typed line."""
    rights = interaction.permissions
    admin = interaction.guild_id is not None and (rights.manage_guild or rights.administrator)
    return Request(
        place_of(interaction),
        Author(str(interaction.user.id), admin=admin),
        text=text,
        command=line.name if line else None,
        args=dict(line.options) if line else {},
        locale=interaction.locale.value if isinstance(interaction.locale, discord.Locale) else str(interaction.locale),
    )


def is_direct(interaction: discord.Interaction[Any]) -> bool:
    """Say whether an interaction is between a member and the bot alone, where nothing needs hiding."""
    return isinstance(interaction.channel, discord.DMChannel) and not interaction.context.private_channel


def options(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the options of a slash command as the core reads them."""
    given = []
    for option in data.get("options") or ():
        value = option.get("value")
        if value is not None:
            text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
            given.append((str(option["name"]), text))
    return tuple(given)


def focused_option(data: Mapping[str, Any]) -> tuple[str, str]:
    """Return the option being typed and what is typed so far; empty when none is."""
    for option in data.get("options") or ():
        if option.get("focused"):
            return str(option["name"]), str(option.get("value", ""))
    return "", ""


def completion(command: Command, name: str, typed: str) -> str:
    """Return the unfinished line to complete.

    In a line an option's value ends at a blank, so only its first word is completed; `suggestions` keeps what fits all
    that is typed.
    """
    free = command.free
    if free and free.name == name:
        return f"/{command.name} {' '.join(typed.split())}"
    return f"/{command.name} {name}:{typed.strip().split(' ')[0]}"


def suggestions(command: Command, name: str, typed: str, lines: Sequence[str]) -> list[str]:
    """Return the values in completed lines that begin like what is typed, each once, as many as Discord takes."""
    is_free = command.free is not None and command.free.name == name
    names = tuple(f"{parameter.name}:" for parameter in command.parameters)
    values: list[str] = []
    for line in lines:
        read = parse_line(line)
        if is_free and not line.endswith(names):
            values.append(read.words)
        elif not is_free and line.startswith(f"/{command.name} {name}:"):
            value = line.removeprefix(f"/{command.name} {name}:")
            values.append(dict(read.options).get(name, value) if value.startswith(('"', "“")) else value)
    wanted = " ".join(typed.casefold().split())
    fitting = [
        value for value in values if wanted in " ".join(value.casefold().split()) and 0 < len(value) <= LONGEST_CHOICE
    ]
    return list(dict.fromkeys(fitting))[:MOST_CHOICES]


def is_ours(interaction: discord.Interaction[Any]) -> bool:
    """Say whether a press has a custom id of ours and its message has it too: such a press finds its button."""
    data: Mapping[str, Any] = dict(interaction.data or {})
    custom_id, message = str(data.get("custom_id", "")), interaction.message
    return bool(PRESSED.fullmatch(custom_id)) and message is not None and custom_id in custom_ids(message.components)


def split_mark(custom_id: str) -> tuple[str, str]:
    """Return the mark and the line in the custom id of a modal."""
    mark, colon, line = custom_id.partition(":")
    return mark + colon, line


def menu_words(data: Mapping[str, Any]) -> str:
    """Return the words of the message whose menu was used, or ""."""
    messages = (data.get("resolved") or {}).get("messages") or {}
    return next((message_words(message) for message in messages.values()), "")


def message_words(message: Mapping[str, Any]) -> str:
    """Return the words of a message as a message command gives it: content, embed, components, or what it forwards."""
    content = str(message.get("content") or "").strip()
    if content:
        return content
    for part in ("description", "title"):
        for embed in message.get("embeds") or ():
            if str(embed.get(part) or "").strip():
                return str(embed[part]).strip()
    words = "\n".join(_texts(message.get("components") or ())).strip()
    forwarded = (snapshot.get("message") or {} for snapshot in message.get("message_snapshots") or ())
    return words or next(filter(None, map(message_words, forwarded)), "")


def _texts(components: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the text displays of a message; of ours the quoted words alone, without backslashes and stars."""
    found: list[str] = []
    for component in components:
        content = component.get("content")
        if isinstance(content, str):
            quoted = [line[2:] for line in content.split("\n") if line.startswith("> ")]
            found.append(re.sub(r"\\(?=[^\w\s])|\*\*", "", "\n".join(quoted) or content))
        found += _texts(component.get("components") or ())
    return found


def modal_text(data: Mapping[str, Any]) -> str:
    """Return what was typed into a modal's field."""
    for component in data.get("components") or ():
        inner = [component.get("component"), *(component.get("components") or ())]
        for field in inner:
            if isinstance(field, dict) and isinstance(field.get("value"), str):
                return str(field["value"])
    return ""


def has_gap(line: str, commands: Mapping[str, Command]) -> Command | None:
    """Return the command of a line whose required free words are missing: a modal asks for them."""
    read = parse_line(line)
    command = commands.get(read.name)
    if command is None or command.free is None or not command.free.required or read.words:
        return None
    return None if any(name == command.free.name for name, _ in read.options) else command


def fill(line: str, command: Command, words: str) -> Line:
    """Return a line with the words typed into its modal."""
    read = parse_line(line)
    free = ((command.free.name, words),) if command.free else ()
    return Line(command.name, "", (*free, *read.options))


def strip_mention(text: str, user_id: int) -> str:
    """Return a message without the mention of the bot that it starts with or contains."""
    return " ".join(part.strip() for part in re.split(rf"<@!?{user_id}>", text)).strip()


def asker(message: discord.Message) -> int | None:
    """Return who asked for a message of ours; None where nobody did or Discord does not say."""
    if message.interaction_metadata:
        return message.interaction_metadata.user.id
    answered = message.reference.resolved if message.reference else None
    return answered.author.id if isinstance(answered, discord.Message) else None


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
