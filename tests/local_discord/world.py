"""What the local Discord knows: users, guilds, channels, roles and permissions, as Discord's JSON shows them."""

from __future__ import annotations

import datetime as dt
import itertools
import time
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Any

Json = dict[str, Any]

DISCORD_EPOCH_MS = 1_420_070_400_000
TEXT, DM, THREAD = 0, 1, 11
FIXED_ID = 1_100_000_000_000_000_000
"""The world a server starts with has ids from here on, the same in every run."""


class Permission(IntFlag):
    """The permissions the server looks at (topics/permissions)."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_APPLICATION_COMMANDS = 1 << 31
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38


EVERYTHING = (1 << 53) - 1
MEMBER = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)


class Clock:
    """The server's time in seconds since 1970: the machine's, plus what a test added."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._numbers = itertools.count(1)

    def now(self) -> float:
        return time.time() + self.ahead

    def iso(self) -> str:
        return dt.datetime.fromtimestamp(self.now(), dt.UTC).isoformat()

    def snowflake(self) -> int:
        """Return a new id; its upper bits are the server's time, so ids order as messages do."""
        return (int(self.now() * 1000) - DISCORD_EPOCH_MS) << 22 | next(self._numbers) & 0x3FFFFF


@dataclass(eq=False)
class User:
    """A person or a bot; `closed` takes no direct messages."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    closed: bool = False

    def json(self) -> Json:
        return {
            "id": str(self.id),
            "username": self.name,
            "global_name": None if self.bot else self.name,
            "discriminator": "0000" if self.bot else "0",
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
        }


@dataclass(eq=False)
class Role:
    """A role of a guild; the one with the guild's id is @everyone."""

    id: int
    name: str
    permissions: int

    def json(self) -> Json:
        return {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(int(self.permissions)),
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "position": 0,
            "managed": False,
            "mentionable": False,
            "flags": 0,
        }


@dataclass(eq=False)
class Member:
    """A user in a guild."""

    user: User
    roles: list[Role] = field(default_factory=list)

    def json(self) -> Json:
        return {
            "user": self.user.json(),
            "roles": [str(role.id) for role in self.roles],
            "joined_at": "2026-01-01T00:00:00+00:00",
            "nick": None,
            "avatar": None,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "communication_disabled_until": None,
        }


