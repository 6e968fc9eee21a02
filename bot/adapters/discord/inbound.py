"""Reading what Discord sends: an interaction or a message as a Request; pure, and total over any JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.adapters.discord.limits import LONGEST_CHOICE, MOST_CHOICES
from bot.adapters.discord.markup import cut
from bot.adapters.discord.render import PRESSED, post_key
from bot.adapters.discord.views import custom_ids
from bot.contract import Author, Channel, Line, Reference, Request, parse_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.commands import Command, Suggestion

__all__ = [
    "NAME",
    "asker",
    "channel_of",
    "choices",
    "fill",
    "focused_option",
    "has_gap",
    "is_direct",
    "is_post",
    "menu_words",
    "message_words",
    "modal_text",
    "options",
    "place_of",
    "pressed",
    "reference_of",
    "request_of",
    "split_mark",
    "strip_mention",
]

NAME = "discord"
"""What `Channel.platform` says of its channels."""

DEEPEST = 5
"""Forwards or components inside each other that are looked into; Discord makes fewer."""


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


def request_of(
    interaction: discord.Interaction[Any], *, text: str = "", line: Line | None = None, about: str = ""
) -> Request:
    """Return the request behind an interaction: a command with its arguments, or a typed line.

    `about` is the id of the message whose menu was used.
    """
    rights = interaction.permissions
    admin = interaction.guild_id is not None and (rights.manage_guild or rights.administrator)
    place = place_of(interaction)
    pressed_on = interaction.message if interaction.type is discord.InteractionType.component else None
    return Request(
        place,
        Author(str(interaction.user.id), admin=admin),
        text=text,
        command=line.name if line else None,
        args=dict(line.options) if line else {},
        locale=interaction.locale.value if isinstance(interaction.locale, discord.Locale) else str(interaction.locale),
        reference=_own(pressed_on) if pressed_on else _of_thread(place),
        id=str(interaction.id),
        about=about,
    )


def reference_of(message: discord.Message, me: int, place: Channel) -> Reference | None:
    """Return the message that a message replies to, or the one that its thread began with; None where there is none.

    The words of a message that neither names the bot nor is direct come only with an intent that is not asked for.
    """
    given = message.reference
    if given is None or given.message_id is None or given.type is discord.MessageReferenceType.forward:
        return _of_thread(place)
    answered = given.resolved
    if not isinstance(answered, discord.Message):
        return Reference(str(given.message_id))
    return _own(answered) if answered.author.id == me else Reference(str(answered.id), text=_said(answered))


def _own(message: discord.Message) -> Reference:
    """Return a message of the bot: the lines of its buttons, and what it answers."""
    found = (PRESSED.fullmatch(custom_id) for custom_id in custom_ids(message.components))
    lines = tuple(pressed["line"] for pressed in found if pressed and pressed["line"])
    asked = message.interaction_metadata
    answers = asked.id if asked else message.reference.message_id if message.reference else None
    return Reference(str(message.id), own=True, lines=lines, answers=_text(answers))


def _of_thread(place: Channel) -> Reference | None:
    """Return the message that a thread began with, whose id the thread has; None outside one."""
    return Reference(place.thread) if place.thread else None


def _said(message: discord.Message) -> str:
    """Return the words of somebody else's message: what it says, what it embeds, or what it forwards."""
    embeds = (part for embed in message.embeds for part in (embed.description, embed.title))
    forwards = (snapshot.content for snapshot in message.message_snapshots)
    return next((part.strip() for part in (message.content, *embeds, *forwards) if part and part.strip()), "")


def is_direct(interaction: discord.Interaction[Any]) -> bool:
    """Say whether an interaction is between a member and the bot alone, where nothing needs hiding."""
    return isinstance(interaction.channel, discord.DMChannel) and not interaction.context.private_channel


