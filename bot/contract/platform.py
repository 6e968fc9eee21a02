"""What a platform is to the rest of the bot: a row of values, and an adapter that does what differs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bot.contract.post import Posting

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.contract.finding import Credential, Examined
    from bot.contract.message import Channel
    from bot.contract.post import Post, Posted
    from bot.settings import Settings

__all__ = ["Adapter", "Connection", "Lack", "Platform"]


class Connection(StrEnum):
    """How an adapter stands to its platform; health tells it in these words."""

    CONNECTED = "connected"
    """Members are heard."""
    STANDS_BY = "standby"
    """Another process hears them; this one takes over."""
    POSTS = "posts"
    """It only posts, and finishes what others left."""
    AWAY = "away"
    """The platform is not reached yet, or no more; it is tried again by itself."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that a platform does not have, and what there is instead."""

    what: str
    instead: str


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform's row: what the rest of the bot must know of it."""

    name: str
    """What `Channel.platform` says of its channels."""

    title: str
    """Its name for people."""

    lacks: tuple[Lack, ...] = ()

    longest_line: int = sys.maxsize
    """Characters of the longest line that a button of it can carry."""

    tokens: tuple[str, ...] = ()
    """The settings of which any says that it is to be served."""

    secret_shapes: tuple[str, ...] = ()
    """Patterns of what no log may show: a token in a library's traceback has no name beside it."""

    role: Callable[[Settings], str] = lambda _: "gateway"
    """Which role of a process hears its members."""

    credentials: tuple[Credential, ...] = ()
    """What its portal shows that somebody may paste: what belongs in a setting, and what is taken for it."""

    asks: tuple[str, ...] = ()
    """The settings that setting it up asks for, in order; its texts `portal-SETTING` say where each is found."""

    listens_at: Callable[[Settings], tuple[str, int] | None] = lambda _: None
    """The host and port at which it is called, None where it calls itself."""

    examine: Callable[..., Callable[[Sequence[Channel]], Awaitable[Examined]]] | None = None
    """Return what asks it about the bot, importing its library: `(settings, store)`; the store may be None.

    In a few seconds and changing nothing it is asked whether the tokens are good, what its portal has switched on, and
    what the bot lacks in some channels. A failure is a finding.
    """

    connect: Callable[..., Adapter] | None = None
    """Return its adapter, importing its library: `(settings, core, store, *, listens, presence, name, turns)`.

    One that does not `listen` only posts, and finishes what others left. `presence` tells what the bot listens
    to, `name` this process's in leases, `turns` what its platforms share. None for one that no token serves.
    """


class Adapter(Posting, Protocol):
    """A platform: it turns events into Requests, draws Replies, and posts what nobody asked for."""

    platform: str
    """What `Channel.platform` says of this adapter's channels."""

    resend_within: float
    """Seconds after the first try in which sending a post again cannot show it twice; 0 where nothing prevents it."""

    async def run(self) -> None:
        """Serve until told to stop or until the input ends; an OperatorError says what only the operator can mend."""

    def stop(self) -> None:
        """Ask `run` to end: it finishes what is in work and returns."""

    def connection(self) -> Connection:
        """Return how it stands to its platform, as far as is known without asking."""

    async def check(self, channel: Channel) -> str:
        """Return "" when the bot may post in the channel and read its own messages there, else a sentence: what lacks.

        The sentence is for an admin and names the permission or the step to take.
        """

    async def open_thread(self, channel: Channel, post: Post, ref: str, *, again: bool) -> Posted:
        """Try once to open the thread under a post, with its prompt; Sent when it stands, whoever opened it.

        `ref` is the platform's name for the post's message; `again` says that an earlier try may have gone through.
        """

    async def delete(self, channel: Channel, ref: str) -> bool:
        """Delete one of the bot's own messages; True when it is gone."""

    async def tell(self, channel: Channel, member: str, sentence: str) -> bool:
        """Tell an admin something about a channel, privately; True when the platform took it."""

    async def clock_ahead(self) -> float | None:
        """Return how many seconds the platform's clock is ahead of this one, None when it is not known."""
