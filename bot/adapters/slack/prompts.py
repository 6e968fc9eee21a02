"""What a conversation with the agent suggests, in sentences any show can answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands.declaration import Command

__all__ = ["line_of", "prompts"]


@dataclass(frozen=True, slots=True)
class _Prompt:
    """A suggestion: what the member reads, what they then say, and the line that means it."""

    title: str
    message: str
    command: str


_PROMPTS: Final = (
    _Prompt("What can you do?", "What can you do?", "help"),
    _Prompt("Quote of the day", "What is the quote of the day?", "highlight"),
    _Prompt("Which episodes?", "Which episodes do you know?", "episodes"),
    _Prompt("What are you?", "What are you, and where do the words come from?", "about"),
)
_LINES: Final = {prompt.message.casefold(): f"/{prompt.command}" for prompt in _PROMPTS} | {"help": "/help"}


def prompts(commands: Sequence[Command]) -> list[dict[str, str]]:
    """Return the suggestions whose command there is, as Slack takes them; at most `limits.PROMPTS`."""
    names = {command.name for command in commands}
    return [{"title": one.title, "message": one.message} for one in _PROMPTS if one.command in names]


def line_of(words: str) -> str:
    """Return the command line that a suggestion means, other words as they are; nothing said asks for help."""
    return _LINES.get(words.casefold(), words) or "/help"
