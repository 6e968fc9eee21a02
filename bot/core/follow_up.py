"""What a short message means after an answer, or under somebody's message: the command line it stands for.

A kind of follow-up is recognised by nearness to examples, one that takes a name or a subject by a pattern. A message
that says anything else stands alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.contract import LONGEST_TEXT, MOST_CONTEXT, Line, Outcome, Use, parse_line
from bot.core.routing import read_nearness
from bot.language import named_speaker, read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.contract import Lines, Reference
    from bot.core.conversation import Exchange
    from bot.core.routing import Nearness
    from bot.language import Row

__all__ = ["ASKING", "Following", "follow_up", "nothing_meant", "read_following"]

NEAR = 0.65
"""How near an example a message must be to be of its kind."""

LONGEST = 160
"""Characters of a message that can be a follow-up."""

STEP, FULL = 2, 4
"""Sentences more on either side: with more context, and for a quote in full."""

MOST_SHOWN = 6
"""Passages shown in full at once."""

ASKING = frozenset({Use.LINE, Use.CLAIM, Use.QUESTION, Use.TOPIC, Use.LIBRARY})
"""What begins something that short messages go on from."""

_THIS = re.compile(r"\bthis\b", re.IGNORECASE)

_NAMED, _SUBJECTS = ("only", "only-behind", "person"), ("about", "and")
_CHECKS = frozenset({"check", "sure", "who", "when", "where", "link", "source"})
"""What under somebody else's message asks whether its words were said."""

_OF_SENTENCE = frozenset({"who", "when"})
"""What is asked of the sentence that matters: others may speak around it."""

_TELLS = ("who", "when", "where", "link", "source")


@dataclass(frozen=True, slots=True)
class Following:
    """A kind of follow-up, and the name or the subject that it takes."""

    kind: str
    words: str = ""


def read_following(text: str, speakers: Iterable[str]) -> Following | None:
    """Return what a message asks for if it goes on from something; None for one that stands alone."""
    words = " ".join(text.split())
    if not words or len(words) > LONGEST:
        return None
    for key in _NAMED:
        found = _rules()[key].pattern.match(words)
        bare = found is not None and found["who"] == words  # a name alone may be the topic of that name
        who = named_speaker(found["who"], speakers) if found and not bare else None
        if who:
            return Following("only" if key.startswith("only") else "person", who)
    said_by = _rules()["said-by"].pattern.match(words) or _rules()["by"].pattern.match(words)
    if said_by:
        return Following(
            "sure" if said_by["what"].casefold() == "that" else "check", named_speaker(said_by["who"], speakers) or ""
        )
    near = _nearness().near(words)
    if near is not None and near.score >= NEAR and near.margin >= 0 and not near.strange:
        pointed = near.key == "sure" and _THIS.search(words)  # what is pointed at is no answer of the bot's
        return Following("check" if pointed else near.key)
    subject = next(filter(None, (_rules()[key].pattern.match(words) for key in _SUBJECTS)), None)
    return Following("subject", subject["what"]) if subject else None


def follow_up(following: Following, before: Exchange | None, reference: Reference | None, lines: Lines) -> Line | None:
    """Return the command line that a follow-up stands for after an answer or under a message; None after nothing."""
    if before is not None:
        return _after(following, before, reference, lines)
    if reference is None or reference.own:
        return None
    if following.kind in _CHECKS and reference.text.strip():
        return lines.line(Use.CLAIM, reference.text[:LONGEST_TEXT], speaker=following.words)
    if following.kind in _CHECKS:
        return lines.line(Use.DETAIL, do="check")
    return nothing_meant(following, lines)


def nothing_meant(following: Following, lines: Lines) -> Line | None:
    """Return the line that says how to ask that of something; None for what can stand alone."""
    if following.kind in {"subject", "person"}:
        return None
    return lines.line(Use.DETAIL, do="check" if following.kind == "check" else "lost")


def _after(following: Following, before: Exchange, reference: Reference | None, lines: Lines) -> Line | None:
    """Return the line that goes on from an answer."""
    if following.kind == "check" and reference is None:
        return lines.line(Use.DETAIL, do="check")
    return _GOING_ON[following.kind](following, before, lines)


def _by(following: Following, before: Exchange, lines: Lines) -> Line | None:
    """Return the same question, of what one person said."""
    asked = parse_line(before.asked)
    if not asked.words or asked.name == lines.line(Use.LIBRARY).name:
        return None
    if asked.name == lines.line(Use.TOPIC).name:
        asked = lines.line(Use.QUESTION, _question(asked.words), **_narrowing(asked))
    others = tuple(option for option in asked.options if option[0] != "speaker")
    return Line(asked.name, asked.words, (*others, ("speaker", following.words)))


def _about(following: Following, before: Exchange, lines: Lines) -> Line:
    """Return the question about another subject, narrowed as the one before."""
    return lines.line(Use.QUESTION, _question(following.words), **_narrowing(parse_line(before.asked)))


def _question(subject: str) -> str:
    return f"what did they say about {subject}"


def _narrowing(line: Line) -> dict[str, str]:
    """Return the options of a line that narrow any search."""
    return {name: value for name, value in line.options if name in {"speaker", "episode", "show"}}


