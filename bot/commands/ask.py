"""`/ask`: the passages that answer a question, in the speakers' own words, or a plain word that none does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Context, Menu, Param, Place, Reading, Use, command
from bot.contract import Card, Outcome, Reply, Role, listen, more_context, others
from bot.policy.refusals import hostile, refusal
from bot.policy.texts import say
from bot.search import Band, find_scope, where

if TYPE_CHECKING:
    from bot.search import Answer

__all__ = ["ask"]

MOST_CARDS = 3


@command(
    "Ask what was said about something",
    examples=("ask why does he train jiu-jitsu", "ask is he for remote work"),
    use=Use.QUESTION,
    reading=Reading("a question", "Ask it as a question"),
    menus=(Menu("member", "Ask the show"),),
)
async def ask(
    ctx: Context,
    question: Annotated[str, Param("Your question")],
    speaker: Annotated[str, Param("Only what this person said", place=Place.SPEAKER)] = "",
    episode: Annotated[str, Param("Only this episode: its number or title", place=Place.EPISODE)] = "",
    show: Annotated[str, Param("Only this show", place=Place.SHOW)] = "",
) -> Reply:
    """Answer with up to three passages, best first; decline by rule what is no question to a transcript."""
    refused = await ctx.search.run(lambda: hostile(question, ctx.corpus.speakers, ctx.search.says))
    scope = await find_scope(ctx.corpus, speaker, episode, show)
    if refused is not None and refused.key not in {"person", "opinion"}:
        return refused.reply(ctx.lines)
    answered = await ctx.search.answer(question, MOST_CARDS, scope, may_ask_model=refused is None)
    if refused is not None:
        # Asked to speak as a person, or for an opinion: decline, and offer what they actually said.
        cards = tuple(_card(hit, Role.NEAREST) for hit in answered.hits)
        return refused.reply(ctx.lines, *cards)
    if answered.band is Band.DECLINED or not answered.hits:
        entry = refusal("not-here")
        cards = tuple(_card(hit, Role.NEAREST) for hit in answered.hits)
        place = where(ctx.corpus, scope)
        lead = entry.sentence(where=place) if cards else say("ask.none", where=place)
        return Reply(lead, Outcome.DECLINED, cards=cards, buttons=(entry.step(ctx.lines, question=question),))
    best = answered.hits[0].passage
    buttons = (
        *listen(best.citation()),
        more_context(ctx.lines, best.id, 0),
        *others(ctx.lines, [hit.passage.id for hit in answered.hits], 0),
    )
    if answered.band is Band.CLOSEST:
        cards = tuple(_card(hit, Role.NEAREST) for hit in answered.hits)
        return Reply(say("ask.closest"), Outcome.NEAREST, cards=cards, buttons=buttons)
    first, *rest = answered.hits
    cards = (_card(first, Role.MATCH), *(_card(hit, Role.RUNNER_UP) for hit in rest))
    return Reply("", Outcome.FOUND, cards=cards, buttons=buttons)


def _card(hit: Answer, role: Role) -> Card:
    """Put a passage on a card, the answering sentence marked."""
    return Card(
        role,
        title=say("quote.also") if role is Role.RUNNER_UP else "",
        quote=hit.passage.quote((hit.sentence,), round(hit.score, 3)),
    )
