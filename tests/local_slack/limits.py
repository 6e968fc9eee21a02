"""What Slack refuses in a message or a view, as documented: pure checks that return sentences, empty when all is well.

Sources: the Block Kit reference and the length limits that slack_sdk.models and @slack/types carry; the sum over all
blocks is a user's measurement (slackapi/bolt-js#2509).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
MESSAGE_TEXT: Final = 40_000
UPDATE_BYTES: Final = 4_000
ALL_BLOCKS: Final = 13_200
SECTION: Final = 3_000
FIELDS: Final = 10
FIELD: Final = 2_000
HEADER: Final = 150
CONTEXT: Final = 10
ACTIONS: Final = 25
CONTEXT_ACTIONS: Final = 5
MARKDOWN: Final = 12_000
IDS: Final = 255
VIEW_TITLE: Final = 24
PRIVATE_METADATA: Final = 3_000
LABEL: Final = 2_000
PLACEHOLDER: Final = 150
ALT_TEXT: Final = 2_000
URL: Final = 3_000
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2_000
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
TABLE_ROWS: Final = 100
TABLE_COLUMNS: Final = 20

OPTIONS: Final = {
    "static_select": 100,
    "multi_static_select": 100,
    "overflow": 5,
    "checkboxes": 10,
    "radio_buttons": 10,
}
KEYS: Final[Mapping[str, frozenset[str]]] = {
    kind: frozenset(keys.split())
    for kind, keys in {
        "section": "type block_id text fields accessory expand",
        "header": "type block_id text level",
        "divider": "type block_id",
        "context": "type block_id elements",
        "context_actions": "type block_id elements",
        "actions": "type block_id elements",
        "rich_text": "type block_id elements",
        "markdown": "type block_id text",
        "image": "type block_id image_url slack_file alt_text title",
        "input": "type block_id label element dispatch_action hint optional",
        "table": "type block_id rows column_settings",
    }.items()
}
UNREAD_BLOCKS: Final = frozenset(
    {"video", "file", "card", "carousel", "alert", "container", "task_card", "plan", "call"}
)
BUTTON_KEYS: Final = frozenset(
    {"type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label", "agent_prompt"}
)
IN_ACTIONS: Final = frozenset(
    {
        *OPTIONS,
        "button",
        "datepicker",
        "timepicker",
        "datetimepicker",
        "users_select",
        "channels_select",
        "conversations_select",
        "external_select",
        "rich_text_input",
        "workflow_button",
    }
)
IN_INPUT: Final = (IN_ACTIONS - {"button", "overflow", "workflow_button"}) | {
    "plain_text_input",
    "number_input",
    "email_text_input",
    "url_text_input",
    "file_input",
    "multi_users_select",
    "multi_channels_select",
    "multi_conversations_select",
}
RICH: Final = frozenset({"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"})
RICH_STYLES: Final = frozenset(
    {"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}
)
RICH_WORDS: Final = frozenset(
    {"text", "link", "user", "usergroup", "channel", "emoji", "broadcast", "date", "team", "color", "citation"}
)
BROADCAST: Final = re.compile(r"<!(?:channel|here|everyone|subteam\^)[^>]*>")


def block_problems(blocks: object, surface: str = "message") -> list[str]:
    """Return what Slack refuses in `blocks` on a surface: message, modal or home."""
    if not isinstance(blocks, list):
        return ["blocks are not a list"]
    limit = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    problems = [f"{len(blocks)} blocks; {limit} are allowed"] if len(blocks) > limit else []
    ids: set[str] = set()
    for number, block in enumerate(blocks):
        where = f"blocks/{number}"
        if not isinstance(block, dict):
            problems.append(f"{where}: not an object")
            continue
        problems += _block(block, where, surface)
        block_id = block.get("block_id")
        if block_id is not None:
            problems += _short(block_id, IDS, f"{where}/block_id")
            if str(block_id) in ids:
                problems.append(f"{where}: block_id “{block_id}” already exists")
            ids.add(str(block_id))
    return problems


def unknown(blocks: object, kinds: Collection[str], where: str = "blocks") -> list[str]:
    """Return where blocks use a kind of block or element that this workspace does not know yet."""
    places: list[str] = []
    if isinstance(blocks, list):
        for number, item in enumerate(blocks):
            places += unknown(item, kinds, f"{where}/{number}")
    elif isinstance(blocks, dict):
        kind = _kind(blocks)
        places += [f"{where}: unsupported type {kind!r}"] if kind in kinds else []
        for key, value in blocks.items():
            places += unknown(value, kinds, f"{where}/{key}")
    return places


def too_long(blocks: object) -> bool:
    """Return whether the characters of all blocks are more than a message holds."""
    return sum(len(text) for text in _strings(blocks)) > ALL_BLOCKS


def view_problems(view: object) -> list[str]:
    """Return what Slack refuses in a modal or a home tab."""
    if not isinstance(view, dict):
        return ["the view is not an object"]
    kind = _kind(view)
    if kind not in {"modal", "home"}:
        return [f"view/type: {kind!r} is neither modal nor home"]
    problems = block_problems(view.get("blocks"), kind)
    problems += _short(view.get("private_metadata", ""), PRIVATE_METADATA, "view/private_metadata")
    problems += _short(view.get("callback_id", ""), IDS, "view/callback_id")
    if kind == "modal":
        problems += _text(view.get("title"), VIEW_TITLE, "view/title", plain=True)
        for name in ("submit", "close"):
            if name in view:
                problems += _text(view[name], VIEW_TITLE, f"view/{name}", plain=True)
        inputs = [block for block in _objects(view.get("blocks")) if _kind(block) == "input"]
        if inputs and "submit" not in view:
            problems.append("view/submit: required when there is an input block")
    return problems


def markup_notes(payload: Mapping[str, Any]) -> list[str]:
    """Return where a payload would ping many people or let Slack read marks in plain words."""
    notes = [f"{where}: {found.group()}" for where, text in _marked(payload) for found in BROADCAST.finditer(text)]
    notes += [f"{where}: a broadcast element" for where in _broadcasts(payload.get("blocks"), "blocks")]
    if payload.get("link_names") in (True, "1", "true"):
        notes.append("link_names: names in plain words would become mentions")
    if payload.get("parse") == "full":
        notes.append("parse: full reads marks everywhere")
    return notes


def _block(block: dict[str, Any], where: str, surface: str) -> list[str]:
    kind = _kind(block)
    if kind in UNREAD_BLOCKS:
        return []
    if kind not in KEYS:
        return [f"{where}: unsupported type {kind!r}"]
    problems = [f"{where}: invalid additional property {key}" for key in sorted(set(block) - KEYS[kind])]
    if kind == "markdown" and surface != "message":
        problems.append(f"{where}: a markdown block is for messages only")
    check = {
        "section": _section,
        "header": _header,
        "context": _context,
        "actions": _actions,
        "context_actions": _context_actions,
        "rich_text": _rich_text,
        "markdown": _markdown,
        "image": _image,
        "input": _input,
        "table": _table,
    }.get(kind)
    return problems + (check(block, where) if check else [])


def _kind(node: dict[str, Any]) -> str:
    """Return an object's type, empty when it has none or something else stands there."""
    kind = node.get("type")
    return kind if isinstance(kind, str) else ""


