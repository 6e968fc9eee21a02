"""Declaring a command once, as a typed async function; every platform and every table is made from it."""

from __future__ import annotations

import inspect
import random
import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import (
    TYPE_CHECKING,
    Annotated,
    Literal,
    NamedTuple,
    TypedDict,
    Unpack,
    get_args,
    get_origin,
    get_type_hints,
)

from bot.contract import LONGEST_TEXT, Lines, Use, overlong_sentence
from bot.errors import UserError
from bot.policy.texts import listed, say

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from bot.contract import Author, Channel, Line, Reply, Request
    from bot.corpus import Corpus, EpisodeEntry
    from bot.delivery import Daily
    from bot.search import Searcher
    from bot.store import Store

__all__ = [
    "Command",
    "Context",
    "Menu",
    "Param",
    "Parameter",
    "Place",
    "Prompt",
    "Reading",
    "Suggestion",
    "Use",
    "command",
    "lines_of",
    "public_commands",
]

# The tightest limit of any platform for each part of a declaration.
LONGEST_NAME = 32  # Discord, interactions/application-commands; Slack's slash commands have the same length
LONGEST_DESCRIPTION = 100  # Discord, interactions/application-commands
MOST_PARAMETERS = 25  # Discord, interactions/application-commands
MOST_CHOICES = 25  # Discord, interactions/application-commands
LONGEST_COMMAND = 8_000  # Discord: characters of names, descriptions and choice values together
_NAME = re.compile(r"[a-z][a-z0-9-]*")

_ASKED_FOR = frozenset({Use.LINE, Use.CLAIM, Use.QUESTION, Use.TOPIC})
"""Uses whose missing words are asked for by a sentence of their own."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler may use: the request, the moment it was made (UTC), and the rooms below.

    `lines` are how to type what a reply offers. `check` asks a channel's platform whether the bot may post there: "" or
    what lacks. `forget` drops what a member was answered, or with None as the member a whole tenant.
    """

    request: Request
    corpus: Corpus
    search: Searcher
    commands: Sequence[Command]
    lines: Lines
    now: dt.datetime
    daily: Daily
    check: Callable[[Channel], Awaitable[str]]
    kept: Store | None = None
    forget: Callable[[Channel, Author | None], None] | None = None

    @property
    def chance(self) -> random.Random:
        """What a handler draws by: the same request at the same moment has one answer, on every platform."""
        return random.Random(self.now.isoformat())  # noqa: S311 - a choice, no secret

    @property
    def store(self) -> Store:
        """The store, or a UserError that says what is off without one."""
        if self.kept is None:
            raise UserError(say("command.no-store"))
        return self.kept

    async def refuse_closed(self, channel: Channel) -> None:
        """Raise a UserError when the bot cannot post in a channel, with what lacks."""
        lacking = await self.check(channel)
        if lacking:
            raise UserError(lacking)

    def where(self, channel: Channel, form: str = "in") -> str:
        """Say which channel is meant, as a place or, in the form "it", as what a sentence begins with."""
        if channel.id == self.request.channel.id:
            return say(f"settings.{form}-here")
        if channel.platform == "console":
            return say(f"settings.{form}-named", channel=channel.id)
        return say(f"settings.{form}-other")


class Suggestion(NamedTuple):
    """A value that a member may mean, a name that may be typed in its place, and how it is shown to be chosen."""

    value: str
    name: str = ""
    shown: str = ""

    @property
    def label(self) -> str:
        """How it is shown."""
        return self.shown or self.name or self.value


class Place(StrEnum):
    """What part of the library a parameter narrows a search to."""

    SPEAKER = "speaker"
    EPISODE = "episode"
    SHOW = "show"
    CHAPTER = "chapter"

    def names(self, ctx: Context, _typed: str) -> Sequence[Suggestion]:
        """Return the places of this kind known here.

        An episode is given by its number where only one has it, and shown with its title; a show by its folder.
        """
        entries = ctx.corpus.entries
        if self is Place.EPISODE:
            count = Counter(entry.short for entry in entries)
            return [
                Suggestion(entry.short if count[entry.short] == 1 else entry.title, entry.title, _numbered(entry))
                for entry in entries
            ]
        if self is Place.SHOW:
            return [Suggestion(show.id, show.title) for show in ctx.corpus.shows]
        chapters = (title for entry in entries for title in entry.chapters)
        known = ctx.corpus.speakers if self is Place.SPEAKER else chapters
        return [Suggestion(name) for name in dict.fromkeys(known)]


def _numbered(entry: EpisodeEntry) -> str:
    """Return an episode's number, where it has one, and title."""
    number = entry.label.removeprefix(entry.show.title).strip() if entry.number is not None else ""
    return f"{number} {entry.title}".strip()


