"""`/verify`: was a claimed quote said: word for word, nearly, differently, by someone else, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Menu, Param, Place, Reading, Use, command
from bot.contract import Button, Card, Outcome, Reply, Role, Span, Style, listen, more_context
from bot.errors import UserError
from bot.language import named_speaker
from bot.policy.texts import say
from bot.search import Verdict, find_scope, where

if TYPE_CHECKING:
    from bot.search import Judgement

__all__ = ["verify"]


@command(
    "Check whether a claimed quote was really said",
    examples=("verify language is an imperfect way for people to express thoughts and ideas",),
    use=Use.CLAIM,
    reading=Reading("a quote to check", "Check it as a quote"),
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
    if speaker and who is None and judged.verdict is not Verdict.UNATTRIBUTED:
        known = ", ".join(ctx.corpus.speakers) or say("verify.no-speakers")
        raise UserError(say("verify.no-speaker", speaker=speaker, known=known))
    if judged.too_little:
        raise UserError(say("verify.too-little"))
    if judged.verdict is Verdict.NOT_FOUND:
        return _miss(ctx, judged, where(ctx.corpus, scope))
    cards = [
        Card(
            Role.MATCH,
            title=_verdict(ctx, judged) if not number else "",
            quote=passage.quote(marked, verdict=judged.verdict),
        )
        for number, (passage, marked) in enumerate(zip(judged.passages, judged.marked, strict=True))
    ]
    if judged.beside:
        other, marked = judged.beside.passages[0], judged.beside.marked[0]
        title = say("verify.also", speaker=other.speaker)
        cards.append(Card(Role.MATCH, title=title, quote=other.quote(marked, verdict=judged.beside.verdict)))
    if judged.verdict not in {Verdict.EXACT, Verdict.OTHER_SPEAKER, Verdict.UNATTRIBUTED}:
        cards.insert(1 if judged.verdict is Verdict.ALTERED else 0, Card(Role.INFO, body=_comparison(judged)))
    first = judged.passages[0]
    lead = "" if cards[0].title else _verdict(ctx, judged)
    return Reply(
        lead,
        Outcome.FOUND,
        cards=tuple(cards),
        buttons=(*listen(first.citation()), more_context(ctx.lines, first.id, 0)),
    )


def _verdict(ctx: Context, judged: Judgement) -> str:
    """Say the verdict in a sentence."""
    if judged.verdict is Verdict.CLOSE and all(part.kind != "said" for part in judged.differences):
        return say("verdict.filled")
    return say(
        f"verdict.{judged.verdict}",
        count=sum(difference.kind == "claimed" for difference in judged.differences) or 1,
        places=len(judged.passages),
        speaker=judged.passages[0].speaker or say("verify.somebody-else"),
        where=ctx.corpus.label,
    )


def _comparison(judged: Judgement) -> tuple[Span, ...]:
    """Return what was said above what is claimed, the words that differ marked in each."""
    spans: list[Span] = []
    for kind, label, style in (
        ("said", say("verify.said"), Style.MARK),
        ("claimed", say("verify.claimed"), Style.CLAIM),
    ):
        spans.append(Span(f"{label} ", Style.STRONG))
        runs = [part for part in judged.differences if part.kind in {"same", kind}]
        for number, part in enumerate(runs):
            if number:
                spans.append(Span(" "))
            spans.append(Span(part.text, style if part.kind == kind else Style.PLAIN))
        spans.append(Span("\n"))
    return tuple(spans[:-1])


def _miss(ctx: Context, judged: Judgement, place: str) -> Reply:
    """Say that nobody said it, with the nearest passage as no confirmation."""
    lead = say("verdict.not-found", where=place)
    if not judged.passages:
        return Reply(lead, Outcome.NONE, buttons=(Button(say("step.episodes"), ctx.lines.to(Use.LIBRARY)),))
    passage = judged.passages[0]
    card = Card(Role.NEAREST, quote=passage.quote(verdict=Verdict.NOT_FOUND))
    return Reply(
        f"{lead} {say('verify.nearest')}",
        Outcome.NEAREST,
        cards=(card,),
        buttons=(*listen(passage.citation()), more_context(ctx.lines, passage.id, 0)),
    )
