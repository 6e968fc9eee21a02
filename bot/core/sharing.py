"""Showing everyone what one member saw: kept for hours, posted once, under the message that it is about.

What everyone gets is the very reply, kept as it was drawn, without what only its asker goes on with. It is posted under
a key that follows from the message it is about and from what it says, so that the same verdict on the same message
stands once, whoever shares it, from whichever process. What remains: where the bot may not post, and so the answer to
the press itself is what everyone sees, nobody can look whether that arrived.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import hashlib
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.contract import (
    Button,
    Found,
    Later,
    Outcome,
    Post,
    Refused,
    Reply,
    Sent,
    Unclear,
    Use,
    freeze,
    listen,
    parse_line,
    source,
    thaw,
)
from bot.core.conversation import KEPT, PATIENCE, is_of
from bot.errors import StoreError, UserError
from bot.intake import Bounded
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.contract import Author, Card, Channel, Lines, Posting, Request
    from bot.store import Store

__all__ = ["Sharing"]

MOST_KEPT = 1_000
"""Answers kept in memory where there is no store; the one kept longest ago is forgotten first."""

LEASE = 60.0
"""Seconds in which whoever claimed a post should have sent it; then it is looked for, and may be sent by another."""

LOOKS, LOOK_SECONDS = 8, 0.25
"""How often, and seconds after which, a press looks again whether another's post stands."""

_TEXTS = ("asked", "about", "thread", "key")


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer as everyone gets it, what says what was asked, what it is about and where, its post's key."""

    reply: Reply
    asked: str
    about: str
    thread: str
    key: str

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON for the store."""
        return {name: getattr(self, name) for name in _TEXTS} | {"reply": freeze(self.reply)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> _Kept | None:
        """Return what `as_json` gave; None for anything else."""
        try:
            return cls(thaw(kept["reply"]), *(str(kept[name]) for name in _TEXTS))
        except (KeyError, TypeError, ValueError):
            return None


class Sharing:
    """The answers that one member saw and may show to everyone, and what was made of them."""

    def __init__(
        self,
        store: Store | None,
        clock: Callable[[], float],
        lines: Lines,
        verbatim: Callable[[Sequence[Card]], tuple[Card, ...]],
    ) -> None:
        """Take the store, if there is one, a clock (UTC seconds), and what leaves out cards that are not verbatim."""
        self._memory = _Memory()
        self._room = store.conversations if store is not None else self._memory
        self._clock = clock
        self._lines = lines
        self._verbatim = verbatim

    async def offer(self, request: Request, reply: Reply, asked: str) -> Reply:
        """Return a reply with the key of *Share*, and keep it; as it is where it cannot be kept.

        `asked` is the sentence that says what was asked, for where it stands under no message; "" where it needs none.
        """
        place, author = request.channel, request.author
        shown = self._for_everyone(reply)
        what = (shown.text, *(button.line for button in shown.buttons))
        where = (place.platform, place.tenant, place.id, request.about)
        key = _digest(*where, *(() if request.about else (place.thread, author.id, asked)), *what)
        name = _digest(*where, place.thread, author.id, asked, *what)
        kept = _Kept(shown, asked, request.about, place.thread, key)
        try:
            async with asyncio.timeout(PATIENCE):
                until = self._clock() + KEPT
                await self._room.remember([(place.home, f"share:{name}")], author.id, kept.as_json(), until)
        except (StoreError, TimeoutError):
            return reply
        return dataclasses.replace(reply, share=name)

    async def show(self, request: Request, posting: Posting) -> Reply:
        """Show everyone the answer that a request names; return what whoever pressed is told.

        Where the bot may not post, and others see the answer to the press, that is the answer itself.
        """
        place = request.channel.home
        found = await self._room.find(place, f"share:{request.share}", self._clock())
        kept = _Kept.from_json(found[1]) if found else None
        if found is None or kept is None:
            raise UserError(say("share.gone"))
        if found[0] != request.author.id:
            raise UserError(say("share.not-yours"))
        if await asyncio.to_thread(self._verbatim, kept.reply.cards) != kept.reply.cards:
            raise UserError(say("share.gone"))
        there = dataclasses.replace(place, thread=kept.thread)
        before = await self._claim(place, kept.key)
        if "ref" in before:
            return await _told(say("share.stands"), posting, there, str(before["ref"]))
        since = dt.datetime.fromtimestamp(float(str(before.get("since") or time.time())), dt.UTC)
        asked = kept.reply if kept.about else _with_asked(kept)
        post = Post(kept.key, asked, since, dt.datetime.now(dt.UTC), about=kept.about)
        if before and request.posts and (ref := await _find(posting, there, post)):
            await self._settle(place, kept.key, ref)
            return await _told(say("share.stands"), posting, there, ref)
        sent = await posting.post(there, post) if request.posts else Refused("")
        if isinstance(sent, Refused) and not request.private:
            await self._settle(place, kept.key, "")  # before it is shown, which cannot be looked for
            return _with_asked(kept)
        if isinstance(sent, Refused | Later):
            await self._room.let_go(place, _post_name(kept.key))
            raise UserError(say("share.later") if isinstance(sent, Later) else say("share.refused", why=sent.why))
        ref = sent.ref if isinstance(sent, Sent) else await _find(posting, there, post)
        if isinstance(sent, Unclear) and not ref:
            raise UserError(say("share.unclear"))
        await self._settle(place, kept.key, ref)
        return await _told(say("share.done"), posting, there, ref)

    def forget(self, channel: Channel, author: Author | None) -> None:
        """Forget in this process what a member may share; None is a whole tenant."""
        self._memory.forget(channel, author)

    async def _settle(self, place: Channel, key: str, ref: str) -> None:
        """Note that a post stands, and the platform's name for it, "" where that is not known."""
        await self._room.settle(place, _post_name(key), {"ref": ref})

    async def _claim(self, place: Channel, key: str) -> Mapping[str, object]:
        """Claim a post and return {}, or `since` where an earlier try is not known to stand; else the `ref` it has."""
        for look in range(LOOKS):
            if look:
                await asyncio.sleep(LOOK_SECONDS)
            ours, before = await self._room.claim(place, _post_name(key), LEASE, KEPT)
            if ours or "ref" in before:
                return before
        raise UserError(say("share.under-way"))

    def _for_everyone(self, reply: Reply) -> Reply:
        """Return a reply with what anyone can go on with: more words, its source, the moment; or a field to ask in."""
        passage, proof = self._lines.line(Use.PASSAGE).name, self._lines.line(Use.PROOF).name
        read = [(button, parse_line(button.line)) for button in reply.buttons]
        around = [each for each, line in read if line.name == passage and "at" not in dict(line.options)][:1]
        quote = next((card.quote for card in reply.cards if card.quote), None)
        if quote is None:
            field = say("step.your-question")
            buttons = (Button(say("step.ask-again"), self._lines.to(Use.QUESTION), field=field),)
        else:
            sources = [each for each, line in read if line.name == proof][:1] or [source(self._lines, quote.id)]
            moments = [each for each in reply.buttons if each.url][:1] or listen(quote.citation)
            buttons = (*around, *sources, *moments)
        return dataclasses.replace(reply, buttons=buttons, private=False, share="")


