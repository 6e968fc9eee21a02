"""Discord's documented limits, and what a payload breaks of them.

Each number is a row of Discord's documentation: resources/message, components/reference,
interactions/application-commands, interactions/receiving-and-responding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.local_discord.world import Json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CONTENT = 2_000
EMBEDS, EMBED_TITLE, EMBED_DESCRIPTION, EMBEDS_TOGETHER = 10, 256, 4_096, 6_000
EMBED_FIELDS, FIELD_NAME, FIELD_VALUE, FOOTER, EMBED_AUTHOR = 25, 256, 1_024, 2_048, 256
ROWS, ROW_BUTTONS, SELECT_OPTIONS, LABEL, CUSTOM_ID, PLACEHOLDER = 5, 5, 25, 80, 100, 150
SELECT_TEXT, BUTTON_URL = 100, 512
V2_COMPONENTS, V2_TEXT = 40, 4_000
SECTION_TEXTS = 3
NONCE = 25
MODAL_TITLE, MODAL_PARTS, INPUT_TEXT, INPUT_LABEL = 45, 5, 4_000, 45
COMMAND_NAME, COMMAND_DESCRIPTION, OPTIONS, CHOICES, CHOICE_NAME, CHOICE_VALUE = 32, 100, 25, 25, 100, 100
COMMAND_CHARACTERS = 8_000
COMMANDS = {1: 100, 2: 15, 3: 15}
THREAD_NAME = 100

V2_FLAG = 1 << 15
EPHEMERAL = 1 << 6
LOADING = 1 << 7
ROW, BUTTON, SELECTS, TEXT_INPUT = 1, 2, (3, 5, 6, 7, 8), 4
SECTION, TEXT, CONTAINER, CONTENT_LABEL = 9, 10, 17, 18
LINK_STYLE, PREMIUM_STYLE = 5, 6
CHAT_INPUT, SUBCOMMAND, GROUP = 1, 1, 2
_COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")
_V2_ONLY = {SECTION, TEXT, 11, 12, 13, 14, CONTAINER}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a payload: where, Discord's code for it, and a sentence; `number` is the error's own code.

    50035 (Invalid Form Body) carries a tree of such problems; any other number is the whole error.
    """

    path: tuple[str, ...]
    code: str
    sentence: str
    number: int = 50035


def _length(path: Sequence[str], value: object, most: int, least: int = 0) -> Iterator[Problem]:
    if isinstance(value, str) and not least <= len(value) <= most:
        kind = "BASE_TYPE_BAD_LENGTH" if least else "BASE_TYPE_MAX_LENGTH"
        between = f"between {least} and {most}" if least else f"{most} or fewer"
        yield Problem(tuple(path), kind, f"Must be {between} in length.")


