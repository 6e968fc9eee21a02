"""Whatever comes through Discord's doors: answered or passed over, without a traceback, and the next is answered."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.discord.adapter import Discord
from tests.local_discord import LocalDiscord
from tests.local_discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Interaction
from tests.local_discord.world import User
from tests.mutation import DEEP, DEPTH, Edit, change, edits, times
from tests.test_discord import LINE, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from bot.core import Core

PATIENCE: Final = 20.0
"""Seconds after which something counts as never answered, on however busy a machine."""

TEXTS: Final = ("", LINE, "/help", "why is text good?", "and who said that?", "speaker:lex page:2", "<@1> &amp;")
GATEWAY_EVENTS: Final = (
    "GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE", "CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE",
    "THREAD_CREATE", "THREAD_LIST_SYNC", "MESSAGE_UPDATE", "MESSAGE_DELETE", "GUILD_MEMBER_UPDATE", "GUILD_ROLE_CREATE",
    "USER_UPDATE", "RESUMED", "INTERACTION_CREATE", "ENTITLEMENT_CREATE", "AN_EVENT_OF_TOMORROW",
)  # fmt: skip


class Garbled:
    """The local Discord, whose next events are changed on the way to the bot."""

    def __init__(self, local: LocalDiscord, monkeypatch: pytest.MonkeyPatch) -> None:
        self.local = local
        self.made: list[Edit] = []
        self._send = local.gateway._dispatch  # noqa: SLF001 - every event goes through it
        monkeypatch.setattr(local.gateway, "_dispatch", self._dispatch)

    async def _dispatch(self, session: Any, event: str, data: Any) -> None:
        made, self.made = self.made, []
        await self._send(session, event, change(data, made) if made else data)

    def member(self) -> User:
        """Return a member of the server who has asked nothing yet."""
        world = self.local.world
        user = User(world.clock.snowflake(), "mallory")
        world.join(world.guild, user)
        return user


async def _slash(to: Garbled, text: str) -> Interaction:
    data = {"id": "7", "name": "quote", "type": 1, "options": [{"name": "words", "type": 3, "value": text}]}
    return await to.local.interactions.send(COMMAND, data, user=to.member(), channel=to.local.world.general)


async def _complete(to: Garbled, text: str) -> Interaction:
    option = {"name": "name", "type": 3, "value": text, "focused": True}
    data = {"id": "7", "name": "topic", "type": 1, "options": [option]}
    return await to.local.interactions.send(AUTOCOMPLETE, data, user=to.member(), channel=to.local.world.general)


async def _menu(to: Garbled, text: str) -> Interaction:
    local, member = to.local, to.member()
    message = {
        "id": "8", "type": 0, "content": text, "channel_id": str(local.world.general.id), "author": member.json(),
        "attachments": [], "embeds": [], "components": [], "mentions": [], "mention_roles": [], "pinned": False,
        "mention_everyone": False, "tts": False, "timestamp": "2026-11-24T09:00:00+00:00", "edited_timestamp": None,
        "flags": 0,
    }  # fmt: skip
    data = {
        "id": "7",
        "name": "Verify this quote",
        "type": 3,
        "target_id": "8",
        "resolved": {"messages": {"8": message}},
    }
    return await local.interactions.send(COMMAND, data, user=member, channel=local.world.general)


async def _press(to: Garbled, text: str) -> Interaction:
    local = to.local
    source = local.of_bot()[0]
    data = {"custom_id": f"v:/quote {text}", "component_type": 2, "id": 3}
    return await local.interactions.send(
        COMPONENT, data, user=to.member(), channel=local.world.general, source=source
    )


async def _submit(to: Garbled, text: str) -> Interaction:
    field = {"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": "words", "value": text}}
    data = {"custom_id": "m:/ask", "components": [field]}
    return await to.local.interactions.send(MODAL_SUBMIT, data, user=to.member(), channel=to.local.world.general)


async def _mention(to: Garbled, text: str) -> None:
    await to.local.say(text, user=to.member(), mention_bot=True)


async def _direct(to: Garbled, text: str) -> None:
    await to.local.dm(text, user=to.member())


ASKS: Final[tuple[Callable[[Garbled, str], Awaitable[Interaction | None]], ...]] = (
    _slash, _complete, _menu, _press, _submit, _mention, _direct,
)  # fmt: skip


@pytest.fixture
async def garbled(core: Core, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Garbled]:
    monkeypatch.setattr("tests.local_discord.interactions.RESPONSE_SECONDS", PATIENCE)
    async with LocalDiscord() as local, serving(local, core):
        await local.slash("quote", {"words": LINE})
        yield Garbled(local, monkeypatch)


async def still_answers(to: Garbled) -> None:
    """Ask something good, and see that it is answered once."""
    local = to.local
    asked = await local.slash("help", user=to.member(), seconds=PATIENCE)
    assert asked.answered
    assert not asked.followups


asked_things = st.lists(st.tuples(st.sampled_from(ASKS), st.sampled_from(TEXTS), edits), min_size=4, max_size=8)


@times(25, shrinks=False)
@given(asked=asked_things)
async def test_whatever_is_wrong_in_a_request_it_is_answered_or_passed_over_and_the_next_is_answered(
    garbled: Garbled, caplog: pytest.LogCaptureFixture, asked: Any
) -> None:
    caplog.clear()
    made_of: list[tuple[Interaction, list[Edit]]] = []
    for ask, text, made in asked:
        garbled.made = made
        interaction = await ask(garbled, text)
        if interaction is not None:
            made_of.append((interaction, made))
    await still_answers(garbled)

    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info] == []
