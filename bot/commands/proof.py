"""`/proof`: where a displayed quote stands, in enough detail to check it by hand."""

from __future__ import annotations

from typing import Annotated

from bot.commands.declaration import Context, Param, command
from bot.contract.message import Card, Outcome, Reply, Role
from bot.errors import UserError
from bot.policy.refusals import refusal

__all__ = ["proof"]

SHOWN_DIGEST = 12
"""Characters of the edition's hash that are shown."""


@command("Where a shown quote stands in the transcript, and what was mended in it", examples=("proof thphm-3n5g91",))
async def proof(ctx: Context, id: Annotated[str, Param("The id under the quote")]) -> Reply:  # noqa: A002 - the field's word
    """Answer with episode, edition, hash, place in the source and the errata inside the quote."""
    passage = ctx.corpus.passage(id)
    if passage is None and ctx.corpus.is_withdrawn(id):
        return refusal("withdrawn").reply(private=True)
    if passage is None:
        sentence = f"I have no passage “{id.strip()[:40]}”. The id stands at the end of the line under a quote."
        raise UserError(sentence)
    episode, source = passage.episode, passage.source()
    fields = [
        ("Episode", f"{episode.label}: {episode.title}"),
        ("Edition", f"{episode.show.id}/{episode.id}, hash {episode.digest[:SHOWN_DIGEST]}"),
    ]
    if source is None:
        fields.append(("Source", "this episode has no plain source.txt; the edition is its transcript"))
    else:
        places = ", ".join(f"characters {begin} to {end}" for begin, end in source.spans)
        fields.append(("Source", f"{source.path}, {places}"))
        errata = ctx.corpus.errata(passage)
        told = "; ".join(f"“{e.wrong}” → “{e.right}” ({e.why})" for e in errata)
        fields.append(("Mended", told or "nothing in these words"))
    cards = (Card(Role.MATCH, quote=passage.quote()), Card(Role.INFO, title="Proof", fields=tuple(fields)))
    return Reply("", Outcome.FOUND, cards=cards)
