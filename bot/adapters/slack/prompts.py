"""What a conversation with the agent suggests, in sentences any show can answer: the prompts that commands declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.contract import Use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands import Command
    from bot.contract import Lines

__all__ = ["prompted_line", "prompts"]


def prompts(commands: Sequence[Command]) -> list[dict[str, str]]:
    """Return the suggestions as Slack takes them; at most `limits.PROMPTS`."""
    return [{"title": one.title, "message": one.sentence} for command in commands for one in command.prompts]


def prompted_line(words: str, commands: Sequence[Command], lines: Lines) -> str:
    """Return the command line that a suggestion means, other words as they are; nothing said asks for help."""
    known = {one.sentence.casefold(): f"/{command.name}" for command in commands for one in command.prompts}
    asks_help = lines.to(Use.HELP)
    return known.get(words.casefold(), words) if words and f"/{words.casefold()}" != asks_help else asks_help
