"""`/topic`: what a conversation says on a topic, as cited passages in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Param, Place, Reading, Use, command
from bot.contract import LONGEST_LINE, Button, Card, Line, Outcome, Reply, Role, clock, format_line
from bot.errors import UserError
from bot.policy.refusals import refusal
from bot.policy.texts import listed, say
from bot.search import find_scope, where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.search import TopicFound

__all__ = ["topic"]

LONGEST_SHOWN = 80
"""Characters of a topic that a sentence repeats."""


def _names(ctx: Context, _typed: str) -> Sequence[str]:
    return ctx.search.topic_names()


@command(
    "What is said on a topic, in passages with their sources",
    examples=("topic remote work", "topic social assistants"),
    use=Use.TOPIC,
    reading=Reading("a topic", "Open it as a topic"),
)
async def topic(
    ctx: Context,
    name: Annotated[str, Param("A chapter, a subject or a name", complete=_names)],
    episode: Annotated[str, Param("Only this episode: its number or title", place=Place.EPISODE)] = "",
    show: Annotated[str, Param("Only this show", place=Place.SHOW)] = "",
    page: Annotated[int, Param("Page of the passages, from 1", turns=True)] = 1,
) -> Reply:
    """Answer with up to six passages in the conversation's order, or say that the topic is not discussed."""
    if page < 1:
        raise UserError(say("topic.no-page", page=page))
    scope = await find_scope(ctx.corpus, episode=episode, show=show)
    found = await ctx.search.topic(name, scope, page)
    if found is None:
        return await _not_discussed(ctx, name, where(ctx.corpus, scope))
    if not found.passages:
        raise UserError(say("topic.fewer-pages", title=_short(found.title), page=page))
    cards = tuple(Card(Role.SUMMARY, quote=passage.quote()) for passage in found.passages)
    more = (
        _button(say("buttons.more-on-this"), name, ("episode", episode), ("page", str(page + 1))) if found.more else ()
    )
    related = [button for each in found.related for button in _button(each, each)]
    return Reply(_lead(found, page), Outcome.FOUND, cards=cards, buttons=(*more, *related))


def _lead(found: TopicFound, page: int) -> str:
    """Say what the passages are on and which chapters they are from."""
    places = [
        f"{each.title} ({clock(each.start)})" if each.start is not None else each.title for each in found.chapters
    ]
    title = _short(found.title[:1].upper() + found.title[1:])
    head = say("topic.page", title=title, page=page) if page > 1 else title
    if not places:
        return say("topic.lead", head=head)
    return say("topic.lead-from", head=head, places=listed(places))


async def _not_discussed(ctx: Context, name: str, place: str) -> Reply:
    """Say that nobody talks about it, and offer the nearest topics."""
    entry = refusal("not-discussed")
    near = await ctx.search.near_topics(name)
    if not near:
        lead = say("topic.none", topic=_short(name.strip()), where=place)
        return Reply(lead, Outcome.NONE, buttons=(Button(say("step.episodes"), ctx.lines.to(Use.LIBRARY)),))
    lead = entry.sentence(topic=_short(name.strip()), where=place, near=near[0])
    return Reply(lead, Outcome.NONE, buttons=tuple(button for each in near for button in _button(each, each)))


def _button(label: str, name: str, *options: tuple[str, str]) -> tuple[Button, ...]:
    """Offer a topic, if its line fits into a button."""
    line = format_line(Line("topic", name.strip(), tuple((key, value) for key, value in options if value)))
    return (Button(label, line),) if len(line) <= LONGEST_LINE else ()


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_SHOWN else name[:LONGEST_SHOWN].rsplit(" ", 1)[0] + " …"