@dataclass(eq=False)
class Guild:
    """A server; without `installed` the bot is not in it and only user-installed commands work there."""

    id: int
    name: str
    owner: User
    installed: bool = True
    locale: str = "en-US"
    roles: list[Role] = field(default_factory=list)
    members: dict[int, Member] = field(default_factory=dict)
    channels: list[Channel] = field(default_factory=list)

    def json(self) -> Json:
        """Return the guild as GUILD_CREATE shows it."""
        return {
            "id": str(self.id),
            "name": self.name,
            "icon": None,
            "splash": None,
            "banner": None,
            "description": None,
            "owner_id": str(self.owner.id),
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 1,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "premium_progress_bar_enabled": False,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "preferred_locale": self.locale,
            "features": [],
            "emojis": [],
            "stickers": [],
            "roles": [role.json() for role in self.roles],
            "joined_at": "2026-01-01T00:00:00+00:00",
            "large": False,
            "unavailable": False,
            "member_count": len(self.members),
            "members": [member.json() for member in self.members.values()],
            "channels": [channel.json() for channel in self.channels if channel.kind == TEXT],
            "threads": [channel.json() for channel in self.channels if channel.kind == THREAD],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def permissions(self, user: User, channel: Channel | None = None) -> int:
        """Return what a user may do in the guild or in one of its channels (topics/permissions)."""
        member = self.members.get(user.id)
        if member is None:
            return 0
        if user is self.owner:
            return EVERYTHING
        allowed = self.roles[0].permissions
        for role in member.roles:
            allowed |= role.permissions
        if allowed & Permission.ADMINISTRATOR:
            return EVERYTHING
        place = channel.parent or channel if channel else None
        if place:
            for subject in (self.id, *(role.id for role in member.roles), user.id):
                denied, granted = place.overwrites.get(subject, (0, 0))
                allowed = allowed & ~denied | granted
        return int(allowed)


@dataclass(eq=False)
class Channel:
    """A text channel, a thread (with `parent`) or a direct message (with `recipient`).

    `overwrites` are (denied, granted) permissions by the id of a role or member.
    """

    id: int
    kind: int
    name: str = ""
    guild: Guild | None = None
    parent: Channel | None = None
    recipient: User | None = None
    overwrites: dict[int, tuple[int, int]] = field(default_factory=dict)
    messages: list[Json] = field(default_factory=list)

    def json(self) -> Json:
        last = self.messages[-1]["id"] if self.messages else None
        base: Json = {"id": str(self.id), "type": self.kind, "last_message_id": last, "flags": 0}
        if self.kind == DM and self.recipient:
            return base | {"recipients": [self.recipient.json()]}
        if not self.guild:
            return base
        base |= {"guild_id": str(self.guild.id), "name": self.name, "parent_id": None}
        if self.kind == THREAD and self.parent:
            return base | {
                "parent_id": str(self.parent.id),
                "owner_id": str(self.guild.owner.id),
                "message_count": len(self.messages),
                "member_count": 1,
                "rate_limit_per_user": 0,
                "total_message_sent": len(self.messages),
                "thread_metadata": {
                    "archived": False,
                    "auto_archive_duration": 1440,
                    "archive_timestamp": "2026-01-01T00:00:00+00:00",
                    "create_timestamp": "2026-01-01T00:00:00+00:00",
                    "locked": False,
                },
            }
        return base | {
            "position": 0,
            "topic": None,
            "nsfw": False,
            "rate_limit_per_user": 0,
            "permission_overwrites": [
                {
                    "id": str(subject),
                    "type": int(self.guild.id != subject and all(role.id != subject for role in self.guild.roles)),
                    "deny": str(int(denied)),
                    "allow": str(int(granted)),
                }
                for subject, (denied, granted) in self.overwrites.items()
            ],
        }

    def allows(self, user: User, permission: Permission) -> bool:
        """Say whether a user may do something here; in a direct message everything is allowed."""
        return self.guild is None or bool(self.guild.permissions(user, self) & permission)


class World:
    """One show's server with an admin (alice), a member (bob), two channels, and the bot in it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.bot = User(FIXED_ID + 1, "Verbatim", bot=True)
        self.users: dict[int, User] = {self.bot.id: self.bot}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.portal: Json = {}
        """What the application says of itself that the Developer Portal can switch, such as `flags`."""
        self.alice = self.add_user("alice", FIXED_ID + 2)
        self.bob = self.add_user("bob", FIXED_ID + 3)
        owner = self.add_user("olive", FIXED_ID + 4)
        self.guild = self.add_guild("The Mat", FIXED_ID + 10, owner=owner)
        admins = Role(FIXED_ID + 11, "Admins", MEMBER | Permission.MANAGE_GUILD | Permission.MANAGE_CHANNELS)
        self.guild.roles.append(admins)
        self.join(self.guild, self.alice, admins)
        self.join(self.guild, self.bob)
        self.general = self.add_channel(self.guild, "general", FIXED_ID + 20)
        self.other = self.add_channel(self.guild, "quotes", FIXED_ID + 21)

    def add_user(self, name: str, number: int | None = None, *, bot: bool = False) -> User:
        user = User(number or self.clock.snowflake(), name, bot)
        self.users[user.id] = user
        return user

    def add_guild(
        self, name: str, number: int | None = None, *, owner: User | None = None, installed: bool = True
    ) -> Guild:
        """Make a guild; the bot joins it unless it is not installed there."""
        number = number or self.clock.snowflake()
        guild = Guild(number, name, owner or self.alice, installed, roles=[Role(number, "@everyone", MEMBER)])
        self.join(guild, guild.owner)
        if installed:
            self.join(guild, self.bot)
        self.guilds[number] = guild
        return guild

    def add_role(self, guild: Guild, name: str, permissions: int = MEMBER) -> Role:
        role = Role(self.clock.snowflake(), name, permissions)
        guild.roles.append(role)
        return role

    def join(self, guild: Guild, user: User, *roles: Role) -> None:
        guild.members[user.id] = Member(user, list(roles))

    def add_channel(self, guild: Guild, name: str, number: int | None = None) -> Channel:
        channel = Channel(number or self.clock.snowflake(), TEXT, name, guild)
        guild.channels.append(channel)
        self.channels[channel.id] = channel
        return channel

    def add_thread(self, parent: Channel, name: str, number: int | None = None) -> Channel:
        channel = Channel(number or self.clock.snowflake(), THREAD, name, parent.guild, parent)
        if parent.guild:
            parent.guild.channels.append(channel)
        self.channels[channel.id] = channel
        return channel

    def dm_with(self, user: User) -> Channel:
        """Return the direct-message channel of the bot and a user."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        channel = Channel(self.clock.snowflake(), DM, recipient=user)
        self.channels[channel.id] = channel
        return channel

    def drop_channel(self, channel: Channel) -> None:
        del self.channels[channel.id]
        if channel.guild:
            channel.guild.channels.remove(channel)

    def find_message(self, number: int) -> tuple[Channel, Json] | None:
        for channel in self.channels.values():
            for message in channel.messages:
                if message["id"] == str(number):
                    return channel, message
        return None
