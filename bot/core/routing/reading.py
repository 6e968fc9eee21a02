"""What a free message wants: a mention or a direct message is read as one command, and others are offered.

What the library knows of its episodes (“which episode is about …”, “who is the guest of 12”) is asked of the library. A
claimed quote in quotation marks, or “did he say …”, is a claim; “the bit where …” and a bare fragment are a line; one
or two words that name a topic are one; everything else is a question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.contract import Use
from bot.language import nearest, read_rows
from bot.search import asks_for_check, read_claim

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["Intent", "asks", "join_words", "read_intent"]

TELLING = 2.5
"""Summed rarity from which words can be looked for as a line; below it they are said all over an episode."""

SAME_NAME = 0.84
"""Share of letters in order (`bot.language.ratio`) from which a name is the known one with a slip."""

_FEWEST = 3
"""Words that make a claim or a fragment; fewer in quotation marks are somebody's scare quotes."""

_LONGEST_TOPIC = 4
_LONGEST_NAME = 40

_MOST_NAMES = 50_000
"""Names whose words are remembered: topics, speakers and episodes of a library are gone through with each question."""

_EDGES = " \t\r\n,:;-\u2013\u2014"


@dataclass(frozen=True, slots=True)
class Intent:
    """What a message is read as, its free words, and what else it could be meant as: then `asked` are the words.

    `who` is who is said to have said a claim, as typed.
    """

    use: Use
    words: str
    others: tuple[Use, ...] = ()
    asked: str = ""
    who: str = ""


def read_intent(
    text: str, known_topics: Collection[str], weigh: Callable[[str], float | None], shows: Collection[str] = ()
) -> Intent:
    """Read a free message; total over any text.

    `known_topics` are names as members type them, `shows` the titles and folders of shows; `weigh` tells how telling
    words are together (`Searcher.weight`) and returns None for text without words.
    """
    words = _without_mentions(text)
    return (
        _library(words, shows)
        or _verify(words)
        or _check(text)
        or _lookup(words, weigh)
        or _topic(words, known_topics)
        or _fragment(words, weigh)
        or Intent(Use.QUESTION, words, (Use.LINE,))
    )


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    """Return the rows of `intents.toml` by their keys, read when first needed."""
    return {row.key: row.pattern for row in read_rows("bot.core.routing", "intents.toml", re.IGNORECASE)}


def asks(words: str) -> bool:
    """Say whether a message asks something."""
    return words.rstrip().endswith("?") or _pattern("asks").match(words) is not None


def _pattern(key: str) -> re.Pattern[str]:
    return _patterns()[key]


def _without_mentions(text: str) -> str:
    """Take mentions and what parts them from the words off a message."""
    return " ".join(_pattern("mention").sub(" ", text.strip()).split()).strip(_EDGES)


_OF_LIBRARY = {
    "library-subject": "about",
    "library-subject-discussed": "about",
    "library-subject-there": "about",
    "library-person": "",
    "library-episode": "",
    "library-listen": "",
    "library-show-number": "",
    "library-show-newest": "",
    "library-show-host": "",
    "library-described": "about",
    "library-called": "",
    "library-from": "",
    "library": "",
    "library-show": "",
}
"""Rows of what the library knows, and the word before what a row's pattern found: then it is a subject."""


def _library(words: str, shows: Collection[str]) -> Intent | None:
    """Read a question about the episodes: which, how many, the latest, who is in one; a show must be a known one."""
    known = {_spelling(spelt): name for name in shows for spelt in (name, name.casefold().removeprefix("the "))}
    for key, kind in _OF_LIBRARY.items():
        found = _pattern(key).match(words)
        parts = found.groupdict() if found else {}
        show = known.get(_spelling(parts["show"])) if parts.get("show") else None
        if found is None or (show is None and "show" in parts):
            continue
        if show is not None:
            sought = " of ".join(part for part in (parts.get("which"), show) if part)
        else:
            sought = next((group.strip(_EDGES + '?.!"“”') for group in found.groups() if group), "")
        return Intent(Use.LIBRARY, f"{kind} {sought}".strip(), (Use.QUESTION,), words)
    return None


def _spelling(name: str) -> str:
    """Return the letters of a name: “Go Time” is typed “gotime” too."""
    return join_words(name).replace(" ", "")


