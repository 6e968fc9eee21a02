"""What a member reads who is not answered now, the same on every platform."""

from __future__ import annotations

from bot.contract import LONGEST_MESSAGE, Outcome, Reply, overlong_sentence
from bot.policy.texts import say

__all__ = ["busy", "overlong", "slow_down", "stopping", "to_member", "too_long"]


def to_member(sentence: str) -> Reply:
    """Return a sentence for one member."""
    return Reply(sentence, Outcome.ERROR, private=True)


def busy() -> Reply:
    """Return the sentence for a member who asks while too many wait."""
    return to_member(say("intake.busy"))


def too_long() -> Reply:
    """Return the sentence for a member whose answer is not found in time."""
    return to_member(say("intake.too-long"))


def overlong(count: int) -> Reply | None:
    """Return the sentence for a member who sent so many characters at once, None where they may be read.

    It is asked before anything reads them: no text is so long that reading it keeps others waiting.
    """
    return to_member(overlong_sentence(count)) if count > LONGEST_MESSAGE else None


def stopping() -> Reply:
    """Return the sentence for a member who asks while the bot ends."""
    return to_member(say("intake.stopping"))


def slow_down(seconds: float) -> Reply:
    """Return the sentence for a member who asks too often, with the full seconds to wait."""
    return to_member(say("intake.slow-down", count=max(1, round(seconds + 0.5))))
