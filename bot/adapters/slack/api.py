"""Slack's Web API: one session, writes that are never sent twice by themselves, and what each failure means."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.contract import Failure, Later, Refused, Unclear
from bot.intake import Bounded, PlatformClock, read_http_date
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from slack_sdk.web.async_slack_response import AsyncSlackResponse

__all__ = [
    "CALL_SECONDS",
    "NOT_REACHED",
    "Api",
    "Throttle",
    "error_of",
    "is_about_the_token",
    "is_loopback",
    "quiet_logger",
    "retry_after",
    "trouble",
    "web_client",
]

CALL_SECONDS: Final = 15.0
"""How long one call may take in all."""

_CONNECT_SECONDS: Final = 5.0
_CLOCK_SECONDS: Final = 60.0
"""How long a look at Slack's clock is good for."""

_RETRY_SECONDS: Final = 5.0
_MOST_RETRY_SECONDS: Final = 3600.0

NOT_REACHED: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
"""Failures before anything was sent."""

_UNCLEAR: Final = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
"""Refusals after which the work may have been done all the same (docs.slack.dev, chat.postMessage, errors)."""

_CHANNEL: Final = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel",
        "channel_is_limited_access",
        "posting_to_channel_denied",
        "method_not_supported_for_channel_type",
    }
)
"""Refusals that are about the channel."""
_TOKEN: Final = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "not_allowed_token_type",
        "org_login_required",
        "team_access_not_granted",
    }
)
"""Refusals that are about the bot's token."""


class Api:
    """Clients for tokens, over one session that opens with the first call."""

    def __init__(self, base_url: str) -> None:
        """Take where Slack's API is."""
        self._base_url = base_url
        self._session: aiohttp.ClientSession | None = None
        self._clock = PlatformClock(_CLOCK_SECONDS)
        self._closed = False

    def writer(self, token: str) -> AsyncWebClient:
        """Return a client that sends once: the SDK's own retry posts twice after a cut connection."""
        return self._client(token, read=False)

    def reader(self, token: str) -> AsyncWebClient:
        """Return a client for calls that change nothing: after a 429 it waits and asks once more."""
        return self._client(token, read=True)

    def hook(self, url: str) -> AsyncWebhookClient:
        """Return a client for a response_url."""
        hook = AsyncWebhookClient(url, session=self._open_session(), logger=quiet_logger("web"), retry_handlers=[])
        if is_loopback(url):
            hook.proxy = None
        return hook

    def _client(self, token: str, *, read: bool) -> AsyncWebClient:
        retries = [AsyncRateLimitErrorRetryHandler(max_retry_count=1)] if read else []
        return web_client(self._base_url, token=token, session=self._open_session(), retry_handlers=retries)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            timeout = aiohttp.ClientTimeout(total=CALL_SECONDS, sock_connect=_CONNECT_SECONDS)
            heard = aiohttp.TraceConfig()
            heard.on_request_end.append(self._hear)
            self._session = aiohttp.ClientSession(timeout=timeout, trace_configs=[heard])
        return self._session

    async def clock_ahead(self) -> float | None:
        """Return by how many seconds Slack's clock is ahead of this one, asked again when it was not heard lately."""
        if self._clock.is_stale and not self._closed:
            self._clock.heard_at = time.monotonic()
            await trouble(self.reader("").api_call("api.test"))
        return self._clock.ahead

    async def _hear(self, _session: object, _context: object, ended: aiohttp.TraceRequestEndParams) -> None:
        self._clock.hear(read_http_date(ended.response.headers.get("Date")))

    async def close(self) -> None:
        """Close the connections; the clock is asked for no more."""
        self._closed = True
        if self._session is not None:
            await self._session.close()


