"""Socket Mode: one connection of ours to Slack, kept alive by the SDK and watched from outside."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.adapters.slack.api import is_loopback, quiet_logger, trouble, web_client
from bot.adapters.slack.dispatch import Dispatch
from bot.contract import Later, Refused, Unclear
from bot.errors import OperatorError
from bot.policy.texts import say

if TYPE_CHECKING:
    from slack_bolt.app.async_app import AsyncApp
    from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.intake import Turns

__all__ = ["Sockets", "app_token_refusal"]

_log = logging.getLogger(__name__)

SILENCE_SECONDS: Final = 60.0
"""Without a pong for so long, the connection is built anew, whatever the SDK believes."""

_CONNECT_SECONDS: Final = 15.0
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0


class Sockets:
    """The connection by which Slack reaches the bot."""

    def __init__(  # noqa: PLR0913 - each is one thing about the connection
        self,
        app: AsyncApp,
        token: str,
        base_url: str,
        ping: float,
        silence: float = SILENCE_SECONDS,
        *,
        turns: Turns,
    ) -> None:
        """Take the app, its app-level token, where the API is, seconds between pings and of silence allowed.

        `turns` is told of each acknowledgement that is due.
        """
        self._app = app
        self._turns = turns
        self._token = token
        self._ping = ping
        self._silence = silence
        self._web = web_client(base_url)
        self._direct = is_loopback(base_url)
        self._client: _Client | None = None
        self._dispatch = Dispatch()

    async def open(self) -> None:
        """Connect, trying for as long as Slack cannot be reached; OperatorError when the token is refused."""
        wait = _FIRST_WAIT
        while True:
            answer = await trouble(self._web.apps_connections_open(app_token=self._token))
            if isinstance(answer, Refused):
                raise OperatorError(app_token_refusal(answer.why))
            if isinstance(answer, Later | Unclear):
                _log.warning("Socket Mode: %s Trying again in %g s.", answer.why, wait)
            elif await self._connect(str(answer.get("url") or "")):
                return
            await asyncio.sleep(max(wait, answer.seconds) if isinstance(answer, Later) else wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def watch(self) -> None:
        """Build the connection anew when no pong came for too long; runs until cancelled."""
        loop = asyncio.get_running_loop()
        heard, last = loop.time(), None
        while True:
            await asyncio.sleep(min(self._silence / 4, 5.0))
            pong = self._client.last_ping_pong_time if self._client else None
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

    def is_open(self) -> bool:
        """Say whether a socket stands, as far as was heard."""
        session = self._client.current_session if self._client else None
        return session is not None and not session.closed

    async def close(self) -> None:
        """Disconnect."""
        client, self._client = self._client, None
        if client is not None:
            await _close(client)

    async def _connect(self, url: str) -> bool:
        """Open the socket at an address that is good for one connection."""
        client = _Client(self._app, self._dispatch, self._token, self._web, self._ping, turns=self._turns)
        if self._direct:
            client.proxy = None
        client.wss_uri = url
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await client.connect()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
        except TimeoutError:
            _log.warning("Socket Mode: the socket did not open within %g s.", _CONNECT_SECONDS)
            await _close(client)
            return False
        except BaseException:
            await _close(client)
            raise
        self._client = client
        return True


class _Client(SocketModeClient):
    """The SDK's client, which by itself lets garbled frames and payloads that are no objects go without a word.

    Its tasks are held here; the SDK leaves them to the garbage collector.
    """

    def __init__(  # noqa: PLR0913 - each is one thing about the connection
        self, app: AsyncApp, unhandled: Dispatch, token: str, web: AsyncWebClient, ping: float, *, turns: Turns
    ) -> None:
        """Take the app, what answers for the unanswered, the app-level token, a client and seconds between pings."""
        super().__init__(app_token=token, logger=quiet_logger("socket"), web_client=web, ping_interval=ping)
        self._app = app
        self._dispatch = unhandled
        self._turns = turns
        self._tasks: set[asyncio.Task[None]] = set()
        self.socket_mode_request_listeners.append(self._handle)

    async def process_message(self) -> None:
        """Take the next frame from the queue and begin with it."""
        raw = await self.message_queue.get()
        message = _read(raw)
        if message is None:
            if raw:
                self._dispatch.note("nothing of a garbled frame", None)
            return
        task = asyncio.create_task(self._begin(message, raw))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _begin(self, message: dict[str, Any], raw: str) -> None:
        """Do what a frame asks for; acknowledge at once an envelope that nobody can answer."""
        envelope = message.get("envelope_id")
        if isinstance(envelope, str) and not (isinstance(message.get("payload"), dict) and "type" in message):
            self._dispatch.note("an envelope with", message.get("payload"))
            await self.send_socket_mode_response(SocketModeResponse(envelope_id=envelope))
            return
        if message.get("type") == "disconnect" and message.get("reason") == "link_disabled":
            _log.error("%s", app_token_refusal("forbidden"))
        await self.run_message_listeners(message, raw)

    async def _handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        """Hand an envelope over, and acknowledge it."""

        def make() -> AsyncBoltRequest:
            return AsyncBoltRequest(
                mode="socket_mode", body=req.payload, headers={"x-slack-retry-num": str(req.retry_attempt or 0)}
            )

        began = time.time()
        with self._turns.acknowledging():
            answer = await self._dispatch.answer(self._app, req.payload, make)
            await send_async_response(client, req, answer, began)


async def _close(client: _Client) -> None:
    """Close a client whatever state it is in, and wait for its tasks."""
    tasks = [client.message_processor, client.current_session_monitor, client.message_receiver]
    try:
        await client.close()  # type: ignore[no-untyped-call]  # as above
    except Exception as error:  # a socket that is broken already
        _log.debug("closing a socket: %s", type(error).__name__)
    for task in tasks:
        if task is not None:
            task.cancel()
    await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)


def _read(raw: str) -> dict[str, Any] | None:
    """Return a frame's object; None for any other."""
    try:
        message = json.loads(raw)
    except (TypeError, ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def app_token_refusal(why: str) -> str:
    """Return what an operator reads when the app-level token is refused."""
    if "connections:write" in why:
        return say("slack.no-connections-write", mend=say("slack.create-app-token"))
    if "forbidden" in why:
        return say("slack.no-connecting")
    return say("slack.app-token-refused", mend=say("slack.create-app-token"))
