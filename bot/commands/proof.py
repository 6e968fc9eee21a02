"""`/proof`: where a displayed quote stands, in enough detail to check it by hand."""

from __future__ import annotations

import asyncio
from typing import Annotated

from bot.commands.declaration import Context, Param, Use, command
from bot.contract import Card, Outcome, Reply, Role
from bot.errors import UserError
from bot.policy.refusals import refusal
from bot.policy.texts import say

__all__ = ["proof"]

SHOWN_DIGEST = 12
"""Characters of the edition's hash that are shown."""


@command(
    "Where a shown quote stands in the transcript, and what was mended in it",
    examples=("proof thphm-3n5g91",),
    use=Use.PROOF,
)
async def proof(ctx: Context, id: Annotated[str, Param("The id of a passage")]) -> Reply:  # noqa: A002 - the field's word
    """Answer with episode, edition, hash, place in the source and the errata inside the quote."""
    return await asyncio.to_thread(_prove, ctx, id)


def _prove(ctx: Context, quote_id: str) -> Reply:
    """Read the episode and its files, and lay out what they say."""
    passage = ctx.corpus.passage(quote_id)
    if passage is None and ctx.corpus.is_withdrawn(quote_id):
        return refusal("withdrawn").reply(ctx.lines, private=True)
    if passage is None:
        raise UserError(say("proof.no-passage", id=quote_id.strip()[:40]))
    episode, source = passage.episode, passage.source()
    fields = [
        (say("proof.id"), passage.id),
        (say("proof.episode"), episode.name),
        (
            say("proof.edition"),
            say("proof.edition-line", show=episode.show.id, episode=episode.id, digest=episode.digest[:SHOWN_DIGEST]),
        ),
    ]
    if source is None:
        fields.append((say("proof.source"), say("proof.no-source")))
    else:
        places = ", ".join(say("proof.characters", begin=begin, end=end) for begin, end in source.spans)
        fields.append((say("proof.source"), f"{source.path}, {places}"))
        errata = ctx.corpus.errata(passage)
        told = "; ".join(f"“{e.wrong}” → “{e.right}” ({e.why})" for e in errata)
        fields.append((say("proof.mended"), told or say("proof.nothing-mended")))
    cards = (Card(Role.MATCH, quote=passage.quote()), Card(Role.INFO, title=say("proof.title"), fields=tuple(fields)))
    return Reply("", Outcome.FOUND, cards=cards)
