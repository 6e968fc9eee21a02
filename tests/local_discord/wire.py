"""The wire under the REST routes: requests are recorded, meet their faults, and keep to rate limits."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.local_discord.faults import Fault, answer, cut, limited, refusal
from tests.local_discord.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.local_discord.server import LocalDiscord
    from tests.local_discord.world import Json

    Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]

PREFIX = "/api/v10"
BUCKET_LIMIT, BUCKET_SECONDS = 5, 5.0
GLOBAL_LIMIT = 50
IN_FLIGHT_SECONDS = 0.05
CAME = web.RequestKey("came", float)
"""When a request came, by the monotonic clock."""

BODY: web.RequestKey[Any] = web.RequestKey("body", object)
"""What a request holds: its JSON, its text where it is none, or None."""

_EXEMPT = re.compile(r"/(interactions|webhooks)/")


@dataclass
class Seen:
    """A request as it came: `at` is the server's time, `status` 0 when the connection was cut, `fault` what it met."""

    method: str
    path: str
    body: Any
    at: float
    query: dict[str, str] = field(default_factory=dict)
    status: int = 0
    fault: str = ""

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    def json(self) -> Json:
        return dict(vars(self))


class Buckets:
    """Rate limits as Discord keeps them, when they are switched on: per channel for creates, and 50 a second in all."""

    def __init__(self) -> None:
        self.on = False
        self._uses: dict[str, list[float]] = {}

    def take(self, line: str) -> tuple[dict[str, str], web.Response | None]:
        """Count a request; return its headers and, when there was no room, the 429."""
        if not self.on or _EXEMPT.search(line):
            return {}, None
        now = time.monotonic()
        whole = self._recent("global", now, 1.0)
        if len(whole) >= GLOBAL_LIMIT:
            return {}, limited(max(0.01, 1.0 - (now - whole[0])), "global")
        uses = self._recent(line, now, BUCKET_SECONDS)
        if len(uses) >= BUCKET_LIMIT and line.startswith("POST /channels/"):
            return {}, limited(max(0.01, BUCKET_SECONDS - (now - uses[0])), "user")
        whole.append(now)
        uses.append(now)
        if not line.startswith("POST /channels/"):
            return {}, None
        left = BUCKET_SECONDS - (now - uses[0])
        return {
            "X-RateLimit-Limit": str(BUCKET_LIMIT),
            "X-RateLimit-Remaining": str(BUCKET_LIMIT - len(uses)),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": "channel-messages",
        }, None

    def _recent(self, key: str, now: float, window: float) -> list[float]:
        kept = self._uses[key] = [at for at in self._uses.get(key, []) if now - at < window]
        return kept


class Waits:
    """The waits that 429 answers asked for, so that a client that comes back too early is found out."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[float, float]] = {}

    def ask(self, line: str, response: web.StreamResponse) -> None:
        """Note an answered 429."""
        now = time.monotonic()
        seconds = float(response.headers.get("Retry-After", "0"))
        if (
            isinstance(response, web.Response)
            and isinstance(response.body, bytes)
            and response.content_type == "application/json"
        ):
            seconds = json.loads(response.body)["retry_after"]
        whole = "X-RateLimit-Global" in response.headers
        self._until["" if whole else line] = (now + IN_FLIGHT_SECONDS, now + seconds)

    def check(self, line: str, violate: Callable[[str], None]) -> None:
        """Record a request that comes before its time; one that was already on its way is forgiven."""
        now = time.monotonic()
        for key in (line, "") if not _EXEMPT.search(line) else (line,):
            forgiven, until = self._until.get(key, (0.0, 0.0))
            if forgiven < now < until - 0.01:
                violate(f"{line} came {until - now:.2f} s before the time its 429 named.")


class Wire:
    """What every REST request passes through."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord
        self.buckets = Buckets()
        self.waits = Waits()
        self.busy = 0

    @web.middleware
    async def middleware(self, request: web.Request, handler: Serve) -> web.StreamResponse:
        """Record a request, let it meet its fault, serve it."""
        if not request.path.startswith(PREFIX):
            return await handler(request)
        discord = self._discord
        request[CAME] = time.monotonic()
        self.busy += 1
        try:
            seen = await self._seen(request)
            discord.requests.append(seen)
            discord.stirred()
            self.waits.check(seen.line, discord.violate)
            fault = discord.faults.draw(seen.line)
            seen.fault = fault.kind if fault else ""
            response = await self._meet(request, handler, fault)
            response.headers["Date"] = formatdate(discord.clock.now() + discord.date_skew, usegmt=True)
            gone = request.transport is None or request.transport.is_closing()
            seen.status = 0 if gone else response.status
            if seen.status == 429:
                self.waits.ask(seen.line, response)
        finally:
            self.busy -= 1
            discord.stirred()
        return response

    async def _seen(self, request: web.Request) -> Seen:
        body: Any = None
        if request.content_type.startswith("multipart/"):
            form = await request.post()
            body = json.loads(str(form["payload_json"])) if "payload_json" in form else {}
        elif request.can_read_body:
            text = await request.text()
            try:
                body = json.loads(text) if text else None
            except ValueError:
                body = text
        request[BODY] = body
        path = request.path.removeprefix(PREFIX)
        return Seen(request.method, path, body, self._discord.clock.now(), dict(request.query))

    async def _meet(self, request: web.Request, handler: Serve, fault: Fault | None) -> web.StreamResponse:
        if fault is None:
            return await self._serve(request, handler)
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
            return await self._serve(request, handler)
        if fault.kind == "reset":
            cut(request)
            return answer(500)
        refused = refusal(fault)
        if refused is not None:
            return refused
        response = await self._serve(request, handler)
        if fault.kind == "accepted-stall":
            await asyncio.sleep(fault.seconds)
        if fault.kind in ("accepted-500", "accepted-503"):
            status = int(fault.kind.removeprefix("accepted-"))
            return answer(status, {"message": f"{status}: Server Error", "code": 0})
        cut(request, reset=fault.kind != "accepted-close")
        return response

    async def _serve(self, request: web.Request, handler: Serve) -> web.StreamResponse:
        path = request.path.removeprefix(PREFIX)
        if not _EXEMPT.search(path) and request.headers.get("Authorization") != f"Bot {self._discord.token}":
            return answer(401, {"message": "401: Unauthorized", "code": 0})
        headers, full = self.buckets.take(f"{request.method} {path}")
        if full is not None:
            return full
        try:
            response = await handler(request)
        except Refused as refused:
            for sentence in refused.sentences:
                self._discord.violate(f"{request.method} {path}: {sentence}")
            response = answer(refused.status, refused.body)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            self._discord.violate(f"{request.method} {path}: the local Discord has no such route.")
            response = answer(404, {"message": "404: Not Found", "code": 0})
        response.headers.update(headers)
        return response
