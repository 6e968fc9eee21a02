"""Interactions: commands, menus, buttons, modals and completion, each answered once and never with silence."""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.adapters.discord import inbound
from bot.adapters.discord.acknowledge import acknowledge
from bot.adapters.discord.pending import Announcement, finish, name_of
from bot.adapters.discord.post import Poster, may_post
from bot.adapters.discord.respond import answer_now, respond
from bot.adapters.discord.views import as_modal
from bot.contract import Line, Reply, Request, Use, parse_line
from bot.intake import overlong, stopping, to_member
from bot.logs import conceal, outline
from bot.policy.texts import say

if TYPE_CHECKING:
    from bot.adapters.discord.sessions import PatientClient
    from bot.core import Core
    from bot.intake import Inbound, Intake

__all__ = ["Interactions"]

_log = logging.getLogger(__name__)

MODAL_MARK, ALONE_MARK = "m:", "a:"
"""Marks of a modal's custom id, before its line: answered as the command says, or to the asker alone."""


class Interactions:
    """Answers interactions."""

    def __init__(self, client: PatientClient, core: Core, intake: Intake) -> None:
        self._client = client
        self._core = core
        self._intake = intake
        self._poster = Poster(client)
        self._known = {command.name: command for command in core.commands}
        self._menus = {menu.label: (menu.target, each) for each in core.commands for menu in each.menus}

    async def answer(self, interaction: discord.Interaction[Any]) -> None:
        """Answer a command, an autocompletion, a modal or a press of a button, however old."""
        conceal(interaction.token)
        data: Any = interaction.data if isinstance(interaction.data, dict) else {}
        if interaction.type is discord.InteractionType.autocomplete:
            await self._suggest(interaction, data)
        elif interaction.type is discord.InteractionType.application_command:
            await self._command(interaction, data)
        elif interaction.type is discord.InteractionType.modal_submit:
            await self._submit(interaction, data)
        elif interaction.type is discord.InteractionType.component:
            pressed = inbound.pressed(interaction)
            if pressed is None:
                await self._once(interaction, to_member(say("discord.stale")), private=True)
            else:
                await self._press(interaction, *pressed)

    async def _press(self, interaction: discord.Interaction[Any], line: str, share: str) -> None:
        """Run a button's line for whoever pressed it, or show the answer that it shares to everyone."""
        message = interaction.message
        owner = inbound.asker(message) if message else None
        alone = message is not None and message.flags.ephemeral
        if alone and owner not in {None, interaction.user.id}:
            await self._once(
                interaction, to_member(say("discord.not-yours", help=self._core.lines.to(Use.HELP))), private=True
            )
            return
        if share:
            posts = may_post(interaction)
            request = dataclasses.replace(inbound.request_of(interaction), share=share, posts=posts)
            await self._once(interaction, request, private=posts)
            return
        if await self._asks_words(interaction, MODAL_MARK, line):
            return
        mine = owner == interaction.user.id or inbound.is_direct(interaction)
        read = parse_line(line)
        command = self._known.get(read.name)
        update = mine and command is not None and command.turns(read)
        private = alone or not mine or self._is_private(read.name)
        request = inbound.request_of(interaction, text=line)
        await self._once(interaction, request, private=private, update=update)

    async def finish(self, left: Inbound) -> None:
        """Answer an interaction that a process announced and did not live to answer."""
        await finish(self._client, self._intake.inbox, left, self._reply)

    async def _reply(self, request: Request) -> Reply:
        return await self._intake.answer(lambda: self._ask(request), request.channel, request.author.id)

    async def _ask(self, request: Request) -> Reply:
        return await (self._core.share(request, self._poster) if request.share else self._core.answer(request))

    async def _once(
        self, interaction: discord.Interaction[Any], asked: Request | Reply, *, private: bool, update: bool = False
    ) -> None:
        """Respond to an interaction unless it came before, the bot is stopping or the member asks too often."""
        inbox = self._intake.inbox
        if not inbox.is_new(name_of(interaction)):
            return
        if isinstance(asked, Request):
            asked = dataclasses.replace(asked, private=private and not inbound.is_direct(interaction))
        member = str(interaction.user.id)
        refusal = stopping() if self._intake.draining else self._intake.refusal(inbound.place_of(interaction), member)
        with inbox.hold(name_of(interaction)):
            try:
                if refusal:
                    await answer_now(interaction, refusal, private=True)
                elif isinstance(asked, Reply):
                    await answer_now(interaction, asked, private=private)
                else:
                    await self._respond(interaction, asked, private=private, update=update)
            except Exception as error:  # a member never gets silence
                if self._client.is_closed():
                    raise
                _log.error("interaction %s broke\n%s", interaction.id, outline(error))
                await answer_now(interaction, to_member(say("discord.broken")), private=True)

    async def _respond(
        self, interaction: discord.Interaction[Any], request: Request, *, private: bool, update: bool
    ) -> None:
        """Respond with the answer to a request."""
        announcement = Announcement(self._intake.inbox, interaction, request, update=update)
        await respond(
            interaction,
            lambda: self._reply(request),
            self._intake.turns,
            private=private,
            update=update,
            announcement=announcement,
        )

    async def _command(self, interaction: discord.Interaction[Any], data: dict[str, Any]) -> None:
        """Answer a slash command or a command of a menu; nothing is read of the member whose menu it was."""
        name = str(data.get("name", ""))
        if data.get("type", 1) == discord.AppCommandType.chat_input.value:
            request = inbound.request_of(interaction, line=Line(name, "", inbound.options(data)))
            await self._once(interaction, overlong(request.length) or request, private=self._is_private(name))
            return
        target, command = self._menus.get(name, ("", None))
        if command and target == "member" and await self._asks_words(interaction, ALONE_MARK, f"/{command.name}", name):
            return
        words = inbound.menu_words(data)
        if command is None or command.free is None:
            await self._once(interaction, to_member(say("discord.no-command", name=name[:40])), private=True)
        elif not words:
            await self._once(interaction, to_member(say("discord.no-words")), private=True)
        else:
            line = Line(command.name, "", ((command.free.name, words),))
            request = inbound.request_of(interaction, line=line, about=str(data.get("target_id", "")))
            await self._once(interaction, overlong(request.length) or request, private=True)

    async def _asks_words(self, interaction: discord.Interaction[Any], mark: str, line: str, title: str = "") -> bool:
        """Open a modal for the words that a line lacks, under a title or its command; False when it lacks none."""
        gap = inbound.has_gap(line, self._known)
        if gap is None or gap.free is None:
            return False
        modal = as_modal(mark + line, title or f"/{gap.name}", gap.free.about.description)
        await acknowledge(interaction, lambda: interaction.response.send_modal(modal))
        return True

    async def _submit(self, interaction: discord.Interaction[Any], data: dict[str, Any]) -> None:
        """Answer a modal: its line with the words typed into it."""
        mark, line = inbound.split_mark(str(data.get("custom_id", "")))
        command = inbound.has_gap(line, self._known)
        if command is None:
            await self._once(interaction, to_member(say("discord.stale")), private=True)
            return
        alone = mark == ALONE_MARK or (interaction.message is not None and interaction.message.flags.ephemeral)
        request = inbound.request_of(interaction, line=inbound.fill(line, command, inbound.modal_text(data)))
        await self._once(interaction, overlong(request.length) or request, private=command.private or alone)

    async def _suggest(self, interaction: discord.Interaction[Any], data: dict[str, Any]) -> None:
        """Complete an option from memory; an empty list where nothing fits or something breaks."""
        choices: list[app_commands.Choice[str]] = []
        command, (name, typed) = str(data.get("name", "")), inbound.focused_option(data)
        if command in self._known and name and not overlong(len(typed)):
            request = inbound.request_of(interaction, text=typed, line=Line(command, ""))
            try:
                choices = inbound.choices(await self._core.suggest(request, name))
            except Exception as error:  # a member who types must get an answer, even an empty one
                _log.error("completing %s: of /%s failed\n%s", name[:100], command, outline(error))
        await acknowledge(interaction, lambda: interaction.response.autocomplete(choices))

    def _is_private(self, name: str) -> bool:
        """Say whether a command's answer is for the asker alone; an unknown one's is an error."""
        command = self._known.get(name)
        return command is None or command.private
