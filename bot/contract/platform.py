"""What a platform is to the rest of the bot: a row of values, and an adapter that does what differs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.contract.message import Channel
    from bot.contract.post import Post, Posted, Seen
    from bot.settings import Settings

__all__ = ["Adapter", "Lack", "Platform"]


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that a platform does not have, and what there is instead."""

    what: str
    instead: str


@dataclass(frozen=True, slots=True)
class Platform:
    """All in which a platform differs from the others, as far as it is a value. Lengths are characters."""

    name: str
    """What `Channel.platform` says of its channels."""

    title: str
    """Its name for people."""

    longest_message: int = sys.maxsize
    longest_label: int = sys.maxsize
    longest_line: int = sys.maxsize
    """The longest line that a button of it can carry."""

    mention: str = ""
    """How a text names a member or the bot, with `{id}` in the place of the id."""

    tokens: tuple[str, ...] = ()
    """The settings of which any says that it is to be served."""

    secrets: tuple[str, ...] = ()
    """The settings that no log may show."""

    secret_shapes: tuple[str, ...] = ()
    """Patterns of what no log may show either: a token in a library's traceback has no name beside it."""

    lacks: tuple[Lack, ...] = ()

    acknowledge_within: float = 3.0
    """Seconds in which it wants to hear that an event was taken."""

    answer_within: float = 14.0
    """Seconds after which an answer is given up."""

    show_within: float = 17.0
    """Seconds after which no answer is begun to be shown: after 20 another process takes it for abandoned."""

    at_once: int = 16
    """Answers worked on at the same time."""

    most_waiting: int = 128
    """Answers that may wait for their turn; whoever asks beyond them is told to come back."""

    role: Callable[[Settings], str] | None = None
    """Which role of a process hears its members; None for one that is not served by its tokens."""


class Adapter(Protocol):
    """A platform: it turns events into Requests, draws Replies, and posts what nobody asked for."""

    platform: str
    """What `Channel.platform` says of this adapter's channels."""

    resend_within: float
    """Seconds after the first try in which sending a post again cannot show it twice; 0 where nothing prevents it."""

    async def run(self) -> None:
        """Serve until told to stop or until the input ends; an OperatorError says what only the operator can mend."""

    def stop(self) -> None:
        """Ask `run` to end: it finishes what is in work and returns."""

    async def check(self, channel: Channel) -> str:
        """Return "" when the bot may post in the channel and read its own messages there, else a sentence: what lacks.

        The sentence is for an admin and names the permission or the step to take.
        """

    async def post(self, channel: Channel, post: Post) -> Posted:
        """Try once to send a message; never raises for what the platform does."""

    async def find(self, channel: Channel, post: Post) -> Seen:
        """Look for the bot's messages with the post's key, from a minute before its first try."""

    async def delete(self, channel: Channel, ref: str) -> bool:
        """Delete one of the bot's own messages; True when it is gone."""

    async def tell(self, channel: Channel, member: str, sentence: str) -> bool:
        """Tell an admin something about a channel, privately; True when the platform took it."""

    async def clock_ahead(self) -> float | None:
        """Return how many seconds the platform's clock is ahead of this one, None when it is not known."""
