"""What the bot says when it does not do what was asked: one catalogue, each entry with one next step.

`hostile` recognises, by rules and not by scores, what is never answered: orders to the bot, requests to speak as a
person or for secrets, pings and false links, hidden orders, and what no transcript can answer. Whoever shows a refusal
fills the blanks of its sentence with `told` and of its button with `step`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.contract.buttons import LONGEST_LINE
from bot.contract.message import Button, Card, Outcome, Reply
from bot.policy.guard import (
    ABOUT_THE_BOT,
    FOR_AN_OPINION,
    PATTERNS,
    is_beside_the_show,
    is_foreign,
    is_hidden,
    named,
    plain,
    unleet,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MOST_CHARACTERS", "REFUSALS", "Refusal", "hostile", "refusal"]

MOST_CHARACTERS = 2_000
"""Characters of a message that is read; Discord's longest for most members."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way not to answer: a sentence and one next step, both with blanks in braces for what is known."""

    key: str
    sentence: str
    label: str
    line: str

    def told(self, **known: str) -> str:
        """Return the sentence with its blanks filled."""
        return self.sentence.format(**known)

    def step(self, **known: str) -> Button:
        """Return the next step with its blanks filled; free words are cut to what a button can carry."""
        label, line = self.label.format(**known), self.line.format(**known)
        if len(line) > LONGEST_LINE:
            line = line[: LONGEST_LINE + 1].rsplit(" ", 1)[0]
        return Button(label, line)

    def reply(self, *cards: Card, private: bool = False, **known: str) -> Reply:
        """Return the refusal as an answer: the sentence, what is shown instead, the next step."""
        buttons = (self.step(**known),)
        return Reply(self.told(**known), Outcome.DECLINED, cards=cards, buttons=buttons, private=private)


REFUSALS = (
    Refusal(
        "not-here", "I can't find that in {where}. Nearest, and not a match:", "Ask it another way", "/ask {question}"
    ),
    Refusal(
        "other-speaker",
        "It was said, but not by {claimed}: {speaker} said it.",
        "Show it in context",
        "/show {id} context:2",
    ),
    Refusal(
        "not-discussed", "“{topic}” isn't discussed in {where}. Nearest is {near}.", "Open {near}", "/topic {near}"
    ),
    Refusal(
        "opinion",
        "I have no opinions to give. I can show you what each of them said, in their own words.",
        "See what they talk about",
        "/episodes",
    ),
    Refusal(
        "person", "I don't speak as anyone; I can show you what they said.", "See what they talk about", "/episodes"
    ),
    Refusal(
        "withdrawn",
        "Whoever holds the rights in that has withdrawn it, so I can't show it.",
        "See what else there is",
        "/episodes",
    ),
    Refusal(
        "off-here",
        "That is switched off in this channel: {feature}. The people who run it can turn it on.",
        "What I can do here",
        "/help",
    ),
    Refusal(
        "out-of-scope",
        "That's not something a transcript can answer. Ask me what was said in the episodes I know.",
        "See the episodes",
        "/episodes",
    ),
    Refusal(
        "too-long",
        "That's {count} characters; I can take {most}. Send the part that matters most.",
        "How to ask",
        "/help",
    ),
    Refusal("empty", "I see no words in that. Ask a question, or type some of what was said.", "How to ask", "/help"),
    Refusal(
        "language",
        "I only read English so far. Ask me in English, and I'll show you what was said.",
        "How to ask",
        "/help",
    ),
    Refusal(
        "orders",
        "I only find what was said and show it as it is; I don't take other orders. Ask me about an episode.",
        "How to ask",
        "/help",
    ),
    Refusal(
        "secrets",
        "I have nothing hidden to show: I read transcripts and quote them. Ask me about one.",
        "What I am",
        "/about",
    ),
    Refusal(
        "pings",
        "I don't ping people or pass links on. I can find a line for you, with its source.",
        "How to ask",
        "/help",
    ),
    Refusal(
        "made-up",
        "I only show what was really said, and don't make any of it up. I can check a quote for you.",
        "How to ask",
        "/help verify",
    ),
    Refusal(
        "self",
        "I'm a bot that finds what was said on a podcast, nothing more. Ask me about an episode.",
        "What I am",
        "/about",
    ),
    Refusal(
        "harm", "I won't help with that one. Ask me what was said about it instead.", "See the episodes", "/episodes"
    ),
)

_OWN_MENTION = re.compile(r"^\s*(?:<@!?\w+>|@(?!everyone|here|channel)[\w-]+(?=[\s,:]))[\s,:]*")
_BY_KEY = {entry.key: entry for entry in REFUSALS}


def refusal(key: str) -> Refusal:
    """Return the refusal of that key."""
    return _BY_KEY[key]


def hostile(text: str, speakers: Iterable[str] = ()) -> Refusal | None:
    """Return why a message is not answered, or None when it is to be read as a question or a quote.

    `speakers` are the names of those who speak, as whom the bot is not to speak.
    """
    said = _OWN_MENTION.sub("", text[: MOST_CHARACTERS + 1])
    if not any(character.isalnum() for character in said):
        return refusal("empty")
    if len(said) > MOST_CHARACTERS:
        return refusal("too-long")
    key = _ordered(said, tuple(speakers)) or _beside(said, tuple(speakers))
    return refusal(key) if key else None


def _ordered(said: str, speakers: tuple[str, ...]) -> str | None:
    """Return the key for a message that gives orders, or None."""
    if is_hidden(said):
        return "orders"
    text = plain(said)
    told = dict.fromkeys((text, named(text, speakers)))
    for key, pattern in PATTERNS:
        if any(pattern.search(each) for each in told):
            return key
    loud = unleet(text)
    louder = dict.fromkeys((loud, named(loud, speakers))) if loud != text else ()
    return "orders" if any(pattern.search(each) for each in louder for _, pattern in PATTERNS) else None


def _beside(said: str, speakers: tuple[str, ...]) -> str | None:
    """Return the key for a message that is not for a transcript, or None."""
    text = plain(said)
    if is_foreign(said):
        return "language"
    if FOR_AN_OPINION.search(text):
        return "opinion"
    if ABOUT_THE_BOT.search(text):
        return "self"
    return "out-of-scope" if is_beside_the_show(text, speakers) else None
