"""The client: what Discord sends becomes a Request, the Reply goes back; commands are synced when they changed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands, ui

from bot.adapters.discord import inbound
from bot.adapters.discord.acknowledging import acknowledge
from bot.adapters.discord.answering import is_direct, respond, say
from bot.adapters.discord.backfill import Missed
from bot.adapters.discord.declare import MESSAGE_COMMANDS, USER_COMMANDS
from bot.adapters.discord.gate import BUSY, Buckets, BusyError, Gate, SeenOnce, slow_down
from bot.adapters.discord.guarded import guard_events
from bot.adapters.discord.listening import Listening
from bot.adapters.discord.pace import Pace
from bot.adapters.discord.pending import KIND, Deferrals
from bot.adapters.discord.render import PRESSED
from bot.adapters.discord.starting import PatientClient, Starts, look_at_limits
from bot.adapters.discord.syncing import sync
from bot.adapters.discord.views import as_modal
from bot.adapters.discord.wire import Breaker, aim, why
from bot.contract.grammar import Line, parse_line
from bot.contract.message import Channel, Reply, Request
from bot.intake.cipher import Sealed

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator

    from bot.core import Core
    from bot.settings import Settings
    from bot.store import Inbound, Store

__all__ = ["VerbatimClient", "create_discord_client"]

_log = logging.getLogger(__name__)

IN_PLACE = frozenset({"at", "page"})
"""Options of a button's line that page: the asker's own press changes the message instead of adding one."""

STOPPING = "I'm restarting. Ask again in a minute."
STALE = "That button is from an older version of me. Ask again, and use the buttons of the new answer."
NOT_YOURS = "These buttons belong to whoever asked. Ask me yourself; /help says how."
NO_WORDS = "That message has no words I can read."

BROKEN = "Something broke on my side. If it happens again, tell whoever runs me."
TOO_LONG = "That took too long, and I gave up. Ask for less at once."
ANSWER_SECONDS = 18.0
"""Seconds after which an answer is given up; after 20 another process takes it for abandoned."""

MODAL_MARK, ALONE_MARK = "m:", "a:"
"""Marks of a modal's custom id, before its line: answered as the command says, or to the asker alone."""


