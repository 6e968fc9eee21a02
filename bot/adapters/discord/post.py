"""Posting what nobody asked for, once: sending with a nonce, finding the message again, and what the channel lacks.

The key of a post is its nonce, with which Discord returns the earlier message for a few minutes instead of making a
second one, and it stands in a button's custom id (`h:`), where `find` looks later: a bot may read its own messages'
components without the message-content intent.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from typing import TYPE_CHECKING, Any, Literal

import aiohttp
import discord

from bot.adapters.discord.limits import HISTORY_PAGE, LONGEST_THREAD_NAME
from bot.adapters.discord.markup import cut
from bot.adapters.discord.render import post_key, render
from bot.adapters.discord.views import as_view, custom_ids
from bot.adapters.discord.wire import TROUBLE, Answered, Attempt, BreakerOpenError, is_discords, watch, why
from bot.contract import Blind, Found, Later, Refused, Sent, Unclear
from bot.intake import to_member
from bot.policy.texts import listed, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.adapters.discord.sessions import PatientClient
    from bot.contract import Channel, Post, Posted, Seen

__all__ = ["Poster", "may_post"]

_log = logging.getLogger(__name__)

POST_SECONDS = 15.0
"""Seconds that one try to post may take, the library's own retries included."""

READ_SECONDS = 30.0
THREAD_MINUTES: Literal[1440] = 1440
"""Minutes without a message after which a thread leaves the list: resources/channel, start thread from message."""

MOST_READ = 5 * HISTORY_PAGE
"""Messages looked through for a post; in a busier channel the answer is that nothing can be said."""

BEFORE_FIRST_TRY = dt.timedelta(seconds=60)
NOT_CONNECTED_SECONDS = 15.0
BAD_TOKEN_SECONDS = 300.0
BLOCKED_SECONDS = 300.0
"""How long to leave Discord alone when Cloudflare in front of it refuses this machine with a page of its own."""

UNKNOWN_MESSAGE = 10008
"""The answer to a nonce whose message a moderator deleted: resources/message, create message."""

HAS_THREAD = 160004
"""A thread has already been created for this message: topics/opcodes-and-status-codes."""

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY = 401, 403, 404, 429

NEEDED = ("view_channel", "send_messages", "read_message_history")
NEEDED_IN_THREADS = ("view_channel", "send_messages_in_threads", "read_message_history")