def _header(block: dict[str, Any], where: str) -> list[str]:
    return _text(block.get("text"), HEADER, f"{where}/text", plain=True)


def _context(block: dict[str, Any], where: str) -> list[str]:
    problems = _many(block.get("elements"), CONTEXT, where)
    for number, element in enumerate(_objects(block.get("elements"))):
        place = f"{where}/elements/{number}"
        problems += _image(element, place) if element.get("type") == "image" else _text(element, SECTION, place)
    return problems


def _actions(block: dict[str, Any], where: str) -> list[str]:
    elements = block.get("elements")
    return _many(elements, ACTIONS, where) + _interactive(elements, where, IN_ACTIONS)


def _context_actions(block: dict[str, Any], where: str) -> list[str]:
    elements = block.get("elements")
    allowed = frozenset({"feedback_buttons", "icon_button"})
    return _many(elements, CONTEXT_ACTIONS, where) + _interactive(elements, where, allowed)


def _rich_text(block: dict[str, Any], where: str) -> list[str]:
    return _rich(block.get("elements"), where)


def _markdown(block: dict[str, Any], where: str) -> list[str]:
    return _filled(block.get("text"), MARKDOWN, f"{where}/text")


def _input(block: dict[str, Any], where: str) -> list[str]:
    problems = _text(block.get("label"), LABEL, f"{where}/label", plain=True)
    problems += _text(block["hint"], LABEL, f"{where}/hint", plain=True) if "hint" in block else []
    return problems + _interactive([block.get("element")], where, IN_INPUT)


