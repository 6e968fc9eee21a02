"""What members see beside messages: the Home tab, modals, and what a conversation suggests; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.adapters.slack import limits
from bot.adapters.slack.render import blocks_of, plain_block
from bot.contract import Use
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.adapters.slack.render import Block
    from bot.commands import Command, Menu
    from bot.contract import Lines, Reply
    from bot.intake import ChannelSettings

__all__ = [
    "ASK",
    "QUESTION",
    "SETUP",
    "answer_view",
    "ask_view",
    "home_view",
    "message_menu",
    "prompted_lines",
    "prompts",
    "setup_view",
    "waiting_view",
]

ASK: Final = "ask"
"""The callback id of the global shortcut and of its modal."""

QUESTION: Final = "question"
"""The block id of that modal's one field."""

SETUP: Final = "setup"
"""The callback id of the modal for a channel's daily quote, and the action id of the button that opens it."""

_DAYS: Final = ("daily", "weekdays")
_LONGEST_ZONE: Final = 60
_LONGEST_QUESTION: Final = 2_000
_MOST_CHANNELS: Final = 20
_REPLY_BLOCKS: Final = 12


def message_menu(command: Command) -> Menu | None:
    """Return what a command stands as in the menu of messages, or None."""
    return next((menu for menu in command.menus if menu.target == "message"), None)


def prompts(commands: Sequence[Command]) -> list[dict[str, str]]:
    """Return the suggestions as Slack takes them; at most `limits.PROMPTS`."""
    return [{"title": one.title, "message": one.sentence} for command in commands for one in command.prompts]


def prompted_lines(commands: Sequence[Command], lines: Lines) -> dict[str, str]:
    """Return the command line of each suggestion, by its sentence in lower case; nothing said, or its name, is help."""
    known = {one.sentence.casefold(): f"/{command.name}" for command in commands for one in command.prompts}
    asks_help = lines.to(Use.HELP)
    return known | {"": asks_help, asks_help.removeprefix("/"): asks_help}


def ask_view(line: str = "", asks: str = "") -> dict[str, Any]:
    """Return the modal that takes a question, or the words that a command line lacks and what they are."""
    entry = {"type": "plain_text_input", "action_id": "words", "multiline": True, "max_length": _LONGEST_QUESTION}
    label = _plain(asks or say("slack.question-label"))
    return _modal(
        [{"type": "input", "block_id": QUESTION, "label": label, "element": entry}], say("slack.ask-title")
    ) | {"submit": _plain(say("slack.ask")), "private_metadata": line}


def waiting_view() -> dict[str, Any]:
    """Return the modal while the answer is looked for."""
    return _modal([plain_block(say("slack.looking"))])


def answer_view(reply: Reply, *, cited: bool) -> dict[str, Any]:
    """Return the modal with an answer."""
    return _modal(blocks_of(reply, cited=cited))


def setup_view(zone: str) -> dict[str, Any]:
    """Return the modal in which an admin turns on a channel's daily quote; `zone` is the admin's own."""
    channels = {"type": "conversations_select", "filter": {"include": ["public", "private"]}}
    entry = {"type": "plain_text_input", "max_length": _LONGEST_ZONE}
    every = [{"text": _plain(say(f"slack.days-{days}")), "value": days} for days in _DAYS]
    picked = {"type": "static_select", "options": every, "initial_option": every[0]}
    fields: list[tuple[str, str, Block]] = [
        ("channel", say("slack.setup-channel"), channels),
        ("time", say("slack.setup-time"), {"type": "timepicker", "initial_time": "09:00"}),
        ("zone", say("slack.setup-zone"), entry | {"initial_value": zone or "UTC"}),
        ("days", say("slack.setup-days"), picked),
    ]
    blocks = [
        {"type": "input", "block_id": name, "label": _plain(label), "element": element | {"action_id": name}}
        for name, label, element in fields
    ]
    return _modal(blocks, say("slack.setup-title")) | {"callback_id": SETUP, "submit": _plain(say("slack.turn-on"))}


def home_view(
    lines: Lines,
    prefix: str,
    replies: Mapping[str, Reply],
    channels: Sequence[ChannelSettings] | None,
    *,
    admin: bool,
) -> dict[str, Any]:
    """Return the Home tab: replies by their headings, and the channels' daily quotes.

    `channels` are the configured ones, None when there is no database; setting them up is shown to admins.
    """
    blocks: list[Block] = []
    for heading, reply in replies.items():
        blocks += [_header(heading), *blocks_of(reply, cited=False, most=_REPLY_BLOCKS)]
    if channels is not None:
        blocks += [_header(say("slack.daily-quotes")), *_daily(channels, lines, prefix, admin=admin)]
    return {"type": "home", "blocks": blocks[: limits.VIEW_BLOCKS]}


def _daily(channels: Sequence[ChannelSettings], lines: Lines, prefix: str, *, admin: bool) -> list[Block]:
    """Return the channels with a daily quote, and for an admin what to do about each."""
    shown = [kept for kept in channels if kept.channel.id[:1] in {"C", "G"}][:_MOST_CHANNELS]
    rows = [[{"type": "channel", "channel_id": kept.channel.id}, _words(f"  {_state(kept)}")] for kept in shown]
    if not admin:
        return [_list(rows)] if rows else [plain_block(say("slack.no-daily"))]
    blocks: list[Block] = []
    for kept, row in zip(shown, rows, strict=True):
        blocks += [_rich({"type": "rich_text_section", "elements": row}), _choices(kept, lines)]
    line = lines.to(Use.SETTINGS, "daily on", time="09:00", zone="Europe/Berlin").replace("/", f"/{prefix}", 1)
    before, _, after = say("slack.or-type", line=line).partition(line)
    told = [_words(before), _code(line), _words(after)]
    button = {"type": "button", "text": _plain(say("slack.set-up")), "action_id": SETUP}
    return [*blocks, {"type": "actions", "elements": [button]}, _rich({"type": "rich_text_section", "elements": told})]


def _choices(kept: ChannelSettings, lines: Lines) -> Block:
    """Return the buttons by which an admin changes one channel."""
    works = ["daily on"]
    if kept.daily:
        works = ["status", "queue", "resume" if kept.paused or kept.disabled else "pause", "daily off"]
    buttons = [
        {
            "type": "button",
            "text": _plain(say(f"buttons.work-{work.replace(' ', '-')}")),
            "action_id": f"line:{work}",
            "value": lines.to(Use.SETTINGS, work, channel=kept.channel.id),
        }
        for work in works
    ]
    return {"type": "actions", "elements": buttons}


def _state(kept: ChannelSettings) -> str:
    if kept.disabled:
        return say("slack.switched-off", why=kept.disabled)
    if not kept.daily:
        return say("settings.answers-off")
    state = f"{kept.time} {kept.zone}"
    return say("slack.paused", state=state) if kept.paused else state


def _modal(blocks: list[Block], title: str = "Verbatim") -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": ASK,
        "title": _plain(title),
        "close": _plain(say("slack.close")),
        "blocks": blocks,
    }


def _header(text: str) -> Block:
    return {"type": "header", "text": _plain(text)}


def _list(rows: list[list[Block]]) -> Block:
    items = [{"type": "rich_text_section", "elements": row} for row in rows]
    return _rich({"type": "rich_text_list", "style": "bullet", "elements": items})


def _rich(part: Block) -> Block:
    return {"type": "rich_text", "elements": [part]}


def _words(text: str) -> Block:
    return {"type": "text", "text": text}


def _code(text: str) -> Block:
    return {"type": "text", "text": text, "style": {"code": True}}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
