"""What a free message wants: a mention or a direct message is read as one command, and others are offered.

What the library knows of its episodes (“which episode is about …”, “who is the guest of 12”) is asked of the library. A
claimed quote in quotation marks, or “did he say …”, is a claim; “the bit where …” and a bare fragment are a line; one
or two words that name a topic are one; everything else is a question.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.contract import Use
from bot.core.routing.intent import Intent, join_words
from bot.core.routing.kinds import fact_of
from bot.core.routing.rows import pattern
from bot.language import named_speaker
from bot.search import asks_for_check, read_claim

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from bot.core.routing.intent import Known

__all__ = ["read_intent"]

TELLING = 2.5
"""Summed rarity from which words can be looked for as a line; below it they are said all over an episode."""

_FEWEST = 3
"""Words that make a claim or a fragment; fewer in quotation marks are somebody's scare quotes."""

_EDGES = " \t\r\n,:;-\u2013\u2014"


def read_intent(text: str, known: Known) -> Intent:
    """Read a message that asks the transcripts or the library something; total over any text."""
    words = _without_mentions(text)
    return (
        _quote_please(words, known)
        or _library(words, known.shows)
        or _command(words)
        or _verify(words)
        or _check(text)
        or _lookup(words, known.weigh)
        or _topic(words, known)
        or _fragment(words, known.weigh)
        or Intent(Use.QUESTION, words, (Use.LINE,))
    )


def _without_mentions(text: str) -> str:
    """Take mentions and what parts them from the words off a message."""
    return " ".join(pattern("mention").sub(" ", text.strip()).split()).strip(_EDGES)


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
    "library-show-count": "",
    "library-described": "about",
    "library-called": "",
    "library-from": "",
    "library": "",
    "library-show": "",
}
"""Rows of what the library knows, and the word before what a row's pattern found: then it is a subject."""

_OF_ONE = frozenset({
    "library-episode", "library-listen", "library-show-number", "library-show-newest", "library-show-host",
    "library-described", "library-called",
})  # fmt: skip
"""Rows that ask for something of one episode."""


def _library(words: str, shows: Collection[str]) -> Intent | None:
    """Read a question about the episodes: which, how many, the latest, who is in one; a show must be a known one."""
    known = {_spelling(spelt): name for name in shows for spelt in (name, name.casefold().removeprefix("the "))}
    for key, kind in _OF_LIBRARY.items():
        found = pattern(key).match(words)
        parts = found.groupdict() if found else {}
        show = known.get(_spelling(parts["show"])) if parts.get("show") else None
        if found is None or (show is None and "show" in parts):
            continue
        if show is not None:
            sought = " of ".join(part for part in (parts.get("which"), show) if part)
        else:
            sought = next((group.strip(_EDGES + '?.!"“”') for group in found.groups() if group), "")
        fact = _fact(found) if key in _OF_ONE else None
        return Intent(Use.LIBRARY, f"{kind} {sought}".strip(), options=(("fact", fact),) if fact else ())
    return None


def _fact(found: re.Match[str]) -> str | None:
    """Return what is asked of the episode that a row's pattern found."""
    spans = [found.span(number) for number, group in enumerate(found.groups(), 1) if group]
    begin, end = min(first for first, _ in spans), max(last for _, last in spans)
    return fact_of(f"{found.string[:begin]}this episode{found.string[end:]}")


def _spelling(name: str) -> str:
    """Return the letters of a name: “Go Time” is typed “gotime” too."""
    return join_words(name).replace(" ", "")


def _command(words: str) -> Intent | None:
    """Read a command typed as words: “ask why …”, “topic: hiring”, “episodes 12”."""
    typed = pattern("typed").match(words)
    return Intent(_TYPED[typed["name"].casefold()], typed["words"].strip(_EDGES)) if typed else None


