"""`/talk`: what the bot says to somebody who talks to it, one friendly line. Free messages are read as it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from zlib import crc32

from bot.commands.declaration import Context, Param, Use, command
from bot.contract import Button, Outcome, Reply
from bot.policy.texts import ENGLISH, say
from bot.search import newest_first

if TYPE_CHECKING:
    from bot.corpus import EpisodeEntry

__all__ = ["talk"]

LONGEST_SUBJECT = 32
"""Characters of a chapter's title that an example repeats; what is longer is no subject."""

_LINES = {
    "hello": 3, "how-are-you": 2, "thanks": 3, "praise": 3, "laugh": 2, "insult": 2, "sorry": 2, "elsewhere": 2,
    "stop": 1, "goodbye": 2, "ok": 2, "no": 2, "bored": 2, "signs": 1, "language": 1, "unknown-link": 1,
    "check": 1, "who": 1, "ai": 1, "maker": 1, "daily": 1, "languages": 1, "accuracy": 1, "add": 1,
    "joke": 2, "personal": 2, "love": 1, "feeling": 1, "crisis": 1, "wrong": 1,
}  # fmt: skip
"""What may be said to the bot, and how many lines there are for it."""

_SPOKEN = (ENGLISH, "de", "es", "fr", "it", "nl", "pt", "other")
"""Languages in which a message may come; one line is said in each that is known by name."""

_TO_ABOUT, _TO_EPISODES = frozenset({"who", "ai", "accuracy", "personal"}), frozenset({"add", "unknown-link"})
"""Under which lines it is offered to read what I am, or which episodes there are."""


@command(
    "A friendly word for who talks to me",
    examples=("talk hello", "talk thanks"),
    use=Use.TALK,
    hidden=True,
    always=True,
)
async def talk(
    ctx: Context,
    kind: Annotated[str, Param("What is said to me", choices=tuple(_LINES))],
    language: Annotated[str, Param("The language in which it is said", choices=_SPOKEN)] = ENGLISH,
) -> Reply:
    """Answer with one line; the same message gets the same one."""
    chance = crc32(ctx.request.text.encode("utf-8", "replace"))
    line = say(
        f"talk.{kind}-{1 + chance % _LINES[kind]}",
        language,
        example=_example(ctx, chance),
        library=ctx.lines.to(Use.LIBRARY),
        settings=ctx.lines.to(Use.SETTINGS),
        claim=ctx.lines.to(Use.CLAIM),
    )
    about = (Button(say("step.what-i-am"), ctx.lines.to(Use.ABOUT)),) if kind in _TO_ABOUT else ()
    episodes = (Button(say("step.episodes"), ctx.lines.to(Use.LIBRARY)),) if kind in _TO_EPISODES else ()
    outcome = Outcome.DECLINED if kind == "joke" else Outcome.FOUND
    return Reply(line, outcome, buttons=(*about, *episodes))


def _example(ctx: Context, chance: int) -> str:
    """Return a question that the latest episode with chapters answers."""
    for number in newest_first(ctx.corpus, range(len(ctx.corpus.entries))):
        subjects = _subjects(ctx.corpus.entries[number])
        if subjects:
            return say("help.what-they-say", subject=subjects[chance % len(subjects)])
    return say("talk.any-example")


def _subjects(entry: EpisodeEntry) -> list[str]:
    """Return the titles of an episode's chapters that are subjects: short, and neither the first nor the last."""
    return [title for title in entry.chapters[1:-1] if len(title) <= LONGEST_SUBJECT and title[:1].isalpha()]
