"""A port as strangers see it: how long a connection may take, how many may be open, what is said of them.

A stranger is whoever has not proved to be known, such as by a signature. One answer is all that a stranger gets on a
connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

__all__ = ["Door", "Patience"]

_log = logging.getLogger(__name__)

HEAD_SECONDS: Final = 5.0
"""How long a request's head may take to come, from the connection's opening; Slack gives a whole request three."""

BODY_SECONDS: Final = 10.0
"""How long head and body may take together, from the connection's opening."""

ANSWER_SECONDS: Final = 20.0
"""How long the answer to a signed request may take, from when its body was read."""

IDLE_SECONDS: Final = 30.0
"""How long a connection that carried a signed request is kept for the next one."""

MOST_OPEN: Final = 900
"""Connections at once: a burst of 600 commands beside 300 strangers, and below the 1,024 files a process may open."""

OTHER_FILES: Final = 128
"""Files left for all else, where the system allows fewer."""

MOST_HELD: Final = 32 * 1024 * 1024
"""Bytes of unproven bodies held at once, over all connections."""

_LINGER_SECONDS: Final = 0.5
_LINGER_BYTES: Final = 4 * 1024 * 1024
"""How long, and for how many bytes of a request in all, what comes after a refusal is thrown away."""

_SAY_SECONDS: Final = 60.0
_MANY: Final = 60
"""Refusals a minute that an operator is told of."""

_MOST_KINDS: Final = 20

MOST_HEAD: Final = 32 * 1024
"""Bytes of a request's head."""

MOST_WIRE: Final = 1024 * 1024 + 128 * 1024
"""Bytes of a whole request as sent: the body can be cut into chunks of any size, each of which costs as much."""

_STEP_BYTES: Final = 16 * 1024
"""Bytes taken from a connection in one step of the loop; a quarter of a mebibyte of tiny chunks is parsed in 80 ms."""

_GRACE_SECONDS: Final = 3.0
_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take, in seconds, and how many connections may be open."""

    head: float = HEAD_SECONDS
    body: float = BODY_SECONDS
    answer: float = ANSWER_SECONDS
    idle: float = IDLE_SECONDS
    most: int = MOST_OPEN


class Door:
    """Listens, and lets a handler answer one request after the other.

    When all connections are taken, the stranger that came first gives way to the newest, then the known one that was
    quiet for longest; a signed request under way is never cut off.
    """

    def __init__(
        self, handle: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], patience: Patience, name: str
    ) -> None:
        """Take what answers a request, and what the port is called in the log."""
        self.patience = patience
        self._name = name
        self._most = min(patience.most, _files() - OTHER_FILES)
        self._handle = handle
        self._strangers: dict[_Connection, int] = {}
        self._known: dict[_Connection, None] = {}
        self._served: set[_Connection] = set()
        self._held = 0
        self._http: web.Server | None = None
        self._listening: asyncio.Server | None = None
        self._refused: Counter[str] = Counter()
        self._saying: asyncio.TimerHandle | None = None

    async def open(self, host: str, port: int) -> int:
        """Listen; return the port, which a 0 leaves to the system. OSError or OverflowError when it cannot be had."""
        loop = asyncio.get_running_loop()
        http = self._http = web.Server(self._handle)
        self._listening = await loop.create_server(lambda: _Connection(self, http, loop), host, port, backlog=512)
        return int(self._listening.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening; what is being answered gets some seconds to end."""
        if self._listening is not None:
            self._listening.close()
        for connection in (*self._strangers, *self._known):
            connection.cut()
        if self._http is not None:
            self._http.pre_shutdown()
            await self._http.shutdown(_GRACE_SECONDS)
        if self._saying is not None:
            self._saying.cancel()
            self._say()

    def begin(self, request: web.BaseRequest) -> None:
        """Take whoever sends a request for a stranger, until it proves to be signed."""
        connection = _of(request)
        if connection not in self._strangers:
            self._forget(connection)
            self.enter(connection)
        connection.expect_body()

    async def read(self, request: web.BaseRequest, most: int) -> bytes:
        """Return a stranger's body.

        HTTPRequestEntityTooLarge when it is longer than `most` bytes; ConnectionError or RequestPayloadError when it
        was cut off, or is not as it was announced.
        """
        connection, body = _of(request), bytearray()
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > most:
                raise web.HTTPRequestEntityTooLarge(most, len(body))
            self._hold(connection, len(piece))
        return bytes(body)

    @contextlib.contextmanager
    def serve(self, request: web.BaseRequest) -> Iterator[None]:
        """Keep the connection of a request that proved to be signed while it is answered, and after it."""
        connection = _of(request)
        self._forget(connection)
        self._served.add(connection)
        connection.give(self.patience.answer)
        try:
            yield
        finally:
            connection.rest()
            if connection in self._served:
                self._served.discard(connection)
                self._known[connection] = None

    async def refuse(self, request: web.BaseRequest, status: int, **headers: str) -> web.Response:
        """Answer a stranger, once and for all, and count it."""
        self.count(str(status))
        return await self.reply(
            request, web.Response(status=status, text=HTTPStatus(status).phrase.lower(), headers=headers)
        )

    async def reply(self, request: web.BaseRequest, response: web.Response) -> web.Response:
        """Answer a stranger for the last time on this connection; what may still come of the body is thrown away."""
        response.force_close()
        if not request.content.is_eof():
            with contextlib.suppress(ConnectionError):
                await response.prepare(request)
                await response.write_eof()
                await _of(request).linger()
        return response

    def count(self, kind: str) -> None:
        """Count what was refused; once a minute at most the log says how much."""
        if kind in self._refused or len(self._refused) < _MOST_KINDS:
            self._refused[kind] += 1
        if self._saying is None:
            self._saying = asyncio.get_running_loop().call_later(_SAY_SECONDS, self._say)

    def enter(self, connection: _Connection) -> None:
        """Let a connection in; where there is no room, another goes, or else this one."""
        self._strangers[connection] = 0
        while len(self._strangers) + len(self._known) + len(self._served) > self._most:
            self.count("crowded")
            self._drop(next(iter(self._known if len(self._strangers) == 1 and self._known else self._strangers)))

    def leave(self, connection: _Connection) -> None:
        """Forget a connection that is closed."""
        self._forget(connection)
        self._served.discard(connection)

    def _hold(self, connection: _Connection, size: int) -> None:
        """Count bytes of an unproven body; where there is no room, whoever holds most goes."""
        if connection in self._strangers:
            self._strangers[connection] += size
            self._held += size
        while self._held > MOST_HELD:
            self.count("oversized")
            self._drop(max(self._strangers, key=self._strangers.__getitem__))

    def _drop(self, connection: _Connection) -> None:
        self._forget(connection)
        connection.cut()

    def _forget(self, connection: _Connection) -> None:
        self._held -= self._strangers.pop(connection, 0)
        self._known.pop(connection, None)

    def _say(self) -> None:
        """Write the count into the log and begin anew."""
        self._saying = None
        counted = ", ".join(f"{kind}: {count:,}" for kind, count in sorted(self._refused.items()))
        level = logging.WARNING if self._refused.total() >= _MANY else logging.INFO
        _log.log(level, "turned away at the %s within a minute: %s", self._name, counted)
        self._refused.clear()