class Throttle:
    """When a channel may be written to: a message a second, a few at once (docs.slack.dev, rate limits)."""

    BURST = 4.0
    MOST_CHANNELS = 2_000

    def __init__(self) -> None:
        """Start with every channel free."""
        self._free: Bounded[str, float] = Bounded(self.MOST_CHANNELS)

    def ahead(self, channel: str) -> float:
        """Return the seconds until the channel is free, and take its next place."""
        now = asyncio.get_running_loop().time()
        due = max(self._free.get(channel, 0.0), now - self.BURST + 1.0)
        self._free[channel] = due + 1.0
        return max(0.0, due - now)

    def give_back(self, channel: str) -> None:
        """Take back a place that was not used."""
        if channel in self._free:
            self._free[channel] -= 1.0

    def hold(self, channel: str, seconds: float) -> None:
        """Keep a channel from being written to for so long, as its 429 asked."""
        self._free[channel] = max(self._free.get(channel, 0.0), asyncio.get_running_loop().time() + seconds)


def web_client(base_url: str, **more: Any) -> AsyncWebClient:
    """Return a client that tries once and logs nothing; this machine is spoken to without a proxy."""
    client = AsyncWebClient(base_url=base_url, logger=quiet_logger("web"), **{"retry_handlers": [], **more})
    if is_loopback(base_url):
        client.proxy = None
    return client


async def trouble(
    call: Awaitable[AsyncSlackResponse], bot: str = "Verbatim", seconds: float = CALL_SECONDS
) -> AsyncSlackResponse | Failure:
    """Await a call, so many seconds at most; return its answer, or what its failure means for the work.

    `bot` is a name for invitations.
    """
    try:
        async with asyncio.timeout(seconds):
            return await call
    except SlackApiError as error:
        return _refusal(error, bot)
    except NOT_REACHED as error:
        return Later(_RETRY_SECONDS, say("slack.not-reached", error=type(error).__name__))
    except TimeoutError:
        return Unclear(say("slack.no-answer", seconds=seconds))
    except Exception as error:  # any answer that is not Slack's, or a connection cut half-way
        return Unclear(say("slack.lost", error=type(error).__name__))


def _refusal(error: SlackApiError, bot: str) -> Failure:
    """Return what an answer with `ok: false`, or with a status of its own, means."""
    status = int(getattr(error.response, "status_code", 0) or getattr(error.response, "status", 0) or 0)
    name = error_of(error)
    if status == 429 or name in {"ratelimited", "rate_limited"}:  # noqa: PLR2004 - Too Many Requests
        return Later(retry_after(getattr(error.response, "headers", None) or {}), say("slack.slow-down"))
    if status >= 500 or not name or name in _UNCLEAR:  # noqa: PLR2004 - server errors
        return Unclear(say("slack.failed", error=name or say("slack.status", status=status)))
    if name == "missing_scope":
        needed = _data(error).get("needed", say("slack.a-scope"))
        return Refused(say("slack.no-scope", needed=needed))
    if name in _CHANNEL:
        return Refused(say(f"slack.channel-{name}", bot=bot), channel=True)
    return Refused(say(f"slack.token-{name}") if name in _TOKEN else say("slack.refused", error=name))


def is_about_the_token(refused: Refused) -> bool:
    """Say whether Slack refused the bot's token, which the operator can mend, and no message or channel."""
    return refused.why in {say(f"slack.token-{name}") for name in _TOKEN}


def error_of(error: SlackApiError) -> str:
    """Return Slack's name of an error, "" when the answer has none."""
    name = _data(error).get("error")
    return name if isinstance(name, str) else ""


def _data(error: SlackApiError) -> dict[str, Any]:
    data = getattr(error.response, "data", None)
    return data if isinstance(data, dict) else {}


def retry_after(headers: Mapping[str, Any]) -> float:
    """Return how many seconds a 429 asks to wait, within an hour."""
    given = str(headers.get("Retry-After") or headers.get("retry-after") or "")
    return min(max(float(given), 1.0), _MOST_RETRY_SECONDS) if re.fullmatch(r"\d{1,9}", given) else _RETRY_SECONDS


def is_loopback(url: str) -> bool:
    """Say whether an address is this machine's own: it needs no proxy, and may be plain http."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def quiet_logger(part: str) -> logging.Logger:
    """Return a logger for the libraries that says nothing: they print bodies and addresses with secrets."""
    logger = logging.getLogger(f"{__name__}.{part}")
    logger.setLevel(logging.CRITICAL)
    return logger
