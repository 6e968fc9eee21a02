"""The gateway: HELLO, IDENTIFY, READY, RESUME with replay, heartbeats, shards, and cuts on demand (events/gateway)."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import secrets
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

if TYPE_CHECKING:
    from tests.local_discord.server import LocalDiscord
    from tests.local_discord.world import Guild, Json

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = (
    *range(5), 6, 7, 8, 9, 10, 11,
)  # fmt: skip
UNKNOWN_OP, DECODE_ERROR, NOT_AUTHENTICATED, BAD_TOKEN, ALREADY = 4001, 4002, 4003, 4004, 4005
RATE_LIMITED, INVALID_SHARD, DISALLOWED_INTENTS = 4008, 4010, 4014
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
GUILD_MEMBERS, MESSAGE_CONTENT = 1 << 1, 1 << 15
SENDS, SENDS_SECONDS = 120, 60
PAYLOAD_BYTES = 4_096
KEPT_EVENTS = 2_000
_INTENTS = {
    "GUILD_CREATE": 1, "GUILD_DELETE": 1, "CHANNEL_CREATE": 1, "CHANNEL_DELETE": 1, "THREAD_CREATE": 1,
    "MESSAGE_CREATE": 1 << 9, "MESSAGE_UPDATE": 1 << 9, "MESSAGE_DELETE": 1 << 9,
}  # fmt: skip
_DIRECT = 1 << 12


@dataclass(eq=False)
class Session:
    """One shard's session: it outlives its socket, so that a RESUME gets what was missed."""

    id: str
    shard: tuple[int, int]
    intents: int
    sequence: int = 0
    events: collections.deque[Json] = field(default_factory=lambda: collections.deque(maxlen=KEPT_EVENTS))
    socket: Socket | None = None
    presence: Json | None = None

    def wants(self, event: str, guild: Guild | None) -> bool:
        """Say whether an event belongs to this shard and its intents."""
        number, count = self.shard
        if ((guild.id >> 22) % count if guild else 0) != number:
            return False
        needed = _DIRECT if event.startswith("MESSAGE_") and not guild else _INTENTS.get(event, 0)
        return not needed or bool(self.intents & needed)