class Poster:
    """Sends, finds and deletes posts through a client, when there is one that is logged in."""

    def __init__(self, client: PatientClient | None, seconds: float = POST_SECONDS) -> None:
        """Take a client, and how long one try to post may take."""
        self._client = client
        self._seconds = seconds

    @property
    def _online(self) -> PatientClient | None:
        return self._client if self._client and self._client.user else None

    async def post(self, channel: Channel, post: Post) -> Posted:
        """Try once to send a post."""
        client = self._online
        if client is None:
            return Later(NOT_CONNECTED_SECONDS, say("discord.not-connected"))
        place = _place(client, channel)
        if place is None:
            return Refused(say("discord.no-channel", channel=channel.id), channel=True)
        attempt = watch()
        try:
            async with asyncio.timeout(self._seconds):
                view = as_view(render(post.reply, key=post.key))
                message = await place.send(view=view, nonce=post.key, suppress_embeds=True, **_under(place, post))
        except Exception as error:  # delivery decides by the outcome, never by an exception
            if isinstance(error, TimeoutError):
                _free_buckets(client)
            return _outcome(error, attempt, client)
        return Sent(str(message.id), attempt.date)

    async def open_thread(self, channel: Channel, post: Post, ref: str, *, again: bool) -> Posted:  # noqa: ARG002
        """Try once to open the thread under a post, which Discord does once for a message however often it is asked."""
        client = self._online
        place = _place(client, channel) if client else None
        if client is None or place is None or not ref.isdecimal():
            return Later(NOT_CONNECTED_SECONDS, say("discord.not-connected"))
        attempt = watch()
        try:
            async with asyncio.timeout(self._seconds):
                await client.http.start_thread_with_message(
                    place.id,
                    int(ref),
                    name=cut(" ".join(post.prompt.split()), LONGEST_THREAD_NAME),
                    auto_archive_duration=THREAD_MINUTES,
                )
        except Exception as error:  # as above
            if isinstance(error, TimeoutError):
                _free_buckets(client)
            stands = isinstance(error, discord.HTTPException) and error.code == HAS_THREAD
            return Sent(ref) if stands else _outcome(error, attempt, client)
        return Sent(ref, attempt.date)

    async def find(self, channel: Channel, post: Post) -> Seen:
        """Look for the bot's messages with the post's key since a minute before its first try."""
        client = self._online
        place = _place(client, channel) if client else None
        if client is None or place is None:
            return Blind(say("discord.not-connected"))
        since = (post.first_try or dt.datetime.now(dt.UTC)) - BEFORE_FIRST_TRY
        refs: list[str] = []
        read = 0
        try:
            async with asyncio.timeout(READ_SECONDS):
                async for message in place.history(limit=MOST_READ, after=since, oldest_first=True):
                    read += 1
                    if message.author == client.user and post.key in map(post_key, custom_ids(message.components)):
                        refs.append(str(message.id))
                lacking = "" if read else await _what_lacks(client, channel)
        except TROUBLE as error:
            return Blind(say("discord.no-history", error=why(error)))
        if refs:
            return Found(tuple(refs))
        if read >= MOST_READ:
            return Blind(say("discord.too-many", most=MOST_READ))
        # Without Read Message History Discord returns an empty list, not an error (resources/message).
        return Blind(lacking) if lacking else Found(())

    async def link(self, channel: Channel, ref: str) -> str:
        """Return the address that opens a message in Discord's clients."""
        return f"https://discord.com/channels/{channel.tenant or '@me'}/{channel.thread or channel.id}/{ref}"

    async def delete(self, channel: Channel, ref: str) -> bool:
        """Delete one of the bot's own messages; True when it is gone."""
        place = _place(self._online, channel) if self._online else None
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
        if self._online is None:
            return say("discord.not-connected-again")
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await _what_lacks(self._online, channel)
        except TROUBLE as error:
            return say("discord.no-look", error=why(error))

    async def tell(self, channel: Channel, member: str, sentence: str) -> bool:  # noqa: ARG002 - members are global
        """Write to a member directly; True when Discord took it."""
        if self._online is None:
            return False
        try:
            async with asyncio.timeout(POST_SECONDS):
                user = await self._online.fetch_user(int(member))
                await user.send(view=as_view(render(to_member(sentence))))
        except (*TROUBLE, ValueError) as error:
            _log.warning("member %s could not be told: %s", member, why(error))
            return False
        return True

    async def clock_ahead(self) -> float | None:
        """Return how many seconds Discord's clock is ahead, from the `Date` of a recent answer."""
        client = self._online
        if client is None:
            return None
        if client.breaker.clock.is_stale:
            try:
                async with asyncio.timeout(POST_SECONDS):
                    await client.http.get_bot_gateway()
            except TROUBLE as error:
                _log.warning("Discord's clock could not be read: %s", why(error))
                return None
        return client.breaker.clock.ahead


def _place(client: discord.Client, channel: Channel) -> discord.PartialMessageable | None:
    """Return the channel or the thread to post in; None for an id that is none."""
    number = channel.thread or channel.id
    if not number.isdecimal():
        return None
    guild = int(channel.tenant) if channel.tenant.isdecimal() else None
    return client.get_partial_messageable(int(number), guild_id=guild)


def _under(place: discord.PartialMessageable, post: Post) -> dict[str, Any]:
    """Return what puts a post under the message it is about, whose author is not told."""
    if not post.about.isdecimal():
        return {}
    answered = Answered(message_id=int(post.about), channel_id=place.id, guild_id=place.guild_id)
    return {"reference": answered, "mention_author": False}


def may_post(interaction: discord.Interaction[Any]) -> bool:
    """Say whether the bot may post where an interaction is, by what Discord says of it there and who installed it."""
    needed = NEEDED_IN_THREADS if isinstance(interaction.channel, discord.Thread) else NEEDED
    rights = interaction.app_permissions
    return interaction.is_guild_integration() and all(getattr(rights, right) for right in needed)


