"""What a free message wants: a mention or a direct message is read as one command, and others are offered.

A claimed quote in quotation marks, or “did he say …”, is for `/verify`; “the bit where …” and a bare fragment of a line
for `/quote`; one or two words that name a topic for `/topic`; everything else is a question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.language import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["Intent", "read_intent"]

TELLING = 2.5
"""Summed rarity from which words can be looked for as a line; below it they are said all over an episode."""

SAME_NAME = 0.84
"""Share of letters in order (`bot.language.ratio`) from which a name is the known one with a slip."""

_FEWEST = 3
"""Words that make a claim or a fragment; fewer in quotation marks are somebody's scare quotes."""

_LONGEST_TOPIC = 4
_LONGEST_NAME = 40

_MENTIONS = re.compile(r"<@!?\w+(?:\|[^>]*)?>|^@[\w.-]+(?=[\s,:])")
_EDGES = " \t\r\n,:;-\u2013\u2014"
_QUOTED = re.compile(r"[\"“”„«]([^\"“”„«»]{3,})[\"“”»]|(?<!\w)['‘]([^'‘’\"]{12,})['’](?!\w)")
_PERSON = r"(?:he|she|they|you|someone|somebody|anyone|anybody|[A-Za-z][\w.'-]*(?: [A-Z][\w.'-]*)?)"
_DID_SAY = re.compile(
    rf"^(?:so |wait,? |but |and |hey,? )*"
    rf"(?:(?:did|does|has|have) {_PERSON} (?:really |actually |ever |rly |just |literally )*"
    r"(?:say|said|claim|claimed|state|stated|tell|call|called)\b|is it (?:true|real|right) (?:that )?|"
    r"(?:is|was) (?:this|that|it) (?:a |an )?(?:real|actual|true|legit|genuine|fake)?\s*(?:quote|line)\b|"
    r"(?:can you )?(?:verify|fact[- ]?check|check|confirm)\b(?: (?:this|that|if|whether))*:?)\s*"
    r"(?:(?:this|that|it|quote|line)\b[,:]?\s*)*(?P<claim>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_SAY_WHAT = re.compile(
    r"^(?:anything|something|something else|nothing|what|whether|if|why|how|when|where|who|which|more|about|much|a lot|"
    r"so|yes|no|true)\b",
    re.IGNORECASE,
)
_WHO_SAID = re.compile(
    r"\b(?:who|where|when|which (?:episode|part)) (?:\w+ )?(?:said|says|was it said)\b", re.IGNORECASE
)
_PLACE = r"(?:bit|part|moment|line|quote|place|joke|point|story|example|analogy|comment|section|scene|thing)"
_FIND = re.compile(
    rf"^(?:(?:so|and|hey|ok|okay|pls|please|can you|could you|find|find me|show me|get me|look for|looking for|"
    rf"what was|whats|what's|what is|where was|where's|where is|wheres|remember|anyone remember|"
    rf"does anyone remember|quote)[,:]?\s+)*"
    rf"(?:(?:that|the|this|his|her|one)\s+)+(?:\w+\s+)?{_PLACE}\s+"
    rf"(?:in which|where|when|about|with|on|that|he|she|they|how)\b",
    re.IGNORECASE,
)
_QUOTE_FIRST = re.compile(
    r"^(?:find (?:me )?(?:the )?(?:quote|line)|quote|the quote|the line|who said(?: that)?|who says|where (?:did|does) "
    r"[\w'-]+(?: [\w'-]+)? say|something (?:like|about how)|"
    r"when [\w'-]+(?: [\w'-]+)? (?:said|says|goes|was like))"
    r"\b[:,]?\s*(?P<words>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_SCENE = re.compile(
    r"^(?:(?:when|where) (?:(?:you|u|we|i)\b|[\w'-]+ (?!(?:does|is|was|has|did|s|r)\b)\w+(?:s|ed|es)\b)|"
    r"something about\b)"
    r"(?=(?:.*\s){3})[^?]*$",
    re.IGNORECASE | re.DOTALL,
)
"""“when lex asked if …”, “where he mentions …”: a scene, not a question."""
_WHO_SAID_IT = re.compile(
    r"^(?:and )?(?:who|when|where) (?:said|was|is|did \w+ say) (?:that|this|it)\W*$", re.IGNORECASE
)
_ASKS = re.compile(
    r"^(?:(?:so|and|but|ok|okay|well|hey|hi|hello|yo|wait|also|then|btw|um|uh|pls|please|lol|tbh|hmm+)[\s,]+)*"
    r"(?:what|whats|wat|wats|wut|wuts|who|whos|whom|whose|when|whens|where|wheres|why|y|how|hows|which|is|isnt|isn't|are|aren't|was|were|"
    r"do|does|doesn't|did|didn't|can|can't|could|would|will|won't|should|has|have|had|may|might|any|"
    r"tell|explain|describe|summari[sz]e|give|list|compare|thoughts|any|more)\b",
    re.IGNORECASE,
)
_SLANG = re.compile(
    r"\b(?:how come|or nah|or not|or what|acc to|according to|what for|rite|right)\W*$|\?|\bidk\b", re.IGNORECASE
)
_FOLLOWS = re.compile(
    r"^(?:and|but|more|again|next|another|else|why|also|ok|thanks|thank you|hi|hello|hey|yes|no|really)\b[^.]{0,12}$|"
    r"^(?:and|but)\b.{0,20}\?",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"^(?:the )?(?:topic|topics|subject|summary of|summari[sz]e|overview of|tell me about|talk about|anything on|"
    r"everything on|everything about|stuff about|more on|more about)\b:?\s+(?:the )?(?:topic )?(?P<name>.+)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Intent:
    """How a message is read: a command's name, its free words, and the commands it could also be meant as."""

    command: str
    words: str
    others: tuple[str, ...] = ()


def read_intent(
    text: str, known_topics: Collection[str] = (), rarity: Callable[[str], float | None] | None = None
) -> Intent:
    """Read a free message; total over any text.

    `known_topics` are names as members type them; `rarity` tells how telling words are together (`Searcher.weight`) and
    returns None for text without words.
    """
    words = _without_mentions(text)
    weigh = rarity or (lambda line: float(len(line.split())))
    return (
        _verify(words)
        or _lookup(words, weigh)
        or _topic(words, known_topics)
        or _fragment(words, weigh)
        or Intent("ask", words, ("quote",))
    )


def _without_mentions(text: str) -> str:
    """Take mentions and what parts them from the words off a message."""
    return " ".join(_MENTIONS.sub(" ", text.strip()).split()).strip(_EDGES)


def _verify(words: str) -> Intent | None:
    """Read a claimed quote: in quotation marks, or after “did he say”."""
    quoted = next((match for match in _QUOTED.finditer(words) if len((match[1] or match[2]).split()) >= _FEWEST), None)
    if quoted:
        inside = (quoted[1] or quoted[2]).strip()
        around = (words[: quoted.start()] + " " + words[quoted.end() :]).strip(_EDGES + ".?!")
        if _WHO_SAID.search(around) or _FIND.match(around + " about"):
            return Intent("quote", inside, ("verify", "ask"))
        if _ASKS.match(around) and not _DID_SAY.match(around) and len(around.split()) > _FEWEST:
            return Intent("ask", words, ("verify", "quote"))
        return Intent("verify", words if _names_who(around) else inside, ("quote", "ask"))
    said = _DID_SAY.match(words)
    if said and len(said["claim"].split()) >= _FEWEST and not _SAY_WHAT.match(said["claim"]):
        return Intent("verify", said["claim"].strip(_EDGES + "?"), ("ask", "quote"))
    return None


def _names_who(around: str) -> bool:
    """Say whether what stands around a quote is just who is said to have said it: “Mark: …”, “… — Lex”."""
    return bool(re.fullmatch(r"[\u2014\u2013~-]?\s*[A-Za-z][\w.'-]*(?: [A-Za-z][\w.'-]*)?\s*:?", around))


def _lookup(words: str, weigh: Callable[[str], float | None]) -> Intent | None:
    """Read a line looked for: “the bit where …”, “who said …”."""
    if _WHO_SAID_IT.match(words):
        return None
    first = _QUOTE_FIRST.match(words)
    if first and (weigh(first["words"]) or 0.0) >= TELLING:
        return Intent("quote", words, ("ask",))
    return Intent("quote", words, ("ask",)) if _FIND.match(words) or _SCENE.match(words) else None


def _topic(words: str, known: Collection[str]) -> Intent | None:
    """Read a few words that name a topic, alone or after “tell me about”."""
    asked = _TOPIC.match(words)
    name = (asked["name"] if asked else words).strip(_EDGES + ".?!")
    if (
        not name
        or len(name.split()) > max(_LONGEST_TOPIC, _longest(known))
        or (not asked and words.rstrip().endswith("?"))
    ):
        return None
    return Intent("topic", name, ("ask", "quote")) if _is_known(name, known) else None


def _longest(known: Collection[str]) -> int:
    """Return how many words the longest short name has; labels that are sentences are not typed as topics."""
    return max((len(name.split()) for name in known if len(name) <= _LONGEST_NAME), default=0)


def _is_known(name: str, known: Collection[str]) -> bool:
    """Say whether a name is a known one, give or take a slip."""
    wanted = _folded(name)
    names = {_folded(each) for each in known}
    return wanted in names or bool(nearest(wanted, names, SAME_NAME))


def _folded(name: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", name.casefold()))


def _fragment(words: str, weigh: Callable[[str], float | None]) -> Intent | None:
    """Read a bare fragment of a line: no question, no order, and words that are telling enough to look for."""
    if len(words.split()) < _FEWEST or _ASKS.match(words) or _SLANG.search(words) or _FOLLOWS.match(words):
        return None
    return Intent("quote", words, ("ask", "verify")) if (weigh(words) or 0.0) >= TELLING else None
