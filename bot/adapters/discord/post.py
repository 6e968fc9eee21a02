"""Poster what nobody asked for, once: sending with a nonce, finding the message again, and what the channel lacks.

The key of a post is its nonce, with which Discord returns the earlier message for a few minutes instead of making a
second one, and it stands in a button's custom id (`h:`), where `find` looks later: a bot may read its own messages'
components without the message-content intent.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from typing import TYPE_CHECKING, Literal

import aiohttp
import discord

from bot.adapters.discord.limits import HISTORY_PAGE, LONGEST_THREAD_NAME
from bot.adapters.discord.markup import cut
from bot.adapters.discord.render import post_key, render
from bot.adapters.discord.views import as_view, custom_ids
from bot.adapters.discord.wire import TROUBLE, Attempt, BreakerOpenError, is_discords, watch, why
from bot.contract.post import Blind, Found, Later, Refused, Sent, Unclear
from bot.intake import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.adapters.discord.client import VerbatimClient
    from bot.contract.message import Channel
    from bot.contract.post import Post, Posted, Seen

__all__ = ["Poster"]

_log = logging.getLogger(__name__)

POST_SECONDS = 15.0
"""Seconds that one try to post may take, the library's own retries included."""

READ_SECONDS = 30.0
THREAD_MINUTES: Literal[1440] = 1440
"""Minutes without a message after which a thread leaves the list: resources/channel, start thread from message."""

MOST_READ = 5 * HISTORY_PAGE
"""Messages looked through for a post; in a busier channel the answer is that nothing can be said."""

BEFORE_FIRST_TRY = dt.timedelta(seconds=60)
CLOCK_SECONDS = 300.0
"""How long a look at Discord's clock is good for."""

DOUBTED_SECONDS = 5.0
"""How long it is good for when it says that the clocks differ: this machine may have slept since."""

BIG_SKEW = 60.0
"""Seconds of difference that are asked about again."""

NOT_CONNECTED_SECONDS = 15.0
BAD_TOKEN_SECONDS = 300.0
BLOCKED_SECONDS = 300.0
"""How long to leave Discord alone when Cloudflare in front of it refuses this machine with a page of its own."""

UNKNOWN_MESSAGE = 10008
"""The answer to a nonce whose message a moderator deleted: resources/message, create message."""

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY = 401, 403, 404, 429

NEEDED = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "read_message_history": "Read Message History",
}
NEEDED_IN_THREADS = {
    "view_channel": "View Channel",
    "send_messages_in_threads": "Send Messages in Threads",
    "read_message_history": "Read Message History",
}


