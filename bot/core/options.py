"""Which options a line or a message may have, and what to say of a word that looks like one and is none."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from bot.contract import format_option, likely_options, parse_line
from bot.language import nearest
from bot.policy.texts import listed, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from bot.commands import Command
    from bot.contract import Line

__all__ = ["hint_of", "known_options", "read_line"]

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


def read_line(text: str, known: Mapping[str, Collection[str]]) -> Line:
    """Read a line or a message; what looks like an option and is none there is left out: `hint_of` tells of it."""
    line = parse_line(text, known)
    own = known.get(line.name, ())
    gone = _no_options(text, line.name, known)
    if not gone:
        return line
    line = parse_line(text, {line.name: (*own, *gone)})
    return dataclasses.replace(line, options=tuple(option for option in line.options if option[0] not in gone))


def hint_of(text: str, known: Mapping[str, Collection[str]]) -> str:
    """Return what to say of the words in a text that look like an option and are none there; mostly ""."""
    name = parse_line(text, known).name
    takes = [f"{option}:" for option in known.get(name, ()) if option in known[""]]
    return "\n".join(
        say("hint.option", typed=format_option(typed, value), meant=format_option(meant, value))
        if meant
        else say("hint.not-here", typed=format_option(typed, value), command=name, options=listed(takes, "or"))
        for typed, (value, meant) in _no_options(text, name, known).items()
    )


def _no_options(text: str, name: str, known: Mapping[str, Collection[str]]) -> dict[str, tuple[str, str]]:
    """Return what looks like an option in a text and is none there: its value, and the option that is meant or "".

    It is near the name of one, or is another command's where this one takes some as well.
    """
    own = known.get(name, ())
    shared = known[""] if any(option in known[""] for option in own) else ()
    found = {}
    for typed, value in likely_options(text):
        meant = "" if typed in own else _meant(typed, own)
        if meant or (typed not in own and typed in shared):
            found[typed] = value, meant
    return found


def _meant(name: str, options: Collection[str]) -> str:
    """Return the option that a name begins, or is with a slip; "" where none is near."""
    begun = [option for option in options if len(name) >= _SHORTEST and option.startswith(name)]
    return next(iter((*begun, *nearest(name, options, _ALIKE))), "")