def _section(block: dict[str, Any], where: str) -> list[str]:
    if "text" not in block and "fields" not in block:
        return [f"{where}: a section needs text or fields"]
    problems = _text(block["text"], SECTION, f"{where}/text") if "text" in block else []
    if "fields" in block:
        problems += _many(block["fields"], FIELDS, f"{where}/fields")
        for number, item in enumerate(_objects(block["fields"])):
            problems += _text(item, FIELD, f"{where}/fields/{number}")
    if "accessory" in block:
        accessory = block["accessory"]
        if isinstance(accessory, dict) and accessory.get("type") == "image":
            problems += _image(accessory, f"{where}/accessory")
        else:
            problems += _interactive([accessory], where, IN_ACTIONS | IN_INPUT)
    return problems


def _interactive(elements: object, where: str, allowed: frozenset[str]) -> list[str]:
    problems: list[str] = []
    seen: set[str] = set()
    for number, element in enumerate(_objects(elements)):
        place = f"{where}/elements/{number}"
        kind = _kind(element)
        if kind not in allowed:
            problems.append(f"{place}: unsupported type {kind!r}")
            continue
        action = element.get("action_id")
        if action is not None:
            problems += _filled(action, IDS, f"{place}/action_id")
            if str(action) in seen:
                problems.append(f"{place}: action_id “{action}” already exists")
            seen.add(str(action))
        if kind == "button":
            problems += _button(element, place)
        if kind in OPTIONS:
            problems += _options(element, OPTIONS[kind], place)
        if "placeholder" in element:
            problems += _text(element["placeholder"], PLACEHOLDER, f"{place}/placeholder", plain=True)
        if "confirm" in element:
            problems += _confirm(element["confirm"], f"{place}/confirm")
    if not isinstance(elements, list) or len(_objects(elements)) != len(elements):
        problems.append(f"{where}/elements: not a list of objects")
    return problems


def _button(button: dict[str, Any], where: str) -> list[str]:
    problems = [f"{where}: invalid additional property {key}" for key in sorted(set(button) - BUTTON_KEYS)]
    problems += _text(button.get("text"), BUTTON_TEXT, f"{where}/text", plain=True)
    problems += _short(button.get("value", ""), BUTTON_VALUE, f"{where}/value")
    problems += _short(button.get("accessibility_label", ""), BUTTON_TEXT, f"{where}/accessibility_label")
    if "url" in button:
        problems += _url(button["url"], f"{where}/url")
    if button.get("style", "primary") not in ("primary", "danger"):
        problems.append(f"{where}/style: {button['style']!r} is neither primary nor danger")
    return problems


def _options(element: dict[str, Any], limit: int, where: str) -> list[str]:
    if "option_groups" in element:
        return []
    problems = _many(element.get("options"), limit, f"{where}/options")
    for number, option in enumerate(_objects(element.get("options"))):
        problems += _text(option.get("text"), OPTION_TEXT, f"{where}/options/{number}/text")
        problems += _filled(option.get("value"), OPTION_VALUE, f"{where}/options/{number}/value")
    return problems


def _confirm(confirm: object, where: str) -> list[str]:
    if not isinstance(confirm, dict):
        return [f"{where}: not an object"]
    limits = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
    return [
        problem
        for name, limit in limits.items()
        for problem in _text(confirm.get(name), limit, f"{where}/{name}", plain=name != "text")
    ]


def _image(image: dict[str, Any], where: str) -> list[str]:
    problems = _filled(image.get("alt_text"), ALT_TEXT, f"{where}/alt_text")
    if "slack_file" not in image:
        problems += _url(image.get("image_url"), f"{where}/image_url")
    return problems


