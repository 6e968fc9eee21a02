"""What a platform is to the rest of the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.contract.message import Channel
    from bot.contract.post import Post, Posted, Seen

__all__ = ["Adapter"]


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
