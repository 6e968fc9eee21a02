"""Several things in one message: the talk before and behind a question is taken off, the rest is read by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.routing.kinds import intent_of, is_bare, is_bare_talk, kind_of
from bot.core.routing.rows import asks, pattern

if TYPE_CHECKING:
    from bot.core.routing.intent import Intent, Known

__all__ = ["last_talk", "without_talk"]

_BEFORE = frozenset({
    "talk.hello", "talk.how-are-you", "talk.thanks", "talk.laugh", "talk.sorry", "talk.ok", "talk.praise",
    "talk.goodbye", "talk.elsewhere", "talk.bored", "talk.no",
})  # fmt: skip
_BEHIND = _BEFORE - {"talk.no", "talk.elsewhere", "talk.bored"}
"""Kinds of talk that stand before or behind what is meant."""

_THANKS = frozenset({"talk.thanks"})
_BARE = _THANKS | {"talk.hello", "talk.laugh"}
"""Kinds of talk that nothing parts from a question."""

_MOST, _MOST_WORDS = 6, 3
"""Clauses of talk on either side, and words of talk that no sign parts from the rest."""

_CLAUSE = re.compile(r"[^.!?,;\n]+[.!?,;\n]*")
_CALLED = re.compile(r"(?:(?:hey|hi|hello|ok|okay|yo|dear)[\s,]{1,3})?@?verbatim\b[\s,:;!.-]{1,3}(?=\w)", re.IGNORECASE)
_QUOTES = "\"“„«'‘"


def without_talk(text: str) -> str:
    """Return what a message says beside talk: all of it where it has none, "" where it is nothing but talk."""
    called = _CALLED.match(text)
    text = text[called.end() :] if called else text
    if text[:1] in _QUOTES:
        return text
    clauses = _CLAUSE.findall(text)
    first, last = 0, len(clauses)
    while first < min(last, _MOST) and is_bare_talk(clauses[first], _BEFORE):
        first += 1
    while last > max(first, len(clauses) - _MOST) and is_bare_talk(clauses[last - 1], _BEHIND):
        last -= 1
    rest = "".join(clauses[first:last]).strip(" ,;\n")
    return _without_bare(rest)


def last_talk(text: str, known: Known) -> Intent:
    """Return the talk that a message ends with which is nothing but talk."""
    kinds = [kind for clause in _CLAUSE.findall(text) if (kind := kind_of(clause, known))]
    last = kinds or [kind for word in text.split()[-1:] if (kind := kind_of(word, known))]
    return intent_of(last[-1] if last else "talk.hello")


def _without_bare(text: str) -> str:
    """Take a greeting, thanks or a laugh off the ends of a question that nothing parts from them."""
    laughs = pattern("laughs").search(text)
    if laughs and asks(text[: laughs.start()]):
        text = text[: laughs.start()].rstrip()
    words = text.split()
    for count in range(min(_MOST_WORDS, len(words) - 2), 0, -1):
        rest, before = " ".join(words[count:]), " ".join(words[:-count])
        if is_bare_talk(" ".join(words[:count]), _BARE) and (pattern("asks").match(rest) or is_bare(rest)):
            return _without_bare(rest)
        if is_bare_talk(" ".join(words[-count:]), _THANKS) and asks(before):
            return before
    return text