def _rich(elements: object, where: str) -> list[str]:
    if not isinstance(elements, list):
        return [f"{where}/elements: not a list"]
    problems: list[str] = []
    for number, element in enumerate(elements):
        place = f"{where}/elements/{number}"
        if not isinstance(element, dict) or _kind(element) not in RICH:
            problems.append(f"{place}: not a rich text element")
        elif element["type"] == "rich_text_list":
            if element.get("style") not in ("bullet", "ordered"):
                problems.append(f"{place}/style: neither bullet nor ordered")
            problems += _rich(element.get("elements"), place)
        else:
            problems += _rich_words(element.get("elements"), place)
    return problems


def _rich_words(words: object, where: str) -> list[str]:
    if not isinstance(words, list):
        return [f"{where}/elements: not a list"]
    problems: list[str] = []
    for number, word in enumerate(words):
        place = f"{where}/elements/{number}"
        if not isinstance(word, dict) or _kind(word) not in RICH_WORDS:
            problems.append(f"{place}: unsupported rich text {word!r}"[:200])
            continue
        style = word.get("style", {})
        if not isinstance(style, dict) or set(style) - RICH_STYLES:
            problems.append(f"{place}/style: {style!r}")
        if word["type"] == "text":
            problems += _filled(word.get("text"), MESSAGE_TEXT, f"{place}/text")
        if word["type"] == "citation":
            problems += _filled(word.get("text"), MESSAGE_TEXT, f"{place}/text")
        if word["type"] in {"link", "citation"}:
            problems += _url(word.get("url"), f"{place}/url")
    return problems


def _table(block: dict[str, Any], where: str) -> list[str]:
    problems = _many(block.get("rows"), TABLE_ROWS, f"{where}/rows")
    rows = block.get("rows")
    for number, row in enumerate(rows if isinstance(rows, list) else []):
        problems += _many(row, TABLE_COLUMNS, f"{where}/rows/{number}")
    return problems


def _text(value: object, limit: int, where: str, *, plain: bool = False) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: a text object is missing"]
    kind = _kind(value)
    if kind not in ({"plain_text"} if plain else {"plain_text", "mrkdwn"}):
        return [f"{where}: unsupported text type {kind!r}"]
    return _filled(value.get("text"), limit, where)


def _filled(value: object, limit: int, where: str) -> list[str]:
    return _short(value, limit, where) or ([] if value else [f"{where}: must be more than 0 characters"])


def _short(value: object, limit: int, where: str) -> list[str]:
    if not isinstance(value, str):
        return [f"{where}: not a text"]
    return [f"{where}: {len(value)} characters; {limit} are allowed"] if len(value) > limit else []


def _url(value: object, where: str) -> list[str]:
    problems = _filled(value, URL, where)
    if not problems and not re.match(r"(https?|slack|mailto):\S+$", str(value)):
        problems = [f"{where}: not an address: {value}"]
    return problems


def _many(items: object, limit: int, where: str) -> list[str]:
    if not isinstance(items, list) or not items:
        return [f"{where}: needs at least one item"]
    return [f"{where}: {len(items)} items; {limit} are allowed"] if len(items) > limit else []


def _objects(items: object) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _strings(node: object) -> Iterator[str]:
    """Yield every text that a member reads in the blocks."""
    if isinstance(node, list):
        for item in node:
            yield from _strings(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from _strings(value)


def _marked(node: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts that Slack reads marks in: the top-level text, mrkdwn objects, markdown blocks."""
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from _marked(item, f"{where}/{number}")
    elif isinstance(node, dict):
        if isinstance(node.get("text"), str) and _kind(node) in {"", "mrkdwn", "markdown"}:
            yield f"{where}/text".lstrip("/"), node["text"]
        for key, value in node.items():
            if key != "metadata":
                yield from _marked(value, f"{where}/{key}".lstrip("/"))


def _broadcasts(node: object, where: str) -> Iterator[str]:
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from _broadcasts(item, f"{where}/{number}")
    elif isinstance(node, dict):
        if node.get("type") == "broadcast":
            yield where
        yield from _broadcasts(node.get("elements"), f"{where}/elements")
