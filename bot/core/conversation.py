"""What a conversation needs to go on: for hours, the lines and passages of an answer, found by message and by member.

An answer that its asker alone saw is found by that member alone.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.contract import Outcome, Use, parse_line
from bot.errors import StoreError
from bot.intake import Bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.contract import Author, Channel, Line, Lines, Request
    from bot.store import Store

__all__ = ["KEPT", "PATIENCE", "Conversations", "Exchange", "is_of", "is_turn", "read_buttons"]

KEPT = 6 * 3600.0
"""Seconds a conversation can be gone on with, and a private answer shared."""

MOST_KEPT = 5_000
"""Names of answers held at once; the one untouched for longest is forgotten first."""

PATIENCE = 1.0
"""Seconds a member waits for a database that says nothing."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """An answer, as far as a follow-up goes on from it.

    `asked` is the command line that began it, with what narrowed it, and `line` the one that made this very answer;
    "" where nobody knows. `shown` are the ids of its passages, `key` that of the sentence that matters in the first,
    `turns` the lines behind its buttons that show passages, pages or another by chance. `private` says that its asker
    alone saw it, `about` is the id of the message that it is about, "" for none.
    """

    asked: str = ""
    line: str = ""
    shown: tuple[str, ...] = ()
    key: str = ""
    turns: tuple[str, ...] = ()
    outcome: Outcome = Outcome.FOUND
    private: bool = False
    about: str = ""

    def as_json(self) -> dict[str, object]:
        """Return it as JSON for the store."""
        return {**dataclasses.asdict(self), "outcome": self.outcome.value}

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> Exchange | None:
        """Return what `as_json` gave; None for anything else."""
        try:
            lists = (kept["shown"], kept["turns"])
            shown, turns = (tuple(map(str, each)) for each in lists if isinstance(each, list | tuple))
            return cls(
                str(kept["asked"]),
                str(kept["line"]),
                shown,
                str(kept["key"]),
                turns,
                Outcome(str(kept["outcome"])),
                bool(kept["private"]),
                str(kept.get("about", "")),
            )
        except (KeyError, ValueError):
            return None


class Conversations:
    """The answers of some hours: in memory, and in the store for other processes.

    A database that fails costs the memory of follow-ups, never an answer.
    """

    def __init__(self, store: Store | None = None, clock: Callable[[], float] = time.time) -> None:
        """Take the store, if there is one, and a clock (UTC seconds)."""
        self._store = store
        self._clock = clock
        self._kept: Bounded[tuple[Channel, str], tuple[float, str, Exchange]] = Bounded(MOST_KEPT)

    async def remember(self, request: Request, answered: Exchange) -> None:
        """Keep the answer to a request in place of those that would be found by the same names."""
        now, member, names = self._clock(), request.author.id, _names(request, private=answered.private)
        for name in names:
            self._kept[name] = (now, member, answered)
        if self._store is not None:
            with suppress(StoreError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._store.conversations.remember(names, member, answered.as_json(), now + KEPT)

    async def recall(self, request: Request, lines: Lines) -> Exchange | None:
        """Return the answer that a request goes on from, or None.

        That is the one of the bot's message it replies to, the last of its thread, or its author's last in the channel.
        What stands on that message's buttons is newer than what was remembered of it.
        """
        reference = request.reference
        if reference is None:
            return await self._find(request, request.channel.home, _by(request.author))
        buttons = read_buttons(reference.lines, lines)
        if request.channel.thread and reference.message == request.channel.thread:
            found = await self._find(request, request.channel, "")
            return found or await self._find(request, request.channel, _by(request.author)) or buttons
        if not reference.own:
            return None
        found = await self._find(request, request.channel, reference.answers) if reference.answers else None
        if found is None and buttons is not None:
            last = await self._find(request, request.channel, _by(request.author))
            found = last if last and set(last.shown) & set(buttons.shown) else None
        return _newer(found, buttons)

    def forget(self, channel: Channel, author: Author | None) -> None:
        """Forget in this process what a member was answered, wherever that is the same member; None is a whole tenant.

        The store's own rows go with the member's and the tenant's others.
        """
        for known, (_, member, _) in list(self._kept.items()):
            if is_of(channel, author, known[0], member):
                del self._kept[known]

    async def _find(self, request: Request, channel: Channel, name: str) -> Exchange | None:
        """Return what is known by a name of a channel, unless it is hours old or somebody else's alone."""
        then, member, answered = self._kept.get((channel, name), (0.0, "", None))
        if self._clock() - then > KEPT:
            answered = None
        if self._store is not None and (answered is None or self._store.shared):
            with suppress(StoreError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    kept = await self._store.conversations.find(channel, name, self._clock())
                member, answered = (kept[0], Exchange.from_json(kept[1])) if kept else ("", None)
        if answered is None or (answered.private and member != request.author.id):
            return None
        return answered


def read_buttons(texts: Sequence[str], lines: Lines) -> Exchange | None:
    """Return what the lines behind a message's buttons say of it; None where they name no passage and turn no page.

    The line for more words around a passage names the one that is shown; so does one that names a single passage.
    """
    read = [(text, parse_line(text)) for text in texts]
    turns = tuple(text for text, line in read if is_turn(line, lines))
    passages = [line for _, line in read if line.name == lines.line(Use.PASSAGE).name]
    single = [line.words for line in passages if line.words and " " not in line.words]
    shown = tuple(dict.fromkeys(single)) or tuple(next((line.words.split()[:1] for line in passages), ()))
    return Exchange(shown=shown, turns=turns) if shown or turns else None


def is_turn(line: Line, lines: Lines) -> bool:
    """Say whether a line shows passages, or another page of what was shown."""
    return line.name == lines.line(Use.PASSAGE).name or "page" in dict(line.options)


def is_of(channel: Channel, author: Author | None, place: Channel, member: str) -> bool:
    """Say whether what a member has in a place is the author's, here or wherever they are one; None: the tenant's."""
    everywhere = author is not None and not author.tenant
    near = place.platform == channel.platform and (everywhere or place.tenant == channel.tenant)
    return near and (author is None or member == author.id)


def _newer(found: Exchange | None, buttons: Exchange | None) -> Exchange | None:
    """Return what was remembered of a message, with what stands on it now where that is another passage or page."""
    if found is None or buttons is None or not set(buttons.turns) - set(found.turns):
        return found or buttons
    return dataclasses.replace(found, line="", shown=buttons.shown, key="", turns=buttons.turns)


def _by(author: Author) -> str:
    """Return the name of a member's last answer; no id of a message begins so."""
    return f"@{author.id}"


def _names(request: Request, *, private: bool) -> list[tuple[Channel, str]]:
    """Return what an answer is found by: its asker, the request it is for, and its thread if others see it there.

    A request without a reference began its thread, if it has one: it is its asker's last in the channel too.
    """
    channel = request.channel
    names = [(channel, _by(request.author))]
    if request.reference is None and channel.thread:
        names.append((channel.home, _by(request.author)))
    if request.id:
        names.append((channel, request.id))
    if channel.thread and not private:
        names.append((channel, ""))
    return names
