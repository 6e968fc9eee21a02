"""`/verify`: was a claimed quote said: word for word, nearly, differently, by someone else, or not at all."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Menu, Param, Place, Reading, Use, command
from bot.contract import (
    LONGEST_LINE,
    VERDICT,
    Button,
    Card,
    Outcome,
    Reply,
    Role,
    Span,
    Style,
    card_text,
    listen,
    more_context,
    room_for,
    shorten,
    source,
)
from bot.errors import UserError
from bot.language import named_speaker
from bot.policy.texts import say
from bot.search import Verdict, find_scope, fit_line, fit_part, where

if TYPE_CHECKING:
    from bot.corpus import Passage
    from bot.search import Judgement

    Marks = tuple[tuple[int, int], ...]

__all__ = ["verify"]

NEAR = 0.3
"""Share of the weight of a claim's words that a sentence has at least to be shown as the closest."""

MOST_RUNS, AROUND, LONGEST_DIFFERENCE = 5, 3, 60
"""Runs of words that a comparison shows, words beside those that differ, and characters of those that do."""

_BY = {True: "", False: "-by-other", None: "-by-nobody"}
"""Which sentence tells the verdict, by whether the claimed speaker said it; None where the transcript names nobody."""


@command(
    "Check whether a claimed quote was really said",
    examples=("verify language is an imperfect way for people to express thoughts and ideas",),
    use=Use.CLAIM,
    reading=Reading("a quote to check", "Fact-check"),
    menus=(Menu("message", "Verify this quote"),),
)
async def verify(
    ctx: Context,
    claim: Annotated[str, Param("The quote as claimed, with “Name:” before it if you like")],
    speaker: Annotated[str, Param("Who is said to have said it", place=Place.SPEAKER)] = "",
    show: Annotated[str, Param("Only this show", place=Place.SHOW)] = "",
) -> Reply:
    """Answer with the verdict as a word, claimed beside said, and the source."""
    who = named_speaker(speaker, ctx.corpus.speakers) if speaker else None
    scope = await find_scope(ctx.corpus, show=show)
    judged = await ctx.search.verify(claim, who or speaker or None, scope)
    if judged.unasked:
        raise UserError(say("verify.nothing"))
    if speaker and who is None and judged.by is not None:
        known = ", ".join(ctx.corpus.speakers) or say("verify.no-speakers")
        raise UserError(say("verify.no-speaker", speaker=speaker, known=known))
    if judged.too_little:
        raise UserError(say("verify.too-little"))
    if judged.verdict is Verdict.NOT_FOUND:
        return await _miss(ctx, judged.claim or claim, judged, where(ctx.corpus, scope))
    told = _verdict(ctx, judged)
    first, marked = judged.passages[0], judged.marked[0]
    compared = judged.words not in {Verdict.EXACT, Verdict.STITCHED}
    after = [Card(Role.INFO, body=_comparison(judged))] if compared else []
    if judged.beside:
        other, own = judged.beside.passages[0], judged.beside.marked[0]
        title = say("verify.also", speaker=other.speaker)
        after.append(dataclasses.replace(_piece(other, own, judged.beside.verdict), title=title))
    pieces = {passage.id: (passage, own) for passage, own in zip(judged.passages, judged.marked, strict=True)}
    if len(pieces) > 1:
        lead, cards = told, [_piece(*piece, judged.verdict) for piece in pieces.values()]
    else:
        room = room_for(first.citation(), VERDICT, told, *map(card_text, after))
        lead, cards = "", [_card(first, marked, judged.verdict, told, room)]
    return Reply(
        lead,
        Outcome.FOUND,
        cards=(*cards, *after),
        buttons=(more_context(ctx.lines, first.id, 0), source(ctx.lines, first.id), *listen(first.citation())),
    )


def _card(passage: Passage, marked: Marks, verdict: Verdict, told: str, most: int) -> Card:
    """Put the one place of a claim on a card, of a long one the clauses that have most of the claim."""
    quote = passage.quote(marked, verdict=verdict)
    cited, part = fit_part(passage, quote, most)
    if verdict is Verdict.ALTERED:
        cited = dataclasses.replace(cited, marked=_between(quote.text, quote.marked) or quote.marked)
    return Card(Role.MATCH, title=told, quote=cited, part=part)


