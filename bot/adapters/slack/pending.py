"""Commands, buttons, shortcuts and modals: written down once they are acknowledged, until they are answered.

Slack never sends them again. Whoever answers last says so after the answer; a process that dies within the moment
between the two leaves a second answer to the next one.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from bot.adapters.slack.inbound import asked_from

if TYPE_CHECKING:
    from bot.adapters.slack.inbound import Asked
    from bot.intake.cipher import Cipher
    from bot.store import Inbound, Store

__all__ = ["KIND", "Keeping", "Kept"]

_log = logging.getLogger(__name__)

KIND: Final = "command"
"""The inbox's word for what is kept here; events are of another kind."""

KEPT_SECONDS: Final = 1_500.0
"""Five minutes less than a response_url lives."""

STORE_SECONDS: Final = 1.5
"""How long an answer waits to be written down first; then it goes out all the same."""

LONGEST_WRITE: Final = 12.0
"""The database itself gives up after ten."""


class Keeping:
    """One question being written down."""

    def __init__(self, kept: Kept, asked: Asked) -> None:
        """Begin to write."""
        self._kept = kept
        self._asked = asked
        self._taking = asyncio.create_task(kept.take(asked))

    async def is_ours(self) -> bool:
        """Say whether no other process has it; one whose database does not answer believes so."""
        await asyncio.wait({self._taking}, timeout=STORE_SECONDS)
        return not self._taking.done() or self._taking.result() is not False

    @property
    def failed(self) -> bool:
        """Whether it could not be written down, so that nobody else will answer it."""
        return self._taking.done() and self._taking.result() is None

    async def done(self) -> None:
        """Record that it is answered."""
        if await self._taking:
            await self._kept.done(self._asked.id)


class Kept:
    """The acknowledged questions of every process; their response_urls are sealed."""

    def __init__(self, store: Store | None, sealed: Cipher) -> None:
        """Take the store (None: nothing is kept) and what seals addresses."""
        self._store = store
        self._sealed = sealed

    async def take(self, asked: Asked) -> bool | None:
        """Write down a question; False when another process did, None when nobody knows."""
        if self._store is None:
            return None
        kept = asked.kept() | {"reply_url": self._sealed.seal(asked.reply_url) if asked.reply_url else ""}
        try:
            async with asyncio.timeout(LONGEST_WRITE):
                return await self._store.inbox.take("slack", asked.id, KIND, kept, KEPT_SECONDS)
        except Exception as error:  # a store in trouble must not keep members from their answers
            _log.warning("the database could not record a command (%s)", error or type(error).__name__)
            return None

    async def done(self, name: str) -> None:
        """Record that a question is answered."""
        if self._store is None:
            return
        try:
            async with asyncio.timeout(LONGEST_WRITE):
                await self._store.inbox.done("slack", name)
        except Exception as error:  # it may be answered a second time
            _log.warning("the database could not record an answer (%s)", error or type(error).__name__)

    def opened(self, left: Inbound) -> Asked | None:
        """Return a question that was left, its address good to use; None for anything else."""
        kept = dict(left.payload)
        if left.kind == KIND and kept.get("reply_url"):
            kept["reply_url"] = self._sealed.open(str(kept["reply_url"])) or ""
        return asked_from(kept)