_TYPED = {"ask": Use.QUESTION, "topic": Use.TOPIC, "episodes": Use.LIBRARY}
"""Words that a message begins with to say how it is meant, and what with."""


def _quote_please(words: str, known: Known) -> Intent | None:
    """Read a wish for a quote about something, or by somebody."""
    found = pattern("quote-of").match(words)
    if found is None:
        return None
    who = found["who"] or found["whose"] or found["said"] or ""
    subject = (found["subject"] or "").strip(_EDGES + ".?!")
    if subject and not who:
        before, by, behind = subject.rpartition(" by ")
        subject, who = (before.strip(), behind) if by and named_speaker(behind, known.speakers) else (subject, "")
    named = who.removesuffix("'s").removesuffix("'")
    speaker = (
        (named_speaker(named, known.speakers) or named_speaker(named.removesuffix("s"), known.speakers)) if who else ""
    )
    if (who and not speaker) or not (who or subject):
        return None
    if not found["noun"].casefold().startswith(("quote", "words")) and not (speaker or found["tail"]):
        return None
    if len(subject.split()) > _LONGEST_SUBJECT and not known.is_topic(subject):
        return None
    given = (("speaker", speaker), ("about", subject))
    options = (("random", "yes"), *((name, value) for name, value in given if value))
    return Intent(Use.DAILY, "", options=options)


_LONGEST_SUBJECT = 3
"""Words of what a quote is wished about; with more of them it is a line that is looked for."""


def _verify(words: str) -> Intent | None:
    """Read a claimed quote: in quotation marks, or after “did he say”."""
    quoted = next(
        (match for match in pattern("quoted").finditer(words) if len((match[1] or match[2]).split()) >= _FEWEST), None
    )
    if quoted:
        inside = (quoted[1] or quoted[2]).strip()
        around = (words[: quoted.start()] + " " + words[quoted.end() :]).strip(_EDGES + ".?!")
        if pattern("who-said").search(around) or pattern("find").match(around + " about"):
            return Intent(Use.LINE, inside, (Use.CLAIM, Use.QUESTION))
        if pattern("asks").match(around) and not pattern("did-say").match(around) and len(around.split()) > _FEWEST:
            return Intent(Use.QUESTION, words, (Use.CLAIM, Use.LINE))
        asked = pattern("did-say").match(around)
        who = (asked["who"] or "") if asked else ""
        return Intent(Use.CLAIM, words if _names_who(around) else inside, (Use.LINE, Use.QUESTION), who=who)
    said = pattern("did-say").match(words)
    if said and len(said["claim"].split()) >= _FEWEST and not pattern("say-what").match(said["claim"]):
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
    if pattern("who-said-it").match(words):
        return None
    first = pattern("quote-first").match(words)
    if first and (weigh(first["words"]) or 0.0) >= TELLING:
        return Intent(Use.LINE, words, (Use.QUESTION,))
    sought = pattern("find").match(words) or pattern("scene").match(words)
    return Intent(Use.LINE, words, (Use.QUESTION,)) if sought else None


def _topic(words: str, known: Known) -> Intent | None:
    """Read a few words that name a topic, alone or after “tell me about”."""
    asked = pattern("topic").match(words)
    name = (asked["name"] if asked else words).strip(_EDGES + ".?!")
    if not asked and words.rstrip().endswith("?"):
        return None
    return Intent(Use.TOPIC, name, (Use.QUESTION, Use.LINE)) if known.is_topic(name) else None


def _fragment(words: str, weigh: Callable[[str], float | None]) -> Intent | None:
    """Read a bare fragment of a line: no question, no order, and words that are telling enough to look for."""
    if (
        len(words.split()) < _FEWEST
        or pattern("asks").match(words)
        or pattern("slang").search(words)
        or pattern("follows").match(words)
    ):
        return None
    if (weigh(words) or 0.0) < TELLING:
        return None
    return Intent(Use.LINE, words, (Use.QUESTION, Use.CLAIM), guess=True)
