"""The local Discord: one loopback port with REST and gateway, and the people who use the bot through it."""

from __future__ import annotations

import asyncio
import collections
import time
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from tests.local_discord.asked import (
    command_data,
    component_data,
    component_of,
    menu_data,
    modal_data,
    offered,
)
from tests.local_discord.commands import CommandRoutes
from tests.local_discord.faults import Fault, Faults
from tests.local_discord.gateway import Gateway
from tests.local_discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Interaction, Interactions
from tests.local_discord.limits import EPHEMERAL
from tests.local_discord.messages import edit as change
from tests.local_discord.messages import make, shown
from tests.local_discord.rest import Rest
from tests.local_discord.wire import Seen, Wire
from tests.local_discord.world import Channel, Clock, Permission, User, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tests.local_discord.faults import Kind
    from tests.local_discord.world import Guild, Json

TOKEN = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.local.a-token-that-opens-nothing"  # noqa: S105 - of no real bot
KEPT_REQUESTS = 100_000
WAIT_SECONDS = 5.0


class LocalDiscord:
    """Discord on a loopback port, for as long as the context lasts.

    `world` has the guilds, channels and users; `requests` every REST request; `violations` a sentence for everything a
    client sent that Discord's documentation forbids, each of which was also answered with Discord's error. `validates`
    switches the check against Discord's OpenAPI document.
    """

    def __init__(self, *, port: int = 0, token: str = TOKEN, validates: bool = True) -> None:
        self.token = token
        self.validates = validates
        self.clock = Clock()
        self.world = World(self.clock)
        self.faults = Faults()
        self.gateway = Gateway(self)
        self.interactions = Interactions(self)
        self.wire = Wire(self)
        self.rest = Rest(self)
        self.commands: dict[int, list[Json]] = {0: []}
        self.requests: collections.deque[Seen] = collections.deque(maxlen=KEPT_REQUESTS)
        self.violations: list[str] = []
        self.hidden: dict[str, tuple[Channel, Json]] = {}
        self.typing: list[int] = []
        self.nonce_window = 180.0
        self.date_skew = 0.0
        self.session_reset_ms = 14_400_000
        self._port = port
        self._runner: web.AppRunner | None = None
        self._stirred = asyncio.Event()
        self._last = time.monotonic()

    @property
    def api_base(self) -> str:
        """The base address of the REST API."""
        return f"http://127.0.0.1:{self._port}/api/v10"

    @property
    def gateway_url(self) -> str:
        """The address of the gateway."""
        return f"ws://127.0.0.1:{self._port}/gateway"

    @property
    def port(self) -> int:
        """The port, known once the server runs."""
        return self._port

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, *more: web.RouteDef) -> None:
        """Listen; `more` are routes beside Discord's."""
        app = web.Application(middlewares=[self.wire.middleware], client_max_size=32 * 1024 * 1024)
        app.add_routes(
            [*self.rest.routes(), *CommandRoutes(self).routes(), web.get("/gateway", self.gateway.handle), *more]
        )
        app.add_routes([web.get("/gateway/", self.gateway.handle)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        if not self._port:
            self._port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        await self.gateway.drop()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    # What the tests look at ---------------------------------------------------------------------------------------

    def messages(self, channel: Channel | int | None = None) -> list[Json]:
        """Return the messages of a channel, oldest first, as stored; those only one member sees are not among them."""
        place = channel if isinstance(channel, Channel) else self.world.channels[channel or self.world.general.id]
        return place.messages

    def of_bot(self, channel: Channel | int | None = None) -> list[Json]:
        """Return the bot's messages of a channel, oldest first."""
        return [one for one in self.messages(channel) if one["author"]["id"] == str(self.world.bot.id)]

    def asked_for(self, pattern: str) -> list[Seen]:
        """Return the requests whose "METHOD /path" fits a pattern with * for anything."""
        rule = Fault(pattern, "500")
        return [seen for seen in self.requests if rule.fits(seen.line)]

    @property
    def invalid_requests(self) -> int:
        """The answers of ten minutes that count towards Discord's ban: 401, 403, and 429 but not a shared one."""
        since = self.clock.now() - 600
        counted = [seen for seen in self.requests if seen.at > since and seen.status in (401, 403, 429)]
        return sum(seen.fault != "429-shared" for seen in counted)

    def violate(self, sentence: str) -> None:
        """Record what a client did that Discord forbids."""
        self.violations.append(sentence)

    def stirred(self) -> None:
        """Note that something happened; whoever waits looks again."""
        self._last = time.monotonic()
        self._stirred.set()

    async def settle(
        self, until: Callable[[], object] | None = None, *, seconds: float = WAIT_SECONDS, quiet: float = 0.1
    ) -> bool:
        """Wait until something holds, or until no request came for `quiet` seconds; False when time ran out."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if until is not None and until():
                return True
            if until is None and not self.wire.busy and time.monotonic() - self._last >= quiet:
                return True
            self._stirred.clear()
            try:
                await asyncio.wait_for(self._stirred.wait(), 0.02)
            except TimeoutError:
                continue
        return bool(until and until())

    async def ready(self, seconds: float = WAIT_SECONDS) -> bool:
        """Wait until a client is connected and has asked for nothing for a moment."""
        return await self.settle(lambda: self.gateway.ready, seconds=seconds) and await self.settle(seconds=seconds)

    # What goes wrong ----------------------------------------------------------------------------------------------

    def fail(
        self,
        pattern: str,
        kind: Kind,
        times: int = 1,
        *,
        retry_after: float = 0.2,
        seconds: float = 5.0,
    ) -> Fault:
        """Let requests fail: `fail("POST /channels/*/messages", "503", times=2)`; see `faults.Kind`."""
        fault = Fault(pattern, kind, times, retry_after, seconds)
        self.faults.rules.append(fault)
        return fault

    def advance(self, seconds: float) -> None:
        """Move the server's clock: interactions grow old, nonces are forgotten."""
        self.clock.ahead += seconds

    def forbid(self, channel: Channel, *permissions: Permission, who: int | None = None) -> None:
        """Take permissions from the bot in a channel, or from the role or member whose id is given."""
        denied, granted = channel.overwrites.get(who or self.world.bot.id, (0, 0))
        for permission in permissions:
            denied, granted = denied | permission, granted & ~permission
        channel.overwrites[who or self.world.bot.id] = (denied, granted)

    def permit(self, channel: Channel) -> None:
        """Lift what was forbidden in a channel."""
        channel.overwrites.clear()

    async def delete_channel(self, channel: Channel) -> None:
        """Delete a channel and tell the client."""
        self.world.drop_channel(channel)
        await self.gateway.emit("CHANNEL_DELETE", channel.json(), channel.guild)

    async def remove_message(self, channel: Channel, message: Json) -> None:
        """Delete a message, as a moderator would, and tell the client."""
        channel.messages.remove(message)
        gone = {"id": message["id"], "channel_id": str(channel.id)}
        if channel.guild:
            gone["guild_id"] = str(channel.guild.id)
        await self.gateway.emit("MESSAGE_DELETE", gone, channel.guild)

    async def join_guild(self, guild: Guild) -> None:
        """Tell a connected client of a guild that was just added to the world."""
        await self.gateway.emit("GUILD_CREATE", guild.json(), guild)

    async def leave_guild(self, guild: Guild) -> None:
        """Throw the bot out of a guild."""
        guild.installed = False
        await self.gateway.emit("GUILD_DELETE", {"id": str(guild.id)}, guild)

    # Messages -----------------------------------------------------------------------------------------------------

    def seen_by_bot(self, message: Json, *, content: bool) -> Json:
        """Return a guild's message as the bot sees it."""
        return shown(self.world, message, content=content, direct=False)

    async def tell_message(self, event: str, channel: Channel, message: Json) -> None:
        """Send a message event to the client, as its intents allow."""
        data = dict(message)
        author = int(message["author"]["id"])
        if channel.guild:
            data["guild_id"] = str(channel.guild.id)
            member = channel.guild.members.get(author)
            if member:
                data["member"] = {key: value for key, value in member.json().items() if key != "user"}
        await self.gateway.emit(event, data, channel.guild, author=author)

    async def say(
        self,
        text: str,
        *,
        channel: Channel | None = None,
        user: User | None = None,
        reply_to: Json | None = None,
        mention_bot: bool = False,
    ) -> Json:
        """Write a message as a member (bob in #general unless told); a reply pings whom it answers."""
        place, author = channel or self.world.general, user or self.world.bob
        body: Json = {"content": f"<@{self.world.bot.id}> {text}" if mention_bot else text}
        if reply_to:
            body["message_reference"] = {"message_id": reply_to["id"]}
        message = make(self.world, author, place, body)
        place.messages.append(message)
        await self.tell_message("MESSAGE_CREATE", place, message)
        return message

    async def edit(
        self, message: Json, text: str, *, channel: Channel | None = None, mention_bot: bool = False
    ) -> None:
        """Change the words of a member's message."""
        place = channel or self.world.general
        author = self.world.users[int(message["author"]["id"])]
        words = f"<@{self.world.bot.id}> {text}" if mention_bot else text
        change(self.world, author, place, message, {"content": words})
        await self.tell_message("MESSAGE_UPDATE", place, message)

    async def preview(self, message: Json, *, channel: Channel | None = None) -> None:
        """Put a preview under a message, as Discord does for a link: nobody edited it."""
        message["embeds"] = [{"type": "link", "title": "A page"}]
        await self.tell_message("MESSAGE_UPDATE", channel or self.world.general, message)

    async def dm(self, text: str, *, user: User | None = None) -> Json:
        """Write to the bot directly, as bob unless told."""
        author = user or self.world.bob
        return await self.say(text, channel=self.world.dm_with(author), user=author)

    # Interactions -------------------------------------------------------------------------------------------------

    def synced(self, channel: Channel) -> list[Json]:
        """Return the commands the bot synced for a channel: its guild's, then the global ones."""
        own = self.commands.get(channel.guild.id, []) if channel.guild else []
        return [*own, *self.commands[0]]

    async def slash(  # noqa: PLR0913 - each is a part of what a member does
        self,
        command: str,
        options: Mapping[str, Any] | None = None,
        *,
        user: User | None = None,
        channel: Channel | None = None,
        locale: str | None = None,
        seconds: float = WAIT_SECONDS,
        stale: bool = False,
    ) -> Interaction:
        """Use a slash command ("quote", or "daily on" with a subcommand) and wait for the answer.

        A ValueError says what Discord's own client would not have sent; `stale` sends it all the same.
        """
        place, author = channel or self.world.general, user or self.world.bob
        commands = [] if stale else self.synced(place)
        data, known = command_data(commands, command, options or {})
        self._refuse_unoffered(known, command, author, place, stale=stale)
        return await self._ask(COMMAND, data, author, place, seconds=seconds, locale=locale)

    async def autocomplete(  # noqa: PLR0913 - each is a part of what a member does
        self,
        command: str,
        options: Mapping[str, Any],
        *,
        focused: str,
        user: User | None = None,
        channel: Channel | None = None,
        seconds: float = WAIT_SECONDS,
    ) -> list[Json]:
        """Type into an option and return the suggestions."""
        place = channel or self.world.general
        data, _ = command_data(self.synced(place), command, options, focused=focused)
        asked = await self._ask(AUTOCOMPLETE, data, user or self.world.bob, place, seconds=seconds)
        return asked.choices

    async def context_menu(
        self, name: str, target: Json | User, *, user: User | None = None, seconds: float = WAIT_SECONDS
    ) -> Interaction:
        """Use a command of a message's or a user's menu; the bot sees the message's content as it stands."""
        place = self.world.general if isinstance(target, User) else self.place_of(target)
        author = user or self.world.bob
        data, known = menu_data(self.synced(place), name, target)
        self._refuse_unoffered(known, name, author, place, stale=False)
        return await self._ask(COMMAND, data, author, place, seconds=seconds)

    async def press(
        self, message: Json, button: str, *, user: User | None = None, seconds: float = WAIT_SECONDS
    ) -> Interaction:
        """Press a button, named by its custom id or its label."""
        data = component_data(component_of(message, button), None)
        return await self._ask(
            COMPONENT, data, user or self.world.bob, self.place_of(message), seconds=seconds, source=message
        )

    async def select(
        self,
        message: Json,
        custom_id: str,
        values: Iterable[str],
        *,
        user: User | None = None,
        seconds: float = WAIT_SECONDS,
    ) -> Interaction:
        """Choose values in a select."""
        data = component_data(component_of(message, custom_id), values)
        return await self._ask(
            COMPONENT, data, user or self.world.bob, self.place_of(message), seconds=seconds, source=message
        )

    async def submit_modal(
        self, opened: Interaction, values: Mapping[str, str], *, seconds: float = WAIT_SECONDS
    ) -> Interaction:
        """Fill in and send the modal an interaction opened; values by the inputs' custom ids."""
        if opened.modal is None:
            problem = f"no modal was opened; the answer was {opened.response}"
            raise ValueError(problem)
        data = modal_data(opened.modal, values)
        return await self._ask(MODAL_SUBMIT, data, opened.user, opened.channel, seconds=seconds, source=opened.source)

    def place_of(self, message: Json) -> Channel:
        """Return the channel of a message, one seen by a single member too."""
        return self.world.channels[int(message["channel_id"])]

    def _refuse_unoffered(self, known: Json | None, name: str, user: User, channel: Channel, *, stale: bool) -> None:
        if stale:
            return
        why = offered(known, user, channel) if known else f"the bot has synced no command {name}"
        if why:
            raise ValueError(why)

    async def _ask(  # noqa: PLR0913 - each is a part of what a member does
        self,
        kind: int,
        data: Json,
        user: User,
        channel: Channel,
        *,
        seconds: float,
        source: Json | None = None,
        locale: str | None = None,
    ) -> Interaction:
        if source and source["flags"] & EPHEMERAL and source["id"] not in self.hidden:
            problem = "that message is gone"
            raise ValueError(problem)
        asker = user
        if locale:
            asker = User(user.id, user.name, locale=locale)
        interaction = await self.interactions.send(kind, data, user=asker, channel=channel, source=source)
        await interaction.wait(seconds)
        return interaction
