"""Socket Mode: one connection of ours to Slack, kept alive by the SDK and watched from outside."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.api import is_loopback, quiet, trouble
from bot.adapters.slack.unhandled import Unhandled
from bot.errors import OperatorError
from bot.post import Later, Refused, Unclear

if TYPE_CHECKING:
    from slack_bolt.app.async_app import AsyncApp
    from slack_sdk.socket_mode.aiohttp import SocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

__all__ = ["Sockets"]

_log = logging.getLogger(__name__)

SILENCE_SECONDS: Final = 60.0
"""Without a pong for so long, the connection is built anew, whatever the SDK believes."""

_CONNECT_SECONDS: Final = 15.0
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0
_FIX: Final = (
    "Create an app-level token with connections:write under Basic Information → App-Level Tokens, then set it."
)


class Sockets:
    """The connection by which Slack reaches the bot."""

    def __init__(self, app: AsyncApp, token: str, base_url: str, ping: float, silence: float = SILENCE_SECONDS) -> None:
        """Take the app, its app-level token, where the API is, seconds between pings and of silence allowed."""
        self._app = app
        self._token = token
        self._ping = ping
        self._silence = silence
        self._web = AsyncWebClient(base_url=base_url, logger=quiet("web"), retry_handlers=[])
        self._direct = is_loopback(base_url)
        if self._direct:
            self._web.proxy = None
        self._handler: AsyncSocketModeHandler | None = None
        self._unhandled = Unhandled()

    async def open(self) -> None:
        """Connect, trying for as long as Slack cannot be reached; OperatorError when the token is refused."""
        wait = _FIRST_WAIT
        while True:
            answer = await trouble(self._web.apps_connections_open(app_token=self._token))
            if isinstance(answer, Refused):
                raise OperatorError(_told(answer.why))
            if isinstance(answer, Later | Unclear):
                _log.warning("Socket Mode: %s Trying again in %g s.", answer.why, wait)
            elif await self._connected(str(answer.get("url") or "")):
                return
            await asyncio.sleep(max(wait, answer.seconds) if isinstance(answer, Later) else wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def watch(self) -> None:
        """Build the connection anew when no pong came for too long; runs until cancelled."""
        loop = asyncio.get_running_loop()
        heard, last = loop.time(), None
        while True:
            await asyncio.sleep(min(self._silence / 4, 5.0))
            client = self._handler.client if self._handler else None
            pong = getattr(client, "last_ping_pong_time", None)
            if pong is not None and pong != last:
                heard, last = loop.time(), pong
            if loop.time() - heard < self._silence:
                continue
            _log.warning("Socket Mode: no pong for %g s; connecting anew.", self._silence)
            await self.close()
            try:
                await self.open()
            except OperatorError as error:
                _log.error("%s", error)
            heard = loop.time()

    async def close(self) -> None:
        """Disconnect."""
        handler, self._handler = self._handler, None
        if handler is not None:
            await _closed(handler)

    async def _connected(self, url: str) -> bool:
        """Open the socket at an address that is good for one connection."""
        handler = _Handler(
            self._app, app_token=self._token, logger=quiet("socket"), web_client=self._web, ping_interval=self._ping
        )
        handler.unhandled = self._unhandled
        if self._direct:
            handler.client.proxy = None
        handler.client.wss_uri = url
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await handler.client.connect()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
        except TimeoutError:
            _log.warning("Socket Mode: the socket did not open within %g s.", _CONNECT_SECONDS)
            await _closed(handler)
            return False
        except BaseException:
            await _closed(handler)
            raise
        self._handler = handler
        return True


class _Handler(AsyncSocketModeHandler):
    """Bolt's handler, which by itself acknowledges only what it has a listener for."""

    unhandled: Unhandled

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        """Hand an envelope over, and acknowledge it."""
        began = time.time()
        answer = await run_async_bolt_app(self.app, req)
        await send_async_response(client, req, self.unhandled.acknowledged(req.payload, answer), began)


async def _closed(handler: AsyncSocketModeHandler) -> None:
    """Close a handler whatever state it is in, and wait for its tasks."""
    client = handler.client
    tasks = [client.message_processor, client.current_session_monitor, client.message_receiver]
    try:
        await handler.client.close()  # type: ignore[no-untyped-call]  # as above
    except Exception as error:  # a socket that is broken already
        _log.debug("closing a socket: %s", type(error).__name__)
    for task in tasks:
        if task is not None:
            task.cancel()
    await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)


def _told(why: str) -> str:
    """Return what an operator reads when the app-level token is refused."""
    if "connections:write" in why:
        return f"SLACK_APP_TOKEN lacks connections:write. {_FIX}"
    if "forbidden" in why:
        return "Slack does not let this app connect. Turn on Settings → Socket Mode, or set SLACK_MODE to http."
    return f"Slack refuses SLACK_APP_TOKEN. {_FIX}"
