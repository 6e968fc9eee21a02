"""Messages: mentions, replies to the bot and direct messages, each answered once."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import logging
from typing import TYPE_CHECKING, Any

import discord

from bot.adapters.discord import inbound
from bot.adapters.discord.inbound import NAME
from bot.adapters.discord.limits import LONGEST_NONCE
from bot.adapters.discord.render import render
from bot.adapters.discord.views import as_view
from bot.adapters.discord.wire import TROUBLE, Answered, is_discords, why
from bot.contract import Author, Channel, Outcome, Reply, Request, Use
from bot.intake import KEPT_SECONDS, Taken, overlong, to_member
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.core import Core
    from bot.intake import Inbound, Intake

__all__ = ["Messages"]

_log = logging.getLogger(__name__)

SEND_SECONDS = 30.0
KIND = "message"
"""The inbox's word for messages that are to be answered."""

TOLD = "told"
"""The inbox's word for what somebody was told: nobody is to answer it."""

TOLD_SECONDS = 30 * 86_400.0
"""How long what somebody was told of a missing permission is not told again."""

TRIED_AGAIN = dt.timedelta(minutes=2)
"""Age up to which a message is answered again after a fault: Discord keeps a nonce for a few minutes."""

EDITED_WITHIN = dt.timedelta(hours=1)
"""Age up to which an edit makes a message one for the bot: nobody waits for an answer to an older one."""

MOST_BELOW = 100
"""Messages below an old one in which its answer is looked for."""

TOO_MANY = 429