def _verify(words: str) -> Intent | None:
    """Read a claimed quote: in quotation marks, or after “did he say”."""
    quoted = next(
        (match for match in _pattern("quoted").finditer(words) if len((match[1] or match[2]).split()) >= _FEWEST), None
    )
    if quoted:
        inside = (quoted[1] or quoted[2]).strip()
        around = (words[: quoted.start()] + " " + words[quoted.end() :]).strip(_EDGES + ".?!")
        if _pattern("who-said").search(around) or _pattern("find").match(around + " about"):
            return Intent(Use.LINE, inside, (Use.CLAIM, Use.QUESTION))
        if _pattern("asks").match(around) and not _pattern("did-say").match(around) and len(around.split()) > _FEWEST:
            return Intent(Use.QUESTION, words, (Use.CLAIM, Use.LINE))
        asked = _pattern("did-say").match(around)
        who = (asked["who"] or "") if asked else ""
        return Intent(Use.CLAIM, words if _names_who(around) else inside, (Use.LINE, Use.QUESTION), who=who)
    said = _pattern("did-say").match(words)
    if said and len(said["claim"].split()) >= _FEWEST and not _pattern("say-what").match(said["claim"]):
        return Intent(Use.CLAIM, said["claim"].strip(_EDGES + "?"), (Use.QUESTION, Use.LINE), who=said["who"] or "")
    return None


def _check(text: str) -> Intent | None:
    """Read a quote beside a question whether it was said, “source?” or “is this real?”, or such a question alone."""
    if not asks_for_check(text):
        return None
    quotes = read_claim(text, lambda _: False)
    asked = quotes[0].text if quotes else ""
    if quotes and len(asked.split()) < _FEWEST:
        return None
    return Intent(Use.CLAIM, text, (Use.LINE, Use.QUESTION) if asked else (), asked)


def _names_who(around: str) -> bool:
    """Say whether what stands around a quote is just who is said to have said it: “Mark: …”, “… — Lex”."""
    return bool(re.fullmatch(r"[\u2014\u2013~-]?\s*[A-Za-z][\w.'-]*(?: [A-Za-z][\w.'-]*)?\s*:?", around))


def _lookup(words: str, weigh: Callable[[str], float | None]) -> Intent | None:
    """Read a line looked for: “the bit where …”, “who said …”."""
    if _pattern("who-said-it").match(words):
        return None
    first = _pattern("quote-first").match(words)
    if first and (weigh(first["words"]) or 0.0) >= TELLING:
        return Intent(Use.LINE, words, (Use.QUESTION,))
    sought = _pattern("find").match(words) or _pattern("scene").match(words)
    return Intent(Use.LINE, words, (Use.QUESTION,)) if sought else None


def _topic(words: str, known: Collection[str]) -> Intent | None:
    """Read a few words that name a topic, alone or after “tell me about”."""
    asked = _pattern("topic").match(words)
    name = (asked["name"] if asked else words).strip(_EDGES + ".?!")
    if (
        not name
        or len(name.split()) > max(_LONGEST_TOPIC, _longest(known))
        or (not asked and words.rstrip().endswith("?"))
    ):
        return None
    return Intent(Use.TOPIC, name, (Use.QUESTION, Use.LINE)) if _is_known(name, known) else None


def _longest(known: Collection[str]) -> int:
    """Return how many words the longest short name has; labels that are sentences are not typed as topics."""
    return max((len(name.split()) for name in known if len(name) <= _LONGEST_NAME), default=0)


def _is_known(name: str, known: Collection[str]) -> bool:
    """Say whether a name is a known one, give or take a slip."""
    wanted = join_words(name)
    names = {join_words(each) for each in known}
    return wanted in names or bool(nearest(wanted, names, SAME_NAME))


@lru_cache(maxsize=_MOST_NAMES)
def join_words(name: str) -> str:
    """Return the words of a name in lower case, one space between them: “Jiu-jitsu” is typed “jiu jitsu” too."""
    return " ".join(re.findall(r"[^\W_]+", name.casefold()))


def _fragment(words: str, weigh: Callable[[str], float | None]) -> Intent | None:
    """Read a bare fragment of a line: no question, no order, and words that are telling enough to look for."""
    if (
        len(words.split()) < _FEWEST
        or _pattern("asks").match(words)
        or _pattern("slang").search(words)
        or _pattern("follows").match(words)
    ):
        return None
    return Intent(Use.LINE, words, (Use.QUESTION, Use.CLAIM)) if (weigh(words) or 0.0) >= TELLING else None
