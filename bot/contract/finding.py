"""What somebody who looks after the bot is told: findings, each with what mends it, and the credentials of portals."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.policy.texts import say

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable, Sequence

    from bot.contract.message import Channel

__all__ = ["Credential", "Examined", "Finding", "State", "find_lacks"]


class State(StrEnum):
    """How a part of the bot is: well, worth a look though it works, or to be mended."""

    WELL = "well"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: its name for machines, how it is, what was found, and what to do about it."""

    part: str
    state: State
    found: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Credential:
    """A kind of secret or number that a platform's portal shows, by its shape.

    `key` names its texts; `settings` are those that it belongs in, none for one that people only paste by mistake.
    """

    key: str
    shape: re.Pattern[str]
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Examined:
    """What a platform says of the bot that the settings make.

    `ahead` is how many seconds its clock is ahead of this machine's, None when it was not heard; `invite` a sentence
    with what adds the bot, "" when nobody answered.
    """

    findings: tuple[Finding, ...]
    ahead: float | None = None
    invite: str = ""


async def find_lacks(
    platform: str, check: Callable[[Channel], Awaitable[str]], channels: Sequence[Channel], seconds: float
) -> list[Finding]:
    """Return what `Adapter.check` says lacks in channels, and in how many nothing does, within so many seconds."""
    part = f"{platform}-channels"
    found: list[Finding] = []
    looked = 0
    try:
        async with asyncio.timeout(seconds):
            for channel in channels:
                lacks = await check(channel)
                looked += 1
                if lacks:
                    found.append(Finding(part, State.WRONG, say("doctor.channel", channel=channel.id), lacks))
    except TimeoutError:
        told = say("doctor.channels-late", looked=looked, count=len(channels))
        found.append(Finding(part, State.NOTE, told, say("doctor.again")))
    well = looked - sum(finding.state is State.WRONG for finding in found)
    if well:
        found.append(Finding(part, State.WELL, say("doctor.channels-well", count=well)))
    return found
