"""How long a text of a member may be."""

from __future__ import annotations

from bot.policy.texts import say

__all__ = ["LONGEST_MESSAGE", "LONGEST_TEXT", "overlong_sentence"]

LONGEST_TEXT = 2_000
"""Characters of a question, a quote or an option's value: what Discord takes as one message from most members."""

LONGEST_MESSAGE = 2 * LONGEST_TEXT
"""Characters of all that comes at once: a text with its command and options, and the signs a platform writes in it.

What is longer is refused unread, by adapters and by the core; Slack sends up to 40,000 characters.
"""


def overlong_sentence(count: int, most: int = LONGEST_TEXT) -> str:
    """Return the sentence for a text of so many characters, of which so many at most are read."""
    return say("refusal.too-long", count=f"{count:,}", most=f"{most:,}")
