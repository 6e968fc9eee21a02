"""`/episodes`: what can be quoted here, and what is known of it: dates, people, lengths, chapters, subjects."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
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
from bot.search import (
    chapter_lines,
    episodes_named,
    facts_of,
    find_scope,
    is_host,
    length_of,
    newest_first,
    people_in_words,
    people_of,
    scope_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.contract import Line
    from bot.corpus import Episode, EpisodeEntry, Passage
    from bot.search import NamedEpisodes, OnSubject

__all__ = ["episodes"]

PAGE = 8
"""Episodes, or chapters of one, on one reply."""

MOST_ON_SUBJECT = 5
"""Episodes that are shown for a subject, each with a sentence."""

MOST_HOSTS, MOST_SHOWS = 4, 8
"""Hosts of a show, and shows of the library."""

LONGEST_ABOUT, LONGEST_FACT = 420, 600
"""Characters of chapters' titles that say what an episode is about, and of a fact, addresses and all."""

CHAPTERS, FEWEST_FURTHER = 6, 60
"""Chapters with their times where only these are asked for, and characters of the titles behind them at least."""

_AROUND = 140
"""Characters of what stands around the chapters of a fact."""

_FACTS = ("about", "people", "host", "date", "length", "chapters", "link", "which", "latest", "before", "after")
"""What may be asked of one episode."""

OPENING = 3
"""Sentences of a chapter that are shown as its beginning."""

