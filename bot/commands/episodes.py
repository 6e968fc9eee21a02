"""`/episodes`: what can be quoted here, and what is known of it: dates, people, lengths, chapters, subjects."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Param, Place, Prompt, Reading, Suggestion, Use, command
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
    format_line,
    listen,
    more_context,
)
from bot.errors import UserError
from bot.policy.texts import listed, say
from bot.search import episodes_named, find_scope, newest_first, people_of, scope_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.contract import Line
    from bot.corpus import Episode, EpisodeEntry, Passage
    from bot.search import OnSubject

__all__ = ["episodes"]

PAGE = 10
"""Episodes on one reply."""

MOST_ON_SUBJECT = 5
"""Episodes that are shown for a subject, each with a sentence."""

MOST_PEOPLE, MOST_HOSTS, MOST_SHOWS = 8, 4, 8
"""People named of an episode, hosts of a show, and shows of the library."""

MOST_CHAPTERS = 40
"""Chapters on an episode's card; a three-hour episode has twenty."""

OPENING = 3
"""Sentences of a chapter that are shown as its beginning."""

MOST_OPENED = 3
"""Episodes on a subject that a button opens."""

_HOST = ("host", "hosts")
"""How the role of whoever hosts ends: host, co-host."""

_ABOUT = "about "
"""Before words that are a subject, even if they name somebody too."""


def _names(ctx: Context, typed: str) -> Sequence[str | Suggestion]:
    """Return the numbers, titles and people of all episodes."""
    people = (person.name for entry in ctx.corpus.entries for person in people_of(entry))
    return list(dict.fromkeys((*Place.EPISODE.names(ctx, typed), *people)))


@command(
    "List the episodes I know, or show one",
    examples=("episodes", "episodes 383", "episodes 383 chapter:faith", "episodes about artificial intelligence"),
    use=Use.LIBRARY,
    reading=Reading("a question about the episodes", "Look among the episodes"),
    prompts=(Prompt("Which episodes?", "Which episodes do you know?"),),
)
async def episodes(
    ctx: Context,
    name: Annotated[str, Param("A number, a title, somebody in it, a subject, or “latest”", complete=_names)] = "",
    chapter: Annotated[str, Param("Open this chapter of it", place=Place.CHAPTER)] = "",
    page: Annotated[int, Param("Page of the list, from 1", turns=True)] = 1,
    show: Annotated[str, Param("Only this show", place=Place.SHOW)] = "",
) -> Reply:
    """Answer with a page of the list, with one episode's card, with the beginning of a chapter, or on a subject."""
    if chapter:
        return await asyncio.to_thread(_chapter, ctx, name, chapter, show)
    scope = await find_scope(ctx.corpus, show=show)
    among = range(len(ctx.corpus.entries)) if scope.episodes is None else sorted(scope.episodes)
    subject = name[len(_ABOUT) :].strip() if name.casefold().startswith(_ABOUT) else ""
    line = ctx.lines.line(Use.LIBRARY, name, show=show)
    if not name.strip():
        return _list(ctx, among, _library(ctx, among), page, line)
    named = await asyncio.to_thread(episodes_named, ctx.corpus, name, among) if not subject else None
    if named and len(named.numbers) == 1 and named.by != "show":
        return await asyncio.to_thread(_one, ctx, named.numbers[0])
    if named and named.numbers:
        told = say(f"episodes.by-{named.by}", name=named.name, count=len(named.numbers)) if named.by != "show" else ""
        lead = told or _library(ctx, named.numbers)
        return _list(ctx, named.numbers, lead, page, line)
    if subject or any(map(str.isalpha, name)):
        found = await ctx.search.episodes_on(subject or name, MOST_ON_SUBJECT, scope)
        if found or subject:
            return _on(ctx, subject or name, found)
    known = [ctx.corpus.entries[number].title for number in newest_first(ctx.corpus, among)[:3]]
    raise UserError(say("scope.unknown-episode", name=name, names=listed(known, "or")))


def _on(ctx: Context, subject: str, found: Sequence[OnSubject]) -> Reply:
    """Lay out the episodes that speak of a subject, each with a sentence that shows it."""
    if not found:
        step = Button(say("step.episodes"), ctx.lines.to(Use.LIBRARY))
        return Reply(say("episodes.on-none", subject=subject), Outcome.NONE, buttons=(step,))
    entries = [ctx.corpus.entries[each.number] for each in found]
    cards = tuple(
        Card(Role.SUMMARY, title=entry.name, quote=each.evidence.quote(), body=_body(entry))
        for entry, each in zip(entries, found, strict=True)
    )
    offers = [Button(say("step.open", near=e.label), ctx.lines.to(Use.LIBRARY, e.id)) for e in entries[:MOST_OPENED]]
    lead = say("episodes.on", subject=subject, count=len(found))
    return Reply(lead, Outcome.FOUND, cards=cards, buttons=tuple(offers))


