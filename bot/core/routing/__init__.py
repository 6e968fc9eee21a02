"""Reading a free message is one decision: `read_intent` is the door."""

from bot.core.routing.nearness import Near, Nearness, read_nearness
from bot.core.routing.reading import Intent, asks, join_words, read_intent

__all__ = ["Intent", "Near", "Nearness", "asks", "join_words", "read_intent", "read_nearness"]
