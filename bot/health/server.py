"""Where a process tells how it is: /livez, /readyz and /metrics, at a port that strangers may knock at.

It is read and nothing else: no body is taken, nothing of a request is repeated or logged, and what costs the database
anything is asked once for all who knock.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Final

from aiohttp import web

from bot.policy.texts import say
from bot.port import Door, Patience

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from bot.health.vitals import Vitals

__all__ = ["served"]

PATIENCE: Final = Patience(body=5.0, answer=5.0, most=64)
"""Probes and scrapers are few, and each asks on a connection of its own."""


@contextlib.asynccontextmanager
async def served(vitals: Vitals, where: tuple[str, int] | None, notice: Callable[[str], object]) -> AsyncIterator[None]:
    """Tell how the process is while the block runs, at a host and port; None is nowhere.

    `notice` gets the address; or a sentence where it cannot be had, which is no reason to serve nobody.
    """
    if where is None:
        yield
        return
    host, port = where
    server = Server(vitals)
    try:
        listening = await server.open(host, port)
    except (OSError, OverflowError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        notice(say("health.cannot-listen", host=host, port=port, error=why))
    else:
        notice(say("health.listening", host=f"[{host}]" if ":" in host else host, port=listening))
    try:
        yield
    finally:
        await server.close()


class Server:
    """The listening side."""

    def __init__(self, vitals: Vitals) -> None:
        """Take what there is to tell."""
        self._vitals = vitals
        self._door = Door(self._answer, PATIENCE, "health port")
        self._pages: Mapping[str, Callable[[], Awaitable[web.Response]]] = {
            "/livez": self._alive,
            "/readyz": self._ready,
            "/metrics": self._metrics,
        }

    async def open(self, host: str, port: int) -> int:
        """Listen; return the port, which a 0 leaves to the system. Fails as `Door.open`."""
        return await self._door.open(host, port)

    async def close(self) -> None:
        """Stop listening."""
        await self._door.close()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request by its head."""
        self._door.begin(request)
        page = self._pages.get(request.path)
        if page is None:
            return await self._door.refuse(request, 404)
        if request.method != "GET":
            return await self._door.refuse(request, 405, Allow="GET")
        if request.body_exists:
            return await self._door.refuse(request, 413)
        return await self._door.reply(request, await page())

    async def _alive(self) -> web.Response:
        return _told(*self._vitals.alive())

    async def _ready(self) -> web.Response:
        return _told(*await self._vitals.ready())

    async def _metrics(self) -> web.Response:
        vitals = self._vitals
        database, posts = await asyncio.gather(vitals.database(), vitals.posts())

        def written() -> tuple[bytes, str]:
            from bot.health.exposition import CONTENT_TYPE, exposition  # noqa: PLC0415 - its library takes 0.1 s

            return exposition(vitals, database, posts), CONTENT_TYPE

        body, kind = await asyncio.to_thread(written)  # some milliseconds
        return web.Response(body=body, headers={"Content-Type": kind})


def _told(good: bool, told: Mapping[str, object]) -> web.Response:  # noqa: FBT001 - the two go together
    """Return what is told as JSON, with the status that probes read."""
    return web.json_response(dict(told), status=200 if good else 503, dumps=json.dumps)
