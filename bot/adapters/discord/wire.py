"""What goes over the wire: every request counted, and none sent once Discord has refused too many.

Discord bans an address that gets 10,000 answers of 401, 403 or 429 in ten minutes (topics/rate-limits). The trace sees
each request of the library, its own retries included, so that the breaker has no way around it.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import re
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.adapters.discord.limits import INVALID_REQUESTS, INVALID_SECONDS
from bot.intake import PlatformClock, read_http_date
from bot.policy.texts import say

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from bot.settings import Settings

__all__ = ["TROUBLE", "Answered", "Attempt", "Breaker", "BreakerOpenError", "aim", "is_discords", "watch", "why"]

_log = logging.getLogger(__name__)

CLOCK_SECONDS = 300.0
"""How long a look at Discord's clock is good for."""

_INVALID = {401, 403, 429}
_UNAUTHORIZED = 401
_LONGEST_WHY = 200
_RETRY_AFTER = "Retry-After"
_BY_THEIR_OWN_TOKEN = re.compile(r"/(?:webhooks|interactions)/")


class BreakerOpenError(Exception):
    """Too many requests were refused; nothing is sent for a while."""


TROUBLE = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, BreakerOpenError, TypeError, KeyError)
"""What sending can end in; the last two where the library reads a page of something in front of Discord as JSON."""


@dataclass(slots=True)
class Attempt:
    """The requests that the library made for one of our calls."""

    statuses: list[int] = field(default_factory=list)
    sent: int = 0
    retry_after: float = 0.0
    date: dt.datetime | None = None

    @property
    def doubtful(self) -> bool:
        """Whether Discord may have done what was asked although it did not say so."""
        unanswered = self.sent > len(self.statuses)
        return unanswered or any(status >= 500 for status in self.statuses)  # noqa: PLR2004 - HTTP's server errors


_attempt: contextvars.ContextVar[Attempt | None] = contextvars.ContextVar("attempt", default=None)


def watch() -> Attempt:
    """Return a record of the requests that the current task makes from now on."""
    attempt = Attempt()
    _attempt.set(attempt)
    return attempt


class Breaker:
    """Counts invalid requests and stops sending at 500 within ten minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = INVALID_REQUESTS) -> None:
        """Take a clock (seconds) and the number of refusals at which to stop."""
        self._clock = clock
        self._most = most
        self._refused: deque[float] = deque()
        self._told = False
        self.clock = PlatformClock(CLOCK_SECONDS)
        self.doubted = asyncio.Event()
        """Set by an answer of 401 to a request that carries the bot's token."""

    @property
    def wait(self) -> float:
        """Seconds until requests may go out again; 0 when they may."""
        now = self._clock()
        while self._refused and self._refused[0] <= now - INVALID_SECONDS:
            self._refused.popleft()
        if len(self._refused) < self._most:
            self._told = False
            return 0.0
        return self._refused[0] + INVALID_SECONDS - now

    def trace(self) -> aiohttp.TraceConfig:
        """Return what aiohttp tells about each request."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._on_start)
        config.on_request_headers_sent.append(_on_sent)
        config.on_request_end.append(self._on_end)
        return config

    async def _on_start(self, *_: Any) -> None:
        """Refuse to send while the breaker is open."""
        wait = self.wait
        if wait:
            if not self._told:
                self._told = True
                _log.error(
                    "Discord refused %s requests within ten minutes; nothing is sent for %.0f s. Look above for 401 "
                    "(token), 403 (permissions) or 429 (rate limits).",
                    self._most,
                    wait,
                )
            raise BreakerOpenError

    async def _on_end(self, _session: object, _context: object, params: aiohttp.TraceRequestEndParams) -> None:
        """Count an answer."""
        response = params.response
        shared = response.headers.get("X-RateLimit-Scope") == "shared"
        if response.status in _INVALID and not shared:
            self._refused.append(self._clock())
            if len(self._refused) > self._most:
                self._refused.popleft()
        if response.status == _UNAUTHORIZED and not _BY_THEIR_OWN_TOKEN.search(params.url.path):
            self.doubted.set()
        date = read_http_date(response.headers.get("Date"))
        self.clock.hear(date)
        attempt = _attempt.get()
        if attempt is not None:
            attempt.statuses.append(response.status)
            attempt.retry_after = _seconds(response.headers.get(_RETRY_AFTER, ""))
            attempt.date = date


async def _on_sent(*_: Any) -> None:
    attempt = _attempt.get()
    if attempt is not None:
        attempt.sent += 1


class Answered(discord.MessageReference):
    """The message that another stands under; under a deleted one it is sent all the same."""

    def to_message_reference_dict(self) -> Any:
        """Return the reference with its id as text, as Discord's specification has it; the library sends a number."""
        return {"message_id": str(self.message_id), "fail_if_not_exists": False}


def aim(settings: Settings) -> None:
    """Point discord.py at the API and the gateway of the settings, and stop its warnings about voice: all global."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    Route.BASE = settings.discord_api_base_url.rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.discord_gateway_url)


def why(error: BaseException) -> str:
    """Return what an error says, shortened: the answer of what stands in front of Discord is a whole page."""
    if isinstance(error, (TypeError, KeyError)):
        return say("discord.unreadable", error=type(error).__name__)
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _LONGEST_WHY else f"{text[: _LONGEST_WHY - 1]}…"


def is_discords(error: discord.HTTPException) -> bool:
    """Say whether an answer is Discord's own, which is JSON, and not a page of what stands in front of it."""
    return error.code > 0 or str(error.response.headers.get("Content-Type", "")).startswith("application/json")


def _seconds(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0
