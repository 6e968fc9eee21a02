"""HTTP mode: signed requests at /slack/events, /healthz, and installation for several workspaces.

A request is read up to its cap, and its signature verified before anything parses it. No body is ever logged.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.adapters.slack import limits
from bot.adapters.slack.dispatch import Dispatch
from bot.errors import OperatorError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slack_bolt.app.async_app import AsyncApp
    from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow

    from bot.intake import Turns

__all__ = ["WebServer", "is_signed"]

_DIGITS: Final = re.compile(r"[0-9]{1,12}")
_UNAUTHORIZED: Final = 401
_READ_SECONDS: Final = 10.0
"""How long a body may take to come; Slack gives a whole request three."""

_FIELDS: Final = 200
"""Fields of a form that we read; a slash command has about twenty."""

_GRACE_SECONDS: Final = 3.0


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Say whether a request is Slack's and recent: its HMAC over version, timestamp and body, in constant time."""
    stamp = headers.get("X-Slack-Request-Timestamp", "")
    given = headers.get("X-Slack-Signature", "")
    if not secret or not _DIGITS.fullmatch(stamp) or abs(now - int(stamp)) > limits.REQUEST_AGE:
        return False
    base = b"v0:" + stamp.encode() + b":" + body
    right = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return hmac.compare_digest(right.encode(), given.encode("utf-8", "replace"))


class WebServer:
    """The listening side."""

    def __init__(self, app: AsyncApp, secret: str, flow: AsyncOAuthFlow | None, turns: Turns) -> None:
        """Take the app, its signing secret, how it is installed, and what is told of acknowledgements that are due."""
        self._app = app
        self._turns = turns
        self._secret = secret
        self._flow = flow
        self._dispatch = Dispatch()
        self._runner: web.AppRunner | None = None

    async def open(self, host: str, port: int) -> int:
        """Listen; return the port, which a 0 leaves to the system. OperatorError when the address cannot be had."""
        server = web.Application(client_max_size=limits.REQUEST_BYTES)
        server.router.add_post("/slack/events", self._events)
        server.router.add_get("/healthz", _health)
        if self._flow is not None:
            server.router.add_get(self._flow.install_path, self._install)
            server.router.add_get(self._flow.redirect_uri_path, self._redirect)
        self._runner = web.AppRunner(server, access_log=None, shutdown_timeout=_GRACE_SECONDS)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except (OSError, OverflowError) as error:
            await self.close()
            why = getattr(error, "strerror", None) or error
            raise OperatorError(say("slack.cannot-listen", host=host, port=port, error=why)) from None
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _events(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(_READ_SECONDS):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413, text="too large")
        except (TimeoutError, ConnectionError):
            return web.Response(status=408, text="too slow")  # which nobody reads who hung up
        if not is_signed(self._secret, request.headers, body, time.time()):
            return web.Response(status=_UNAUTHORIZED, text="unauthorized")
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

    async def _install(self, request: web.Request) -> web.Response:
        return await self._through(request, installing=True)

    async def _redirect(self, request: web.Request) -> web.Response:
        return await self._through(request, installing=False)

    async def _through(self, request: web.Request, *, installing: bool) -> web.Response:
        """Hand a browser's request to the installation flow."""
        if self._flow is None:
            raise web.HTTPNotFound
        bolt = await to_bolt_request(request)
        handle = self._flow.handle_installation if installing else self._flow.handle_callback
        return await to_aiohttp_response(await handle(bolt))


async def _health(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


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
