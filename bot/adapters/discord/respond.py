"""Answering an interaction: acknowledged within three seconds, whatever the core, the network or Discord does.

The quick answer to somebody who asks alone is the acknowledgement itself; any other is announced first, and the
original is edited, because an edit can be repeated and a follow-up cannot: follow-ups have no nonce.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from typing import TYPE_CHECKING, Any

import discord

from bot.adapters.discord.acknowledge import Ack, acknowledge
from bot.adapters.discord.inbound import is_direct
from bot.adapters.discord.render import render
from bot.adapters.discord.views import as_view
from bot.adapters.discord.wire import TROUBLE, BreakerOpenError, why

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from bot.adapters.discord.pending import Announcement
    from bot.contract import Reply
    from bot.intake import Turns

__all__ = ["answer_now", "respond"]

_log = logging.getLogger(__name__)

QUICK_SECONDS = 0.8
"""An answer that takes longer is announced first, and so is any while others ask."""

FINISH_SECONDS = 30.0
"""Seconds that editing an answer may take, the library's own retries included."""

_SERVER_ERROR = 500


async def respond(  # noqa: PLR0913 - each is one thing about the answer
    interaction: discord.Interaction[Any],
    ask: Callable[[], Coroutine[Any, Any, Reply]],
    turns: Turns,
    *,
    private: bool,
    update: bool = False,
    announcement: Announcement | None = None,
) -> None:
    """Answer an interaction with what `ask` returns; while others ask, nothing is begun before it is announced.

    `private` is how a slow answer is announced; `update` puts the answer in the place of the message whose button was
    pressed; `announcement` writes an announced one down.
    """
    came = asyncio.get_running_loop().time()
    task: asyncio.Task[Reply] | None = None
    hidden = private and not is_direct(interaction)
    try:
        with turns.acknowledging() as alone:
            if alone:
                task = asyncio.create_task(ask())
                await _until_done(task, turns)
            if task is not None and task.done():
                await answer_now(interaction, task.result(), private=private, update=update, came=came)
                return
            thinking = {} if update else {"thinking": True, "ephemeral": hidden}
            defer = functools.partial(interaction.response.defer, **thinking)
            ack = await acknowledge(interaction, defer, came=came, patient=not alone)
        if ack is not Ack.LOST:
            hidden = _is_shown_alone(interaction) if update else hidden
            await turns.calm()
            if announcement:
                announcement.begin(hidden=hidden)
            task = task or asyncio.create_task(ask())
            await _answer_later(interaction, task, hidden=hidden, update=update, announcement=announcement)
    finally:
        if task is not None:
            task.cancel()


async def _until_done(task: asyncio.Task[Reply], turns: Turns) -> None:
    """Wait for a task, for a moment at most, and no longer than nobody else asks."""
    others = asyncio.create_task(turns.company.wait())
    try:
        await asyncio.wait({task, others}, timeout=QUICK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        others.cancel()


async def answer_now(
    interaction: discord.Interaction[Any],
    reply: Reply,
    *,
    private: bool,
    update: bool = False,
    came: float | None = None,
) -> None:
    """Answer with the reply as the first response; `came` as for `acknowledge`."""
    hidden = _is_hidden(interaction, reply, private=private)
    if interaction.response.is_done():
        await _edit(interaction, _view(interaction, reply, hidden=hidden))
        return
    if update and not reply.private:
        view = _view(interaction, reply, hidden=_is_shown_alone(interaction))
        ack = await acknowledge(interaction, lambda: interaction.response.edit_message(view=view), came=came)
    else:
        view = _view(interaction, reply, hidden=hidden)
        ack = await acknowledge(
            interaction,
            lambda: interaction.response.send_message(view=view, ephemeral=hidden, suppress_embeds=True),
            came=came,
        )
    if ack in {Ack.TAKEN, Ack.UNCLEAR}:
        await _edit(interaction, view)


async def _answer_later(
    interaction: discord.Interaction[Any],
    task: asyncio.Task[Reply],
    *,
    hidden: bool,
    update: bool,
    announcement: Announcement | None,
) -> None:
    """Put an answer where it was announced; `hidden` says whether the asker alone sees that."""
    answered = False
    try:
        reply = await task
        if not reply.private or hidden or is_direct(interaction):
            answered = await _edit(interaction, _view(interaction, reply, hidden=hidden))
        elif announcement is None or await announcement.show():
            answered = await _follow(interaction, reply, instead=not update)
    finally:
        if announcement:
            await announcement.end(answered=answered)


def _is_hidden(interaction: discord.Interaction[Any], reply: Reply, *, private: bool) -> bool:
    return (private or reply.private) and not is_direct(interaction)


def _is_shown_alone(interaction: discord.Interaction[Any]) -> bool:
    """Say whether the pressed message is seen by one member alone."""
    return interaction.message is not None and interaction.message.flags.ephemeral


def _view(interaction: discord.Interaction[Any], reply: Reply, *, hidden: bool) -> discord.ui.LayoutView:
    return as_view(render(reply, share=hidden and not is_direct(interaction)))


async def _edit(interaction: discord.Interaction[Any], view: discord.ui.LayoutView) -> bool:
    """Edit the original response; once more where the connection broke, since an edit can be repeated.

    False when nobody knows whether it stands and a later try may still put it there.
    """
    for last in (False, True):
        try:
            async with asyncio.timeout(FINISH_SECONDS):
                await interaction.edit_original_response(view=view)
        except TROUBLE as error:
            if last or isinstance(error, (discord.DiscordException, BreakerOpenError)):
                _log.warning("the answer to interaction %s was lost: %s", interaction.id, why(error))
                return _is_final(error)
        else:
            return True
    return False


async def _follow(interaction: discord.Interaction[Any], reply: Reply, *, instead: bool = False) -> bool:
    """Send a reply to the asker alone; `instead` takes the public announcement back.

    Always True: a follow-up cannot be repeated, so it is never tried again.
    """
    try:
        async with asyncio.timeout(FINISH_SECONDS):
            if instead:
                await interaction.delete_original_response()
            await interaction.followup.send(view=_view(interaction, reply, hidden=True), ephemeral=True)
    except TROUBLE as error:
        _log.warning("the answer to interaction %s was lost: %s", interaction.id, why(error))
    return True


def _is_final(error: Exception) -> bool:
    """Say whether an error is Discord's last word."""
    return isinstance(error, discord.HTTPException) and error.status < _SERVER_ERROR
