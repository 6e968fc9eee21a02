"""`/about`: what this bot is, what it serves and on what basis, and what it cannot do."""

from __future__ import annotations

from bot.commands.declaration import Context, Prompt, Use, command
from bot.contract import Button, Card, Outcome, Reply, Role, Span
from bot.policy.texts import say

__all__ = ["about"]


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
        fields = [(say("about.episodes"), f"{count:,}"), (say("about.basis"), show.rights)]
        if show.url:
            fields.append((say("about.web"), show.url))
        cards.append(Card(Role.INFO, title=show.title, fields=tuple(fields)))
    known, count = ctx.search.known, len(ctx.corpus.entries)
    if known is not None and known < count:
        meaning = say("about.meaning-known", known=known, count=count)
        cards.append(Card(Role.INFO, title=say("about.meaning"), body=(Span(meaning),)))
    limits = Card(
        Role.INFO, title=say("about.limits-title"), body=(Span(say("about.limits", library=ctx.lines.to(Use.LIBRARY))),)
    )
    return Reply(
        say("about.lead"),
        Outcome.FOUND,
        cards=(*cards, limits),
        buttons=(Button(say("step.episodes"), ctx.lines.to(Use.LIBRARY)),),
    )