class Messages:
    """Answers the messages that are meant for the bot."""

    def __init__(
        self,
        client: discord.Client,
        core: Core,
        intake: Intake,
        leads: Callable[[], bool],
    ) -> None:
        """Take the client, the core, what events go through, and what says whether the gateway is ours."""
        self._client = client
        self._core = core
        self._intake = intake
        self._inbox = intake.inbox
        self._leads = leads

    async def hear(self, message: discord.Message, *, edited: bool = False) -> bool:
        """Answer a message if it is meant for the bot and new; True when it was.

        One that was `edited` may have been answered by a process that is forgotten: its answer is looked for.
        """
        me = self._client.user
        if me is None or message.author.bot or message.webhook_id is not None or self._intake.draining:
            return False
        if message.type not in {discord.MessageType.default, discord.MessageType.reply}:
            return False
        if not self._is_for(me.id, message) or not self._leads() or not await self._is_new(message):
            return False
        place = inbound.channel_of(message.channel, _guild_of(message))
        with self._inbox.hold(str(message.id)):
            if edited and await self._may_stand(message, place):
                await self._inbox.done(str(message.id))
                return False
            await self._answer(message, place, heard=True)
        return True

    async def hear_edit(self, message: discord.Message) -> bool:
        """Answer a message that an edit made one for the bot; True when it was.

        Discord tells of every change of a message, such as a preview under it. A direct message was heard as it came.
        """
        me, age = self._client.user, discord.utils.utcnow() - message.created_at
        if me is None or message.edited_at is None or age > EDITED_WITHIN:
            return False
        if not message.mentions or all(user.id != me.id for user in message.mentions):
            return False
        return await self.hear(message, edited=True)

    async def finish(self, left: Inbound) -> None:
        """Answer a message that a process took and did not live to answer; its nonce keeps the answer single.

        Where Discord may have forgotten that, the answer is looked for first. The gateway is not needed for it.
        """
        if left.kind == TOLD:
            await self._inbox.done(left.delivery_id)
            return
        guild, number = str(left.payload.get("guild", "")), str(left.payload.get("channel", ""))
        if not number.isdecimal() or not left.delivery_id.isdecimal():
            return
        place = self._client.get_partial_messageable(int(number), guild_id=int(guild) if guild else None)
        parent = str(left.payload.get("parent", number))
        channel = Channel(NAME, parent, guild, number if parent != number else "")
        try:
            async with asyncio.timeout(SEND_SECONDS):
                message = await place.fetch_message(int(left.delivery_id))
                old = discord.utils.utcnow() - message.created_at >= TRIED_AGAIN
                stands = await self._stands(message, channel) if old else False
            if stands is None:
                await self._inbox.done(left.delivery_id)  # before it is said, which an old nonce does not keep single
                await self._send_there(message, channel, to_member(say("intake.interrupted")), "in")
            elif stands:
                await self._inbox.done(left.delivery_id)
            else:
                await self._answer(message, channel, heard=False)
        except discord.NotFound:
            await self._inbox.done(left.delivery_id)
        except TROUBLE as error:
            _log.warning("message %s could not be read again: %s", left.delivery_id, why(error))

    async def _answer(self, message: discord.Message, place: Channel, *, heard: bool) -> None:
        """Answer a message that is meant for the bot; one `heard` on the gateway only while the gateway is ours."""
        me = self._client.user
        if me is None:
            return
        text = message.content
        if not overlong(len(text)):
            text = inbound.strip_mention(text, me.id)
        if text or not place.tenant or f"{me.id}>" in message.content:
            reply = await self._reply(message, place, text, heard=heard)
            if heard and not self._leads():
                return  # another process has the gateway now, and what was written down
            settled = reply is None or await self._send(message, place, reply)
            if not settled and discord.utils.utcnow() - message.created_at < TRIED_AGAIN:
                return  # Discord failed: the next look for leftovers tries again, with the same nonce
        await self._inbox.done(str(message.id))

    async def _may_stand(self, message: discord.Message, place: Channel) -> bool:
        """Say whether an answer to a message stands below it; where the channel cannot be read, it is taken for new."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await self._stands(message, place) is not False
        except TROUBLE:
            return False

    async def _stands(self, message: discord.Message, place: Channel) -> bool | None:
        """Say whether a message's answer stands below it; None for one of which nobody can say that.

        Answers to direct messages name no message: any of the bot's below it may be its answer.
        """
        me = self._client.user
        below = [one async for one in message.channel.history(limit=MOST_BELOW, after=message, oldest_first=True)]
        mine = [one for one in below if me is not None and one.author.id == me.id and not inbound.is_post(one)]
        if any(one.reference is not None and one.reference.message_id == message.id for one in mine):
            return True
        return None if len(below) == MOST_BELOW or (mine and not place.tenant) else False

    def _is_for(self, me: int, message: discord.Message) -> bool:
        """Say whether a message is direct, mentions the bot or answers it; roles and @everyone do not count."""
        # A server that is not in the cache is no guild to the library, and its channels are no direct messages.
        if isinstance(message.channel, discord.DMChannel) or any(user.id == me for user in message.mentions):
            return True
        answered = message.reference.resolved if message.reference else None
        return isinstance(answered, discord.Message) and answered.author.id == me and bool(message.content)

    async def _reply(self, message: discord.Message, place: Channel, text: str, *, heard: bool) -> Reply | None:
        """Return what to answer; None for a member who asks too often and was told so."""
        if not text:
            return to_member(say("discord.nothing-said", help=self._core.lines.to(Use.HELP)))
        author = message.author
        refusal = self._intake.refusal(place, str(author.id)) if heard else None
        if refusal is not None:
            return refusal if self._intake.tells(str(author.id)) else None
        me = self._client.user
        request = Request(
            place,
            Author(str(author.id), admin=_is_admin(author)),
            text=text,
            reference=inbound.reference_of(message, me.id, place) if me else None,
            id=str(message.id),
        )
        ask = functools.partial(self._core.answer, request)
        return overlong(request.length) or await self._intake.answer(ask, place, str(author.id))

    async def _send(self, message: discord.Message, place: Channel, reply: Reply) -> bool:
        """Send a reply under a message; what is for the asker alone goes to them directly.

        False when Discord failed and may not have it.
        """
        if not place.tenant or not reply.private or reply.outcome is Outcome.ERROR:
            return await self._send_there(message, place, reply, "re")
        told = await self._send_directly(message.author, reply, _nonce("dm", message))
        aside = to_member(say("discord.sent-privately") if told else say("discord.not-sent-privately"))
        if reply.outcome is not Outcome.DECLINED:  # where answers are switched off, the channel stays quiet
            return await self._send_there(message, place, aside, "re")
        return True

    async def _send_directly(self, member: discord.User | discord.Member, reply: Reply, nonce: str) -> bool:
        """Send a reply to a member; True when Discord took it."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await member.send(view=as_view(render(reply)), nonce=nonce)
        except TROUBLE as error:
            _log.warning("member %s could not be told: %s", member.id, why(error))
            return False
        return True

    async def _send_there(self, message: discord.Message, place: Channel, reply: Reply, mark: str) -> bool:
        """Send a reply into the message's channel; once more after a fault, which the nonce makes harmless.

        False when Discord failed both times; a refusal is an end too.
        """
        view = as_view(render(reply))
        answering: dict[str, Any] = {}
        if place.tenant:
            answering = {"reference": Answered.from_message(message), "mention_author": False}
        for last in (False, True):
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await message.channel.send(
                        view=view,
                        nonce=_nonce(mark, message),
                        suppress_embeds=True,
                        **answering,
                    )
            except TROUBLE as error:
                status = error.status if isinstance(error, discord.HTTPException) and is_discords(error) else 0
                if isinstance(error, discord.Forbidden) and status:
                    await self._tell_what_lacks(message, place, error)
                    return True
                refused = 400 <= status < 500 and status != TOO_MANY  # noqa: PLR2004 - HTTP's refusals
                if last or refused or isinstance(error, discord.RateLimited):
                    _log.warning("message %s could not be answered: %s", message.id, why(error))
                    return refused
                await asyncio.sleep(1)
            else:
                return True
        return False

    async def _tell_what_lacks(self, message: discord.Message, place: Channel, error: discord.Forbidden) -> None:
        """Tell directly that the bot may not write there: each member once a channel, the server's owner once.

        A member who runs the server is told in the owner's stead.
        """
        where = getattr(message.channel, "name", "") or str(message.channel.id)
        _log.warning("no right to answer in channel %s: %s", message.channel.id, error.text)
        if not place.tenant:
            return
        send = "send_messages_in_threads" if place.thread else "send_messages"
        runs = _is_admin(message.author)
        yours = say("discord.no-right-yours", channel=where, send=say(f"discord.right-{send}"))
        theirs = say("discord.no-right-theirs", channel=where, send=say(f"discord.right-{send}"))
        if await self._is_first(f"told:{place.tenant}:{message.channel.id}:{message.author.id}"):
            await self._send_directly(message.author, to_member(yours if runs else theirs), _nonce("no", message))
        owner = message.guild.owner_id if message.guild else None
        if owner and not runs and owner != message.author.id and await self._is_first(f"told-owner:{place.tenant}"):
            asked = say("discord.member-asked", server=message.guild)
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    member = await self._client.fetch_user(owner)
            except TROUBLE as trouble:
                _log.warning("member %s could not be told: %s", owner, why(trouble))
            else:
                await self._send_directly(member, to_member(f"{asked} {yours}"), _nonce("ow", message))

    async def _is_first(self, what: str) -> bool:
        """Say whether something is told for the first time in a month; without a database, since the start."""
        first = await self._take(what, TOLD, {}, TOLD_SECONDS)
        if first:
            await self._inbox.done(what)
        return first

    async def _is_new(self, message: discord.Message) -> bool:
        """Say whether nobody took the message yet: in this process, and in any other where there is a database."""
        found = inbound.channel_of(message.channel, _guild_of(message))
        place = {"channel": str(message.channel.id), "guild": found.tenant, "parent": found.id}
        return await self._take(str(message.id), KIND, place, KEPT_SECONDS)

    async def _take(self, name: str, kind: str, payload: Mapping[str, str], keep: float) -> bool:
        """Record what arrived or was told; what cannot be recorded is new if this process does not know it."""
        taken = await self._inbox.take(name, kind, payload, keep=keep)
        self._inbox.settle(name)  # Discord sends nothing again because it was not recorded
        return taken is not Taken.KNOWN


def _guild_of(message: discord.Message) -> int | None:
    """Return the id of a message's server, also of one that is not in the cache."""
    return message.guild.id if message.guild else getattr(message.channel, "guild_id", None)


def _is_admin(member: discord.User | discord.Member) -> bool:
    """Say whether whoever wrote a message manages its server, as far as that is known."""
    if not isinstance(member, discord.Member) or getattr(member, "guild", None) is None:
        return False
    return member.guild_permissions.manage_guild


def _nonce(mark: str, message: discord.Message) -> str:
    """Return the nonce of an answer: the same for every try, in every process."""
    return f"{mark}{message.id}"[:LONGEST_NONCE]