@dataclass(frozen=True, slots=True)
class Param:
    """What a parameter means, put into its annotation: `Annotated[str, Param("…")]`.

    `choices` are the only values allowed; `place` narrows a search and suggests the places known; `complete` suggests
    other values while a member types; `channel` takes a channel of the asker's platform, which reaches the handler as
    the platform's id of it; a button with one that `turns` a page changes the message in place.
    """

    description: str
    choices: tuple[str, ...] = ()
    complete: Callable[[Context, str], Sequence[str | Suggestion]] | None = None
    longest: int = LONGEST_TEXT
    channel: bool = False
    place: Place | None = None
    turns: bool = False

    @property
    def suggests(self) -> bool:
        """Whether values are suggested while a member types."""
        return self.place is not None or self.complete is not None

    def suggestions(self, ctx: Context, typed: str) -> list[Suggestion]:
        """Return the values there are, for what is typed in lower case, each once."""
        known = self.place.names(ctx, typed) if self.place else self.complete(ctx, typed) if self.complete else ()
        each = (one if isinstance(one, Suggestion) else Suggestion(one) for one in known or self.choices)
        return list(dict.fromkeys(each))


@dataclass(frozen=True, slots=True)
class Reading:
    """A free message read as this command: what it was read as, and the button that reads another message so."""

    noun: str
    label: str


@dataclass(frozen=True, slots=True)
class Menu:
    """An entry in the menu of a message or of a member: a message's words become the command's free words."""

    target: Literal["message", "member"]
    label: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A suggestion for somebody who has said nothing yet: its title, and the sentence that asks for the command."""

    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter as declared: its type is str, int or bool; `free` takes the line's free words."""

    name: str
    type: type
    required: bool
    free: bool
    about: Param

    def read(self, value: str) -> object:
        """Return a typed text as the parameter's type, or raise a UserError that says what is wrong."""
        if len(value) > self.about.longest:
            raise UserError(overlong_sentence(len(value), self.about.longest))
        if self.about.channel:
            return _channel_id(value)
        if self.about.choices and value not in self.about.choices:
            raise UserError(
                say("command.no-choice", name=self.name, choices=listed(self.about.choices, "or"), value=value[:40])
            )
        if self.type is int:
            try:
                return int(value)
            except ValueError:
                raise UserError(say("command.no-number", name=self.name, value=value[:40])) from None
        if self.type is bool:
            if value.casefold() not in _FLAGS:
                raise UserError(say("command.no-flag", name=self.name, value=value[:40]))
            return _FLAGS[value.casefold()]
        return value


# A channel as platforms write it in text: <#123> (Discord), <#C123|general> (Slack); #general in a terminal.
_CHANNEL = re.compile(r"<#(\w+)(?:\|[^>]*)?>|#?([^\s<>#|]+)")


def _channel_id(value: str) -> str:
    """Return the id (or the name, where names are ids) of a channel as typed or picked."""
    found = _CHANNEL.fullmatch(value.strip())
    if not found:
        raise UserError(say("command.no-channel", value=value[:40]))
    return found[1] or found[2]


_FLAGS = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}


@dataclass(frozen=True, slots=True)
class Command:
    """A declared command.

    `use` is what the rest of the bot needs it for; a `hidden` one serves buttons and scripts, and no menu or table
    names it; an `always` one works where answers are switched off; `reading`, `menus` and `prompts` are further ways to
    it.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    handler: Callable[..., Awaitable[Reply]]
    examples: tuple[str, ...] = ()
    use: Use | None = None
    admin: bool = False
    private: bool = False
    hidden: bool = False
    always: bool = False
    reading: Reading | None = None
    menus: tuple[Menu, ...] = ()
    prompts: tuple[Prompt, ...] = ()

    @property
    def free(self) -> Parameter | None:
        """The parameter that takes the line's free words, if there is one."""
        return next((parameter for parameter in self.parameters if parameter.free), None)

    def narrowing(self, place: Place) -> str | None:
        """Return the name of the parameter that narrows a search to such a place, or None."""
        return next((parameter.name for parameter in self.parameters if parameter.about.place is place), None)

    def turns(self, line: Line) -> bool:
        """Say whether a line turns a page of what is shown, so that the message is edited in place."""
        given = {name for name, _ in line.options}
        return any(parameter.about.turns and parameter.name in given for parameter in self.parameters)

    def lacks_words(self, line: Line) -> bool:
        """Say whether a line lacks the free words that it needs: a platform with fields asks for them."""
        if self.free is None or not self.free.required or line.words:
            return False
        return all(name != self.free.name for name, _ in line.options)

    @property
    def usage(self) -> str:
        """How to type it: `/quote words… [episode:]`."""
        shown = [f"{p.name}…" if p.free else f"{p.name}:" for p in self.parameters]
        marks = [text if p.required else f"[{text}]" for p, text in zip(self.parameters, shown, strict=True)]
        return " ".join([f"/{self.name}", *marks])

    def arguments(self, given: Mapping[str, str]) -> dict[str, object]:
        """Return the handler's arguments from texts by name, or raise a UserError that says what to do."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise UserError(self.unknown_option(name))
        for parameter in self.parameters:
            if parameter.required and not given.get(parameter.name, "").strip():
                how = (
                    say("command.example", example=self.examples[0])
                    if self.examples
                    else say("command.usage", usage=self.usage)
                )
                if parameter.free and self.use in _ASKED_FOR:
                    raise UserError(say(f"command.asks-{self.use}", how=how))
                about = parameter.about.description
                raise UserError(
                    say("command.missing", command=self.name, name=parameter.name, description=about, how=how)
                )
        return {name: known[name].read(value) for name, value in given.items() if value.strip()}

    def unknown_option(self, name: str) -> str:
        """Say that an option is not one of this command's."""
        options = [f"{parameter.name}:" for parameter in self.parameters if not parameter.free]
        takes = say("command.options", options=", ".join(options)) if options else say("command.no-options")
        return say("command.no-option", command=self.name, name=name, takes=takes)


