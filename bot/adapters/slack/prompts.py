"""What a conversation with the agent suggests, in sentences any show can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands.declaration import Command

__all__ = ["line_of", "prompts"]


_PROMPTS: Final = ("help", "highlight", "episodes", "about")
"""The commands that are suggested, in order."""


def prompts(commands: Sequence[Command]) -> list[dict[str, str]]:
    """Return the suggestions whose command there is, as Slack takes them; at most `limits.PROMPTS`."""
    names = {command.name for command in commands}
    return [
        {"title": say(f"slack.prompt-{name}"), "message": say(f"slack.prompted-{name}")}
        for name in _PROMPTS
        if name in names
    ]


def line_of(words: str) -> str:
    """Return the command line that a suggestion means, other words as they are; nothing said asks for help."""
    lines = {say(f"slack.prompted-{name}").casefold(): f"/{name}" for name in _PROMPTS} | {"help": "/help"}
    return lines.get(words.casefold(), words) or "/help"