def options(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the options of a slash command as the core reads them."""
    given = []
    for option in _maps(data.get("options")):
        name, value = option.get("name"), option.get("value")
        if isinstance(name, str) and value is not None:
            text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
            given.append((name, text))
    return tuple(given)


def focused_option(data: Mapping[str, Any]) -> tuple[str, str]:
    """Return the option being typed and what is typed so far; empty when none is."""
    for option in _maps(data.get("options")):
        if option.get("focused"):
            return _words(option.get("name")), _words(option.get("value"))
    return "", ""


def choices(suggestions: Iterable[Suggestion]) -> list[app_commands.Choice[str]]:
    """Return suggestions as Discord takes them: none that is empty or too long, a long label cut."""
    fitting = [each for each in suggestions if 0 < len(each.value) <= LONGEST_CHOICE]
    return [
        app_commands.Choice(name=cut(each.label, LONGEST_CHOICE), value=each.value) for each in fitting[:MOST_CHOICES]
    ]


def pressed(interaction: discord.Interaction[Any]) -> tuple[str, str] | None:
    """Return the line of a pressed button of ours or the key that it shares, "" for the other one.

    None for any other button, and for one that its message does not have.
    """
    data: Any = interaction.data if isinstance(interaction.data, dict) else {}
    custom_id, message = str(data.get("custom_id", "")), interaction.message
    found = PRESSED.fullmatch(custom_id)
    if found is None or message is None or custom_id not in custom_ids(message.components):
        return None
    return found["line"] or "", found["share"] or ""


def split_mark(custom_id: str) -> tuple[str, str]:
    """Return the mark and the line in the custom id of a modal."""
    mark, colon, line = custom_id.partition(":")
    return mark + colon, line


def menu_words(data: Mapping[str, Any]) -> str:
    """Return the words of the message whose menu was used, or ""."""
    return next((message_words(message) for message in _maps(_map(_map(data, "resolved"), "messages"))), "")


def message_words(message: Mapping[str, Any], depth: int = 0) -> str:
    """Return the words of a message as a message command gives it: content, embed, components, or what it forwards.

    `depth` is in how many forwards it stands.
    """
    content = _words(message.get("content")).strip()
    if content:
        return content
    for part in ("description", "title"):
        for embed in _maps(message.get("embeds")):
            if found := _words(embed.get(part)).strip():
                return found
    words = "\n".join(_texts(message)).strip()
    forwarded = _maps(message.get("message_snapshots")) if depth < DEEPEST else ()
    return words or next(filter(None, (message_words(_map(each, "message"), depth + 1) for each in forwarded)), "")


def _texts(part: Mapping[str, Any], depth: int = 0) -> list[str]:
    """Return the text displays of a message; of ours the quoted words alone, without backslashes and stars."""
    found: list[str] = []
    for component in _maps(part.get("components")) if depth < DEEPEST else ():
        content = component.get("content")
        if isinstance(content, str):
            quoted = [line[2:] for line in content.split("\n") if line.startswith("> ")]
            found.append(re.sub(r"\\(?=[^\w\s])|\*\*", "", "\n".join(quoted) or content))
        found += _texts(component, depth + 1)
    return found


def modal_text(data: Mapping[str, Any]) -> str:
    """Return what was typed into a modal's field."""
    for component in _maps(data.get("components")):
        for field in (_map(component, "component"), *_maps(component.get("components"))):
            if isinstance(field.get("value"), str):
                return str(field["value"])
    return ""


def has_gap(line: str, commands: Mapping[str, Command]) -> Command | None:
    """Return the command of a line whose required free words are missing: a modal asks for them."""
    read = parse_line(line)
    command = commands.get(read.name)
    return command if command is not None and command.lacks_words(read) else None


def fill(line: str, command: Command, words: str) -> Line:
    """Return a line with the words typed into its modal."""
    read = parse_line(line)
    free = ((command.free.name, words),) if command.free else ()
    return Line(command.name, "", (*free, *read.options))


def strip_mention(text: str, user_id: int) -> str:
    """Return a message without the mention of the bot that it starts with or contains."""
    return " ".join(part.strip() for part in re.split(rf"<@!?{user_id}>", text)).strip()


def is_post(message: discord.Message) -> bool:
    """Say whether a message of ours was posted for all, and answers nobody."""
    return any(map(post_key, custom_ids(message.components)))


def asker(message: discord.Message) -> int | None:
    """Return who asked for a message of ours; None where nobody did, it is for all, or Discord does not say."""
    if is_post(message):
        return None
    if message.interaction_metadata:
        return message.interaction_metadata.user.id
    answered = message.reference.resolved if message.reference else None
    return answered.author.id if isinstance(answered, discord.Message) else None


def _map(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object in an object; an empty one for all else."""
    found = given.get(name)
    return found if isinstance(found, Mapping) else {}


def _maps(given: object) -> list[Mapping[str, Any]]:
    """Return the objects in a list or under the names of an object; none for all else."""
    found = given.values() if isinstance(given, Mapping) else given if isinstance(given, list) else ()
    return [each for each in found if isinstance(each, Mapping)]


def _words(given: object) -> str:
    """Return a text or a number as text; "" for all else."""
    return str(given) if isinstance(given, str | int | float) else ""


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
