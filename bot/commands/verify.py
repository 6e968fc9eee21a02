"""`/verify`: was a claimed quote said: word for word, nearly, differently, by someone else, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Menu, Param, Place, Reading, Use, command
from bot.contract.buttons import listen, more_context
from bot.contract.message import Button, Card, Outcome, Reply, Role, Span, Style
from bot.errors import UserError
from bot.search import Verdict, named_speaker, scope_of

if TYPE_CHECKING:
    from bot.search import Judgement

__all__ = ["verify"]

_SIGNS = {
    Verdict.EXACT: "✓ Word for word.",
    Verdict.CLOSE: "✓ Close.",
    Verdict.ALTERED: "≠ Altered.",
    Verdict.STITCHED: "⧉ Stitched.",
    Verdict.OTHER_SPEAKER: "⇄ Right words, other speaker.",
    Verdict.NOT_FOUND: "✗ Not found.",
}


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
    if speaker and who is None:
        sentence = f"I know no speaker “{speaker}”. I know {', '.join(ctx.corpus.speakers) or 'no speakers by name'}."
        raise UserError(sentence)
    judged = await ctx.search.verify(claim, who, scope_of(ctx.corpus, show=show))
    if judged.too_little:
        sentence = "That is too little to judge. Send at least three words of the quote, one of them telling."
        raise UserError(sentence)
    if judged.verdict is Verdict.NOT_FOUND:
        return _not_found(ctx, judged)
    cards = [
        Card(
            Role.MATCH,
            title=_told(ctx, judged) if not number else "",
            quote=passage.quote(marked, verdict=judged.verdict),
        )
        for number, (passage, marked) in enumerate(zip(judged.passages, judged.marked, strict=True))
    ]
    if judged.verdict not in {Verdict.EXACT, Verdict.OTHER_SPEAKER}:
        cards.insert(1 if judged.verdict is Verdict.ALTERED else 0, Card(Role.INFO, body=_beside(judged)))
    first = judged.passages[0]
    lead = "" if cards[0].title else _told(ctx, judged)
    return Reply(
        lead, Outcome.FOUND, cards=tuple(cards), buttons=(*listen(first.citation()), more_context(first.id, 0))
    )


def _told(ctx: Context, judged: Judgement) -> str:
    """Say the verdict in a sentence."""
    sign = _SIGNS[judged.verdict]
    slips = sum(difference.kind == "claimed" for difference in judged.differences)
    said_by = " and ".join(judged.passages[0].speakers) or "Somebody else"
    after = {
        Verdict.CLOSE: f" {slips or 1} {'word is' if slips <= 1 else 'words are'} spelled differently.",
        Verdict.ALTERED: " The line is there, but not like that.",
        Verdict.STITCHED: f" These words come from {len(judged.passages)} places.",
        Verdict.OTHER_SPEAKER: f" {said_by} said it.",
        Verdict.NOT_FOUND: f" Nobody says this in {ctx.corpus.label}.",
    }
    return sign + after.get(judged.verdict, "")


def _beside(judged: Judgement) -> tuple[Span, ...]:
    """Return what was said above what is claimed, the words that differ marked in each."""
    spans: list[Span] = []
    for label, kind in (("said", "said"), ("claimed", "claimed")):
        spans.append(Span(f"{label}: ", Style.STRONG))
        runs = [part for part in judged.differences if part.kind in {"same", kind}]
        for number, part in enumerate(runs):
            if number:
                spans.append(Span(" "))
            spans.append(Span(part.text, Style.MARK if part.kind == kind else Style.PLAIN))
        spans.append(Span("\n"))
    return tuple(spans[:-1])


def _not_found(ctx: Context, judged: Judgement) -> Reply:
    """Say that nobody said it, with the nearest passage as no confirmation."""
    lead = f"{_SIGNS[Verdict.NOT_FOUND]} Nobody says this in {ctx.corpus.label}."
    if not judged.passages:
        return Reply(lead, Outcome.NONE, buttons=(Button("See the episodes", "/episodes"),))
    passage = judged.passages[0]
    card = Card(Role.NEAREST, quote=passage.quote(verdict=Verdict.NOT_FOUND))
    return Reply(
        f"{lead} Nearest, and not the same:",
        Outcome.NEAREST,
        cards=(card,),
        buttons=(*listen(passage.citation()), more_context(passage.id, 0)),
    )
