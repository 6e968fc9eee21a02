"""The order in which a free message is read, beside what it may go on from."""

from __future__ import annotations

import re

from bot.contract import Use
from bot.core.routing.intent import Intent, Known
from bot.core.routing.kinds import kind_of, read_kind
from bot.core.routing.parts import last_talk, without_talk
from bot.core.routing.reading import read_intent
from bot.core.routing.rows import asks
from bot.language import foreign_language, only_words
from bot.policy.refusals import hostile

_NAMED_MENTION = re.compile(r"(?<=[\w,] )<[@#]!?\w{1,30}\|(?P<name>[^<>|]{1,100})>")
"""A member or a channel within a sentence, by a name that the platform writes: the sentence may need it."""

_FEW = 4
"""Words beside a greeting and the like that are talk too, where they ask nothing and nobody says them."""

__all__ = ["read_aside", "read_message", "read_request"]


def read_message(text: str, known: Known) -> Intent:
    """Read a message that goes on from nothing; total over any text."""
    return read_aside(text, known) or read_request(text, known)


def read_aside(text: str, known: Known) -> Intent | None:
    """Read a message that asks the transcripts nothing: talk, the bot, a fact, a quote please, a moment, or None."""
    return read_kind(only_words(text), text, known)


def read_request(text: str, known: Known) -> Intent:
    """Read a message that is none of these as a whole, though it may begin or end as one."""
    spoken = only_words(_NAMED_MENTION.sub(r"\g<name>", text))
    rest = without_talk(spoken) or (spoken if known.is_topic(spoken) or _is_doubted(spoken, known) else "")
    if not rest:
        return last_talk(spoken, known)
    if rest != spoken:
        aside = read_kind(rest, rest, known)
        if aside is not None:
            return aside
        if len(rest.split()) <= _FEW and not (asks(rest) or known.is_topic(rest) or known.says(rest)):
            return last_talk(spoken, known)
    language = foreign_language(spoken)
    if language is not None and not known.says(spoken):
        return Intent(Use.TALK, "language", options=(("language", language),))
    if hostile(spoken if _is_plain(text, spoken) else text, known.speakers, known.says):
        return Intent(Use.QUESTION, text)
    return read_intent(rest, known)


def _is_doubted(spoken: str, known: Known) -> bool:
    """Say whether a message is one word of talk with a question mark that the shows say: “love?”."""
    return spoken.rstrip().endswith("?") and len(spoken.split()) == 1 and kind_of(spoken, known) is None


def _is_plain(text: str, spoken: str) -> bool:
    """Say whether what stands beside spoken words is none: they ask. What does not, or is about a link, may order."""
    return asks(spoken) and "://" not in text
