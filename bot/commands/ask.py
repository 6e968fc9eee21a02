"""`/ask`: the sentences that answer a question, in the speakers' own words, or a plain word that none does."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Menu, Param, Place, Reading, Use, command
from bot.contract import (
    ANSWER,
    LONGEST_LINE,
    UNSURE,
    Button,
    Card,
    Outcome,
    Reply,
    Role,
    Span,
    Style,
    clock,
    drop_others,
    listen,
    more_context,
    others,
    room_for,
    source,
)
from bot.policy.refusals import hostile, refusal
from bot.policy.texts import say
from bot.search import LONGEST_EXCERPT, Band, best_part, cut_line, excerpt, find_scope, where

if TYPE_CHECKING:
    from bot.contract import Quote
    from bot.corpus import Passage
    from bot.search import Answer, Answered, Scope

__all__ = ["ask"]

MOST_HITS = 6
"""Passages looked for: those on screen and behind *Next*; their ids fit into a button's 100 characters."""

MOST_OTHERS = 2
"""Passages beside the first, of one line each."""

NEAR = 0.3
"""Share of the first passage's score from which another one is shown beside it.

On the development sets what another one adds is the answer of 1 question in 30 below that and of 1 in 4 above.
"""

MOST_MARKED = 0.6
"""Share of what is shown up to which the clause that answers is marked."""

TOUCHED = 0.3
"""Share of the weight of a question's words that what is nearest to it has at least."""


@command(
    "Ask what was said about something",
    examples=("ask why does he train jiu-jitsu", "ask is he for remote work"),
    use=Use.QUESTION,
    reading=Reading("a question", "Ask instead"),
    menus=(Menu("member", "Ask the show"),),
)
async def ask(
    ctx: Context,
    question: Annotated[str, Param("Your question")],
    speaker: Annotated[str, Param("Only what this person said", place=Place.SPEAKER)] = "",
    episode: Annotated[str, Param("Only this episode: its number or title", place=Place.EPISODE)] = "",
    show: Annotated[str, Param("Only this show", place=Place.SHOW)] = "",
) -> Reply:
    """Answer with the sentences that do, and others in a line each; decline by rule what is no question."""
    refused = await ctx.search.run(lambda: hostile(question, ctx.corpus.speakers, ctx.search.says))
    scope = await find_scope(ctx.corpus, speaker, episode, show)
    if refused is not None and refused.key not in {"person", "opinion"}:
        return refused.reply(ctx.lines)
    answered = await ctx.search.answer(question, MOST_HITS, scope, may_ask_model=refused is None)
    if refused is not None:
        # Asked to speak as a person, or for an opinion: decline, and offer what they actually said.
        return refused.reply(ctx.lines, *(_unsure(hit, refused.sentence()) for hit in answered.hits[:1]))
    if answered.band is Band.DECLINED or not answered.hits:
        return await _no(ctx, question, answered, scope)
    first, *rest = answered.hits
    if answered.band is Band.CLOSEST:
        lead = say("ask.closest")
        card = _unsure(first, lead)
        return Reply(lead, Outcome.NEAREST, cards=(card,), buttons=_buttons(ctx, answered, card))
    near = [hit for hit in rest[:MOST_OTHERS] if hit.score >= NEAR * first.score]
    cards = (_card(first, first.shown, Role.MATCH, LONGEST_EXCERPT), *(_line(hit, Role.RUNNER_UP) for hit in near))
    reply = drop_others(Reply("", Outcome.FOUND, cards=cards), ANSWER)
    return dataclasses.replace(reply, buttons=_buttons(ctx, answered, *reply.cards))


def _buttons(ctx: Context, answered: Answered, card: Card, *more: Card) -> tuple[Button, ...]:
    """Offer the words around the first passage, those that are not shown, the source and the recording."""
    quote = card.quote
    ids = [quote.id if quote and not at else hit.shown.id for at, hit in enumerate(answered.hits)]
    return (
        more_context(ctx.lines, ids[0], -2 if card.part else 0),
        *others(ctx.lines, ids, 0, 1 + len(more)),
        source(ctx.lines, ids[0]),
        *(listen(quote.citation) if quote else ()),
    )