def _free_buckets(client: discord.Client) -> None:
    """Free the library's rate limits that a cancelled request left spent with no end set.

    Who waits for such a one waits 30 s (discord.http.Ratelimit.acquire), longer than a try to post may take, and so
    nothing would be sent in that channel again.
    """
    for bucket in client.http._buckets.values():  # noqa: SLF001 - the library has no door to it
        if bucket.remaining <= 0 and not bucket.outgoing and bucket.expires is None:
            bucket.reset()  # type: ignore[no-untyped-call]


async def _what_lacks(client: discord.Client, channel: Channel) -> str:
    """Return "" or what the bot lacks in a channel, by its roles and the channel's overwrites as they are now."""
    if not channel.tenant.isdecimal() or not channel.id.isdecimal() or client.user is None:
        return say("discord.no-server-channel")
    try:
        guild = await client.fetch_guild(int(channel.tenant), with_counts=False)
        place = await guild.fetch_channel(int(channel.id))
        member = await guild.fetch_member(client.user.id)
    except (discord.NotFound, discord.InvalidData):
        return say("discord.channel-unknown")
    except discord.Forbidden:
        return say("discord.channel-unseen")
    return _missing_rights(place, member, NEEDED_IN_THREADS if channel.thread else NEEDED)


def _outcome(error: Exception, attempt: Attempt, client: PatientClient) -> Posted:
    """Return what a failed try means for the post; one of the library's own tries before may have gone through."""
    if isinstance(error, discord.HTTPException):
        return _refusal(error, attempt)
    if attempt.doubtful:
        return Unclear(say("discord.unclear", error=why(error)))
    if isinstance(error, BreakerOpenError):
        return Later(client.breaker.wait, say("discord.too-many-refused"))
    limited = isinstance(error, TimeoutError) and attempt.sent and attempt.statuses[-1:] == [_TOO_MANY]
    if limited or isinstance(error, discord.RateLimited):
        seconds = error.retry_after if isinstance(error, discord.RateLimited) else max(1.0, attempt.retry_after)
        return Later(seconds, say("discord.rate-limit"))
    connected = attempt.sent and not isinstance(error, aiohttp.ClientConnectorError)
    if not connected:
        return Later(NOT_CONNECTED_SECONDS, say("discord.not-reached"))
    return Unclear(say("discord.no-answer", error=why(error)))


def _missing_rights(place: object, member: discord.Member, needed: Sequence[str]) -> str:
    """Return "" or which of the needed permissions a member lacks in a channel."""
    if isinstance(place, discord.Thread) or not isinstance(place, discord.abc.GuildChannel):
        return say("discord.thread")
    if not isinstance(place, discord.abc.Messageable):
        return say("discord.cannot-post", channel=place.name)
    rights = place.permissions_for(member)
    missing = [say(f"discord.right-{right}") for right in needed if not getattr(rights, right)]
    if not missing:
        return ""
    return say("discord.lacking", channel=place.name, missing=listed(missing))


def _refusal(error: discord.HTTPException, attempt: Attempt) -> Posted:
    """Return what an answer of Discord that is no success means."""
    if error.status >= 500 or (attempt.doubtful and error.status == _TOO_MANY):  # noqa: PLR2004 - HTTP's server errors
        return Unclear(say("discord.answered", status=error.status))
    if error.status in {_FORBIDDEN, _TOO_MANY} and not is_discords(error):
        seconds = max(BLOCKED_SECONDS, attempt.retry_after)
        return Later(seconds, say("discord.cloudflare", status=error.status))
    if error.status == _TOO_MANY:
        return Later(max(1.0, attempt.retry_after), say("discord.rate-limit"))
    if error.status == _UNAUTHORIZED:
        return Later(BAD_TOKEN_SECONDS, say("discord.token-refused"))
    if error.code == UNKNOWN_MESSAGE:
        return Sent("", attempt.date)
    text = error.text or say("discord.no-reason")
    sentence = say("discord.refused", status=error.status, text=text, code=error.code)
    return Refused(sentence, channel=error.status in {_FORBIDDEN, _NOT_FOUND})