def _between(text: str, marked: Marks) -> Marks:
    """Return where between the words of a claim others stand: they are what was said instead."""
    gaps = [(before, after) for (_, before), (after, _) in pairwise(marked)]
    inside = [(begin, end, text[begin:end].strip(" ,.;:\n")) for begin, end in gaps]
    return tuple((at := text.index(words, begin), at + len(words)) for begin, _, words in inside if words)


def _piece(passage: Passage, marked: Marks, verdict: Verdict) -> Card:
    """Put one of several places on one line."""
    quote, line = fit_line(passage, passage.quote(marked, verdict=verdict))
    return Card(Role.MATCH, quote=quote, line=line)


def _verdict(ctx: Context, judged: Judgement) -> str:
    """Say in a sentence or two what is true of the words and of the speaker."""
    words = judged.words or judged.verdict
    filled = words is Verdict.CLOSE and all(part.kind != "said" for part in judged.differences)
    key = "filled" if filled else words.value
    return say(
        f"verdict.{key}{_BY[judged.by]}",
        count=sum(difference.kind == "claimed" for difference in judged.differences) or 1,
        places=len({passage.id for passage in judged.passages}),
        speaker=judged.passages[0].speaker or say("verify.somebody-else"),
        where=ctx.corpus.label,
    )


def _comparison(judged: Judgement) -> tuple[Span, ...]:
    """Return what is claimed around where it differs from what was said, or what was left out, that marked."""
    kind, label, style = "claimed", say("verify.claimed"), Style.CLAIM
    if all(part.kind != kind for part in judged.differences):
        kind, label, style = "said", say("verify.said"), Style.MARK
    spans = [Span(f"{label} ", Style.STRONG)]
    runs = [part for part in judged.differences if part.kind in {"same", kind}]
    for number, part in enumerate(runs[:MOST_RUNS]):
        if number:
            spans.append(Span(" "))
        if part.kind == kind:
            spans.append(Span(shorten(part.text, LONGEST_DIFFERENCE), style))
        else:
            spans.append(Span(_around(part.text, first=number == 0, last=number + 1 == len(runs))))
    return (*spans, Span(" …")) if len(runs) > MOST_RUNS else tuple(spans)


def _around(text: str, *, first: bool, last: bool) -> str:
    """Return words that are the same in both as far as they stand beside words that are not."""
    said = text.split()
    if len(said) <= (1 if first or last else 2) * AROUND + 1:
        return text
    before = "" if first else " ".join(said[:AROUND])
    after = "" if last else " ".join(said[-AROUND:])
    return f"{before} … {after}".strip()


async def _miss(ctx: Context, claim: str, judged: Judgement, place: str) -> Reply:
    """Say that nobody said it, with the nearest passage in a line as no confirmation, and the topic that it names."""
    lead = say("verdict.not-found", where=place)
    asked = ctx.lines.to(Use.QUESTION, claim)
    again = Button(say("step.ask-instead"), asked)
    if len(asked) > LONGEST_LINE:
        again = Button(say("step.ask-instead"), ctx.lines.to(Use.QUESTION), field=say("step.your-question"))
    topic = await ctx.search.topic_in(claim)
    steps = (*([Button(say("step.about", topic=topic), ctx.lines.to(Use.TOPIC, topic))] if topic else []), again)
    if not judged.passages:
        return Reply(lead, Outcome.NONE, buttons=steps)
    passage = judged.passages[0]
    quote = passage.quote(verdict=Verdict.NOT_FOUND)
    alike = ctx.search.alike(claim, quote.text)
    shared = " ".join(quote.text[begin:end] for begin, end in alike)
    if (ctx.search.weight(shared) or 0.0) < NEAR * (ctx.search.weight(claim) or 1.0):
        return Reply(lead, Outcome.NONE, buttons=steps)
    cited, line = fit_line(passage, quote, alike)
    card = Card(Role.NEAREST, quote=cited, line=line)
    return Reply(
        f"{lead} {say('verify.nearest')}",
        Outcome.NEAREST,
        cards=(card,),
        buttons=(*steps, more_context(ctx.lines, passage.id, 0), *listen(passage.citation())),
    )
