"""HTTP mode: signed requests at /slack/events, /healthz, and installation for several workspaces.

What a stranger sends is refused by its head where that can be: a body is read, up to its cap, only when two headers
look like Slack's, and nothing parses or unpacks it before its signature is verified. No body is ever logged.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import parse_qsl

from aiohttp import HttpVersion11, web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.adapters.slack import limits
from bot.adapters.slack.dispatch import Dispatch
from bot.errors import OperatorError
from bot.policy.texts import say
from bot.port import Door, Patience

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from slack_bolt import BoltResponse
    from slack_bolt.app.async_app import AsyncApp
    from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow

    from bot.intake import Turns

__all__ = ["WebServer", "is_signed"]

_STAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}")
_UNAUTHORIZED: Final = 401
_Page: TypeAlias = "Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]"
_READING: Final = frozenset({"GET", "HEAD"})
_FIELDS: Final = 200
"""Fields of a form that we read; a slash command has about twenty."""

_INSTALLING: Final = 4
"""Browsers that install the app at the same time; a stranger with a made-up code has Slack asked about it."""

_INSTALL_SECONDS: Final = 10.0


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Say whether a request is Slack's and recent: its HMAC over version, timestamp and body, in constant time."""
    if not secret or not looks_signed(headers, now):
        return False
    base = b"v0:" + headers["X-Slack-Request-Timestamp"].encode() + b":" + body
    right = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return hmac.compare_digest(right, headers["X-Slack-Signature"])


def looks_signed(headers: Mapping[str, str], now: float) -> bool:
    """Say whether a request has the two headers of a signed and recent one; what they are worth its body tells."""
    stamp = headers.get("X-Slack-Request-Timestamp", "")
    if not _SIGNATURE.fullmatch(headers.get("X-Slack-Signature", "")) or not _STAMP.fullmatch(stamp):
        return False
    return abs(now - int(stamp)) <= limits.REQUEST_AGE


class WebServer:
    """The listening side."""

    def __init__(
        self, app: AsyncApp, secret: str, flow: AsyncOAuthFlow | None, turns: Turns, *, patience: Patience
    ) -> None:
        """Take Bolt's app, what Slack signs with, how the app is installed, and how long things may take.

        The `turns` are told of acknowledgements that are due.
        """
        self._app = app
        self._turns = turns
        self._secret = secret
        self._dispatch = Dispatch()
        self._door = Door(self._answer, patience, "HTTP port")
        self._installing = 0
        self._pages: dict[str, tuple[frozenset[str], _Page]] = {
            "/slack/events": (frozenset({"POST"}), self._events),
            "/healthz": (_READING, self._health),
        }
        if flow is not None:
            self._pages[flow.install_path] = (
                _READING,
                lambda request: self._install(request, flow.handle_installation),
            )
            self._pages[flow.redirect_uri_path] = (
                _READING,
                lambda request: self._install(request, flow.handle_callback),
            )

    async def open(self, host: str, port: int) -> int:
        """Listen; return the port, which a 0 leaves to the system. OperatorError when the address cannot be had."""
        try:
            return await self._door.open(host, port)
        except (OSError, OverflowError) as error:
            await self.close()
            why = getattr(error, "strerror", None) or error
            raise OperatorError(say("slack.cannot-listen", host=host, port=port, error=why)) from None

    async def close(self) -> None:
        """Stop listening."""
        await self._door.close()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; what is known by its head to be no use is refused without its body."""
        self._door.begin(request)
        allowed, page = self._pages.get(request.path, (frozenset(), None))
        if page is None:
            return await self._door.refuse(request, 404)
        if request.method not in allowed:
            return await self._door.refuse(request, 405, Allow=", ".join(sorted(allowed)))
        if "Content-Encoding" in request.headers:
            return await self._door.refuse(request, 415)
        if request.headers.get("Transfer-Encoding", "chunked").strip().lower() != "chunked":
            return await self._door.refuse(request, 501)
        return await page(request)

    async def _events(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer Slack; nobody else gets further than the signature."""
        if not looks_signed(request.headers, time.time()):
            return await self._door.refuse(request, _UNAUTHORIZED)
        try:
            await _invite(request)
            body = await self._door.read(request, limits.REQUEST_BYTES)
        except web.HTTPException as refused:
            return await self._door.refuse(request, refused.status)
        except (ConnectionError, web.RequestPayloadError):
            return await self._door.refuse(request, 400)
        if not is_signed(self._secret, request.headers, body, time.time()):
            return await self._door.refuse(request, _UNAUTHORIZED)
        with self._door.serve(request):
            return await self._deliver(request, body)

    async def _deliver(self, request: web.BaseRequest, body: bytes) -> web.Response:
        """Hand what Slack sent to Bolt."""
        read = _read(body, request.content_type)
        if read is None:
            return web.Response(status=400, text="unreadable")
        text, payload = read
        headers: dict[str, Any] = dict(request.headers)

        def make() -> AsyncBoltRequest:
            bolt = AsyncBoltRequest(body=text, query=request.query_string, headers=headers)
            bolt.body = payload  # Bolt takes any form with the word “payload” in it for one that has such a field
            return bolt

        with self._turns.acknowledging():
            return await to_aiohttp_response(await self._dispatch.answer(self._app, payload, make))

    async def _health(self, request: web.BaseRequest) -> web.Response:
        return await self._door.reply(request, web.Response(text="ok"))

    async def _install(
        self, request: web.BaseRequest, handle: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]
    ) -> web.Response:
        """Hand a browser's request to the installation flow; few at a time."""
        if self._installing >= _INSTALLING:
            return await self._door.refuse(request, 503, **{"Retry-After": "1"})
        self._installing += 1
        try:
            bolt = AsyncBoltRequest(body="", query=request.query_string, headers=dict(request.headers))
            async with asyncio.timeout(_INSTALL_SECONDS):
                answer = await to_aiohttp_response(await handle(bolt))
        except Exception as error:  # whatever stands in a query, or Slack says of it
            self._door.count(type(error).__name__)
            return await self._door.refuse(request, 502)
        finally:
            self._installing -= 1
        return await self._door.reply(request, answer)


async def _invite(request: web.BaseRequest) -> None:
    """Tell a sender who waits for it to go on; HTTPException when too much is announced, or anything else expected."""
    if (request.content_length or 0) > limits.REQUEST_BYTES:
        raise web.HTTPRequestEntityTooLarge(limits.REQUEST_BYTES, request.content_length or 0)
    expected = request.headers.get("Expect", "").lower()
    if expected == "100-continue" and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    elif expected:
        raise web.HTTPExpectationFailed


def _read(body: bytes, content_type: str) -> tuple[str, dict[str, Any]] | None:
    """Return a body as text and as what Slack sent in it: JSON, a form's `payload`, or a form; None for all else."""
    try:
        text = body.decode()
        if content_type == "application/json" or text.startswith("{"):
            payload = json.loads(text)
        else:
            form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS))
            payload = json.loads(form["payload"]) if "payload" in form else form or None
    except (ValueError, RecursionError):
        return None
    return (text, payload) if isinstance(payload, dict) else None
