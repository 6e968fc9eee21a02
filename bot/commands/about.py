"""`/about`: what this bot is, what it serves and on what basis, and what it cannot do."""

from __future__ import annotations

from bot.commands.declaration import Context, Prompt, Use, command
from bot.contract.message import Button, Card, Outcome, Reply, Role, Span

__all__ = ["about"]

LIMITS = (
    "I quote transcripts word for word and write nothing myself. I don't speak as anyone. I only know the episodes "
    "listed under /episodes, and a transcript can mishear. A quote I mark as nearest is not a match."
)


@command(
    "What I am, which shows I serve, and my limits",
    examples=("about",),
    private=True,
    use=Use.ABOUT,
    always=True,
    prompts=(Prompt("What are you?", "What are you, and where do the words come from?"),),
)
async def about(ctx: Context) -> Reply:
    """Answer with the shows, the basis on which each is served, and the limits."""
    cards = []
    for show in ctx.corpus.shows:
        count = sum(entry.show.id == show.id for entry in ctx.corpus.entries)
        fields = [("Episodes", f"{count:,}"), ("Basis", show.rights)]
        if show.url:
            fields.append(("Web", show.url))
        cards.append(Card(Role.INFO, title=show.title, fields=tuple(fields)))
    limits = Card(Role.INFO, title="Limits", body=(Span(LIMITS),))
    lead = (
        "I'm Verbatim: I find what was said on a podcast, in its own words, with a source, or say that I can't find it."
    )
    return Reply(lead, Outcome.FOUND, cards=(*cards, limits), buttons=(Button("See the episodes", "/episodes"),))
