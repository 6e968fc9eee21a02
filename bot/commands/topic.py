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

    from bot.search import InEpisode, TopicFound

__all__ = ["topic"]

LONGEST_SHOWN = 80
"""Characters of a topic that a sentence repeats."""

MOST_TOLD, MOST_OPENED = 2, 4
"""Episodes a topic comes up in that a sentence names, and that buttons open."""

MOST_RELATED = 4
"""Names on buttons under a topic: those that may be meant, then related ones."""


def _names(ctx: Context, _typed: str) -> Sequence[str]:
    """Return what may be typed: the names of topics, then the titles of episodes."""
    return list(dict.fromkeys([*ctx.search.topic_names(), *(entry.title for entry in ctx.corpus.entries)]))


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
    """Answer with up to six passages in the conversation's order, and say when they may be about something else."""
    if page < 1:
        raise UserError(say("topic.no-page", page=page))
    scope = await find_scope(ctx.corpus, episode=episode, show=show)
    found = await ctx.search.topic(name, scope, page)
    if found is None:
        return await _missed(ctx, name, where(ctx.corpus, scope))
    if not found.passages:
        raise UserError(say("topic.fewer-pages", title=_short(found.title), page=page))
    role = Role.SUMMARY if found.sure else Role.NEAREST
    cards = tuple(Card(role, quote=passage.quote()) for passage in found.passages)
    more = (
        _button(say("buttons.more-on-this"), name, ("episode", episode), ("show", show), ("page", str(page + 1)))
        if found.more
        else ()
    )
    names = list(dict.fromkeys([*found.nearest, *found.related]))[:MOST_RELATED]
    others = [button for each in names for button in _button(each, each)]
    opened = found.episodes[:MOST_OPENED] if len(found.episodes) > 1 else ()
    inside = [
        button
        for label in _labels(ctx, opened)
        for button in _button(
            say("topic.in-episode", episode=label[0]), name, ("episode", label[1]), ("show", label[2])
        )
    ]
    told = _lead(ctx, found, page) if found.sure else _nearest(found, where(ctx.corpus, scope))
    lead = " ".join([*_readings(found), told])
    outcome = Outcome.FOUND if found.sure else Outcome.NEAREST
    return Reply(lead, outcome, cards=cards, buttons=(*more, *inside, *others))


def _readings(found: TopicFound) -> list[str]:
    """Say which words were read as others."""
    return [
        say("topic.read-as", typed=_short(each.typed), read=each.read)
        if each.certain
        else say("topic.read-as-perhaps", typed=_short(each.typed), read=each.read)
        for each in found.readings
    ]


def _labels(ctx: Context, found: Sequence[InEpisode]) -> list[tuple[str, str, str]]:
    """Return for each episode what it is called in a sentence, and the episode and the show as options name them."""
    labels = []
    for each in found:
        entry = ctx.corpus.entries[each.number]
        several = len(ctx.corpus.shows) > 1
        number = say("topic.episode", number=entry.short) if entry.number is not None else entry.title
        label = entry.label if several else number
        labels.append((label, entry.id if entry.number is None else entry.short, entry.show.id if several else ""))
    return labels


def _nearest(found: TopicFound, place: str) -> str:
    """Say that the passages come nearest and may be about something else."""
    return say("topic.nearest", topic=_short(found.title), where=place)


def _lead(ctx: Context, found: TopicFound, page: int) -> str:
    """Say what the passages are on, and which episodes it comes up in or which chapters they are from."""
    if page == 1 and len(found.episodes) > 1:
        most = [label for label, *_ in _labels(ctx, found.episodes[:MOST_TOLD])]
        title = _short(found.title[:1].upper() + found.title[1:])
        return say("topic.lead-across", head=title, count=len(found.episodes), most=listed(most))
    places = [
        f"{each.title} ({clock(each.start)})" if each.start is not None else each.title for each in found.chapters
    ]
    title = _short(found.title[:1].upper() + found.title[1:])
    head = say("topic.page", title=title, page=page) if page > 1 else title
    if not places:
        return say("topic.lead", head=head)
    return say("topic.lead-from", head=head, places=listed(places))


async def _missed(ctx: Context, name: str, place: str) -> Reply:
    """Say that it was not found, and offer the nearest topics."""
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