class _Memory:
    """The rooms of the store that sharing needs, for a process without one."""

    def __init__(self) -> None:
        self._kept: Bounded[tuple[Channel, str], tuple[str, Mapping[str, object], float]] = Bounded(MOST_KEPT)

    async def remember(
        self, names: Sequence[tuple[Channel, str]], member: str, answer: Mapping[str, object], expires_at: float
    ) -> None:
        for name in names:
            self._kept[name] = (member, answer, expires_at)

    async def find(self, channel: Channel, name: str, now: float) -> tuple[str, Mapping[str, object]] | None:
        member, answer, expires_at = self._kept.get((channel, name), ("", {}, 0.0))
        return (member, answer) if expires_at > now else None

    async def claim(self, channel: Channel, name: str, lease: float, keep: float) -> tuple[bool, Mapping[str, object]]:
        now = time.time()
        _, answer, expires_at = self._kept.get((channel, name), ("", {}, 0.0))
        until = answer.get("until")
        if expires_at > now and (until is None or float(str(until)) > now):
            return False, answer
        before = {"since": answer["since"]} if expires_at > now else {}
        self._kept[channel, name] = ("", {"since": now, **before, "until": now + lease}, now + keep)
        return True, before

    async def settle(self, channel: Channel, name: str, answer: Mapping[str, object]) -> None:
        with suppress(KeyError):
            member, _, expires_at = self._kept[channel, name]
            self._kept[channel, name] = (member, answer, expires_at)

    async def let_go(self, channel: Channel, name: str) -> None:
        self._kept.pop((channel, name), None)

    def forget(self, channel: Channel, author: Author | None) -> None:
        for known, (member, _, _) in list(self._kept.items()):
            if is_of(channel, author, known[0], member):
                del self._kept[known]


def _with_asked(kept: _Kept) -> Reply:
    """Return an answer with what was asked said last, as it stands under no message that says so."""
    return dataclasses.replace(kept.reply, aside="\n".join(filter(None, (kept.reply.aside, kept.asked))))


async def _find(posting: Posting, place: Channel, post: Post) -> str:
    """Return the name of a post that may stand, "" where it does not; UserError where nobody can say."""
    seen = await posting.find(place, post)
    if not isinstance(seen, Found):
        raise UserError(say("share.unclear"))
    return next(iter(seen.refs), "")


async def _told(sentence: str, posting: Posting, place: Channel, ref: str) -> Reply:
    """Tell whoever pressed that the answer stands, with the way there."""
    link = await posting.link(place, ref) if ref else ""
    buttons = (Button(say("buttons.go-there"), url=link),) if link else ()
    return Reply(sentence, Outcome.FOUND, buttons=buttons, private=True)


def _post_name(key: str) -> str:
    return f"post:{key}"


def _digest(*parts: str) -> str:
    """Return 24 characters of 0-9 and a-f that follow from all the parts."""
    return hashlib.blake2s("\0".join(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()