def _count(path: Sequence[str], value: Sequence[object], most: int, least: int = 0) -> Iterator[Problem]:
    if not least <= len(value) <= most:
        yield Problem(tuple(path), "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _wrong(path: Sequence[str], code: str, sentence: str) -> Problem:
    return Problem(tuple(path), code, sentence)


def message_problems(body: Json, before: Json | None = None) -> list[Problem]:
    """Return what a message body breaks; `before` is the message as it stands when this is an edit."""
    content, embeds, components = body.get("content"), _list(body.get("embeds")), _list(body.get("components"))
    flags = int(body.get("flags") or 0)
    v2 = bool(flags & V2_FLAG) or bool(before and before.get("flags", 0) & V2_FLAG)
    problems = [
        *_length(["content"], content, CONTENT),
        *_count(["embeds"], embeds, EMBEDS),
        *_embed_problems(embeds),
        *_component_problems(components, v2=v2),
    ]
    nonce = body.get("nonce")
    if nonce is not None and len(str(nonce)) > NONCE:
        problems.append(_wrong(["nonce"], "NONCE_TYPE_TOO_LONG", f"Must be {NONCE} or fewer in length."))
    after = (before or {}) | body
    if v2 and any(after.get(part) for part in ("content", "embeds", "poll", "sticker_ids")):
        sentence = "The 'content' and 'embeds' fields cannot be used with MessageFlags.IS_COMPONENTS_V2."
        problems.append(_wrong(["flags"], "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", sentence))
    if before and before.get("flags", 0) & V2_FLAG and "flags" in body and not flags & V2_FLAG:
        sentence = "The MessageFlags.IS_COMPONENTS_V2 flag cannot be removed."
        problems.append(_wrong(["flags"], "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG", sentence))
    if not any(after.get(part) for part in ("content", "embeds", "components", "attachments", "poll", "sticker_ids")):
        problems.append(Problem((), "EMPTY", "Cannot send an empty message", 50006))
    return problems


def _embed_problems(embeds: Sequence[Json]) -> Iterator[Problem]:
    together = 0
    for number, embed in enumerate(embeds):
        path = ["embeds", str(number)]
        fields = _list(embed.get("fields"))
        author, footer = embed.get("author") or {}, embed.get("footer") or {}
        yield from _length([*path, "title"], embed.get("title"), EMBED_TITLE)
        yield from _length([*path, "description"], embed.get("description"), EMBED_DESCRIPTION)
        yield from _length([*path, "footer", "text"], footer.get("text"), FOOTER)
        yield from _length([*path, "author", "name"], author.get("name"), EMBED_AUTHOR)
        yield from _count([*path, "fields"], fields, EMBED_FIELDS)
        for place, one in enumerate(fields):
            yield from _length([*path, "fields", str(place), "name"], one.get("name"), FIELD_NAME, 1)
            yield from _length([*path, "fields", str(place), "value"], one.get("value"), FIELD_VALUE, 1)
        texts = [embed.get("title"), embed.get("description"), footer.get("text"), author.get("name")]
        texts += [one.get(part) for one in fields for part in ("name", "value")]
        together += sum(len(text) for text in texts if text)
    if together > EMBEDS_TOGETHER:
        sentence = f"Embed size exceeds maximum size of {EMBEDS_TOGETHER}"
        yield _wrong(["embeds"], "MAX_EMBED_SIZE_EXCEEDED", sentence)


def walk(components: Sequence[Any], path: tuple[str, ...] = ("components",)) -> Iterator[tuple[tuple[str, ...], Json]]:
    """Yield every component, nested ones too, with its path."""
    for number, component in enumerate(components):
        if not isinstance(component, dict):
            continue
        here = (*path, str(number))
        yield here, component
        yield from walk(_list(component.get("components")), (*here, "components"))
        for part in ("accessory", "component"):
            if isinstance(component.get(part), dict):
                yield (*here, part), component[part]


def _component_problems(components: Sequence[Json], *, v2: bool) -> Iterator[Problem]:
    parts = list(walk(components))
    seen: set[str] = set()
    for path, component in parts:
        yield from _one_component(path, component)
        custom_id = component.get("custom_id")
        if custom_id in seen:
            yield _wrong(
                [*path, "custom_id"], "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
            )
        if isinstance(custom_id, str):
            seen.add(custom_id)
    yield from _v2_problems(parts) if v2 else _legacy_problems(components, parts)


def _legacy_problems(components: Sequence[Json], parts: Sequence[tuple[tuple[str, ...], Json]]) -> Iterator[Problem]:
    yield from _count(["components"], components, ROWS)
    for path, component in parts:
        if component.get("type") in _V2_ONLY:
            yield _wrong([*path, "type"], "UNION_TYPE_CHOICES", "This component needs MessageFlags.IS_COMPONENTS_V2.")
    for number, component in enumerate(components):
        if component.get("type") != ROW:
            yield _wrong(["components", str(number), "type"], "UNION_TYPE_CHOICES", "Value of field 'type' must be 1.")


def _v2_problems(parts: Sequence[tuple[tuple[str, ...], Json]]) -> Iterator[Problem]:
    if len(parts) > V2_COMPONENTS:
        sentence = f"The total number of components exceeds the maximum of {V2_COMPONENTS}; found {len(parts)}."
        yield _wrong(["components"], "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", sentence)
    text = sum(len(component.get("content") or "") for _, component in parts if component.get("type") == TEXT)
    if text > V2_TEXT:
        sentence = f"The texts of all components exceed the maximum of {V2_TEXT}; found {text}."
        yield _wrong(["components"], "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", sentence)


def _one_component(path: tuple[str, ...], component: Json) -> Iterator[Problem]:
    kind, custom_id = component.get("type"), component.get("custom_id")
    if kind == ROW:
        yield from _row_problems(path, _list(component.get("components")))
    if kind == BUTTON:
        yield from _button_problems(path, component)
    if kind in SELECTS:
        yield from _select_problems(path, component)
    if kind == TEXT:
        yield from _length([*path, "content"], component.get("content"), V2_TEXT, 1)
    if kind == SECTION:
        yield from _count([*path, "components"], _list(component.get("components")), SECTION_TEXTS, 1)
        if not component.get("accessory"):
            yield _wrong([*path, "accessory"], "BASE_TYPE_REQUIRED", "This field is required")
    if custom_id is not None:
        yield from _length([*path, "custom_id"], custom_id, CUSTOM_ID, 1)
    elif kind in (*SELECTS, TEXT_INPUT):
        yield _wrong([*path, "custom_id"], "BASE_TYPE_REQUIRED", "This field is required")


def _select_problems(path: tuple[str, ...], select: Json) -> Iterator[Problem]:
    yield from _length([*path, "placeholder"], select.get("placeholder"), PLACEHOLDER)
    if select.get("type") != SELECTS[0]:
        return
    options = _list(select.get("options"))
    yield from _count([*path, "options"], options, SELECT_OPTIONS, 1)
    for number, option in enumerate(options):
        for part, least in (("label", 1), ("value", 1), ("description", 0)):
            yield from _length([*path, "options", str(number), part], option.get(part), SELECT_TEXT, least)
    values = [option.get("value") for option in options]
    if len(set(values)) < len(values):
        yield _wrong([*path, "options"], "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The values must be unique.")


def _row_problems(path: tuple[str, ...], parts: Sequence[Json]) -> Iterator[Problem]:
    kinds = [part.get("type") for part in parts]
    if all(kind == BUTTON for kind in kinds):
        yield from _count([*path, "components"], parts, ROW_BUTTONS, 1)
    elif len(parts) > 1:
        sentence = "A row holds up to five buttons or one select, never both."
        yield _wrong([*path, "components"], "COMPONENT_LAYOUT_WIDTH_EXCEEDED", sentence)
    if any(kind not in (BUTTON, *SELECTS, TEXT_INPUT) for kind in kinds):
        yield _wrong([*path, "components"], "UNION_TYPE_CHOICES", "A row holds buttons or a select.")


def _button_problems(path: tuple[str, ...], button: Json) -> Iterator[Problem]:
    yield from _length([*path, "label"], button.get("label"), LABEL)
    yield from _length([*path, "url"], button.get("url"), BUTTON_URL)
    if not (button.get("label") or button.get("emoji")) and button.get("style") != PREMIUM_STYLE:
        yield _wrong([*path, "label"], "BUTTON_COMPONENT_INVALID_LABEL", "A label or an emoji must be specified")
    if button.get("style") == LINK_STYLE:
        if not button.get("url") or button.get("custom_id"):
            yield _wrong(
                [*path, "url"], "BUTTON_COMPONENT_URL", "A url button must have a url and cannot have a custom id"
            )
        elif not re.match(r"(https?|discord)://\S+$", str(button["url"])):
            sentence = 'Not a well formed URL: Scheme must be one of ("http", "https", "discord").'
            yield _wrong([*path, "url"], "URL_TYPE_INVALID_SCHEME", sentence)
    elif button.get("style") != PREMIUM_STYLE and not button.get("custom_id"):
        yield _wrong([*path, "custom_id"], "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required")


def modal_problems(data: Json) -> list[Problem]:
    """Return what a modal breaks."""
    components = _list(data.get("components"))
    problems = [
        *_length(["data", "title"], data.get("title") or "", MODAL_TITLE, 1),
        *_length(["data", "custom_id"], data.get("custom_id") or "", CUSTOM_ID, 1),
        *_count(["data", "components"], components, MODAL_PARTS, 1),
    ]
    for path, component in walk(components, ("data", "components")):
        problems += _one_component(path, component)
        if component.get("type") == TEXT_INPUT:
            problems += _length([*path, "label"], component.get("label"), INPUT_LABEL, 1)
            problems += _length([*path, "placeholder"], component.get("placeholder"), SELECT_TEXT)
            problems += _length([*path, "value"], component.get("value"), INPUT_TEXT)
        if component.get("type") == CONTENT_LABEL:
            problems += _length([*path, "label"], component.get("label") or "", INPUT_LABEL, 1)
            problems += _length([*path, "description"], component.get("description"), SELECT_TEXT)
    return problems


def autocomplete_problems(data: Json) -> list[Problem]:
    """Return what suggestions break."""
    choices = _list(data.get("choices"))
    problems = [*_count(["data", "choices"], choices, CHOICES)]
    for number, choice in enumerate(choices):
        problems += _choice_problems(["data", "choices", str(number)], choice)
    return problems


def _choice_problems(path: Sequence[str], choice: Json) -> Iterator[Problem]:
    yield from _length([*path, "name"], choice.get("name"), CHOICE_NAME, 1)
    yield from _length([*path, "value"], choice.get("value"), CHOICE_VALUE, 1)


def command_problems(commands: Sequence[Json]) -> list[Problem]:
    """Return what a bulk overwrite of commands breaks."""
    problems: list[Problem] = []
    for kind, most in COMMANDS.items():
        of_kind = [command for command in commands if (command.get("type") or CHAT_INPUT) == kind]
        if len(of_kind) > most:
            problems.append(Problem((), "TOO_MANY", f"Maximum number of application commands reached ({most})", 30032))
    seen: set[tuple[object, object]] = set()
    for number, command in enumerate(commands):
        path, kind = [str(number)], command.get("type") or CHAT_INPUT
        key = (kind, command.get("name"))
        if key in seen:
            sentence = "Application command names must be unique"
            problems.append(_wrong([*path, "name"], "APPLICATION_COMMANDS_DUPLICATE_NAME", sentence))
        seen.add(key)
        problems += _command_problems(path, command, kind)
        if command_size(command) > COMMAND_CHARACTERS:
            sentence = f"Command exceeds maximum size ({COMMAND_CHARACTERS})"
            problems.append(_wrong(path, "APPLICATION_COMMAND_TOO_LARGE", sentence))
    return problems


def _command_problems(path: Sequence[str], command: Json, kind: int) -> Iterator[Problem]:
    if kind != CHAT_INPUT:
        yield from _length([*path, "name"], command.get("name") or "", COMMAND_NAME, 1)
        if command.get("description") or command.get("options"):
            sentence = "Context menu commands cannot have a description or options"
            yield _wrong([*path, "description"], "APPLICATION_COMMAND_INVALID_DESCRIPTION", sentence)
        return
    yield from _named(path, command)
    yield from _option_problems(path, _list(command.get("options")))


def _named(path: Sequence[str], thing: Json) -> Iterator[Problem]:
    names = {"name": thing.get("name"), **(thing.get("name_localizations") or {})}
    for name in names.values():
        if not isinstance(name, str) or not _COMMAND_NAME.fullmatch(name) or name != name.lower():
            yield _wrong([*path, "name"], "APPLICATION_COMMAND_INVALID_NAME", f"Command name is invalid: {name}")
    for text in (thing.get("description") or "", *(thing.get("description_localizations") or {}).values()):
        yield from _length([*path, "description"], text, COMMAND_DESCRIPTION, 1)


def _option_problems(path: Sequence[str], options: Sequence[Json]) -> Iterator[Problem]:
    yield from _count([*path, "options"], options, OPTIONS)
    required = [bool(option.get("required")) for option in options]
    if required != sorted(required, reverse=True):
        sentence = "Required options must be placed before non-required options"
        yield _wrong([*path, "options"], "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", sentence)
    names = [option.get("name") for option in options]
    if len(set(names)) < len(names):
        yield _wrong([*path, "options"], "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique")
    for number, option in enumerate(options):
        here = [*path, "options", str(number)]
        choices = _list(option.get("choices"))
        yield from _named(here, option)
        yield from _count([*here, "choices"], choices, CHOICES)
        for place, choice in enumerate(choices):
            yield from _choice_problems([*here, "choices", str(place)], choice)
        if choices and option.get("autocomplete"):
            sentence = "An option cannot have both choices and autocomplete"
            yield _wrong([*here, "autocomplete"], "APPLICATION_COMMAND_AUTOCOMPLETE_NOT_ALLOWED", sentence)
        if option.get("type") in (SUBCOMMAND, GROUP):
            yield from _option_problems(here, _list(option.get("options")))


def command_size(command: Json) -> int:
    """Return the characters of names, descriptions and choice values; the longest localisation counts."""
    total = 0
    for part in ("name", "description"):
        texts = [command.get(part) or "", *(command.get(f"{part}_localizations") or {}).values()]
        total += max(map(len, texts))
    for choice in _list(command.get("choices")):
        total += len(choice.get("name", "")) + len(str(choice.get("value", "")))
    return total + sum(command_size(option) for option in _list(command.get("options")))


def error_body(problems: Sequence[Problem]) -> Json:
    """Return the JSON of Discord's 400 for these problems."""
    whole = next((problem for problem in problems if problem.number != 50035), None)
    if whole:
        return {"message": whole.sentence, "code": whole.number}
    tree: Json = {}
    for problem in problems:
        node = tree
        for part in problem.path:
            node = node.setdefault(part, {})
        node.setdefault("_errors", []).append({"code": problem.code, "message": problem.sentence})
    return {"message": "Invalid Form Body", "code": 50035, "errors": tree}
