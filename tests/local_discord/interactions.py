"""Interactions: how they are made, acknowledged once within 3 seconds, and finished for 15 minutes."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.local_discord.limits import (
    EPHEMERAL,
    LOADING,
    Problem,
    autocomplete_problems,
    message_problems,
    modal_problems,
)
from tests.local_discord.messages import CHAT_COMMAND, CONTEXT_COMMAND, edit, make
from tests.local_discord.refused import Refused, invalid
from tests.local_discord.schema import body_of, named, schema_problems
from tests.local_discord.world import DM, Permission

if TYPE_CHECKING:
    from tests.local_discord.server import LocalDiscord
    from tests.local_discord.world import Channel, Json, User

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
PONG, MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9
RESPONSE_SECONDS = 3.0
TOKEN_SECONDS = 15 * 60.0
QUIET_CLICK_SECONDS = 1.0
USER_INSTALL_FOLLOWUPS = 5
UNKNOWN_INTERACTION = Refused(404, 10062, "Unknown interaction")
UNKNOWN_WEBHOOK = Refused(404, 10015, "Unknown Webhook")
UNKNOWN_MESSAGE = Refused(404, 10008, "Unknown Message")
ACKNOWLEDGED = Refused(400, 40060, "Interaction has already been acknowledged.")
INVALID_TOKEN = Refused(401, 50027, "Invalid Webhook Token")
TOO_MANY_FOLLOWUPS = Refused(400, 40094, "This interaction has reached the maximum number of follow up messages")
_FITS = {
    COMMAND: {MESSAGE, DEFERRED, MODAL},
    COMPONENT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES},
    MODAL_SUBMIT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE},
}
_CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
_CALLBACK_SCHEMAS = {
    MESSAGE: "CreateMessageInteractionCallbackRequest",
    DEFERRED: "CreateMessageInteractionCallbackRequest",
    DEFERRED_UPDATE: "UpdateMessageInteractionCallbackRequest",
    UPDATE: "UpdateMessageInteractionCallbackRequest",
    CHOICES: "ApplicationCommandAutocompleteCallbackRequest",
    MODAL: "ModalInteractionCallbackRequest",
}


@dataclass(eq=False)
class Interaction:
    """One interaction and what the bot made of it.

    `response` is the body of the accepted acknowledgement and `acknowledged_in` the seconds it took; `message` is the
    original response as it stands (for a click that updates: the clicked message), `followups` what came beside it.
    `answered_in` are the seconds until it was first `answered`.
    """

    id: int
    token: str
    kind: int
    payload: Json
    user: User
    channel: Channel
    created: float
    sent: float
    source: Json | None = None
    response: Json | None = None
    acknowledged_in: float | None = None
    answered_in: float | None = None
    message: Json | None = None
    followups: list[Json] = field(default_factory=list)
    edits: int = 0
    deleted: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def type(self) -> int:
        """The type of the acknowledgement, 0 while there is none."""
        return int(self.response["type"]) if self.response else 0

    @property
    def ephemeral(self) -> bool:
        """Whether the answer is seen by the asker alone."""
        return bool(self.message and self.message["flags"] & EPHEMERAL)

    @property
    def choices(self) -> list[Json]:
        """The suggestions given, [] when this was no autocomplete."""
        return list(((self.response or {}).get("data") or {}).get("choices") or [])

    @property
    def modal(self) -> Json | None:
        """The modal opened, None when none was."""
        return dict(self.response["data"]) if self.response and self.type == MODAL else None

    @property
    def answered(self) -> bool:
        """Whether a deferral was followed by the answer, or none was needed."""
        if self.type in (DEFERRED, DEFERRED_UPDATE):
            return bool(self.edits or self.followups or self.deleted)
        return self.type != 0

    def change(self) -> None:
        """Note that the bot did something with it."""
        if self.answered and self.answered_in is None:
            self.answered_in = time.monotonic() - self.sent
        self.changed.set()

    async def wait(self, seconds: float) -> None:
        """Wait until it is answered, at most so long (real seconds); a click that was only taken may stay at that."""
        ends = time.monotonic() + seconds
        while not self.answered and (left := ends - time.monotonic()) > 0:
            if self.type == DEFERRED_UPDATE:
                left = min(left, QUIET_CLICK_SECONDS)
                ends = min(ends, time.monotonic() + left)
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), left)
            except TimeoutError:
                return

    def json(self) -> Json:
        """Return what a test in another process may want to know."""
        return {
            "id": str(self.id),
            "token": self.token,
            "kind": self.kind,
            "type": self.type,
            "response": self.response,
            "acknowledged_in": self.acknowledged_in,
            "answered_in": self.answered_in,
            "message": self.message,
            "followups": self.followups,
            "ephemeral": self.ephemeral,
            "answered": self.answered,
            "choices": self.choices,
        }


class Interactions:
    """All interactions of a server, and the rules of answering them."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord
        self.all: dict[int, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}

    async def send(
        self, kind: int, data: Json, *, user: User, channel: Channel, source: Json | None = None
    ) -> Interaction:
        """Make an interaction and give it to the client."""
        discord, world, guild = self._discord, self._discord.world, channel.guild
        number, token = world.clock.snowflake(), secrets.token_urlsafe(60)
        installed = guild is not None and guild.installed
        payload: Json = {
            "id": str(number),
            "application_id": str(world.bot.id),
            "type": kind,
            "data": data,
            "channel_id": str(channel.id),
            "channel": channel.json() | {"permissions": str(guild.permissions(user, channel) if guild else 0)},
            "token": token,
            "version": 1,
            "locale": user.locale,
            "app_permissions": str(self._app_permissions(channel)),
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": self._owners(user, channel),
            "context": 0 if guild else (1 if channel.recipient is user else 2),
            "attachment_size_limit": 10 * 1024 * 1024,
        }
        if guild and user.id not in guild.members:
            problem = f"{user.name} is not in {guild.name}: world.join(guild, user) first"
            raise ValueError(problem)
        if guild:
            member = guild.members[user.id].json() | {"permissions": str(guild.permissions(user, channel))}
            payload |= {"guild_id": str(guild.id), "guild_locale": guild.locale, "member": member}
            payload["guild"] = {"id": str(guild.id), "locale": guild.locale, "features": []}
        else:
            payload["user"] = user.json()
        if source:
            payload["message"] = source
        interaction = Interaction(
            number, token, kind, payload, user, channel, discord.clock.now(), time.monotonic(), source
        )
        self.all[number] = self._by_token[token] = interaction
        await discord.gateway.emit("INTERACTION_CREATE", payload, guild if installed else None)
        return interaction

    def _owners(self, user: User, channel: Channel) -> Json:
        """Return who installed the app (interactions/receiving-and-responding): "0" the guild, "1" the user."""
        if channel.guild and channel.guild.installed:
            return {"0": str(channel.guild.id)}
        return {"0": "0"} if channel.kind == DM and channel.recipient is user else {"1": str(user.id)}

    def _app_permissions(self, channel: Channel) -> int:
        world = self._discord.world
        if channel.guild and channel.guild.installed:
            return channel.guild.permissions(world.bot, channel)
        return int(Permission.VIEW_CHANNEL | Permission.EMBED_LINKS | Permission.SEND_MESSAGES)

    def callback(self, number: int, token: str, body: Json, *, came: float) -> Interaction:
        """Accept an acknowledgement that came at a moment of the monotonic clock, or raise Discord's Refused."""
        interaction = self.all.get(number)
        if interaction is None or interaction.token != token:
            raise UNKNOWN_INTERACTION
        if interaction.response:
            raise ACKNOWLEDGED
        if self._discord.clock.now() - interaction.created > RESPONSE_SECONDS:
            raise UNKNOWN_INTERACTION
        kind, data = body.get("type"), body.get("data") or {}
        problems = self._callback_problems(interaction, body)
        if problems:
            raise invalid(problems)
        interaction.acknowledged_in = came - interaction.sent
        interaction.response = body
        if kind in (MESSAGE, DEFERRED):
            flags = int(data.get("flags") or 0) | (LOADING if kind == DEFERRED else 0)
            interaction.message = self._make(interaction, data | {"flags": flags})
        elif kind in (DEFERRED_UPDATE, UPDATE):
            interaction.message = interaction.source
            if kind == UPDATE and interaction.source:
                edit(self._discord.world, self._discord.world.bot, interaction.channel, interaction.source, data)
        interaction.change()
        return interaction

    def _callback_problems(self, interaction: Interaction, body: Json) -> list[Problem]:
        kind, data = int(body.get("type") or 0), body.get("data") or {}
        if kind not in _FITS[interaction.kind]:
            return [Problem(("type",), "INTERACTION_TYPE", f"Type {kind} does not answer this kind of interaction.")]
        if kind in (DEFERRED_UPDATE, UPDATE) and interaction.source is None:
            return [Problem(("type",), "INTERACTION_TYPE", "There is no message to update.")]
        problems = schema_problems(named(_CALLBACK_SCHEMAS[kind]), body) if self._discord.validates else []
        if kind == MESSAGE:
            problems += message_problems(data)
        elif kind == UPDATE:
            problems += message_problems(data, interaction.source)
        elif kind == CHOICES:
            problems += autocomplete_problems(data)
        elif kind == MODAL:
            problems += modal_problems(data)
        return problems

    def _make(self, interaction: Interaction, body: Json) -> Json:
        """Make the message of a response and put it where its readers look."""
        world, channel = self._discord.world, interaction.channel
        message = make(world, world.bot, channel, body)
        if interaction.kind == COMMAND:
            context = interaction.payload["data"].get("type", 1) != 1
            message["type"] = CONTEXT_COMMAND if context else CHAT_COMMAND
        message["interaction_metadata"] = {
            "id": str(interaction.id),
            "type": interaction.kind,
            "user": interaction.user.json(),
            "authorizing_integration_owners": interaction.payload["authorizing_integration_owners"],
        }
        message["webhook_id"] = str(world.bot.id)
        if not message["flags"] & EPHEMERAL:
            channel.messages.append(message)
        self._discord.hidden[message["id"]] = (channel, message)
        return message

    def by_token(self, token: str) -> Interaction:
        """Return the interaction whose token a webhook address carries, while the token lives."""
        interaction = self._by_token.get(token)
        if interaction is None or self._discord.clock.now() - interaction.created > TOKEN_SECONDS:
            raise INVALID_TOKEN
        return interaction

    def find(self, interaction: Interaction, ref: str) -> Json:
        """Return the message an address names: @original or a follow-up's id."""
        if not interaction.response:
            raise UNKNOWN_WEBHOOK
        own = [interaction.message] if interaction.message and not interaction.deleted else []
        for message in [*own, *interaction.followups]:
            if ref == message["id"] or (ref == "@original" and message is interaction.message):
                return message
        raise UNKNOWN_MESSAGE

    async def edit(self, interaction: Interaction, ref: str, body: Json) -> Json:
        """Edit a response or a follow-up."""
        discord = self._discord
        message = self.find(interaction, ref)
        problems = self._webhook_problems("patch", body)
        problems += message_problems(body, message | {"flags": message["flags"] & ~LOADING})
        if problems:
            raise invalid(problems)
        edit(discord.world, discord.world.bot, interaction.channel, message, body)
        interaction.edits += message is interaction.message
        interaction.change()
        await self.tell("MESSAGE_UPDATE", interaction, message)
        return message

    async def follow(self, interaction: Interaction, body: Json) -> Json:
        """Send a follow-up; the first one after a deferral fills the original (deprecated, still so)."""
        if not interaction.response:
            raise UNKNOWN_WEBHOOK
        if interaction.type == DEFERRED and not interaction.answered and interaction.message:
            return await self.edit(interaction, "@original", body)
        owners = interaction.payload["authorizing_integration_owners"]
        if "0" not in owners and len(interaction.followups) >= USER_INSTALL_FOLLOWUPS:
            raise TOO_MANY_FOLLOWUPS
        problems = self._webhook_problems("post", body) + message_problems(body)
        if problems:
            raise invalid(problems)
        message = self._make(interaction, body)
        interaction.followups.append(message)
        interaction.change()
        await self.tell("MESSAGE_CREATE", interaction, message)
        return message

    async def delete(self, interaction: Interaction, ref: str) -> None:
        """Delete a response or a follow-up."""
        message = self.find(interaction, ref)
        if message is interaction.message:
            interaction.deleted = True
        else:
            interaction.followups.remove(message)
        interaction.change()
        if message in interaction.channel.messages:
            await self._discord.remove_message(interaction.channel, message)

    def _webhook_problems(self, method: str, body: Json) -> list[Problem]:
        if not self._discord.validates:
            return []
        if method == "post":
            return schema_problems(body_of("post", "/webhooks/{webhook_id}/{webhook_token}"), body)
        return schema_problems(named("IncomingWebhookUpdateRequestPartial"), body)

    async def tell(self, event: str, interaction: Interaction, message: Json) -> None:
        """Tell the gateway of a public message the bot made; an ephemeral one is told to nobody else."""
        if not message["flags"] & EPHEMERAL:
            await self._discord.tell_message(event, interaction.channel, message)


def callback_answer(interaction: Interaction) -> dict[str, Any]:
    """Return the body of a callback asked for with_response."""
    kind, message = interaction.type, interaction.message
    about: Json = {"id": str(interaction.id), "type": interaction.kind}
    resource: Json = {"type": kind}
    if message and kind in (MESSAGE, DEFERRED, UPDATE, DEFERRED_UPDATE):
        about |= {
            "response_message_id": message["id"],
            "response_message_loading": bool(message["flags"] & LOADING),
            "response_message_ephemeral": bool(message["flags"] & EPHEMERAL),
        }
        if kind in (MESSAGE, UPDATE):
            resource["message"] = message
    return {"interaction": about, "resource": resource}