MOST_OPENED = 3
"""Episodes on a subject that a button opens."""

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
async def episodes(  # noqa: PLR0913, PLR0917 - what may be asked of a library, by name
    ctx: Context,
    name: Annotated[str, Param("A number, a title, somebody in it, a subject, or “latest”", complete=_names)] = "",
    chapter: Annotated[str, Param("Open this chapter of it", place=Place.CHAPTER)] = "",
    page: Annotated[int, Param("Page of the list, from 1", turns=True)] = 1,
    show: Annotated[str, Param("Only this show", place=Place.SHOW)] = "",
    fact: Annotated[str, Param("Only this of one episode, of the latest if none is named", choices=_FACTS)] = "",
) -> Reply:
    """Answer with a page of the list, one episode's card or a fact of it, how a chapter begins, or on a subject."""
    if chapter:
        lay_out = _beside if fact in {"before", "after"} else _chapter
        return await asyncio.to_thread(lay_out, ctx, name, chapter, show, fact)
    if fact in {"before", "after"}:
        fact = "chapters"
    scope = await find_scope(ctx.corpus, show=show)
    among = range(len(ctx.corpus.entries)) if scope.episodes is None else sorted(scope.episodes)
    subject = name[len(_ABOUT) :].strip() if name.casefold().startswith(_ABOUT) else ""
    asked = _Asked(ctx.lines.line(Use.LIBRARY, name, show=show, fact=fact), fact, page)
    if not name.strip():
        return await asyncio.to_thread(_of_all, ctx, among, asked)
    named = await asyncio.to_thread(episodes_named, ctx.corpus, name, among) if not subject else None
    if named and named.numbers:
        return await asyncio.to_thread(_of_named, ctx, named, asked)
    if subject or any(map(str.isalpha, name)):
        found = await ctx.search.episodes_on(subject or name, MOST_ON_SUBJECT, scope)
        if found or subject:
            return await asyncio.to_thread(_on, ctx, subject or name, found, asked)
    known = [ctx.corpus.entries[number].title for number in newest_first(ctx.corpus, among)[:3]]
    raise UserError(say("scope.unknown-episode", name=name, names=listed(known, "or")))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of episodes: the line that asks it, the fact of one episode, the page."""

    line: Line
    fact: str
    page: int


def _of_all(ctx: Context, among: Sequence[int], asked: _Asked) -> Reply:
    """Answer for the library: a page of its list, or a fact of its latest episode."""
    if asked.fact:
        return _fact(ctx, newest_first(ctx.corpus, among)[0], asked)
    return _list(ctx, among, _library(ctx, among), asked)


def _of_named(ctx: Context, named: NamedEpisodes, asked: _Asked) -> Reply:
    """Answer for the episodes that a name is of: for one what is asked of it, for several their list."""
    if named.by == "show" and asked.fact == "host":
        return Reply(_hosts(ctx, named.numbers) or _heard(ctx, named), Outcome.FOUND)
    newest = named.by == "show" and asked.fact == "latest"
    if newest or (len(named.numbers) == 1 and (asked.fact or named.by != "show")):
        return _fact(ctx, named.numbers[0], asked)
    told = say(f"episodes.by-{named.by}", name=named.name, count=len(named.numbers)) if named.by != "show" else ""
    return _list(ctx, named.numbers, told or _library(ctx, named.numbers), asked)


def _on(ctx: Context, subject: str, found: Sequence[OnSubject], asked: _Asked) -> Reply:
    """Lay out the episodes that speak of a subject, each with a sentence that shows it, or a fact of the first."""
    if not found:
        step = Button(say("step.episodes"), ctx.lines.to(Use.LIBRARY))
        return Reply(say("episodes.on-none", subject=subject), Outcome.NONE, buttons=(step,))
    if asked.fact:
        return _fact(ctx, found[0].number, asked)
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
    return " ".join(filter(None, (lead, _hosts(ctx, among))))


def _hosts(ctx: Context, among: Sequence[int]) -> str:
    """Say who hosts each show that some episodes are of, as far as that is known."""
    hosts: dict[str, dict[str, None]] = {}
    for entry in (ctx.corpus.entries[number] for number in among):
        own = hosts.setdefault(entry.show.title, {})
        own |= dict.fromkeys(person.name for person in people_of(entry) if is_host(person))
    return " ".join(
        say("episodes.hosts", show=title, hosts=listed(list(names)[:MOST_HOSTS]), count=len(names))
        for title, names in list(hosts.items())[:MOST_HOSTS]
        if names
    )


def _heard(ctx: Context, named: NamedEpisodes) -> str:
    """Say that nobody is known to host a show, and who is heard most often on it."""
    entries = [ctx.corpus.entries[number] for number in named.numbers]
    often = Counter(person.name for entry in entries for person in people_of(entry)).most_common(MOST_HOSTS)
    told = say("episodes.no-host", show=named.name)
    heard = say("episodes.heard", count=len(entries), people=listed([name for name, _ in often])) if often else ""
    return f"{told} {heard}".strip()


def _list(ctx: Context, numbers: Sequence[int], lead: str, asked: _Asked) -> Reply:
    """Lay out a page of episodes, the newest first: when, how long, who."""
    known = [ctx.corpus.entries[number] for number in newest_first(ctx.corpus, numbers)]
    pages = -(-len(known) // PAGE)
    page = min(max(1, asked.page), pages)
    cards = [Card(Role.INFO, title=entry.name, body=_body(entry)) for entry in known[(page - 1) * PAGE : page * PAGE]]
    if pages > 1:
        lead = f"{lead} {say('episodes.page', page=page, pages=pages)}"
    buttons: tuple[Button, ...] = ()
    if len(known) == 1:
        buttons = (Button(say("buttons.show-it"), ctx.lines.to(Use.LIBRARY, known[0].id)),)
    else:
        buttons = _next(asked.line, page, pages)
    return Reply(lead, Outcome.FOUND, cards=tuple(cards), buttons=buttons)


def _body(entry: EpisodeEntry) -> tuple[Span, ...]:
    """Return date, length and people of an episode on one line, as far as they are known."""
    facts = facts_of(entry)
    return (Span(facts),) if facts else ()


def _fact(ctx: Context, number: int, asked: _Asked) -> Reply:
    """Answer with one fact of an episode; with its card where none is asked for."""
    entry = ctx.corpus.entries[number]
    fact = asked.fact
    if not fact:
        return _one(ctx, number, asked)
    if fact in {"about", "latest"}:
        return _about(ctx, number)
    if fact == "chapters":
        return _chapters(ctx, number, asked)
    if fact == "link":
        return _link(ctx, number)
    known = {
        "people": people_in_words(entry, guests_first=True),
        "host": _hosts(ctx, (number,)),
        "date": format_date(entry.meta.published) if entry.meta.published else "",
        "length": length_of(entry),
        "which": entry.name,
    }[fact]
    if not known:
        told = say(f"episodes.no-{fact}", episode=entry.label, show=entry.show.title)
        people = people_in_words(entry) if fact == "host" else ""
        heard = say("episodes.fact-people", episode=entry.label, known=people) if people else ""
        return Reply(f"{told} {heard}".strip(), Outcome.FOUND if heard else Outcome.NONE)
    return Reply(say(f"episodes.fact-{fact}", episode=entry.label, known=known), Outcome.FOUND)


def _link(ctx: Context, number: int) -> Reply:
    """Answer with the link to an episode."""
    episode = ctx.corpus.episode(number)
    link = episode.link(0.0) or episode.link(None)
    if link is None:
        return Reply(say("episodes.no-link", episode=episode.label), Outcome.NONE)
    card = Card(Role.INFO, body=(Span(episode.title, url=link),))
    return Reply(say("episodes.link", episode=episode.label), Outcome.FOUND, cards=(card,))


def _about(ctx: Context, number: int) -> Reply:
    """Say what an episode is: its title, who, when, how long, and its chapters."""
    entry = ctx.corpus.entries[number]
    titles = list(dict.fromkeys(entry.chapters))
    told = [say("episodes.about-episode", name=entry.name)]
    told += [span.text for span in _body(entry)]
    if titles:
        told.append(say("episodes.about-chapters", chapters=_fitting(titles, LONGEST_ABOUT)))
    where = {"show": entry.show.id} if len(ctx.corpus.shows) > 1 else {}
    steps = (
        Button(say("episodes.chapters"), ctx.lines.to(Use.LIBRARY, entry.short, fact="chapters", **where)),
        Button(say("buttons.sum-up"), ctx.lines.to(Use.TOPIC, "", episode=entry.short, **where)),
    )
    link = ctx.corpus.episode(number).passage(0, 0).citation()
    return Reply("\n".join(told), Outcome.FOUND, buttons=(*listen(link), *(steps if titles else ())))


def _fitting(titles: Sequence[str], most: int) -> str:
    """Return titles in a sentence, as many as fit into so many characters, and how many more there are."""
    shown: list[str] = []
    for title in titles:
        if sum(map(len, shown)) + 2 * len(shown) + len(title) > most:
            break
        shown.append(title)
    more = len(titles) - len(shown)
    return listed([*shown, say("episodes.more-chapters", count=more)] if more else shown) if shown else ""


def _one(ctx: Context, number: int, asked: _Asked) -> Reply:
    """Lay out what is known of an episode: facts, people, how to cite it, a page of chapters with links."""
    entry, episode = ctx.corpus.entries[number], ctx.corpus.episode(number)
    date = format_date(entry.meta.published) if entry.meta.published else ""
    title = f"“{episode.title}”" if episode.meta.title else ""
    fields = [
        (say("episodes.published"), date),
        (say("episodes.length"), length_of(entry)),
        (say("episodes.people"), people_in_words(entry)),
        (say("episodes.cite-as"), ", ".join(filter(None, (episode.label, title, date)))),
    ]
    card = Card(Role.INFO, title=entry.name, fields=tuple((name, value) for name, value in fields if value))
    chapters, following = _page_of_chapters(episode, asked)
    first = (card,) if asked.page <= 1 else ()
    buttons = (*listen(episode.passage(0, 0).citation()), *following)
    return Reply("", Outcome.FOUND, cards=(*first, *chapters), buttons=buttons)


def _chapters(ctx: Context, number: int, asked: _Asked) -> Reply:
    """Lay out a page of an episode's chapters, with links."""
    episode = ctx.corpus.episode(number)
    cards, following = _page_of_chapters(episode, asked)
    if not cards:
        return Reply(say("episodes.no-chapters", episode=episode.label), Outcome.NONE)
    lead = say("episodes.has-chapters", episode=episode.label, count=len(episode.chapters))
    return Reply(lead, Outcome.FOUND, cards=cards, buttons=(*listen(episode.passage(0, 0).citation()), *following))


