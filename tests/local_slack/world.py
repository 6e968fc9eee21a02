"""What the local Slack knows: workspaces, people, channels, messages, views, and what a bot did wrong."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Final

BOT_SCOPES: Final = (
    "app_mentions:read,assistant:write,channels:history,channels:read,chat:write,commands,groups:history,groups:read,"
    "im:history,im:read,im:write,mpim:history,team:read,users:read"
)
"""What a new workspace grants, unless a test takes some away."""


@dataclass
class Team:
    """One workspace and the bot installed in it."""

    id: str
    name: str
    bot_token: str
    bot_user: str
    bot_id: str
    scopes: set[str] = field(default_factory=lambda: set(BOT_SCOPES.split(",")))
    enterprise: str = ""
    """The id of the organisation it belongs to, if any."""
    refused: str = ""
    """Why its token is no longer good: token_revoked, account_inactive; empty while it is."""

    @property
    def domain(self) -> str:
        """The workspace's part of its address."""
        return self.name.lower().replace(" ", "-")


@dataclass
class User:
    """One person, or a bot's user."""

    id: str
    name: str
    team: str
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    deleted: bool = False
    tz: str = "Europe/Oslo"
    locale: str = "en-US"
    organisation: dict[str, Any] = field(default_factory=dict)
    """What users.info says of a person of an organisation: enterprise_id, teams, is_admin, is_owner."""

    def shape(self) -> dict[str, Any]:
        """Return the user as users.info gives it."""
        return {
            "id": self.id,
            "team_id": self.team,
            "name": self.name,
            "deleted": self.deleted,
            "real_name": self.name.title(),
            "tz": self.tz,
            "tz_offset": 3600,
            "locale": self.locale,
            "profile": {"real_name": self.name.title(), "display_name": self.name, "team": self.team},
            "is_admin": self.is_admin,
            "is_owner": self.is_owner,
            "is_primary_owner": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_stranger": self.is_stranger,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 1_700_000_000,
            **({"enterprise_user": {"id": self.id, **self.organisation}} if self.organisation else {}),
        }


@dataclass
class Message:
    """One message as it stands now; `visible_to` names the one reader of an ephemeral message."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    bot_id: str = ""
    team: str = ""
    thread_ts: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    edited: bool = False
    visible_to: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    """What the bot sent, word for word; empty for a member's message."""

    def shape(self, *, metadata: bool = False) -> dict[str, Any]:
        """Return the message as the Web API gives it; without `metadata` its payload is left out, as Slack does."""
        body: dict[str, Any] = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        body |= {"team": self.team} if self.team else {}
        if self.bot_id:
            body |= {"bot_id": self.bot_id, "app_id": "A0LOCAL"}
        else:
            body["client_msg_id"] = f"local-{self.ts}"
        body |= {"blocks": self.blocks} if self.blocks else {}
        body |= {"attachments": self.attachments} if self.attachments else {}
        body |= {"thread_ts": self.thread_ts} if self.thread_ts else {}
        body |= {"edited": {"user": self.user, "ts": self.ts}} if self.edited else {}
        if self.metadata:
            body["metadata"] = self.metadata if metadata else {"event_type": self.metadata.get("event_type", "")}
        return body


@dataclass
class Channel:
    """One channel or direct message; `gone` holds the ts of deleted messages."""

    id: str
    name: str
    team: str
    members: set[str] = field(default_factory=set)
    private: bool = False
    archived: bool = False
    shared: bool = False
    im_with: str = ""
    messages: list[Message] = field(default_factory=list)
    ephemerals: list[Message] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def scope(self) -> str:
        """The prefix of the scopes that read it."""
        return "im" if self.im_with else "groups" if self.private else "channels"

    def message(self, ts: str) -> Message | None:
        """Return the message with that timestamp."""
        return next((message for message in self.messages if message.ts == ts), None)

    def shape(self, bot_user: str) -> dict[str, Any]:
        """Return the channel as conversations.info gives it."""
        body: dict[str, Any] = {
            "id": self.id,
            "created": 1_700_000_000,
            "is_archived": self.archived,
            "is_im": bool(self.im_with),
            "is_org_shared": False,
            "context_team_id": self.team,
        }
        if self.im_with:
            return body | {"user": self.im_with, "is_user_deleted": False}
        return body | {
            "name": self.name,
            "is_channel": True,
            "is_group": self.private,
            "is_mpim": False,
            "is_private": self.private,
            "is_general": self.name == "general",
            "is_member": bot_user in self.members,
            "is_shared": self.shared,
            "is_ext_shared": self.shared,
            "num_members": len(self.members),
        }


