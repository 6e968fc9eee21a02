"""`/quote`: find the passage a member half remembers."""

from __future__ import annotations

from typing import Annotated

from bot.command import Context, Param, command
from bot.errors import UserError
from bot.message import Button, Card, Outcome, Reply, Role
from bot.search import FOUND, Hit

__all__ = ["quote"]

MOST_MATCHES = 3
"""The match and two runners-up, on one reply."""

MOST_OTHERS = 6
"""Passages behind *Other matches*; their ids fit into a button's 100 characters."""

NEAREST = 0.3
"""Below this score the nearest passage has nothing to do with what was asked (set by hand)."""

TOO_LITTLE = 2.5
"""Rarity that the words must have together: “the”, “and so” or “people” alone are said all over an episode."""

RUNNER_UP = 0.75
"""A runner-up scores at least this share of the match."""


@command(
    "Find who said a line, and when",
    examples=("quote people who train need to not have pride", "quote zuck: lol the bit about the kimono"),
)
async def quote(ctx: Context, words: Annotated[str, Param("What you remember of the line")]) -> Reply:
    """Answer with the passage that fits best and up to two others, or say that nothing fits."""
    known = ctx.search.weight(words)
    if known is None:
        sentence = (
            "I look for words; there are none in that. Type some of what was said, for example: /quote not have pride"
        )
        raise UserError(sentence)
    if known < TOO_LITTLE:
        sentence = f"“{words.strip()}” is said all over. Add two or three more words of the line."
        raise UserError(sentence)
    hits = await ctx.search.find(words, MOST_OTHERS)
    if not hits or hits[0].score < NEAREST:
        return Reply(
            f"I can't find anything like that in {_where(ctx)}.",
            Outcome.NONE,
            buttons=(Button("See the episodes", "/episodes"),),
        )
    if hits[0].score < FOUND:
        lead = f"I can't find that in {_where(ctx)}. Nearest, and not a match:"
        cards: tuple[Card, ...] = (_card(hits[0], Role.NEAREST),)
        return Reply(lead, Outcome.NEAREST, cards=cards, buttons=_buttons(hits[:1]))
    shown = [hit for hit in hits[:MOST_MATCHES] if hit.score >= RUNNER_UP * hits[0].score]
    cards = (_card(hits[0], Role.MATCH), *(_card(hit, Role.RUNNER_UP) for hit in shown[1:]))
    return Reply("", Outcome.FOUND, cards=cards, buttons=_buttons(hits))


def _card(hit: Hit, role: Role) -> Card:
    """Put a hit on a card."""
    found = hit.passage.quote(hit.marked, round(hit.score, 3))
    return Card(role, title={Role.RUNNER_UP: "Also", Role.NEAREST: "Nearest"}.get(role, ""), quote=found)


def _buttons(hits: list[Hit]) -> tuple[Button, ...]:
    """Offer the words around the best hit, and the other hits."""
    more = Button("More context", f"/show {hits[0].passage.id} context:2")
    others = " ".join(hit.passage.id for hit in hits[1:])
    return (more, Button("Other matches", f"/show {others}")) if others else (more,)


def _where(ctx: Context) -> str:
    """Name what was searched."""
    episodes = ctx.corpus.episodes
    return episodes[0].label if len(episodes) == 1 else f"the {len(episodes)} episodes I have"