def _page_of_chapters(episode: Episode, asked: _Asked) -> tuple[tuple[Card, ...], tuple[Button, ...]]:
    """Return a page of chapters, the times links, and a button that shows the next one."""
    size = CHAPTERS if asked.fact else PAGE
    pages = max(1, -(-len(episode.chapters) // size))
    page = min(max(1, asked.page), pages)
    spans = list(chapter_lines(episode, episode.chapters[(page - 1) * size : page * size]))
    if not spans:
        return (), ()
    used = sum(len(span.text) + len(span.url or "") for span in spans)
    room = max(FEWEST_FURTHER, LONGEST_FACT - _AROUND - used)
    further = _fitting([chapter.title for chapter in episode.chapters[page * size :]], room)
    if asked.fact and further:
        spans += [Span("\n"), Span(say("episodes.further", titles=further))]
    title = say("episodes.chapters-page", page=page, pages=pages) if pages > 1 else say("episodes.chapters")
    return (Card(Role.INFO, title=title, body=tuple(spans)),), _next(asked.line, page, pages)


def _next(line: Line, page: int, pages: int) -> tuple[Button, ...]:
    """Offer the page after one, if there is one."""
    following = format_line(replace(line, options=(*line.options, ("page", str(page + 1)))))
    fits = page < pages and len(following) <= LONGEST_LINE
    return (Button(say("buttons.next-page"), following),) if fits else ()


def _place(ctx: Context, name: str, chapter: str, show: str) -> tuple[Episode, int]:
    """Return the episode that has a chapter, and the chapter's place in it."""
    scope = scope_of(ctx.corpus, episode=name, chapter=chapter, show=show)
    episode = ctx.corpus.episode(min(scope.episodes or {0}))
    return episode, next(place for place, each in enumerate(episode.chapters) if each.title == (scope.chapter or ""))


def _beside(ctx: Context, name: str, chapter: str, show: str, side: str) -> Reply:
    """Say which chapter comes before or after one, and when."""
    episode, number = _place(ctx, name, chapter, show)
    at, title = number + (1 if side == "after" else -1), episode.chapters[number].title
    if not 0 <= at < len(episode.chapters):
        return Reply(say(f"episodes.none-{side}", chapter=title), Outcome.FOUND)
    found = episode.chapters[at]
    link = episode.link(found.start) if found.start is not None else None
    cards = (Card(Role.INFO, body=(Span(clock(found.start), url=link),)),) if found.start is not None else ()
    return Reply(say(f"episodes.beside-{side}", chapter=title, other=found.title), Outcome.FOUND, cards=cards)


def _chapter(ctx: Context, name: str, chapter: str, show: str, _fact: str) -> Reply:
    """Show how a chapter begins, and offer its topic."""
    episode, number = _place(ctx, name, chapter, show)
    title = episode.chapters[number].title
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
