"""`/detail`: one thing about a shown quote: who said it, when, where, its link. Short messages after one use it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Param, Use, command
from bot.contract import Card, Outcome, Reply, Role, Span, format_date, listen, more_context
from bot.errors import UserError
from bot.policy.refusals import refusal
from bot.policy.texts import say

if TYPE_CHECKING:
    from bot.contract import Citation
    from bot.corpus import Passage

__all__ = ["detail"]

MOST_IDS = 3
"""Quotes that a reply tells of: as many as an answer shows."""

_OF_ALL = frozenset({"link", "source"})
"""What is told of each quote; anything else of the first."""

_WITHOUT = frozenset({"missed", "lost", "check"})
"""What is told where no quote is meant."""

_TOLD = ("who", "when", "where", "link", "source", "sure", "unsure", "last", "first", "shortest", *sorted(_WITHOUT))


@command(
    "One thing about a shown quote",
    examples=("detail thphm-3n5g91 do:when",),
    use=Use.DETAIL,
    hidden=True,
    always=True,
)
async def detail(
    ctx: Context,
    ids: Annotated[str, Param("Ids of quotes, separated by spaces")] = "",
    do: Annotated[str, Param("What to tell", choices=_TOLD)] = "source",
) -> Reply:
    """Answer with a sentence and the link that opens there; with a sentence alone where no quote is meant."""
    if do == "check":
        slack = ctx.request.channel.platform == "slack"
        return Reply(say("detail.check-slack") if slack else say("detail.check"), Outcome.NONE)
    if do in {"last", "first"} and not ids.strip():
        return Reply(_end(do), Outcome.FOUND)
    if do in _WITHOUT or not ids.strip():
        return Reply(say("detail.missed") if do == "missed" else say("detail.lost"), Outcome.NONE)
    return await asyncio.to_thread(_tell, ctx, ids, do)


def _tell(ctx: Context, ids: str, do: str) -> Reply:
    """Read the passages, each perhaps of another episode, and tell what is asked of them."""
    found: list[Passage] = []
    for name in ids.split()[: MOST_IDS if do in _OF_ALL else 1]:
        passage = ctx.corpus.passage(name)
        if passage is None and not ctx.corpus.is_withdrawn(name):
            raise UserError(say("proof.no-passage", id=name[:40]))
        if passage is not None:
            found.append(passage)
    if not found:
        return refusal("withdrawn").reply(ctx.lines, private=True)
    first = found[0]
    more = more_context(ctx.lines, first.id, 0)
    if do in {"last", "first", "shortest"}:
        return Reply(_end(do), Outcome.FOUND, buttons=(more,))
    cards = tuple(Card(Role.INFO, body=_sentence(passage, do)) for passage in found)
    return Reply("", Outcome.FOUND, cards=cards, buttons=(*listen(first.citation()), more))


def _end(do: str) -> str:
    """Return what is told where there is no other quote, or no shorter one, to show."""
    return say("list.all") if do == "last" else say(f"detail.end-{do}")


def _sentence(passage: Passage, do: str) -> tuple[Span, ...]:
    """Return what is told of a passage, and the link that opens there."""
    citation, published = passage.citation(), passage.episode.meta.published
    known = {
        "speaker": passage.speaker,
        "moment": _moment(citation),
        "date": format_date(published) if published else "",
        "source": citation.line(),
    }
    form = ""
    if do == "who" and not passage.speaker:
        form = "-unnamed"
    elif do in {"when", "link"} and citation.start is None:
        form = "-untimed"
    elif do == "when" and not published:
        form = "-undated"
    told = say(f"detail.{do}{form}", **known)
    if citation.url is None:
        return (Span(say("detail.no-link", moment=known["moment"]) if do == "link" else told),)
    return (Span(f"{told} "), Span(citation.url, url=citation.url))


def _moment(citation: Citation) -> str:
    """Return where and when a passage is said, in words."""
    if citation.start is None:
        return say("detail.share", share=citation.position, episode=citation.label)
    place = say("detail.in-chapter", chapter=citation.chapter, episode=citation.label)
    return say("detail.moment", time=citation.time, place=place if citation.chapter else citation.label)
