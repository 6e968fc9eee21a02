"""What a conversation needs to go on: the last question and the ids of the passages shown, for hours; no messages."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.contract import Use
from bot.errors import StoreError
from bot.intake import Bounded
from bot.language import named_speaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.contract import Channel, Line, Lines
    from bot.store import Store

__all__ = ["Conversations", "Last", "follow_up"]

KEPT = 6 * 3600.0
"""Seconds a conversation can be gone on with."""

MOST_KEPT = 5_000
"""Conversations held at once; the one untouched for longest is forgotten first."""

PATIENCE = 1.0
"""Seconds a member waits for a database that says nothing."""

_MORE = re.compile(
    r"(?:and |any |anything |some |show me |give me )?(?:more|else|next|another(?: one)?|go on|continue)"
)
_OTHER = re.compile(
    r"(?:and|what about|how about|and what about|what does|what did) (?P<who>[\w' ]+?)(?: (?:say|think))?"
)
_ABOUT = re.compile(r"(?:and |so |ok |okay )?(?:what|how) about (?P<what>.+)")
_WHO = re.compile(r"(?:and )?(?:who|when|where) (?:said|says|was|is|did \w+ say|does \w+ say) (?:that|this|it)")


@dataclass(frozen=True, slots=True)
class Last:
    """The last answer: the question it was for, and the ids of the passages it had or could have shown."""

    question: str
    ids: tuple[str, ...]


class Conversations:
    """The last answer in each channel (or thread), for some hours: in memory, and in the store for other processes.

    A database that fails costs the memory of follow-ups, never an answer.
    """

    def __init__(self, store: Store | None = None, clock: Callable[[], float] = time.time) -> None:
        """Take the store, if there is one, and a clock (UTC seconds)."""
        self._store = store
        self._clock = clock
        self._kept: Bounded[Channel, tuple[float, Last]] = Bounded(MOST_KEPT)

    async def remember(self, channel: Channel, last: Last) -> None:
        """Keep the last answer of a channel in place of the one before."""
        now = self._clock()
        self._kept[channel] = (now, last)
        if self._store is not None:
            with suppress(StoreError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._store.conversations.remember(channel, last.question, last.ids, now + KEPT)

    async def forget(self, channel: Channel) -> None:
        """Forget the last answer of a channel; of a whole tenant, in this process alone, where no channel is named.

        StoreError when the store fails.
        """
        if channel.id:
            self._kept.pop(channel, None)
            if self._store is not None:
                await self._store.conversations.forget(channel)
            return
        for known in [
            known for known in self._kept if (known.platform, known.tenant) == (channel.platform, channel.tenant)
        ]:
            del self._kept[known]

    async def last(self, channel: Channel) -> Last | None:
        """Return the last answer of a channel, unless it is hours old."""
        then, last = self._kept.get(channel, (0.0, None))
        if self._store is not None and (last is None or self._store.shared):
            with suppress(StoreError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    kept = await self._store.conversations.last(channel, self._clock())
                return Last(*kept) if kept else None
        return last if last is not None and self._clock() - then <= KEPT else None


def follow_up(text: str, last: Last, speakers: Iterable[str], lines: Lines) -> Line | None:
    """Return the command line that a short message stands for after an answer, or None when it stands alone."""
    words = _without_signs_behind(" ".join(text.casefold().split()))
    if last.ids and _MORE.fullmatch(words) and len(last.ids) > 1:
        return lines.line(Use.PASSAGE, " ".join(last.ids), at=2)
    if last.ids and _WHO.fullmatch(words):
        return lines.line(Use.PASSAGE, last.ids[0])
    other = _OTHER.fullmatch(words)
    who = named_speaker(other["who"], speakers) if other else None
    if who and last.question:
        return lines.line(Use.QUESTION, last.question, speaker=who)
    about = _ABOUT.fullmatch(words)
    return lines.line(Use.QUESTION, f"what did they say about {about['what']}") if about else None


def _without_signs_behind(words: str) -> str:
    """Return words without what follows the last letter, digit or underscore."""
    end = len(words)
    while end and not (words[end - 1].isalnum() or words[end - 1] == "_"):
        end -= 1
    return words[:end]