class Poster:
    """Sends, finds and deletes posts through a client."""

    def __init__(self, client: VerbatimClient, seconds: float = POST_SECONDS) -> None:
        """Take a client that is logged in, and how long one try to post may take."""
        self._client = client
        self._seconds = seconds

    async def post(self, channel: Channel, post: Post) -> Posted:
        """Try once to send a post, and open its thread where it asks for one."""
        place = self._place(channel)
        if place is None or self._client.user is None:
            return Refused(f"“{channel.id}” is no channel of Discord.", channel=True) if place is None else _offline()
        attempt = watch()
        try:
            async with asyncio.timeout(self._seconds):
                view = as_view(render(post.reply, key=post.key))
                message = await place.send(view=view, nonce=post.key, suppress_embeds=True)
        except Exception as error:  # delivery decides by the outcome, never by an exception
            if isinstance(error, TimeoutError):
                self._free_buckets()
            return self._outcome(error, attempt)
        if post.prompt:
            await self._open_thread(message, post.prompt)
        return Sent(str(message.id), attempt.date)

    async def find(self, channel: Channel, post: Post) -> Seen:
        """Look for the bot's messages with the post's key since a minute before its first try."""
        me, place = self._client.user, self._place(channel)
        if me is None or place is None:
            return Blind("Discord is not connected.")
        since = (post.first_try or dt.datetime.now(dt.UTC)) - BEFORE_FIRST_TRY
        refs: list[str] = []
        read = 0
        try:
            async with asyncio.timeout(READ_SECONDS):
                async for message in place.history(limit=MOST_READ, after=since, oldest_first=True):
                    read += 1
                    if message.author.id == me.id and post.key in map(post_key, custom_ids(message.components)):
                        refs.append(str(message.id))
                lacking = "" if read else await self._lacking(channel)
        except TROUBLE as error:
            return Blind(f"The channel's history could not be read: {why(error)}.")
        if refs:
            return Found(tuple(refs))
        if read >= MOST_READ:
            return Blind(f"More than {MOST_READ} messages were written since; the post may be among older ones.")
        # Without Read Message History Discord returns an empty list, not an error (resources/message).
        return Blind(lacking) if lacking else Found(())

    async def delete(self, channel: Channel, ref: str) -> bool:
        """Delete one of the bot's own messages; True when it is gone."""
        place = self._place(channel)
        if place is None or not ref.isdecimal():
            return False
        try:
            async with asyncio.timeout(POST_SECONDS):
                await place.get_partial_message(int(ref)).delete()
        except discord.NotFound:
            return True
        except TROUBLE as error:
            _log.warning("message %s could not be deleted: %s", ref, why(error))
            return False
        return True

    async def check(self, channel: Channel) -> str:
        """Return "" when the bot may post in the channel and read there, else what lacks, for an admin."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await self._lacking(channel)
        except TROUBLE as error:
            return f"I could not look at that channel just now: {why(error)}. Try again in a minute."

    async def tell(self, member: str, sentence: str) -> bool:
        """Write to a member directly; True when Discord took it."""
        try:
            async with asyncio.timeout(POST_SECONDS):
                user = await self._client.fetch_user(int(member))
                await user.send(view=as_view(render(say(sentence))))
        except (*TROUBLE, ValueError) as error:
            _log.warning("member %s could not be told: %s", member, why(error))
            return False
        return True

    async def clock_ahead(self) -> float | None:
        """Return how many seconds Discord's clock is ahead, from the `Date` of a recent answer."""
        breaker = self._client.breaker
        good_for = DOUBTED_SECONDS if abs(breaker.ahead or 0.0) > BIG_SKEW else CLOCK_SECONDS
        if time.monotonic() - breaker.dated_at > good_for and self._client.user is not None:
            try:
                async with asyncio.timeout(POST_SECONDS):
                    await self._client.http.get_bot_gateway()
            except TROUBLE as error:
                _log.warning("Discord's clock could not be read: %s", why(error))
                return None
        return breaker.ahead

    def _place(self, channel: Channel) -> discord.PartialMessageable | None:
        """Return the channel or the thread to post in; None for an id that is none."""
        number = channel.thread or channel.id
        if not number.isdecimal():
            return None
        guild = int(channel.tenant) if channel.tenant.isdecimal() else None
        return self._client.get_partial_messageable(int(number), guild_id=guild)

    def _free_buckets(self) -> None:
        """Free the library's rate limits that a cancelled request left spent with no end set.

        Who waits for such a one waits 30 s (discord.http.Ratelimit.acquire), longer than a try to post may take, and so
        nothing would be sent in that channel again.
        """
        for bucket in self._client.http._buckets.values():  # noqa: SLF001 - the library has no door to it
            if bucket.remaining <= 0 and not bucket.outgoing and bucket.expires is None:
                bucket.reset()  # type: ignore[no-untyped-call]

    async def _open_thread(self, message: discord.Message, prompt: str) -> None:
        """Open a thread under a post; one that fails leaves the post as it is."""
        try:
            async with asyncio.timeout(POST_SECONDS):
                await self._client.http.start_thread_with_message(
                    message.channel.id,
                    message.id,
                    name=cut(" ".join(prompt.split()), LONGEST_THREAD_NAME),
                    auto_archive_duration=THREAD_MINUTES,
                )
        except TROUBLE as error:
            _log.warning("no thread under message %s: %s", message.id, why(error))

    async def _lacking(self, channel: Channel) -> str:
        """Return "" or what the bot lacks in a channel, by its roles and the channel's overwrites as they are now."""
        me = self._client.user
        if me is None:
            return "Discord is not connected. Try again shortly."
        if not channel.tenant.isdecimal() or not channel.id.isdecimal():
            return "That is no channel of a server."
        try:
            guild = await self._client.fetch_guild(int(channel.tenant), with_counts=False)
            place = await guild.fetch_channel(int(channel.id))
            member = await guild.fetch_member(me.id)
        except (discord.NotFound, discord.InvalidData):
            return "I can't find that channel in this server. Pick one I can see."
        except discord.Forbidden:
            return "I can't see that channel. Allow me View Channel in its settings, under Permissions."
        return _missing(place, member, NEEDED_IN_THREADS if channel.thread else NEEDED)

    def _outcome(self, error: Exception, attempt: Attempt) -> Posted:
        """Return what a failed try means for the post; one of the library's own tries before may have gone through."""
        if isinstance(error, discord.HTTPException):
            return _refusal(error, attempt)
        if attempt.doubtful:
            return Unclear(f"No clear answer from Discord: {why(error)}.")
        if isinstance(error, BreakerOpenError):
            return Later(self._client.breaker.wait, "Discord refused too many requests; none are sent for now.")
        if isinstance(error, discord.RateLimited):
            return Later(error.retry_after, "Discord's rate limit.")
        if isinstance(error, TimeoutError) and attempt.sent and attempt.statuses[-1:] == [_TOO_MANY]:
            return Later(max(1.0, attempt.retry_after), "Discord's rate limit.")
        connected = attempt.sent and not isinstance(error, aiohttp.ClientConnectorError)
        return Unclear(f"No answer from Discord: {why(error)}.") if connected else _offline()


