"""What members see beside messages: the Home tab, the modal for a question, and what it answers; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.adapters.slack import limits
from bot.adapters.slack.render import blocks_of, plain_block
from bot.contract.grammar import Line, format_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.adapters.slack.render import Block
    from bot.commands.declaration import Command
    from bot.contract.message import Reply
    from bot.intake import ChannelSettings

__all__ = [
    "ASK",
    "QUESTION",
    "SETUP",
    "answer_view",
    "ask_view",
    "home_view",
    "members_commands",
    "setup_view",
    "waiting_view",
]

ASK: Final = "ask"
"""The callback id of the global shortcut and of its modal."""

QUESTION: Final = "question"
"""The block id of that modal's one field."""

SETUP: Final = "setup"
"""The callback id of the modal for a channel's daily quote, and the action id of the button that opens it."""

_DAYS: Final = (("Every day", "daily"), ("Monday to Friday", "weekdays"))
_WORDS: Final = {
    "daily on": "Turn it on",
    "daily off": "Turn it off",
    "status": "Settings",
    "queue": "Queue",
    "pause": "Pause",
    "resume": "Resume",
}
_LONGEST_ZONE: Final = 60
_LONGEST_QUESTION: Final = 2_000
_MOST_CHANNELS: Final = 20
_HIGHLIGHT_BLOCKS: Final = 12
_MOST_COMMANDS: Final = 20


def members_commands(commands: Sequence[Command]) -> list[Command]:
    """Return the commands people on Slack use: all but those for whoever runs the bot and has a terminal."""
    return [command for command in commands if not command.hidden]


def ask_view() -> dict[str, Any]:
    """Return the modal that takes a question."""
    entry = {"type": "plain_text_input", "action_id": "words", "multiline": True, "max_length": _LONGEST_QUESTION}
    label = _plain("A question, a line you half remember, or a quote to check")
    return _modal([{"type": "input", "block_id": QUESTION, "label": label, "element": entry}], "Ask Verbatim") | {
        "submit": _plain("Ask")
    }


def waiting_view() -> dict[str, Any]:
    """Return the modal while the answer is looked for."""
    return _modal([plain_block("Looking…")])


def answer_view(reply: Reply, *, cited: bool) -> dict[str, Any]:
    """Return the modal with an answer."""
    return _modal(blocks_of(reply, cited=cited))


def setup_view(zone: str) -> dict[str, Any]:
    """Return the modal in which an admin turns on a channel's daily quote; `zone` is the admin's own."""
    channels = {"type": "conversations_select", "filter": {"include": ["public", "private"]}}
    entry = {"type": "plain_text_input", "max_length": _LONGEST_ZONE}
    every = [{"text": _plain(name), "value": days} for name, days in _DAYS]
    picked = {"type": "static_select", "options": every, "initial_option": every[0]}
    fields: list[tuple[str, str, Block]] = [
        ("channel", "Channel, which I must be in: /invite me first", channels),
        ("time", "Time", {"type": "timepicker", "initial_time": "09:00"}),
        ("zone", "Time zone, such as Europe/Berlin", entry | {"initial_value": zone or "UTC"}),
        ("days", "Days", picked),
    ]
    blocks = [
        {"type": "input", "block_id": name, "label": _plain(label), "element": element | {"action_id": name}}
        for name, label, element in fields
    ]
    return _modal(blocks, "Daily quote") | {"callback_id": SETUP, "submit": _plain("Turn on")}


def home_view(
    commands: Sequence[Command],
    prefix: str,
    highlight: Reply | None,
    channels: Sequence[ChannelSettings] | None,
    *,
    admin: bool,
) -> dict[str, Any]:
    """Return the Home tab: the day's highlight, what the bot can do, and the channels' daily quotes.

    `channels` are the configured ones, None when there is no database; setting them up is shown to admins.
    """
    blocks: list[Block] = []
    if highlight is not None:
        blocks += [_header("Quote of the day"), *blocks_of(highlight, cited=False, most=_HIGHLIGHT_BLOCKS)]
    shown = [command for command in members_commands(commands) if not command.admin or admin][:_MOST_COMMANDS]
    blocks += [
        _header("What I can do"),
        plain_block(
            "I find what was said, in the show's own words, with its source. Mention me, write to me, or type:"
        ),
        _list(
            [
                [_code(command.usage.replace("/", f"/{prefix}", 1)), _words(f"  {command.description}")]
                for command in shown
            ]
        ),
    ]
    if channels is not None:
        blocks += [_header("Daily quotes"), *_daily(channels, prefix, admin=admin)]
    return {"type": "home", "blocks": blocks[: limits.VIEW_BLOCKS]}


def _daily(channels: Sequence[ChannelSettings], prefix: str, *, admin: bool) -> list[Block]:
    """Return the channels with a daily quote, and for an admin what to do about each."""
    shown = [kept for kept in channels if kept.channel.id[:1] in {"C", "G"}][:_MOST_CHANNELS]
    rows = [[{"type": "channel", "channel_id": kept.channel.id}, _words(f"  {_state(kept)}")] for kept in shown]
    if not admin:
        return [_list(rows)] if rows else [plain_block("No channel gets a daily quote yet.")]
    blocks: list[Block] = []
    for kept, row in zip(shown, rows, strict=True):
        blocks += [_rich({"type": "rich_text_section", "elements": row}), _choices(kept)]
    line = f"/{prefix}settings daily on time:09:00 zone:Europe/Berlin"
    told = [_words("Or type "), _code(line), _words(" in a channel.")]
    button = {"type": "button", "text": _plain("Set up a channel"), "action_id": SETUP}
    return [*blocks, {"type": "actions", "elements": [button]}, _rich({"type": "rich_text_section", "elements": told})]


def _choices(kept: ChannelSettings) -> Block:
    """Return the buttons by which an admin changes one channel."""
    works = ["daily on"]
    if kept.daily:
        works = ["status", "queue", "resume" if kept.paused or kept.disabled else "pause", "daily off"]
    buttons = [
        {
            "type": "button",
            "text": _plain(_WORDS[work]),
            "action_id": f"line:{work}",
            "value": format_line(Line("settings", work, (("channel", kept.channel.id),))),
        }
        for work in works
    ]
    return {"type": "actions", "elements": buttons}


def _state(kept: ChannelSettings) -> str:
    if kept.disabled:
        return f"switched off: {kept.disabled}"
    if not kept.daily:
        return "off"
    return f"{'paused, ' if kept.paused else ''}{kept.time} {kept.zone}"


def _modal(blocks: list[Block], title: str = "Verbatim") -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": ASK,
        "title": _plain(title),
        "close": _plain("Close"),
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
