"""`/help`: what I can do, made from the declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from bot.commands.declaration import Command, Context, Param, Prompt, Use, command, public_commands
from bot.contract import Card, Outcome, Reply, Role, Span, Style
from bot.errors import UserError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["help_"]


def _commands_for(ctx: Context) -> list[Command]:
    """Return the commands this member is told of."""
    return [known for known in public_commands(ctx.commands) if ctx.request.author.admin or not known.admin]


def _names(ctx: Context, _typed: str) -> Sequence[str]:
    return [known.name for known in _commands_for(ctx)]


@command(
    "What I can do, and how to ask",
    name="help",
    examples=("help", "help quote"),
    private=True,
    use=Use.HELP,
    always=True,
    prompts=(Prompt("What can you do?", "What can you do?"),),
)
async def help_(
    ctx: Context, name: Annotated[str, Param("A command you want to know more about", complete=_names)] = ""
) -> Reply:
    """Answer with all commands, or with one in detail."""
    wanted = name.strip().removeprefix("/").casefold()
    if not wanted:
        body: list[Span] = []
        for known in _commands_for(ctx):
            body += [Span(known.usage, Style.CODE), Span(f"  {known.description}\n")]
        card = Card(Role.INFO, body=(*body[:-1], Span(body[-1].text.rstrip())))
        return Reply(say("help.lead"), Outcome.FOUND, cards=(card,))
    found = next((known for known in ctx.commands if known.name == wanted), None)
    if found is None:
        raise UserError(say("help.no-command", name=wanted[:40]))
    return Reply(found.description + ".", Outcome.FOUND, cards=(_detail(found),))


def _detail(known: Command) -> Card:
    """Lay out one command: usage, each parameter, examples."""
    fields = [(parameter.name, parameter.about.description) for parameter in known.parameters]
    fields += [(say("help.example"), f"/{example}") for example in known.examples]
    return Card(Role.INFO, body=(Span(known.usage, Style.CODE),), fields=tuple(fields))
