"""Words and phrases that tell a quotable line from small talk, as a person sorted them."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources

from bot.language import stop_words

__all__ = ["PHRASES", "common_words", "kinds_by_word", "words_by_kind"]


def common_words() -> frozenset[str]:
    """Return the commonest words of talk."""
    return stop_words("commonest", "function", "contraction", "filler", "sound", "light", "plain", "usual")


@lru_cache(maxsize=1)
def words_by_kind() -> dict[str, frozenset[str]]:
    """Return the words of each kind in `lexicon.toml`, read when first needed."""
    table: dict[str, str] = tomllib.loads(resources.files("bot.highlights").joinpath("lexicon.toml").read_text("utf-8"))
    return {kind: frozenset(words.split()) for kind, words in table.items()}


@lru_cache(maxsize=1)
def kinds_by_word() -> dict[str, tuple[str, ...]]:
    """Return for a word the kinds it belongs to."""
    kinds = words_by_kind()
    return {
        word: tuple(kind for kind, words in kinds.items() if word in words)
        for word in frozenset().union(*kinds.values())
    }


PHRASES = {
    "idle": re.compile(r"\b(?:you know|i mean|kind of|sort of|i don't know|and so on|all that kind of)\b"),
    "talk": re.compile(
        r"\b(?:let me ask|i have to ask|got to ask|i want to ask|you mentioned|you said|like i said|as you say|"
        r"like we|we talked about|we were talking|talking about|you asked|your point|your question|that question|"
        r"this question|your thoughts|what do you think|can you (?:say|tell|comment)|i should (?:say|mention)|"
        r"going back to|get back to|gets back to|to clear up|question from|speaking of|in that sense|that sense)\b"
    ),
    "selling": re.compile(
        r"\b(?:sponsor\w*|sign up|promo|discount|free trial|trial period|checkout|check (?:out|them)|dot com|"
        r"\w+\.(?:com|ai|io|org)|slash|per month|brought to you|subscribe|patreon|merch|podcast|description|"
        r"first month|go to|head over|affordable|licensed|ad reads?|buy)\b"
    ),
    "farewell": re.compile(
        r"\b(?:thank you|thanks for|hope to see you|huge fan of yours|honored to|the following is a conversation|"
        r"dear friends|welcome to|listening to this|talk to you again|leave you with|congratulations|here's \w+ \w+\.)"
    ),
    "aphorism": re.compile(
        r"\b(?:the moment (?:that )?you|one of the|if you (?:don't|can't|want|do)|more \w+ than|the more|the most|"
        r"at the end of the day|doesn't mean|part of the|is willing|willing to|nothing is|there's a|the key|"
        r"what it means|the best way|a lot of (?:us|people)|ends up|not just|no matter|i always|i never|makes? me|"
        r"makes? you|in my life|for the first time|once you|when you|as you|you have to|you just|you can't)\b"
    ),
    "hedge": re.compile(
        r"\b(?:i'm not sure|not exactly|we'll see|i guess|hard to say|some of (?:this|that|these|those)|and so on|"
        r"or whatever|or something|things like that|stuff like that|a bunch of|that kind of|in terms of)\b"
    ),
    "loose": re.compile(
        r"\b(?:(?:that|this|it|them|those|these|there)(?=[.,?!]|$)|(?:on|of|about|for|with|to|in|doing|do|from|around) "
        r"(?:that|this|it|them|those|these)\b(?! \w+ing)|(?:these|those|this|that) (?:kinds? of|things?|stuff|one|ones|"
        r"piece|pieces|sense|case|cases|question|questions)\b|the thing\b|that's why|like that\b)"
    ),
    "broken": re.compile(
        r"\b(?:(?:the|a|an) (?:and|is|are|it's|i|we|they|but|so|that's|that|of|to|in|was|you)|of (?:is|are|and|but)|"
        r"is (?:is|it's|that that)|that (?:that|that's)|it's (?:is|it's)|to (?:is|are|to)|you're,|they're,|it's,|"
        r"i'm,|is,|are,|was,|the,|a,|an,|of,|to,|that's,|for for|but but|and and|or or)\b"
    ),
}
"""Phrases by kind: idle talk, talk of the talk, selling, farewell, aphorism, hedge, loose ends, broken grammar."""
