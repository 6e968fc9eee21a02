"""What delivery and the adapters tell each other about a message that must be posted once.

An adapter never raises for what a platform does: it returns one of the outcomes below, and delivery decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import datetime as dt

    from bot.contract.message import Channel, Reply

__all__ = ["Blind", "Failure", "Found", "Later", "Post", "Posted", "Posting", "Refused", "Seen", "Sent", "Unclear"]


@dataclass(frozen=True, slots=True)
class Post:
    """One message to send once.

    `key` is 24 characters of 0-9 and a-f, the same for every try: Discord's nonce, Slack's metadata, the mark by which
    `Adapter.find` knows the message again. `first_try` and `last_try` are UTC, None before the first try. A `prompt` is
    the sentence of the thread that `Adapter.open_thread` opens under the message. It stands under the message whose id
    is `about` where that is still there, "" under none.
    """

    key: str
    reply: Reply
    first_try: dt.datetime | None = None
    last_try: dt.datetime | None = None
    prompt: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform has the message; `ref` is its name for it, `at` its `Date` header (UTC) when it sent one."""

    ref: str
    at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing was sent, and it may be tried again in so many seconds: a rate limit, no connection."""

    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform said no for good; `channel` when it refuses the bot in this channel, not only this message."""

    why: str
    channel: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """The message may or may not have been sent: a lost answer, a 5xx, a time-out."""

    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """The channel's history could be read: the bot's messages with the post's key, oldest first; () when none."""

    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blind:
    """The channel's history cannot be trusted: no permission to read it, or the platform failed."""

    why: str


Failure = Later | Refused | Unclear
"""Why something was not done, or may not have been."""

Posted = Sent | Failure
"""How one try to send ended."""

Seen = Found | Blind
"""What looking for a message gave."""


class Posting(Protocol):
    """What posts in a platform's channels."""

    async def post(self, channel: Channel, post: Post) -> Posted:
        """Try once to send a message; never raises for what the platform does."""

    async def find(self, channel: Channel, post: Post) -> Seen:
        """Look for the bot's messages with the post's key, from a minute before its first try."""

    async def link(self, channel: Channel, ref: str) -> str:
        """Return the address that opens a message, "" where the platform does not tell."""