class _Connection(web.RequestHandler):
    """One connection, with an alarm for whatever it has to do next."""

    __slots__ = ("_alarm", "_began", "_came", "_closed", "_door", "_has_head", "_is_answering", "_lingers")

    def __init__(self, door: Door, http: web.Server, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            http,
            loop=loop,
            keepalive_timeout=door.patience.idle,
            access_log=None,  # type: ignore[arg-type]  # it means none
            auto_decompress=False,
            lingering_time=0,
        )
        self._door = door
        self._began = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._came = 0
        self._has_head = self._is_answering = self._lingers = False
        self._closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        cast("Any", transport).max_size = _STEP_BYTES  # what asyncio asks the system for at once; there is no setter
        self._begin()
        self._door.enter(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.rest()
        self._closed.set()
        self._door.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._alarm is None and data:
            self._begin()
        self._came += len(data)
        most = _LINGER_BYTES if self._lingers else MOST_WIRE if self._has_head else MOST_HEAD
        if self._came > most:
            self._door.count("oversized")
            self.cut()
        elif not self._lingers:
            seen = self._request_count
            super().data_received(data)
            self._has_head |= self._request_count > seen

    def expect_body(self) -> None:
        """Give the body its time: the head is there."""
        self._set(self._began + self._door.patience.body)

    def give(self, seconds: float) -> None:
        """Give the answer its time."""
        self._is_answering = True
        self._set(self._loop.time() + seconds)

    def rest(self) -> None:
        """Wait for the next request, for which the library has its own limit."""
        self._is_answering = False
        self._has_head = bool(self._messages)
        self._began, self._came = self._loop.time(), 0
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    async def linger(self) -> None:
        """Throw away what is still sent after the answer, for a moment: a cut would take the answer along."""
        self._lingers = self._is_answering = True
        if self.transport is not None:
            self.transport.write_eof()
            self.transport.resume_reading()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), _LINGER_SECONDS)

    def cut(self) -> None:
        """Close at once, whatever is under way."""
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 - what a stranger sent is not repeated
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - as above
    ) -> web.StreamResponse:
        """Answer what could not be read, or broke, with a number alone."""
        self._door.count(f"{status} ({type(exc).__name__})")
        response = web.Response(status=status)
        response.force_close()
        return response

    def log_exception(self, *_args: Any, **_more: Any) -> None:
        """Count what broke; its traceback would be written as often as a stranger likes."""
        self._door.count("broke")

    def _begin(self) -> None:
        self._began = self._loop.time()
        self._set(self._began + self._door.patience.head)

    def _set(self, moment: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(moment, self._ring)

    def _ring(self) -> None:
        """End what took too long."""
        self._alarm = None
        self._door.count("slow")
        if self.transport is None:
            return
        if self._is_answering or self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.write(_SLOW)
            self.transport.close()


def _of(request: web.BaseRequest) -> _Connection:
    return cast("_Connection", request.protocol)


def _files() -> int:
    """Return how many files this process may open."""
    try:
        import resource  # noqa: PLC0415 - Windows has none, and no such limit
    except ImportError:
        return MOST_OPEN + OTHER_FILES
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_OPEN + OTHER_FILES if soft == resource.RLIM_INFINITY else max(soft, 2 * OTHER_FILES)
