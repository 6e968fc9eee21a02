"""Whatever comes through Discord's doors: answered or passed over, without a traceback, and the next is answered."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.discord.inbound import focused_option, menu_words, message_words, modal_text, options
from tests.local_discord import LocalDiscord
from tests.local_discord.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    DEFERRED,
    DEFERRED_UPDATE,
    MODAL_SUBMIT,
    Interaction,
)
from tests.local_discord.world import User
from tests.mutation import DEPTH, Edit, change, edits, times
from tests.test_discord import LINE, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from bot.core import Core

PATIENCE: Final = 20.0
"""Seconds after which something counts as never answered, on however busy a machine."""

TEXTS: Final = ("", LINE, "/help", "why is text good?", "and who said that?", "speaker:lex page:2", "<@1> &amp;")
NAMES: Final = (
    "id", "name", "type", "value", "focused", "options", "resolved", "messages", "content", "embeds", "description",
    "title", "components", "component", "message", "message_snapshots", "custom_id",
)  # fmt: skip
"""Of the fields that an interaction's data is read by."""

TOLD_BY: Final = ("id", "token", "type", "application_id", "version")
"""What tells how an interaction is to be answered."""

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
        self.interactions: list[tuple[dict[str, Any], Any]] = []
        self._send = local.gateway._dispatch  # noqa: SLF001 - every event goes through it
        monkeypatch.setattr(local.gateway, "_dispatch", self._dispatch)

    async def _dispatch(self, session: Any, event: str, data: Any) -> None:
        made, self.made = self.made, []
        changed = change(data, made)
        if event == "INTERACTION_CREATE":
            self.interactions.append((data, changed))
        await self._send(session, event, changed)

    def unanswered(self) -> int:
        """Count the interactions that can be answered, by what of them came through, and were not."""
        kept = [
            data["id"]
            for data, changed in self.interactions
            if isinstance(changed, dict) and all(changed.get(name) == data[name] for name in TOLD_BY)
        ]
        return sum(not self.local.interactions.all[int(name)].response for name in kept)

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
    return await local.interactions.send(COMPONENT, data, user=to.member(), channel=local.world.general, source=source)


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


asked_things = st.lists(st.tuples(st.sampled_from(ASKS), st.sampled_from(TEXTS), edits), min_size=4, max_size=8)


@times(25, shrinks=False)
@given(asked=asked_things)
async def test_whatever_is_wrong_in_a_request_it_is_answered_or_passed_over_and_the_next_is_answered(
    garbled: Garbled, caplog: pytest.LogCaptureFixture, asked: Any
) -> None:
    caplog.clear()
    garbled.interactions.clear()
    for ask, text, made in asked:
        garbled.made = made
        await ask(garbled, text)
    await still_answers(garbled)

    await garbled.local.settle(lambda: garbled.unanswered() <= passed_over(caplog), seconds=PATIENCE)
    assert garbled.unanswered() <= passed_over(caplog)
    assert broken(caplog) == []
    answers = [one for one in garbled.local.interactions.all.values() if one.followups]
    assert all(one.type in {DEFERRED, DEFERRED_UPDATE} and len(one.followups) == 1 for one in answers)


def broken(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log says of errors, and every entry with a traceback."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info]


def passed_over(caplog: pytest.LogCaptureFixture) -> int:
    """Return how many interactions could not be read at all, as the log says."""
    return caplog.text.count("INTERACTION_CREATE could not be read and was passed over")


events = st.lists(st.tuples(st.sampled_from(GATEWAY_EVENTS), edits), min_size=4, max_size=8)


@times(30, shrinks=False)
@given(told=events)
async def test_whatever_is_wrong_in_an_event_of_the_gateway_the_next_request_is_answered(
    garbled: Garbled, caplog: pytest.LogCaptureFixture, told: Any
) -> None:
    caplog.clear()
    local = garbled.local
    for event, made in told:
        garbled.made = made
        await local.gateway.emit(event, like(local, event), None)
    await still_answers(garbled)

    assert broken(caplog) == []
    assert len(local.gateway.identifies) == 1


def like(local: LocalDiscord, event: str) -> dict[str, Any]:
    """Return what an event of that name carries."""
    guild, channel, member = local.world.guild, local.world.general, local.world.bob
    inside = {"guild_id": str(guild.id), "channel_id": str(channel.id), "id": str(channel.id)}
    match event.partition("_")[0]:
        case "GUILD":
            return guild.json() | inside | {"id": str(guild.id), "user": member.json(), "role": {"id": "5"}}
        case "CHANNEL":
            return channel.json() | {"guild_id": str(guild.id)}
        case "THREAD":
            thread = channel.json() | {"type": 11, "parent_id": str(channel.id), "owner_id": str(member.id)}
            return thread | inside | {"id": "77", "threads": [thread | {"id": "78"}], "members": [], "channel_ids": []}
        case "MESSAGE":
            return local.of_bot()[0] | inside
        case "USER":
            return local.world.bot.json()
    return inside


FRAMES = (
    "", "{", "[]", "7", "null", '"text"', "\ufffd", "[" * DEPTH + "]" * DEPTH, '{"op": [], "d": 7}',
    '{"op": 10, "d": {}}',
    '{"op": 0, "t": [1], "s": {}, "d": null}', '{"op": 0, "t": "RESUMED", "s": 9, "d": null}',
    '{"op": 0, "t": "READY", "s": 9, "d": {}}', '{"op": 0, "t": "READY", "s": 9, "d": null}', '{"op": 9, "d": []}',
    '{"op": 0, "t": "GUILD_CREATE", "s": 9, "d": ' + "[" * DEPTH + "]" * DEPTH + "}",
)  # fmt: skip


@pytest.mark.parametrize("frame", FRAMES, ids=range(len(FRAMES)))
async def test_a_frame_that_cannot_be_read_costs_at_most_a_connection(
    core: Core, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, frame: str
) -> None:
    monkeypatch.setattr("discord.backoff.ExponentialBackoff.delay", lambda _: 0.0)
    async with LocalDiscord() as local, serving(local, core):
        before = len(local.gateway.identifies)
        await local.gateway.send_raw(frame)
        await local.settle()
        assert await local.settle(lambda: local.gateway.ready, seconds=PATIENCE)
        await still_answers(Garbled(local, monkeypatch))
        assert len(local.gateway.identifies) <= before + 1

    assert not [record for record in caplog.records if record.exc_info]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=8,
)


@times(60)
@given(st.dictionaries(st.sampled_from(NAMES), json_values))
def test_any_data_of_an_interaction_has_a_reading(data: dict[str, Any]) -> None:
    read = [focused_option(data), *options(data), (menu_words(data), message_words(data)), ("", modal_text(data))]

    assert all(isinstance(text, str) for pair in read for text in pair)


async def test_a_press_is_answered_whatever_else_stands_in_its_message(core: Core) -> None:
    async with LocalDiscord() as local, serving(local, core):
        answer = (await local.slash("quote", {"words": LINE})).message
        assert answer
        row = answer["components"][0]["components"][-1]
        row["components"].append({"type": 2, "style": 1, "label": "x", "custom_id": 0.5, "id": 99})
        row["components"].append({"type": 4_000, "id": 98})
        pressed = await local.press(answer, "More context", seconds=PATIENCE)

        assert pressed.answered
