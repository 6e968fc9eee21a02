"""What a member's click or command becomes in an interaction's data, by the commands the bot synced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.local_discord.limits import GROUP, SUBCOMMAND, walk
from tests.local_discord.world import Channel, Permission, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.local_discord.world import Json

STRING, INTEGER, BOOLEAN, USER, CHANNEL, NUMBER = 3, 4, 5, 6, 7, 10
UNKNOWN_COMMAND_ID = "1"
GUILD_CONTEXT, BOT_DM_CONTEXT, PRIVATE_CONTEXT = 0, 1, 2


def command_data(
    commands: Iterable[Json], line: str, given: Mapping[str, Any], *, focused: str | None = None
) -> tuple[Json, Json | None]:
    """Return the data of a slash command and the command itself, None when no such command was synced.

    `line` is the command with its group and subcommand, if any: "daily on". A value given to an option that the
    command does not have, or a missing required one, is the test's mistake: Discord's client would not send it.
    """
    name, *inner = line.split()
    command = next((one for one in commands if one["name"] == name and one["type"] == 1), None)
    options = list(command.get("options") or []) if command else []
    levels: list[tuple[int, str]] = []
    for part in inner:
        chosen = next((one for one in options if one["name"] == part), None)
        if command and chosen is None:
            message = f"/{name} has no subcommand {part}"
            raise ValueError(message)
        levels.append((chosen["type"] if chosen else SUBCOMMAND, part))
        options = list(chosen.get("options") or []) if chosen else []
    resolved: Json = {}
    filled = _filled(options, given, resolved, focused, known=command is not None)
    for kind, part in reversed(levels):
        filled = [{"name": part, "type": kind, "options": filled}]
    data: Json = {"id": command["id"] if command else UNKNOWN_COMMAND_ID, "name": name, "type": 1, "options": filled}
    if command and command.get("guild_id"):
        data["guild_id"] = command["guild_id"]
    if resolved:
        data["resolved"] = resolved
    return data, command


def _filled(
    options: list[Json], given: Mapping[str, Any], resolved: Json, focused: str | None, *, known: bool
) -> list[Json]:
    declared = {option["name"]: option for option in options}
    if known and set(given) - set(declared):
        message = f"the synced command has no option {sorted(set(given) - set(declared))}; it has {sorted(declared)}"
        raise ValueError(message)
    missing = [name for name, option in declared.items() if option.get("required") and name not in given]
    if missing and focused is None:
        message = f"Discord would not send the command without {missing}"
        raise ValueError(message)
    filled = []
    for name, value in given.items():
        kind = declared[name]["type"] if known else _kind(value)
        choices = declared[name].get("choices") if known else None
        if choices and focused is None and value not in [choice["value"] for choice in choices]:
            message = f"Discord would not send {name}: {value}; its choices are {choices}"
            raise ValueError(message)
        if kind in (SUBCOMMAND, GROUP):
            message = f"{name} is a subcommand: name it in the line"
            raise ValueError(message)
        option = {"name": name, "type": kind, "value": _resolved(value, resolved)}
        filled.append(option | ({"focused": True} if name == focused else {}))
    return filled


def _kind(value: object) -> int:
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int):
        return INTEGER
    return CHANNEL if isinstance(value, Channel) else USER if isinstance(value, User) else STRING


def _resolved(value: object, resolved: Json) -> object:
    """Return a value as the payload has it; channels and users go into `resolved` too."""
    if isinstance(value, Channel):
        everything = str(int(Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES))
        resolved.setdefault("channels", {})[str(value.id)] = value.json() | {"permissions": everything}
        return str(value.id)
    if isinstance(value, User):
        resolved.setdefault("users", {})[str(value.id)] = value.json()
        return str(value.id)
    return value


def menu_data(commands: Iterable[Json], name: str, target: Json | User) -> tuple[Json, Json | None]:
    """Return the data of a context menu command on a message or a user, and the command."""
    kind = 2 if isinstance(target, User) else 3
    command = next((one for one in commands if one["name"] == name and one["type"] == kind), None)
    number = str(target.id) if isinstance(target, User) else str(target["id"])
    resolved = {"users": {number: target.json()}} if isinstance(target, User) else {"messages": {number: target}}
    data = {
        "id": command["id"] if command else UNKNOWN_COMMAND_ID,
        "name": name,
        "type": kind,
        "target_id": number,
        "resolved": resolved,
    }
    return data, command


def offered(command: Json, user: User, channel: Channel) -> str:
    """Return "" when Discord's client would offer the command there, else why not."""
    guild = channel.guild
    context = GUILD_CONTEXT if guild else (BOT_DM_CONTEXT if channel.recipient is user else PRIVATE_CONTEXT)
    contexts = command.get("contexts")
    if contexts is not None and context not in contexts:
        return f"{command['name']} is offered in contexts {contexts}, not in {context}"
    if guild and not guild.installed and 1 not in (command.get("integration_types") or [0]):
        return f"{command['name']} cannot be installed by a user"
    needed = command.get("default_member_permissions")
    may = guild.permissions(user, channel) if guild else 0
    if guild and needed is not None and (int(needed) & may != int(needed) or int(needed) == 0):
        return f"{user.name} lacks the permissions {needed} that {command['name']} asks for"
    return ""


def component_of(message: Json, custom_id: str) -> Json:
    """Return the component of a message by its custom id, or by its label or a part of it."""
    parts = [part for _, part in walk(message["components"]) if part.get("custom_id")]
    for fits in (
        lambda part: part["custom_id"] == custom_id,
        lambda part: part.get("label") == custom_id,
        lambda part: custom_id in (part.get("label") or ""),
    ):
        for part in parts:
            if fits(part):
                if part.get("disabled"):
                    problem = f"the component {custom_id!r} is disabled"
                    raise ValueError(problem)
                return part
    known = [(part["custom_id"], part.get("label")) for part in parts]
    problem = f"the message has no component {custom_id!r}; it has {known}"
    raise ValueError(problem)


def component_data(part: Json, values: Iterable[str] | None) -> Json:
    """Return the data of a press or a choice."""
    data = {"custom_id": part["custom_id"], "component_type": part["type"], "id": part["id"]}
    if values is None:
        return data
    chosen, offered_values = list(values), [option["value"] for option in part.get("options") or []]
    if set(chosen) - set(offered_values):
        problem = f"the select offers {offered_values}, not {chosen}"
        raise ValueError(problem)
    return data | {"values": chosen}


def modal_data(modal: Json, values: Mapping[str, str]) -> Json:
    """Return the data of a submitted modal: every input with the value given, or the one it was opened with."""
    left = set(values)
    shown = []
    for number, component in enumerate(modal["components"], 1):
        inner = component.get("component")
        parts = [inner] if inner else component.get("components") or []
        filled = []
        for part in parts:
            custom_id = part.get("custom_id", "")
            left.discard(custom_id)
            value = values.get(custom_id, part.get("value") or "")
            answered: Json = {"type": part["type"], "id": 100 + number, "custom_id": custom_id}
            filled.append(answered | ({"value": value} if part["type"] == 4 else {"values": [value]}))
        kind: Json = {"type": component["type"], "id": number}
        shown.append(kind | ({"component": filled[0]} if inner else {"components": filled}))
    if left:
        problem = f"the modal has no input {sorted(left)}"
        raise ValueError(problem)
    return {"custom_id": modal["custom_id"], "components": shown}