class VerbatimClient(PatientClient):
    """A client that knows nothing but the core: no member list, no message cache, no message content."""

    def __init__(  # noqa: PLR0913 - each is one thing a client can be given
        self,
        settings: Settings,
        core: Core,
        store: Store | None,
        *,
        presence: str = "",
        announce: Callable[[discord.Client], None] | None = None,
        pace: Pace | None = None,
        name: str = "",
        gateway: bool = True,
    ) -> None:
        """Take the core and the store; `presence` is what the bot listens to, `announce` is called once when ready.

        `name` is this process's among replicas; one that never connects to the `gateway` leaves the commands as they
        are.
        """
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        self.breaker = Breaker()
        super().__init__(
            intents=intents,
            shard_count=1,  # until Discord says how many it wants
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.5,
            max_ratelimit_timeout=30.0,
            http_trace=self.breaker.trace(),
            proxy=settings.discord_proxy or None,
            status=discord.Status.online,
            activity=discord.Activity(type=discord.ActivityType.listening, name=presence) if presence else None,
        )
        guard_events(self)
        self.core = core
        self.store = store
        self.draining = False
        self._settings = settings
        self._announce = announce
        self._known = {command.name: command for command in core.commands}
        self._gate = Gate()
        self._buckets = Buckets()
        self._seen = SeenOnce()
        self._pace = pace or Pace()
        self._name = name
        self._gateway = gateway
        self._listening = Listening(self)
        self._missed = Missed(self, self._listening, self._pace)
        self._deferrals = Deferrals(store, Sealed(settings.discord_token), self.answer)
        self._starts = Starts(store, self._pace)
        self.leads: Callable[[], bool] = lambda: True
        self._working = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._tasks: list[asyncio.Task[None]] = []

    async def setup_hook(self) -> None:
        """Register the buttons, start syncing the commands and looking for what was left over."""
        self.add_dynamic_items(PressedButton)
        self._tasks = [asyncio.create_task(self._pick_up())]
        if self._gateway:
            syncing = sync(self, self.store, self.core.commands, self._name)
            self._tasks += [asyncio.create_task(syncing), asyncio.create_task(self._missed.watch())]

    async def connect(self, *, reconnect: bool = True) -> None:
        """Look at the gateway's limits and at our own, then connect."""
        await self._before_connecting()
        await super().connect(reconnect=reconnect)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Start no more sessions than are good for the token."""
        await super().before_identify_hook(shard_id, initial=initial)
        await self._starts.wait(self.application_id or 0, self.shard_count or 1)
        await self._starts.count(self.application_id or 0, self.shard_count or 1)

    async def close(self) -> None:
        """Stop what runs in the background and disconnect."""
        for task in self._tasks:
            task.cancel()
        await super().close()

    async def drain(self, seconds: float) -> None:
        """Take on nothing new and wait for the answers that are being worked on, at most so long."""
        self.draining = True
        await self._missed.note()
        self._missed.deaf()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()

    async def on_ready(self) -> None:
        """Say once who is connected; answer what was missed since some process was."""
        announce, self._announce = self._announce, None
        if announce:
            announce(self)
        with self.working():
            await self._missed.catch_up()

    async def on_resumed(self) -> None:
        """Go on: Discord sent what was missed."""
        self._missed.resumed()

    async def on_disconnect(self) -> None:
        """Take note that messages are not heard now."""
        self._missed.deaf()

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log what broke; what breaks because the gateway went to another process, that one finishes."""
        if self.is_closed():
            _log.warning("an answer was left to another process")
        else:
            await super().on_error(event_method, *args, **kwargs)

    async def on_guild_remove(self, guild: discord.abc.Snowflake) -> None:
        """Forget what is kept about a server that threw the bot out."""
        if self.store:
            await self.store.forget_tenant(Channel(inbound.PLATFORM, "", str(guild.id)))

    async def on_message(self, message: discord.Message) -> None:
        """Answer a mention, a reply to the bot or a direct message."""
        with self.working():
            await self._listening.hear(message)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Answer a command, an autocompletion or a modal; presses come through `PressedButton`."""
        if not self.leads():
            return
        with self.working():
            data: dict[str, Any] = dict(interaction.data or {})
            if interaction.type is discord.InteractionType.autocomplete:
                await self._suggest(interaction, data)
            elif interaction.type is discord.InteractionType.application_command:
                await self._command(interaction, data)
            elif interaction.type is discord.InteractionType.modal_submit:
                await self._submitted(interaction, data)
            elif interaction.type is discord.InteractionType.component and not inbound.is_ours(interaction):
                await self._once(interaction, say(STALE), private=True)

    async def press(self, interaction: discord.Interaction[Any], mark: str, line: str) -> None:
        """Run a button's line for whoever pressed it."""
        if not self.leads():
            return
        with self.working():
            message = interaction.message
            owner = inbound.asker(message) if message else None
            alone = message is not None and message.flags.ephemeral
            if alone and owner not in {None, interaction.user.id}:
                await self._once(interaction, say(NOT_YOURS), private=True)
                return
            if await self._asks_words(interaction, MODAL_MARK, line):
                return
            mine = owner == interaction.user.id or is_direct(interaction)
            shared = mark == "s:"
            read = parse_line(line)
            update = mine and not shared and any(name in IN_PLACE for name, _ in read.options)
            private = not shared and (alone or not mine or self._is_private(read.name))
            request = inbound.request_of(interaction, text=line)
            await self._once(interaction, request, private=private, update=update)

    async def answer(self, request: Request) -> Reply:
        """Answer a request when its turn comes."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._gate.turn():
                return await self.core.answer(request)
        except BusyError:
            return say(BUSY)
        except TimeoutError:
            _log.warning("an answer took more than %.0f s", ANSWER_SECONDS)
            return say(TOO_LONG)

    def slow_down(self, member: int) -> str:
        """Return "" and count a question, or the sentence for a member who asks too often."""
        wait = self._buckets.wait(str(member))
        return slow_down(wait) if wait else ""

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Count what is being answered, so that draining waits for it."""
        self._working += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._working -= 1
            if not self._working:
                self._idle.set()

    async def _once(
        self, interaction: discord.Interaction[Any], said: Request | Reply, *, private: bool, update: bool = False
    ) -> None:
        """Respond to an interaction unless it came before, the bot is stopping or the member asks too often."""
        if not self._seen.take(str(interaction.id)):
            return
        sentence = STOPPING if self.draining else self.slow_down(interaction.user.id)
        if sentence:
            said, private, update = say(sentence), True, False
        deferral = None
        if isinstance(said, Request):
            deferral = self._deferrals.of(interaction, said, update=update)
        work = self.answer(said) if isinstance(said, Request) else _done(said)
        try:
            await respond(interaction, work, private=private, update=update, deferral=deferral)
        except Exception:  # a member never gets silence
            if self.is_closed():
                raise
            _log.exception("interaction %s broke", interaction.id)
            await respond(interaction, _done(say(BROKEN)), private=True)

    async def _command(self, interaction: discord.Interaction[Any], data: dict[str, Any]) -> None:
        """Answer a slash command or a command of a menu; nothing is read of the member whose menu it was."""
        name = str(data.get("name", ""))
        if data.get("type", 1) == discord.AppCommandType.chat_input.value:
            request = inbound.request_of(interaction, line=Line(name, "", inbound.options(data)))
            await self._once(interaction, request, private=self._is_private(name))
            return
        asks = USER_COMMANDS.get(name)
        if asks and await self._asks_words(interaction, ALONE_MARK, f"/{asks}", name):
            return
        command, parameter = MESSAGE_COMMANDS.get(name, ("", ""))
        words = inbound.menu_words(data)
        if command not in self._known:
            await self._once(interaction, say(f"I have no command “{name[:40]}” any more."), private=True)
        elif not words:
            await self._once(interaction, say(NO_WORDS), private=True)
        else:
            request = inbound.request_of(interaction, line=Line(command, "", ((parameter, words),)))
            await self._once(interaction, request, private=True)

    async def _asks_words(self, interaction: discord.Interaction[Any], mark: str, line: str, title: str = "") -> bool:
        """Open a modal for the words that a line lacks, under a title or its command; False when it lacks none."""
        gap = inbound.has_gap(line, self._known)
        if gap is None or gap.free is None:
            return False
        modal = as_modal(mark + line, title or f"/{gap.name}", gap.free.about.description)
        await acknowledge(interaction, lambda: interaction.response.send_modal(modal))
        return True

    async def _submitted(self, interaction: discord.Interaction[Any], data: dict[str, Any]) -> None:
        """Answer a modal: its line with the words typed into it."""
        mark, line = inbound.marked(str(data.get("custom_id", "")))
        command = inbound.has_gap(line, self._known)
        if command is None:
            await self._once(interaction, say(STALE), private=True)
            return
        alone = mark == ALONE_MARK or (interaction.message is not None and interaction.message.flags.ephemeral)
        request = inbound.request_of(interaction, line=inbound.filled(line, command, inbound.modal_text(data)))
        await self._once(interaction, request, private=command.private or alone)

    async def _suggest(self, interaction: discord.Interaction[Any], data: dict[str, Any]) -> None:
        """Complete an option from memory; an empty list where nothing fits or something breaks."""
        values: list[str] = []
        command = self._known.get(str(data.get("name", "")))
        name, typed = inbound.focused(data)
        if command and name:
            line = inbound.completion(command, name, typed)
            try:
                lines = self.core.complete(inbound.request_of(interaction, text=line))
                values = inbound.suggestions(command, name, typed, lines)
            except Exception:  # a member who types must get an answer, even an empty one
                _log.exception("completing %r failed", line[:100])
        choices = [app_commands.Choice(name=value, value=value) for value in values]
        await acknowledge(interaction, lambda: interaction.response.autocomplete(choices))

    def _is_private(self, name: str) -> bool:
        """Say whether a command's answer is for the asker alone; an unknown one's is an error."""
        command = self._known.get(name)
        return command is None or command.private

    async def _before_connecting(self) -> None:
        """Wait while another start could cost the token."""
        await look_at_limits(self, self._settings)
        await self._starts.wait(self.application_id or 0, self.shard_count or 1)

    async def _pick_up(self) -> None:
        """Finish what a process took and did not live to answer; the gateway is not needed for it."""
        while self.store is not None:
            try:
                if not self.draining:
                    now = await self.store.now() + self._pace.early
                    with self.working():
                        left = await self.store.inbox.unfinished(inbound.PLATFORM, 0.0, now)
                        await asyncio.gather(*map(self._finish, left))
            except Exception as error:  # the database may be away for a while
                _log.warning("what was left unanswered could not be looked up: %s", why(error))
            await asyncio.sleep(self._pace.look)

    async def _finish(self, left: Inbound) -> None:
        """Finish one interaction or message; one that breaks does not keep the others."""
        try:
            await (self._deferrals.finish(self, left) if left.kind == KIND else self._listening.finish(left))
        except Exception:
            _log.exception("%s could not be finished", left.delivery_id)


class PressedButton(ui.DynamicItem[ui.Button[Any]], template=PRESSED):
    """A button of any message of ours, however old and whichever process sent it."""

    def __init__(self, item: ui.Button[Any], mark: str, line: str) -> None:
        """Take the button with the mark and the line in its custom id."""
        super().__init__(item)
        self._mark = mark
        self._line = line

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> PressedButton:
        """Return the button that a press names."""
        if not isinstance(item, ui.Button):
            message = f"a button was pressed, found {type(item).__name__}"
            raise TypeError(message)
        return cls(item, match["mark"], match["line"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Run the line."""
        if isinstance(interaction.client, VerbatimClient):
            await interaction.client.press(interaction, self._mark, self._line)


def create_discord_client(
    settings: Settings,
    core: Core,
    store: Store | None = None,
    *,
    presence: str = "",
    announce: Callable[[discord.Client], None] | None = None,
) -> discord.Client:
    """Return a client that answers through the core, not logged in; the library is pointed where the settings say."""
    aim(settings)
    return VerbatimClient(settings, core, store, presence=presence, announce=announce)


async def _done(reply: Reply) -> Reply:
    return reply