def _turn(following: Following, before: Exchange, lines: Lines) -> Line:
    """Return the line that shows what was not shown yet, or before; one that says so where there is none."""
    back = following.kind == "previous"
    ids = max(
        (parse_line(turn).words.split() for turn in before.turns if _name(turn) == _passage(lines)), key=len, default=[]
    )
    places = [ids.index(each) for each in before.shown if each in ids]
    offered = [at for turn in before.turns if (at := _at(turn)) > _at(before.line)]
    if len(ids) > 1 and places:
        at = min(places) - 1 if back else max([max(places) + 1, *(at - 1 for at in offered[:1])])
        if 0 <= at < len(ids):
            return lines.line(Use.PASSAGE, " ".join(ids), at=at + 1)
    pages = {page: turn for turn in before.turns if (page := _page(turn))}
    here = _page(before.line) or (min(pages) + 1 if len(pages) > 1 else 1)
    if back and here > 1 and before.line:
        return _with_page(parse_line(before.line), here - 1)
    beside = [page for page in pages if (page < here if back else page > here)]
    if beside:
        return parse_line(pages[max(beside) if back else min(beside)])
    if not back and (chance := _another(parse_line(before.line), lines)):
        return chance
    if not before.shown and before.outcome is not Outcome.FOUND:
        return lines.line(Use.DETAIL, do="missed")
    return lines.line(Use.DETAIL, " ".join(before.shown[:1]), do="first" if back else "last")


def _at(line: str) -> int:
    """Return the place of the passage that a line shows of several, 0 where it shows none of several."""
    return _number(line, "at", digits=3)


def _another(line: Line, lines: Lines) -> Line | None:
    """Return the line of another quote by chance, by the same person, after any quote of the day or by chance."""
    if line.name != lines.line(Use.DAILY).name or "about" in dict(line.options):
        return None
    return lines.line(Use.DAILY, random="yes", speaker=dict(line.options).get("speaker", ""))


def _with_page(line: Line, page: int) -> Line:
    others = tuple(option for option in line.options if option[0] != "page")
    return Line(line.name, line.words, (*others, ("page", str(page))) if page > 1 else others)


def _certainty(following: Following, before: Exchange, lines: Lines) -> Line:
    """Return the line that says how sure an answer is, or who said it where somebody is named."""
    if before.shown and before.outcome is Outcome.FOUND:
        return lines.line(Use.DETAIL, before.shown[0], do="who" if following.words else "sure")
    claimed = parse_line(before.asked).name == lines.line(Use.CLAIM).name
    if before.shown and before.outcome is Outcome.NEAREST and not claimed:
        return lines.line(Use.DETAIL, before.shown[0], do="unsure")
    return lines.line(Use.DETAIL, do="missed")


def _reason(following: Following, before: Exchange, lines: Lines) -> Line | None:
    """Return the line that shows what was said around an answer, or says why there is none."""
    return _wider(following, before, lines) if before.outcome is Outcome.FOUND else _certainty(following, before, lines)


def _tell(following: Following, before: Exchange, lines: Lines) -> Line | None:
    """Return the line that tells one thing of what is shown."""
    shown = before.shown
    if before.key and following.kind in _OF_SENTENCE:
        shown = (before.key,)
    return lines.line(Use.DETAIL, " ".join(shown), do=following.kind) if shown else None


def _shorter(_following: Following, before: Exchange, lines: Lines) -> Line | None:
    """Return the line that shows the sentence that matters alone."""
    if not before.shown:
        return None
    if before.key and before.key not in before.shown:
        return lines.line(Use.PASSAGE, before.key)
    return lines.line(Use.DETAIL, before.shown[0], do="shortest")


def _whole(following: Following, before: Exchange, lines: Lines) -> Line | None:
    """Return the line that shows every passage in full, or the words around a single one."""
    if len(before.shown) > 1:
        return lines.line(Use.PASSAGE, " ".join(before.shown[:MOST_SHOWN]))
    return _wider(following, before, lines)


def _wider(following: Following, before: Exchange, lines: Lines) -> Line | None:
    """Return the line that shows more around a passage than is shown."""
    if not before.shown:
        return None
    offered = [line for line in map(parse_line, before.turns) if "context" in dict(line.options)]
    if following.kind == "context" and offered:
        return offered[0]
    step = STEP if following.kind == "context" else FULL
    line = parse_line(before.line)
    context = dict(line.options).get("context", "")
    if line.name == _passage(lines) and context.isdecimal():
        return lines.line(Use.PASSAGE, line.words, context=min(MOST_CONTEXT, int(context) + step))
    return lines.line(Use.PASSAGE, before.shown[0], context=step)


_GOING_ON: Mapping[str, Callable[[Following, Exchange, Lines], Line | None]] = {
    "only": _by,
    "person": _by,
    "subject": _about,
    "more": _turn,
    "previous": _turn,
    "context": _wider,
    "full": _whole,
    "shorter": _shorter,
    "check": _certainty,
    "sure": _certainty,
    "why": _reason,
    **dict.fromkeys(_TELLS, _tell),
}
"""By kind, what makes the line."""


def _passage(lines: Lines) -> str:
    return lines.line(Use.PASSAGE).name


def _name(line: str) -> str:
    return parse_line(line).name


def _page(line: str) -> int:
    """Return the page that a line shows, 0 where it names none."""
    return _number(line, "page", digits=5)


def _number(line: str, option: str, *, digits: int) -> int:
    """Return the number that an option of a line has, 0 where it has none of at most so many digits."""
    number = dict(parse_line(line).options).get(option, "")
    return int(number) if number.isdecimal() and len(number) <= digits else 0


def _nearness() -> Nearness:
    return read_nearness("bot.core", "follow_ups.toml")


@lru_cache(maxsize=1)
def _rules() -> dict[str, Row]:
    return {row.key: row for row in read_rows("bot.core", "follow_ups.toml", re.IGNORECASE)}
