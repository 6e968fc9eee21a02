"""What an unfinished line, or the value of an option, could become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands import Suggestion, public_commands
from bot.contract import Line, format_line, format_option, parse_line, split_unfinished
from bot.core.options import known_options
from bot.core.routing import join_words
from bot.language import words_begun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands import Command, Context, Parameter

__all__ = ["complete", "suggestions"]

MOST_COMPLETIONS = 25
"""Suggestions at once: what Discord's autocomplete shows."""

_MARKS = "\"'“”„«»\u2039›‘’\u201a"


def complete(text: str, commands: Sequence[Command], context: Context) -> list[str]:
    """Return whole lines that an unfinished line could become, at most 25."""
    name, space, rest = text.lstrip().removeprefix("/").partition(" ")
    if not text.lstrip().startswith("/"):
        return []
    if not space:
        shown = [command.name for command in public_commands(commands)]
        return [f"/{known} " for known in shown if known.startswith(name.casefold())]
    command = next((each for each in commands if each.name == name.casefold()), None)
    if command is None:
        return []
    known = known_options([command])
    before, word = split_unfinished(rest, known[command.name])
    typed, given = (parse_line(f"/{command.name} {part}", known) for part in (rest, before))
    start = f"/{name} {before.strip()} ".replace("  ", " ")
    names_option = any(word.casefold().startswith(f"{each}:") for each in known[command.name])
    lines: list[str] = []
    for parameter in command.parameters:
        option = "" if parameter.free else f"{parameter.name}:"
        if option and word.casefold().startswith(option):
            begun = word[len(option) :].strip(_MARKS)
            values = [_typed(each, begun) for each in suggestions(parameter, context, begun)]
            lines += [start + format_option(parameter.name, value) for value in values]
        elif not option and not names_option:
            values = [_typed(each, typed.words) for each in suggestions(parameter, context, typed.words)]
            lines += [format_line(Line(name, value, given.options)) for value in values]
        if option.startswith(word.casefold()) and word != option and parameter.name not in dict(given.options):
            lines.append(start + option)
    return lines[:MOST_COMPLETIONS]


def suggestions(parameter: Parameter, context: Context, typed: str) -> list[Suggestion]:
    """Return values of a parameter for what is typed of one, at most 25; case and marks do not matter.

    First those that begin so, then those of which a word does, then those with all the words in any order; where there
    are none, those with words that differ by a slip.
    """
    known = parameter.about.suggestions(context, typed.casefold())
    begun = f" {join_words(typed)}"
    spelt = {each: f" {join_words(each.label)} {join_words(each.value)}" for each in known}
    places = {each: text.find(begun) for each, text in spelt.items()}
    words = begun.split()
    found = [each for each in known if places[each] == 0]
    found += [each for each in known if places[each] > 0]
    if len(words) > 1:
        found += [each for each in known if places[each] < 0 and all(f" {word}" in spelt[each] for word in words)]
    if not found:
        slips = words_begun(words, list(spelt.values()), MOST_COMPLETIONS)
        found = [known[number] for number in slips]
    return found[:MOST_COMPLETIONS]


def _typed(suggestion: Suggestion, begun: str) -> str:
    """Return how a suggestion is typed in a line: by its name where that is how it was begun."""
    by_value = f" {join_words(begun)}" in f" {join_words(suggestion.value)}"
    return suggestion.value if by_value or not suggestion.name else suggestion.name
