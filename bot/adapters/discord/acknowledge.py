"""The first response to an interaction, tried again for as long as Discord would take it.

Discord waits three seconds. After an answer of 500 the library itself pauses one second, then three, and after a cut
connection it gives up; so the tries and their pauses are ours. Trying again is safe: an interaction takes one first
response, and where an earlier try went through unheard, the next one is refused with 40060, which counts as given.
"""

from __future__ import annotations

import asyncio
import logging
from enum import Enum
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from bot.adapters.discord.limits import ACKNOWLEDGE_SECONDS
from bot.adapters.discord.wire import BreakerOpenError, why

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from discord.http import Route

__all__ = ["Ack", "acknowledge"]

_log = logging.getLogger(__name__)

TRY_FOR_SECONDS = ACKNOWLEDGE_SECONDS - 0.2
"""Seconds after an interaction came in which its first response is tried: it was on its way here for a moment."""

LEAST_TRY, LAST_TRY = 1.5, 0.6
"""Seconds: a try without an answer is given up with the last of them left for one more, and not before the first."""

PATIENCE = 2.0
"""Seconds beyond the time for tries that a patient one waits for its answer."""

PAUSES = (0.1, 0.3)
LAST_PAUSE = 0.4
"""Seconds between tries: short at first, as an idle connection that was closed needs no more; then the last one."""

ALREADY_ACKNOWLEDGED, UNKNOWN_INTERACTION = 40060, 10062
"""Error codes: topics/opcodes-and-status-codes."""

_OK, _REFUSED, _TOO_MANY, _BROKEN = 200, 300, 429, 500


class Ack(Enum):
    """How a first response ended."""

    GIVEN = "given"
    TAKEN = "taken"
    UNCLEAR = "unclear"
    LOST = "lost"


class _OneTry(AsyncWebhookAdapter):
    """Sends a request once: the library asks a context variable for what sends, and its own tries five times."""

    async def request(self, route: Route, session: aiohttp.ClientSession, **given: Any) -> Any:
        """Return the answer as JSON; raise RateLimited, DiscordServerError or HTTPException for any but a good one."""
        sent: dict[str, Any] = {name: given.get(name) for name in ("params", "proxy", "proxy_auth")}
        async with session.request(route.method, route.url, json=given["payload"], **sent) as response:
            try:
                said: Any = await response.json()
            except (aiohttp.ContentTypeError, ValueError):
                said = await response.text(errors="replace")
            if response.status == _TOO_MANY and isinstance(said, dict) and "retry_after" in said:
                raise discord.RateLimited(float(said["retry_after"]))
            if response.status >= _BROKEN:
                raise discord.DiscordServerError(response, said)
            if not _OK <= response.status < _REFUSED:
                raise discord.HTTPException(response, said)
            if not said:
                return {"interaction": {"id": route.webhook_id}}
            if not isinstance(said, dict):  # a page of something that stands in front of Discord
                raise discord.DiscordServerError(response, said)
            return said


async def acknowledge(
    interaction: discord.Interaction[Any],
    send: Callable[[], Awaitable[object]],
    *,
    came: float | None = None,
    patient: bool = False,
) -> Ack:
    """Give the first response by `send`, which is called for every try; `came` is the loop's time of the interaction.

    A `patient` one gives no try up for another: where many are under way, tries over again would only slow them all.
    TAKEN: Discord has a first response already, most likely one of these tries. UNCLEAR: nobody knows whether it has.
    """
    loop = asyncio.get_running_loop()
    until = (loop.time() if came is None else came) + TRY_FOR_SECONDS
    ended, reason = Ack.LOST, ""
    sender = async_context.get()
    if type(sender) is AsyncWebhookAdapter:  # anything else is there on purpose, such as a simulator's
        sender = _OneTry()  # type: ignore[no-untyped-call]
    for pause in chain(PAUSES, repeat(LAST_PAUSE)):
        token = async_context.set(sender)
        try:
            last = -PATIENCE if patient else LAST_TRY
            async with asyncio.timeout(max(LEAST_TRY, until - last - loop.time())):
                await send()
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, BreakerOpenError) as error:
            meant, again = _meaning(error)
            if meant is Ack.TAKEN:
                return meant
            ended = ended if again and ended is Ack.UNCLEAR else meant
            reason = "it came too late" if getattr(error, "code", 0) == UNKNOWN_INTERACTION else why(error)
            wait = max(pause, error.retry_after) if isinstance(error, discord.RateLimited) else pause
        else:
            return Ack.GIVEN
        finally:
            async_context.reset(token)
        if not again or loop.time() + wait >= until:
            break
        await asyncio.sleep(wait)
    _log.warning("interaction %s could not be answered: %s", interaction.id, reason)
    return ended


def _meaning(error: Exception) -> tuple[Ack, bool]:
    """Return what a failed try means, and whether the next one may do better."""
    if isinstance(error, discord.HTTPException):
        if error.code == ALREADY_ACKNOWLEDGED:
            return Ack.TAKEN, False
        broken = isinstance(error, discord.DiscordServerError) or error.status >= _BROKEN
        return (Ack.UNCLEAR, True) if broken else (Ack.LOST, False)
    if isinstance(error, (aiohttp.ClientError, OSError, TimeoutError)):
        return Ack.UNCLEAR, True
    return Ack.LOST, isinstance(error, discord.RateLimited)
