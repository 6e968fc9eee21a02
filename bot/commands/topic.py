"""`/topic`: what a conversation says on a topic, as short cited points in its order; or an episode's chapters."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Param, Place, Reading, Use, command
from bot.contract import (
    LONGEST_LINE,
    Button,
    Card,
    Line,
    Outcome,
    Reply,
    Role,
    Span,
    clock,
    format_date,
    format_line,
    listen,
)
from bot.errors import UserError
from bot.policy.refusals import refusal
from bot.policy.texts import listed, say
from bot.search import cut_line, episodes_named, find_scope, people_of, where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.corpus import EpisodeEntry, Passage
    from bot.search import InEpisode, Part, Scope, Stretch, TopicFound

__all__ = ["topic"]

LONGEST_SHOWN, LONGEST_TITLE = 80, 120
"""Characters of a topic, and of an episode's title, that a sentence repeats."""

LONGEST_POINT = 300
"""Characters of a sentence that is shown as a point; a longer one is cut at a clause."""

LONGEST_DOUBTFUL = 180
"""Characters that are shown of what may be about something else."""

LONGEST_KEY = 90
"""Characters of the clause that stands for a chapter."""

ROOM = 1_450
"""Characters of an answer, but for what is said last."""

MOST_PARTS = 8
"""Chapters on a page."""

MOST_PEOPLE = 4
"""People named of an episode."""

MOST_TOLD, MOST_OPENED = 2, 4
"""Episodes a topic comes up in that a sentence names, and that buttons open."""

MOST_RELATED = 4
"""Names on buttons under a topic: those that may be meant, then related ones."""

MOST_CHOICES = 6
"""Chapters among which a member chooses."""

_MANY = 1.5
"""How much longer than its longest stretch a topic is talked about in all, from which that is told."""

_MINUTE = 60


def _names(ctx: Context, _typed: str) -> Sequence[str]:
    """Return what may be typed: the names of topics, then the titles of episodes."""
    return list(dict.fromkeys([*ctx.search.topic_names(), *(entry.title for entry in ctx.corpus.entries)]))


@command(
    "What is said on a topic, or an episode in short, with the sources",
    examples=("topic remote work", "topic social assistants"),
    use=Use.TOPIC,
    reading=Reading("a topic", "Open it as a topic"),
)
async def topic(
    ctx: Context,
    name: Annotated[str, Param("A chapter, a subject, a name or an episode", complete=_names)] = "",
    episode: Annotated[str, Param("Only this episode: its number or title", place=Place.EPISODE)] = "",
    show: Annotated[str, Param("Only this show", place=Place.SHOW)] = "",
    page: Annotated[int | None, Param("Page of the points, from 1", turns=True)] = None,
) -> Reply:
    """Answer with up to six points in the conversation's order, or with an episode's chapters.

    Without a page a member is asked which chapter is meant where several have the name, and of what is doubtful only
    the best point is shown.
    """
    if page is not None and page < 1:
        raise UserError(say("topic.no-page"))
    scope = await find_scope(ctx.corpus, episode=episode, show=show)
    number = await asyncio.to_thread(_episode_meant, ctx, name, scope)
    if number is not None:
        return await _summary(ctx, number, page or 1, ctx.lines.line(Use.TOPIC, name, episode=episode, show=show))
    if not name.strip():
        known = next(iter(ctx.search.topic_names()), ctx.corpus.entries[0].title)
        raise UserError(say("topic.which", example=ctx.lines.to(Use.TOPIC, known)))
    found = await ctx.search.topic(name, scope, page or 1)
    if found is None:
        return await _missed(ctx, name, where(ctx.corpus, scope))
    line = ctx.lines.line(Use.TOPIC, name.strip(), episode=episode, show=show)
    if found.choices and page is None:
        return _choose(ctx, found, line)
    if not found.passages:
        raise UserError(say("topic.fewer-pages", title=_short(found.title), count=found.pages))
    return _found(ctx, found, where(ctx.corpus, scope), page, line)


def _found(ctx: Context, found: TopicFound, place: str, page: int | None, line: Line) -> Reply:
    """Lay out the points of a topic: where it is talked about, and one card each."""
    doubtful = not found.sure and page is None
    if doubtful and found.best:
        cards: tuple[Card, ...] = (_card(found.best, Role.NEAREST, LONGEST_DOUBTFUL),)
        following = 1 if len(found.passages) > 1 or found.more else 0
    else:
        several = len({passage.episode for passage in found.passages}) > 1
        role = Role.SUMMARY if found.sure else Role.NEAREST
        cards = _name_once([_card(passage, role, LONGEST_POINT, several=several) for passage in found.passages])
        following = (page or 1) + 1 if found.more else 0
    more = _button(say("buttons.more-on-this"), _page(line, following)) if following else ()
    names = list(dict.fromkeys([*found.nearest, *found.related]))[:MOST_RELATED]
    others = [button for each in names for button in _open(ctx, each)]
    opened = found.episodes[:MOST_OPENED] if len(found.episodes) > 1 else ()
    inside = [
        button
        for label in _labels(ctx, opened)
        for button in _button(say("topic.in-episode", episode=label[0]), _within(line, *label[1:]))
    ]
    told = _lead(ctx, found, page or 1) if found.sure else _nearest(found, place)
    lead = " ".join([*_readings(found), told])
    outcome = Outcome.FOUND if found.sure else Outcome.NEAREST
    last = say("list.all") if (page or 1) > 1 and not found.more else ""
    return Reply(lead, outcome, cards=cards, buttons=(*more, *inside, *others), aside=last)


