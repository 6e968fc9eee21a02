"""Interactions that were announced and not answered yet: written down, so that any process can finish them.

An announced answer is an edit of the original response, which can be repeated: finished twice, it reads the same. The
token that allows the edit lives 15 minutes and is kept sealed. Written down only after the announcement, never before
it: nothing stands between a member's command and its acknowledgement.

What cannot be repeated: an answer for the asker alone to a pressed button, which replaces a message others see, goes
out as a follow-up. A process that dies between that follow-up and its record leaves a second one to the next.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import discord

from bot.adapters.discord import inbound
from bot.adapters.discord.answering import TROUBLE, is_direct, say
from bot.adapters.discord.render import render
from bot.adapters.discord.views import as_view
from bot.adapters.discord.wire import why
from bot.contract.message import Author, Channel, Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.contract.message import Reply
    from bot.intake.cipher import Sealed
    from bot.store import Inbound, Store

__all__ = ["KIND", "Deferral", "Deferrals"]

_log = logging.getLogger(__name__)

KIND = "interaction"
"""The inbox's word for what is kept here; messages are of another kind."""

KEPT_SECONDS = 840.0
"""A minute less than an interaction's token lives: interactions/receiving-and-responding."""

STORE_SECONDS = 12.0
"""How long a write may take before it is left to itself; the database gives up after ten."""

FINISH_SECONDS = 15.0
_SERVER_ERROR = 500
ALONE = "That answer is for whoever asked alone. Ask me once more."


class Deferrals:
    """The announced interactions of every process."""

    def __init__(self, store: Store | None, sealed: Sealed, answer: Callable[[Request], Awaitable[Reply]]) -> None:
        """Take the store (None: nothing is kept), what seals tokens, and what answers."""
        self._store = store
        self._sealed = sealed
        self._answer = answer
        self.under_way: set[str] = set()

    def of(self, interaction: discord.Interaction[Any], request: Request, *, update: bool) -> Deferral:
        """Return what writes down this interaction if it is announced; `update` as for `respond`."""
        kept = {
            "request": _kept(request),
            "application": str(interaction.application_id),
            "direct": is_direct(interaction),
            "update": update,
        }
        return Deferral(self, interaction, kept)

    async def take(self, number: int, token: str, kept: Mapping[str, Any]) -> bool:
        """Write down an interaction; False when it could not be."""
        if self._store is None:
            return False
        kept = {**kept, "token": self._sealed.seal(token)}
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self._store.inbox.take(inbound.PLATFORM, _name(number), KIND, kept, KEPT_SECONDS)
        except Exception as error:  # the answer comes all the same
            _log.warning("interaction %s could not be recorded: %s", number, why(error))
            return False
        return True

    async def done(self, name: str) -> None:
        """Record that an interaction is answered."""
        if self._store is None:
            return
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self._store.inbox.done(inbound.PLATFORM, name)
        except Exception as error:  # another process will put the same answer there once more
            _log.warning("%s could not be marked as answered: %s", name, why(error))

    async def finish(self, client: discord.Client, left: Inbound) -> None:
        """Answer an interaction that a process announced and did not live to answer."""
        if left.delivery_id in self.under_way:
            return
        kept = left.payload
        token = self._sealed.open(str(kept.get("token", "")))
        request = _request(kept.get("request"))
        if token is None or request is None:
            _log.warning("%s cannot be finished here: its token does not open", left.delivery_id)
            await self.done(left.delivery_id)
            return
        self.under_way.add(left.delivery_id)
        try:
            reply = await self._answer(request)
            if await _put(client, kept, token, reply):
                await self.done(left.delivery_id)
        finally:
            self.under_way.discard(left.delivery_id)


class Deferral:
    """One interaction's record: begun with the announcement, ended with the answer."""

    def __init__(self, deferrals: Deferrals, interaction: discord.Interaction[Any], kept: dict[str, Any]) -> None:
        """Take where it is kept and what of it."""
        self._deferrals = deferrals
        self._number, self._token = interaction.id, interaction.token
        self._kept = kept
        self._taking: asyncio.Task[bool] | None = None

    def begin(self, *, hidden: bool) -> None:
        """Write it down beside the work; `hidden` says whether the asker alone sees the announcement."""
        self._deferrals.under_way.add(_name(self._number))
        self._taking = asyncio.create_task(
            self._deferrals.take(self._number, self._token, self._kept | {"hidden": hidden})
        )

    async def end(self, *, answered: bool) -> None:
        """Record that it is answered; what is not is left to the next look, of this process or another."""
        if self._taking is None:
            return
        try:
            if await self._taking and answered:
                await self._deferrals.done(_name(self._number))
        finally:
            self._deferrals.under_way.discard(_name(self._number))


async def _put(client: discord.Client, kept: Mapping[str, Any], token: str, reply: Reply) -> bool:
    """Put an answer where it was announced; False when it is to be tried again."""
    direct, hidden = bool(kept.get("direct")), bool(kept.get("hidden"))
    data: Any = {"id": str(kept.get("application")), "type": 3, "token": token}
    # What the library itself makes its follow-ups with; it has no public way from a token to an interaction.
    hook = discord.Webhook.from_state(data, client._connection)  # noqa: SLF001
    try:
        async with asyncio.timeout(FINISH_SECONDS):
            if reply.private and not direct and not hidden:
                if kept.get("update"):
                    await hook.send(view=as_view(render(reply)), ephemeral=True)
                    return True
                reply = say(ALONE)
            view = as_view(render(reply, share=hidden and not direct))
            original: Any = "@original"
            await hook.edit_message(original, view=view)
    except discord.HTTPException as error:
        _log.warning("an announced interaction could not be finished: %s", why(error))
        return error.status < _SERVER_ERROR
    except TROUBLE as error:
        _log.warning("an announced interaction could not be finished: %s", why(error))
        return False
    return True


def _name(number: int) -> str:
    return f"interaction:{number}"


def _kept(request: Request) -> dict[str, Any]:
    """Return a request as JSON."""
    place, author = request.channel, request.author
    return {
        "channel": [place.platform, place.id, place.tenant, place.thread],
        "author": author.id,
        "admin": author.admin,
        "text": request.text,
        "command": request.command,
        "args": dict(request.args),
        "locale": request.locale,
    }


def _request(kept: Any) -> Request | None:
    """Return what `_kept` gave; None for anything else."""
    try:
        return Request(
            Channel(*map(str, kept["channel"])),
            Author(str(kept["author"]), admin=bool(kept["admin"])),
            text=str(kept["text"]),
            command=kept["command"] if kept["command"] is None else str(kept["command"]),
            args={str(name): str(value) for name, value in kept["args"].items()},
            locale=str(kept["locale"]),
        )
    except (AttributeError, KeyError, TypeError):
        return None
