"""Messages as Discord stores and shows them: whom they ping, who sees their content, nonces, edits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.local_discord.limits import EPHEMERAL, LOADING, TEXT, V2_FLAG, walk
from tests.local_discord.world import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.local_discord.world import Channel, Json, User, World

DEFAULT, REPLY, CHAT_COMMAND, CONTEXT_COMMAND = 0, 19, 20, 23
_KEPT_FLAGS = EPHEMERAL | V2_FLAG | 1 << 2 | 1 << 12 | LOADING
_NO_CONTENT: Json = {"content": "", "embeds": [], "attachments": [], "components": []}


def _texts(body: Json) -> str:
    displays = (part.get("content") or "" for _, part in walk(body.get("components") or []) if part.get("type") == TEXT)
    return "\n".join([body.get("content") or "", *displays])


def pings(world: World, author: User, channel: Channel, body: Json) -> Json:
    """Return the mention fields of a message: only what allowed_mentions lets through pings (resources/message)."""
    text, allowed = _texts(body), body.get("allowed_mentions")
    parse = {"users", "roles", "everyone"} if allowed is None else set(allowed.get("parse") or ())
    named = {str(number) for number in (allowed or {}).get("users") or ()}
    users = [number for number in re.findall(r"<@!?(\d+)>", text) if "users" in parse or number in named]
    roles = [number for number in re.findall(r"<@&(\d+)>", text) if "roles" in parse]
    may = channel.allows(author, Permission.MENTION_EVERYONE) or author.bot
    everyone = bool(re.search(r"@(everyone|here)\b", text)) and "everyone" in parse and may
    found = [world.users[int(number)].json() for number in dict.fromkeys(users) if int(number) in world.users]
    return {"mentions": found, "mention_roles": list(dict.fromkeys(roles)), "mention_everyone": everyone}


def numbered(components: Iterable[Json]) -> list[Json]:
    """Return components with the ids Discord gives those that have none."""
    copied = [_copied(component) for component in components]
    used = {part["id"] for _, part in walk(copied) if part.get("id")}
    number = 1
    for _, part in walk(copied):
        if not part.get("id"):
            while number in used:
                number += 1
            part["id"] = number
            used.add(number)
    return copied


def _copied(component: Json) -> Json:
    copied = dict(component)
    if isinstance(copied.get("components"), list):
        copied["components"] = [_copied(part) for part in copied["components"]]
    for part in ("accessory", "component"):
        if isinstance(copied.get(part), dict):
            copied[part] = _copied(copied[part])
    return copied


def make(world: World, author: User, channel: Channel, body: Json) -> Json:
    """Return a new message, not yet stored."""
    made: Json = {
        "id": str(world.clock.snowflake()),
        "type": DEFAULT,
        "channel_id": str(channel.id),
        "author": author.json(),
        "content": body.get("content") or "",
        "timestamp": world.clock.iso(),
        "edited_timestamp": None,
        "tts": bool(body.get("tts")),
        "embeds": [{"type": "rich"} | embed for embed in body.get("embeds") or []],
        "attachments": [
            {"id": str(number), "size": 1, "url": "https://cdn.invalid/file", "proxy_url": "https://cdn.invalid/file"}
            | one
            for number, one in enumerate(body.get("attachments") or [])
        ],
        "components": numbered(body.get("components") or []),
        "flags": int(body.get("flags") or 0) & _KEPT_FLAGS,
        "pinned": False,
    }
    made |= pings(world, author, channel, body)
    if author.bot:
        made["application_id"] = str(author.id)
    reference = body.get("message_reference")
    if reference:
        answered = next((m for m in channel.messages if m["id"] == str(reference.get("message_id"))), None)
        made |= {
            "type": REPLY,
            "message_reference": {"type": 0, "channel_id": str(channel.id), "message_id": str(reference["message_id"])},
            "referenced_message": answered,
        }
        if channel.guild:
            made["message_reference"]["guild_id"] = str(channel.guild.id)
        replied = (body.get("allowed_mentions") or {"replied_user": True}).get("replied_user", False)
        if answered and replied and answered["author"] not in made["mentions"]:
            made["mentions"].append(answered["author"])
    return made


def edit(world: World, author: User, channel: Channel, message: Json, body: Json) -> None:
    """Change a stored message; only the parts that the body names change."""
    for part in ("content", "embeds", "attachments"):
        if part in body:
            message[part] = body[part] or ("" if part == "content" else [])
    if "components" in body:
        message["components"] = numbered(body["components"] or [])
    if body.get("flags") is not None:
        kept = message["flags"] & (EPHEMERAL | V2_FLAG)
        message["flags"] = kept | int(body["flags"]) & (_KEPT_FLAGS & ~EPHEMERAL)
    message["flags"] &= ~LOADING
    message["edited_timestamp"] = world.clock.iso()
    message |= pings(world, author, channel, message | {"allowed_mentions": body.get("allowed_mentions")})


def shown(world: World, message: Json, *, content: bool, direct: bool) -> Json:
    """Return a message as the bot sees it: no content of others' messages without the intent, a mention or a DM."""
    bot = str(world.bot.id)
    mine = message["author"]["id"] == bot
    if content or direct or mine or any(user["id"] == bot for user in message["mentions"]):
        seen = dict(message)
    else:
        seen = message | _NO_CONTENT
    answered = seen.get("referenced_message")
    if answered:
        seen["referenced_message"] = shown(world, answered, content=content, direct=direct)
    return seen


def page(messages: list[Json], query: dict[str, str]) -> list[Json]:
    """Return the messages a history read asks for, newest first (resources/message, get channel messages)."""
    limit = int(query.get("limit", "50"))
    newest = sorted(messages, key=lambda message: int(message["id"]), reverse=True)
    if "before" in query:
        return [message for message in newest if int(message["id"]) < int(query["before"])][:limit]
    if "after" in query:
        newer = [message for message in newest if int(message["id"]) > int(query["after"])]
        return newer[max(0, len(newer) - limit) :]
    if "around" in query:
        middle = int(query["around"])
        newer = [message for message in newest if int(message["id"]) > middle]
        newer = newer[max(0, len(newer) - limit // 2) :]
        return newer + [message for message in newest if int(message["id"]) <= middle][: limit - len(newer)]
    return newest[:limit]