@dataclass
class View:
    """One modal or home tab as a member sees it."""

    id: str
    user: str
    team: str
    content: dict[str, Any]
    hash: str
    closed: bool = False

    @property
    def callback_id(self) -> str:
        """The view's own name."""
        return str(self.content.get("callback_id", ""))

    def shape(self) -> dict[str, Any]:
        """Return the view as views.open answers it."""
        return {
            "private_metadata": "",
            "callback_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "submit": None,
            "close": None,
            "title": None,
            **self.content,
            "id": self.id,
            "team_id": self.team,
            "state": {"values": {}},
            "hash": self.hash,
            "previous_view_id": None,
            "root_view_id": self.id,
            "app_id": "A0LOCAL",
            "external_id": str(self.content.get("external_id", "")),
            "app_installed_team_id": self.team,
            "bot_id": "B0LOCAL",
        }


@dataclass(frozen=True)
class Violation:
    """Something the bot sent that Slack refuses (`error` is its answer) or that harms a reader (`error` is empty)."""

    where: str
    what: str
    error: str = ""


@dataclass
class Sent:
    """One request the bot made to the platform, and how the platform answered."""

    method: str
    payload: dict[str, Any]
    token: str
    at: float
    team: str = ""
    status: int = 0
    answer: dict[str, Any] = field(default_factory=dict)
    fault: str = ""


class World:
    """All of the platform's state."""

    def __init__(self) -> None:
        """Start with one workspace, its people and its channels."""
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        self.statuses: list[dict[str, Any]] = []
        self.prompts: list[dict[str, Any]] = []
        self.violations: list[Violation] = []
        self.requests: list[Sent] = []
        self.skew = 0.0
        self._last_ts = 0
        self._ids = 0
        self.team = self.add_team("T0LOCAL", "Local")

    def now(self) -> float:
        """Return the platform's clock in seconds; `skew` puts it wrong."""
        return time.time() + self.skew

    def ts(self) -> str:
        """Return a new message timestamp: seconds and six digits, greater than all before."""
        self._last_ts = max(self._last_ts + 1, int(self.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        """Return an id that nothing else has."""
        self._ids += 1
        return f"{prefix}0L{self._ids:08d}"

    def add_team(self, team_id: str, name: str) -> Team:
        """Add a workspace with five people, five channels and the bot; ids of later ones end with the workspace's."""
        tail = "" if not self.teams else team_id.removeprefix("T0")
        team = Team(team_id, name, f"xoxb-local-{secrets.token_hex(8)}", f"U0BOT{tail}", f"B0LOCAL{tail}")
        self.teams[team_id] = team
        people = [
            User(f"U0ADA{tail}", "ada", team_id),
            User(f"U0BEN{tail}", "ben", team_id),
            User(f"U0ADMIN{tail}", "admin", team_id, is_admin=True),
            User(f"U0GUEST{tail}", "guest", team_id, is_restricted=True),
            User(f"U0STRANGER{tail}", "stranger", "T0ELSEWHERE", is_stranger=True),
            User(team.bot_user, "verbatim", team_id, is_bot=True),
        ]
        self.users |= {person.id: person for person in people}
        members = {person.id for person in people if not person.is_stranger}
        for channel in (
            Channel(f"C0GENERAL{tail}", "general", team_id, set(members)),
            Channel(f"C0PRIVATE{tail}", "private", team_id, set(members), private=True),
            Channel(f"C0OTHER{tail}", "other", team_id, members - {team.bot_user}),
            Channel(f"C0ARCHIVED{tail}", "archived", team_id, set(members), archived=True),
            Channel(f"C0SHARED{tail}", "shared", team_id, {*members, f"U0STRANGER{tail}"}, shared=True),
        ):
            self.channels[channel.id] = channel
        return team

    def team_of(self, channel: str) -> Team:
        """Return the workspace of a channel."""
        return self.teams[self.channels[channel].team]

    def im(self, user: str) -> Channel:
        """Return the direct message of a user with the bot, opening it when there is none."""
        found = next((channel for channel in self.channels.values() if channel.im_with == user), None)
        if found is None:
            team = self.teams.get(self.users[user].team, self.team)
            found = Channel(self.new_id("D"), "", team.id, {user, team.bot_user}, im_with=user)
            self.channels[found.id] = found
        return found

    def messages(self, channel: str) -> list[Message]:
        """Return a channel's messages, oldest first, without ephemeral ones."""
        return list(self.channels[channel].messages)

    def posts(self, channel: str) -> list[Message]:
        """Return the bot's messages of a channel, oldest first."""
        return [message for message in self.channels[channel].messages if message.bot_id]

    def ephemerals(self, channel: str, user: str) -> list[Message]:
        """Return what only that user sees in a channel, oldest first."""
        return [message for message in self.channels[channel].ephemerals if message.visible_to == user]

    def calls(self, method: str) -> list[Sent]:
        """Return the requests the bot made with one method, oldest first."""
        return [sent for sent in self.requests if sent.method == method]