def _card(hit: Answer, shown: Passage, role: Role, most: int) -> Card:
    """Put what is shown of a passage on a card, of a single sentence that is too long the clauses that tell most."""
    quote = _quote(hit, shown)
    cited, part = excerpt(shown, quote, best_part(quote.text, 0, len(quote.text), _inside(shown, hit), most))
    return Card(role, quote=cited, part=part)


def _unsure(hit: Answer, lead: str) -> Card:
    """Put what may not answer on a card, with its lead no longer than such a reply is."""
    most = room_for(hit.passage.citation(), UNSURE, lead)
    card = _card(hit, hit.within(most), Role.NEAREST, most)
    over = len(Reply(lead, Outcome.NEAREST, cards=(card,)).text) - UNSURE
    most -= min(max(0, over), most // 2)  # names of several speakers
    return _card(hit, hit.within(most), Role.NEAREST, most)


def _line(hit: Answer, role: Role) -> Card:
    """Put the telling part of the answering sentence on one line."""
    single = hit.passage.episode.passage(hit.likeliest, hit.likeliest)
    quote = _quote(hit, single)
    line = cut_line(quote.text, marked=_inside(single, hit))
    return Card(role, title=say("quote.also") if role is Role.RUNNER_UP else "", quote=quote, line=line)


def _quote(hit: Answer, shown: Passage) -> Quote:
    """Quote a part of a passage, the clause of it that answers marked where it is not most of it."""
    begin, end = cut_line(hit.passage.text, *hit.sentence, hit.telling)
    shift = shown.begin - hit.passage.begin
    marked = ((begin - shift, end - shift),) if end - begin <= MOST_MARKED * len(shown.text) else ()
    return shown.quote(marked, round(hit.score, 3))


def _inside(shown: Passage, hit: Answer) -> tuple[tuple[int, int], ...]:
    """Return where what is shown has the words of the question."""
    shift, size = shown.begin - hit.passage.begin, len(shown.text)
    return tuple((begin - shift, end - shift) for begin, end in hit.telling if 0 <= begin - shift < size)


async def _no(ctx: Context, question: str, answered: Answered, scope: Scope) -> Reply:
    """Say that it was not found; where it was looked for, a chapter near the question or the nearest sentence."""
    entry = refusal("not-here")
    lead, again = entry.sentence(where=where(ctx.corpus, scope)), entry.step(ctx.lines)
    if not answered.hits:
        return Reply(lead, Outcome.DECLINED, buttons=(again,))
    nearest = answered.hits[0]
    shared = " ".join(nearest.passage.text[begin:end] for begin, end in nearest.telling)
    if (ctx.search.weight(shared) or 0.0) < TOUCHED * (ctx.search.weight(question) or 1.0):
        return Reply(lead, Outcome.DECLINED, buttons=(again,))
    chapter = nearest.passage.chapter
    topics = await ctx.search.near_topics(question)
    line = ctx.lines.to(Use.TOPIC, chapter.title) if chapter else ""
    if chapter is None or chapter.title not in topics[:2] or len(line) > LONGEST_LINE:
        card = _line(nearest, Role.NEAREST)
        return Reply(f"{lead} {say('ask.nearest')}", Outcome.DECLINED, cards=(card,), buttons=(again,))
    place = (
        () if chapter.start is None else (Span(clock(chapter.start), url=nearest.passage.episode.link(chapter.start)),)
    )
    name, near = Span(chapter.title, Style.STRONG), say("ask.near", topic="{}").partition("{}")
    body = (Span(near[0]), name, Span(near[2]), *place)
    return Reply(
        lead,
        Outcome.DECLINED,
        cards=(Card(Role.INFO, body=body),),
        buttons=(Button(say("step.open-that"), line), again),
    )
