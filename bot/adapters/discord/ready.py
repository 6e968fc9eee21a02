"""What the bot says when it is connected: who it is, where it can be added, what to do next."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import discord

from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PERMISSIONS", "SCOPES", "announce", "announce_without_gateway", "invite_link", "ready_event"]

PERMISSIONS: Mapping[str, str] = {
    "view_channel": "to see the channels it answers in",
    "send_messages": "to answer mentions and to post the daily quote",
    "send_messages_in_threads": "to answer inside threads",
    "read_message_history": "to find its own post again after a crash, instead of posting twice",
    "create_public_threads": "to open a thread under the daily quote, where an admin turned that on",
}
"""The permissions the bot asks for, by discord.py's name, and why."""

SCOPES = ("bot", "applications.commands")


def invite_link(application_id: int) -> str:
    """Return the link that adds the bot to a server with exactly these permissions."""
    permissions = discord.Permissions(**dict.fromkeys(PERMISSIONS, True))
    return discord.utils.oauth_url(application_id, permissions=permissions, scopes=SCOPES)


def ready_event(client: discord.Client) -> dict[str, object]:
    """Return the line for machines."""
    user = client.user
    return {
        "event": "ready",
        "platform": "discord",
        "user": str(user) if user else "",
        "id": str(user.id) if user else "",
        "guilds": len(client.guilds),
        "invite": invite_link(client.application_id or 0),
    }


def announce(client: discord.Client) -> None:
    """Write who is connected to standard error for people, and one line of JSON to standard output for machines."""
    count = len(client.guilds)
    servers = say("discord.servers", count=count)
    lines = (
        say("discord.connected", user=client.user, servers=servers),
        say("discord.invite", link=invite_link(client.application_id or 0)),
        say("discord.type-help") if count else say("discord.open-link"),
    )
    sys.stderr.writelines(f"{line}\n" for line in lines)
    sys.stdout.write(json.dumps(ready_event(client)) + "\n")
    sys.stdout.flush()


def announce_without_gateway(client: discord.Client, *, standby: bool) -> None:
    """Write who is logged in to post: a replica that stands by for the gateway, or a process without that role."""
    what = say("discord.standing-by") if standby else say("environment.posting-only")
    sys.stderr.write(f"{say('discord.logged-in', user=client.user, what=what)}\n")
    event = {"event": "standby" if standby else "ready", "platform": "discord", "gateway": False}
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()
