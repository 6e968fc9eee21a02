"""The REST routes the bot uses, as Discord answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from tests.local_discord.faults import answer
from tests.local_discord.gateway import MESSAGE_CONTENT
from tests.local_discord.interactions import (
    ACKNOWLEDGED,
    UNKNOWN_INTERACTION,
    UNKNOWN_MESSAGE,
    UPDATE,
    Interaction,
    callback_answer,
)
from tests.local_discord.limits import LOADING, THREAD_NAME, Problem, message_problems
from tests.local_discord.messages import edit, make, page
from tests.local_discord.refused import Refused, invalid
from tests.local_discord.schema import named, schema_problems
from tests.local_discord.wire import BODY, CAME, PREFIX
from tests.local_discord.world import DM, THREAD, Permission

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.local_discord.server import LocalDiscord
    from tests.local_discord.world import Channel, Guild, Json

    Handler = Callable[[web.Request], Awaitable[web.Response]]
    Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]

UNKNOWN_CHANNEL, UNKNOWN_GUILD = (10003, "Unknown Channel"), (10004, "Unknown Guild")
UNHEARD_SECONDS = 2.0
MISSING_ACCESS, MISSING_PERMISSIONS = (50001, "Missing Access"), (50013, "Missing Permissions")


class Rest:
    """The routes over one server's state."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord
        self.nonces: dict[tuple[int, str], tuple[float, str]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return every route."""
        channel, message = f"{PREFIX}/channels/{{channel:\\d+}}", "messages/{message:\\d+}"
        webhook = f"{PREFIX}/webhooks/{{app:\\d+}}/{{token}}"
        guild = f"{PREFIX}/guilds/{{guild:\\d+}}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", f"{PREFIX}/users/@me", self._me),
            ("GET", f"{PREFIX}/users/@me/guilds", self._my_guilds),
            ("POST", f"{PREFIX}/users/@me/channels", self._open_dm),
            ("GET", f"{PREFIX}/users/{{user:\\d+}}", self._user),
            ("GET", f"{PREFIX}/oauth2/applications/@me", self._application),
            ("GET", f"{PREFIX}/applications/@me", self._application),
            ("PATCH", f"{PREFIX}/applications/@me", self._application),
            ("GET", f"{PREFIX}/gateway", self._gateway),
            ("GET", f"{PREFIX}/gateway/bot", self._gateway_bot),
            ("POST", f"{PREFIX}/interactions/{{interaction:\\d+}}/{{token}}/callback", self._callback),
            ("POST", webhook, self._follow),
            *((method, f"{webhook}/messages/{{ref}}", self._response) for method in ("GET", "PATCH", "DELETE")),
            ("GET", guild, self._guild),
            ("GET", f"{guild}/channels", self._guild_channels),
            ("GET", f"{guild}/roles", self._guild_roles),
            ("GET", f"{guild}/members/{{user:[@\\w]+}}", self._guild_member),
            ("GET", f"{guild}/threads/active", self._active_threads),
            ("GET", channel, self._channel),
            ("POST", f"{channel}/messages", self._create),
            ("GET", f"{channel}/messages", self._history),
            ("GET", f"{channel}/{message}", self._message),
            ("PATCH", f"{channel}/{message}", self._edit),
            ("DELETE", f"{channel}/{message}", self._delete),
            ("POST", f"{channel}/{message}/threads", self._thread),
            ("POST", f"{channel}/typing", self._typing),
        ]
        return [web.route(method, path, handler) for method, path, handler in table]

    async def _me(self, _: web.Request) -> web.Response:
        return answer(200, self._discord.world.bot.json() | {"verified": True, "mfa_enabled": True, "email": None})

    async def _my_guilds(self, _: web.Request) -> web.Response:
        guilds = [guild for guild in self._discord.world.guilds.values() if guild.installed]
        return answer(200, [{"id": str(guild.id), "name": guild.name, "icon": None} for guild in guilds])

    async def _user(self, request: web.Request) -> web.Response:
        user = self._discord.world.users.get(int(request.match_info["user"]))
        if user is None:
            raise Refused(404, 10013, "Unknown User")
        return answer(200, user.json())

    async def _application(self, _: web.Request) -> web.Response:
        world = self._discord.world
        about: Json = {
            "id": str(world.bot.id),
            "name": world.bot.name,
            "description": "",
            "icon": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "redirect_uris": [],
            "owner": world.alice.json(),
            "team": None,
            "verify_key": "0" * 64,
            "flags": 0,
            "interactions_endpoint_url": None,
            "integration_types_config": {"0": {}, "1": {}},
            "approximate_guild_count": len(world.guilds),
            **world.portal,
        }
        return answer(200, about)

    async def _gateway(self, _: web.Request) -> web.Response:
        return answer(200, {"url": self._discord.gateway_url})

    async def _gateway_bot(self, _: web.Request) -> web.Response:
        gateway = self._discord.gateway
        limit = {
            "total": 1_000,
            "remaining": max(0, gateway.identifies_left),
            "reset_after": self._discord.session_reset_ms,
            "max_concurrency": 1,
        }
        body = {"url": self._discord.gateway_url, "shards": gateway.shards, "session_start_limit": limit}
        return answer(200, body)

    # Interactions -------------------------------------------------------------------------------------------------

    async def _callback(self, request: web.Request) -> web.Response:
        number = int(request.match_info["interaction"])
        try:
            token, came = request.match_info["token"], request[CAME]
            interaction = self._discord.interactions.callback(number, token, request[BODY], came=came)
        except Refused as refused:
            if refused in (ACKNOWLEDGED, UNKNOWN_INTERACTION) and not self._was_failed(request, refused):
                why = "acknowledged twice" if refused is ACKNOWLEDGED else "acknowledged too late, or unknown"
                self._discord.violate(f"Interaction {number} was {why}.")
            raise
        await self._tell_callback(interaction)
        if request.query.get("with_response") in ("1", "true", "True"):
            return answer(200, callback_answer(interaction))
        return answer(204)

    def _was_failed(self, request: web.Request, refused: Refused) -> bool:
        """Say whether trying again was right: a try before met a fault, or nothing was heard of it for long."""
        asked = self._discord.interactions.all.get(int(request.match_info["interaction"]))
        if refused is ACKNOWLEDGED and asked and request[CAME] - asked.sent > UNHEARD_SECONDS:
            return True
        path = request.path.removeprefix(PREFIX)
        return any(seen.path == path and seen.fault for seen in self._discord.requests)

    async def _tell_callback(self, interaction: Interaction) -> None:
        if interaction.message and interaction.message is not interaction.source:
            await self._discord.interactions.tell("MESSAGE_CREATE", interaction, interaction.message)
        elif interaction.message and interaction.type == UPDATE:
            await self._discord.interactions.tell("MESSAGE_UPDATE", interaction, interaction.message)

    async def _follow(self, request: web.Request) -> web.Response:
        interaction = self._discord.interactions.by_token(request.match_info["token"])
        return answer(200, await self._discord.interactions.follow(interaction, request[BODY]))

    async def _response(self, request: web.Request) -> web.Response:
        interactions = self._discord.interactions
        interaction = interactions.by_token(request.match_info["token"])
        ref = request.match_info["ref"]
        if request.method == "PATCH":
            return answer(200, await interactions.edit(interaction, ref, request[BODY]))
        if request.method == "DELETE":
            await interactions.delete(interaction, ref)
            return answer(204)
        return answer(200, interactions.find(interaction, ref))

    # Guilds and channels ------------------------------------------------------------------------------------------

    def _guild_of(self, request: web.Request) -> Guild:
        guild = self._discord.world.guilds.get(int(request.match_info["guild"]))
        if guild is None or not guild.installed:
            raise Refused(404, *UNKNOWN_GUILD)
        return guild

    async def _guild(self, request: web.Request) -> web.Response:
        return answer(200, self._guild_of(request).json())

    async def _guild_channels(self, request: web.Request) -> web.Response:
        return answer(200, self._guild_of(request).json()["channels"])

    async def _guild_roles(self, request: web.Request) -> web.Response:
        return answer(200, self._guild_of(request).json()["roles"])

    async def _active_threads(self, request: web.Request) -> web.Response:
        return answer(200, {"threads": self._guild_of(request).json()["threads"], "members": []})

    async def _guild_member(self, request: web.Request) -> web.Response:
        guild, user = self._guild_of(request), request.match_info["user"]
        member = guild.members.get(self._discord.world.bot.id if user == "@me" else int(user))
        if member is None:
            raise Refused(404, 10007, "Unknown Member")
        return answer(200, member.json())

    def _channel_of(self, request: web.Request, *needed: Permission) -> Channel:
        """Return the channel of an address, or refuse as Discord does for what the bot may not do there."""
        channel = self._discord.world.channels.get(int(request.match_info["channel"]))
        if channel is None:
            raise Refused(404, *UNKNOWN_CHANNEL)
        bot = self._discord.world.bot
        if channel.guild and (not channel.guild.installed or not channel.allows(bot, Permission.VIEW_CHANNEL)):
            raise Refused(403, *MISSING_ACCESS)
        if any(not channel.allows(bot, permission) for permission in needed):
            raise Refused(403, *MISSING_PERMISSIONS)
        return channel

    async def _channel(self, request: web.Request) -> web.Response:
        return answer(200, self._channel_of(request).json())

    async def _open_dm(self, request: web.Request) -> web.Response:
        user = self._discord.world.users.get(int(request[BODY]["recipient_id"]))
        if user is None:
            raise Refused(404, 10013, "Unknown User")
        return answer(200, self._discord.world.dm_with(user).json())

    async def _create(self, request: web.Request) -> web.Response:
        discord, body = self._discord, request[BODY]
        target = discord.world.channels.get(int(request.match_info["channel"]))
        thread = target is not None and target.kind == THREAD
        channel = self._channel_of(request, Permission.SEND_MESSAGES_IN_THREADS if thread else Permission.SEND_MESSAGES)
        if channel.kind == DM and channel.recipient and channel.recipient.closed:
            raise Refused(403, 50007, "Cannot send messages to this user")
        problems = schema_problems(named("MessageCreateRequest"), body) if discord.validates else []
        problems += message_problems(body)
        reference = body.get("message_reference") or {}
        known = {message["id"] for message in channel.messages}
        if reference and reference.get("fail_if_not_exists", True) and str(reference.get("message_id")) not in known:
            problems.append(Problem(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message"))
        if problems:
            raise invalid(problems)
        earlier = self._same_nonce(channel, body)
        if earlier:
            return answer(200, earlier)
        message = make(discord.world, discord.world.bot, channel, body)
        channel.messages.append(message)
        if body.get("nonce") is not None:
            self.nonces[channel.id, str(body["nonce"])] = (discord.clock.now(), message["id"])
        await discord.tell_message("MESSAGE_CREATE", channel, message | {"nonce": body.get("nonce")})
        return answer(200, message | ({"nonce": body["nonce"]} if body.get("nonce") is not None else {}))

    def _same_nonce(self, channel: Channel, body: Json) -> Json | None:
        """Return the message an enforced nonce already made in the window; refuse when it was deleted since."""
        discord, nonce = self._discord, body.get("nonce")
        if nonce is None or not body.get("enforce_nonce"):
            return None
        at, number = self.nonces.get((channel.id, str(nonce)), (0.0, ""))
        if discord.clock.now() - at > discord.nonce_window:
            return None
        earlier = next((message for message in channel.messages if message["id"] == number), None)
        if earlier is None:
            raise UNKNOWN_MESSAGE
        return earlier

    async def _history(self, request: web.Request) -> web.Response:
        discord, channel = self._discord, self._channel_of(request)
        if not 1 <= int(request.query.get("limit", "50")) <= 100:
            raise invalid([Problem(("limit",), "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")])
        if not channel.allows(discord.world.bot, Permission.READ_MESSAGE_HISTORY):
            return answer(200, [])
        found = page(channel.messages, dict(request.query))
        return answer(200, [self._shown(channel, message) for message in found])

    def _shown(self, channel: Channel, message: Json) -> Json:
        content = bool(self._discord.gateway.allowed_intents & MESSAGE_CONTENT)
        return message if channel.guild is None else self._discord.seen_by_bot(message, content=content)

    def _message_of(self, channel: Channel, request: web.Request) -> Json:
        number = request.match_info["message"]
        message = next((one for one in channel.messages if one["id"] == number), None)
        if message is None:
            raise UNKNOWN_MESSAGE
        return message

    async def _message(self, request: web.Request) -> web.Response:
        channel = self._channel_of(request, Permission.READ_MESSAGE_HISTORY)
        return answer(200, self._shown(channel, self._message_of(channel, request)))

    async def _edit(self, request: web.Request) -> web.Response:
        discord, channel, body = self._discord, self._channel_of(request), request[BODY]
        message = self._message_of(channel, request)
        if message["author"]["id"] != str(discord.world.bot.id):
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
        problems = schema_problems(named("MessageEditRequestPartial"), body) if discord.validates else []
        problems += message_problems(body, message | {"flags": message["flags"] & ~LOADING})
        if problems:
            raise invalid(problems)
        edit(discord.world, discord.world.bot, channel, message, body)
        await discord.tell_message("MESSAGE_UPDATE", channel, message)
        return answer(200, message)

    async def _delete(self, request: web.Request) -> web.Response:
        discord, channel = self._discord, self._channel_of(request)
        message = self._message_of(channel, request)
        mine = message["author"]["id"] == str(discord.world.bot.id)
        if not mine and not (channel.guild and channel.allows(discord.world.bot, Permission.MANAGE_MESSAGES)):
            raise Refused(403, *MISSING_PERMISSIONS)
        await discord.remove_message(channel, message)
        return answer(204)

    async def _thread(self, request: web.Request) -> web.Response:
        discord, body = self._discord, request[BODY]
        channel = self._channel_of(request, Permission.CREATE_PUBLIC_THREADS)
        message = self._message_of(channel, request)
        problems = schema_problems(named("CreateTextThreadWithMessageRequest"), body) if discord.validates else []
        if not 1 <= len(body.get("name") or "") <= THREAD_NAME:
            sentence = f"Must be between 1 and {THREAD_NAME} in length."
            problems.append(Problem(("name",), "BASE_TYPE_BAD_LENGTH", sentence))
        if problems:
            raise invalid(problems)
        if int(message["id"]) in discord.world.channels:
            raise Refused(400, 160004, "A thread has already been created for this message")
        thread = discord.world.add_thread(channel, body["name"], int(message["id"]))
        message["thread"] = thread.json()
        message["flags"] |= 1 << 5
        await discord.gateway.emit("THREAD_CREATE", thread.json() | {"newly_created": True}, channel.guild)
        return answer(201, thread.json())

    async def _typing(self, request: web.Request) -> web.Response:
        channel = self._channel_of(request, Permission.SEND_MESSAGES)
        self._discord.typing.append(channel.id)
        return answer(204)
