"""`/episodes`: what can be quoted here; one episode's card; a chapter as a way in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Param, Place, Prompt, Use, command
from bot.contract import (
    LONGEST_LINE,
    Button,
    Card,
    Outcome,
    Reply,
    Role,
    Span,
    clock,
    format_date,
    listen,
    more_context,
)
from bot.policy.texts import say
from bot.search import scope_of

if TYPE_CHECKING:
    from bot.corpus import Episode

__all__ = ["episodes"]

PAGE = 10
"""Episodes on one reply."""

MOST_CHAPTERS = 40
"""Chapters on an episode's card; a three-hour episode has twenty."""

OPENING = 3
"""Sentences of a chapter that are shown as its beginning."""


@command(
    "List the episodes I know, or show one",
    examples=("episodes", "episodes 383", "episodes 383 chapter:faith"),
    use=Use.LIBRARY,
    prompts=(Prompt("Which episodes?", "Which episodes do you know?"),),
)
async def episodes(
    ctx: Context,
    name: Annotated[str, Param("An episode's number or title", place=Place.EPISODE)] = "",
    chapter: Annotated[str, Param("Open this chapter of it", place=Place.CHAPTER)] = "",
    page: Annotated[int, Param("Page of the list, from 1", turns=True)] = 1,
    show: Annotated[str, Param("Only this show", place=Place.SHOW)] = "",
) -> Reply:
    """Answer with a page of the list, with one episode's card, or with the beginning of a chapter."""
    return await asyncio.to_thread(_answer, ctx, name, chapter, page, show)


def _answer(ctx: Context, name: str, chapter: str, page: int, show: str) -> Reply:
    """Compare names with every title, read the episode that is meant, and lay it out."""
    if name or chapter:
        scope = scope_of(ctx.corpus, episode=name, chapter=chapter, show=show)
        number = min(scope.episodes or {0})
        episode = ctx.corpus.episode(number)
        return _chapter(ctx, episode, scope.chapter) if scope.chapter else _one(episode)
    within = scope_of(ctx.corpus, show=show).episodes
    known = [entry for number, entry in enumerate(ctx.corpus.entries) if within is None or number in within]
    pages = -(-len(known) // PAGE)
    page = min(max(1, page), pages)
    cards = []
    for entry in known[(page - 1) * PAGE : page * PAGE]:
        size = say("episodes.size", words=entry.words, sentences=entry.sentences)
        cards.append(Card(Role.INFO, title=entry.name, fields=((say("episodes.transcript"), size),)))
    count = say("episodes.count", count=len(known))
    lead = (
        say("episodes.lead", episodes=count)
        if pages == 1
        else say("episodes.page", episodes=count, page=page, pages=pages)
    )
    buttons = (Button(say("buttons.next-page"), f"/episodes page:{page + 1}"),) if page < pages else ()
    if len(known) == 1:
        buttons = (Button(say("buttons.show-it"), f"/episodes {known[0].id}"),)
    return Reply(lead, Outcome.FOUND, cards=tuple(cards), buttons=buttons)


def _one(episode: Episode) -> Reply:
    """Lay out what is known of an episode: facts, people, chapters with links, how to cite it."""
    meta = episode.meta
    fields = []
    if meta.published:
        fields.append((say("episodes.published"), format_date(meta.published)))
    if meta.duration:
        fields.append((say("episodes.length"), clock(meta.duration)))
    people = ", ".join(f"{person.name} ({person.role})" if person.role else person.name for person in meta.people)
    if people:
        fields.append((say("episodes.people"), people))
    fields.append((say("episodes.transcript"), say("episodes.words", count=len(episode.text.split()))))
    year = f", {format_date(meta.published)}" if meta.published else ""
    fields.append((say("episodes.cite-as"), f"{episode.label}, “{episode.title}”{year}"))
    rows = []
    for chapter in episode.chapters[:MOST_CHAPTERS]:
        link = episode.link(chapter.start)
        time = f"{clock(chapter.start)}  " if chapter.start is not None else ""
        rows.append(f"{time}{chapter.title}" + (f"  {link}" if link and chapter.start is not None else ""))
    cards = [Card(Role.INFO, title=episode.name, fields=tuple(fields))]
    if rows:
        cards.append(Card(Role.INFO, title=say("episodes.chapters"), body=(Span("\n".join(rows)),)))
    return Reply("", Outcome.FOUND, cards=tuple(cards))


def _chapter(ctx: Context, episode: Episode, title: str) -> Reply:
    """Show how a chapter begins, and offer its topic."""
    number = next(place for place, chapter in enumerate(episode.chapters) if chapter.title == title)
    first = next(
        place for place, said in enumerate(episode.sentences) if episode.paragraphs[said.paragraph].chapter == number
    )
    opening = episode.passage(first, first + OPENING - 1)
    line = ctx.lines.to(Use.TOPIC, title)
    offers = (Button(say("buttons.sum-up"), line),) if len(line) <= LONGEST_LINE else ()
    cards = (Card(Role.SUMMARY, title=say("episodes.begins", chapter=title), quote=opening.quote()),)
    return Reply(
        "",
        Outcome.FOUND,
        cards=cards,
        buttons=(*listen(opening.citation()), more_context(ctx.lines, opening.id, 0), *offers),
    )
