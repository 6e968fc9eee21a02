"""What the bot says when it does not do what was asked: one catalogue, each entry with one next step.

`hostile` recognises, by rules and not by scores, what is never answered: orders to the bot, requests to speak as a
person or for secrets, pings and false links, hidden orders. Whoever shows a refusal fills the blanks of its sentence
with `sentence` and of its button with `step`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.contract import LONGEST_LINE, LONGEST_TEXT, Button, Card, Outcome, Reply, Use
from bot.policy.guard import broken_rule
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.contract import Lines

__all__ = ["REFUSALS", "Refusal", "hostile", "refusal"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way not to answer: the sentence `refusal.<key>` and one next step, a button labelled `step.<label>`.

    The button does what the command for `use` does with `words`, or with what is typed into its `field`, whose label is
    `step.<field>`; sentence, label and words have blanks in braces, `{claim}` in words being the name of the command
    that checks a claim.
    """

    key: str
    label: str
    use: Use
    words: str = ""
    field: str = ""

    def sentence(self, **known: str) -> str:
        """Return the sentence with its blanks filled."""
        return say(f"refusal.{self.key}", **known)

    def step(self, lines: Lines, **known: str) -> Button:
        """Return the next step with its blanks filled; free words are cut to what a button can carry."""
        words = self.words.format_map({"claim": lines.line(Use.CLAIM).name, **known})
        line = lines.to(self.use, words)
        if len(line) > LONGEST_LINE:
            line = line[: LONGEST_LINE + 1].rsplit(" ", 1)[0]
        field = say(f"step.{self.field}", **known) if self.field else ""
        return Button(say(f"step.{self.label}", **known), line, field=field)

    def reply(self, lines: Lines, *cards: Card, private: bool = False, **known: str) -> Reply:
        """Return the refusal as an answer: the sentence, what is shown instead, the next step."""
        buttons = (self.step(lines, **known),)
        return Reply(self.sentence(**known), Outcome.DECLINED, cards=cards, buttons=buttons, private=private)


REFUSALS = (
    Refusal("not-here", "ask-again", Use.QUESTION, field="your-question"),
    Refusal("not-discussed", "open", Use.TOPIC, "{near}"),
    Refusal("opinion", "talked-about", Use.LIBRARY),
    Refusal("person", "talked-about", Use.LIBRARY),
    Refusal("withdrawn", "what-else", Use.LIBRARY),
    Refusal("off-here", "what-here", Use.HELP),
    Refusal("out-of-scope", "episodes", Use.LIBRARY),
    Refusal("too-long", "how-to-ask", Use.HELP),
    Refusal("empty", "how-to-ask", Use.HELP),
    Refusal("language", "how-to-ask", Use.HELP),
    Refusal("orders", "how-to-ask", Use.HELP),
    Refusal("secrets", "what-i-am", Use.ABOUT),
    Refusal("pings", "how-to-ask", Use.HELP),
    Refusal("made-up", "how-to-ask", Use.HELP, "{claim}"),
    Refusal("self", "what-i-am", Use.ABOUT),
    Refusal("harm", "episodes", Use.LIBRARY),
)

_OWN_MENTION = re.compile(r"^\s*(?:<@!?\w+>|@(?!everyone|here|channel)[\w-]+(?=[\s,:]))[\s,:]*")
_BY_KEY = {entry.key: entry for entry in REFUSALS}


def refusal(key: str) -> Refusal:
    """Return the refusal of that key."""
    return _BY_KEY[key]


def hostile(text: str, speakers: Iterable[str] = (), says: Callable[[str], bool] = lambda _: False) -> Refusal | None:
    """Return why a message is not answered, or None when it is to be read as a question or a quote.

    `speakers` are the names of those who speak, as whom the bot is not to speak. `says` tells whether the corpus says
    words in just that order (`Searcher.says`): a line of the show is never refused.
    """
    said = _OWN_MENTION.sub("", text[: LONGEST_TEXT + 1])
    if not any(character.isalnum() for character in said):
        return refusal("empty")
    if len(said) > LONGEST_TEXT:
        return refusal("too-long")
    key = broken_rule(said, speakers, says)
    return refusal(key) if key else None