def _card(passage: Passage, role: Role, longest: int, *, several: bool = False) -> Card:
    """Put a point on a card of one line, with its episode where there are several; turns stand below each other."""
    title = say("topic.point-in", episode=passage.episode.label) if several else ""
    text = passage.text
    end = len(text) if len(text) <= longest else cut_line(text, longest=longest)[1]
    return Card(role, title=title, quote=passage.quote(), line=None if passage.turns else (0, end))


def _name_once(cards: Sequence[Card]) -> tuple[Card, ...]:
    """Leave out who speaks where it is who spoke on the line before, of the same episode."""
    pairs = zip([None, *cards], cards, strict=False)
    return tuple(replace(card, named=not (before and _by(before) == _by(card))) for before, card in pairs)


def _by(card: Card) -> tuple[str, str | None]:
    """Return the episode of a card of one line and who speaks there."""
    return card.title, card.quote.citation.speaker if card.quote and card.line else None


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
    return [_label(ctx, each.number) for each in found]


def _label(ctx: Context, number: int) -> tuple[str, str, str]:
    """Return what an episode is called in a sentence, and the episode and the show as options name them."""
    entry = ctx.corpus.entries[number]
    several = len(ctx.corpus.shows) > 1
    short = say("topic.episode", number=entry.short) if entry.number is not None else entry.title
    option = entry.id if entry.number is None else entry.short
    return entry.label if several else short, option, entry.show.id if several else ""


def _nearest(found: TopicFound, place: str) -> str:
    """Say that the passages come nearest and may be about something else."""
    return say("topic.nearest", topic=_short(found.title), where=place)


def _lead(ctx: Context, found: TopicFound, page: int) -> str:
    """Say where a topic is talked about, when, and for how long; or which episodes it comes up in."""
    title = _short(found.title[:1].upper() + found.title[1:])
    if len(found.episodes) > 1 and page == 1:
        most = [label for label, *_ in _labels(ctx, found.episodes[:MOST_TOLD])]
        return say("topic.lead-across", title=title, count=len(found.episodes), episode=most[0], most=listed(most))
    number = found.stretch.number if found.stretch else found.episodes[0].number
    parts = [say("topic.lead", title=title, episode=_short(ctx.corpus.entries[number].label, LONGEST_TITLE))]
    if page > 1:
        parts.append(say("topic.page", page=page))
    elif found.stretch:
        parts.append(_when(found.stretch))
    return " · ".join(parts)


def _when(stretch: Stretch) -> str:
    """Say when a topic is talked about, and for how long."""
    start, end = _rounded(stretch.start, stretch), _rounded(stretch.end, stretch)
    length = say("topic.minutes", count=round(stretch.total / _MINUTE))
    about = say("topic.about") if stretch.approximate else ""
    if stretch.total > _MANY * (stretch.end - stretch.start):
        return say("topic.mostly", about=about, start=start, end=end, length=length)
    return say("topic.from-to", about=about, start=start, end=end, length=length)


def _rounded(seconds: float, stretch: Stretch) -> str:
    """Return a time as a player shows it, to ten seconds where it is interpolated."""
    return clock(round(seconds / 10) * 10 if stretch.approximate else seconds)


def _choose(ctx: Context, found: TopicFound, line: Line) -> Reply:
    """Ask which of several chapters is meant."""
    several = len({choice.number for choice in found.choices}) > 1
    names: list[str] = []
    buttons: list[Button] = []
    for choice in found.choices[:MOST_CHOICES]:
        label, option, show = _label(ctx, choice.number)
        name = say("topic.chapter-in", chapter=choice.chapter, episode=label) if several else choice.chapter
        names.append(name)
        own = ctx.lines.line(Use.TOPIC, choice.chapter)
        buttons += _button(name, _within(own, option, show) if several else own)
    title = _short(found.title[:1].upper() + found.title[1:])
    buttons += _button(say("topic.everywhere", title=title), _page(line, 1))
    return Reply(say("topic.choose", title=title, names=listed(names, "or")), Outcome.FOUND, buttons=tuple(buttons))


