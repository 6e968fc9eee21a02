"""Reading a member's half-remembered line: what of it was said, and what is talk around it."""

from __future__ import annotations

import re

__all__ = ["LONGEST_QUERY", "clean"]

LONGEST_QUERY = 2_000
"""Characters of a query that are looked at; a line one remembers is far shorter."""

_QUOTES = "\"“”'‘’ "
_NOISE = r"(?:lol|lmao|rofl|haha+|hmm+|omg|btw|pls|plz|please|hey|yo|so|ok|okay|um+|uh+)"
_SAYS = r"(?:said|says|say|talks?|talked|talking|mentions?|mentioned|goes|went|is like|was like|asks?|asked)"
_WHO = r"(?:he|she|they|lex|mark|zuck|zuckerberg|fridman|the host|the guest|someone|somebody)"
_PREFIXES = (
    re.compile(rf"^{_NOISE}[\s,:;.!]+", re.IGNORECASE),
    re.compile(r"^[^\W\d_]{2,20}(?: [^\W\d_]{2,20})?\s?:\s+"),
    re.compile(
        r"^(?:where was |what was |find |remember )?(?:the|that|this) (?:bit|part|moment|line|thing|quote|place)"
        rf"(?: in which| where| when| about| with)?(?: {_WHO})?(?: {_SAYS})?"
        r"(?: (?:something )?(?:about|like|that|how))?[\s,:]+",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?:when|where|what) (?:did|does|do) {_WHO} (?:say|mention|talk about)(?: (?:that|about))?[\s,:]+",
        re.IGNORECASE,
    ),
)
_SUFFIX = re.compile(rf"[\s,]+(?:{_NOISE}|or (?:something|sth|whatever)(?: like that)?)[\s.!?]*$", re.IGNORECASE)


def clean(text: str) -> str:
    """Return the words that may have been said, without framing, chat noise and speaker prefixes.

    When nothing would be left, the text stays as it is.
    """
    text = " ".join(text[:LONGEST_QUERY].split()).strip(_QUOTES)
    before = ""
    while text != before:
        before = text
        for prefix in _PREFIXES:
            text = _kept(prefix.sub("", text, count=1), text)
        text = _kept(_SUFFIX.sub("", text).strip(_QUOTES), text)
    return text


def _kept(shorter: str, text: str) -> str:
    """Return the shorter text, unless it lost its last word."""
    return shorter if any(character.isalnum() for character in shorter) else text
