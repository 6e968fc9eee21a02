"""Interactions that were announced and not answered yet: written down, so that any process can finish them.

An announced answer is an edit of the original response, which can be repeated: finished twice, it reads the same. The
token that allows the edit lives 15 minutes and is kept sealed. Written down only after the announcement, never before
it: nothing stands between a member's command and its acknowledgement.

What cannot be repeated: an answer for the asker alone where others see the announcement goes out as a follow-up. That
one is about to is written down first; who finds it so, after a process died over it, asks for the question once more.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from typing import TYPE_CHECKING, Any

import discord

from bot.adapters.discord.inbound import is_direct
from bot.adapters.discord.render import render
from bot.adapters.discord.views import as_view
from bot.adapters.discord.wire import TROUBLE, why
from bot.contract import Author, Channel, Reference, Request
from bot.intake import to_member
from bot.logs import conceal
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.contract import Reply
    from bot.intake import Inbound, Inbox, Pending

__all__ = ["KIND", "Announcement", "finish", "name_of"]

_log = logging.getLogger(__name__)

KIND = "interaction"
"""The inbox's word for what is kept here; messages are of another kind."""

KEPT_SECONDS = 840.0
"""A minute less than an interaction's token lives: interactions/receiving-and-responding."""

SECRETS = ("token",)
FINISH_SECONDS = 15.0
_SERVER_ERROR = 500


class Announcement:
    """One interaction's record: begun with the announcement, ended with the answer."""

    def __init__(self, inbox: Inbox, interaction: discord.Interaction[Any], request: Request, *, update: bool) -> None:
        """Take where it is kept and what of it; `update` as for `respond`."""
        self._inbox = inbox
        self._name = name_of(interaction)
        self._payload = {
            "request": _as_json(request),
            "application": str(interaction.application_id),
            "direct": is_direct(interaction),
            "update": update,
            "token": interaction.token,
        }
        self._pending: Pending | None = None

    def begin(self, *, hidden: bool) -> None:
        """Write it down beside the work; `hidden` says whether the asker alone sees the announcement."""
        self._pending = self._inbox.keep(self._name, KIND, self._payload | {"hidden": hidden}, SECRETS, KEPT_SECONDS)

    async def show(self) -> bool:
        """Write that a follow-up is about to be sent, which cannot be repeated; False when another process has it."""
        return self._pending is None or await self._pending.show()

    async def end(self, *, answered: bool) -> None:
        """Record that it is answered; what is not is left to the next look, of this process or another."""
        if self._pending is not None:
            await self._pending.end(answered=answered)


async def finish(
    client: discord.Client, inbox: Inbox, left: Inbound, answer: Callable[[Request], Awaitable[Reply]]
) -> None:
    """Answer an interaction that a process announced and did not live to answer."""
    kept, name = inbox.unseal(left, SECRETS), left.delivery_id
    conceal(kept["token"])
    request = _from_json(kept.get("request"))
    if not kept["token"] or request is None:
        _log.warning("%s cannot be finished here: its token does not open", name)
        await inbox.done(name)
    elif left.shown:
        await inbox.done(name)  # before it is said, which cannot be looked for either
        await _put(_tell(_hook(client, kept), to_member(say("intake.interrupted")), instead=not kept.get("update")))
    else:
        reply = await answer(request)
        hook, direct, hidden = _hook(client, kept), bool(kept.get("direct")), bool(kept.get("hidden"))
        aside = reply.private and not direct and not hidden
        if aside and kept.get("update"):
            if await inbox.show(name):
                await _put(_tell(hook, reply))
                await inbox.done(name)
            return
        reply = to_member(say("discord.for-asker-alone")) if aside else reply
        original: Any = "@original"
        view = as_view(render(reply, share=hidden and not direct))
        if await _put(hook.edit_message(original, view=view)):
            await inbox.done(name)


def _hook(client: discord.Client, kept: Mapping[str, Any]) -> discord.Webhook:
    """Return what edits and follows up an interaction by its token."""
    data: Any = {"id": str(kept.get("application")), "type": 3, "token": kept["token"]}
    # What the library itself makes its follow-ups with; it has no public way from a token to an interaction.
    return discord.Webhook.from_state(data, client._connection)  # noqa: SLF001


async def _tell(hook: discord.Webhook, reply: Reply, *, instead: bool = False) -> None:
    """Send the asker a follow-up; `instead` of the announcement where that was not taken back yet."""
    view = as_view(render(reply))
    if instead:
        with contextlib.suppress(discord.NotFound):
            original: Any = "@original"
            await hook.edit_message(original, view=view)
            return
    await hook.send(view=view, ephemeral=True)


async def _put(sending: Awaitable[object]) -> bool:
    """Put an answer where it was announced; False when Discord may not have it."""
    try:
        async with asyncio.timeout(FINISH_SECONDS):
            await sending
    except discord.HTTPException as error:
        _log.warning("an announced interaction could not be finished: %s", why(error))
        return error.status < _SERVER_ERROR
    except TROUBLE as error:
        _log.warning("an announced interaction could not be finished: %s", why(error))
        return False
    return True


def name_of(interaction: discord.Interaction[Any]) -> str:
    """Return the inbox's name of an interaction."""
    return f"interaction:{interaction.id}"


def _as_json(request: Request) -> dict[str, Any]:
    place, author = request.channel, request.author
    return {
        "channel": [place.platform, place.id, place.tenant, place.thread],
        "author": author.id,
        "admin": author.admin,
        "text": request.text,
        "command": request.command,
        "args": dict(request.args),
        "locale": request.locale,
        "id": request.id,
        "private": request.private,
        "about": request.about,
        "share": request.share,
        "posts": request.posts,
        "reference": request.reference and dataclasses.asdict(request.reference),
    }


def _from_json(kept: Any) -> Request | None:
    """Return what `_as_json` gave; None for anything else."""
    try:
        given = kept.get("reference")
        return Request(
            Channel(*map(str, kept["channel"])),
            Author(str(kept["author"]), admin=bool(kept["admin"])),
            text=str(kept["text"]),
            command=kept["command"] if kept["command"] is None else str(kept["command"]),
            args={str(name): str(value) for name, value in kept["args"].items()},
            locale=str(kept["locale"]),
            id=str(kept.get("id", "")),
            private=bool(kept.get("private")),
            about=str(kept.get("about", "")),
            share=str(kept.get("share", "")),
            posts=bool(kept.get("posts", True)),
            reference=Reference(**{**given, "lines": tuple(given["lines"])}) if given else None,
        )
    except (AttributeError, KeyError, TypeError):
        return None