def _missing(place: object, member: discord.Member, needed: Mapping[str, str]) -> str:
    """Return "" or which of the needed permissions a member lacks in a channel."""
    if isinstance(place, discord.Thread) or not isinstance(place, discord.abc.GuildChannel):
        return "That is a thread. Pick the channel it is in."
    if not isinstance(place, discord.abc.Messageable):
        return f"I can't post in #{place.name}. Pick a text channel."
    rights = place.permissions_for(member)
    missing = [name for right, name in needed.items() if not getattr(rights, right)]
    if not missing:
        return ""
    return f"In #{place.name} I lack {_list_of(missing)}. Allow that in the channel's settings, under Permissions."


def _refusal(error: discord.HTTPException, attempt: Attempt) -> Posted:
    """Return what an answer of Discord that is no success means."""
    if error.status >= 500 or (attempt.doubtful and error.status == _TOO_MANY):  # noqa: PLR2004 - HTTP's server errors
        return Unclear(f"Discord answered {error.status}.")
    if error.status in {_FORBIDDEN, _TOO_MANY} and not is_discords(error):
        seconds = max(BLOCKED_SECONDS, attempt.retry_after)
        return Later(seconds, f"Cloudflare, in front of Discord, refuses this machine's requests ({error.status}).")
    if error.status == _TOO_MANY:
        return Later(max(1.0, attempt.retry_after), "Discord's rate limit.")
    if error.status == _UNAUTHORIZED:
        return Later(BAD_TOKEN_SECONDS, "Discord refuses the token. Make a new one in the Developer Portal, under Bot.")
    if error.code == UNKNOWN_MESSAGE:
        return Sent("", attempt.date)
    sentence = f"Discord answered {error.status}: {error.text or 'no reason'} ({error.code})."
    return Refused(sentence, channel=error.status in {_FORBIDDEN, _NOT_FOUND})


def _offline() -> Later:
    return Later(NOT_CONNECTED_SECONDS, "Discord cannot be reached.")


def _list_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
