"""Which options a line or a message may have, and what to say of a word that looks like one and is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.contract import format_option, likely_options
from bot.language import nearest
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from bot.commands import Command

__all__ = ["hint_of", "known_options"]

_ALIKE = 0.7
"""Share of letters in order from which a name is an option's with a slip."""

_SHORTEST = 2
"""Letters of the beginning of a name that stand for it: ep, sp."""


def known_options(commands: Iterable[Command]) -> Mapping[str, Collection[str]]:
    """Return the names of each command's options; under "" those that a free message may have."""
    every = list(commands)
    known = {command.name: tuple(parameter.name for parameter in command.parameters) for command in every}
    read = (parameter for command in every if command.reading for parameter in command.parameters)
    return known | {"": tuple(dict.fromkeys(parameter.name for parameter in read if not parameter.free))}


def hint_of(text: str, command: Command) -> str:
    """Return what to say of the words in a text that look like an option of a command and are none; mostly ""."""
    own = [parameter.name for parameter in command.parameters if not parameter.free]
    known = {parameter.name for parameter in command.parameters}
    hints = []
    for name, value in dict(likely_options(text)).items():
        meant = _meant(name, own) if name not in known else ""
        if meant:
            hints.append(say("hint.option", typed=name, meant=format_option(meant, value)))
    return "\n".join(hints)


def _meant(name: str, options: Collection[str]) -> str:
    """Return the option that a name begins, or is with a slip; "" where none is near."""
    begun = [option for option in options if len(name) >= _SHORTEST and option.startswith(name)]
    return next(iter((*begun, *nearest(name, options, _ALIKE))), "")
