"""Socket Mode: the websockets of the bot, what is sent over them and how it is acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from aiohttp import WSMsgType, web

from tests.local_slack.exchange import Ack

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local_slack.api import Api
    from tests.local_slack.exchange import Changes

MOST_CONNECTIONS: Final = 10


@dataclass
class Socket:
    """One open connection."""

    number: int
    ws: web.WebSocketResponse
    request: web.Request
    sent: list[dict[str, Any]] = field(default_factory=list)
    pings: int = 0
    leaving: bool = False
    """Whether the bot was told that it closes: nothing more is sent over it."""


class Sockets:
    """The connections and the envelopes that wait for an acknowledgement."""

    def __init__(self, api: Api, changes: Changes) -> None:
        """Start without connections."""
        self.api = api
        self.changes = changes
        self.open: list[Socket] = []
        self.opened = 0
        self.refuse = False
        """Answer 503 to new connections."""
        self.answer_pings = True
        self.answer_acks = True
        """Take acknowledgements; off, they are lost on the way, as the bot sees it sent."""
        self.on_open: Callable[[], None] = lambda: None
        self._waiting: dict[str, tuple[float, asyncio.Future[Ack], bool]] = {}
        self._answered: set[str] = set()
        self._turn = 0

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket until it closes."""
        ticket = request.query.get("ticket", "")
        if self.refuse:
            return web.Response(status=503)
        if ticket not in self.api.tickets:
            return web.Response(status=404)
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        self.api.tickets.discard(ticket)
        self.opened += 1
        socket = Socket(self.opened, ws, request)
        if len(self.open) >= MOST_CONNECTIONS:
            await ws.send_json({"type": "disconnect", "reason": "too_many_websockets", "debug_info": _debug()})
            await ws.close()
            return ws
        self.open.append(socket)
        try:
            await ws.send_json(
                {
                    "type": "hello",
                    "num_connections": len(self.open),
                    "connection_info": {"app_id": "A0LOCAL"},
                    "debug_info": _debug() | {"approximate_connection_time": 18060},
                }
            )
            self.changes.happened()
            self.on_open()
            await self._listen(socket)
        except ConnectionError:
            await ws.close()
        finally:
            if socket in self.open:
                self.open.remove(socket)
            self.changes.happened()
        return ws

    def usable(self) -> list[Socket]:
        """Return the connections that envelopes go to."""
        return [socket for socket in self.open if not socket.leaving and not socket.ws.closed]

    async def send(self, kind: str, payload: dict[str, Any], retry: tuple[int, str], seconds: float) -> Ack | None:
        """Send one envelope over the next connection; None without a connection or an acknowledgement in time."""
        sockets = self.usable()
        if not sockets:
            return None
        self._turn += 1
        return await self.send_over(sockets[self._turn % len(sockets)], kind, payload, retry=retry, seconds=seconds)

    async def send_over(
        self, socket: Socket, kind: str, payload: dict[str, Any], *, retry: tuple[int, str] = (0, ""), seconds: float
    ) -> Ack | None:
        """Send one envelope over one connection and wait for its acknowledgement."""
        envelope: dict[str, Any] = {
            "envelope_id": str(uuid.uuid4()),
            "payload": payload,
            "type": kind,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry[0], "retry_reason": retry[1]}
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = (time.monotonic(), answer, kind != "events_api")
        socket.sent.append(envelope)
        try:
            await socket.ws.send_json(envelope)
            return await asyncio.wait_for(answer, seconds)
        except (TimeoutError, ConnectionError):
            return None

    async def send_raw(self, text: str) -> None:
        """Send any text to every connection."""
        for socket in self.usable():
            await socket.ws.send_str(text)

    async def tell_to_leave(self, reason: str, *, close_after: float | None = None) -> None:
        """Send a disconnect message to every connection: warning, refresh_requested or link_disabled."""
        for socket in self.usable():
            await socket.ws.send_json({"type": "disconnect", "reason": reason, "debug_info": _debug()})
            socket.leaving = reason != "warning"
        if close_after is not None:
            leaving = [socket for socket in self.open if socket.leaving]
            await asyncio.sleep(close_after)
            for socket in leaving:
                await socket.ws.close()

    async def drop(self, number: int | None = None) -> int:
        """Cut the connections without a goodbye, or the one with that number; return how many."""
        cut = [socket for socket in self.open if number in {None, socket.number}]
        for socket in cut:
            self.open.remove(socket)
            if socket.request.transport is not None:
                socket.request.transport.abort()
        self.changes.happened()
        return len(cut)

    async def close(self) -> None:
        """Close every connection."""
        for socket in list(self.open):
            with contextlib.suppress(ConnectionError):
                await socket.ws.close()

    async def _listen(self, socket: Socket) -> None:
        async for message in socket.ws:
            if message.type is WSMsgType.PING:
                socket.pings += 1
                if self.answer_pings:
                    await socket.ws.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._acknowledge(socket, message.data)

    def _acknowledge(self, socket: Socket, text: str) -> None:
        try:
            answer = json.loads(text)
            envelope_id = answer["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self.api.note("socket", f"not an acknowledgement: {text[:200]}")
            return
        if not self.answer_acks:
            return
        sent, waits, takes_payload = self._waiting.get(envelope_id, (0.0, None, True))
        if waits is None:
            self.api.note("socket", f"acknowledges an envelope that was not sent: {envelope_id}")
            return
        if envelope_id in self._answered:
            self.api.note("socket", f"acknowledges twice: {envelope_id}")
        if answer.get("payload") and not takes_payload:
            self.api.note("socket", "an event's acknowledgement carries a payload")
        self._answered.add(envelope_id)
        if not waits.done():
            waits.set_result(Ack(answer.get("payload") or None, time.monotonic() - sent, socket=socket.number))
        self.changes.happened()


def _debug() -> dict[str, Any]:
    return {"host": "local-slack", "build_number": 1}
