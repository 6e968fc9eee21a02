"""Reading a member's half-remembered line: what of it was said, who is meant, and what is talk around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.language import shorthand, speaker_in, ways_to_name

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LONGEST_QUERY", "Remembered", "read_line"]

LONGEST_QUERY = 1_000
"""Characters of a query that are looked at; a line one remembers is far shorter."""

_QUOTES = "\"“”„'‘’ "
_NOISE = (
    r"(?:lol+|lmao+|rofl|haha+|hmm+|omg|btw|pls|plz|please|hey|yo|ok|okay|um+|uh+|idk|tbh|ngl|fr|bro|dude|guys|"
    r"anyone remember|does anyone remember|remember)"
)
_SAYS = (
    r"(?:said|says|say|saying|talks?|talked|talking|mentions?|mentioned|mention|goes|went|is like|was like|be like|"
    r"asks?|asked|jokes?|joked|joking|tells?|told|explains?|explained|explain|thinks?|describes?|described)"
)
_THING = (
    r"(?:bit|part|moment|line|thing|quote|place|joke|question|point|story|example|analogy|comment|answer|section|segment|"
    r"end|beginning|start|time)"
)
_TAIL = r"(?:(?:something|sth|smth|stuff)\s+)?(?:(?:about|like|that|how|on|if|whether|of)\b)?(?:\s+(?:how|like)\b)?"
_SUFFIX = re.compile(
    rf"(?<![\s,(])[\s,(]+(?:{_NOISE}|or (?:something|sth|smth|so|whatever)(?: like that)?|i think\?|right\?|stuff)"
    r"[\s.!?)]*$",
    re.IGNORECASE,
)
_NOISE_FIRST = re.compile(rf"^{_NOISE}[\s,:;.!…-]+", re.IGNORECASE)
_LABEL = re.compile(r"^([^\W\d_]{2,20}(?: [^\W\d_]{2,20})?)\s?:\s+")
_INSIDE = re.compile(r"[\"“„]([^\"“”„]{8,})[\"”“]")
_NOT_WORDS = re.compile(r"[^\w\s.,;:!?'’%$€£&/+@#()-]+")
_FEWEST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Remembered:
    """A line as remembered: `words` may have been said, `speaker` is the full name of whom the member names, if any."""

    words: str
    speaker: str | None = None


def read_line(text: str, speakers: Iterable[str] = ()) -> Remembered:
    """Take framing, chat noise, emoji and speaker's names off a line; when nothing would be left it stays as it is.

    A name is a hint about who speaks and no word of the line: “lex asked if …”, “zuck: …”.
    """
    aliases, frame = _naming(tuple(speakers))
    text = " ".join(text[:LONGEST_QUERY].split())
    inside = _INSIDE.search(text)
    if inside and len(inside[1].split()) >= _FEWEST_WORDS:
        outside = text[: inside.start()] + " " + text[inside.end() :]
        return Remembered(_spell_out(inside[1].strip(_QUOTES)), speaker_in(outside, aliases))
    speaker = speaker_in(text, aliases)
    text = _prefer(" ".join(_NOT_WORDS.sub(" ", text).split()).strip(_QUOTES), text)
    before = ""
    while text != before:
        before = text
        label = _LABEL.match(text)
        if label and (label[1].casefold() in aliases or len(text[label.end() :].split()) >= _FEWEST_WORDS):
            text = _prefer(text[label.end() :], text)
        text = _prefer(_NOISE_FIRST.sub("", text), text)
        match = frame.match(text)
        if match and any(match.group(name) for name in ("thing", "who", "says")):
            text = _prefer(text[match.end() :].strip(_QUOTES + ",.:-"), text)
        text = _prefer(_SUFFIX.sub("", text).strip(_QUOTES), text)
    return Remembered(_spell_out(_without_names(text, aliases)), speaker)


@lru_cache(maxsize=4)
def _naming(speakers: tuple[str, ...]) -> tuple[dict[str, str], re.Pattern[str]]:
    """Return who is meant by each way to name one of the speakers, and the pattern of what stands before a line."""
    aliases = ways_to_name(speakers)
    return aliases, _frame(aliases)


def _frame(aliases: dict[str, str]) -> re.Pattern[str]:
    """Return the pattern of what stands before a line: “the bit where he says something about”."""
    named = "|".join(sorted(map(re.escape, aliases), key=len, reverse=True))
    who = r"(?:he|she|they|the host|the guest|someone|somebody|we|you" + (f"|{named}" if named else "") + ")"
    return re.compile(
        rf"^(?:(?:so|and|find|show me|what was|what's|whats|where was|where's|wheres|who said|in)\s+)*"
        rf"(?:(?:the|that|this|his|her|one|first|last)\s+)*(?P<thing>{_THING}\b(?:'s|’s)?\s*)?"
        rf"(?:(?:in which|where|when|about|with|on|that|how|what|why)\s+)?(?:(?:did|does|do|was|is)\s+)?"
        rf"(?P<who>{who}\b(?:['’]s\b)?(?!['’])\s*)?(?:(?:was|is|also|even|actually|literally|just)\s+)*(?P<says>{_SAYS}\b\s*)?{_TAIL}[\s,:]*",
        re.IGNORECASE,
    )


def _without_names(text: str, aliases: dict[str, str]) -> str:
    """Take speakers' names out of the words, if enough words are left."""
    kept = [word for word in text.split() if re.sub(r"\W|['’]s$", "", word.casefold()) not in aliases]
    return " ".join(kept) if len(kept) >= _FEWEST_WORDS else text


def _spell_out(text: str) -> str:
    """Write texting forms as they are said; a single letter with a full stop stays."""
    forms = shorthand("typed", "slurred", "bare")
    return " ".join(forms.get(word.casefold(), word) for word in text.split())


def _prefer(shorter: str, text: str) -> str:
    """Return the shorter text, unless it lost its last word."""
    return shorter if any(character.isalnum() for character in shorter) else text