class _Declared(TypedDict, total=False):
    """What a declaration may add to the function: fields of Command."""

    name: str
    examples: tuple[str, ...]
    use: Use
    admin: bool
    private: bool
    hidden: bool
    always: bool
    reading: Reading
    menus: tuple[Menu, ...]
    prompts: tuple[Prompt, ...]


def command(description: str, **declared: Unpack[_Declared]) -> Callable[[Callable[..., Awaitable[Reply]]], Command]:
    """Make a Command of an async function; refuse, with the rule, what some platform would refuse later.

    The command is named after the function unless `name` is given (a builtin's name, say).
    """

    def declare(function: Callable[..., Awaitable[Reply]]) -> Command:
        hints = get_type_hints(function, include_extras=True)
        signature = inspect.signature(function)
        parameters = tuple(
            _parameter(name, hints[name], parameter, first=position == 1)
            for position, (name, parameter) in enumerate(signature.parameters.items())
            if position
        )
        named: _Declared = {"name": function.__name__.replace("_", "-"), **declared}
        made = Command(description=description, parameters=parameters, handler=function, **named)
        _refuse(made)
        return made

    return declare


def lines_of(commands: Iterable[Command]) -> Lines:
    """Return how to type what buttons and sentences offer, by what it is for."""
    return Lines({command.use: command.name for command in commands if command.use})


def public_commands(commands: Iterable[Command]) -> list[Command]:
    """Return the commands that menus and tables name: a hidden one runs without being listed."""
    return [command for command in commands if not command.hidden]


def _parameter(name: str, hint: object, parameter: inspect.Parameter, *, first: bool) -> Parameter:
    """Read one parameter from its annotation."""
    about = next((part for part in get_args(hint) if isinstance(part, Param)), None) if _annotated(hint) else None
    if about is None:
        message = f'parameter {name} needs a description: Annotated[…, Param("…")]'
        raise TypeError(message)
    kinds = [kind for kind in (get_args(get_args(hint)[0]) or (get_args(hint)[0],)) if kind is not type(None)]
    if kinds not in ([str], [int], [bool]):
        message = f"parameter {name} must be str, int or bool, or one of them or None; not {get_args(hint)[0]}"
        raise TypeError(message)
    required = parameter.default is inspect.Parameter.empty
    return Parameter(name, kinds[0], required, first and kinds == [str], about)


def _annotated(hint: object) -> bool:
    return get_origin(hint) is Annotated


def _refuse(made: Command) -> None:
    """Raise ValueError for a declaration beyond the tightest limit of any platform; a hidden one offers no choices."""
    rules = [
        (_fits(made.name), f"a name is 1-{LONGEST_NAME} of a-z, 0-9 and -, found {made.name!r}"),
        (0 < len(made.description) <= LONGEST_DESCRIPTION, f"a description has 1-{LONGEST_DESCRIPTION} characters"),
        (len(made.parameters) <= MOST_PARAMETERS, f"a command has at most {MOST_PARAMETERS} parameters"),
        (_size(made) <= LONGEST_COMMAND, f"names, descriptions and choices have at most {LONGEST_COMMAND} characters"),
        (
            [p.required for p in made.parameters] == sorted((p.required for p in made.parameters), reverse=True),
            "required parameters come before optional ones",
        ),
    ]
    rules += [
        (0 < len(menu.label) <= LONGEST_NAME, f"a menu's entry has 1-{LONGEST_NAME} characters") for menu in made.menus
    ]
    if made.menus or made.reading:
        rules.append((made.free is not None, "a command in menus or that messages are read as takes free words"))
    for parameter in made.parameters:
        rules += [
            (_fits(parameter.name), f"a name is 1-{LONGEST_NAME} of a-z, 0-9 and -, found {parameter.name!r}"),
            (
                0 < len(parameter.about.description) <= LONGEST_DESCRIPTION,
                f"the description of {parameter.name} has 1-{LONGEST_DESCRIPTION} characters",
            ),
            (
                made.hidden or len(parameter.about.choices) <= MOST_CHOICES,
                f"{parameter.name} has at most {MOST_CHOICES} choices",
            ),
        ]
    for kept, rule in rules:
        if not kept:
            message = f"command {made.name}: {rule}"
            raise ValueError(message)


def _fits(name: str) -> bool:
    return len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None


def _size(made: Command) -> int:
    texts = [made.name, made.description]
    for parameter in made.parameters:
        texts += [parameter.name, parameter.about.description, *parameter.about.choices]
    return sum(map(len, texts))