def _library(ctx: Context, among: Sequence[int]) -> str:
    """Say how many episodes there are, from when to when, and whose."""
    entries = [ctx.corpus.entries[number] for number in among]
    count = say("episodes.count", count=len(entries))
    if len(shows := list(dict.fromkeys(entry.show.title for entry in entries))) <= MOST_SHOWS:
        count = say("episodes.of", episodes=count, shows=listed(shows))
    dates = sorted(entry.meta.published for entry in entries if entry.meta.published)
    lead = say("episodes.lead", episodes=count)
    if dates and dates[0] != dates[-1]:
        lead = say("episodes.lead-from", episodes=count, first=format_date(dates[0]), last=format_date(dates[-1]))
    hosts: dict[str, dict[str, None]] = {}
    for entry in entries:
        own = hosts.setdefault(entry.show.title, {})
        own |= dict.fromkeys(person.name for person in people_of(entry) if person.role.casefold().endswith(_HOST))
    told = [
        say("episodes.hosts", show=title, hosts=listed(list(names)[:MOST_HOSTS]), count=len(names))
        for title, names in list(hosts.items())[:MOST_HOSTS]
        if names
    ]
    return " ".join([lead, *told])


def _list(ctx: Context, numbers: Sequence[int], lead: str, page: int, line: Line) -> Reply:
    """Lay out a page of episodes, the newest first: when, how long, who; `line` asks for the list."""
    known = [ctx.corpus.entries[number] for number in newest_first(ctx.corpus, numbers)]
    pages = -(-len(known) // PAGE)
    page = min(max(1, page), pages)
    cards = [Card(Role.INFO, title=entry.name, body=_body(entry)) for entry in known[(page - 1) * PAGE : page * PAGE]]
    if pages > 1:
        lead = f"{lead} {say('episodes.page', page=page, pages=pages)}"
    buttons: tuple[Button, ...] = ()
    if len(known) == 1:
        buttons = (Button(say("buttons.show-it"), ctx.lines.to(Use.LIBRARY, known[0].id)),)
    elif page < pages:
        following = format_line(replace(line, options=(*line.options, ("page", str(page + 1)))))
        buttons = (Button(say("buttons.next-page"), following),) if len(following) <= LONGEST_LINE else ()
    return Reply(lead, Outcome.FOUND, cards=tuple(cards), buttons=buttons)


def _body(entry: EpisodeEntry) -> tuple[Span, ...]:
    """Return date, length and people of an episode on one line, as far as they are known."""
    date = format_date(entry.meta.published) if entry.meta.published else ""
    facts = " · ".join(part for part in (date, _length(entry), _people(entry)) if part)
    return (Span(facts),) if facts else ()


def _length(entry: EpisodeEntry) -> str:
    """Return how long an episode is; about so long where only the time of its last sentence is known."""
    if entry.meta.duration:
        return clock(entry.meta.duration)
    return say("episodes.about", time=clock(entry.lasts)) if entry.lasts else ""


def _people(entry: EpisodeEntry) -> str:
    """Return who takes part, with their roles where they are stated."""
    people = people_of(entry)
    named = [f"{person.name} ({person.role})" if person.role else person.name for person in people[:MOST_PEOPLE]]
    more = [say("episodes.more-people", count=len(people) - MOST_PEOPLE)] if len(people) > MOST_PEOPLE else []
    return ", ".join([*named, *more])


def _one(ctx: Context, number: int) -> Reply:
    """Lay out what is known of an episode: facts, people, chapters with links, how to cite it."""
    entry, episode = ctx.corpus.entries[number], ctx.corpus.episode(number)
    date = format_date(entry.meta.published) if entry.meta.published else ""
    title = f"“{episode.title}”" if episode.meta.title else ""
    fields = [
        (say("episodes.published"), date),
        (say("episodes.length"), _length(entry)),
        (say("episodes.people"), _people(entry)),
        (say("episodes.cite-as"), ", ".join(filter(None, (episode.label, title, date)))),
    ]
    rows = []
    whole = episode.link(None)  # a link that opens at no time is on the button
    for chapter in episode.chapters[:MOST_CHAPTERS]:
        link = episode.link(chapter.start) if chapter.start is not None else whole
        time = f"{clock(chapter.start)}  " if chapter.start is not None else ""
        rows.append(f"{time}{chapter.title}" + (f"  {link}" if link != whole else ""))
    cards = [Card(Role.INFO, title=entry.name, fields=tuple((name, value) for name, value in fields if value))]
    if rows:
        cards.append(Card(Role.INFO, title=say("episodes.chapters"), body=(Span("\n".join(rows)),)))
    return Reply("", Outcome.FOUND, cards=tuple(cards), buttons=listen(episode.passage(0, 0).citation()))


def _chapter(ctx: Context, name: str, chapter: str, show: str) -> Reply:
    """Show how a chapter begins, and offer its topic."""
    scope = scope_of(ctx.corpus, episode=name, chapter=chapter, show=show)
    episode = ctx.corpus.episode(min(scope.episodes or {0}))
    title = scope.chapter or ""
    number = next(place for place, each in enumerate(episode.chapters) if each.title == title)
    opening = _opening(episode, number)
    line = ctx.lines.to(Use.TOPIC, title)
    offers = (Button(say("buttons.sum-up"), line),) if len(line) <= LONGEST_LINE else ()
    cards = (Card(Role.SUMMARY, title=say("episodes.begins", chapter=title), quote=opening.quote()),)
    return Reply(
        "",
        Outcome.FOUND,
        cards=cards,
        buttons=(*listen(opening.citation()), more_context(ctx.lines, opening.id, 0), *offers),
    )


def _opening(episode: Episode, chapter: int) -> Passage:
    """Return the first sentences of a chapter."""
    paragraphs = episode.paragraphs
    first = next(place for place, said in enumerate(episode.sentences) if paragraphs[said.paragraph].chapter == chapter)
    return episode.passage(first, first + OPENING - 1)
