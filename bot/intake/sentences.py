"""What a member reads who is not answered now, the same on every platform."""

from __future__ import annotations

from bot.contract.message import Outcome, Reply

__all__ = ["BUSY", "STOPPING", "TOO_LONG", "say", "slow_down"]


def say(sentence: str) -> Reply:
    """Return a sentence for one member."""
    return Reply(sentence, Outcome.ERROR, private=True)


BUSY = say("I'm busy right now. Try again in a few seconds.")
TOO_LONG = say("That took too long, and I gave up. Ask for less at once.")
STOPPING = say("I'm restarting. Ask again in a minute.")


def slow_down(seconds: float) -> Reply:
    """Return the sentence for a member who asks too often, with the full seconds to wait."""
    wait = max(1, round(seconds + 0.5))
    return say(f"That's a lot of questions at once. Try again in {wait} second{'' if wait == 1 else 's'}.")