class Socket:
    """One websocket; compressed when its client asked for zlib-stream, else plain text, which every client takes."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self.request = request
        self._deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        self._turn = asyncio.Lock()

    async def send(self, payload: Json) -> None:
        """Send a payload; a socket that is gone swallows it, as the network does."""
        await self.send_text(json.dumps(payload))

    async def send_text(self, text: str) -> None:
        """Send any text."""
        async with self._turn:
            with contextlib.suppress(ConnectionError, RuntimeError):
                if self._deflate is None:
                    await self.socket.send_str(text)
                else:
                    data = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                    await self.socket.send_bytes(data)

    async def close(self, code: int) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            await self.socket.close(code=code)

    def cut(self) -> None:
        if self.request.transport:
            self.request.transport.abort()


class Gateway:
    """The sessions and sockets of every connected client."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord
        self.sessions: dict[str, Session] = {}
        self.sockets: set[Socket] = set()
        self.identifies: list[Json] = []
        self.resumes: list[Json] = []
        self.heartbeats = 0
        self.heartbeat_ms = 41_250
        self.identifies_left = 1_000
        self.shards = 1
        self.acknowledges = True
        self.allowed_intents = ~PRIVILEGED
        self.refuses: int | None = None

    @property
    def ready(self) -> bool:
        """Whether some session has an open socket."""
        return any(session.socket for session in self.sessions.values())

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        connection = Socket(socket, request)
        self.sockets.add(connection)
        await connection.send({"op": HELLO, "d": {"heartbeat_interval": self.heartbeat_ms}, "s": None, "t": None})
        try:
            await self._serve(connection)
        finally:
            self.sockets.discard(connection)
            for session in self.sessions.values():
                if session.socket is connection:
                    session.socket = None
        return socket

    async def _serve(self, connection: Socket) -> None:
        sent: collections.deque[float] = collections.deque(maxlen=SENDS)
        session: Session | None = None
        loop = asyncio.get_running_loop()
        async for frame in connection.socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            if len(sent) == SENDS and loop.time() - sent[0] < SENDS_SECONDS:
                self._discord.violate(f"More than {SENDS} gateway payloads in {SENDS_SECONDS} seconds.")
                await connection.close(RATE_LIMITED)
                return
            sent.append(loop.time())
            payload = self._read(frame.data)
            if payload is None:
                await connection.close(DECODE_ERROR)
                return
            op, data = payload["op"], payload.get("d")
            if op not in (IDENTIFY, RESUME):
                refused = await self._hear(connection, session, op, data)
            elif session:
                refused = ALREADY
            else:
                session, refused = await (self._identify if op == IDENTIFY else self._resume)(connection, data or {})
            if refused:
                await connection.close(refused)
                return

    async def _hear(self, connection: Socket, session: Session | None, op: int, data: Any) -> int:
        """Take what a client says after it is known; return the code to close with, 0 for none."""
        if op == HEARTBEAT:
            self.heartbeats += 1
            if self.acknowledges:
                await connection.send({"op": ACK, "d": None, "s": None, "t": None})
        elif session is None:
            return NOT_AUTHENTICATED
        elif op == PRESENCE:
            session.presence = data
        elif op not in (VOICE, MEMBERS):
            self._discord.violate(f"The gateway has no operation {op}.")
            return UNKNOWN_OP
        return 0

    def _read(self, text: str) -> Json | None:
        """Return a client's payload, None when Discord would close the socket over it."""
        if len(text.encode()) > PAYLOAD_BYTES:
            self._discord.violate(f"A gateway payload has {len(text.encode())} bytes; {PAYLOAD_BYTES} are allowed.")
            return None
        try:
            payload = json.loads(text)
        except ValueError:
            payload = None
        if not isinstance(payload, dict) or not isinstance(payload.get("op"), int):
            self._discord.violate("A gateway payload is not a JSON object with an op.")
            return None
        return payload

    async def _identify(self, connection: Socket, data: Json) -> tuple[Session | None, int]:
        number, count = data.get("shard") or (0, 1)
        self.identifies.append({"at": self._discord.clock.now()} | data)
        self.identifies_left -= 1
        refused = self.refuses or 0
        if data.get("token") != self._discord.token:
            refused = BAD_TOKEN
        elif self.identifies_left < 0:
            self._discord.violate("IDENTIFY beyond the day's session_start_limit: Discord resets the token.")
            refused = BAD_TOKEN
        elif not 0 <= number < count:
            refused = INVALID_SHARD
        elif int(data.get("intents", 0)) & PRIVILEGED & ~self.allowed_intents:
            refused = DISALLOWED_INTENTS
        if refused:
            return None, refused
        session = Session(secrets.token_hex(16), (number, count), int(data["intents"]), presence=data.get("presence"))
        self.sessions[session.id] = session
        session.socket = connection
        world = self._discord.world
        guilds = [guild for guild in world.guilds.values() if guild.installed and session.wants("", guild)]
        ready = {
            "v": 10,
            "user": world.bot.json() | {"verified": True, "mfa_enabled": True, "flags": 0, "email": None},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self._discord.gateway_url,
            "shard": [number, count],
            "application": {"id": str(world.bot.id), "flags": 0},
            "private_channels": [],
            "presences": [],
            "relationships": [],
            "_trace": [],
        }
        await self._dispatch(session, "READY", ready)
        for guild in guilds:
            await self._dispatch(session, "GUILD_CREATE", self._known(guild, session))
        return session, 0

    def _known(self, guild: Guild, session: Session) -> Json:
        """Return a guild as a session sees it: without the members intent only the bot is among the members."""
        shown = guild.json()
        if not session.intents & GUILD_MEMBERS:
            shown["members"] = [guild.members[self._discord.world.bot.id].json()]
        return shown

    async def _resume(self, connection: Socket, data: Json) -> tuple[Session | None, int]:
        self.resumes.append({"at": self._discord.clock.now()} | data)
        session = self.sessions.get(str(data.get("session_id")))
        if data.get("token") != self._discord.token:
            return None, BAD_TOKEN
        if session is None:
            await connection.send({"op": INVALID, "d": False, "s": None, "t": None})
            return None, 0
        if session.socket:
            session.socket.cut()
        missed = [event for event in session.events if event["s"] > int(data.get("seq") or 0)]
        session.socket = connection
        for event in missed:
            await connection.send(event)
        await self._dispatch(session, "RESUMED", {"_trace": []})
        return session, 0

    async def _dispatch(self, session: Session, event: str, data: Json) -> None:
        session.sequence += 1
        payload = {"op": DISPATCH, "t": event, "s": session.sequence, "d": data}
        session.events.append(payload)
        if session.socket:
            await session.socket.send(payload)

    async def emit(self, event: str, data: Json, guild: Guild | None, *, author: int = 0) -> None:
        """Send an event to every session that should see it; `author` is whose message it carries, if one."""
        for session in list(self.sessions.values()):
            if not session.wants(event, guild):
                continue
            content = bool(session.intents & MESSAGE_CONTENT)
            shown = self._discord.seen_by_bot(data, content=content) if author and guild else data
            await self._dispatch(session, event, shown)

    async def drop(self, code: int | None = None) -> None:
        """Cut every socket, or close it with a code; sessions stay and can be resumed."""
        for connection in list(self.sockets):
            if code is None:
                connection.cut()
            else:
                await connection.close(code)

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Send op 9; what is not resumable is forgotten, with everything in it."""
        if not resumable:
            waiting = [session for session in self.sessions.values() if session.socket]
            for session in waiting:
                del self.sessions[session.id]
        for connection in list(self.sockets):
            await connection.send({"op": INVALID, "d": resumable, "s": None, "t": None})

    async def ask_reconnect(self) -> None:
        """Send op 7: the client must connect again and resume."""
        await self._to_all({"op": RECONNECT, "d": None, "s": None, "t": None})

    async def ask_heartbeat(self) -> None:
        """Send op 1: the client must heartbeat at once."""
        await self._to_all({"op": HEARTBEAT, "d": None, "s": None, "t": None})

    async def send_raw(self, text: str) -> None:
        """Send any text to every client."""
        for connection in list(self.sockets):
            await connection.send_text(text)

    async def _to_all(self, payload: dict[str, Any]) -> None:
        for connection in list(self.sockets):
            await connection.send(payload)
