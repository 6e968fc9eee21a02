"""The server by remote: one POST address a deed, JSON in and out, for tests whose bot is another process."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.local_discord.interactions import RESPONSE_SECONDS
from tests.local_discord.limits import walk
from tests.local_discord.world import Permission

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.local_discord.interactions import Interaction
    from tests.local_discord.server import LocalDiscord
    from tests.local_discord.world import Channel, Json, User

    Deed = Callable[[Json], Awaitable[Any]]


LOOK_SECONDS = 0.05
"""How often a burst is looked at: every look at it costs the platform time, which must not be what is measured."""


class Control:
    """The deeds by name: POST /_control/NAME with their arguments as a JSON object.

    Channels, guilds and users are named by id or name, messages by id. An argument that makes no sense is a 400 whose
    `error` is a sentence.
    """

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord
        self._deeds: dict[str, Deed] = {
            name.removeprefix("do_"): getattr(self, name) for name in dir(self) if name.startswith("do_")
        }

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/_control/{deed}", self._handle)]

    async def _handle(self, request: web.Request) -> web.Response:
        deed = self._deeds.get(request.match_info["deed"])
        if deed is None:
            return web.json_response({"error": f"there is no such deed; there are {sorted(self._deeds)}"}, status=404)
        text = await request.text()
        try:
            done = await deed(json.loads(text) if text else {})
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        return web.json_response({"result": done})

    def _channel(self, given: Json) -> Channel:
        name = str(given.get("channel", "general"))
        for channel in self._discord.world.channels.values():
            if name in (str(channel.id), channel.name):
                return channel
        message = f"no channel {name}"
        raise ValueError(message)

    def _user(self, given: Json, key: str = "user") -> User:
        name = str(given.get(key, "bob"))
        for user in self._discord.world.users.values():
            if name in (str(user.id), user.name):
                return user
        message = f"no user {name}"
        raise ValueError(message)

    def _message(self, given: Json, key: str = "message") -> Json:
        number = str(given[key])
        if number in self._discord.hidden:
            return self._discord.hidden[number][1]
        found = self._discord.world.find_message(int(number))
        if found is None:
            message = f"no message {number}"
            raise ValueError(message)
        return found[1]

    async def do_state(self, _: Json) -> Json:
        """Return the addresses, the ids of the world, and what was counted."""
        discord = self._discord
        gateway = discord.gateway
        return {
            "api_base": discord.api_base,
            "gateway_url": discord.gateway_url,
            "token": discord.token,
            "ready": gateway.ready,
            "identifies": len(gateway.identifies),
            "resumes": len(gateway.resumes),
            "presence": [session.presence for session in gateway.sessions.values()],
            "channels": {channel.name: str(channel.id) for channel in discord.world.channels.values() if channel.name},
            "guilds": {guild.name: str(guild.id) for guild in discord.world.guilds.values()},
            "users": {user.name: str(user.id) for user in discord.world.users.values()},
            "faults": discord.faults.dealt,
            "invalid_requests": discord.invalid_requests,
        }

    async def do_ready(self, given: Json) -> bool:
        """Wait until the bot is connected."""
        return await self._discord.ready(float(given.get("seconds", 10)))

    async def do_settle(self, given: Json) -> bool:
        """Wait until the bot asks for nothing."""
        return await self._discord.settle(seconds=float(given.get("seconds", 5)), quiet=float(given.get("quiet", 0.2)))

    async def do_messages(self, given: Json) -> list[Json]:
        """Return a channel's messages."""
        return self._discord.messages(self._channel(given))

    async def do_requests(self, given: Json) -> list[Json]:
        """Return the REST requests that fit a pattern."""
        return [seen.json() for seen in self._discord.asked_for(str(given.get("pattern", "*")))]

    async def do_violations(self, _: Json) -> list[str]:
        """Return what the bot did that Discord forbids."""
        return self._discord.violations

    async def do_commands(self, _: Json) -> Json:
        """Return the commands synced, by guild id; 0 is everywhere."""
        return {str(guild): commands for guild, commands in self._discord.commands.items()}

    async def do_fail(self, given: Json) -> None:
        """Let requests fail: pattern, kind, times, retry_after, seconds."""
        self._discord.fail(**given)

    async def do_faults(self, given: Json) -> None:
        """Let a share of message creates and history reads fail at random; share 0 ends it."""
        faults = self._discord.faults
        faults.at_random(float(given.get("share", 0)), int(given.get("seed", 0)))
        faults.slow, faults.stall = float(given.get("slow", faults.slow)), float(given.get("stall", faults.stall))

    async def do_calm(self, _: Json) -> Json:
        """End every fault; return how many were dealt, by kind."""
        self._discord.faults.rules.clear()
        self._discord.faults.share = 0.0
        return dict(self._discord.faults.dealt)

    async def do_limits(self, given: Json) -> None:
        """Switch Discord's rate limits on or off."""
        self._discord.wire.buckets.on = bool(given["on"])

    async def do_advance(self, given: Json) -> None:
        """Move the server's clock."""
        self._discord.advance(float(given["seconds"]))

    async def do_skew(self, given: Json) -> None:
        """Let the Date header be off."""
        self._discord.date_skew = float(given["seconds"])

    async def do_nonces(self, given: Json) -> None:
        """Set how long nonces are known."""
        self._discord.nonce_window = float(given["window"])

    async def do_forbid(self, given: Json) -> None:
        """Take permissions, by name, from the bot in a channel."""
        self._discord.forbid(self._channel(given), *(Permission[name] for name in given["permissions"]))

    async def do_permit(self, given: Json) -> None:
        """Lift what was forbidden in a channel."""
        self._discord.permit(self._channel(given))

    async def do_drop(self, given: Json) -> None:
        """Cut the gateway's sockets, or close them with a code."""
        await self._discord.gateway.drop(given.get("code"))

    async def do_invalidate(self, given: Json) -> None:
        """Send op 9."""
        await self._discord.gateway.invalidate(resumable=bool(given.get("resumable")))

    async def do_reconnect(self, _: Json) -> None:
        """Send op 7."""
        await self._discord.gateway.ask_reconnect()

    async def do_refuse(self, given: Json) -> None:
        """Close the next IDENTIFYs with a code; none lets them in again."""
        self._discord.gateway.refuses = given.get("code")

    async def do_identifies_left(self, given: Json) -> None:
        """Set what is left of the day's session starts."""
        self._discord.gateway.identifies_left = int(given["left"])

    async def do_say(self, given: Json) -> Json:
        """Write a message as a member."""
        reply = self._message(given, "reply_to") if given.get("reply_to") else None
        return await self._discord.say(
            given["text"],
            channel=self._channel(given),
            user=self._user(given),
            reply_to=reply,
            mention_bot=bool(given.get("mention_bot")),
        )

    async def do_dm(self, given: Json) -> Json:
        """Write to the bot directly."""
        return await self._discord.dm(given["text"], user=self._user(given))

    async def do_slash(self, given: Json) -> Json:
        """Use a slash command."""
        asked = await self._discord.slash(
            given["command"],
            given.get("options"),
            user=self._user(given),
            channel=self._channel(given),
            locale=given.get("locale"),
            seconds=float(given.get("seconds", 5)),
            stale=bool(given.get("stale")),
        )
        return asked.json()

    async def do_populate(self, given: Json) -> None:
        """Add `guilds` with a channel `place N` each, and `members` named `member N` of them all; no bot hears of it.

        So it is for before a bot connects.
        """
        world = self._discord.world
        for number in range(int(given["guilds"])):
            world.add_channel(world.add_guild(f"guild {number}"), f"place {number}")
        for number in range(int(given["members"])):
            user = world.add_user(f"member {number}")
            for guild in world.guilds.values():
                world.join(guild, user)

    async def do_burst(self, given: Json) -> list[Json]:
        """Let many use a slash command at one moment: `asked` has command, options, user and channel of each.

        Returns, in that order, how long each waited and what it read, once all are answered or lost, or nothing more
        came for `quiet` seconds.
        """
        discord, quiet = self._discord, float(given["quiet"])
        discord.requests.clear()
        people = [(each, self._user(each), self._channel(each)) for each in given["asked"]]
        bursts = [
            discord.slash(each["command"], each["options"], user=user, channel=channel, seconds=0)
            for each, user, channel in people
        ]
        asked = await asyncio.gather(*bursts)
        until = time.monotonic() + RESPONSE_SECONDS + quiet
        open_ = set(asked)
        while open_ and time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            ended = {one for one in open_ if one.answered}
            until = now + quiet if ended else until
            open_ -= ended
            open_ -= {one for one in open_ if not one.response and now - one.sent > RESPONSE_SECONDS}
        return [_waited(one) for one in asked]

    async def do_autocomplete(self, given: Json) -> list[Json]:
        """Type into an option."""
        return await self._discord.autocomplete(
            given["command"],
            given["options"],
            focused=given["focused"],
            user=self._user(given),
            channel=self._channel(given),
        )

    async def do_context_menu(self, given: Json) -> Json:
        """Use a message's menu."""
        asked = await self._discord.context_menu(given["name"], self._message(given), user=self._user(given))
        return asked.json()

    async def do_press(self, given: Json) -> Json:
        """Press a button."""
        asked = await self._discord.press(self._message(given), given["button"], user=self._user(given))
        return asked.json()

    async def do_select(self, given: Json) -> Json:
        """Choose in a select."""
        message = self._message(given)
        asked = await self._discord.select(message, given["custom_id"], given["values"], user=self._user(given))
        return asked.json()

    async def do_submit_modal(self, given: Json) -> Json:
        """Send the modal that an interaction opened."""
        opened = self._discord.interactions.all[int(given["interaction"])]
        asked = await self._discord.submit_modal(opened, given["values"])
        return asked.json()

    async def do_interaction(self, given: Json) -> Json:
        """Return an interaction as it stands."""
        return self._discord.interactions.all[int(given["id"])].json()

    async def do_delete_message(self, given: Json) -> None:
        """Delete a message, as a moderator would."""
        message = self._message(given)
        await self._discord.remove_message(self._discord.place_of(message), message)

    async def do_delete_channel(self, given: Json) -> None:
        """Delete a channel."""
        await self._discord.delete_channel(self._channel(given))


def _waited(asked: Interaction) -> Json:
    """Return how long a member waited, in seconds or None, and what stands there now."""
    shown = [asked.message] if asked.message and asked.answered else []
    texts = [part.get("content", "") for one in (*shown, *asked.followups) for _, part in walk([one])]
    return {
        "acknowledged_in": asked.acknowledged_in,
        "answered_in": asked.answered_in,
        "text": "\n".join(filter(None, texts)),
    }