async def _missed(ctx: Context, name: str, place: str) -> Reply:
    """Say that it was not found, and offer the nearest topics."""
    near = await ctx.search.near_topics(name)
    told = _short(name.strip())
    if not near:
        lead = say("topic.none", topic=told, where=place)
        return Reply(lead, Outcome.NONE, buttons=(Button(say("step.episodes"), ctx.lines.to(Use.LIBRARY)),))
    lead = refusal("not-discussed").sentence(topic=told, where=place, near=near[0])
    return Reply(lead, Outcome.NONE, buttons=tuple(button for each in near for button in _open(ctx, each)))


def _episode_meant(ctx: Context, name: str, scope: Scope) -> int | None:
    """Return the number of the episode that is asked for: named by its number or whole title, or alone here."""
    among = range(len(ctx.corpus.entries)) if scope.episodes is None else sorted(scope.episodes)
    if not name.strip():
        return among[0] if len(among) == 1 else None
    named = episodes_named(ctx.corpus, name, among)
    if named.by != "name" or len(named.numbers) != 1:
        return None
    entry = ctx.corpus.entries[named.numbers[0]]
    typed = " ".join(name.casefold().split())
    whole = typed in {entry.title.casefold(), entry.id.casefold()}
    is_number = entry.number is not None and typed.split()[-1].lstrip("#") == str(entry.number)
    return named.numbers[0] if whole or is_number or not named.name else None


async def _summary(ctx: Context, number: int, page: int, line: Line) -> Reply:
    """Tell an episode in short: its people, length and date, and a page of its parts."""
    entry = ctx.corpus.entries[number]
    parts = await ctx.search.summary(number)
    lead = " · ".join(filter(None, (_short(entry.name, LONGEST_TITLE), *_facts(entry))))
    pages = _pages([_part(ctx, number, part) for part in parts], ROOM - len(lead))
    if page > len(pages):
        raise UserError(say("topic.fewer-pages", title=_short(entry.title), count=len(pages)))
    cards = pages[page - 1]
    more = _button(say("buttons.next-page"), _page(line, page + 1)) if page < len(pages) else ()
    whole = listen(ctx.corpus.episode(number).passage(0, 0).citation())
    named = [card.quote.citation.chapter for card in cards if card.quote]
    opened = [button for title in named if title for button in _open(ctx, title)]
    last = say("list.all") if page == len(pages) > 1 else ""
    return Reply(lead, Outcome.FOUND, cards=cards, buttons=(*more, *whole, *opened[:MOST_RELATED]), aside=last)


def _facts(entry: EpisodeEntry) -> tuple[str, ...]:
    """Return who takes part, how long an episode is and when it came out, as far as that is known."""
    people = [person.name for person in people_of(entry)][:MOST_PEOPLE]
    length = clock(entry.meta.duration) if entry.meta.duration else ""
    date = format_date(entry.meta.published) if entry.meta.published else ""
    return listed(people), length, date


def _part(ctx: Context, number: int, part: Part) -> Card:
    """Put a chapter on a card of one line: when, its title, and a clause of it as said; or where it opens."""
    title = ""
    if part.chapter is not None:
        time = f"{clock(part.chapter.start)} " if part.chapter.start is not None else ""
        title = f"{time}{_short(part.chapter.title)}"
    if part.key is not None:
        head = say("topic.part", title=title) if title else ""
        line = cut_line(part.key.text, longest=LONGEST_KEY)
        return Card(Role.SUMMARY, title=head, quote=part.key.quote(), line=line)
    link = ctx.corpus.episode(number).link(part.chapter.start if part.chapter else None)
    return Card(Role.INFO, body=(Span(title, url=link),))


def _pages(cards: Sequence[Card], room: int) -> list[tuple[Card, ...]]:
    """Part cards into pages that fit into the room."""
    pages: list[list[Card]] = [[]]
    left = room
    for card in cards:
        size = len(Reply("", Outcome.FOUND, cards=(card,)).text) + len("\n\n")
        if pages[-1] and (size > left or len(pages[-1]) >= MOST_PARTS):
            pages.append([])
            left = room
        pages[-1].append(card)
        left -= size
    return [tuple(page) for page in pages]


def _open(ctx: Context, name: str) -> tuple[Button, ...]:
    """Offer a topic by its name."""
    return _button(name, ctx.lines.line(Use.TOPIC, name))


def _within(line: Line, episode: str, show: str) -> Line:
    """Return a line that asks for the same in one episode."""
    return replace(line, options=tuple((key, value) for key, value in (("episode", episode), ("show", show)) if value))


def _page(line: Line, page: int) -> Line:
    """Return a line that asks for a page of the same."""
    return replace(line, options=(*line.options, ("page", str(page))))


def _button(label: str, line: Line) -> tuple[Button, ...]:
    """Offer a line, if it fits into a button."""
    typed = format_line(line)
    return (Button(label, typed),) if len(typed) <= LONGEST_LINE else ()


def _short(name: str, longest: int = LONGEST_SHOWN) -> str:
    return name if len(name) <= longest else name[:longest].rsplit(" ", 1)[0] + "…"
