"""Reading a free message is one decision: `read_message` is the door."""

from bot.core.routing.intent import Intent, Known, join_words
from bot.core.routing.message import read_aside, read_message, read_request
from bot.core.routing.nearness import Near, Nearness, read_nearness
from bot.core.routing.parts import without_talk
from bot.core.routing.recognition import Recognised, recognise
from bot.core.routing.rows import asks

__all__ = [
    "Intent",
    "Known",
    "Near",
    "Nearness",
    "Recognised",
    "asks",
    "join_words",
    "read_aside",
    "read_message",
    "read_nearness",
    "read_request",
    "recognise",
    "without_talk",
]
